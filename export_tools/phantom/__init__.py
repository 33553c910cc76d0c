"""Procedural blood smears with known boxes and classes, from geometry and stain physics; no photograph used.

`render_field` draws a field, `render_cell` a single-cell picture; both are determined by their
seed. Lengths are in micrometres until the camera's pixels, stains are optical densities, and
light goes through them by Beer and Lambert's law. The pictures are for tests, samples and
pre-training; they stylise morphology and say nothing about how a model does on real blood.
"""

from __future__ import annotations

from export_tools.phantom.command import add_parser, run
from export_tools.phantom.field import PhantomCell, PhantomImage, render_cell, render_field
from export_tools.phantom.style import PhantomStyle, random_style
from export_tools.phantom.white_cells import PHANTOM_CLASSES

__all__ = [
    "PHANTOM_CLASSES",
    "PhantomCell",
    "PhantomImage",
    "PhantomStyle",
    "add_parser",
    "random_style",
    "render_cell",
    "render_field",
    "run",
]

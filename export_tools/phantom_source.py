"""Drawn cells as one more source of training: stains, lenses and cameras that no data set has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from export_tools.crops import COVER, CropSet
from export_tools.phantom import random_style, render_cell
from export_tools.sources import Record
from hematodesk.imaging.crop import crop_cell, crop_side

TRAINING_SEEDS = 1_000_000
"""Cells for training are drawn from seeds from here on; smaller ones are for tests, samples and measuring."""

_FIELD_UM = 40.0
_COARSEST_UM = 0.10


def phantom_crops(
    count: int, size: int, classes: Sequence[str], *, red_cells: float, context: float, seed: int
) -> CropSet:
    """`count` cells, the classes in turn, each with a style of its own, cut as `cut_crops` does.

    Raises ValueError for a class that is not drawn.
    """
    edge = round(size * COVER)
    pixels = np.zeros((count, edge, edge, 3), np.uint8)
    records = []
    for index in range(count):
        if index % 200 == 0:
            print(f"drawing {index} of {count}", file=sys.stderr, flush=True)
        number = TRAINING_SEEDS + seed * 100_000 + index
        style = random_style(np.random.default_rng(number))
        name = classes[index % len(classes)]
        # Finer than this is lost in the crop anyhow, and costs time to draw.
        scale = max(style.um_per_px, _COARSEST_UM)
        drawn = render_cell(number, name, round(_FIELD_UM / scale), um_per_px=scale, style=style)
        box = drawn.cells[0].box
        side = crop_side(box, drawn.red_cell_diameter, red_cells=red_cells, context=context)
        pixels[index] = crop_cell(drawn.pixels, box, side=side * COVER, size=edge)
        key = f"phantom:{number}"
        records.append(Record(Path(key), box, name, "phantom", key, key, "train", drawn.red_cell_diameter))
    return CropSet(pixels, tuple(records))

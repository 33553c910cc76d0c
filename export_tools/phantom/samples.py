"""The program's sample pictures: which seeds they come from, and their note."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export_tools.phantom.field import render_cell, render_field
from export_tools.phantom.pictures import write_picture
from export_tools.phantom.style import DEFAULT_STYLE, PhantomStyle

# A bluer stain and greyer light, as a second lab would have them.
_COOL = replace(
    DEFAULT_STYLE,
    background=(216.0, 217.0, 214.0),
    haemoglobin=(0.15, 0.35, 0.34),
    azure=(0.88, 1.22, 0.16),
    blue=(0.70, 0.55, 0.08),
    um_per_px=0.075,
    overlap=0.35,
    psf_um=0.16,
    noise=2.0,
    vignette=0.10,
)


@dataclass(frozen=True, slots=True)
class _Sample:
    name: str
    seed: int
    classes: tuple[str, ...]
    style: PhantomStyle = DEFAULT_STYLE
    single: bool = False
    deep: bool = False  # 16 bits a channel


_SAMPLES = (
    _Sample("smear_01_neutrophil.jpg", 5, ("neutrophil",)),
    _Sample("smear_02_eosinophil.jpg", 6, ("eosinophil",)),
    _Sample("smear_03_lymphocyte.jpg", 3, ("lymphocyte",)),
    _Sample("smear_04_monocyte.jpg", 4, ("monocyte",)),
    _Sample("smear_05_several_cells.jpg", 1, ("neutrophil", "lymphocyte", "eosinophil", "neutrophil")),
    _Sample("smear_06_red_cells_only.jpg", 106, ()),
    _Sample("smear_07_other_stain.png", 3, ("monocyte", "neutrophil"), _COOL),
    _Sample("smear_08_sixteen_bit.tiff", 108, ("lymphocyte",), deep=True),
    _Sample("cell_09_neutrophil.png", 205, ("neutrophil",), single=True),
)

_NOTE = """Sample pictures

These are drawings, not photographs: no blood of any person is in them. They show stylised cells as
they look in a stained smear, so that the program can be tried without a picture of one's own. They
are no teaching material and say nothing about how well a model names real cells.

They were drawn by this command, and can be drawn again by it, from the project's folder:

    python -m export_tools phantom --samples resources/samples

file                            white cells                                     seed
"""


def draw_samples(folder: Path) -> list[Path]:
    """Draw every sample and README.txt into the folder (made if missing); returns the files.

    Raises OSError when a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    rows: list[str] = []
    for sample in _SAMPLES:
        written.append(write_picture(folder / sample.name, _pixels(sample)))
        cells = ", ".join(sample.classes) or "none"
        rows.append(f"{sample.name:<32}{cells:<48}{sample.seed}\n")
    note = folder / "README.txt"
    note.write_text(_NOTE + "".join(rows), encoding="utf-8", newline="\n")
    return [*written, note]


def _pixels(sample: _Sample) -> NDArray[np.uint8] | NDArray[np.uint16]:
    if sample.single:
        return render_cell(sample.seed, sample.classes[0], style=sample.style).pixels
    if not sample.deep:
        return render_field(sample.seed, classes=sample.classes, style=sample.style).pixels
    small = render_field(sample.seed, width=320, height=240, classes=sample.classes, style=sample.style)
    return small.pixels.astype(np.uint16) * np.uint16(257)

"""The record of one labelled cell, common to the readers of all data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hematodesk.domain.geometry import Box

FEW_RED_CELLS = 5
"""With fewer boxes than this the median says little: some fields miss most of their red cells."""

PARTS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "val": "valid",
    "validation": "valid",
    "test": "test",
    "test_simple": "test",
    "testing": "test",
    "train_sample": "train",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One labelled cell.

    Attributes:
        file: the picture.
        box: where the cell is, None when that has to be found (or the whole picture is meant).
        class_id: its class.
        source: which data set or laboratory it is from.
        group: key of the records that a split must keep together; unique over all sources.
        original: which source image the picture was made from; counted in reports.
        part: `train`, `valid` or `test` where the data set says so, else empty.
        red_cell: median red-cell diameter in pixels where the data set's own boxes tell it, else
            None: the locator then measures it.
        subtype: what the data set calls the cell where that says more than the class, else empty.
    """

    file: Path
    box: Box | None
    class_id: str
    source: str
    group: str
    original: str
    part: str = ""
    red_cell: float | None = None
    subtype: str = ""

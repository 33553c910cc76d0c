"""Cuts the cells out of a table of records, wide enough for training to turn, shift and zoom.

The crop's middle square is the one that the program would cut: same locator, same rule for the
side, same resampling.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.data.records import Record
from hematodesk.domain.cells import Localisation
from hematodesk.domain.errors import ImageError
from hematodesk.domain.geometry import Box
from hematodesk.imaging.crop import crop_cell, crop_side
from hematodesk.imaging.locate import locate_cells
from hematodesk.imaging.read import read_image

COVER = 2.0
"""Side of a cached crop in sides of the program's crop: a turned square at 1.4 times the side fits."""

_SAME_CELL = 0.3


@dataclass(frozen=True)
class CropSet:
    """Crops (N, edge, edge, 3) uint8 RGB that cover COVER sides, and their records."""

    pixels: npt.NDArray[np.uint8]
    records: tuple[Record, ...]


def located_box(record: Record, found: Localisation, width: int, height: int) -> Box | None:
    """The located box that is the record's cell; None when the locator missed it.

    With a given box: the located one that covers it best (at IoU 0.3 at least), else the best one that
    holds its middle. Without: the best one that holds the picture's middle, else the best of all.
    """
    boxes = [cell.box for cell in found.cells]
    if record.box is not None:
        best = max(boxes, key=record.box.iou, default=None)
        if best is not None and best.iou(record.box) >= _SAME_CELL:
            return best
        return next((box for box in boxes if _holds(box, record.box.centre)), None)
    middle_one = next((box for box in boxes if _holds(box, (width / 2, height / 2))), None)
    return middle_one or (boxes[0] if boxes else None)


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box.x <= point[0] <= box.x + box.w and box.y <= point[1] <= box.y + box.h


def joined(sets: Sequence[CropSet]) -> CropSet:
    """All crops of several sets, one after the other."""
    return CropSet(
        np.concatenate([each.pixels for each in sets]), tuple(row for each in sets for row in each.records)
    )


def chosen(crops: CropSet, records: Sequence[Record]) -> CropSet:
    """The crops of these records only, in their order; records that were not cut are left out."""
    places = {record: index for index, record in enumerate(crops.records)}
    rows = [places[record] for record in records if record in places]
    return CropSet(crops.pixels[rows], tuple(crops.records[row] for row in rows))


def cut_by_source(records: Sequence[Record], size: int, **how: Any) -> CropSet:
    """`cut_crops`, each source by itself, so that the cache serves other choices and splits."""
    sources = sorted({record.source for record in records})
    return joined(
        [cut_crops([each for each in records if each.source == source], size, **how) for source in sources]
    )


def cut_crops(
    records: Sequence[Record],
    size: int,
    *,
    red_cells: float,
    context: float,
    cache: Path | None = None,
    given_boxes: bool = False,
) -> CropSet:
    """Read, locate and cut every record; those that cannot be read or located are skipped and reported.

    The box and the scale are the locator's, as in the program; the data set's own stand in where it
    finds none.

    Args:
        size: edge of the program's crop in pixels; the crops have COVER times that.
        cache: folder that keeps the crops between runs, or None.
        given_boxes: take the records' own boxes, as if a person had drawn them; the scale stays the
            locator's.
    """
    edge = round(size * COVER)
    place = None
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        place = cache / f"{_key(records, edge, red_cells, context, given_boxes)}.npz"
        if place.is_file():
            with np.load(place) as archive:
                kept = archive["kept"]
                return CropSet(archive["pixels"], tuple(records[index] for index in kept))
    pixels, kept, lost = [], [], Counter[str]()
    opened: Path | None = None
    for index, record in enumerate(records):
        if index % 500 == 0:
            print(f"cutting {index} of {len(records)}", file=sys.stderr, flush=True)
        if record.file != opened:
            try:
                picture = read_image(record.file).pixels
            except ImageError as fault:
                lost[fault.code] += 1
                continue
            opened, found = record.file, locate_cells(picture)
        box = record.box
        if not given_boxes:
            box = located_box(record, found, picture.shape[1], picture.shape[0]) or box
        diameter = found.red_cell_diameter or record.red_cell
        if box is None:
            lost["no_cell"] += 1
            continue
        side = crop_side(box, diameter, red_cells=red_cells, context=context)
        pixels.append(crop_cell(picture, box, side=side * COVER, size=edge))
        kept.append(index)
    for code, count in lost.items():
        print(f"left out: {count} ({code})", file=sys.stderr)
    stacked = np.stack(pixels) if pixels else np.zeros((0, edge, edge, 3), np.uint8)
    if place is not None:
        np.savez(place, pixels=stacked, kept=np.asarray(kept, dtype=np.int64))
    return CropSet(stacked, tuple(records[index] for index in kept))


def middle(pixels: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """The program's crop out of a cached one: the middle (size, size, 3)."""
    start = (pixels.shape[-3] - size) // 2
    return pixels[..., start : start + size, start : start + size, :]


def _key(records: Sequence[Record], edge: int, red_cells: float, context: float, given_boxes: bool) -> str:
    rows = [
        [str(record.file), record.box.as_list() if record.box else None, record.red_cell]
        for record in records
    ]
    text = json.dumps([rows, edge, red_cells, context, given_boxes])
    return hashlib.sha256(text.encode()).hexdigest()[:20]

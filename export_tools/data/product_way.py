"""Reads, locates and crops a labelled picture as the program does, for evaluation and calibration."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from export_tools.data.crops import located_box
from export_tools.data.records import Record
from export_tools.data.tables import SourceError
from hematodesk.domain.cells import Localisation
from hematodesk.domain.errors import ImageError
from hematodesk.domain.image_formats import image_suffixes
from hematodesk.domain.manifest import CropRule
from hematodesk.imaging.crop import crop_cell, crop_side, whole_image
from hematodesk.imaging.locate import locate_cells
from hematodesk.imaging.read import read_image

_MOST_IMAGES = 320


def product_crop(
    record: Record, rule: CropRule, size: int, *, given_box: bool = False
) -> npt.NDArray[np.uint8] | None:
    """The crop (size, size, 3) uint8 that the program would classify for this record's cell.

    None when the file cannot be read, or the locator does not find the cell.

    Args:
        given_box: use the record's box as if the user had drawn it; only the scale is the locator's.
    """
    try:
        if rule.rule == "whole":
            return whole_image(read_image(record.file).pixels, size)
        pixels, found = _seen(record.file)
    except ImageError:
        return None
    box = record.box if given_box else located_box(record, found, pixels.shape[1], pixels.shape[0])
    if box is None:
        return None
    side = crop_side(box, found.red_cell_diameter, red_cells=rule.red_cells, context=rule.context)
    return crop_cell(pixels, box, side=side, size=size)


@functools.lru_cache(maxsize=4)
def _seen(file: Path) -> tuple[npt.NDArray[np.uint8], Localisation]:
    """A field with many boxes is read and searched once. Raises ImageError."""
    pixels = read_image(file).pixels
    return pixels, locate_cells(pixels)


def crops_of_folder(folder: Path, rule: CropRule, size: int) -> list[npt.NDArray[np.uint8]]:
    """One crop (size, size, 3) uint8 an image under a folder, in the order of their digests: the best cell's.

    An order independent of the names makes the first hundred a fair sample. Images that
    cannot be read or hold no cell are left out. Raises SourceError `source_unknown` when
    nothing is left.
    """
    files = [each for each in folder.rglob("*") if each.suffix.lower() in image_suffixes() and each.is_file()]
    files.sort(key=lambda each: hashlib.sha256(each.name.encode()).hexdigest())
    made = [product_crop(Record(each, None, "", "", "", ""), rule, size) for each in files[:_MOST_IMAGES]]
    crops = [each for each in made if each is not None]
    if not crops:
        raise SourceError("source_unknown", f"{folder} holds no image with a cell.", "Choose another folder.")
    return crops

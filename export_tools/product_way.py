"""Takes a labelled picture the program's way: read, locate, cut. Evaluation and calibration share it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from export_tools.crops import located_box
from export_tools.sources import Record
from hematodesk.domain.errors import ImageError
from hematodesk.imaging.crop import crop_cell, crop_side, whole_image
from hematodesk.imaging.locate import locate_cells
from hematodesk.imaging.read import read_image
from hematodesk.inference.manifest import CropRule


def product_crop(record: Record, rule: CropRule, size: int) -> npt.NDArray[np.uint8] | None:
    """The crop (size, size, 3) uint8 that the program would classify for this record's cell.

    None when the file cannot be read, or the locator does not find the cell.
    """
    try:
        pixels = read_image(record.file).pixels
    except ImageError:
        return None
    if rule.rule == "whole":
        return whole_image(pixels, size)
    found = locate_cells(pixels)
    box = located_box(record, found, pixels.shape[1], pixels.shape[0])
    if box is None:
        return None
    side = crop_side(box, found.red_cell_diameter, red_cells=rule.red_cells, context=rule.context)
    return crop_cell(pixels, box, side=side, size=size)

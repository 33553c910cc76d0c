"""Takes a labelled picture the program's way: read, locate, cut. Evaluation and calibration share it."""

from __future__ import annotations

from collections.abc import Sequence

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


def listed(records: Sequence[Record], names: Sequence[str]) -> list[Record]:
    """The records whose file is on a list of paths, as `train` writes it; folders before may differ.

    Raises ValueError when a listed file is not among the records.
    """
    wanted = {_tail(name) for name in names if name.strip()}
    chosen = [record for record in records if _tail(str(record.file)) in wanted]
    missing = wanted - {_tail(str(record.file)) for record in chosen}
    if missing:
        raise ValueError(f"{len(missing)} listed files are not in the sources, such as {sorted(missing)[0]}")
    return chosen


def _tail(name: str) -> str:
    """The last three parts of a path, which tell files of the known sets apart wherever they lie."""
    return "/".join(name.strip().replace("\\", "/").split("/")[-3:])

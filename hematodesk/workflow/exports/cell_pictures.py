"""The pictures of an export: reads images again, reporting faults, and crops their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hematodesk.domain.cells import Cell, CellOrigin, ImageResult
from hematodesk.domain.errors import ImageError
from hematodesk.domain.messages import N_, Message
from hematodesk.workflow.analysis.sources import reopen

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.history import HistoryImage
    from hematodesk.imaging.reader import ImageReader

    Pixels = npt.NDArray[np.uint8]

_AROUND = 1.3
"""Side of a crop for people, in sides of the cell's box: the cell with some surroundings."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """An image of the history, read again: uint8 (H, W, 3) RGB, or the reason why there is none."""

    pixels: Pixels | None
    reason: str = ""


def read_again(result: ImageResult, reader: ImageReader) -> Reopened:
    """Read an image of the history again; never raises for the image's faults."""
    if result.fault is not None:
        return Reopened(None, result.fault.message)
    try:
        pixels = reopen(result, reader).pixels
    except ImageError as error:
        return Reopened(None, error.message)
    if pixels.shape[:2] != (result.height, result.width):
        other = N_("Errors", "{name} has another size than the history says.")
        # Only in an imported history; its boxes would lie in the wrong places.
        return Reopened(None, Message(other, name=result.name))
    return Reopened(pixels)


def person_crop(pixels: Pixels, cell: Cell, size: int) -> Pixels | None:
    """A square uint8 (size, size, 3) around the cell; None when its box lies outside the image."""
    from hematodesk.imaging.crop import crop_cell, whole_image

    if cell.origin is CellOrigin.WHOLE_IMAGE:
        return whole_image(pixels, size)
    try:
        return crop_cell(pixels, cell.box, side=_AROUND * max(cell.box.w, cell.box.h), size=size)
    except ValueError:
        return None


def small_pictures(image: HistoryImage, reader: ImageReader, edge: int) -> list[bytes]:
    """A JPEG for each cell that is not removed, empty where its image cannot be read."""
    from hematodesk.imaging.thumbnail import thumbnail

    cells = [cell for cell in image.result.cells if not cell.removed]
    pixels = read_again(image.result, reader).pixels if cells else None
    if pixels is None:
        return [b""] * len(cells)
    crops = [person_crop(pixels, cell, edge) for cell in cells]
    return [thumbnail(crop, edge) if crop is not None else b"" for crop in crops]

"""Square crops around cells, and whole images scaled to a model's input.

Training and the program use the same functions: to a network, a crop made differently is a
different picture.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.domain.geometry import Box

Pixels = npt.NDArray[np.uint8]


def crop_side(box: Box, red_cell_diameter: float | None, *, red_cells: float, context: float) -> float:
    """The side of a cell's crop in pixels of the image.

    Args:
        box: the cell.
        red_cell_diameter: median red cell in pixels, or None when it could not be measured.
        red_cells: how many red-cell diameters (about 7.5 micrometres each) the crop spans. This
            keeps the physical scale: size is what tells a lymphocyte from a monocyte.
        context: the fallback without a scale: this many times the longer side of the box.
    """
    longest = max(box.w, box.h)
    side = red_cells * red_cell_diameter if red_cell_diameter else context * longest
    # A wrong scale must never cut the cell itself, nor shrink it to a dot.
    return float(min(max(side, longest), 4.0 * longest))


def crop_square(box: Box, *, side: float) -> Box:
    """The whole pixels that `crop_cell` takes: a square centred on the box; it may reach over the border."""
    centre_x, centre_y = box.centre
    edge = max(1, round(side))
    return Box(round(centre_x - edge / 2), round(centre_y - edge / 2), edge, edge)


def crop_cell(pixels: Pixels, box: Box, *, side: float, size: int) -> Pixels:
    """A square of `side` image pixels centred on the box, resampled to (size, size, 3) RGB uint8.

    What lies outside the image is its reflection (the edge pixel not repeated). Shrinking
    averages areas, enlarging interpolates linearly.

    Raises ValueError when side or size is not positive, or the box lies outside the image.
    """
    if side <= 0 or size <= 0:
        raise ValueError(f"a crop needs a positive side and size, not {side} and {size}")
    height, width = pixels.shape[:2]
    if box.x >= width or box.y >= height or box.x + box.w <= 0 or box.y + box.h <= 0:
        raise ValueError(f"the box {box.as_list()} lies outside the image of {width} x {height}")
    square = crop_square(box, side=side)
    left, top, right, bottom = square.x, square.y, square.x + square.w, square.y + square.h
    inside = pixels[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    if left < 0 or top < 0 or right > width or bottom > height:
        inside = _with_reflection(pixels, square)
    return _resize(inside, size)


def whole_image(pixels: Pixels, size: int) -> Pixels:
    """The whole image scaled to (size, size, 3) RGB uint8 without keeping its proportions.

    This is how the networks of the published four-class set were trained.
    """
    return _resize(pixels, size)


def _with_reflection(pixels: Pixels, square: Box) -> Pixels:
    """The square's pixels, the image mirrored at its edges as often as it takes.

    Reflecting the whole image, not only the part inside the square, keeps the pixels beyond the square.
    """
    height, width = pixels.shape[:2]
    first_row, last_row, above, below, down = _sources(square.y, square.y + square.h, height)
    first_column, last_column, before, behind, across = _sources(square.x, square.x + square.w, width)
    part = pixels[first_row:last_row, first_column:last_column]
    # OpenCV pads ten times as fast as numpy picks pixels by their indexes.
    padded = cv2.copyMakeBorder(part, above, below, before, behind, cv2.BORDER_REFLECT_101)
    return np.asarray(padded[down : down + square.h, across : across + square.w], dtype=np.uint8)


def _sources(start: int, stop: int, length: int) -> tuple[int, int, int, int, int]:
    """Which stretch of 0..length holds all that start..stop shows of the mirrored image.

    Returns its first index and the one after its last, how much to mirror before and behind it,
    and where `start` then lies.
    """
    before, behind = max(0, -start), max(0, stop - length)
    first = 0 if before else min(start, max(0, length - 1 - behind))
    last = length if behind else max(stop, min(length, before + 1))
    return first, last, before, behind, 0 if before else start - first


def _resize(pixels: Pixels, size: int) -> Pixels:
    shrinking = pixels.shape[0] > size or pixels.shape[1] > size
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    resized = cv2.resize(np.ascontiguousarray(pixels), (size, size), interpolation=how)
    return np.asarray(resized, dtype=np.uint8)

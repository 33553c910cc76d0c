"""Finds the white cells of a smear and measures its red cells.

A small network (locator_net) looks at the picture at a working scale where a red cell is some
thirty pixels wide. Most pictures show one field, and there a fixed count of working pixels is that
scale; where no red cells of that size are seen, finer and coarser scales are tried on samples, so
that a stitched field of many megapixels works too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import cv2
import numpy as np

from hematodesk.domain import limits
from hematodesk.domain.cells import Localisation, LocatedCell
from hematodesk.domain.geometry import Box
from hematodesk.imaging.locator_net import STRIDE, Found, Pixels, distinct, keep, locator_net

_Place = TypeVar("_Place")
_Seen = TypeVar("_Seen")

Spans: TypeAlias = Callable[[int], list[tuple[int, int]]]
"""A length to the overlapping stretches, (start, end), that cover it."""

WORK_AREA = 192 * 144
"""Working pixels of a picture of one field: a red cell is then 25 to 40 of them wide."""

LEAST_WHITE = 0.50
"""Lowest score of a white cell; chosen on the fields not trained on, where precision and recall meet."""

LEAST_ALONE = 0.44
"""Lowest score of the only white cell in a picture. Of 2,200 pictures with a cell (PBC, copies of training
fields) six have none over LEAST_WHITE; five of those are over this, none of 60 drawn fields without one."""

LEAST_RED = 0.35
"""Lowest score of a red cell that is measured."""

RED_CELL = 33.0
"""Diameter in working pixels that the network knows best."""

RED_CELL_RANGE = (22.0, 56.0)
"""Diameters in working pixels that the network measures well; outside it the scale is changed."""

USUAL_RED = 0.6
"""Share of the red cells' weight below the usual one; on the fields not trained on this agrees best with
the median of the hand-drawn boxes, which are those of clearly visible cells."""

ENOUGH_RED_CELLS = 3
"""Red cells needed for a meaningful median."""

ONE_FIELD = 900_000
"""Pixels up to which a picture is taken for one field, as all published sets and most cameras' previews
are; larger ones may be stitched, and their scale is surveyed."""

SAMPLE = 192
"""Side in working pixels of the samples on which a scale is tested."""

TILE, TILE_OVERLAP = 640, 160
"""Working pixels; the overlap is more than the largest cell, so that each is whole in some tile."""

LARGE_TILE, LARGE_OVERLAP = 800, 128
"""The same for a picture over ONE_CAMERA: fewer pixels are looked at twice, where there are most of them."""

FILLING = 0.20
"""Least share of a picture that the box of a cell covers when the picture is a cut-out of that cell."""

FRAME = 0.25
"""Width of the frame around a picture that may be one cell cut out, in its longer sides."""

ONE_CAMERA = 24_000_000
"""Pixels up to which a picture is taken for one camera's; larger ones are stitched or scanned, and coarser
looks at them are taken from pictures that were halved before."""

COLOUR_CAST = 1.4
"""Ratio of red to blue of the background from which a yellow lamp is assumed."""

DRAWN = 0.6
"""Share of a box that two colours fill at least in a drawn shape. In photographs it is under a fifth."""

_LOOKED_AT = 1500

LARGEST_CAST = 12_000_000
"""Pixels up to which a picture without a find is searched again with its white balance corrected."""

MAX_WORK_SIDE = 6400
"""Longest side in working pixels; beyond it there are more cells than a person reviews."""


def locate_cells(pixels: Pixels) -> Localisation:
    """White cells of an RGB image, and the size of its red cells.

    Args:
        pixels: uint8 (H, W, 3), RGB.

    Returns at most limits.MAX_CELLS boxes inside the image with scores from 0 to 1, best first
    (the lobes of one cell are one box around the whole cell), and the median red-cell diameter
    in pixels of `pixels`, None where fewer than ENOUGH_RED_CELLS stand whole in the picture.
    Never raises on a valid array; the same array gives the same answer.
    """
    found = _located(pixels)
    if found.cells:
        return found
    white_light = _under_white_light(pixels)
    return found if white_light is None else _located(white_light)


def _under_white_light(pixels: Pixels) -> Pixels | None:
    """The picture with the yellow light of a lamp corrected to white; None for all others.

    The network was trained on white, cream and rosy backgrounds; under an uncorrected lamp it finds
    nothing. The background is the brightest value of each colour.
    """
    height, width = pixels.shape[:2]
    if height * width > LARGEST_CAST:
        return None
    step = max(1, round((height * width / 40_000) ** 0.5))
    ground = np.percentile(pixels[::step, ::step].reshape(-1, 3), 95, axis=0)
    red, green, blue = ground.tolist()
    if not red >= green >= blue or blue * COLOUR_CAST >= red:
        return None
    gains = ground.max() / np.maximum(ground, 1)
    table = np.clip(np.arange(256)[:, None] * gains, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table.reshape(1, 256, 3)), dtype=np.uint8)


def _located(pixels: Pixels) -> Localisation:
    """`locate_cells` in the picture's own colours."""
    height, width = pixels.shape[:2]
    levels = _levels(pixels)
    scale = (WORK_AREA / (height * width)) ** 0.5
    white, red = _look_at(levels, scale)
    diameter = _diameter(red, height, width)
    better = _better_scale(levels, scale, diameter, len(white.scores) > 0)
    if better is not None:
        white, red = _look_at(levels, better)
        measured = _diameter(red, height, width)
        diameter = diameter if measured is None else measured
    if diameter is None and _fills(white, height, width):
        framed = _look_framed(levels)
        white = framed if _sure(framed) else white
    cells = tuple(cell for cell in _cells(white, height, width) if not _is_drawn(pixels, cell.box))
    return Localisation(cells, diameter)


def _is_drawn(pixels: Pixels, box: Box) -> bool:
    """Whether two colours fill most of a box: a disc of a diagram or an icon, not a photographed cell."""
    step = max(1, round((box.w * box.h / _LOOKED_AT) ** 0.5))
    part = pixels[box.y : box.y + box.h : step, box.x : box.x + box.w : step].reshape(-1, 3)
    _, counts = np.unique(part.astype(np.int32) @ (65_536, 256, 1), return_counts=True)
    return bool(np.sort(counts)[-2:].sum() >= DRAWN * len(part))


def _sure(white: Found) -> bool:
    """Whether a white cell is certain enough to count."""
    return len(white.scores) > 0 and float(white.scores[0]) >= LEAST_ALONE


def _fills(white: Found, height: int, width: int) -> bool:
    """Whether the picture may be one cell cut out tightly: nothing found, or a box that covers much of it."""
    if not _sure(white):
        return True
    left, top, right, bottom = white.boxes[0].tolist()
    return bool((right - left) * (bottom - top) >= FILLING * height * width)


def _look_framed(levels: list[Pixels]) -> Found:
    """The white cells of a picture with a frame of its border's own colours around it.

    The network was not trained on cells that touch all edges: it misses them, or boxes a part.
    Boxes are in pixels of the first level, and may reach outside.
    """
    height, width = levels[0].shape[:2]
    edge = FRAME * max(height, width)
    scale = (WORK_AREA / ((height + 2 * edge) * (width + 2 * edge))) ** 0.5
    pixels, _ = _level_for(levels, scale)
    small = _resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)))
    wide = round(edge * scale)
    framed = np.asarray(cv2.copyMakeBorder(small, wide, wide, wide, wide, cv2.BORDER_REPLICATE), np.uint8)
    white, _ = _look_at([framed], 1.0)
    if not _sure(white):
        white, _ = _look_at([framed], 0.5)
    factor = np.array([width / small.shape[1], height / small.shape[0]] * 2, np.float32)
    boxes = (white.boxes - np.float32(wide)) * factor
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = ((middles >= 0) & (middles < (width, height))).all(axis=1)
    return keep(Found(boxes, white.scores), np.flatnonzero(inside).tolist())


def _levels(pixels: Pixels) -> list[Pixels]:
    """The picture; one over ONE_CAMERA also halved, quartered and so on, for the coarser looks.

    A level lacks the last row or column of an odd size. Averaging four pixels into one is many times as
    quick as averaging by a factor that is no whole number.
    """
    levels = [pixels]
    if pixels.shape[0] * pixels.shape[1] <= ONE_CAMERA:
        return levels
    while min(levels[-1].shape[:2]) >= 2 * SAMPLE:
        height, width = (side // 2 for side in levels[-1].shape[:2])
        even = levels[-1][: 2 * height, : 2 * width]
        half = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, dtype=np.uint8))
    return levels


def _level_for(levels: list[Pixels], scale: float) -> tuple[Pixels, int]:
    """The coarsest level that has all that is seen at a scale, and how many pixels a side one of its is."""
    depth = 0
    while depth + 1 < len(levels) and scale * 2 ** (depth + 1) <= 1.0:
        depth += 1
    return levels[depth], 2**depth


def _better_scale(levels: list[Pixels], scale: float, diameter: float | None, found: bool) -> float | None:
    """A working scale that suits the picture better than `scale`; None when `scale` is right."""
    height, width = levels[0].shape[:2]
    large = height * width > ONE_FIELD
    if diameter is not None and not large:
        if RED_CELL_RANGE[0] <= diameter * scale <= RED_CELL_RANGE[1]:
            return None
        if diameter * scale > RED_CELL_RANGE[1]:
            return _bounded(RED_CELL / diameter, height, width)
    best, most = None, 0.0
    # At a far too coarse scale whole fields look like red cells: the scale with most cover is right.
    finer = scale if large or diameter is not None else 2 * scale
    while finer <= 1.0:
        covered, measured = _survey(levels, finer)
        if measured is not None and covered > most:
            best, most = measured, covered
        finer *= 2
    if best is not None:
        return _bounded(RED_CELL / best, height, width)
    if not found:
        # Perhaps a tight cut-out of one cell, which would be larger than any that the network knows.
        return scale / 2
    return None


def _bounded(scale: float, height: int, width: int) -> float:
    return min(scale, 2.0, MAX_WORK_SIDE / max(height, width))


def _survey(levels: list[Pixels], scale: float) -> tuple[float, float | None]:
    """How much red cells cover at that scale, and their usual diameter in pixels.

    Looks at the middle and four places around it. The cover is a sum of working areas weighted by
    the squares of the scores; the diameter is None unless most of the samples have one.
    """
    pixels, times = _level_for(levels, scale)
    scale *= times
    height, width = pixels.shape[:2]
    side = round(SAMPLE / scale)
    high, wide = min(side, height), min(side, width)
    places = [(0.5, 0.5), (0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
    if 1.5 * side >= max(height, width):
        # One sample shows nearly all of it.
        places = places[:1]

    def look(place: tuple[float, float]) -> Found:
        top, left = round((height - high) * place[0]), round((width - wide) * place[1])
        return _look_at([pixels[top : top + high, left : left + wide]], scale)[1]

    looks = [look(place) for place in places] if len(levels) == 1 else _on_cores(look, places)
    covered, diameters = 0.0, []
    for red in looks:
        measured = _diameter(red, high, wide)
        if measured is not None:
            diameters.append(measured)
            covered += float(np.square(red.scores).sum()) * (measured * scale) ** 2
    covered /= len(places)
    if 2 * len(diameters) <= len(places):
        return covered, None
    return covered, float(np.median(diameters)) * times


def _diameter(red: Found, height: int, width: int) -> float | None:
    """Diameter of the usual red cell, the root of width times height, in the boxes' pixels.

    Of the cells that the border does not cut, weighted by the square of their scores, that which
    USUAL_RED of the weight lies below: the doubtful ones are mostly parts of hidden cells.
    """
    sizes = red.boxes[:, 2:] - red.boxes[:, :2]
    # A cut cell's box ends about at the border, a little inside or outside.
    margin = 0.06 * sizes.mean(axis=1)
    whole = (
        (red.boxes[:, 0] > margin)
        & (red.boxes[:, 1] > margin)
        & (red.boxes[:, 2] < width - margin)
        & (red.boxes[:, 3] < height - margin)
    )
    sure = whole & (red.scores >= LEAST_RED)
    if sure.sum() < ENOUGH_RED_CELLS:
        return None
    diameters = np.sqrt(sizes[sure].prod(axis=1))
    order = np.argsort(diameters, kind="stable")
    weights = np.cumsum(np.square(red.scores[sure][order], dtype=np.float64))
    place = int(np.searchsorted(weights, USUAL_RED * weights[-1]))
    return float(diameters[order][min(place, len(order) - 1)])


def _look_at(levels: list[Pixels], scale: float) -> tuple[Found, Found]:
    """White and red cells of a picture looked at with `scale` working pixels per pixel.

    Boxes are in pixels of the first level.
    """
    pixels, times = _level_for(levels, scale)
    scale *= times
    height, width = pixels.shape[:2]
    high = max(STRIDE, round(height * scale / STRIDE) * STRIDE)
    wide = max(STRIDE, round(width * scale / STRIDE) * STRIDE)
    small = _resized(pixels, high, wide)
    net = locator_net()
    least = min(LEAST_WHITE, LEAST_RED)
    spans = _spans if len(levels) == 1 else _even_spans
    if max(high, wide) <= TILE:
        white, red = net.look(small, least)
    else:
        white, red = _look_at_tiles(small, least, spans)
    factor = np.array([width / wide, height / high] * 2, np.float32) * times
    return Found(white.boxes * factor, white.scores), Found(red.boxes * factor, red.scores)


def _resized(pixels: Pixels, high: int, wide: int) -> Pixels:
    """The picture in that many pixels, smoothed where that is fewer."""
    how = cv2.INTER_AREA if high < pixels.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (wide, high), interpolation=how), dtype=np.uint8)


def _look_at_tiles(small: Pixels, least: float, spans: Spans) -> tuple[Found, Found]:
    """The network's finds in a large working picture, tile by tile, one thread a core."""
    height, width = small.shape[:2]
    seen: tuple[list[Found], list[Found]] = ([], [])
    places = [(*rows, *columns) for rows in spans(height) for columns in spans(width)]

    def look(place: tuple[int, int, int, int]) -> tuple[Found, Found]:
        top, bottom, left, right = place
        return locator_net().look(np.ascontiguousarray(small[top:bottom, left:right]), least)

    for place, both in zip(places, _on_cores(look, places), strict=True):
        top, _, left, _ = place
        shift = np.array([left, top, left, top], np.float32)
        for kind, found in zip(seen, both, strict=True):
            cut = _cut_by_tile(found, place, (height, width))
            kind.append(Found(found.boxes[~cut] + shift, found.scores[~cut]))
    merged = []
    for kind in seen:
        boxes = np.concatenate([found.boxes for found in kind])
        scores = np.concatenate([found.scores for found in kind])
        order = np.argsort(-scores, kind="stable")
        ordered = Found(boxes[order], scores[order])
        merged.append(keep(ordered, distinct(ordered, 0.4, 0.75)))
    return merged[0], merged[1]


def _spans(length: int) -> list[tuple[int, int]]:
    """Overlapping stretches of at most TILE that cover 0 to length; all multiples of STRIDE."""
    if length <= TILE:
        return [(0, length)]
    starts = list(range(0, length - TILE, TILE - TILE_OVERLAP))
    return [(start, start + TILE) for start in starts] + [(length - TILE, length)]


def _even_spans(length: int) -> list[tuple[int, int]]:
    """The same of at most LARGE_TILE, all as long as each other, which overlap hardly more than they must."""
    if length <= LARGE_TILE:
        return [(0, length)]
    count = -(-(length - LARGE_OVERLAP) // (LARGE_TILE - LARGE_OVERLAP))
    # A stride more than is needed, as the starts are rounded.
    side = -(-(length + (count - 1) * (LARGE_OVERLAP + STRIDE)) // (count * STRIDE)) * STRIDE
    side = min(side, LARGE_TILE)
    starts = [round(index * (length - side) / (count - 1) / STRIDE) * STRIDE for index in range(count)]
    return [(start, start + side) for start in starts]


def _on_cores(look: Callable[[_Place], _Seen], places: list[_Place]) -> list[_Seen]:
    """A look at each of the places, in their order, in as many threads as OpenCV may take, four at most."""
    threads = min(4, cv2.getNumThreads(), len(places))
    if threads <= 1:
        return [look(place) for place in places]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads, thread_name_prefix="locate") as pool:
        return list(pool.map(look, places))


def _cut_by_tile(
    found: Found, tile: tuple[int, int, int, int], size: tuple[int, int]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which objects end at a tile's inner edge; the neighbouring tile has them whole."""
    top, bottom, left, right = tile
    near = STRIDE / 2
    cut = np.zeros(len(found.scores), dtype=bool)
    if left > 0:
        cut |= found.boxes[:, 0] < near
    if top > 0:
        cut |= found.boxes[:, 1] < near
    if right < size[1]:
        cut |= found.boxes[:, 2] > right - left - near
    if bottom < size[0]:
        cut |= found.boxes[:, 3] > bottom - top - near
    return cut


def _cells(white: Found, height: int, width: int) -> tuple[LocatedCell, ...]:
    """The white cells as values: whole pixels, inside the image, sure enough, best first.

    Where none is sure enough, the best one counts if it is nearly so: most pictures are taken of a cell.
    """
    cells: list[LocatedCell] = []
    scores = white.scores
    if len(scores) and LEAST_ALONE <= scores[0] < LEAST_WHITE:
        white = Found(white.boxes[:1], scores[:1])
        least = LEAST_ALONE
    else:
        least = LEAST_WHITE
    for (left, top, right, bottom), score in zip(white.boxes.tolist(), white.scores.tolist(), strict=True):
        if score < least or len(cells) == limits.MAX_CELLS:
            break
        x0, y0 = max(0, round(left)), max(0, round(top))
        x1, y1 = min(width, round(right)), min(height, round(bottom))
        if x1 > x0 and y1 > y0:
            cells.append(LocatedCell(Box(x0, y0, x1 - x0, y1 - y0), score))
    return tuple(cells)

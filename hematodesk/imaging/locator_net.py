"""The locator's network in plain numpy, and the reading of its heat maps.

A few convolutions (weights in locator.npz, made by `python -m export_tools locate-train`) after
the idea of Zhou et al. 2019, "Objects as Points": heat maps of the middles of white cells, red
cells and platelets at an eighth of the working scale, with the boxes of white and red cells.
Matrix products keep it free of any inference runtime, and the same on every thread.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]

STRIDE = 8
"""Working pixels per grid cell of the heat maps."""

_STEM = 3
"""How many of the convolutions halve the picture."""

_LOG_SIZE = (-1.5, 4.0)
"""Bounds of a box's logarithmic size in strides: 2 to 440 working pixels, so that noise cannot overflow."""

_SINGLE_THREAD_PRODUCTS = 250_000
"""Multiplications per matrix product. OpenBLAS shares out larger ones among threads, which costs more
than it gains at this size: on a busy computer its spinning threads made a field take 40 to 180 ms
instead of 3."""

_STRIP_BYTES = 1_500_000
"""Neighbourhoods copied at once: more than a field of one look has, less than a second-level cache."""


_BOXES_AT_ONCE = 256
"""Boxes that are compared with their neighbours at once."""


_NEAR_Y, _NEAR_X = np.repeat([-1, 0, 1], 3), np.tile([-1, 0, 1], 3)
"""Steps to a grid cell and its eight neighbours."""


@dataclass(frozen=True, slots=True)
class Found:
    """Objects of one kind in a picture.

    Attributes:
        boxes: float32 (N, 4), left, top, right, bottom in pixels of the picture; may reach outside.
        scores: float32 (N,), 0 to 1, best first.
    """

    boxes: Plane
    scores: Plane


class LocatorNet:
    """The network with its weights; holds no state between calls, so threads may share it."""

    def __init__(self, archive: bytes) -> None:
        with np.load(io.BytesIO(archive), allow_pickle=False) as constants:
            self._dilations = [int(value) for value in constants["dilations"]]
            count = _STEM + len(self._dilations) + 1
            self._kernels = [
                np.ascontiguousarray(
                    constants[f"w{index}"].reshape(-1, constants[f"w{index}"].shape[-1]), dtype=np.float32
                )
                for index in range(count)
            ]
            self._biases = [constants[f"b{index}"].astype(np.float32) for index in range(count)]

    def look(self, picture: Pixels, least: float) -> tuple[Found, Found]:
        """White cells and red cells in a picture at the working scale.

        Args:
            picture: uint8 (H, W, 3) RGB, both sides multiples of STRIDE.
            least: lowest score to report.
        """
        output = self.run(picture)
        heat: Plane = np.reciprocal(1.0 + np.exp(-np.clip(output[..., :2], -30.0, 30.0)), dtype=np.float32)
        white = _read(heat[..., 0], output[..., 3:7], least)
        red = _read(heat[..., 1], output[..., 7:11], least)
        return _without_doubles(white, 0.4, 0.75), _without_doubles(red, 0.5, 0.9)

    def run(self, picture: Pixels) -> Plane:
        """The raw output, float32 (H/8, W/8, 11): three logits, then two boxes' four numbers."""
        value: Plane = picture.astype(np.float32)
        value *= np.float32(2.0 / 255.0)
        value -= np.float32(1.0)
        for index in range(_STEM):
            value = self._in_strips(_columns_halved(value), index)
            np.maximum(value, 0.0, out=value)
        for index, dilation in enumerate(self._dilations, start=_STEM):
            change = self._in_strips(_columns_dilated(value, dilation), index)
            change += value
            value = np.maximum(change, 0.0, out=change)
        return self._product(value, len(self._kernels) - 1)

    def _in_strips(self, view: Plane, index: int) -> Plane:
        """The product over a view of neighbourhoods, copied in strips that stay in the processor's cache."""
        height, width = view.shape[:2]
        rows = max(1, _STRIP_BYTES // (width * self._kernels[index].shape[0] * 4))
        if rows >= height:
            return self._product(np.ascontiguousarray(view), index)
        strips = [
            self._product(np.ascontiguousarray(view[top : top + rows]), index)
            for top in range(0, height, rows)
        ]
        return np.concatenate(strips)

    def _product(self, columns: Plane, index: int) -> Plane:
        height, width = columns.shape[:2]
        kernel = self._kernels[index]
        rows = columns.reshape(height * width, kernel.shape[0])
        product = np.empty((height * width, kernel.shape[1]), np.float32)
        step = max(4, _SINGLE_THREAD_PRODUCTS // kernel.size)
        even = len(rows) // step * step
        stacked = rows[:even].reshape(-1, step, rows.shape[1])
        np.matmul(stacked, kernel, out=product[:even].reshape(-1, step, kernel.shape[1]))
        np.matmul(rows[even:], kernel, out=product[even:])
        product += self._biases[index]
        return product.reshape(height, width, kernel.shape[1])


@cache
def locator_net() -> LocatorNet:
    """The shipped network, read once."""
    return LocatorNet((resources.files("hematodesk.imaging") / "locator.npz").read_bytes())


def _columns_halved(value: Plane) -> Plane:
    """Neighbourhoods of a 3x3 convolution of stride 2, padded below and right as in training: a view."""
    height, width, channels = value.shape
    padded = np.zeros((height + 1, width + 1, channels), np.float32)
    padded[:height, :width] = value
    down, across, deep = padded.strides
    # The three neighbours of a row lie side by side in memory, so one view holds them all.
    view = np.lib.stride_tricks.as_strided(
        padded,
        (height // 2, width // 2, 3, 3 * channels),
        (2 * down, 2 * across, down, deep),
        writeable=False,
    )
    return view


def _columns_dilated(value: Plane, dilation: int) -> Plane:
    """Neighbourhoods of a 3x3 convolution of stride 1 with that dilation, a view like the one above."""
    height, width, channels = value.shape
    padded = np.zeros((height + 2 * dilation, width + 2 * dilation, channels), np.float32)
    padded[dilation : dilation + height, dilation : dilation + width] = value
    down, across, deep = padded.strides
    return np.lib.stride_tricks.as_strided(
        padded,
        (height, width, 3, 3, channels),
        (down, across, dilation * down, dilation * across, deep),
        writeable=False,
    )


def _read(heat: Plane, numbers: Plane, least: float) -> Found:
    """Peaks of a heat map and their boxes, averaged over the neighbours that speak of the same cell."""
    heat = np.ascontiguousarray(heat, dtype=np.float32)
    highest = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    ys, xs = np.nonzero((heat >= highest) & (heat >= least))
    if not len(ys):
        return Found(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    order = np.argsort(-heat[ys, xs], kind="stable")
    ys, xs = ys[order], xs[order]
    rows, columns = heat.shape
    all_y, all_x = ys[:, None] + _NEAR_Y, xs[:, None] + _NEAR_X
    inside = (all_y >= 0) & (all_y < rows) & (all_x >= 0) & (all_x < columns)
    all_y, all_x = all_y.clip(0, rows - 1), all_x.clip(0, columns - 1)
    weight = np.where(inside, heat[all_y, all_x] ** 2, 0.0)
    weight /= weight.sum(axis=1, keepdims=True)
    told = numbers[all_y, all_x]
    x = ((told[..., 0] + all_x + 0.5) * weight).sum(axis=1)
    y = ((told[..., 1] + all_y + 0.5) * weight).sum(axis=1)
    size = np.exp((np.clip(told[..., 2:4], *_LOG_SIZE) * weight[..., None]).sum(axis=1))
    half = size / 2
    boxes = np.stack([x - half[:, 0], y - half[:, 1], x + half[:, 0], y + half[:, 1]], axis=1) * STRIDE
    return Found(boxes.astype(np.float32), heat[ys, xs])


def _without_doubles(found: Found, overlap: float, within: float) -> Found:
    return keep(found, distinct(found, overlap, within))


def keep(found: Found, which: list[int]) -> Found:
    """The objects with these indexes, in this order."""
    return Found(found.boxes[which], found.scores[which])


def distinct(found: Found, overlap: float, within: float) -> list[int]:
    """Indexes of the objects that no better one covers, best first.

    Args:
        found: sorted, best first.
        overlap: intersection over union above which two boxes are one object.
        within: share of the smaller box inside the other above which they are one object.
    """
    pairs = _same_object(found.boxes, overlap, within)
    open_ = np.ones(len(found.boxes), dtype=bool)
    # Sorted by the better of the two: whether that one stands is decided before its pairs come.
    for better, worse in pairs.tolist():
        if open_[better]:
            open_[worse] = False
    return [int(index) for index in np.nonzero(open_)[0]]


def _same_object(boxes: Plane, overlap: float, within: float) -> npt.NDArray[np.intp]:
    """Pairs of indexes of boxes that are one object (see `distinct`): (P, 2), the lower first, in order."""
    order = np.argsort(boxes[:, 0], kind="stable")
    ordered = boxes[order]
    areas = np.prod(ordered[:, 2:] - ordered[:, :2], axis=1)
    pairs = [np.zeros((0, 2), np.intp)]
    for first in range(0, len(boxes), _BOXES_AT_ONCE):
        some = ordered[first : first + _BOXES_AT_ONCE, None]
        # Whatever begins right of all of these touches none of them.
        end = int(np.searchsorted(ordered[:, 0], some[..., 2].max(), side="right"))
        others = ordered[None, first:end]
        low, high = np.maximum(others[..., :2], some[..., :2]), np.minimum(others[..., 2:], some[..., 2:])
        shared = np.prod(np.maximum(high - low, 0.0), axis=2)
        area, other = areas[first : first + _BOXES_AT_ONCE, None], areas[None, first:end]
        apart = shared <= overlap * (other + area - shared)
        apart &= shared <= within * np.minimum(other, area)
        one, two = np.nonzero(~apart)
        later = two > one
        pairs.append(np.sort(order[np.stack([one[later], two[later]], axis=1) + first], axis=1))
    found = np.concatenate(pairs)
    return found[np.lexsort((found[:, 1], found[:, 0]))]

"""The locator's training target for a picture: heat maps and box numbers on a grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from export_tools.locator.fields import Boxes

STRIDE = 8
TARGET_CHANNELS = 3 + 3 + 5 + 5
"""Per grid cell: three heat maps, their weights, then for white and for red cells a mask and
four box numbers."""


def encode(
    boxes: Boxes, kinds: npt.NDArray[np.int64], size: tuple[int, int], *, red_cells_labelled: bool
) -> npt.NDArray[np.float32]:
    """The network's target for a picture: (H/8, W/8, TARGET_CHANNELS).

    Heat maps are Gaussians around the cells' middles (Zhou et al. 2019, "Objects as Points").
    Box numbers at a grid cell near a middle: offset of the middle from the grid cell's middle in
    strides, and the logarithms of width and height in strides.
    """
    height, width = size[0] // STRIDE, size[1] // STRIDE
    target = np.zeros((height, width, TARGET_CHANNELS), np.float32)
    target[..., 3:6] = 1.0
    if not red_cells_labelled:
        target[..., 4] = 0.0
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32) + 0.5
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for index in np.argsort(-areas):
        left, top, right, bottom = boxes[index] / STRIDE
        kind = int(kinds[index])
        x, y, w, h = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
        # The nearest grid cell is the peak.
        dx, dy = xs - (min(int(x), width - 1) + 0.5), ys - (min(int(y), height - 1) + 0.5)
        spread_x, spread_y = max(0.35, w / 7), max(0.35, h / 7)
        bump = np.exp(-0.5 * ((dx / spread_x) ** 2 + (dy / spread_y) ** 2))
        target[..., kind] = np.maximum(target[..., kind], bump)
        if kind > 1:
            continue
        near = (np.abs(xs - x) < max(0.75, 0.2 * w)) & (np.abs(ys - y) < max(0.75, 0.2 * h))
        first = 6 + 5 * kind
        target[near, first] = 1.0
        target[near, first + 1] = (x - xs)[near]
        target[near, first + 2] = (y - ys)[near]
        target[near, first + 3] = np.log(w)
        target[near, first + 4] = np.log(h)
    return target

"""Where a slide shows something and where it is empty glass, by its overview."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BRIGHT, _GREY, _BLACK = 205, 12, 8
"""Glass is at least so bright in every colour, and its colours differ by less; what was not scanned may be
black."""

_ALIKE = 6
"""Levels by which glass differs from the slide's usual glass: dust and the lamp's fall-off. One red cell in
a pixel of 65 on the slide darkens it by some 12."""


def shows_something(overview: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """For each pixel of an overview, uint8 (H, W, 3) RGB, whether it is more than empty glass: bool (H, W).

    In doubt it is: a field too many costs a moment, one too few a cell.
    """
    low, high = overview.min(axis=2), overview.max(axis=2)
    bright = (low >= _BRIGHT) & (high - low < _GREY)
    glass = np.zeros_like(bright)
    if bright.any():
        usual = np.median(overview[bright], axis=0)
        glass = bright & (np.abs(overview - usual) <= _ALIKE).all(axis=2)
    return np.asarray(~glass & (high > _BLACK))

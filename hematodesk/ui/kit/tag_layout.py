"""Where the tags of the cells go, so that they hide neither each other nor a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF

PADDING = 5.0
_GAP = 3.0
_WIDEST = 2.5
"""A full name may be so many times as wide as its box; beyond that the picture would be all names."""
_TOO_MUCH = 0.6
"""Share of other marks that a tag may hide at most."""
_MOST_TAGS = 120
"""More are not laid: they would hide the picture, and placing them would be felt (120 take some 15 ms)."""
_OTHER_TAG, _OTHER_CELL, _OWN_CELL = 4.0, 1.0, 0.5
"""What it costs to cover each: a tag's own cell may be covered a little where it fills the view."""

Rects = npt.NDArray[np.float64]
"""(N, 4): left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A tag that wants a place.

    Attributes:
        index: the cell's.
        box: the cell's box in widget pixels.
        full, short: what it says, and what it says where that does not fit.
        pressing: laid first and always shown (the chosen cell, the one under the pointer).
        early: laid before the others (uncertain cells).
    """

    index: int
    box: QRectF
    full: str
    short: str
    pressing: bool
    early: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """One laid tag: which cell, where (widget pixels) and what it says."""

    index: int
    rect: QRectF
    text: str


def lay_tags(wishes: Sequence[Wish], area: QRectF, metrics: QFontMetricsF) -> list[Tag]:
    """Find a place inside the area for each tag, as far as there is one.

    A tag that finds no free place with its full text is tried with the short one and then left
    out: the outline and the tooltip still tell.

    Args:
        area: the widget's rectangle.
        metrics: of the tags' font.
    """
    if not wishes:
        return []
    height = metrics.height() + 4
    order = sorted(range(len(wishes)), key=lambda at: (not wishes[at].pressing, not wishes[at].early))
    taken = np.array([_corners(wish.box) for wish in wishes])
    weights = np.full(len(wishes), _OTHER_CELL)
    tags: list[Tag] = []
    for at in order[:_MOST_TAGS]:
        wish = wishes[at]
        weights[at] = _OWN_CELL
        found: tuple[float, Rects, str] | None = None
        for text in _texts(wish, metrics, alone=len(wishes) == 1):
            places = _places(wish.box, metrics.horizontalAdvance(text) + 2 * PADDING, height, area)
            costs = _costs(places, taken, weights)
            best = int(np.argmin(costs))
            if found is None or costs[best] < found[0]:
                found = (float(costs[best]), places[best], text)
            if found[0] < _TOO_MUCH:
                break
        weights[at] = _OTHER_CELL
        if found is None or (found[0] >= _TOO_MUCH and not wish.pressing):
            continue
        left, top, right, bottom = (float(side) for side in found[1])
        tags.append(Tag(wish.index, QRectF(left, top, right - left, bottom - top), found[2]))
        taken = np.vstack([taken, found[1]])
        weights = np.append(weights, _OTHER_TAG)
    return tags


def _texts(wish: Wish, metrics: QFontMetricsF, *, alone: bool) -> tuple[str, ...]:
    width = metrics.horizontalAdvance(wish.full) + 2 * PADDING
    roomy = width <= _WIDEST * wish.box.width()
    return (wish.full, wish.short) if roomy or alone or wish.pressing else (wish.short,)


def _corners(rect: QRectF) -> tuple[float, float, float, float]:
    return rect.left(), rect.top(), rect.right(), rect.bottom()


def _places(box: QRectF, width: float, height: float, area: QRectF) -> Rects:
    """Eight places around a box, the best liked first, pushed inside the area."""
    above, below = box.top() - height - _GAP, box.bottom() + _GAP
    before, after = box.left() - width - _GAP, box.right() + _GAP
    corners = np.array(
        (
            (box.left(), above),
            (box.right() - width, above),
            (box.left(), below),
            (box.right() - width, below),
            (after, box.top()),
            (before, box.top()),
            (after, box.bottom() - height),
            (before, box.bottom() - height),
        )
    )
    least = (area.left() + 1, area.top() + 1)
    most = (area.right() - width - 1, area.bottom() - height - 1)
    corners = np.maximum(np.minimum(corners, most), least)
    return np.hstack([corners, corners + np.array([width, height])])


def _costs(places: Rects, taken: Rects, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What each place (P, 4) hides of what is taken (N, 4), as weighted shares of the place: (P,)."""
    across = np.minimum(places[:, None, 2], taken[:, 2]) - np.maximum(places[:, None, 0], taken[:, 0])
    down = np.minimum(places[:, None, 3], taken[:, 3]) - np.maximum(places[:, None, 1], taken[:, 1])
    shared = np.clip(across, 0, None) * np.clip(down, 0, None)
    size = (places[0, 2] - places[0, 0]) * (places[0, 3] - places[0, 1])
    return np.asarray(shared @ weights / size)

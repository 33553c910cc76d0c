"""Where an image lies in a widget: zoom and pan as plain arithmetic, without Qt's events.

Zoom counts physical screen pixels for one image pixel, so that 1 shows the image as it was
taken on a screen of any scaling. Positions in the widget are device independent pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MOST_ZOOM = 40.0
_FIT_GAP = 8.0
"""Device independent pixels left free around a fitted image, so that its border is seen."""
_MOST_FIT_ZOOM = 12.0
"""A 16-pixel icon fitted to the screen would show nothing but squares."""


@dataclass(slots=True)
class Viewport:
    """The state of one view; sizes in pixels.

    Attributes:
        image_width, image_height: of the image, at least 1.
        width, height: of the widget, device independent.
        ratio: physical pixels for one device independent pixel.
        zoom: physical pixels for one image pixel.
        centre_x, centre_y: the image position in the middle of the widget.
        fitted: whether the zoom follows the widget's size.
        above: how much of the column above the widget something else takes; an image that leaves room enough
            stays in the middle of both, so that it does not move when a message comes or goes.
    """

    image_width: int = 1
    image_height: int = 1
    width: float = 1.0
    height: float = 1.0
    ratio: float = 1.0
    zoom: float = 1.0
    centre_x: float = 0.5
    centre_y: float = 0.5
    fitted: bool = True
    above: float = 0.0

    @property
    def scale(self) -> float:
        """Device independent pixels for one image pixel."""
        return self.zoom / self.ratio

    def fit_zoom(self) -> float:
        """The zoom that shows the whole image."""
        across = max(self.width - 2 * _FIT_GAP, 1.0) * self.ratio / self.image_width
        down = max(self.height - 2 * _FIT_GAP, 1.0) * self.ratio / self.image_height
        return min(across, down, _MOST_FIT_ZOOM)

    def least_zoom(self) -> float:
        """How far one may zoom out: to the whole image, or to 1:1 where that is smaller."""
        return min(self.fit_zoom(), 1.0)

    def set_image(self, width: int, height: int) -> None:
        """Another image: the zoom and the place stay where its size is the same, else it is fitted."""
        same = (width, height) == (self.image_width, self.image_height)
        self.image_width, self.image_height = width, height
        if self.fitted or not same:
            self.fit()

    def resize(self, width: float, height: float, ratio: float, above: float = 0.0) -> None:
        """The widget's new size, and what lies above it.

        A fitted image stays fitted. Else the middle stays the middle, but for what came or went above: that
        moves nothing on the screen.
        """
        self.centre_y += (above - self.above) / 2 / self.scale
        self.width, self.height, self.ratio = max(width, 1.0), max(height, 1.0), ratio
        self.above = above
        if self.fitted:
            self.fit()
        else:
            self.set_zoom(self.zoom)

    def fit(self) -> None:
        """Show the whole image, and go on doing so."""
        self.fitted = True
        self.zoom = self.fit_zoom()
        self.centre_x, self.centre_y = self.image_width / 2, self._middle()

    def set_zoom(self, zoom: float, at: tuple[float, float] | None = None) -> None:
        """Zoom so that the image position under `at` (the middle by default) stays under it.

        Zooming out ends at the whole image, fitted; a small image can be shrunk to 1:1.
        """
        if zoom <= self.fit_zoom() <= 1.0:
            self.fit()
            return
        at_x, at_y = at if at is not None else (self.width / 2, self.height / 2)
        held_x, held_y = self.to_image(at_x, at_y)
        self.fitted = False
        self.zoom = min(max(zoom, self.least_zoom()), MOST_ZOOM)
        self.centre_x = held_x - (at_x - self.width / 2) / self.scale
        self.centre_y = held_y - (at_y - self.height / 2) / self.scale
        self._hold()

    def pan(self, across: float, down: float) -> None:
        """Move the image by device independent pixels."""
        if self.fitted:
            return
        self.centre_x -= across / self.scale
        self.centre_y -= down / self.scale
        self._hold()

    def show(self, x: float, y: float, w: float, h: float, margin: float) -> bool:
        """Pan as little as brings a box of the image into view; tells whether anything moved."""
        if self.fitted:
            return False
        before = (self.centre_x, self.centre_y)
        half_w, half_h = self.width / 2 / self.scale, self.height / 2 / self.scale
        gap = margin / self.scale
        self.centre_x = _nudged(self.centre_x, half_w, x - gap, x + w + gap)
        self.centre_y = _nudged(self.centre_y, half_h, y - gap, y + h + gap)
        self._hold()
        return before != (self.centre_x, self.centre_y)

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """The image position of a widget position."""
        return (
            self.centre_x + (x - self.width / 2) / self.scale,
            self.centre_y + (y - self.height / 2) / self.scale,
        )

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """The widget position of an image position, on whole physical pixels for the image's corner."""
        left, top = self.origin()
        return left + x * self.scale, top + y * self.scale

    def origin(self) -> tuple[float, float]:
        """Where the image's top left corner lies in the widget, snapped to physical pixels."""
        left = self.width / 2 - self.centre_x * self.scale
        top = self.height / 2 - self.centre_y * self.scale
        return self._snapped(left), self._snapped(top)

    def _snapped(self, place: float) -> float:
        """On the nearest physical pixel; a half always goes up, so that whole pixels above change nothing."""
        return math.floor(place * self.ratio + 0.5 + 1e-6) / self.ratio

    def _hold(self) -> None:
        self.centre_x = _held(self.centre_x, self.image_width, self.width / self.scale)
        shown = self.height / self.scale
        small = shown >= self.image_height
        self.centre_y = self._middle() if small else _held(self.centre_y, self.image_height, shown)

    def _middle(self) -> float:
        """The image position in the middle of the widget, for an image that is lower than the widget.

        The image lies in the middle of the widget and of what is above it, as long as all of it is seen.
        """
        free = max(self.height - self.image_height * self.scale, 0.0) / 2
        return self.image_height / 2 + min(self.above / 2, max(free - _FIT_GAP, 0.0)) / self.scale


def _nudged(centre: float, half: float, low: float, high: float) -> float:
    """The centre nearest to the given one whose range of +-half holds low to high."""
    if high - low > 2 * half:
        return (low + high) / 2
    return min(max(centre, high - half), low + half)


def _held(centre: float, size: float, shown: float) -> float:
    """Keep an image in reach: in the middle where it is smaller than the view, else never more than
    a third of the view beyond its border."""
    if shown >= size:
        return size / 2
    slack = shown / 3
    return min(max(centre, shown / 2 - slack), size - shown / 2 + slack)

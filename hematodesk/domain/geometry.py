"""Boxes in pixel coordinates of an upright image: origin top left, x to the right, y down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in whole pixels: left, top, width and height.

    Raises ValueError when the width or the height is not positive.
    """

    x: int
    y: int
    w: int
    h: int

    def __post_init__(self) -> None:
        if self.w <= 0 or self.h <= 0:
            raise ValueError(f"a box needs a positive width and height, not {self.w} x {self.h}")

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle, in pixels."""
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def area(self) -> int:
        """Square pixels."""
        return self.w * self.h

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0 to 1."""
        across = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        down = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        if across <= 0 or down <= 0:
            return 0.0
        shared = across * down
        return shared / (self.area + other.area - shared)

    def clipped(self, width: int, height: int) -> Box:
        """The part inside an image of that size.

        Raises ValueError when nothing of the box is inside.
        """
        left, top = max(self.x, 0), max(self.y, 0)
        right, bottom = min(self.x + self.w, width), min(self.y + self.h, height)
        return Box(left, top, right - left, bottom - top)

    def as_list(self) -> list[int]:
        """[x, y, w, h], the form of the command line's JSON."""
        return [self.x, self.y, self.w, self.h]

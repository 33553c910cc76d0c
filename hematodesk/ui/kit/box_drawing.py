"""A box being drawn on the image, by dragging or by keys, before it becomes a cell."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from hematodesk.domain.geometry import Box

_LEAST_BOX = 8
"""Image pixels; a smaller box was drawn by accident."""


class BoxDrawing:
    """The box, in image pixels; there may be none."""

    def __init__(self) -> None:
        self._rect: QRectF | None = None

    @property
    def rect(self) -> QRectF | None:
        """The box so far, with positive sides; None before the first movement."""
        return self._rect.normalized() if self._rect is not None else None

    def clear(self) -> None:
        """Forget it."""
        self._rect = None

    def drag(self, start: QPointF, end: QPointF) -> None:
        """Span it between two image positions."""
        self._rect = QRectF(start, end)

    def step(self, direction: tuple[int, int], unit: float, *, sizing: bool, first: QRectF) -> None:
        """Move or size it by one key.

        Args:
            direction: (-1, 0 or 1 across, -1, 0 or 1 down).
            unit: image pixels a step.
            sizing: size it, with its top left corner held.
            first: where it lies after the first key.
        """
        if self._rect is None:
            self._rect = QRectF(first)
        elif sizing:
            self._rect.setWidth(max(_LEAST_BOX, self._rect.width() + direction[0] * unit))
            self._rect.setHeight(max(_LEAST_BOX, self._rect.height() + direction[1] * unit))
        else:
            self._rect.translate(direction[0] * unit, direction[1] * unit)

    def finish(self, width: int, height: int) -> Box | None:
        """The box in whole pixels, clipped to an image of that size; None when nothing sensible was drawn."""
        drawn, self._rect = self.rect, None
        if drawn is None:
            return None
        bounded = drawn & QRectF(0, 0, width, height)
        left, top = round(bounded.left()), round(bounded.top())
        across, down = round(bounded.right()) - left, round(bounded.bottom()) - top
        return Box(left, top, across, down) if across >= _LEAST_BOX and down >= _LEAST_BOX else None


def paint_drawing(painter: QPainter, rect: QRectF) -> None:
    """Draw the box in widget pixels: white dashes on black, seen on any stain."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor("#000000"), 3), QPen(QColor("#ffffff"), 1.5, Qt.PenStyle.DashLine)):
        painter.setPen(pen)
        painter.drawRect(rect)

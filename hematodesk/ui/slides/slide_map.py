"""The overview of a whole slide, on which an area is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from hematodesk.domain.slide_regions import FIELD_HEIGHT, FIELD_WIDTH, SlideRegion
from hematodesk.ui.kit.box_drawing import BoxDrawing, paint_drawing
from hematodesk.ui.kit.theme import tokens
from hematodesk.ui.kit.zoom_view import ARROWS, ZoomView

if TYPE_CHECKING:
    from hematodesk.workflow.analysis.slide_view import SlideLook

_GLASS_SIDE = 512
_LEAST_LOOK = 8.0
"""Screen pixels of the frame that shows where the magnifier is."""


class SlideMap(ZoomView):
    """A click goes to a place, a left drag chooses an area; the wheel zooms, the middle button pans.

    Keys: arrows move the area by a field, Shift and arrows size it.

    Signals:
        place_chosen(float, float): x and y in pixels of the slide.
        area_changed(SlideRegion | None): another area is chosen, or none.
    """

    place_chosen = Signal(float, float)
    area_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slide = (1, 1)
        self._share = 1.0
        self._looks = QRectF()
        self._draws = False
        self._drawing = BoxDrawing()
        self._area: SlideRegion | None = None
        self.setAccessibleName(self.tr("Overview of the slide"))
        self.setAccessibleDescription(
            self.tr("Arrows move the area that is scanned, Shift and arrows size it.")
        )

    def show_slide(self, look: SlideLook) -> None:
        """Another slide; no area is chosen."""
        self._slide = (look.info.width, look.info.height)
        overview = look.overview
        if overview is None:
            side = _GLASS_SIDE / max(self._slide)
            shape = max(1, round(self._slide[1] * side)), max(1, round(self._slide[0] * side)), 3
            overview = np.full(shape, 235, np.uint8)
        self._put_picture(overview)
        self._share = overview.shape[1] / look.info.width
        self.set_area(None)
        self.fit()

    @property
    def area(self) -> SlideRegion | None:
        """The chosen area, inside the slide."""
        return self._area

    def set_area(self, area: SlideRegion | None) -> None:
        """Choose an area; what lies beside the slide is cut off."""
        self._drawing.clear()
        clipped = area.clipped(*self._slide) if area is not None else None
        if clipped != self._area:
            self._area = clipped
            self.area_changed.emit(clipped)
        self.update()

    def choose_whole(self) -> None:
        """All of the slide."""
        self.set_area(SlideRegion(0, 0, *self._slide))

    def set_looks(self, looks: QRectF) -> None:
        """What the magnifier shows, in pixels of the slide."""
        self._looks = looks
        self.update()

    # Painting

    def _paint_over(self, painter: QPainter) -> None:
        looks = self._on_screen(self._looks)
        grown = max(0.0, _LEAST_LOOK - looks.width()) / 2, max(0.0, _LEAST_LOOK - looks.height()) / 2
        looks.adjust(-grown[0], -grown[1], grown[0], grown[1])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor("#ffffff"), 4))
        painter.drawRect(looks)
        painter.setPen(QPen(QColor(tokens().focus), 2))
        painter.drawRect(looks)
        drawn = self._drawing.rect
        if drawn is not None:
            paint_drawing(painter, self._to_widget(drawn))
        elif self._area is not None:
            area = self._area
            paint_drawing(painter, self._on_screen(QRectF(area.x, area.y, area.width, area.height)))

    def _on_screen(self, rect: QRectF) -> QRectF:
        share = self._share
        return self._to_widget(
            QRectF(rect.x() * share, rect.y() * share, rect.width() * share, rect.height() * share)
        )

    # Mouse

    def _idle_cursor(self) -> Qt.CursorShape:
        return Qt.CursorShape.CrossCursor if self.has_image else Qt.CursorShape.ArrowCursor

    def _on_slide(self, position: QPointF) -> QPointF:
        return self._to_image(position) / self._share

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin an area."""
        if event.button() != Qt.MouseButton.LeftButton or self._space_held or not self.has_image:
            super().mousePressEvent(event)
        elif not self._dragging:
            self._draws = True
            self._drawing.clear()
            self._pressed_at = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the area."""
        if self._draws and self._moved_far(event.position()):
            self._drawing.drag(self._to_image(self._pressed_at), self._to_image(event.position()))
            self.update()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """An area is drawn, or a place was clicked."""
        if self._draws and event.button() == Qt.MouseButton.LeftButton:
            self._draws = False
            drawn = self._drawing.rect
            if drawn is None:
                place = self._on_slide(event.position())
                self.place_chosen.emit(place.x(), place.y())
            else:
                scale = 1 / self._share
                left, top = round(drawn.left() * scale), round(drawn.top() * scale)
                across, down = round(drawn.width() * scale), round(drawn.height() * scale)
                self.set_area(SlideRegion(left, top, max(1, across), max(1, down)))
        super().mouseReleaseEvent(event)

    # Keys

    def _owns_key(self, event: QKeyEvent) -> bool:
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        return (event.key() in ARROWS and plain) or super()._owns_key(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The area's keys; all others go to the picture and then to the window."""
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in ARROWS and plain and self.has_image:
            self._step(
                ARROWS[Qt.Key(event.key())], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            )
        elif event.key() == Qt.Key.Key_Escape and (self._draws or self._area is not None):
            self._draws = False
            self.set_area(None)
        else:
            super().keyPressEvent(event)

    def _step(self, direction: tuple[int, int], sizing: bool) -> None:
        """Move or size the area by some of its fields; the first key lays one where the magnifier is."""
        area = self._area
        if area is None:
            middle = self._looks.center()
            width, height = 4 * FIELD_WIDTH, 4 * FIELD_HEIGHT
            self.set_area(
                SlideRegion(round(middle.x()) - width // 2, round(middle.y()) - height // 2, width, height)
            )
            return
        # As far as one sees it move.
        fields = max(1, round(4 / (self._share * self._view.scale * FIELD_WIDTH)))
        across, down = direction[0] * FIELD_WIDTH * fields, direction[1] * FIELD_HEIGHT * fields
        if sizing:
            width, height = max(FIELD_WIDTH, area.width + across), max(FIELD_HEIGHT, area.height + down)
            self.set_area(SlideRegion(area.x, area.y, width, height))
        else:
            left = min(max(area.x + across, 0), self._slide[0] - area.width)
            top = min(max(area.y + down, 0), self._slide[1] - area.height)
            self.set_area(SlideRegion(left, top, area.width, area.height))

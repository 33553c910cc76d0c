"""The image with its cells: zoom, pan, choosing a cell, adding one by dragging a box."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QGestureEvent, QPinchGesture, QSizePolicy, QToolTip, QWidget

from hematodesk.domain.cells import Cell
from hematodesk.ui.box_drawing import BoxDrawing, paint_drawing
from hematodesk.ui.cell_marks import paint_cells
from hematodesk.ui.cell_words import cell_sentence, image_sentence
from hematodesk.ui.image_pyramid import ImagePyramid, paint_image
from hematodesk.ui.theme import SURROUND, emphasis_font, tokens
from hematodesk.ui.viewport import Viewport

_WHEEL_STEP = 1.25
_KEY_STEP = 1.5
_PAN_STEP = 64.0
_SHOW_MARGIN = 48.0


class _Drag(Enum):
    NONE = auto()
    MAYBE = auto()
    PAN = auto()
    DRAW = auto()


class ImageView(QWidget):
    """Shows one image and its cells.

    Cells are told by their index in the sequence given to `set_cells`; -1 means none. The view
    shows and asks; what becomes of a drawn box or a cell to remove is decided by who listens.

    Mouse: wheel zooms at the pointer (a touchpad's two fingers pan, with Ctrl they zoom, and a
    pinch zooms); left drag, middle drag and Space with drag pan; a click chooses a cell, a click
    beside all cells chooses none; in add mode, or with Shift or Ctrl held, a left drag draws a box.
    Keys: Tab and Shift+Tab choose the next and previous cell and move on after the last; + and -
    zoom; Ctrl and arrows pan; Delete asks to remove the chosen cell; Esc leaves add mode. In add
    mode arrows move a box, Shift and arrows size it, and Enter adds it.

    Signals:
        cell_chosen(int): the person chose another cell, or none (-1). Not sent by `choose_cell`.
        cell_drawn(object): a domain Box, clipped to the image, to be added as a cell.
        cell_remove_requested(int): the person wants that cell removed.
        zoom_changed(float): physical screen pixels for one image pixel.
        add_mode_changed(bool): add mode was entered or left.
    """

    cell_chosen = Signal(int)
    cell_drawn = Signal(object)
    cell_remove_requested = Signal(int)
    zoom_changed = Signal(float)
    add_mode_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pyramid: ImagePyramid | None = None
        self._name = ""
        self._view = Viewport()
        self._cells: tuple[Cell, ...] = ()
        self._current = -1
        self._hovered = -1
        self._add_mode = False
        self._drawing = BoxDrawing()
        self._drag = _Drag.NONE
        self._drag_button = Qt.MouseButton.NoButton
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._space_held = False
        self._told_zoom = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Image"))
        self._describe()

    # What is shown

    def set_image(self, pixels: npt.NDArray[np.uint8] | None, name: str = "") -> None:
        """Show another image, without cells; None shows nothing.

        Args:
            pixels: uint8 (H, W, 3) RGB; kept, not copied, so it must not change while shown.
            name: what a screen reader calls it.

        The zoom and the place stay when the new image is as large as the old one.
        Raises ValueError for another dtype or shape.
        """
        pyramid = ImagePyramid(pixels, self) if pixels is not None else None
        if self._pyramid is not None:
            # Without a parent it goes at once with its last reference, and hundreds of megabytes with it.
            self._pyramid.stop()
            self._pyramid.setParent(None)
        self._pyramid = pyramid
        self._name = name if pixels is not None else ""
        self._forget_drag()
        if pyramid is not None:
            pyramid.refined.connect(self.update)
            self._view.set_image(pyramid.width, pyramid.height)
        else:
            self.set_add_mode(False)
        self.set_cells(())
        self._view_changed()

    def set_cells(self, cells: Sequence[Cell], current: int = -1) -> None:
        """Show these cells (removed ones are hidden but keep their index) and choose one, or none."""
        self._cells = tuple(cells)
        self._hovered = -1
        self._current = current if self._shown(current) else -1
        self._describe()
        self.update()

    @property
    def has_image(self) -> bool:
        """Whether there is an image."""
        return self._pyramid is not None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells as given."""
        return self._cells

    # Choosing

    @property
    def current_index(self) -> int:
        """The chosen cell, -1 for none."""
        return self._current

    def choose_cell(self, index: int) -> None:
        """Choose a cell and bring it into view; -1, or a cell that is not shown, chooses none."""
        index = index if self._shown(index) else -1
        if index == self._current:
            return
        self._current = index
        if index >= 0:
            box = self._cells[index].box
            if self._view.show(box.x, box.y, box.w, box.h, _SHOW_MARGIN):
                self._view_changed()
        self._describe()
        self.update()

    def choose_next(self, step: int = 1) -> bool:
        """Choose the next (1) or previous (-1) cell shown, as Tab does; False when there is none further."""
        order = [index for index in range(len(self._cells)) if self._shown(index)]
        if not order:
            return False
        if self._current < 0:
            target = 0 if step > 0 else len(order) - 1
        else:
            target = order.index(self._current) + step
        if not 0 <= target < len(order):
            return False
        self._choose_by_hand(order[target])
        return True

    def _choose_by_hand(self, index: int) -> None:
        if index != self._current:
            self.choose_cell(index)
            self.cell_chosen.emit(index)

    def _shown(self, index: int) -> bool:
        return 0 <= index < len(self._cells) and not self._cells[index].removed

    def cell_at(self, position: QPointF) -> int:
        """The cell under a widget position, the smallest where boxes overlap; -1 for none."""
        found, least = -1, float("inf")
        for index, cell in enumerate(self._cells):
            if not self._shown(index) or cell.box.area >= least:
                continue
            if self.cell_rect(index).adjusted(-3, -3, 3, 3).contains(position):
                found, least = index, cell.box.area
        return found

    def cell_rect(self, index: int) -> QRectF:
        """A cell's box in widget pixels."""
        box = self._cells[index].box
        return self._to_widget(QRectF(box.x, box.y, box.w, box.h))

    def _to_widget(self, rect: QRectF) -> QRectF:
        left, top = self._view.to_widget(rect.x(), rect.y())
        return QRectF(left, top, rect.width() * self._view.scale, rect.height() * self._view.scale)

    # Zoom

    @property
    def zoom(self) -> float:
        """Physical screen pixels for one image pixel; 1 shows the image as it was taken."""
        return self._view.zoom

    @property
    def fitted(self) -> bool:
        """Whether the whole image is shown and follows the window's size."""
        return self._view.fitted

    def fit(self) -> None:
        """Show the whole image, and keep it so when the window changes."""
        self._view.fit()
        self._view_changed()

    def zoom_actual(self) -> None:
        """One image pixel on one physical screen pixel, around the chosen cell if there is one."""
        self.set_zoom(1.0)

    def zoom_in(self) -> None:
        """One step nearer."""
        self.set_zoom(self.zoom * _KEY_STEP)

    def zoom_out(self) -> None:
        """One step away."""
        self.set_zoom(self.zoom / _KEY_STEP)

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom around a widget position: by default the chosen cell if it is in view, else the middle."""
        if self._pyramid is None:
            return
        if at is None and self._current >= 0:
            middle = self.cell_rect(self._current).center()
            at = middle if QRectF(self.rect()).contains(middle) else None
        self._view.set_zoom(zoom, (at.x(), at.y()) if at is not None else None)
        self._view_changed()

    def _view_changed(self) -> None:
        self.update()
        if self._pyramid is not None and self._view.zoom != self._told_zoom:
            self._told_zoom = self._view.zoom
            self.zoom_changed.emit(self._view.zoom)

    # Adding

    @property
    def add_mode(self) -> bool:
        """Whether the next left drag draws a cell's box."""
        return self._add_mode

    def set_add_mode(self, on: bool) -> None:
        """Enter or leave add mode; without an image it stays off."""
        on = on and self.has_image
        if on == self._add_mode:
            return
        self._add_mode = on
        if not on:
            self._drawing.clear()
        self._set_cursor()
        self._describe()
        self.update()
        self.add_mode_changed.emit(on)

    def _finish_drawing(self) -> None:
        self.update()
        if self._pyramid is None:
            return
        box = self._drawing.finish(self._pyramid.width, self._pyramid.height)
        if box is not None:
            self.set_add_mode(False)
            self.cell_drawn.emit(box)

    # Painting: the image, what explains it, the outlines, the tags, the box being drawn

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw everything in view."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), SURROUND)
        if self._pyramid is not None:
            paint_image(painter, self._pyramid, self._view, QRectF(self.rect()))
            self._paint_cells(painter)
            drawn = self._drawing.rect
            if drawn is not None:
                paint_drawing(painter, self._to_widget(drawn))
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens().focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _paint_cells(self, painter: QPainter) -> None:
        area = QRectF(self.rect())
        rects = ((index, self.cell_rect(index)) for index in range(len(self._cells)) if self._shown(index))
        boxes = [(index, rect) for index, rect in rects if rect.intersects(area)]
        painter.setFont(emphasis_font(self.font()))
        paint_cells(painter, self._cells, boxes, area, current=self._current, hovered=self._hovered)

    # Words for screen readers

    def _describe(self) -> None:
        """Tell the image and the chosen cell in words, and tell the screen reader that they changed."""
        words = self.tr("No image")
        if self._pyramid is not None:
            name = self._name or self.tr("Image")
            size = (self._pyramid.width, self._pyramid.height)
            words = image_sentence(name, size, self._cells, self._current)
            if self._add_mode:
                words += " " + self.tr(
                    "Adding a cell: arrows move the box, Shift and arrows size it, Enter adds it."
                )
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    # Events

    def sizeHint(self) -> QSize:
        """A good share of a small screen."""
        return QSize(640, 480)

    def minimumSizeHint(self) -> QSize:
        """Small enough for 200 % scaling on a 1366 pixel screen."""
        return QSize(200, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted image fitted, else the middle in the middle."""
        self._view.resize(self.width(), self.height(), self.devicePixelRatioF())
        self._view_changed()

    def event(self, event: QEvent) -> bool:
        """Pinch, tooltips and screens of another scaling come this way."""
        if isinstance(event, QNativeGestureEvent):
            return self._native_gesture(event)
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._pinch(pinch)
                return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tooltip(event)
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._view.resize(self.width(), self.height(), self.devicePixelRatioF())
            self._view_changed()
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._owns_key(event):
            event.accept()
            return True
        return super().event(event)

    def _native_gesture(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self.set_zoom(self.zoom * (1 + event.value()), event.position())
        return True

    def _pinch(self, pinch: QPinchGesture) -> None:
        centre = self.mapFromGlobal(pinch.centerPoint())
        last = self.mapFromGlobal(pinch.lastCenterPoint())
        if pinch.state() != Qt.GestureState.GestureStarted:
            self._view.pan(centre.x() - last.x(), centre.y() - last.y())
        self.set_zoom(self.zoom * pinch.scaleFactor(), centre)

    def _show_tooltip(self, event: QHelpEvent) -> None:
        index = self.cell_at(QPointF(event.pos()))
        if index < 0:
            QToolTip.hideText()
            return
        QToolTip.showText(event.globalPos(), cell_sentence(self._cells[index]), self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; two fingers on a touchpad pan."""
        touchpad = event.pointingDevice().type() == QInputDevice.DeviceType.TouchPad
        if touchpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            moved = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 4
            self._pan(moved.x(), moved.y())
        else:
            steps = event.angleDelta().y() / 120
            self.set_zoom(self.zoom * _WHEEL_STEP**steps, event.position())
        event.accept()

    def _pan(self, across: float, down: float) -> None:
        self._view.pan(across, down)
        self._view_changed()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what may become a click, a pan or a drawn box."""
        if self._pyramid is None or self._drag is not _Drag.NONE:
            return
        self._pressed_at = self._last_at = event.position()
        self._drag_button = event.button()
        held = event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        if event.button() == Qt.MouseButton.MiddleButton:
            self._drag = _Drag.PAN
        elif event.button() != Qt.MouseButton.LeftButton:
            return
        elif self._space_held:
            self._drag = _Drag.PAN
        elif self._add_mode or held:
            self._drag = _Drag.DRAW
        else:
            self._drag = _Drag.MAYBE
        self._set_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, draw, or tell what lies under the pointer."""
        position = event.position()
        moved = (position - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if self._drag is _Drag.MAYBE and moved:
            self._drag = _Drag.PAN
            self._set_cursor()
        if self._drag is _Drag.PAN:
            step = position - self._last_at
            self._pan(step.x(), step.y())
        elif self._drag is _Drag.DRAW and moved:
            start = QPointF(*self._view.to_image(self._pressed_at.x(), self._pressed_at.y()))
            end = QPointF(*self._view.to_image(position.x(), position.y()))
            self._drawing.drag(start, end)
            self.update()
        elif self._drag is _Drag.NONE:
            self._hover(position)
        self._last_at = position

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a click, a pan or a drawn box."""
        if event.button() != self._drag_button:
            return
        drag = self._drag
        self._drag, self._drag_button = _Drag.NONE, Qt.MouseButton.NoButton
        if drag is _Drag.DRAW and self._drawing.rect is not None:
            self._finish_drawing()
        elif drag is _Drag.MAYBE or (drag is _Drag.DRAW and not self._add_mode):
            self._choose_by_hand(self.cell_at(event.position()))
        self._hover(event.position())
        self._set_cursor()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        if self._hovered >= 0:
            self._hovered = -1
            self.update()
        super().leaveEvent(event)

    def _hover(self, position: QPointF) -> None:
        index = self.cell_at(position)
        if index != self._hovered:
            self._hovered = index
            self.update()
            self._set_cursor()

    def _forget_drag(self) -> None:
        self._drag, self._drag_button = _Drag.NONE, Qt.MouseButton.NoButton
        self._drawing.clear()
        self._set_cursor()

    def _set_cursor(self) -> None:
        if self._drag is _Drag.PAN:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space_held:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._drag is _Drag.DRAW or self._add_mode:
            shape = Qt.CursorShape.CrossCursor
        elif self._hovered >= 0:
            shape = Qt.CursorShape.PointingHandCursor
        else:
            shape = Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab walks through the cells and leaves the view after the last, so that nobody is caught."""
        if self.choose_next(1 if forward else -1):
            return True
        return super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring around the view tells where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A key held while the focus goes will never be released here."""
        self._space_held = False
        self._set_cursor()
        super().focusOutEvent(event)
        self.update()

    def _owns_key(self, event: QKeyEvent) -> bool:
        """Whether a key is the view's own although the window has a shortcut on it."""
        if self._add_mode:
            return event.key() in (*_ARROWS, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        return event.key() == Qt.Key.Key_Space and self.has_image

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The view's own keys; all others go to the window."""
        key = event.key()
        if key in _ARROWS and self._add_mode:
            sizing = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._move_drawing(_ARROWS[Qt.Key(key)], sizing)
        elif key in _ARROWS and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            across, down = _ARROWS[Qt.Key(key)]
            self._pan(-across * _PAN_STEP, -down * _PAN_STEP)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._add_mode:
            self._finish_drawing()
        elif key == Qt.Key.Key_Escape and (self._add_mode or self._drag is _Drag.DRAW):
            self._forget_drag()
            self.set_add_mode(False)
            self.update()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_Delete and self._current >= 0:
            self.cell_remove_requested.emit(self._current)
        elif key == Qt.Key.Key_Space and self.has_image:
            self._space_held = True
            self._set_cursor()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space ends panning by hand."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = False
            self._set_cursor()
        else:
            super().keyReleaseEvent(event)

    def _move_drawing(self, step: tuple[int, int], sizing: bool) -> None:
        """Move or size the box by the keyboard; the first key lays it into the middle of the view."""
        if self._pyramid is None:
            return
        middle = QPointF(*self._view.to_image(self.width() / 2, self.height() / 2))
        side = min(self._pyramid.width, self._pyramid.height, 96 / self._view.scale)
        first = QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
        self._drawing.step(step, max(1.0, 8 / self._view.scale), sizing=sizing, first=first)
        self.update()


_ARROWS: dict[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}

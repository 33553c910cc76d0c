"""A picture that can be zoomed and panned by mouse, touch and keys."""

from __future__ import annotations

from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
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
from PySide6.QtWidgets import QApplication, QGestureEvent, QPinchGesture, QSizePolicy, QWidget

from hematodesk.ui.kit.image_pyramid import ImagePyramid, paint_image
from hematodesk.ui.kit.theme import SURROUND, tokens
from hematodesk.ui.kit.viewport import Viewport

ARROWS: dict[Qt.Key, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
"""The arrow keys as steps across and down."""

_WHEEL_STEP = 1.25
_KEY_STEP = 1.5
_PAN_STEP = 64.0


class _Drag(Enum):
    NONE = auto()
    MAYBE = auto()
    PAN = auto()


class ZoomView(QWidget):
    """Shows one picture on the neutral surround; subclasses add what lies on it.

    Mouse: the wheel zooms at the pointer (a touchpad's two fingers pan, with Ctrl they zoom, and
    a pinch zooms); left drag, middle drag and Space with drag pan.
    Keys: + and - zoom; Ctrl and arrows pan.

    Attributes:
        space_pans: whether Space with a drag pans; else Space is left to the window.

    Signals:
        zoom_changed(float): physical screen pixels for one image pixel.
    """

    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pyramid: ImagePyramid | None = None
        self._refining = QTimer(self)
        self._refining.setInterval(0)
        self._refining.timeout.connect(self._refine)
        self._view = Viewport()
        self._column: QWidget | None = None
        self._size = (0, 0)
        """(width, height) of the picture, in its pixels."""
        self._drag = _Drag.NONE
        self._drag_button = Qt.MouseButton.NoButton
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._space_held = False
        self.space_pans = True
        self._told_zoom = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # What subclasses override

    def _paint_picture(self, painter: QPainter) -> None:
        """Paint the picture; there is one."""
        if self._pyramid is not None:
            paint_image(painter, self._pyramid, self._view, QRectF(self.rect()))

    def _paint_over(self, painter: QPainter) -> None:
        """Paint what lies on the picture."""

    def _clicked(self, position: QPointF) -> None:
        """The left button was pressed and let go in one place."""

    def _looked_at(self) -> QPointF | None:
        """The widget position that zooming without a pointer should hold; None for the middle."""
        return None

    def _idle_cursor(self) -> Qt.CursorShape:
        """The pointer's shape while nothing is dragged."""
        return Qt.CursorShape.ArrowCursor

    # The picture

    def _put_picture(self, pixels: npt.NDArray[np.uint8] | None) -> None:
        """Show another picture, uint8 (H, W, 3) RGB, kept and not copied; None shows nothing.

        The zoom and the place stay when it is as large as the last one.
        Raises ValueError for another dtype or shape.
        """
        pyramid = self._pyramid = ImagePyramid(pixels) if pixels is not None else None
        self._drag, self._drag_button = _Drag.NONE, Qt.MouseButton.NoButton
        if pyramid is not None and pyramid.unfinished:
            self._refining.start()
        else:
            self._refining.stop()
        if pixels is not None:
            self._size = (int(pixels.shape[1]), int(pixels.shape[0]))
            self._view.set_image(*self._size)
        self._set_cursor()
        self._view_changed()

    def _refine(self) -> None:
        """Between two events: a slice of the picture's next size."""
        if self._pyramid is None or not self._pyramid.unfinished:
            self._refining.stop()
        elif self._pyramid.grow():
            self.update()

    @property
    def has_image(self) -> bool:
        """Whether there is an image."""
        return self._pyramid is not None

    def _to_widget(self, rect: QRectF) -> QRectF:
        left, top = self._view.to_widget(rect.x(), rect.y())
        return QRectF(left, top, rect.width() * self._view.scale, rect.height() * self._view.scale)

    def _to_image(self, position: QPointF) -> QPointF:
        return QPointF(*self._view.to_image(position.x(), position.y()))

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
        """One image pixel on one physical screen pixel, around what is looked at."""
        self.set_zoom(1.0)

    def zoom_in(self) -> None:
        """One step nearer."""
        self.set_zoom(self.zoom * _KEY_STEP)

    def zoom_out(self) -> None:
        """One step away."""
        self.set_zoom(self.zoom / _KEY_STEP)

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom around a widget position: by default what is looked at, if it is in view, else the middle."""
        if self._pyramid is None:
            return
        if at is None:
            looked_at = self._looked_at()
            at = looked_at if looked_at is not None and QRectF(self.rect()).contains(looked_at) else None
        self._view.set_zoom(zoom, (at.x(), at.y()) if at is not None else None)
        self._view_changed()

    def _view_changed(self) -> None:
        self.update()
        if self._pyramid is not None and self._view.zoom != self._told_zoom:
            self._told_zoom = self._view.zoom
            self.zoom_changed.emit(self._view.zoom)

    def _pan(self, across: float, down: float) -> None:
        self._view.pan(across, down)
        self._view_changed()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the surround, the picture, what lies on it, and the ring of the keyboard's focus."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), SURROUND)
        if self._pyramid is not None:
            self._paint_picture(painter)
            self._paint_over(painter)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(QColor(tokens().focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    # Events

    def sizeHint(self) -> QSize:
        """A good share of a small screen."""
        return QSize(640, 480)

    def minimumSizeHint(self) -> QSize:
        """Small enough for 200 % scaling on a 1366 pixel screen."""
        return QSize(200, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted image fitted, else the middle in the middle."""
        self._resize_view()

    def keep_place_in(self, column: QWidget) -> None:
        """Something may come and go above this view in that column: the image keeps its place there."""
        self._column = column

    def _resize_view(self) -> None:
        above = self.mapTo(self._column, QPoint(0, 0)).y() if self._column is not None else 0
        self._view.resize(self.width(), self.height(), self.devicePixelRatioF(), above)
        self._view_changed()

    def event(self, event: QEvent) -> bool:
        """Pinch and screens of another scaling come this way."""
        if isinstance(event, QNativeGestureEvent):
            return self._native_gesture(event)
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._pinch(pinch)
                return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._resize_view()
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._owns_key(event):
            event.accept()
            return True
        return super().event(event)

    def _owns_key(self, event: QKeyEvent) -> bool:
        """Whether a key is the view's own although the window may have a shortcut on it."""
        return event.key() == Qt.Key.Key_Space and self.has_image and self.space_pans

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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what may become a click or a pan."""
        if self._pyramid is None or self._drag is not _Drag.NONE:
            return
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._pressed_at = self._last_at = event.position()
        self._drag_button = event.button()
        pans = event.button() == Qt.MouseButton.MiddleButton or self._space_held
        self._drag = _Drag.PAN if pans else _Drag.MAYBE
        self._set_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan."""
        position = event.position()
        if self._drag is _Drag.MAYBE and self._moved_far(position):
            self._drag = _Drag.PAN
            self._set_cursor()
        if self._drag is _Drag.PAN:
            step = position - self._last_at
            self._pan(step.x(), step.y())
        self._last_at = position

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a click or a pan."""
        if event.button() != self._drag_button:
            return
        drag = self._drag
        self._drag, self._drag_button = _Drag.NONE, Qt.MouseButton.NoButton
        if drag is _Drag.MAYBE:
            self._clicked(event.position())
        self._set_cursor()

    def _moved_far(self, position: QPointF) -> bool:
        """Whether the pointer moved further from where it was pressed than by accident."""
        return (position - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()

    @property
    def _dragging(self) -> bool:
        return self._drag is not _Drag.NONE

    def _set_cursor(self) -> None:
        if self._drag is _Drag.PAN:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space_held:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(self._idle_cursor())

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The view's own keys; all others go to the window."""
        key = event.key()
        if key in ARROWS and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            across, down = ARROWS[Qt.Key(key)]
            self._pan(-across * _PAN_STEP, -down * _PAN_STEP)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_Space and self.has_image and self.space_pans:
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

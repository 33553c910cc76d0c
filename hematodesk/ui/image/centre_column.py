"""The middle column: the empty state, the image, or why there is none."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from hematodesk.ui.image.drop_zone import DropZone
from hematodesk.ui.image.page_bar import PageBar
from hematodesk.ui.kit.image_view import ImageView
from hematodesk.ui.kit.message import Message
from hematodesk.ui.kit.theme import GRID, tokens


class _DropFrame(QWidget):
    """The frame that says "let go to open" while files are dragged over an image."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(look.focus), 4)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        area = QRectF(self.rect()).adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
        painter.drawRoundedRect(area, GRID, GRID)


class CentreColumn(QWidget):
    """Shows one of its three pages; `view` is the image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("centre")
        self.zone = DropZone(self)
        self.view = ImageView(self)
        self.message = Message(self)
        # A page that comes to the front is raised over its siblings; in a widget of their own the
        # pages stay beneath the frame.
        beneath = QWidget(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(beneath, 1)
        self.view.keep_place_in(self)
        self.page_bar = PageBar(self)
        self._column.addWidget(self.page_bar)
        self._pages = QStackedLayout(beneath)
        self._pages.setContentsMargins(0, 0, 0, 0)
        for page in (self.zone, self.view, self.message):
            self._pages.addWidget(page)
        self._frame = _DropFrame(self)
        self._dragged_over = False
        self.installEventFilter(self)

    def put_above(self, banners: QWidget) -> None:
        """Give messages a room of their own above the image, as high as they need it."""
        self._column.insertWidget(0, banners)

    def focus_first(self) -> None:
        """Put the keyboard where a person begins: on the button that opens files."""
        button = self.zone.findChild(QPushButton)
        if button is not None:
            button.setFocus()

    def show_empty(self) -> None:
        """Say what to do first."""
        self._pages.setCurrentWidget(self.zone)

    def show_image(self) -> None:
        """Show the image."""
        if self._pages.currentWidget() is self.view:
            return
        focused = QApplication.focusWidget()
        self._pages.setCurrentWidget(self.view)
        if focused is None or self.isAncestorOf(focused):
            self.view.setFocus()

    def show_message(self, title: str, words: str = "") -> None:
        """Show words instead of an image."""
        self.message.say(title, words)
        self._pages.setCurrentWidget(self.message)

    def set_drag_over(self, over: bool) -> None:
        """Whether something that can be opened is dragged over the window."""
        if over == self._dragged_over:
            return
        self._dragged_over = over
        self.zone.set_drag_over(over)
        self._frame.setVisible(over and self._pages.currentWidget() is not self.zone)
        self._frame.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self and event.type() == QEvent.Type.Resize:
            self._frame.setGeometry(self.rect())
        return super().eventFilter(watched, event)

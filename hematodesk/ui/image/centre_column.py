"""The middle column: the empty state, the image, or why there is none."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from hematodesk.ui.image.drop_zone import DropZone
from hematodesk.ui.image.image_view import ImageView
from hematodesk.ui.kit.theme import GRID, SURROUND, large_font, text_on, tokens


class Message(QWidget):
    """A title and a sentence on the image's surround, where an image would be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(self)
        self._title.setFont(large_font(self._title.font()))
        self._words = QLabel(self)
        palette = self.palette()
        palette.setColor(self.foregroundRole(), text_on(SURROUND))
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * GRID, 6 * GRID, 6 * GRID, 6 * GRID)
        column.setSpacing(2 * GRID)
        column.addStretch(2)
        for label in (self._title, self._words):
            label.setPalette(palette)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        column.addStretch(3)

    def say(self, title: str, words: str = "") -> None:
        """Show these words."""
        self._title.setText(title)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.setAccessibleName(f"{title} {words}".strip())

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), SURROUND)


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
        # pages stay beneath the banners and the frame.
        beneath = QWidget(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(beneath)
        self._pages = QStackedLayout(beneath)
        self._pages.setContentsMargins(0, 0, 0, 0)
        for page in (self.zone, self.view, self.message):
            self._pages.addWidget(page)
        self._frame = _DropFrame(self)
        self.installEventFilter(self)

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
        self.zone.set_drag_over(over)
        self._frame.setVisible(over and self._pages.currentWidget() is not self.zone)
        self._frame.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self and event.type() == QEvent.Type.Resize:
            self._frame.setGeometry(self.rect())
        return super().eventFilter(watched, event)

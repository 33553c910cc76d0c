"""The empty state: what to do first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.theme import GRID, emphasis_font, large_font, set_role, tokens

_MOST_RECENT = 5
_NARROW = GRID * 62
_WIDEST = GRID * 84


class DropZone(QScrollArea):
    """Says what to do while no image is open.

    Drops are taken by the window as a whole, here and everywhere else; while something is dragged
    over the window it says so with `set_drag_over`.

    Signals:
        open_files_requested(), open_folder_requested(), open_samples_requested(): the buttons.
        recent_chosen(str): the path of a recent file or folder.
    """

    open_files_requested = Signal()
    open_folder_requested = Signal()
    open_samples_requested = Signal()
    recent_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Start"))
        self._target = _Target()
        self._title = QLabel(self.tr("Drop blood-cell images here"))
        self._title.setFont(large_font(self.font()))
        self._hint = QLabel(
            self.tr("Files, folders, or a picture from another program. Paste works too, with Ctrl+V.")
        )
        set_role(self._hint, "muted")
        for label in (self._title, self._hint):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._files = QPushButton(self.tr("Open files…"))
        set_role(self._files, "primary")
        self._folder = QPushButton(self.tr("Open folder…"))
        self._samples = QPushButton(self.tr("Try the samples"))
        self._files.clicked.connect(self._files_clicked)
        self._folder.clicked.connect(self._folder_clicked)
        self._samples.clicked.connect(self._samples_clicked)
        self._buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._buttons.setSpacing(GRID)
        for button in (self._files, self._folder, self._samples):
            self._buttons.addWidget(button, 1)
        self._recent_title = QLabel(self.tr("Recent"))
        set_role(self._recent_title, "muted")
        self._recent_column = QVBoxLayout()
        self._recent_column.setSpacing(GRID // 2)
        self._promise = QLabel(
            self.tr("Everything stays on this computer. hematodesk names cells; it makes no diagnosis.")
        )
        self._promise.setWordWrap(True)
        self._promise.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        set_role(self._promise, "muted")
        column = QVBoxLayout(self._target)
        column.setContentsMargins(GRID * 4, GRID * 4, GRID * 4, GRID * 4)
        column.setSpacing(GRID * 2)
        column.addStretch(2)
        column.addWidget(self._title)
        column.addWidget(self._hint)
        column.addSpacing(GRID)
        column.addLayout(self._buttons)
        column.addSpacing(GRID)
        self._recent_column.addWidget(self._recent_title)
        column.addLayout(self._recent_column)
        column.addStretch(3)
        column.addWidget(self._promise)
        self.setWidget(self._target)
        self._recent: list[str] = []

    def set_key_hints(self, *, files: str, folder: str) -> None:
        """The keys told in the buttons' tooltips; the shortcuts belong to the window."""
        for button, key in ((self._files, files), (self._folder, folder)):
            button.setToolTip(key)
            button.setAccessibleDescription(self.tr("Key {key}").format(key=key) if key else "")

    def set_recent(self, paths: Sequence[str]) -> None:
        """Files and folders opened lately, latest first; the first few are offered."""
        self._recent = list(paths[:_MOST_RECENT])
        if self.isVisible():
            self._fill_recent()

    def showEvent(self, event: QShowEvent) -> None:
        """What was opened while an image was on show is offered now."""
        self._fill_recent()
        super().showEvent(event)

    def _fill_recent(self) -> None:
        while (item := self._recent_column.takeAt(1)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for path in self._recent:
            button = RecentButton(path)
            button.clicked.connect(self._recent_clicked)
            self._recent_column.addWidget(button)
        self._recent_title.setVisible(bool(self._recent))

    def set_drag_over(self, over: bool) -> None:
        """Whether something that can be opened is dragged over the window."""
        self._target.set_drag_over(over)
        self._title.setText(self.tr("Let go to open") if over else self.tr("Drop blood-cell images here"))

    def _files_clicked(self) -> None:
        self.open_files_requested.emit()

    def _folder_clicked(self) -> None:
        self.open_folder_requested.emit()

    def _samples_clicked(self) -> None:
        self.open_samples_requested.emit()

    def _recent_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, RecentButton):
            self.recent_chosen.emit(button.path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow column the buttons stand below each other, under a smaller title."""
        super().resizeEvent(event)
        width = self.viewport().width()
        narrow = width < _NARROW
        self._buttons.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        self._title.setFont(emphasis_font(self.font()) if narrow else large_font(self.font()))
        side = GRID * 3 if narrow else max(GRID * 6, (width - _WIDEST) // 2)
        column = self._target.layout()
        if column is not None:
            column.setContentsMargins(side, GRID * 4, side, GRID * 4)

    def minimumSizeHint(self) -> QSize:
        """As small as the image that takes its place."""
        return QSize(200, 160)


class RecentButton(QPushButton):
    """One recent path: cut in the middle where it is too long, whole in the tooltip."""

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.setToolTip(plain_tooltip(path))
        self.setAccessibleName(PurePath(path).name or path)
        self.setAccessibleDescription(path)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        set_role(self, "entry")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the path anew."""
        super().resizeEvent(event)
        room = self.width() - 4 * GRID
        text = QFontMetricsF(self.font()).elidedText(self.path, Qt.TextElideMode.ElideMiddle, room)
        # An ampersand would be taken for a mnemonic.
        self.setText(text.replace("&", "&&"))


class _Target(QWidget):
    """The dashed field that says "here"."""

    def __init__(self) -> None:
        super().__init__()
        self._drag_over = False

    def set_drag_over(self, over: bool) -> None:
        self._drag_over = over
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the field."""
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(look.focus if self._drag_over else look.edge), 3 if self._drag_over else 1.5)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(QColor(look.info_back if self._drag_over else look.window))
        area = QRectF(self.rect()).adjusted(GRID * 2, GRID * 2, -GRID * 2, -GRID * 2)
        painter.drawRoundedRect(area, GRID, GRID)

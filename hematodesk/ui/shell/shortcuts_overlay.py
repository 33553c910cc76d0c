"""The overlay with all shortcuts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from hematodesk.ui.kit.accessible import set_accessible
from hematodesk.ui.kit.plain_text import plain_label
from hematodesk.ui.kit.theme import GRID, emphasis_font, large_font, set_role

_COLUMN_WIDTH = GRID * 40
_KEYS_IN_A_ROW = 16
"""Letters."""
_VEIL = QColor(0, 0, 0, 120)

Sections = Sequence[tuple[str, Sequence[tuple[str, str]]]]


class ShortcutsOverlay(QWidget):
    """Covers its parent while it is open; Esc, `?`, the button or a click beside the card closes it.

    Signals:
        closed(): it was closed, and the keyboard is back where it was.
    """

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self._before: QWidget | None = None
        self.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_accessible(self, QAccessible.Role.Dialog, self.tr("Keyboard shortcuts"))
        self._card = QFrame(self)
        set_role(self._card, "card")
        title = QLabel(self.tr("Keyboard shortcuts"))
        title.setFont(large_font(self.font()))
        close = QPushButton(self.tr("Close (Esc)"))
        close.clicked.connect(self.close_overlay)
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(close)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        # The overlay itself scrolls it.
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().setAutoFillBackground(False)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(GRID * 3, GRID * 2, GRID * 3, GRID * 2)
        column.setSpacing(GRID * 2)
        column.addLayout(top)
        column.addWidget(self._scroll, 1)

    def show_sections(self, sections: Sections) -> None:
        """Open with these sections: (title, [(keys, text)]); several keys are parted by ", "."""
        self._before = QApplication.focusWidget()
        # Only while it is open: a filter in Python is asked about each of the window's events.
        self._covered.installEventFilter(self)
        self.setGeometry(self._covered.rect())
        self._place_card()
        table = self._make_table(sections)
        self._scroll.setWidget(table)
        table.setAutoFillBackground(False)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_overlay(self) -> None:
        """Close and give the keyboard back."""
        if not self.isVisible():
            return
        self.hide()
        self._covered.removeEventFilter(self)
        before, self._before = self._before, None
        # A banner's button may be deleted by now: banners disappear by themselves.
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def _make_table(self, sections: Sections) -> QWidget:
        room = self._card.width() - 8 * GRID
        count = max(1, min(3, room // _COLUMN_WIDTH, len(sections)))
        heights = [0] * count
        columns = [QVBoxLayout() for _ in range(count)]
        table = QWidget()
        across = QHBoxLayout(table)
        across.setContentsMargins(0, 0, GRID, 0)
        across.setSpacing(GRID * 4)
        for column in columns:
            column.setSpacing(GRID * 2)
            across.addLayout(column, 1)
        for title, rows in sections:
            shortest = heights.index(min(heights))
            columns[shortest].addWidget(_section(title, rows))
            heights[shortest] += len(rows) + 2
        for column in columns:
            column.addStretch(1)
        return table

    def _place_card(self) -> None:
        gap = GRID * 3 if self.width() > GRID * 100 else GRID
        width = min(self.width() - 2 * gap, _COLUMN_WIDTH * 3 + GRID * 18)
        self._card.setGeometry((self.width() - width) // 2, gap, width, self.height() - 2 * gap)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the parent whatever its size."""
        if watched is self._covered and event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._covered.rect())
            self._place_card()
        return False

    def event(self, event: QEvent) -> bool:
        """While it is open no key but its own does anything."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc and `?` close; arrows and pages scroll."""
        bar = self._scroll.verticalScrollBar()
        key = event.key()
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_Question):
            self.close_overlay()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            bar.setValue(bar.value() + (1 if key == Qt.Key.Key_Down else -1) * GRID * 4)
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            bar.setValue(bar.value() + (1 if key == Qt.Key.Key_PageDown else -1) * bar.pageStep())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the card closes."""
        if not self._card.geometry().contains(event.position().toPoint()):
            self.close_overlay()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays within the overlay: there is one control."""
        button = self._card.findChild(QPushButton)
        target = self if self.focusWidget() is button else button
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what lies below."""
        QPainter(self).fillRect(self.rect(), _VEIL)


def _section(title: str, rows: Sequence[tuple[str, str]]) -> QWidget:
    section = QWidget()
    grid = QGridLayout(section)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(GRID * 2)
    grid.setVerticalSpacing(GRID // 2)
    grid.setColumnStretch(0, 1)
    heading = QLabel(title)
    heading.setFont(emphasis_font(heading.font()))
    grid.addWidget(heading, 0, 0, 1, 2)
    for row, (keys, text) in enumerate(rows, start=1):
        # A class's name is its package's.
        words = plain_label()
        words.setText(text)
        words.setWordWrap(True)
        grid.addWidget(words, row, 0)
        # Long names of keys stand below each other: side by side they leave no room for the words.
        caps: QBoxLayout = QHBoxLayout() if len(keys) <= _KEYS_IN_A_ROW else QVBoxLayout()
        caps.setSpacing(GRID // 2)
        for key in keys.split(", "):
            cap = QLabel(key)
            set_role(cap, "keycap")
            caps.addWidget(cap, 0, Qt.AlignmentFlag.AlignRight)
        grid.addLayout(caps, row, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return section

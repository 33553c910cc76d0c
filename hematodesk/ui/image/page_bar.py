"""Which page of its file the image is, and the buttons for the others; away for files of one page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from hematodesk.ui.kit.theme import GRID, LEAST_TARGET
from hematodesk.ui.kit.words import number


class PageBar(QWidget):
    """Signals:
    page_wanted(int): a page is asked for, counted from 1.
    """

    page_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page, self._pages = 1, 1
        self.words = QLabel(self)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.previous = self._button("‹", self.tr("Previous page"), -1)
        self.next = self._button("›", self.tr("Next page"), 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        row.setSpacing(GRID)
        row.addStretch(1)
        for part in (self.previous, self.words, self.next):
            row.addWidget(part)
        row.addStretch(1)
        self.hide()

    def show_page(self, page: int, pages: int) -> None:
        """Tell which page is on show, counted from 1, and how many there are."""
        self._page, self._pages = page, pages
        self.words.setText(self.tr("Page {page} of {pages}").format(page=number(page), pages=number(pages)))
        self.previous.setEnabled(page > 1)
        self.next.setEnabled(page < pages)
        self.setVisible(pages > 1)

    def _button(self, sign: str, words: str, step: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(sign)
        button.setAutoRaise(True)
        button.setMinimumSize(LEAST_TARGET, LEAST_TARGET)
        button.setToolTip(words)
        button.setAccessibleName(words)
        # Keys stay with the image: a click on the way through a stack takes no focus from it.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._step(step))
        return button

    def _step(self, step: int) -> None:
        page = self._page + step
        if 1 <= page <= self._pages:
            self.page_wanted.emit(page)

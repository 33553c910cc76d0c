"""One page of the manual as it is read: its look, its pictures, the words that were looked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QTextEdit, QWidget

from hematodesk.ui.kit.markdown_look import blocks, style_markdown
from hematodesk.ui.kit.theme import GRID, tokens
from hematodesk.workflow.system.manual import Manual, places_of

_WIDEST = GRID * 92
"""A line of text is no longer than this, however wide the window is."""


class ManualView(QTextBrowser):
    """Shows a page. It loads pictures of the manual and nothing else, from nowhere else.

    Signals:
        link_clicked(str, str): a page's file name and a heading in it, each may be empty.
    """

    link_clicked = Signal(str, str)

    def __init__(self, manual: Manual, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._manual = manual
        self._markdown = ""
        self._words: Sequence[str] = ()
        self._drawn_room = 0
        self._drawing = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.anchorClicked.connect(self._clicked)
        self.setAccessibleName(self.tr("Page"))

    def show_page(self, markdown: str) -> None:
        """Show that page from its beginning."""
        self._markdown = markdown
        self._draw()

    def _draw(self) -> None:
        self._drawn_room = self._room()
        self.setExtraSelections([])
        # A scroll bar that comes or goes meanwhile must not begin another drawing.
        self._drawing = True
        self.setMarkdown(self._markdown)
        style_markdown(self.document())
        self._set_margins()
        self._drawing = False
        self.mark(self._words)

    def mark(self, words: Sequence[str]) -> None:
        """Mark every occurrence of these folded words, in the pages to come, too."""
        self._words = words
        look = tokens()
        shape = QTextCharFormat()
        shape.setBackground(QColor(look.warn_back))
        shape.setForeground(QColor(look.text))
        marked = []
        for block in blocks(self.document()):
            for start, length in places_of(words, block.text()):
                cursor = QTextCursor(block)
                cursor.setPosition(block.position() + start)
                cursor.setPosition(block.position() + start + length, QTextCursor.MoveMode.KeepAnchor)
                selection = QTextEdit.ExtraSelection()
                selection.cursor = cursor
                selection.format = shape
                marked.append(selection)
        self.setExtraSelections(marked)

    def go_to_line(self, number: int) -> None:
        """Bring that block to the upper third."""
        block = self.document().findBlockByNumber(number)
        if block.isValid():
            top = self.document().documentLayout().blockBoundingRect(block).top()
            self.verticalScrollBar().setValue(round(top) - self.viewport().height() // 4)

    def go_to_heading(self, anchor: str) -> None:
        """Bring a heading to the top, by its words in lower case with hyphens between."""
        for block in blocks(self.document()):
            if block.blockFormat().headingLevel() and anchor_of(block.text()) == anchor:
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(round(top) - GRID)
                return

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """A picture of the manual; nothing for any other address."""
        url = QUrl(name)
        if kind != QTextDocument.ResourceType.ImageResource.value or url.scheme() or url.host():
            return None
        path = self._manual.picture(url.fileName())
        if path is None:
            return None
        picture = QImage(str(path))
        room = self._room()
        if picture.width() > room:
            picture = picture.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
        return picture

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Text keeps a readable width, and pictures fit in it."""
        super().resizeEvent(event)
        if self._drawing:
            return
        if self._room() == self._drawn_room:
            self._set_margins()
            return
        bar = self.verticalScrollBar()
        share = bar.value() / max(1, bar.maximum())
        self._draw()
        bar.setValue(round(share * bar.maximum()))

    def _room(self) -> int:
        """Pixels for a picture, whether or not there is a scroll bar."""
        width = self.width() - 2 * self.frameWidth() - self.verticalScrollBar().sizeHint().width()
        return max(GRID * 20, min(_WIDEST, width) - 6 * GRID - 2)

    def _set_margins(self) -> None:
        """Free space at the right, as much as lines would be too long."""
        root = self.document().rootFrame()
        shape = root.frameFormat()
        shape.setMargin(0)
        shape.setLeftMargin(GRID * 3)
        shape.setTopMargin(GRID)
        shape.setBottomMargin(GRID * 3)
        shape.setRightMargin(max(GRID * 3, self.viewport().width() - _WIDEST))
        root.setFrameFormat(shape)

    def _clicked(self, url: QUrl) -> None:
        if not url.scheme() and not url.host():
            self.link_clicked.emit(url.path(), url.fragment())


def anchor_of(heading: str) -> str:
    """What a link to a heading says: "Going on after a stop" is going-on-after-a-stop."""
    return "-".join(re.findall(r"\w+", heading.lower()))

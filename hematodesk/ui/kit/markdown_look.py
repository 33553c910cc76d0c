"""The look of a document that was set from Markdown: the manual's pages, the long cards of models."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableCell,
)

from hematodesk.ui.kit.theme import GRID, tokens

_PICTURE = "\ufffc"
"""What stands in a text where a picture is."""


def blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    """The document's lines of text, first to last."""
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def style_markdown(document: QTextDocument) -> None:
    """What Markdown leaves open: the sizes of headings, typed words, tables, air between lines."""
    look = tokens()
    size = document.defaultFont().pointSizeF()
    typed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families()
    cursor = QTextCursor(document)
    # As one change: else Qt lays the whole text out anew after each of hundreds, 90 ms for a long page.
    cursor.beginEditBlock()
    for block in blocks(document):
        cursor.setPosition(block.position())
        shape = block.blockFormat()
        level = shape.headingLevel()
        in_table = cursor.currentTable() is not None
        shape.setTopMargin({1: GRID, 2: GRID * 3, 3: GRID * 2}.get(level, 2 if in_table else GRID // 2))
        shape.setBottomMargin(2 if in_table else GRID // 2)
        if shape.hasProperty(QTextBlockFormat.Property.BlockCodeFence):
            # Long commands wrap, so that no horizontal scrolling is needed.
            shape.setNonBreakableLines(False)
            shape.setBackground(QColor(look.pressed))
            shape.setTopMargin(0)
            shape.setBottomMargin(0)
        if not level and _PICTURE not in block.text():
            shape.setLineHeight(122, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.setBlockFormat(shape)
        for start, length, letters in _spans(block):
            if level:
                letters.clearProperty(QTextCharFormat.Property.FontSizeAdjustment)
                letters.setFontPointSize(size * {1: 1.8, 2: 1.3}.get(level, 1.1))
                letters.setFontWeight(QFont.Weight.DemiBold)
            elif letters.fontFixedPitch():
                # Keys, commands and names of files stand on a ground of their own.
                letters.setBackground(QColor(look.pressed))
                letters.setFontFamilies(list(typed))
            else:
                continue
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(letters)
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _style_table(frame, look.line)
    cursor.endEditBlock()


def _spans(block: QTextBlock) -> list[tuple[int, int, QTextCharFormat]]:
    """(start, length, format) of the block's runs of letters in one format."""
    spans = []
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        spans.append((fragment.position(), fragment.length(), fragment.charFormat()))
        iterator += 1
    return spans


def _style_table(table: QTextTable, line: str) -> None:
    # Markdown has no table without a heading: an empty one stands for none.
    if table.rows() > 1 and all(_is_empty(table.cellAt(0, column)) for column in range(table.columns())):
        table.removeRows(0, 1)
    shape = table.format()
    shape.setBorder(1)
    shape.setBorderBrush(QColor(line))
    shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    shape.setBorderCollapse(True)
    shape.setCellPadding(5)
    shape.setCellSpacing(0)
    shape.setTopMargin(GRID)
    shape.setBottomMargin(GRID)
    shape.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    table.setFormat(shape)


def _is_empty(cell: QTextTableCell) -> bool:
    return cell.firstCursorPosition() == cell.lastCursorPosition()

"""Pages of a report: places texts and pictures below each other, and begins new pages.

The same calls run twice: first without a painter, to learn how many pages there are, then for real.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QTextLayout,
    QTextOption,
)

from hematodesk.ui.exports.report_glyphs import Glyphs

DPI = 300
_MARGIN_MM = 15.0
_FOOT_MM = 8.0
INK, FAINT, LINE = QColor("#1c1c1c"), QColor("#5c5c5c"), QColor("#c8c8c8")


def mm(length: float) -> float:
    """Millimetres in dots of the page."""
    return length * DPI / 25.4


class Block:
    """A laid-out paragraph: its height is known before it is drawn."""

    def __init__(self, layout: QTextLayout, height: float, colour: QColor) -> None:
        self._layout = layout
        self.height = height
        self._colour = colour

    def draw(self, painter: QPainter, x: float, y: float) -> None:
        """Draw it with its top left corner there."""
        painter.setPen(self._colour)
        self._layout.draw(painter, QPointF(x, y))


class Type:
    """The type sizes of the report on its device."""

    def __init__(self, device: QPdfWriter) -> None:
        self._device = device
        self.body = self._font(9.0)
        self.strong = self._font(9.0, strong=True)
        self.small = self._font(7.5)
        self.head = self._font(12.0, strong=True)
        self.title = self._font(18.0, strong=True)
        self.glyphs = Glyphs(self.body)

    def _font(self, points: float, *, strong: bool = False) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPointSizeF(points)
        # Letters keep their true widths instead of being fitted to a screen's dots.
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        if strong:
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def paragraph(self, text: str, font: QFont, width: float, colour: QColor = INK) -> Block:
        """A text broken into lines of that width; its own line ends are kept."""
        lines = [self.glyphs.shown(line) for line in text.splitlines()] or [""]
        layout = QTextLayout("\u2028".join(lines), font, self._device)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        y = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, y))
            y += line.height() * 1.15
        layout.endLayout()
        return Block(layout, y, colour)

    def width(self, text: str, font: QFont) -> float:
        """How wide one line of that text is."""
        return QFontMetricsF(font, self._device).horizontalAdvance(text)


class Pages:
    """Fills pages with blocks.

    Args:
        painter: None while pages are only counted.
        foot: the sentence at the foot of each page; page_words(x) says which page it is.
    """

    def __init__(
        self,
        writer: QPdfWriter,
        kind: Type,
        painter: QPainter | None,
        foot: str,
        page_words: Callable[[int], str],
    ) -> None:
        self.type = kind
        self.painter = painter
        self.width = float(writer.width())
        self.number = 1
        self.y = 0.0
        self._writer = writer
        self._bottom = writer.height() - mm(_FOOT_MM)
        self._foot = foot
        self._page_words = page_words
        self._draw_foot()

    @property
    def room(self) -> float:
        """The height left on this page."""
        return self._bottom - self.y

    @property
    def full(self) -> float:
        """The height of an empty page."""
        return self._bottom

    def need(self, height: float) -> bool:
        """Begin a new page when so much does not fit; whether one was begun."""
        if height <= self.room or self.y == 0:
            return False
        self.number += 1
        self.y = 0.0
        if self.painter is not None:
            self._writer.newPage()
        self._draw_foot()
        return True

    def put(self, block: Block, x: float = 0.0, *, gap: float = 0.0) -> None:
        """Place a paragraph below what is there."""
        self.need(block.height)
        if self.painter is not None:
            block.draw(self.painter, x, self.y)
        self.y += block.height + gap

    def say(self, text: str, font: QFont, colour: QColor = INK, *, x: float = 0.0, gap: float = 0.0) -> None:
        """Place a text below what is there."""
        self.put(self.type.paragraph(text, font, self.width - x, colour), x, gap=gap)

    def rule(self, gap: float) -> None:
        """A thin line across the page."""
        if self.painter is not None:
            self.painter.setPen(QPen(LINE, mm(0.2)))
            self.painter.drawLine(QPointF(0, self.y), QPointF(self.width, self.y))
        self.y += gap

    def square(self, colour: QColor, x: float, y: float, edge: float) -> None:
        """A small square in a class's colour."""
        if self.painter is not None:
            self.painter.setPen(QPen(INK, mm(0.1)))
            self.painter.setBrush(colour)
            self.painter.drawRect(QRectF(x, y, edge, edge))

    def _draw_foot(self) -> None:
        if self.painter is None:
            return
        words = self._page_words(self.number)
        y = self._bottom + mm(3)
        self.type.paragraph(self._foot, self.type.small, self.width * 0.8, FAINT).draw(self.painter, 0, y)
        across = self.type.width(words, self.type.small)
        right = self.type.paragraph(words, self.type.small, across + mm(1), FAINT)
        right.draw(self.painter, self.width - across, y)


def set_up(writer: QPdfWriter, *, letter: bool) -> None:
    """The page's size, margins and resolution."""
    writer.setResolution(DPI)
    size = QPageSize.PageSizeId.Letter if letter else QPageSize.PageSizeId.A4
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    writer.setPageLayout(
        QPageLayout(QPageSize(size), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)
    )

"""The parts of the answer column: type that fits, bars, buttons with their key."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.theme import GRID, Tokens, class_colour, emphasis_font, large_font, tokens

_LEAST_SHRINK = 0.55
_BAR = 5


class FitLabel(QLabel):
    """One line in the large size, made smaller where it would not fit; every text has the same height."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._body = QFont(self.font())
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.set_large(True)

    def set_large(self, large: bool) -> None:
        """The large size, or the body's where there is no height for it."""
        self.setFont(large_font(self._body) if large else emphasis_font(self._body))
        self.setFixedHeight(round(QFontMetricsF(self.font()).height()) + (4 if large else 2))
        self._tell_whole()

    def setText(self, text: str) -> None:
        """Show a text; where it does not fit however small, the tooltip tells the whole."""
        super().setText(text)
        self._tell_whole()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may show all of it."""
        super().resizeEvent(event)
        self._tell_whole()

    def _tell_whole(self) -> None:
        least = QFontMetricsF(self.font()).horizontalAdvance(self.text()) * _LEAST_SHRINK
        self.setToolTip(plain_tooltip(self.text()) if least > self.width() else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text, shrunk to the width, elided where even that is too long."""
        painter = QPainter(self)
        font = QFont(self.font())
        needed = QFontMetricsF(font).horizontalAdvance(self.text())
        if needed > self.width() > 0:
            font.setPointSizeF(font.pointSizeF() * max(_LEAST_SHRINK, self.width() / needed * 0.98))
        painter.setFont(font)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = QFontMetricsF(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRectF(self.rect()), self.alignment(), text)


class AnswerCard(QFrame):
    """The frame around the answer: a stripe in the class's colour; a heavy dashed outline when uncertain."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour: QColor | None = None
        self._uncertain = False

    def set_state(self, colour: QColor | None, *, uncertain: bool) -> None:
        """The stripe's colour (None for none), and whether the model abstains."""
        self._colour, self._uncertain = colour, uncertain
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card."""
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(look.raised))
        if self._uncertain:
            pen = QPen(QColor(look.text), 2)
            pen.setDashPattern([4, 3])
        else:
            pen = QPen(QColor(look.line), 1)
        painter.setPen(pen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        if self._colour is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colour)
            painter.drawRect(QRectF(4, 4, 6, self.height() - 8))


class ShareBar(QWidget):
    """A bar from 0 to 1; hatched when the model abstains."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self._colour: QColor | None = None
        self._hatched = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(GRID * 2)

    def set_share(self, share: float, colour: QColor, *, hatched: bool = False) -> None:
        """Show a share from 0 to 1."""
        self._share, self._colour, self._hatched = share, colour, hatched
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar."""
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._colour if self._colour is not None else QColor(look.disabled)
        paint_bar(painter, QRectF(self.rect()), self._share, colour, look, hatched=self._hatched)


def paint_bar(
    painter: QPainter, area: QRectF, share: float, colour: QColor, look: Tokens, *, hatched: bool = False
) -> None:
    """Draw a bar's trough and its filled share into an area."""
    painter.setPen(QPen(QColor(look.line), 1))
    painter.setBrush(QColor(look.panel))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
    if share <= 0:
        return
    filled = area.adjusted(1, 1, -1, -1)
    filled.setWidth(max(2.0, filled.width() * min(share, 1.0)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRect(filled)
    if hatched:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.raised), 2))
        painter.save()
        painter.setClipRect(filled)
        x = filled.left() - filled.height()
        while x < filled.right():
            painter.drawLine(
                round(x), round(filled.bottom()), round(x + filled.height()), round(filled.top())
            )
            x += 7
        painter.restore()


def _paint_key(painter: QPainter, area: QRectF, key: str, ink: QColor) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    faint = QColor(ink)
    faint.setAlphaF(0.45)
    painter.setPen(QPen(faint, 1))
    painter.drawRoundedRect(area, 3, 3)
    painter.setPen(ink)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, key)


def _key_width(metrics: QFontMetricsF, key: str) -> float:
    return max(metrics.height() + 2, metrics.horizontalAdvance(key) + 10)


class KeyButton(QPushButton):
    """A button that shows its key at the right."""

    def __init__(self, text: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._key = key
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_key(self, key: str) -> None:
        """The key that does the same, for people; the shortcut itself belongs to the window."""
        self._key = key
        self.setAccessibleDescription(self.tr("Key {key}").format(key=key) if key else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for text and key side by side."""
        hint = super().sizeHint()
        if self._key:
            room = _key_width(QFontMetricsF(self.font()), self._key) + GRID
            hint.setWidth(round(hint.width() + 2 * room))
        return hint

    def minimumSizeHint(self) -> QSize:
        """Never narrower than text and key, but without the room that keeps the text in the middle."""
        hint = super().sizeHint()
        if self._key:
            hint.setWidth(round(hint.width() + _key_width(QFontMetricsF(self.font()), self._key)))
        return hint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button, then the key; the text stands in the middle, or beside the key where it must."""
        if not self._key:
            super().paintEvent(event)
            return
        metrics = QFontMetricsF(self.font())
        width, height = _key_width(metrics, self._key), metrics.height() + 2
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        words = metrics.horizontalAdvance(option.text.replace("&", ""))
        if words / 2 + width + 2 * GRID > self.width() / 2:
            option.rect = self.rect().adjusted(0, 0, -round(width) - GRID, 0)
        painter.drawControl(QStyle.ControlElement.CE_PushButtonLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.width() - width - GRID, (self.height() - height) / 2, width, height)
        look = tokens()
        ink = look.muted
        if not self.isEnabled():
            ink = look.disabled
        elif self.property("role") == "primary":
            ink = look.on_primary
        _paint_key(painter, area, self._key, QColor(ink))


class ClassRow(QPushButton):
    """One class of the ranking: key, colour, name, bar, number; pressing it says "it is this one"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.class_id = ""
        self._colour = QColor()
        self._name = ""
        self._key = ""
        self._share = 0.0
        self._number = ""
        self._stands = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(max(GRID * 4, round(QFontMetricsF(self.font()).height()) + _BAR + GRID + 4))

    def show_class(
        self, class_id: str, name: str, key: str, share: float, number: str, *, stands: bool
    ) -> None:
        """Fill the row.

        Args:
            share: of the bar, 0 to 1.
            number: what stands beside the bar; may be empty.
            stands: whether this class is the cell's label.
        """
        if class_id != self.class_id:
            self._colour = class_colour(class_id)
        self.class_id, self._name, self._key = class_id, name, key
        self._share, self._number, self._stands = share, number, stands
        words = [name, number]
        if key:
            words.append(self.tr("key {key}").format(key=key))
        if stands:
            words.append(self.tr("the label"))
        self.setAccessibleName(", ".join(word for word in words if word))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the row."""
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isEnabled() and (self.underMouse() or self.isDown()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.chosen if self.isDown() else look.pressed))
            painter.drawRoundedRect(whole, 4, 4)
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(whole, 4, 4)
        font = emphasis_font(self.font()) if self._stands else self.font()
        metrics = QFontMetricsF(font)
        ink = QColor(look.text if self.isEnabled() or self._number else look.disabled)
        side = metrics.height() + 2
        x, middle = 6.0, self.height() / 2
        if self._key:
            painter.setFont(self.font())
            key_ink = QColor(look.muted if self.isEnabled() else look.disabled)
            _paint_key(painter, QRectF(x, middle - side / 2, side, side), self._key, key_ink)
        x += side + GRID
        # The name keeps the whole width: the bar runs below it, not beside it.
        right = self.width() - 6.0
        line = QRectF(x, middle - side / 2 - _BAR / 2, right - x, side)
        painter.setPen(QPen(QColor(look.text) if self._stands else QColor(look.line), 1))
        painter.setBrush(self._colour)
        painter.drawRect(QRectF(x, line.center().y() - 5.5, 11, 11))
        number_width = metrics.horizontalAdvance(self._number)
        words = line.adjusted(11 + GRID, 0, -number_width - GRID, 0)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(
            words,
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, words.width()),
        )
        if self._number:
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._number)
            bar = QRectF(x, line.bottom() + 1, right - x, _BAR)
            paint_bar(painter, bar, self._share, self._colour, look)

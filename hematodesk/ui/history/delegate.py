"""Draws the history's rows: thumbnail, name, labels, and state of the review."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.history import ImageSummary, ReviewState, Session
from hematodesk.ui.history.session_rows import Role
from hematodesk.ui.history.thumbnails import Thumbnails
from hematodesk.ui.history.words import label_words
from hematodesk.ui.kit.plain_text import elided_name, whole_letters
from hematodesk.ui.kit.theme import SURROUND, class_colour, emphasis_font, tokens
from hematodesk.ui.kit.time_words import moment_words

_MARGIN = 8
_THUMB = 40
_DOT = 8
_BADGE = 16


class HistoryDelegate(QStyledItemDelegate):
    """All rows have the same height, so that a list of a hundred thousand rows is laid out at once."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        lines = 2 * QFontMetrics(option.font).height() + 2 * _MARGIN
        return QSize(0, max(_THUMB + _MARGIN, lines))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        session = index.data(Role.SESSION)
        summary = index.data(Role.SUMMARY)
        if session is not None:
            self._paint_session(painter, option, session, bool(index.data(Role.UNFOLDED)))
        elif summary is not None:
            self._paint_image(painter, option, summary)
        painter.restore()

    def _paint_session(
        self, painter: QPainter, option: QStyleOptionViewItem, session: Session, unfolded: bool
    ) -> None:
        look = tokens()
        _paint_ring(painter, option)
        rect = option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        metrics = QFontMetrics(option.font)
        base = rect.bottom() - _MARGIN - metrics.descent()
        painter.setPen(QColor(look.line))
        painter.drawLine(rect.left(), option.rect.bottom(), rect.right(), option.rect.bottom())
        arrow = QPainterPath()
        middle = QPointF(rect.left() + 5, base - metrics.xHeight() / 2)
        points = [(-3, -2), (0, 2), (3, -2)] if unfolded else [(-2, -3), (2, 0), (-2, 3)]
        arrow.moveTo(middle + QPointF(*points[0]))
        for point in points[1:]:
            arrow.lineTo(middle + QPointF(*point))
        painter.setPen(QPen(QColor(look.muted), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(arrow)
        count = str(session.image_count)
        painter.setPen(QColor(look.muted))
        painter.setFont(option.font)
        painter.drawText(rect.right() - metrics.horizontalAdvance(count), base, count)
        painter.setPen(QColor(look.text))
        font = emphasis_font(option.font)
        painter.setFont(font)
        room = rect.width() - 16 - metrics.horizontalAdvance(count) - _MARGIN
        words = QFontMetrics(font).elidedText(
            moment_words(session.started_at), Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(rect.left() + 16, base, words)

    def _paint_image(self, painter: QPainter, option: QStyleOptionViewItem, summary: ImageSummary) -> None:
        look = tokens()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, QColor(look.chosen))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(look.pressed))
        _paint_ring(painter, option)
        top = option.rect.top() + (option.rect.height() - _THUMB) // 2
        thumb = QRect(option.rect.left() + 2 * _MARGIN, top, _THUMB, _THUMB)
        self._paint_thumbnail(painter, thumb, self._thumbnails.of(summary.id))
        badge = QRect(option.rect.right() - _MARGIN - _BADGE, top, _BADGE, _BADGE)
        self._paint_badge(painter, option, badge, summary)
        left = thumb.right() + _MARGIN
        metrics = QFontMetrics(option.font)
        spare = (option.rect.height() - 2 * metrics.height()) // 2
        base = option.rect.top() + spare + metrics.ascent()
        text = look.chosen_text if chosen else look.text
        painter.setFont(option.font)
        painter.setPen(QColor(text))
        room = badge.left() - left - 4
        name = whole_letters(summary.name)
        painter.drawText(left, base, elided_name(metrics, name, room))
        base += metrics.height()
        shown = summary.labels[:4] if summary.status is ImageStatus.OK else ()
        for class_id, _ in shown:
            painter.setPen(QPen(QColor(text), 1))
            painter.setBrush(class_colour(class_id))
            painter.drawEllipse(QRectF(left + 0.5, base - metrics.xHeight() / 2 - _DOT / 2, _DOT, _DOT))
            left += _DOT + 4
        words = label_words(summary)
        failed = summary.status is ImageStatus.ERROR
        painter.setPen(QColor(look.bad if failed else text if chosen else look.muted))
        room = option.rect.right() - _MARGIN - left
        painter.drawText(left, base, metrics.elidedText(words, Qt.TextElideMode.ElideRight, room))

    def _paint_thumbnail(self, painter: QPainter, place: QRect, picture: QPixmap | None) -> None:
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(place), 3, 3)
        painter.fillPath(outline, SURROUND)
        if picture is None or picture.isNull():
            return
        # The middle square: a field's edges say less than a larger picture of its middle.
        side = min(picture.width(), picture.height())
        source = QRect((picture.width() - side) // 2, (picture.height() - side) // 2, side, side)
        painter.save()
        painter.setClipPath(outline)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, picture, source)
        painter.restore()

    def _paint_badge(
        self, painter: QPainter, option: QStyleOptionViewItem, place: QRect, summary: ImageSummary
    ) -> None:
        """A badge beside the name: a tick, a question mark or an exclamation mark, by shape and colour."""
        look = tokens()
        if summary.status is ImageStatus.ERROR:
            sign, colour = "!", look.bad
        elif summary.uncertain_count:
            sign, colour = "?", look.warn
        elif summary.review_state is ReviewState.DONE:
            sign, colour = "✓", look.good
        elif summary.review_state is ReviewState.PARTLY:
            sign, colour = "…", look.muted
        else:
            return
        painter.setFont(emphasis_font(option.font))
        painter.setPen(QColor(colour))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, sign)


def _paint_ring(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """Mark the row where the keyboard is, a heading as well as an image."""
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(QColor(tokens().focus), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(option.rect).adjusted(1, 1, -1, -1))

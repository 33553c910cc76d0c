"""An image of a report with its marks: outlines, class tags, and the numbers of the table below it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from hematodesk.domain.cells import Cell, CellOrigin
from hematodesk.domain.history import HistoryImage
from hematodesk.ui.exports.report_page import DPI, Type
from hematodesk.ui.kit.cell_marks import mark_of, paint_outline, paint_tag
from hematodesk.ui.kit.tag_layout import Wish, lay_tags

_UNIT = DPI / 96
"""Marks are drawn in the window's units, so that they look as on the screen."""
_TAG_PIXELS = 9


def qimage(pixels: npt.NDArray[np.uint8]) -> QImage:
    """A copy of uint8 (H, W, 3) RGB pixels as an image."""
    height, width = pixels.shape[:2]
    whole = np.ascontiguousarray(pixels)
    return QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def draw_picture(
    painter: QPainter, area: QRectF, pixels: npt.NDArray[np.uint8], image: HistoryImage, kind: Type
) -> None:
    """Draw the image into the area with all its cells that are not removed."""
    painter.drawImage(area, qimage(pixels))
    cells = [cell for cell in image.result.cells if not cell.removed]
    painter.save()
    painter.setClipRect(area.adjusted(-2, -2, 2, 2))
    painter.translate(area.topLeft())
    painter.scale(_UNIT, _UNIT)
    font = QFont(kind.strong)
    font.setPixelSize(_TAG_PIXELS)
    painter.setFont(font)
    inside = QRectF(0, 0, area.width() / _UNIT, area.height() / _UNIT)
    _draw_marks(painter, cells, inside, image.result.width, image.result.height)
    painter.restore()


def _draw_marks(painter: QPainter, cells: Sequence[Cell], area: QRectF, width: int, height: int) -> None:
    across, down = area.width() / max(1, width), area.height() / max(1, height)
    boxes = [
        QRectF(cell.box.x * across, cell.box.y * down, cell.box.w * across, cell.box.h * down)
        for cell in cells
    ]
    marks = [mark_of(cell) for cell in cells]
    for cell, mark, box in zip(cells, marks, boxes, strict=True):
        if cell.origin is not CellOrigin.WHOLE_IMAGE:
            paint_outline(painter, mark, box, chosen=False, hovered=False)
    wishes = [
        Wish(index, box, mark.text, mark.short, pressing=False, early=mark.uncertain)
        for index, (mark, box) in enumerate(zip(marks, boxes, strict=True))
    ]
    for tag in reversed(lay_tags(wishes, area, QFontMetricsF(painter.font()))):
        paint_tag(painter, tag, marks[tag.index], chosen=False)
    for number, box in enumerate(boxes, start=1):
        _draw_number(painter, number, box, area)


def _draw_number(painter: QPainter, number: int, box: QRectF, area: QRectF) -> None:
    """The cell's number in its upper left corner, where the row of the table finds it."""
    words = str(number)
    metrics = QFontMetricsF(painter.font())
    chip = QRectF(0, 0, metrics.horizontalAdvance(words) + 4, metrics.height())
    chip.moveTopLeft(QPointF(max(0.0, box.left() + 1), max(0.0, box.top() + 1)))
    chip.moveRight(min(chip.right(), area.right()))
    chip.moveBottom(min(chip.bottom(), area.bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(255, 255, 255))
    painter.drawRect(chip)
    painter.setPen(QColor(0, 0, 0))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)

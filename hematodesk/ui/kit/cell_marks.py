"""How cells are marked on an image: outlines, and tags that name the class.

Tags keep their size at every zoom and are laid where they hide neither each other nor a cell.
Signs never rest on colour alone: the tag says the class, "uncertain" is a dashed outline and
the word, a review is a tick, and the chosen cell stands within corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from hematodesk.domain.cells import Cell, Verdict
from hematodesk.ui.kit.class_names import class_name, short_class_name
from hematodesk.ui.kit.tag_layout import Tag, Wish, lay_tags
from hematodesk.ui.kit.theme import class_colour, text_on

_UNNAMED = QColor("#bdbdbd")
_HALO = QColor(0, 0, 0, 150)


@dataclass(frozen=True, slots=True)
class CellMark:
    """How one cell is marked.

    Attributes:
        colour: of the class that stands; grey when there is none.
        text, short: what the tag says: the class, "uncertain", the tick of a review, "no cell".
        uncertain: dashed, and its tag is laid early.
        rejected: a person said that it is no cell.
    """

    colour: QColor
    text: str
    short: str
    uncertain: bool
    rejected: bool


def mark_of(cell: Cell) -> CellMark:
    """How a cell is marked, whatever the zoom."""
    label, uncertain, review = cell.label, cell.uncertain, cell.review
    rejected = review is not None and review.verdict is Verdict.REJECTED
    colour = class_colour(label) if label is not None else _UNNAMED
    if rejected:
        text = short = QCoreApplication.translate("CellMarks", "✓ No cell")
    elif label is None:
        text = short = QCoreApplication.translate("CellMarks", "Not named yet")
    else:
        text, short = class_name(label), short_class_name(label)
        if review is not None:
            text, short = f"✓ {text}", f"✓ {short}"
        elif uncertain:
            text = QCoreApplication.translate("CellMarks", "{class_name}? uncertain").format(class_name=text)
            short = f"{short}?"
    return CellMark(colour, text, short, uncertain, rejected)


def paint_outline(painter: QPainter, mark: CellMark, box: QRectF, *, chosen: bool, hovered: bool) -> None:
    """Draw a cell's outline around its box, in widget pixels."""
    width = 3.0 if chosen or hovered else 2.0
    painter.setBrush(Qt.BrushStyle.NoBrush)
    dashes: list[float] = [9, 7] if mark.uncertain else [3, 5] if mark.rejected else []
    for paint, thickness in ((_HALO, width + 2), (mark.colour, width)):
        pen = _square_pen(paint, thickness)
        if dashes:
            pen.setDashPattern([length / thickness for length in dashes])
        painter.setPen(pen)
        painter.drawRect(box)
    if chosen:
        _paint_brackets(painter, box.adjusted(-6, -6, 6, 6))


def _square_pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin)


def _paint_brackets(painter: QPainter, box: QRectF) -> None:
    """Four dark corners edged in white outside the outline: the sign of the chosen cell, on any stain."""
    arm = max(8.0, min(24.0, box.width() / 4, box.height() / 4))
    for colour, width in ((QColor("#ffffff"), 6.0), (QColor("#101010"), 3.0)):
        painter.setPen(_square_pen(colour, width))
        for corner, across, down in (
            (box.topLeft(), 1, 1),
            (box.topRight(), -1, 1),
            (box.bottomRight(), -1, -1),
            (box.bottomLeft(), 1, -1),
        ):
            painter.drawPolyline(
                [corner + QPointF(arm * across, 0), corner, corner + QPointF(0, arm * down)],
            )


def paint_tag(painter: QPainter, tag: Tag, mark: CellMark, *, chosen: bool) -> None:
    """Draw a laid tag in the painter's present font."""
    painter.setBrush(mark.colour)
    edge = QPen(QColor("#ffffff"), 2) if chosen else QPen(_HALO, 1)
    painter.setPen(edge)
    painter.drawRoundedRect(tag.rect, 3, 3)
    painter.setPen(text_on(mark.colour))
    painter.drawText(tag.rect, Qt.AlignmentFlag.AlignCenter, tag.text)


def paint_cells(
    painter: QPainter,
    cells: Sequence[Cell],
    boxes: Sequence[tuple[int, QRectF]],
    area: QRectF,
    *,
    current: int,
    hovered: int,
) -> None:
    """Draw outlines and tags in the painter's present font.

    Args:
        boxes: (index into cells, box in widget pixels) of the cells in view.
        area: the widget's rectangle.
        current, hovered: the chosen cell and the one under the pointer, -1 for none.
    """
    foremost = [index for index in (current, hovered) if index >= 0]
    marks = {index: mark_of(cells[index]) for index, _ in boxes}
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for index, box in sorted(boxes, key=lambda item: item[0] in foremost):
        paint_outline(painter, marks[index], box, chosen=index == current, hovered=index == hovered)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    wishes = [
        Wish(
            index,
            box,
            marks[index].text,
            marks[index].short,
            pressing=index in foremost,
            early=marks[index].uncertain,
        )
        for index, box in boxes
    ]
    tags = lay_tags(wishes, area, QFontMetricsF(painter.font()))
    for tag in reversed(tags):
        paint_tag(painter, tag, marks[tag.index], chosen=tag.index == current)

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
from hematodesk.ui.class_names import class_name, short_class_name
from hematodesk.ui.theme import class_colour, text_on

_UNNAMED = QColor("#bdbdbd")
_HALO = QColor(0, 0, 0, 150)
_PADDING = 5.0
_GAP = 3.0
_WIDEST = 2.5
"""A full name may be so many times as wide as its box; beyond that the picture would be all names."""
_MANY = 120
"""With more cells than this in view only the short names are tried: placing tags must not be felt."""


def tag_colour(cell: Cell) -> QColor:
    """The colour of the class that stands; grey when there is none."""
    return class_colour(cell.label) if cell.label is not None else _UNNAMED


def tag_text(cell: Cell, *, short: bool = False) -> str:
    """What the tag says: the class, "uncertain", the tick of a review, "no cell"."""
    name = short_class_name if short else class_name
    if cell.review is not None and cell.review.verdict is Verdict.REJECTED:
        return QCoreApplication.translate("CellMarks", "✓ No cell")
    if cell.label is None:
        return QCoreApplication.translate("CellMarks", "Not named yet")
    if cell.review is not None:
        return f"✓ {name(cell.label)}"
    if cell.uncertain:
        if short:
            return f"{name(cell.label)}?"
        return QCoreApplication.translate("CellMarks", "{class_name}? uncertain").format(
            class_name=name(cell.label)
        )
    return name(cell.label)


@dataclass(frozen=True, slots=True)
class Tag:
    """One laid tag: which cell, where (widget pixels) and what it says."""

    index: int
    rect: QRectF
    text: str


def lay_tags(
    boxes: Sequence[tuple[int, QRectF]],
    cells: Sequence[Cell],
    area: QRectF,
    metrics: QFontMetricsF,
    foremost: Sequence[int],
) -> list[Tag]:
    """Find a place for each tag.

    Args:
        boxes: (index into cells, box in widget pixels) of the cells in view.
        cells: all cells.
        area: the widget's rectangle; tags stay inside it.
        metrics: of the tags' font.
        foremost: indices whose tags are laid first and are always shown.

    A tag that finds no free place with its full name is tried with the short one and then left
    out: the outline and the tooltip still tell. Uncertain cells come before certain ones.
    """
    first = set(foremost)
    order = sorted(boxes, key=lambda item: (item[0] not in first, not cells[item[0]].uncertain))
    rects = [rect for _index, rect in boxes]
    height = metrics.height() + 4
    tags: list[Tag] = []
    for index, box in order:
        full_width = metrics.horizontalAdvance(tag_text(cells[index])) + 2 * _PADDING
        roomy = len(boxes) <= _MANY and full_width <= _WIDEST * box.width()
        shorts = (False, True) if roomy or index in first or len(boxes) == 1 else (True,)
        best: tuple[float, Tag] | None = None
        for short in shorts:
            text = tag_text(cells[index], short=short)
            width = metrics.horizontalAdvance(text) + 2 * _PADDING
            for place in _places(box, width, height, area):
                cost = _cost(place, box, tags, rects)
                if best is None or cost < best[0]:
                    best = (cost, Tag(index, place, text))
                if cost == 0:
                    break
            if best is not None and best[0] < _TOO_MUCH:
                break
        if best is not None and (best[0] < _TOO_MUCH or index in first):
            tags.append(best[1])
    return tags


_TOO_MUCH = 0.6


def _places(box: QRectF, width: float, height: float, area: QRectF) -> list[QRectF]:
    """Places for a tag, the best liked first, pushed inside the area."""
    above, below = box.top() - height - _GAP, box.bottom() + _GAP
    corners = (
        (box.left(), above),
        (box.right() - width, above),
        (box.left(), below),
        (box.right() - width, below),
        (box.right() + _GAP, box.top()),
        (box.left() - width - _GAP, box.top()),
        (box.right() + _GAP, box.bottom() - height),
        (box.left() - width - _GAP, box.bottom() - height),
    )
    places = []
    for x, y in corners:
        inside_x = min(max(x, area.left() + 1), area.right() - width - 1)
        inside_y = min(max(y, area.top() + 1), area.bottom() - height - 1)
        places.append(QRectF(inside_x, inside_y, width, height))
    return places


def _cost(place: QRectF, own: QRectF, tags: Sequence[Tag], boxes: Sequence[QRectF]) -> float:
    """How much a place hides: a whole tag's share of other tags counts four times, of cells once."""
    size = place.width() * place.height()
    cost = 0.0
    for tag in tags:
        cost += 4 * _shared(place, tag.rect) / size
    for box in boxes:
        # Its own cell may be covered a little where it fills the view.
        weight = 0.5 if box is own else 1.0
        cost += weight * _shared(place, box) / size
    return cost


def _shared(one: QRectF, other: QRectF) -> float:
    across = min(one.right(), other.right()) - max(one.left(), other.left())
    down = min(one.bottom(), other.bottom()) - max(one.top(), other.top())
    return across * down if across > 0 and down > 0 else 0.0


def paint_outline(painter: QPainter, cell: Cell, box: QRectF, *, chosen: bool, hovered: bool) -> None:
    """Draw a cell's outline around its box, in widget pixels."""
    colour = tag_colour(cell)
    width = 3.0 if chosen or hovered else 2.0
    painter.setBrush(Qt.BrushStyle.NoBrush)
    rejected = cell.review is not None and cell.review.verdict is Verdict.REJECTED
    dashes: list[float] = [9, 7] if cell.uncertain else [3, 5] if rejected else []
    for paint, thickness in ((_HALO, width + 2), (colour, width)):
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


def paint_tag(painter: QPainter, tag: Tag, cell: Cell, *, chosen: bool) -> None:
    """Draw a laid tag in the painter's present font."""
    back = tag_colour(cell)
    painter.setBrush(back)
    edge = QPen(QColor("#ffffff"), 2) if chosen else QPen(_HALO, 1)
    painter.setPen(edge)
    painter.drawRoundedRect(tag.rect, 3, 3)
    painter.setPen(text_on(back))
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
    for index, box in sorted(boxes, key=lambda item: item[0] in foremost):
        paint_outline(painter, cells[index], box, chosen=index == current, hovered=index == hovered)
    tags = lay_tags(boxes, cells, area, QFontMetricsF(painter.font()), foremost)
    for tag in reversed(tags):
        paint_tag(painter, tag, cells[tag.index], chosen=tag.index == current)

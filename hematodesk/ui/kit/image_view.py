"""The image with its cells: choosing a cell, adding one by dragging a box."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QToolTip, QWidget

from hematodesk.domain.cells import Cell
from hematodesk.ui.kit.activation_overlay import ActivationOverlay
from hematodesk.ui.kit.box_drawing import BoxDrawing, paint_drawing
from hematodesk.ui.kit.cell_marks import paint_cells
from hematodesk.ui.kit.cell_words import cell_sentence, image_sentence
from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.theme import emphasis_font
from hematodesk.ui.kit.zoom_view import ARROWS, ZoomView

_SHOW_MARGIN = 48.0


class ImageView(ZoomView):
    """Shows one image and its cells.

    Cells are told by their index in the sequence given to `set_cells`; -1 means none. The view
    shows and asks; what becomes of a drawn box or a cell to remove is decided by the receiver of the signals.

    Mouse: wheel zooms at the pointer (a touchpad's two fingers pan, with Ctrl they zoom, and a
    pinch zooms); left drag, middle drag and Space with drag pan; a click, or a right click, chooses a
    cell, one beside all cells chooses none; in add mode, or with Shift or Ctrl held, a left drag draws a box.
    Keys: Tab and Shift+Tab choose the next and previous cell and move on after the last; + and -
    zoom; Ctrl and arrows pan; Delete asks to remove the chosen cell; Esc leaves add mode. In add
    mode arrows move a box, Shift and arrows size it, and Enter adds it.

    Signals:
        cell_chosen(int): the person chose another cell, or none (-1). Not sent by `choose_cell`.
        cell_drawn(object): a domain Box, clipped to the image, to be added as a cell.
        cell_remove_requested(int): the person wants that cell removed.
        zoom_changed(float): physical screen pixels for one image pixel.
        add_mode_changed(bool): add mode was entered or left.
        menu_requested(QPoint, bool): a context menu is wanted at that global position, for the chosen cell
            (True) or for the image beside all cells (False).
    """

    cell_chosen = Signal(int)
    cell_drawn = Signal(object)
    cell_remove_requested = Signal(int)
    add_mode_changed = Signal(bool)
    menu_requested = Signal(QPoint, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._cells: tuple[Cell, ...] = ()
        self._current = -1
        self._hovered = -1
        self._add_mode = False
        self._told = True
        self._draws = False
        self._drawing = BoxDrawing()
        self._overlay: ActivationOverlay | None = None
        self.setAccessibleName(self.tr("Image"))
        self._describe()

    # What is shown

    def set_image(
        self,
        pixels: npt.NDArray[np.uint8] | None,
        name: str = "",
        cells: Sequence[Cell] = (),
        current: int = -1,
        *,
        told: bool = True,
    ) -> None:
        """Show another image, with its cells and one of them chosen, or none; None shows nothing.

        Args:
            pixels: uint8 (H, W, 3) RGB; kept, not copied, so it must not change while shown.
            name: what a screen reader calls it.
            told: whether a screen reader hears of it now; without, when its cells come by `set_cells`.

        The zoom and the place stay when the new image is as large as the old one.
        Raises ValueError for another dtype or shape.
        """
        self._put_picture(pixels)
        self._name = name if pixels is not None else ""
        self._draws = False
        self._drawing.clear()
        self._overlay = None
        self._told = told
        self._put_cells(cells, current)
        if pixels is None:
            self.set_add_mode(False)
        self._bring_into_view()
        self._describe()

    def set_cells(self, cells: Sequence[Cell], current: int = -1) -> None:
        """Show these cells (removed ones are hidden but keep their index) and choose one, or none."""
        self._told = True
        self._put_cells(cells, current)
        self._describe()

    def _put_cells(self, cells: Sequence[Cell], current: int) -> None:
        self._cells = tuple(cells)
        self._hovered = -1
        self._current = current if self._shown(current) else -1
        self.update()

    @property
    def overlay(self) -> ActivationOverlay | None:
        """The explanation laid over the image; None for none."""
        return self._overlay

    def set_overlay(self, overlay: ActivationOverlay | None) -> None:
        """Lay an explanation over the image, under the cells' outlines; another image takes it away."""
        if overlay is not self._overlay:
            self._overlay = overlay
            self._describe()
            self.update()

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells as given."""
        return self._cells

    # Choosing

    @property
    def current_index(self) -> int:
        """The chosen cell, -1 for none."""
        return self._current

    def choose_cell(self, index: int) -> None:
        """Choose a cell and bring it into view; -1, or a cell that is not shown, chooses none."""
        index = index if self._shown(index) else -1
        if index == self._current:
            return
        self._current = index
        self._bring_into_view()
        self._describe()
        self.update()

    def _bring_into_view(self) -> None:
        if self._current >= 0:
            box = self._cells[self._current].box
            if self._view.show(box.x, box.y, box.w, box.h, _SHOW_MARGIN):
                self._view_changed()

    def choose_next(self, step: int = 1) -> bool:
        """Choose the next (1) or previous (-1) cell shown, as Tab does; False when there is none further."""
        order = self.shown_cells
        if not order:
            return False
        if self._current < 0:
            target = 0 if step > 0 else len(order) - 1
        else:
            target = order.index(self._current) + step
        if not 0 <= target < len(order):
            return False
        self._choose_by_hand(order[target])
        return True

    def _choose_by_hand(self, index: int) -> None:
        if index != self._current:
            self.choose_cell(index)
            self.cell_chosen.emit(index)

    @property
    def shown_cells(self) -> list[int]:
        """Indices of the cells that are not removed."""
        return [index for index in range(len(self._cells)) if self._shown(index)]

    def _shown(self, index: int) -> bool:
        return 0 <= index < len(self._cells) and not self._cells[index].removed

    def cell_at(self, position: QPointF) -> int:
        """The cell under a widget position, the smallest where boxes overlap; -1 for none."""
        found, least = -1, float("inf")
        for index, cell in enumerate(self._cells):
            if not self._shown(index) or cell.box.area >= least:
                continue
            if self.cell_rect(index).adjusted(-3, -3, 3, 3).contains(position):
                found, least = index, cell.box.area
        return found

    def cell_rect(self, index: int) -> QRectF:
        """A cell's box in widget pixels."""
        box = self._cells[index].box
        return self._to_widget(QRectF(box.x, box.y, box.w, box.h))

    # Adding

    def set_add_mode(self, on: bool) -> None:
        """Enter or leave add mode, in which a left drag draws a cell's box; without an image it stays off."""
        on = on and self.has_image
        if on == self._add_mode:
            return
        self._add_mode = on
        if not on:
            self._drawing.clear()
        self._set_cursor()
        self._describe()
        self.update()
        self.add_mode_changed.emit(on)

    def _finish_drawing(self) -> None:
        self.update()
        if self._pyramid is None:
            return
        box = self._drawing.finish(self._pyramid.width, self._pyramid.height)
        if box is not None:
            self.set_add_mode(False)
            self.cell_drawn.emit(box)

    # Words for screen readers

    def _describe(self) -> None:
        """Tell the image and the chosen cell in words; Qt tells the screen reader, once."""
        if not self._told:
            return
        words = self.tr("No image")
        if self._pyramid is not None:
            name = self._name or self.tr("Image")
            words = image_sentence(name, self._size, self._cells, self._current)
            if self._overlay is not None:
                words += " " + self.tr("{shown}, laid over the image.").format(
                    shown=self._overlay.legend()[0]
                )
            if self._add_mode:
                words += " " + self.tr(
                    "Adding a cell: arrows move the box, Shift and arrows size it, Enter adds it."
                )
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    # Painting: the outlines, the tags, the box being drawn

    def _paint_over(self, painter: QPainter) -> None:
        area = QRectF(self.rect())
        if self._overlay is not None:
            self._overlay.paint(painter, self._to_widget)
        rects = ((index, self.cell_rect(index)) for index in range(len(self._cells)) if self._shown(index))
        boxes = [(index, rect) for index, rect in rects if rect.intersects(area)]
        painter.setFont(emphasis_font(self.font()))
        paint_cells(painter, self._cells, boxes, area, current=self._current, hovered=self._hovered)
        drawn = self._drawing.rect
        if drawn is not None:
            paint_drawing(painter, self._to_widget(drawn))
        if self._overlay is not None:
            painter.setFont(self.font())
            self._overlay.paint_legend(painter, area, self._to_widget)

    # Mouse

    def _clicked(self, position: QPointF) -> None:
        self._choose_by_hand(self.cell_at(position))

    def _looked_at(self) -> QPointF | None:
        return self.cell_rect(self._current).center() if self._current >= 0 else None

    def _idle_cursor(self) -> Qt.CursorShape:
        if self._add_mode or self._draws:
            return Qt.CursorShape.CrossCursor
        return Qt.CursorShape.PointingHandCursor if self._hovered >= 0 else Qt.CursorShape.ArrowCursor

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a box where one is to be drawn."""
        held = event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        left = event.button() == Qt.MouseButton.LeftButton
        if not left or self._space_held or not (self._add_mode or held) or not self.has_image:
            super().mousePressEvent(event)
        elif not self._dragging:
            self._draws = True
            self._drawing.clear()
            self._pressed_at = event.position()
            self._set_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw, or tell what lies under the pointer."""
        if self._draws and self._moved_far(event.position()):
            self._drawing.drag(self._to_image(self._pressed_at), self._to_image(event.position()))
            self.update()
        if not self._draws and not self._dragging:
            self._hover(event.position())
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drawn box; without a movement it was a click."""
        if self._draws and event.button() == Qt.MouseButton.LeftButton:
            self._draws = False
            if self._drawing.rect is not None:
                self._finish_drawing()
            elif not self._add_mode:
                self._clicked(event.position())
            self._set_cursor()
        super().mouseReleaseEvent(event)
        self._hover(event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu key means the chosen cell, the right button the one under the pointer."""
        if not self.has_image:
            return
        place = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            self._choose_by_hand(self.cell_at(QPointF(event.pos())))
        elif self._current >= 0:
            shown = self.cell_rect(self._current).intersected(QRectF(self.rect()))
            place = self.mapToGlobal(shown.center().toPoint())
        self.menu_requested.emit(place, self._current >= 0)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        if self._hovered >= 0:
            self._hovered = -1
            self.update()
        super().leaveEvent(event)

    def _hover(self, position: QPointF) -> None:
        index = self.cell_at(position)
        if index != self._hovered:
            self._hovered = index
            self.update()
            self._set_cursor()

    def event(self, event: QEvent) -> bool:
        """A tooltip tells the cell under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tooltip(event)
            return True
        return super().event(event)

    def _show_tooltip(self, event: QHelpEvent) -> None:
        index = self.cell_at(QPointF(event.pos()))
        if index < 0:
            QToolTip.hideText()
            return
        QToolTip.showText(event.globalPos(), plain_tooltip(cell_sentence(self._cells[index])), self)

    # Keys

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes through the cells and leaves the view after the last, so that the focus is not trapped."""
        if self.choose_next(1 if forward else -1):
            return True
        return super().focusNextPrevChild(forward)

    def _owns_key(self, event: QKeyEvent) -> bool:
        if self._add_mode:
            return event.key() in (*ARROWS, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        return super()._owns_key(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The cells' keys; all others go to the picture and then to the window."""
        key = event.key()
        if key in ARROWS and self._add_mode:
            sizing = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._move_drawing(ARROWS[Qt.Key(key)], sizing)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._add_mode:
            self._finish_drawing()
        elif key == Qt.Key.Key_Escape and (self._add_mode or self._draws):
            self._draws = False
            self._drawing.clear()
            self.set_add_mode(False)
            self._set_cursor()
            self.update()
        elif key == Qt.Key.Key_Delete and self._current >= 0:
            self.cell_remove_requested.emit(self._current)
        else:
            super().keyPressEvent(event)

    def _move_drawing(self, step: tuple[int, int], sizing: bool) -> None:
        """Move or size the box by the keyboard; the first key lays it into the middle of the view."""
        if self._pyramid is None:
            return
        middle = self._to_image(QRectF(self.rect()).center())
        side = min(self._pyramid.width, self._pyramid.height, 96 / self._view.scale)
        first = QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
        self._drawing.step(step, max(1.0, 8 / self._view.scale), sizing=sizing, first=first)
        self.update()

"""What a screen reader is told where Qt's own answer falls short: the cells of an image, and choices.

Qt asks for these only while something reads the screen. On Unix it gives a choice's value as its name, so
that nobody hears what is chosen; and a widget that paints itself has no parts.
"""

from __future__ import annotations

import functools
from typing import cast

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QAccessibleObject
from PySide6.QtWidgets import QAccessibleWidget, QComboBox, QLabel, QWidget

from hematodesk.ui.kit.cell_words import cell_sentence
from hematodesk.ui.kit.image_view import ImageView
from hematodesk.ui.kit.translation import translate

_ROLE = "accessibleRole"
_NOBODY = cast(QAccessibleInterface, None)
"""Where there is no such part; PySide's stubs do not say that Qt takes it."""


def set_accessible(widget: QWidget, role: QAccessible.Role, name: str) -> None:
    """Say what a widget is that Qt knows nothing of, before anything asks."""
    widget.setProperty(_ROLE, role.value)
    widget.setAccessibleName(name)


@functools.cache
def install() -> None:
    """Answer for the kinds of widgets below, in the whole program; once is enough."""
    QAccessible.installFactory(_interface)


def _interface(_kind: str, asked: QObject) -> QAccessibleInterface | None:
    if isinstance(asked, ImageView):
        return ImageInterface(asked)
    if isinstance(asked, CellPlace):
        return CellInterface(asked)
    if isinstance(asked, QWidget) and asked.property(_ROLE) is not None:
        return QAccessibleWidget(asked, QAccessible.Role(asked.property(_ROLE)), "")
    if isinstance(asked, QComboBox) and not asked.isEditable():
        return ChoiceInterface(asked)
    return None


def _label_of(control: QWidget) -> str:
    """The words beside a control, without the mark of their key."""
    labels = control.window().findChildren(QLabel)
    return next((label.text().replace("&", "") for label in labels if label.buddy() is control), "")


class CellPlace(QObject):
    """Stands for the cell that is the `number`th shown in its view, whichever that is."""

    def __init__(self, view: ImageView, number: int) -> None:
        super().__init__(view)
        self.view = view
        self.number = number

    @property
    def index(self) -> int:
        """The cell's index in the view; -1 when there are no longer so many."""
        shown = self.view.shown_cells
        return shown[self.number] if self.number < len(shown) else -1


class CellInterface(QAccessibleObject):
    """A cell: an entry of the image."""

    def __init__(self, place: CellPlace) -> None:
        super().__init__(place)
        self._place = place

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        index = self._place.index
        state.selectable = 1
        state.selected = int(index >= 0 and index == self._place.view.current_index)
        state.invisible = int(index < 0 or not self._place.view.isVisible())
        return state

    def text(self, kind: QAccessible.Text) -> str:
        index = self._place.index
        if kind is not QAccessible.Text.Name or index < 0:
            return ""
        return translate("CellWords", "Cell {number} of {count}, {cell}").format(
            number=self._place.number + 1,
            count=len(self._place.view.shown_cells),
            cell=cell_sentence(self._place.view.cells[index]),
        )

    def rect(self) -> QRect:
        view, index = self._place.view, self._place.index
        if index < 0:
            return QRect()
        box = view.cell_rect(index).toRect()
        return QRect(view.mapToGlobal(box.topLeft()), box.size())

    def parent(self) -> QAccessibleInterface:
        return QAccessible.queryAccessibleInterface(self._place.view)

    def childCount(self) -> int:
        return 0

    def child(self, _number: int) -> QAccessibleInterface:
        return _NOBODY

    def childAt(self, _x: int, _y: int) -> QAccessibleInterface:
        return _NOBODY

    def indexOfChild(self, _child: QAccessibleInterface) -> int:
        return -1


class ImageInterface(QAccessibleWidget):
    """The image: a picture with its cells as children."""

    def __init__(self, view: ImageView) -> None:
        super().__init__(view, QAccessible.Role.Graphic, "")
        self._view = view

    def childCount(self) -> int:
        return len(self._view.shown_cells)

    def child(self, number: int) -> QAccessibleInterface:
        if not 0 <= number < self.childCount():
            return _NOBODY
        places = self._places()
        while len(places) <= number:
            places.append(CellPlace(self._view, len(places)))
        return QAccessible.queryAccessibleInterface(places[number])

    def _places(self) -> list[CellPlace]:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        return self._view.findChildren(CellPlace, options=direct)

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        place = child.object()
        return place.number if isinstance(place, CellPlace) and place.index >= 0 else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface:
        inside = self._view.mapFromGlobal(QRect(x, y, 1, 1).topLeft())
        index = self._view.cell_at(inside.toPointF())
        return self.child(self._view.shown_cells.index(index)) if index >= 0 else _NOBODY


class ChoiceInterface(QAccessibleWidget):
    """A choice: its purpose as its name, what is chosen as its value, its list as its child."""

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box, QAccessible.Role.ComboBox, "")
        self._box = box

    def text(self, kind: QAccessible.Text) -> str:
        if kind is QAccessible.Text.Name:
            return self._box.accessibleName() or _label_of(self._box)
        if kind is QAccessible.Text.Value:
            return self._box.currentText()
        return str(super().text(kind))

    def state(self) -> QAccessible.State:
        state = super().state()
        state.hasPopup = state.expandable = 1
        state.expanded = int(self._box.view().isVisible())
        state.collapsed = int(not state.expanded)
        return state

    def childCount(self) -> int:
        return 1

    def child(self, number: int) -> QAccessibleInterface:
        return QAccessible.queryAccessibleInterface(self._box.view()) if number == 0 else _NOBODY

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return 0 if child.object() is self._box.view() else -1

"""Manages the focus, so that a key does one thing wherever the focus is.

The window's keys work from every place; text fields alone take letters. F6 goes from column to column, and
Up and Down from control to control within one, because Tab is the next cell everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

_TYPED_INTO = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox)
_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_OPENS_CHOICE = (Qt.Key.Key_Space, Qt.Key.Key_Select, Qt.Key.Key_F4)
_EDITING = (
    QKeySequence.StandardKey.Undo,
    QKeySequence.StandardKey.Redo,
    QKeySequence.StandardKey.Cut,
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.Paste,
    QKeySequence.StandardKey.SelectAll,
)
"""Keys that a text field handles itself although the window has a shortcut on them."""

Pane = tuple[QWidget, QWidget]
"""A column, and the widget in it that takes the keyboard or that holds one which does."""


class FocusController(QObject):
    """Watches only the widget that has the focus, so that no other event costs anything."""

    def __init__(
        self, window: QWidget, panes: Sequence[Pane], homes: Sequence[QWidget], cell_key: QAction
    ) -> None:
        """
        Args:
            panes: in the order of F6; one may lie within another.
            homes: where the focus goes when its widget vanishes: the first visible one.
            cell_key: the action on Tab; while it is off, Tab goes from control to control as usual.
        """
        super().__init__(window)
        self._window = window
        self._panes = tuple(panes)
        self._homes = tuple(homes)
        self._cell_key = cell_key
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_changed)

    # Columns

    def next_pane(self) -> None:
        """The keyboard goes to the next column."""
        self._go(1)

    def previous_pane(self) -> None:
        """The keyboard goes to the column before."""
        self._go(-1)

    def _go(self, step: int) -> None:
        at = self._pane_of(QApplication.focusWidget())
        count = len(self._panes)
        for number in range(1, count + 1):
            place = (at + step * number) % count if at >= 0 else (number - 1) * step % count
            pane, wanted = self._panes[place]
            target = self._entry(pane, wanted) if pane.isVisible() else None
            if target is not None:
                target.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def _pane_of(self, widget: QWidget | None) -> int:
        """The innermost pane with that widget; -1 for none."""
        within = [
            place
            for place, (pane, _) in enumerate(self._panes)
            if widget is not None and pane.isAncestorOf(widget)
        ]
        inner = [self._panes[place][0] for place in within]
        return next((place for place, one in zip(within, inner, strict=True) if not _holds(one, inner)), -1)

    def _entry(self, pane: QWidget, wanted: QWidget) -> QWidget | None:
        """The wanted widget itself, the first in it that takes the keyboard, or any such of the pane."""
        if _takes_keyboard(wanted):
            return wanted
        stops = self._stops(pane)
        return next((stop for stop in stops if wanted.isAncestorOf(stop)), stops[0] if stops else None)

    def _stops(self, pane: QWidget) -> list[QWidget]:
        """The controls of a pane, from its top to its bottom and along the lines."""
        place = next(number for number, (each, _) in enumerate(self._panes) if each is pane)
        found = []
        widget = self._window.nextInFocusChain()
        while widget is not None and widget is not self._window:
            if _takes_keyboard(widget) and self._pane_of(widget) == place:
                found.append(widget)
            widget = widget.nextInFocusChain()
        return sorted(found, key=self._line_and_place)

    def _line_and_place(self, widget: QWidget) -> tuple[int, int]:
        middle = widget.mapTo(self._window, widget.rect().center())
        return middle.y(), middle.x()

    # Keys

    def keep_home(self) -> bool:
        """Whether the keyboard was put to the image, in place of the next control in Qt's own order.

        Qt moves it on when what has it is switched off or vanishes, and would leave it in the note or the
        search field: the next review key would be written there.
        """
        focused = QApplication.focusWidget()
        leaves_text = _is_typed_into(focused) and _takes_keyboard(focused)
        if leaves_text or not self._cell_key.isEnabled():
            return False
        for home in self._homes:
            if home.isVisible() and home is not focused:
                home.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return False

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if new is not None and new.window() is self._window:
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            return _is_typed_into(watched) and self._share_with_text(event)
        return event.type() == QEvent.Type.KeyPress and self._press(watched, event)

    def _share_with_text(self, event: QKeyEvent) -> bool:
        """Plain keys are the text's; what is the window's is not claimed by a field (Ctrl+E ends a line)."""
        function = Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
        if not function and not event.modifiers() & _COMMANDS:
            event.accept()
            return True
        pressed = QKeySequence(event.keyCombination())
        if any(event.matches(each) for each in _EDITING) or not self._is_shortcut(pressed):
            return False
        event.ignore()
        return True

    def _is_shortcut(self, pressed: QKeySequence) -> bool:
        return any(pressed in action.shortcuts() for action in self._window.actions() if action.isEnabled())

    def _press(self, watched: QWidget, event: QKeyEvent) -> bool:
        """Arrows go on in the column; a closed choice takes no letter and keeps its value."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        choice = isinstance(watched, QComboBox) and not watched.isEditable()
        walks = choice or isinstance(watched, QAbstractButton | QLineEdit)
        if plain and walks and event.key() in _STEPS:
            self._walk(watched, _STEPS[Qt.Key(event.key())])
            return True
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if choice and not (event.key() in _OPENS_CHOICE or (alt and event.key() in _STEPS)):
            event.ignore()
            return True
        return False

    def _walk(self, start: QWidget, step: int) -> None:
        """The next control of the column, or none after its last."""
        pane = self._pane_of(start)
        stops = self._stops(self._panes[pane][0]) if pane >= 0 else []
        place = stops.index(start) + step if start in stops else 0
        if 0 <= place < len(stops):
            stops[place].setFocus(Qt.FocusReason.TabFocusReason)


def _holds(one: QWidget, others: Sequence[QWidget]) -> bool:
    return any(other is not one and one.isAncestorOf(other) for other in others)


def _is_typed_into(widget: QObject | None) -> bool:
    return isinstance(widget, _TYPED_INTO) or (isinstance(widget, QComboBox) and widget.isEditable())


def _takes_keyboard(widget: QWidget | None) -> bool:
    return (
        widget is not None
        and widget.isVisible()
        and widget.isEnabled()
        and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    )

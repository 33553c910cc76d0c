"""Moves the keyboard from column to column, past the controls inside."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def go_to_next_pane(*panes: tuple[QWidget, QWidget]) -> None:
    """Focus the pane after the one that has the focus, around the end; hidden ones are passed over.

    Args:
        panes: each with the widget in it that takes the keyboard, or that holds one which does.
    """
    focused = QApplication.focusWidget()
    at = next(
        (
            place
            for place, (pane, _) in enumerate(panes)
            if focused is not None and (pane is focused or pane.isAncestorOf(focused))
        ),
        -1,
    )
    for step in range(1, len(panes) + 1):
        pane, wanted = panes[(at + step) % len(panes)]
        target = _takes_keyboard(wanted) if pane.isVisible() else None
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return


def _takes_keyboard(widget: QWidget) -> QWidget | None:
    """The widget itself, or the first in it that Tab would reach."""
    if widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
        return widget
    for child in widget.findChildren(QWidget):
        if child.isVisible() and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return child
    return None

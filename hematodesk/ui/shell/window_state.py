"""Saves and restores the window's geometry, its columns, and which of them are folded."""

from __future__ import annotations

import json

from PySide6.QtCore import QByteArray, QObject
from PySide6.QtWidgets import QSplitter, QWidget

from hematodesk.ui.state.window_context import WindowContext

_ROOMY = 800
"""A window narrower than this begins without the history column: the image comes first (F9 unfolds it)."""


class WindowState(QObject):
    """Folds columns, and keeps place and columns in the settings."""

    def __init__(self, context: WindowContext, columns: QSplitter, history: QWidget, answer: QWidget) -> None:
        super().__init__(context.window)
        self._window = context.window
        self._columns = columns
        self._history = history
        self._answer = answer
        self._settings = context.services.settings
        self._actions = context.actions
        context.actions.bind(
            {
                "fold_history": self.fold_history,
                "fold_answer": self.fold_answer,
                "full_screen": self.toggle_full_screen,
            }
        )

    def restore(self) -> None:
        """Put the window where it was."""
        geometry = self._settings.text("window_geometry")
        self._first_columns()
        if geometry:
            self._window.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", "ignore")))
        try:
            state = json.loads(self._settings.text("window_state") or "{}")
        except (ValueError, RecursionError):
            state = {}
        if not isinstance(state, dict):
            state = {}
        if isinstance(state.get("columns"), str):
            self._columns.restoreState(QByteArray.fromBase64(state["columns"].encode("ascii", "ignore")))
        roomy = self._window.width() >= _ROOMY
        self._history.setVisible(state.get("history", roomy) is not False)
        self._answer.setVisible(state.get("answer", True) is not False)
        self._show()

    def _first_columns(self) -> None:
        """The columns of a window without saved state: the image gets most of the width."""
        width = self._window.width()
        history, answer = _between(176, width // 5, 264), _between(256, width // 4, 320)
        self._columns.setSizes([history, width - history - answer, answer])

    def remember(self) -> None:
        """Store geometry and columns in the settings, which closing the window saves."""
        self._settings.set("window_geometry", _text(self._window.saveGeometry()), save=False)
        state = {
            "columns": _text(self._columns.saveState()),
            "history": not self._history.isHidden(),
            "answer": not self._answer.isHidden(),
        }
        self._settings.set("window_state", json.dumps(state), save=False)

    def fold_history(self) -> None:
        """Fold the left column, or unfold it."""
        self._history.setVisible(self._history.isHidden())
        self._show()

    def show_history(self) -> None:
        """Unfold the left column."""
        self._history.setVisible(True)
        self._show()

    def fold_answer(self) -> None:
        """Fold the right column, or unfold it."""
        self._answer.setVisible(self._answer.isHidden())
        self._show()

    def toggle_full_screen(self) -> None:
        """The whole screen, or a window again."""
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()
        self._actions["full_screen"].setChecked(self._window.isFullScreen())

    def _show(self) -> None:
        self._actions["fold_history"].setChecked(not self._history.isHidden())
        self._actions["fold_answer"].setChecked(not self._answer.isHidden())


def _between(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))


def _text(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode("ascii")

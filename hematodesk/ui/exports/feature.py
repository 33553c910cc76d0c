"""Exports, imports and copies of the history in the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from hematodesk.domain.history import HistoryFilter
from hematodesk.ui.exports.export_controller import ExportController
from hematodesk.ui.state.window_context import WindowContext

AtHand = Callable[[], tuple[int | None, Sequence[int], HistoryFilter]]
"""What may be exported now: the session's id, the chosen images' ids, and what is listed."""


class ExportsFeature(QObject):
    """Binds the actions that write files for others, or read theirs."""

    def __init__(self, context: WindowContext, at_hand: AtHand) -> None:
        super().__init__(context.window)
        self._at_hand = at_hand
        self.exports = ExportController(context)
        context.actions.bind(
            {
                "export": self.export,
                "export_selection": lambda: self.export(chosen_first=True),
                "import_history": self.exports.ask_import,
                "backup": self.exports.ask_backup,
            }
        )

    def export(self, *, chosen_first: bool = False) -> None:
        """Open the export dialog for what is listed, or for the chosen images first."""
        self.exports.ask(*self._at_hand(), chosen_first=chosen_first)

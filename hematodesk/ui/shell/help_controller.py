"""What the window says of itself: the keys at a glance, and About."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from hematodesk.ui.shell.shortcuts_overlay import ShortcutsOverlay
from hematodesk.ui.state.window_context import WindowContext


class HelpController(QObject):
    """Opens the overlay of keys and the dialog About."""

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        self.overlay = ShortcutsOverlay(context.window)
        context.actions.bind({"shortcuts": self.show_shortcuts, "about": self.show_about})

    def show_shortcuts(self) -> None:
        """Every key, laid over the window."""
        self.overlay.show_sections(self._context.actions.overlay_rows())

    def show_about(self) -> None:
        """Versions, licences and intended use."""
        self._context.dialogs.show_one("about", self._make_about)

    def _make_about(self) -> QDialog:
        from hematodesk.ui.shell.about import AboutDialog

        return AboutDialog(self._context.model_state.name, self._context.window)

"""The manual beside the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QLocale, QObject
from PySide6.QtWidgets import QDialog

from hematodesk.ui.state.window_context import WindowContext

if TYPE_CHECKING:
    from hematodesk.ui.manual.manual_window import ManualWindow


class ManualFeature(QObject):
    """Opens the manual; a banner's code opens it where it is explained."""

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        context.actions.bind({"manual": self.show_manual})
        context.banners.code_asked.connect(self.show_manual)

    def show_manual(self, words: str = "") -> None:
        """The manual, beside the window; with words, where it has them."""
        dialogs = self._context.dialogs
        dialogs.show_one("manual", self._make, modal=False)
        if words:
            cast("ManualWindow", dialogs.open_now["manual"]).look_up(words)

    def _make(self) -> QDialog:
        from hematodesk.ui.manual.manual_window import ManualWindow
        from hematodesk.workflow.system.manual import Manual

        services = self._context.services
        chosen = services.settings.text("language")
        language = QLocale().name() if chosen == "system" else chosen
        manual = Manual(services.paths.resources / "manual", language)
        return ManualWindow(manual, self._context.theme, self._context.window)

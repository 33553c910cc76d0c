"""The settings in the window, and what the administrator's policy forbids there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from hematodesk.ui.settings.policy_words import forbid_actions
from hematodesk.ui.state.task_lanes import Lane
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.system.settings import DECLARED


class SettingsFeature(QObject):
    """Signals:
    operator_changed(Operator): somebody else works here, or under another name.
    """

    operator_changed = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        context.actions.bind({"settings": self.show_settings})
        forbid_actions(context.actions, context.services.policy)

    def show_settings(self) -> None:
        """The settings."""
        self._context.dialogs.show_one("settings", self._make)

    def _make(self) -> QDialog:
        from hematodesk.ui.settings.settings_dialog import SettingsDialog

        services = self._context.services
        dialog = SettingsDialog(services.settings, DECLARED, self._context.window, services.policy)
        dialog.changed.connect(self._changed)
        dialog.finished.connect(self._save)
        return dialog

    def _changed(self, key: str) -> None:
        context = self._context
        settings = context.services.settings
        if key == "theme":
            context.theme.choose(settings.text("theme"))
        elif key == "operator":
            self.operator_changed.emit(context.services.operator)
        elif key == "provider":
            context.model_state.choose_provider(settings.text("provider"))

    def _save(self) -> None:
        self._context.lanes.run(Lane.STORAGE, lambda _ticket: self._context.services.settings.save())

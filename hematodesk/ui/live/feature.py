"""The live picture in the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from hematodesk.ui.state.window_context import WindowContext


class LiveFeature(QObject):
    """Signals:
    frame_kept(object, str): pixels, uint8 (H, W, 3) RGB, and a name: to be opened as an image.
    """

    frame_kept = Signal(object, str)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        context.actions.bind({"live": self.show_live})

    def show_live(self) -> None:
        """A camera's picture, live; the window stays usable beside it."""
        self._context.dialogs.show_one("live", self._make, modal=False)

    def _make(self) -> QDialog:
        from hematodesk.ui.live.live_dialog import LiveDialog

        context = self._context
        dialog = LiveDialog(context.services, context.lanes, context.window)
        dialog.frame_kept.connect(self.frame_kept)
        return dialog

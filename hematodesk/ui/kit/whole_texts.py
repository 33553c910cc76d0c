"""Keeps a dialog's wrapped texts whole: narrower, it cannot become lower than they need."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtWidgets import QDialog

FRAME = 48
"""Device independent pixels that a title bar and its frame may take."""


def room_of(dialog: QDialog) -> QSize:
    """The size that the screen leaves to a dialog."""
    return dialog.screen().availableSize() - QSize(FRAME, FRAME)


class WholeTexts(QObject):
    """Sets a dialog's least height anew when its width or its texts change.

    Qt's own layouts take a wrapped text's least height at any width, which is that of the widest.
    """

    def __init__(self, dialog: QDialog) -> None:
        super().__init__(dialog)
        self._dialog = dialog
        dialog.installEventFilter(self)
        self._keep()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch the dialog's events; none is filtered out."""
        if watched is self._dialog and event.type() in (
            QEvent.Type.Resize,
            QEvent.Type.LayoutRequest,
            QEvent.Type.Show,
        ):
            self._keep()
        return False

    def _keep(self) -> None:
        layout = self._dialog.layout()
        if layout is None or not layout.hasHeightForWidth():
            return
        least = min(layout.totalMinimumHeightForWidth(self._dialog.width()), room_of(self._dialog).height())
        if least != self._dialog.minimumHeight():
            self._dialog.setMinimumHeight(least)

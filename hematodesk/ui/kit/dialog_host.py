"""Opens the window's dialogs, one of each; none of them is modal to the program."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog

from hematodesk.ui.kit.dialog_size import fit_to_screen


class DialogHost(QObject):
    """Attributes:
    open_now: the open dialogs by name.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.open_now: dict[str, QDialog] = {}

    def show_one(self, name: str, make: Callable[[], QDialog], *, modal: bool = True) -> None:
        """Open the dialog of that name, or bring the one that is open to the front.

        `make` imports the dialog's code: that is not needed before the window shows.
        """
        dialog = self.open_now.get(name)
        if dialog is None:
            dialog = make()
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.open_now[name] = dialog
            dialog.finished.connect(lambda _result: self.open_now.pop(name, None))
            fit_to_screen(dialog)
            if modal:
                dialog.open()
            else:
                dialog.show()
        else:
            dialog.raise_()
            dialog.activateWindow()

    def close_one(self, name: str) -> None:
        """Close the dialog of that name where it is open; nothing comes of it."""
        dialog = self.open_now.get(name)
        if dialog is not None:
            dialog.reject()

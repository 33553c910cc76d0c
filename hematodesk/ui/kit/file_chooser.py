"""The dialog in which a person chooses files or a folder."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def file_chooser(parent: QWidget, title: str) -> QFileDialog:
    """A file dialog that is destroyed when it closes.

    One that only hides would keep a thread and two descriptors, with which it watches the folder it shows,
    until the window ends.
    """
    chooser = QFileDialog(parent, title)
    chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return chooser

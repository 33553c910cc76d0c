"""The dialog in which a person chooses files or a folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from hematodesk.workflow.system.settings import SettingsStore


def file_chooser(parent: QWidget, title: str, folder: str = "") -> QFileDialog:
    """A file dialog that is destroyed when it closes; it starts in that folder, else in the documents.

    Qt itself would start where the last file dialog was, whatever that one was for.

    One that only hides would keep a thread and two descriptors, with which it watches the folder it shows,
    until the window ends.
    """
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    chooser = QFileDialog(parent, title, folder or documents)
    chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return chooser


def remembering_chooser(parent: QWidget, title: str, settings: SettingsStore, key: str) -> QFileDialog:
    """The same, starting in the folder that was chosen last for this purpose: a setting of that key."""
    chooser = file_chooser(parent, title, settings.text(key))

    def remember(name: str) -> None:
        folders = chooser.fileMode() is QFileDialog.FileMode.Directory
        settings.set(key, name if folders else str(Path(name).parent), save=False)

    chooser.fileSelected.connect(remember)
    return chooser

"""Which backup is to be restored: the kept ones with date, counts and size, or another file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.history import Backup
from hematodesk.ui.kit.choice_list import choice_list
from hematodesk.ui.kit.file_chooser import remembering_chooser
from hematodesk.ui.kit.theme import set_role
from hematodesk.ui.kit.time_words import moment_words
from hematodesk.ui.kit.words import number
from hematodesk.ui.state.task_lanes import Lane, TaskLanes
from hematodesk.workflow.system.settings import SettingsStore


class RestoreDialog(QDialog):
    """Signals:
    chosen(Path): restore this file; the dialog is closed.
    """

    chosen = Signal(Path)

    def __init__(
        self,
        kept: Callable[[], Sequence[Backup]],
        lanes: TaskLanes,
        settings: SettingsStore,
        parent: QWidget | None = None,
    ) -> None:
        """`kept` reads the folder of backups; it is called on a lane."""
        super().__init__(parent)
        self.setObjectName("restore")
        self._settings = settings
        self.setWindowTitle(self.tr("Restore from a backup"))
        words = QLabel(
            self.tr(
                "The backup takes the place of the present history, which is kept beside it as a file: "
                "nothing is thrown away. Images and reviews since the backup are then not in the list."
            ),
            self,
        )
        words.setWordWrap(True)
        columns = [self.tr("Made"), self.tr("Images"), self.tr("Sessions"), self.tr("Size")]
        self.list = choice_list(self, self.tr("Kept backups"), columns)
        self.list.currentItemChanged.connect(self._update)
        self.list.itemActivated.connect(self._restore)
        self.empty = QLabel(self.tr("The kept backups are being read…"), self)
        set_role(self.empty, "muted")
        buttons = QDialogButtonBox(self)
        self.other_button = QPushButton(self.tr("Another &file…"), self)
        self.restore_button = QPushButton(self.tr("&Restore"), self)
        set_role(self.restore_button, "primary")
        buttons.addButton(self.other_button, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(self.restore_button, QDialogButtonBox.ButtonRole.ApplyRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel).clicked.connect(self.reject)
        self.other_button.clicked.connect(self._ask_file)
        self.restore_button.clicked.connect(self._restore)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addWidget(words)
        column.addWidget(self.list, 1)
        column.addWidget(self.empty)
        column.addWidget(buttons)
        self.resize(560, 420)
        self._update()
        lanes.run(Lane.DECODING, lambda _ticket: kept(), done=self._listed, owner=self)

    def _listed(self, backups: Sequence[Backup]) -> None:
        for backup in backups:
            readable = backup.images is not None
            item = QTreeWidgetItem(
                [
                    moment_words(backup.made_at),
                    number(backup.images) if backup.images is not None else self.tr("cannot be read"),
                    number(backup.sessions) if backup.sessions is not None else "",
                    QLocale().toString(backup.size / 1024**2, "f", 1) + " MB",
                ]
            )
            item.setData(0, Qt.ItemDataRole.UserRole, backup.path)
            item.setToolTip(0, backup.path.name)
            for column in range(1, 4):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setDisabled(not readable)
            self.list.addTopLevelItem(item)
            if readable and self.list.currentItem() is None:
                self.list.setCurrentItem(item)
        self.empty.setText(
            self.tr("There is no backup yet; one is made on every day that changes something.")
        )
        self.empty.setVisible(not backups)
        self.list.setFocus()

    def _update(self) -> None:
        self.restore_button.setEnabled(self.list.currentItem() is not None)

    def _restore(self) -> None:
        item = self.list.currentItem()
        if item is not None and not item.isDisabled():
            self._choose(item.data(0, Qt.ItemDataRole.UserRole))

    def _ask_file(self) -> None:
        chooser = remembering_chooser(
            self, self.tr("Restore from another file"), self._settings, "backup_folder"
        )
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilters([self.tr("History (*.sqlite3)"), self.tr("All files (*)")])
        chooser.fileSelected.connect(lambda name: self._choose(Path(name)))
        chooser.open()

    def _choose(self, path: Path) -> None:
        self.accept()
        self.chosen.emit(path)

"""The dialog of unfinished batches, to choose one to resume."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDir, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.history import Run
from hematodesk.ui.kit.choice_list import choice_list
from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.theme import set_role
from hematodesk.ui.kit.time_words import moment_words
from hematodesk.ui.kit.words import number

_MOST_PLACES = 12
"""Most file names in the tooltip of a batch of single files."""


class RunsDialog(QDialog):
    """Signals:
    chosen(Run): go on with this one; the dialog is closed.
    dropped(Run): it is not to be offered any more.
    """

    chosen = Signal(object)
    dropped = Signal(object)

    def __init__(self, runs: Sequence[Run], parent: QWidget | None = None) -> None:
        """`runs`, newest first; at least one."""
        super().__init__(parent)
        self.setObjectName("runs")
        self.setWindowTitle(self.tr("Batches that are not finished"))
        words = QLabel(
            self.tr("What is done of a batch is in the history already, and is not done again."), self
        )
        words.setWordWrap(True)
        columns = [self.tr("Images of"), self.tr("Begun"), self.tr("Done"), self.tr("Model")]
        self.list = choice_list(self, self.windowTitle(), columns)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        rows = [self._row(run) for run in runs]
        self.list.addTopLevelItems(rows)
        self.list.setCurrentItem(rows[0])
        self.list.currentItemChanged.connect(self._update)
        self.list.itemActivated.connect(self._choose)
        buttons = QDialogButtonBox(self)
        self.drop_button = QPushButton(self.tr("&Do not offer it again"), self)
        self.go_button = QPushButton(self.tr("&Go on"), self)
        set_role(self.go_button, "primary")
        buttons.addButton(self.drop_button, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(self.go_button, QDialogButtonBox.ButtonRole.ApplyRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel).clicked.connect(self.reject)
        self.drop_button.clicked.connect(self._drop)
        self.go_button.clicked.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addWidget(words)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)
        self.resize(640, 320)
        self.list.setFocus()

    def _row(self, run: Run) -> QTreeWidgetItem:
        roots = [QDir.toNativeSeparators(root) for root in run.options.roots]
        name = roots[0] if roots else self.tr("Pictures without a file")
        if len(roots) > 1:
            name = self.tr("{name} and {count} more").format(name=name, count=number(len(roots) - 1))
        done = number(run.done)
        if run.total is not None:
            done = self.tr("{done} of {total}").format(done=done, total=number(run.total))
        item = QTreeWidgetItem(
            [name, moment_words(run.started_at), done, f"{run.options.model} {run.options.version}"]
        )
        places = roots[:_MOST_PLACES] + (["…"] if len(roots) > _MOST_PLACES else [])
        item.setToolTip(0, plain_tooltip("\n".join(places)))
        item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(0, Qt.ItemDataRole.UserRole, run)
        item.setSizeHint(0, QSize(0, self.list.fontMetrics().height() + 8))
        return item

    def _update(self) -> None:
        for button in (self.drop_button, self.go_button):
            button.setEnabled(self.list.currentItem() is not None)

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.accept()
            self.chosen.emit(item.data(0, Qt.ItemDataRole.UserRole))

    def _drop(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        self.list.takeTopLevelItem(self.list.indexOfTopLevelItem(item))
        self.dropped.emit(item.data(0, Qt.ItemDataRole.UserRole))
        if not self.list.topLevelItemCount():
            self.reject()

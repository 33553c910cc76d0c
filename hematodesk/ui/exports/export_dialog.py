"""The export dialog: images, format, options, target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.exports.export_scopes import Scope
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.file_chooser import file_chooser
from hematodesk.ui.kit.plain_text import plain_label
from hematodesk.ui.kit.theme import GRID, set_role
from hematodesk.workflow.exports.class_folders import FolderOptions
from hematodesk.workflow.exports.export import (
    ExportFormat,
    ExportOptions,
    ExportRequest,
    Paper,
    Selection,
)

SUFFIXES = {
    ExportFormat.CSV: ".csv",
    ExportFormat.JSON: ".json",
    ExportFormat.XLSX: ".xlsx",
    ExportFormat.PDF: ".pdf",
    ExportFormat.FOLDERS: "",
}


@dataclass(frozen=True, slots=True)
class Remembered:
    """The user's last choices."""

    folder: str
    format: str


class ExportDialog(QDialog):
    """Asks, then shows the export's progress; the window stays usable beside it.

    Signals:
        asked(ExportRequest): the person wants that export now.
        cancel_asked: the export under way is to stop.
    """

    asked = Signal(object)
    cancel_asked = Signal()

    def __init__(
        self, scopes: Sequence[Scope], remembered: Remembered, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self.setMinimumWidth(GRID * 60)
        self._folder = Path(remembered.folder) if remembered.folder else Path.home()
        self._busy = False
        self._may_replace: Path | None = None
        self.scope = QComboBox()
        for scope in scopes:
            self.scope.addItem(scope.words, scope)
        self.format = QComboBox()
        for kind, words in self._formats():
            self.format.addItem(words, kind)
        self._about = plain_label("muted")
        self._about.setWordWrap(True)
        self._options = QStackedWidget()
        self.target = QLineEdit()
        self.browse = QPushButton(self.tr("&Browse…"))
        self.browse.setAutoDefault(False)
        self._status = plain_label()
        self._status.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setAccessibleName(self.tr("Progress"))
        self._build_options()
        self._lay_out()
        self.format.currentIndexChanged.connect(self._format_chosen)
        self.browse.clicked.connect(self._ask_target)
        place = self.format.findData(next((each for each in ExportFormat if each == remembered.format), None))
        self.format.setCurrentIndex(max(0, place))
        self._format_chosen()

    def _formats(self) -> list[tuple[ExportFormat, str]]:
        return [
            (ExportFormat.CSV, self.tr("Table, one row a cell (CSV)")),
            (ExportFormat.XLSX, self.tr("Excel workbook (XLSX)")),
            (ExportFormat.PDF, self.tr("Report with pictures (PDF)")),
            (ExportFormat.JSON, self.tr("Everything, to be imported again (JSON)")),
            (ExportFormat.FOLDERS, self.tr("Pictures in class folders, for training")),
        ]

    def _build_options(self) -> None:
        self.pictures = QCheckBox(self.tr("A small &picture of each cell"))
        self.paper = QComboBox()
        self.paper.setAccessibleName(self.tr("Paper"))
        for paper, words in (
            (Paper.AUTO, self.tr("Paper as usual in this country")),
            (Paper.A4, self.tr("A4")),
            (Paper.LETTER, self.tr("US Letter")),
        ):
            self.paper.addItem(words, paper)
        self.thumbnails = QCheckBox(self.tr("With the history's small &pictures"))
        self.thumbnails.setChecked(True)
        self.crops = QComboBox()
        self.crops.setAccessibleName(self.tr("What is copied"))
        self.crops.addItem(self.tr("Each cell, cut out as its model sees it"), True)
        self.crops.addItem(self.tr("Whole images with cells of one class"), False)
        self.reviewed = QCheckBox(self.tr("Only what a person has &reviewed"))
        self.reviewed.setChecked(True)
        self._pages: dict[ExportFormat, int] = {}
        for kind, widgets in (
            (ExportFormat.CSV, ()),
            (ExportFormat.XLSX, (self.pictures,)),
            (ExportFormat.PDF, (self.paper,)),
            (ExportFormat.JSON, (self.thumbnails,)),
            (ExportFormat.FOLDERS, (self.crops, self.reviewed)),
        ):
            page = QWidget()
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 0, 0, 0)
            for widget in widgets:
                column.addWidget(widget)
            if not widgets:
                nothing = plain_label("muted")
                nothing.setText(self.tr("There is nothing to choose."))
                column.addWidget(nothing)
            column.addStretch(1)
            self._pages[kind] = self._options.addWidget(page)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(GRID)
        form.addRow(self.tr("&Images"), self.scope)
        form.addRow(self.tr("&Format"), self.format)
        form.addRow("", self._about)
        form.addRow(self.tr("Options"), self._options)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.target, 1)
        row.addWidget(self.browse)
        form.addRow(self.tr("&Where to"), row)
        label = form.labelForField(row)
        if label is not None and hasattr(label, "setBuddy"):
            label.setBuddy(self.target)
        self.buttons = QDialogButtonBox()
        self.export = self.buttons.addButton(self.tr("&Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        set_role(self.export, "primary")
        self.cancel = self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.export.setDefault(True)
        self.buttons.accepted.connect(self._accepted)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        column.setSpacing(GRID * 2)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(self.bar)
        column.addWidget(self._status)
        column.addWidget(self.buttons)
        self.bar.hide()
        self._status.hide()

    # What is chosen

    @property
    def chosen_format(self) -> ExportFormat:
        """The format in force."""
        return ExportFormat(self.format.currentData())

    def choose_selection(self, selection: Selection) -> None:
        """Choose the scope with that selection."""
        for place in range(self.scope.count()):
            if self.scope.itemData(place).selection == selection:
                self.scope.setCurrentIndex(place)

    def request(self) -> ExportRequest:
        """What the dialog says now."""
        scope: Scope = self.scope.currentData()
        options = ExportOptions(
            thumbnails=self.thumbnails.isChecked(),
            pictures=self.pictures.isChecked(),
            folders=FolderOptions(
                crops=bool(self.crops.currentData()), reviewed_only=self.reviewed.isChecked()
            ),
            paper=Paper(self.paper.currentData()),
        )
        return ExportRequest(self._target(), self.chosen_format, scope.selection, options)

    def _target(self) -> Path:
        path = Path(self.target.text().strip()).expanduser()
        suffix = SUFFIXES[self.chosen_format]
        if suffix and path.suffix.casefold() != suffix:
            path = path.with_name(path.name + suffix)
        return path

    def _unused(self, stem: str) -> Path:
        """An unused name in the last folder."""
        suffix = SUFFIXES[self.chosen_format]
        path, count = self._folder / f"{stem}{suffix}", 1
        while path.exists():
            count += 1
            path = self._folder / f"{stem}-{count}{suffix}"
        return path

    def _format_chosen(self) -> None:
        kind = self.chosen_format
        self._about.setText(
            {
                ExportFormat.CSV: self.tr("For spreadsheets and statistics. Text is never run as a formula."),
                ExportFormat.XLSX: self.tr("Sheets for cells, images and sessions, with filters."),
                ExportFormat.PDF: self.tr("Each image with its cells, classes, confidence and reviews."),
                ExportFormat.JSON: self.tr(
                    "All that the history knows, for other systems or another computer."
                ),
                ExportFormat.FOLDERS: self.tr("Into an empty or a new folder, with a table of labels."),
            }[kind]
        )
        self._options.setCurrentIndex(self._pages[kind])
        # A name that the user typed stays, with another suffix.
        written = Path(self.target.text().strip())
        if self.target.isModified() and written.suffix in SUFFIXES.values():
            self.target.setText(str(written.with_suffix(SUFFIXES[kind])))
            self.target.setModified(True)
        else:
            self.target.setText(str(self._unused(f"hematodesk-{date.today().isoformat()}")))

    def _ask_target(self) -> None:
        """A folder to hold the class folders, or a file's name."""
        target = self._target()
        chooser = file_chooser(self, self.tr("Export"), str(target.parent))
        if self.chosen_format is ExportFormat.FOLDERS:
            chooser.setFileMode(QFileDialog.FileMode.Directory)
        else:
            chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            chooser.setNameFilters([f"{self.format.currentText()} (*{SUFFIXES[self.chosen_format]})"])
            chooser.setDefaultSuffix(SUFFIXES[self.chosen_format][1:])
            chooser.selectFile(target.name)
        chooser.fileSelected.connect(self._target_chosen)
        chooser.open()

    def _target_chosen(self, name: str) -> None:
        """The system's own dialog has asked already whether a file may be replaced."""
        self.target.setText(name)
        self.target.setModified(True)
        self._may_replace = self._target()

    # The export

    def _accepted(self) -> None:
        if self._busy:
            return
        if not self.target.text().strip():
            self.say(self.tr("Say where to."))
            self.target.setFocus()
            return
        request = self.request()
        if request.target.is_file() and self._may_replace != request.target:
            self._may_replace = request.target
            self.say(
                self.tr("“{name}” is there already. Press Export again to replace it.").format(
                    name=request.target.name
                )
            )
            return
        self.target.setText(str(request.target))
        self.asked.emit(request)

    def show_busy(self) -> None:
        """The export has begun."""
        self._set_busy(True)
        self.bar.setRange(0, 0)
        self.say("")

    def show_progress(self, done: int, total: int) -> None:
        """Show the progress."""
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        self.say(self.tr("{done} of {total} image(s)", "", total).format(done=done, total=total))

    def show_refused(self, error: HematodeskError) -> None:
        """The export failed; everything can be changed and tried again."""
        self._set_busy(False)
        self.say(f"{error_words(error.message)} {error_words(error.remedy)}".strip())

    def show_stopped(self) -> None:
        """It was cancelled."""
        self._set_busy(False)
        self.say(self.tr("Stopped; nothing was written."))

    def show_done(self) -> None:
        """It is written."""
        self._set_busy(False)
        self.accept()

    def say(self, words: str) -> None:
        """A line under the form."""
        self._status.setText(words)
        self._status.setVisible(bool(words))

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for widget in (self.scope, self.format, self._options, self.target, self.browse, self.export):
            widget.setEnabled(not busy)
        self.bar.setVisible(busy)

    def reject(self) -> None:
        """Esc and Cancel stop a running export first; the dialog closes when nothing runs."""
        if self._busy:
            self.say(self.tr("Stopping…"))
            self.cancel_asked.emit()
            return
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the dialog stops a running export."""
        if self._busy:
            self.cancel_asked.emit()
        super().closeEvent(event)

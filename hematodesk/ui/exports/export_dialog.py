"""The export dialog: images, format, options, target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PySide6.QtCore import QLocale, Signal
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
from hematodesk.domain.separators import usual_separator
from hematodesk.ui.exports.export_scopes import Scope
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.file_chooser import file_chooser
from hematodesk.ui.kit.plain_text import plain_label
from hematodesk.ui.kit.theme import GRID, set_role
from hematodesk.ui.kit.translation import translate
from hematodesk.workflow.exports.export import ExportRequest, Selection
from hematodesk.workflow.exports.export_formats import (
    EXPORT_FORMATS,
    ExportFormat,
    ExportOption,
    export_options,
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """The user's last choices; without a separator the dialog begins with the country's."""

    folder: str
    format: str
    separator: str = ""


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
        for kind in EXPORT_FORMATS.values():
            self.format.addItem(translate("ExportDialog", kind.title), kind.id)
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
        self._choose_separator(remembered.separator)
        self._lay_out()
        self.format.currentIndexChanged.connect(self._format_chosen)
        self.browse.clicked.connect(self._ask_target)
        self.format.setCurrentIndex(max(0, self.format.findData(remembered.format)))
        self._format_chosen()

    def _build_options(self) -> None:
        self.editors: dict[str, QCheckBox | QComboBox] = {}
        self._pages: dict[str, int] = {}
        for kind in EXPORT_FORMATS.values():
            page = QWidget()
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 0, 0, 0)
            for option in kind.options:
                editor = self.editors[option.key] = self._editor(option)
                column.addWidget(editor)
            if not kind.options:
                nothing = plain_label("muted")
                nothing.setText(self.tr("There is nothing to choose."))
                column.addWidget(nothing)
            column.addStretch(1)
            self._pages[kind.id] = self._options.addWidget(page)

    def _editor(self, option: ExportOption) -> QCheckBox | QComboBox:
        words = translate("ExportDialog", option.text)
        if not option.choices:
            box = QCheckBox(words)
            box.setChecked(bool(option.default))
            return box
        combo = QComboBox()
        combo.setAccessibleName(words)
        for value, text in option.choices:
            combo.addItem(translate("ExportDialog", text), value)
        combo.setCurrentIndex(combo.findData(option.default))
        return combo

    def _choose_separator(self, last: str) -> None:
        editor = self.editors["separator"]
        if isinstance(editor, QComboBox):
            usual = usual_separator(QLocale.system().decimalPoint())
            place = editor.findData(last or usual.value)
            editor.setCurrentIndex(place if place >= 0 else editor.findData(usual.value))

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
        self.export = QPushButton(self.tr("&Export"), self)
        self.buttons.addButton(self.export, QDialogButtonBox.ButtonRole.AcceptRole)
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
        return EXPORT_FORMATS[self.format.currentData()]

    def choose_selection(self, selection: Selection) -> None:
        """Choose the scope with that selection."""
        for place in range(self.scope.count()):
            if self.scope.itemData(place).selection == selection:
                self.scope.setCurrentIndex(place)

    def request(self) -> ExportRequest:
        """What the dialog says now."""
        scope: Scope = self.scope.currentData()
        options = export_options(
            {
                key: editor.isChecked() if isinstance(editor, QCheckBox) else editor.currentData()
                for key, editor in self.editors.items()
            }
        )
        return ExportRequest(self._target(), self.chosen_format.id, scope.selection, options)

    def _target(self) -> Path:
        path = Path(self.target.text().strip()).expanduser()
        suffix = self.chosen_format.suffix
        if suffix and path.suffix.casefold() != suffix:
            path = path.with_name(path.name + suffix)
        return path

    def _unused(self, stem: str) -> Path:
        """An unused name in the last folder."""
        suffix = self.chosen_format.suffix
        path, count = self._folder / f"{stem}{suffix}", 1
        while path.exists():
            count += 1
            path = self._folder / f"{stem}-{count}{suffix}"
        return path

    def _format_chosen(self) -> None:
        kind = self.chosen_format
        self._about.setText(translate("ExportDialog", kind.about))
        self._options.setCurrentIndex(self._pages[kind.id])
        # A name that the user typed stays, with another suffix.
        written = Path(self.target.text().strip())
        if self.target.isModified() and written.suffix in [each.suffix for each in EXPORT_FORMATS.values()]:
            self.target.setText(str(written.with_suffix(kind.suffix)))
            self.target.setModified(True)
        else:
            self.target.setText(str(self._unused(f"hematodesk-{date.today().isoformat()}")))

    def _ask_target(self) -> None:
        """A folder to hold the class folders, or a file's name."""
        target = self._target()
        chooser = file_chooser(self, self.tr("Export"), str(target.parent))
        if not self.chosen_format.suffix:
            chooser.setFileMode(QFileDialog.FileMode.Directory)
        else:
            chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            chooser.setNameFilters([f"{self.format.currentText()} (*{self.chosen_format.suffix})"])
            chooser.setDefaultSuffix(self.chosen_format.suffix[1:])
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

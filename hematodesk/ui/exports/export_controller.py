"""Exports, imports and backups: dialogs, the work on a lane, and its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import HistoryFilter
from hematodesk.ui.kit.banners import Level, Notice
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.file_chooser import file_chooser, remembering_chooser
from hematodesk.ui.kit.words import number
from hematodesk.ui.state.task_lanes import Lane, Ticket
from hematodesk.ui.state.window_context import WindowContext

if TYPE_CHECKING:
    from hematodesk.domain.records import Imported
    from hematodesk.ui.exports.export_dialog import ExportDialog
    from hematodesk.workflow.exports.export import ExportOutcome, ExportRequest, Progress

_REPORT_EVERY_S = 0.05


class ExportController(QObject):
    """Exports, imports, and backup of the history.

    Signals:
        begun(Selection): these images are being exported.
        imported: the history holds more than before.
    """

    begun = Signal(object)
    imported = Signal()

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._services = context.services
        self._lanes = context.lanes
        self._banners = context.banners
        self._window = context.window
        self._ticket: Ticket | None = None
        self.dialog: ExportDialog | None = None

    def ask(
        self,
        session_id: int | None,
        chosen: Sequence[int],
        listed: HistoryFilter,
        *,
        chosen_first: bool = False,
    ) -> None:
        """Open the export dialog; see `export_scopes`. The chosen images are offered first when asked for."""
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return
        from hematodesk.ui.exports.export_dialog import ExportDialog, Remembered
        from hematodesk.ui.exports.export_scopes import export_scopes
        from hematodesk.ui.kit.dialog_size import fit_to_screen

        settings = self._services.settings
        last = Remembered(*map(settings.text, ("export_folder", "export_format", "export_separator")))
        scopes = export_scopes(session_id, chosen, listed)
        dialog = self.dialog = ExportDialog(scopes, last, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if chosen and chosen_first:
            dialog.choose_selection(list(chosen))
        dialog.asked.connect(self.export)
        dialog.cancel_asked.connect(self.cancel)
        dialog.finished.connect(self._dialog_closed)
        fit_to_screen(dialog)
        dialog.show()

    def _dialog_closed(self) -> None:
        self.dialog = None

    def ask_backup(self) -> None:
        """Ask where to, and copy the history into one file."""
        title, settings = self.tr("Back up the history"), self._services.settings
        dialog = remembering_chooser(self._window, title, settings, "backup_folder")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile("hematodesk-history.sqlite3")
        dialog.setNameFilters([self.tr("History (*.sqlite3)")])
        dialog.setDefaultSuffix("sqlite3")
        dialog.fileSelected.connect(self.backup)
        dialog.open()

    def export(self, request: ExportRequest) -> None:
        """Write the export on a lane; the dialog, where it is open, shows how far it is."""
        dialog = self.dialog
        self._remember(request)
        self.begun.emit(request.selection)
        from hematodesk.ui.exports.report_pdf import load_plugins, render_report

        load_plugins()

        def write(ticket: Ticket) -> ExportOutcome:
            from hematodesk.workflow.exports.export import run_export

            return run_export(
                self._services,
                request,
                cancel=ticket.token,
                progress=paced(lambda done, total: ticket.report((done, total))),
                render=render_report,
            )

        def on_its_way(state: tuple[int, int]) -> None:
            if dialog is self.dialog is not None:
                self.dialog.show_progress(*state)

        def written(outcome: ExportOutcome) -> None:
            if dialog is self.dialog is not None:
                self.dialog.show_done()
            words = self.tr("%n image(s) exported to {name}.", "", outcome.images)
            told = " ".join([words.format(name=request.target.name), *map(error_words, outcome.notices)])
            self._tell(
                "exported", told, request.target, level=Level.WARNING if outcome.notices else Level.INFO
            )

        def refused(error: HematodeskError) -> None:
            if dialog is self.dialog is not None:
                self.dialog.show_refused(error)
            else:
                self._banners.show_error(error)

        def stopped() -> None:
            if dialog is self.dialog is not None:
                self.dialog.show_stopped()

        if dialog is not None:
            dialog.show_busy()
        self._ticket = self._lanes.run(
            Lane.TRANSFER, write, done=written, failed=refused, cancelled=stopped, progress=on_its_way
        )

    def cancel(self) -> None:
        """Stop the export under way; nothing of it stays."""
        if self._ticket is not None:
            self._ticket.cancel()

    def _remember(self, request: ExportRequest) -> None:
        settings = self._services.settings
        settings.set("export_folder", str(request.target.parent))
        settings.set("export_format", request.format)
        if request.format == "csv":
            settings.set("export_separator", request.options.separator.value)

    # Import

    def ask_import(self) -> None:
        """Ask for an exported JSON file."""
        folder = self._services.settings.text("export_folder")
        dialog = file_chooser(self._window, self.tr("Import history"), folder)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Exported history (*.json)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(self.import_file)
        dialog.open()

    def import_file(self, name: str) -> None:
        """Take an exported file into the history; `imported` follows."""
        path = Path(name)

        def read(ticket: Ticket) -> Imported:
            from hematodesk.workflow.exports.history_import import import_history

            return import_history(
                self._services.history,
                path,
                self._services.reader,
                cancel=ticket.token,
                progress=paced(lambda done, total: ticket.report((done, total))),
            )

        def on_its_way(state: tuple[int, int]) -> None:
            words = self.tr("{name} is being imported: {done} of {total} image(s).", "", state[1])
            done, total = map(number, state)
            self._banners.tell("importing", words.format(name=path.name, done=done, total=total))

        def done(result: Imported) -> None:
            words = self.tr("%n image(s) imported from {name}.", "", result.added).format(name=path.name)
            if result.known:
                words += " " + self.tr("%n image(s) were there already and stand.", "", result.known)
            self._banners.put_away("importing")
            self._banners.show_notice(Notice("imported", words))
            self.imported.emit()

        def refused(error: HematodeskError) -> None:
            self._banners.put_away("importing")
            self._banners.show_error(error)

        ticket = self._lanes.run(
            Lane.TRANSFER,
            read,
            done=done,
            failed=refused,
            cancelled=lambda: self._banners.put_away("importing"),
            progress=on_its_way,
        )
        self._banners.show_notice(
            Notice(
                "importing",
                self.tr("{name} is being imported.").format(name=path.name),
                action_text=self.tr("Cancel"),
                action=ticket.cancel,
                stays=True,
            )
        )

    def backup(self, name: str) -> None:
        """Copy the history into that file."""
        target = Path(name)

        def written(_nothing: object) -> None:
            words = self.tr("The history was copied to {name}.").format(name=target.name)
            self._tell("backed_up", words, target)

        self._lanes.run(Lane.TRANSFER, lambda _ticket: self._services.history.backup(target), done=written)

    def _tell(self, code: str, words: str, target: Path, level: Level = Level.INFO) -> None:
        show = self.tr("Show in folder")
        self._banners.show_notice(
            Notice(code, words, level=level, action_text=show, action=_folder_opener(target))
        )


def _folder_opener(target: Path) -> Callable[[], object]:
    return lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(target.parent)))


def paced(tell: Progress) -> Progress:
    """Limit the rate of progress reports: thousands of images a second must not flood the window."""
    last = 0.0

    def maybe(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _REPORT_EVERY_S or done == total:
            last = now
            tell(done, total)

    return maybe

"""Exports and backups: asks where to, writes on a lane, and says what was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from hematodesk.domain.history import HistoryFilter
from hematodesk.ui.banners import Banners, Notice
from hematodesk.ui.lanes import Lane, Lanes, Ticket
from hematodesk.workflow.export import ExportFormat, ExportRequest, run_export
from hematodesk.workflow.services import Services

_SUFFIXES = {ExportFormat.CSV: ".csv", ExportFormat.JSON: ".json"}


class Exporting(QObject):
    """Export of a session or a selection, and backup of the history."""

    def __init__(self, services: Services, lanes: Lanes, banners: Banners, window: QWidget) -> None:
        super().__init__(window)
        self._services = services
        self._lanes = lanes
        self._banners = banners
        self._window = window

    def ask_session(self, session_id: int | None) -> None:
        """Ask where to, and export that session; all of the history when there is none."""
        self._ask(self.tr("Export session"), HistoryFilter(session_id=session_id))

    def ask_images(self, image_ids: Sequence[int]) -> None:
        """Ask where to, and export these images."""
        if image_ids:
            self._ask(self.tr("Export selection"), tuple(image_ids))

    def ask_backup(self) -> None:
        """Ask where to, and copy the history into one file."""
        dialog = self._dialog(self.tr("Back up the history"), "hematodesk-history.sqlite3")
        dialog.setNameFilters([self.tr("History (*.sqlite3)")])
        dialog.setDefaultSuffix("sqlite3")
        dialog.fileSelected.connect(self.backup)
        dialog.open()

    def _ask(self, title: str, chosen: HistoryFilter | Sequence[int]) -> None:
        dialog = self._dialog(title, "hematodesk.csv")
        table, document = self.tr("Table, one row a cell (*.csv)"), self.tr("JSON (*.json)")
        dialog.setNameFilters([table, document])
        dialog.setDefaultSuffix("csv")

        def kind_chosen(name_filter: str) -> None:
            dialog.setDefaultSuffix("json" if name_filter == document else "csv")

        def named(name: str) -> None:
            self.export(Path(name), chosen)

        dialog.filterSelected.connect(kind_chosen)
        dialog.fileSelected.connect(named)
        dialog.open()

    def _dialog(self, title: str, name: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.selectFile(name)
        return dialog

    def export(self, target: Path, chosen: HistoryFilter | Sequence[int]) -> None:
        """Write the images to a file; the ending says whether it is a table or JSON."""
        kind = ExportFormat.JSON if target.suffix.casefold() == ".json" else ExportFormat.CSV
        if target.suffix.casefold() not in _SUFFIXES.values():
            target = target.with_name(target.name + _SUFFIXES[kind])

        def write(ticket: Ticket) -> int:
            request = ExportRequest(target, kind, chosen)
            return run_export(self._services, request, cancel=ticket.token).images

        def written(count: int) -> None:
            words = self.tr("%n image(s) exported to {name}.", "", count).format(name=target.name)
            self._tell("exported", words, target)

        # Not on the storage lane: a long export must not stand before a review.
        self._lanes.run(Lane.DECODING, write, done=written)

    def backup(self, name: str) -> None:
        """Copy the history into that file."""
        target = Path(name)

        def written(_nothing: object) -> None:
            words = self.tr("The history was copied to {name}.").format(name=target.name)
            self._tell("backed_up", words, target)

        self._lanes.run(Lane.DECODING, lambda _ticket: self._services.history.backup(target), done=written)

    def _tell(self, code: str, words: str, target: Path) -> None:
        self._banners.show_notice(
            Notice(code, words, action_text=self.tr("Show in folder"), action=_folder_opener(target))
        )


def _folder_opener(target: Path) -> Callable[[], object]:
    return lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(target.parent)))

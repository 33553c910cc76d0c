"""Backup, restore and repair of a data folder's history, with their results as messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.files import sweep_left_over
from hematodesk.domain.history import Backup, RepairReport
from hematodesk.domain.words import number_of
from hematodesk.workflow.exports.history_import import clear_killed_imports
from hematodesk.workflow.system.log import log_event

if TYPE_CHECKING:
    from hematodesk.storage.backups import BackupFolder
    from hematodesk.workflow.services import Services

_MOST_DAYS_TOLD = 10


class HistoryMaintenance:
    """Maintenance of the history. For worker threads; every call may take long."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def folder(self) -> BackupFolder:
        """The kept backups."""
        from hematodesk.storage.backups import BackupFolder

        return BackupFolder(self._services.paths.backups)

    def back_up_if_due(self, cancel: CancelToken | None = None) -> Backup | None:
        """The daily backup: made when the last is a day old and something changed; None when not.

        Before it, what killed programs left is cleared away.

        Raises Cancelled, HistoryError; the backups that were there stay.
        """
        history = self._services.history
        sweep_left_over(self._services.paths.data)
        if not history.read_only:
            clear_killed_imports(history, cancel if cancel is not None else CancelToken())
        if history.read_only or history.count() == 0 or not self.folder.is_due(history.path):
            return None
        return self.back_up(cancel)

    def back_up(self, cancel: CancelToken | None = None) -> Backup:
        """Make a kept backup now. Raises Cancelled, HistoryError."""
        try:
            made = self.folder.make(self._services.history, cancel)
        except HistoryError as error:
            log_event("backup_failed", code=error.code)
            raise
        log_event("backed_up", images=made.images or 0, bytes=made.size)
        return made

    def back_up_to(self, target: Path) -> Path:
        """A backup to a file, or under today's name into a folder; returns the file.

        Raises HistoryError, and PolicyError where exporting is not allowed.
        """
        self._services.policy.require("export")
        if target.is_dir():
            target = target / f"hematodesk-history-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sqlite3"
        self._services.history.backup(target)
        return target

    def problems(self) -> list[str]:
        """All that is wrong with the history file, open or not; empty when it is whole.

        Raises HistoryError, history_absent among them.
        """
        from hematodesk.storage.maintenance import problems_of

        path = self._services.history_path()
        problems = problems_of(path)
        log_event("history_checked", problems=len(problems))
        return problems

    def check_backup(self, backup: Path, cancel: CancelToken | None = None) -> None:
        """Whether a backup can be restored, while the history stays open and as it is.

        Raises Cancelled, HistoryError.
        """
        from hematodesk.storage.maintenance import check_backup

        check_backup(self._services.paths.history_file, backup, cancel)

    def restore(self, backup: Path, cancel: CancelToken | None = None) -> Path | None:
        """Replace the history by a backup; returns where the present one is kept, None without one.

        An open history is closed before and opened again after it, also when it fails. Raises
        Cancelled, HistoryError.
        """
        from hematodesk.storage.maintenance import restore

        with self._services.closed_meanwhile():
            kept = restore(self._services.paths.history_file, backup, cancel)
        log_event("history_restored")
        return kept

    def repair(self) -> RepairReport:
        """Save what can be saved of a damaged history. Raises HistoryError."""
        from hematodesk.storage.maintenance import repair

        with self._services.closed_meanwhile():
            report = repair(self._services.history_path())
        log_event(
            "history_repaired",
            saved=report.saved_images,
            lost=report.lost_images,
            incomplete=report.incomplete_images,
            rows=report.lost_rows,
        )
        return report


def days_told(days: Sequence[str]) -> tuple[str, int]:
    """Days as a list that stays readable, and how many more there are."""
    return ", ".join(days[:_MOST_DAYS_TOLD]), max(0, len(days) - _MOST_DAYS_TOLD)


def report_lines(report: RepairReport) -> Iterator[str]:
    """A repair's outcome for the command line, a sentence a line."""
    if report.kept is None:
        yield "The history is whole; nothing was changed."
        return
    yield (
        f"Saved: {number_of(report.saved_images, 'image')}, {number_of(report.saved_cells, 'cell')}, "
        f"{number_of(report.saved_reviews, 'review')}."
    )
    if report.lost_images:
        days, more = days_told(report.lost_days)
        when = f", of {days}" if days else ""
        when += f" and {number_of(more, 'more day')}" if more else ""
        yield f"Lost: at least {number_of(report.lost_images, 'image')}{when}."
    if report.incomplete_images:
        images = number_of(report.incomplete_images, "image")
        yield f"Incomplete: {images} (a cell, a review or a note is lost)."
    if report.lost_nothing:
        yield "Nothing is known to be lost."
    yield f"The damaged file is kept as {report.kept.name}."


def backup_line(number: str, backup: Backup) -> str:
    """A kept backup in a line."""
    size = f"{backup.size / 1024**2:.1f} MB"
    if backup.images is None or backup.sessions is None:
        return f"{number}  {backup.made_at}  {size}  cannot be read"
    held = f"{number_of(backup.images, 'image')}, {number_of(backup.sessions, 'session')}"
    return f"{number}  {backup.made_at}  {size}  {held}"

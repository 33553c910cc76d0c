"""Maintains the history from the window: daily backups, restoring, checking, repair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QDialog

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.history import RepairReport
from hematodesk.ui.kit.banners import Level, Notice, notice_of
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.state.task_lanes import Lane, Ticket
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.exports.history_maintenance import HistoryMaintenance, days_told

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService

_LOOK_EVERY_MS = 3_600_000
"""Interval of the check for a daily backup in a window that stays open for days."""


class MaintenanceController(QObject):
    """Signals:
    swapping: the history is closed for a moment, and what is shown of it may not be there afterwards.
    swapped: it can be opened again, another one or the same.
    beyond_repair(HematodeskError): a damaged history could not be repaired.
    """

    swapping = Signal()
    swapped = Signal()
    beyond_repair = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._lanes = context.lanes
        self._access = context.access
        self._banners = context.banners
        self._dialogs = context.dialogs
        self._settings = context.services.settings
        self._maintenance = HistoryMaintenance(context.services)
        self._backup_wanted = False
        self._busy = False
        self._checking: Ticket | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._want_backup)
        self._lanes.idle.connect(self._idle)

    # The daily backup

    def begin(self, history: HistoryService) -> None:
        """The history is open: look after it from now on."""
        if not history.read_only:
            self._timer.start()
            self._backup_wanted = True

    def end(self) -> None:
        """The window closes."""
        self._timer.stop()
        self._backup_wanted = False
        self._forget_check()

    def _want_backup(self) -> None:
        self._backup_wanted = True
        if not self._lanes.busy:
            self._idle()

    def _idle(self) -> None:
        """Whether nothing else is under way, so that the whole history may be read."""
        if self._backup_wanted and not self._busy:
            self._backup_wanted = False
            self._lanes.run(
                Lane.MAINTENANCE,
                lambda ticket: self._maintenance.back_up_if_due(ticket.token),
                failed=self._backup_failed,
            )

    def _backup_failed(self, error: HematodeskError) -> None:
        self._banners.show_notice(
            Notice(
                "daily_backup_failed",
                self.tr("Today's backup of the history could not be made; earlier ones are still there.")
                + f" {error_words(error.message)}",
                error_words(error.remedy),
                Level.WARNING,
                cause=error.code,
            )
        )

    # Checking

    def check(self) -> None:
        """Read all of the history and tell whether it is whole."""
        self._banners.show_notice(Notice("history_checked", self.tr("The history is being checked…")))

        def checked(problems: Sequence[str]) -> None:
            if not problems:
                self._banners.show_notice(Notice("history_checked", self.tr("The history is whole.")))
                return
            self._banners.put_away("history_checked")
            self._offer_repair(
                self.tr("The history is damaged (%n problem(s)):", "", len(problems))
                + f" {error_words(problems[0])}"
            )

        self._lanes.run(Lane.MAINTENANCE, lambda _ticket: self._maintenance.problems(), done=checked)

    # Damage

    def tell(self, error: HematodeskError) -> None:
        """Tell an error; damage that was met in the open history comes with the way to repair it."""
        if error.code == "history_damaged" and not self._busy:
            self._offer_repair(error_words(error.message))
        elif not (self._busy and error.code == "history_closed"):
            self._banners.show_error(error)

    def _offer_repair(self, words: str) -> None:
        self._banners.show_notice(
            Notice(
                "history_damaged",
                words,
                self.tr("What can be read is saved into a new history; the old file is kept."),
                Level.ERROR,
                self.tr("Repair"),
                self.repair,
            )
        )

    def repair(self) -> None:
        """Save what can be saved of the damaged history, and go on with that."""
        words = self.tr("The history is damaged. What can be saved of it is being saved…")
        self._swap("history_repaired", words, lambda _ticket: self._maintenance.repair(), self._repaired)

    def _repaired(self, report: RepairReport) -> None:
        if report.kept is None:
            self._banners.show_notice(Notice("history_repaired", self.tr("The history is whole.")))
            return
        self._banners.show_notice(
            Notice(
                "history_repaired",
                self._report_words(report),
                self.tr("The damaged file is kept as {name}.").format(name=report.kept.name),
                Level.WARNING,
                "" if report.lost_nothing else self.tr("Restore a backup…"),
                None if report.lost_nothing else self.ask_restore,
            )
        )

    def _report_words(self, report: RepairReport) -> str:
        words = [self.tr("The history was damaged; %n image(s) were saved.", "", report.saved_images)]
        if report.lost_images:
            lost = self.tr("At least %n image(s) are lost.", "", report.lost_images)
            if report.lost_days:
                days, more = days_told(report.lost_days)
                if more:
                    days = self.tr("{days} and %n more day(s)", "", more).format(days=days)
                lost = self.tr("At least %n image(s) are lost, of {days}.", "", report.lost_images).format(
                    days=days
                )
            words.append(lost)
        if report.incomplete_images:
            words.append(
                self.tr("%n image(s) lost a cell, a review or a note.", "", report.incomplete_images)
            )
        if report.lost_nothing:
            words.append(self.tr("Nothing is known to be lost."))
        return " ".join(words)

    # Restoring

    def ask_restore(self) -> None:
        """Ask which backup."""

        def make() -> QDialog:
            from hematodesk.ui.history.restore_dialog import RestoreDialog

            dialog = RestoreDialog(self._maintenance.folder.kept, self._lanes, self._settings)
            dialog.chosen.connect(self.restore)
            return dialog

        self._dialogs.show_one("restore", make)

    def restore(self, backup: Path) -> None:
        """Put a backup in the history's place; the present one is kept beside.

        All of the backup is read first: nothing is stopped and closed for one that is refused.
        """
        if self._busy:
            return
        self._forget_check()
        code = "history_restored"
        self._banners.show_notice(Notice(code, self.tr("The backup is being checked…"), level=Level.WARNING))

        def checked(_nothing: object) -> None:
            if self._checking is ticket:
                self._checking = None
                self._put_in_place(backup)

        def failed(error: HematodeskError) -> None:
            if self._checking is ticket:
                ended()
                self._banners.show_notice(notice_of(error))

        def ended() -> None:
            if self._checking is ticket:
                self._checking = None
                self._banners.put_away(code)

        ticket = self._checking = self._lanes.run(
            Lane.MAINTENANCE,
            lambda job: self._maintenance.check_backup(backup, job.token),
            done=checked,
            failed=failed,
            cancelled=ended,
        )

    def _forget_check(self) -> None:
        """What was asked for last holds: a backup that is still being checked is not restored any more."""
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None
            self._banners.put_away("history_restored")

    def _put_in_place(self, backup: Path) -> None:
        def restored(kept: Path | None) -> None:
            self._banners.show_notice(
                Notice(
                    "history_restored",
                    self.tr("The backup {name} was restored.").format(name=backup.name),
                    ""
                    if kept is None
                    else self.tr("The history as it was is kept as {name}.").format(name=kept.name),
                    Level.WARNING,
                )
            )

        words = self.tr("The backup is being restored…")
        self._swap(
            "history_restored",
            words,
            lambda ticket: self._maintenance.restore(backup, ticket.token),
            restored,
        )

    def _swap(
        self, code: str, words: str, work: Callable[[Ticket], object], done: Callable[..., None]
    ) -> None:
        """Do what closes the history for a moment: nobody asks it meanwhile, and it is opened again after."""
        if self._busy:
            return
        self._forget_check()
        self._busy = True
        self.swapping.emit()
        self._access.leave()
        self._banners.show_notice(Notice(code, words, level=Level.WARNING))

        def ended() -> None:
            self._busy = False
            self._banners.put_away(code)

        def came(outcome: object) -> None:
            ended()
            done(outcome)
            self.swapped.emit()

        def failed(error: HematodeskError) -> None:
            ended()
            if error.code == "history_damaged":
                # Still damaged and unreadable; another attempt would fail the same way.
                self.beyond_repair.emit(error)
                return
            self._banners.show_notice(notice_of(error))
            self.swapped.emit()

        def cancelled() -> None:
            ended()
            self.swapped.emit()

        def begin() -> None:
            self._lanes.run(Lane.STORAGE, work, done=came, failed=failed, cancelled=cancelled)

        # What was stopped for it saves what it has into the history that it was begun in.
        self._lanes.when_through((Lane.BATCH, Lane.WATCH), begin)

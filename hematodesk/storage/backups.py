"""The kept backups of one history: numbered files in a folder, the newest seven."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.files import Rights, make_folder, sweep_left_over
from hematodesk.domain.history import Backup
from hematodesk.domain.messages import N_, reason_of
from hematodesk.storage import faults
from hematodesk.storage.history import History
from hematodesk.storage.migrations import MIGRATIONS
from hematodesk.storage.trust import bounded, harden, refuse_other_schema

KEPT = 7
AFTER = timedelta(days=1)
_SPARE_BYTES = 64 * 1024 * 1024
"""Bytes that a backup leaves free on the disk, so that results can still be saved."""

_NAME = re.compile(r"history-(\d{4,9})-(\d{8}T\d{6}Z)\.sqlite3")
_TIME = "%Y%m%dT%H%M%SZ"
_SAME_S = 2.5
"""Seconds; some file systems store times that coarsely (FAT)."""


def _now() -> datetime:
    return datetime.now(UTC)


class BackupFolder:
    """The folder. Backups are ordered by number, independent of the clock; the time is for people."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = _now) -> None:
        self.folder = folder
        self._now = now

    def kept(self) -> list[Backup]:
        """The backups, newest first; an unreadable one has no counts. Never raises."""
        return [_describe(path, time) for _, time, path in reversed(self._files())]

    def find(self, name: str) -> Path | None:
        """The backup meant by `latest`, by its number or its name; None when there is none."""
        files = self._files()
        for number, _, path in reversed(files):
            if name in ("latest", path.name) or (name.isdigit() and int(name) == number):
                return path
        return None

    def is_due(self, history: Path) -> bool:
        """Whether the last one is a day old and the history has changed since.

        A backup dated in the future (the clock was set back) counts for a day only.
        """
        files = self._files()
        now = self._now()
        if any(abs(now - time) < AFTER for _, time, _ in files):
            return False
        if not files:
            return True
        with contextlib.suppress(OSError):
            return abs(files[-1][2].stat().st_mtime - _last_change(history)) > _SAME_S
        return True

    def make(self, history: History, cancel: CancelToken | None = None) -> Backup:
        """Back the history up, verified, and delete all but the newest seven.

        They are deleted only after the new one was read back completely. Raises Cancelled, HistoryError
        (history_full before the disk is full, backup_failed, history_unwritable); all others then stay.
        """
        files = self._files()
        number = files[-1][0] + 1 if files else 1
        time = self._now()
        target = self.folder / f"history-{number:04}-{time.strftime(_TIME)}.sqlite3"
        try:
            make_folder(self.folder)
            self._sweep()
            needed = sum(path.stat().st_size for path in _files_of(history.path)) + _SPARE_BYTES
            free = shutil.disk_usage(self.folder).free
            changed = _last_change(history.path)
        except OSError as fault:
            raise faults.unwritable(target, reason_of(fault)) from fault
        if free < needed:
            raise HistoryError(
                "history_full",
                N_(
                    "Errors",
                    "There is no room for a backup of the history: {free} MB are free, {needed} MB are "
                    "needed.",
                ),
                N_("Errors", "Free some space on the disk, or back the history up to another one."),
                free=free // 1024**2,
                needed=needed // 1024**2,
            )
        history.backup(target, cancel, Rights.PRIVATE)
        # The time of its content, not of writing: is_due compares it.
        with contextlib.suppress(OSError):
            os.utime(target, (changed, changed))
        for _, _, path in self._files()[:-KEPT]:
            with contextlib.suppress(OSError):
                path.unlink()
        return _describe(target, time)

    def _files(self) -> list[tuple[int, datetime, Path]]:
        """(number, time, file), oldest first."""
        found = []
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                match = _NAME.fullmatch(path.name)
                with contextlib.suppress(ValueError):
                    if match is not None:
                        time = datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)
                        found.append((int(match[1]), time, path))
        return sorted(found)

    def _sweep(self) -> None:
        """Remove incomplete backups of killed programs; an older version's when they are a day old."""
        sweep_left_over(self.folder)
        for path in self.folder.glob("history-*.part*"):
            if self._now().timestamp() - path.stat().st_mtime > AFTER.total_seconds():
                path.unlink(missing_ok=True)


def _files_of(history: Path) -> list[Path]:
    """The history's file, and its log unless it is empty."""
    both = (history, history.with_name(history.name + "-wal"))
    return [path for path in both if path.exists() and path.stat().st_size > 0]


def _last_change(history: Path) -> float:
    return max((path.stat().st_mtime for path in _files_of(history)), default=0.0)


def _describe(path: Path, time: datetime) -> Backup:
    images = sessions = None
    size = 0
    with contextlib.suppress(OSError, sqlite3.Error, ValueError, HistoryError):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "no file")
        size = status.st_size
        address = f"{path.absolute().as_uri()}?immutable=1"
        with (
            contextlib.closing(harden(sqlite3.connect(address, uri=True))) as connection,
            bounded(connection, path),
        ):
            refuse_other_schema(connection, path, MIGRATIONS)
            query = (
                "SELECT (SELECT coalesce(sum(images), 0) FROM tally WHERE class_id = ''), "
                "(SELECT count(*) FROM session WHERE image_count > 0)"
            )
            images, sessions = connection.execute(query).fetchone()
    return Backup(path, time.isoformat(timespec="seconds").replace("+00:00", "Z"), size, images, sessions)

"""Shared and exclusive access of program instances to a history, by a lock file beside it.

Windows needs none: a file that is open there cannot be replaced.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from hematodesk.domain.file_lock import FileLock
from hematodesk.domain.messages import reason_of
from hematodesk.storage import faults


class Presence:
    """One instance's presence at one history file."""

    def __init__(self, path: Path) -> None:
        self._history = path
        self._file = path.with_name(path.name + "-lock")
        self._lock = FileLock(self._file)

    def enter(self, *, alone: bool, patience_s: float) -> None:
        """Take shared or exclusive access, waiting up to that long.

        Raises HistoryError: history_locked; history_unwritable where exclusive access cannot be verified.
        In a read-only folder the history cannot be replaced: there it does nothing.
        """
        if sys.platform == "win32":
            return
        if not self._lock.take(patience_s, shared=not alone):
            raise faults.in_use(self._history)
        if alone and self._lock.fault is not None:
            raise faults.unwritable(self._history, reason_of(self._lock.fault)) from self._lock.fault
        if self._lock.held:
            with contextlib.suppress(OSError):
                # Write access to the history implies access to the lock.
                self._file.chmod(self._history.stat().st_mode & 0o666 | 0o600)

    def leave(self) -> None:
        """Give up the access; the last instance removes the file. A second call does nothing."""
        self._lock.release()

"""Shared and exclusive access of program instances to a history.

A small file beside the history carries a lock of the system, which ends with the process in any
case. Windows needs none: a file that is open there cannot be replaced.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

from hematodesk.domain.messages import reason_of
from hematodesk.storage import faults

if sys.platform != "win32":
    import fcntl


class Presence:
    """One instance's presence at one history file."""

    def __init__(self, path: Path) -> None:
        self._history = path
        self._file = path.with_name(path.name + "-lock")
        self._handle: int | None = None

    def enter(self, *, alone: bool, patience_s: float) -> None:
        """Take shared or exclusive access, waiting up to that long.

        Raises HistoryError: history_locked; history_unwritable where exclusive access cannot be verified.
        In a read-only folder the history cannot be replaced: there it does nothing.
        """
        if sys.platform == "win32":
            return
        deadline = time.monotonic() + patience_s
        while True:
            try:
                handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as fault:
                if alone:
                    raise faults.unwritable(self._history, reason_of(fault)) from fault
                return
            if self._lock(handle, alone):
                return
            os.close(handle)
            if time.monotonic() > deadline:
                raise faults.in_use(self._history)
            time.sleep(0.02)

    def _lock(self, handle: int, alone: bool) -> bool:
        if sys.platform == "win32":
            return True
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # A drive without locks; SQLite could not work there either.
            pass
        # The last instance may have removed the file after it was opened here.
        try:
            if not os.path.samestat(os.fstat(handle), self._file.stat()):
                return False
        except OSError:
            return False
        with contextlib.suppress(OSError):
            # Write access to the history implies access to the lock.
            os.fchmod(handle, self._history.stat().st_mode & 0o666 | 0o600)
        self._handle = handle
        return True

    def leave(self) -> None:
        """Give up the access; the last instance removes the file. A second call does nothing."""
        if sys.platform == "win32" or self._handle is None:
            return
        handle, self._handle = self._handle, None
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.unlink()
        os.close(handle)

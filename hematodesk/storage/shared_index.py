"""Holds on to the index of the write-ahead log, whatever else in this process looks at its file.

SQLite's instances tell each other by POSIX locks that the index (`-shm`) is in use; one that finds no lock
cuts the file to nothing, and who has it mapped ends with a bus error. Such a lock is gone when *anything* in
the process closes the file, as a file dialog does that shows the folder and tries out what its files are.
A lock of the open file description stays; both kinds respect each other:
https://www.sqlite.org/howtocorrupt.html (2.2), fcntl(2).
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from pathlib import Path

if sys.platform == "linux":
    import fcntl

_IN_USE_BYTE = 128
"""UNIX_SHM_DMS of SQLite's os_unix.c, which every user of the index holds shared."""


class SharedIndex:
    """One instance's hold on the index of one history file."""

    def __init__(self, history: Path) -> None:
        self._file = history.with_name(history.name + "-shm")
        self._handle: int | None = None

    def hold(self) -> None:
        """Hold it from now on, where there is one; called once SQLite has it open.

        Elsewhere than on Linux, and where the file cannot be opened, it does nothing.
        """
        if sys.platform != "linux" or self._handle is not None:
            return
        with contextlib.suppress(OSError):
            # Never closed while SQLite has it open: that is what loses its locks.
            self._handle = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
            lock = struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, _IN_USE_BYTE, 1, 0)
            fcntl.fcntl(self._handle, fcntl.F_OFD_SETLK, lock)

    def release(self) -> None:
        """Let go of it; called after SQLite has closed it. A second call does nothing."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)

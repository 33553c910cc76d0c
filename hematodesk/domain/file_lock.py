"""A lock file. The operating system releases the lock when its process ends, in whatever way."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


_ATTEMPTS = 10
"""Attempts to lock the file at the path: on drives with changing inode numbers it always seems another."""

A_LOOK_S = 0.5
"""Seconds to wait for a process that holds the lock only to check whether it is free."""
_LOOK_S = 0.01


class FileLock:
    """A small locked file, which the last holder removes.

    Attributes:
        fault: why the file could not be opened at the last `take`; None where it could.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self.fault: OSError | None = None

    def take(self, patience_s: float = 0.0, *, shared: bool = False) -> bool:
        """Take the lock, shared or exclusive; False when another process keeps it for longer.

        Where files cannot be locked or written it is True, without being `held`. On Windows every lock
        is exclusive.
        """
        deadline = time.monotonic() + patience_s
        while not (taken := self._take(shared)) and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        return taken

    def _take(self, shared: bool) -> bool:
        attempts = 0
        while True:
            attempts += 1
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as fault:
                self.fault = fault
                return True
            self.fault = None
            if sys.platform != "win32" and not os.fstat(handle).st_mode & 0o600:
                # A umask that takes rights of the owner would keep the next one from opening it.
                with contextlib.suppress(OSError):
                    os.fchmod(handle, 0o600)
            try:
                if sys.platform == "win32":
                    msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
                else:
                    fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except OSError as fault:
                os.close(handle)
                return not isinstance(fault, BlockingIOError | PermissionError)
            if attempts == _ATTEMPTS or self._is_there(handle):
                self._handle = handle
                return True
            os.close(handle)

    def _is_there(self, handle: int) -> bool:
        """Whether the path still leads to that file, which the last holder may have removed meanwhile."""
        try:
            return os.path.samestat(os.fstat(handle), self._path.stat())
        except OSError:
            return False

    @property
    def held(self) -> bool:
        """Whether the lock is held: never where files cannot be locked."""
        return self._handle is not None

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        with contextlib.suppress(OSError):
            if sys.platform != "win32":
                # Refused while others share it: the file stays.
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # While it is still locked, so that no other process's new file is removed.
            self._path.unlink()
        os.close(handle)

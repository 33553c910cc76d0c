"""Atomic file replacement: files are written beside the target, synced, then put in place.

A file that is being written has a name of its own with nothing of the target's in it, and is locked by its
writer: what bears such a name and is not locked was left by a program that was killed. Callers turn the
OSError into an error of their own.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import IO

from hematodesk.domain import targets
from hematodesk.domain.cancel import CancelToken

if sys.platform != "win32":
    import fcntl

_PREFIX, _SUFFIX = ".hematodesk-", ".part"
_NAME = re.compile(rf"{re.escape(_PREFIX)}(?:([0-9a-f]{{8}})-)?[\w.-]*{re.escape(_SUFFIX)}")
_HELPERS = ("-journal", "-wal", "-shm")
"""What SQLite leaves beside a database that was being written."""
_LEFT_OVER_S = 24 * 3600


class Rights(Enum):
    """Who may read a file that is written.

    PRIVATE: its owner alone; a file of the program's own. USUAL: as the file that it replaces, else as the
    system gives to new files; for what a person chose and shares with others: the rules of `targets` hold.
    """

    PRIVATE = 0o600
    USUAL = 0o666


@contextlib.contextmanager
def replacing(
    target: Path, rights: Rights = Rights.PRIVATE, cancel: CancelToken | None = None
) -> Iterator[IO[bytes]]:
    """A stream that becomes `target` when the block ends well, and vanishes when it doesn't.

    After the block the content and its name are on the disk: a power cut leaves the old file or
    the new one. A pipe or device that a person chose is written to directly. Raises OSError; for
    USUAL also ExportError (export_unwritable), and Cancelled while a pipe is waited for.
    """
    if rights is Rights.USUAL:
        with targets.taking_a_stream(target, cancel) as direct:
            if direct is not None:
                yield direct
                return
        target = targets.settle(target)
    beside, handle = new_beside(target, rights)
    try:
        stream = os.fdopen(handle, "wb")
        try:
            yield stream
            stream.flush()
            os.fsync(handle)
            if os.name == "nt":
                # An open file cannot be renamed there; elsewhere it stays locked until it is in place.
                stream.close()
            beside.replace(target)
        finally:
            stream.close()
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    sync_folder(target.parent)


def write_whole(target: Path, content: bytes, rights: Rights = Rights.PRIVATE) -> None:
    """Write a small file by `replacing`. Raises what that raises."""
    with replacing(target, rights) as stream:
        stream.write(content)


def new_beside(target: Path, rights: Rights, *, lockable: bool = True) -> tuple[Path, int]:
    """An empty file beside the target, and its open handle, whose lock says that it is being written.

    It has its rights before it has content. Raises OSError.

    Args:
        lockable: False where a lock could disturb whoever else opens the file: it then counts as being
            written for a day.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    while True:
        tag = f"{_here()}-" if lockable else ""
        path = target.parent / f"{_PREFIX}{tag}{secrets.token_hex(8)}{_SUFFIX}"
        handle = os.open(path, flags, rights.value)
        try:
            if rights is Rights.PRIVATE:
                _set_mode(handle, 0o600)
            elif (before := _mode_of(target)) is not None:
                _set_mode(handle, before)
            if not lockable or _lock(handle):
                # Somebody who sweeps may have been quicker than the lock.
                if os.name == "nt" or not lockable or _is_at(path, handle):
                    return path, handle
            else:
                lockable = False
        except BaseException:
            os.close(handle)
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        os.close(handle)
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def new_folder_within(folder: Path) -> Iterator[Path]:
    """A folder of its own name in that folder, locked while the block lasts, and gone after it.

    Raises OSError.
    """
    path = folder / f"{_PREFIX}{_here()}-{secrets.token_hex(8)}{_SUFFIX}"
    path.mkdir(mode=0o700)
    handle = None
    try:
        if os.name != "nt":
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            if not _lock(handle):
                path = path.rename(path.with_name(path.name.replace(f"{_here()}-", "")))
        yield path
    finally:
        if handle is not None:
            os.close(handle)
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder(scratch: Path | None) -> Iterator[Path]:
    """A folder for its owner alone within `scratch`, gone after the block; swept if the program is killed.

    Where there can be none, in a data folder that may only be read, it lies in the system's temporary folder.
    Raises OSError.
    """
    with contextlib.ExitStack() as stack:
        made = None
        if scratch is not None:
            with contextlib.suppress(OSError):
                make_folder(scratch)
                made = stack.enter_context(new_folder_within(scratch))
        if made is None:
            folder = Path(tempfile.gettempdir())
            sweep_left_over(folder)
            made = stack.enter_context(new_folder_within(folder))
        yield made


def create_private(path: Path) -> None:
    """Make an empty file for its owner alone where there is none; one that is there stays as it is.

    SQLite makes the files beside a database with the database's rights. In a folder that is shared on purpose
    it does nothing: others are to have what is made there. Raises OSError.
    """
    if is_shared(path.parent):
        return
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, flags, 0o600)
        try:
            _set_mode(handle, 0o600)
        finally:
            os.close(handle)


def is_shared(folder: Path) -> bool:
    """Whether a folder is somebody else's, or shared on purpose: for a group whose name its files inherit, or
    for everybody as a temporary folder is. False on Windows, and where it is not there.
    """
    if os.name == "nt":
        return False
    try:
        status = folder.stat()
    except OSError:
        return False
    mode = status.st_mode
    for_a_group = mode & stat.S_ISGID and mode & stat.S_IWGRP
    for_all = mode & stat.S_ISVTX and mode & stat.S_IWOTH
    return status.st_uid != os.geteuid() or bool(for_a_group or for_all)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents for their owner alone, their names on the disk. Raises OSError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            # A umask can take rights of the owner away.
            if os.name != "nt":
                path.chmod(0o700)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in missing:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Sync a folder's entries to the disk, where the system supports it.

    Windows cannot; some file systems refuse, and then keep names as safe as they can anyway.
    """
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep_left_over(folder: Path) -> int:
    """Remove half-written files and folders that killed programs left there; returns how many.

    What this computer's programs left goes at once, by its lock; what another computer's, an older
    version's, or where nothing can be locked, when it is a day old.
    """
    removed = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if entry.name.startswith(_PREFIX)]:
            matched = _NAME.fullmatch(name)
            if matched is not None:
                with contextlib.suppress(OSError):
                    removed += _sweep(folder / name, here=matched[1] == _here())
    return removed


def sweep_beside(target: Path) -> None:
    """Sweep the folder in which a target, with its links followed, is to be written."""
    with contextlib.suppress(OSError, ValueError):
        sweep_left_over(Path(os.path.realpath(target)).parent)


def _sweep(path: Path, *, here: bool) -> bool:
    status = path.lstat()
    is_folder = stat.S_ISDIR(status.st_mode)
    if not (is_folder or stat.S_ISREG(status.st_mode)):
        return False
    if os.name != "nt" and status.st_uid != os.geteuid():
        return False
    old = time.time() - status.st_mtime > _LEFT_OVER_S
    if not (here or old):
        return False
    if os.name == "nt":
        # A file that is open there cannot be removed; an open folder can.
        return _remove(path, is_folder) if not is_folder or old else False
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return _remove(path, is_folder) if _lock(handle) else False
    finally:
        os.close(handle)


def _remove(path: Path, is_folder: bool) -> bool:
    if is_folder:
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()
    path.unlink()
    for helper in _HELPERS:
        path.with_name(path.name + helper).unlink(missing_ok=True)
    return True


@functools.cache
def _here() -> str:
    """This computer, as eight digits that say nothing of it: a lock is seen by its own programs."""
    known = platform.node().encode("utf-8", "replace")
    with contextlib.suppress(OSError):
        known += Path("/etc/machine-id").read_bytes()
    return hashlib.sha256(known).hexdigest()[:8]


def _lock(handle: int) -> bool:
    """Lock it unless somebody has; False too where nothing can be locked."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return None


def _set_mode(handle: int, mode: int) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(handle, mode)

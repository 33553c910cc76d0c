"""Atomic file replacement: files are written beside the target, synced, then put in place.

Callers turn the OSError into an error of their own.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import IO

_PREFIX, _SUFFIX = ".hematodesk-", ".part"
_LEFT_OVER_S = 24 * 3600


class Rights(Enum):
    """Who may read a file that is written.

    PRIVATE: its owner alone. USUAL: as the file that it replaces, else as the system gives to new
    files; for what a person shares with others.
    """

    PRIVATE = 0o600
    USUAL = 0o666


@contextlib.contextmanager
def replacing(target: Path, rights: Rights = Rights.PRIVATE) -> Iterator[IO[bytes]]:
    """A stream that becomes `target` when the block ends well, and vanishes when it doesn't.

    After the block the content and its name are on the disk: a power cut leaves the old file or
    the new one. Raises OSError.
    """
    beside, handle = _beside(target.parent, rights)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if rights is Rights.USUAL and target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    sync_folder(target.parent)


def write_whole(target: Path, content: bytes, rights: Rights = Rights.PRIVATE) -> None:
    """Write a small file by `replacing`. Raises OSError."""
    with replacing(target, rights) as stream:
        stream.write(content)


def _beside(folder: Path, rights: Rights) -> tuple[Path, int]:
    """A new file with a name of its own, and its open handle; the system takes the umask off its rights."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    path = folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
    return path, os.open(path, flags, rights.value)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents for their owner alone, their names on the disk. Raises OSError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
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
    """Remove half-written files that a killed program left a day ago or earlier; returns how many."""
    removed = 0
    with contextlib.suppress(OSError):
        for path in list(folder.glob(f"{_PREFIX}*{_SUFFIX}")):
            if time.time() - path.stat().st_mtime > _LEFT_OVER_S:
                path.unlink()
                removed += 1
    return removed

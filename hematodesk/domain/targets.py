"""What a person may have written to: one rule for every command, export and dialog.

- A file, there already or not yet, is replaced whole. A link to a file is followed: the file that it leads to
  is replaced, and the link stays.
- A pipe, a character device and one of the process's own descriptors (/dev/stdout) take what is written as it
  comes. A pipe that nobody reads is waited for only a while, and a reader that stops reading can be given up.
- Refused are a folder, a socket, a block device, a link that leads nowhere, an image that the program reads,
  and whatever is the program's own: its data folder, its packages, its code and the administrator's policy.
  What is its own is told by the identity of files and folders, not by their names.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import select
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import ExportError
from hematodesk.domain.image_formats import sniff_format
from hematodesk.domain.messages import N_

READER_S = 5.0
"""Seconds to wait for somebody to read a pipe."""
_LOOK_S = 0.05
_MOST_LINKS = 40
_DESCRIPTORS = re.compile(r"/(?:proc/(?:self|thread-self|[0-9]+)(?:/task/[0-9]+)?|dev)/fd")

Identity = tuple[int, int]

_own: set[Path] = set()
_foreign: set[Identity] = set()
"""Folders that were found to be nobody's of the program, so that many files into one are quick."""


def protect(*places: Path) -> None:
    """Have these files and folders, with all that is in them, refused as targets from now on."""
    _own.update(places)
    _foreign.clear()


def check_target(target: Path) -> None:
    """Raise ExportError (export_unwritable) for what is the program's own, or an image.

    It tells before the work what would be refused after it, also of a folder that is to be made. What the
    system refuses is told when it is written.
    """
    try:
        status = _status(target)
    except OSError:
        return
    _refuse_own(target, status)
    if status is not None and stat.S_ISREG(status.st_mode) and _is_image(target):
        raise _refused(N_("Errors", "“{name}” is an image and would be overwritten."), name=target.name)


def settle(target: Path) -> Path:
    """The file that is to be replaced or made: the target with its links followed.

    Raises ExportError (export_unwritable) for what is no file or must not be replaced, and OSError.
    """
    check_target(target)
    status = _status(target)
    if status is None:
        if target.is_symlink():
            raise _refused(N_("Errors", "“{name}” is a link that leads nowhere."), name=target.name)
        return Path(os.path.realpath(target))
    if stat.S_ISDIR(status.st_mode):
        raise _refused(N_("Errors", "{target} is a folder."), N_("Errors", "Name a file."), target=target)
    if not stat.S_ISREG(status.st_mode):
        raise _refused(
            N_("Errors", "“{name}” is no file, and what is written here needs one."), name=target.name
        )
    return Path(os.path.realpath(target))


@contextlib.contextmanager
def taking_a_stream(target: Path, cancel: CancelToken | None) -> Iterator[IO[bytes] | None]:
    """A stream into a pipe, a device or a descriptor of this process; None for what is to be a file.

    Raises ExportError (export_unwritable) where nobody reads, OSError, and Cancelled while it waits.
    """
    token = cancel or CancelToken()
    descriptor = _descriptor(target)
    status = os.fstat(descriptor) if descriptor is not None else _status(target)
    if descriptor is None and (status is None or not _takes_a_stream(status)):
        yield None
        return
    _refuse_own(target, status)
    handle = _opened(target, token) if descriptor is None else os.dup(descriptor)
    raw = _Patient(handle, token)
    stream = io.BufferedWriter(raw, 1 << 16)
    try:
        yield stream
        stream.flush()
    finally:
        # What a failed block left in the buffer is not written.
        raw.given_up = True
        with contextlib.suppress(OSError, ValueError):
            stream.close()


def is_same_file(one: Path, other: Path) -> bool:
    """Whether both lead to one file that is there."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def _refused(
    template: str, remedy: str = N_("Errors", "Choose another name or folder."), /, **data: object
) -> ExportError:
    return ExportError("export_unwritable", template, remedy, **data)


def _status(path: Path) -> os.stat_result | None:
    """Of what the path leads to; None where nothing is there. Raises OSError."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as fault:
        # A name that no system takes (NUL in it).
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from fault


def _takes_a_stream(status: os.stat_result) -> bool:
    return stat.S_ISFIFO(status.st_mode) or stat.S_ISCHR(status.st_mode)


def _is_image(target: Path) -> bool:
    try:
        with target.open("rb") as stream:
            return sniff_format(stream.read(12)) is not None
    except OSError:
        # A file that may not be read is none that was.
        return False


# What is the program's own


def _refuse_own(target: Path, status: os.stat_result | None) -> None:
    if _own and _is_own(Path(os.path.realpath(target)), status):
        raise _refused(
            N_("Errors", "“{name}” belongs to the program's own files."), name=target.name or target
        )


def _is_own(real: Path, status: os.stat_result | None) -> bool:
    roots = {Path(os.path.realpath(place)) for place in _own}
    # By name, too: what is not there yet has no identity.
    if any(_within(real, root) for root in roots) or any(_beside_linked(real, place) for place in _own):
        return True
    above = [found for each in (real, *real.parents) if (found := _identity(each)) is not None]
    is_file = status is not None and not stat.S_ISDIR(status.st_mode)
    # The file itself stands first, where it is there.
    if not is_file and set(above) <= _foreign:
        return False
    folders, files = _identities(roots)
    if folders.intersection(above):
        return True
    if status is not None and (status.st_dev, status.st_ino) in files:
        return True
    _foreign.update(above[1:] if is_file else above)
    return False


def _within(path: Path, folder: Path) -> bool:
    if sys.platform in ("win32", "darwin"):
        path, folder = Path(str(path).casefold()), Path(str(folder).casefold())
    return path.is_relative_to(folder)


def _beside_linked(real: Path, place: Path) -> bool:
    """Whether it is one of SQLite's files beside a history that the data folder only links to."""
    if not place.is_symlink():
        return False
    led = Path(os.path.realpath(place))
    return real.parent == led.parent and real.name.casefold().startswith(led.name.casefold())


def _identity(path: Path) -> Identity | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino)


def _identities(roots: set[Path]) -> tuple[set[Identity], set[Identity]]:
    """Those of all the program's folders, and of all its files."""
    folders: set[Identity] = set()
    files: set[Identity] = set()
    waiting = list(roots)
    while waiting:
        place = waiting.pop()
        found = _identity(place)
        if found is None:
            continue
        if not place.is_dir():
            files.add(found)
            continue
        folders.add(found)
        with contextlib.suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif (one := _identity(Path(entry.path))) is not None:
                    files.add(one)
    return folders, files


# Pipes, devices and descriptors


def _descriptor(target: Path) -> int | None:
    """Which descriptor of this process the path names (/dev/stdout, /dev/fd/1, /proc/self/fd/1), if any."""
    if os.name == "nt":
        return None
    path = target.absolute()
    for _ in range(_MOST_LINKS):
        folder = os.path.realpath(path.parent)
        if path.name.isdecimal() and _DESCRIPTORS.fullmatch(folder):
            own = folder in (f"/proc/{os.getpid()}/fd", "/dev/fd") or folder.startswith(
                f"/proc/{os.getpid()}/task/"
            )
            return int(path.name) if own else None
        if not path.is_symlink():
            return None
        path = Path(folder, path.readlink())
    return None


def _opened(target: Path, token: CancelToken) -> int:
    """A handle that never waits. Raises ExportError, OSError, Cancelled."""
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    deadline = time.monotonic() + READER_S
    while True:
        token.check()
        try:
            handle = os.open(target, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
        except OSError as fault:
            if fault.errno != errno.ENXIO:
                raise
            if time.monotonic() >= deadline:
                raise _refused(
                    N_("Errors", "“{name}” is a pipe that nobody reads."),
                    N_("Errors", "Begin the program that reads it first."),
                    name=target.name,
                ) from None
            time.sleep(_LOOK_S)
            continue
        if _takes_a_stream(os.fstat(handle)):
            return handle
        os.close(handle)
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


class _Patient(io.RawIOBase):
    """Writes only what is taken at once, and looks between whether the work was cancelled."""

    def __init__(self, handle: int, token: CancelToken) -> None:
        self._handle = handle
        self._token = token
        self.given_up = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._handle

    def isatty(self) -> bool:
        return os.isatty(self._handle)

    def write(self, data: object) -> int:
        """Write the beginning of it; returns how much. Raises OSError, Cancelled."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        if self.given_up:
            return len(view)
        # A pipe that takes anything takes so much, also where the handle could wait.
        piece = view[: getattr(select, "PIPE_BUF", len(view))]
        while True:
            self._token.check()
            if self._ready():
                with contextlib.suppress(BlockingIOError):
                    return os.write(self._handle, piece)

    def _ready(self) -> bool:
        if not hasattr(select, "poll"):
            return True
        waiting = select.poll()
        waiting.register(self._handle, select.POLLOUT)
        return bool(waiting.poll(_LOOK_S * 1000))

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._handle)

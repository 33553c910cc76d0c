"""Lists the image files of the given files and folders."""

from __future__ import annotations

import heapq
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from hematodesk.domain.image_formats import image_suffixes
from hematodesk.domain.left_out import LeftOut, is_quiet_folder

_PIECE = 2_000
"""Entries sorted in one go."""

_NUMBERS = re.compile(r"(\d+)")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which `smear_2` comes before `smear_10`, whatever the letters' case."""
    parts = _NUMBERS.split(name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def gather_images(
    paths: Iterable[Path], recursive: bool = True, left_out: LeftOut | None = None
) -> Iterator[Path]:
    """The image files of files and folders, in the order given, folders in natural order.

    A file that was named is always yielded, whatever it is called and even when it is not there:
    reading it says what is wrong. Of a folder's files those with a known image suffix are taken: looking
    into all others would fetch each one from a network drive or a cloud. Hidden files and folders and those
    of systems and storage boxes are passed over; a named folder that cannot be listed is yielded itself, so
    that reading it says so. No file comes twice.

    What was left out is added to `left_out` on the way.
    """
    walk = _Walk(recursive, LeftOut() if left_out is None else left_out)
    seen: set[str] = set()
    for path in paths:
        found = walk.folder(path) if is_folder(path) else iter((path,))
        for image in found:
            key = os.path.normcase(image.absolute())
            if key not in seen:
                seen.add(key)
                yield image


def is_folder(path: Path) -> bool:
    """Whether it is one and the system says so: False where it refuses to look."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


class _Walk:
    """Goes through folders, and counts what it leaves out in each of them once."""

    def __init__(self, recursive: bool, left_out: LeftOut) -> None:
        self._recursive = recursive
        self._left_out = left_out
        self._suffixes = image_suffixes()
        self._counted: set[str] = set()

    def folder(self, folder: Path, named: bool = True) -> Iterator[Path]:
        key = os.path.normcase(folder.absolute())
        left_out = LeftOut() if key in self._counted else self._left_out
        self._counted.add(key)
        try:
            with os.scandir(folder) as listing:
                entries = [entry for entry in listing if not entry.name.startswith(".")]
        except OSError:
            if named:
                yield folder
            else:
                left_out.closed += 1
            return
        folders: list[Path] = []
        for entry in _in_order(entries):
            try:
                if entry.is_dir(follow_symlinks=False):
                    if not is_quiet_folder(entry.name):
                        folders.append(folder / entry.name)
                elif self._takes(entry, left_out):
                    yield folder / entry.name
            except OSError:
                # Vanished meanwhile, or the drive does not answer.
                continue
        if self._recursive:
            for inner in folders:
                yield from self.folder(inner, named=False)
        else:
            left_out.inner += len(folders)

    def _takes(self, entry: os.DirEntry[str], left_out: LeftOut) -> bool:
        """Whether it is an image's file; else it is counted. Raises OSError."""
        is_image = Path(entry.name).suffix.casefold() in self._suffixes
        if is_image and entry.is_file():
            return True
        if entry.is_symlink() and (is_image or entry.is_dir()):
            left_out.links += 1
        else:
            left_out.add_file(entry.name)
        return False


def _in_order(entries: list[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    """The entries in natural order, sorted in pieces: one sort of 50,000 would hold up every other thread."""
    pieces = []
    for start in range(0, len(entries), _PIECE):
        keyed = [(natural_key(entry.name), entry.name, entry) for entry in entries[start : start + _PIECE]]
        keyed.sort(key=lambda each: each[:2])
        pieces.append(keyed)
    for _, _, entry in heapq.merge(*pieces, key=lambda each: each[:2]):
        yield entry


class ImageListing:
    """The images of files and folders while they are being listed: one thread lists, another one takes.

    Iterating waits for the next image and ends with the last; it may be done once at a time.

    Attributes:
        roots: what was named.
        left_out: whole at the end of `list_all`.
    """

    def __init__(self, paths: Iterable[Path], recursive: bool = True) -> None:
        self.roots = tuple(paths)
        self.left_out = LeftOut()
        self._recursive = recursive
        # As text: a Path takes five times the memory, and there may be a million. Taken ones are removed.
        self._waiting: deque[str] = deque()
        self._count = 0
        self._over = False
        self._stopped = False
        self._changed = threading.Condition()

    def anew(self) -> ImageListing:
        """The same files and folders, to be listed once more."""
        return ImageListing(self.roots, self._recursive)

    def list_all(self, first: Callable[[], object] | None = None) -> int:
        """List to the end, or until `stop`; how many there are. Blocks, so it is for a thread of its own.

        `first` is called once there is an image, and it is known whether it is the only one.
        """
        try:
            for path in self._gather():
                with self._changed:
                    if self._stopped:
                        break
                    self._waiting.append(os.fspath(path))
                    self._count += 1
                    self._changed.notify_all()
                if first is not None and self._count == 2:
                    first()
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
        if first is not None and self._count == 1:
            first()
        return self._count

    def _gather(self) -> Iterator[Path]:
        return gather_images(self.roots, self._recursive, self.left_out)

    def stop(self) -> None:
        """End the listing, and wake a thread that waits for it."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    @property
    def total(self) -> int | None:
        """How many there are; None while it is not known."""
        with self._changed:
            return self._count if self._over else None

    @property
    def found(self) -> int:
        """How many were found so far."""
        return self._count

    def __iter__(self) -> Iterator[Path]:
        return self

    def __next__(self) -> Path:
        """The next image, waited for. Raises StopIteration."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._over or self._stopped)
            if self._stopped or not self._waiting:
                raise StopIteration
            return Path(self._waiting.popleft())

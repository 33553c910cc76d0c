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

_PIECE = 2_000
"""Entries sorted in one go."""

_NUMBERS = re.compile(r"(\d+)")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which `smear_2` comes before `smear_10`, whatever the letters' case."""
    parts = _NUMBERS.split(name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def gather_images(paths: Iterable[Path], recursive: bool = True) -> Iterator[Path]:
    """The image files of files and folders, in the order given, folders in natural order.

    A file that was named is always yielded, whatever it is called and even when it is not there:
    reading it says what is wrong. Of a folder's files those with a known image suffix are taken;
    hidden ones, links to folders and folders that cannot be listed are passed over, but a named
    folder that cannot be listed is yielded itself, so that reading it says so. No file comes twice.
    """
    suffixes = image_suffixes()
    seen: set[str] = set()
    for path in paths:
        found = _of_folder(path, suffixes, recursive) if is_folder(path) else iter((path,))
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


def _of_folder(folder: Path, suffixes: frozenset[str], recursive: bool, named: bool = True) -> Iterator[Path]:
    try:
        with os.scandir(folder) as listing:
            entries = [entry for entry in listing if not entry.name.startswith(".")]
    except OSError:
        if named:
            yield folder
        return
    folders: list[Path] = []
    for entry in _in_order(entries):
        try:
            if entry.is_dir(follow_symlinks=False):
                folders.append(folder / entry.name)
            elif entry.is_file() and Path(entry.name).suffix.casefold() in suffixes:
                yield folder / entry.name
        except OSError:
            # Vanished, or a link that leads nowhere.
            continue
    if recursive:
        for inner in folders:
            yield from _of_folder(inner, suffixes, recursive, named=False)


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
    """

    def __init__(self, paths: Iterable[Path], recursive: bool = True) -> None:
        self.roots = tuple(paths)
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
            for path in gather_images(self.roots, self._recursive):
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

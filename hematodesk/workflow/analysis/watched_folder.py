"""Finds the files of a watched folder that are new and have stopped growing.

The folder is polled, which also works over network shares, where the system sends no
notifications. A file is given when its size and time were the same at two polls, and
again when it could not be read yet: a paused copy looks complete. Nothing is
forgotten while the folder is away, so that no file is given twice when it comes back.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from hematodesk.domain.cells import ImageResult
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.image_formats import image_suffixes
from hematodesk.domain.left_out import LeftOut, is_quiet_folder, is_unfinished

TRIES = 4
"""Attempts to read a file before its fault counts as the answer."""

_PASSING = frozenset(
    {"image_truncated", "image_damaged", "file_empty", "file_unreadable", "file_not_found", "not_an_image"}
)
"""Faults that a file still being written may have."""

_MOST_REMEMBERED = 200_000
_MOST_ANSWERS = 100_000

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """The result of one poll.

    Attributes:
        ready: new files that have stopped growing, oldest first.
        growing: how many are still watched for it.
        away: whether the folder cannot be looked into: renamed, deleted, unmounted.
        left_out: what else is in it; copies and downloads under way are not counted.
    """

    ready: list[Path]
    growing: int
    away: bool
    left_out: LeftOut = field(default_factory=LeftOut)


@dataclass(slots=True)
class _File:
    stamp: Stamp
    given: bool = False
    tries: int = 0


class WatchedFolder:
    """One folder with the folders inside it. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._files: dict[str, _File] = {}
        self._answered: OrderedDict[str, HistoryImage] = OrderedDict()
        self._lock = threading.Lock()

    def look(self) -> Look:
        """Poll once; blocks as long as the disk does."""
        left_out = LeftOut()
        try:
            found = dict(_images(self.folder, left_out))
        except OSError:
            return Look([], 0, away=True)
        ready: list[tuple[int, str]] = []
        growing = 0
        with self._lock:
            for path, stamp in found.items():
                file = self._files.get(path)
                if file is None or file.stamp != stamp:
                    self._files[path] = _File(stamp, tries=0)
                    growing += 1
                elif not file.given and stamp[0] > 0:
                    file.given = True
                    ready.append((stamp[1], path))
                else:
                    growing += not file.given
            if len(self._files) > _MOST_REMEMBERED:
                self._files = {path: file for path, file in self._files.items() if path in found}
        return Look([Path(path) for _, path in sorted(ready)], growing, away=False, left_out=left_out)

    def known(self, digest: str) -> HistoryImage | None:
        """The answer for a digest among those that were remembered."""
        with self._lock:
            return self._answered.get(digest)

    def remember(self, results: Iterable[ImageResult]) -> None:
        """Answers that are kept nowhere else, so that a renamed or copied file is not answered again."""
        with self._lock:
            for result in results:
                if result.digest:
                    bare = HistoryImage(0, 0, replace(result, thumbnail=b""), "")
                    self._answered[result.digest] = bare
            while len(self._answered) > _MOST_ANSWERS:
                self._answered.popitem(last=False)

    def give_again(self, paths: Iterable[Path]) -> None:
        """Offer these files again at the next poll: their results could not be saved."""
        with self._lock:
            for path in paths:
                if (file := self._files.get(str(path))) is not None:
                    file.given = False

    def comes_again(self, result: ImageResult) -> bool:
        """Whether a failed result is not final: the file may still be growing, or is gone."""
        if result.fault is None or result.fault.code not in _PASSING:
            return False
        with self._lock:
            file = self._files.get(result.path)
            if file is None:
                return False
            if result.fault.code == "file_not_found":
                del self._files[result.path]
                return True
            file.tries += 1
            file.given = file.tries >= TRIES
            return not file.given


def _images(folder: Path, left_out: LeftOut) -> Iterator[tuple[str, Stamp]]:
    """The image files of a folder and those inside, with size and time. Raises OSError for the folder."""
    suffixes = image_suffixes()
    waiting = [os.fspath(folder)]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as listing:
                for entry in listing:
                    name = entry.name
                    if name.startswith("."):
                        continue
                    try:
                        if entry.is_dir(follow_symlinks=False):
                            if not is_quiet_folder(name):
                                waiting.append(entry.path)
                        elif Path(name).suffix.casefold() not in suffixes:
                            if not is_unfinished(name):
                                left_out.add_file(name)
                        elif entry.is_file():
                            status = entry.stat()
                            yield entry.path, (status.st_size, status.st_mtime_ns)
                    except OSError:
                        # Vanished between two calls.
                        continue
        except OSError:
            if place == os.fspath(folder):
                raise
            left_out.closed += 1

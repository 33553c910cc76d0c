"""Reads untrusted whole slides in confined child processes, one slide a child.

Error codes besides those of imaging.slide_faults and imaging.slide_files:
    image_decoder_failed: the child crashed or sent an invalid reply, twice.
    image_decoder_stuck: it took longer than is allowed.
    image_decoder_missing: no child can be started, or the pool is closed.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from hematodesk.child.wire import BadReply, ChildGone
from hematodesk.domain.errors import ImageError
from hematodesk.domain.messages import N_
from hematodesk.domain.slide_info import SlideInfo
from hematodesk.domain.slide_regions import SlideRegion
from hematodesk.imaging.files import ReadImage
from hematodesk.imaging.slide_files import SlideFiles, region_digest, slide_files, slide_identity
from hematodesk.imaging.slide_worker import Pixels, SlideLimits, SlideWorker

_T = TypeVar("_T")

_ATTEMPTS = 2
_KEPT = 3
"""Children that stay between requests: two scan a slide while the window looks at it."""


class SlidePool:
    """Open slides, each in children of its own, started when needed. Safe to use from many threads."""

    def __init__(self, limits: SlideLimits | None = None) -> None:
        self._limits = limits or SlideLimits()
        self._lock = threading.Lock()
        self._idle: OrderedDict[SlideWorker, Path] = OrderedDict()
        self._busy: set[SlideWorker] = set()
        self._identities: dict[tuple[Path, int, int], str] = {}
        self._closed = False
        # Linux ends children with the thread that started them: this one lives as long as the pool.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="hematodesk-slides")

    def info(self, path: Path) -> SlideInfo:
        """What the slide says of itself. Raises ImageError."""
        return self._asked(path, lambda worker: worker.info)

    def limits_in_force(self, path: Path) -> tuple[str, ...]:
        """What holds the child that has this slide open. Raises ImageError."""
        return self._asked(path, lambda worker: worker.in_force)

    def overview(self, path: Path, side: int) -> Pixels:
        """The whole slide, its longer side at most `side` pixels, uint8 (H, W, 3) RGB. Raises ImageError."""
        return self._asked(path, lambda worker: worker.overview(path.name, side))

    def region(self, path: Path, level: int, x: int, y: int, width: int, height: int) -> Pixels:
        """Pixels of a level, uint8 (height, width, 3) RGB; x and y count the full resolution's pixels.

        Raises ImageError.
        """
        return self._asked(path, lambda worker: worker.region(path.name, level, x, y, width, height))

    def field(self, path: Path, region: SlideRegion) -> ReadImage:
        """A region at full resolution as an image. Raises ImageError."""
        pixels = self.region(path, 0, region.x, region.y, region.width, region.height)
        return ReadImage(pixels, "slide", region_digest(self._identity(path), region), ())

    def digest(self, path: Path, region: SlideRegion) -> str:
        """The digest of that image, without reading it. Raises ImageError."""
        return region_digest(self._identity(path), region)

    def close(self) -> None:
        """End all children; who still reads gets an ImageError."""
        with self._lock:
            self._closed = True
            idle = list(self._idle)
            self._idle.clear()
            for worker in self._busy:
                worker.kill()
        for worker in idle:
            worker.end()
        self._starter.shutdown()

    def _identity(self, path: Path) -> str:
        files = slide_files(path)
        status = path.stat()
        key = (path, status.st_size, status.st_mtime_ns)
        found = self._identities.get(key)
        if found is None:
            found = self._identities[key] = slide_identity(files)
        return found

    def _asked(self, path: Path, ask: Callable[[SlideWorker], _T]) -> _T:
        files = slide_files(path)
        for _ in range(_ATTEMPTS):
            try:
                with self._worker(files) as worker:
                    return ask(worker)
            except (ChildGone, BadReply):
                continue
        raise ImageError(
            "image_decoder_failed",
            N_("Errors", "“{name}” makes its decoder fail, each time that it is tried."),
            N_("Errors", "It is damaged, or made to do harm. Export it again from its source."),
            name=path.name,
        )

    @contextlib.contextmanager
    def _worker(self, files: SlideFiles) -> Iterator[SlideWorker]:
        """A worker with the slide open, for this thread alone."""
        worker = self._taken(files.path) or self._started()
        whole = False
        try:
            if not hasattr(worker, "info"):
                worker.open(files)
            try:
                yield worker
            except ImageError:
                # One place's fault, told by a child that goes on.
                whole = True
                raise
            whole = True
        except (ChildGone, BadReply):
            if self._closed:
                raise _missing() from None
            if worker.stuck:
                raise _stuck(files.path.name, self._limits.patience_s) from None
            raise
        finally:
            self._given_back(worker, files.path, whole)

    def _taken(self, path: Path) -> SlideWorker | None:
        with self._lock:
            if self._closed:
                raise _missing()
            worker = next((each for each, held in self._idle.items() if held == path), None)
            if worker is not None:
                del self._idle[worker]
                self._busy.add(worker)
            return worker

    def _started(self) -> SlideWorker:
        try:
            worker = self._starter.submit(SlideWorker, self._limits).result()
        except (OSError, RuntimeError):
            raise _missing() from None
        with self._lock:
            closed = self._closed
            if not closed:
                self._busy.add(worker)
        if closed:
            # Closed while it started.
            worker.end()
            raise _missing()
        return worker

    def _given_back(self, worker: SlideWorker, path: Path, whole: bool) -> None:
        ended = [] if whole else [worker]
        with self._lock:
            self._busy.discard(worker)
            if self._closed:
                ended = [worker]
            elif whole:
                self._idle[worker] = path
                while len(self._idle) > _KEPT:
                    ended.append(self._idle.popitem(last=False)[0])
        for each in ended:
            each.end()


def _stuck(name: str, patience_s: float) -> ImageError:
    return ImageError(
        "image_decoder_stuck",
        N_("Errors", "“{name}” was not decoded within {seconds} seconds, and its decoder was stopped."),
        N_("Errors", "It is damaged, or made to do harm. Export it again from its source."),
        name=name,
        seconds=f"{patience_s:.0f}",
    )


def _missing() -> ImageError:
    return ImageError(
        "image_decoder_missing",
        N_("Errors", "The process that decodes images cannot be started."),
        N_(
            "Errors",
            "Start the program again; `hematodesk self-test` says more. A security program may forbid it.",
        ),
    )

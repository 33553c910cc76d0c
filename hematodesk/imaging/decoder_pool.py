"""Decodes untrusted files in confined child processes; the program's ImageReader.

A child reads a file's bytes from one shared segment, which it cannot write to, and writes pixels to
another; its pipes carry only numbers and short checked texts. A failure of a child affects one image:
the child is killed, the image fails with one of the codes below, and the next image gets another child.

Error codes besides those of imaging.read:
    image_decoder_failed: the child crashed twice on this file, or sent an invalid reply.
    image_decoder_stuck: it took longer than is allowed.
    image_decoder_missing: no child can be started, or the pool is closed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Protocol

from hematodesk.child.wire import BadReply, ChildGone
from hematodesk.domain.errors import ImageError
from hematodesk.domain.messages import N_
from hematodesk.imaging.decoder_worker import WHOLE_INPUT, WHOLE_OUTPUT, NoRoom, Worker, WorkerLimits
from hematodesk.imaging.files import ReadImage, check_size, opened_file, page_digest

_ATTEMPTS, _STARTS = 2, 4
"""Attempts for one image, and for starting a child: the system or a user may have killed it."""

_LARGE_FILE = 16 * 1024**2
"""File size in bytes from which the digest is computed on a thread of its own."""

_FIRST_SIZES = (64 * 1024**2, 128 * 1024**2) if sys.platform == "win32" else (WHOLE_INPUT, WHOLE_OUTPUT)
"""Input and output segment in bytes. Windows commits all of it at once, so it starts smaller there."""


class _Wish(Enum):
    """A request to the supervisor."""

    START = 1
    LOOK = 2
    STOP = 3


class Teller(Protocol):
    """Receives events for the log: a code, and facts that are codes and counts."""

    def __call__(self, event: str, /, **facts: str | int | float | bool) -> None: ...


def _tell_nobody(event: str, /, **facts: str | int | float | bool) -> None:
    """For a pool without a log."""


class DecoderPool:
    """An ImageReader over a few children, started when they are needed. Safe to use from many threads.

    Args:
        size: children at most; by default one a core and one more for a batch, and one for what a person
            opens meanwhile: images whose cells are to be located, too, leave that one alone.
        limits: what a child may use.
        sizes: of the input and the output segment at first; they grow as images need it.
        tell: takes events.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        limits: WorkerLimits | None = None,
        sizes: tuple[int, int] = _FIRST_SIZES,
        tell: Teller = _tell_nobody,
    ) -> None:
        self._size = size if size is not None else max(1, min(4, os.cpu_count() or 1)) + 2
        self._for_batch = threading.BoundedSemaphore(max(1, self._size - 1))
        self._limits = limits or WorkerLimits()
        self._sizes = sizes
        self._tell = tell
        self._change = threading.Condition()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._alive = 0
        self._failed_starts = 0
        self._closed = False
        self._told: tuple[str, ...] | None = None
        self._supervisor: threading.Thread | None = None
        self._wishes: queue.SimpleQueue[_Wish] = queue.SimpleQueue()

    # What an ImageReader does

    def read(self, path: Path, *, locate: bool = False, page: int | None = None) -> ReadImage:
        """See ImageReader; codes: this module's and imaging.read's."""

        def fill(view: memoryview) -> int:
            with opened_file(path) as stream:
                length = 0
                while length < len(view):
                    count = stream.readinto(view[length:])  # type: ignore[attr-defined]
                    if not count:
                        break
                    length += count
            return length

        return self._decoded(fill, path.name, locate, page)

    def decode(self, data: bytes, name: str, *, locate: bool = False, page: int | None = None) -> ReadImage:
        """See ImageReader; codes: this module's and imaging.read's."""
        check_size(len(data), name)

        def fill(view: memoryview) -> int:
            length = min(len(data), len(view))
            view[:length] = data[:length]
            return length

        return self._decoded(fill, name, locate, page)

    def warm(self, count: int = 1) -> None:
        """Start so many children in the background, so that the first images need not wait for them.

        The one that is for what a person opens during a batch starts when it is needed.
        """
        with self._change:
            while not self._closed and self._alive < min(count, max(1, self._size - 1)):
                self._start_one()

    def limits_in_force(self) -> tuple[str, ...]:
        """What holds a child here, of child.confine.LIMIT_NAMES. Raises ImageError image_decoder_missing."""
        with self._worker() as worker:
            return worker.in_force

    def close(self) -> None:
        """End all children and the thread that watches them; who still reads gets an ImageError."""
        with self._change:
            self._closed = True
            idle, self._idle = self._idle, []
            for worker in self._busy:
                worker.kill()
            self._change.notify_all()
            supervisor, self._supervisor = self._supervisor, None
        for worker in idle:
            worker.end()
        if supervisor is not None:
            self._wishes.put(_Wish.STOP)
            supervisor.join()

    # One image

    def _decoded(
        self, fill: Callable[[memoryview], int], name: str, locate: bool, page: int | None
    ) -> ReadImage:
        """Decode what `fill` writes into the input segment; it may be asked more than once."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._for_batch if locate else contextlib.nullcontext():
                    return self._decoded_once(fill, name, locate, page)
            except (ChildGone, BadReply) as fault:
                self._tell("decoder_lost", attempt=attempt, how=type(fault).__name__)
        raise ImageError(
            "image_decoder_failed",
            N_("Errors", "“{name}” makes its decoder fail, each time that it is tried."),
            N_("Errors", "It is damaged, or made to do harm. Export it again from its source."),
            name=name,
        )

    def _decoded_once(
        self, fill: Callable[[memoryview], int], name: str, locate: bool, page: int | None
    ) -> ReadImage:
        while True:
            with self._worker() as worker:
                try:
                    image = self._with(worker, fill, name, locate, page)
                except ImageError:
                    # The file's fault, told by a child that goes on.
                    raise
                except BaseException:
                    self._spoilt(worker)
                    if worker.stuck:
                        raise _stuck(name, self._limits.patience_s) from None
                    raise
                if image is not None:
                    return image
                # It did not fit: the next worker has larger segments.
                self._spoilt(worker)

    def _with(
        self,
        worker: Worker,
        fill: Callable[[memoryview], int],
        name: str,
        locate: bool,
        page: int | None,
    ) -> ReadImage | None:
        """The image; None when a segment was too small and larger ones are set up now."""
        with memoryview(worker.given.map) as view:
            length = fill(view)
            if length == len(view) < WHOLE_INPUT:
                self._sizes = (WHOLE_INPUT, self._sizes[1])
                return None
            check_size(length, name)
            with view[:length] as whole, _digest_of(whole) as digest:
                try:
                    made = worker.decode(length, name, locate=locate, page=page)
                except NoRoom:
                    if self._sizes[1] >= WHOLE_OUTPUT:
                        raise BadReply from None
                    self._sizes = (self._sizes[0], WHOLE_OUTPUT)
                    return None
                image = ReadImage(
                    made.pixels,
                    made.format,
                    page_digest(digest(), made.page),
                    made.notices,
                    made.located,
                    made.page,
                    made.pages,
                )
        worker.forget(length)
        made.pixels.flags.writeable = False
        return image

    # Children

    @contextlib.contextmanager
    def _worker(self) -> Iterator[Worker]:
        """A worker that is up, for this thread alone; afterwards it is given back or replaced."""
        worker = self._up()
        try:
            yield worker
        finally:
            self._give_back(worker)

    def _up(self) -> Worker:
        for _ in range(_STARTS):
            worker = self._take()
            try:
                worker.greet()
            except (ChildGone, BadReply):
                self._spoilt(worker)
                self._give_back(worker)
                continue
            if worker.in_force != self._told:
                self._told = worker.in_force
                self._tell("decoder_started", limits=" ".join(worker.in_force) or "none")
            return worker
        self._tell("decoder_missing")
        raise _missing()

    def _take(self) -> Worker:
        with self._change:
            failed_before = self._failed_starts
            while not self._idle:
                if self._closed or self._failed_starts > failed_before:
                    raise _missing()
                if self._alive < self._size:
                    self._start_one()
                self._change.wait()
            worker = self._idle.pop()
            if not self._busy:
                # The supervisor sleeps without end while nobody has to be watched.
                self._wishes.put(_Wish.LOOK)
            self._busy.add(worker)
            return worker

    def _spoilt(self, worker: Worker) -> None:
        """This worker must not be used again."""
        worker.kill()
        worker.spoilt = True

    def _give_back(self, worker: Worker) -> None:
        good = not worker.spoilt and not worker.tired()
        with self._change:
            self._busy.discard(worker)
            if good and not self._closed:
                self._idle.append(worker)
                self._change.notify()
                return
        worker.end()
        with self._change:
            self._alive -= 1
            if worker.spent and not self._closed:
                # It did nothing wrong: the next image should not have to wait for another child.
                self._start_one()
            self._change.notify()

    def _start_one(self) -> None:
        """Have the supervisor start a child; the lock is held."""
        self._alive += 1
        if self._supervisor is None:
            self._supervisor = threading.Thread(target=self._keep, name="hematodesk-decoders", daemon=True)
            self._supervisor.start()
        self._wishes.put(_Wish.START)

    # The supervisor's thread. It starts the children because Linux ends them with the thread that started
    # them, and this one lives as long as the pool.

    def _keep(self) -> None:
        tick = min(0.5, self._limits.patience_s / 4)
        while True:
            with self._change:
                watching = bool(self._busy)
            try:
                wish = self._wishes.get(timeout=tick if watching else None)
            except queue.Empty:
                wish = _Wish.LOOK
            if wish is _Wish.STOP:
                return
            if wish is _Wish.START:
                self._start()
            self._end_overdue()

    def _start(self) -> None:
        try:
            worker = Worker(self._limits, *self._sizes)
        except OSError:
            with self._change:
                self._alive -= 1
                self._failed_starts += 1
                self._change.notify_all()
            return
        with self._change:
            if not self._closed:
                self._idle.append(worker)
                self._change.notify()
                return
        worker.end()

    def _end_overdue(self) -> None:
        now = time.monotonic()
        with self._change:
            overdue = [each for each in self._busy if each.deadline is not None and each.deadline < now]
        for worker in overdue:
            worker.stuck = True
            worker.kill()


@contextlib.contextmanager
def _digest_of(data: memoryview) -> Iterator[Callable[[], str]]:
    """What gives the SHA-256 of a file's bytes; a large file's is computed beside what the block does."""
    if len(data) < _LARGE_FILE:
        digest = hashlib.sha256(data).hexdigest()
        yield lambda: digest
        return
    with ThreadPoolExecutor(1, thread_name_prefix="hematodesk-digest") as beside:
        yield beside.submit(lambda: hashlib.sha256(data).hexdigest()).result


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

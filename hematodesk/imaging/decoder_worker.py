"""The parent's side of a decoder's child."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.child.jobs import job_of
from hematodesk.child.launch import start_child
from hematodesk.child.memory import Segment
from hematodesk.child.wire import BadReply, read_exactly, write_whole
from hematodesk.domain.image_notices import DAMAGE_SUSPECTED, VALUES_MISSING
from hematodesk.domain.limits import MAX_FILE_BYTES, MAX_PIXELS
from hematodesk.imaging import decoder_wire as wire

if TYPE_CHECKING:
    from hematodesk.domain.cells import Localisation
    from hematodesk.imaging.read import Pixels

_KEPT_BYTES = 64 * 1024**2
"""Shared memory that may stay taken between images; the field of a 16-megapixel camera fits."""

_HANDED_OVER_BYTES = 128 * 1024**2
"""Pixels above which a picture is not copied out of the shared memory but keeps the segment, which ends
the child: the copy would take longer than the start of another child, which happens in parallel."""

_ALONE = frozenset({"system_calls", "processes"})
"""Limits each of which keeps a child from starting processes that would outlive it."""

_DAMAGE = frozenset({DAMAGE_SUSPECTED, VALUES_MISSING})

_END_S = 5.0
"""Wall time within which a killed process is gone, unless it hangs in a system call."""

_LOOK_EVERY = 32
"""Images between two looks at a child's memory."""

WHOLE_INPUT, WHOLE_OUTPUT = MAX_FILE_BYTES + 1, 3 * MAX_PIXELS


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What a child may use, and how long one lives.

    Attributes:
        memory_bytes: private memory. The largest picture that is allowed takes 1.5 GB to convert when it
            has 16 bits and opacity.
        patience_s: wall time of one image. The largest takes some 3 s, and many times that on an old computer
            with other programs at work.
        start_s: wall time until a child is up: long on a cold disk with a virus scanner.
        busy_s: seconds of work after which a child is replaced. The system limits its processor time to
            this plus two images, so that it never runs out during a good image.
        images: number of images after which a child is replaced.
        images_after_failure: the same once an image failed or was damaged.
        grown_bytes: private memory left after an image above which a child is replaced.
    """

    memory_bytes: int = 1792 * 1024**2
    patience_s: float = 60.0
    start_s: float = 60.0
    busy_s: float = 120.0
    images: int = 5_000
    images_after_failure: int = 16
    grown_bytes: int = 256 * 1024**2

    @property
    def processor_s(self) -> int:
        """Processor time of a child's whole life."""
        return int(self.busy_s + 2 * self.patience_s) + 10


class NoRoom(Exception):
    """The picture is larger than the output segment."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a child made of a file; see ReadImage."""

    pixels: Pixels
    format: str
    notices: tuple[str, ...]
    located: Localisation | None
    page: int = 1
    pages: int = 1


class Worker:
    """A child with its two segments; one thread at a time uses it.

    Attributes:
        given: the input segment.
        in_force: the limits that hold it; known after `greet`.
        deadline: when its patience is over, in time.monotonic(); None while nothing is asked of it.
        stuck: whether it was killed because its patience was over.
        spoilt: whether it must not be used again.
        spent: whether its child was ended because its memory went with a picture.

    Raises OSError when it cannot be started.
    """

    def __init__(self, limits: WorkerLimits, input_bytes: int, output_bytes: int) -> None:
        self.limits = limits
        self.deadline: float | None = None
        self.stuck = self.spoilt = self.spent = False
        self.in_force: tuple[str, ...] = ()
        self._greeted = False
        self._number = self._images = 0
        self._busy_s = 0.0
        self.given = Segment(input_bytes, child_writes=False)
        try:
            self._made = Segment(output_bytes, child_writes=True)
        except OSError:
            self.given.close()
            raise
        try:
            self.process = start_child(
                "decode",
                [
                    *map(str, (os.getpid(), limits.memory_bytes, limits.processor_s)),
                    *(self.given.handle, str(input_bytes), self._made.handle, str(output_bytes)),
                ],
                [*self.given.descriptors, *self._made.descriptors],
            )
        except OSError:
            self.given.close()
            self._made.close()
            raise
        self._job = job_of(self.process, limits.memory_bytes, limits.processor_s)
        self.given.handed_over()
        self._made.handed_over()
        assert self.process.stdin is not None and self.process.stdout is not None
        self._ask, self._answer = self.process.stdin.fileno(), self.process.stdout.fileno()

    def greet(self) -> None:
        """Wait until it is up and confined. Raises ChildGone, BadReply."""
        if self._greeted:
            return
        self.deadline = time.monotonic() + self.limits.start_s
        reply = self._reply()
        if reply.kind != wire.READY:
            raise BadReply
        named = wire.checked_limits(read_exactly(self._answer, reply.length))
        self.in_force = (*named, *(self._job.in_force if self._job is not None else ()))
        self.deadline = None
        self._greeted = True

    def decode(self, length: int, name: str, *, locate: bool = False, page: int | None = None) -> Decoded:
        """Decode the file in the first bytes of the input segment; `locate`, `page`: see ImageReader.

        Raises ImageError with the child's reasons; ChildGone, BadReply and NoRoom, after which this
        worker is of no use any more.
        """
        import numpy as np

        started = time.monotonic()
        self.deadline = started + self.limits.patience_s
        # A number that the child cannot foresee: it answers this question alone, and none in advance.
        self._number = secrets.randbits(64)
        self._images += 1
        try:
            write_whole(self._ask, wire.REQUEST.pack(wire.ASK, self._number, length, locate, page or 0))
            reply = self._reply()
            if reply.kind == wire.FAILED:
                self._shorten()
                raise wire.checked_failure(read_exactly(self._answer, reply.length), name)
            told = read_exactly(self._answer, reply.length)
        finally:
            self.deadline = None
            self._busy_s += time.monotonic() - started
        if reply.kind == wire.NO_ROOM:
            raise NoRoom
        if (told and not locate) or (page is not None and reply.page != page):
            raise BadReply
        located = wire.checked_localisation(told, reply.width, reply.height) if told else None
        size = 3 * reply.width * reply.height
        if reply.kind != wire.PICTURE or size > self._made.size:
            raise BadReply
        if not _DAMAGE.isdisjoint(reply.notices):
            self._shorten()
        pixels = np.frombuffer(self._made.map, np.uint8, size).reshape(reply.height, reply.width, 3)
        # The returned pixels must not change: either the child is gone, or they are a copy.
        if size <= _HANDED_OVER_BYTES or not self._ended():
            pixels = pixels.copy()
            if size > _KEPT_BYTES and not self._made.release(size):
                self._images = self.limits.images
        return Decoded(pixels, reply.format, reply.notices, located, reply.page, reply.pages)

    def forget(self, length: int) -> None:
        """Release the memory of a large file's bytes."""
        if length > _KEPT_BYTES and not self.given.release(length):
            self._images = self.limits.images

    def _ended(self) -> bool:
        """End the child, so that its output segment can go with the picture; whether that is certain.

        It is not certain where a child may start processes, which would outlive it.
        """
        if not _ALONE & set(self.in_force):
            return False
        self.kill()
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            return False
        finally:
            self.spent = True
        return True

    def _shorten(self) -> None:
        """Let few images follow one that failed or is damaged: it may be made to change later ones."""
        self._images = max(self._images, self.limits.images - self.limits.images_after_failure)

    def tired(self) -> bool:
        """Whether it has done enough and should be replaced."""
        if self.spent or self._images >= self.limits.images or self._busy_s > self.limits.busy_s:
            return True
        return self._images % _LOOK_EVERY == 0 and self._grown()

    def _grown(self) -> bool:
        """Whether its private memory has grown too much (known on Linux only)."""
        try:
            pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()
            private = (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            return False
        return private > self.limits.grown_bytes

    def kill(self) -> None:
        """End the child at once, from any thread; one that waits for its answer gets ChildGone."""
        with contextlib.suppress(OSError):
            self.process.kill()

    def end(self) -> None:
        """End the child and give its memory back; may be called twice."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            # A process in an uninterruptible system call (a dead network drive) ends later.
            self.process.wait(_END_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self._job is not None:
            self._job.close()
        self.given.close()
        self._made.close()

    def _reply(self) -> wire.Reply:
        reply = wire.checked_reply(read_exactly(self._answer, wire.REPLY.size))
        if reply.number != self._number:
            raise BadReply
        return reply

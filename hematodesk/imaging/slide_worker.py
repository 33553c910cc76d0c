"""The parent's side of a slide's child: one child, one open slide."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hematodesk.child.jobs import job_of
from hematodesk.child.launch import start_child
from hematodesk.child.memory import Segment
from hematodesk.child.wire import BadReply, read_exactly, write_whole
from hematodesk.domain.slide_info import SlideInfo
from hematodesk.imaging import slide_wire as wire
from hematodesk.imaging.slide_files import SlideFiles

Pixels = npt.NDArray[np.uint8]

_END_S = 5.0
_KEPT_BYTES = 8 * 1024**2
"""Shared memory that may stay taken between two replies: a tile or a field fits."""


@dataclass(frozen=True, slots=True)
class SlideLimits:
    """What a slide's child may use.

    Attributes:
        memory_bytes: private memory. An overview takes some 60 MB, OpenSlide's own store of tiles 32.
        patience_s: wall time of one reply, the start included.
        processor_s: of its life: an hour of scanning.
    """

    memory_bytes: int = 1024 * 1024**2
    patience_s: float = 60.0
    processor_s: int = 4 * 3600


class SlideWorker:
    """A child with a slide that it has open; one thread at a time uses it.

    Attributes:
        info: what the slide says of itself; known after `open`.
        in_force: the limits that hold it; known after `open`.
        stuck: whether it was killed because its patience was over.

    Raises OSError when it cannot be started.
    """

    info: SlideInfo
    in_force: tuple[str, ...]

    def __init__(self, limits: SlideLimits) -> None:
        self.stuck = False
        self._limits = limits
        self._number = 0
        self._made = Segment(wire.MOST_BYTES, child_writes=True)
        try:
            self.process = start_child(
                "slide",
                [
                    *map(str, (os.getpid(), limits.memory_bytes, limits.processor_s)),
                    *(self._made.handle, str(wire.MOST_BYTES)),
                ],
                self._made.descriptors,
            )
        except OSError:
            self._made.close()
            raise
        self._job = job_of(self.process, limits.memory_bytes, limits.processor_s)
        self._made.handed_over()
        assert self.process.stdin is not None and self.process.stdout is not None
        self._ask, self._answer = self.process.stdin.fileno(), self.process.stdout.fileno()

    def open(self, files: SlideFiles) -> None:
        """Let it confine itself to the slide's files and open it.

        Raises ImageError with the child's reasons; ChildGone, BadReply: it is of no use any more.
        """
        paths = b"\0".join(os.fsencode(each.absolute()) for each in (files.path, *files.folders))
        with self._patience():
            write_whole(self._ask, self._request(wire.OPEN, width=len(paths)) + paths)
            reply = self._reply(0)
            if reply.kind != wire.READY:
                raise BadReply
            named = wire.checked_limits(read_exactly(self._answer, reply.length))
            self.in_force = (*named, *(self._job.in_force if self._job is not None else ()))
            reply = self._reply(self._number)
            words = read_exactly(self._answer, reply.length)
        if reply.kind == wire.FAILED:
            raise wire.checked_failure(words, files.path.name)
        if reply.kind != wire.OPENED:
            raise BadReply
        self.info = wire.checked_info(words)

    def region(self, name: str, level: int, x: int, y: int, width: int, height: int) -> Pixels:
        """Pixels of a level, uint8 (height, width, 3) RGB; x and y count the full resolution's pixels.

        Raises as `open` does.
        """
        return self._picture(name, self._request(wire.REGION, level, x, y, width, height), (width, height))

    def overview(self, name: str, side: int) -> Pixels:
        """The whole slide, its longer side at most `side` pixels, uint8 (H, W, 3) RGB.

        Raises as `open` does, also ImageError slide_no_overview.
        """
        return self._picture(name, self._request(wire.OVERVIEW, width=side), None)

    def _picture(self, name: str, request: bytes, size: tuple[int, int] | None) -> Pixels:
        with self._patience():
            write_whole(self._ask, request)
            reply = self._reply(self._number)
            words = read_exactly(self._answer, reply.length)
        if reply.kind == wire.FAILED:
            raise wire.checked_failure(words, name)
        if reply.kind != wire.PICTURE or (size is not None and size != (reply.width, reply.height)):
            raise BadReply
        count = 3 * reply.width * reply.height
        # Copied: the child may write to what it has shared.
        pixels = np.frombuffer(self._made.map, np.uint8, count).reshape(reply.height, reply.width, 3).copy()
        pixels.flags.writeable = False
        if count > _KEPT_BYTES:
            self._made.release(count)
        return pixels

    def _request(
        self, kind: int, level: int = 0, x: int = 0, y: int = 0, width: int = 0, height: int = 0
    ) -> bytes:
        # A number that the child cannot foresee, so that it answers nothing in advance.
        self._number = secrets.randbits(64)
        return wire.REQUEST.pack(wire.ASK, self._number, kind, level, x, y, width, height)

    def _reply(self, number: int) -> wire.Reply:
        reply = wire.checked_reply(read_exactly(self._answer, wire.REPLY.size))
        if reply.number != number:
            raise BadReply
        return reply

    @contextlib.contextmanager
    def _patience(self) -> Iterator[None]:
        """Kill the child when the block takes too long; who waits in it gets ChildGone."""

        def over() -> None:
            self.stuck = True
            self.kill()

        timer = threading.Timer(self._limits.patience_s, over)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def kill(self) -> None:
        """End the child at once, from any thread."""
        with contextlib.suppress(OSError):
            self.process.kill()

    def end(self) -> None:
        """End the child and give its memory back; may be called twice."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self._job is not None:
            self._job.close()
        self._made.close()

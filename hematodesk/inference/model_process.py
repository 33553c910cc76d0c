"""The parent's side of a model's child: one process, which answers one question at a time."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from hematodesk.child.jobs import job_of
from hematodesk.child.launch import start_child
from hematodesk.child.memory import Segment
from hematodesk.child.wire import BadReply, ChildGone, read_exactly, templates_in, told_fault, write_whole
from hematodesk.domain.errors import ModelError
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference import contract, fields, manifest_json, onnx_file, package, provider
from hematodesk.inference import model_wire as wire

_TOLD = frozenset(
    {
        "model_damaged",
        "manifest_missing",
        "manifest_invalid",
        "external_data",
        "outputs_mismatch",
        "model_unsupported",
    }
)
_LOOK_S = 0.02
_GRACE_S = 0.1
"""How long a run that is stopped may still take: most end by then, and the next child takes half a second."""

_END_S = 5.0


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What a model's child may use, and how long one lives.

    Attributes:
        memory_bytes: private memory, besides three times the size of the file, which loading takes.
        start_s: wall time until it is loaded and has run once. One run may take contract.TRIAL_SECONDS,
            loading not longer than that.
        run_s: wall time of one run of a few crops. The slowest networks take seconds on an old machine.
        busy_s: seconds of work after which a child is replaced, so that the limit of its processor time
            is never reached by a good one.
        threads: threads that may compute at the same time.
    """

    memory_bytes: int = 3 * 512 * 1024**2
    start_s: float = 120.0
    run_s: float = 30.0
    busy_s: float = 300.0
    threads: int = 4

    @property
    def processor_s(self) -> int:
        """Processor time of a child's whole life."""
        return int((self.start_s + self.busy_s + 2 * self.run_s) * self.threads) + 10


class ModelProcess:
    """A child with one model; one thread at a time uses it.

    Args:
        model: the file in shared memory, which several children may have.
        package: what was parsed of it.

    Attributes:
        greeting: what it said of itself; None before `greet`.
        late: whether it was ended because it took too long.

    Raises OSError when it cannot be started.
    """

    def __init__(self, model: Segment, package: ModelPackage, limits: ModelLimits) -> None:
        self._package = package
        self._limits = limits
        self.greeting: wire.Greeting | None = None
        self.late = False
        self._busy_s = 0.0
        self._deadline: float | None = None
        self._stop: Callable[[], bool] = _never
        self._working = threading.Event()
        self._over = False
        spec = package.manifest.input
        with contextlib.ExitStack() as undo:
            self._given = Segment(wire.CROPS * spec.height * spec.width * 3 * 4, child_writes=False)
            undo.callback(self._given.close)
            self._made = Segment(wire.OUTPUT_BYTES, child_writes=True)
            undo.callback(self._made.close)
            self._process = self._started(model)
            undo.pop_all()
        self._given.handed_over()
        self._made.handed_over()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._ask, self._answer = self._process.stdin.fileno(), self._process.stdout.fileno()

    def _started(self, model: Segment) -> subprocess.Popen[bytes]:
        """Start the child on the thread that watches it: Linux ends it with the thread that started it."""
        memory_bytes = self._limits.memory_bytes + 3 * model.size
        processor_s = self._limits.processor_s
        segments = (model, self._given, self._made)
        arguments = [str(each) for each in (os.getpid(), memory_bytes, processor_s)]
        arguments += [str(each) for part in segments for each in (part.handle, part.size)]
        started: list[subprocess.Popen[bytes] | BaseException] = []
        up = threading.Event()

        def live() -> None:
            try:
                descriptors = [each for part in segments for each in part.descriptors]
                process = start_child("model", arguments, descriptors)
            except BaseException as fault:  # noqa: BLE001 - the edge of a thread: raised in the other one
                started.append(fault)
                up.set()
                return
            self._job = job_of(process, memory_bytes, processor_s)
            started.append(process)
            up.set()
            self._watch(process)

        threading.Thread(target=live, name="hematodesk-model", daemon=True).start()
        up.wait()
        if isinstance(started[0], BaseException):
            raise started[0]
        return started[0]

    def greet(self, name: str) -> None:
        """Wait until the model is loaded and checked.

        Raises ModelError with the child's reasons; ChildGone, BadReply; TimeoutError.
        """
        with self._patience(self._limits.start_s, _never):
            kind, length = wire.checked_reply(read_exactly(self._answer, wire.REPLY.size), 0)
            words = read_exactly(self._answer, length)
        if kind == wire.FAILED:
            raise ModelError(*told_fault(words, _TOLD, _templates(), name))
        if kind != wire.READY:
            raise BadReply
        self.greeting = wire.checked_greeting(words)
        self._busy_s = 0.0

    def run(
        self,
        names: Sequence[str],
        tensor: npt.NDArray[np.float32],
        *,
        sparing: bool,
        stop: Callable[[], bool],
    ) -> list[npt.NDArray[np.float32]] | None:
        """The outputs of those names, copied and with the shape that was said; None when the run failed.

        Args:
            tensor: float32, four dimensions. sparing: compute on one thread.
            stop: asked now and then; once it is true the run is ended, with the child if need be.

        Raises ChildGone, BadReply, TimeoutError, after which this child is of no use any more; ValueError
        when the tensor is too large.
        """
        if tensor.ndim != 4 or tensor.nbytes > self._given.size:
            raise ValueError(f"a tensor of shape {tensor.shape} was not agreed on")
        order = self._package.manifest.graph_outputs
        bits = sum(1 << order.index(name) for name in set(names))
        asked = [name for name in order if name in names]
        number = secrets.randbits(64)
        np.frombuffer(self._given.map, np.float32, tensor.size)[:] = tensor.reshape(-1)
        with self._patience(self._limits.run_s, stop):
            write_whole(self._ask, wire.REQUEST.pack(wire.ASK, number, sparing, bits, *tensor.shape))
            kind, length = wire.checked_reply(read_exactly(self._answer, wire.REPLY.size), number)
            words = read_exactly(self._answer, length)
        if kind == wire.FAILED and not words:
            return None
        if kind != wire.VALUES:
            raise BadReply
        found: dict[str, npt.NDArray[np.float32]] = {}
        at = 0
        for name, shape in zip(asked, wire.checked_shapes(words, len(asked)), strict=True):
            size = math.prod(shape)
            found[name] = np.frombuffer(self._made.map, np.float32, size, at * 4).reshape(shape).copy()
            at += size
        return [found[name] for name in names]

    @property
    def tired(self) -> bool:
        """Whether it has done enough and should be replaced."""
        return self._busy_s > self._limits.busy_s

    def kill(self) -> None:
        """End the child at once, from any thread; one that waits for its answer gets ChildGone."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def end(self) -> None:
        """End the child and give its memory back; may be called twice."""
        self._over = True
        self.kill()
        self._working.set()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self._job is not None:
            self._job.close()
        self._given.close()
        self._made.close()

    @contextlib.contextmanager
    def _patience(self, seconds: float, stop: Callable[[], bool]) -> Iterator[None]:
        """Ends the child when what is done within takes longer, or is to stop. Raises TimeoutError."""
        started = time.monotonic()
        # The deadline last: the watching thread looks at it first.
        self._stop, self._deadline = stop, started + seconds
        self._working.set()
        try:
            yield
        except ChildGone:
            if self.late:
                raise TimeoutError from None
            raise
        finally:
            self._deadline = None
            self._working.clear()
            self._busy_s += time.monotonic() - started

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """The watching thread: kills the child when its patience is over."""
        while not self._over and process.poll() is None:
            deadline = self._deadline
            if deadline is None:
                self._working.wait()
                continue
            now = time.monotonic()
            if self._stop():
                self._deadline = min(deadline, now + _GRACE_S)
                self._stop = _never
            elif now > deadline:
                self.late = True
                process.kill()
                return
            time.sleep(_LOOK_S)


def _never() -> bool:
    return False


@cache
def _templates() -> frozenset[str]:
    """The templates of all messages that a child may send."""
    return templates_in(package, onnx_file, manifest_json, fields, provider, contract)

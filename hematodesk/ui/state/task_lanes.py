"""The one owner of threads.

Work that may block (decoding, inference, SQL, disks) runs on a named lane and never on the
window's thread. A job is handed over with what to do when it ends; those callbacks run on the
window's thread, one job's in order, and exactly one of done, failed or cancelled is called for
each job, also when the job raises. A cancelled job is normal, not an error.

Results come back through one relay object that lives on the window's thread: a lambda or a plain
function connected to a worker's signal would run in the worker.

A job calls nothing of Qt that may load a plugin, try out a file's format or connect a signal, and destroys
no QObject: such a call takes one of Qt's locks while it holds the interpreter, and the window's thread, which
destroys a QObject, holds that lock while it waits for the interpreter. tests/ui/state/test_lane_jobs.py walks
the jobs and knows the few names they may use.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from shiboken6 import isValid

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import Cancelled, HematodeskError

_DELIVERY_BUDGET_S = 0.008
"""Callbacks run no longer than this in one turn of the event loop, so that a flood of results leaves room
for painting and keys (half a frame at 60 Hz)."""


class Lane(StrEnum):
    """Where a job runs. Jobs of one lane with one thread run one after the other, in order."""

    INFERENCE = "inference"
    """Work that the user waits for: one image, one added cell, loading a model."""
    BATCH = "batch"
    """Long runs over many images, so that they never delay what the user waits for."""
    WATCH = "watch"
    """A watched folder: looking into it, and naming its new images while a long run is under way."""
    STORAGE = "storage"
    """Everything that asks or changes the history."""
    DECODING = "decoding"
    """Reading files for the view, listing folders, hashing model packages."""
    CAMERA = "camera"
    """The live picture, for as long as it runs."""
    SLIDE = "slide"
    """Reading a whole slide for the view: its overview, and piece by piece what is looked at."""
    TRANSFER = "transfer"
    """Exports, imports and copies of the history: minutes, in which images are still to be opened."""
    MAINTENANCE = "maintenance"
    """Work that reads the whole history: backups and checks. It must not delay a review."""


_THREADS = {lane: 2 if lane is Lane.DECODING else 1 for lane in Lane}

_Delivery = tuple[Callable[..., None], tuple[Any, ...]]
"""What to call on the window's thread, with what."""


class Ticket:
    """One job on its way: hold it to cancel the job or to tell a late result from the awaited one."""

    def __init__(self, lanes: TaskLanes, lane: Lane, job: Callable[[Ticket], Any]) -> None:
        self.lane = lane
        self.token = CancelToken()
        self.ended = False
        self._lanes = lanes
        self._job = job
        self._done: Callable[[Any], None] | None = None
        self._failed: Callable[[HematodeskError], None] | None = None
        self._cancelled: Callable[[], None] | None = None
        self._progress: Callable[[Any], None] | None = None
        self._owner: QObject | None = None

    @property
    def unheard(self) -> bool:
        """Whether the receiver of the callbacks is deleted."""
        return self._owner is not None and not isValid(self._owner)

    def cancel(self) -> None:
        """Ask the job to stop; its end is still told, once."""
        self.token.cancel()

    def report(self, value: object) -> None:
        """Called by the job, on its lane: hand a step's outcome to the progress callback."""
        if self._progress is not None:
            self._lanes._inbox.append((self._lanes._tell_progress, (self, value)))
            self._lanes._wake()


class _Relay(QObject):
    """Lives on the window's thread; workers wake it, and it delivers what waits in the inbox."""

    woken = Signal()


class TaskLanes(QObject):
    """Named lanes of worker threads.

    Signals:
        fault: a HematodeskError of a job that has no failed callback of its own.
        unexpected: an exception that is our own bug, for the error report.
        idle: the last job under way has ended.
    """

    fault = Signal(object)
    unexpected = Signal(object)
    idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inbox: deque[_Delivery] = deque()
        self._runs: set[Ticket] = set()
        self._queues: dict[Lane, queue.SimpleQueue[Ticket | None]] = {}
        self._threads: dict[Lane, list[threading.Thread]] = {}
        self._stopped = False
        self._relay = _Relay(self)
        self._relay.woken.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        lane: Lane,
        job: Callable[[Ticket], Any],
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[HematodeskError], None] | None = None,
        cancelled: Callable[[], None] | None = None,
        progress: Callable[[Any], None] | None = None,
        owner: QObject | None = None,
    ) -> Ticket:
        """Run `job(ticket)` on the lane; returns at once.

        Args:
            job: looks at `ticket.token` between its steps and may call `ticket.report(value)`.
            done: gets the job's result. failed: gets its HematodeskError (without it, `fault` is
                emitted). cancelled: called when it was stopped. progress: gets each reported value.
            owner: whose callbacks they are, when that may be gone before the job ends (a dialog that
                the person closes): then none of them is called.
        """
        ticket = Ticket(self, lane, job)
        ticket._done, ticket._failed = done, failed
        ticket._cancelled, ticket._progress = cancelled, progress
        ticket._owner = owner
        if self._stopped:
            ticket.ended = True
            return ticket
        self._runs.add(ticket)
        self._queue(lane).put(ticket)
        return ticket

    @property
    def busy(self) -> bool:
        """Whether any job has not yet told its end."""
        return bool(self._runs)

    def cancel_all(self, *lanes: Lane) -> None:
        """Ask every job of these lanes (of all, when none is named) to stop."""
        for ticket in tuple(self._runs):
            if not lanes or ticket.lane in lanes:
                ticket.cancel()

    def when_through(self, lanes: Sequence[Lane], then: Callable[[], None]) -> None:
        """Call `then` once these lanes, one after the other, have done what they were given before."""
        if not lanes:
            then()
            return

        def next_one(_nothing: object = None) -> None:
            self.when_through(lanes[1:], then)

        self.run(lanes[0], lambda _ticket: None, done=next_one, cancelled=next_one)

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Cancel everything, take no more jobs, and wait for the threads; whether all have ended.

        Callbacks of jobs still under way are not called any more.
        """
        self._stopped = True
        self.cancel_all()
        for lane, threads in self._threads.items():
            for _ in threads:
                self._queues[lane].put(None)
        deadline = time.monotonic() + timeout_s
        alive = False
        for threads in self._threads.values():
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))
                alive = alive or thread.is_alive()
        self._inbox.clear()
        self._runs.clear()
        return not alive

    def _queue(self, lane: Lane) -> queue.SimpleQueue[Ticket | None]:
        """The lane's queue; its threads start with its first job."""
        waiting = self._queues.get(lane)
        if waiting is None:
            waiting = self._queues[lane] = queue.SimpleQueue()
            self._threads[lane] = [
                threading.Thread(
                    target=self._work, args=(waiting,), name=f"hematodesk-{lane}-{number}", daemon=True
                )
                for number in range(_THREADS[lane])
            ]
            for thread in self._threads[lane]:
                thread.start()
        return waiting

    def _work(self, waiting: queue.SimpleQueue[Ticket | None]) -> None:
        while True:
            ticket = waiting.get()
            if ticket is None:
                return
            end = [self._end_of(ticket)]
            # From here on only the inbox holds the job and what it holds on to. Let go of here they
            # could be destroyed on this thread, and a widget among them would end the program.
            del ticket
            self._inbox.append(end.pop())
            self._wake()

    def _end_of(self, ticket: Ticket) -> _Delivery:
        """Do the job; what is to be told of it."""
        try:
            ticket.token.check()
            return self._end_done, (ticket, ticket._job(ticket))
        except Cancelled:
            return self._end_cancelled, (ticket,)
        except HematodeskError as error:
            return self._end_failed, (ticket, error)
        except Exception as error:  # noqa: BLE001 - the edge of a thread: told, never swallowed
            return self._end_broken, (ticket, error)

    def _wake(self) -> None:
        """Called on a lane: what lies in the inbox is delivered soon."""
        if not self._stopped:
            self._relay.woken.emit()

    @Slot()
    def _deliver(self) -> None:
        started = time.monotonic()
        try:
            while self._inbox:
                callback, arguments = self._inbox.popleft()
                callback(*arguments)
                if time.monotonic() - started > _DELIVERY_BUDGET_S:
                    break
        finally:
            # Also after a callback that raised: the rest must not wait for the next job's wake-up.
            if self._inbox and not self._stopped:
                QTimer.singleShot(0, self._deliver)

    def _end(self, ticket: Ticket) -> None:
        ticket.ended = True
        self._runs.discard(ticket)

    def _tell_idle(self) -> None:
        if not self._runs and not self._stopped:
            self.idle.emit()

    def _tell_progress(self, ticket: Ticket, value: object) -> None:
        if ticket._progress is not None and not ticket.unheard:
            ticket._progress(value)

    def _end_done(self, ticket: Ticket, value: object) -> None:
        self._end(ticket)
        try:
            if ticket._done is not None and not ticket.unheard:
                ticket._done(value)
        finally:
            self._tell_idle()

    def _end_cancelled(self, ticket: Ticket) -> None:
        self._end(ticket)
        try:
            if ticket._cancelled is not None and not ticket.unheard:
                ticket._cancelled()
        finally:
            self._tell_idle()

    def _end_failed(self, ticket: Ticket, error: HematodeskError) -> None:
        self._end(ticket)
        try:
            if ticket.unheard:
                return
            if ticket._failed is not None:
                ticket._failed(error)
            else:
                self.fault.emit(error)
        finally:
            self._tell_idle()

    def _end_broken(self, ticket: Ticket, error: Exception) -> None:
        self._end(ticket)
        try:
            self.unexpected.emit(error)
            # To whoever waits, a bug is a job that did not come to its end.
            if ticket._cancelled is not None and not ticket.unheard:
                ticket._cancelled()
        finally:
            self._tell_idle()

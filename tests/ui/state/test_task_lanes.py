"""The lanes: one end each, on the window's thread, in order, whatever the job does."""

from __future__ import annotations

import threading
from typing import ClassVar

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from hematodesk.domain.errors import Cancelled, HematodeskError
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket


class Ends:
    """Writes down which ends a job told, and on which thread."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.threads: set[threading.Thread] = set()

    def _tell(self, kind: str, value: object = None) -> None:
        self.told.append((kind, value))
        self.threads.add(threading.current_thread())

    def done(self, value: object) -> None:
        self._tell("done", value)

    def failed(self, error: HematodeskError) -> None:
        self._tell("failed", error.code)

    def cancelled(self) -> None:
        self._tell("cancelled")

    def progress(self, value: object) -> None:
        self._tell("progress", value)


def run(lanes: TaskLanes, lane: Lane, job: object, ends: Ends) -> Ticket:
    assert callable(job)
    return lanes.run(
        lane, job, done=ends.done, failed=ends.failed, cancelled=ends.cancelled, progress=ends.progress
    )


def test_a_result_comes_back_on_the_windows_thread_after_its_progress(lanes: TaskLanes, qtbot: QtBot) -> None:
    ends, worked_on = Ends(), []

    def job(ticket: Ticket) -> int:
        worked_on.append(threading.current_thread())
        ticket.report("half")
        return 42

    run(lanes, Lane.INFERENCE, job, ends)
    assert lanes.busy
    qtbot.waitUntil(lambda: not lanes.busy)
    assert ends.told == [("progress", "half"), ("done", 42)]
    assert ends.threads == {threading.main_thread()}
    assert worked_on != [threading.main_thread()]


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (HematodeskError("no_disk", "There is no disk."), ("failed", "no_disk")),
        (Cancelled(), ("cancelled", None)),
        (ValueError("a bug"), ("cancelled", None)),
    ],
)
def test_a_job_that_raises_ends_once_and_the_lane_goes_on(
    lanes: TaskLanes, qtbot: QtBot, error: Exception, end: tuple[str, object]
) -> None:
    ends, after, bugs = Ends(), Ends(), []
    lanes.unexpected.connect(bugs.append)

    def job(_ticket: Ticket) -> None:
        raise error

    run(lanes, Lane.STORAGE, job, ends)
    run(lanes, Lane.STORAGE, lambda _ticket: "next", after)
    qtbot.waitUntil(lambda: not lanes.busy)
    assert ends.told == [end]
    assert after.told == [("done", "next")]
    assert bugs == ([error] if isinstance(error, ValueError) else [])


def test_a_fault_nobody_waits_for_is_told_by_the_lanes(lanes: TaskLanes, qtbot: QtBot) -> None:
    def job(_ticket: Ticket) -> None:
        raise HematodeskError("no_disk", "There is no disk.")

    with qtbot.waitSignal(lanes.fault) as told:
        lanes.run(Lane.DECODING, job)
    assert told.args[0].code == "no_disk"


def test_a_job_cancelled_before_it_began_never_runs(lanes: TaskLanes, qtbot: QtBot) -> None:
    gate, ran, first, second = threading.Event(), [], Ends(), Ends()
    run(lanes, Lane.BATCH, lambda _ticket: gate.wait(10), first)
    ticket = run(lanes, Lane.BATCH, lambda _ticket: ran.append(True), second)
    ticket.cancel()
    gate.set()
    qtbot.waitUntil(lambda: not lanes.busy)
    assert second.told == [("cancelled", None)]
    assert not ran


def test_one_lane_keeps_order_while_another_works(lanes: TaskLanes, qtbot: QtBot) -> None:
    gate, order = threading.Event(), []
    lanes.run(Lane.BATCH, lambda _ticket: gate.wait(10), done=lambda _value: order.append("batch"))
    for number in range(5):
        lanes.run(Lane.STORAGE, lambda _ticket, n=number: n, done=order.append)
    qtbot.waitUntil(lambda: len(order) == 5)
    gate.set()
    qtbot.waitUntil(lambda: not lanes.busy)
    assert order == [0, 1, 2, 3, 4, "batch"]


def test_a_flood_of_results_is_delivered_whole_and_in_order(lanes: TaskLanes, qtbot: QtBot) -> None:
    ends = Ends()

    def job(ticket: Ticket) -> None:
        for number in range(3000):
            ticket.report(number)

    run(lanes, Lane.BATCH, job, ends)
    qtbot.waitUntil(lambda: not lanes.busy)
    assert [value for kind, value in ends.told if kind == "progress"] == list(range(3000))
    assert ends.told[-1] == ("done", None)


def test_a_callback_that_raises_holds_nothing_up(lanes: TaskLanes, qtbot: QtBot) -> None:
    told = []

    def bug(_value: object) -> None:
        raise ZeroDivisionError

    with qtbot.captureExceptions() as caught:
        lanes.run(Lane.STORAGE, lambda _ticket: 1, done=bug)
        lanes.run(Lane.STORAGE, lambda _ticket: 2, done=told.append)
        qtbot.waitUntil(lambda: not lanes.busy and told == [2])
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]


def test_stopping_cancels_what_runs_and_refuses_what_comes(qtbot: QtBot) -> None:
    lanes, ends, begun = TaskLanes(), Ends(), threading.Event()

    def job(ticket: Ticket) -> None:
        begun.set()
        while True:
            ticket.token.check()

    run(lanes, Lane.BATCH, job, ends)
    assert begun.wait(10)
    assert lanes.stop()
    assert run(lanes, Lane.BATCH, lambda _ticket: 1, ends).ended
    assert ends.told == []
    lanes.deleteLater()


def test_nothing_is_told_to_an_owner_that_is_gone(lanes: TaskLanes, qtbot: QtBot) -> None:
    owner, go, told = QObject(), threading.Event(), []

    def job(ticket: Ticket) -> int:
        go.wait(10)
        ticket.report("a step")
        return 1

    kept = QObject()
    lanes.run(Lane.DECODING, job, done=told.append, progress=told.append, owner=owner)
    lanes.run(Lane.DECODING, job, done=told.append, owner=kept)
    delete(owner)
    go.set()
    qtbot.waitUntil(lambda: not lanes.busy)
    assert told == [1]


class Held:
    """Writes down the thread that it ends on, as a widget would be destroyed there."""

    ended_on: ClassVar[set[threading.Thread]] = set()

    def __del__(self) -> None:
        self.ended_on.add(threading.current_thread())


@pytest.mark.parametrize("ending", ["done", "failed", "cancelled", "broken"])
def test_what_a_job_holds_ends_on_the_windows_thread(lanes: TaskLanes, qtbot: QtBot, ending: str) -> None:
    lanes.unexpected.connect(lambda _error: None)
    Held.ended_on.clear()
    errors: dict[str, Exception] = {
        "failed": HematodeskError("some_code", "It failed.", "Do something."),
        "cancelled": Cancelled(),
        "broken": ValueError("ours"),
    }

    def hand_over() -> None:
        held = Held()

        def job(_ticket: Ticket) -> Held:
            if ending in errors:
                raise errors[ending]
            return held

        lanes.run(Lane.INFERENCE, job, failed=lambda _error: None)

    for _ in range(200):
        hand_over()
        qtbot.waitUntil(lambda: not lanes.busy)
    errors.clear()
    assert Held.ended_on == {threading.main_thread()}

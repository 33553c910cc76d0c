"""Full collections come in quiet moments, and only there."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from hematodesk.ui.shell.garbage_collection import GarbageCollection
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket


@pytest.fixture
def collecting(lanes: TaskLanes) -> Iterator[GarbageCollection]:
    made = GarbageCollection(lanes, lanes, quiet_ms=1)
    made.begin()
    yield made
    made.end()


class Ring:
    """Holds itself."""

    def __init__(self) -> None:
        self.me = self


def old_ring() -> weakref.ref[Ring]:
    """A ring that is out of the young objects' collections' reach."""
    ring = Ring()
    gc.collect(0)
    gc.collect(1)
    return weakref.ref(ring)


def test_what_holds_itself_is_gone_after_a_quiet_moment(
    lanes: TaskLanes, collecting: GarbageCollection, qtbot: QtBot
) -> None:
    ring = old_ring()
    gc.collect(1)
    assert ring() is not None
    lanes.run(Lane.STORAGE, lambda _ticket: None)
    qtbot.waitUntil(lambda: ring() is None)


def test_nothing_is_looked_through_while_work_is_under_way(
    lanes: TaskLanes, collecting: GarbageCollection, qtbot: QtBot
) -> None:
    go_on, told = threading.Event(), []
    ring = old_ring()
    lanes.run(Lane.STORAGE, lambda _ticket: go_on.wait(10), progress=told.append)
    lanes.run(Lane.DECODING, lambda ticket: ticket.report("begun"), progress=told.append)
    qtbot.waitUntil(lambda: told == ["begun"])
    # As if the moment had been chosen just before the work began.
    collecting._quiet.timeout.emit()
    assert ring() is not None
    go_on.set()
    qtbot.waitUntil(lambda: ring() is None)


def test_what_thousands_of_rows_hold_is_looked_through_once(
    lanes: TaskLanes, collecting: GarbageCollection, qtbot: QtBot
) -> None:
    rows = [[number] for number in range(30_000)]
    lanes.run(Lane.STORAGE, lambda _ticket: None)
    qtbot.waitUntil(lambda: not any(each is rows for each in gc.get_objects()))
    assert len(gc.get_objects()) < len(rows)


def test_no_lane_looks_for_garbage(lanes: TaskLanes, collecting: GarbageCollection, qtbot: QtBot) -> None:
    threads: set[threading.Thread] = set()

    def told(_phase: str, _info: dict[str, int]) -> None:
        threads.add(threading.current_thread())

    def litter(ticket: Ticket) -> None:
        while not ticket.token.cancelled:
            Ring()

    gc.callbacks.append(told)
    try:
        ticket = lanes.run(Lane.BATCH, litter)
        ring = weakref.ref(Ring())
        qtbot.waitUntil(lambda: bool(threads))
        # Left behind on another lane, and found by the window's thread.
        found: list[weakref.ref[Ring]] = []
        lanes.run(Lane.STORAGE, lambda _ticket: weakref.ref(Ring()), done=found.append)
        qtbot.waitUntil(lambda: bool(found) and found[0]() is None and ring() is None)
        ticket.cancel()
        qtbot.waitUntil(lambda: not lanes.busy)
    finally:
        gc.callbacks.remove(told)
    assert threads == {threading.main_thread()}


def test_the_interpreter_is_left_as_it_was(lanes: TaskLanes) -> None:
    before = gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()
    made = GarbageCollection(lanes, lanes)
    made.begin()
    assert gc.get_threshold() == before[0]
    assert not gc.isenabled()
    assert gc.get_freeze_count() > 10_000
    made.end()
    assert (gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()) == before

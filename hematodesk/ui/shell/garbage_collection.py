"""Schedules Python's garbage collection: on the window's thread, full collections in quiet moments.

A full collection blocks the window. With 50,000 rows in the list it took 60 ms,
and Python did it whenever a quarter more objects were there: while rows were loaded, sorted or added by a
batch. The young objects, with nearly all cyclic garbage, are collected as often as by Python, but never
on a lane: a widget among them would be destroyed there.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, QTimer

from hematodesk.ui.state.task_lanes import TaskLanes

_QUIET_MS = 2_000
"""Idle time after which a full collection may run."""

_LEAST_S = 60.0
"""Least time between two full collections: opening image after image must not cause one each time."""

_MOST_MS = 600_000
"""Most time between two full collections: a camera or a batch may run for hours."""

_MANY = 20_000
"""Number of permanent objects from which a full collection takes some 30 ms and they are frozen."""

_YOUNG_MS = 250
"""The young objects are looked through so soon after there are enough of them."""


class GarbageCollection(QObject):
    """Replaces Python's automatic collection, from `begin` to `end`."""

    def __init__(self, lanes: TaskLanes, parent: QObject | None = None, *, quiet_ms: int = _QUIET_MS) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._latest: float | None = None
        self._young = QTimer(self)
        self._young.setInterval(_YOUNG_MS)
        self._young.timeout.connect(self._collect_young)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(quiet_ms)
        self._quiet.timeout.connect(self._in_a_quiet_moment)
        self._overdue = QTimer(self)
        self._overdue.setInterval(_MOST_MS)
        self._overdue.timeout.connect(self._collect)

    def begin(self) -> None:
        """Switch Python's automatic collection off."""
        gc.disable()
        # The program's own modules and its window are there to stay: they are never looked at again.
        gc.freeze()
        self._lanes.idle.connect(self._quiet.start)
        self._overdue.start()
        self._young.start()

    def end(self) -> None:
        """Switch it on again."""
        self._lanes.idle.disconnect(self._quiet.start)
        self._quiet.stop()
        self._overdue.stop()
        self._young.stop()
        gc.enable()
        gc.unfreeze()

    def _collect_young(self) -> None:
        young, middle, _ = gc.get_count()
        enough, enough_middle, _ = gc.get_threshold()
        if young > enough:
            gc.collect(1 if middle > enough_middle else 0)

    def _in_a_quiet_moment(self) -> None:
        if self._lanes.busy:
            # It tells when it is idle again.
            return
        if self._latest is None or time.monotonic() - self._latest >= _LEAST_S:
            self._collect()

    def _collect(self) -> None:
        gc.collect()
        if len(gc.get_objects()) > _MANY:
            # They are the history's rows, which cannot hold each other: the next time is quick again.
            gc.freeze()
        self._latest = time.monotonic()
        self._overdue.start()

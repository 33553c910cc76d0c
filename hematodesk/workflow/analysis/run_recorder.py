"""Records batch runs in the history, with a lock while they run; interrupted runs can be resumed.

A run is GOING in the database from its first image to its last. Its process holds a lock on a
small file in the data folder, which the system releases however the process ends: a GOING run
without a lock was interrupted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.file_lock import A_LOOK_S, FileLock
from hematodesk.domain.history import Run, RunOptions, RunState
from hematodesk.domain.messages import N_

if TYPE_CHECKING:
    from hematodesk.domain.cells import ImageResult
    from hematodesk.domain.history import HistoryImage
    from hematodesk.storage.history import History
    from hematodesk.workflow.analysis.batch import BatchProgress
    from hematodesk.workflow.history_service import HistoryService

_TELL_EVERY_S = 1.0


class RunRecorder:
    """Records one run in the history while it runs. For the thread that commits its results.

    Args:
        session_id: the session that its images are saved in.
        run_id: a run to resume; None begins one.

    Raises HistoryError, also from every method; run_held when another window or command runs it.
    """

    def __init__(
        self,
        history: History,
        folder: Path,
        session_id: int,
        options: RunOptions,
        *,
        run_id: int | None = None,
    ) -> None:
        self._history = history
        self._session_id = session_id
        self.options = options
        self.id = history.begin_run(options) if run_id is None else run_id
        self._lock = RunLock(folder, self.id)
        self._lock.take_or_refuse()
        self._failures: dict[str, int] = {}
        if run_id is not None:
            try:
                self._failures = history.resume_run(run_id)
            except BaseException:
                # When the history refuses, the run is not locked.
                self._lock.release()
                raise
        self._told = 0.0

    def save(self, results: Sequence[ImageResult]) -> tuple[list[HistoryImage], list[int]]:
        """Save results of the run; also returns the ids of the failed attempts that they replace."""
        old = [self._failures[result.path] for result in results if result.path in self._failures]
        saved = self._history.save_results(self._session_id, results, self.id, instead_of=old)
        for result in results:
            self._failures.pop(result.path, None)
        return saved, old

    def add_known(self, images: Sequence[HistoryImage]) -> None:
        """Images that the history had are answers of the run, too."""
        self._history.add_to_run(self.id, [image.id for image in images])

    def tell(self, progress: BatchProgress) -> None:
        """Record the progress, about once a second."""
        if time.monotonic() - self._told >= _TELL_EVERY_S:
            self._told = time.monotonic()
            self._history.tell_run(self.id, progress.total, progress.done, progress.failed)

    def end(self, state: RunState, total: int | None, done: int, failed: int) -> None:
        """Record how it ended, and release the lock; GOING leaves it to be offered at the next start."""
        try:
            self._history.tell_run(self.id, total, done, failed)
            if state is not RunState.GOING:
                self._history.set_run_state(self.id, state)
        finally:
            self._lock.release()

    def let_go(self) -> None:
        """Release the lock without recording anything, after the history refused."""
        self._lock.release()


class RunLock(FileLock):
    """The lock of the process that executes a run."""

    def __init__(self, folder: Path, run_id: int) -> None:
        super().__init__(folder / f"run-{run_id}.lock")

    def take_or_refuse(self) -> None:
        """Take the lock. Raises HistoryError run_held when another window or command has it."""
        if not self.take(A_LOOK_S):
            raise HistoryError(
                "run_held",
                N_("Errors", "Another window or command is going on with this batch already."),
                N_("Errors", "Wait for it, or stop it there."),
            )


def drop_run(history: HistoryService, folder: Path, run_id: int) -> None:
    """Offer a run no more; its results stay. Raises HistoryError: run_held while it is running."""
    lock = RunLock(folder, run_id)
    lock.take_or_refuse()
    try:
        history.set_run_state(run_id, RunState.DONE)
    finally:
        lock.release()


def same_run(history: History, folder: Path, options: RunOptions) -> Run | None:
    """The latest unfinished run of the same request, unless it is running. Raises HistoryError."""
    return next((run for run in open_runs(history, folder) if run.options == options), None)


def open_runs(history: HistoryService, folder: Path) -> list[Run]:
    """Unfinished runs that are not running, newest first: interrupted, or stopped by the user.

    Raises HistoryError.
    """
    found = []
    for run in history.unfinished_runs():
        lock = RunLock(folder, run.id)
        if lock.take():
            lock.release()
            found.append(run)
    return found

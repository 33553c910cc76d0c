"""The history's batch runs."""

from __future__ import annotations

from collections.abc import Iterable

from hematodesk.domain.history import Run, RunOptions, RunState, RunSummary
from hematodesk.domain.messages import N_
from hematodesk.storage import faults, runs
from hematodesk.storage.database import Database


class RunsOfHistory:
    """The part of History that records batch runs."""

    _database: Database

    def begin_run(self, options: RunOptions, total: int | None = None) -> int:
        """Record that a batch run begins; returns its id."""
        with self._database.write() as connection:
            return runs.insert(connection, options, total)

    def tell_run(self, run_id: int, total: int | None, done: int, failed: int) -> None:
        """Record the progress of a run."""
        with self._database.write() as connection:
            runs.tell(connection, run_id, total, done, failed)

    def add_to_run(self, run_id: int, image_ids: Iterable[int]) -> None:
        """Record that known images are also answers of a run."""
        with self._database.write() as connection:
            runs.add_images(connection, run_id, image_ids)

    def resume_run(self, run_id: int) -> dict[str, int]:
        """Record that a run continues; returns its failed images by path: they are tried again."""
        with self._database.write() as connection:
            runs.set_state(connection, run_id, RunState.GOING)
            return runs.failures(connection, run_id)

    def set_run_state(self, run_id: int, state: RunState) -> None:
        """Record that a run continues, was stopped or is done."""
        with self._database.write() as connection:
            runs.set_state(connection, run_id, state)

    def run(self, run_id: int) -> Run:
        """A run by its id."""
        with self._database.read() as connection:
            found = runs.one(connection, run_id)
        if found is None:
            raise faults.missing(self._database.path, N_("Errors", "batch run"), run_id)
        return found

    def unfinished_runs(self, limit: int = 100) -> list[Run]:
        """Runs that are going, were stopped or cut off, newest first."""
        with self._database.read() as connection:
            return runs.unfinished(connection, limit)

    def run_summary(self, run_id: int) -> RunSummary:
        """What a run's images hold, as the history has them now. Unknown runs have none."""
        with self._database.read() as connection:
            return runs.summary(connection, run_id)

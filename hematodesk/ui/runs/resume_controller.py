"""Resumes unfinished batches: the offer, the list, and the resuming."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from hematodesk.domain.history import Run, RunState
from hematodesk.ui.runs.run_controller import RunController
from hematodesk.ui.state.task_lanes import Lane
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.run_job import RunRequest
from hematodesk.workflow.analysis.run_recorder import drop_run, open_runs


class ResumeController(QObject):
    """Signals:
    offered(Run, int): a run was cut off and may go on; how many others are not finished either.
    left(RunRequest): it was stopped because the history was exchanged for another one, which is open now.
    none_open: there is no run to go on with.
    gone(Run): nothing of what it was to name is there.
    refused(Run): it was begun with a model that is not the present one.
    """

    offered = Signal(object, int)
    left = Signal(object)
    none_open = Signal()
    gone = Signal(object)
    refused = Signal(object)

    def __init__(self, context: WindowContext, runs: RunController) -> None:
        super().__init__(context.window)
        self._services = context.services
        self._lanes = context.lanes
        self._access = context.access
        self._model_state = context.model_state
        self._runs = runs
        self._left: list[RunRequest] = []
        runs.left.connect(self._left.append)
        runs.empty.connect(self.gone)
        runs.not_saved.connect(self._stopped_by_history)

    def look_for_open(self) -> None:
        """Offer what was stopped for the history, and the latest run that was cut off."""
        left = list(self._left)
        self._left.clear()
        for request in left:
            self.left.emit(request)

        def came(runs: Sequence[Run]) -> None:
            cut_off = [run for run in runs if run.state is RunState.GOING]
            if cut_off:
                self.offered.emit(cut_off[0], len(runs) - 1)

        self._ask(came)

    def _stopped_by_history(self) -> None:
        # A full disk: it may continue when there is space.
        self.look_for_open()

    def resume_latest(self) -> None:
        """Go on with the latest run that was stopped or cut off."""
        self.ask_open(lambda runs: self.resume(runs[0]))

    def ask_open(self, tell: Callable[[Sequence[Run]], None]) -> None:
        """Tell the runs that are not done and that nobody is at, newest first, if there is one."""

        def came(runs: Sequence[Run]) -> None:
            if runs:
                tell(runs)
            else:
                self.none_open.emit()

        self._ask(came)

    def _ask(self, came: Callable[[Sequence[Run]], None]) -> None:
        self._access.ask(lambda history: open_runs(history, self._services.paths.runs), came)

    def drop(self, run: Run) -> None:
        """Offer a run no more, unless another window is at it; what it has done stays."""
        self._access.ask(lambda history: drop_run(history, self._services.paths.runs, run.id))

    def resume_by_id(self, run_id: int) -> None:
        """Go on with a run of the history; see `resume`."""
        self._access.ask(lambda history: history.run(run_id), self.resume)

    def resume(self, run: Run) -> None:
        """Go on with a run: its folders are listed anew, and what is done is not done again."""
        loaded = self._model_state.loaded
        if loaded is not None and loaded.package.sha256 != run.options.sha256:
            self.refused.emit(run)
            return
        roots = run.options.roots

        def looked(there: bool) -> None:
            if there:
                self._runs.resume(run)
            else:
                self.gone.emit(run)

        # A missing share may take long to answer.
        self._lanes.run(Lane.DECODING, lambda _ticket: any(map(os.path.exists, roots)), done=looked)

"""Batch runs: many images through the model, noted in the history, paused and stopped.

Everything finished is saved before it is told; a cancel keeps what is done. See also resume_controller.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from hematodesk.domain.cells import ImageResult
from hematodesk.domain.errors import HematodeskError, ModelError
from hematodesk.domain.history import HistoryImage, Run, RunState, RunSummary
from hematodesk.domain.pause import Pause
from hematodesk.ui.state.history_access import HistoryAccess
from hematodesk.ui.state.model_state import ModelLoadState, ModelState
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.batch import BatchProgress, BatchSummary, run_batch
from hematodesk.workflow.analysis.named_folders import NamedFolders
from hematodesk.workflow.analysis.source_streams import SourceStream
from hematodesk.workflow.analysis.sources import Source
from hematodesk.workflow.services import Services

_TELL_EVERY_S = 0.1
_TUNE_AFTER_MS = 5000
"""After a model was loaded, when a person has opened the first image and looks at it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far all runs together have come.

    Attributes:
        done, failed: images.
        total: 0 while a folder is still being listed.
        rate: images a second; None before there is a pace.
        seconds_left: None while it is not known.
        paused: whether they rest.
    """

    done: int
    total: int
    failed: int
    rate: float | None
    seconds_left: float | None
    paused: bool


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What a run is to do.

    Attributes:
        stream: its images.
        again: analyse also those that the history knew before.
        already: the first image's id in the history, when it was analysed before the run began.
        before, failed_before: how many images came before it, and of those how many failed.
        resumed: the run to go on with.
        watch: asked with each failed result; True keeps it out of the history, for it comes again. A
            run with it is a watched folder's: it is not noted as a run, and its end is not told.
        undone: called when the run was ended by a fault.
    """

    stream: SourceStream
    again: bool = False
    already: tuple[int, ...] = ()
    before: int = 0
    failed_before: int = 0
    resumed: Run | None = None
    watch: Callable[[ImageResult], bool] | None = None
    undone: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended; `run_id` is None for a run of no images."""

    job: BatchJob
    summary: BatchSummary
    run_id: int | None

    @property
    def done(self) -> int:
        """Images done, the first one included."""
        return self.summary.done + self.job.before

    @property
    def failed(self) -> int:
        """Images failed, the first one included."""
        return self.summary.failed + self.job.failed_before


@dataclass(slots=True)
class _Going:
    """One run under way or waiting."""

    job: BatchJob
    ticket: Ticket | None = None
    cancelled: bool = False
    left: bool = False
    latest: BatchProgress | None = None

    @property
    def total(self) -> int | None:
        return self.job.stream.total


class RunController(QObject):
    """Signals:
    saved(list[HistoryImage]): these are in the history now, in their order.
    replaced(list[int]): these failed before, were tried again, and are not in the history any more.
    ended(RunEnd): a run has ended, cancelled or not.
    summed(RunSummary, RunEnd): what a run that has ended holds.
    progressed: `progress` has changed.
    no_model(HematodeskError): there is nothing to name cells with.
    not_saved(HematodeskError): a result could not be saved.
    empty(Run): it was to go on, but nothing of what it was to name is there.
    left(BatchJob): it was stopped because the history is about to be exchanged for another one.
    """

    saved = Signal(object)
    replaced = Signal(object)
    ended = Signal(object)
    summed = Signal(object, object)
    progressed = Signal()
    no_model = Signal(object)
    not_saved = Signal(object)
    empty = Signal(object)
    left = Signal(object)

    def __init__(
        self,
        services: Services,
        lanes: TaskLanes,
        access: HistoryAccess,
        model_state: ModelState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._lanes = lanes
        self._access = access
        self._model_state = model_state
        self._going: list[_Going] = []
        self._for_model: list[Callable[[], None]] = []
        self._pause = Pause()
        self.last_end: RunEnd | None = None
        self._quiet_time = QTimer(self)
        self._quiet_time.setSingleShot(True)
        self._quiet_time.setInterval(_TUNE_AFTER_MS)
        self._quiet_time.timeout.connect(self._tune)
        model_state.changed.connect(self._model_changed)

    @property
    def progress(self) -> Progress | None:
        """The progress of all runs, None when there is none worth telling."""
        told = [each for each in self._going if each.job.watch is None and each.total != each.job.before]
        if not told:
            return None
        latest = [each.latest for each in told]
        totals = [each.total for each in told]
        rates = [each.rate for each in latest if each is not None and each.rate is not None]
        left = [each.seconds_left for each in latest if each is not None and each.seconds_left is not None]
        return Progress(
            sum((0 if each.latest is None else each.latest.done) + each.job.before for each in told),
            0 if None in totals else sum(total or 0 for total in totals),
            sum((0 if each.latest is None else each.latest.failed) + each.job.failed_before for each in told),
            sum(rates) if rates and not self._pause.paused else None,
            sum(left) if len(left) == len(told) and not self._pause.paused else None,
            self._pause.paused,
        )

    @property
    def busy(self) -> bool:
        """Whether any run is under way or waiting."""
        return bool(self._going)

    @property
    def paused(self) -> bool:
        """Whether the runs rest."""
        return self._pause.paused

    def set_paused(self, paused: bool) -> None:
        """Let all runs rest after what is under way, or go on."""
        self._pause.set(paused and self.progress is not None)
        self.progressed.emit()

    def cancel(self) -> None:
        """Stop all runs but a watched folder's; what is done stays."""
        for run in [each for each in self._going if each.job.watch is None]:
            run.cancelled = True
            if run.ticket is not None:
                run.ticket.cancel()
            else:
                self._remove(run)
            run.job.stream.stop()

    def leave(self) -> None:
        """The history is about to be exchanged: stop everything, and tell what was stopped."""
        self.last_end = None
        for run in self._going:
            run.left = True
            if run.job.watch is None:
                self.left.emit(run.job)
            elif run.ticket is not None:
                run.ticket.cancel()
        self.cancel()

    def start(self, job: BatchJob) -> None:
        """Analyse all of a job's images without showing any."""
        run = _Going(job)
        self._going.append(run)

        def ended(end: RunEnd) -> None:
            self._remove(run)
            if job.watch is None and end.run_id is not None and not run.left:
                self.ended.emit(end)
                self._sum_up(end, self._summed)
            elif job.resumed is not None and end.run_id is None and not end.summary.cancelled:
                # A drive that is not there leaves an empty folder: the run stays as it is.
                self.empty.emit(job.resumed)

        def failed(error: HematodeskError) -> None:
            self._remove(run)
            if run.left:
                return
            job.undone()
            if isinstance(error, ModelError):
                self.no_model.emit(error)
                return
            self.not_saved.emit(error)

        def step(value: object) -> None:
            if isinstance(value, BatchProgress):
                run.latest = value
                self.progressed.emit()
            elif isinstance(value, tuple):
                saved, replaced = value
                self.saved.emit(saved)
                if replaced:
                    self.replaced.emit(replaced)

        def begin() -> None:
            if not run.cancelled:
                run.ticket = self._lanes.run(
                    Lane.BATCH if job.watch is None else Lane.WATCH,
                    lambda ticket: self._work(run, ticket),
                    done=ended,
                    failed=failed,
                    cancelled=lambda: self._remove(run),
                    progress=step,
                )

        # One image waits on the model's own lane; a batch has another, so it waits here.
        self._for_model.append(begin)
        self._model_changed()
        self.progressed.emit()

    def _remove(self, run: _Going) -> None:
        if run in self._going:
            self._going.remove(run)
        if self.progress is None:
            self._pause.set(False)
        self.progressed.emit()

    def _model_changed(self) -> None:
        if self._model_state.state is not ModelLoadState.LOADING:
            waiting, self._for_model = self._for_model, []
            for begin in waiting:
                begin()
        if self._model_state.state is ModelLoadState.READY:
            self._quiet_time.start()

    # On the batch lane

    def _work(self, run: _Going, ticket: Ticket) -> RunEnd:
        job, services = run.job, self._services
        # A listing may be waited for: closing the window must not wait for the disk.
        forget = ticket.token.on_cancel(job.stream.stop)
        try:
            first = next(job.stream, None)
        finally:
            forget()
        if first is None:
            return RunEnd(job, BatchSummary(0, 0, 0, ticket.token.cancelled, 0.0), None)
        loaded = services.models.loaded
        if loaded is None:
            raise ModelError(
                "model_missing",
                self.tr("There is no model to name cells with."),
                self.tr("Import a model package from the Models menu."),
            )
        analyser = services.analyser(loaded)
        if job.watch is not None:
            return self._quiet(run, ticket, analyser, first)
        roots = job.stream.roots if job.resumed is None else job.resumed.options.root_paths
        record = services.record_run(
            roots,
            loaded,
            again=job.again,
            run_id=None if job.resumed is None else job.resumed.id,
            already=job.already,
            failed_before=job.failed_before,
        )
        told = 0.0

        def sink(results: list[ImageResult]) -> None:
            ticket.report(record.save(results))

        def progress(step: BatchProgress) -> None:
            nonlocal told
            record.tell(step)
            if time.monotonic() - told >= _TELL_EVERY_S:
                told = time.monotonic()
                ticket.report(step)

        try:
            summary = run_batch(
                itertools.chain([first], job.stream),
                analyser,
                sink,
                progress,
                ticket.token,
                pause=self._pause,
                earlier=self._earlier(job, analyser, record.id),
                reused=record.add_known,
                total=lambda: None if job.stream.total is None else job.stream.total - job.before,
                gone=NamedFolders(roots).gone,
            )
        except BaseException:
            record.let_go()
            raise
        state = RunState.DONE
        if summary.cut_short:
            # What the person stopped is not offered by itself; what the window's end or a drive cut off is.
            state = RunState.STOPPED if run.cancelled else RunState.GOING
            job.stream.stop()
        record.end(state, job.stream.total, summary.done + job.before, summary.failed + job.failed_before)
        return RunEnd(job, summary, record.id)

    def _quiet(self, run: _Going, ticket: Ticket, analyser: Analyser, first: Source) -> RunEnd:
        """A few images of a watched folder: saved, told by the list alone."""
        job, services = run.job, self._services
        history, session_id = services.history, services.session_id()
        comes_again = job.watch
        assert comes_again is not None

        def sink(results: list[ImageResult]) -> None:
            kept = [result for result in results if result.fault is None or not comes_again(result)]
            if kept:
                ticket.report((history.save_results(session_id, kept), []))

        summary = run_batch(
            itertools.chain([first], job.stream),
            analyser,
            sink,
            cancel=ticket.token,
            earlier=services.known_to(analyser),
            reused=lambda _images: None,
        )
        return RunEnd(job, summary, None)

    def _earlier(
        self, job: BatchJob, analyser: Analyser, run_id: int
    ) -> Callable[[str], HistoryImage | None] | None:
        """The question whether an image is done, as the job and the settings want it asked."""
        if not job.again and self._services.settings.flag("reuse_results"):
            return self._services.known_to(analyser)
        # Its own results stand also where earlier ones are not to be used.
        return self._services.known_to(analyser, run_id=run_id) if job.resumed is not None else None

    # Afterwards

    def end(self) -> None:
        """The window closes: nothing more is begun by itself."""
        self._quiet_time.stop()

    def _tune(self) -> None:
        """Measure the model on this computer once, when nothing is under way."""
        if self._lanes.busy:
            self._quiet_time.start()
        elif self._model_state.state is ModelLoadState.READY:
            self._lanes.run(
                Lane.BATCH, lambda _ticket: self._services.models.tune(), failed=lambda _error: None
            )

    def ask_last(self, tell: Callable[[RunSummary, RunEnd], None]) -> None:
        """Tell what the last run holds now: its images may have been reviewed or deleted since its end."""
        if self.last_end is not None:
            self._sum_up(self.last_end, tell)

    def _sum_up(self, end: RunEnd, tell: Callable[[RunSummary, RunEnd], None]) -> None:
        run_id = end.run_id
        if run_id is not None:
            self._access.ask(lambda history: history.run_summary(run_id), lambda summary: tell(summary, end))

    def _summed(self, summary: RunSummary, end: RunEnd) -> None:
        self.last_end = end
        self.summed.emit(summary, end)

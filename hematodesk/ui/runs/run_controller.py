"""Runs in the window: the first image of each is shown at once, the others are named behind it.

Everything finished is saved before it is told; a cancel keeps what is done. See workflow.analysis.run_job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from hematodesk.domain.cells import ImageResult
from hematodesk.domain.errors import HematodeskError, ModelError
from hematodesk.domain.history import Run, RunSummary
from hematodesk.domain.pause import Pause
from hematodesk.ui.state.model_state import ModelLoadState
from hematodesk.ui.state.task_lanes import Lane, Ticket
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.analysis.batch import BatchProgress
from hematodesk.workflow.analysis.folder_watch import FolderWatch, WatchEvent
from hematodesk.workflow.analysis.run_job import (
    Answers,
    FirstImage,
    Keep,
    NotKept,
    RunEnd,
    RunEvent,
    RunJob,
    RunRequest,
)
from hematodesk.workflow.analysis.slide_scan import listing_of
from hematodesk.workflow.analysis.source_streams import FixedSources, SourceStream, list_behind
from hematodesk.workflow.analysis.sources import Source
from hematodesk.workflow.services import Services

_TELL_EVERY_S = 0.1


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


class _Run:
    """One run in the window: its job, and the ticket that it goes with at present."""

    def __init__(self, services: Services, request: RunRequest) -> None:
        self.job = RunJob(services, request)
        self.ticket: Ticket | None = None
        self.number = 0
        """The view's request that the first image answers."""
        self.first: FirstImage | None = None
        self.latest = BatchProgress(0, None, 0, 0, None, None)
        self.stopped = False
        self.left = False
        self._told = 0.0

    def begin(self, ticket: Ticket) -> None:
        """The first image, and the word that others follow; on a lane."""
        if self.job.begin(ticket.token, ticket.report):
            ticket.report(None)

    def go_on(self, ticket: Ticket, pause: Pause) -> RunEnd:
        """The others; on a lane."""

        def tell(event: RunEvent) -> None:
            if isinstance(event, BatchProgress):
                if time.monotonic() - self._told < _TELL_EVERY_S:
                    return
                self._told = time.monotonic()
            ticket.report(event)

        return self.job.run(ticket.token, tell, pause)


class RunController(QObject):
    """Signals:
    saved(list[HistoryImage]): these are in the history now, in their order.
    replaced(list[int]): these failed before, were tried again, and are not in the history any more.
    reused(HistoryImage, Source): the image that was opened is known; its earlier result is shown.
    ended(RunEnd): a run has ended, cancelled or not.
    summed(RunSummary, RunEnd): what a run that has ended holds.
    progressed: `progress` has changed.
    no_model(HematodeskError): there is nothing to name cells with.
    not_saved(HematodeskError): a result could not be saved.
    empty(Run): it was to go on, but nothing of what it was to name is there.
    left(RunRequest): it was stopped because the history is about to be exchanged for another one.
    """

    saved = Signal(object)
    replaced = Signal(object)
    reused = Signal(object, object)
    ended = Signal(object)
    summed = Signal(object, object)
    progressed = Signal()
    no_model = Signal(object)
    not_saved = Signal(object)
    empty = Signal(object)
    left = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._services = context.services
        self._lanes = context.lanes
        self._access = context.access
        self._viewer = context.viewer
        self._model_state = context.model_state
        self._going: list[_Run] = []
        self._looks: list[Ticket] = []
        self._unnamed: tuple[SourceStream, int | None] | None = None
        self._unsaved: list[ImageResult] = []
        self._pause = Pause()
        self.last_end: RunEnd | None = None
        self._model_state.changed.connect(self._model_changed)

    # What runs

    @property
    def progress(self) -> Progress | None:
        """The progress of all runs, None when there is none worth telling."""
        told = [run for run in self._going if run.job.others]
        if not told:
            return None
        totals = [run.job.request.images.total for run in told]
        rates = [run.latest.rate for run in told if run.latest.rate is not None]
        left = [run.latest.seconds_left for run in told if run.latest.seconds_left is not None]
        return Progress(
            sum(run.latest.done for run in told),
            0 if None in totals else sum(total or 0 for total in totals),
            sum(run.latest.failed for run in told),
            sum(rates) if rates and not self._pause.paused else None,
            sum(left) if len(left) == len(told) and not self._pause.paused else None,
            self._pause.paused,
        )

    @property
    def busy(self) -> bool:
        """Whether any run is under way or waiting, or a watched folder is looked into."""
        return bool(self._going or self._looks)

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
        for run in tuple(self._going):
            run.stopped = True
            if run.ticket is not None:
                run.ticket.cancel()
            run.job.request.images.stop()

    def leave(self) -> None:
        """The history is about to be exchanged: stop everything, and tell what was stopped."""
        self.last_end = None
        for run in self._going:
            run.left = True
            self.left.emit(run.job.request)
        for look in self._looks:
            look.cancel()
        self.cancel()

    def end(self) -> None:
        """The window closes: nothing more is begun by itself, and what it cuts off is offered again."""
        for run in self._going:
            run.job.cut_off = not run.stopped
        self.save_again()

    # The first image, and what comes behind it

    def open(self, sources: Sequence[Source], *, again: bool = False) -> None:
        """Show the first, and name all; `again` also those that the history knows."""
        self.open_stream(FixedSources(sources), again=again)

    def open_page(self, path: Path, page: int) -> None:
        """Show a page of a file, counted from 1, and name it if the history does not know it."""
        self.open_stream(FixedSources([path]), page=page)

    def open_stream(
        self,
        images: SourceStream,
        *,
        again: bool = False,
        skip: int = 0,
        listed: Callable[[int], None] = lambda _count: None,
        page: int | None = None,
    ) -> None:
        """The same for images that are still to be listed; `listed` is told at last how many there are.

        The first `skip` of them are left out.
        """
        # Leafing through a file names no page twice.
        reuse = not again and (page is not None or self._services.settings.flag("reuse_results"))
        request = RunRequest(images, keep=Keep.RUN, reuse=reuse, again=again, page=page)
        run = _Run(self._services, request)

        def lists(ticket: Ticket) -> int:
            ticket.token.on_cancel(images.stop)

            def first() -> None:
                for _ in range(skip):
                    next(images, None)
                run.begin(ticket)

            return list_behind(images, first)

        def failed(error: HematodeskError) -> None:
            self._unnamed = images, page
            self._not_named(run)
            self.no_model.emit(error)

        self._lanes.run(
            Lane.DECODING,
            lists,
            done=listed,
            failed=failed,
            cancelled=lambda: self._not_named(run),
            progress=lambda event: self._told(run, event),
        )

    def _show(self, run: _Run, first: FirstImage) -> None:
        """The first image, as far as it has come."""
        viewer, answer, pixels = self._viewer, first.answer, first.pixels
        run.first = first
        if answer is not None:
            viewer.know_pages(answer.result.digest, first.page, first.pages)
        if not first.opened:
            self._unnamed = None
            run.number = viewer.begin(first.source.name)
        elif answer is None:
            if pixels is not None:
                viewer.show_working(run.number, first.source.name, pixels)
        elif answer.kept is None:
            viewer.show_result(run.number, answer.result, pixels)
        elif answer.known:
            viewer.show_earlier(run.number, answer.kept, pixels)
            if run.job.request.page is None:
                self.reused.emit(answer.kept, first.source)
        else:
            # The list has it before it is marked there.
            self.saved.emit([answer.kept])
            viewer.show_saved(run.number, answer.kept, pixels)
            if self._unsaved:
                self.save_again()

    def _not_named(self, run: _Run) -> None:
        """No model could name the first image, or there was no time."""
        first = run.first
        if first is not None and first.answer is None:
            self._viewer.show_unnamed(run.number, first.source.name, first.pixels)

    def _model_changed(self) -> None:
        if self._model_state.state is not ModelLoadState.READY:
            return
        unnamed, self._unnamed = self._unnamed, None
        if unnamed is not None:
            # What was opened while there was no model is named now that there is one.
            images, page = unnamed
            self.open_stream(images.anew(), page=page)

    def save_again(self) -> None:
        """Save what the history refused before (a disk that was full); tried again when it takes one."""
        results, self._unsaved = self._unsaved, []

        def refused(_error: HematodeskError) -> None:
            # It was told when it was refused first.
            self._unsaved = results + self._unsaved

        if results:
            self._access.ask(
                lambda history: history.save_results(self._services.session_id(), results),
                self.saved.emit,
                refused,
            )

    # Runs without a first image to show

    def resume(self, run: Run) -> None:
        """Go on with a run: its folders are listed anew, and what is done is not done again."""
        images = listing_of(run.options.root_paths, self._services)

        def lists(ticket: Ticket) -> int:
            ticket.token.on_cancel(images.stop)
            return images.list_all()

        again = run.options.again
        reuse = not again and self._services.settings.flag("reuse_results")
        self._lanes.run(Lane.DECODING, lists)
        # As it was asked for where it began.
        whole = run.options.whole_image
        request = RunRequest(
            images, whole, Keep.RUN, reuse=reuse, again=again, resumed=run, page=run.options.page
        )
        self._go_on(_Run(self._services, request))

    def look(self, watch: FolderWatch, tell: Callable[[WatchEvent], None], over: Callable[[], None]) -> None:
        """Look into a watched folder, and name what is new in it; the list has it before `tell` is told.

        `over` is called at the end.
        """

        def step(ticket: Ticket) -> None:
            # Not opened here: it may have been refused, or be away for a moment.
            _ = self._services.history
            watch.step(ticket.token, ticket.report)

        def told(event: WatchEvent) -> None:
            if isinstance(event, Answers):
                self._add(event)
            tell(event)

        def ended() -> None:
            self._looks.remove(ticket)
            self.progressed.emit()
            over()

        def failed(error: HematodeskError) -> None:
            ended()
            self._tell_fault(error)

        ticket = self._lanes.run(
            Lane.WATCH, step, done=lambda _none: ended(), failed=failed, cancelled=ended, progress=told
        )
        self._looks.append(ticket)

    def _go_on(self, run: _Run) -> None:
        """Name the images of a run behind the one on show."""
        request = run.job.request
        self._going.append(run)

        def ended(end: RunEnd) -> None:
            self._remove(run)
            if end.run_id is not None and not run.left:
                self.ended.emit(end)
                self._sum_up(end, self._summed)
            elif request.resumed is not None and end.run_id is None and not end.summary.cancelled:
                # A drive that is not there leaves an empty folder: the run stays as it is.
                self.empty.emit(request.resumed)

        def failed(error: HematodeskError) -> None:
            self._remove(run)
            if not run.left:
                self._tell_fault(error)

        run.ticket = self._lanes.run(
            Lane.BATCH,
            lambda ticket: run.go_on(ticket, self._pause),
            done=ended,
            failed=failed,
            cancelled=lambda: self._remove(run),
            progress=lambda event: self._told(run, event),
        )
        self.progressed.emit()

    def _told(self, run: _Run, event: RunEvent | None) -> None:
        """An event of a run, None when its first image is done and others follow."""
        if isinstance(event, FirstImage):
            self._show(run, event)
        elif isinstance(event, Answers):
            self._add(event)
        elif isinstance(event, BatchProgress):
            run.latest = event
            self.progressed.emit()
        elif isinstance(event, NotKept):
            self._unsaved.append(event.answer.result)
            self.not_saved.emit(event.error)
        elif event is None:
            failed = run.first is not None and run.first.answer is not None and run.first.answer.failed
            run.latest = BatchProgress(1, None, int(failed), 0, None, None)
            self._go_on(run)

    def _add(self, answers: Answers) -> None:
        new = [each.kept for each in answers.answers if not each.known and each.kept is not None]
        if new:
            self.saved.emit(new)
        if answers.replaced:
            self.replaced.emit(list(answers.replaced))

    def _tell_fault(self, error: HematodeskError) -> None:
        if isinstance(error, ModelError):
            self.no_model.emit(error)
        else:
            self.not_saved.emit(error)

    def _remove(self, run: _Run) -> None:
        if run in self._going:
            self._going.remove(run)
        if self.progress is None:
            self._pause.set(False)
        self.progressed.emit()

    # Afterwards

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

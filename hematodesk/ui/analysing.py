"""Runs sources through the model: the first one at once into the view, the rest as a batch.

Everything finished is saved before it is told; a cancel keeps what is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from hematodesk.domain.cells import ImageResult, ImageStatus
from hematodesk.domain.errors import HematodeskError, ModelError
from hematodesk.domain.history import HistoryImage
from hematodesk.ui.history_access import HistoryAccess
from hematodesk.ui.lanes import Lane, Lanes, Ticket
from hematodesk.ui.model_keeper import ModelKeeper, ModelState
from hematodesk.ui.viewing import Viewer
from hematodesk.workflow.analyse import AnalysedImage, Analyser, OpenedImage, open_image
from hematodesk.workflow.batch import BatchProgress, BatchSummary, run_batch
from hematodesk.workflow.earlier import find_earlier
from hematodesk.workflow.services import Services
from hematodesk.workflow.sources import Source

if TYPE_CHECKING:
    from hematodesk.storage.history import History

_TELL_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class RunState:
    """How far all runs together have come; seconds_left is None while it is not known."""

    done: int
    total: int
    failed: int
    seconds_left: float | None


@dataclass(slots=True)
class _Run:
    """One batch under way or waiting."""

    total: int
    ticket: Ticket | None = None
    cancelled: bool = False
    done: int = 0
    failed: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class _First:
    """The first of the sources that were opened together.

    Attributes:
        request: the view's request that its result answers.
        again: whether it is analysed though the history knows it.
        go_on: begins the rest, told how many could not be read before it.
        unnamed: called when no model could name it.
    """

    request: int
    source: Source
    again: bool
    go_on: Callable[[int], None]
    unnamed: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Saved:
    images: list[HistoryImage]


@dataclass(frozen=True, slots=True)
class _Reused:
    images: list[HistoryImage]


class Analysing(QObject):
    """Signals:
    saved(list[HistoryImage]): these are in the history now, in their order.
    reused(HistoryImage, Source): the image that was opened is known; its earlier result is shown.
    batch_ended(BatchSummary, list[Source]): a batch has ended, cancelled or not; its sources.
    progressed: `state` has changed.
    no_model(HematodeskError): there is nothing to name cells with.
    not_saved(HematodeskError): a result could not be saved.
    """

    saved = Signal(object)
    reused = Signal(object, object)
    batch_ended = Signal(object, object)
    progressed = Signal()
    no_model = Signal(object)
    not_saved = Signal(object)

    def __init__(
        self,
        services: Services,
        lanes: Lanes,
        access: HistoryAccess,
        viewer: Viewer,
        keeper: ModelKeeper,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._lanes = lanes
        self._access = access
        self._viewer = viewer
        self._keeper = keeper
        self._runs: list[_Run] = []
        self._for_model: list[Callable[[], None]] = []
        self._unnamed: list[Source] = []
        keeper.changed.connect(self._model_changed)

    @property
    def state(self) -> RunState | None:
        """The progress of all batches, None when there is none."""
        if not self._runs:
            return None
        left = [run.seconds_left for run in self._runs if run.seconds_left is not None]
        return RunState(
            sum(run.done for run in self._runs),
            sum(run.total for run in self._runs),
            sum(run.failed for run in self._runs),
            sum(left) if len(left) == len(self._runs) else None,
        )

    def open(self, sources: Sequence[Source], *, again: bool = False) -> None:
        """Show the first, and analyse all; `again` also those that the history knows."""
        if not sources:
            return
        self._unnamed = []
        rest = sources[1:]

        def go_on(failed: int) -> None:
            if rest:
                self.run_many(rest, again=again, failed_before=failed)

        def unnamed() -> None:
            self._unnamed = list(sources)

        # The rest begins when the first one is saved, so that the list keeps their order.
        request = self._viewer.begin(sources[0].name)
        self._open_one(_First(request, sources[0], again, go_on, unnamed))

    def cancel(self) -> None:
        """Stop all batches; what is done stays."""
        for run in tuple(self._runs):
            run.cancelled = True
            if run.ticket is not None:
                run.ticket.cancel()
            else:
                self._runs.remove(run)
                self.progressed.emit()

    # One image, at once

    def _open_one(self, first: _First) -> None:
        def opened(image: OpenedImage) -> None:
            # The answer is worked out while the image is painted; it is delivered after this, never before.
            self._analyse_one(first, image)
            if image.image is not None:
                self._viewer.show_working(first.request, first.source.name, image.image.pixels)

        def read(_ticket: Ticket) -> OpenedImage:
            return open_image(first.source, self._services.reader)

        self._lanes.run(Lane.DECODING, read, done=opened)

    def _analyse_one(self, first: _First, opened: OpenedImage) -> None:
        pixels = opened.image.pixels if opened.image is not None else None

        def analyse(ticket: Ticket) -> AnalysedImage | HistoryImage:
            analyser = self._analyser()
            if not first.again and opened.image is not None:
                known = self._earlier(analyser)(opened.image.digest)
                if known is not None:
                    return known
            return analyser.analyse_opened(opened, ticket.token)

        def came(answer: AnalysedImage | HistoryImage) -> None:
            if isinstance(answer, HistoryImage):
                self._viewer.show_earlier(first.request, answer, pixels)
                self.reused.emit(answer, first.source)
                first.go_on(0)
                return
            self._viewer.show_result(first.request, answer.result, answer.pixels)
            self._save_one(first, answer.result)

        def failed(error: HematodeskError) -> None:
            first.unnamed()
            self._viewer.show_unnamed(first.request, first.source.name, pixels)
            self.no_model.emit(error)

        def cancelled() -> None:
            self._viewer.show_unnamed(first.request, first.source.name, pixels)

        self._lanes.run(Lane.INFERENCE, analyse, done=came, failed=failed, cancelled=cancelled)

    def _save_one(self, first: _First, result: ImageResult) -> None:
        failures = int(result.status is ImageStatus.ERROR)

        def save(history: History) -> HistoryImage:
            return history.save_result(self._services.session_id(), result)

        def came(image: HistoryImage) -> None:
            self._viewer.show_saved(first.request, image)
            self.saved.emit([image])
            first.go_on(failures)

        def failed(error: HematodeskError) -> None:
            self.not_saved.emit(error)

        if self._access.ask(save, came, failed) is None:
            first.go_on(failures)

    # Many images, in order

    def run_many(self, sources: Sequence[Source], *, again: bool = False, failed_before: int = 0) -> None:
        """Analyse all of them without showing any; failures before them count with theirs."""
        run = _Run(len(sources), failed=failed_before)
        self._runs.append(run)

        def work(ticket: Ticket) -> BatchSummary:
            history = self._services.history
            session_id = self._services.session_id()
            analyser = self._analyser()
            told = 0.0

            def sink(results: list[ImageResult]) -> None:
                ticket.report(_Saved(history.save_results(session_id, results)))

            def reused(images: list[HistoryImage]) -> None:
                ticket.report(_Reused(images))

            def progress(step: BatchProgress) -> None:
                nonlocal told
                if time.monotonic() - told >= _TELL_EVERY_S:
                    told = time.monotonic()
                    ticket.report(step)

            return run_batch(
                sources,
                analyser,
                sink,
                progress,
                ticket.token,
                earlier=None if again else self._earlier(analyser),
                reused=reused,
            )

        def ended(summary: BatchSummary) -> None:
            self._runs.remove(run)
            self.progressed.emit()
            self.batch_ended.emit(replace(summary, failed=summary.failed + failed_before), sources)

        def failed(error: HematodeskError) -> None:
            self._runs.remove(run)
            self.progressed.emit()
            told = self.no_model if isinstance(error, ModelError) else self.not_saved
            told.emit(error)

        def cancelled() -> None:
            self._runs.remove(run)
            self.progressed.emit()

        def step(value: object) -> None:
            if isinstance(value, _Saved):
                self.saved.emit(value.images)
            elif isinstance(value, BatchProgress):
                run.done, run.seconds_left = value.done, value.seconds_left
                run.failed = value.failed + failed_before
                self.progressed.emit()

        def start() -> None:
            if not run.cancelled:
                run.ticket = self._lanes.run(
                    Lane.BATCH, work, done=ended, failed=failed, cancelled=cancelled, progress=step
                )

        # One image waits on the model's own lane; a batch has another, so it waits here.
        self._for_model.append(start)
        self._model_changed()
        self.progressed.emit()

    def _model_changed(self) -> None:
        if self._keeper.state is not ModelState.LOADING:
            waiting, self._for_model = self._for_model, []
            for start in waiting:
                start()
        if self._unnamed and self._keeper.state is ModelState.READY:
            # What was opened while there was no model is named now that there is one.
            self.open(self._unnamed)

    # On the lanes

    def _analyser(self) -> Analyser:
        loaded = self._services.models.loaded
        if loaded is None:
            raise ModelError(
                "model_missing",
                self.tr("There is no model to name cells with."),
                self.tr("Import a model package from the Models menu."),
            )
        return self._services.analyser(loaded)

    def _earlier(self, analyser: Analyser) -> Callable[[str], HistoryImage | None]:
        """The question whether the history knows an image, as the settings want it asked."""
        history = self._services.history_or_none
        reuse = self._services.settings.flag("reuse_results")
        sha256 = analyser.classifier.package.sha256
        whole = analyser.takes_whole_image()

        def ask(digest: str) -> HistoryImage | None:
            if history is None or not reuse:
                return None
            return find_earlier(history, digest, sha256, whole_image=whole)

        return ask

"""Opens images: the first one at once into the view, the rest as a batch run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from hematodesk.domain.cells import ImageResult, ImageStatus
from hematodesk.domain.errors import HematodeskError, ModelError
from hematodesk.domain.history import HistoryImage
from hematodesk.ui.runs.run_controller import BatchJob, RunController
from hematodesk.ui.state.history_access import HistoryAccess
from hematodesk.ui.state.model_state import ModelLoadState, ModelState
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket
from hematodesk.ui.state.viewer_state import Viewer
from hematodesk.workflow.analysis.analyser import AnalysedImage, Analyser, OpenedImage, open_image
from hematodesk.workflow.analysis.known_results import find_earlier
from hematodesk.workflow.analysis.source_streams import FixedSources, SourceStream, list_behind
from hematodesk.workflow.analysis.sources import Source
from hematodesk.workflow.services import Services

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService


@dataclass(frozen=True, slots=True)
class _First:
    """The first of the sources that were opened together.

    Attributes:
        request: the view's request that its result answers.
        again: whether it is analysed though the history knows it.
        go_on: begins the rest, told the first one's id in the history and whether it failed.
        unnamed: called when no model could name it.
    """

    request: int
    source: Source
    again: bool
    go_on: Callable[[int | None, bool], None]
    unnamed: Callable[[], None]


class AnalysisController(QObject):
    """Signals:
    saved(list[HistoryImage]): these are in the history now, in their order.
    reused(HistoryImage, Source): the image that was opened is known; its earlier result is shown.
    no_model(HematodeskError): there is nothing to name cells with.
    not_saved(HematodeskError): a result could not be saved.
    """

    saved = Signal(object)
    reused = Signal(object, object)
    no_model = Signal(object)
    not_saved = Signal(object)

    def __init__(
        self,
        services: Services,
        lanes: TaskLanes,
        access: HistoryAccess,
        viewer: Viewer,
        model_state: ModelState,
        runs: RunController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._lanes = lanes
        self._access = access
        self._viewer = viewer
        self._model_state = model_state
        self._runs = runs
        self._unnamed: SourceStream | None = None
        self._unsaved: list[ImageResult] = []
        model_state.changed.connect(self._model_changed)

    def open(self, sources: Sequence[Source], *, again: bool = False) -> None:
        """Show the first, and analyse all; `again` also those that the history knows."""
        if sources:
            self.open_stream(FixedSources(sources), again=again)

    def open_stream(self, stream: SourceStream, *, again: bool = False) -> None:
        """The same for images that come one by one; the first one has come."""
        first = next(stream, None)
        if first is None:
            return
        self._unnamed = None

        def go_on(image_id: int | None, failed: bool) -> None:
            if stream.total != 1:
                already = () if image_id is None else (image_id,)
                self._runs.start(
                    BatchJob(stream, again=again, already=already, before=1, failed_before=int(failed))
                )

        def unnamed() -> None:
            self._unnamed = stream

        # The rest begins when the first one is saved, so that the list keeps their order.
        request = self._viewer.begin(first.name)
        self._open_one(_First(request, first, again, go_on, unnamed))

    def _model_changed(self) -> None:
        stream = self._unnamed
        if stream is not None and self._model_state.state is ModelLoadState.READY:
            # What was opened while there was no model is named now that there is one.
            self._unnamed = None
            anew = stream.anew()

            def lists(ticket: Ticket) -> int:
                ticket.token.on_cancel(anew.stop)
                return list_behind(anew, lambda: ticket.report(None))

            self._lanes.run(Lane.DECODING, lists, progress=lambda _nothing: self.open_stream(anew))

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
                first.go_on(answer.id, False)
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
        failed_to_read = result.status is ImageStatus.ERROR

        def save(history: HistoryService) -> HistoryImage:
            return history.save_result(self._services.session_id(), result)

        def came(image: HistoryImage) -> None:
            self._viewer.show_saved(first.request, image)
            self.saved.emit([image])
            first.go_on(image.id, failed_to_read)
            self.save_again()

        def failed(error: HematodeskError) -> None:
            self._unsaved.append(result)
            self.not_saved.emit(error)

        if self._access.ask(save, came, failed) is None:
            first.go_on(None, failed_to_read)

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

"""One run over images: gather, known results, decode and locate, classify, save, end, and the run's lock.

Window, command line and watched folder all name images through it: each describes what it wants in a
RunRequest, receives RunEvents while it runs, and gets a RunEnd. No Qt, and no threads besides those of the
pipeline: `RunJob.run` blocks, and events arrive in the calling thread.

    services.models.load()
    end = RunJob(services, RunRequest(FixedSources(paths))).run(CancelToken(), tell)

To show the first image as soon as possible, call `begin` before `run`: it analyses that one alone and
at once, `run` the others.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from hematodesk.domain.cells import ImageResult, ImageStatus
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryImage, Run, RunState
from hematodesk.workflow.analysis.analyser import Analyser, open_image
from hematodesk.workflow.analysis.batch import BatchProgress, BatchSummary, run_batch
from hematodesk.workflow.analysis.named_folders import NamedFolders
from hematodesk.workflow.analysis.source_streams import SourceStream
from hematodesk.workflow.analysis.sources import Source

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.pause import Pause
    from hematodesk.imaging.reader import ImageReader
    from hematodesk.workflow.analysis.run_recorder import RunRecorder
    from hematodesk.workflow.analysis.watched_folder import WatchedFolder

    Pixels = npt.NDArray[np.uint8]

Known = Callable[[str], HistoryImage | None]
"""A function that finds the known answer for an image's digest."""


class Keep(StrEnum):
    """What a run saves in the history."""

    NOTHING = "nothing"
    RESULTS = "results"
    """Its results, as if each image had been opened by itself."""
    RUN = "run"
    """Its results and the run, which can be resumed and is locked while it runs."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The description of a run.

    Attributes:
        images: in their order; may still be listed.
        whole_image: classify each image as a whole; None and False leave it to the model package.
        keep: see Keep.
        reuse: an image for which the history has this model's answer is not analysed again.
        again: known images are analysed again on request; recorded with the run.
        resume: resume the unfinished run of the same request, if there is one.
        resumed: the run to resume. Its own results are kept, even without `reuse`.
        page: which picture of each file, from 1; None for the first.
        watched: the folder whose new files these are. A failed file of it may come again, and is then neither
            told nor kept; with Keep.NOTHING it remembers the answers, so that a renamed file has none twice.
    """

    images: SourceStream
    whole_image: bool | None = None
    keep: Keep = Keep.NOTHING
    reuse: bool = False
    again: bool = False
    resume: bool = False
    resumed: Run | None = None
    watched: WatchedFolder | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One image's answer.

    Attributes:
        result: what was found; for a known image including later reviews and changes.
        kept: the same as saved in the history, with its ids; None while, or where, it is not saved.
        known: whether it is an earlier answer.
    """

    result: ImageResult
    kept: HistoryImage | None = None
    known: bool = False

    @property
    def failed(self) -> bool:
        """Whether there is a fault instead of an answer."""
        return self.result.status is ImageStatus.ERROR


@dataclass(frozen=True, slots=True)
class Begun:
    """The run is recorded and locked, and its first image is about to be analysed.

    Attributes:
        run_id: in the history; None when it is not recorded there.
    """

    run_id: int | None


@dataclass(frozen=True, slots=True)
class FirstImage:
    """What `begin` knows of the first image: told when it has come, is decoded, is named, and is kept.

    Attributes:
        source: where it comes from.
        opened: whether reading it was tried.
        pixels: uint8 (H, W, 3) RGB; None when it is not read yet, or cannot be.
        answer: None before it is named; a new one is not kept yet when it is told first.
        page, pages: which picture of its file it is, counted from 1, and how many there are.
    """

    source: Source
    opened: bool = False
    pixels: Pixels | None = None
    answer: Answer | None = None
    page: int = 1
    pages: int = 1


@dataclass(frozen=True, slots=True)
class Answers:
    """A group of answers in the order of their images, kept as the request wanted it.

    Attributes:
        answers: known ones and new ones never together.
        replaced: ids of earlier failed attempts that these replace, removed from the history.
    """

    answers: tuple[Answer, ...]
    replaced: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NotKept:
    """The first image is analysed, but the history refused to save it; the run ends with it."""

    answer: Answer
    error: HistoryError


RunEvent: TypeAlias = Begun | FirstImage | Answers | NotKept | BatchProgress
"""BatchProgress counts the whole run, the first image included."""

Tell = Callable[[RunEvent], object]
"""Receives the events, in the thread that runs the job."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended.

    Attributes:
        request: what it was to do.
        summary: of the images that `run` did.
        run_id: in the history; None for a run of no images, and for one that is not noted.
        first: the answer of the image that `begin` did before.
    """

    request: RunRequest
    summary: BatchSummary
    run_id: int | None = None
    first: Answer | None = None

    @property
    def done(self) -> int:
        """Images done, the first one included."""
        return self.summary.done + (self.first is not None)

    @property
    def failed(self) -> int:
        """Images failed, the first one included."""
        return self.summary.failed + (self.first is not None and self.first.failed)


class RunServices(Protocol):
    """The services that a run needs; workflow.services.Services is one. Its history raises HistoryError."""

    @property
    def reader(self) -> ImageReader:
        """What decodes images."""
        ...

    @property
    def has_history(self) -> bool:
        """Whether a history is open."""
        ...

    def loaded_analyser(self, cancel: CancelToken) -> Analyser:
        """One with the model in use, waited for while it loads. Raises ModelError, Cancelled."""
        ...

    def save(self, results: Sequence[ImageResult]) -> list[HistoryImage]:
        """Save results in this program's session; returned with their ids."""
        ...

    def known_to(
        self, analyser: Analyser, whole_image: bool | None = None, *, run_id: int | None = None
    ) -> Known:
        """A function that finds this model's answer for a digest in the history; of one run, if named."""
        ...

    def record_run(self, request: RunRequest, analyser: Analyser) -> RunRecorder:
        """Begin a run in the history, or resume one; locked until its end."""
        ...


class RunJob:
    """One run. `begin` and `run` may be called in different threads, one after the other.

    Args:
        services: model, reader and history.
        request: what it is to do.
    """

    def __init__(self, services: RunServices, request: RunRequest) -> None:
        self.request = request
        self.cut_off = False
        """Whether cancelling is the program's end, not the user's wish: the next start offers to resume."""
        self._services = services
        self._first: Answer | None = None

    @property
    def others(self) -> bool:
        """Whether there may be other images than the one that `begin` named."""
        return self.request.images.total != (self._first is not None)

    # The first image

    def begin(self, cancel: CancelToken, tell: Tell) -> bool:
        """Analyse and save the first image alone; returns whether there may be others for `run`.

        The event comes before saving, as a disk may be slow. Raises ModelError, Cancelled, HistoryError
        where known results cannot be looked up, and what `tell` raises.
        """
        source = next(self.request.images, None)
        if source is None:
            return False
        tell(FirstImage(source))
        # Not located by the reader, where it would wait behind the images of a running batch.
        opened = open_image(source, self._services.reader, page=self.request.page)
        seen = FirstImage(source, True)
        if opened.image is not None:
            seen = replace(seen, pixels=opened.image.pixels, page=opened.image.page, pages=opened.image.pages)
        tell(seen)
        analyser = self._services.loaded_analyser(cancel)
        found = None
        if self.request.reuse and self._services.has_history and opened.image is not None:
            found = self._services.known_to(analyser, self.request.whole_image)(opened.image.digest)
        if found is not None:
            answer = Answer(found.result, found, known=True)
        else:
            answer = Answer(analyser.analyse_opened(opened, cancel, self.request.whole_image).result)
        self._first = answer
        tell(replace(seen, answer=answer))
        if answer.known or self.request.keep is Keep.NOTHING or not self._services.has_history:
            return self.others
        try:
            (image,) = self._services.save([answer.result])
        except HistoryError as error:
            tell(NotKept(answer, error))
            return False
        self._first = Answer(image.result, image)
        tell(replace(seen, answer=self._first))
        return self.others

    # The others, or all

    def run(self, cancel: CancelToken, tell: Tell, pause: Pause | None = None) -> RunEnd:
        """Analyse all remaining images; blocks until the end, cancelling, or until their folder is gone.

        Results are saved in groups and reported afterwards, also when it is stopped. Cancelling ends it
        regularly; see `cut_off`. Raises ModelError, HistoryError, and what `tell` raises, which ends it.
        """
        images = self.request.images
        # A listing may block.
        forget = cancel.on_cancel(images.stop)
        try:
            coming = next(images, None)
        finally:
            forget()
        if coming is None:
            return RunEnd(self.request, BatchSummary(0, 0, 0, cancel.cancelled, 0.0), None, self._first)
        sources = itertools.chain([coming], images)
        analyser = self._services.loaded_analyser(cancel)
        if self.request.keep is not Keep.RUN:
            tell(Begun(None))
            summary = self._name(sources, analyser, cancel, tell, pause)
            return RunEnd(self.request, summary, None, self._first)
        record = self._services.record_run(self.request, analyser)
        try:
            return self._recorded(record, sources, analyser, cancel, tell, pause)
        except BaseException:
            record.let_go()
            raise

    def _recorded(
        self,
        record: RunRecorder,
        sources: Iterable[Source],
        analyser: Analyser,
        cancel: CancelToken,
        tell: Tell,
        pause: Pause | None,
    ) -> RunEnd:
        """Analyse them as a run that is recorded in the history."""
        if self._first is not None and self._first.kept is not None:
            record.add_known([self._first.kept])
        tell(Begun(record.id))
        summary = self._name(sources, analyser, cancel, tell, pause, record)
        end = RunEnd(self.request, summary, record.id, self._first)
        state = RunState.DONE
        if summary.cut_short:
            # A run stopped by the user is not offered again; one cut off by the program's end or a drive is.
            state = RunState.STOPPED if summary.cancelled and not self.cut_off else RunState.GOING
            self.request.images.stop()
        record.end(state, self.request.images.total, end.done, end.failed)
        return end

    def _name(
        self,
        sources: Iterable[Source],
        analyser: Analyser,
        cancel: CancelToken,
        tell: Tell,
        pause: Pause | None,
        record: RunRecorder | None = None,
    ) -> BatchSummary:
        """Run the batch: results are saved first, and reported then."""
        first, save = self._first, self._save if record is None else record.save

        def sink(results: list[ImageResult]) -> None:
            watched = self.request.watched
            if watched is not None:
                results = [each for each in results if not watched.comes_again(each)]
            if results:
                kept, replaced = save(results)
                answers = tuple(map(Answer, results, kept))
                tell(Answers(answers, tuple(replaced)))

        def reused(images: list[HistoryImage]) -> None:
            if record is not None:
                record.add_known(images)
            tell(Answers(tuple(Answer(image.result, image, known=True) for image in images)))

        def progress(step: BatchProgress) -> None:
            if first is not None:
                step = replace(step, done=step.done + 1, failed=step.failed + first.failed)
            if record is not None:
                record.tell(step)
            tell(step)

        def total() -> int | None:
            count = self.request.images.total
            return count if count is None or first is None else count - 1

        return run_batch(
            sources,
            analyser,
            sink,
            progress,
            cancel,
            pause=pause,
            whole_image=self.request.whole_image,
            page=self.request.page,
            earlier=self._known(analyser, record),
            reused=reused,
            total=total,
            gone=None if record is None else NamedFolders(record.options.root_paths).gone,
        )

    def _known(self, analyser: Analyser, record: RunRecorder | None) -> Known | None:
        """The lookup of known answers that the request asks for."""
        request = self.request
        if request.reuse:
            return self._services.known_to(analyser, request.whole_image)
        if request.resumed is not None and record is not None:
            # Its own results are kept even where earlier ones are not to be used.
            return self._services.known_to(analyser, request.whole_image, run_id=record.id)
        return request.watched.known if request.watched is not None else None

    def _save(self, results: Sequence[ImageResult]) -> tuple[Sequence[HistoryImage | None], Sequence[int]]:
        """Save results without a recorded run, as the request says."""
        if self.request.keep is not Keep.NOTHING:
            return self._services.save(results), ()
        if self.request.watched is not None:
            self.request.watched.remember(results)
        return [None] * len(results), ()

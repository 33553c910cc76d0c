"""The services of the window and the command line, built once by bootstrap."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import RunOptions
from hematodesk.domain.messages import N_, reason_of
from hematodesk.domain.operators import Operator
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.known_results import find_earlier
from hematodesk.workflow.analysis.run_recorder import RunRecorder, same_run
from hematodesk.workflow.analysis.sources import Picture, keep_picture, sweep_pictures
from hematodesk.workflow.models.model_service import LoadedModel, ModelService
from hematodesk.workflow.review.review_service import ReviewService
from hematodesk.workflow.system.log import log_event
from hematodesk.workflow.system.paths import AppPaths
from hematodesk.workflow.system.policy import NO_POLICY, Policy
from hematodesk.workflow.system.settings import SettingsStore, operator_name

if TYPE_CHECKING:
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.cells import ImageResult
    from hematodesk.domain.history import (
        CellFilter,
        CellOrder,
        HistoryFilter,
        HistoryImage,
        ImageSummary,
        ListedCell,
    )
    from hematodesk.imaging.reader import ImageReader
    from hematodesk.imaging.slide_pool import SlidePool
    from hematodesk.storage.history import History
    from hematodesk.workflow.analysis.run_job import RunRequest


class Services:
    """Settings, models and history of one data folder.

    Building it is cheap; the history opens at `open_history` and a model loads at `models.load`,
    both for worker threads.
    """

    def __init__(
        self,
        paths: AppPaths,
        settings: SettingsStore,
        models: ModelService,
        open_history_at: Callable[[Path], History],
        open_reader: Callable[[], ImageReader],
        policy: Policy = NO_POLICY,
    ) -> None:
        self.policy = policy
        self.paths = paths
        self.settings = settings
        self.models = models
        self._open_history_at = open_history_at
        self._open_reader = open_reader
        self._lock = threading.RLock()
        self._history: History | None = None
        self._session_id: int | None = None
        self._reader: ImageReader | None = None

    @property
    def history(self) -> History:
        """The open history. Raises HistoryError (history_closed) before `open_history`."""
        history = self._history
        if history is None:
            raise HistoryError(
                "history_closed",
                N_("Errors", "The history is not open."),
                N_("Errors", "Start the program again."),
            )
        return history

    @property
    def history_or_none(self) -> History | None:
        """The history when it is open."""
        return self._history

    def open_history(self, *, must_exist: bool = False) -> History:
        """Open (or create) the history; a second call gives the same one.

        Raises HistoryError (history_absent when it must exist and doesn't, history_unwritable when
        not even that can be told), PlaceError.
        """
        with self._lock:
            if self._history is None:
                if must_exist:
                    self.history_path()
                self.paths.prepare()
                try:
                    self._history = self._open_history_at(self.paths.history_file)
                except HistoryError as error:
                    log_event("history_refused", code=error.code)
                    raise
            return self._history

    def history_path(self) -> Path:
        """The history's file, which is there. Raises HistoryError history_absent, history_unwritable."""
        path = self.paths.history_file
        try:
            # The other files are a complete history that is about to replace it.
            if any(path.with_name(path.name + ending).exists() for ending in ("", ".restored", ".repaired")):
                return path
        except OSError as fault:
            raise HistoryError(
                "history_unwritable",
                N_("Errors", "The data folder {folder} cannot be looked into: {reason}."),
                N_("Errors", "Check the rights of the data folder, or choose another one with --data-dir."),
                folder=self.paths.data,
                reason=reason_of(fault),
            ) from fault
        raise HistoryError(
            "history_absent",
            N_("Errors", "There is no history in {folder} yet."),
            N_("Errors", "It begins with the first image opened in the window or with `classify --save`."),
            folder=self.paths.data,
        )

    @contextlib.contextmanager
    def closed_meanwhile(self) -> Iterator[None]:
        """Within the block this program has the history closed; one that was open is opened again.

        Raises HistoryError when it cannot be opened again.
        """
        with self._lock:
            history, self._history = self._history, None
            session_id, self._session_id = self._session_id, None
            if history is not None:
                with contextlib.suppress(HistoryError), contextlib.closing(history):
                    if session_id is not None:
                        history.end_session(session_id)
            try:
                yield
            finally:
                if history is not None:
                    self.open_history()

    def all_images(self, chosen: HistoryFilter) -> Iterator[ImageSummary]:
        """The history's list, newest first, read page by page. Raises HistoryError."""
        page = self.history.page(chosen)
        while page:
            yield from page
            page = self.history.page(chosen, after=page[-1])

    def all_cells(self, chosen: CellFilter, order: CellOrder) -> Iterator[ListedCell]:
        """The history's cells in that order, read page by page. Raises HistoryError."""
        page = self.history.cells_page(chosen, order)
        while page:
            yield from page
            page = self.history.cells_page(chosen, order, page[-1])

    def open_scratch_history(self, path: Path) -> History:
        """Open another history file that the caller closes. Raises HistoryError."""
        return self._open_history_at(path)

    @property
    def operator(self) -> Operator:
        """The operator, by the name in the settings or the login's."""
        return Operator.named(operator_name(self.settings))

    def session_id(self) -> int:
        """This run's session in the history, begun at the first call. Raises HistoryError."""
        with self._lock:
            if self._session_id is None:
                self._session_id = self.open_history().begin_session(self.operator)
            return self._session_id

    def save(self, results: Sequence[ImageResult]) -> list[HistoryImage]:
        """Save results in this run's session; returned with their ids. Raises HistoryError."""
        return self.open_history().save_results(self.session_id(), results)

    @property
    def has_history(self) -> bool:
        """Whether the history is open."""
        return self._history is not None

    def record_run(self, request: RunRequest, analyser: Analyser) -> RunRecorder:
        """Begin a run in the history, or go on with the one that the request means. Raises HistoryError."""
        package = analyser.classifier.package
        resumed = request.resumed
        roots = request.images.roots if resumed is None else resumed.options.root_paths
        options = RunOptions(
            tuple(str(path.absolute()) for path in roots),
            package.name,
            package.version,
            package.sha256,
            whole_image=bool(request.whole_image),
            again=request.again,
            page=request.page if resumed is None else resumed.options.page,
        )
        history = self.open_history()
        if request.resume and resumed is None:
            resumed = same_run(history, self.paths.runs, options)
        run_id = None if resumed is None else resumed.id
        return RunRecorder(history, self.paths.runs, self.session_id(), options, run_id=run_id)

    def known_to(
        self, analyser: Analyser, whole_image: bool | None = None, *, run_id: int | None = None
    ) -> Callable[[str], HistoryImage | None]:
        """A function that finds this model's answer for a digest in the history; see find_earlier."""
        history = self.open_history()
        sha256 = analyser.classifier.package.sha256
        whole = analyser.takes_whole_image(whole_image)
        return lambda digest: find_earlier(history, digest, sha256, whole_image=whole, run_id=run_id)

    def review_service(self) -> ReviewService:
        """A service for reviews on the open history. Raises HistoryError."""
        return ReviewService(self.history, self.operator)

    def loaded_analyser(self, cancel: CancelToken) -> Analyser:
        """An analyser with the model in use, waited for while it loads.

        Raises ModelError (model_missing), Cancelled.
        """
        return self.analyser(self.models.awaited(cancel))

    def analyser(self, loaded: LoadedModel) -> Analyser:
        """An analyser with a loaded model, as the settings want it."""
        return Analyser(
            loaded.classifier,
            keep_thumbnails=self.settings.flag("keep_thumbnails"),
            reader=self.reader,
        )

    @property
    def reader(self) -> ImageReader:
        """The image reader, made at the first use."""
        with self._lock:
            if self._reader is None:
                self._reader = self._open_reader()
            return self._reader

    @property
    def slides(self) -> SlidePool:
        """The whole slides. Raises PolicyError where they may not be read here."""
        from hematodesk.imaging.slide_reader import SlideReader

        self.policy.require("slides")
        reader = self.reader
        if not isinstance(reader, SlideReader):
            raise TypeError("this reader of images knows no slides")
        return reader.slides

    def keep(self, picture: Picture) -> Picture:
        """Keep a pasted or dragged picture's bytes in the data folder. Raises PlaceError."""
        self.paths.prepare()
        return keep_picture(picture, self.paths.pictures)

    def close(self) -> None:
        """End the session, remove unused kept pictures, close history, reader and models; safe to call twice.

        Raises HistoryError when the history refuses; it is closed all the same.
        """
        with self._lock:
            history, self._history = self._history, None
            session_id, self._session_id = self._session_id, None
            reader, self._reader = self._reader, None
            if reader is not None:
                reader.close()
            self.models.close()
            if history is None:
                return
            try:
                if session_id is not None:
                    history.end_session(session_id)
                sweep_pictures(self.paths.pictures, lambda digest: history.find_by_digest(digest) is not None)
            finally:
                history.close()

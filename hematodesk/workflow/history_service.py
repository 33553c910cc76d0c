"""The interface of the open history for window and command line, implemented by `storage.history.History`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from hematodesk.domain.cells import Cell, ImageResult
from hematodesk.domain.history import (
    HistoryFilter,
    HistoryImage,
    ImageSummary,
    Run,
    RunState,
    RunSummary,
    Session,
)


class HistoryService(Protocol):
    """The open history. For worker threads: every method may raise HistoryError (codes: storage.history).

    What changes cells, reviews and notes goes through `workflow.review`, which can undo it.
    """

    @property
    def path(self) -> Path:
        """The database file."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether every write will raise history_unwritable."""
        ...

    def changes_by_others(self) -> int:
        """A number that changes when another connection has written to the file."""
        ...

    def sessions(self, include_empty: bool = False) -> list[Session]:
        """Sessions, newest first; those without an image only when asked for."""
        ...

    def page(
        self,
        chosen: HistoryFilter | None = None,
        after: ImageSummary | None = None,
        limit: int = 200,
        *,
        oldest_first: bool = False,
        without: Sequence[int] = (),
    ) -> list[ImageSummary]:
        """At most `limit` chosen images, newest first, after `after`; none of the sessions `without`."""
        ...

    def summaries(self, ids: Iterable[int]) -> list[ImageSummary]:
        """The list's rows of these images, newest first; deleted and unknown ids have none."""
        ...

    def thumbnails(self, ids: Iterable[int]) -> dict[int, bytes]:
        """JPEG bytes by image id; no entry for an image without."""
        ...

    def image(self, image_id: int) -> HistoryImage:
        """One image with its cells (removed ones included) and thumbnail."""
        ...

    def cell(self, cell_id: int) -> Cell:
        """One cell with its latest prediction and review."""
        ...

    def save_results(
        self,
        session_id: int,
        results: Sequence[ImageResult],
        run_id: int | None = None,
        instead_of: Collection[int] = (),
    ) -> list[HistoryImage]:
        """Save images, all or none, as answers of a run if named; the images `instead_of` are deleted."""
        ...

    def run(self, run_id: int) -> Run:
        """A batch run by its id."""
        ...

    def run_summary(self, run_id: int) -> RunSummary:
        """What a run's images hold, as the history has them now."""
        ...

    def unfinished_runs(self, limit: int = 100) -> list[Run]:
        """Runs that are going, were stopped or cut off, newest first."""
        ...

    def set_run_state(self, run_id: int, state: RunState) -> None:
        """Note that a run goes on, was stopped or is done."""
        ...

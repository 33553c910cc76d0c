"""The history's values: sessions, images, and the filter that selects them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hematodesk.domain.cells import Cell, ImageResult, ImageStatus
from hematodesk.domain.operators import Operator


class ReviewState(StrEnum):
    """How far the review of an image's cells has come; NONE when it has no cells to review."""

    NONE = "none"
    OPEN = "open"
    PARTLY = "partly"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Session:
    """One session of one operator. `ended_at` is empty while it runs; deleted images are not counted."""

    id: int
    operator: Operator
    started_at: str
    ended_at: str
    image_count: int


@dataclass(frozen=True, slots=True)
class ImageSummary:
    """One row of the history's list, cheap to load by the thousand.

    Attributes:
        id, session_id: the history's.
        name: the file's name.
        status: ok, no_cell or error.
        created_at: when analysed, UTC.
        cell_count: cells not removed.
        uncertain_count: of those, how many are uncertain and not reviewed.
        labels: (class id, count) of the labels that stand, most first.
        confidence: confidence of the first cell (best located), None without a prediction.
        review_state: see ReviewState.
        fault_code: the error's code, empty when none.
        has_note: whether a note was written on the image or one of its cells.
        notices: codes of what the reader tells of the image, see image_notices.
    """

    id: int
    session_id: int
    name: str
    status: ImageStatus
    created_at: str
    cell_count: int
    uncertain_count: int
    labels: tuple[tuple[str, int], ...]
    confidence: float | None
    review_state: ReviewState
    fault_code: str
    has_note: bool
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryImage:
    """One image of the history with all its cells (removed ones included), and its note."""

    id: int
    session_id: int
    result: ImageResult
    note: str


class RunState(StrEnum):
    """The state of a batch run. One that is GOING without a process was interrupted."""

    GOING = "going"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a batch run.

    Attributes:
        roots: the files and folders that were named, as absolute paths; folders are read whole.
        model, version, sha256: the package.
        whole_image: whether each image is classified as one cell.
        again: whether images are analysed that the history knew before the run.
        page: which picture of each file, from 1; None for the first.
    """

    roots: tuple[str, ...]
    model: str
    version: str
    sha256: str
    whole_image: bool = False
    again: bool = False
    page: int | None = None

    @property
    def root_paths(self) -> tuple[Path, ...]:
        """The roots as paths."""
        return tuple(Path(root) for root in self.roots)


@dataclass(frozen=True, slots=True)
class Run:
    """One batch run. `total` is None while its folders were not listed to the end; times are UTC."""

    id: int
    options: RunOptions
    state: RunState
    total: int | None
    done: int
    failed: int
    started_at: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class RunFailure:
    """An image of a run that could not be read or named."""

    image_id: int
    name: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run's images hold, reviews included.

    Attributes:
        images, cells: how many; equal bytes are one image.
        classes: (class id, cells, images) of the labels that stand, most cells first.
        uncertain: images with an uncertain cell that is not reviewed.
        without_cells, failed: images.
        failures: the failed ones with their reasons, the first 5,000.
    """

    run_id: int
    images: int
    cells: int
    classes: tuple[tuple[str, int, int], ...]
    uncertain: int
    without_cells: int
    failed: int
    failures: tuple[RunFailure, ...]


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which images to list. Empty fields choose all.

    Attributes:
        text: part of the name, or of a note on the image or one of its cells; case-insensitive for all
            letters.
        names_only: whether the text is looked for in names alone.
        class_id: images with at least one cell whose label is this class.
        since, until: UTC times or dates, since inclusive, until exclusive.
        review_state: images in this state.
        uncertain_only: images with an uncertain cell.
        status: images that ended so.
        session_id: images of this session.
        run_id: images of this batch run.
    """

    text: str = ""
    names_only: bool = False
    class_id: str = ""
    since: str = ""
    until: str = ""
    review_state: ReviewState | None = None
    uncertain_only: bool = False
    status: ImageStatus | None = None
    session_id: int | None = None
    run_id: int | None = None


class CellOrder(StrEnum):
    """How cells are listed: newest first; class by class, in each the least sure first; least sure first."""

    TIME = "time"
    CLASS = "class"
    CONFIDENCE = "confidence"


@dataclass(frozen=True, slots=True)
class CellFilter:
    """Which cells to list; of those that count: not removed, of images that are not deleted.

    Attributes:
        images: of which images.
        label: those with this class; empty chooses all.
        unidentified: only those without a class; see ListedCell.label.
        reviewed: those that a person has, or has not, spoken on; None chooses both.
    """

    images: HistoryFilter = HistoryFilter()
    label: str = ""
    unidentified: bool = False
    reviewed: bool | None = None


@dataclass(frozen=True, slots=True)
class ListedCell:
    """One cell of the history, and where it is.

    Attributes:
        image_id, session_id: the history's.
        image_name: the file's name.
        analysed_at: when the image was, UTC.
        number: which of its image's cells it is, from 1, as in exports: removed ones are not counted.
        cell: the cell with its prediction and review.
    """

    image_id: int
    session_id: int
    image_name: str
    analysed_at: str
    number: int
    cell: Cell

    @property
    def rejected(self) -> bool:
        """Whether a person said that it is no cell."""
        return self.cell.review is not None and self.cell.review.class_id is None

    @property
    def label(self) -> str | None:
        """The class that stands in a count; None where it is unidentified or rejected.

        Unidentified is what nobody has reviewed and the model is not sure of, or was never asked about.
        """
        return None if self.cell.uncertain else self.cell.label


@dataclass(frozen=True, slots=True)
class Backup:
    """One kept backup of the history.

    Attributes:
        path: the file.
        made_at: when, UTC.
        size: bytes.
        images, sessions: how many it holds; None when it cannot be read.
    """

    path: Path
    made_at: str
    size: int
    images: int | None
    sessions: int | None


@dataclass(frozen=True, slots=True)
class RepairReport:
    """The result of repairing a damaged history.

    Attributes:
        kept: what the damaged file is kept as; None when it was whole and nothing was done.
        saved_images, saved_cells, saved_reviews: in the new history.
        lost_images: how many are known to be lost, at least.
        lost_days: on which days those were analysed, ISO dates, as far as known.
        incomplete_images: saved ones of which a cell, a review or a note is lost.
        lost_rows: pages and rows that could not be understood or belonged to nothing.
    """

    kept: Path | None
    saved_images: int = 0
    saved_cells: int = 0
    saved_reviews: int = 0
    lost_images: int = 0
    lost_days: tuple[str, ...] = ()
    incomplete_images: int = 0
    lost_rows: int = 0

    @property
    def lost_nothing(self) -> bool:
        """Whether nothing is known to be missing."""
        return not (self.lost_images or self.incomplete_images or self.lost_rows)

"""What the history gives back: sessions, images and the filter that chooses among them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hematodesk.domain.cells import ImageResult, ImageStatus


class ReviewState(StrEnum):
    """How far the review of an image's cells has come; NONE when it has no cells to review."""

    NONE = "none"
    OPEN = "open"
    PARTLY = "partly"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting of one operator. `ended_at` is empty while it runs; counts leave deleted images out."""

    id: int
    operator: str
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


@dataclass(frozen=True, slots=True)
class HistoryImage:
    """One image of the history with all its cells (removed ones included), and its note."""

    id: int
    session_id: int
    result: ImageResult
    note: str


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which images to list. Empty fields choose all.

    Attributes:
        text: part of the name, case-insensitive for all letters.
        class_id: images with at least one cell whose label is this class.
        since, until: UTC times or dates, since inclusive, until exclusive.
        review_state: images in this state.
        uncertain_only: images with an uncertain cell.
        status: images that ended so.
        session_id: images of this session.
    """

    text: str = ""
    class_id: str = ""
    since: str = ""
    until: str = ""
    review_state: ReviewState | None = None
    uncertain_only: bool = False
    status: ImageStatus | None = None
    session_id: int | None = None

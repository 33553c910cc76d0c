"""All that the history knows of an image, for lossless export and import."""

from __future__ import annotations

from dataclasses import dataclass

from hematodesk.domain.cells import Cell, Prediction, Review
from hematodesk.domain.history import HistoryImage


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A review was withdrawn at that time (UTC)."""

    created_at: str


Verdicts = tuple[Review | Withdrawal, ...]


@dataclass(frozen=True, slots=True)
class CellRecord:
    """A cell with its earlier predictions and reviews.

    Attributes:
        cell: the cell with its valid prediction and review.
        earlier_predictions: those before the valid one, oldest first.
        earlier_verdicts: reviews and withdrawals before the review that stands, oldest first; all
            of them when none stands.
    """

    cell: Cell
    earlier_predictions: tuple[Prediction, ...] = ()
    earlier_verdicts: Verdicts = ()


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image as `HistoryImage` has it, with its thumbnail, and the past of each of its cells.

    `cells` has one record for each of `image.result.cells`, in their order.
    """

    image: HistoryImage
    cells: tuple[CellRecord, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import: images added, images that existed, sessions added."""

    added: int
    known: int
    sessions: int

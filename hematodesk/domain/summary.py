"""Computes what the history's list shows of an image from its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hematodesk.domain.cells import Cell
from hematodesk.domain.history import ReviewState


@dataclass(frozen=True, slots=True)
class CellsSummary:
    """The part of an ImageSummary that follows from the cells and notes; see there."""

    cell_count: int
    uncertain_count: int
    labels: tuple[tuple[str, int], ...]
    confidence: float | None
    review_state: ReviewState
    has_note: bool


def summarise(cells: Iterable[Cell], note: str) -> CellsSummary:
    """The summary of an image with those cells, in their order, and that note; removed cells don't count."""
    standing = [cell for cell in cells if not cell.removed]
    labels = Counter(label for cell in standing if (label := cell.label) is not None)
    reviewed = sum(cell.review is not None for cell in standing)
    if not standing:
        state = ReviewState.NONE
    elif reviewed == 0:
        state = ReviewState.OPEN
    else:
        state = ReviewState.DONE if reviewed == len(standing) else ReviewState.PARTLY
    first = standing[0].prediction if standing else None
    return CellsSummary(
        cell_count=len(standing),
        uncertain_count=sum(cell.uncertain for cell in standing),
        labels=tuple(labels.most_common()),
        confidence=None if first is None else first.confidence,
        review_state=state,
        has_note=bool(note) or any(cell.note for cell in standing),
    )

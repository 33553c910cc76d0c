"""The rows of the history's list: asked of the history in pages, or made of an image that is at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hematodesk.domain.history import HistoryFilter, HistoryImage, ImageSummary
from hematodesk.storage.summary import summarise

if TYPE_CHECKING:
    from hematodesk.storage.history import History

_PAGE = 500
_PAGES_A_JOB = 4
"""Pages one storage job may load, so that a session of 50,000 images never holds the lane for long."""
_MATCHES_A_FETCH = 200


@dataclass(slots=True)
class Found:
    """What one storage job brought: rows newest first, and whether there are no more."""

    rows: list[ImageSummary]
    finished: bool


def summary_of(image: HistoryImage) -> ImageSummary:
    """The list's row of an image that is at hand whole."""
    result = image.result
    counted = summarise(result.cells, image.note)
    return ImageSummary(
        id=image.id,
        session_id=image.session_id,
        name=result.name,
        status=result.status,
        created_at=result.created_at,
        cell_count=counted.cell_count,
        uncertain_count=counted.uncertain_count,
        labels=counted.labels,
        confidence=counted.confidence,
        review_state=counted.review_state,
        fault_code=result.fault.code if result.fault is not None else "",
        has_note=counted.has_note,
    )


def load_pages(history: History, chosen: HistoryFilter, after: ImageSummary | None) -> Found:
    """Some pages after a row, on the storage lane."""
    rows: list[ImageSummary] = []
    for _ in range(_PAGES_A_JOB):
        page = history.page(chosen, after, _PAGE)
        rows.extend(page)
        if len(page) < _PAGE:
            return Found(rows, True)
        after = page[-1]
    return Found(rows, False)


def load_matches(history: History, chosen: HistoryFilter, after: ImageSummary | None) -> Found:
    """Enough matches after a row, up to the end of a session, on the storage lane."""
    rows: list[ImageSummary] = []
    while True:
        page = history.page(chosen, after, _PAGE)
        rows.extend(page)
        if len(page) < _PAGE:
            return Found(rows, True)
        after = page[-1]
        edge = next(
            (
                place
                for place in range(len(rows) - 1, 0, -1)
                if rows[place].session_id != rows[place - 1].session_id
            ),
            0,
        )
        if edge >= _MATCHES_A_FETCH:
            return Found(rows[:edge], False)

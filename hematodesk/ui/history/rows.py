"""Loads the rows of the history's list in pages, or makes them from an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hematodesk.domain.history import HistoryFilter, HistoryImage, ImageSummary
from hematodesk.domain.summary import summarise
from hematodesk.ui.history.order import name_key

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService

_PAGE = 500
_PAGES_A_JOB = 4
"""Pages one storage job may load, so that a session of 50,000 images never holds the lane for long."""
_MATCHES_A_FETCH = 200


@dataclass(slots=True)
class Found:
    """The result of one storage job: rows oldest first, and whether there are no more."""

    rows: list[ImageSummary]
    finished: bool


@dataclass(slots=True)
class Group:
    """A session with its first matches."""

    session_id: int
    found: Found


@dataclass(slots=True)
class Matches:
    """Sessions with matches, newest first, and whether there are no more."""

    groups: list[Group]
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
        notices=tuple(result.notices),
    )


def load_some(history: HistoryService, chosen: HistoryFilter, after: ImageSummary | None) -> Found:
    """A session's next images, oldest first, on the storage lane; their names' keys are made here, too."""
    rows: list[ImageSummary] = []
    for _ in range(_PAGES_A_JOB):
        page = history.page(chosen, after, _PAGE, oldest_first=True)
        rows.extend(page)
        for row in page:
            name_key(row.name)
        if len(page) < _PAGE:
            return Found(rows, True)
        after = page[-1]
        if len(rows) == _PAGE and chosen.session_id is not None:
            # The first page shows at once.
            break
    return Found(rows, False)


def load_matches(history: HistoryService, chosen: HistoryFilter, shown: Sequence[int]) -> Matches:
    """The next sessions with matches, newest first, leaving out those shown; on the storage lane.

    Of a session with more than a page of matches only the first page comes: it is not whole, and
    `load_some` has the rest.
    """
    probe = history.page(chosen, None, _PAGE, without=shown)
    by_session: dict[int, list[ImageSummary]] = {}
    for row in probe:
        by_session.setdefault(row.session_id, []).append(row)
    if len(probe) < _PAGE:
        groups = [Group(session_id, Found(rows[::-1], True)) for session_id, rows in by_session.items()]
        return Matches(groups, True)
    groups = []
    count = 0
    for session_id in by_session:
        rows = history.page(replace(chosen, session_id=session_id), None, _PAGE, oldest_first=True)
        groups.append(Group(session_id, Found(rows, len(rows) < _PAGE)))
        count += len(rows)
        if count >= _MATCHES_A_FETCH:
            break
    return Matches(groups, False)

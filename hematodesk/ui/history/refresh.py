"""Brings another window's changes of the history into this window's list.

The rows are compared on the storage lane, a session after the other and in pages; the window's thread is
handed only what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hematodesk.domain.history import HistoryFilter, ImageSummary, Session
from hematodesk.ui.history.groups import SessionGroup
from hematodesk.ui.history.rows import Matches, load_matches, load_some
from hematodesk.ui.state.history_access import HistoryAccess

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService


@dataclass(slots=True)
class Differences:
    """The differences found in one comparison of a session's rows.

    Attributes:
        rows: (row as it was listed, or None for a new one; row as the history has it).
        gone: rows to be taken from the list.
        last: the last row that was compared; None at the end.
    """

    rows: list[tuple[ImageSummary | None, ImageSummary]]
    gone: list[ImageSummary]
    last: ImageSummary | None


@dataclass(slots=True)
class Changes:
    """The history was changed by another window: its new mark and sessions, and further matches."""

    mark: int
    sessions: list[Session]
    matches: Matches | None


def look(
    history: HistoryService, mark: int | None, chosen: HistoryFilter | None, shown: Sequence[int]
) -> Changes | None:
    """What there is, if anybody else has changed the history since `mark`; on the storage lane.

    With `chosen` the list is filtered: matches of sessions that are not `shown` come along.
    """
    now = history.changes_by_others()
    if now == mark:
        return None
    return Changes(now, history.sessions(), None if chosen is None else load_matches(history, chosen, shown))


class Comparison:
    """The listed rows of a session beside those of the history; `go_on` is for the storage lane."""

    def __init__(self, listed: Sequence[ImageSummary], chosen: HistoryFilter, *, filtered: bool) -> None:
        """`listed` is a copy; `chosen` names the session."""
        self._listed = listed
        self._left: dict[int, ImageSummary] | None = None
        self._chosen = chosen
        self._filtered = filtered
        self._after: ImageSummary | None = None

    def go_on(self, history: HistoryService) -> Differences:
        """Compare the next rows."""
        if self._left is None:
            self._left = {row.id: row for row in self._listed}
        found = load_some(history, self._chosen, self._after)
        pairs = [(self._left.pop(row.id, None), row) for row in found.rows]
        differing = [(before, row) for before, row in pairs if before != row]
        if not found.finished:
            self._after = max(found.rows, key=lambda row: row.id)
            return Differences(differing, [], self._after)
        gone = list(self._left.values())
        if self._filtered:
            # What left the filter by a review of this window's own is listed as it is: it keeps its place.
            there = {row.id: row for row in history.summaries(row.id for row in gone)}
            gone = [row for row in gone if there.get(row.id) != row]
        return Differences(differing, gone, None)


def compare(
    access: HistoryAccess,
    groups: Sequence[SessionGroup],
    chosen: HistoryFilter,
    apply: Callable[[SessionGroup, Differences], bool],
    ended: Callable[[], None],
    *,
    filtered: bool,
) -> None:
    """Compare the rows of these sessions one after the other; `apply` says whether to go on."""
    waiting = list(groups)

    def next_group() -> None:
        if not waiting:
            ended()
            return
        group = waiting.pop(0)
        of_session = replace(chosen, session_id=group.session.id)
        comparison = Comparison(list(group.images), of_session, filtered=filtered)

        def came(found: Differences) -> None:
            if not apply(group, found):
                ended()
            elif found.last is None:
                next_group()
            else:
                step()

        def step() -> None:
            if access.ask(comparison.go_on, came, lambda _error: ended(), ended) is None:
                ended()

        step()

    next_group()

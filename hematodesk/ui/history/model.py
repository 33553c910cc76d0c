"""The history as a list: sessions newest first, each session's images in the order they were analysed.

Only what is shown is loaded: a session's images when it is unfolded, thumbnails when they are
painted, and under a filter more matches when the list is scrolled to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from hematodesk.domain.history import HistoryFilter, HistoryImage, ImageSummary, Session
from hematodesk.domain.operators import Operator
from hematodesk.ui.history.groups import SessionGroup
from hematodesk.ui.history.order import Order, in_order, key_of
from hematodesk.ui.history.refresh import Changes, Differences, compare, look
from hematodesk.ui.history.rows import Found, Group, Matches, load_matches, load_some, summary_of
from hematodesk.ui.history.session_rows import Index, SessionRows
from hematodesk.ui.state.history_access import HistoryAccess

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService


_MOST_PLACES = 500
"""Most places of a session at which rows change at once; with more, the list is reloaded:
Qt is told of each place by itself, and the window would be held."""


class HistoryModel(SessionRows):
    """The rows with what loads and changes them.

    Signals:
        loaded: a load that was under way has ended.
        refreshing, refreshed: before and after rows come or go without the person's doing.
    """

    loaded = Signal()
    refreshing = Signal()
    refreshed = Signal()

    def __init__(self, access: HistoryAccess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._access = access
        self._filter = HistoryFilter()
        self._filtered = False
        self._current_session: int | None = None
        self._asked = 0
        self._mark: int | None = None
        """Of the history as it was last looked at, see `History.changes_by_others`."""
        self._comparing = False
        self._order = Order.TIME
        self._ordering = 0
        self._matches_finished = True
        self._fetching = False

    # What Qt asks

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and self._filtered and not self._matches_finished and not self._fetching

    def fetchMore(self, parent: Index) -> None:
        if self.canFetchMore(parent):
            self._fetch_matches()

    # What the window asks

    @property
    def filtered(self) -> bool:
        """Whether a filter chooses among the images."""
        return self._filtered

    @property
    def filter(self) -> HistoryFilter:
        """The filter in force."""
        return self._filter

    @property
    def loading(self) -> bool:
        """Whether rows are on their way."""
        return self._fetching

    def set_filter(self, chosen: HistoryFilter) -> None:
        """List only these images."""
        if chosen == self._filter:
            return
        self._filter, self._filtered = chosen, chosen != HistoryFilter()
        self.reload()

    # Loading

    def reload(self) -> None:
        """Forget all rows and ask for them anew; sessions that were unfolded stay so."""
        unfolded = {group.session.id for group in self._groups if group.unfolded}
        self._asked += 1
        asked = self._asked
        self._begin_anew([])
        self._matches_finished, self._fetching = not self._filtered, True

        def came(found: tuple[int, list[Session]]) -> None:
            if asked == self._asked:
                self._fetching = False
                self._mark, sessions = found
                self._show_sessions(sessions, unfolded)

        self._access.ask(
            lambda history: (history.changes_by_others(), history.sessions()), came, cancelled=self._gave_up
        )

    def refresh(self) -> None:
        """Bring the rows in step with what another window has done; nothing happens when it has not.

        What is chosen stays so, and rows that did not change stay as they are.
        """
        if self._fetching or self._comparing:
            return
        asked, mark, chosen = self._asked, self._mark, self._filter if self._filtered else None
        shown = [group.session.id for group in self._groups]

        def came(found: Changes | None) -> None:
            if found is None or asked != self._asked or self._comparing:
                return
            self._mark = found.mark
            if not len(self._groups):
                self.reload()
                return
            self._comparing = True
            self._match_sessions(found)
            compare(
                self._access,
                [group for group in self._groups if group.loaded],
                self._filter,
                lambda group, differences: asked == self._asked and self._match(group, differences),
                compared,
                filtered=self._filtered,
            )

        def compared() -> None:
            self._comparing = False

        self._access.ask(lambda history: look(history, mark, chosen, shown), came)

    def _match_sessions(self, found: Changes) -> None:
        """Sessions that came and went; this window's own lists its images by itself."""
        there = {session.id: session for session in found.sessions}
        self.refreshing.emit()
        if found.matches is not None:
            self._sessions = there
            oldest = min(group.session.id for group in self._groups)
            for each in found.matches.groups:
                # Older ones come when the list is scrolled to its end.
                if each.session_id > oldest or self._matches_finished:
                    self._add_matches(each, in_place=True)
        else:
            for group in self._groups:
                session = there.pop(group.session.id, None)
                if session is None and group.session.id != self._current_session:
                    self._drop(group)
                elif session is not None and not group.loaded:
                    group.session = session
                    self._tell(self._groups.start(group))
            there.pop(self._current_session or -1, None)
            for session in there.values():
                self._add(SessionGroup(session))
        self.refreshed.emit()

    def _match(self, group: SessionGroup, found: Differences) -> bool:
        """Bring one session's rows in step; what changed here since they were compared is left alone."""
        if self._groups.of(group.session.id) is not group:
            return True
        changed = [
            (group.place_of(row.id), before, row)
            for before, row in found.rows
            if before is not None and group.holds(row.id)
        ]
        places = []
        for place, before, row in changed:
            if group.images[place] is before:
                group.replace(place, row)
                places.append(place)
        if places and group.unfolded:
            start = self._groups.start(group) + 1
            self.dataChanged.emit(self.index(start + min(places)), self.index(start + max(places)))
        fresh = [row for before, row in found.rows if before is None]
        gone = {row.id for row in found.gone if group.holds(row.id)}
        runs = group.runs_of(gone)
        if len(runs) > _MOST_PLACES or (len(fresh) > _MOST_PLACES and self._order is not Order.TIME):
            self.reload()
            return False
        if fresh or runs:
            self.refreshing.emit()
            for first, end in reversed(runs):
                self._take(group, first, end)
            self._insert(group, fresh)
            self.refreshed.emit()
        if found.last is None and group.session.image_count != len(group.images):
            group.session = replace(group.session, image_count=len(group.images))
            self._tell(self._groups.start(group))
        if found.last is None and not group.images:
            self._drop(group)
        return True

    def _show_sessions(self, sessions: Sequence[Session], unfolded: set[int]) -> None:
        if self._filtered:
            self._sessions = {session.id: session for session in sessions}
            self._fetch_matches()
            return
        self._begin_anew([SessionGroup(session) for session in sessions])
        open_ids = unfolded | {self._current_session}
        if not unfolded and not any(session.id == self._current_session for session in sessions):
            open_ids |= {session.id for session in sessions[:1]}
        for group in self._groups:
            if group.session.id in open_ids:
                self._unfold(group)
        self.loaded.emit()

    def toggle(self, session_id: int) -> None:
        """Fold a session, or unfold it."""
        group = self._groups.of(session_id)
        if group is not None and group.unfolded:
            self._fold(group)
        elif group is not None:
            self._unfold(group)

    def unfold(self, session_id: int) -> None:
        """Unfold a session if it is folded."""
        group = self._groups.of(session_id)
        if group is not None and not group.unfolded:
            self._unfold(group)

    def _fold(self, group: SessionGroup) -> None:
        start = self._groups.start(group)

        def fold() -> None:
            group.unfolded = False

        self._shrink(start + 1, len(group.images), fold)
        self._tell(start)

    def _unfold(self, group: SessionGroup) -> None:
        start = self._groups.start(group)

        def unfold() -> None:
            group.unfolded = True

        self._grow(start + 1, len(group.images), unfold)
        self._tell(start)
        if not group.loaded and not self._filtered:
            group.loaded = True
            self._load(group, None)

    def _load(self, group: SessionGroup, after: ImageSummary | None) -> None:
        """Load a session's images; by time they show as they come, in another order when all have come."""
        chosen, asked = replace(self._filter, session_id=group.session.id), self._asked
        order = self._order

        def load(history: HistoryService) -> Found:
            found = load_some(history, chosen, after)
            if found.finished and order is not Order.TIME:
                # Sorted here, so that the window does not wait for it.
                return Found(in_order([*group.waiting, *found.rows], order), True)
            return found

        def came(found: Found) -> None:
            if asked != self._asked:
                return
            if order is Order.TIME and self._order is Order.TIME:
                self._insert(group, found.rows)
            elif not found.finished:
                group.waiting.extend(found.rows)
            else:
                rows, group.waiting = found.rows, []
                if group.images or order is not self._order:
                    self._insert(group, rows)
                else:
                    self._put(group, 0, rows)
            if found.finished:
                self.loaded.emit()
            else:
                self._load(group, max(found.rows, key=_id_of))

        self._access.ask(load, came)

    def _fetch_matches(self) -> None:
        """Load the next sessions with matches, and all of each one's, so that they stand in order."""
        asked, chosen = self._asked, self._filter
        shown = [group.session.id for group in self._groups]
        self._fetching = True

        def came(found: Matches) -> None:
            if asked != self._asked:
                return
            self._fetching = False
            self._matches_finished = found.finished
            for each in found.groups:
                self._add_matches(each)
            self.loaded.emit()

        self._access.ask(lambda history: load_matches(history, chosen, shown), came, cancelled=self._gave_up)

    def _gave_up(self) -> None:
        self._fetching, self._matches_finished = False, True
        self.loaded.emit()

    def _add_matches(self, found: Group, *, in_place: bool = False) -> None:
        rows = found.found.rows if self._order is Order.TIME else in_order(found.found.rows, self._order)
        known = self._sessions.get(found.session_id)
        if known is None:
            # Begun by another window since the sessions were loaded.
            known = Session(found.session_id, Operator.named(""), rows[-1].created_at, "", 0)
        group = SessionGroup(replace(known, image_count=len(rows)), unfolded=True, loaded=True)
        group.put(0, rows)
        if in_place:
            self._add(group)
        else:
            self._grow(self._groups.rows, group.rows, lambda: self._groups.add(group))
        if not found.found.finished:
            self._load(group, max(rows, key=_id_of))

    # The order

    @property
    def order(self) -> Order:
        """How the images of each session are ordered."""
        return self._order

    def set_order(self, order: Order) -> None:
        """Order the images of each session; they are sorted on a worker, and stay chosen."""
        self._ordering += 1
        ordering, groups = self._ordering, list(self._groups)
        given = [(list(group.images), group.version) for group in groups]

        def sort(_history: HistoryService) -> list[tuple[list[ImageSummary], dict[int, int]]]:
            rows = [in_order(images, order) for images, _ in given]
            return [(each, {image.id: place for place, image in enumerate(each)}) for each in rows]

        def came(sorted_rows: list[tuple[list[ImageSummary], dict[int, int]]]) -> None:
            if ordering != self._ordering:
                return
            self._order = order
            self.layoutAboutToBeChanged.emit()
            chosen = self.persistentIndexList()
            at = [self._groups.at(index.row()) for index in chosen]
            for group, (rows, places), (_, version) in zip(groups, sorted_rows, given, strict=True):
                if group.version == version:
                    group.order(rows, places)
                else:
                    # Rows came, went or were reviewed meanwhile.
                    group.order(in_order(group.images, order))
            self._groups.count()
            moved = [
                self.index(self._groups.start(group) + (0 if image is None else 1 + group.place_of(image.id)))
                for group, image in at
            ]
            self.changePersistentIndexList(chosen, moved)
            self.layoutChanged.emit()
            self.loaded.emit()

        self._access.ask(sort, came)

    # Changes

    def add_images(self, session: Session, images: Sequence[HistoryImage]) -> None:
        """Images newly saved by this window, at the end of their session.

        Under a filter they are not shown until it is taken away: whether they match is the
        history's to say.
        """
        self._current_session = session.id
        if self._filtered or not images:
            return
        self.refreshing.emit()
        self._take_in(session, images)
        self.refreshed.emit()

    def _take_in(self, session: Session, images: Sequence[HistoryImage]) -> None:
        group = self._groups.of(session.id)
        if group is None:
            fresh = group = SessionGroup(replace(session, image_count=0), unfolded=True, loaded=True)
            self._grow(0, 1, lambda: self._groups.add(fresh, 0))
        rows = [summary_of(image) for image in images if not group.holds(image.id)]
        if not rows:
            return
        group.session = replace(group.session, image_count=group.session.image_count + len(rows))
        self._insert(group, rows)
        self._tell(self._groups.start(group))

    def update_image(self, image: HistoryImage) -> None:
        """An image's cells or notes changed: its row stays in its place and is drawn anew."""
        fresh = summary_of(image)
        group = self._groups.holding(fresh.id)
        if group is None:
            return
        place = group.place_of(fresh.id)
        group.replace(place, fresh)
        if group.unfolded:
            self._tell(self._groups.start(group) + 1 + place)

    def remove_images(self, ids: Iterable[int]) -> None:
        """Take deleted images out of the list; a session without images goes too."""
        gone = set(ids)
        for group in self._groups:
            runs = group.runs_of(gone)
            for first, end in reversed(runs):
                self._take(group, first, end)
            if not runs:
                continue
            left = max(0, group.session.image_count - sum(end - first for first, end in runs))
            group.session = replace(group.session, image_count=left)
            self._tell(self._groups.start(group))
            if left == 0:
                self._drop(group)

    def _insert(self, group: SessionGroup, rows: Sequence[ImageSummary]) -> None:
        """Put new rows where the order has them, those that stand together in one go."""
        before = len(group.images)
        for place, together in group.stretches(rows, key_of(self._order)):
            self._put(group, place, together)
        if self._filtered and len(group.images) > before:
            group.session = replace(group.session, image_count=len(group.images))
            self._tell(self._groups.start(group))


def _id_of(row: ImageSummary) -> int:
    return row.id

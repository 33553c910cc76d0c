"""The history as a list: sessions newest first, each session's images in the order they were analysed.

Only what is shown is loaded: a session's images when it is unfolded, thumbnails when they are
painted, and under a filter more matches when the list is scrolled to its end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QStringListModel, Qt, Signal

from hematodesk.domain.history import HistoryFilter, HistoryImage, ImageSummary, Session
from hematodesk.ui.history_access import HistoryAccess
from hematodesk.ui.history_order import Order, in_order, key_of
from hematodesk.ui.history_rows import Found, Group, Matches, load_matches, load_some, summary_of
from hematodesk.ui.history_words import image_words, session_words

if TYPE_CHECKING:
    from hematodesk.storage.history import History

Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What the delegate asks for."""

    SUMMARY = Qt.ItemDataRole.UserRole + 1
    """An ImageSummary, or None for a session's heading."""
    SESSION = Qt.ItemDataRole.UserRole + 2
    """A Session, or None for an image."""
    UNFOLDED = Qt.ItemDataRole.UserRole + 3
    """Whether a heading's session is unfolded."""


@dataclass(slots=True)
class _Group:
    """A session with what is loaded of it."""

    session: Session
    unfolded: bool = False
    images: list[ImageSummary] = field(default_factory=list)
    loaded: bool = False
    waiting: list[ImageSummary] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)
    places: dict[int, int] = field(default_factory=dict)
    """Image id to place, made when it is asked for; empty after a change."""
    version: int = 0
    """Grows with each change of the images."""

    @property
    def rows(self) -> int:
        return 1 + (len(self.images) if self.unfolded else 0)

    def place_of(self, image_id: int) -> int:
        """Where an image stands among the session's; -1 when it is not loaded."""
        if image_id not in self.ids:
            return -1
        if not self.places:
            self.places = {image.id: place for place, image in enumerate(self.images)}
        return self.places[image_id]


class HistoryModel(QStringListModel):
    """Rows are session headings and the images of unfolded sessions.

    The strings of Qt's model stay empty: they are there because Qt counts them itself. A list view asks
    for every row when one is inserted, and 50,000 questions to Python would hold the window for a third
    of a second. So what Qt counts and what the groups hold are changed together, in `_grow`, `_shrink`
    and `_begin_anew`.

    Signals:
        loaded: a load that was under way has ended.
    """

    loaded = Signal()

    def __init__(self, access: HistoryAccess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._access = access
        self._groups: list[_Group] = []
        self._starts: list[int] = []
        self._filter = HistoryFilter()
        self._filtered = False
        self._current_session: int | None = None
        self._asked = 0
        self._order = Order.TIME
        self._ordering = 0
        self._matches_finished = True
        self._fetching = False
        self._changing: Callable[[], None] = lambda: None
        # Before any view's: between Qt's "about to" and its "done" the groups change, too.
        self.rowsInserted.connect(self._changed)
        self.rowsRemoved.connect(self._changed)

    # What Qt asks

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= self._rows():
            return None
        group, image = self._at(index.row())
        if role == Role.SUMMARY:
            return image
        if role == Role.SESSION:
            return group.session if image is None else None
        if role == Role.UNFOLDED:
            return group.unfolded
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return session_words(group.session) if image is None else image_words(image)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        base = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        _, image = self._at(index.row())
        return base | Qt.ItemFlag.ItemIsSelectable if image is not None else base

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

    def set_current_session(self, session_id: int | None) -> None:
        """The session that this window adds to."""
        self._current_session = session_id

    def summary(self, image_id: int) -> ImageSummary | None:
        """The row of an image, if it is loaded."""
        row = self.row_of(image_id)
        return self._at(row)[1] if row >= 0 else None

    def row_of(self, image_id: int) -> int:
        """The row of an image; -1 when it is not loaded or folded away."""
        for start, group in zip(self._starts, self._groups, strict=True):
            if group.unfolded:
                place = group.place_of(image_id)
                if place >= 0:
                    return start + 1 + place
        return -1

    def neighbour(self, image_id: int | None, step: int) -> ImageSummary | None:
        """The next (1) or previous (-1) image shown; from None the first or the last shown."""
        count = self.rowCount()
        row = self.row_of(image_id) if image_id is not None else -1
        row = row + step if row >= 0 else (0 if step > 0 else count - 1)
        while 0 <= row < count:
            _, image = self._at(row)
            if image is not None:
                return image
            row += step
        return None

    def image_ids(self, session_id: int) -> list[int]:
        """The loaded images of a session, in their order."""
        return [
            image.id for group in self._groups if group.session.id == session_id for image in group.images
        ]

    # Loading

    def reload(self) -> None:
        """Forget all rows and ask for them anew; sessions that were unfolded stay so."""
        unfolded = {group.session.id for group in self._groups if group.unfolded}
        self._asked += 1
        asked = self._asked
        self._begin_anew([])
        self._matches_finished, self._fetching = not self._filtered, True

        def sessions_came(sessions: list[Session]) -> None:
            if asked == self._asked:
                self._fetching = False
                self._show_sessions(sessions, unfolded)

        self._access.ask(lambda history: history.sessions(), sessions_came, cancelled=self._gave_up)

    def refresh(self) -> None:
        """Load anew if another window has added sessions or images meanwhile; else nothing happens."""
        if self._filtered or self._fetching:
            return
        asked = self._asked
        known = {group.session.id: group.session.image_count for group in self._groups}

        def sessions_came(sessions: list[Session]) -> None:
            there = {session.id: session.image_count for session in sessions}
            for counts in (known, there):
                # This window's own is kept up to date by itself.
                counts.pop(self._current_session or -1, None)
            if asked == self._asked and there != known:
                self.reload()

        self._access.ask(lambda history: history.sessions(), sessions_came)

    def _show_sessions(self, sessions: Sequence[Session], unfolded: set[int]) -> None:
        if self._filtered:
            self._sessions = {session.id: session for session in sessions}
            self._fetch_matches()
            return
        self._begin_anew([_Group(session) for session in sessions])
        open_ids = unfolded | {self._current_session}
        if not unfolded and not any(group.session.id == self._current_session for group in self._groups):
            open_ids |= {group.session.id for group in self._groups[:1]}
        for group in tuple(self._groups):
            if group.session.id in open_ids:
                self._unfold(group)
        self.loaded.emit()

    def toggle(self, session_id: int) -> None:
        """Fold a session, or unfold it."""
        for group in self._groups:
            if group.session.id == session_id:
                if group.unfolded:
                    self._fold(group)
                else:
                    self._unfold(group)

    def unfold(self, session_id: int) -> None:
        """Unfold a session if it is folded."""
        for group in self._groups:
            if group.session.id == session_id and not group.unfolded:
                self._unfold(group)

    def _fold(self, group: _Group) -> None:
        start = self._start(group)

        def fold() -> None:
            group.unfolded = False

        self._shrink(start + 1, len(group.images), fold)
        self._tell(start)

    def _unfold(self, group: _Group) -> None:
        start = self._start(group)

        def unfold() -> None:
            group.unfolded = True

        self._grow(start + 1, len(group.images), unfold)
        self._tell(start)
        if not group.loaded and not self._filtered:
            group.loaded = True
            self._load(group, None)

    def _load(self, group: _Group, after: ImageSummary | None) -> None:
        """Load a session's images; by time they show as they come, in another order when all have come."""
        chosen, asked = replace(self._filter, session_id=group.session.id), self._asked
        order = self._order

        def load(history: History) -> Found:
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

    def _add_matches(self, found: Group) -> None:
        rows = found.found.rows if self._order is Order.TIME else in_order(found.found.rows, self._order)
        known = self._sessions.get(found.session_id)
        if known is None:
            # Begun since the sessions were asked for, by another window.
            known = Session(found.session_id, "", rows[-1].created_at, "", 0)
        group = _Group(replace(known, image_count=len(rows)), True, rows, True)
        group.ids.update(row.id for row in rows)
        self._grow(self._rows(), 1 + len(rows), lambda: self._groups.append(group))
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

        def sort(_history: History) -> list[tuple[list[ImageSummary], dict[int, int]]]:
            rows = [in_order(images, order) for images, _ in given]
            return [(each, {image.id: place for place, image in enumerate(each)}) for each in rows]

        def came(sorted_rows: list[tuple[list[ImageSummary], dict[int, int]]]) -> None:
            if ordering != self._ordering:
                return
            self._order = order
            self.layoutAboutToBeChanged.emit()
            chosen = self.persistentIndexList()
            at = [self._at(index.row()) for index in chosen]
            for group, (rows, places), (_, version) in zip(groups, sorted_rows, given, strict=True):
                if group.version == version:
                    group.images, group.places = rows, places
                else:
                    # Rows came, went or were reviewed meanwhile.
                    group.images, group.places = in_order(group.images, order), {}
            self._reindex()
            moved = [
                self.index(self._start(group) + (0 if image is None else 1 + group.place_of(image.id)))
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
        if self._filtered or not images:
            return
        group = next((group for group in self._groups if group.session.id == session.id), None)
        if group is None:
            group = _Group(replace(session, image_count=0), unfolded=True, loaded=True)
            self._grow(0, 1, partial(self._groups.insert, 0, group))
        rows = [summary_of(image) for image in images if image.id not in group.ids]
        if not rows:
            return
        group.session = replace(group.session, image_count=group.session.image_count + len(rows))
        self._insert(group, rows)
        self._tell(self._start(group))

    def update_image(self, image: HistoryImage) -> None:
        """An image's cells or notes changed: its row stays in its place and is drawn anew."""
        fresh = summary_of(image)
        for start, group in zip(self._starts, self._groups, strict=True):
            place = group.place_of(fresh.id)
            if place >= 0:
                group.images[place] = fresh
                group.version += 1
                if group.unfolded:
                    self._tell(start + 1 + place)
                return

    def remove_images(self, ids: Iterable[int]) -> None:
        """Take deleted images out of the list; a session without images goes too."""
        gone = set(ids)
        for group in tuple(self._groups):
            places = [place for place, image in enumerate(group.images) if image.id in gone]
            for first, end in reversed(_stretches(places)):
                self._take(group, first, end)
            if places:
                left = max(0, group.session.image_count - len(places))
                group.session = replace(group.session, image_count=left)
                self._tell(self._start(group))
            if places and group.session.image_count == 0:
                self._shrink(self._start(group), 1, _remover(self._groups, group))

    # Rows

    def _rows(self) -> int:
        """How many rows the groups hold."""
        return self._starts[-1] + self._groups[-1].rows if self._groups else 0

    def _begin_anew(self, groups: list[_Group]) -> None:
        """These groups, all folded, take the place of the present ones."""
        self._groups = groups
        self._reindex()
        self.setStringList([""] * len(groups))

    def _grow(self, first: int, count: int, change: Callable[[], None]) -> None:
        """So many rows more from there on; `change` does it in the groups."""
        self._changing = change
        if count:
            self.insertRows(first, count)
        else:
            self._changed()

    def _shrink(self, first: int, count: int, change: Callable[[], None]) -> None:
        """So many rows fewer from there on; `change` does it in the groups."""
        self._changing = change
        if count:
            self.removeRows(first, count)
        else:
            self._changed()

    def _changed(self) -> None:
        change, self._changing = self._changing, lambda: None
        change()
        self._reindex()

    def _take(self, group: _Group, first: int, end: int) -> None:
        """Take a session's images from one place to before another."""

        def take() -> None:
            group.ids.difference_update(image.id for image in group.images[first:end])
            del group.images[first:end]
            group.places = {}
            group.version += 1

        self._shrink(self._start(group) + 1 + first, end - first if group.unfolded else 0, take)

    def _put(self, group: _Group, place: int, rows: list[ImageSummary]) -> None:
        def put() -> None:
            group.images[place:place] = rows
            group.ids.update(row.id for row in rows)
            group.places = {}
            group.version += 1

        if rows:
            self._grow(self._start(group) + 1 + place, len(rows) if group.unfolded else 0, put)

    def _insert(self, group: _Group, rows: Sequence[ImageSummary]) -> None:
        """Put new rows where the order has them, those that stand together in one go."""
        key = key_of(self._order)
        fresh = sorted((row for row in rows if row.id not in group.ids), key=key)
        place = end = 0
        while place < len(fresh):
            at = bisect_right(group.images, key(fresh[place]), key=key)
            below = key(group.images[at]) if at < len(group.images) else None
            end = place + 1
            while end < len(fresh) and (below is None or key(fresh[end]) < below):
                end += 1
            self._put(group, at, fresh[place:end])
            place = end
        if self._filtered and fresh:
            group.session = replace(group.session, image_count=len(group.images))
            self._tell(self._start(group))

    def _at(self, row: int) -> tuple[_Group, ImageSummary | None]:
        place = bisect_right(self._starts, row) - 1
        group = self._groups[place]
        within = row - self._starts[place]
        return group, None if within == 0 else group.images[within - 1]

    def _start(self, group: _Group) -> int:
        return self._starts[next(place for place, other in enumerate(self._groups) if other is group)]

    def _reindex(self) -> None:
        self._starts = [0, *accumulate(group.rows for group in self._groups)][: len(self._groups)]

    def _tell(self, row: int) -> None:
        index = self.index(row)
        self.dataChanged.emit(index, index)


def _stretches(places: Sequence[int]) -> list[tuple[int, int]]:
    """Rising places as (first, end) of those that stand together."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found


def _remover(groups: list[_Group], group: _Group) -> Callable[[], None]:
    def remove() -> None:
        groups[:] = [each for each in groups if each is not group]

    return remove


def _id_of(row: ImageSummary) -> int:
    return row.id

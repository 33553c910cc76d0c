"""The rows of the history's list: session headings, and the images of unfolded sessions."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import partial
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QStringListModel, Qt

from hematodesk.domain.history import ImageSummary
from hematodesk.ui.history.groups import SessionGroup, SessionGroups
from hematodesk.ui.history.words import image_words, session_words

Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What the delegate asks for."""

    SUMMARY = Qt.ItemDataRole.UserRole + 1
    """An ImageSummary, or None for a session's heading."""
    SESSION = Qt.ItemDataRole.UserRole + 2
    """A Session, or None for an image."""
    UNFOLDED = Qt.ItemDataRole.UserRole + 3
    """Whether a heading's session is unfolded."""


class SessionRows(QStringListModel):
    """Rows are session headings and the images of unfolded sessions.

    The strings of Qt's model stay empty: they are there because Qt counts them itself. A list view asks
    for every row when one is inserted, and 50,000 questions to Python would hold the window for a third
    of a second. So what Qt counts and what the groups hold are changed together, in `_grow`, `_shrink`
    and `_begin_anew`.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups = SessionGroups()
        self._changing: Callable[[], None] = lambda: None
        # Before any view's: between Qt's "about to" and its "done" the groups change, too.
        self.rowsInserted.connect(self._changed)
        self.rowsRemoved.connect(self._changed)

    # What Qt asks

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= self._groups.rows:
            return None
        group, image = self._groups.at(index.row())
        if role == Role.SUMMARY:
            return image
        if role == Role.SESSION:
            return group.session if image is None else None
        if role == Role.UNFOLDED:
            return group.unfolded
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if image is not None:
                return image_words(image)
            # What is displayed stays while rows come and go.
            spoken = role == Qt.ItemDataRole.AccessibleTextRole
            return session_words(group.session, group.unfolded if spoken else None)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        base = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        _, image = self._groups.at(index.row())
        return base | Qt.ItemFlag.ItemIsSelectable if image is not None else base

    # What the window asks

    def summary(self, image_id: int) -> ImageSummary | None:
        """The row of an image, if it is loaded."""
        row = self.row_of(image_id)
        return self._groups.at(row)[1] if row >= 0 else None

    def row_of(self, image_id: int) -> int:
        """The row of an image; -1 when it is not loaded or folded away."""
        return self._groups.row_of(image_id)

    def neighbour(self, image_id: int | None, step: int) -> ImageSummary | None:
        """The next (1) or previous (-1) image shown; from None the first or the last shown."""
        count = self.rowCount()
        row = self.row_of(image_id) if image_id is not None else -1
        row = row + step if row >= 0 else (0 if step > 0 else count - 1)
        while 0 <= row < count:
            _, image = self._groups.at(row)
            if image is not None:
                return image
            row += step
        return None

    def image_ids(self, session_id: int) -> list[int]:
        """The loaded images of a session, in their order."""
        group = self._groups.of(session_id)
        return [] if group is None else [image.id for image in group.images]

    # Changes

    def _begin_anew(self, groups: list[SessionGroup]) -> None:
        """These groups, all folded, take the place of the present ones."""
        self._groups = SessionGroups(groups)
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
        self._groups.count()

    def _add(self, group: SessionGroup) -> None:
        place, row = self._groups.place_for(group.session.id)
        self._grow(row, group.rows, lambda: self._groups.add(group, place))

    def _drop(self, group: SessionGroup) -> None:
        self._shrink(self._groups.start(group), group.rows, partial(self._groups.remove, group))

    def _take(self, group: SessionGroup, first: int, end: int) -> None:
        """Take a session's images from one place to before another."""

        rows = end - first if group.unfolded else 0
        self._shrink(self._groups.start(group) + 1 + first, rows, lambda: group.take(first, end))

    def _put(self, group: SessionGroup, place: int, rows: list[ImageSummary]) -> None:
        if rows:
            count = len(rows) if group.unfolded else 0
            self._grow(self._groups.start(group) + 1 + place, count, lambda: group.put(place, rows))

    def _tell(self, row: int) -> None:
        index = self.index(row)
        self.dataChanged.emit(index, index)

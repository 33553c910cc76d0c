"""Review: verdicts, notes, added and removed cells, deleted images, all with undo and redo."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from hematodesk.domain.cells import Cell, Review, Verdict, now_utc
from hematodesk.domain.operators import Operator

if TYPE_CHECKING:
    from hematodesk.storage.history import History

UNDO_LIMIT = 1_000


class ChangeKind(StrEnum):
    """What a change did; the window has the words for each."""

    AGREE = "agree"
    CORRECT = "correct"
    REJECT = "reject"
    CLEAR = "clear"
    CELL_NOTE = "cell_note"
    IMAGE_NOTE = "image_note"
    ADD_CELL = "add_cell"
    REMOVE_CELL = "remove_cell"
    DELETE_IMAGES = "delete_images"


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of a change.

    Attributes:
        kind: which action was done, undone or redone.
        image_ids: the images it concerns.
        cell: the cell as it is now; None for changes of whole images.
        note: the image's note as it is now, for a note on an image.
        deleted: for deletions, whether the images are gone (True) or back (False).
        undone: whether this was an undo.
    """

    kind: ChangeKind
    image_ids: tuple[int, ...]
    cell: Cell | None = None
    note: str | None = None
    deleted: bool | None = None
    undone: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing changed: the images were already gone, or could not be brought back."""
        return not self.image_ids


@dataclass(frozen=True, slots=True)
class _Step:
    do: Callable[[], Change]
    undo: Callable[[], Change]
    kind: ChangeKind


class ReviewService:
    """Changes the history on the user's behalf. Thread-safe; each call returns what changed.

    Every call raises HistoryError when the history refuses; then nothing changed and the undo
    list is as it was. `image_id` is passed through, so that a view knows which image is affected; without
    it the history is asked.

    Args:
        history: the open history.
        operator: who reviews.
    """

    def __init__(self, history: History, operator: Operator) -> None:
        self._history = history
        self.operator = operator
        self._lock = threading.RLock()
        self._done: list[_Step] = []
        self._undone: list[_Step] = []

    def agree(self, cell: Cell, image_id: int | None = None) -> Change:
        """The predicted class stands. Raises ValueError for a cell without a prediction."""
        if cell.prediction is None:
            raise ValueError("there is no prediction to agree with")
        return self._review(cell, Verdict.AGREED, cell.prediction.class_id, ChangeKind.AGREE, image_id)

    def correct(self, cell: Cell, class_id: str, image_id: int | None = None) -> Change:
        """Another class stands; choosing the predicted class is agreeing."""
        if cell.prediction is not None and cell.prediction.class_id == class_id:
            return self.agree(cell, image_id)
        return self._review(cell, Verdict.CORRECTED, class_id, ChangeKind.CORRECT, image_id)

    def reject(self, cell: Cell, image_id: int | None = None) -> Change:
        """It is no cell."""
        return self._review(cell, Verdict.REJECTED, None, ChangeKind.REJECT, image_id)

    def clear(self, cell: Cell, image_id: int | None = None) -> Change:
        """Withdraw the review: the predicted class stands again."""
        return self._set_review(cell, None, ChangeKind.CLEAR, image_id)

    def note_cell(self, cell: Cell, note: str, image_id: int | None = None) -> Change:
        """Write the note on a cell; an empty one removes it."""
        cell_id, before = _id(cell), cell.note
        images = self._images(image_id, cell_id)
        if note == before:
            return Change(ChangeKind.CELL_NOTE, images, cell)

        def write(text: str) -> Change:
            return Change(ChangeKind.CELL_NOTE, images, self._history.set_cell_note(cell_id, text))

        return self._run(_Step(lambda: write(note), lambda: write(before), ChangeKind.CELL_NOTE))

    def note_image(self, image_id: int, note: str, before: str = "") -> Change:
        """Write the note on an image; `before` is the one that stood, for undo."""
        if note == before:
            return Change(ChangeKind.IMAGE_NOTE, (image_id,), note=note)

        def write(text: str) -> Change:
            self._history.set_image_note(image_id, text)
            return Change(ChangeKind.IMAGE_NOTE, (image_id,), note=text)

        return self._run(_Step(lambda: write(note), lambda: write(before), ChangeKind.IMAGE_NOTE))

    def add_cell(self, image_id: int, cell: Cell) -> Change:
        """Save a cell that the user drew; undo removes it, redo restores the same one."""
        saved: list[Cell] = []

        def do() -> Change:
            if saved:
                saved[0] = self._history.set_cell_removed(_id(saved[0]), False)
            else:
                saved.append(self._history.add_cell(image_id, cell))
            return Change(ChangeKind.ADD_CELL, (image_id,), saved[0])

        def undo() -> Change:
            saved[0] = self._history.set_cell_removed(_id(saved[0]), True)
            return Change(ChangeKind.ADD_CELL, (image_id,), saved[0])

        return self._run(_Step(do, undo, ChangeKind.ADD_CELL))

    def remove_cell(self, cell: Cell, image_id: int | None = None) -> Change:
        """Take a cell out of the image; it stays in the history, marked as removed."""
        cell_id = _id(cell)
        images = self._images(image_id, cell_id)
        if cell.removed:
            return Change(ChangeKind.REMOVE_CELL, images, cell)

        def mark(removed: bool) -> Change:
            return Change(ChangeKind.REMOVE_CELL, images, self._history.set_cell_removed(cell_id, removed))

        return self._run(_Step(lambda: mark(True), lambda: mark(False), ChangeKind.REMOVE_CELL))

    def delete_images(self, image_ids: Sequence[int]) -> Change:
        """Delete images from the history; they come back by undo until the program is closed.

        The change is empty, and no step to undo, when all of them were already gone.
        """
        ids = tuple(image_ids)

        gone: list[int] = []

        def do() -> Change:
            gone[:] = self._history.delete_images(ids)
            return Change(ChangeKind.DELETE_IMAGES, tuple(gone), deleted=True)

        def undo() -> Change:
            back = self._history.restore_images(gone)
            return Change(ChangeKind.DELETE_IMAGES, tuple(back), deleted=False)

        return self._run(_Step(do, undo, ChangeKind.DELETE_IMAGES))

    @property
    def undo_kind(self) -> ChangeKind | None:
        """What undo would take back; None when there is nothing."""
        with self._lock:
            return self._done[-1].kind if self._done else None

    @property
    def redo_kind(self) -> ChangeKind | None:
        """What redo would do again; None when there is nothing."""
        with self._lock:
            return self._undone[-1].kind if self._undone else None

    def undo(self) -> Change | None:
        """Take the last change back that can be; None when there is none."""
        with self._lock:
            while self._done:
                change = self._done[-1].undo()
                step = self._done.pop()
                if not change.empty:
                    self._undone.append(step)
                    return replace(change, undone=True)
            return None

    def redo(self) -> Change | None:
        """Do the last undone change again that can be; None when there is none."""
        with self._lock:
            while self._undone:
                change = self._undone[-1].do()
                step = self._undone.pop()
                if not change.empty:
                    self._done.append(step)
                    return change
            return None

    def forget(self) -> None:
        """Empty the undo list, for example after deleted images were purged."""
        with self._lock:
            self._done.clear()
            self._undone.clear()

    def _review(
        self, cell: Cell, verdict: Verdict, class_id: str | None, kind: ChangeKind, image_id: int | None
    ) -> Change:
        return self._set_review(cell, Review(verdict, class_id, self.operator, now_utc()), kind, image_id)

    def _set_review(
        self, cell: Cell, review: Review | None, kind: ChangeKind, image_id: int | None
    ) -> Change:
        cell_id, before = _id(cell), cell.review
        images = self._images(image_id, cell_id)
        if _same(review, before):
            return Change(kind, images, cell)

        def write(value: Review | None) -> Change:
            return Change(kind, images, self._history.set_review(cell_id, value))

        return self._run(_Step(lambda: write(review), lambda: write(before), kind))

    def _images(self, image_id: int | None, cell_id: int) -> tuple[int]:
        return (image_id if image_id is not None else self._history.image_of_cell(cell_id),)

    def _run(self, step: _Step) -> Change:
        with self._lock:
            change = step.do()
            if change.empty:
                return change
            self._done.append(step)
            del self._done[:-UNDO_LIMIT]
            self._undone.clear()
            return change


def _id(cell: Cell) -> int:
    if cell.id is None:
        raise ValueError("the cell is not in the history yet")
    return cell.id


def _same(review: Review | None, other: Review | None) -> bool:
    if review is None or other is None:
        return review is other
    return replace(review, created_at=other.created_at) == other

"""Writes verdicts, notes, added and removed cells, and deletions to the history, with undo and redo.

The view shows a verdict at once; the history has it some milliseconds later. When it refuses,
the view is restored, and a banner says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from hematodesk.domain.cells import Cell, CellOrigin, Review, Verdict, now_utc
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.operators import Operator
from hematodesk.ui.kit.banners import Level, Notice
from hematodesk.ui.state.task_lanes import Lane, Ticket
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.review.review_service import Change, ChangeKind, ReviewService

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService


@dataclass(frozen=True, slots=True)
class _Changed:
    """A change with the images it concerns, as they are now."""

    change: Change | None
    images: list[HistoryImage]


class ReviewController(QObject):
    """Signals:
    image_changed(HistoryImage): its cells or notes are different now.
    images_deleted(tuple[int]), images_restored(tuple[int]).
    images_gone(tuple[int]): another window has deleted them.
    image_done: the shown image has no cell left to review, and the person goes on.
    note_refused(NoteKey, str): a note that was written could not be saved.
    undo_changed: what undo and redo would do is different now.
    """

    image_changed = Signal(object)
    images_deleted = Signal(object)
    images_restored = Signal(object)
    images_gone = Signal(object)
    image_done = Signal()
    note_refused = Signal(object, str)
    undo_changed = Signal()

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._services = context.services
        self._lanes = context.lanes
        self._access = context.access
        self._viewer = context.viewer
        self._banners = context.banners
        self._service: ReviewService | None = None
        self._under_way = 0
        self._notes: list[tuple[NoteKey, str]] = []
        self.read_only = False

    def use(self, service: ReviewService, *, read_only: bool) -> None:
        """The history is open: changes may be made, unless it is read-only."""
        self._service, self.read_only = service, read_only
        self.undo_changed.emit()

    def set_operator(self, operator: Operator) -> None:
        """Reviews carry this name from now on."""
        if self._service is not None:
            self._service.operator = operator

    @property
    def possible(self) -> bool:
        """Whether a cell that the history has is chosen, and may be reviewed."""
        return self.may_review(self._viewer.cell)

    def may_review(self, cell: Cell | None) -> bool:
        """Whether a cell is in the history, and may be reviewed."""
        return self._service is not None and not self.read_only and cell is not None and cell.id is not None

    @property
    def undo_kind(self) -> ChangeKind | None:
        """What undo would take back."""
        return self._service.undo_kind if self._service is not None else None

    @property
    def redo_kind(self) -> ChangeKind | None:
        """What redo would do again."""
        return self._service.redo_kind if self._service is not None else None

    # Verdicts

    def agree(self) -> None:
        """The prediction of the chosen cell is right."""
        self._viewer.when_settled(self._agree)

    def _agree(self) -> None:
        cell = self._viewer.cell
        if cell is not None and cell.prediction is not None:
            self._judge(Verdict.AGREED, cell.prediction.class_id)

    def choose_class(self, class_id: str) -> None:
        """The chosen cell is of that class."""

        def judge() -> None:
            cell = self._viewer.cell
            predicted = cell.prediction.class_id if cell is not None and cell.prediction is not None else ""
            self._judge(Verdict.AGREED if predicted == class_id else Verdict.CORRECTED, class_id)

        self._viewer.when_settled(judge)

    def reject(self) -> None:
        """The chosen cell is no cell."""
        self._viewer.when_settled(lambda: self._judge(Verdict.REJECTED, None))

    def _judge(self, verdict: Verdict, class_id: str | None) -> None:
        cell, image_id = self._viewer.cell, self._viewer.image_id
        if not self.possible or cell is None or self._service is None:
            return
        service = self._service
        expected = replace(cell, review=Review(verdict, class_id, service.operator, now_utc()))
        self._viewer.put_cell(self._viewer.current_index, expected)

        def job() -> Change:
            if verdict is Verdict.REJECTED or class_id is None:
                return service.reject(cell, image_id)
            if verdict is Verdict.AGREED:
                return service.agree(cell, image_id)
            return service.correct(cell, class_id, image_id)

        self._change(job)
        self._go_on()

    def clear(self) -> None:
        """Take the chosen cell's review back."""
        cell, image_id, service = self._viewer.cell, self._viewer.image_id, self._service
        if self.possible and cell is not None and service is not None and cell.review is not None:
            self._change(lambda: service.clear(cell, image_id))

    def _go_on(self) -> None:
        if not self._services.settings.flag("advance_after_review"):
            return
        following = self._viewer.next_open()
        if following >= 0:
            self._viewer.choose(following)
        else:
            self.image_done.emit()

    # Cells and notes

    def add_cell(self, box: Box) -> None:
        """Name the cell in a box that the person drew, and add it."""
        pixels, image_id, service = self._viewer.pixels, self._viewer.image_id, self._service
        result = self._viewer.result
        if pixels is None or image_id is None or service is None or self.read_only or result is None:
            return
        diameter = result.red_cell_diameter

        def name(ticket: Ticket) -> Cell:
            loaded = self._services.models.loaded
            if loaded is None:
                return Cell(box, CellOrigin.ADDED)
            return self._services.analyser(loaded).classify_box(pixels, box, diameter, ticket.token)

        def named(cell: Cell) -> None:
            self._change(lambda: service.add_cell(image_id, cell))

        self._lanes.run(Lane.INFERENCE, name, done=named)

    def remove_cell(self, index: int | None = None) -> None:
        """Take the chosen cell, or the one at an index, out of the image."""
        place = self._viewer.current_index if index is None else index
        image_id, service = self._viewer.image_id, self._service
        if service is None or self.read_only or place not in self._viewer.standing:
            return
        cell = self._viewer.cells[place]
        if cell.id is None:
            return
        self._viewer.put_cell(place, replace(cell, removed=True))
        self._change(lambda: service.remove_cell(cell, image_id))

    def write_note(self, key: object, text: str) -> None:
        """A note was written; the key is the one that it was shown with (see `note_key`)."""
        service = self._service
        if service is None or self.read_only or not isinstance(key, NoteKey):
            return

        def job() -> Change:
            history = self._services.history
            if key.cell_id is None:
                return service.note_image(key.image_id, text, history.image(key.image_id).note)
            return service.note_cell(history.cell(key.cell_id), text, key.image_id)

        self._change(job, note=(key, text))

    @property
    def notes_under_way(self) -> dict[object, str]:
        """Notes that were sent to the history, which has not answered yet, by key."""
        return dict(self._notes)

    # Deleting, undo

    def delete_images(self, image_ids: Sequence[int]) -> None:
        """Delete images; undo brings them back."""
        service, ids = self._service, tuple(image_ids)
        if service is not None and not self.read_only and ids:
            self._change(lambda: service.delete_images(ids))

    def undo(self) -> None:
        """Take the last change back."""
        if self._service is not None:
            self._change(self._service.undo, go_there=True)

    def redo(self) -> None:
        """Do the last undone change again."""
        if self._service is not None:
            self._change(self._service.redo, go_there=True)

    # Inside

    def _change(
        self,
        job: Callable[[], Change | None],
        *,
        go_there: bool = False,
        note: tuple[NoteKey, str] | None = None,
    ) -> None:

        def work(history: HistoryService) -> _Changed:
            change = job()
            images: list[HistoryImage] = []
            if change is not None and change.deleted is None:
                images = [history.image(image_id) for image_id in change.image_ids]
            return _Changed(change, images)

        def ended() -> None:
            self._under_way -= 1
            if note is not None:
                self._notes.remove(note)

        def take_back() -> None:
            if note is None:
                self._show_what_stands()
            else:
                # The text is the user's own: it stays visible, while a refused verdict is removed.
                self.note_refused.emit(*note)

        def came(changed: _Changed) -> None:
            ended()
            self._tell(changed, go_there)

        def failed(error: HematodeskError) -> None:
            ended()
            if error.code == "history_missing":
                self.look_again()
                return
            self._banners.show_error(error)
            take_back()

        def cancelled() -> None:
            ended()
            take_back()

        if self._access.ask(work, came, failed, cancelled) is not None:
            self._under_way += 1
            if note is not None:
                self._notes.append(note)

    def look_again(self) -> None:
        """Show the shown image as it stands: another window may have reviewed or deleted it meanwhile."""
        viewer = self._viewer
        image_id, name = viewer.image_id, viewer.name
        if image_id is None:
            return

        def came(image: HistoryImage) -> None:
            shown = viewer.image_id == image_id and not self._under_way
            if shown and (image.result, image.note) != (viewer.result, viewer.note):
                viewer.update(image)
                self.image_changed.emit(image)

        def failed(error: HematodeskError) -> None:
            if error.code == "history_missing" and viewer.image_id == image_id:
                words = self.tr("{name} was deleted in another window.").format(name=name)
                self._banners.show_notice(Notice("image_gone", words, level=Level.WARNING))
                self.images_gone.emit((image_id,))

        self._access.ask(lambda history: history.image(image_id), came, failed)

    def _show_what_stands(self) -> None:
        if self._viewer.image_id is not None:
            self._viewer.open(self._viewer.image_id)

    def _tell(self, changed: _Changed, go_there: bool) -> None:
        change = changed.change
        self.undo_changed.emit()
        if change is None or change.empty:
            return
        if change.deleted is not None:
            (self.images_deleted if change.deleted else self.images_restored).emit(change.image_ids)
            return
        for image in changed.images:
            # Keys pressed meanwhile are already shown; the loaded image does not include them yet.
            if not self._under_way:
                self._viewer.update(image)
            self.image_changed.emit(image)
        if (go_there or change.kind is ChangeKind.ADD_CELL) and changed.images:
            self._go_to(changed.images[0], change.cell)

    def _go_to(self, image: HistoryImage, cell: Cell | None) -> None:
        """Show where a change happened, so that none is made invisibly."""
        cell_id = cell.id if cell is not None and not cell.removed else None
        if image.id != self._viewer.image_id:
            self._viewer.open(image.id, cell_id)
            return
        for index, other in enumerate(self._viewer.cells):
            if cell_id is not None and other.id == cell_id:
                self._viewer.choose(index)


@dataclass(frozen=True, slots=True)
class NoteKey:
    """What a note belongs to: an image, or one of its cells."""

    image_id: int
    cell_id: int | None

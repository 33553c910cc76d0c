"""Draws what is known of the image's cells into the answer column, and says what a review can do now."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from hematodesk.domain.cells import Cell, Fault, ImageStatus
from hematodesk.ui.kit.actions import CLASS_KEYS
from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.review.answer_panel import AnswerPanel
from hematodesk.ui.review.review_controller import NoteKey, ReviewController
from hematodesk.ui.state.model_state import ModelLoadState
from hematodesk.ui.state.viewer_state import ViewState
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.review.review_service import ChangeKind

_VERDICTS = ("reject", *(f"class_{key}" for key in range(1, CLASS_KEYS + 1)))


class AnswerPresenter(QObject):
    """Listens to the viewer and the model, and keeps the answer and the actions of review in step."""

    def __init__(self, context: WindowContext, reviews: ReviewController, answer: AnswerPanel) -> None:
        super().__init__(context.window)
        self._viewer = context.viewer
        self._model_state = context.model_state
        self._actions = context.actions
        self._reviews = reviews
        self._answer = answer
        self._offered: tuple[str, ...] | None = None
        self._viewer.changed.connect(self.show_answer)
        self._viewer.chosen.connect(self.show_answer)
        self._viewer.kept.connect(self.show_kept)
        self._model_state.changed.connect(self.show_model)
        reviews.undo_changed.connect(self.show_undo)
        self.show_model()
        self.show_undo()

    def show_model(self) -> None:
        """The class keys, and what waits for the model."""
        self._offered = None
        self.show_answer()

    def show_kept(self) -> None:
        """What is shown is in the history: its notes and reviews can be written."""
        cell = self._viewer.cell
        self._answer.take_note_key(self._note_key() if cell is None else self._cell_key(cell))
        self._show_possible(cell)

    def show_answer(self) -> None:
        """The right column, after another image, other cells or another model came."""
        cell, standing = self._viewer.cell, self._viewer.standing
        self._choose_classes(cell, standing)
        self._show_cell(cell, standing)
        self._show_possible(cell)

    def _show_cell(self, cell: Cell | None, standing: Sequence[int]) -> None:
        viewer, answer = self._viewer, self._answer
        result = viewer.result
        if viewer.state is ViewState.EMPTY:
            if self._model_state.state is ModelLoadState.NONE and self._model_state.fault is not None:
                answer.show_no_model(self._model_state.fault.message, self._model_state.fault.remedy)
            else:
                answer.show_nothing()
        elif viewer.state is ViewState.UNNAMED:
            fault = self._model_state.fault
            answer.show_no_model(
                fault.message if fault is not None else self.tr("No model has looked at this image."),
                fault.remedy if fault is not None else self.tr("Choose or import a model (Ctrl+M)."),
            )
        elif result is None:
            if self._model_state.state is ModelLoadState.LOADING:
                answer.show_loading(self._model_state.name)
            else:
                answer.show_working(viewer.name)
        elif result.status is ImageStatus.ERROR:
            cause = result.fault or Fault("unknown", result.name)
            answer.show_fault(cause, note=viewer.note, note_key=self._note_key())
        elif not standing:
            answer.show_no_cell(note=viewer.note, note_key=self._note_key())
        elif cell is not None:
            number = standing.index(viewer.current_index) + 1
            answer.show_cell(cell, number, len(standing), note_key=self._cell_key(cell))
        else:
            answer.show_cells(viewer.cells, note=viewer.note, note_key=self._note_key())

    def _choose_classes(self, cell: Cell | None, standing: Sequence[int]) -> None:
        """Offer the classes of what is shown; while an image is on its way those before it stay."""
        viewer, service = self._viewer, self._model_state.service
        if viewer.result is None and viewer.state is not ViewState.EMPTY and self._offered is not None:
            return
        shown = [cell] if cell is not None else [viewer.cells[each] for each in standing]
        named = [each.prediction for each in shown if each.prediction is not None]
        self._offer_classes(service.class_choice(named[0] if named else None))

    def _offer_classes(self, class_ids: tuple[str, ...]) -> None:
        if class_ids == self._offered:
            return
        self._offered = class_ids
        self._answer.set_classes(class_ids)
        for key in range(1, CLASS_KEYS + 1):
            action = self._actions[f"class_{key}"]
            known = key <= len(class_ids)
            action.setVisible(known)
            if known:
                action.setText(class_name(class_ids[key - 1]))

    def _note_key(self) -> NoteKey | None:
        return NoteKey(self._viewer.image_id, None) if self._viewer.image_id is not None else None

    def _cell_key(self, cell: Cell) -> NoteKey | None:
        image_id = self._viewer.image_id
        return NoteKey(image_id, cell.id) if image_id is not None and cell.id else None

    def show_undo(self) -> None:
        """What undo and redo would do."""
        for action, words, kind in (
            (self._actions["undo"], self.tr("&Undo"), self._reviews.undo_kind),
            (self._actions["redo"], self.tr("&Redo"), self._reviews.redo_kind),
        ):
            _show_step(action, words, self._kind_words(kind) if kind is not None else "")

    def _kind_words(self, kind: ChangeKind) -> str:
        return {
            ChangeKind.AGREE: self.tr("agree"),
            ChangeKind.CORRECT: self.tr("correct the class"),
            ChangeKind.REJECT: self.tr("no cell"),
            ChangeKind.CLEAR: self.tr("take the review back"),
            ChangeKind.CELL_NOTE: self.tr("note on the cell"),
            ChangeKind.IMAGE_NOTE: self.tr("note on the image"),
            ChangeKind.ADD_CELL: self.tr("add a cell"),
            ChangeKind.REMOVE_CELL: self.tr("remove a cell"),
            ChangeKind.DELETE_IMAGES: self.tr("delete images"),
        }[kind]

    def _show_possible(self, cell: Cell | None) -> None:
        """Switch actions that would do nothing off."""
        viewer = self._viewer
        reviewable = self._reviews.may_review(cell)
        # A verdict may be given ahead of an image on its way: it waits for it.
        coming = not viewer.settled
        ahead = reviewable or coming
        named = cell is not None and cell.prediction is not None
        changeable = viewer.image_id is not None and not self._reviews.read_only
        self._actions.set_possible(
            dict.fromkeys(_VERDICTS, ahead)
            | {
                "agree": coming or (reviewable and named),
                "clear_review": reviewable and cell is not None and cell.review is not None,
                "remove_cell": reviewable,
                "add_cell": changeable and viewer.pixels is not None,
                "note": changeable,
            }
        )


def _show_step(action: QAction, words: str, kind: str) -> None:
    action.setEnabled(bool(kind))
    action.setText(f"{words}: {kind}" if kind else words)

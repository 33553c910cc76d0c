"""Draws what is known into the widgets: image, answer, status line, and which actions are possible."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from hematodesk.domain.cells import Cell, Fault, ImageResult, ImageStatus
from hematodesk.ui.image.centre_column import CentreColumn
from hematodesk.ui.kit.actions import CLASS_KEYS, Actions
from hematodesk.ui.kit.class_names import class_name, learn_names
from hematodesk.ui.kit.error_words import error_words
from hematodesk.ui.kit.plain_text import whole_letters
from hematodesk.ui.review.answer_panel import AnswerPanel
from hematodesk.ui.review.review_controller import NoteKey, ReviewController
from hematodesk.ui.runs.run_controller import RunController
from hematodesk.ui.shell.status_strip import StatusStrip
from hematodesk.ui.state.model_state import ModelLoadState, ModelState
from hematodesk.ui.state.viewer_state import Viewer, ViewState
from hematodesk.workflow.review.review_service import ChangeKind

_VERDICTS = ("reject", *(f"class_{key}" for key in range(1, CLASS_KEYS + 1)))


class Presenter(QObject):
    """Listens to the viewer, the model and the runs, and keeps the widgets in step."""

    def __init__(
        self,
        viewer: Viewer,
        model_state: ModelState,
        reviews: ReviewController,
        runs: RunController,
        centre: CentreColumn,
        answer: AnswerPanel,
        strip: StatusStrip,
        actions: Actions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._model_state = model_state
        self._reviews = reviews
        self._runs = runs
        self._centre = centre
        self._answer = answer
        self._strip = strip
        self._actions = actions
        self._drawn: object = None
        self._offered: tuple[str, ...] | None = None
        viewer.changed.connect(self.show_image)
        viewer.chosen.connect(self.show_cell)
        viewer.kept.connect(self.show_kept)
        model_state.changed.connect(self.show_model)
        runs.progressed.connect(self.show_progress)
        reviews.undo_changed.connect(self.show_undo)
        self.show_model()
        self.show_undo()
        self.show_progress()

    def show_image(self) -> None:
        """The middle, the right and the status line, after another image or other cells came."""
        viewer, centre = self._viewer, self._centre
        if viewer.pixels is not self._drawn:
            self._drawn = viewer.pixels
            centre.view.set_image(viewer.pixels, viewer.name, viewer.cells)
            centre.view.choose_cell(viewer.current_index)
        else:
            centre.view.set_cells(viewer.cells, viewer.current_index)
        # The platform adds the program's name.
        name = whole_letters(viewer.name)
        centre.window().setWindowTitle(name or "hematodesk")
        if viewer.pixels is not None:
            centre.show_image()
        elif viewer.state is ViewState.EMPTY:
            centre.show_empty()
        elif viewer.state is ViewState.FAILED:
            centre.show_message(self.tr("This image could not be read"), name)
        elif viewer.state is ViewState.WORKING:
            centre.show_message(self.tr("Opening…"), name)
        else:
            centre.show_message(self.tr("The picture is not at hand"), name)
        self._show_answer()
        self._show_counts()
        self._show_possible()

    def show_cell(self) -> None:
        """Another cell is chosen."""
        self._centre.view.choose_cell(self._viewer.current_index)
        self._show_answer()
        self._show_possible()

    def show_kept(self) -> None:
        """What is shown is in the history: its notes and reviews can be written."""
        viewer = self._viewer
        cell = viewer.cell
        self._answer.take_note_key(self._note_key() if cell is None else self._cell_key(cell))
        if viewer.result is not None and viewer.result.status is not ImageStatus.ERROR:
            self._show_cell_count(viewer.result)
        self._show_possible()

    def _show_answer(self) -> None:
        self._choose_classes()
        viewer, answer = self._viewer, self._answer
        result = viewer.result
        loading = self._model_state.state is ModelLoadState.LOADING
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
            if loading:
                answer.show_loading(self._model_state.name)
            else:
                answer.show_working(viewer.name)
        elif result.status is ImageStatus.ERROR:
            cause = result.fault or Fault("unknown", result.name)
            answer.show_fault(cause, note=viewer.note, note_key=self._note_key())
        elif not viewer.standing:
            answer.show_no_cell(note=viewer.note, note_key=self._note_key())
        elif viewer.cell is not None:
            cell = viewer.cell
            number = viewer.standing.index(viewer.current_index) + 1
            answer.show_cell(cell, number, len(viewer.standing), note_key=self._cell_key(cell))
        else:
            answer.show_cells(viewer.cells, note=viewer.note, note_key=self._note_key())

    def _choose_classes(self) -> None:
        """Offer the classes of what is shown; while an image is on its way those before it stay."""
        viewer, service = self._viewer, self._model_state.service
        if viewer.result is None and viewer.state is not ViewState.EMPTY and self._offered is not None:
            return
        shown = [viewer.cell] if viewer.cell is not None else [viewer.cells[each] for each in viewer.standing]
        named = [cell.prediction for cell in shown if cell is not None and cell.prediction is not None]
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

    def _show_counts(self) -> None:
        result = self._viewer.result
        if result is None or result.status is ImageStatus.ERROR:
            self._strip.show_cells("")
            self._strip.show_time(None)
            return
        self._strip.show_time(result.elapsed_ms)
        self._show_cell_count(result)

    def _show_cell_count(self, result: ImageResult) -> None:
        standing = [cell for cell in result.cells if not cell.removed]
        words = self.tr("%n cell(s)", "", len(standing))
        uncertain = sum(cell.uncertain for cell in standing)
        if uncertain:
            words += ", " + self.tr("{count} uncertain").format(count=uncertain)
        if self._viewer.image_id is None:
            words += ", " + self.tr("not saved")
        self._strip.show_cells(words)

    def show_model(self) -> None:
        """The model's name and provider, the class keys, and what waits for the model."""
        model_state, strip = self._model_state, self._strip
        loaded = model_state.loaded
        if model_state.state is ModelLoadState.LOADING:
            strip.show_loading()
        elif loaded is None:
            strip.show_model("", "")
            strip.show_provider("", "", "")
        else:
            learn_names(loaded.package.manifest.classes)
            use = loaded.package.manifest.intended_use
            strip.show_model(model_state.name, f"{self.tr('Choose another model (Ctrl+M)')}\n{use}".strip())
            strip.show_provider(loaded.requested, loaded.active, error_words(loaded.provider_reason))
        self._offered = None
        self._show_answer()
        self._show_possible()

    def show_progress(self) -> None:
        """How far the runs have come."""
        state = self._runs.progress
        self._actions["pause"].setEnabled(state is not None)
        self._actions["pause"].setChecked(state is not None and state.paused)
        if state is None:
            self._strip.end_progress()
        else:
            self._strip.show_progress(state)

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

    def _show_possible(self) -> None:
        """Switch actions that would do nothing off."""
        viewer = self._viewer
        cell, standing, has_image = viewer.cell, bool(viewer.standing), viewer.pixels is not None
        reviewable = self._reviews.may_review(cell)
        # A verdict may be given ahead of an image on its way: it waits for it.
        coming = not viewer.settled
        ahead = reviewable or coming
        named = cell is not None and cell.prediction is not None
        changeable = viewer.image_id is not None and not self._reviews.read_only
        self._actions.set_possible(
            dict.fromkeys(("zoom_in", "zoom_out", "zoom_fit", "zoom_actual"), has_image)
            | dict.fromkeys(("next_cell", "previous_cell", "next_open"), standing)
            | dict.fromkeys(_VERDICTS, ahead)
            | {
                "agree": coming or (reviewable and named),
                "clear_review": reviewable and cell is not None and cell.review is not None,
                "remove_cell": reviewable,
                "add_cell": changeable and has_image,
                "note": changeable,
            }
        )


def _show_step(action: QAction, words: str, kind: str) -> None:
    action.setEnabled(bool(kind))
    action.setText(f"{words}: {kind}" if kind else words)

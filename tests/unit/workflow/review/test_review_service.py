from __future__ import annotations

import pytest

from hematodesk.domain.cells import Cell, CellOrigin, Review, Verdict, now_utc
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.geometry import Box
from hematodesk.workflow.review.review_service import ChangeKind, ReviewService


@pytest.fixture
def desk(history) -> ReviewService:
    return ReviewService(history, "Dr Weiß")


@pytest.fixture
def image(history, made_result):
    return history.save_result(history.begin_session("op"), made_result())


def stored(history, image) -> Cell:
    return history.image(image.id).result.cells[0]


def test_agreeing_is_kept_with_name_and_undone(desk, history, image):
    change = desk.agree(image.result.cells[0])
    assert change.kind is ChangeKind.AGREE
    assert change.image_ids == (image.id,)
    assert stored(history, image) == change.cell
    assert change.cell.review.operator == "Dr Weiß"
    assert change.cell.label == "neutrophil"
    undone = desk.undo()
    assert undone.undone
    assert undone.cell.review is None
    assert stored(history, image).review is None
    assert desk.redo().cell.review.verdict is Verdict.AGREED
    assert stored(history, image).review.verdict is Verdict.AGREED


def test_correcting_to_another_class_and_to_the_predicted_one(desk, history, image):
    cell = image.result.cells[0]
    corrected = desk.correct(cell, "monocyte", image.id).cell
    assert (corrected.review.verdict, corrected.label) == (Verdict.CORRECTED, "monocyte")
    agreed = desk.correct(corrected, "neutrophil", image.id).cell
    assert (agreed.review.verdict, agreed.label) == (Verdict.AGREED, "neutrophil")


def test_rejecting_and_clearing(desk, history, image):
    rejected = desk.reject(image.result.cells[0]).cell
    assert (rejected.review.verdict, rejected.label) == (Verdict.REJECTED, None)
    cleared = desk.clear(rejected).cell
    assert (cleared.review, cleared.label) == (None, "neutrophil")
    assert desk.undo().cell.review.verdict is Verdict.REJECTED


def test_the_same_verdict_again_is_no_step_to_undo(desk, image):
    cell = desk.agree(image.result.cells[0]).cell
    desk.agree(cell)
    desk.clear(image.result.cells[0])
    desk.undo()
    assert desk.undo_kind is None


def test_another_persons_same_verdict_is_kept(history, desk, image):
    cell = desk.agree(image.result.cells[0]).cell
    second = ReviewService(history, "Second").agree(cell).cell
    assert second.review.operator == "Second"


def test_a_cell_without_a_prediction_cannot_be_agreed_with(desk):
    with pytest.raises(ValueError):
        desk.agree(Cell(Box(1, 1, 2, 2), CellOrigin.ADDED, id=1))


def test_a_cell_that_is_not_saved_yet_cannot_be_reviewed(desk, made_result):
    with pytest.raises(ValueError):
        desk.reject(made_result().cells[0])


def test_adding_removing_and_undoing_keep_the_same_cell(desk, history, image):
    added = desk.add_cell(image.id, Cell(Box(100, 100, 20, 20), CellOrigin.ADDED)).cell
    assert added.id is not None
    assert desk.undo().cell.removed
    back = desk.redo()
    assert (back.cell.id, back.cell.removed) == (added.id, False)
    removed = desk.remove_cell(back.cell)
    assert removed.cell.removed
    assert removed.image_ids == (image.id,)
    assert not desk.undo().cell.removed
    assert len(history.image(image.id).result.cells) == 2


def test_notes_are_kept_and_undone(desk, history, image):
    cell = image.result.cells[0]
    assert desk.note_cell(cell, "vacuoles").cell.note == "vacuoles"
    desk.note_image(image.id, "poor stain", before="")
    assert (stored(history, image).note, history.image(image.id).note) == ("vacuoles", "poor stain")
    assert desk.undo().note == ""
    assert desk.undo().cell.note == ""
    assert (stored(history, image).note, history.image(image.id).note) == ("", "")


def test_a_note_that_is_too_long_changes_nothing(desk, image):
    with pytest.raises(HistoryError) as caught:
        desk.note_cell(image.result.cells[0], "x" * 10_001)
    assert caught.value.code == "note_too_long"
    assert desk.undo_kind is None


def test_deleted_images_come_back(desk, history, image, made_result):
    other = history.save_result(history.begin_session("op"), made_result("other.png"))
    gone = desk.delete_images([image.id, other.id, 99])
    assert (sorted(gone.image_ids), gone.deleted) == (sorted([image.id, other.id]), True)
    assert history.count() == 0
    back = desk.undo()
    assert (sorted(back.image_ids), back.deleted) == (sorted([image.id, other.id]), False)
    assert history.count() == 2
    desk.redo()
    assert history.count() == 0


def test_undo_does_not_bring_back_what_was_deleted_before(desk, history, image):
    history.delete_images([image.id])
    desk.delete_images([image.id])
    desk.undo()
    assert history.count() == 0


def test_kinds_of_undo_and_redo(desk, image):
    assert (desk.undo_kind, desk.redo_kind) == (None, None)
    desk.agree(image.result.cells[0])
    assert desk.undo_kind is ChangeKind.AGREE
    desk.undo()
    assert (desk.undo_kind, desk.redo_kind) == (None, ChangeKind.AGREE)


def test_a_new_change_forgets_what_was_undone(desk, image):
    desk.agree(image.result.cells[0])
    desk.undo()
    desk.reject(image.result.cells[0])
    assert desk.redo_kind is None
    assert desk.redo() is None


def test_nothing_to_undo_is_no_error(desk):
    assert desk.undo() is None


def test_a_refused_change_is_not_on_the_list(desk, history, image):
    history.delete_images([image.id])
    with pytest.raises(HistoryError):
        desk.agree(image.result.cells[0], image.id)
    assert desk.undo_kind is None


def test_a_refused_undo_stays_to_be_tried_again(desk, history, image):
    desk.agree(image.result.cells[0])
    history.close()
    with pytest.raises(HistoryError):
        desk.undo()
    assert desk.undo_kind is not None
    assert desk.redo_kind is None


def test_forgetting_empties_both_lists(desk, image):
    desk.agree(image.result.cells[0])
    desk.undo()
    desk.forget()
    assert desk.undo_kind is None
    assert desk.redo_kind is None


def test_every_verdict_stays_in_the_history(desk, history, image):
    cell = image.result.cells[0]
    desk.agree(cell)
    desk.undo()
    verdicts = history.reviews(cell.id)
    assert [review.verdict if review else None for review in verdicts] == [Verdict.AGREED, None]


def test_an_undone_correction_restores_the_earlier_persons_verdict(desk, history, image):
    first = Review(Verdict.CORRECTED, "basophil", "First", now_utc())
    cell = history.set_review(image.result.cells[0].id, first)
    desk.reject(cell)
    assert desk.undo().cell.review == first

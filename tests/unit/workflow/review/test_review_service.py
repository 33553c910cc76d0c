from __future__ import annotations

import pytest

from hematodesk.domain.cells import Cell, CellOrigin, Review, Verdict, now_utc
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.geometry import Box
from hematodesk.domain.operators import Operator
from hematodesk.workflow.review.review_service import ChangeKind, ReviewService


@pytest.fixture
def service(history) -> ReviewService:
    return ReviewService(history, Operator.named("Dr Weiß"))


@pytest.fixture
def image(history, made_result):
    return history.save_result(history.begin_session(Operator.named("op")), made_result())


def stored(history, image) -> Cell:
    return history.image(image.id).result.cells[0]


def test_agreeing_is_kept_with_name_and_undone(service, history, image):
    change = service.agree(image.result.cells[0])
    assert change.kind is ChangeKind.AGREE
    assert change.image_ids == (image.id,)
    assert stored(history, image) == change.cell
    assert change.cell.review.operator.name == "Dr Weiß"
    assert change.cell.label == "neutrophil"
    undone = service.undo()
    assert undone.undone
    assert undone.cell.review is None
    assert stored(history, image).review is None
    assert service.redo().cell.review.verdict is Verdict.AGREED
    assert stored(history, image).review.verdict is Verdict.AGREED


def test_correcting_to_another_class_and_to_the_predicted_one(service, history, image):
    cell = image.result.cells[0]
    corrected = service.correct(cell, "monocyte", image.id).cell
    assert (corrected.review.verdict, corrected.label) == (Verdict.CORRECTED, "monocyte")
    agreed = service.correct(corrected, "neutrophil", image.id).cell
    assert (agreed.review.verdict, agreed.label) == (Verdict.AGREED, "neutrophil")


def test_rejecting_and_clearing(service, history, image):
    rejected = service.reject(image.result.cells[0]).cell
    assert (rejected.review.verdict, rejected.label) == (Verdict.REJECTED, None)
    cleared = service.clear(rejected).cell
    assert (cleared.review, cleared.label) == (None, "neutrophil")
    assert service.undo().cell.review.verdict is Verdict.REJECTED


def test_the_same_verdict_again_is_no_step_to_undo(service, image):
    cell = service.agree(image.result.cells[0]).cell
    service.agree(cell)
    service.clear(image.result.cells[0])
    service.undo()
    assert service.undo_kind is None


def test_another_persons_same_verdict_is_kept(history, service, image):
    cell = service.agree(image.result.cells[0]).cell
    second = ReviewService(history, Operator.named("Second")).agree(cell).cell
    assert second.review.operator.name == "Second"


def test_a_cell_without_a_prediction_cannot_be_agreed_with(service):
    with pytest.raises(ValueError):
        service.agree(Cell(Box(1, 1, 2, 2), CellOrigin.ADDED, id=1))


def test_a_cell_that_is_not_saved_yet_cannot_be_reviewed(service, made_result):
    with pytest.raises(ValueError):
        service.reject(made_result().cells[0])


def test_adding_removing_and_undoing_keep_the_same_cell(service, history, image):
    added = service.add_cell(image.id, Cell(Box(100, 100, 20, 20), CellOrigin.ADDED)).cell
    assert added.id is not None
    assert service.undo().cell.removed
    back = service.redo()
    assert (back.cell.id, back.cell.removed) == (added.id, False)
    removed = service.remove_cell(back.cell)
    assert removed.cell.removed
    assert removed.image_ids == (image.id,)
    assert not service.undo().cell.removed
    assert len(history.image(image.id).result.cells) == 2


def test_notes_are_kept_and_undone(service, history, image):
    cell = image.result.cells[0]
    assert service.note_cell(cell, "vacuoles").cell.note == "vacuoles"
    service.note_image(image.id, "poor stain", before="")
    assert (stored(history, image).note, history.image(image.id).note) == ("vacuoles", "poor stain")
    assert service.undo().note == ""
    assert service.undo().cell.note == ""
    assert (stored(history, image).note, history.image(image.id).note) == ("", "")


def test_a_note_that_is_too_long_changes_nothing(service, image):
    with pytest.raises(HistoryError) as caught:
        service.note_cell(image.result.cells[0], "x" * 10_001)
    assert caught.value.code == "note_too_long"
    assert service.undo_kind is None


def test_deleted_images_come_back(service, history, image, made_result):
    other = history.save_result(history.begin_session(Operator.named("op")), made_result("other.png"))
    gone = service.delete_images([image.id, other.id, 99])
    assert (sorted(gone.image_ids), gone.deleted) == (sorted([image.id, other.id]), True)
    assert history.count() == 0
    back = service.undo()
    assert (sorted(back.image_ids), back.deleted) == (sorted([image.id, other.id]), False)
    assert history.count() == 2
    service.redo()
    assert history.count() == 0


def test_undo_does_not_bring_back_what_was_deleted_before(service, history, image):
    history.delete_images([image.id])
    service.delete_images([image.id])
    service.undo()
    assert history.count() == 0


def test_kinds_of_undo_and_redo(service, image):
    assert (service.undo_kind, service.redo_kind) == (None, None)
    service.agree(image.result.cells[0])
    assert service.undo_kind is ChangeKind.AGREE
    service.undo()
    assert (service.undo_kind, service.redo_kind) == (None, ChangeKind.AGREE)


def test_a_new_change_forgets_what_was_undone(service, image):
    service.agree(image.result.cells[0])
    service.undo()
    service.reject(image.result.cells[0])
    assert service.redo_kind is None
    assert service.redo() is None


def test_nothing_to_undo_is_no_error(service):
    assert service.undo() is None


def test_a_refused_change_is_not_on_the_list(service, history, image):
    history.delete_images([image.id])
    with pytest.raises(HistoryError):
        service.agree(image.result.cells[0], image.id)
    assert service.undo_kind is None


def test_a_refused_undo_stays_to_be_tried_again(service, history, image):
    service.agree(image.result.cells[0])
    history.close()
    with pytest.raises(HistoryError):
        service.undo()
    assert service.undo_kind is not None
    assert service.redo_kind is None


def test_forgetting_empties_both_lists(service, image):
    service.agree(image.result.cells[0])
    service.undo()
    service.forget()
    assert service.undo_kind is None
    assert service.redo_kind is None


def test_every_verdict_stays_in_the_history(service, history, image):
    cell = image.result.cells[0]
    service.agree(cell)
    service.undo()
    verdicts = history.reviews(cell.id)
    assert [review.verdict if review else None for review in verdicts] == [Verdict.AGREED, None]


def test_an_undone_correction_restores_the_earlier_persons_verdict(service, history, image):
    first = Review(Verdict.CORRECTED, "basophil", Operator.named("First"), now_utc())
    cell = history.set_review(image.result.cells[0].id, first)
    service.reject(cell)
    assert service.undo().cell.review == first


def test_deleting_what_is_gone_is_no_step_to_undo(service, history, image):
    service.delete_images([image.id])
    again = service.delete_images([image.id])
    assert again.empty and again.image_ids == ()
    assert service.undo().image_ids == (image.id,)
    assert history.image(image.id).id == image.id
    assert service.undo() is None


def test_a_step_that_can_undo_nothing_gives_way_to_the_one_before(service, history, image, made_result):
    other = history.save_result(history.begin_session(Operator.named("op")), made_result(digest="b" * 64))
    service.note_image(image.id, "pale")
    service.delete_images([other.id])
    history.restore_images([other.id])
    undone = service.undo()
    assert undone.kind is ChangeKind.IMAGE_NOTE
    assert history.image(image.id).note == ""
    service.redo()
    assert history.image(image.id).note == "pale"
    assert service.redo_kind is None


def test_the_same_note_and_a_second_removal_are_no_steps(service, history, image):
    cell = service.note_cell(image.result.cells[0], "large").cell
    service.note_cell(cell, "large")
    service.note_image(image.id, "", "")
    removed = service.remove_cell(cell).cell
    service.remove_cell(removed)
    service.undo()
    service.undo()
    assert service.undo() is None
    assert not stored(history, image).removed and stored(history, image).note == ""

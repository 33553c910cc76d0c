"""What is saved comes back, also after closing; what stands and what is kept."""

from __future__ import annotations

import dataclasses
import threading
from contextlib import closing
from pathlib import Path

import pytest

from hematodesk.domain.cells import Cell, CellOrigin, Fault, ImageStatus, Review, Verdict
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.domain.limits import MAX_NOTE_CHARACTERS
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History

AGREED = Review(Verdict.AGREED, "neutrophil", Operator.named("Ada"), "2026-03-04T06:00:00.000Z")
CORRECTED = Review(Verdict.CORRECTED, "monocyte", Operator.named("Bo"), "2026-03-04T07:00:00.000Z")
REJECTED = Review(Verdict.REJECTED, None, Operator.named("Bo"), "2026-03-04T08:00:00.000Z")


def test_an_image_comes_back_whole_after_closing(history, path, result, cell):
    session = history.begin_session(Operator.named("Ada"))
    saved = history.save_result(session, result("Čapek 7.tif", cell(uncertain=True), cell(None)))
    assert saved.result.cells[0].id != saved.result.cells[1].id
    assert history.image(saved.id) == saved
    history.close()
    with_again = History.open(path)
    assert with_again.image(saved.id) == saved
    assert with_again.thumbnail(saved.id) == b"\xff\xd8jpeg"
    with_again.close()


def test_a_failed_image_keeps_its_fault(history, result):
    failed = dataclasses.replace(
        result("broken.jpg", digest=""),
        status=ImageStatus.ERROR,
        fault=Fault("image_truncated", "broken.jpg ends too early.", "Copy it again."),
        thumbnail=b"",
        red_cell_diameter=None,
        width=0,
        height=0,
    )
    saved = history.save_result(history.begin_session(Operator.named("Ada")), failed)
    assert history.image(saved.id).result == failed
    assert history.page()[0].fault_code == "image_truncated"
    assert history.thumbnails([saved.id]) == {}
    assert history.find_by_digest("") is None


def test_a_name_that_is_not_unicode_comes_back(history, result):
    name = b"bl\xfcte.jpg".decode("utf-8", "surrogateescape")
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result(name))
    assert history.image(saved.id).result.name == name
    assert [row.name for row in history.page(HistoryFilter(text="TE.JPG"))] == [name]


def test_results_are_saved_all_or_none(history, result):
    session = history.begin_session(Operator.named("Ada"))
    with pytest.raises(ValueError):
        history.save_results(session, [result("a"), result("b", when="yesterday")])
    assert history.count() == 0
    assert history.check() == []
    saved = history.save_results(session, [result("a"), result("b")])
    assert [image.result.name for image in saved] == ["a", "b"]
    assert [row.name for row in history.page()] == ["b", "a"]


def test_the_summary_follows_the_cells(history, result, cell):
    saved = history.save_result(
        history.begin_session(Operator.named("Ada")),
        result(
            "field.jpg", cell("neutrophil", 0.8), cell("neutrophil"), cell("monocyte", 0.4, uncertain=True)
        ),
    )
    first, second, third = (made.id for made in saved.result.cells)
    row = history.page()[0]
    assert row.labels == (("neutrophil", 2), ("monocyte", 1))
    assert (row.cell_count, row.uncertain_count, row.confidence) == (3, 1, 0.8)
    assert row.review_state is ReviewState.OPEN
    history.set_review(third, CORRECTED)
    row = history.page()[0]
    assert (row.uncertain_count, row.review_state) == (0, ReviewState.PARTLY)
    history.set_review(first, AGREED)
    history.set_review(second, REJECTED)
    row = history.page()[0]
    assert row.review_state is ReviewState.DONE
    assert row.labels == (("neutrophil", 1), ("monocyte", 1))
    history.set_cell_removed(first, True)
    row = history.page()[0]
    assert (row.cell_count, row.labels, row.confidence) == (2, (("monocyte", 1),), 0.9)
    assert history.summaries([saved.id]) == [row]
    assert history.check() == []


def test_every_review_is_kept_and_the_latest_stands(history, result, cell):
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result("a", cell()))
    cell_id = saved.result.cells[0].id
    for review in (AGREED, CORRECTED, None, REJECTED, None):
        assert history.set_review(cell_id, review).review == review
        assert history.cell(cell_id).review == review
    assert history.reviews(cell_id) == [AGREED, CORRECTED, None, REJECTED, None]


def test_a_prediction_that_ranks_nothing_is_refused(history, result, cell, prediction):
    nothing = dataclasses.replace(cell(), prediction=dataclasses.replace(prediction(), ranked=()))
    with pytest.raises(ValueError):
        history.save_result(history.begin_session(Operator.named("Ada")), result("a", nothing))
    assert history.count() == 0


def test_cells_and_notes(history, result, cell):
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result("a"))
    added = history.add_cell(saved.id, Cell(Box(1, 2, 3, 4), CellOrigin.ADDED, prediction=cell().prediction))
    assert history.image(saved.id).result.cells == (added,)
    assert history.image_of_cell(added.id) == saved.id
    assert not history.page()[0].has_note
    assert history.set_cell_note(added.id, "vacuoles ő").note == "vacuoles ő"
    assert history.page()[0].has_note
    history.set_cell_note(added.id, "")
    assert history.set_image_note(saved.id, "old stain").note == "old stain"
    assert history.page()[0].has_note
    with pytest.raises(HistoryError) as caught:
        history.set_image_note(saved.id, "x" * (MAX_NOTE_CHARACTERS + 1))
    assert caught.value.code == "note_too_long"
    assert history.image(saved.id).note == "old stain"


def test_the_same_bytes_find_their_latest_result(history, result):
    session = history.begin_session(Operator.named("Ada"))
    first = history.save_result(session, result("a", digest="11" * 32))
    second = history.save_result(session, result("b", digest="11" * 32))
    history.save_result(session, result("c", digest="22" * 32))
    assert history.find_by_digest("11" * 32) == second
    history.delete_images([second.id])
    assert history.find_by_digest("11" * 32) == first
    assert history.find_by_digest("33" * 32) is None


def test_deleted_images_come_back_until_the_history_closes(history, path, result, cell):
    session = history.begin_session(Operator.named("Ada"))
    a, b, c = history.save_results(session, [result(name, cell()) for name in "abc"])
    assert history.delete_images([a.id, b.id, 999]) == [a.id, b.id]
    assert [row.name for row in history.page()] == ["c"]
    assert history.sessions()[0].image_count == 1
    assert [image.id for image in history.export_rows([a.id, c.id])] == [c.id]
    with pytest.raises(HistoryError) as caught:
        history.image(a.id)
    assert caught.value.code == "history_missing"
    with pytest.raises(HistoryError):
        history.set_review(a.result.cells[0].id, AGREED)
    assert history.restore_images([a.id]) == [a.id]
    assert history.image(a.id) == a
    assert history.count(HistoryFilter(class_id="neutrophil")) == 2
    assert history.check() == []
    history.close()
    again = History.open(path)
    assert again.restore_images([b.id]) == []
    assert again.thumbnails([b.id]) == {}
    assert [row.name for row in again.page()] == ["c", "a"]
    assert again.check() == []
    again.close()


def test_another_window_keeps_its_undo(history, path, result):
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result("a"))
    history.delete_images([saved.id])
    other = History.open(path)
    other.close()
    assert history.restore_images([saved.id]) == [saved.id]


def test_sessions(history, result):
    first = history.begin_session(Operator.named("Ada"))
    second = history.begin_session(Operator.named("Bo"))
    assert history.sessions() == []
    assert [found.id for found in history.sessions(include_empty=True)] == [second, first]
    history.save_results(first, [result("a"), result("b")])
    history.end_session(first)
    (found,) = history.sessions()
    assert (found.id, found.operator.name, found.image_count) == (first, "Ada", 2)
    assert found.started_at <= found.ended_at
    history.end_session(first)
    assert history.sessions() == [found]


def test_unknown_numbers_are_told_in_words(history, result, cell):
    for work in (
        lambda: history.save_result(9, result("a")),
        lambda: history.image(9),
        lambda: history.add_cell(9, cell()),
        lambda: history.set_image_note(9, "x"),
        lambda: history.cell(9),
        lambda: history.set_cell_removed(9, True),
    ):
        with pytest.raises(HistoryError) as caught:
            work()
        assert caught.value.code == "history_missing"
        assert "history.sqlite3" in caught.value.message
        assert caught.value.remedy


def test_exports_in_the_asked_order_and_in_groups(history, result, cell):
    saved = history.save_results(
        history.begin_session(Operator.named("Ada")), [result(f"{n:03}", cell()) for n in range(450)]
    )
    names = [image.result.name for image in history.export_rows(HistoryFilter(text="4"))]
    assert names == [f"{n:03}" for n in range(450) if "4" in f"{n:03}"]
    ids = [saved[300].id, 7777, saved[2].id, saved[449].id]
    assert [image.id for image in history.export_rows(ids)] == [ids[0], ids[2], ids[3]]
    assert [image.id for image in history.export_rows()] == [image.id for image in saved]


def test_many_threads_share_one_history(history, result, cell):
    session = history.begin_session(Operator.named("Ada"))
    faults = []

    def work(name: str) -> None:
        try:
            for number in range(20):
                saved = history.save_result(session, result(f"{name}{number}", cell()))
                history.set_review(saved.result.cells[0].id, AGREED)
                assert history.page(limit=1)
        except (HistoryError, AssertionError) as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert history.count(HistoryFilter(review_state=ReviewState.DONE)) == 80
    assert history.check() == []


def test_a_closed_history_says_so(path: Path):
    history = History.open(path)
    history.close()
    history.close()
    with pytest.raises(HistoryError) as caught:
        history.count()
    assert caught.value.code == "history_closed"


def test_the_mark_of_others_changes_by_their_writing_alone(history, path, result, cell):
    session = history.begin_session(Operator.named("Ada"))
    mark = history.changes_by_others()
    saved = history.save_result(session, result("a", cell()))
    assert history.changes_by_others() == mark
    with closing(History.open(path)) as other:
        assert other.count() == 1
        opened = history.changes_by_others()
        assert history.changes_by_others() == opened
        other.set_image_note(saved.id, "seen")
        assert history.changes_by_others() != opened

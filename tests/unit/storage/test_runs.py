"""Batch runs: noted, found again, summed up, and a filter for their images."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hematodesk.domain.cells import Fault, ImageResult, ImageStatus, Review, Verdict, now_utc
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryFilter, RunFailure, RunOptions, RunState
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History

OPTIONS = RunOptions(("/smears/ärger", "/x.png"), "wbc4", "1.0.0", "ab" * 32, whole_image=True, again=True)


def failed(name: str) -> ImageResult:
    fault = Fault("image_damaged", f"{name} is damaged.")
    return ImageResult(name, f"/x/{name}", "", 0, 0, ImageStatus.ERROR, fault=fault)


def test_a_run_is_found_until_it_is_done(history: History):
    run_id = history.begin_run(OPTIONS)
    history.tell_run(run_id, 12, 5, 1)
    (run,) = history.unfinished_runs()
    assert (run.id, run.options, run.state) == (run_id, OPTIONS, RunState.GOING)
    assert (run.total, run.done, run.failed, run.ended_at) == (12, 5, 1, "")
    history.set_run_state(run_id, RunState.STOPPED)
    assert history.unfinished_runs()[0].ended_at
    history.set_run_state(run_id, RunState.DONE)
    assert history.unfinished_runs() == []
    assert history.run(run_id).state is RunState.DONE
    with pytest.raises(HistoryError):
        history.run(run_id + 1)


def test_what_a_cut_off_run_has_saved_counts_though_it_was_not_told(history: History, result):
    session = history.begin_session(Operator.named("ada"))
    run_id = history.begin_run(OPTIONS)
    history.tell_run(run_id, 12, 1, 0)
    history.save_results(session, [result(name) for name in ("a.png", "b.png", "c.png")], run_id)
    assert [run.done for run in history.unfinished_runs()] == [3]
    # Images of the same bytes are one in the history.
    history.tell_run(run_id, 12, 5, 0)
    assert [run.done for run in history.unfinished_runs()] == [5]


def test_a_summary_counts_the_labels_that_stand_and_lists_failures(history: History, result, cell):
    session = history.begin_session(Operator.named("ada"))
    run_id = history.begin_run(OPTIONS)
    before = history.save_result(session, result("before.png", cell("monocyte", uncertain=True)))
    two = result("a.png", cell("neutrophil"), cell("neutrophil"))
    saved = history.save_results(session, [two, failed("b.png"), failed("c.png"), result("d.png")], run_id)
    history.add_to_run(run_id, [before.id, saved[0].id])
    other = history.save_result(session, result("other.png", cell()))
    summary = history.run_summary(run_id)
    assert (summary.images, summary.cells, summary.uncertain) == (5, 3, 1)
    assert (summary.without_cells, summary.failed) == (1, 2)
    assert summary.classes == (("neutrophil", 2, 1), ("monocyte", 1, 1))
    assert summary.failures == (
        RunFailure(saved[1].id, "b.png", "image_damaged", "b.png is damaged."),
        RunFailure(saved[2].id, "c.png", "image_damaged", "c.png is damaged."),
    )
    first = saved[0].result.cells[0]
    history.set_review(first.id, Review(Verdict.CORRECTED, "basophil", Operator.named("ada"), now_utc()))
    assert ("basophil", 1, 1) in history.run_summary(run_id).classes
    chosen = HistoryFilter(run_id=run_id)
    assert [row.name for row in history.page(chosen)] == ["d.png", "c.png", "b.png", "a.png", "before.png"]
    assert history.count(chosen) == 5
    assert history.count(replace(chosen, status=ImageStatus.ERROR)) == 2
    assert [row.name for row in history.page(replace(chosen, text="B"))] == ["b.png", "before.png"]
    history.delete_images([saved[1].id])
    assert history.run_summary(run_id).failed == 1
    assert history.check() == []
    assert other.id not in [row.id for row in history.page(chosen)]


def test_a_run_that_goes_on_tries_its_failures_again_and_keeps_one_of_each(history: History):
    session = history.begin_session(Operator.named("ada"))
    run_id = history.begin_run(OPTIONS)
    results = [replace(failed(name), path=f"/lab/{name}") for name in ("a.png", "b.png")]
    first, noted = history.save_results(session, results, run_id)
    history.set_image_note(noted.id, "look at the slide")
    history.set_run_state(run_id, RunState.STOPPED)
    failures = history.resume_run(run_id)
    assert failures == {"/lab/a.png": first.id}
    assert history.run(run_id).state is RunState.GOING
    history.save_results(session, results[:1], run_id, instead_of=failures.values())
    assert history.run_summary(run_id).failed == 2
    assert history.count() == 2
    assert [row.name for row in history.page()] == ["a.png", "b.png"]


def test_pages_may_begin_with_the_oldest(history: History, result):
    session = history.begin_session(Operator.named("ada"))
    saved = history.save_results(session, [result(f"s{number}.png") for number in range(7)])
    found = history.page(HistoryFilter(), None, 3, oldest_first=True)
    assert [row.id for row in found] == [image.id for image in saved[:3]]
    found = history.page(HistoryFilter(text="S"), found[-1], 10, oldest_first=True)
    assert [row.id for row in found] == [image.id for image in saved[3:]]


def test_answers_of_an_image_are_found_by_digest_and_run(history: History, result):
    session = history.begin_session(Operator.named("ada"))
    run_id = history.begin_run(OPTIONS)
    digest = "77" * 32
    first = history.save_result(session, replace(result("a.png"), digest=digest))
    (second,) = history.save_results(session, [replace(result("b.png"), digest=digest)], run_id)
    assert [image.id for image in history.images_with_digest(digest)] == [second.id, first.id]
    assert [image.id for image in history.images_with_digest(digest, run_id)] == [second.id]
    assert history.images_with_digest("") == []

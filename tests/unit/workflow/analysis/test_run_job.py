"""The one run: what it tells, keeps and notes, with and without a first image."""

from __future__ import annotations

from pathlib import Path

import pytest

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.errors import HistoryError, ModelError
from hematodesk.domain.history import RunState
from hematodesk.workflow.analysis.batch import BatchProgress
from hematodesk.workflow.analysis.run_job import (
    Answers,
    Begun,
    FirstImage,
    Keep,
    NotKept,
    RunEvent,
    RunJob,
    RunRequest,
)
from hematodesk.workflow.analysis.run_recorder import RunLock, open_runs
from hematodesk.workflow.analysis.source_streams import FixedSources


@pytest.fixture
def paths(tmp_path: Path, smear_png: bytes, blank_png: bytes) -> list[Path]:
    """An image with a cell, one without, and one that cannot be read."""
    made = []
    for name, data in (("a.png", smear_png), ("b.png", blank_png), ("c.png", b"no image")):
        made.append(tmp_path / "images" / name)
        made[-1].parent.mkdir(exist_ok=True)
        made[-1].write_bytes(data)
    return made


class Told(list[RunEvent]):
    """What a run told."""

    def __call__(self, event: RunEvent) -> None:
        self.append(event)

    @property
    def answers(self) -> list:
        return [each for event in self if isinstance(event, Answers) for each in event.answers]

    @property
    def firsts(self) -> list[FirstImage]:
        return [event for event in self if isinstance(event, FirstImage)]


def names(told: Told) -> list[str]:
    return [answer.result.name for answer in told.answers]


def test_a_run_that_keeps_nothing_tells_its_answers_and_opens_no_history(run_services, paths):
    told = Told()
    end = RunJob(run_services, RunRequest(FixedSources(paths))).run(CancelToken(), told)
    assert told[0] == Begun(None)
    assert names(told) == ["a.png", "b.png", "c.png"]
    assert [answer.kept for answer in told.answers] == [None] * 3
    assert (end.done, end.failed, end.run_id, end.first) == (3, 1, None, None)
    assert not run_services.has_history


def test_results_are_kept_before_they_are_told_and_the_run_is_noted(run_services, paths):
    history = run_services.open_history()
    counts: list[int] = []

    def tell(event: RunEvent) -> None:
        if isinstance(event, Answers):
            counts.append(history.count() - len(event.answers))
            assert all(answer.kept is not None for answer in event.answers)
        elif isinstance(event, Begun):
            assert event.run_id is not None
            assert not RunLock(run_services.paths.runs, event.run_id).take()

    end = RunJob(run_services, RunRequest(FixedSources(paths), keep=Keep.RUN)).run(CancelToken(), tell)
    assert counts
    assert min(counts) >= 0
    assert end.run_id is not None
    run = history.run(end.run_id)
    assert (run.state, run.total, run.done, run.failed) == (RunState.DONE, 3, 3, 1)
    assert open_runs(history, run_services.paths.runs) == []
    assert list(run_services.paths.runs.iterdir()) == []


def test_the_first_image_is_the_run_s_first_result(run_services, paths):
    history = run_services.open_history()
    told = Told()
    job = RunJob(run_services, RunRequest(FixedSources([paths[2], *paths[:2]]), keep=Keep.RUN))
    assert job.begin(CancelToken(), told)
    coming, opened, named, kept = told.firsts
    assert (coming.opened, opened.opened, opened.answer) == (False, True, None)
    assert named.answer is not None
    assert named.answer.kept is None
    assert kept.answer is not None
    assert kept.answer.kept is not None
    assert kept.answer.failed
    assert job.others
    end = job.run(CancelToken(), told)
    assert names(told) == ["a.png", "b.png"]
    assert (end.done, end.failed, end.summary.done) == (3, 1, 2)
    assert [event.done for event in told if isinstance(event, BatchProgress)][-1] == 3
    run = history.run(end.run_id)
    assert (run.total, run.done, run.failed) == (3, 3, 1)
    assert history.run_summary(end.run_id).images == 3
    assert [row.name for row in history.page()] == ["b.png", "a.png", "c.png"]


def test_an_image_alone_makes_no_run(run_services, paths):
    history = run_services.open_history()
    told = Told()
    job = RunJob(run_services, RunRequest(FixedSources(paths[:1]), keep=Keep.RUN))
    assert not job.begin(CancelToken(), told)
    assert not job.others
    assert history.count() == 1
    assert history.unfinished_runs() == []
    pixels = told.firsts[-1].pixels
    assert pixels is not None
    assert pixels.shape[2] == 3


def test_a_known_first_image_is_told_as_it_is_kept_and_belongs_to_the_run(run_services, paths):
    history = run_services.open_history()
    RunJob(run_services, RunRequest(FixedSources(paths[:1]), keep=Keep.RUN)).begin(CancelToken(), Told())
    told = Told()
    job = RunJob(run_services, RunRequest(FixedSources(paths), keep=Keep.RUN, reuse=True))
    assert job.begin(CancelToken(), told)
    (*_, named) = told.firsts
    assert named.answer is not None
    assert named.answer.known
    assert named.answer.kept is not None
    end = job.run(CancelToken(), told)
    assert history.count() == 3
    assert history.run_summary(end.run_id).images == 3


def test_without_a_history_the_first_image_is_named_and_not_kept(run_services, paths):
    told = Told()
    job = RunJob(run_services, RunRequest(FixedSources(paths[:1]), keep=Keep.RUN))
    assert not job.begin(CancelToken(), told)
    assert told.firsts[-1].answer is not None
    assert not run_services.has_history


def test_a_first_image_that_the_history_refuses_ends_the_run(run_services, paths, monkeypatch):
    run_services.open_history()
    full = HistoryError("history_full", "The disk is full.", "Free some space.")

    def refuse(_results):
        raise full

    monkeypatch.setattr(run_services, "save", refuse)
    told = Told()
    assert not RunJob(run_services, RunRequest(FixedSources(paths), keep=Keep.RUN)).begin(CancelToken(), told)
    assert isinstance(told[-1], NotKept)
    assert told[-1].error is full
    assert told[-1].answer.result.status is ImageStatus.OK


def test_a_missing_model_is_told_after_the_picture(run_services, paths, monkeypatch):
    monkeypatch.setattr(run_services, "loaded_analyser", lambda _cancel: run_services.models.in_use())
    told = Told()
    job = RunJob(run_services, RunRequest(FixedSources(paths), keep=Keep.RUN))
    with pytest.raises(ModelError) as caught:
        job.begin(CancelToken(), told)
    assert caught.value.code == "model_missing"
    assert told.firsts[-1].pixels is not None
    with pytest.raises(ModelError):
        job.run(CancelToken(), told)


@pytest.mark.parametrize(("cut_off", "state"), [(False, RunState.STOPPED), (True, RunState.GOING)])
def test_a_cancel_is_the_person_s_wish_or_the_program_s_end(run_services, paths, cut_off, state):
    history = run_services.open_history()
    cancel = CancelToken()

    def tell(event: RunEvent) -> None:
        if isinstance(event, Answers):
            cancel.cancel()

    job = RunJob(run_services, RunRequest(FixedSources(paths[:1] * 400), keep=Keep.RUN))
    job.cut_off = cut_off
    end = job.run(cancel, tell)
    assert end.summary.cancelled
    (run,) = history.unfinished_runs()
    assert (run.id, run.state) == (end.run_id, state)
    assert (run.total, run.done) == (400, end.done)


def test_going_on_finds_the_run_and_does_nothing_twice(run_services, paths):
    history = run_services.open_history()
    request = RunRequest(FixedSources(paths, [paths[0].parent]), keep=Keep.RUN, reuse=True, resume=True)
    cancel = CancelToken()
    cancel.cancel()
    record = run_services.record_run(request, run_services.loaded_analyser(cancel))
    record.end(RunState.STOPPED, 3, 0, 0)
    told = Told()
    end = RunJob(run_services, request).run(CancelToken(), told)
    assert end.run_id == record.id
    anew = RunRequest(request.images.anew(), keep=Keep.RUN, reuse=True)
    told = Told()
    end = RunJob(run_services, anew).run(CancelToken(), told)
    assert [answer.known for answer in told.answers] == [True, True, False]
    assert names(told) == ["a.png", "b.png", "c.png"]
    assert history.count() == 4


def test_what_the_listener_raises_ends_the_run_and_lets_go_of_it(run_services, paths):
    history = run_services.open_history()

    def refuse(event: RunEvent) -> None:
        if isinstance(event, Answers):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        RunJob(run_services, RunRequest(FixedSources(paths), keep=Keep.RUN)).run(CancelToken(), refuse)
    (run,) = open_runs(history, run_services.paths.runs)
    assert run.state is RunState.GOING

"""Runs: held while somebody is at them, found when they were cut off."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hematodesk.domain.cells import Fault, ImageResult, ImageStatus
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import RunOptions, RunState
from hematodesk.domain.operators import Operator
from hematodesk.workflow.analysis.batch import BatchProgress
from hematodesk.workflow.analysis.known_results import find_earlier
from hematodesk.workflow.analysis.run_recorder import RunLock, RunRecorder, drop_run, open_runs, same_run

SHA = "ab" * 32
OPTIONS = RunOptions(("/smears",), "fake", "1.0.0", SHA)


@pytest.fixture
def record(history, tmp_path):
    return RunRecorder(history, tmp_path / "runs", history.begin_session(Operator.named("ada")), OPTIONS)


def test_a_run_is_offered_only_when_nobody_is_at_it(record, history, tmp_path):
    folder = tmp_path / "runs"
    assert open_runs(history, folder) == []
    record.end(RunState.GOING, 12, 5, 1)
    (run,) = open_runs(history, folder)
    assert (run.id, run.total, run.done, run.failed) == (record.id, 12, 5, 1)
    again = RunRecorder(history, folder, history.begin_session(Operator.named("ada")), OPTIONS, run_id=run.id)
    assert open_runs(history, folder) == []
    again.end(RunState.DONE, 12, 12, 1)
    assert open_runs(history, folder) == []
    assert list(folder.iterdir()) == []


def test_a_run_that_somebody_is_at_is_not_gone_on_with(record, history, tmp_path):
    with pytest.raises(HistoryError) as caught:
        RunRecorder(
            history,
            tmp_path / "runs",
            history.begin_session(Operator.named("ada")),
            OPTIONS,
            run_id=record.id,
        )
    assert caught.value.code == "run_held"
    record.end(RunState.DONE, 1, 1, 0)


def test_a_run_that_somebody_is_at_is_not_dropped(record, history, tmp_path):
    folder = tmp_path / "runs"
    with pytest.raises(HistoryError) as caught:
        drop_run(history, folder, record.id)
    assert caught.value.code == "run_held"
    assert history.run(record.id).state is RunState.GOING
    record.let_go()
    drop_run(history, folder, record.id)
    assert open_runs(history, folder) == []
    assert history.run(record.id).state is RunState.DONE
    assert list(folder.iterdir()) == []


def test_a_failed_image_that_is_tried_again_is_there_once(record, history, tmp_path, made_result):
    fault = Fault("image_damaged", "a.png is damaged.")
    failed = ImageResult("a.png", "/x/a.png", "", 0, 0, ImageStatus.ERROR, fault=fault)
    (first,), _ = record.save([failed])
    record.end(RunState.GOING, 2, 1, 1)
    session = history.begin_session(Operator.named("ada"))
    again = RunRecorder(history, tmp_path / "runs", session, OPTIONS, run_id=record.id)
    (_second, _other), replaced = again.save([failed, made_result("b.png")])
    assert replaced == [first.id]
    assert again.save([failed])[1] == []
    again.end(RunState.DONE, 2, 2, 1)
    assert history.run_summary(record.id).failed == 2
    assert [row.name for row in history.page()] == ["a.png", "b.png", "a.png"]


def test_the_same_question_finds_its_run_again(record, history, tmp_path):
    folder = tmp_path / "runs"
    assert same_run(history, folder, OPTIONS) is None
    record.end(RunState.GOING, 12, 5, 1)
    found = same_run(history, folder, OPTIONS)
    assert found is not None
    assert found.id == record.id
    assert same_run(history, folder, replace(OPTIONS, roots=("/other",))) is None
    assert same_run(history, folder, replace(OPTIONS, sha256="ff" * 32)) is None


def test_a_killed_process_lets_go_of_its_run(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path\n"
        "from hematodesk.workflow.analysis.run_recorder import RunLock\n"
        "hold = RunLock(Path(sys.argv[1]), 7); assert hold.take(); print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "held\n"
    lock = RunLock(tmp_path, 7)
    assert not lock.take()
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    assert lock.take()
    lock.release()


def test_results_and_known_images_become_the_run_s(record, history, made_result):
    known = history.save_result(
        history.begin_session(Operator.named("bo")), made_result("known.png", digest="11" * 32)
    )
    (saved,), _ = record.save([made_result("new.png", digest="22" * 32)])
    record.add_known([known])
    record.tell(BatchProgress(2, 9, 0, 1, None, None))
    assert history.run(record.id).total == 9
    assert history.run_summary(record.id).images == 2
    assert find_earlier(history, "22" * 32, SHA, whole_image=False, run_id=record.id).id == saved.id
    outside = history.save_result(
        history.begin_session(Operator.named("bo")), made_result("else.png", digest="33" * 32)
    )
    assert find_earlier(history, "33" * 32, SHA, whole_image=False, run_id=record.id) is None
    assert find_earlier(history, "33" * 32, SHA, whole_image=False).id == outside.id
    record.end(RunState.STOPPED, 9, 2, 0)


def test_an_answer_of_this_model_is_found_behind_a_later_one_of_another(history, made_result):
    session = history.begin_session(Operator.named("ada"))
    mine = history.save_result(session, made_result("a.png"))
    history.save_result(session, made_result("a.png", sha256="ff" * 32))
    assert find_earlier(history, "cd" * 32, SHA, whole_image=False).id == mine.id


def test_who_looks_for_unfinished_runs_keeps_nobody_from_his(record, history, tmp_path, monkeypatch):
    record.end(RunState.GOING, 12, 5, 1)
    looking = RunLock(tmp_path / "runs", record.id)
    assert looking.take()
    monkeypatch.setattr("hematodesk.domain.file_lock.time.sleep", lambda _seconds: looking.release())
    again = RunRecorder(
        history, tmp_path / "runs", history.begin_session(Operator.named("bo")), OPTIONS, run_id=record.id
    )
    again.let_go()

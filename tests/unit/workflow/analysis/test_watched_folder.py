"""A watched folder: files that grow, fail, come back, are renamed; folders that go away."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path

import pytest

from hematodesk.cli.classify_files import WatchWriter
from hematodesk.cli.result_format import ResultFormat
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import ModelError
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.analysis.folder_watch import FolderAway, FolderWatch, MoreLeftOut
from hematodesk.workflow.analysis.run_job import Answers as RunAnswers
from hematodesk.workflow.analysis.run_job import Keep
from hematodesk.workflow.analysis.watched_folder import TRIES, WatchedFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "scanner"
    made.mkdir()
    return made


def grow(path: Path, data: bytes, when: float) -> None:
    with path.open("ab") as stream:
        stream.write(data)
    os.utime(path, (when, when))


def ready(watched: WatchedFolder) -> list[str]:
    return [path.name for path in watched.look().ready]


def test_a_file_is_given_once_when_it_has_stopped_growing(folder: Path):
    watched = WatchedFolder(folder)
    assert ready(watched) == []
    grow(folder / "a.png", b"one", 1000)
    assert ready(watched) == []
    grow(folder / "a.png", b"two", 1001)
    look = watched.look()
    assert (look.ready, look.growing) == ([], 1)
    assert ready(watched) == ["a.png"]
    assert ready(watched) == []
    grow(folder / "a.png", b"written anew", 1002)
    assert ready(watched) == []
    assert ready(watched) == ["a.png"]


def test_what_could_not_be_kept_is_given_again(folder: Path):
    watched = WatchedFolder(folder)
    grow(folder / "a.png", b"one", 1000)
    grow(folder / "b.png", b"one", 1000)
    watched.look()
    assert ready(watched) == ["a.png", "b.png"]
    watched.give_again([folder / "b.png", folder / "never seen.png"])
    assert ready(watched) == ["b.png"]
    assert ready(watched) == []


def test_the_oldest_comes_first_and_what_is_no_image_never(folder: Path):
    inner = folder / "inner"
    inner.mkdir()
    grow(folder / "b.png", b"x", 2000)
    grow(inner / "a.jpg", b"x", 1000)
    grow(folder / "c.txt", b"x", 500)
    grow(folder / ".hidden.png", b"x", 500)
    grow(folder / "empty.png", b"", 500)
    watched = WatchedFolder(folder)
    watched.look()
    assert ready(watched) == ["a.jpg", "b.png"]


def test_a_folder_that_goes_away_and_comes_back_gives_nothing_twice(folder: Path, tmp_path: Path):
    grow(folder / "a.png", b"x", 1000)
    watched = WatchedFolder(folder)
    watched.look()
    assert ready(watched) == ["a.png"]
    folder.rename(tmp_path / "elsewhere")
    look = watched.look()
    assert look.away
    # A share whose mount point stays behind: an empty folder for a while.
    folder.mkdir()
    assert not watched.look().away
    folder.rmdir()
    (tmp_path / "elsewhere").rename(folder)
    grow(folder / "b.png", b"x", 1001)
    assert ready(watched) == []
    assert ready(watched) == ["b.png"]


def test_a_file_that_cannot_be_read_yet_comes_again_and_fails_in_the_end(folder: Path, classifier, smear_png):
    path = folder / "a.png"
    grow(path, smear_png[:2000], 1000)
    watched = WatchedFolder(folder)
    watched.look()
    analyser = Analyser(classifier)
    given = 0
    for _ in range(20):
        for each in watched.look().ready:
            given += 1
            if not watched.comes_again(analyser.analyse(each).result):
                break
    assert given == TRIES
    grow(path, smear_png[2000:], 1001)
    watched.look()
    (again,) = watched.look().ready
    result = analyser.analyse(again).result
    assert result.fault is None
    assert not watched.comes_again(result)


class Answers:
    """Runs a watch in a thread and collects its answers by name."""

    def __init__(self, folder: Path, services, keep: Keep = Keep.NOTHING) -> None:
        self.output = io.StringIO()
        self.cancel = CancelToken()
        self.away: list[bool] = []
        answers = ResultFormat("", lambda _file, result: f"{result.name} {result.status.value}\n")
        self.writer = WatchWriter(answers, self.output)
        watch = FolderWatch(services, WatchedFolder(folder), keep)
        self._thread = threading.Thread(target=watch.run, args=(self.cancel, self._told, 0.05))
        self._thread.start()

    def _told(self, event) -> None:
        if isinstance(event, FolderAway):
            self.away.append(event.away)
        else:
            self.writer(event)

    def until(self, condition) -> None:
        deadline = time.monotonic() + 20
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert condition(), self.output.getvalue()

    @property
    def lines(self) -> list[str]:
        return self.output.getvalue().splitlines()

    def end(self) -> None:
        self.cancel.cancel()
        self._thread.join(10)
        assert not self._thread.is_alive()


def test_the_command_answers_each_image_once_through_rename_delete_and_return(
    folder: Path, tmp_path: Path, run_services, smear_png, blank_png
):
    (folder / "a.png").write_bytes(smear_png)
    watch = Answers(folder, run_services)
    try:
        watch.until(lambda: watch.lines == ["a.png ok"])
        with (folder / "slow.png").open("wb") as stream:
            for start in range(0, len(blank_png), len(blank_png) // 4):
                stream.write(blank_png[start : start + len(blank_png) // 4])
                stream.flush()
                time.sleep(0.07)
        watch.until(lambda: watch.lines[1:] == ["slow.png no_cell"])
        (folder / "a.png").rename(folder / "renamed.png")
        (folder / "slow.png").unlink()
        folder.rename(tmp_path / "away")
        watch.until(lambda: watch.away == [True])
        (tmp_path / "away").rename(folder)
        watch.until(lambda: watch.away == [True, False])
        (folder / "last.png").write_bytes(smear_png + b"another")
        watch.until(lambda: len(watch.lines) == 3)
        assert watch.lines[2] == "last.png ok"
    finally:
        watch.end()


def test_what_the_history_knows_is_not_answered_again(folder: Path, run_services, smear_png):
    history = run_services.open_history()
    (folder / "a.png").write_bytes(smear_png)
    first = Answers(folder, run_services, Keep.RESULTS)
    first.until(lambda: len(first.lines) == 1)
    first.end()
    (folder / "b.png").write_bytes(smear_png + b"x")
    second = Answers(folder, run_services, Keep.RESULTS)
    second.until(lambda: second.lines == ["b.png ok"])
    second.end()
    assert (second.writer.done, second.writer.failed) == (1, 0)
    assert history.count() == 2


def test_files_that_could_not_be_named_come_again(
    folder: Path, run_services, classifier, smear_png, monkeypatch
):
    (folder / "a.png").write_bytes(smear_png)
    watched = WatchedFolder(folder)
    watch = FolderWatch(run_services, watched, Keep.NOTHING)
    told: list[object] = []
    watch.step(CancelToken(), told.append)
    with monkeypatch.context() as context:
        context.setattr(run_services, "loaded_analyser", lambda _cancel: run_services.models.in_use())
        with pytest.raises(ModelError):
            watch.step(CancelToken(), told.append)
    assert told == []
    watch.step(CancelToken(), told.append)
    (answers,) = [event for event in told if isinstance(event, RunAnswers)]
    assert [answer.result.name for answer in answers.answers] == ["a.png"]


def test_a_watch_that_was_stopped_names_nothing_more(folder: Path, run_services, smear_png):
    (folder / "a.png").write_bytes(smear_png)
    watch = FolderWatch(run_services, WatchedFolder(folder), Keep.NOTHING)
    told: list[object] = []
    watch.step(CancelToken(), told.append)
    watch.stop()
    watch.step(CancelToken(), told.append)
    assert told == []


def test_a_watched_folder_tells_what_it_leaves_out_when_there_is_more(folder: Path, run_services) -> None:
    told = []
    watch = FolderWatch(run_services, WatchedFolder(folder), Keep.NOTHING)

    def look() -> list[int]:
        told.clear()
        watch.step(CancelToken(), told.append)
        return [event.left_out.files for event in told if isinstance(event, MoreLeftOut)]

    (folder / "@eaDir").mkdir()
    for name in ("a.jpg.part", "a.txt", "@eaDir/a.jpg", ".a.heic.swp"):
        (folder / name).touch()
    assert look() == []
    (folder / "a.heic").touch()
    assert look() == [1]
    assert look() == []
    (folder / "b.nd2").touch()
    assert look() == [2]
    assert folder.rename(folder.with_name("away")) and look() == []
    assert folder.with_name("away").rename(folder) and look() == []

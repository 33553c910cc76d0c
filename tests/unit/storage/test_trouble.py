"""Full disks, size limits, clocks set back: told in words, and nothing that was saved is lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.operators import Operator
from hematodesk.storage import backups, maintenance
from hematodesk.storage.backups import BackupFolder
from hematodesk.storage.history import History

LIMITED = """
import resource, sys
from pathlib import Path
from hematodesk.domain.cells import ImageResult, ImageStatus
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History

history = History.open(Path(sys.argv[1]))
session = history.begin_session(Operator.named("Ada"))
resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000))
try:
    for number in range(2000):
        result = ImageResult(f"{number}", "", f"{number}", 9, 9, ImageStatus.NO_CELL, thumbnail=b"x" * 3000)
        history.save_result(session, result)
        print(number, flush=True)
except HistoryError as error:
    print(error.code)
    print(history.count())
history.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="limits are set the POSIX way")
def test_a_file_that_may_not_grow_ends_in_words_and_keeps_all(path):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=False
    )
    *numbers, code, count = done.stdout.split()
    assert code in ("history_full", "history_unwritable"), done.stderr
    assert int(count) == len(numbers) > 5
    with closing(History.open(path)) as history:
        assert history.check(values=False) == []
        assert history.count() == len(numbers)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of its own with room for two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no disk may be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_keeps_history_and_backups_and_work_goes_on_with_room(
    small_disk, result, cell, monkeypatch
):
    monkeypatch.setattr(backups, "_SPARE_BYTES", 0)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(350_000))
    folder = BackupFolder(small_disk / "backups")
    with closing(History.open(small_disk / "history.sqlite3")) as history:
        session = history.begin_session(Operator.named("Ada"))
        saved = [history.save_result(session, result("first", cell()))]
        folder.make(history)
        with pytest.raises(HistoryError) as caught:
            for number in range(10_000):
                saved.append(history.save_result(session, result(f"{number}", cell())))
        assert caught.value.code == "history_full"
        assert history.count() == len(saved) > 20
        assert history.image(saved[-1].id) == saved[-1]
        with pytest.raises(HistoryError) as caught:
            folder.make(history)
        assert caught.value.code == "history_full"
        assert [each.images for each in folder.kept()] == [1]
        filler.unlink()
        saved.append(history.save_result(session, result("later", cell())))
        assert history.count() == len(saved)
    with closing(History.open(small_disk / "history.sqlite3")) as history:
        assert history.check(values=True) == []
        assert history.count() == len(saved)


def test_no_room_for_the_repair_leaves_the_damaged_file(small_disk, result, cell):
    path = small_disk / "history.sqlite3"
    with closing(History.open(path)) as history:
        history.save_results(
            history.begin_session(Operator.named("Ada")), [result(f"{n}", cell()) for n in range(250)]
        )
    content = bytearray(path.read_bytes())
    content[4096 * 20 : 4096 * 24] = bytes(4096 * 4)
    path.write_bytes(content)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))
    with pytest.raises(HistoryError) as caught:
        maintenance.repair(path)
    assert caught.value.code in ("history_full", "history_unwritable")
    assert path.read_bytes() == bytes(content)
    filler.unlink()
    assert maintenance.repair(path).saved_images > 150


def test_a_clock_set_back_keeps_order_and_sane_sessions(history, result, monkeypatch):
    times = iter(["2026-05-01T10:00:00.000Z", "2026-05-01T09:00:00.000Z"])
    monkeypatch.setattr("hematodesk.storage.writing.now_utc", lambda: next(times))
    monkeypatch.setattr("hematodesk.storage.history.now_utc", lambda: next(times))
    session = history.begin_session(Operator.named("Ada"))
    history.save_result(session, result("before", when="2026-05-01T10:00:01.000Z"))
    history.save_result(session, result("after", when="2026-05-01T09:00:00.000Z"))
    history.end_session(session)
    (found,) = history.sessions()
    assert found.started_at <= found.ended_at
    assert [row.name for row in history.page()] == ["after", "before"]
    assert history.check(values=True) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows moves no folder with an open file in it")
def test_a_data_folder_replaced_while_the_program_runs_is_told(tmp_path, result):
    place = tmp_path / "data"
    with closing(History.open(place / "history.sqlite3")) as history:
        session = history.begin_session(Operator.named("Ada"))
        history.save_result(session, result("one.png"))
        place.rename(tmp_path / "moved")
        place.mkdir()
        with pytest.raises(HistoryError) as told:
            history.save_result(session, result("two.png"))
        assert told.value.code == "history_unwritable" and "moved or replaced" in str(told.value)
        # What was there is still shown, and no empty history is made in the new folder.
        assert history.count() == 1
        assert list(place.iterdir()) == []
        place.rmdir()
        (tmp_path / "moved").rename(place)
        history.save_result(session, result("two.png"))

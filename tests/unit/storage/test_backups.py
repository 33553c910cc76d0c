"""Daily backups: when one is due, that seven stay, and that the good ones outlive every trouble."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import Cancelled, HistoryError
from hematodesk.domain.operators import Operator
from hematodesk.storage import maintenance
from hematodesk.storage.backups import BackupFolder
from hematodesk.storage.history import History


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def go(self, **amount: float) -> None:
        self.time += timedelta(**amount)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(tmp_path, clock):
    return BackupFolder(tmp_path / "data" / "backups", clock)


def change(history: History, result, name: str = "more") -> None:
    """Save an image, and put the file's time well after any backup's."""
    history.save_result(history.begin_session(Operator.named("Ada")), result(name))
    for file in history.path.parent.glob("history.sqlite3*"):
        stamp = file.stat().st_mtime + 60 * history.count()
        os.utime(file, (stamp, stamp))


def test_one_a_day_and_only_after_a_change(history, folder, clock, result):
    change(history, result)
    assert folder.is_due(history.path)
    made = folder.make(history)
    assert (made.images, made.sessions, made.made_at) == (1, 1, "2026-03-04T05:06:07Z")
    clock.go(hours=23)
    change(history, result)
    assert not folder.is_due(history.path)
    clock.go(hours=2)
    assert folder.is_due(history.path)
    assert folder.make(history).images == 2
    clock.go(days=3)
    assert not folder.is_due(history.path)
    change(history, result)
    assert folder.is_due(history.path)


def test_the_newest_seven_stay(history, folder, clock, result):
    for day in range(9):
        change(history, result, f"{day}")
        folder.make(history)
        clock.go(days=1)
    kept = folder.kept()
    assert [each.images for each in kept] == [9, 8, 7, 6, 5, 4, 3]
    assert folder.find("latest") == kept[0].path
    assert folder.find("4").name.startswith("history-0004-")
    assert folder.find("2") is None
    assert folder.find(kept[3].path.name) == kept[3].path


def test_a_clock_set_back_keeps_their_order_and_the_day(history, folder, clock, result):
    clock.go(days=400)
    change(history, result)
    folder.make(history)
    clock.go(days=-399)
    change(history, result)
    assert folder.is_due(history.path)
    for _ in range(8):
        change(history, result)
        made = folder.make(history)
        assert not folder.is_due(history.path)
        assert folder.kept()[0].path == made.path
        clock.go(days=1)
    assert len(folder.kept()) == 7
    assert all(each.made_at < "2027" for each in folder.kept())


def test_without_room_nothing_is_begun_and_all_stay(history, folder, result, monkeypatch):
    change(history, result)
    folder.make(history)
    usage = shutil.disk_usage(folder.folder)._replace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(HistoryError) as caught:
        folder.make(history)
    assert caught.value.code == "history_full"
    assert len(list(folder.folder.iterdir())) == 1


def test_a_backup_that_fails_takes_no_other_with_it(history, folder, clock, result, monkeypatch):
    for day in range(7):
        change(history, result, f"{day}")
        folder.make(history)
        clock.go(days=1)
    before = [each.path for each in folder.kept()]
    counts = iter([{"image": 7}, {"image": 6}])
    monkeypatch.setattr("hematodesk.storage.backup._counts", lambda connection: next(counts))
    with pytest.raises(HistoryError):
        folder.make(history)
    assert [each.path for each in folder.kept()] == before
    assert len(list(folder.folder.iterdir())) == 7


def test_a_cancelled_backup_leaves_nothing(history, folder, result):
    change(history, result)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        folder.make(history, token)
    assert list(folder.folder.iterdir()) == []
    assert folder.make(history).images == 1


def test_what_a_killed_backup_left_goes_after_a_day(history, folder, clock, result):
    change(history, result)
    folder.make(history)
    left = folder.folder / "history-0009-20260304T050607Z.sqlite3.part"
    for age, stays in ((0, True), (2, False)):
        left.write_bytes(b"half")
        stamp = (clock() - timedelta(days=age)).timestamp()
        os.utime(left, (stamp, stamp))
        folder.make(history)
        assert left.exists() is stays
    assert all(each.images == 1 for each in folder.kept())


def test_a_backup_that_rotted_is_listed_as_such(history, folder, result):
    change(history, result)
    made = folder.make(history)
    made.path.write_bytes(b"\0" * 5000)
    (shown,) = folder.kept()
    assert (shown.images, shown.sessions, shown.size) == (None, None, 5000)


@pytest.fixture
def two_states(path, tmp_path, result, cell):
    """A closed history of three images, and a backup of when it had one."""
    history = History.open(path)
    session = history.begin_session(Operator.named("Ada"))
    history.save_result(session, result("a", cell()))
    backup = tmp_path / "backup.sqlite3"
    history.backup(backup)
    history.save_results(session, [result("b", cell()), result("c")])
    history.close()
    return path, backup


def names(path: Path) -> list[str]:
    with closing(History.open(path)) as history:
        assert history.check(values=True) == []
        return [row.name for row in history.page()]


def test_restoring_keeps_the_present_one_beside(two_states):
    path, backup = two_states
    kept = maintenance.restore(path, backup)
    assert names(path) == ["a"]
    assert names(kept) == ["c", "b", "a"]
    assert names(backup) == ["a"]
    maintenance.restore(path, kept)
    assert names(path) == ["c", "b", "a"]


def test_restoring_where_there_is_no_history(two_states, tmp_path):
    _, backup = two_states
    assert maintenance.restore(tmp_path / "new" / "history.sqlite3", backup) is None
    assert names(tmp_path / "new" / "history.sqlite3") == ["a"]


def test_restoring_over_a_damaged_one_keeps_that(two_states):
    path, backup = two_states
    path.write_bytes(b"\xa5" * 9000)
    kept = maintenance.restore(path, backup)
    assert kept.read_bytes() == b"\xa5" * 9000
    assert names(path) == ["a"]


@pytest.mark.parametrize("damage", ["zeros", "cut", "foreign", "empty", "absent"])
def test_a_bad_backup_changes_nothing(two_states, tmp_path, damage):
    path, backup = two_states
    content = backup.read_bytes()
    if damage == "zeros":
        backup.write_bytes(content[:8192] + bytes(len(content) - 8192))
    elif damage == "cut":
        backup.write_bytes(content[: len(content) // 2])
    elif damage == "foreign":
        backup.write_text("A letter, no history. " * 500)
    elif damage == "empty":
        # What a copy leaves that found no room.
        backup.write_bytes(b"")
    else:
        backup.unlink()
    with pytest.raises(HistoryError) as caught:
        maintenance.restore(path, backup)
    assert caught.value.code in ("backup_damaged", "backup_absent")
    assert names(path) == ["c", "b", "a"]
    assert sorted(file.name for file in path.parent.iterdir()) == ["history.sqlite3"]


def test_a_backup_is_checked_while_the_history_is_open(two_states):
    path, backup = two_states
    with closing(History.open(path)) as history:
        maintenance.check_backup(path, backup)
        cancel = CancelToken()
        cancel.cancel()
        with pytest.raises(Cancelled):
            maintenance.check_backup(path, backup, cancel)
        backup.write_bytes(backup.read_bytes()[:8192])
        with pytest.raises(HistoryError) as caught:
            maintenance.check_backup(path, backup)
        assert caught.value.code == "backup_damaged"
        assert history.count() == 3


def test_a_file_that_is_no_backup_is_told_as_such(two_states, tmp_path):
    path, backup = two_states
    other = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE song (name TEXT)")
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("PRAGMA application_id = 0")
    for file, code in ((other, "history_foreign"), (backup, "backup_damaged")):
        for work in (maintenance.check_backup, maintenance.restore):
            with pytest.raises(HistoryError) as caught:
                work(path, file)
            assert (caught.value.code, caught.value.remedy) == (code, "Choose another backup.")
    assert names(path) == ["c", "b", "a"]


@pytest.mark.skipif(os.name == "nt", reason="Windows' own locks hold there")
def test_nothing_is_put_in_the_place_of_a_history_that_is_open(two_states, monkeypatch):
    path, backup = two_states
    monkeypatch.setattr(maintenance, "PATIENCE_S", 0.05)
    with closing(History.open(path)) as history:
        for work in (lambda: maintenance.restore(path, backup), lambda: maintenance.repair(path)):
            with pytest.raises(HistoryError) as caught:
                work()
            assert caught.value.code == "history_locked"
        assert history.count() == 3
    maintenance.restore(path, backup)
    assert names(path) == ["a"]


def test_the_history_itself_is_no_backup(two_states):
    path, _ = two_states
    with pytest.raises(HistoryError) as caught:
        maintenance.restore(path, path)
    assert caught.value.code == "backup_failed"


def test_what_a_killed_restore_began_is_finished(two_states):
    path, backup = two_states
    shutil.copy(backup, path.with_name("history.sqlite3.restored"))
    assert names(path) == ["a"]
    (kept,) = path.parent.glob("history.before-restore.*")
    assert names(kept) == ["c", "b", "a"]

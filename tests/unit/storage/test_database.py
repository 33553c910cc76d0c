"""Files that are newer, foreign, damaged, locked, full or read-only are told in words and never harmed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.operators import Operator
from hematodesk.storage import database, health
from hematodesk.storage.history import History


def code_of_opening(path: Path) -> str:
    with pytest.raises(HistoryError) as caught:
        History.open(path)
    assert path.name in caught.value.message
    assert str(path.parent) not in caught.value.message
    assert caught.value.remedy
    return caught.value.code


@pytest.fixture
def some(path, result, cell):
    """A closed history with 300 images."""
    history = History.open(path)
    history.save_results(
        history.begin_session(Operator.named("Ada")), [result(f"image {n}", cell()) for n in range(300)]
    )
    history.close()
    return path


def sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_every_write_is_synchronous_and_logged_ahead(history):
    with history._database.read() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (3,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)


def test_the_memory_of_a_history_follows_its_size(path, result, cell, monkeypatch):
    monkeypatch.setattr(database, "_CACHE_LEAST_KIB", 8)
    monkeypatch.setattr(database, "_CACHE_MOST_KIB", 40)

    def cache() -> int:
        with history._database.read() as connection:
            return -connection.execute("PRAGMA cache_size").fetchone()[0]

    with closing(History.open(path)) as history:
        session = history.begin_session(Operator.named("Ada"))
        assert cache() < 16
        history.save_results(session, [result(f"image {n}", cell()) for n in range(300)])
        assert 16 <= cache() < 40
        history.save_results(session, [result(f"image {n}", cell()) for n in range(600)])
        assert cache() == 40
    with closing(History.open(path)) as history:
        assert cache() == 40


def test_a_newer_schema_is_refused_and_left_alone(some):
    sql(some, "PRAGMA user_version = 99")
    before = some.read_bytes()
    assert code_of_opening(some) == "history_newer"
    assert some.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "places.sqlite"
    sql(path, "CREATE TABLE bookmark (id INTEGER)")
    before = path.read_bytes()
    assert code_of_opening(path) == "history_foreign"
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_history(tmp_path):
    path = tmp_path / "history.sqlite3"
    path.touch()
    history = History.open(path)
    assert history.count() == 0
    history.close()


def test_a_file_that_is_no_database_is_damaged(tmp_path):
    path = tmp_path / "history.sqlite3"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" * 1000)
    assert code_of_opening(path) == "history_damaged"


def test_a_truncated_file_is_damaged(some):
    whole = some.read_bytes()
    some.write_bytes(whole[: len(whole) // 2])
    assert code_of_opening(some) == "history_damaged"


def test_broken_pages_are_damaged(some):
    whole = bytearray(some.read_bytes())
    for page in range(4096, len(whole), 4096):
        whole[page : page + 64] = b"\xa5" * 64
    some.write_bytes(whole)
    assert code_of_opening(some) == "history_damaged"


def test_broken_pages_of_a_large_file_are_told_when_met(some, monkeypatch):
    monkeypatch.setattr(health, "_QUICK_CHECK_BYTES", 0)
    connection = sqlite3.connect(some)
    query = "SELECT rootpage FROM sqlite_master WHERE name = 'image'"
    root = connection.execute(query).fetchone()[0]
    connection.close()
    whole = bytearray(some.read_bytes())
    whole[(root - 1) * 4096 : (root - 1) * 4096 + 64] = b"\xa5" * 64
    some.write_bytes(whole)
    with closing(History.open(some)) as history, pytest.raises(HistoryError) as caught:
        history.image(1)
    assert caught.value.code == "history_damaged"


def test_a_large_truncated_file_is_damaged(some, monkeypatch):
    monkeypatch.setattr(health, "_QUICK_CHECK_BYTES", 0)
    whole = some.read_bytes()
    some.write_bytes(whole[: len(whole) // 2 // 4096 * 4096])
    assert code_of_opening(some) == "history_damaged"


def test_the_full_check_finds_what_the_list_does_not_know(history, result, cell):
    history.save_result(history.begin_session(Operator.named("Ada")), result("a", cell()))
    assert history.check() == []
    with history._database.write() as connection:
        connection.execute("UPDATE session SET image_count = 7")
        connection.execute("UPDATE tally SET images = 9")
        connection.execute("UPDATE image SET deleted_at = '2026-01-01T00:00:00.000Z'")
    assert len(history.check()) == 3


def test_a_value_that_no_program_of_ours_wrote_is_damage(history, result, cell):
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result("a", cell()))
    with history._database.write() as connection:
        connection.execute("UPDATE prediction SET ranked = '[[\"neutrop'")
        connection.execute("UPDATE image SET review_state = 'odd'")
    for work in (history.page, lambda: history.image(saved.id)):
        with pytest.raises(HistoryError) as caught:
            work()
        assert caught.value.code == "history_damaged"


def test_closing_succeeds_where_purging_cannot(history, path, result):
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result("a"))
    history.delete_images([saved.id])
    with history._database._lock:
        history._database._connection.execute("PRAGMA busy_timeout = 20")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    history.close()
    holder.execute("ROLLBACK")
    holder.close()
    again = History.open(path)
    assert again.restore_images([saved.id]) == [saved.id]
    again.close()


def test_a_day_after_a_crash_what_was_deleted_goes(some):
    sql(some, "UPDATE image SET deleted_at = '2026-01-01T00:00:00.000Z' WHERE id = 3")
    sql(some, "DELETE FROM listing WHERE image_id = 3")
    again = History.open(some)
    assert again.restore_images([3]) == []
    again.close()


def test_a_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "history.sqlite3").mkdir()
    assert code_of_opening(tmp_path / "history.sqlite3") == "history_unwritable"


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "data").write_text("x")
    assert code_of_opening(tmp_path / "data" / "history.sqlite3") == "history_unwritable"


def test_a_full_disk_keeps_what_was_saved(history, path, result, cell):
    session = history.begin_session(Operator.named("Ada"))
    saved = history.save_result(session, result("a", cell()))
    with history._database.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with history._database._lock:
        # SQLite answers "full" at this limit exactly as it does for a full disk.
        history._database._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(HistoryError) as caught:
        history.save_results(session, [result(f"more {n}", cell()) for n in range(500)])
    assert caught.value.code == "history_full"
    assert [row.id for row in history.page()] == [saved.id]
    assert history.image(saved.id) == saved
    assert history.check() == []


def test_a_file_that_another_program_holds_is_told_after_a_while(history, path, result, monkeypatch):
    session = history.begin_session(Operator.named("Ada"))
    with history._database._lock:
        history._database._connection.execute("PRAGMA busy_timeout = 50")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryError) as caught:
        history.save_result(session, result("a"))
    assert caught.value.code == "history_locked"
    assert history.count() == 0
    holder.execute("ROLLBACK")
    holder.close()
    history.save_result(session, result("a"))
    assert history.count() == 1


def test_opening_waits_no_longer_than_told_for_a_file_held_alone(some, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    sql(some, "PRAGMA journal_mode = DELETE")
    holder = sqlite3.connect(some, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert code_of_opening(some) == "history_locked"
    holder.close()


READER = """
import os, sys, urllib.parse
from pathlib import Path
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History
if os.geteuid() == 0:
    os.setuid(65534)
history = History.open(Path(sys.argv[1]))
assert history.read_only
assert history.count() == 300, history.count()
assert history.image(1).result.name == "image 0"
history.backup(Path(sys.argv[2]))
assert history.check() == []
try:
    history.begin_session(Operator.named("Ada"))
except HistoryError as error:
    print(error.code)
history.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="rights are set the POSIX way")
@pytest.mark.parametrize("folder_mode", [0o755, 0o777])
def test_a_read_only_file_is_shown(some, tmp_path, folder_mode):
    for parent in (tmp_path, *list(tmp_path.parents)[:3]):
        parent.chmod(0o755)
    (tmp_path / "out").mkdir(mode=0o777)
    (tmp_path / "out").chmod(0o777)
    some.chmod(0o444)
    # 0755: SQLite may not even make its helper files beside the history.
    some.parent.chmod(0o555 if folder_mode == 0o755 else folder_mode)
    try:
        done = subprocess.run(
            [sys.executable, "-c", READER, str(some), str(tmp_path / "out" / "copy.sqlite3")],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        some.parent.chmod(0o755)
    assert done.stdout.split() == ["history_unwritable"], done.stderr
    copy = History.open(tmp_path / "out" / "copy.sqlite3")
    assert copy.count() == 300
    copy.close()

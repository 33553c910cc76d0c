"""Databases that somebody else wrote: their schema, the files beside them, and pages without an end."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.operators import Operator
from hematodesk.storage import maintenance
from hematodesk.storage.backups import BackupFolder
from hematodesk.storage.history import History
from hematodesk.storage.pages import PageFile
from hematodesk.storage.trust import harden

DATA = Path(__file__).with_name("data")
ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT sum(i) AS images, '' AS class_id FROM n"
)

FOREIGN = {
    "a trigger that changes answers": "CREATE TRIGGER evil AFTER INSERT ON prediction BEGIN "
    "UPDATE prediction SET ranked = '[[\"eosinophil\", 0.999]]' WHERE id = new.id; END",
    "a trigger that deletes reviews": "CREATE TRIGGER evil AFTER INSERT ON review "
    "BEGIN DELETE FROM review; END",
    "an endless view": f"CREATE VIEW evil AS {ENDLESS}",
    "an endless view in the place of a table": f"DROP TABLE tally; CREATE VIEW tally AS {ENDLESS}",
    "a table with a quote in its name": 'CREATE TABLE "a""b" (x)',
    "an index": "CREATE UNIQUE INDEX evil ON image (name)",
    "another column": "ALTER TABLE cell ADD COLUMN evil TEXT DEFAULT 'x'",
    "a computed column": "ALTER TABLE cell ADD COLUMN evil AS (x * 2)",
    "a virtual table": "CREATE VIRTUAL TABLE evil USING fts5(x)",
    "a table without its constraints": "PRAGMA writable_schema = ON; UPDATE sqlite_master "
    "SET sql = replace(sql, 'CHECK (w > 0)', '') WHERE name = 'cell'",
    "another collation": "PRAGMA writable_schema = ON; UPDATE sqlite_master "
    "SET sql = replace(sql, 'digest TEXT NOT NULL', 'digest TEXT NOT NULL COLLATE NOCASE') "
    "WHERE name = 'image'",
    "a missing index": "DROP INDEX review_cell",
    "a header of an older version": "PRAGMA user_version = 1",
    "a header of no version": "PRAGMA user_version = 0",
    "a header of a negative version": "PRAGMA user_version = -3",
}


@pytest.fixture
def sound(tmp_path, result, cell) -> Path:
    path = tmp_path / "sound" / "history.sqlite3"
    with closing(History.open(path)) as history:
        session = history.begin_session(Operator.named("Ada"))
        history.save_results(session, [result(f"{number}.png", cell()) for number in range(20)])
    return path


def spoilt(sound: Path, target: Path, script: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(sound, target)
    with closing(sqlite3.connect(target)) as connection:
        connection.executescript(script)
        connection.execute("PRAGMA journal_mode = DELETE")
    return target


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_schema_that_is_not_the_migrations_own_is_refused_and_repaired(kind, sound, tmp_path):
    bad = spoilt(sound, tmp_path / "bad" / "history.sqlite3", FOREIGN[kind])
    before = bad.read_bytes()

    with pytest.raises(HistoryError) as opening:
        History.open(bad)
    assert opening.value.code == "history_damaged"
    assert "history repair" in opening.value.remedy
    assert maintenance.problems_of(bad)

    kept = tmp_path / "backups" / "history-0001-20260304T050607Z.sqlite3"
    kept.parent.mkdir()
    shutil.copyfile(bad, kept)
    (listed,) = BackupFolder(kept.parent).kept()
    assert listed.images is None
    for attempt in (maintenance.check_backup, maintenance.restore):
        with pytest.raises(HistoryError) as refused:
            attempt(sound, kept)
        assert refused.value.code == "backup_damaged"
    assert bad.read_bytes() == before

    report = maintenance.repair(bad)
    assert report.saved_images == report.saved_cells == 20
    assert report.kept is not None
    assert report.kept.read_bytes() == before
    with closing(History.open(bad)) as history:
        assert history.count() == 20
        assert history.check(values=True) == []


@pytest.mark.parametrize("name", ["trigger", "view", "table", "index"])
def test_what_does_not_belong_is_named(name, sound, tmp_path):
    made = {
        "trigger": "CREATE TRIGGER odd AFTER INSERT ON cell BEGIN SELECT 1; END",
        "view": "CREATE VIEW odd AS SELECT 1",
        "table": "CREATE TABLE odd (x)",
        "index": "CREATE INDEX odd ON cell (x)",
    }
    bad = spoilt(sound, tmp_path / "history.sqlite3", made[name])
    with pytest.raises(HistoryError) as opening:
        History.open(bad)
    assert opening.value.message == (
        f"history.sqlite3 was changed by another program: it holds the {name} “odd”, which no history has."
    )


def test_statistics_of_sqlite_are_no_foreign_part(sound, tmp_path):
    path = spoilt(sound, tmp_path / "history.sqlite3", "ANALYZE")
    with closing(History.open(path)) as history:
        assert history.count() == 20


@pytest.mark.parametrize("version", range(1, 6))
def test_every_earlier_version_opens_and_is_restored(version, tmp_path, sound):
    path = tmp_path / "history.sqlite3"
    shutil.copyfile(DATA / f"version_{version}.sqlite3", path)
    maintenance.check_backup(sound, path)
    assert maintenance.problems_of(path) == []
    with closing(History.open(path)) as history:
        assert history.check(values=True) == []


def test_a_database_in_another_encoding_is_refused(sound, tmp_path):
    bad = tmp_path / "history.sqlite3"
    with closing(sqlite3.connect(sound)) as source, closing(sqlite3.connect(bad)) as made:
        made.execute("PRAGMA encoding = 'UTF-16le'")
        made.executescript(";".join(source.iterdump()).replace("sqlite_sequence", "sqlite_sequence"))
        made.execute("PRAGMA application_id = 0x686D746B")
        made.execute("PRAGMA user_version = 5")
    with pytest.raises(HistoryError) as opening:
        History.open(bad)
    assert opening.value.code == "history_damaged"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("ending", ["-wal", "-journal", "-shm"])
def test_a_link_in_the_place_of_a_helper_file_is_not_written_through(ending, sound, tmp_path):
    victim = tmp_path / "letter.txt"
    victim.write_text("dear reader")
    sound.with_name(sound.name + ending).symlink_to(victim)
    with pytest.raises(HistoryError) as opening:
        History.open(sound)
    assert opening.value.code == "history_damaged"
    assert maintenance.problems_of(sound)
    maintenance.repair(sound)
    assert victim.read_text() == "dear reader"
    with closing(History.open(sound)) as history:
        assert history.count() == 20


def hot_journal(path: Path, named: Path) -> None:
    """A journal that SQLite would roll back, and then delete the file that it names."""
    size = path.stat().st_size // 4096
    header = bytes.fromhex("d9d505f920a163d7") + struct.pack(">IIIII", 0, 7, size, 512, 4096)
    name = os.fsencode(named)
    tail = struct.pack(">I", 0x40000000 // 4096 + 1) + name
    tail += struct.pack(">II", len(name), sum(name) & 0xFFFFFFFF) + bytes.fromhex("d9d505f920a163d7")
    path.with_name(path.name + "-journal").write_bytes(header.ljust(512, b"\0") + tail)


def test_a_journal_that_names_another_file_deletes_nothing(sound, tmp_path):
    with closing(sqlite3.connect(sound)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    victim = tmp_path / "letter.txt"
    victim.write_text("dear reader")
    hot_journal(sound, victim)
    copy = tmp_path / "plain" / "history.sqlite3"
    copy.parent.mkdir()
    for ending in ("", "-journal"):
        shutil.copyfile(sound.with_name(sound.name + ending), copy.with_name(copy.name + ending))
    # What SQLite by itself does with it.
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("SELECT count(*) FROM image").fetchone()
    assert not victim.exists()
    victim.write_text("dear reader")

    with pytest.raises(HistoryError) as opening:
        History.open(sound)
    assert opening.value.code == "history_damaged"
    assert maintenance.problems_of(sound)
    assert maintenance.repair(sound).saved_images == 20
    with closing(History.open(sound)) as history:
        assert history.count() == 20
    assert victim.read_text() == "dear reader"


def test_a_restored_backup_brings_no_helper_files(sound, tmp_path):
    backup = tmp_path / "stick" / "case.sqlite3"
    backup.parent.mkdir()
    shutil.copyfile(sound, backup)
    for ending in ("-wal", "-journal"):
        backup.with_name(backup.name + ending).write_bytes(b"\x37\x7f\x06\x82" + bytes(5000))
    target = tmp_path / "data" / "history.sqlite3"
    maintenance.restore(target, backup)
    assert [each.name for each in target.parent.iterdir() if each.name.endswith(("-wal", "-journal"))] == []
    with closing(History.open(target)) as history:
        assert history.count() == 20


def doubled(path: Path) -> None:
    """A tree whose every level refers to the one below it many times: 400 ** 6 leaves in six pages."""
    content = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'session'").fetchone()[0]
    first = len(content) // 4096 + 1
    leaf = content[(root - 1) * 4096 : root * 4096]
    for level in range(6):
        below = first + level + 1
        places = b"".join(struct.pack(">H", 4096 - 5 * (each + 1)) for each in range(400))
        page = struct.pack(">BHHHBI", 5, 0, 400, 4096 - 2000, 0, below) + places
        page = page.ljust(4096 - 2000, b"\0") + struct.pack(">IB", below, 1) * 400
        content += page
        if level == 0:
            content[(root - 1) * 4096 : root * 4096] = page
    content += leaf
    content[28:32] = struct.pack(">I", len(content) // 4096)
    path.write_bytes(content)


def test_pages_that_refer_to_each_other_endlessly_end_a_question(sound, monkeypatch):
    with closing(sqlite3.connect(sound)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    doubled(sound)
    # What ends them is counted, not timed.
    monkeypatch.setattr("hematodesk.storage.trust._FREE_STEPS", 2_000_000)
    assert maintenance.problems_of(sound)
    kept = sound.with_name("history-0001-20260304T050607Z.sqlite3")
    shutil.copyfile(sound, kept)
    assert BackupFolder(kept.parent).kept()[0].images is None
    kept.unlink()
    # As of a large file, of which the start checks little.
    monkeypatch.setattr("hematodesk.storage.database.check_at_start", lambda *_: None)
    with closing(History.open(sound)) as history, pytest.raises(HistoryError) as told:
        history.sessions()
    assert told.value.code == "history_damaged"
    assert maintenance.repair(sound).saved_images == 20


def test_rows_in_a_circle_of_pages_end(sound):
    with closing(sqlite3.connect(sound)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(sound.read_bytes())
    pages = len(content) // 4096
    # Every cell of a leaf claims 60 MB, on one page that follows itself.
    circle, leaf = pages + 1, pages + 2
    cells = b""
    places = []
    for number in range(40):
        length = 60_000_000 + number
        varint = bytes(
            [0x80 | length >> 21, 0x80 | length >> 14 & 0x7F, 0x80 | length >> 7 & 0x7F, length & 0x7F]
        )
        here = 489 + (length - 489) % 4092
        here = here if here <= 4061 else 489
        cell = varint + b"\x01" + bytes(min(here, 60)) + struct.pack(">I", circle)
        places.append(4096 - len(cells) - len(cell))
        cells = cell + cells
    head = struct.pack(">BHHHB", 13, 0, len(places), min(places), 0)
    page = (head + b"".join(struct.pack(">H", at) for at in places)).ljust(4096 - len(cells), b"\0") + cells
    content += struct.pack(">I", circle) + bytes(4092)
    content += page * 50
    sound.write_bytes(content)
    file = PageFile(sound)
    try:
        assert list(file.rows([leaf + number for number in range(50)])) == []
        assert file.broken
    finally:
        file.close()


def test_a_log_that_names_a_page_far_behind_the_end_is_read_at_once(sound, tmp_path):
    from hematodesk.storage.pages import _checksum

    log = bytes.fromhex("377f0682") + struct.pack(">IIIII", 3007000, 4096, 0, 1, 2)
    sums = _checksum(log, (0, 0), "<")
    data = log + struct.pack(">II", *sums)
    page = bytes([13]) + bytes(4095)
    head = struct.pack(">II", 2**32 - 2, 1)
    sums = _checksum(page, _checksum(head, sums, "<"), "<")
    data += head + struct.pack(">II", 1, 2) + struct.pack(">II", *sums) + page
    sound.with_name(sound.name + "-wal").write_bytes(data)
    file = PageFile(sound)
    try:
        assert 2**32 - 2 in list(file.orphans(set()))
    finally:
        file.close()


def test_cascades_work_with_triggers_switched_off(history, result, cell):
    saved = history.save_result(history.begin_session(Operator.named("Ada")), result("1.png", cell()))
    history.delete_images([saved.id])
    history.close()
    with closing(harden(sqlite3.connect(history.path))) as connection:
        for table in ("image", "cell", "prediction", "thumbnail"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)

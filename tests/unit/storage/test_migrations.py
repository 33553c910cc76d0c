"""Migrations are frozen, run whole or not at all, and leave a copy of what was there before."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.operators import Operator
from hematodesk.storage.database import Database
from hematodesk.storage.history import History
from hematodesk.storage.migrate import statements
from hematodesk.storage.migrations import MIGRATIONS

FROZEN = [
    "caa1e9153a50667f41486e68af69013c070d3f1604ae1e99189750b489ff2fa7",
    "b204d3a4f10920283e2df9b98f44967e184d41f62a382497e97ea55cb6b0a21d",
    "0b48a1511f1402fecf8a44080f129c66fd583705515c97853a30b82a3c1431cb",
    "5fda7db9bb97bb4fc5aed5ec7a778755a9d2fbd1535cf2b13b2f716e2cbbbd5a",
    "4768a2e236d9c70094f0e2655f8172c01cb3768044127b9ad221fe85663578ad",
]
"""SHA-256 of every migration. One that was released never changes; a new one adds a line."""

SECOND = """
CREATE TABLE stain (id INTEGER PRIMARY KEY, name TEXT); -- a comment; with a semicolon
INSERT INTO stain (name) VALUES ('May; Grünwald');
ALTER TABLE image ADD COLUMN stain_id INTEGER REFERENCES stain (id);
CREATE TRIGGER stain_gone AFTER DELETE ON stain BEGIN
    UPDATE image SET stain_id = NULL WHERE stain_id = OLD.id;
    DELETE FROM stain WHERE name = OLD.name;
END;
"""


def state(path: Path) -> tuple[int, list[str], int]:
    connection = sqlite3.connect(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    schema = [
        row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL ORDER BY 1")
    ]
    images = connection.execute("SELECT count(*) FROM image").fetchone()[0] if version else 0
    connection.close()
    return version, schema, images


@pytest.fixture
def first_version(path, result, cell):
    history = History.open(path)
    history.save_results(
        history.begin_session(Operator.named("Ada")), [result(f"{n}", cell()) for n in range(5)]
    )
    history.close()
    return path


def test_released_migrations_are_never_edited():
    assert [hashlib.sha256(script.encode()).hexdigest() for script in MIGRATIONS] == FROZEN


def test_a_new_file_has_the_present_schema_and_no_copy_beside(path):
    History.open(path).close()
    assert state(path)[0] == len(MIGRATIONS)
    assert [found.name for found in path.parent.iterdir()] == ["history.sqlite3"]


def test_an_older_file_is_copied_beside_and_brought_up(first_version):
    before = state(first_version)
    Database(first_version, [*MIGRATIONS, SECOND]).close()
    version, schema, images = state(first_version)
    assert (version, images) == (len(MIGRATIONS) + 1, 5)
    assert any("stain_gone" in statement for statement in schema)
    (copy,) = first_version.parent.glob(f"history.version-{len(MIGRATIONS)}.*.sqlite3")
    assert state(copy) == before
    assert sorted(found.name for found in first_version.parent.iterdir()) == ["history.sqlite3", copy.name]
    Database(first_version, [*MIGRATIONS, SECOND]).close()
    assert len(list(first_version.parent.iterdir())) == 2


@pytest.mark.parametrize(
    "broken",
    [
        SECOND + "INSERT INTO nowhere VALUES (1);",
        SECOND + "SELECT",
        SECOND + "PRAGMA user_version = 77; INSERT INTO stain SELECT * FROM nowhere;",
    ],
)
def test_a_migration_that_fails_leaves_the_file_as_it_was(first_version, broken):
    before = state(first_version)
    with pytest.raises((sqlite3.OperationalError, ValueError)):
        Database(first_version, [*MIGRATIONS, broken])
    assert state(first_version) == before
    history = History.open(first_version)
    assert history.count() == 5
    history.close()


def test_a_migration_that_leaves_rows_pointing_to_nothing_is_undone(first_version):
    before = state(first_version)
    with pytest.raises(HistoryError) as caught:
        Database(first_version, [*MIGRATIONS, "DELETE FROM session;"])
    assert caught.value.code == "history_damaged"
    assert state(first_version) == before


def test_the_copy_comes_first(first_version, monkeypatch):
    def no_room(source: sqlite3.Connection, target: Path) -> None:
        raise HistoryError("history_full", f"{target.name} could not be written: the disk is full.")

    monkeypatch.setattr("hematodesk.storage.migrate.copy_database", no_room)
    before = state(first_version)
    with pytest.raises(HistoryError):
        Database(first_version, [*MIGRATIONS, SECOND])
    assert state(first_version) == before


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=5),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 4),
)
def test_any_chain_of_migrations_stops_before_the_one_that_fails(
    sizes: list[int], begin: int, broken: int, position: int
):
    """Chains of some statements each, begun at some version, one of them broken at some place."""
    chain = []
    for number, size in enumerate(sizes, start=1):
        lines = [
            f"CREATE TABLE t{number}_{n} (a); INSERT INTO t{number}_{n} VALUES (1);" for n in range(size)
        ]
        if number == broken:
            lines.insert(min(position, size), "INSERT INTO nowhere VALUES (1);")
        chain.append("\n".join(lines))
    begin = min(begin, len(chain), broken - 1) if broken else min(begin, len(chain))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "h.sqlite3"
        if begin > 0:
            Database(path, chain[:begin]).close()
        if 0 < broken <= len(chain):
            with pytest.raises(sqlite3.OperationalError):
                Database(path, chain)
            expected = broken - 1
        else:
            Database(path, chain).close()
            expected = len(chain)
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA user_version").fetchone()[0] == expected
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        wanted = {f"t{n}_{k}" for n in range(1, expected + 1) for k in range(sizes[n - 1])}
        assert tables == wanted
        assert all(connection.execute(f"SELECT count(*) FROM {name}").fetchone() == (1,) for name in tables)
        connection.close()
        copies = list(path.parent.glob("h.version-*"))
        assert len(copies) == (1 if 0 < begin < len(chain) else 0)


def test_a_script_is_split_at_its_statements():
    assert len(list(statements(SECOND))) == 4
    with pytest.raises(ValueError):
        list(statements("CREATE TABLE a (b); CREATE TABLE"))


def test_a_damaged_prediction_does_not_keep_an_older_file_from_opening(path):
    with contextlib.closing(Database(path, MIGRATIONS[:3])) as old, old.write() as connection:
        for statement in (
            "INSERT INTO session (id, operator, started_at) VALUES (1, 'Ada', '2026-01-01T00:00:00.000Z')",
            "INSERT INTO image (id, session_id, name, path, digest, width, height, status, notices, "
            "elapsed_ms, created_at) "
            "VALUES (1, 1, 'a', '', '', 9, 9, 'ok', '[]', 1, '2026-01-01T00:00:00.000Z')",
            "INSERT INTO cell (id, image_id, x, y, w, h, origin, score) "
            "VALUES (1, 1, 0, 0, 9, 9, 'located', 1)",
            "INSERT INTO maker VALUES (1, 'wbc4', '1', '', 'cpu', 'cpu')",
            "INSERT INTO prediction VALUES (1, 1, 1, '[[\"neutrophil\", 0.', NULL, 1, '2026-01-01')",
            "INSERT INTO listing VALUES (1, 'a', 0, 0, 0, '', 0, 1)",
        ):
            connection.execute(statement)
    with contextlib.closing(Database(path, MIGRATIONS)) as made, made.read() as connection:
        assert connection.execute("SELECT * FROM cell_listing").fetchall() == [(1, b"", 0.0, 0)]

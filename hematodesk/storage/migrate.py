"""Migrates a file to the present schema: version by version, each in one transaction, after a backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from hematodesk.domain.messages import N_, Message
from hematodesk.storage import faults
from hematodesk.storage.backup import copy_database
from hematodesk.storage.migrations import statements
from hematodesk.storage.trust import harden

_APPLICATION_ID = 0x686D746B
"""`hmtk` in the file's header distinguishes a history from another program's database."""


def is_ours(header: bytes) -> bool:
    """Whether a file's first 100 bytes have a history's application id."""
    return header[68:72] == _APPLICATION_ID.to_bytes(4, "big")


def refuse_unknown(connection: sqlite3.Connection, path: Path, known: int) -> None:
    """Raise HistoryError for a newer schema (history_newer) and another program's file (history_foreign)."""
    version = _version(connection)
    application = _pragma(connection, "application_id")
    if application != _APPLICATION_ID and (application != 0 or version != 0 or _has_tables(connection)):
        if _has_our_tables(connection):
            raise faults.damaged(path, Message(N_("Errors", "it lacks the mark of a history")))
        raise faults.foreign(path)
    if version > known:
        raise faults.newer(path, version, known)


def migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[str], *, read_only: bool
) -> None:
    """Apply the migrations that the file lacks; nothing when it has all.

    Before the first one, an existing history is copied to `NAME.version-N.TIME.sqlite3`.
    Raises HistoryError history_unwritable when the file is read-only and old or empty, and what
    SQLite's errors mean; a failed migration leaves the file as it was.
    """
    if _version(connection) >= len(migrations):
        return
    if read_only:
        raise faults.unwritable(
            path, Message(N_("Errors", "it is read-only and needs an update of its format"))
        )
    # Rebuilding a table breaks references to it for a while; they are checked before the commit.
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        to_copy = _version(connection) > 0
        for number, script in enumerate(migrations, start=1):
            connection.execute("BEGIN IMMEDIATE")
            try:
                found = _version(connection)
                if found < number:
                    if to_copy:
                        _copy_beside(path, found)
                        to_copy = False
                    _apply(connection, path, number, script)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _apply(connection: sqlite3.Connection, path: Path, number: int, script: str) -> None:
    for statement in statements(script):
        connection.execute(statement)
    dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
    if dangling is not None:
        raise faults.damaged(
            path, Message(N_("Errors", "a row of its table {name} points to nothing"), name=dangling[0])
        )
    if number == 1:
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {number}")


def _copy_beside(path: Path, version: int) -> None:
    """Copy the file while the write lock is held: nobody changes it, and a reader may still copy it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = path.with_name(f"{path.stem}.version-{version}.{stamp}{path.suffix}")
    source = harden(sqlite3.connect(str(path), isolation_level=None))
    try:
        copy_database(source, target)
    finally:
        source.close()


def _version(connection: sqlite3.Connection) -> int:
    return _pragma(connection, "user_version")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _has_our_tables(connection: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE name IN ('session', 'image', 'cell', 'review')"
    return bool(connection.execute(query).fetchone()[0] == 4)


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None

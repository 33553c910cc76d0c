"""Whether a file is whole: a quick look at every start, a full check on demand."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

from hematodesk.storage import faults
from hematodesk.storage.tally import count_kinds

_QUICK_CHECK_BYTES = 32 * 1024 * 1024
"""Up to this size SQLite's own quick check of the whole file takes a tenth of a second."""


def check_at_start(connection: sqlite3.Connection, path: Path) -> None:
    """Raise HistoryError history_damaged when the file is visibly not whole.

    A small file is checked whole. Of a large one: the schema, the length of the file against its
    header, and SQLite's check of the small tables; damage elsewhere is told when it is met, and
    `full_check` finds it.
    """
    page_size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    if pages * page_size <= _QUICK_CHECK_BYTES:
        _refuse(connection.execute("PRAGMA quick_check(1)").fetchone(), path)
        return
    for table in ("session", "maker", "tally", "day_span"):
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            _refuse(connection.execute(f"PRAGMA quick_check('{table}')").fetchone(), path)


def _refuse(answer: tuple[str], path: Path) -> None:
    if answer[0] != "ok":
        raise faults.damaged(path, "SQLite's quick check finds broken pages")


def full_check(connection: sqlite3.Connection) -> list[str]:
    """All that is wrong, one sentence each; empty when the file is whole. Reads the whole file."""
    problems = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    if problems:
        return problems
    problems += [
        f"A row of the table {row[0]} points to nothing in {row[2]}."
        for row in connection.execute("PRAGMA foreign_key_check")
    ]
    live = "SELECT id FROM image WHERE deleted_at IS NULL"
    problems += [
        f"Image {row[0]} and the list disagree on whether it is deleted."
        for row in connection.execute(
            f"SELECT * FROM ({live} EXCEPT SELECT image_id FROM listing) UNION ALL "
            f"SELECT * FROM (SELECT image_id FROM listing EXCEPT {live})"
        )
    ]
    problems += [
        f"Session {row[0]} counts {row[1]} images, the list has {row[2]}."
        for row in connection.execute(
            "SELECT session.id, image_count, count(listing.image_id) FROM session "
            "LEFT JOIN listing ON listing.session_id = session.id "
            "GROUP BY session.id HAVING image_count <> count(listing.image_id)"
        )
    ]
    counted = count_kinds(connection.execute("SELECT labels, moment, status, review, uncertain FROM listing"))
    ledger = Counter({tuple(row[:5]): row[5] for row in connection.execute("SELECT * FROM tally") if row[5]})
    if counted != ledger:
        problems.append("The counts of the list's filters differ from the list.")
    return problems

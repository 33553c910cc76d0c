"""Integrity checks of a file: a quick one at every start, a full one on demand."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path

from hematodesk.domain.history import HistoryImage
from hematodesk.domain.messages import N_, Message
from hematodesk.domain.summary import summarise
from hematodesk.storage import cell_listing, faults
from hematodesk.storage.listing import BLOCK, listing_row
from hematodesk.storage.reading import images_of
from hematodesk.storage.tally import count_kinds

_GROUP = 500

_QUICK_CHECK_BYTES = 32 * 1024 * 1024
"""Up to this size SQLite's own quick check of the whole file takes a tenth of a second."""


def check_at_start(connection: sqlite3.Connection, path: Path) -> None:
    """Raise HistoryError history_damaged when the file is obviously damaged.

    A small file is checked completely. Of a large one: the schema, the length of the file against its
    header, and SQLite's check of the small tables; damage elsewhere is reported when it is met, and
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
        raise faults.damaged(path, Message(N_("Errors", "SQLite's quick check finds broken pages")))


def full_check(connection: sqlite3.Connection) -> list[str]:
    """All that is wrong, one sentence each; empty when the file is whole. Reads the whole file."""
    problems = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    if problems:
        return problems
    problems += [
        Message(
            N_("Errors", "A row of the table {name} points to nothing in {other}."), name=row[0], other=row[2]
        )
        for row in connection.execute("PRAGMA foreign_key_check")
    ]
    live = "SELECT id FROM image WHERE deleted_at IS NULL"
    problems += [
        Message(N_("Errors", "Image {number} and the list disagree on whether it is deleted."), number=row[0])
        for row in connection.execute(
            f"SELECT * FROM ({live} EXCEPT SELECT image_id FROM listing) UNION ALL "
            f"SELECT * FROM (SELECT image_id FROM listing EXCEPT {live})"
        )
    ]
    problems += [
        Message(
            N_("Errors", "The images of session {number}: it counts {count}, the list has {found}."),
            number=row[0],
            count=row[1],
            found=row[2],
        )
        for row in connection.execute(
            "SELECT session.id, image_count, count(listing.image_id) FROM session "
            "LEFT JOIN listing ON listing.session_id = session.id "
            "GROUP BY session.id HAVING image_count <> count(listing.image_id)"
        )
    ]
    counted = count_kinds(connection.execute("SELECT labels, moment, status, review, uncertain FROM listing"))
    ledger = Counter({tuple(row[:5]): row[5] for row in connection.execute("SELECT * FROM tally") if row[5]})
    if counted != ledger:
        problems.append(Message(N_("Errors", "The counts of the list's filters differ from the list.")))
    return problems


def value_check(connection: sqlite3.Connection) -> list[str]:
    """Wrong values in a file that passes `full_check`, one sentence an image.

    Every image is read as the program reads it, and compared with its summary and its line in the
    list: SQLite keeps no checksums, so a changed byte inside a value shows only where the value
    is impossible or stored twice.
    """
    ids = [row[0] for row in connection.execute("SELECT id FROM image ORDER BY id")]
    problems: list[str] = []
    for start in range(0, len(ids), _GROUP):
        problems += _wrong_in(connection, ids[start : start + _GROUP])
    query = "SELECT image_id FROM thumbnail WHERE substr(jpeg, 1, 2) <> x'FFD8'"
    problems += [
        Message(N_("Errors", "The thumbnail of image {number} is no JPEG."), number=row[0])
        for row in connection.execute(query)
    ]
    return problems


def _wrong_in(connection: sqlite3.Connection, group: list[int]) -> list[str]:
    """The wrong images of a group, which is halved to find those that cannot be read."""
    try:
        images = images_of(connection, group)
        return [
            Message(N_("Errors", "Image {number} differs from its line in the list."), number=number)
            for number, image in images.items()
            if _told_otherwise(connection, number, image)
        ]
    except (ValueError, KeyError, TypeError):
        if len(group) == 1:
            odd = N_("Errors", "Image {number} has a value that cannot be understood.")
            return [Message(odd, number=group[0])]
        half = len(group) // 2
        return _wrong_in(connection, group[:half]) + _wrong_in(connection, group[half:])


def _told_otherwise(connection: sqlite3.Connection, number: int, image: HistoryImage) -> bool:
    columns = "cell_count, uncertain_count, labels, confidence, review_state, has_note"
    stored = connection.execute(f"SELECT {columns} FROM image WHERE id = ?", (number,)).fetchone()
    told = summarise(image.result.cells, image.note)
    mine = (told.cell_count, told.uncertain_count, json.dumps(told.labels), told.confidence)
    if stored != (*mine, told.review_state, told.has_note):
        return True
    if connection.execute("SELECT * FROM listing WHERE image_id = ?", (number,)).fetchone() != listing_row(
        connection, number
    ):
        return True
    if not cell_listing.in_step(connection, number):
        return True
    query = "SELECT folded_name, (SELECT names FROM name_block WHERE id = ?) FROM listing WHERE image_id = ?"
    name, block = connection.execute(query, (number // BLOCK, number)).fetchone()
    lines = block.split("\n") if block is not None else []
    return len(lines) != BLOCK or lines[number % BLOCK] != name

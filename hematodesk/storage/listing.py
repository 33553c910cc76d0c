"""The list of images that are not deleted: kept in step with the images, filtered by one scan.

A filter is answered from the narrow table `listing` alone: a million rows are scanned in some
40 ms whatever the filter asks for, which no set of indexes promises for every combination. The
newest image has the highest id, so a page ends at its 200th match, and the next begins below the
last one's id.
"""

from __future__ import annotations

import json
import sqlite3

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryFilter, ImageSummary
from hematodesk.storage.reading import SUMMARY_COLUMNS, cells_of, ids_json, summary_of
from hematodesk.storage.summary import CellsSummary, summarise
from hematodesk.storage.text import fold, moment_of, unpack_text

_MARK = "\x1f"
"""Stands around every class id in `listing.labels`: one that no id contains."""


def refresh(connection: sqlite3.Connection, image_id: int) -> None:
    """Write an image's summary anew after one of its cells or notes changed."""
    note = connection.execute("SELECT note FROM image WHERE id = ?", (image_id,)).fetchone()[0]
    cells = cells_of(connection, [image_id]).get(image_id, ())
    write_summary(connection, image_id, summarise(cells, unpack_text(note)))


def write_summary(connection: sqlite3.Connection, image_id: int, summary: CellsSummary) -> None:
    """Put a summary into the image's row and, unless it is deleted, into the list."""
    connection.execute(
        "UPDATE image SET cell_count = ?, uncertain_count = ?, labels = ?, confidence = ?, "
        "review_state = ?, has_note = ? WHERE id = ?",
        (
            summary.cell_count,
            summary.uncertain_count,
            json.dumps(summary.labels),
            summary.confidence,
            summary.review_state,
            summary.has_note,
            image_id,
        ),
    )
    connection.execute(
        "UPDATE listing SET review_state = ?, uncertain_count = ?, labels = ? WHERE image_id = ?",
        (
            summary.review_state,
            summary.uncertain_count,
            _marked([class_id for class_id, _ in summary.labels]),
            image_id,
        ),
    )


def enlist(connection: sqlite3.Connection, image_id: int) -> None:
    """Put an image into the list and its session's count."""
    query = (
        "SELECT session_id, created_at, status, review_state, uncertain_count, labels, name "
        "FROM image WHERE id = ?"
    )
    row = connection.execute(query, (image_id,)).fetchone()
    session_id, created_at, status, review_state, uncertain_count, labels, name = row
    marked = _marked([class_id for class_id, _ in json.loads(labels)])
    folded = fold(unpack_text(name))
    connection.execute(
        "INSERT INTO listing VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (image_id, session_id, moment_of(created_at), status, review_state, uncertain_count, marked, folded),
    )
    connection.execute("UPDATE session SET image_count = image_count + 1 WHERE id = ?", (session_id,))


def is_listed(connection: sqlite3.Connection, image_id: int) -> bool:
    """Whether there is such an image and it is not deleted."""
    query = "SELECT 1 FROM listing WHERE image_id = ?"
    return connection.execute(query, (image_id,)).fetchone() is not None


def delist(connection: sqlite3.Connection, image_id: int) -> None:
    """Take an image out of the list and its session's count."""
    connection.execute(
        "UPDATE session SET image_count = image_count - 1 "
        "WHERE id = (SELECT session_id FROM listing WHERE image_id = ?)",
        (image_id,),
    )
    connection.execute("DELETE FROM listing WHERE image_id = ?", (image_id,))


def _marked(class_ids: list[str]) -> str:
    # A foreign package's id may hold anything; JSON's form of it is printable ASCII.
    return "".join(f"{_MARK}{json.dumps(class_id)}" for class_id in class_ids) + _MARK if class_ids else ""


def count(connection: sqlite3.Connection, chosen: HistoryFilter) -> int:
    """How many images a filter chooses."""
    if chosen in (HistoryFilter(), HistoryFilter(session_id=chosen.session_id)):
        # Kept with the sessions: no scan.
        query = "SELECT coalesce(sum(image_count), 0) FROM session WHERE id = ? OR ? IS NULL"
        row = connection.execute(query, (chosen.session_id, chosen.session_id)).fetchone()
    else:
        where, values = _conditions(chosen)
        row = connection.execute(f"SELECT count(*) FROM listing WHERE {where}", values).fetchone()
    return int(row[0])


def page(
    connection: sqlite3.Connection, chosen: HistoryFilter, below: int | None, limit: int
) -> list[ImageSummary]:
    """The newest `limit` images that a filter chooses, of those with an id under `below`."""
    ids = page_ids(connection, chosen, below, limit)
    return summaries(connection, ids)


def page_ids(
    connection: sqlite3.Connection, chosen: HistoryFilter, below: int | None, limit: int
) -> list[int]:
    """The ids of such a page."""
    where, values = _conditions(chosen)
    if below is not None:
        where += " AND image_id < ?"
        values = [*values, below]
    query = f"SELECT image_id FROM listing WHERE {where} ORDER BY image_id DESC LIMIT ?"
    return [row[0] for row in connection.execute(query, (*values, limit))]


def summaries(connection: sqlite3.Connection, ids: list[int]) -> list[ImageSummary]:
    """The list's rows of images, newest first; deleted and unknown ids have none."""
    query = (
        f"SELECT {SUMMARY_COLUMNS} FROM image WHERE deleted_at IS NULL "
        "AND id IN (SELECT value FROM json_each(?)) ORDER BY id DESC"
    )
    return [summary_of(row) for row in connection.execute(query, (ids_json(ids),))]


def _conditions(chosen: HistoryFilter) -> tuple[str, list[str | int]]:
    """The filter as SQL over `listing`: the cheap comparisons first, the search in the name last."""
    parts: list[tuple[str, str | int]] = []
    if chosen.session_id is not None:
        parts.append(("session_id = ?", chosen.session_id))
    if chosen.since:
        parts.append(("moment >= ?", _moment(chosen.since, "since")))
    if chosen.until:
        parts.append(("moment < ?", _moment(chosen.until, "until")))
    if chosen.status is not None:
        parts.append(("status = ?", chosen.status))
    if chosen.review_state is not None:
        parts.append(("review_state = ?", chosen.review_state))
    if chosen.class_id:
        parts.append(("instr(labels, ?)", f"{_MARK}{json.dumps(chosen.class_id)}{_MARK}"))
    if chosen.text:
        parts.append(("instr(folded_name, ?)", fold(chosen.text)))
    where = [part for part, _ in parts] + (["uncertain_count > 0"] if chosen.uncertain_only else [])
    return " AND ".join(where) or "1", [value for _, value in parts]


def _moment(text: str, field: str) -> int:
    try:
        return moment_of(text)
    except ValueError as error:
        raise HistoryError(
            "filter_invalid",
            f"The filter's {field} is not a date or time: {text!r}.",
            "Write it as 2026-11-21 or 2026-11-21T08:30:00Z.",
        ) from error

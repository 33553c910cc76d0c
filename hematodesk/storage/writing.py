"""Writes images, cells, predictions and reviews as rows, inside a caller's write transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from hematodesk.domain.cells import Cell, ImageResult, Prediction, Review, now_utc
from hematodesk.domain.history import HistoryImage
from hematodesk.domain.operators import Operator
from hematodesk.domain.summary import summarise
from hematodesk.storage.listing import delist, enlist, is_listed, refresh, write_summary
from hematodesk.storage.reading import ids_json
from hematodesk.storage.text import fault_columns, pack_text

_INSERT_IMAGE = """
INSERT INTO image (session_id, name, path, digest, width, height, status, fault_code, fault_message,
    fault_remedy, fault_templates, notices, red_cell_diameter, elapsed_ms, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def insert_image(connection: sqlite3.Connection, session_id: int, result: ImageResult) -> HistoryImage:
    """Save an image with its thumbnail, cells, predictions and reviews; returned with their ids.

    The caller adds it to the list.
    """
    image_id = _insert(
        connection,
        _INSERT_IMAGE,
        session_id,
        pack_text(result.name),
        pack_text(result.path),
        pack_text(result.digest),
        int(result.width),
        int(result.height),
        result.status,
        *fault_columns(result.fault),
        json.dumps(result.notices),
        None if result.red_cell_diameter is None else float(result.red_cell_diameter),
        float(result.elapsed_ms),
        result.created_at,
    )
    if result.thumbnail:
        connection.execute("INSERT INTO thumbnail VALUES (?, ?)", (image_id, result.thumbnail))
    cells = tuple(insert_cell(connection, image_id, cell) for cell in result.cells)
    write_summary(connection, image_id, summarise(cells, ""))
    return HistoryImage(image_id, session_id, replace(result, cells=cells), "")


def insert_cell(connection: sqlite3.Connection, image_id: int, cell: Cell) -> Cell:
    """Save a cell with its prediction and review; returned with its id."""
    box = cell.box
    cell_id = _insert(
        connection,
        "INSERT INTO cell (image_id, x, y, w, h, origin, score, note, removed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        image_id,
        *(int(value) for value in (box.x, box.y, box.w, box.h)),
        cell.origin,
        float(cell.score),
        pack_text(cell.note),
        cell.removed,
    )
    if cell.prediction is not None:
        insert_prediction(connection, cell_id, cell.prediction)
    if cell.review is not None:
        insert_review(connection, cell_id, cell.review)
    return replace(cell, id=cell_id)


def insert_prediction(connection: sqlite3.Connection, cell_id: int, prediction: Prediction) -> None:
    """Save a prediction, which is valid from now on. Raises ValueError when it ranks no class."""
    if not prediction.ranked:
        raise ValueError("a prediction ranks at least one class")
    made = prediction.provenance
    _insert(
        connection,
        "INSERT INTO prediction (cell_id, maker_id, ranked, uncertain, elapsed_ms, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        cell_id,
        _maker(connection, made.model, made.version, made.sha256, made.requested, made.provider),
        json.dumps([(class_id, float(probability)) for class_id, probability in prediction.ranked]),
        prediction.uncertain,
        float(made.elapsed_ms),
        made.created_at,
    )


def _maker(connection: sqlite3.Connection, *parts: str) -> int:
    values = tuple(pack_text(part) for part in parts)
    query = (
        "SELECT id FROM maker "
        "WHERE model = ? AND version = ? AND sha256 = ? AND requested = ? AND provider = ?"
    )
    row = connection.execute(query, values).fetchone()
    if row is not None:
        return int(row[0])
    return _insert(
        connection,
        "INSERT INTO maker (model, version, sha256, requested, provider) VALUES (?, ?, ?, ?, ?)",
        *values,
    )


_INSERT_REVIEW = (
    "INSERT INTO review (cell_id, verdict, class_id, operator, created_at) VALUES (?, ?, ?, ?, ?)"
)


def insert_review(connection: sqlite3.Connection, cell_id: int, review: Review | None) -> None:
    """Save a verdict, which is valid from now on; None withdraws the previous one."""
    if review is None:
        insert_withdrawal(connection, cell_id, now_utc())
        return
    class_id = None if review.class_id is None else pack_text(review.class_id)
    values = (review.verdict, class_id, pack_text(review.operator.name), review.created_at)
    _insert(connection, _INSERT_REVIEW, cell_id, *values)


def insert_withdrawal(connection: sqlite3.Connection, cell_id: int, created_at: str) -> None:
    """Save that the previous verdict was withdrawn at that time."""
    _insert(connection, _INSERT_REVIEW, cell_id, None, None, "", created_at)


def insert_session(connection: sqlite3.Connection, operator: Operator) -> int:
    """Save the beginning of a session; returns its id."""
    query = "INSERT INTO session (operator, started_at) VALUES (?, ?)"
    return _insert(connection, query, pack_text(operator.name), now_utc())


def set_image_note(connection: sqlite3.Connection, image_id: int, note: str) -> bool:
    """Write an image's note; False when it is deleted or unknown."""
    if not is_listed(connection, image_id):
        return False
    write_note(connection, image_id, note)
    refresh(connection, image_id)
    return True


def write_note(connection: sqlite3.Connection, image_id: int, note: str) -> None:
    """Write the note alone; the caller brings the summary up to date."""
    connection.execute("UPDATE image SET note = ? WHERE id = ?", (pack_text(note), image_id))


def set_cell_note(connection: sqlite3.Connection, cell_id: int, note: str) -> None:
    """Write a cell's note."""
    connection.execute("UPDATE cell SET note = ? WHERE id = ?", (pack_text(note), cell_id))


def set_removed(connection: sqlite3.Connection, cell_id: int, removed: bool) -> None:
    """Mark a cell as removed, or as present again."""
    connection.execute("UPDATE cell SET removed = ? WHERE id = ?", (removed, cell_id))


def delete(connection: sqlite3.Connection, ids: Iterable[int]) -> list[int]:
    """Mark images as deleted and remove them from the list; returns those that were not deleted before."""
    query = "SELECT image_id FROM listing WHERE image_id IN (SELECT value FROM json_each(?))"
    found = [row[0] for row in connection.execute(query, (ids_json(ids),))]
    connection.execute(
        "UPDATE image SET deleted_at = ? WHERE id IN (SELECT value FROM json_each(?))",
        (now_utc(), ids_json(found)),
    )
    delist(connection, found)
    return found


def restore(connection: sqlite3.Connection, ids: Iterable[int]) -> list[int]:
    """Bring deleted images back; returns those that were still there to bring back."""
    query = (
        "SELECT id FROM image WHERE deleted_at IS NOT NULL "
        "AND id IN (SELECT value FROM json_each(?)) ORDER BY id"
    )
    found = [row[0] for row in connection.execute(query, (ids_json(ids),))]
    connection.execute(
        "UPDATE image SET deleted_at = NULL WHERE id IN (SELECT value FROM json_each(?))", (ids_json(found),)
    )
    enlist(connection, found)
    return found


def purge(connection: sqlite3.Connection, ids: Iterable[int] | None = None, before: str = "~") -> int:
    """Remove deleted images for good, with all that hangs on them: of `ids`, and deleted before a time.

    Returns how many.
    """
    within = "" if ids is None else "AND id IN (SELECT value FROM json_each(?))"
    values = (before,) if ids is None else (before, ids_json(ids))
    cursor = connection.execute(
        f"DELETE FROM image WHERE deleted_at IS NOT NULL AND deleted_at < ? {within}", values
    )
    return cursor.rowcount


def _insert(connection: sqlite3.Connection, query: str, *values: object) -> int:
    number = connection.execute(query, values).lastrowid
    assert number is not None
    return number

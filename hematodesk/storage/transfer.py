"""Reads the complete content of the history, for lossless exports.

Every function runs inside a transaction of its caller.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hematodesk.domain.cells import Cell, Review
from hematodesk.domain.history import Session
from hematodesk.domain.records import CellRecord, ImageRecord, Verdicts, Withdrawal
from hematodesk.storage import reading
from hematodesk.storage.reading import ids_json

_BATCH = 500


def records_of(connection: sqlite3.Connection, ids: Sequence[int]) -> list[ImageRecord]:
    """The records of images, in the order of the ids; deleted and unknown ids have none."""
    images = reading.images_of(connection, ids)
    thumbnails = reading.thumbnails_of(connection, images)
    cell_ids = [cell.id for image in images.values() for cell in image.result.cells if cell.id is not None]
    several = _several(connection, "prediction", cell_ids)
    verdicts = _verdicts_of(connection, _reviewed(connection, cell_ids))
    records = []
    for image_id in ids:
        if image_id in images:
            image = images[image_id]
            cells = tuple(
                _cell_record(connection, cell, several, verdicts.get(cell.id or 0, ()))
                for cell in image.result.cells
            )
            result = replace(image.result, thumbnail=thumbnails.get(image_id, b""))
            records.append(ImageRecord(replace(image, result=result), cells))
    return records


def _several(connection: sqlite3.Connection, table: str, cell_ids: Iterable[int]) -> set[int]:
    """The cells with more than one row in that table, which are few."""
    query = (
        f"SELECT cell_id FROM {table} WHERE cell_id IN (SELECT value FROM json_each(?)) "
        "GROUP BY cell_id HAVING count(*) > 1"
    )
    return {row[0] for row in connection.execute(query, (ids_json(cell_ids),))}


def _reviewed(connection: sqlite3.Connection, cell_ids: Iterable[int]) -> list[int]:
    query = "SELECT DISTINCT cell_id FROM review WHERE cell_id IN (SELECT value FROM json_each(?))"
    return [row[0] for row in connection.execute(query, (ids_json(cell_ids),))]


def _verdicts_of(connection: sqlite3.Connection, cell_ids: Sequence[int]) -> dict[int, Verdicts]:
    """Every verdict and withdrawal, oldest first, by cell."""
    query = (
        "SELECT cell_id, verdict, class_id, operator, created_at FROM review "
        "WHERE cell_id IN (SELECT value FROM json_each(?)) ORDER BY id"
    )
    found: defaultdict[int, list[Review | Withdrawal]] = defaultdict(list)
    for cell_id, *row in connection.execute(query, (ids_json(cell_ids),)):
        found[cell_id].append(Withdrawal(row[3]) if row[0] is None else reading.review_of(tuple(row)))
    return {cell_id: tuple(each) for cell_id, each in found.items()}


def _cell_record(
    connection: sqlite3.Connection, cell: Cell, several: set[int], verdicts: Verdicts
) -> CellRecord:
    earlier = reading.predictions_of(connection, cell.id)[:-1] if cell.id in several and cell.id else []
    return CellRecord(cell, tuple(earlier), verdicts[:-1] if cell.review is not None else verdicts)


def sessions_of_images(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Session]:
    """The sessions that these images belong to, oldest first."""
    wanted: set[int] = set()
    query = "SELECT DISTINCT session_id FROM image WHERE id IN (SELECT value FROM json_each(?))"
    for start in range(0, len(ids), 10 * _BATCH):
        batch = ids_json(ids[start : start + 10 * _BATCH])
        wanted.update(row[0] for row in connection.execute(query, (batch,)))
    return [each for each in reversed(reading.sessions_of(connection, True)) if each.id in wanted]

"""The list of cells that count, kept in step with the cells, in the transaction of the caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from hematodesk.storage.reading import ids_json

_ROWS = """
SELECT cell.id,
    CASE WHEN verdict IS NOT NULL THEN CAST(review.class_id AS BLOB)
        WHEN prediction.id IS NULL OR prediction.uncertain IS NOT NULL THEN x''
        WHEN NOT json_valid(ranked) THEN x''
        ELSE coalesce(CAST(json_extract(ranked, '$[0][0]') AS BLOB), x'') END,
    CASE WHEN json_valid(ranked) THEN coalesce(json_extract(ranked, '$[0][1]'), 0) ELSE 0 END,
    verdict IS NOT NULL
FROM cell
LEFT JOIN prediction ON prediction.id = (SELECT max(id) FROM prediction WHERE cell_id = cell.id)
LEFT JOIN review ON review.id = (SELECT max(id) FROM review WHERE cell_id = cell.id)
WHERE NOT removed
"""
"""What the list holds of each cell that counts; see the migration."""

_OF_IMAGES = "image_id IN (SELECT value FROM json_each(?))"


def enter(connection: sqlite3.Connection, image_ids: Iterable[int]) -> None:
    """List the cells of listed images, or write their rows anew."""
    ids = ids_json(image_ids)
    _remove(connection, ids)
    connection.execute(f"INSERT INTO cell_listing {_ROWS} AND {_OF_IMAGES}", (ids,))


def remove(connection: sqlite3.Connection, image_ids: Iterable[int]) -> None:
    """Take the cells of images out of the list."""
    _remove(connection, ids_json(image_ids))


def _remove(connection: sqlite3.Connection, ids: str) -> None:
    query = f"DELETE FROM cell_listing WHERE cell_id IN (SELECT id FROM cell WHERE {_OF_IMAGES})"
    connection.execute(query, (ids,))


def in_step(connection: sqlite3.Connection, image_id: int) -> bool:
    """Whether the list says of a listed image's cells what they say themselves."""
    listed = "SELECT * FROM cell_listing WHERE cell_id IN (SELECT id FROM cell WHERE image_id = ?) ORDER BY 1"
    wanted = f"{_ROWS} AND image_id = ? ORDER BY 1"
    return (
        connection.execute(listed, (image_id,)).fetchall()
        == connection.execute(wanted, (image_id,)).fetchall()
    )

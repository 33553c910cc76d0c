"""The list of images that are not deleted, kept in step with the images in each transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.history import ReviewState
from hematodesk.domain.summary import CellsSummary, summarise
from hematodesk.storage import cell_listing, tally
from hematodesk.storage.reading import cells_of, ids_json
from hematodesk.storage.text import fold, moment_of, unpack_text

BLOCK = 256
"""Images in a row of `name_block`; changing it needs a migration."""

_LISTED = (
    "SELECT id, name, labels, review_state, uncertain_count, status, created_at, session_id "
    "FROM image WHERE id"
)


def refresh(connection: sqlite3.Connection, image_id: int) -> None:
    """Update an image's summary after one of its cells or notes changed."""
    note = connection.execute("SELECT note FROM image WHERE id = ?", (image_id,)).fetchone()[0]
    cells = cells_of(connection, [image_id]).get(image_id, ())
    summary = summarise(cells, unpack_text(note))
    write_summary(connection, image_id, summary)
    ids = ids_json([image_id])
    change = tally.kinds_of(connection, ids)
    connection.execute(
        "UPDATE listing SET review = ?, uncertain = ?, labels = ? WHERE image_id = ?",
        (
            tally.REVIEW_CODES[summary.review_state],
            summary.uncertain_count,
            tally.mark([class_id for class_id, _ in summary.labels]),
            image_id,
        ),
    )
    after = tally.kinds_of(connection, ids)
    after.subtract(change)
    tally.enter(connection, after)
    cell_listing.enter(connection, [image_id])


def write_summary(connection: sqlite3.Connection, image_id: int, summary: CellsSummary) -> None:
    """Write a summary to the image's own row."""
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


def enlist(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Add images to the list, its ledger and their sessions' counts."""
    ids = list(ids)
    wanted = ids_json(ids)
    query = f"{_LISTED} IN (SELECT value FROM json_each(?))"
    rows = [_listing_row(*row) for row in connection.execute(query, (wanted,))]
    connection.executemany("INSERT INTO listing VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    _write_names(connection, {row[0]: row[1] for row in rows})
    tally.enter(connection, tally.kinds_of(connection, wanted))
    tally.widen_days(connection, [(row[6], row[0]) for row in rows])
    _count_in_sessions(connection, wanted, +1)
    cell_listing.enter(connection, ids)


def listing_row(
    connection: sqlite3.Connection, image_id: int
) -> tuple[int, str, str, int, int, int, int, int]:
    """The list row derived from the image's columns, whether or not the image is deleted."""
    return _listing_row(*connection.execute(f"{_LISTED} = ?", (image_id,)).fetchone())


def _listing_row(
    image_id: int,
    name: str | bytes,
    labels: str,
    review_state: str,
    uncertain_count: int,
    status: str,
    created_at: str,
    session_id: int,
) -> tuple[int, str, str, int, int, int, int, int]:
    return (
        image_id,
        fold(unpack_text(name)),
        tally.mark([class_id for class_id, _ in json.loads(labels)]),
        tally.REVIEW_CODES[ReviewState(review_state)],
        uncertain_count,
        tally.STATUS_CODES[ImageStatus(status)],
        moment_of(created_at),
        session_id,
    )


def delist(connection: sqlite3.Connection, ids: list[int]) -> None:
    """Remove listed images from the list, its ledger and their sessions' counts."""
    wanted = ids_json(ids)
    change = tally.kinds_of(connection, wanted)
    change.subtract({kind: 2 * number for kind, number in change.items()})
    tally.enter(connection, change)
    _count_in_sessions(connection, wanted, -1)
    connection.execute("DELETE FROM listing WHERE image_id IN (SELECT value FROM json_each(?))", (wanted,))
    _write_names(connection, dict.fromkeys(ids, ""))
    cell_listing.remove(connection, ids)


def _count_in_sessions(connection: sqlite3.Connection, wanted: str, sign: int) -> None:
    query = (
        "SELECT count(*) * ?, session_id FROM listing "
        "WHERE image_id IN (SELECT value FROM json_each(?)) GROUP BY session_id"
    )
    changes = connection.execute(query, (sign, wanted)).fetchall()
    connection.executemany("UPDATE session SET image_count = image_count + ? WHERE id = ?", changes)


def _write_names(connection: sqlite3.Connection, names: dict[int, str]) -> None:
    """Write folded names to their lines of the blocks; an empty one removes a name."""
    blocks: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for image_id, name in names.items():
        blocks[image_id // BLOCK][image_id % BLOCK] = name
    for block, lines in blocks.items():
        row = connection.execute("SELECT names FROM name_block WHERE id = ?", (block,)).fetchone()
        present = [""] * BLOCK if row is None else row[0].split("\n")
        for line, name in lines.items():
            present[line] = name
        connection.execute("INSERT OR REPLACE INTO name_block VALUES (?, ?)", (block, "\n".join(present)))


def is_listed(connection: sqlite3.Connection, image_id: int) -> bool:
    """Whether there is such an image and it is not deleted."""
    query = "SELECT 1 FROM listing WHERE image_id = ?"
    return connection.execute(query, (image_id,)).fetchone() is not None

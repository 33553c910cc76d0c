"""The history's content out and in again, whole: for exports that lose nothing and for their import.

Every function runs inside a transaction of its caller.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from hematodesk.domain.cells import Cell, Review
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.records import CellRecord, ImageRecord, Imported, Verdicts, Withdrawal
from hematodesk.storage import listing, reading, writing
from hematodesk.storage.reading import ids_json
from hematodesk.storage.summary import summarise
from hematodesk.storage.text import pack_text, unpack_text

_BATCH = 500
_HIGHEST_SESSION = 2**31
"""Ids from a file are kept up to here: a forged one must not use up the numbers of later sessions."""


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
    """The cells that have more than one row in that table, which few have."""
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


def insert_records(
    connection: sqlite3.Connection, sessions: Iterable[Session], records: Iterable[ImageRecord]
) -> Imported:
    """Add what is not there yet.

    A session is the same when operator and beginning are; an image when session, digest, name,
    path and time of analysis are. What is there stands as it is. Raises KeyError for an image of
    a session that is not among `sessions`, ValueError for a time that is none.
    """
    places: dict[int, int] = {}
    there_before: dict[int, set[Identity]] = {}
    new_sessions = 0
    for session in sessions:
        there = _same_session(connection, session)
        new_sessions += there is None
        place = _insert_session(connection, session) if there is None else there
        places[session.id] = place
        # Taken before anything is added: two images alike in one file are both wanted.
        there_before[place] = set() if there is None else _identities(connection, place)
    added = known = 0
    waiting = iter(records)
    while batch := list(islice(waiting, _BATCH)):
        fresh = []
        for record in batch:
            session_id = places[record.image.session_id]
            if _identity(record.image) in there_before[session_id]:
                known += 1
            else:
                fresh.append(_insert_record(connection, session_id, record))
        listing.enlist(connection, fresh)
        added += len(fresh)
    return Imported(added, known, new_sessions)


def _same_session(connection: sqlite3.Connection, session: Session) -> int | None:
    query = "SELECT id FROM session WHERE operator = ? AND started_at = ? ORDER BY id = ? DESC, id LIMIT 1"
    values = (pack_text(session.operator), session.started_at, session.id)
    row = connection.execute(query, values).fetchone()
    return None if row is None else int(row[0])


def _insert_session(connection: sqlite3.Connection, session: Session) -> int:
    """Save a session, under its own number where that is free."""
    free = (
        0 < session.id < _HIGHEST_SESSION
        and not connection.execute("SELECT 1 FROM session WHERE id = ?", (session.id,)).fetchone()
    )
    cursor = connection.execute(
        "INSERT INTO session (id, operator, started_at, ended_at) VALUES (?, ?, ?, ?)",
        (session.id if free else None, pack_text(session.operator), session.started_at, session.ended_at),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


Identity = tuple[str, str, str, str]


def _identity(image: HistoryImage) -> Identity:
    result = image.result
    return result.created_at, result.digest, result.name, result.path


def _identities(connection: sqlite3.Connection, session_id: int) -> set[Identity]:
    """The images of a session that are there before the import begins."""
    query = "SELECT created_at, digest, name, path FROM image WHERE session_id = ? AND deleted_at IS NULL"
    return {
        (row[0], unpack_text(row[1]), unpack_text(row[2]), unpack_text(row[3]))
        for row in connection.execute(query, (session_id,))
    }


def _insert_record(connection: sqlite3.Connection, session_id: int, record: ImageRecord) -> int:
    image = record.image
    # Cells go in one by one, so that what was said of each before comes before what stands.
    saved = writing.insert_image(connection, session_id, replace(image.result, cells=()))
    for each in record.cells:
        bare = writing.insert_cell(connection, saved.id, replace(each.cell, prediction=None, review=None))
        assert bare.id is not None
        standing = [each.cell.prediction] if each.cell.prediction is not None else []
        for prediction in (*each.earlier_predictions, *standing):
            writing.insert_prediction(connection, bare.id, prediction)
        for verdict in (*each.earlier_verdicts, *([each.cell.review] if each.cell.review else [])):
            if isinstance(verdict, Withdrawal):
                writing.insert_withdrawal(connection, bare.id, verdict.created_at)
            else:
                writing.insert_review(connection, bare.id, verdict)
    writing.write_note(connection, saved.id, image.note)
    cells = tuple(each.cell for each in record.cells)
    listing.write_summary(connection, saved.id, summarise(cells, image.note))
    return saved.id

"""Imports images in slices, between which other connections read and write.

An import is all or nothing nevertheless. Imported images count as deleted until the last one is there, so
that half an import is never visible; what a killed program left is removed by `clear_killed`, at the latest
with old deletions. Then one row is marked, which completes the import: its images are listed, in
slices again, and if the program is killed meanwhile the next start or import lists the rest.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from hematodesk.domain.cells import now_utc
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.records import ImageRecord, Imported, Withdrawal
from hematodesk.domain.summary import summarise
from hematodesk.storage import listing, writing
from hematodesk.storage.database import Database
from hematodesk.storage.reading import ids_json
from hematodesk.storage.text import pack_text, unpack_text

_SLICE = 200
"""Images and cells in one transaction: some 20 ms."""
_LISTED_AT_ONCE = 250
_GAP_S = 0.002
"""Pause between two transactions, so that a waiting thread gets the history."""
_THROUGH = "~"
"""Prefix of the marked row's time stamp; it sorts after every time, so no clean-up removes that row."""
_OF_IMPORTS = "*Z " + 16 * "[0-9a-f]"
"""Pattern of `_Intake`'s time stamps; those of ordinary deletions end in Z."""
_HIGHEST_SESSION = 2**31
"""The largest id kept from a file: a forged one must not exhaust the numbers of later sessions."""


def take_in(database: Database, sessions: Iterable[Session], records: Iterable[ImageRecord]) -> Imported:
    """Add what is missing; an exception of the records ends the import with nothing added.

    A session is the same when operator and beginning are; an image when session, digest, name, path and
    time of analysis are. Existing ones stay unchanged. Raises KeyError for an image of a session that is
    not among `sessions`, ValueError for a time that is none, HistoryError (after the last image was added it
    is listed by `finish`, now or later).
    """
    # Images that are not listed yet are not recognised as existing.
    finish(database)
    intake = _Intake(database, sessions)
    try:
        for part in _slices(records):
            intake.add(part)
            time.sleep(_GAP_S)
        intake.come_through()
    except BaseException:
        intake.withdraw()
        raise
    finish(database)
    return intake.outcome


def finish(database: Database) -> None:
    """List the images of completed imports where that is not done yet."""
    while True:
        with database.read() as connection:
            query = "SELECT deleted_at FROM image WHERE deleted_at >= ? LIMIT 1"
            row = connection.execute(query, (_THROUGH,)).fetchone()
        if row is None:
            return
        with database.write() as connection:
            _list_some(connection, row[0])
        time.sleep(_GAP_S)


def clear_killed(database: Database, check: Callable[[], object]) -> int:
    """Remove the hidden images of killed imports; returns how many. Only while no import runs.

    `check` is called between the slices; what it raises stops the work, which the next call continues.
    """
    # Completed imports are not left-overs.
    finish(database)
    cleared = 0
    while True:
        check()
        with database.write() as connection:
            query = "SELECT id FROM image WHERE deleted_at IS NOT NULL AND deleted_at GLOB ? LIMIT ?"
            ids = [row[0] for row in connection.execute(query, (_OF_IMPORTS, _LISTED_AT_ONCE))]
            if not ids:
                return cleared
            cleared += writing.purge(connection, ids)
        time.sleep(_GAP_S)


def _list_some(connection: sqlite3.Connection, marked: str) -> None:
    """List the next images of an import; the marked one last, as it shows that there are others."""
    query = "SELECT id FROM image WHERE deleted_at = ? ORDER BY id LIMIT ?"
    stamp = marked.removeprefix(_THROUGH)
    ids = [row[0] for row in connection.execute(query, (stamp, _LISTED_AT_ONCE))]
    ids = ids or [row[0] for row in connection.execute(query, (marked, 1))]
    connection.execute(
        "UPDATE image SET deleted_at = NULL WHERE id IN (SELECT value FROM json_each(?))", (ids_json(ids),)
    )
    listing.enlist(connection, ids)


def _slices(records: Iterable[ImageRecord]) -> Iterator[list[ImageRecord]]:
    """The records in slices; each is read before the history is locked."""
    part: list[ImageRecord] = []
    size = 0
    for record in records:
        part.append(record)
        size += 1 + len(record.cells)
        if size >= _SLICE:
            yield part
            part, size = [], 0
    if part:
        yield part


class _Intake:
    """One import under way."""

    def __init__(self, database: Database, sessions: Iterable[Session]) -> None:
        self._database = database
        # A unique deletion time: no other deletion has it.
        self._stamp = f"{now_utc()} {secrets.token_hex(8)}"
        self._places: dict[int, int] = {}
        self._there_before: dict[int, set[Identity]] = {}
        self._new_sessions: list[int] = []
        self._added = self._known = 0
        with database.write() as connection:
            for session in sessions:
                there = _same_session(connection, session)
                place = _insert_session(connection, session) if there is None else there
                self._places[session.id] = place
                # Read before anything is added: two equal images in one file are both imported.
                self._there_before[place] = set() if there is None else _identities(connection, place)
                if there is None:
                    self._new_sessions.append(place)

    @property
    def outcome(self) -> Imported:
        """What was imported so far."""
        return Imported(self._added, self._known, len(self._new_sessions))

    def add(self, records: list[ImageRecord]) -> None:
        """Add these, hidden."""
        fresh = []
        with self._database.write() as connection:
            for record in records:
                session_id = self._places[record.image.session_id]
                if _identity(record.image) not in self._there_before[session_id]:
                    fresh.append(_insert_record(connection, session_id, record))
            connection.execute(
                "UPDATE image SET deleted_at = ? WHERE id IN (SELECT value FROM json_each(?))",
                (self._stamp, ids_json(fresh)),
            )
        self._added += len(fresh)
        self._known += len(records) - len(fresh)

    def come_through(self) -> None:
        """Complete the import; it cannot be undone from now on."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE image SET deleted_at = ? || deleted_at "
                "WHERE id = (SELECT max(id) FROM image WHERE deleted_at = ?)",
                (_THROUGH, self._stamp),
            )

    def withdraw(self) -> None:
        """Remove what was added; if the history refuses, a later start does it."""
        with contextlib.suppress(HistoryError):
            while True:
                with self._database.write() as connection:
                    query = "SELECT id FROM image WHERE deleted_at = ? LIMIT ?"
                    ids = [row[0] for row in connection.execute(query, (self._stamp, _LISTED_AT_ONCE))]
                    writing.purge(connection, ids)
                    if not ids:
                        connection.execute(
                            "DELETE FROM session WHERE id IN (SELECT value FROM json_each(?)) "
                            "AND NOT EXISTS (SELECT 1 FROM image WHERE session_id = session.id)",
                            (ids_json(self._new_sessions),),
                        )
                        return
                time.sleep(_GAP_S)


def _same_session(connection: sqlite3.Connection, session: Session) -> int | None:
    query = "SELECT id FROM session WHERE operator = ? AND started_at = ? ORDER BY id = ? DESC, id LIMIT 1"
    values = (pack_text(session.operator.name), session.started_at, session.id)
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
        (
            session.id if free else None,
            pack_text(session.operator.name),
            session.started_at,
            session.ended_at,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


Identity = tuple[str, str, str, str]


def _identity(image: HistoryImage) -> Identity:
    result = image.result
    return result.created_at, result.digest, result.name, result.path


def _identities(connection: sqlite3.Connection, session_id: int) -> set[Identity]:
    """The images of a session that exist before the import begins."""
    query = "SELECT created_at, digest, name, path FROM image WHERE session_id = ? AND deleted_at IS NULL"
    return {
        (row[0], unpack_text(row[1]), unpack_text(row[2]), unpack_text(row[3]))
        for row in connection.execute(query, (session_id,))
    }


def _insert_record(connection: sqlite3.Connection, session_id: int, record: ImageRecord) -> int:
    image = record.image
    # Cells are inserted one by one, so that earlier verdicts come before the valid one.
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

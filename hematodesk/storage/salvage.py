"""Writes the readable part of a damaged history to a new one, and determines what is lost."""

from __future__ import annotations

import bisect
import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from hematodesk.domain.cells import CellOrigin, ImageStatus, UncertainReason
from hematodesk.domain.summary import summarise
from hematodesk.storage import listing
from hematodesk.storage.database import Database
from hematodesk.storage.migrations import MIGRATIONS
from hematodesk.storage.pages import PageFile, Row, Value
from hematodesk.storage.reading import cells_of, ids_json
from hematodesk.storage.text import moment_of, unpack_text
from hematodesk.storage.trust import expected_schema

_DERIVED = ("cell_listing", "listing", "name_block", "tally", "day_span")
"""Tables that are derived from the images."""

INCOMPLETE = "repair_incomplete"
"""The notice of an image that lost something."""

_GROUP = 500


class Loss:
    """What is known to be lost.

    Attributes:
        images: how many, at least.
        days: on which of them were analysed, ISO dates, as far as that is known.
        incomplete: images of which a cell, a review or a note is lost.
        rows: pages and rows that cannot be understood or belong to nothing.
    """

    def __init__(self) -> None:
        self.images = 0
        self.days: set[str] = set()
        self.incomplete = 0
        self.rows = 0


def salvage(source: Path, target: Path, migrations: Sequence[str] = MIGRATIONS) -> Loss:
    """Write all valid rows of `source` to a new history at `target`.

    The source and the log beside it are only read. Rows without an owner are left out and
    counted; a missing session or maker is recreated without its texts, so that the images and
    predictions that refer to it stay. Raises OSError, HistoryError for the target.
    """
    pages = PageFile(source)
    try:
        version = _version_of(pages, migrations)
        made = Database(target, migrations[:version])
        try:
            shapes = _shapes(made)
            found = _Found(pages, shapes)
            loss, expected = Loss(), _Expected()
            expected.last_image = _last_image(pages)
            with made.write() as connection:
                connection.execute("PRAGMA defer_foreign_keys = ON")
                for name, row in found:
                    if name in _DERIVED:
                        expected.note(name, row)
                    elif not (expected.note(name, row) and _insert(connection, shapes[name], row)):
                        loss.rows += 1
                _insert_run_images(connection, pages)
                _mend(connection, loss)
        finally:
            made.close()
        loss.rows += pages.broken
    finally:
        pages.close()
    # The later migrations see complete data; the derived tables are rebuilt by the present code.
    with contextlib.closing(Database(target, migrations)) as made, made.write() as connection:
        _derive(connection, expected, loss)
    for copy in target.parent.glob(f"{target.stem}.version-*"):
        copy.unlink()
    return loss


def _version_of(pages: PageFile, migrations: Sequence[str]) -> int:
    """The version whose tables the file has, whatever its header says; that one where several fit as well."""
    there = {(*values[:3], values[4]) for values in pages.schema() if len(values) == 5}

    def fit(version: int) -> tuple[int, bool, int]:
        known = len(expected_schema(tuple(migrations[:version])) & there)
        return known, version == pages.user_version, version

    return max(range(1, len(migrations) + 1), key=fit)


class _Shape:
    """A table's columns."""

    def __init__(self, name: str, columns: list[tuple[str, str, bool, bool]]) -> None:
        """`columns`: name, declared type, whether it may not be empty, whether it is the row's id."""
        self.name = name
        self.columns = columns

    def fits(self, row: Row) -> bool:
        """Whether the row may belong to this table; rows older than a column lack it."""
        _, values = row
        if not len(self.columns) // 2 < len(values) <= len(self.columns):
            return False
        return all(
            _fits(value, *column[1:]) for value, column in zip(values, self.columns, strict=False)
        ) and all(not needed for _, _, needed, _ in self.columns[len(values) :])


def _fits(value: Value, declared: str, needed: bool, is_id: bool) -> bool:
    if value is None or is_id:
        return value is None and (is_id or not needed)
    if declared == "INTEGER":
        return isinstance(value, int)
    if declared == "REAL":
        return isinstance(value, int | float)
    return isinstance(value, bytes) if declared == "BLOB" else isinstance(value, str | bytes)


def _shapes(database: Database) -> dict[str, _Shape]:
    """Of all tables that are kept by row id."""
    shapes = {}
    with database.read() as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%'"
        for (name,) in connection.execute(query).fetchall():
            columns = connection.execute(f"PRAGMA table_info('{name}')").fetchall()
            if not name.startswith("sqlite_"):
                shapes[name] = _Shape(
                    name,
                    [
                        (row[1], row[2].upper(), bool(row[3]), bool(row[5] and row[2] == "INTEGER"))
                        for row in columns
                    ],
                )
    return shapes


class _Found:
    """The rows of a damaged file with their tables: first those reached from the tables, then the others."""

    def __init__(self, pages: PageFile, shapes: dict[str, _Shape]) -> None:
        self._pages = pages
        self._shapes = shapes

    def __iter__(self) -> Iterator[tuple[str, Row]]:
        seen: set[int] = set()
        roots = self._pages.tables()
        for name in self._shapes:
            if name in roots:
                for row in self._pages.rows(self._pages.leaves(roots[name], seen)):
                    if self._shapes[name].fits(row):
                        yield name, row
                    else:
                        self._pages.broken += 1
        for number in list(self._pages.orphans(seen)):
            rows = list(self._pages.rows([number]))
            votes = Counter(name for row in rows for name, shape in self._shapes.items() if shape.fits(row))
            best = votes.most_common(2)
            # A page that may belong to two tables is left out.
            if best and (len(best) == 1 or best[0][1] > best[1][1]):
                name = best[0][0]
                yield from ((name, row) for row in rows if self._shapes[name].fits(row))


def _insert(connection: sqlite3.Connection, shape: _Shape, row: Row) -> bool:
    """Write a row unless it violates a constraint; a row that exists already is not lost."""
    row_id, values = row
    check = _SENSE.get(shape.name)
    try:
        if check is not None and not check(values):
            return False
    except (ValueError, TypeError, IndexError):
        return False
    columns = shape.columns[: len(values)]
    given = [row_id if column[3] else value for value, column in zip(values, columns, strict=True)]
    names = ", ".join(column[0] for column in columns)
    marks = ", ".join("?" * len(given))
    try:
        query = f"INSERT OR IGNORE INTO {shape.name} ({names}) VALUES ({marks})"
        if connection.execute(query, given).rowcount == 1:
            return True
        query = f"SELECT 1 FROM {shape.name} WHERE rowid = ?"
        return connection.execute(query, (row_id,)).fetchone() is not None
    except (sqlite3.Error, OverflowError, UnicodeError):
        return False


def _insert_run_images(connection: sqlite3.Connection, pages: PageFile) -> None:
    """Restore the images' batch runs; a link whose run or image is lost is dropped."""
    root = pages.tables().get("run_image")
    for values in [] if root is None else pages.index_rows(root):
        if len(values) == 2 and all(isinstance(value, int) for value in values):
            connection.execute(
                "INSERT OR IGNORE INTO run_image SELECT run.id, image.id FROM run, image "
                "WHERE run.id = ? AND image.id = ?",
                values,
            )


def _sound_image(values: tuple[Value, ...]) -> bool:
    moment_of(str(values[14]))
    return ImageStatus(str(values[7])) in ImageStatus and isinstance(json.loads(str(values[11])), list)


def _sound_cell(values: tuple[Value, ...]) -> bool:
    return CellOrigin(str(values[6])) in CellOrigin and all(int(str(side)) > 0 for side in values[4:6])


def _sound_prediction(values: tuple[Value, ...]) -> bool:
    ranked = json.loads(str(values[3]))
    return (
        bool(ranked)
        and all(isinstance(name, str) and isinstance(share, int | float) for name, share in ranked)
        and (values[4] is None or UncertainReason(str(values[4])) in UncertainReason)
    )


def _sound_run(values: tuple[Value, ...]) -> bool:
    options = json.loads(str(values[2]))
    return isinstance(json.loads(str(values[1])), list) and {"whole_image", "again"} <= options.keys()


_SENSE: dict[str, Callable[[tuple[Value, ...]], bool]] = {
    "image": _sound_image,
    "cell": _sound_cell,
    "prediction": _sound_prediction,
    "run": _sound_run,
}
"""Values that the database accepts and the program does not; columns as in the migrations."""


class _Expected:
    """The images that existed, by all rows that refer to them."""

    def __init__(self) -> None:
        self.moments: dict[int, int | None] = {}
        self.session_images: dict[int, int] = {}
        self.last_image = 0

    def note(self, table: str, row: Row) -> bool:
        """Record the images that the row refers to; always True."""
        row_id, values = row
        if table == "listing":
            self.moments[row_id] = int(str(values[6]))
        elif table == "name_block":
            names = str(values[1]).split("\n")
            if len(names) == listing.BLOCK:
                for line, name in enumerate(names):
                    if name:
                        self.moments.setdefault(row_id * listing.BLOCK + line, None)
        elif table == "thumbnail":
            self.moments.setdefault(row_id, None)
        elif table == "cell":
            self.moments.setdefault(int(str(values[1])), None)
        elif table == "session":
            self.session_images[row_id] = int(str(values[4]))
        return True


def _mend(connection: sqlite3.Connection, loss: Loss) -> None:
    """Recreate rows that others refer to, and drop rows without an owner."""
    connection.execute(
        "INSERT INTO session (id, operator, started_at) "
        "SELECT session_id, '', min(created_at) FROM image "
        "WHERE session_id NOT IN (SELECT id FROM session) GROUP BY session_id"
    )
    connection.execute(
        "INSERT INTO maker (id, model, version, sha256, requested, provider) "
        "SELECT DISTINCT maker_id, 'lost-' || maker_id, '', '', '', '' FROM prediction "
        "WHERE maker_id NOT IN (SELECT id FROM maker)"
    )
    while dangling := connection.execute("PRAGMA foreign_key_check").fetchall():
        for table, row_id, _, which in dangling:
            key = connection.execute(f"PRAGMA foreign_key_list('{table}')").fetchall()
            column = next(each[3] for each in key if each[0] == which)
            needed = {
                each[1]: each[3] or each[5] for each in connection.execute(f"PRAGMA table_info('{table}')")
            }
            if needed[column]:
                connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row_id,))
                loss.rows += 1
            else:
                connection.execute(f"UPDATE {table} SET {column} = NULL WHERE rowid = ?", (row_id,))


def _derive(connection: sqlite3.Connection, expected: _Expected, loss: Loss) -> None:
    """Rebuild summaries, list and counts, and compare them with the old ones."""
    for table in _DERIVED:
        connection.execute(f"DELETE FROM {table}")
    connection.execute("UPDATE session SET image_count = 0")
    known = connection.execute("SELECT id, created_at FROM image ORDER BY id").fetchall()
    ids = [row[0] for row in known]
    for start in range(0, len(ids), _GROUP):
        group = ids[start : start + _GROUP]
        loss.incomplete += _summarise(connection, group)
        query = "SELECT id FROM image WHERE deleted_at IS NULL AND id IN (SELECT value FROM json_each(?))"
        listing.enlist(connection, [row[0] for row in connection.execute(query, (ids_json(group),))])
    present = set(ids)
    times = [row[1] for row in known]
    for image_id, moment in expected.moments.items():
        if image_id not in present:
            loss.images += 1
            loss.days.update(_day(image_id, moment, ids, times))
    counted = dict(connection.execute("SELECT id, image_count FROM session").fetchall())
    missing = {key: number - counted.get(key, 0) for key, number in expected.session_images.items()}
    # There cannot have been more images than ids.
    room = max([expected.last_image, *ids[-1:], *expected.moments]) - len(ids)
    at_least = min(room, sum(number for number in missing.values() if number > 0))
    if at_least > loss.images:
        loss.images = at_least
        query = "SELECT started_at FROM session WHERE id = ?"
        for key, number in missing.items():
            if number > 0:
                loss.days.update(row[0][:10] for row in connection.execute(query, (key,)))


def _summarise(connection: sqlite3.Connection, group: list[int]) -> int:
    """Write the images' summaries; returns how many old ones list more than was saved."""
    wanted = ids_json(group)
    query = (
        "SELECT id, note, cell_count, uncertain_count, labels, review_state, has_note FROM image "
        "WHERE id IN (SELECT value FROM json_each(?))"
    )
    old = {row[0]: row[1:] for row in connection.execute(query, (wanted,))}
    cells = cells_of(connection, group)
    incomplete = 0
    for image_id in group:
        summary = summarise(cells.get(image_id, ()), unpack_text(old[image_id][0]))
        listing.write_summary(connection, image_id, summary)
    for row in connection.execute(query, (wanted,)).fetchall():
        if row[1:] != old[row[0]]:
            incomplete += 1
            _mark_incomplete(connection, row[0])
    return incomplete


def _mark_incomplete(connection: sqlite3.Connection, image_id: int) -> None:
    """Mark the image, so that the remaining cells are not taken for the complete answer."""
    query = "SELECT notices FROM image WHERE id = ?"
    notices = json.loads(connection.execute(query, (image_id,)).fetchone()[0])
    if INCOMPLETE not in notices:
        text = json.dumps([*notices, INCOMPLETE])
        connection.execute("UPDATE image SET notices = ? WHERE id = ?", (text, image_id))


def _day(image_id: int, moment: int | None, ids: list[int], times: list[str]) -> list[str]:
    """The day of a lost image: its own, or that of the one saved before or after it; none if unknown."""
    if moment is not None:
        with contextlib.suppress(OverflowError, ValueError, OSError):
            return [datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()]
    if not ids or not times:
        return []
    return [times[min(bisect.bisect_left(ids, image_id), len(ids) - 1)][:10]]


def _last_image(pages: PageFile) -> int:
    """The highest image id ever used, from SQLite's sequence table; 0 when that is lost."""
    root = pages.tables().get("sqlite_sequence")
    for _, values in [] if root is None else pages.rows(pages.leaves(root, set())):
        if values[0] == "image" and isinstance(values[1], int):
            return values[1]
    return 0

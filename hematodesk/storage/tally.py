"""The list's ledger: the number of images of each kind, so that counting needs no scan.

A kind is (class, day, status, review, uncertain); see the migration. Every function runs inside
a caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable

from hematodesk.domain.cells import ImageStatus
from hematodesk.domain.history import ReviewState

DAY = 86_400_000
"""Milliseconds."""

STATUS_CODES = {ImageStatus.OK: 0, ImageStatus.NO_CELL: 1, ImageStatus.ERROR: 2}
REVIEW_CODES = {ReviewState.NONE: 0, ReviewState.OPEN: 1, ReviewState.PARTLY: 2, ReviewState.DONE: 3}

_MARK = "\x1f"
"""Delimiter of the class ids in `listing.labels`; JSON escapes it, so no id contains it."""

Kind = tuple[str, int, int, int, int]


def mark(class_ids: Iterable[str]) -> str:
    """Class ids as one delimited text; an id in JSON is printable ASCII."""
    return _MARK.join(["", *map(json.dumps, class_ids), ""]) if class_ids else ""


def marked(class_id: str) -> str:
    """The search text for an id in the result of `mark`."""
    return f"{_MARK}{json.dumps(class_id)}{_MARK}"


def kinds_of(connection: sqlite3.Connection, ids: str) -> Counter[Kind]:
    """The kinds that listed images (ids as JSON) count for."""
    query = (
        "SELECT labels, moment, status, review, uncertain FROM listing "
        "WHERE image_id IN (SELECT value FROM json_each(?))"
    )
    return count_kinds(connection.execute(query, (ids,)))


def count_kinds(rows: Iterable[tuple[str, int, int, int, int]]) -> Counter[Kind]:
    """The kinds of listing rows (labels, moment, status, review, uncertain)."""
    counted: Counter[Kind] = Counter()
    for labels, moment, status, review, uncertain in rows:
        for class_id in ("", *labels.split(_MARK)[1:-1]):
            counted[class_id, moment // DAY, status, review, int(uncertain > 0)] += 1
    return counted


def enter(connection: sqlite3.Connection, change: Counter[Kind]) -> None:
    """Add a change to the ledger; its counts may be negative."""
    connection.executemany(
        "INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (class_id, day, status, review, uncertain) "
        "DO UPDATE SET images = images + excluded.images",
        [(*kind, number) for kind, number in change.items() if number],
    )


def widen_days(connection: sqlite3.Connection, moments: Iterable[tuple[int, int]]) -> None:
    """Extend the days' spans by (moment, image id) pairs."""
    spans: dict[int, tuple[int, int]] = {}
    for moment, image_id in moments:
        first, last = spans.get(moment // DAY, (image_id, image_id))
        spans[moment // DAY] = min(first, image_id), max(last, image_id)
    connection.executemany(
        "INSERT INTO day_span VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE SET "
        "first_id = min(first_id, excluded.first_id), last_id = max(last_id, excluded.last_id)",
        [(day, first, last) for day, (first, last) in spans.items()],
    )


def id_range(connection: sqlite3.Connection, since: int | None, until: int | None) -> tuple[int, int]:
    """The lowest and highest id that an image of those moments can have; (0, -1) when there is none."""
    query = "SELECT min(first_id), max(last_id) FROM day_span WHERE day BETWEEN ? AND ?"
    low = -(2**62) if since is None else since // DAY
    high = 2**62 if until is None else (until - 1) // DAY
    first, last = connection.execute(query, (low, high)).fetchone()
    return (0, -1) if first is None else (first, last)


def class_ids(connection: sqlite3.Connection) -> list[str]:
    """The classes that are some listed image's label, that of most images first."""
    query = (
        "SELECT class_id FROM tally WHERE class_id <> '' GROUP BY class_id HAVING sum(images) > 0 "
        "ORDER BY sum(images) DESC, class_id"
    )
    return [json.loads(row[0]) for row in connection.execute(query)]


def counted(connection: sqlite3.Connection, where: str, values: tuple[str | int, ...]) -> int:
    """The sum of the ledger's rows under that condition."""
    row = connection.execute(f"SELECT coalesce(sum(images), 0) FROM tally WHERE {where}", values).fetchone()
    return int(row[0])

"""Finds the images of a filter, within a tenth of a second for a million.

The newest image has the highest id, so a page ends at its last match and the next begins below
that. Filters with few matches are kept cheap: dates and sessions narrow the ids that are read, a
name is searched in blocks of 256 first, and the ledger (tally) counts without reading images.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryFilter, ImageSummary
from hematodesk.domain.messages import N_
from hematodesk.storage import tally
from hematodesk.storage.listing import BLOCK
from hematodesk.storage.reading import SUMMARY_COLUMNS, ids_json, summary_of
from hematodesk.storage.text import fold, moment_of, unpack_text

_BLOCKS = (
    f"name_block CROSS JOIN listing "
    f"ON image_id BETWEEN name_block.id * {BLOCK} AND name_block.id * {BLOCK} + {BLOCK - 1}"
)
"""CROSS JOIN keeps this order of the loops: https://www.sqlite.org/optoverview.html#crossjoin"""

_IMAGE_NOTES = "image WHERE note <> ''"
_CELL_NOTES = "cell WHERE note <> '' AND removed = 0"
"""As the indices of notes have it: whoever asks so reads nothing that has no note."""

Values = tuple[str | int, ...]
Rows = tuple[str, str, Values]
"""FROM, WHERE and the values of the latter's marks."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """A filter ready for SQL: moments in milliseconds, the text folded."""

    chosen: HistoryFilter
    text: str
    since: int | None
    until: int | None

    @property
    def plain(self) -> bool:
        """Whether the ledger alone can answer the filter."""
        return not self.text and self.chosen.session_id is None and self.chosen.run_id is None


def _choice(chosen: HistoryFilter) -> _Choice:
    return _Choice(
        chosen,
        fold(chosen.text),
        _moment(chosen.since, "since") if chosen.since else None,
        _moment(chosen.until, "until") if chosen.until else None,
    )


def _moment(text: str, field: str) -> int:
    try:
        return moment_of(text)
    except ValueError as error:
        raise HistoryError(
            "filter_invalid",
            N_("Errors", "The filter's {field} is not a date or time."),
            N_("Errors", "Write it as 2026-11-21 or 2026-11-21T08:30:00Z."),
            field=field,
        ) from error


def count(connection: sqlite3.Connection, chosen: HistoryFilter) -> int:
    """How many images a filter chooses."""
    choice = _choice(chosen)
    if choice.plain:
        return _count_plain(connection, choice)
    if chosen == HistoryFilter(session_id=chosen.session_id):
        query = "SELECT coalesce(sum(image_count), 0) FROM session WHERE id = ?"
        return int(connection.execute(query, (chosen.session_id,)).fetchone()[0])
    if chosen == HistoryFilter(text=chosen.text, names_only=chosen.names_only):
        total = _count_names(connection, choice.text)
    else:
        total = _count_rows(connection, choice)
    return total + _count_where(connection, _noted_rows(connection, choice))


def _count_plain(connection: sqlite3.Connection, choice: _Choice) -> int:
    """Whole days from the ledger; the parts of days at the ends, if any, from the list."""
    since, until = choice.since, choice.until
    first = None if since is None else -(-since // tally.DAY)
    last = None if until is None else until // tally.DAY
    if first is not None and last is not None and first > last:
        return _count_rows(connection, choice)
    where, values = _same_kind(choice)
    total = tally.counted(
        connection,
        where + " AND day >= ? AND day < ?",
        (*values, -(2**62) if first is None else first, 2**62 if last is None else last),
    )
    if since is not None and first is not None and since < first * tally.DAY:
        total += _count_rows(connection, replace(choice, until=first * tally.DAY))
    if until is not None and last is not None and last * tally.DAY < until:
        total += _count_rows(connection, replace(choice, since=last * tally.DAY))
    return total


def _count_names(connection: sqlite3.Connection, text: str) -> int:
    total = 0
    for (names,) in connection.execute("SELECT names FROM name_block"):
        if text in names:
            total += len([1 for name in names.split("\n") if text in name])
    return total


def _count_rows(connection: sqlite3.Connection, choice: _Choice) -> int:
    return _count_where(connection, _rows(connection, choice))


def _count_where(connection: sqlite3.Connection, rows: Rows | None) -> int:
    if rows is None:
        return 0
    source, where, values = rows
    return int(connection.execute(f"SELECT count(*) FROM {source} WHERE {where}", values).fetchone()[0])


def page(
    connection: sqlite3.Connection,
    chosen: HistoryFilter,
    beyond: int | None,
    limit: int,
    *,
    oldest_first: bool = False,
    without: Sequence[int] = (),
) -> list[ImageSummary]:
    """The newest `limit` images that a filter chooses, of those with an id under `beyond`.

    With `oldest_first` the oldest, of those with an id over it. Images of the sessions `without`
    are passed over.
    """
    ids = page_ids(connection, chosen, beyond, limit, oldest_first=oldest_first, without=without)
    found = summaries(connection, ids)
    return found[::-1] if oldest_first else found


def page_ids(
    connection: sqlite3.Connection,
    chosen: HistoryFilter,
    beyond: int | None,
    limit: int,
    *,
    oldest_first: bool = False,
    without: Sequence[int] = (),
) -> list[int]:
    """The ids of such a page."""
    choice = _choice(chosen)
    where, values = _same_kind(choice)
    if not tally.counted(connection, where, values):
        return []
    found: list[int] = []
    for rows, kind in (
        (_rows(connection, choice), choice),
        (_noted_rows(connection, choice), replace(choice, text="")),
    ):
        if rows is None:
            continue
        source, where, values = rows
        if beyond is not None:
            span = (beyond + 1, 2**62) if oldest_first else (0, beyond - 1)
            within, bounds = _within(kind, *span)
            where, values = where + within, values + bounds
        if without:
            where += " AND session_id NOT IN (SELECT value FROM json_each(?))"
            values += (ids_json(without),)
        way = "ASC" if oldest_first else "DESC"
        order = f"name_block.id {way}, image_id {way}" if kind.text else f"image_id {way}"
        query = f"SELECT image_id FROM {source} WHERE {where} ORDER BY {order} LIMIT ?"
        found += [row[0] for row in connection.execute(query, (*values, limit))]
    return sorted(found, reverse=not oldest_first)[:limit]


def span(connection: sqlite3.Connection, chosen: HistoryFilter) -> tuple[int, int] | None:
    """The lowest and highest image id that a filter can choose by dates or session; None without them."""
    choice = _choice(chosen)
    if choice.since is None and choice.until is None and chosen.session_id is None:
        return None
    first, last = -(2**62), 2**62
    if choice.since is not None or choice.until is not None:
        first, last = tally.id_range(connection, choice.since, choice.until)
    if chosen.session_id is not None:
        lowest, highest = _of_session(connection, chosen.session_id)
        first, last = max(first, lowest), min(last, highest)
    return first, last


def _of_session(connection: sqlite3.Connection, session_id: int) -> tuple[int, int]:
    query = "SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM image WHERE session_id = ?"
    first, last = connection.execute(query, (session_id,)).fetchone()
    return first, last


def holds(connection: sqlite3.Connection, chosen: HistoryFilter, image_id: str) -> tuple[str, Values]:
    """The filter as a condition on one image, whose id the SQL `image_id` names."""
    choice = _choice(chosen)
    source, where, values = _rows(connection, choice)
    block = f" AND name_block.id = {image_id} / {BLOCK}" if choice.text else ""
    held = f"EXISTS (SELECT 1 FROM {source} WHERE listing.image_id = {image_id}{block} AND {where})"
    noted = _noted_rows(connection, choice)
    if noted is None:
        return held, values
    source, where, others = noted
    held = f"({held} OR EXISTS (SELECT 1 FROM {source} WHERE listing.image_id = {image_id} AND {where}))"
    return held, (*values, *others)


def summaries(connection: sqlite3.Connection, ids: list[int]) -> list[ImageSummary]:
    """The list's rows of images, newest first; deleted and unknown ids have none."""
    query = (
        f"SELECT {SUMMARY_COLUMNS} FROM image WHERE deleted_at IS NULL "
        "AND id IN (SELECT value FROM json_each(?)) ORDER BY id DESC"
    )
    return [summary_of(row) for row in connection.execute(query, (ids_json(ids),))]


def _same_kind(choice: _Choice) -> tuple[str, Values]:
    """The filter's conditions on the ledger, without the days, as SQL over `tally`."""
    where, values = _states(choice)
    class_id = json.dumps(choice.chosen.class_id) if choice.chosen.class_id else ""
    return f"class_id = ?{where}", (class_id, *values)


def _states(choice: _Choice) -> tuple[str, Values]:
    """The conditions that `listing` and `tally` share, each beginning with AND."""
    where, values = "", []
    if choice.chosen.status is not None:
        where += " AND status = ?"
        values.append(tally.STATUS_CODES[choice.chosen.status])
    if choice.chosen.review_state is not None:
        where += " AND review = ?"
        values.append(tally.REVIEW_CODES[choice.chosen.review_state])
    if choice.chosen.uncertain_only:
        where += " AND uncertain > 0"
    return where, tuple(values)


def _noted_rows(connection: sqlite3.Connection, choice: _Choice) -> Rows | None:
    """The same for images with the text in a note and not in their name; None to search no notes."""
    if not choice.text or choice.chosen.names_only:
        return None
    source, where, values = _rows(connection, replace(choice, text=""))
    has_text = "AND instr(lower(note), ?)"
    where += (
        f" AND image_id IN (SELECT id FROM {_IMAGE_NOTES} {has_text} "
        f"UNION ALL SELECT image_id FROM {_CELL_NOTES} {has_text} "
        "UNION ALL SELECT value FROM json_each(?)) AND NOT instr(folded_name, ?)"
    )
    folded = ids_json(_folded_noted(connection, choice.text))
    return source, where, (*values, choice.text, choice.text, folded, choice.text)


def _folded_noted(connection: sqlite3.Connection, text: str) -> list[int]:
    """The images with the folded text in a note of other than plain letters, which SQLite cannot fold."""
    other = "AND (length(note) <> length(CAST(note AS BLOB)) OR typeof(note) = 'blob')"
    found = connection.execute(
        f"SELECT id, note FROM {_IMAGE_NOTES} {other} "
        f"UNION ALL SELECT image_id, note FROM {_CELL_NOTES} {other}"
    )
    return [image_id for image_id, note in found if text in fold(unpack_text(note))]


def _rows(connection: sqlite3.Connection, choice: _Choice) -> Rows:
    """The filter as FROM and WHERE over `listing`: cheap comparisons first, the name last."""
    chosen = choice.chosen
    where, values = _states(choice)
    where, source = f"1{where}", "listing"
    if choice.since is not None or choice.until is not None:
        within, bounds = _within(choice, *tally.id_range(connection, choice.since, choice.until))
        where, values = where + within, values + bounds
    if choice.since is not None:
        where += " AND moment >= ?"
        values += (choice.since,)
    if choice.until is not None:
        where += " AND moment < ?"
        values += (choice.until,)
    if chosen.session_id is not None:
        within, bounds = _within(choice, *_of_session(connection, chosen.session_id))
        where, values = f"{where}{within} AND session_id = ?", (*values, *bounds, chosen.session_id)
    if chosen.run_id is not None:
        where += " AND image_id IN (SELECT image_id FROM run_image WHERE run_id = ?)"
        values += (chosen.run_id,)
    if chosen.class_id:
        where += " AND instr(labels, ?)"
        values += (tally.marked(chosen.class_id),)
    if choice.text:
        source = _BLOCKS
        where += " AND instr(names, ?) AND instr(folded_name, ?)"
        values += (choice.text, choice.text)
    return source, where, values


def _within(choice: _Choice, first: int, last: int) -> tuple[str, Values]:
    """A range of ids, beginning with AND; for a search in names it bounds the blocks that are read.

    The plus keeps SQLite from reading that range again for each block.
    """
    if not choice.text:
        return " AND image_id BETWEEN ? AND ?", (first, last)
    where = " AND name_block.id BETWEEN ? AND ? AND +image_id BETWEEN ? AND ?"
    return where, (first // BLOCK, last // BLOCK, first, last)

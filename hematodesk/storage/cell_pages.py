"""Pages of the list of cells, in any order.

A page of a million cells takes at most a tenth of a second: the index by label and confidence is walked class
by class, and stops where the page is full. Where few images are chosen, their cells are gathered and sorted.
Every function runs inside a transaction of its caller.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Callable, Iterator, Sequence

from hematodesk.domain.history import CellFilter, CellOrder, HistoryFilter, ListedCell
from hematodesk.storage import filtering
from hematodesk.storage.reading import ids_json, listed_cells

_FEW_IMAGES = 5_000
"""The cells of up to so many chosen images are gathered; of more, a walk over all meets one soon enough."""

_UNIDENTIFIED = b""
"""The label of a cell that has no class; NULL is that of one which was rejected as no cell."""

_Label = bytes | None
_Row = tuple[int, _Label, float]
"""A cell's id, its label, and the confidence of its predicted class."""
_Key = tuple[int | float | bytes, ...]


def page(
    connection: sqlite3.Connection,
    chosen: CellFilter,
    order: CellOrder,
    classes: Sequence[str],
    after: ListedCell | None,
    limit: int,
) -> list[ListedCell]:
    """At most `limit` of the chosen cells in that order, of those that come after `after`.

    Args:
        classes: class ids in their order; others come behind them by name, then what is unidentified, then
            what was rejected.
    """
    rank = _ranking(classes)

    def key(row: _Row) -> _Key:
        cell_id, label, confidence = row
        if order is CellOrder.TIME:
            return (-cell_id,)
        return (*(rank(label) if order is CellOrder.CLASS else ()), confidence, cell_id)

    beyond = None if after is None else _row_of(after)
    everything = chosen.images == HistoryFilter()
    images = [] if everything else filtering.page_ids(connection, chosen.images, None, _FEW_IMAGES + 1)
    if not everything and len(images) <= _FEW_IMAGES:
        rows = _gathered(connection, chosen, images)
        left = rows if beyond is None else [row for row in rows if key(row) > key(beyond)]
        kept = heapq.nsmallest(limit, left, key=key)
    else:
        where, values = _conditions(connection, chosen)
        if order is CellOrder.TIME:
            kept = _newest(connection, where, values, beyond, limit)
        else:
            labels = sorted(_labels(connection, chosen), key=rank)
            walked = _walked(connection, where, values, labels, order, rank, beyond, limit)
            kept = heapq.nsmallest(limit, walked, key=key)
    return listed_cells(connection, [row[0] for row in kept])


def _ranking(classes: Sequence[str]) -> Callable[[_Label], tuple[int, int, bytes]]:
    """Where the cells of a label stand among the others."""
    places = {_stored(class_id): place for place, class_id in enumerate(classes)}

    def rank(label: _Label) -> tuple[int, int, bytes]:
        if label is None:
            return 3, 0, b""
        if label == _UNIDENTIFIED:
            return 2, 0, b""
        return (0, places[label], b"") if label in places else (1, 0, label)

    return rank


def _stored(class_id: str) -> bytes:
    return class_id.encode("utf-8", "surrogatepass")


def _row_of(listed: ListedCell) -> _Row:
    """The row that the cell had when it was listed."""
    cell = listed.cell
    assert cell.id is not None
    label = None if listed.rejected else _stored(listed.label or "")
    return cell.id, label, cell.prediction.confidence if cell.prediction is not None else 0.0


def _own(chosen: CellFilter) -> tuple[str, tuple[object, ...]]:
    """What a filter says of the cells themselves, as SQL that begins with AND."""
    where, values = "", list[object]()
    if chosen.label or chosen.unidentified:
        where += " AND label IS ?"
        values.append(_stored(chosen.label))
    if chosen.reviewed is not None:
        where += " AND reviewed = ?"
        values.append(chosen.reviewed)
    return where, tuple(values)


def _gathered(connection: sqlite3.Connection, chosen: CellFilter, images: Sequence[int]) -> list[_Row]:
    """All chosen cells of some images."""
    where, values = _own(chosen)
    query = (
        "SELECT cell_id, label, confidence FROM cell CROSS JOIN cell_listing ON cell_id = cell.id "
        f"WHERE image_id IN (SELECT value FROM json_each(?)){where}"
    )
    return connection.execute(query, (ids_json(images), *values)).fetchall()


def _conditions(connection: sqlite3.Connection, chosen: CellFilter) -> tuple[str, tuple[object, ...]]:
    """A filter that chooses many images, as SQL over `cell_listing` that begins with AND."""
    where, values = _own(chosen)
    if chosen.images == HistoryFilter():
        return where, values
    span = filtering.span(connection, chosen.images)
    if span is not None:
        # Comparing with the ends of a range is cheaper than looking at the image of every cell on the way.
        ends = "SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM cell WHERE image_id BETWEEN ? AND ?"
        where += " AND cell_id BETWEEN ? AND ?"
        values += connection.execute(ends, span).fetchone()
    holds, wanted = filtering.holds(connection, chosen.images, "cell.image_id")
    where += f" AND EXISTS (SELECT 1 FROM cell WHERE cell.id = cell_listing.cell_id AND {holds})"
    return where, (*values, *wanted)


def _newest(
    connection: sqlite3.Connection, where: str, values: tuple[object, ...], beyond: _Row | None, limit: int
) -> list[_Row]:
    """The newest cells."""
    under = 2**62 if beyond is None else beyond[0]
    query = (
        "SELECT cell_id, label, confidence FROM cell_listing NOT INDEXED "
        f"WHERE cell_id < ?{where} ORDER BY cell_id DESC LIMIT ?"
    )
    return connection.execute(query, (under, *values, limit)).fetchall()


def _labels(connection: sqlite3.Connection, chosen: CellFilter) -> list[_Label]:
    """The labels that some cell has, or the one that is asked for."""
    if chosen.label or chosen.unidentified:
        return [_stored(chosen.label)]
    found: list[_Label] = []
    # From one to the next by the index: DISTINCT would read it all.
    query = "SELECT min(label) FROM cell_listing WHERE label > ?"
    row = connection.execute("SELECT min(label) FROM cell_listing").fetchone()
    while row[0] is not None:
        found.append(row[0])
        row = connection.execute(query, (row[0],)).fetchone()
    return [*found, None]


def _walked(
    connection: sqlite3.Connection,
    where: str,
    values: tuple[object, ...],
    labels: Sequence[_Label],
    order: CellOrder,
    rank: Callable[[_Label], tuple[int, int, bytes]],
    beyond: _Row | None,
    limit: int,
) -> Iterator[_Row]:
    """The first cells of each label beyond that one; in the order of classes no more than fill a page."""
    query = (
        "SELECT cell_id, label, confidence FROM cell_listing INDEXED BY cell_listing_label "
        f"WHERE label IS ? AND (confidence, cell_id) > (?, ?){where} ORDER BY confidence, cell_id LIMIT ?"
    )
    start = (-1.0, 0) if beyond is None else (beyond[2], beyond[0])
    room = limit
    for label in labels:
        begin = start
        if order is CellOrder.CLASS and beyond is not None and rank(label) != rank(beyond[1]):
            if rank(label) < rank(beyond[1]):
                continue
            begin = (-1.0, 0)
        found = connection.execute(query, (label, *begin, *values, room)).fetchall()
        yield from found
        if order is CellOrder.CLASS:
            room -= len(found)
            if not room:
                return

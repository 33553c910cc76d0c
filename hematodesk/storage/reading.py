"""Builds images, cells and sessions from rows. Every function runs inside a transaction of its caller."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hematodesk.domain.cells import (
    Cell,
    CellOrigin,
    ImageResult,
    ImageStatus,
    Prediction,
    Provenance,
    Review,
    UncertainReason,
    Verdict,
)
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage, ImageSummary, ListedCell, ReviewState, Session
from hematodesk.domain.operators import Operator
from hematodesk.storage.text import fault_of, pack_text, unpack_text

Row = tuple[Any, ...]

_CELLS = """
SELECT cell.image_id, cell.id, x, y, w, h, origin, score, note, removed,
    ranked, uncertain, prediction.elapsed_ms, prediction.created_at,
    model, version, sha256, requested, provider,
    verdict, class_id, operator, review.created_at
FROM cell
LEFT JOIN prediction ON prediction.id = (SELECT max(id) FROM prediction WHERE cell_id = cell.id)
LEFT JOIN maker ON maker.id = maker_id
LEFT JOIN review ON review.id = (SELECT max(id) FROM review WHERE cell_id = cell.id)
"""

_IMAGES = """
SELECT id, session_id, name, path, digest, width, height, status, fault_code, fault_message,
    fault_remedy, fault_templates, notices, red_cell_diameter, elapsed_ms, created_at, note
FROM image
"""

SUMMARY_COLUMNS = (
    "image.id, image.session_id, name, image.status, created_at, cell_count, image.uncertain_count, "
    "image.labels, confidence, image.review_state, fault_code, has_note, image.notices"
)

_IN_IDS = "IN (SELECT value FROM json_each(?))"


def ids_json(ids: Iterable[int]) -> str:
    """Ids for a `json_each` parameter, which has no limit of a thousand as `IN (?, ?, …)` has."""
    return json.dumps([int(number) for number in ids])


def cells_of(connection: sqlite3.Connection, image_ids: Sequence[int]) -> dict[int, tuple[Cell, ...]]:
    """The cells of images, in the order in which they were saved; no entry for an image without."""
    found: defaultdict[int, list[Cell]] = defaultdict(list)
    query = f"{_CELLS} WHERE cell.image_id {_IN_IDS} ORDER BY cell.id"
    for row in connection.execute(query, (ids_json(image_ids),)):
        found[row[0]].append(_cell(row))
    return {image_id: tuple(cells) for image_id, cells in found.items()}


def cell_and_image(connection: sqlite3.Connection, cell_id: int) -> tuple[Cell, int] | None:
    """The cell with that id and its image's id, deleted images left out."""
    row = connection.execute(
        f"{_CELLS} WHERE cell.id = ? AND cell.image_id IN (SELECT image_id FROM listing)",
        (cell_id,),
    ).fetchone()
    return None if row is None else (_cell(row), row[0])


def listed_cells(connection: sqlite3.Connection, ids: Sequence[int]) -> list[ListedCell]:
    """Cells with what the list says of them, in the order of the ids."""
    wanted = ids_json(ids)
    cells = {row[1]: _cell(row) for row in connection.execute(f"{_CELLS} WHERE cell.id {_IN_IDS}", (wanted,))}
    query = (
        "SELECT cell.id, image.id, session_id, name, created_at, "
        "(SELECT count(*) FROM cell AS other "
        "WHERE other.image_id = image.id AND other.id <= cell.id AND NOT other.removed) "
        f"FROM cell JOIN image ON image.id = image_id WHERE cell.id {_IN_IDS}"
    )
    places = {row[0]: row[1:] for row in connection.execute(query, (wanted,))}
    found = []
    for cell_id in ids:
        image_id, session_id, name, created_at, number = places[cell_id]
        found.append(ListedCell(image_id, session_id, unpack_text(name), created_at, number, cells[cell_id]))
    return found


def _cell(row: Row) -> Cell:
    return Cell(
        box=Box(*row[2:6]),
        origin=CellOrigin(row[6]),
        score=row[7],
        prediction=None if row[10] is None else _prediction(row[10:19]),
        review=None if row[19] is None else review_of(row[19:23]),
        note=unpack_text(row[8]),
        removed=bool(row[9]),
        id=row[1],
    )


def _prediction(row: Row) -> Prediction:
    ranked, uncertain, elapsed_ms, created_at, *maker = row
    model, version, sha256, requested, provider = (unpack_text(value) for value in maker)
    return Prediction(
        ranked=tuple((class_id, probability) for class_id, probability in json.loads(ranked)),
        uncertain=None if uncertain is None else UncertainReason(uncertain),
        provenance=Provenance(model, version, sha256, requested, provider, elapsed_ms, created_at),
    )


def review_of(row: Row) -> Review:
    """A verdict of (verdict, class_id, operator, created_at)."""
    verdict, class_id, operator, created_at = row
    return Review(
        Verdict(verdict),
        None if class_id is None else unpack_text(class_id),
        Operator.named(unpack_text(operator)),
        created_at,
    )


def images_of(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, HistoryImage]:
    """Images with their cells and without thumbnails; deleted and unknown ids have no entry."""
    cells = cells_of(connection, ids)
    query = f"{_IMAGES} WHERE id {_IN_IDS} AND deleted_at IS NULL"
    return {row[0]: _image(row, cells.get(row[0], ())) for row in connection.execute(query, (ids_json(ids),))}


def _image(row: Row, cells: tuple[Cell, ...]) -> HistoryImage:
    result = ImageResult(
        name=unpack_text(row[2]),
        path=unpack_text(row[3]),
        digest=unpack_text(row[4]),
        width=row[5],
        height=row[6],
        status=ImageStatus(row[7]),
        cells=cells,
        fault=None if row[8] is None else fault_of(row[8:12]),
        notices=tuple(json.loads(row[12])),
        red_cell_diameter=row[13],
        elapsed_ms=row[14],
        created_at=row[15],
    )
    return HistoryImage(row[0], row[1], result, unpack_text(row[16]))


def whole_image(connection: sqlite3.Connection, image_id: int) -> HistoryImage | None:
    """One image with its cells and thumbnail; None when it is deleted or unknown."""
    found = images_of(connection, [image_id]).get(image_id)
    if found is None:
        return None
    jpeg = thumbnails_of(connection, [image_id]).get(image_id, b"")
    return replace(found, result=replace(found.result, thumbnail=jpeg))


def latest_with_digest(connection: sqlite3.Connection, digest: str) -> int | None:
    """The id of the newest image with that digest that is not deleted; none has the empty digest."""
    query = "SELECT max(id) FROM image WHERE digest = ? AND digest <> '' AND deleted_at IS NULL"
    row = connection.execute(query, (pack_text(digest),)).fetchone()
    return None if row[0] is None else int(row[0])


def with_digest(
    connection: sqlite3.Connection, digest: str, run_id: int | None, limit: int
) -> list[HistoryImage]:
    """Images with that digest, newest first, without thumbnails; of one batch run, if it is named."""
    within = "" if run_id is None else "AND id IN (SELECT image_id FROM run_image WHERE run_id = ?)"
    query = (
        f"SELECT id FROM image WHERE digest = ? AND digest <> '' AND deleted_at IS NULL {within} "
        "ORDER BY id DESC LIMIT ?"
    )
    values = (pack_text(digest), limit) if run_id is None else (pack_text(digest), run_id, limit)
    ids = [row[0] for row in connection.execute(query, values)]
    found = images_of(connection, ids) if ids else {}
    return [found[image_id] for image_id in ids]


def thumbnails_of(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, bytes]:
    """JPEG bytes by image id; no entry for an image without."""
    query = f"SELECT image_id, jpeg FROM thumbnail WHERE image_id {_IN_IDS}"
    return dict(connection.execute(query, (ids_json(ids),)).fetchall())


def reviews_of(connection: sqlite3.Connection, cell_id: int) -> list[Review | None]:
    """Every verdict on a cell, oldest first; None where one was withdrawn."""
    query = "SELECT verdict, class_id, operator, created_at FROM review WHERE cell_id = ? ORDER BY id"
    return [None if row[0] is None else review_of(row) for row in connection.execute(query, (cell_id,))]


def predictions_of(connection: sqlite3.Connection, cell_id: int) -> list[Prediction]:
    """Every prediction of a cell, oldest first."""
    query = (
        "SELECT ranked, uncertain, elapsed_ms, created_at, model, version, sha256, requested, provider "
        "FROM prediction JOIN maker ON maker.id = maker_id WHERE cell_id = ? ORDER BY prediction.id"
    )
    return [_prediction(row) for row in connection.execute(query, (cell_id,))]


def sessions_of(connection: sqlite3.Connection, include_empty: bool) -> list[Session]:
    """Sessions, newest first."""
    query = (
        "SELECT id, operator, started_at, ended_at, image_count FROM session "
        "WHERE image_count > 0 OR ? ORDER BY id DESC"
    )
    return [
        Session(row[0], Operator.named(unpack_text(row[1])), *row[2:])
        for row in connection.execute(query, (include_empty,))
    ]


def summary_of(row: Row) -> ImageSummary:
    """One row of SUMMARY_COLUMNS."""
    return ImageSummary(
        id=row[0],
        session_id=row[1],
        name=unpack_text(row[2]),
        status=ImageStatus(row[3]),
        created_at=row[4],
        cell_count=row[5],
        uncertain_count=row[6],
        labels=tuple((class_id, count) for class_id, count in json.loads(row[7])),
        confidence=row[8],
        review_state=ReviewState(row[9]),
        fault_code="" if row[10] is None else unpack_text(row[10]),
        has_note=bool(row[11]),
        # Of most rows without a parser's time.
        notices=() if row[12] == "[]" else tuple(json.loads(row[12])),
    )

"""Batch runs: options, progress and images. Every function runs inside a caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any

from hematodesk.domain.cells import Fault, ImageStatus, now_utc
from hematodesk.domain.history import Run, RunFailure, RunOptions, RunState, RunSummary
from hematodesk.storage.text import fault_of, pack_text, unpack_text

_COLUMNS = "id, roots, options, model, version, sha256, state, total, done, failed, started_at, ended_at"
_MOST_FAILURES = 5_000
"""More failures are counted, not listed."""


def insert(connection: sqlite3.Connection, options: RunOptions, total: int | None) -> int:
    """Begin a run; returns its id."""
    cursor = connection.execute(
        "INSERT INTO run (roots, options, model, version, sha256, state, total, started_at) "
        "VALUES (?, ?, ?, ?, ?, 'going', ?, ?)",
        (
            json.dumps(options.roots),
            json.dumps(_packed(options)),
            pack_text(options.model),
            pack_text(options.version),
            pack_text(options.sha256),
            total,
            now_utc(),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _packed(options: RunOptions) -> dict[str, bool | int]:
    packed: dict[str, bool | int] = {"whole_image": options.whole_image, "again": options.again}
    if options.page is not None:
        packed["page"] = options.page
    return packed


def tell(connection: sqlite3.Connection, run_id: int, total: int | None, done: int, failed: int) -> None:
    """Record the progress of a run."""
    connection.execute(
        "UPDATE run SET total = ?, done = ?, failed = ? WHERE id = ?", (total, done, failed, run_id)
    )


def set_state(connection: sqlite3.Connection, run_id: int, state: RunState) -> None:
    """Record that a run continues or has ended."""
    ended = "" if state is RunState.GOING else now_utc()
    connection.execute("UPDATE run SET state = ?, ended_at = ? WHERE id = ?", (state, ended, run_id))


def add_images(connection: sqlite3.Connection, run_id: int, image_ids: Iterable[int]) -> None:
    """Add images to the run's answers."""
    connection.executemany(
        "INSERT OR IGNORE INTO run_image VALUES (?, ?)", [(run_id, image_id) for image_id in image_ids]
    )


def failures(connection: sqlite3.Connection, run_id: int) -> dict[str, int]:
    """The failed images of a run, by path; those with a user's note are left out."""
    query = (
        "SELECT path, id FROM image JOIN run_image ON run_image.image_id = image.id "
        "WHERE run_id = ? AND status = 'error' AND note = '' AND deleted_at IS NULL"
    )
    return {unpack_text(path): image_id for path, image_id in connection.execute(query, (run_id,)) if path}


def unfinished(connection: sqlite3.Connection, limit: int) -> list[Run]:
    """Runs that are going or were stopped or cut off, newest first.

    Progress is recorded at intervals; images saved since then count as done, too.
    """
    saved = "(SELECT count(*) FROM run_image WHERE run_id = run.id)"
    columns = _COLUMNS.replace(" done,", f" max(done, {saved}),")
    query = f"SELECT {columns} FROM run WHERE state <> 'done' ORDER BY id DESC LIMIT ?"
    return [_run(row) for row in connection.execute(query, (limit,))]


def one(connection: sqlite3.Connection, run_id: int) -> Run | None:
    """A run by its id."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM run WHERE id = ?", (run_id,)).fetchone()
    return None if row is None else _run(row)


def _run(row: tuple[Any, ...]) -> Run:
    options = json.loads(row[2])
    return Run(
        row[0],
        RunOptions(
            tuple(json.loads(row[1])),
            unpack_text(row[3]),
            unpack_text(row[4]),
            unpack_text(row[5]),
            whole_image=options["whole_image"],
            again=options["again"],
            page=options.get("page"),
        ),
        RunState(row[6]),
        *row[7:],
    )


def summary(connection: sqlite3.Connection, run_id: int) -> RunSummary:
    """What a run's images hold, as the history has them now; deleted ones are left out."""
    query = (
        "SELECT id, name, status, labels, cell_count, uncertain_count, fault_code, fault_message, "
        "fault_remedy, fault_templates FROM image "
        "JOIN run_image ON run_image.image_id = image.id WHERE run_id = ? AND deleted_at IS NULL ORDER BY id"
    )
    cells: Counter[str] = Counter()
    images: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    failures: list[RunFailure] = []
    uncertain = count = 0
    for image_id, name, status, labels, cell_count, doubtful, *fault in connection.execute(query, (run_id,)):
        statuses[status] += 1
        count += cell_count
        uncertain += doubtful > 0
        for class_id, number in json.loads(labels):
            cells[class_id] += number
            images[class_id] += 1
        if status == ImageStatus.ERROR and len(failures) < _MOST_FAILURES:
            told = Fault("", "") if fault[0] is None else fault_of(fault)
            failures.append(RunFailure(image_id, unpack_text(name), told.code, told.message))
    return RunSummary(
        run_id,
        images=sum(statuses.values()),
        cells=count,
        classes=tuple((class_id, number, images[class_id]) for class_id, number in cells.most_common()),
        uncertain=uncertain,
        without_cells=statuses[ImageStatus.NO_CELL],
        failed=statuses[ImageStatus.ERROR],
        failures=tuple(failures),
    )

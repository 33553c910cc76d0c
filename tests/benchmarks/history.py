"""The history with a million predictions: opening, filters, counts and saving."""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from common import Row

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
from hematodesk.domain.classes import WBC4
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import CellFilter, CellOrder, HistoryFilter, ReviewState
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History

IMAGES = 1_000_000
NOTED = 20
"""One image in so many carries a note."""
GROUP = 2_000
SESSION_IMAGES = 4_000
BEGIN = datetime(2024, 1, 1, 8, tzinfo=UTC)


def made_up_results(seed: int = 7) -> Iterator[ImageResult]:
    """Endless single-cell images as a laboratory of some years makes them: skewed classes, few reviews."""
    chance = random.Random(seed)
    for number in itertools.count():
        when = (BEGIN + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        order = chance.choices(WBC4, weights=(3, 30, 7, 60))
        order += [other for other in WBC4 if other != order[0]]
        confidence = 0.4 + 0.6 * chance.random()
        ranked = ((order[0], confidence), *((other, (1 - confidence) / 3) for other in order[1:]))
        uncertain = UncertainReason.LOW_CONFIDENCE if confidence < 0.43 else None
        provenance = Provenance("wbc4", "1.0.0", "a" * 64, "auto", "cpu", 4.2, when)
        review = (
            Review(Verdict.AGREED, order[0], Operator.named("someone"), when)
            if chance.random() < 0.3
            else None
        )
        cell = Cell(
            Box(chance.randrange(400), chance.randrange(300), 90, 88),
            CellOrigin.LOCATED,
            chance.random(),
            Prediction(ranked, uncertain, provenance),
            review,
        )
        batch = chance.choice(("anna", "bert", "Zoë"))
        name = f"smear_{chance.randrange(100_000):05d}_{batch}_{number % 50}.jpg"
        yield ImageResult(
            name=name,
            path=f"/fields/{when[:10]}/{name}",
            digest=f"{chance.getrandbits(256):064x}",
            width=640,
            height=480,
            status=ImageStatus.OK,
            cells=(cell,),
            # The real ones have 2 to 3 KB, in a table of their own that no filter reads.
            thumbnail=b"\xff" * 100,
            elapsed_ms=12.5,
            created_at=when,
        )


def fill(history: History, images: int) -> float:
    """Save that many images as a batch does; returns images a second."""
    results = made_up_results()
    begin = time.perf_counter()
    for number in range(0, images, GROUP):
        if number % SESSION_IMAGES == 0:
            session = history.begin_session(Operator.named("someone"))
        history.save_results(session, list(itertools.islice(results, min(GROUP, images - number))))
    return images / (time.perf_counter() - begin)


def write_notes(path: Path) -> None:
    """Notes as somebody writes them over years, all at once."""
    with contextlib.closing(sqlite3.connect(path)) as plain, plain:
        plain.execute(
            "UPDATE image SET has_note = 1, note = 'smudged at the edge, look again at film ' || id "
            f"WHERE id % {NOTED} = 0"
        )


def timed(work: Callable[[], object], times: int = 9) -> float:
    """Median of some runs in milliseconds."""
    passed = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        passed.append((time.perf_counter() - begin) * 1000)
    return statistics.median(passed)


def bare_scan(path: Path) -> float:
    """What SQLite needs to look through all the names without anything of ours, in milliseconds."""
    plain = sqlite3.connect(path)
    try:
        return timed(
            lambda: plain.execute("SELECT count(*) FROM image WHERE name LIKE '%nobody%'").fetchone()
        )
    finally:
        plain.close()


FILTERS = {
    "no filter": HistoryFilter(),
    "name in a third of them": HistoryFilter(text="ZOË"),
    "name in some ten of them": HistoryFilter(text="_04217_"),
    "name in none": HistoryFilter(text="nobody"),
    "note in a twentieth of them": HistoryFilter(text="SMUDGED"),
    "note in one of them": HistoryFilter(text="film 400000"),
    "rare class": HistoryFilter(class_id="eosinophil"),
    "class in none": HistoryFilter(class_id="basophil"),
    "uncertain": HistoryFilter(uncertain_only=True),
    "one old month": HistoryFilter(since="2024-02-01", until="2024-03-01"),
    "one session": HistoryFilter(session_id=7),
    "name, class, state and dates": HistoryFilter(
        text="anna",
        class_id="lymphocyte",
        review_state=ReviewState.DONE,
        since="2024-01-01",
        until="2024-06-01",
    ),
}


CELLS = {
    "all": CellFilter(),
    "of a common class": CellFilter(label="neutrophil"),
    "of a class that none has": CellFilter(label="basophil"),
    "unidentified": CellFilter(unidentified=True),
    "reviewed": CellFilter(reviewed=True),
    "of one session": CellFilter(HistoryFilter(session_id=7)),
    "of one old month": CellFilter(HistoryFilter(since="2024-02-01", until="2024-03-01")),
    "name in a third of the images": CellFilter(HistoryFilter(text="ZOË")),
    "name in none": CellFilter(HistoryFilter(text="nobody")),
}


def cell_rows(history: History, held: str) -> Iterator[Row]:
    """The first page and one further on, of cells in each order."""
    for what, chosen in CELLS.items():
        for order in CellOrder:
            first = history.cells_page(chosen, order)
            last = first[-1] if first else None
            begun = timed(lambda chosen=chosen, order=order: history.cells_page(chosen, order))
            on = timed(lambda chosen=chosen, order=order, last=last: history.cells_page(chosen, order, last))
            yield Row(
                f"history of {held}: cells, {what}, by {order}",
                f"first page {begun:.0f} ms, next {on:.0f} ms",
                "",
                "100 ms",
                max(begun, on) <= 100,
            )


def run(images: int = IMAGES) -> list[Row]:
    """Opening, every filter's first page and count, and one review, with that many predictions."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite3"
        history = History.open(path)
        speed = fill(history, images)
        history.close()
        write_notes(path)
        held = f"{images:,} predictions"
        size = f"{path.stat().st_size / 1e6:,.0f} MB"
        opened = timed(lambda: History.open(path).close())
        rows = [
            Row(
                f"history of {held}: open",
                f"{opened:.0f} ms",
                f"{size}; saved at {speed:,.0f} images/s",
                "1 s",
                opened <= 1000,
            )
        ]
        scanned = f"bare scan of all names {bare_scan(path):.0f} ms"
        history = History.open(path)
        for what, chosen in FILTERS.items():
            listed = timed(lambda chosen=chosen: history.page(chosen))
            counted = timed(lambda chosen=chosen: history.count(chosen))
            rows.append(
                Row(
                    f"history of {held}: {what}",
                    f"page {listed:.0f} ms, count {counted:.0f} ms",
                    scanned,
                    "100 ms",
                    max(listed, counted) <= 100,
                )
            )
        rows += cell_rows(history, held)
        cell_id = history.image(images // 2).result.cells[0].id
        assert cell_id is not None
        review = Review(Verdict.CORRECTED, "monocyte", Operator.named("someone"), "2026-01-01T00:00:00.000Z")
        reviewed = timed(lambda: history.set_review(cell_id, review), 20)
        rows.append(Row("one review, on the disk", f"{reviewed:.0f} ms", "", "100 ms", reviewed <= 100))
        history.close()
        return rows

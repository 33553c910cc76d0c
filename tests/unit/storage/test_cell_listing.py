"""The list of cells agrees with a plain reading of the images, in every order and page by page."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from hematodesk.domain.cells import Review, Verdict
from hematodesk.domain.classes import CELL_CLASSES
from hematodesk.domain.history import CellFilter, CellOrder, HistoryFilter, ListedCell
from hematodesk.domain.operators import Operator
from hematodesk.storage import cell_pages
from hematodesk.storage.history import History

WHEN = "2026-03-04T06:00:00.000Z"
CLASSES = ("neutrophil", "monocyte", "eosinophil", "blast_of_ours", "x\ud800", "'", "red_cell")
ORDER = tuple(CELL_CLASSES)


@pytest.fixture(params=[0, 5_000], ids=["walked", "gathered"])
def filled(history: History, result, cell, monkeypatch: pytest.MonkeyPatch, request) -> History:
    """Images of two sessions with cells of all kinds, read in the way for many and in that for few images."""
    monkeypatch.setattr(cell_pages, "_FEW_IMAGES", request.param)
    chance = random.Random(3)
    sessions = [history.begin_session(Operator.named(name)) for name in ("Ada", "Bo")]
    for number in range(60):
        cells = [
            replace(
                cell(
                    chance.choice((*CLASSES, None)),
                    chance.choice((0.2, 0.5, 0.9, chance.random())),
                    chance.random() < 0.2,
                ),
                removed=chance.random() < 0.1,
            )
            for _ in range(chance.randrange(4))
        ]
        when = f"2026-03-{1 + number // 3:02}T05:06:07.008Z"
        session = sessions[number % 2]
        saved = history.save_result(session, result(f"{number}.jpg", *cells, when=when))
        for each in saved.result.cells:
            assert each.id is not None
            if chance.random() < 0.4:
                verdict = chance.choice(tuple(Verdict))
                class_id = None if verdict is Verdict.REJECTED else chance.choice(CLASSES)
                history.set_review(each.id, Review(verdict, class_id, Operator.named("Ada"), WHEN))
                if chance.random() < 0.3:
                    history.set_review(each.id, None)
            elif chance.random() < 0.1:
                history.set_cell_removed(each.id, True)
    history.add_cell(7, cell("monocyte", 0.31))
    history.set_image_note(11, "Auer rods, field 3")
    history.set_cell_note(1, "ÄUER")
    gone = history.delete_images([3, 4, 20, 21])
    history.restore_images(gone[:2])
    return history


def plainly(history: History, chosen: CellFilter, order: CellOrder) -> list[tuple[int, int]]:
    """(image, cell id) of the chosen cells by reading every image."""
    rows = []
    for summary in history.page(chosen.images, limit=1000):
        cells = history.image(summary.id).result.cells
        for number, each in enumerate((cell for cell in cells if not cell.removed), start=1):
            rows.append(ListedCell(summary.id, summary.session_id, summary.name, "", number, each))
    kept = [
        row
        for row in rows
        if (not chosen.label or row.label == chosen.label)
        and (not chosen.unidentified or (row.label is None and not row.rejected))
        and chosen.reviewed in (None, row.cell.review is not None)
    ]

    def place(row: ListedCell) -> tuple[int, int, bytes]:
        if row.label is None:
            return (3 if row.rejected else 2), 0, b""
        if row.label in ORDER:
            return 0, ORDER.index(row.label), b""
        return 1, 0, row.label.encode("utf-8", "surrogatepass")

    def sureness(row: ListedCell) -> float:
        return row.cell.prediction.confidence if row.cell.prediction is not None else 0.0

    keys = {
        CellOrder.TIME: lambda row: -row.cell.id,
        CellOrder.CLASS: lambda row: (place(row), sureness(row), row.cell.id),
        CellOrder.CONFIDENCE: lambda row: (sureness(row), row.cell.id),
    }
    return [(row.image_id, row.cell.id) for row in sorted(kept, key=keys[order])]


def paged(history: History, chosen: CellFilter, order: CellOrder, limit: int) -> list[ListedCell]:
    found: list[ListedCell] = []
    while page := history.cells_page(chosen, order, found[-1] if found else None, limit):
        assert len(page) <= limit
        found += page
    return found


IMAGES = (
    HistoryFilter(),
    HistoryFilter(session_id=2),
    HistoryFilter(text="3"),
    HistoryFilter(text="äuer"),
    HistoryFilter(text="3", names_only=True),
    HistoryFilter(class_id="monocyte", since="2026-03-05"),
    HistoryFilter(text="nobody"),
)
CELLS = (
    CellFilter(),
    CellFilter(label="neutrophil"),
    CellFilter(label="x\ud800"),
    CellFilter(label="basophil"),
    CellFilter(unidentified=True),
    CellFilter(reviewed=True),
    CellFilter(label="monocyte", reviewed=False),
)


@pytest.mark.parametrize("order", CellOrder)
def test_pages_are_what_the_images_say(filled: History, order: CellOrder) -> None:
    for chosen, images in itertools.product(CELLS, IMAGES):
        wanted = replace(chosen, images=images)
        plain = plainly(filled, wanted, order)
        for limit in (1, 7, 1000):
            found = paged(filled, wanted, order, limit)
            assert [(row.image_id, row.cell.id) for row in found] == plain, (wanted, limit)
    assert filled.check(values=True) == []


def test_a_listed_cell_says_where_it_is(filled: History) -> None:
    for row in filled.cells_page(limit=1000):
        image = filled.image(row.image_id)
        standing = [cell for cell in image.result.cells if not cell.removed]
        assert standing[row.number - 1] == row.cell
        assert (row.session_id, row.image_name) == (image.session_id, image.result.name)
        assert row.analysed_at == image.result.created_at


@pytest.mark.parametrize("order", CellOrder)
def test_pages_go_on_after_a_cell_that_was_changed(filled: History, order: CellOrder) -> None:
    before = [row.cell.id for row in filled.cells_page(order=order, limit=1000)]
    page = filled.cells_page(order=order, limit=10)
    last = page[-1]
    assert last.cell.id is not None
    filled.set_review(last.cell.id, Review(Verdict.CORRECTED, "of_nobody_else", Operator.named("Ada"), WHEN))
    filled.delete_images([last.image_id])
    of_image = {cell.id for cell in (row.cell for row in filled.cells_page(limit=1000))}
    after = [row.cell.id for row in filled.cells_page(order=order, after=last, limit=1000)]
    assert after == [cell_id for cell_id in before[10:] if cell_id in of_image]


def test_a_row_that_lies_is_found(filled: History) -> None:
    with filled._database.write() as connection:
        connection.execute("UPDATE cell_listing SET reviewed = 1 - reviewed WHERE cell_id = 5")
    image_id = filled.image_of_cell(5)
    assert filled.check(values=True) == [f"Image {image_id} differs from its line in the list."]


def test_the_walk_reads_the_index_and_sorts_nothing(filled: History) -> None:
    with filled._database.read() as connection:
        seen: list[str] = []
        connection.set_trace_callback(seen.append)
        cell_pages.page(connection, CellFilter(), CellOrder.CLASS, ORDER, None, 5)
        connection.set_trace_callback(None)
        walks = [query for query in seen if "INDEXED BY" in query]
        assert walks
        for query in walks:
            (step,) = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
            assert step.startswith("SEARCH cell_listing USING COVERING INDEX cell_listing_label (label=? AND")


def test_a_damaged_prediction_keeps_no_other_image_from_coming_back(history: History, result, cell) -> None:
    session = history.begin_session(Operator.named("Ada"))
    images = [history.save_result(session, result(name, cell(), cell())) for name in ("a", "b")]
    ids = [image.id for image in images]
    with history._database.write() as connection:
        connection.execute("UPDATE prediction SET ranked = '[[' WHERE id = 1")
        connection.execute("UPDATE prediction SET ranked = '[]' WHERE id = 2")
    history.delete_images(ids)
    assert history.restore_images(ids) == ids
    with history._database.read() as connection:
        rows = connection.execute("SELECT label, confidence FROM cell_listing ORDER BY cell_id").fetchall()
    assert rows == [(b"", 0.0), (b"", 0.0), (b"neutrophil", 0.9), (b"neutrophil", 0.9)]

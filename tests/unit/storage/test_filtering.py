"""Filters, counts and pages agree with a plain reading of the same images."""

from __future__ import annotations

import sqlite3
import tempfile
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hematodesk.domain.cells import ImageResult, ImageStatus, Review, Verdict
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.domain.operators import Operator
from hematodesk.storage import filtering
from hematodesk.storage.history import History
from hematodesk.storage.text import fold, pack_text, unpack_text

DONE = Review(Verdict.AGREED, "monocyte", Operator.named("Ada"), "2026-03-04T06:00:00.000Z")


def names(history: History, **fields: object) -> list[str]:
    chosen = HistoryFilter(**fields)
    found = [row.name for row in history.page(chosen, limit=1000)]
    assert history.count(chosen) == len(found)
    return found


@pytest.fixture
def filled(history, result, cell):
    first = history.begin_session(Operator.named("Ada"))
    second = history.begin_session(Operator.named("Bo"))
    saved = history.save_results(
        first,
        [
            result("Ärger.jpg", cell("neutrophil"), when="2026-03-01T10:00:00.000Z"),
            result("plain.JPG", cell("monocyte"), cell("neutrophil"), when="2026-03-01T23:59:59.999Z"),
        ],
    )
    history.set_review(saved[1].result.cells[0].id, DONE)
    history.save_results(
        second,
        [
            # The clock of this machine went back after the first session.
            result("ΣΊΣΥΦΟΣ", cell("monocyte", 0.4, uncertain=True), when="2026-02-28T00:00:00.000Z"),
            result("100%_a.png", when="2026-03-02T00:00:00.000Z"),
        ],
    )
    return history


def test_each_field(filled):
    everything = ["100%_a.png", "ΣΊΣΥΦΟΣ", "plain.JPG", "Ärger.jpg"]
    assert names(filled) == everything
    assert names(filled, text=".jpg") == ["plain.JPG", "Ärger.jpg"]
    assert names(filled, text="ÄRG") == ["Ärger.jpg"]
    assert names(filled, text=unicodedata.normalize("NFD", "ärg")) == ["Ärger.jpg"]
    assert names(filled, text="σίσυφος") == ["ΣΊΣΥΦΟΣ"]
    assert names(filled, text="%_") == ["100%_a.png"]
    assert names(filled, text="l_i") == []
    assert names(filled, class_id="neutrophil") == ["plain.JPG", "Ärger.jpg"]
    assert names(filled, class_id="neutro") == []
    assert names(filled, uncertain_only=True) == ["ΣΊΣΥΦΟΣ"]
    assert names(filled, status=ImageStatus.NO_CELL) == ["100%_a.png"]
    assert names(filled, review_state=ReviewState.PARTLY) == ["plain.JPG"]
    assert names(filled, review_state=ReviewState.NONE) == ["100%_a.png"]
    assert names(filled, session_id=1) == ["plain.JPG", "Ärger.jpg"]
    assert names(filled, session_id=7) == []
    assert names(filled, text="p", session_id=1, class_id="monocyte", since="2026-03-01") == ["plain.JPG"]


def test_notes_are_searched_with_the_names(filled):
    ids = {row.name: row.id for row in filled.page(HistoryFilter())}
    filled.set_image_note(ids["Ärger.jpg"], "Smudged ÉDGE,\nplain otherwise")
    cell = filled.image(ids["plain.JPG"]).result.cells[1]
    filled.set_cell_note(cell.id, "a blast?")
    assert names(filled, text="édge") == ["Ärger.jpg"]
    assert names(filled, text="E\u0301DGE") == ["Ärger.jpg"]
    assert names(filled, text="BLAST") == ["plain.JPG"]
    assert names(filled, text="plain") == ["plain.JPG", "Ärger.jpg"], "once each, newest first"
    assert names(filled, text="plain", names_only=True) == ["plain.JPG"]
    assert names(filled, text="plain", session_id=2) == []
    assert names(filled, text="plain", class_id="monocyte") == ["plain.JPG"]
    assert names(filled, text="blast", until="2026-03-01") == []
    assert [row.name for row in filled.page(HistoryFilter(text="plain"), limit=1)] == ["plain.JPG"]
    chosen = HistoryFilter(text="a")
    everything = filled.page(chosen)
    one_by_one = [filled.page(chosen, after=beyond, limit=1)[0] for beyond in [None, *everything[:-1]]]
    assert one_by_one == everything
    filled.set_cell_note(cell.id, "")
    assert names(filled, text="blast") == []
    filled.set_image_note(ids["Ärger.jpg"], "\ud800 odd")
    assert names(filled, text="odd") == ["Ärger.jpg"]
    filled.delete_images([ids["Ärger.jpg"]])
    assert names(filled, text="odd") == []


def test_what_has_no_note_is_not_read_for_a_search_in_notes(filled):
    ran: list[str] = []
    with closing(sqlite3.connect(filled.path)) as connection:
        connection.set_trace_callback(ran.append)
        filtering.page_ids(connection, HistoryFilter(text="smudged"), None, 10)
        connection.set_trace_callback(None)
        queries = [query for query in ran if "note" in query]
        plans = [
            " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {each}")) for each in queries
        ]
    assert len(plans) == 2
    for plan in plans:
        for index in ("image_noted", "cell_noted"):
            assert f"USING COVERING INDEX {index}" in plan


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-03-01", "", ["100%_a.png", "plain.JPG", "Ärger.jpg"]),
        ("", "2026-03-01", ["ΣΊΣΥΦΟΣ"]),
        ("2026-03-01", "2026-03-02", ["plain.JPG", "Ärger.jpg"]),
        ("2026-03-01T10:00:00.000Z", "2026-03-01T23:59:59.999Z", ["Ärger.jpg"]),
        ("2026-03-01T10:00:00.001Z", "2026-03-02T00:00:00.001Z", ["100%_a.png", "plain.JPG"]),
        ("2026-02-27T22:00:00Z", "2026-03-01T10:30:00+00:00", ["ΣΊΣΥΦΟΣ", "Ärger.jpg"]),
        ("2026-03-01T01:00:00+02:00", "", ["100%_a.png", "plain.JPG", "Ärger.jpg"]),
        ("2026-03-01T12:00:00", "2026-03-01T11:00:00", []),
        ("2026-03-05", "2026-03-01", []),
    ],
)
def test_dates(filled, since, until, expected):
    assert names(filled, since=since, until=until) == expected
    assert names(filled, since=since, until=until, text=".") == [name for name in expected if "." in name]


def test_a_date_that_is_none_is_told(filled):
    for chosen in (HistoryFilter(since="last week"), HistoryFilter(until="31.12.2026")):
        for work in (filled.page, filled.count):
            with pytest.raises(HistoryError) as caught:
                work(chosen)
            assert caught.value.code == "filter_invalid"


def test_pages_follow_each_other_while_images_come_and_go(history, result, cell):
    session = history.begin_session(Operator.named("Ada"))
    saved = history.save_results(session, [result(f"n{n}", cell()) for n in range(600)])
    chosen = HistoryFilter(text="N", class_id="neutrophil")
    seen = history.page(chosen, limit=250)
    history.delete_images([seen[-1].id])
    history.save_result(session, result("new one", cell()))
    while page := history.page(chosen, after=seen[-1], limit=250):
        seen += page
    assert [row.id for row in seen] == [image.id for image in reversed(saved)]


def test_a_search_reads_the_list_by_ids_and_builds_nothing(filled):
    chosen = HistoryFilter(text="a", class_id="monocyte", review_state=ReviewState.DONE, since="2026-01-01")
    with filled._database.read() as connection:
        source, where, values = filtering._rows(connection, filtering._choice(chosen))
        query = f"EXPLAIN QUERY PLAN SELECT count(*) FROM {source} WHERE {where}"
        plan = [row[3] for row in connection.execute(query, values)]
    assert [step.split(" ", 2)[:2] for step in plan] == [["SEARCH", "name_block"], ["SEARCH", "listing"]]
    assert all("INTEGER PRIMARY KEY" in step for step in plan)


def test_the_classes_in_use(filled):
    assert filled.class_ids() == ["monocyte", "neutrophil"]
    filled.delete_images([1])
    assert filled.class_ids() == ["monocyte", "neutrophil"]
    filled.delete_images([2])
    assert filled.class_ids() == ["monocyte"]


def test_class_names_from_elsewhere(history, result, cell):
    odd = ['a"b', "x\x1fy", "\ud800", "Zelle ß", "a"]
    history.save_results(
        history.begin_session(Operator.named("Ada")), [result(repr(name), cell(name)) for name in odd]
    )
    for name in odd:
        assert names(history, class_id=name) == [repr(name)]


@settings(deadline=None)
@given(st.text())
def test_any_text_survives_packing(text: str):
    assert unpack_text(pack_text(text)) == text


@settings(deadline=None)
@given(st.text(st.characters()))
def test_folding_is_stable_and_caseless(text: str):
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))
    assert fold(text).encode("utf-8").count(b"\0") == 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=12), st.data())
def test_any_name_is_found_by_any_part_of_it(given_names: list[str], data: st.DataObject):
    # Hypothesis may end an example in the middle of a draw.
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(History.open(Path(folder) / "h.sqlite3")) as history,
    ):
        session = history.begin_session(Operator.named("Ada"))
        history.save_results(session, [ImageResult(n, n, n, 0, 0, ImageStatus.NO_CELL) for n in given_names])
        name = data.draw(st.sampled_from(given_names))
        begin = data.draw(st.integers(0, len(name)))
        part = data.draw(st.sampled_from([name[begin:], name[begin : begin + 2], name.upper(), name]))
        assert names(history, text=part) == [n for n in reversed(given_names) if fold(part) in fold(n)]
        assert [row.name for row in history.page(limit=100)] == given_names[::-1]

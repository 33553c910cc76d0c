"""Histories as hypothesis makes them up: any text that a name, a note or a path may hold."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from hypothesis import strategies as st

from hematodesk.domain.cells import (
    Cell,
    CellOrigin,
    Fault,
    ImageResult,
    ImageStatus,
    Prediction,
    Provenance,
    Review,
    UncertainReason,
    Verdict,
)
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.messages import Message
from hematodesk.domain.operators import Operator
from hematodesk.domain.records import CellRecord, ImageRecord, Withdrawal

NASTY = (
    "=HYPERLINK(1)", "+1", "-2", "@SUM(A1)", "\t=1", "  =1", "＝1", "'=1", "'", "''", "a,b;c\td",
    'say "x"', "line\nbreak", "line\r\nbreak", "\rcr", "\u202egpj.exe", "\u200f\u061c", "שלום.png",
    "صورة.jpg",
    "日本語.tiff", "😀.png", "e\u0301", "CON", "aux.png", "COM1.jpg", "NUL", "a.", " a ", "x" * 300,
    "\x01\x07\x1b[31m", "\x7f\x85\u2028\u2029", "\ufeffbom", "<b>bold</b>", "&amp;", "%n", "{name}",
    "_x0041_",
    "\ufffe\uffff", "bad\udcff.png", "\ud800", "\udc00\ud800",
)  # fmt: skip
"""Formulas, separators, directions of writing, reserved names, control characters, half characters."""

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=20),
    st.text(st.characters(), max_size=8),
    st.binary(max_size=8).map(os.fsdecode),
)
named = texts.filter(bool)
EDGES = (1.0, 0.9999999, 0.9949999999, 0.9749999999, 0.965, 0.005, 0.0009999999, 0.0)
"""Shares at or near halves of a percent, where rounding twice shows another number."""
times = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(
    lambda when: when.replace(tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
)
milliseconds = st.floats(0, 1e6, allow_nan=False)
class_ids = st.sampled_from(("neutrophil", "monocyte", "basophil", "blast_of_ours", "x9"))
digests = st.sampled_from(("", "ab" * 32, "cd" * 32))


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    known = draw(st.lists(class_ids, min_size=1, max_size=4, unique=True))
    exact = st.sampled_from(EDGES)
    shares = draw(st.lists(st.one_of(exact, st.floats(0, 1)), min_size=len(known), max_size=len(known)))
    ranked = tuple(zip(known, sorted(shares, reverse=True), strict=True))
    made = Provenance(
        draw(st.sampled_from(("wbc4", "mine"))),
        "1.0.0",
        "ef" * 32,
        draw(st.sampled_from(("auto", "cuda"))),
        "cpu",
        draw(milliseconds),
        draw(times),
    )
    return Prediction(ranked, draw(st.one_of(st.none(), st.sampled_from(UncertainReason))), made)


@st.composite
def reviews(draw: st.DrawFn) -> Review:
    verdict = draw(st.sampled_from(Verdict))
    class_id = None if verdict is Verdict.REJECTED else draw(class_ids)
    return Review(verdict, class_id, Operator.named(draw(named)), draw(times))


@st.composite
def cell_records(draw: st.DrawFn) -> CellRecord:
    sides = st.integers(1, 5000)
    cell = Cell(
        Box(draw(st.integers(-50, 5000)), draw(st.integers(-50, 5000)), draw(sides), draw(sides)),
        draw(st.sampled_from(CellOrigin)),
        draw(st.floats(0, 1)),
        draw(st.one_of(st.none(), predictions())),
        draw(st.one_of(st.none(), reviews())),
        draw(texts),
        draw(st.booleans()),
    )
    earlier = draw(st.lists(predictions(), max_size=2)) if cell.prediction is not None else []
    verdicts = draw(st.lists(st.one_of(reviews(), times.map(Withdrawal)), max_size=3))
    if cell.review is None and verdicts:
        verdicts.append(Withdrawal(draw(times)))
    return CellRecord(cell, tuple(earlier), tuple(verdicts))


words = texts | st.builds(
    lambda name, size, kind, reason: Message(
        "“{name}” {size} {kind}: {reason}.",
        name=name,
        size=size,
        kind=kind,
        reason=Message("{x} is {name}", x=reason, name=name),
    ),
    texts,
    st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False),
    texts,
    texts,
)
"""What a fault says: text alone, as older versions kept it, or with what it was made of."""


@st.composite
def image_records(draw: st.DrawFn, session_ids: tuple[int, ...]) -> ImageRecord:
    failed = draw(st.booleans()) and draw(st.booleans())
    cells = () if failed else tuple(draw(st.lists(cell_records(), max_size=3)))
    fault = Fault(draw(st.sampled_from(("image_damaged", "file_empty"))), draw(words), draw(words))
    result = ImageResult(
        name=draw(named),
        path=draw(texts),
        digest=draw(digests),
        width=draw(st.integers(0, 9000)),
        height=draw(st.integers(0, 9000)),
        status=ImageStatus.ERROR if failed else ImageStatus.OK if cells else ImageStatus.NO_CELL,
        cells=tuple(each.cell for each in cells),
        fault=fault if failed else None,
        notices=tuple(draw(st.lists(st.sampled_from(("depth_reduced", "alpha_flattened")), max_size=2))),
        thumbnail=draw(st.sampled_from((b"", b"\xff\xd8jpeg\x00"))),
        red_cell_diameter=draw(st.one_of(st.none(), st.floats(1, 500))),
        elapsed_ms=draw(milliseconds),
        created_at=draw(times),
    )
    return ImageRecord(HistoryImage(0, draw(st.sampled_from(session_ids)), result, draw(texts)), cells)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Session], list[ImageRecord]]:
    """Sessions, each with an image at least, and the images."""
    ids = tuple(sorted(draw(st.sets(st.integers(1, 40), min_size=1, max_size=3))))
    records = draw(st.lists(image_records(ids), min_size=1, max_size=4))
    used = {record.image.session_id for record in records}
    began = draw(st.lists(times, min_size=len(ids), max_size=len(ids), unique=True))
    sessions = [
        Session(number, Operator.named(draw(named)), start, draw(st.one_of(st.just(""), times)), 0)
        for number, start in zip(ids, began, strict=True)
        if number in used
    ]
    return sessions, records


def history_of_edges() -> tuple[list[Session], list[ImageRecord]]:
    """One image with a cell for each of the shares where rounding matters."""
    now = "2026-03-01T10:00:00.000Z"
    made = Provenance("wbc4", "1.0.0", "ef" * 32, "auto", "cpu", 1.0, now)
    cells = tuple(
        CellRecord(
            Cell(
                Box(1, 1, 9, 9),
                CellOrigin.LOCATED,
                prediction=Prediction((("neutrophil", share), ("monocyte", 0.0)), None, made),
            )
        )
        for share in EDGES
    )
    inside = tuple(each.cell for each in cells)
    result = ImageResult("a.png", "", "ab" * 32, 9, 9, ImageStatus.OK, inside, created_at=now)
    return [Session(1, Operator.named("ada"), now, "", 0)], [
        ImageRecord(HistoryImage(0, 1, result, ""), cells)
    ]

"""Reads the documents of `json_export`, checking every field.

The file is untrusted: every field is checked, and at most one image is held in
memory. DocumentError codes: import_unreadable, import_not_json, import_invalid, import_newer.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

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
from hematodesk.domain.errors import DocumentError
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.limits import MAX_CELLS, MAX_NOTE_CHARACTERS
from hematodesk.domain.messages import N_, Message
from hematodesk.domain.operators import Operator
from hematodesk.domain.records import CellRecord, ImageRecord, Withdrawal
from hematodesk.reporting.json_export import SCHEMA
from hematodesk.reporting.json_fields import ExportedFields
from hematodesk.reporting.json_scan import JsonScanner, unreadable

_MOST_CELLS = 20 * MAX_CELLS
"""The user may have added and removed cells beyond what the locator finds."""
_MOST_EARLIER = 10_000
_MOST_THUMBNAIL_BYTES = 1024 * 1024
_COORDINATE = 2**31
_FIRST_BYTES_OF_JPEG = b"\xff\xd8"


@dataclass(frozen=True, slots=True)
class Contents:
    """The result of a first pass: the sessions, oldest first, and the number of images."""

    sessions: tuple[Session, ...]
    images: int


def read_contents(path: Path, check: Callable[[], None]) -> Contents:
    """Read and check the whole file. Raises DocumentError for the first invalid field.

    Args:
        check: called between the images; what it raises ends the reading.
    """
    sessions: dict[int, Session] = {}
    used: dict[int, int] = {}
    images = 0
    seen: set[str] = set()
    with _scanning(path) as scanner:
        for key in scanner.members():
            seen.add(key)
            where = _where(path, scanner)
            if key == "schema":
                _check_schema(scanner.value(), where)
            elif key == "sessions":
                for place, value in enumerate(scanner.elements()):
                    fields = ExportedFields(value, _where(path, scanner), f"sessions[{place}]")
                    session = _session(fields)
                    if session.id in sessions:
                        fields.wrong("id", N_("Errors", "{id} is there twice"), id=session.id)
                    sessions[session.id] = session
            elif key == "images":
                for record, line in _records(path, scanner):
                    check()
                    used.setdefault(record.image.session_id, line)
                    images += 1
            else:
                scanner.value()
    for key in ("schema", "sessions", "images"):
        if key not in seen:
            raise _invalid(N_("Errors", "“{name}” has no “{key}”."), name=path.name, key=key)
    for number, line in used.items():
        if number not in sessions:
            raise _invalid(
                N_("Errors", "“{name}”, line {line}: session {number} is not among the sessions."),
                name=path.name,
                line=line,
                number=number,
            )
    return Contents(tuple(sessions.values()), images)


def read_records(path: Path) -> Iterator[ImageRecord]:
    """The images in the file's order. Raises DocumentError."""
    with _scanning(path) as scanner:
        for key in scanner.members():
            if key == "images":
                yield from (record for record, _ in _records(path, scanner))
            else:
                scanner.value()


@contextmanager
def _scanning(path: Path) -> Iterator[JsonScanner]:
    try:
        stream = path.open(encoding="utf-8-sig")
    except OSError as error:
        raise unreadable(path.name, error) from error
    with stream:
        yield JsonScanner(stream, path)


def _where(path: Path, scanner: JsonScanner) -> Message:
    return Message(N_("Errors", "“{name}”, line {line}"), name=path.name, line=scanner.line)


def _invalid(words: str, /, **data: object) -> DocumentError:
    return DocumentError(
        "import_invalid",
        words,
        N_("Errors", "Export the history again, and import that file as it is."),
        **data,
    )


def _check_schema(schema: object, where: Message) -> None:
    if isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA:
        raise DocumentError(
            "import_newer",
            N_(
                "Errors",
                "{place}: the file was written by a newer version of the program (its schema is {found}, "
                "this version knows {known}).",
            ),
            N_("Errors", "Use the newer version of the program."),
            place=where,
            found=schema,
            known=SCHEMA,
        )
    if schema != SCHEMA:
        raise _invalid(
            N_("Errors", "{place}: schema should be {schema}, not {found}."),
            place=where,
            schema=SCHEMA,
            found=str(schema)[:30],
        )


def _session(fields: ExportedFields) -> Session:
    return Session(
        id=fields.whole("id"),
        operator=Operator.named(fields.text("operator")),
        started_at=fields.time("started_at"),
        ended_at=fields.time("ended_at", may_be_empty=True),
        image_count=0,
    )


def _records(path: Path, scanner: JsonScanner) -> Iterator[tuple[ImageRecord, int]]:
    """The images of the list that comes next, each with the line on which it ends."""
    for place, value in enumerate(scanner.elements()):
        yield _record(ExportedFields(value, _where(path, scanner), f"images[{place}]")), scanner.line


def _record(fields: ExportedFields) -> ImageRecord:
    cells = tuple(_cell(each) for each in fields.objects("cells", _MOST_CELLS))
    fault = fields.maybe_child("error")
    status = fields.choice("status", ImageStatus)
    result = ImageResult(
        name=fields.text("name"),
        path=fields.text("path"),
        digest=fields.text("sha256"),
        width=fields.whole("width", highest=_COORDINATE),
        height=fields.whole("height", highest=_COORDINATE),
        status=status,
        cells=tuple(each.cell for each in cells),
        fault=None
        if fault is None
        else Fault(fault.text("code"), fault.text("message"), fault.text("remedy")).with_templates(
            fault.loose("templates")
        ),
        notices=fields.texts("notices"),
        thumbnail=_thumbnail(fields),
        red_cell_diameter=fields.maybe_number("red_cell_diameter"),
        elapsed_ms=fields.number("elapsed_ms"),
        created_at=fields.time("analysed_at"),
    )
    note = fields.text("note", MAX_NOTE_CHARACTERS)
    return ImageRecord(HistoryImage(0, fields.whole("session"), result, note), cells)


def _thumbnail(fields: ExportedFields) -> bytes:
    try:
        data = base64.b64decode(fields.text("thumbnail", 2 * _MOST_THUMBNAIL_BYTES), validate=True)
    except (binascii.Error, ValueError):
        fields.wrong("thumbnail", N_("Errors", "should be a picture in base64"))
    if data and not data.startswith(_FIRST_BYTES_OF_JPEG):
        fields.wrong("thumbnail", N_("Errors", "should be a JPEG picture"))
    return data


def _cell(fields: ExportedFields) -> CellRecord:
    prediction, review = fields.maybe_child("prediction"), fields.maybe_child("review")
    standing = None if review is None else _verdict(review)
    if review is not None and isinstance(standing, Withdrawal):
        review.wrong("verdict", N_("Errors", "should be given: a review that was taken back is no review"))
    assert not isinstance(standing, Withdrawal)
    cell = Cell(
        box=_box(fields),
        origin=fields.choice("origin", CellOrigin),
        score=fields.number("score", -1e9, 1e9),
        prediction=None if prediction is None else _prediction(prediction),
        review=standing,
        note=fields.text("note", MAX_NOTE_CHARACTERS),
        removed=fields.flag("removed"),
    )
    earlier = tuple(_prediction(each) for each in fields.objects("earlier_predictions", _MOST_EARLIER))
    if earlier and cell.prediction is None:
        fields.wrong("earlier_predictions", N_("Errors", "should be empty where there is no prediction"))
    verdicts = tuple(_verdict(each) for each in fields.objects("earlier_reviews", _MOST_EARLIER))
    if cell.review is None and verdicts and not isinstance(verdicts[-1], Withdrawal):
        fields.wrong(
            "earlier_reviews", N_("Errors", "should end with the taking back where there is no review")
        )
    return CellRecord(cell, earlier, verdicts)


def _box(fields: ExportedFields) -> Box:
    values = fields.take("box")
    if isinstance(values, list) and len(values) == 4 and all(type(value) is int for value in values):
        x, y, w, h = values
        if max(abs(x), abs(y)) < _COORDINATE and 0 < w < _COORDINATE and 0 < h < _COORDINATE:
            return Box(x, y, w, h)
    fields.wrong("box", N_("Errors", "should be four whole numbers: x, y, and a positive width and height"))


def _prediction(fields: ExportedFields) -> Prediction:
    shares = fields.child("probabilities")
    ranked = [(class_id, shares.number(class_id, 0.0, 1.0)) for class_id, _ in shares.items()]
    if not ranked:
        fields.wrong("probabilities", N_("Errors", "should name a class"))
    top = fields.text("class")
    # Programs that sort keys lose the order; ties are told by the class that stands first.
    ranked.sort(key=lambda item: (-item[1], item[0] != top))
    if ranked[0] != (top, fields.number("confidence", 0.0, 1.0)):
        fields.wrong(
            "class", N_("Errors", "should be the most probable class, with its probability as confidence")
        )
    model, provider = fields.child("model"), fields.child("provider")
    return Prediction(
        tuple(ranked),
        fields.maybe_choice("uncertain", UncertainReason),
        Provenance(
            model=model.text("name"),
            version=model.text("version"),
            sha256=model.text("sha256"),
            requested=provider.text("requested"),
            provider=provider.text("active"),
            elapsed_ms=fields.number("elapsed_ms"),
            created_at=fields.time("at"),
        ),
    )


def _verdict(fields: ExportedFields) -> Review | Withdrawal:
    verdict = fields.maybe_choice("verdict", Verdict)
    if verdict is None:
        return Withdrawal(fields.time("at"))
    class_id = fields.maybe_text("class")
    if (class_id is None) != (verdict is Verdict.REJECTED):
        _refuse_class(fields, verdict)
    return Review(verdict, class_id, Operator.named(fields.text("operator")), fields.time("at"))


def _refuse_class(fields: ExportedFields, verdict: Verdict) -> NoReturn:
    null, one = N_("Errors", "should be null"), N_("Errors", "should name one")
    rule = Message(null if verdict is Verdict.REJECTED else one)
    fields.wrong("class", N_("Errors", "{rule}, as the verdict is {verdict}"), rule=rule, verdict=verdict)

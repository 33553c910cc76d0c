"""Replies of a child that may have been taken over."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hematodesk.child.wire import BadReply
from hematodesk.domain.cells import Localisation, LocatedCell
from hematodesk.domain.geometry import Box
from hematodesk.domain.limits import MAX_CELLS, MAX_DIMENSION, MAX_PIXELS, MIN_DIMENSION
from hematodesk.imaging import decoder_wire as wire
from hematodesk.imaging import faults
from hematodesk.imaging.decoder_wire import ANSWER, REPLY, checked_reply
from hematodesk.imaging.headers import known_kinds


def test_a_picture_arrives_as_it_was_told():
    told = wire.picture(7, "webp", ("depth_reduced", "damage_suspected"), 480, 640)
    reply = checked_reply(told)
    assert (reply.kind, reply.number, reply.format) == (wire.PICTURE, 7, "webp")
    assert reply.notices == ("depth_reduced", "damage_suspected")
    assert (reply.width, reply.height) == (640, 480)


@pytest.mark.parametrize(
    "reply",
    [
        REPLY.pack(b"nope", 1, wire.PICTURE, 0, 0, 20, 20, 1, 1, 0),
        REPLY.pack(ANSWER, 1, 9, 0, 0, 20, 20, 1, 1, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 99, 0, 20, 20, 1, 1, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0xFFFFFFFF, 20, 20, 1, 1, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0, 0, 20, 1, 1, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0, MIN_DIMENSION - 1, 20, 1, 1, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0, 20, MIN_DIMENSION - 1, 1, 1, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0, MAX_DIMENSION + 1, 1, 1, 1, 0),
        REPLY.pack(ANSWER, 1, wire.NO_ROOM, 0, 0, MAX_DIMENSION, MAX_DIMENSION, 1, 1, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0, 20, 20, 1, 1, wire.MOST_FOUND + 1),
        REPLY.pack(ANSWER, 1, wire.NO_ROOM, 0, 0, 20, 20, 1, 1, 5),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0, 20, 20, 0, 1, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0, 20, 20, 3, 2, 0),
        REPLY.pack(ANSWER, 1, wire.PICTURE, 0, 0, 20, 20, 1, wire.MOST_PAGES + 1, 0),
        REPLY.pack(ANSWER, 1, wire.FAILED, 0, 0, 0, 0, 1, 1, 4_000_000_000),
    ],
)
def test_impossible_numbers_are_not_believed(reply):
    with pytest.raises(BadReply):
        checked_reply(reply)


@given(noise=st.binary(min_size=REPLY.size - 4, max_size=REPLY.size - 4))
def test_whatever_passes_is_within_the_limits(noise):
    try:
        reply = checked_reply(ANSWER + noise)
    except BadReply:
        return
    assert reply.length <= max(wire.MOST_WORDS, wire.MOST_FOUND)
    assert reply.width * reply.height <= MAX_PIXELS and set(reply.notices) <= set(wire.NOTICES)


@given(
    st.lists(
        st.tuples(*[st.integers(0, 99)] * 2, *[st.integers(1, 100)] * 2, st.floats(0, 1)), max_size=MAX_CELLS
    ),
    st.none() | st.floats(0, MAX_DIMENSION, exclude_min=True),
)
def test_what_was_located_arrives_to_the_last_bit(cells, diameter):
    found = Localisation(tuple(LocatedCell(Box(*box), score) for *box, score in cells), diameter)
    told = wire.picture(7, "png", (), 200, 199, wire.localisation(found))
    reply = checked_reply(told[: REPLY.size])
    assert len(told) == REPLY.size + reply.length
    assert wire.checked_localisation(told[REPLY.size :], reply.width, reply.height) == found


def found_bytes(diameter: float, *cells: tuple[float, ...]) -> bytes:
    return wire.FOUND.pack(diameter) + b"".join(wire.CELL.pack(*cell) for cell in cells)


@pytest.mark.parametrize(
    "told",
    [
        b"",
        found_bytes(30.0)[:-1],
        found_bytes(30.0, (0, 0, 5, 5, 0.5)) + b"x",
        found_bytes(float("nan")),
        found_bytes(float("inf")),
        found_bytes(0.0),
        found_bytes(-2.0),
        found_bytes(30.0, (16, 0, 5, 5, 0.5)),
        found_bytes(30.0, (0, 6, 5, 5, 0.5)),
        found_bytes(30.0, (2**32 - 4, 0, 5, 5, 0.5)),
        found_bytes(30.0, (0, 0, 0, 5, 0.5)),
        found_bytes(30.0, (0, 0, 5, 0, 0.5)),
        found_bytes(30.0, (0, 0, 5, 5, 1.5)),
        found_bytes(30.0, (0, 0, 5, 5, -0.1)),
        found_bytes(30.0, (0, 0, 5, 5, float("nan"))),
    ],
)
def test_cells_that_cannot_be_there_are_not_believed(told):
    wire.checked_localisation(found_bytes(30.0, (15, 5, 5, 5, 0.5)), 20, 10)
    with pytest.raises(BadReply):
        wire.checked_localisation(told, 20, 10)


DAMAGED = "“{name}” is a damaged {label} file: {reason}."


def said(code: object = "image_damaged", template: str = DAMAGED, **data: object) -> bytes:
    given = {"name": "\ufffc", "label": "PNG", "reason": message("rows are missing")} | data
    return json.dumps(
        [code, message(template, **given), message("Export it again from its source.")]
    ).encode()


def message(template: str, **data: object) -> dict[str, object]:
    return {"template": template, "data": data}


def test_a_failure_gets_the_files_name_and_keeps_its_data():
    words = wire.failed(1, faults.damaged("\ufffc", "PNG", "rows are missing"))[REPLY.size :]
    assert words == said()
    fault = wire.checked_failure(words, "a {0} {label} %s.png")
    assert (fault.code, fault.message, fault.remedy) == (
        "image_damaged",
        "“a {0} {label} %s.png” is a damaged PNG file: rows are missing.",
        "Export it again from its source.",
    )
    assert fault.message.data["name"] == "a {0} {label} %s.png"
    assert list(fault.message.templates()) == [
        DAMAGED,
        "rows are missing",
    ]


def test_every_sentence_of_a_decoder_is_believed():
    for make in (faults.empty, faults.not_an_image, faults.no_memory):
        assert wire.checked_failure(wire.failed(1, make("\ufffc"))[REPLY.size :], "n").code == make("n").code
    kinds = [kind for _, _, kind in known_kinds._STARTS]
    kinds += [kind for _, kind in (*known_kinds._OFFICE, *known_kinds._BRANDS, *known_kinds._RIFF)]
    for what, remedy, kind in kinds:
        words = wire.failed(1, faults.not_read_here("\ufffc", what, remedy, kind=kind))[REPLY.size :]
        told = what.replace("{kind}", kind)
        assert wire.checked_failure(words, "n").message == f"“n” is {told}, which is not read here."


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b"{}",
        b"[" * 3_000,
        b'["image_damaged", "x"]',
        b'["image_damaged", "x", "y"]',
        b'["image_damaged", "x", 7]',
        said("all_is_well"),
        said(["image_damaged"]),
        said(label="red \x1b[31m"),
        said(label="turned \u202e"),
        said(label="long " * 400),
        said(more="than the template names"),
        said(template="“{name}” is well, {label} {reason}."),
        said(template="“{name.__class__}” is a damaged {label} file: {reason}."),
        said(template="{name}{name}{label}{reason}"),
        said(reason=message("call this number")),
        said(reason=message("rows are missing", more=1)),
        said(reason=["rows are missing"]),
        said(reason=True),
        b'["image_damaged", "\xff", "y"]',
    ],
)
def test_words_that_no_decoder_says_are_not_shown(words):
    with pytest.raises(BadReply):
        wire.checked_failure(words, "smear")


def test_limits_are_named_in_their_order_and_unknown_ones_not_believed():
    told = wire.ready(["core_dumps", "system_calls"])[REPLY.size :]
    assert wire.checked_limits(told) == ("system_calls", "core_dumps")
    with pytest.raises(BadReply):
        wire.checked_limits(b'["everything"]')

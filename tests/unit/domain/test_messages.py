"""Sentences that remember their template and data, and documents of them that others have written."""

from __future__ import annotations

import copy
import errno
import json
import os
import pickle
import sys
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hematodesk.domain import messages
from hematodesk.domain.errors import HematodeskError, ModelError
from hematodesk.domain.messages import (
    ClassId,
    Message,
    counted,
    fill,
    listed,
    message_of,
    reason_of,
    understood,
)

REASON = Message("rows are missing")
DAMAGED = Message("“{name}” is damaged: {reason}.", name="a {reason}.png", reason=REASON)


def test_a_message_is_its_sentence_and_keeps_what_it_was_made_of():
    assert DAMAGED == "“a {reason}.png” is damaged: rows are missing."
    assert (DAMAGED.template, DAMAGED.data["reason"]) == ("“{name}” is damaged: {reason}.", REASON)
    assert json.dumps(DAMAGED) == json.dumps(str(DAMAGED))


def test_only_the_data_that_a_template_names_are_kept():
    error = HematodeskError("x", "{name} is gone.", "Look in {folder}.", name="a", folder="b")
    assert (error.message, error.remedy, str(error)) == ("a is gone.", "Look in b.", "a is gone.")
    assert (error.message.data, error.remedy.data) == ({"name": "a"}, {"folder": "b"})


def test_a_message_is_taken_over_by_another_error_as_it_is():
    first = HematodeskError("x", "{name} is gone.", name="{name}")
    again = ModelError(first.code, first.message, "Look for {name}.", name="b")
    assert (again.message.data, again.remedy) == ({"name": "{name}"}, "Look for b.")


def test_copies_keep_template_and_data():
    for twin in (copy.deepcopy(DAMAGED), copy.copy(DAMAGED), pickle.loads(pickle.dumps(DAMAGED))):
        assert (twin, twin.template, twin.data) == (DAMAGED, DAMAGED.template, DAMAGED.data)


def test_an_error_goes_to_another_process_whole():
    error = ModelError("model_missing", "“{name}” is gone.", "Look for {name}.", name="a.onnx")
    there = pickle.loads(pickle.dumps(error))
    assert (type(there), there.code, str(there)) == (ModelError, "model_missing", "“a.onnx” is gone.")
    assert (there.message.data, there.remedy.template) == ({"name": "a.onnx"}, "Look for {name}.")


def test_a_placeholder_looks_into_no_value():
    odd = "{name.__class__} {name[0]} {0!r} {name:>9} {} {{name}} {name"
    assert fill(odd, {"name": "x"}) == "{name.__class__} {name[0]} {0!r} {name:>9} {} {x} {name"


def test_lists_and_counts():
    there = listed(Message("{class_id} {cells}", class_id=ClassId(name), cells=2) for name in ("a", "b"))
    assert there == "a 2, b 2"
    # Nothing in it is words: it needs no translation, and its order is the same everywhere.
    assert list(there.templates()) == []
    assert [counted(n, "1 file", "{count} files") for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_documents_give_the_message_back():
    told = Message("{0}, {n}, {x}, {c}", **{"0": DAMAGED}, n=-3, x=0.1, c=ClassId("monocyte"))
    read = message_of(json.loads(json.dumps(told.document())))
    assert (read, read.template, read.data) == (told, told.template, told.data)
    assert isinstance(read.data["c"], ClassId) and isinstance(read.data["0"], Message)


@given(
    st.dictionaries(
        st.from_regex(r"\A[a-z]{1,4}\Z"),
        st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_any_data_come_through_a_document(data: dict[str, Any]):
    told = Message(" ".join(f"{{{key}}}" for key in data), **data)
    assert understood(json.loads(json.dumps(told.document())), str(told)).data == told.data


def nested(depth: int) -> dict[str, Any]:
    inner: Any = "x"
    for _ in range(depth):
        inner = {"template": "{a}", "data": {"a": inner}}
    return inner


@pytest.mark.parametrize(
    "document",
    [
        None,
        7,
        "x",
        [],
        {},
        {"template": "x"},
        {"template": 7, "data": {}},
        {"template": "x", "data": []},
        {"template": "x", "data": {}, "more": 1},
        {"template": "x", "data": {"a": "b"}},
        {"template": "{a}", "data": {}},
        {"template": "{a}", "data": {"a": None}},
        {"template": "{a}", "data": {"a": True}},
        {"template": "{a}", "data": {"a": float("nan")}},
        {"template": "{a}", "data": {"a": {"class": 7}}},
        {"template": "{a}{a}", "data": {"a": "x"}},
        {"template": "x\x1b", "data": {}},
        {"template": "x\udc80", "data": {}},
        {"template": "x" * 2_000, "data": {}},
        nested(20),
        nested(20_000),
    ],
)
def test_what_no_message_writes_is_refused(document):
    with pytest.raises(ValueError):
        message_of(document)
    assert understood(document, "as stored") == "as stored"
    assert type(understood(document, "as stored")) is str


def test_a_document_that_says_something_else_is_not_believed():
    document = Message("All is well with {name}.", name="a.png").document()
    found = understood(document, "“a.png” is damaged.")
    assert (found, type(found)) == ("“a.png” is damaged.", str)


def test_a_number_of_any_size_is_read():
    """One that is too large for a float was an OverflowError."""
    document = {"template": "{a}", "data": {"a": 10**400}}
    assert understood(document, "as stored") == "as stored"
    assert message_of(document) == "1" + "0" * 400


def test_a_document_cannot_grow_without_bounds():
    """Each template within would name the next a thousand times."""
    inner: Any = "x" * 100
    for _ in range(5):
        inner = {"template": "{a}" * 300, "data": {"a": inner}}
    begun = time.perf_counter()
    assert understood(inner, "x") == "x"
    assert time.perf_counter() - begun < 1.0


def test_usual_reasons_of_the_system_can_be_translated():
    for number, words in messages._USUAL.items():
        said = reason_of(OSError(number, os.strerror(number)))
        assert isinstance(said, Message)
        if sys.platform == "linux":
            assert said == os.strerror(number) == words
    assert reason_of(OSError(errno.EXDEV, "Invalid cross-device link")) == "Invalid cross-device link"
    assert reason_of(OSError("odd")) == "odd"

"""What leaves the program equals what it knows, whatever the names are."""

from __future__ import annotations

import csv
import json
import os

import pytest
from hypothesis import given, settings
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
from hematodesk.domain.errors import ExportError
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.operators import Operator
from hematodesk.domain.records import CellRecord, ImageRecord
from hematodesk.domain.separators import Separator
from hematodesk.reporting.json_export import write_json as write_document
from hematodesk.reporting.rows import COLUMNS
from hematodesk.reporting.table import csv_safe, write_csv

NOW = "2026-03-01T10:00:00.000Z"
MADE = Provenance("wbc4", "1.0.0", "ab" * 32, "auto", "cpu", 4.25, NOW)
PREDICTION = Prediction(
    (("monocyte", 0.48), ("lymphocyte", 0.4), ("neutrophil", 0.12)), UncertainReason.LOW_CONFIDENCE, MADE
)


def _image(name: str = "a.png", note: str = "", cells: tuple[Cell, ...] = (), **changes) -> HistoryImage:
    values = {"width": 640, "height": 480, "status": ImageStatus.OK, "created_at": NOW, "cells": cells}
    return HistoryImage(1, 3, ImageResult(name, f"/x/{name}", "cd" * 32, **(values | changes)), note)


def _cell(**changes) -> Cell:
    return Cell(Box(1, 2, 30, 40), CellOrigin.LOCATED, 0.9, PREDICTION, **changes)


def write_json(images: list[HistoryImage], target) -> None:
    records = [ImageRecord(image, tuple(map(CellRecord, image.result.cells))) for image in images]
    write_document([Session(3, Operator.named("ada"), NOW, "", 0)], records, target)


def _read_csv(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_cell_a_row_with_prediction_review_and_provenance(tmp_path):
    corrected = Review(Verdict.CORRECTED, "lymphocyte", Operator.named("Dr. Ñ"), NOW)
    write_csv([_image(cells=(_cell(), _cell(review=corrected)))], tmp_path / "out.csv")
    first, second = _read_csv(tmp_path / "out.csv")
    assert tuple(first) == COLUMNS
    assert (first["label"], first["predicted"], first["confidence"]) == ("monocyte", "monocyte", "0.48")
    assert (first["uncertain"], first["uncertain_reason"]) == ("yes", "low_confidence")
    assert first["probabilities"] == "monocyte=0.48 lymphocyte=0.4 neutrophil=0.12"
    assert (first["x"], first["y"], first["w"], first["h"]) == ("1", "2", "30", "40")
    assert (first["model"], first["model_sha256"], first["provider"]) == ("wbc4", "ab" * 32, "cpu")
    assert (second["label"], second["predicted"], second["review"]) == ("lymphocyte", "monocyte", "corrected")
    assert (second["uncertain"], second["reviewer"]) == ("no", "Dr. Ñ")


def test_removed_cells_leave_the_table_and_failed_images_stay_in(tmp_path):
    fault = Fault("image_damaged", "“b.png” is damaged.")
    images = [
        _image(cells=(_cell(removed=True), _cell())),
        _image("b.png", status=ImageStatus.ERROR, fault=fault),
        _image("c.png", status=ImageStatus.NO_CELL),
    ]
    write_csv(images, tmp_path / "out.csv")
    rows = _read_csv(tmp_path / "out.csv")
    assert [(row["image"], row["cell"], row["status"], row["error_code"]) for row in rows] == [
        ("a.png", "1", "ok", ""),
        ("b.png", "", "error", "image_damaged"),
        ("c.png", "", "no_cell", ""),
    ]


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2", "@SUM(A1)", "\t=1", "  =HYPERLINK(1)", "＝1", "'=1"])
def test_formulas_are_only_text(text):
    assert csv_safe(text) == "'" + text


UNSEEN = "\x01\x7f\x9f\t\r\n\xa0\xad\u061c\u115f\u180e\u2003\u200b\u200f\u2028\u202e"
UNSEEN += "\u2060\u2066\u2800\u3000\u3164\ufe0f\ufeff\uffa0"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", *"＝＋－＠", *"﹦﹢﹣﹫", "−"])
def test_what_cannot_be_seen_hides_no_formula(start):
    for unseen in UNSEEN:
        for text in (f"{start}1", f"{unseen}{start}1", f" {unseen}\x02 {unseen}{start}1"):
            assert csv_safe(text) == "'" + text, ascii(text)


@pytest.mark.parametrize("text", ["a=1", "smear -2", "\xa0x", "\u200bé", "", "\u200b", "É", "1-2", "ﬁ=1"])
def test_other_text_stays_as_it_is(text):
    assert csv_safe(text) == text


@pytest.mark.parametrize("separator", list(Separator))
@settings(max_examples=60, deadline=None)
@given(
    name=st.text(
        st.one_of(st.sampled_from(",;\t\r\n\"'=+-@ \xa0\u200b＝"), st.characters(exclude_categories=["Cs"]))
    )
)
def test_any_text_comes_back_whatever_parts_the_columns(tmp_path_factory, separator, name):
    target = tmp_path_factory.mktemp("csv") / "out.csv"
    write_csv([_image(name, cells=(_cell(),))], target, separator)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream, delimiter=separator.character)
    assert row["image"].removeprefix("'") == name.replace("\0", "\ufffd")
    assert row["confidence"] == ("0,48" if separator is Separator.SEMICOLON else "0.48")
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert None not in row


def test_numbers_stay_numbers():
    assert csv_safe(-3.5) == "-3.5"
    assert csv_safe(True) == "yes"
    assert csv_safe(None) == ""


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=150, deadline=None)
@given(name=ANY_TEXT, note=ANY_TEXT, cell_note=ANY_TEXT)
def test_any_text_comes_back_from_csv(tmp_path_factory, name, note, cell_note):
    target = tmp_path_factory.mktemp("csv") / "out.csv"
    write_csv([_image(name, note, (_cell(note=cell_note),))], target)
    (row,) = _read_csv(target)

    def original(text: str) -> str:
        return text.removeprefix("'")

    assert original(row["image"]) == name.replace("\0", "\ufffd")
    assert original(row["image_note"]) == note.replace("\0", "\ufffd")
    assert original(row["cell_note"]) == cell_note.replace("\0", "\ufffd")
    for value in row.values():
        assert not value.lstrip(" ").startswith(("=", "+", "-", "@"))


@settings(max_examples=100, deadline=None)
@given(name=ANY_TEXT, note=ANY_TEXT)
def test_any_text_comes_back_from_json(tmp_path_factory, name, note):
    target = tmp_path_factory.mktemp("json") / "out.json"
    review = Review(Verdict.REJECTED, None, Operator.named("x"), NOW)
    write_json([_image(name, note, (_cell(review=review), _cell(removed=True))), _image()], target)
    document = json.loads(target.read_text("utf-8"))
    first, second = document["images"]
    assert (document["schema"], first["name"], first["note"]) == (2, name, note)
    rejected, removed = first["cells"]
    assert rejected["label"] is None and rejected["review"]["verdict"] == "rejected"
    assert removed["removed"] and removed["prediction"]["probabilities"]["monocyte"] == 0.48
    assert second["cells"] == []


def test_a_name_that_is_no_utf8_does_not_stop_the_export(tmp_path):
    odd = _image(os.fsdecode(b"bad\xff.png"))
    write_csv([odd], tmp_path / "out.csv")
    write_json([odd], tmp_path / "out.json")
    names = [row["image"] for row in _read_csv(tmp_path / "out.csv")]
    names += [image["name"] for image in json.loads((tmp_path / "out.json").read_bytes())["images"]]
    assert names == ["bad\ufffd.png"] * 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only Unix has pipes among its files")
def test_a_pipe_or_device_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_csv([_image()], pipe)
        assert os.read(reader, 1 << 16).decode("utf-8-sig").startswith("image,path")
    finally:
        os.close(reader)
    assert [path.is_fifo() for path in tmp_path.iterdir()] == [True]


def test_an_empty_export_is_still_a_document(tmp_path):
    write_json([], tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text("utf-8"))["images"] == []
    write_csv([], tmp_path / "out.csv")
    assert _read_csv(tmp_path / "out.csv") == []


def test_a_failing_export_leaves_the_old_file_and_nothing_beside(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old", "utf-8")

    def images():
        yield _image()
        raise RuntimeError("the history went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_csv(images(), target)
    assert target.read_text("utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_folder_that_is_not_there_is_named_in_words(tmp_path):
    with pytest.raises(ExportError) as caught:
        write_json([], tmp_path / "gone" / "out.json")
    assert caught.value.code == "export_unwritable" and "out.json" in caught.value.message

from __future__ import annotations

import csv
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from hematodesk.cli.result_format import answer_format, columns, printable, shown_path
from hematodesk.domain.cells import Fault, ImageResult, ImageStatus, UncertainReason
from hematodesk.domain.separators import Separator

KEYS = [
    *("file", "status", "error", "notices", "width", "height"),
    *("model", "provider", "cells", "elapsed_ms"),
]


@pytest.fixture
def loaded(classifier):
    return SimpleNamespace(classifier=classifier, package=classifier.package, active="cpu")


@pytest.fixture
def failed() -> ImageResult:
    fault = Fault("not_an_image", "“bad” is not an image.")
    return ImageResult("bad", "/x/bad", "", 0, 0, ImageStatus.ERROR, fault=fault)


def test_json_has_exactly_the_contracts_keys(loaded, made_result):
    document = json.loads(answer_format("json", loaded).line("in/a.png", made_result()))
    assert list(document) == KEYS
    assert document["file"] == "in/a.png"
    assert (document["status"], document["error"]) == ("ok", None)
    assert (document["width"], document["height"]) == (320, 240)
    assert document["model"] == {"name": "fake", "version": "1.0.0", "sha256": "ab" * 32}
    assert document["provider"] == "cpu"
    assert document["cells"] == [
        {
            "box": [10, 10, 50, 60],
            "class": "neutrophil",
            "confidence": 0.75,
            "probabilities": {"neutrophil": 0.75, "basophil": 0.25},
            "uncertain": False,
        }
    ]


def test_json_of_a_failed_image_names_the_error(loaded, failed):
    document = json.loads(answer_format("json", loaded).line("bad", failed))
    assert list(document) == KEYS
    assert document["error"] == {"code": "not_an_image", "message": "“bad” is not an image."}
    assert (document["width"], document["height"], document["cells"]) == (None, None, [])


def test_a_failed_image_says_what_to_do(loaded, failed):
    told = replace(failed, fault=replace(failed.fault, remedy="Save it as JPEG."))
    document = json.loads(answer_format("json", loaded).line("bad", told))
    assert document["error"]["message"] == "“bad” is not an image. Save it as JPEG."
    assert "is not an image. Save it as JPEG." in answer_format("table", loaded).line("bad", told)


def test_json_is_one_line_whatever_the_name(loaded, made_result):
    line = answer_format("json", loaded).line("a\nb\u2028\x00.png", made_result())
    assert line.count("\n") == 1
    assert json.loads(line)["file"] == "a\nb\u2028\x00.png"


def test_json_never_holds_what_is_no_number(loaded, made_result):
    with pytest.raises(ValueError):
        answer_format("json", loaded).line("a", replace(made_result(), elapsed_ms=float("nan")))


def test_uncertain_is_told_in_every_format(loaded, made_result):
    result = made_result()
    doubt = replace(result.cells[0].prediction, uncertain=UncertainReason.LOW_CONFIDENCE)
    unsure = replace(result, cells=(replace(result.cells[0], prediction=doubt),))
    assert json.loads(answer_format("json", loaded).line("a", unsure))["cells"][0]["uncertain"] is True
    assert "uncertain" in answer_format("table", loaded).line("a", unsure)
    assert "low_confidence" in answer_format("csv", loaded).line("a", unsure)


def test_csv_has_a_row_a_cell_and_no_formulas(loaded, made_result, failed):
    answers = answer_format("csv", loaded)
    two = replace(made_result(), cells=made_result().cells * 2)
    text = answers.head + answers.line("=cmd|x.png", two) + answers.line("b", failed)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["file"] for row in rows] == ["'=cmd|x.png", "'=cmd|x.png", "b"]
    assert [row["cell"] for row in rows] == ["1", "2", ""]
    assert rows[0]["predicted"] == "neutrophil"
    assert rows[2]["error_code"] == "not_an_image"
    assert all(None not in row for row in rows)


def test_the_table_names_the_model_and_shows_each_outcome(loaded, made_result, failed):
    answers = answer_format("table", loaded)
    assert "fake 1.0.0" in answers.head
    assert "75.0 %" in answers.line("a.png", made_result())
    assert "not_an_image" in answers.line("bad", failed)
    empty = replace(made_result(), status=ImageStatus.NO_CELL, cells=())
    assert "no white cell" in answers.line("a.png", empty)


def test_a_name_cannot_command_the_terminal(loaded, made_result):
    line = answer_format("table", loaded).line("\x1b]0;evil\x07\n.png", made_result())
    assert "\x1b" not in line
    assert line.count("\n") == 1
    assert printable("a\u202eb") == "a\ufffdb"


def test_long_names_keep_their_end():
    shown = columns("/very/long/" * 9 + "smear_0042.png")
    assert len(shown) == 40
    assert shown.endswith("smear_0042.png")


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes")
def test_a_name_that_is_no_unicode_becomes_text():
    assert shown_path(Path(os.fsdecode(b"a\xff.png"))) == "a\ufffd.png"


def test_notices_are_told_in_every_format(loaded, made_result):
    result = replace(made_result(), notices=("depth_reduced", "alpha_flattened"))
    assert json.loads(answer_format("json", loaded).line("a", result))["notices"] == list(result.notices)
    answers = answer_format("csv", loaded)
    (row,) = csv.DictReader(io.StringIO(answers.head + answers.line("a", result), newline=""))
    assert row["notices"] == "depth_reduced alpha_flattened"
    answer, depth, alpha = answer_format("table", loaded).line("a", result).splitlines()
    assert "neutrophil" in answer and "notice" not in answer
    assert depth.endswith("-  notice  The image has more than 8 bits a colour; it was scaled to 8.")
    assert alpha.endswith("-  notice  The image was partly transparent; it lies on white.")
    empty = replace(result, status=ImageStatus.NO_CELL, cells=())
    assert len(answer_format("table", loaded).line("a", empty).splitlines()) == 3


@pytest.mark.parametrize("separator", list(Separator))
def test_a_csv_of_each_separator_comes_back_as_it_was(loaded, made_result, failed, separator):
    odd = '=1;2,3\t4 "so"\r\nend'
    answers = answer_format("csv", loaded, separator)
    text = answers.head + answers.line(odd, made_result()) + answers.line("b", failed)
    first, second = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator.character)
    assert (first["file"], second["file"]) == ("'" + odd, "b")
    assert first["confidence"] == ("0,75" if separator is Separator.SEMICOLON else "0.75")
    assert first["probabilities"] == "neutrophil=0.75 basophil=0.25"

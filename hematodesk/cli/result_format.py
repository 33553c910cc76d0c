"""Formats the command line's answers: a table for people, JSON lines and CSV for scripts.

The JSON form is a contract: one object a line and image, keys as in `answer_document`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hematodesk.domain.cells import Cell, Fault, ImageResult, ImageStatus
from hematodesk.domain.image_notices import notice_sentences
from hematodesk.domain.separators import Separator

if TYPE_CHECKING:
    from hematodesk.workflow.models.model_service import LoadedModel

# The columns of the history's table that apply before a review, and what the reader tells of the image.
_CSV_COLUMNS = (
    "width",
    "height",
    "analysed_at",
    "status",
    "error_code",
    "error_message",
    "cell",
    "x",
    "y",
    "w",
    "h",
    "predicted",
    "confidence",
    "probabilities",
    "uncertain",
    "uncertain_reason",
    "model",
    "model_version",
    "model_sha256",
    "provider_requested",
    "provider",
    "image_ms",
    "notices",
)

_FILE_WIDTH = 40


@dataclass(frozen=True, slots=True)
class ResultFormat:
    """How answers are written: text before the first, and the text of each.

    Attributes:
        head: text before the first answer, its line end included; may be empty.
        line: (file as the person named it, result) to text, its line end included.
    """

    head: str
    line: Callable[[str, ImageResult], str]


def answer_format(name: str, loaded: LoadedModel, separator: Separator = Separator.COMMA) -> ResultFormat:
    """The format of that name, for answers of that model. Raises KeyError for another name.

    `separator` parts the columns of CSV.
    """
    makers: dict[str, Callable[[], ResultFormat]] = {
        "table": lambda: _table(loaded),
        "json": lambda: _json_lines(loaded),
        "csv": lambda: _csv(separator),
    }
    return makers[name]()


def shown_path(path: Path) -> str:
    """A path as valid Unicode text: bytes that are none become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def answer_document(file: str, result: ImageResult, loaded: LoadedModel) -> dict[str, Any]:
    """One answer as a JSON object. `error` is null unless the status is error.

    Width and height are null for an image that could not be read.
    """
    package = loaded.package
    return {
        "file": file,
        "status": result.status.value,
        "error": {"code": result.fault.code, "message": _in_words(result.fault)} if result.fault else None,
        "notices": list(result.notices),
        "width": result.width or None,
        "height": result.height or None,
        "model": {"name": package.name, "version": package.version, "sha256": package.sha256},
        "provider": loaded.active,
        "cells": [_cell_document(cell) for cell in result.cells if cell.prediction is not None],
        "elapsed_ms": round(result.elapsed_ms, 3),
    }


def _in_words(fault: Fault) -> str:
    """What is wrong, and what to do: whoever reads it here has no window to look it up in."""
    return f"{fault.message} {fault.remedy}".rstrip()


def _cell_document(cell: Cell) -> dict[str, Any]:
    prediction = cell.prediction
    assert prediction is not None, "only cells with a prediction are written"
    return {
        "box": cell.box.as_list(),
        "class": prediction.class_id,
        "confidence": round(prediction.confidence, 6),
        "probabilities": {class_id: round(p, 6) for class_id, p in prediction.ranked},
        "uncertain": prediction.uncertain is not None,
    }


def _json_lines(loaded: LoadedModel) -> ResultFormat:
    def line(file: str, result: ImageResult) -> str:
        document = answer_document(file, result, loaded)
        return json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"

    return ResultFormat("", line)


def _csv(separator: Separator) -> ResultFormat:
    from hematodesk.workflow.exports.csv_rows import csv_head, csv_lines

    def line(file: str, result: ImageResult) -> str:
        return csv_lines(file, result, _CSV_COLUMNS, separator)

    return ResultFormat(csv_head(_CSV_COLUMNS, separator), line)


def _table(loaded: LoadedModel) -> ResultFormat:
    package = loaded.package
    head = (
        f"Model {package.name} {package.version} ({package.sha256[:12]}), provider {loaded.active}\n"
        f"{'FILE':<{_FILE_WIDTH}}  {'CELL':>4}  {'BOX':<19}  {'CLASS':<20}  CONFIDENCE\n"
    )

    def line(file: str, result: ImageResult) -> str:
        shown = columns(file)
        if result.status is ImageStatus.ERROR:
            fault = result.fault
            reason = f"{fault.code}: {_in_words(fault)}" if fault else ""
            return f"{shown}     -  error  {printable(reason)}\n"
        notices = [f"{shown}     -  notice  {sentence}\n" for sentence in notice_sentences(result.notices)]
        if not result.cells:
            return "".join([f"{shown}     -  no white cell found\n", *notices])
        rows = []
        for number, cell in enumerate(result.cells, start=1):
            box = "{},{} {}x{}".format(*cell.box.as_list())
            rows.append(f"{shown}  {number:>4}  {box:<19}  {_class_words(cell)}\n")
        return "".join([*rows, *notices])

    return ResultFormat(head, line)


def _class_words(cell: Cell) -> str:
    prediction = cell.prediction
    if prediction is None:
        return "-"
    words = f"{prediction.class_id:<20}  {100 * prediction.confidence:5.1f} %"
    return f"{words}  uncertain" if prediction.uncertain is not None else words


def printable(text: str) -> str:
    """The text without control characters of terminals."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def columns(file: str) -> str:
    """A file's name for the table's first column: shortened in the middle, as the end is most distinctive."""
    text = printable(file)
    if len(text) > _FILE_WIDTH:
        tail = 2 * _FILE_WIDTH // 3
        text = f"{text[: _FILE_WIDTH - tail - 1]}…{text[-tail:]}"
    return f"{text:<{_FILE_WIDTH}}"

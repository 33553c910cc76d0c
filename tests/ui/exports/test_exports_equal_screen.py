"""What is exported, read back, shows in the window exactly as the history itself does."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from hematodesk.bootstrap import build
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
from hematodesk.domain.operators import Operator
from hematodesk.storage.history import History
from hematodesk.ui.history.model import HistoryModel
from hematodesk.ui.history.rows import summary_of
from hematodesk.ui.history.session_rows import Role
from hematodesk.ui.history.words import image_words
from hematodesk.ui.kit.parts import ClassRow
from hematodesk.ui.review.answer_panel import AnswerPanel
from hematodesk.workflow.exports.export import ExportRequest, run_export

NOT_IN_UNICODE = re.compile("[\0\ud800-\udfff]")
NOT_IN_XML = re.compile("[\0\ud800-\udfff\ufffe\uffff]")


class AtOnce:
    """The window's way to the history, without lanes: answers come before `ask` returns."""

    def __init__(self, history: History) -> None:
        self._history = history

    def ask(self, job: Callable[[History], Any], done: Callable[[Any], None] | None = None, **_: Any) -> None:
        answer = job(self._history)
        if done is not None:
            done(answer)


def list_shows(history: History, fit: re.Pattern[str], *, notices: bool) -> list[str]:
    """The texts of the history's list, each session's images in their order, oldest session first.

    Without `notices` what a table of cells tells of an image: not what the reader has said of its file.
    """
    model = HistoryModel(AtOnce(history))  # type: ignore[arg-type]
    model.reload()
    for session in history.sessions():
        model.unfold(session.id)
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in range(model.rowCount()):
        index = model.index(row)
        if (summary := index.data(Role.SUMMARY)) is not None:
            words = model.data(index)
            assert words == image_words(summary)
            if not notices:
                words = image_words(replace(summary, notices=()))
            found[summary.session_id].append(fit.sub("\ufffd", words))
    return [text for session_id in sorted(found) for text in found[session_id]]


def panel_shows(panel: AnswerPanel, images: Iterable[HistoryImage], fit: re.Pattern[str]) -> list[list[str]]:
    """Every text of the answer column, for each image and each of its cells."""
    shown = []
    for image in images:
        if image.result.fault is not None:
            panel.show_fault(image.result.fault, note=image.note, note_key=())
            shown.append(texts_of(panel, fit))
            continue
        cells = [cell for cell in image.result.cells if not cell.removed]
        if not cells:
            panel.show_no_cell(note=image.note, note_key=())
            shown.append(texts_of(panel, fit))
        for number, cell in enumerate(cells, start=1):
            panel.show_cell(cell, number, len(cells), note_key=())
            shown.append(texts_of(panel, fit))
    return shown


def texts_of(panel: AnswerPanel, fit: re.Pattern[str]) -> list[str]:
    texts = [label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel)]
    texts += [row.accessibleName() for row in panel.findChildren(ClassRow) if row.isVisibleTo(panel)]
    texts += [note.toPlainText() for note in panel.findChildren(QPlainTextEdit)]
    # What cannot be written in a note, Qt leaves out; nobody can have seen it.
    return [fit.sub("", text).replace("\ufffd", "") for text in texts]


# Reading back


def images_of_csv(path: Path) -> list[HistoryImage]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [{key: text.removeprefix("'") for key, text in row.items()} for row in csv.DictReader(stream)]
    return images_of_rows(rows)


def images_of_rows(rows: list[dict[str, Any]]) -> list[HistoryImage]:
    """Images from flat rows: a new one begins where the cells' numbers do."""
    images: list[HistoryImage] = []
    begun = 0
    for row in rows:
        begun += row["cell"] in ("", "1")
        row["begun"] = begun
    for _, same in groupby(rows, key=lambda row: row["begun"]):
        group = list(same)
        first = group[0]
        cells = tuple(cell_of_row(row) for row in group if row["cell"])
        fault = None
        if first["error_code"]:
            fault = Fault(first["error_code"], first["error_message"], first["error_remedy"])
        result = ImageResult(
            name=first["image"],
            path=first["path"],
            digest=first["image_sha256"],
            width=int(first["width"]),
            height=int(first["height"]),
            status=ImageStatus(first["status"]),
            cells=cells,
            fault=fault,
            created_at=first["analysed_at"],
        )
        images.append(HistoryImage(0, int(first["session"]), result, first["image_note"]))
    return images


def cell_of_row(row: dict[str, str]) -> Cell:
    prediction = review = None
    if row["predicted"]:
        shares = [each.split("=") for each in row["probabilities"].split(" ")]
        made = Provenance(
            row["model"],
            row["model_version"],
            row["model_sha256"],
            row["provider_requested"],
            row["provider"],
            float(row["cell_ms"]),
            "",
        )
        ranked = tuple((class_id, float(share)) for class_id, share in shares)
        assert ranked[0] == (row["predicted"], float(row["confidence"]))
        uncertain = UncertainReason(row["uncertain_reason"]) if row["uncertain_reason"] else None
        prediction = Prediction(ranked, uncertain, made)
    if row["review"]:
        review = Review(
            Verdict(row["review"]), row["label"] or None, Operator.named(row["reviewer"]), row["reviewed_at"]
        )
    cell = Cell(
        Box(*(int(row[side]) for side in "xywh")),
        CellOrigin(row["origin"]),
        1.0,
        prediction,
        review,
        row["cell_note"],
    )
    assert (cell.label or "", "yes" if cell.uncertain else "no") == (row["label"], row["uncertain"])
    return cell


def images_of_json(path: Path) -> list[HistoryImage]:
    """Read by names alone, as any other program would."""
    images = []
    for each in json.loads(path.read_text("utf-8"))["images"]:
        fault = each["error"] and Fault(*(each["error"][key] for key in ("code", "message", "remedy")))
        result = ImageResult(
            name=each["name"],
            path=each["path"],
            digest=each["sha256"],
            width=each["width"],
            height=each["height"],
            status=ImageStatus(each["status"]),
            cells=tuple(cell_of_json(cell) for cell in each["cells"]),
            fault=fault,
            created_at=each["analysed_at"],
            notices=tuple(each["notices"]),
        )
        images.append(HistoryImage(0, each["session"], result, each["note"]))
    return images


def cell_of_json(each: dict[str, Any]) -> Cell:
    prediction = review = None
    if (told := each["prediction"]) is not None:
        model, provider = told["model"], told["provider"]
        made = Provenance(
            model["name"],
            model["version"],
            model["sha256"],
            provider["requested"],
            provider["active"],
            told["elapsed_ms"],
            told["at"],
        )
        uncertain = UncertainReason(told["uncertain"]) if told["uncertain"] else None
        prediction = Prediction(tuple(told["probabilities"].items()), uncertain, made)
    if (said := each["review"]) is not None:
        review = Review(Verdict(said["verdict"]), said["class"], Operator.named(said["operator"]), said["at"])
    origin = CellOrigin(each["origin"])
    return Cell(Box(*each["box"]), origin, each["score"], prediction, review, each["note"], each["removed"])


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def rows_of_xlsx(path: Path, sheet: int = 1) -> list[dict[str, str]]:
    """A sheet's rows as text, read without any library for it; formulas fail the test."""
    with zipfile.ZipFile(path) as archive:
        tree = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))
    assert tree.find(f".//{MAIN}f") is None
    table: list[dict[str, str]] = []
    for row in tree.iter(f"{MAIN}row"):
        table.append({})
        for cell in row.iter(f"{MAIN}c"):
            text = cell.find(f".//{MAIN}t")
            value = cell.find(f"{MAIN}v")
            column = re.sub(r"\d", "", cell.attrib["r"])
            if text is not None:
                words = text.text or ""
                table[-1][column] = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), words)
            else:
                assert value is not None and value.text is not None
                table[-1][column] = value.text
    names = {column: name.removesuffix(" (UTC)") for column, name in table[0].items()}
    return [{name: row.get(column, "") for column, name in names.items()} for row in table[1:]]


# The tests


@pytest.fixture
def panel(qtbot: QtBot) -> AnswerPanel:
    made = AnswerPanel()
    qtbot.addWidget(made)
    made.set_classes(("neutrophil", "monocyte"))
    made.set_operator(Operator.named("ada"))
    return made


def listed(images: list[HistoryImage], fit: re.Pattern[str]) -> list[str]:
    """What the list would say of images that were read back."""
    return [fit.sub("\ufffd", image_words(summary_of(image))) for image in images]


def test_csv_and_json_show_what_the_window_shows(panel, made_up, tmp_path_factory) -> None:
    @settings(max_examples=15, deadline=None)
    @given(made=made_up.histories())
    @example(made=made_up.history_of_edges())
    def check(made: tuple[list[Session], list[Any]]) -> None:
        folder = tmp_path_factory.mktemp("screen")
        services = build(folder / "data")
        history = services.open_history()
        try:
            sessions, records = made
            # The list groups by session; a session's images are analysed one after the other.
            records.sort(key=lambda record: record.image.session_id)
            history.import_records(sessions, records)
            for kind in ("csv", "json", "xlsx"):
                run_export(services, ExportRequest(folder / f"all.{kind}", kind))
            kept = list(history.export_rows())
            for images, fit, notices in (
                (images_of_csv(folder / "all.csv"), NOT_IN_UNICODE, False),
                (images_of_json(folder / "all.json"), NOT_IN_UNICODE, True),
            ):
                assert listed(images, fit) == list_shows(history, fit, notices=notices)
                assert [image.session_id for image in images] == [image.session_id for image in kept]
                assert panel_shows(panel, images, fit) == panel_shows(panel, kept, fit)
            fields = ("image", "label", "confidence", "reviewer", "cell_note", "image_note", "error_message")
            with (folder / "all.csv").open(encoding="utf-8-sig", newline="") as stream:
                table = [
                    [NOT_IN_XML.sub("\ufffd", row[name].removeprefix("'")) for name in fields]
                    for row in csv.DictReader(stream)
                ]
            book = [[row[name] for name in fields] for row in rows_of_xlsx(folder / "all.xlsx")]
            assert [same_numbers(row) for row in book] == [same_numbers(row) for row in table]
        finally:
            services.close()

    check()


def same_numbers(row: list[str]) -> list[object]:
    """Confidence as Excel keeps it, to 15 digits."""
    return [*row[:2], round(float(row[2]), 14) if row[2] else None, *row[3:]]

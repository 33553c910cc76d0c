"""Exports of what was chosen, whole or not at all, in every format that needs no Qt."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hematodesk.bootstrap import build
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.errors import Cancelled, ExportError
from hematodesk.domain.history import HistoryFilter
from hematodesk.workflow.exports.export import ExportOptions, ExportRequest, run_export


@pytest.fixture
def services(tmp_path):
    made = build(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def filled(services, made_result):
    history, session = services.open_history(), services.session_id()
    classes = ("neutrophil", "monocyte", "neutrophil")
    saved = history.save_results(session, [made_result(f"{i}.png", each) for i, each in enumerate(classes)])
    return history, saved


@pytest.fixture
def export(services, filled):
    def run(target, kind, selection=None, cancel=None, **options):
        request = ExportRequest(target, kind, selection, ExportOptions(**options))
        return run_export(services, request, cancel=cancel)

    return run


@pytest.mark.parametrize(("selection", "names"), [
    (None, ["0.png", "1.png", "2.png"]),
    (HistoryFilter(class_id="monocyte"), ["1.png"]),
    ([], []),
])  # fmt: skip
def test_an_export_holds_what_was_chosen_oldest_first(export, tmp_path, selection, names):
    target = tmp_path / "export.csv"
    assert export(target, "csv", selection).images == len(names)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        assert [row["image"] for row in csv.DictReader(stream)] == names


def test_an_export_of_chosen_images_keeps_their_order(export, filled, tmp_path):
    target = tmp_path / "export.json"
    assert export(target, "json", [filled[1][2].id, filled[1][0].id]).images == 2
    document = json.loads(target.read_text("utf-8"))
    assert [image["name"] for image in document["images"]] == ["2.png", "0.png"]
    assert [session["id"] for session in document["sessions"]] == [filled[1][0].session_id]


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_a_cancelled_export_leaves_the_target_untouched(services, filled, tmp_path, kind):
    target = tmp_path / "export"
    target.write_text("old")
    token = CancelToken()

    def progress(done, total):
        assert total == 3
        if done == 1:
            token.cancel()

    with pytest.raises(Cancelled):
        run_export(services, ExportRequest(target, kind), cancel=token, progress=progress)
    assert target.read_text() == "old"
    assert {path.name for path in Path(tmp_path).iterdir()} == {"data", "export"}


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx", "folders"])
def test_an_export_that_cannot_be_written_is_told(export, tmp_path, kind):
    with pytest.raises(ExportError):
        export(tmp_path / "none" / "export", kind)


@pytest.mark.parametrize("beside", ["", "-wal"])
def test_an_export_never_takes_the_historys_place(export, services, filled, beside):
    own = services.paths.history_file
    with pytest.raises(ExportError, match="history"):
        export(own.with_name(own.name + beside), "csv")
    assert filled[0].count() == 3


def test_a_report_without_qt_and_one_too_long_are_refused_in_words(services, filled, monkeypatch, tmp_path):
    request = ExportRequest(tmp_path / "a.pdf", "pdf")
    with pytest.raises(ExportError, match="Qt"):
        run_export(services, request)
    monkeypatch.setattr("hematodesk.workflow.exports.export_writers.MAX_REPORT_IMAGES", 2)
    with pytest.raises(ExportError, match="3 images is too long"):
        run_export(services, request, render=lambda *_: [])

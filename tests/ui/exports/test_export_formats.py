"""A format that is added to the table is in the dialog, on the command line and in the manual."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from hematodesk.bootstrap import build_at
from hematodesk.cli.export_options import add_export_options, export_request
from hematodesk.domain.history import HistoryFilter
from hematodesk.ui.exports.export_dialog import ExportDialog, Remembered
from hematodesk.ui.exports.export_scopes import export_scopes
from hematodesk.ui.manual.manual_words import manual_words
from hematodesk.workflow.exports.export import ExportOutcome, run_export
from hematodesk.workflow.exports.export_formats import EXPORT_FORMATS, ExportFormat, ExportOption
from hematodesk.workflow.exports.export_request import ExportJob
from hematodesk.workflow.system.paths import AppPaths


def write(job: ExportJob) -> ExportOutcome:
    job.request.target.write_text(f"{len(job.ids)} images")
    return ExportOutcome(len(job.ids))


@pytest.fixture(autouse=True)
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A format that is nowhere but in the table."""
    option = ExportOption("aloud", False, "--aloud", "read it out", "Read it &out")
    row = ExportFormat("song", ".mid", "A song (MIDI)", "To be sung.", write, (option,))
    monkeypatch.setitem(EXPORT_FORMATS, row.id, row)


def test_the_dialog_offers_it(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = ExportDialog(export_scopes(None, [], HistoryFilter()), Remembered(str(tmp_path), "song"))
    qtbot.addWidget(dialog)
    assert dialog.format.currentText() == "A song (MIDI)"
    assert dialog.target.text().endswith(".mid")
    editor = dialog.editors["aloud"]
    assert isinstance(editor, QCheckBox) and (editor.text(), editor.isChecked()) == ("Read it &out", False)
    request = dialog.request()
    assert (request.format, request.target.suffix) == ("song", ".mid")


def test_the_command_line_takes_it_and_its_writer_is_called(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_export_options(parser)
    options = parser.parse_args(["--format", "song", "--aloud"])
    assert options.aloud
    options.output = tmp_path / "all.mid"
    services = build_at(AppPaths(tmp_path / "data", False, tmp_path, tmp_path))
    services.open_history()
    try:
        run_export(services, export_request(options, HistoryFilter()))
    finally:
        services.close()
    assert options.output.read_text() == "0 images"


def test_the_manual_has_it() -> None:
    assert manual_words("table", "exports").endswith("| A song (MIDI) | To be sung. | **Read it out** |")
    assert manual_words("formats", "export").endswith("`song`")


def separator_of(qtbot: QtBot, folder: Path, last: str = "") -> str:
    dialog = ExportDialog(export_scopes(None, [], HistoryFilter()), Remembered(str(folder), "csv", last))
    qtbot.addWidget(dialog)
    editor = dialog.editors["separator"]
    assert isinstance(editor, QComboBox) and editor.currentData() == dialog.request().options.separator
    return dialog.request().options.separator


@pytest.mark.parametrize(("place", "separator"), [
    ("de_DE", "semicolon"), ("fr_FR", "semicolon"), ("es_ES", "semicolon"), ("pt_BR", "semicolon"),
    ("en_US", "comma"), ("es_MX", "comma"), ("ja_JP", "comma"), ("de_CH", "comma"),
])  # fmt: skip
def test_the_dialog_begins_with_the_separator_of_the_country(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, separator: str
) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale(place))
    assert separator_of(qtbot, tmp_path) == separator
    assert separator_of(qtbot, tmp_path, "tab") == "tab"
    assert separator_of(qtbot, tmp_path, "no such one") == separator


def test_the_command_line_says_what_parts_the_columns(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_export_options(parser)
    for given, separator in (([], "comma"), (["--separator", "tab"], "tab")):
        options = parser.parse_args(given)
        options.output = tmp_path / "all.csv"
        assert export_request(options, HistoryFilter()).options.separator == separator

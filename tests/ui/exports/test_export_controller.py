"""The export dialog and the import, over the real window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.ui.exports.export_dialog import ExportDialog
from hematodesk.ui.history.session_rows import Role
from hematodesk.ui.main_window import MainWindow
from hematodesk.workflow.exports.export import EXPORT_FORMATS


@pytest.fixture
def window(bench) -> MainWindow:
    return bench.show(start=[bench.field("one.jpg"), bench.field("two.jpg", "smear_02_eosinophil.jpg")])


def opened(window: MainWindow, action: str = "export") -> ExportDialog:
    window.actions_[action].trigger()
    dialog = window.exports.dialog
    assert dialog is not None
    return dialog


def press(qtbot: QtBot, dialog: ExportDialog) -> None:
    assert isinstance(dialog.export, QPushButton)
    qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("kind", list(EXPORT_FORMATS))
def test_every_format_is_written_from_the_dialog(bench, qtbot: QtBot, window: MainWindow, kind) -> None:
    dialog = opened(window)
    dialog.format.setCurrentIndex(dialog.format.findData(kind))
    dialog.editors["reviewed_only"].setChecked(False)
    dialog.target.setText(str(bench.folder / "out" / "report"))
    (bench.folder / "out").mkdir()
    press(qtbot, dialog)
    bench.rest(window)
    assert window.exports.dialog is None
    banner = window.banners.banner("exported")
    assert banner is not None
    assert "2 image(s)" in banner.notice.text or "2 images" in banner.notice.text
    assert banner.button is not None
    (written,) = (bench.folder / "out").iterdir()
    heads = {"csv": b"\xef\xbb\xbfimage", "json": b'{"schema": 2', "xlsx": b"PK", "pdf": b"%PDF-"}
    if kind == "folders":
        assert {path.name for path in written.iterdir()} == {"neutrophil", "labels.csv", "originals.csv"}
    else:
        assert written.suffix == f".{kind}"
        assert written.read_bytes().startswith(heads[kind])


def test_folder_and_format_are_remembered_and_a_new_name_is_proposed(bench, qtbot, window) -> None:
    dialog = opened(window)
    dialog.format.setCurrentIndex(dialog.format.findData("json"))
    dialog.target.setText(str(bench.folder / "mine.json"))
    press(qtbot, dialog)
    bench.rest(window)
    again = opened(window)
    assert again.chosen_format.id == "json"
    first = Path(again.target.text())
    assert first.parent == bench.folder
    first.write_text("taken")
    again.reject()
    qtbot.waitUntil(lambda: window.exports.dialog is None)
    third = opened(window)
    assert Path(third.target.text()) not in (first, bench.folder / "mine.json")
    third.reject()


def test_a_file_is_replaced_only_when_asked_twice(bench, qtbot: QtBot, window: MainWindow) -> None:
    target = bench.folder / "mine.csv"
    target.write_text("old")
    dialog = opened(window)
    dialog.target.setText(str(target))
    press(qtbot, dialog)
    assert target.read_text() == "old"
    assert "already" in dialog._status.text()
    press(qtbot, dialog)
    bench.rest(window)
    assert target.read_text("utf-8-sig").startswith("image")


def test_what_cannot_be_written_is_told_in_the_dialog_and_can_be_tried_again(bench, qtbot, window) -> None:
    dialog = opened(window)
    dialog.target.setText(str(bench.folder / "nowhere" / "a.csv"))
    press(qtbot, dialog)
    bench.rest(window)
    assert window.exports.dialog is dialog
    assert "a.csv" in dialog._status.text()
    assert dialog.export.isEnabled()
    dialog.target.setText(str(bench.folder / "a.csv"))
    press(qtbot, dialog)
    bench.rest(window)
    assert (bench.folder / "a.csv").is_file()


def test_escape_stops_a_running_export_and_leaves_nothing(bench, qtbot, window, monkeypatch) -> None:
    def never_ending(services, request, *, cancel, progress, render):
        progress(0, 2)
        while True:
            cancel.check()

    monkeypatch.setattr("hematodesk.workflow.exports.export.run_export", never_ending)
    dialog = opened(window)
    dialog.target.setText(str(bench.folder / "a.csv"))
    press(qtbot, dialog)
    qtbot.waitUntil(lambda: "0 of 2" in dialog._status.text())
    assert dialog.bar.isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    bench.rest(window)
    assert not (bench.folder / "a.csv").exists()
    assert "Stopped" in dialog._status.text()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.exports.dialog is None


def test_the_chosen_images_are_exported(bench, qtbot: QtBot, window: MainWindow) -> None:
    dialog = opened(window, "export_selection")
    dialog.format.setCurrentIndex(dialog.format.findData("json"))
    dialog.target.setText(str(bench.folder / "chosen.json"))
    chosen = window.panel.selected_ids()
    assert len(chosen) == 1
    assert dialog.request().selection == chosen
    press(qtbot, dialog)
    bench.rest(window)
    assert len(json.loads((bench.folder / "chosen.json").read_text("utf-8"))["images"]) == 1


def test_what_the_list_shows_under_its_filter_is_what_is_exported(
    bench, qtbot: QtBot, window: MainWindow
) -> None:
    unreviewed = HistoryFilter(review_state=ReviewState.OPEN)
    window.panel.show_filter(unreviewed, "open")
    bench.rest(window)
    window.reviews.agree()
    bench.rest(window)
    # So that no list jumps under one's hands.
    assert names(window) == ["one.jpg", "two.jpg"]
    dialog = opened(window)
    dialog.choose_selection(unreviewed)
    dialog.format.setCurrentIndex(dialog.format.findData("json"))
    dialog.target.setText(str(bench.folder / "open.json"))
    press(qtbot, dialog)
    bench.rest(window)
    written = json.loads((bench.folder / "open.json").read_text())
    exported = [image["name"] for image in written["images"]]
    assert exported == ["two.jpg"] == names(window)


def names(window: MainWindow) -> list[str]:
    model = window.panel.model
    rows = [model.index(row).data(Role.SUMMARY) for row in range(model.rowCount())]
    return [row.name for row in rows if row is not None]


def test_an_exported_history_is_imported_and_shown(bench, empty_bench, qtbot, window) -> None:
    dialog = opened(window)
    dialog.format.setCurrentIndex(dialog.format.findData("json"))
    target = bench.folder / "all.json"
    dialog.target.setText(str(target))
    press(qtbot, dialog)
    bench.rest(window)
    other = empty_bench.show()
    other.exports.import_file(str(target))
    empty_bench.rest(other)
    banner = other.banners.banner("imported")
    assert banner is not None
    names = [other.panel.model.index(row).data() for row in range(other.panel.model.rowCount())]
    assert any("one.jpg" in name for name in names)
    assert any("two.jpg" in name for name in names)
    other.exports.import_file(str(bench.field("picture.json")))
    empty_bench.rest(other)
    assert other.banners.banner("import_not_json") is not None

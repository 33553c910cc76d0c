"""Words of other people's packages, files and exports are shown as they are: they load and format nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel, QTreeWidgetItemIterator, QWidget
from pytestqt.qtbot import QtBot

from hematodesk.domain.history import Run, RunFailure, RunOptions, RunState, RunSummary
from hematodesk.ui.review.answer_card import CellCard
from hematodesk.ui.runs.run_summary_dialog import RunSummaryDialog
from hematodesk.ui.runs.runs_dialog import RunsDialog
from hematodesk.ui.shell.shortcuts_overlay import ShortcutsOverlay
from hematodesk.ui.shell.status_strip import StatusStrip
from hematodesk.workflow.analysis.batch import BatchSummary
from hematodesk.workflow.analysis.image_files import ImageListing
from hematodesk.workflow.analysis.run_job import RunEnd, RunRequest

# Qt would ask that computer for the picture.
FOREIGN = "<img src='//elsewhere/share/a.png'>"
SHOWN = "&lt;img src="


def tips(widget: QWidget) -> list[str]:
    return [each.toolTip() for each in (widget, *widget.findChildren(QWidget)) if "img" in each.toolTip()]


def is_plain(tip: str) -> bool:
    """Whether Qt shows the words as they are; it looks for markup in the first line alone."""
    return not GuiQt.mightBeRichText(tip) or (SHOWN in tip and "<img" not in tip)


def test_in_the_strip(qtbot: QtBot) -> None:
    strip = StatusStrip()
    qtbot.addWidget(strip)
    strip.show_model("foreign 1.0.0", FOREIGN)
    strip.show_provider("cuda", "cpu", FOREIGN)
    strip.show_watch("smears", FOREIGN, away=False)
    strip.show_sign("Read-only", FOREIGN)
    assert len(tips(strip)) == 4
    assert all(map(is_plain, tips(strip)))


def test_on_a_cell_s_card(qtbot: QtBot, samples) -> None:
    card = CellCard()
    qtbot.addWidget(card)
    cell = samples.cell()
    foreign = replace(cell.prediction.provenance, sha256=FOREIGN)
    card.show_cell(replace(cell, prediction=replace(cell.prediction, provenance=foreign)), "", "me")
    assert tips(card)
    assert all(map(is_plain, tips(card)))


def test_among_the_keys_of_the_classes(qtbot: QtBot) -> None:
    below = QWidget()
    qtbot.addWidget(below)
    overlay = ShortcutsOverlay(below)
    overlay.show_sections([("Review", [("1", FOREIGN)])])
    (label,) = [each for each in overlay.findChildren(QLabel) if each.text() == FOREIGN]
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_in_the_models_dialog(bench) -> None:
    window = bench.show()
    window.actions_["models"].trigger()
    bench.rest(window)
    dialog = window.dialogs.open_now["models"]
    for label in (dialog.status, dialog.active):
        assert label.textFormat() == Qt.TextFormat.PlainText
    dialog.close()


def test_in_the_lists_of_batches(qtbot: QtBot) -> None:
    options = RunOptions((f"/{FOREIGN}",), "wbc4", "1.0.0", "00" * 32)
    run = Run(1, options, RunState.STOPPED, 9, 3, 0, "2026-11-21T10:00:00.000Z", "")
    runs = RunsDialog([run])
    qtbot.addWidget(runs)
    failure = RunFailure(1, "a.png", "image_damaged", f"“{FOREIGN}” is damaged.")
    end = RunEnd(RunRequest(ImageListing([Path("a")])), BatchSummary(3, 1, 0, False, 1.0), 1)
    summary = RunSummaryDialog(RunSummary(1, 3, 0, (), 0, 0, 1, (failure,)), end, runs)
    for tree in (runs.list, summary.tree):
        found = []
        items = QTreeWidgetItemIterator(tree)
        while items.value() is not None:
            found.append(items.value().data(0, Qt.ItemDataRole.ToolTipRole) or "")
            items += 1
        (tip,) = [each for each in found if "img" in each]
        assert is_plain(tip)

"""Two models side by side on the open image, and the long card."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from hematodesk.domain.cells import Prediction, Provenance, UncertainReason
from hematodesk.imaging.read import encode_png
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.models.compare_dialog import CompareDialog
from hematodesk.ui.models.model_card import CHARTS, WHOLE_CARD
from hematodesk.ui.models.models_dialog import ModelsDialog
from hematodesk.ui.state.task_lanes import Lane
from hematodesk.workflow.review.compare import ComparedCell

SEVERAL = "smear_05_several_cells.jpg"


@pytest.fixture
def two_models(bench):
    """Windows with two models that never agree."""
    bench.ship_model("other", favourite="monocyte")
    return bench


def open_dialog(window: MainWindow, action: str, name: str) -> QDialog:
    window.actions_[action].trigger()
    return window.dialogs.open_now[name]


def compare_dialog(bench, window: MainWindow) -> CompareDialog:
    dialog = open_dialog(window, "compare_models", "compare")
    assert isinstance(dialog, CompareDialog)
    bench.rest(window)
    return dialog


def column(dialog: CompareDialog, number: int) -> list[str]:
    return [dialog.table.item(row, number).text() for row in range(dialog.table.rowCount())]


def test_both_models_name_the_cells_of_the_open_image(two_models, qtbot: QtBot) -> None:
    window = two_models.show(start=[two_models.field("several.jpg", SEVERAL)])
    dialog = compare_dialog(two_models, window)
    chosen = [choice.currentText() for choice in dialog.choices]
    assert chosen[0] == window.model_state.name
    assert sorted(chosen) == ["other 1.0.0", "tiny 1.0.0"]
    count = len(window.viewer.standing)
    assert count > 1
    answers = {"tiny 1.0.0": "Neutrophil", "other 1.0.0": "Monocyte"}
    for side in (0, 1):
        assert all(words.startswith(answers[chosen[side]]) for words in column(dialog, side + 1))
        assert {cell.label for cell in dialog.views[side].cells} == {answers[chosen[side]].lower()}
    assert column(dialog, 3) == ["differs"] * count
    assert dialog.summary.text() == f"The same name for 0 of {count} cell(s)."
    # The model in use stays the one in use, and nothing of this goes to the history.
    assert window.model_state.name == chosen[0]
    assert {cell.prediction.provenance.model for cell in window.viewer.cells} == {chosen[0].split()[0]}


def test_a_row_and_a_cell_are_chosen_together(two_models, qtbot: QtBot) -> None:
    window = two_models.show(start=[two_models.field("several.jpg", SEVERAL)])
    dialog = compare_dialog(two_models, window)
    dialog.table.selectRow(1)
    assert [view.current_index for view in dialog.views] == [1, 1]
    dialog.views[0].cell_chosen.emit(2)
    assert dialog.table.currentRow() == 2
    assert dialog.views[1].current_index == 2


def test_it_follows_the_window_from_image_to_image(two_models, qtbot: QtBot) -> None:
    window = two_models.show()
    dialog = compare_dialog(two_models, window)
    assert "Open an image" in dialog.summary.text()
    window.opener.open_paths([two_models.field("one.jpg")])
    two_models.rest(window)
    assert dialog.table.rowCount() == len(window.viewer.standing) == 1
    window.opener.open_paths([two_models.field("several.jpg", SEVERAL)])
    two_models.rest(window)
    assert dialog.table.rowCount() == len(window.viewer.standing) > 1
    dialog.choices[1].setCurrentIndex(dialog.choices[0].currentIndex())
    dialog.choices[1].activated.emit(0)
    two_models.rest(window)
    assert set(column(dialog, 3)) == {"same"}


def test_an_answer_for_an_image_that_was_closed_is_dropped(two_models, qtbot: QtBot) -> None:
    window = two_models.show(start=[two_models.field("several.jpg", SEVERAL)])
    dialog = compare_dialog(two_models, window)
    go_on = threading.Event()
    window.lanes.run(Lane.INFERENCE, lambda _ticket: go_on.wait(30))
    dialog.compare()
    window.viewer.clear()
    go_on.set()
    two_models.rest(window)
    assert "Open an image" in dialog.summary.text()
    assert dialog.table.rowCount() == 0


def test_a_models_own_class_names_are_shown_as_it_gives_them(two_models, qtbot: QtBot) -> None:
    window = two_models.show(start=[two_models.field("several.jpg", SEVERAL)])
    path = two_models.model_file("mine")
    model = onnx.load(str(path))
    manifest = json.loads(model.metadata_props[0].value)
    manifest["classes"][3] = {"id": "cell_fbda8c82", "display": "α cell"}
    model.metadata_props[0].value = json.dumps(manifest)
    path.write_bytes(model.SerializeToString())
    window.model_state.service.import_file(path)
    dialog = compare_dialog(two_models, window)
    dialog.choices[1].setCurrentIndex(dialog.choices[1].findText("mine 1.0.0, imported"))
    dialog.choices[1].activated.emit(0)
    two_models.rest(window)
    assert all(words.startswith("α cell") for words in column(dialog, 2))


def test_an_imported_model_is_told_from_a_shipped_one(two_models, qtbot: QtBot) -> None:
    window = two_models.show()
    window.model_state.service.import_file(two_models.model_file("mine"))
    dialog = compare_dialog(two_models, window)
    names = [dialog.choices[0].itemText(index) for index in range(dialog.choices[0].count())]
    assert sorted(names) == ["mine 1.0.0, imported", "other 1.0.0", "tiny 1.0.0"]


def test_a_broken_model_that_was_imported_can_be_removed(bench, qtbot: QtBot) -> None:
    window = bench.show()
    copy = window.model_state.service.import_file(bench.model_file("mine")).path
    copy.write_bytes(b"no model any more")
    dialog = open_dialog(window, "model_card", "models")
    assert isinstance(dialog, ModelsDialog)
    bench.rest(window)
    dialog.list.setCurrentRow(1)
    assert "cannot be used" in dialog.card.toPlainText()
    qtbot.mouseClick(dialog.remove_button, Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert dialog.list.count() == 1
    assert "was removed" in dialog.status.text()
    assert not copy.exists()


def test_one_model_alone_is_told_in_words(bench, qtbot: QtBot) -> None:
    window = bench.show(start=[bench.field()])
    dialog = compare_dialog(bench, window)
    assert "only one model" in dialog.summary.text()
    assert dialog.table.rowCount() == 0


def test_closing_while_it_works_leaves_nothing(two_models, qtbot: QtBot) -> None:
    window = two_models.show(start=[two_models.field("several.jpg", SEVERAL)])
    dialog = open_dialog(window, "compare_models", "compare")
    dialog.reject()
    two_models.rest(window)
    assert "compare" not in window.dialogs.open_now


def test_the_card_leads_to_the_whole_card_and_back(bench, qtbot: QtBot) -> None:
    (bench.folder / "models" / "tiny.md").write_text(
        "# Everything\n\nIt failed **twice**.\n", encoding="utf-8"
    )
    window = bench.show()
    dialog = open_dialog(window, "model_card", "models")
    assert isinstance(dialog, ModelsDialog)
    bench.rest(window)
    assert WHOLE_CARD in dialog.card.toHtml()
    assert "Everything" not in dialog.card.toPlainText()
    dialog.card.anchorClicked.emit(QUrl(WHOLE_CARD))
    bench.rest(window)
    assert "It failed twice." in dialog.card.toPlainText()
    dialog.card.anchorClicked.emit(QUrl("card:summary"))
    assert "Intended use" in dialog.card.toPlainText()


def put_chart(folder: Path, name: str, pixels: np.ndarray) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(encode_png(pixels))


def test_the_card_leads_to_the_charts_beside_the_package(bench, qtbot: QtBot) -> None:
    report = bench.folder / "models" / "tiny.report"
    put_chart(report, "test/confusion.png", np.full((1200, 3000, 3), 200, np.uint8))
    put_chart(report, "training/curves_first_try.png", np.full((30, 40, 3), 100, np.uint8))
    (report / "test" / "reliability.png").write_bytes(b"no picture")
    (report / "test" / "classification_held_out.txt").write_text("<b>precision</b>  recall")
    window = bench.show()
    dialog = open_dialog(window, "model_card", "models")
    assert isinstance(dialog, ModelsDialog)
    bench.rest(window)
    assert CHARTS in dialog.card.toHtml()
    dialog.card.anchorClicked.emit(QUrl(CHARTS))
    bench.rest(window)
    page, html = dialog.card.toPlainText(), dialog.card.toHtml()
    places = [
        page.index(words)
        for words in (
            "tiny 1.0.0: charts",
            "test: Confusion matrix",
            "test: Classification report, held out",
            "<b>precision</b>  recall",
            "test: Reliability diagram",
            "reliability.png",
            "training: Loss and accuracy, pass by pass, first try",
        )
    ]
    assert places == sorted(places)
    assert 'width="40" height="30"' in html
    document, port = dialog.card.document(), dialog.card.viewport()
    wide = document.resource(QTextDocument.ResourceType.ImageResource.value, QUrl("chart:0"))
    assert 0 < wide.width() / dialog.devicePixelRatioF() < port.width()
    assert document.size().width() <= port.width() + 1
    dialog.card.anchorClicked.emit(QUrl("card:summary"))
    assert "Intended use" in dialog.card.toPlainText()


def test_a_card_without_charts_offers_none(bench, qtbot: QtBot) -> None:
    window = bench.show()
    dialog = open_dialog(window, "model_card", "models")
    assert isinstance(dialog, ModelsDialog)
    bench.rest(window)
    assert CHARTS not in dialog.card.toHtml()


def predicted(model: str, *shares: tuple[str, float], uncertain: UncertainReason | None = None) -> Prediction:
    return Prediction(shares, uncertain, Provenance(model, "1.0.0", "", "cpu", "cpu", 1.0, ""))


def test_a_name_that_the_other_model_lacks_is_no_mere_difference(two_models, qtbot: QtBot) -> None:
    window = two_models.show(start=[two_models.field("several.jpg", SEVERAL)])
    dialog = compare_dialog(two_models, window)
    cell = dialog.views[0].cells[0]
    four = predicted("four", ("monocyte", 0.4), ("basophil", 0.3), uncertain=UncertainReason.UNFAMILIAR)
    eight = predicted("eight", ("immature_granulocyte", 0.9), ("monocyte", 0.1))
    same = predicted("eight", ("basophil", 0.9), ("monocyte", 0.1), uncertain=UncertainReason.LOW_CONFIDENCE)
    dialog._fill(
        (ComparedCell(cell, four, eight), ComparedCell(cell, eight, four), ComparedCell(cell, four, same))
    )
    assert column(dialog, 3) == ["four lacks that class", "four lacks that class", "differs"]
    assert column(dialog, 1)[0] == "Monocyte  40 %, uncertain: nothing like it in training"
    assert column(dialog, 2)[2] == "Basophil  90 %, uncertain: not sure enough"

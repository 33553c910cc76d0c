"""Why: the key, the overlay, class and opacity, and the reasons why it may not be had."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from hematodesk.domain.errors import ModelError
from hematodesk.domain.geometry import Box
from hematodesk.ui.kit.activation_overlay import ActivationOverlay
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.review.why_box import WhyBox
from hematodesk.workflow.review.explain import Explanation

SEVERAL = "smear_05_several_cells.jpg"


@pytest.fixture
def why_bench(empty_bench):
    """Windows with a model that can say why."""
    empty_bench.ship_model("why", with_map=True)
    return empty_bench


@pytest.fixture
def window(why_bench) -> MainWindow:
    """A window with one sample that has several cells."""
    return why_bench.show(start=[why_bench.field("several.jpg", SEVERAL)])


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    window.centre.view.setFocus()
    qtbot.keyClick(window.centre.view, key)


def show_why(bench, qtbot: QtBot, window: MainWindow) -> ActivationOverlay:
    press(qtbot, window, Qt.Key.Key_H)
    bench.rest(window)
    overlay = window.centre.view.overlay
    assert overlay is not None
    return overlay


def test_h_lays_the_map_over_the_chosen_cell_and_takes_it_away(
    why_bench, qtbot: QtBot, window: MainWindow
) -> None:
    box = window.answer.why
    plain = window.centre.view.grab().toImage()
    overlay = show_why(why_bench, qtbot, window)
    cell = window.viewer.cell
    place = overlay.explanation.place
    assert overlay.class_id == cell.prediction.class_id == "neutrophil"
    assert place.x <= cell.box.x and place.y <= cell.box.y
    assert place.x + place.w >= cell.box.x + cell.box.w
    assert window.centre.view.grab().toImage() != plain
    assert box.button.isChecked() and box.classes.currentData() == "neutrophil"
    assert box._words.text() == "Exact map of what speaks for the class"
    assert re.search(r"Mean [−0-9.,]+ \+ bias [−0-9.,]+ = [−0-9.,]+\.", box._words.toolTip())
    assert "plus the bias is the class's score (logit)" in box._words.toolTip()
    assert "Evidence for Neutrophil" in window.centre.view.accessibleDescription()
    press(qtbot, window, Qt.Key.Key_H)
    assert window.centre.view.overlay is None
    assert not box.button.isChecked()
    assert window.centre.view.grab().toImage() == plain


def test_it_stays_on_from_cell_to_cell_and_through_reviews(
    why_bench, qtbot: QtBot, window: MainWindow
) -> None:
    first = show_why(why_bench, qtbot, window)
    press(qtbot, window, Qt.Key.Key_Tab)
    why_bench.rest(window)
    second = window.centre.view.overlay
    assert second.explanation.place != first.explanation.place
    # Back again, nothing is asked anew; a verdict changes nothing of it.
    press(qtbot, window, Qt.Key.Key_Backtab)
    assert window.centre.view.overlay.explanation is first.explanation
    shown = window.centre.view.overlay
    window.viewer.put_cell(window.viewer.current_index, window.viewer.cell)
    assert window.centre.view.overlay is shown


def test_another_classs_evidence(why_bench, qtbot: QtBot, window: MainWindow) -> None:
    overlay = show_why(why_bench, qtbot, window)
    box = window.answer.why
    assert [box.classes.itemData(row) for row in range(box.classes.count())] == list(
        window.model_state.class_ids
    )
    box.classes.setCurrentIndex(box.classes.findData("monocyte"))
    box.classes.activated.emit(box.classes.currentIndex())
    other = window.centre.view.overlay
    assert (other.class_id, other.explanation) == ("monocyte", overlay.explanation)
    assert other.legend()[0] == "Evidence for Monocyte"
    # The next cell begins with its own class again.
    press(qtbot, window, Qt.Key.Key_Tab)
    why_bench.rest(window)
    assert window.centre.view.overlay.class_id == "neutrophil"


def test_the_opacity_is_remembered(why_bench, qtbot: QtBot, window: MainWindow) -> None:
    overlay = show_why(why_bench, qtbot, window)
    window.answer.why.opacity.setValue(35)
    assert overlay.opacity == pytest.approx(0.35)
    assert window.centre.view.overlay is overlay
    why_bench.close(window)
    again = why_bench.show()
    assert again.answer.why.opacity.value() == 35


def test_the_slider_has_up_and_down_and_leaves_the_images_keys(
    why_bench, qtbot: QtBot, window: MainWindow
) -> None:
    why_bench.field("other.jpg", "smear_02_eosinophil.jpg")
    window.opener.open_paths([why_bench.folder / "other.jpg"])
    why_bench.rest(window)
    show_why(why_bench, qtbot, window)
    slider = window.answer.why.opacity
    slider.setFocus()
    name, value = window.viewer.name, slider.value()
    qtbot.keyClick(slider, Qt.Key.Key_Up)
    assert slider.value() > value
    assert window.viewer.name == name
    value = slider.value()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    why_bench.rest(window)
    assert slider.value() == value
    assert window.viewer.name != name


def test_nothing_moves_when_it_is_shown(why_bench, qtbot: QtBot, window: MainWindow) -> None:
    def places() -> list[object]:
        panel = window.answer
        widgets = [panel._agree, panel.why, panel.why.button, panel.why.classes, panel._note, window.strip]
        return [(widget.pos(), widget.size()) for widget in (*widgets, window.centre)]

    before = places()
    show_why(why_bench, qtbot, window)
    assert places() == before
    press(qtbot, window, Qt.Key.Key_Tab)
    assert places() == before
    why_bench.rest(window)
    assert places() == before


def test_the_button_does_what_the_key_does(why_bench, qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.answer.why.button, Qt.MouseButton.LeftButton)
    why_bench.rest(window)
    assert window.actions_["show_why"].isChecked()
    assert window.centre.view.overlay is not None
    qtbot.mouseClick(window.answer.why.button, Qt.MouseButton.LeftButton)
    assert not window.actions_["show_why"].isChecked()
    assert not window.answer.why.button.isChecked()


def test_a_package_without_a_map_says_so(bench) -> None:
    window = bench.show(start=[bench.field()])
    action = window.actions_["show_why"]
    assert not action.isEnabled()
    assert action.toolTip() == "This model gives no map of its evidence."
    assert window.answer.why.button.toolTip() == action.toolTip()
    assert not window.answer.why.button.isEnabled()
    assert window.answer.why._words.text() == action.toolTip()


def test_without_a_cell_there_is_nothing_to_explain(why_bench) -> None:
    window = why_bench.show()
    assert not window.actions_["show_why"].isEnabled()
    assert "Choose a cell" in window.actions_["show_why"].toolTip()


def test_another_models_answer_is_not_explained_by_this_one(
    why_bench, qtbot: QtBot, window: MainWindow
) -> None:
    show_why(why_bench, qtbot, window)
    cell = window.viewer.cell
    made_by = dataclasses.replace(cell.prediction.provenance, sha256="cd" * 32)
    prediction = dataclasses.replace(cell.prediction, provenance=made_by)
    window.viewer.put_cell(window.viewer.current_index, dataclasses.replace(cell, prediction=prediction))
    assert window.centre.view.overlay is None
    assert "Another model gave this answer" in window.answer.why._words.text()
    # What is on can be switched off anywhere; then it cannot be switched on, and the reason stays.
    press(qtbot, window, Qt.Key.Key_H)
    assert not window.actions_["show_why"].isEnabled()
    assert "Another model gave this answer" in window.answer.why._words.text()


def test_a_thumbnail_is_not_explained(why_bench, qtbot: QtBot) -> None:
    paths = [why_bench.field("a.jpg"), why_bench.field("b.jpg", SEVERAL)]
    window = why_bench.show(start=paths)
    first = window.viewer.image_id
    why_bench.close(window)
    paths[0].unlink()
    again = why_bench.show()
    again.viewer.open(first)
    why_bench.rest(again)
    assert again.viewer.preview and again.viewer.pixels is not None
    assert not again.actions_["show_why"].isEnabled()
    assert "only its thumbnail" in again.actions_["show_why"].toolTip()


def test_a_failing_model_is_told_and_may_try_again(
    why_bench, qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier, asked = window.model_state.loaded.classifier, []

    def fail(*_: object) -> None:
        asked.append(True)
        raise ModelError("model_unsupported", "The model failed in a run.")

    with monkeypatch.context() as patch:
        patch.setattr(classifier, "evidence", fail)
        press(qtbot, window, Qt.Key.Key_H)
        why_bench.rest(window)
        assert window.answer.why._words.text() == "The model failed in a run."
        window.explainer.update()
        why_bench.rest(window)
        assert len(asked) == 1 and window.centre.view.overlay is None
    press(qtbot, window, Qt.Key.Key_H)
    show_why(why_bench, qtbot, window)
    assert window.answer.why._words.text().startswith("Exact")


def test_another_image_takes_the_map_away_at_once(why_bench, qtbot: QtBot, window: MainWindow) -> None:
    before = show_why(why_bench, qtbot, window)
    window.opener.open_paths([why_bench.field("other.jpg")])
    qtbot.waitUntil(lambda: window.viewer.name == "other.jpg", timeout=10_000)
    overlay = window.centre.view.overlay
    assert overlay is None or overlay.explanation is not before.explanation
    why_bench.rest(window)
    assert window.centre.view.overlay is not None


# The overlay's painting


def made(place: Box, size: tuple[int, int] = (100, 100), opacity: float = 1.0) -> ActivationOverlay:
    """Evidence in the upper left quarter of a 2 x 2 map."""
    maps = np.zeros((2, 2, 1), np.float32)
    maps[0, 0] = 5
    maps[1, 1] = -5
    explanation = Explanation(("neutrophil",), maps, np.zeros(1, np.float32), True, place, *size)
    return ActivationOverlay(explanation, "neutrophil", opacity)


def painted(overlay: ActivationOverlay, scale: float = 2.0) -> QImage:
    canvas = QImage(round(100 * scale), round(100 * scale), QImage.Format.Format_RGB32)
    canvas.fill(QColor("#c08cb0"))
    painter = QPainter(canvas)
    overlay.paint(
        painter, lambda r: QRectF(r.x() * scale, r.y() * scale, r.width() * scale, r.height() * scale)
    )
    painter.end()
    return canvas


def test_only_evidence_is_coloured(qapp: QApplication) -> None:
    canvas = painted(made(Box(20, 20, 60, 60)))
    hot = canvas.pixelColor(2 * 30, 2 * 30)
    assert hot.red() > 180 and hot.green() > 180 and hot.blue() < 100
    plain = QColor("#c08cb0")
    assert canvas.pixelColor(2 * 70, 2 * 70) == plain
    assert canvas.pixelColor(2 * 10, 2 * 50) == plain


def test_a_place_over_the_border_keeps_its_scale(qapp: QApplication) -> None:
    canvas = painted(made(Box(-20, -20, 80, 80)))
    # The place's middle lies at (20, 20): right of it and below the evidence ends.
    assert canvas.pixelColor(2 * 5, 2 * 5).blue() < 130
    assert canvas.pixelColor(2 * 45, 2 * 45) == QColor("#c08cb0")


def test_opacity(qapp: QApplication) -> None:
    faint, full = (painted(made(Box(20, 20, 60, 60), opacity=share)) for share in (0.1, 1.0))
    plain, at = QColor("#c08cb0"), QPointF(60, 60).toPoint()
    assert (
        abs(faint.pixelColor(at).blue() - plain.blue()) < abs(full.pixelColor(at).blue() - plain.blue()) / 5
    )


def test_the_legend_gives_way_to_what_it_explains(qapp: QApplication) -> None:
    view, metrics = QRectF(0, 0, 600, 400), QFontMetricsF(qapp.font())
    away = made(Box(70, 10, 20, 20)).legend_area(view, metrics, lambda r: r)
    near = made(Box(0, 80, 20, 20), (100, 400)).legend_area(
        view, metrics, lambda r: QRectF(r.x(), 300 + r.y(), r.width(), r.height())
    )
    assert away.left() < 20 and near.right() > 580
    assert view.contains(away) and view.contains(near)
    assert away.top() == near.top()


def test_a_long_class_name_is_cut_with_an_ellipsis_and_whole_in_the_tooltip(qtbot: QtBot) -> None:
    box = WhyBox()
    qtbot.addWidget(box)
    box.show_classes(("immature_granulocyte", "monocyte"), "immature_granulocyte")
    box.resize(box.button.sizeHint().width() + 120, box.sizeHint().height())
    box.show()
    option = QStyleOptionComboBox()
    box.classes.initStyleOption(option)
    assert option.currentText.startswith("Imm") and option.currentText.endswith("…")
    assert box.classes.toolTip().endswith(": Immature granulocyte")
    assert box.classes.currentText() == "Immature granulocyte"

"""Adapt to this lab in the window: counts, before and after, the person's choice, and the way back."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hematodesk.domain.errors import ModelError
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.models import adapt_dialog
from hematodesk.ui.models.adapt_dialog import AdaptDialog
from hematodesk.workflow.models import adaptation

ENOUGH = {"eosinophil": 12, "lymphocyte": 12, "neutrophil": 16}


@pytest.fixture
def lab(empty_bench: Any, lab_kit: Any) -> Any:
    """Windows whose model cannot tell colours; `lab.review` fills the history."""

    def ship(**options: Any) -> None:
        folder = empty_bench.folder / "models"
        data = lab_kit.package(**options)
        (folder / "colour.onnx").write_bytes(data)
        (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  colour.onnx\n")

    def review(counts: dict[str, int]) -> list[Any]:
        services = empty_bench.services()
        files: list[Any] = lab_kit.review(services, empty_bench.folder / "cells", counts)
        services.close()
        return files

    ship()
    empty_bench.ship, empty_bench.review = ship, review
    return empty_bench


def opened(lab: Any, window: MainWindow) -> AdaptDialog:
    window.actions_["adapt"].trigger()
    dialog = window.dialogs.open_now["adapt"]
    assert isinstance(dialog, AdaptDialog)
    lab.rest(window)
    return dialog


def offered(dialog: AdaptDialog) -> list[str]:
    return [name for name in ("start", "save", "use") if not getattr(dialog, name).isHidden()]


def press(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_from_reviewed_cells_to_a_model_in_use(lab: Any, qtbot: QtBot) -> None:
    lab.review(ENOUGH)
    window = lab.show()
    dialog = opened(lab, window)
    assert dialog.title.text() == "Adapt colour 1.0.0 to this lab"
    assert dialog.table.words() == [
        ["Eosinophil", "12", "12"],
        ["Lymphocyte", "12", "12"],
        ["Neutrophil", "16", "16"],
    ]
    assert offered(dialog) == ["start"]
    press(qtbot, dialog.start)
    assert dialog.bar.isVisible() and dialog.leave.text() == "&Cancel"
    lab.rest(window)
    rows = dialog.table.words()
    assert [row[0] for row in rows] == [
        "Eosinophil",
        "Lymphocyte",
        "Neutrophil",
        "All cells",
        "Mean of the classes",
        "Answered “uncertain”",
    ]
    assert rows[0][3].startswith("0 %") and rows[0][4].startswith("100 %")
    assert "better on this lab's cells" in dialog.verdict.text()
    assert offered(dialog) == ["save"]
    assert dialog.leave.text() == "&Keep colour 1.0.0"
    assert len(window.model_state.service.packages()) == 1
    press(qtbot, dialog.save)
    lab.rest(window)
    assert dialog.verdict.text() == "colour-lab 1 was saved."
    assert window.model_state.name == "colour 1.0.0"
    press(qtbot, dialog.use)
    lab.rest(window)
    assert window.model_state.name == "colour-lab 1"
    assert "adapt" not in window.dialogs.open_now


def test_the_way_back_is_choosing_the_parent(lab: Any, qtbot: QtBot) -> None:
    lab.review(ENOUGH)
    window = lab.show()
    dialog = opened(lab, window)
    for button in (dialog.start, dialog.save, dialog.use):
        press(qtbot, button)
        lab.rest(window)
    again = opened(lab, window)
    assert again.title.text() == "Adapt colour 1.0.0 to this lab"
    assert "colour-lab 1 was adapted before; the new one starts from colour 1.0.0" in again.details.text()
    again.reject()
    window.model_state.choose("colour@1.0.0")
    lab.rest(window)
    assert window.model_state.name == "colour 1.0.0"


def test_too_few_reviews_offer_nothing_to_press(lab: Any, qtbot: QtBot) -> None:
    lab.review({"neutrophil": 12, "eosinophil": 3})
    window = lab.show()
    dialog = opened(lab, window)
    assert "at least 10 cells of 5 images" in dialog.verdict.text()
    assert "Review more cells" in dialog.details.text()
    assert dialog.table.words()[0] == ["Eosinophil, too few yet", "3", "3"]
    assert offered(dialog) == []


def test_a_time_can_be_chosen(lab: Any, qtbot: QtBot) -> None:
    lab.review(ENOUGH)
    window = lab.show()
    dialog = opened(lab, window)
    dialog.when.setCurrentIndex(1)
    dialog.when.activated.emit(1)
    lab.rest(window)
    assert dialog.verdict.text().startswith("40 reviewed")


def test_a_model_without_embedding_is_refused_in_words(lab: Any, qtbot: QtBot) -> None:
    lab.ship(embedding=False)
    lab.review(ENOUGH)
    window = lab.show()
    dialog = opened(lab, window)
    press(qtbot, dialog.start)
    lab.rest(window)
    assert "gives no embedding" in dialog.verdict.text()
    assert "Choose another model" in dialog.details.text()
    assert not dialog.bar.isVisible()


def test_without_a_model_it_says_so(empty_bench: Any, qtbot: QtBot) -> None:
    window = empty_bench.show()
    dialog = opened(empty_bench, window)
    assert "No model is loaded" in dialog.verdict.text()
    assert offered(dialog) == []


def test_cancel_goes_back_to_the_counts(lab: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window stays usable meanwhile; nothing is saved."""
    lab.review(ENOUGH)
    window = lab.show()
    dialog = opened(lab, window)
    reached, go_on = threading.Event(), threading.Event()
    plain = adaptation.out_of_fold

    def held(*given: Any, **options: Any) -> Any:
        reached.set()
        go_on.wait(30)
        return plain(*given, **options)

    monkeypatch.setattr(adaptation, "out_of_fold", held)
    press(qtbot, dialog.start)
    qtbot.waitUntil(reached.is_set, timeout=30_000)
    press(qtbot, dialog.leave)
    assert offered(dialog) == ["start"] and not dialog.bar.isVisible()
    go_on.set()
    lab.rest(window)
    assert offered(dialog) == ["start"]
    assert dialog.verdict.text().startswith("40 reviewed")
    assert len(window.model_state.service.packages()) == 1
    press(qtbot, dialog.leave)
    assert "adapt" not in window.dialogs.open_now


def test_on_a_small_screen_no_word_is_cut(lab: Any, qtbot: QtBot) -> None:
    lab.review(ENOUGH)
    window = lab.show()
    dialog = opened(lab, window)
    dialog.resize(635, 336)
    press(qtbot, dialog.start)
    lab.rest(window)
    assert dialog.height() <= 336
    for label in (dialog.title, dialog.verdict, dialog.details):
        qtbot.waitUntil(lambda label=label: label.height() >= label.heightForWidth(label.width()))
    assert dialog.table.viewport().height() >= 5 * dialog.table.rowHeight(0)
    assert dialog.rect().contains(dialog.buttons.geometry())


def test_what_could_not_be_saved_can_be_saved_again(
    lab: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.review(ENOUGH)
    window = lab.show()
    dialog = opened(lab, window)
    press(qtbot, dialog.start)
    lab.rest(window)

    def full(*_given: Any) -> Any:
        raise ModelError("models_unwritable", "The disk is full.", "Free some space.")

    with monkeypatch.context() as patched:
        patched.setattr(adapt_dialog, "keep", full)
        press(qtbot, dialog.save)
        lab.rest(window)
    assert dialog.verdict.text() == "The disk is full."
    assert offered(dialog) == ["save"]
    press(qtbot, dialog.save)
    lab.rest(window)
    assert offered(dialog) == ["use"]


def test_what_is_not_better_recommends_keeping_the_old_one(lab: Any, qtbot: QtBot) -> None:
    lab.review({"neutrophil": 30})
    services = lab.services()
    service = services.open_history() and services.review_service()
    for number, page in enumerate(services.history.page()):
        if number % 3 == 0:
            service.correct(services.history.image(page.id).result.cells[0], "monocyte", page.id)
    services.close()
    window = lab.show()
    dialog = opened(lab, window)
    press(qtbot, dialog.start)
    lab.rest(window)
    assert "not better on this lab's cells: better keep colour 1.0.0" in dialog.verdict.text()
    assert dialog.save.text() == "&Save it all the same"
    assert dialog.save.property("role") == ""
    press(qtbot, dialog.leave)
    assert len(window.model_state.service.packages()) == 1

"""Reviews by keyboard and mouse, undo and redo, notes, added and removed cells, deletion."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from hematodesk.domain.cells import CellOrigin, Verdict
from hematodesk.domain.errors import HistoryError
from hematodesk.domain.geometry import Box
from hematodesk.domain.history import HistoryImage
from hematodesk.storage.history import History
from hematodesk.ui.kit.actions import CLASS_KEYS
from hematodesk.ui.main_window import MainWindow
from hematodesk.workflow.exports.export import ExportRequest


def stored(bench, image_id: int | None) -> HistoryImage:
    """The image as another start of the program finds it."""
    services = bench.services()
    try:
        assert image_id is not None
        return services.open_history().image(image_id)
    finally:
        services.close()


def verdicts(image: HistoryImage) -> list[Verdict | None]:
    return [cell.review.verdict if cell.review is not None else None for cell in image.result.cells]


@pytest.fixture
def window(bench) -> MainWindow:
    """A window with one sample that has several cells."""
    return bench.show(start=[bench.field("several.jpg", "smear_05_several_cells.jpg")])


def press(qtbot: QtBot, window: MainWindow, *keys: Qt.Key) -> None:
    window.centre.view.setFocus()
    for key in keys:
        qtbot.keyClick(window.centre.view, key)


def test_enter_agrees_and_goes_on_and_every_key_counts(bench, qtbot: QtBot, window: MainWindow) -> None:
    count = len(window.viewer.cells)
    assert count > 1
    press(qtbot, window, *[Qt.Key.Key_Return] * count)
    bench.rest(window)
    assert verdicts(stored(bench, window.viewer.image_id)) == [Verdict.AGREED] * count
    assert window.banners.banner("all_reviewed") is not None
    window.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: window.banners.banner("all_reviewed") is None)


def test_a_class_key_corrects_and_x_rejects(bench, qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Qt.Key.Key_2, Qt.Key.Key_X)
    bench.rest(window)
    image = stored(bench, window.viewer.image_id)
    assert verdicts(image)[:2] == [Verdict.CORRECTED, Verdict.REJECTED]
    assert image.result.cells[0].label == "lymphocyte"
    assert image.result.cells[1].label is None


def test_without_going_on_the_cell_stays_chosen(bench, qtbot: QtBot, window: MainWindow) -> None:
    window.services.settings.set("advance_after_review", False)
    chosen = window.viewer.current_index
    press(qtbot, window, Qt.Key.Key_Return)
    bench.rest(window)
    assert window.viewer.current_index == chosen


def test_undo_and_redo_take_reviews_back_and_show_where(bench, qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Qt.Key.Key_Return, Qt.Key.Key_1)
    bench.rest(window)
    assert "class" in window.actions_["undo"].text()
    second = window.viewer.cells[1]
    window.actions_["undo"].trigger()
    bench.rest(window)
    assert verdicts(stored(bench, window.viewer.image_id))[:2] == [Verdict.AGREED, None]
    assert window.viewer.cell is not None
    assert window.viewer.cell.id == second.id
    window.actions_["redo"].trigger()
    bench.rest(window)
    assert verdicts(stored(bench, window.viewer.image_id))[:2] == [Verdict.AGREED, Verdict.CORRECTED]
    assert not window.actions_["redo"].isEnabled()


def test_keys_typed_into_the_search_review_nothing(bench, qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.panel.search.hasFocus()
    qtbot.keyClicks(window.panel.search, "12xun")
    qtbot.keyClick(window.panel.search, Qt.Key.Key_Left)
    qtbot.keyClick(window.panel.search, Qt.Key.Key_Return)
    bench.rest(window)
    assert window.panel.search.text() == "12xun"
    assert verdicts(stored(bench, window.viewer.image_id)) == [None] * len(window.viewer.cells)


def test_a_note_is_kept_with_its_cell_though_one_goes_on(bench, qtbot: QtBot, window: MainWindow) -> None:
    first = window.viewer.current_index
    qtbot.keyClick(window.centre.view, Qt.Key.Key_N)
    note = window.answer.focusWidget()
    assert note is not None
    qtbot.keyClicks(note, "smudged 1")
    qtbot.keyClick(note, Qt.Key.Key_Escape)
    press(qtbot, window, Qt.Key.Key_Tab)
    bench.rest(window)
    assert window.viewer.current_index != first
    image = stored(bench, window.viewer.image_id)
    assert image.result.cells[first].note == "smudged 1"
    assert [cell.note for cell in image.result.cells].count("") == len(image.result.cells) - 1


def test_a_note_for_which_there_was_no_room_stays_and_is_saved_later(
    bench, qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: History, cell_id: int, note: str) -> None:
        raise HistoryError("history_full", "There is no room.")

    first = window.viewer.current_index
    with monkeypatch.context() as patch:
        patch.setattr(History, "set_cell_note", full)
        qtbot.keyClick(window.centre.view, Qt.Key.Key_N)
        note = window.answer.focusWidget()
        assert isinstance(note, QPlainTextEdit)
        qtbot.keyClicks(note, "smudged 1")
        qtbot.keyClick(note, Qt.Key.Key_Escape)
        bench.rest(window)
        assert note.toPlainText() == "smudged 1"
        assert window.banners.banner("history_full") is not None
        assert label_of(note) == "Note on this cell: not saved"
        press(qtbot, window, Qt.Key.Key_Tab)
        bench.rest(window)
        assert note.toPlainText() == "" and label_of(note) == "Note on this cell"
        assert stored(bench, window.viewer.image_id).result.cells[first].note == ""
    press(qtbot, window, Qt.Key.Key_Backtab)
    assert note.toPlainText() == "smudged 1" and label_of(note) == "Note on this cell: not saved"
    # There is room again: passing by is enough.
    qtbot.waitUntil(lambda: label_of(note) == "Note on this cell")
    bench.rest(window)
    assert stored(bench, window.viewer.image_id).result.cells[first].note == "smudged 1"


def come_to(bench, qtbot: QtBot, window: MainWindow) -> None:
    """Give a window the keyboard."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    bench.rest(window)


def test_a_window_one_comes_back_to_shows_what_another_one_did(bench, qtbot: QtBot) -> None:
    one, other = bench.show(start=[bench.field(), *bench.plain(1)]), bench.show()
    image_id = one.viewer.image_id
    other.browser.open(image_id)
    bench.rest(other)
    come_to(bench, qtbot, one)
    press(qtbot, one, Qt.Key.Key_2)
    bench.rest(one)
    come_to(bench, qtbot, other)
    review = other.viewer.cells[0].review
    assert review is not None and review.class_id == "lymphocyte"
    assert other.panel.model.neighbour(None, 1).labels == (("lymphocyte", 1),)
    come_to(bench, qtbot, one)
    one.reviews.delete_images([image_id])
    bench.rest(one)
    come_to(bench, qtbot, other)
    assert other.banners.banner("image_gone") is not None
    assert other.viewer.image_id not in (None, image_id)


def test_a_review_of_an_image_that_was_deleted_meanwhile_is_not_shown(bench, qtbot: QtBot) -> None:
    window = bench.show(start=[bench.field()])
    window.services.history.delete_images([window.viewer.image_id])
    press(qtbot, window, Qt.Key.Key_2)
    bench.rest(window)
    assert window.banners.banner("image_gone") is not None
    assert window.viewer.image_id is None
    assert window.panel.model.rowCount() == 0


def label_of(field: QPlainTextEdit) -> str:
    """The words over a field."""
    labels = [label for label in field.window().findChildren(QLabel) if label.buddy() is field]
    return labels[0].text()


def test_a_drawn_cell_is_named_and_added_and_delete_removes_it(
    bench, qtbot: QtBot, window: MainWindow
) -> None:
    before = len(window.viewer.standing)
    window.centre.view.cell_drawn.emit(Box(5, 5, 60, 60))
    bench.rest(window)
    added = window.viewer.cell
    assert added is not None
    assert added.origin is CellOrigin.ADDED
    assert added.prediction is not None
    assert len(window.viewer.standing) == before + 1
    press(qtbot, window, Qt.Key.Key_Delete)
    bench.rest(window)
    assert len(window.viewer.standing) == before
    window.actions_["undo"].trigger()
    bench.rest(window)
    assert len(window.viewer.standing) == before + 1
    assert len(stored(bench, window.viewer.image_id).result.cells) == before + 1


def test_shift_delete_in_the_list_deletes_images_and_undo_brings_them_back(
    bench, qtbot: QtBot, window: MainWindow
) -> None:
    window.opener.open_paths(bench.plain(3))
    bench.rest(window)
    model = window.panel.model
    rows = model.rowCount()
    window.panel.list.setFocus()
    qtbot.keyClick(window.panel.list, Qt.Key.Key_Delete, Qt.KeyboardModifier.ShiftModifier)
    bench.rest(window)
    assert model.rowCount() == rows - 1
    banner = window.banners.banner("deleted")
    assert banner is not None
    assert banner.button is not None
    banner.button.click()
    bench.rest(window)
    assert model.rowCount() == rows
    assert window.banners.banner("deleted") is None


def test_deleting_asks_first_when_the_person_wants_it(bench, window: MainWindow) -> None:
    window.services.settings.set("confirm_delete", True)
    image_id = window.viewer.image_id
    window.actions_["delete_images"].trigger()
    dialog = window.dialogs.open_now["delete"]
    dialog.reject()
    bench.rest(window)
    assert window.viewer.image_id == image_id
    window.actions_["delete_images"].trigger()
    window.dialogs.open_now["delete"].accept()
    bench.rest(window)
    assert window.viewer.image_id is None
    assert window.panel.model.rowCount() == 0


def test_after_the_last_cell_the_next_image_to_review_comes(bench, qtbot: QtBot) -> None:
    paths = [
        bench.field("a.jpg"),
        bench.plain(1)[0],
        bench.field("c.jpg", "smear_02_eosinophil.jpg"),
    ]
    window = bench.show(start=paths)
    assert window.viewer.name == "a.jpg"
    press(qtbot, window, *[Qt.Key.Key_Return] * len(window.viewer.cells))
    bench.rest(window)
    assert window.viewer.name == "c.jpg"


def test_keys_pressed_ahead_of_an_image_on_its_way_go_to_that_image(bench, qtbot: QtBot) -> None:
    window = bench.show(start=[bench.field("a.jpg"), bench.field("b.jpg", "smear_02_eosinophil.jpg")])
    window.services.settings.set("advance_after_review", False)
    first = window.viewer.image_id
    press(qtbot, window, Qt.Key.Key_Right, Qt.Key.Key_X)
    bench.rest(window)
    assert window.viewer.image_id != first
    assert verdicts(stored(bench, window.viewer.image_id))[0] is Verdict.REJECTED
    assert verdicts(stored(bench, first)) == [None] * len(stored(bench, first).result.cells)


def test_reviews_are_refused_on_a_read_only_history(bench, window: MainWindow) -> None:
    window.reviews.read_only = True
    window.review.presenter.show_answer()
    window.actions_["agree"].trigger()
    bench.rest(window)
    assert not window.actions_["agree"].isEnabled()
    assert verdicts(stored(bench, window.viewer.image_id)) == [None] * len(window.viewer.cells)


def test_the_list_and_the_answer_say_what_the_person_said(bench, qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, *[Qt.Key.Key_3] * len(window.viewer.cells))
    bench.rest(window)
    assert window.viewer.image_id is not None
    summary = window.panel.model.summary(window.viewer.image_id)
    assert summary is not None
    assert [class_id for class_id, _ in summary.labels] == ["monocyte"]


def test_an_export_of_the_session_holds_the_reviews(bench, qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Qt.Key.Key_2)
    bench.rest(window)
    target: Path = bench.folder / "out.csv"
    window.exports.export(ExportRequest(target, "csv", window.panel.model.filter))
    bench.rest(window)
    text = target.read_text("utf-8-sig")
    assert len(text.splitlines()) == 1 + len(window.viewer.cells)
    assert "corrected" in text
    assert window.banners.banner("exported") is not None


def test_the_keys_are_those_of_the_model_that_gave_the_answer(bench, qtbot: QtBot) -> None:
    others = ("basophil", "neutrophil", "monocyte", "white_cell")
    bench.ship_model("unlike", classes=others)
    window = bench.show(start=[bench.field()])
    qtbot.keyClick(window.centre.view, Qt.Key.Key_N)
    window.model_state.choose("unlike@1.0.0")
    bench.rest(window)

    def offered() -> dict[str, str]:
        actions = [window.actions_[f"class_{key}"] for key in range(1, CLASS_KEYS + 1)]
        return {action.objectName(): action.text() for action in actions if action.isVisible()}

    names = ("Eosinophil", "Lymphocyte", "Monocyte", "Neutrophil", "Basophil", "White cell")
    assert tuple(offered().values()) == names
    image_id = window.viewer.image_id
    for key, class_id in ((Qt.Key.Key_3, "monocyte"), (Qt.Key.Key_5, "basophil")):
        window.viewer.choose(0)
        qtbot.keyClick(window.centre.view, key)
        bench.rest(window)
        review = window.services.history.image(image_id).result.cells[0].review
        assert review is not None
        assert review.class_id == class_id
    # An image that the other model names has that one's keys.
    window.opener.open_paths([bench.field("second.jpg", "smear_02_eosinophil.jpg")])
    bench.rest(window)
    assert tuple(offered().values()) == ("Basophil", "Neutrophil", "Monocyte", "White cell")
    window.browser.open(image_id)
    bench.rest(window)
    assert tuple(offered().values()) == names


def test_deleting_twice_is_one_step(bench, qtbot: QtBot, window: MainWindow) -> None:
    window.services.settings.set("confirm_delete", False)
    image_id = window.viewer.image_id
    assert image_id is not None
    for _ in range(2):
        window.reviews.delete_images([image_id])
    bench.rest(window)
    window.actions_["undo"].trigger()
    bench.rest(window)
    assert window.viewer.image_id == image_id
    assert bench.bugs == []

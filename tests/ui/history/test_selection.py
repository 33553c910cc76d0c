"""The list's selection goes with the image that is shown, and more than that is never deleted unasked."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from hematodesk.domain.history import HistoryFilter, ReviewState
from hematodesk.ui.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(bench) -> MainWindow:
    """A window with three fields and two images without cells; the second field is shown."""
    paths = [
        bench.field("a.jpg"),
        bench.field("b.jpg", "smear_02_eosinophil.jpg"),
        bench.field("c.jpg", "smear_03_lymphocyte.jpg"),
        *bench.plain(2),
    ]
    made = bench.show(start=paths)
    made.centre.view.setFocus()
    qtbot_key(made, Qt.Key.Key_Right)
    bench.rest(made)
    assert made.viewer.name == "b.jpg"
    return made


def qtbot_key(window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
    QtBot.keyClick(window.focusWidget(), key, held or Qt.KeyboardModifier.NoModifier)


def names(window: MainWindow) -> list[str]:
    """The chosen images."""
    found = [window.panel.model.summary(image_id) for image_id in window.panel.selected_ids()]
    return [each.name for each in found if each is not None]


def go_away_and_undo(bench, window: MainWindow) -> None:
    qtbot_key(window, Qt.Key.Key_2)
    bench.rest(window)
    window.browser.open(window.panel.model.neighbour(None, 1).id)
    bench.rest(window)
    qtbot_key(window, Qt.Key.Key_Z, CTRL)


def go_away_and_redo(bench, window: MainWindow) -> None:
    go_away_and_undo(bench, window)
    bench.rest(window)
    window.browser.open(window.panel.model.neighbour(None, 1).id)
    bench.rest(window)
    qtbot_key(window, Qt.Key.Key_Z, CTRL | SHIFT)


def next_to_review(bench, window: MainWindow) -> None:
    for _ in window.viewer.standing:
        qtbot_key(window, Qt.Key.Key_Return)


def delete_and_undo_on_the_banner(bench, window: MainWindow) -> None:
    qtbot_key(window, Qt.Key.Key_Delete, SHIFT)
    bench.rest(window)
    banner = window.banners.banner("deleted")
    assert banner is not None and banner.button is not None
    banner.button.click()


def drop_another(bench, window: MainWindow) -> None:
    window.opener.open_paths([bench.field("d.jpg", "smear_04_monocyte.jpg")])


def filter_away_and_back(bench, window: MainWindow) -> None:
    window.panel.show_only(HistoryFilter(review_state=ReviewState.DONE))
    bench.rest(window)
    window.panel.clear_filter()


def deleted_by_another_window(bench, window: MainWindow) -> None:
    services = bench.services()
    services.open_history().delete_images([window.viewer.image_id])
    services.close()
    window.reviews.look_again()
    window.panel.model.refresh()


WAYS: list[Callable[[object, MainWindow], None]] = [
    lambda _bench, window: qtbot_key(window, Qt.Key.Key_Right),
    lambda _bench, window: qtbot_key(window, Qt.Key.Key_Left),
    go_away_and_undo,
    go_away_and_redo,
    next_to_review,
    delete_and_undo_on_the_banner,
    lambda _bench, window: qtbot_key(window, Qt.Key.Key_Delete, SHIFT),
    drop_another,
    filter_away_and_back,
    deleted_by_another_window,
]


@pytest.mark.parametrize("held", [Qt.KeyboardModifier.NoModifier, CTRL, SHIFT])
@pytest.mark.parametrize("way", WAYS)
def test_whatever_moves_the_shown_image_moves_the_selection(
    bench, window: MainWindow, way, held: Qt.KeyboardModifier
) -> None:
    way(bench, window)
    # The person still holds a key when the image comes.
    key = {CTRL: Qt.Key.Key_Control, SHIFT: Qt.Key.Key_Shift}.get(held)
    if key is not None:
        QtBot.keyPress(window, key, held)
        assert QGuiApplication.keyboardModifiers() == held
    bench.rest(window)
    if key is not None:
        QtBot.keyRelease(window, key)
    assert names(window) == [window.viewer.name]
    assert window.panel.list.currentIndex().row() == window.panel.model.row_of(window.viewer.image_id)


def choose_all(window: MainWindow) -> None:
    window.panel.list.setFocus()
    window.panel.list.selectAll()
    assert len(names(window)) == 5


def test_several_chosen_are_one_again_when_another_image_comes(bench, window: MainWindow) -> None:
    choose_all(window)
    qtbot_key(window, Qt.Key.Key_Right)
    bench.rest(window)
    assert names(window) == [window.viewer.name] == ["c.jpg"]


def test_several_chosen_stay_chosen_while_the_same_image_is_shown(bench, window: MainWindow) -> None:
    choose_all(window)
    window.services.settings.set("advance_after_review", False)
    qtbot_key(window, Qt.Key.Key_2)
    window.panel.mark(window.viewer.image_id)
    window.panel.model.refresh()
    bench.rest(window)
    assert len(names(window)) == 5


def test_a_person_may_add_rows_and_take_them_back_in_the_list(bench, window: MainWindow) -> None:
    def click(name_row: int, held: Qt.KeyboardModifier) -> None:
        view = window.panel.list
        place = view.visualRect(window.panel.model.index(name_row)).center()
        QtBot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, held, place)
        bench.rest(window)

    click(1, Qt.KeyboardModifier.NoModifier)
    click(3, SHIFT)
    assert names(window) == ["a.jpg", "b.jpg", "c.jpg"]
    assert window.viewer.name == "c.jpg"
    click(2, CTRL)
    assert names(window) == ["a.jpg", "c.jpg"]


def button_of(dialog: QMessageBox, role: QMessageBox.ButtonRole) -> QAbstractButton:
    """The one button of that role that the person sees."""
    gc.collect()
    (button,) = [each for each in dialog.buttons() if dialog.buttonRole(each) is role]
    assert button.isVisible()
    return button


def test_deleting_several_says_how_many_although_the_setting_asks_nothing(bench, window: MainWindow) -> None:
    assert not window.services.settings.flag("confirm_delete")
    choose_all(window)
    qtbot_key(window, Qt.Key.Key_Delete, SHIFT)
    bench.rest(window)
    assert window.panel.model.rowCount() == 6
    dialog = window.dialogs.open_now["delete"]
    assert isinstance(dialog, QMessageBox)
    assert "5" in dialog.text()
    QTest.mouseClick(button_of(dialog, QMessageBox.ButtonRole.AcceptRole), Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert window.panel.model.rowCount() == 0


def test_one_that_is_not_on_show_is_not_deleted_unasked(bench, window: MainWindow) -> None:
    other = window.panel.model.row_of(window.viewer.image_id) + 1
    flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
    window.panel.list.selectionModel().select(window.panel.model.index(other), flag)
    qtbot_key(window, Qt.Key.Key_Delete, SHIFT)
    window.dialogs.open_now["delete"].reject()
    bench.rest(window)
    assert window.panel.model.rowCount() == 6

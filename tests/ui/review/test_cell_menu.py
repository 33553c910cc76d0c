"""A cell's context menu: by the right button, and by the menu key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from hematodesk.ui.kit.actions import BESIDE_MENU, CELL_MENU
from hematodesk.ui.main_window import MainWindow

popup = pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")


@pytest.fixture
def window(bench) -> MainWindow:
    """A window with one sample that has several cells; the first is chosen."""
    made = bench.show(start=[bench.field("several.jpg", "smear_05_several_cells.jpg")])
    made.viewer.choose(0)
    return made


def ask(window: MainWindow, place: QPoint, reason: QContextMenuEvent.Reason) -> QMenu:
    view = window.centre.view
    event = QContextMenuEvent(reason, place, view.mapToGlobal(place))
    QApplication.sendEvent(view, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def names(menu: QMenu) -> list[str]:
    return [
        action.objectName() for action in menu.actions() if not action.isSeparator() and action.isVisible()
    ]


@popup
def test_the_right_button_chooses_the_cell_below_and_offers_what_can_be_done(
    bench, window: MainWindow
) -> None:
    view = window.centre.view
    place = view.cell_rect(1).center().toPoint()
    menu = ask(window, place, QContextMenuEvent.Reason.Mouse)
    assert window.viewer.current_index == 1
    offered = [each for each in CELL_MENU if window.actions_[each].isVisible()]
    assert sorted(names(menu)) == sorted(offered)
    assert {"agree", "class_1", "class_4", "reject", "note", "remove_cell"} <= set(offered)
    assert all(action.isShortcutVisibleInContextMenu() for action in menu.actions())
    window.actions_["class_2"].trigger()
    menu.close()
    bench.rest(window)
    review = window.viewer.cells[1].review
    assert review is not None and review.class_id == "lymphocyte"
    assert window.viewer.cells[0].review is None


@popup
def test_the_menu_key_means_the_chosen_cell_wherever_the_pointer_is(window: MainWindow) -> None:
    view = window.centre.view
    elsewhere = view.cell_rect(1).center().toPoint()
    menu = ask(window, elsewhere, QContextMenuEvent.Reason.Keyboard)
    assert window.viewer.current_index == 0
    chosen = view.cell_rect(0).center().toPoint()
    assert (menu.pos() - view.mapToGlobal(chosen)).manhattanLength() < 400
    assert "agree" in names(menu)
    menu.close()


@popup
def test_beside_all_cells_the_menu_is_the_image_s(window: MainWindow) -> None:
    menu = ask(window, QPoint(2, 2), QContextMenuEvent.Reason.Mouse)
    assert window.viewer.current_index == -1
    assert sorted(names(menu)) == sorted(BESIDE_MENU)
    menu.close()


@popup
def test_a_closed_menu_is_gone(qtbot: QtBot, window: MainWindow) -> None:
    place = window.centre.view.cell_rect(0).center().toPoint()
    before = len(window.findChildren(QMenu))
    for _ in range(3):
        ask(window, place, QContextMenuEvent.Reason.Mouse).close()
    qtbot.waitUntil(lambda: len(window.findChildren(QMenu)) == before)


@popup
def test_without_an_image_there_is_no_menu(bench) -> None:
    window = bench.show()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), QPoint(5, 5))
    QApplication.sendEvent(window.centre.view, event)
    assert QApplication.activePopupWidget() is None
    assert not window.actions_["agree"].isEnabled()

"""A key does one thing wherever the focus is; text fields alone take letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QSlider, QWidget

from hematodesk.ui.kit.actions import ACTIONS
from hematodesk.ui.kit.banners import Level, Notice
from hematodesk.ui.kit.parts import ClassRow
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.runs.run_controller import Progress

PLACES: dict[str, Callable[[MainWindow], QWidget]] = {
    "list": lambda window: window.panel.list,
    "order of the list": lambda window: window.panel.order,
    "filter": lambda window: window.panel.kind,
    "days": lambda window: window.panel.when,
    "image": lambda window: window.centre.view,
    "first class": lambda window: window.answer.findChildren(ClassRow)[0],
    "last class": lambda window: window.answer.findChildren(ClassRow)[3],
    "agree": lambda window: window.answer._agree,
    "no cell": lambda window: window.answer._reject,
    "take back": lambda window: window.answer._clear,
    "why": lambda window: window.answer.why.button,
    "evidence for": lambda window: window.answer.why.classes,
    "opacity": lambda window: window.answer.why.opacity,
    "model": lambda window: window.strip.model,
    "provider": lambda window: window.strip.provider,
    "pause": lambda window: window.strip.pause,
    "cancel": lambda window: window.strip.cancel,
    "watch": lambda window: window.strip.watch,
    "banner's code": lambda window: window.banners.banner("told").code,
    "banner's button": lambda window: window.banners.banner("told").button,
    "banner's cross": lambda window: window.banners.banner("told").close_button,
}

PLAIN_KEYS = [
    (spec.id, sequence[0])
    for spec in ACTIONS
    for keys in spec.shortcuts
    if not (sequence := QKeySequence(keys))[0].keyboardModifiers() & Qt.KeyboardModifier.ControlModifier
]
"""Every key of the table that is pressed without Ctrl."""


@pytest.fixture
def window(bench) -> Iterator[MainWindow]:
    """A window in which all that can have the keyboard is on show."""
    bench.ship_model("why", with_map=True)
    made = bench.show(start=[bench.field("several.jpg", "smear_05_several_cells.jpg")])
    made.model_state.choose("why@1.0.0")
    bench.rest(made)
    made.opener.open_paths([bench.field("why.jpg", "smear_02_eosinophil.jpg")])
    bench.rest(made)
    made.services.settings.set("advance_after_review", False)
    QTest.keyClick(made.centre.view, Qt.Key.Key_1)
    made.actions_["show_why"].trigger()
    made.banners.show_notice(
        Notice("told", "Told", level=Level.ERROR, action_text="Do it", action=lambda: None, cause="cause")
    )
    made.strip.show_progress(Progress(1, 2, 0, None, None, False))
    made.strip.show_watch("folder", "", away=False)
    bench.rest(made)
    made.viewer.choose(0)
    made.resize(1400, 1000)
    made.activateWindow()
    yield made
    made.strip.end_progress()


def focusable(window: MainWindow) -> list[QWidget]:
    """All that Tab would go through."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if widget.window() is window
    ]


def test_no_place_of_the_keyboard_is_forgotten_here(window: MainWindow) -> None:
    listed = [find(window) for find in PLACES.values()]
    classes = window.answer.findChildren(ClassRow)
    others = [each for each in focusable(window) if each not in listed and each not in classes]
    assert {type(each) for each in others} <= {QLineEdit, type(window.answer._note)}
    assert not [name for name, find in PLACES.items() if find(window) not in focusable(window)]


def spied(window: MainWindow) -> list[str]:
    """Every action is possible, does nothing, and is written down instead."""
    done: list[str] = []

    def spy(action: QAction) -> None:
        action.triggered.disconnect()
        action.triggered.connect(lambda: done.append(action.objectName()))
        action.setCheckable(False)
        action.setVisible(True)
        action.setEnabled(True)

    for spec in ACTIONS:
        spy(window.actions_[spec.id])
    return done


def click(widget: QWidget, key: QKeyCombination) -> None:
    code = key.key()
    if code == Qt.Key.Key_Tab and key.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
        code = Qt.Key.Key_Backtab
    QTest.keyClick(widget, code, key.keyboardModifiers())


def value_of(widget: QWidget) -> object:
    """What a key might change in passing."""
    if isinstance(widget, QComboBox):
        return widget.currentIndex()
    if isinstance(widget, QSlider):
        return widget.value()
    return None


@pytest.mark.parametrize("place", PLACES)
def test_every_key_of_the_table_does_its_action_from(window: MainWindow, place: str) -> None:
    widget, done = PLACES[place](window), spied(window)
    before = value_of(widget)
    wrong = []
    for action, key in PLAIN_KEYS:
        # "Why" is off while its action is spied on, and its choice of class with it.
        widget.setEnabled(True)
        widget.setFocus()
        assert widget.hasFocus()
        done.clear()
        click(widget, key)
        if done != [action] or not widget.hasFocus() or value_of(widget) != before:
            wrong.append((action, QKeySequence(key).toString(), list(done), QApplication.focusWidget()))
    assert not wrong


@pytest.mark.parametrize("place", PLACES)
def test_a_key_that_is_free_does_nothing_at(window: MainWindow, place: str) -> None:
    widget, done = PLACES[place](window), spied(window)
    used = {QKeySequence(keys)[0].key() for spec in ACTIONS for keys in spec.shortcuts}
    before, row = value_of(widget), window.panel.list.currentIndex().row()
    for key in range(Qt.Key.Key_A, Qt.Key.Key_Z + 1):
        if key not in used:
            widget.setFocus()
            QTest.keyClick(widget, Qt.Key(key))
    assert done == []
    assert value_of(widget) == before
    assert window.panel.list.currentIndex().row() == row


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit])
def test_a_text_field_takes_letters_and_leaves_the_commands(
    window: MainWindow, kind: type[QLineEdit | QPlainTextEdit]
) -> None:
    field = next(each for each in window.findChildren(kind) if each.isVisible())
    done = spied(window)
    field.setFocus()
    QTest.keyClicks(field, "12xunhc af?+-")
    text = field.text() if isinstance(field, QLineEdit) else field.toPlainText()
    assert text == "12xunhc af?+-"
    assert done == []
    commands = [
        (spec.id, QKeySequence(keys)[0])
        for spec in ACTIONS
        for keys in spec.shortcuts
        if keys.startswith(("Ctrl+", "F")) and len(keys) > 1
        if spec.id not in ("undo", "redo", "paste")
    ]
    for action, key in commands:
        done.clear()
        click(field, key)
        assert done == [action]
    assert field.hasFocus()


def test_tab_ends_at_the_last_cell_and_never_leaves_for_a_button(bench, window: MainWindow) -> None:
    window.browser.open(window.panel.model.neighbour(None, 1).id)
    bench.rest(window)
    count = len(window.viewer.standing)
    assert count > 1
    for place in (window.panel.list, window.centre.view, window.answer._reject):
        window.viewer.choose(0)
        place.setFocus()
        for _ in range(count + 2):
            QTest.keyClick(place, Qt.Key.Key_Tab)
        assert window.viewer.current_index == window.viewer.standing[-1]
        assert place.hasFocus()
        for _ in range(count + 2):
            QTest.keyClick(place, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
        assert window.viewer.current_index == 0
        assert place.hasFocus()


def test_a_button_that_is_switched_off_gives_the_keyboard_to_the_image(bench, window: MainWindow) -> None:
    """Qt would hand it on to the note, and the next key would be written there."""
    window.answer._clear.setFocus()
    QTest.keyClick(window.answer._clear, Qt.Key.Key_C)
    bench.rest(window)
    assert not window.answer._clear.isEnabled()
    assert window.centre.view.hasFocus()


def test_a_banner_that_goes_gives_the_keyboard_to_the_image(window: MainWindow) -> None:
    banner = window.banners.banner("told")
    banner.button.setFocus()
    QTest.keyClick(banner.button, Qt.Key.Key_Escape)
    assert window.centre.view.hasFocus()


def reached(window: MainWindow, step: Qt.KeyboardModifier) -> set[QWidget]:
    """All that F6, Ctrl+F and the arrows lead to."""
    found: set[QWidget] = set()
    window.centre.view.setFocus()
    for _ in range(5):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, step)
        start = QApplication.focusWidget()
        found.add(start)
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            start.setFocus()
            if start in (window.panel.list, window.centre.view):
                continue
            for _ in range(30):
                QTest.keyClick(QApplication.focusWidget(), key)
                found.add(QApplication.focusWidget())
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    for _ in range(5):
        found.add(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    for key in (Qt.Key.Key_N,):
        window.centre.view.setFocus()
        QTest.keyClick(window.centre.view, key)
        found.add(QApplication.focusWidget())
    return found


@pytest.mark.parametrize("step", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier])
def test_everything_is_reached_by_f6_and_arrows_or_by_a_key(
    window: MainWindow, step: Qt.KeyboardModifier
) -> None:
    found = reached(window, step)
    assert [widget for widget in focusable(window) if widget not in found] == []


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_arrows_on_a_closed_choice_keep_its_value_and_space_opens_it(window: MainWindow) -> None:
    box = window.panel.kind
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentIndex() == 0
    assert window.panel.when.hasFocus()
    QTest.keyClick(window.panel.when, Qt.Key.Key_Up)
    assert box.hasFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert box.view().isVisible()
    QTest.keyClick(box.view(), Qt.Key.Key_Down)
    QTest.keyClick(box.view(), Qt.Key.Key_Return)
    assert box.currentIndex() == 1


def test_tab_goes_through_the_buttons_while_there_is_nothing_to_look_at(bench) -> None:
    window = bench.show()
    first = QApplication.focusWidget()
    assert window.centre.zone.isAncestorOf(first)
    QTest.keyClick(first, Qt.Key.Key_Tab)
    second = QApplication.focusWidget()
    assert second is not first
    assert window.centre.zone.isAncestorOf(second)

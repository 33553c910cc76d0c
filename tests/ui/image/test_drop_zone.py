"""The empty state and the shortcuts overlay."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from hematodesk.ui.image.drop_zone import DropZone, RecentButton
from hematodesk.ui.shell.shortcuts_overlay import ShortcutsOverlay

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def zone(qtbot: QtBot) -> DropZone:
    made = DropZone()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def buttons(zone: DropZone) -> dict[str, QPushButton]:
    return {one.text(): one for one in zone.findChildren(QPushButton) if one.isVisible()}


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Open files…", "open_files_requested"),
        ("Open folder…", "open_folder_requested"),
        ("Try the samples", "open_samples_requested"),
    ],
)
def test_each_button_asks_by_mouse_and_key(qtbot: QtBot, zone: DropZone, text: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(zone, signal)):
        QTest.mouseClick(buttons(zone)[text], LEFT)
    with qtbot.waitSignal(getattr(zone, signal)):
        QTest.keyClick(buttons(zone)[text], Qt.Key.Key_Space)


def test_recent_paths_are_cut_in_the_middle_and_whole_in_the_tooltip(qtbot: QtBot, zone: DropZone) -> None:
    path = "/data/" + "a-very-long-folder-name/" * 12 + "smear & stain.png"
    zone.set_recent([path, "/data/two.png"])
    QTest.qWait(0)
    long, short = [one for one in zone.findChildren(RecentButton) if one.isVisible()]
    assert "…" in long.text() and long.text().endswith("smear && stain.png") and long.toolTip() == path
    assert short.text() == "/data/two.png" and short.accessibleName() == "two.png"
    with qtbot.waitSignal(zone.recent_chosen) as chosen:
        QTest.mouseClick(long, LEFT)
    assert chosen.args == [path]


def test_few_recent_paths_are_offered_and_none_hides_the_title(zone: DropZone) -> None:
    zone.set_recent([f"/data/{number}.png" for number in range(9)])
    QTest.qWait(0)
    assert [one.text() for one in zone.findChildren(RecentButton) if one.isVisible()] == [
        f"/data/{number}.png" for number in range(5)
    ]
    zone.set_recent([])
    assert not [one for one in zone.findChildren(RecentButton) if one.isVisible()]
    assert "Recent" not in [label.text() for label in zone.findChildren(QLabel) if label.isVisible()]


def test_dragging_over_is_told(zone: DropZone) -> None:
    zone.set_drag_over(True)
    assert "Let go to open" in [label.text() for label in zone.findChildren(QLabel)]
    over = zone.grab().toImage()
    zone.set_drag_over(False)
    assert "Drop blood-cell images here" in [label.text() for label in zone.findChildren(QLabel)]
    assert zone.grab().toImage() != over


def test_in_a_narrow_column_nothing_is_cut(qtbot: QtBot, zone: DropZone) -> None:
    zone.resize(260, 500)
    qtbot.waitUntil(lambda: zone.widget().width() <= 260)
    shown = buttons(zone).values()
    assert len({one.y() for one in shown}) == 3
    for one in shown:
        assert one.width() >= one.sizeHint().width()


# The overlay

SECTIONS = [
    ("Review", [("Return, Enter", "Agree"), ("X", "No cell")]),
    ("View", [("Ctrl+,", "Settings")]),
]


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.setCentralWidget(QLineEdit())
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def words(overlay: ShortcutsOverlay) -> list[str]:
    return [label.text() for label in overlay.findChildren(QLabel) if label.isVisible()]


def test_the_overlay_covers_the_window_and_shows_every_key(window: QMainWindow) -> None:
    overlay = ShortcutsOverlay(window)
    overlay.show_sections(SECTIONS)
    QTest.qWait(0)
    assert overlay.geometry() == window.rect()
    for text in ("Agree", "Return", "Enter", "No cell", "X", "Ctrl+,", "Review", "View"):
        assert text in words(overlay)
    window.resize(700, 500)
    assert overlay.geometry() == window.rect()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Question])
def test_keys_close_it_and_the_focus_goes_back(qtbot: QtBot, window: QMainWindow, key: Qt.Key) -> None:
    window.centralWidget().setFocus()
    overlay = ShortcutsOverlay(window)
    overlay.show_sections(SECTIONS)
    assert overlay.hasFocus()
    with qtbot.waitSignal(overlay.closed):
        QTest.keyClick(overlay, key)
    assert not overlay.isVisible() and window.centralWidget().hasFocus()


def test_no_shortcut_of_the_window_works_below_it(window: QMainWindow) -> None:
    pressed: list[bool] = []
    action = QAction("agree", window)
    action.setShortcut(QKeySequence("Return"))
    action.triggered.connect(lambda: pressed.append(True))
    window.addAction(action)
    overlay = ShortcutsOverlay(window)
    overlay.show_sections(SECTIONS)
    QTest.keyClick(overlay, Qt.Key.Key_Return)
    assert pressed == []
    overlay.close_overlay()
    QTest.keyClick(window.centralWidget(), Qt.Key.Key_Return)
    assert pressed == [True]


def test_a_click_beside_the_card_closes_and_on_it_does_not(window: QMainWindow) -> None:
    overlay = ShortcutsOverlay(window)
    overlay.show_sections(SECTIONS)
    QTest.mouseClick(overlay, LEFT, Qt.KeyboardModifier.NoModifier, overlay.rect().center())
    assert overlay.isVisible()
    QTest.mouseClick(overlay, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(2, 300))
    assert not overlay.isVisible()


def test_tab_stays_in_the_overlay(window: QMainWindow) -> None:
    overlay = ShortcutsOverlay(window)
    overlay.show_sections(SECTIONS)
    (close,) = overlay.findChildren(QPushButton)
    QTest.keyClick(overlay, Qt.Key.Key_Tab)
    assert close.hasFocus()
    QTest.keyClick(close, Qt.Key.Key_Tab)
    assert overlay.hasFocus()

"""Every drop-down list of the program shows all its entries, also where the box has the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot

from hematodesk.ui.main_window import MainWindow


def boxes(widget: QWidget) -> list[QComboBox]:
    return [box for box in widget.findChildren(QComboBox) if box.isVisible() and box.count() > 1]


def check(widget: QWidget, qtbot: QtBot) -> int:
    """Open every list under the widget with the keyboard on its box; how many there were."""
    found = boxes(widget)
    for box in found:
        enabled = box.isEnabled()
        box.setEnabled(True)
        box.setFocus(Qt.FocusReason.TabFocusReason)
        box.showPopup()
        view, last = box.view(), box.model().index(box.count() - 1, 0)
        qtbot.waitUntil(view.isVisible)
        where = f"{widget.objectName()} {box.accessibleName()} {box.itemText(box.count() - 1)}"
        if box.count() <= box.maxVisibleItems():
            assert view.verticalScrollBar().maximum() == 0, where
            assert view.viewport().rect().bottom() >= view.visualRect(last).bottom(), where
        assert view.viewport().width() >= view.sizeHintForColumn(0), where
        box.hidePopup()
        box.setEnabled(enabled)
    return len(found)


def dialogs(window: MainWindow, bench: Any) -> Iterator[tuple[str, QWidget]]:
    for name, key in (
        ("settings", ""),
        ("models", ""),
        ("compare_models", "compare"),
        ("adapt", ""),
        ("live", ""),
    ):
        window.actions_[name].trigger()
        bench.rest(window)
        dialog = window.dialogs.open_now[key or name]
        yield name, dialog
        dialog.close()
    window.actions_["export"].trigger()
    dialog = window.exports.dialog
    assert dialog is not None
    for row in range(dialog.format.count()):
        dialog.format.setCurrentIndex(row)
        yield f"export {row}", dialog
    dialog.close()


@pytest.mark.qt_log_ignore("does not support (raise|grabbing the keyboard|propagateSizeHints)")
@pytest.mark.parametrize("look", ["light", "dark"])
def test_no_list_hides_its_last_entry(bench: Any, qtbot: QtBot, theme: Any, look: str) -> None:
    theme.choose(look)
    bench.ship_model("other", with_map=True)
    window = bench.show(start=[bench.field()])
    window.model_state.choose("other")
    bench.rest(window)
    window.actions_["show_why"].trigger()
    bench.rest(window)
    counted = {"window": check(window, qtbot)}
    for name, dialog in dialogs(window, bench):
        counted[name] = check(dialog, qtbot)
    assert counted["window"] == 3, "two filters and the class whose evidence is shown"
    assert counted["settings"] >= 4 and counted["models"] == 1 and counted["compare_models"] == 2
    assert counted["adapt"] == 1 and counted["export 0"] == 3 and counted["export 2"] == 3

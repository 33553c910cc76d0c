"""Dialogs leave nothing behind; what they and others hold on to may be gone when it is wanted."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QStandardPaths, Qt
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

import hematodesk.ui
from hematodesk.ui.kit.banners import Notice
from hematodesk.ui.main_window import MainWindow

TIMES = 6


def in_use() -> tuple[int, int]:
    """Threads and descriptors of this process, where the system tells."""
    return sum(1 for _ in Path("/proc/self/task").iterdir()), sum(1 for _ in Path("/proc/self/fd").iterdir())


def open_and_close(qtbot: QtBot, window: MainWindow, open_it: Callable[[], object]) -> None:
    open_it()
    qtbot.waitUntil(lambda: bool(window.findChildren(QDialog)))
    for dialog in window.findChildren(QDialog):
        dialog.reject()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.skipif(sys.platform != "linux", reason="counted in /proc")
@pytest.mark.parametrize(
    "action",
    ["watch_folder", "open_files", "open_folder", "backup", "import_history", "import_model", "settings"],
)
def test_no_dialog_stays_alive(bench, qtbot: QtBot, action: str) -> None:
    window = bench.show()
    open_it = window.actions_[action].trigger
    open_and_close(qtbot, window, open_it)
    bench.rest(window)
    threads, descriptors = in_use()
    for _ in range(TIMES):
        open_and_close(qtbot, window, open_it)
    bench.rest(window)
    assert window.findChildren(QDialog) == []

    def as_before() -> bool:
        now = in_use()
        return now[0] <= threads and now[1] <= descriptors

    qtbot.waitUntil(as_before, timeout=20_000)


def test_file_dialogs_are_made_in_one_place() -> None:
    """The one that sees to it that they are destroyed."""
    root = Path(hematodesk.ui.__path__[0])
    makers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == QFileDialog.__name__
    }
    assert makers == {"kit/file_chooser.py"}


def test_buttons_that_are_held_are_made_here() -> None:
    """Qt does not tell PySide of the end of what it has made itself.

    A button that `addButton` made of its text was once taken for another one, which had stood at its address
    and was gone: "already deleted", with the dialog open.
    """
    root = Path(hematodesk.ui.__path__[0])
    held = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Return)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "addButton"
        and len(node.value.args) == 2
    ]
    assert held == []


def test_the_overlay_closes_after_the_button_with_the_keyboard_has_gone(bench, qtbot: QtBot) -> None:
    window = bench.show()
    window.banners.show_notice(Notice("told", "Told.", action_text="Do", action=lambda: None))
    banner = window.banners.banner("told")
    assert banner is not None
    button = banner.button
    assert button is not None
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    window.actions_["shortcuts"].trigger()
    qtbot.waitUntil(window.overlay.isVisible)
    window.banners.put_away("told")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.keyClick(window.overlay, Qt.Key.Key_Escape)
    assert not window.overlay.isVisible()


class Greedy(QLineEdit):
    """Wants every key for itself, as fields on some systems want Ctrl+E."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)


def test_a_command_is_the_windows_also_in_a_text_field(bench, qtbot: QtBot) -> None:
    window = bench.show(start=[bench.field()])
    field = Greedy(window)
    field.show()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "smear")
    qtbot.keyClick(field, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.exports.dialog is not None)
    assert field.text() == "smear"
    assert window.exports.dialog is not None
    window.exports.dialog.reject()


def test_the_keys_of_editing_stay_the_fields(bench, qtbot: QtBot) -> None:
    window = bench.show(start=[bench.field()])
    window.history.find_image()
    search = window.panel.search
    qtbot.waitUntil(search.hasFocus)
    qtbot.keyClicks(search, "smear")
    control = Qt.KeyboardModifier.ControlModifier
    for key in (Qt.Key.Key_A, Qt.Key.Key_C, Qt.Key.Key_V, Qt.Key.Key_V):
        qtbot.keyClick(search, key, control)
    assert search.text() == "smearsmear"
    qtbot.keyClick(search, Qt.Key.Key_Z, control)
    assert search.text() == "smear"
    bench.rest(window)


@pytest.mark.parametrize(
    ("action", "key"),
    [("backup", "backup_folder"), ("import_model", "model_folder"), ("watch_folder", "watched_folder")],
)
def test_a_file_dialog_starts_where_its_own_purpose_was_last(
    bench, qtbot: QtBot, tmp_path: Path, action: str, key: str
) -> None:
    """Not where another one was: Qt itself would go on in the images' folder."""
    window = bench.show()

    def asked() -> QFileDialog:
        window.actions_[action].trigger()
        (dialog,) = window.findChildren(QFileDialog)
        return dialog

    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    images, own = tmp_path / "images", tmp_path / "own"
    images.mkdir()
    own.mkdir()
    window.opener.open_paths([images])
    bench.rest(window)
    first = asked()
    assert Path(first.directory().path()) in (Path(documents), *Path(documents).parents)
    first.close()
    window.services.settings.set(key, str(own), save=False)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    again = asked()
    assert Path(again.directory().path()) == own
    again.close()


def test_what_was_chosen_is_remembered_for_its_purpose(bench, qtbot: QtBot, tmp_path: Path) -> None:
    window = bench.show()
    window.actions_["backup"].trigger()
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "copy.sqlite3"))
    bench.rest(window)
    dialog.close()
    assert window.services.settings.text("backup_folder") == str(tmp_path)
    assert (tmp_path / "copy.sqlite3").is_file()

"""What a screen reader finds in every window and dialog, and whether weak eyes and hands get by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QSlider,
    QWidget,
)

from hematodesk.ui.history.session_rows import Role
from hematodesk.ui.kit import theme as look
from hematodesk.ui.kit.banners import Level, Notice
from hematodesk.ui.kit.image_view import ImageView
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.runs.run_controller import Progress
from hematodesk.ui.shell.error_report import ErrorReport

NAME = QAccessible.Text.Name
LEAST_TARGET = 24
"""WCAG 2.2, "target size (minimum)": device independent pixels across and down."""


def name_of(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(NAME)


def everything(window: MainWindow) -> QWidget:
    window.banners.show_notice(
        Notice("told", "Told", level=Level.ERROR, action_text="Do it", action=lambda: None, cause="cause")
    )
    window.strip.show_progress(Progress(1, 2, 0, None, None, False))
    window.strip.show_watch("folder", "", away=False)
    return window


def dialog_of(action: str) -> Callable[[MainWindow], QWidget]:
    def open_it(window: MainWindow) -> QWidget:
        window.actions_[action].trigger()
        return window

    return open_it


def delete_question(window: MainWindow) -> QWidget:
    window.review.ask_delete(3, lambda: None)
    return window


def error_report(window: MainWindow) -> QWidget:
    report = ErrorReport("", window)
    report.show()
    return report


SCENES: dict[str, Callable[[MainWindow], QWidget]] = {
    "window": everything,
    "shortcuts": dialog_of("shortcuts"),
    "settings": dialog_of("settings"),
    "models": dialog_of("models"),
    "model card": dialog_of("model_card"),
    "compare": dialog_of("compare_models"),
    "adapt": dialog_of("adapt"),
    "export": dialog_of("export"),
    "restore": dialog_of("restore"),
    "live": dialog_of("live"),
    "manual": dialog_of("manual"),
    "about": dialog_of("about"),
    "summary": dialog_of("run_summary"),
    "delete": delete_question,
    "error report": error_report,
}


@pytest.fixture
def window(bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """A window with a field of several cells, and a second model to compare."""
    monkeypatch.setattr("hematodesk.ui.live.live_dialog.list_cameras", lambda _policy: [], raising=False)
    bench.ship_model("second", with_map=True)
    several = bench.field("several.jpg", "smear_05_several_cells.jpg")
    made = bench.show(start=[several, *bench.plain(2)])
    made.viewer.choose(0)
    yield made
    made.overlay.close_overlay()
    for dialog in dialogs():
        dialog.close()


def opened(bench, window: MainWindow, scene: str) -> QWidget:
    """The window or dialog of a scene, drawn."""
    SCENES[scene](window)
    bench.rest(window)
    if scene not in ("window", "shortcuts"):
        # The list of backups is read before its dialog comes.
        bench._qtbot.waitUntil(lambda: len(dialogs()) == 1)
    QApplication.processEvents()
    if scene in ("window", "shortcuts"):
        return window
    return dialogs()[0]


def dialogs() -> list[QDialog]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()]


def visible(root: QWidget, kind: type[QWidget] = QWidget) -> list[QWidget]:
    found = (root, *root.findChildren(kind))
    return [each for each in found if each.isVisible() and each.window() is root.window()]


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.qt_log_ignore("does not support (raise|propagateSizeHints)")
def test_all_that_takes_the_keyboard_has_a_role_and_a_name(bench, window: MainWindow, scene: str) -> None:
    root = opened(bench, window, scene)
    nameless = []
    for widget in visible(root):
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget is root:
            continue
        told = QAccessible.queryAccessibleInterface(widget)
        roles = (QAccessible.Role.NoRole, QAccessible.Role.Client)
        if not told.text(NAME).strip() or told.role() in roles:
            nameless.append((type(widget).__name__, widget.objectName(), told.role(), told.text(NAME)))
    assert not nameless, "\n".join(map(str, nameless))


def walk(told: QAccessibleInterface, depth: int = 0) -> Iterator[QAccessibleInterface]:
    yield told
    if depth < 25:
        for number in range(min(told.childCount(), 60)):
            child = told.child(number)
            if child is not None and child.isValid() and not child.state().invisible:
                yield from walk(child, depth + 1)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.qt_log_ignore("does not support (raise|propagateSizeHints)")
def test_the_tree_of_a_window_is_whole(bench, window: MainWindow, scene: str) -> None:
    root = opened(bench, window, scene)
    found = list(walk(QAccessible.queryAccessibleInterface(root)))
    assert len(found) > 3
    buttons = [each for each in found if each.role() is QAccessible.Role.Button]
    assert [each for each in buttons if not each.text(NAME).strip()] == []
    chosen = [each for each in found if each.role() is QAccessible.Role.ComboBox]
    assert all(each.text(NAME) and each.text(NAME) != each.text(QAccessible.Text.Value) for each in chosen)


def test_a_choice_says_what_it_is_for_and_what_is_chosen(window: MainWindow) -> None:
    box = window.panel.kind
    told = QAccessible.queryAccessibleInterface(box)
    assert told.text(NAME) == "Which images"
    assert told.text(QAccessible.Text.Value) == "All images"
    assert told.role() is QAccessible.Role.ComboBox
    assert told.state().focusable and told.state().collapsed
    assert told.child(0).object() is box.view()
    assert told.indexOfChild(told.child(0)) == 0


def test_the_image_has_its_cells_as_children(bench, window: MainWindow) -> None:
    view = window.centre.view
    told = QAccessible.queryAccessibleInterface(view)
    assert told.role() is QAccessible.Role.Graphic
    count = len(window.viewer.standing)
    assert told.childCount() == count > 1
    first, second = told.child(0), told.child(1)
    assert first.text(NAME).startswith(f"Cell 1 of {count}, Neutrophil")
    assert first.state().selected and not second.state().selected
    assert told.indexOfChild(second) == 1
    assert second.parent().object() is view
    middle = view.mapToGlobal(view.cell_rect(1).center().toPoint())
    assert second.rect().contains(middle)
    assert told.childAt(middle.x(), middle.y()).text(NAME) == second.text(NAME)
    window.viewer.choose(1)
    assert second.state().selected
    view.set_cells(window.viewer.cells[:1], 0)
    assert told.childCount() == 1 and second.state().invisible and second.text(NAME) == ""
    assert second.rect() == QRect()


def test_a_new_image_is_announced_once(bench, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    tell = ImageView.setAccessibleDescription

    def heard(self: ImageView, words: str) -> None:
        said.append(words)
        tell(self, words)

    monkeypatch.setattr(ImageView, "setAccessibleDescription", heard)
    window.opener.open_paths([bench.field("new.jpg", "smear_02_eosinophil.jpg")])
    bench.rest(window)
    assert len(said) == 1
    assert said[0].startswith("new.jpg, 640 by 480 pixels. Cells: 1. Chosen: cell 1 of 1")
    window.browser.open(window.panel.model.neighbour(None, 1).id)
    bench.rest(window)
    assert len(said) == 2
    assert "Cells: 0" not in "".join(said)


def test_a_heading_says_whether_it_is_folded(window: MainWindow) -> None:
    index = window.panel.model.index(0)
    assert index.data(Role.SESSION) is not None
    kind = Qt.ItemDataRole.AccessibleTextRole
    assert index.data(kind).endswith(", unfolded")
    window.panel.model.toggle(index.data(Role.SESSION).id)
    assert window.panel.model.index(0).data(kind).endswith(", folded")


# Contrast and size

_GROUNDS = {
    "text": ("window", "panel", "raised", "pressed", "info_back", "warn_back", "bad_back"),
    "muted": ("window", "panel", "raised", "info_back", "warn_back", "bad_back"),
    "chosen_text": ("chosen",),
    "on_primary": ("primary",),
    "good": ("panel", "raised"),
    "warn": ("panel", "raised"),
    "bad": ("window", "panel", "raised"),
}
"""What each colour of type is written on."""


@pytest.mark.parametrize("tokens", [look.LIGHT, look.DARK], ids=["light", "dark"])
def test_all_type_can_be_read_on_its_ground(tokens: look.Tokens) -> None:
    known = {field.name for field in fields(tokens)}
    assert set(_GROUNDS) <= known
    weak = {
        (ink, ground): round(ratio, 2)
        for ink, grounds in _GROUNDS.items()
        for ground in grounds
        if (ratio := look.contrast(QColor(getattr(tokens, ink)), QColor(getattr(tokens, ground)))) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_the_words_in_an_empty_field_can_be_read(window: MainWindow, theme: look.Theme, choice: str) -> None:
    theme.choose(choice)
    try:
        for field in (window.panel.search, window.answer._note):
            field.ensurePolished()
            palette = field.palette()
            ink = palette.color(QPalette.ColorRole.PlaceholderText)
            ground = palette.color(QPalette.ColorRole.Base)
            share = ink.alphaF()
            mixed = QColor.fromRgbF(
                *(
                    a * share + b * (1 - share)
                    for a, b in zip(ink.getRgbF()[:3], ground.getRgbF()[:3], strict=True)
                )
            )
            assert look.contrast(mixed, ground) >= 4.5
    finally:
        theme.choose("light")


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.qt_log_ignore("does not support (raise|propagateSizeHints)")
def test_what_is_pressed_is_large_enough(bench, window: MainWindow, scene: str) -> None:
    root = opened(bench, window, scene)
    small = [
        (type(each).__name__, each.objectName(), name_of(each), each.size().toTuple())
        for kind in (QAbstractButton, QComboBox, QSlider, QLineEdit, QAbstractSpinBox)
        for each in visible(root, kind)
        if isinstance(each, kind) and min(each.width(), each.height()) < LEAST_TARGET
        # The cross within a search field has the field's height to it.
        if not isinstance(each.parentWidget(), QLineEdit | QAbstractSpinBox | QAbstractItemView)
    ]
    assert not small, "\n".join(map(str, small))

"""The manual's window: pages, links, search, keys; and that pages name the window's real actions."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument, QTextTable
from pytestqt.qtbot import QtBot

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.actions import ACTIONS
from hematodesk.ui.kit.markdown_look import blocks
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.manual.manual_view import anchor_of
from hematodesk.ui.manual.manual_window import ManualWindow
from hematodesk.ui.manual.manual_words import manual_words
from hematodesk.workflow.system.manual import INDEX, Manual, fill, marks
from tests import manual_facts as facts


@pytest.fixture
def manual(qtbot: QtBot, theme: Theme) -> Iterator[ManualWindow]:
    window = ManualWindow(Manual(facts.FOLDER), theme)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    window.deleteLater()


def test_every_mark_of_every_page_is_filled_in() -> None:
    for each in facts.manuals():
        for name in each.names:
            text = fill(each.source(name), manual_words)
            assert not re.search(r"\{\w+:", text), name


def test_an_action_that_does_not_exist_or_has_no_key_is_noticed() -> None:
    wrong = [
        ("action", "exprt"),
        ("key", "no_such"),
        ("key", "about"),
        ("acton", "export"),
        ("setting", "thme"),
    ]
    for mark in wrong:
        with pytest.raises((LookupError, HematodeskError)):
            manual_words(*mark)


@pytest.mark.parametrize("manual_in", facts.manuals(), ids=facts.LANGUAGES)
def test_every_action_is_told_somewhere(manual_in: Manual) -> None:
    named = {mark for name in manual_in.names for _kind, mark in marks(manual_in.source(name))}
    told = {spec.id for spec in ACTIONS if spec.id in named}
    # Told as "1 to 9".
    told |= {f"class_{key}" for key in range(2, 9)} if {"class_1", "class_9"} <= told else set()
    assert {spec.id for spec in ACTIONS} - told == set()
    keyed = {
        mark for name in manual_in.names for kind, mark in marks(manual_in.source(name)) if kind == "key"
    }
    assert {spec.id for spec in ACTIONS if spec.shortcuts} - keyed - {
        f"class_{key}" for key in range(2, 9)
    } == set()


def test_marks_are_the_windows_own_words() -> None:
    assert manual_words("action", "backup") == "**File › History › Back up the history**"
    assert manual_words("key", "export") == "`Ctrl+E`"
    assert manual_words("text", "LiveDialog|Freeze and &keep") == "**Freeze and keep**"
    assert manual_words("setting", "theme") == "**Theme**"
    assert manual_words("command", "history list") == "`hematodesk history list`"
    assert manual_words("command", "classify --save") == "`--save`"
    assert manual_words("tool", "convert") == "`python -m export_tools convert`"
    assert manual_words("place", "history_file") == "`history.sqlite3`"


@pytest.mark.qt_log_ignore("does not support (raise|propagateSizeHints)")
def test_the_key_opens_it_beside_the_window_and_a_code_finds_its_place(bench, qtbot: QtBot) -> None:
    window = bench.show()
    qtbot.keyClick(window.centre.view, Qt.Key.Key_F1)
    opened = window.dialogs.open_now["manual"]
    assert isinstance(opened, ManualWindow) and not opened.isModal()
    assert opened.page == INDEX
    window.banners.show_error(HematodeskError("history_newer", "It is newer.", "Use that one."))
    window.banners.banner("history_newer").code.click()
    assert window.dialogs.open_now["manual"] is opened
    assert opened.page == "trouble.md" and opened.search.text() == "history_newer"
    assert "history_newer" in [each.cursor.selectedText() for each in opened.view.extraSelections()]
    opened.close()


def test_pages_are_listed_and_links_lead_to_their_headings(manual: ManualWindow) -> None:
    assert manual.list.count() == len(Manual(facts.FOLDER).names)
    assert manual.list.currentItem().text() == "The manual"
    manual.view.anchorClicked.emit(QUrl("for-it.md#policy-file"))
    assert manual.page == "for-it.md"
    assert manual.view.verticalScrollBar().value() > 0
    assert manual.list.currentItem().text() == "For the IT department"
    assert manual.back.isEnabled() and not manual.forward.isEnabled()


def test_back_and_forward_return_to_where_one_was(manual: ManualWindow) -> None:
    manual.open_page("for-it.md")
    manual.view.verticalScrollBar().setValue(300)
    manual.open_page("settings.md")
    manual.back.click()
    assert (manual.page, manual.view.verticalScrollBar().value()) == ("for-it.md", 300)
    manual.back.click()
    assert manual.page == INDEX and not manual.back.isEnabled()
    manual.forward.click()
    manual.forward.click()
    assert manual.page == "settings.md" and not manual.forward.isEnabled()
    manual.back.click()
    manual.open_page("live.md")
    assert not manual.forward.isEnabled()


def test_nothing_leads_outside(manual: ManualWindow, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes((facts.ROOT / "resources" / "icons" / "hematodesk-16.png").read_bytes())
    for address in (
        "https://example.org/a.md",
        "file:///etc/passwd",
        "mailto:a@b.c",
        "../README.md",
        "none.md",
    ):
        manual.view.anchorClicked.emit(QUrl(address))
        assert manual.page == INDEX
    image = QTextDocument.ResourceType.ImageResource.value
    assert manual.view.loadResource(image, QUrl.fromLocalFile(str(secret))) is None
    assert manual.view.loadResource(image, QUrl("https://example.org/window.png")) is None
    assert (
        manual.view.loadResource(QTextDocument.ResourceType.StyleSheetResource.value, QUrl("a.css")) is None
    )


def test_pictures_of_every_page_are_loaded_and_fit(manual: ManualWindow) -> None:
    for path in (facts.FOLDER / "pictures").glob("*.png"):
        picture = manual.view.loadResource(
            QTextDocument.ResourceType.ImageResource.value, QUrl(f"pictures/{path.name}")
        )
        assert 0 < picture.width() <= manual.view.viewport().width()


def test_pictures_and_marks_follow_the_windows_size(manual: ManualWindow) -> None:
    manual.search.setText("samples")
    manual.open_page("first-answer.md")
    drawn = []
    for width in (700, 1000):
        manual.resize(width, 600)
        assert manual.view.horizontalScrollBar().maximum() == 0
        layout = manual.view.document().documentLayout()
        tall = [
            layout.blockBoundingRect(block).height()
            for block in blocks(manual.view.document())
            if "\ufffc" in block.text()
        ]
        assert len(tall) == 1
        drawn.append(tall[0])
        assert manual.view.extraSelections() != []
    assert drawn[0] < drawn[1] < 500


def test_the_search_lists_lines_and_marks_the_words(manual: ManualWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(manual.search, "oil objective")
    assert "oil objective" in manual.list.item(0).text()
    assert manual.told.text() == "Pages with these words: 1"
    qtbot.keyClick(manual.search, Qt.Key.Key_Return)
    assert manual.page == "first-answer.md"
    marked = [each.cursor.selectedText() for each in manual.view.extraSelections()]
    assert "oil" in marked and "objective" in marked
    assert manual.view.verticalScrollBar().value() > 0
    qtbot.keyClick(manual.search, Qt.Key.Key_Escape)
    assert manual.isVisible() and manual.search.text() == ""
    assert manual.view.extraSelections() == [] and manual.list.item(0).text() == "The manual"
    qtbot.keyClicks(manual.search, "xyzzy")
    assert manual.told.text() == "No page has these words." and manual.list.count() == 0
    qtbot.keyClick(manual.search, Qt.Key.Key_Return)
    qtbot.keyClick(manual.search, Qt.Key.Key_Escape)
    qtbot.keyClick(manual.search, Qt.Key.Key_Escape)
    assert not manual.isVisible()


def test_it_is_worked_by_keys_alone(manual: ManualWindow, qtbot: QtBot) -> None:
    manual.activateWindow()
    qtbot.waitUntil(manual.search.hasFocus)
    qtbot.keyClick(manual.search, Qt.Key.Key_Down)
    assert manual.list.hasFocus()
    qtbot.keyClick(manual.list, Qt.Key.Key_Down)
    assert manual.page == "first-answer.md"
    qtbot.keyClick(manual.list, Qt.Key.Key_Return)
    assert manual.view.hasFocus()
    qtbot.keyClick(manual.view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert manual.page == INDEX
    qtbot.keyClick(manual.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert manual.search.hasFocus()


def test_a_search_counts_the_very_lines_that_are_shown(manual: ManualWindow) -> None:
    for name in Manual(facts.FOLDER).names:
        manual.open_page(name)
        assert [block.text() for block in blocks(manual.view.document())] == manual._all_lines()[name]


def test_tables_begin_with_a_row_of_heads(manual: ManualWindow) -> None:
    """Qt loses the first head where a table follows upon an example at once."""
    for name in Manual(facts.FOLDER).names:
        manual.open_page(name)
        for table in manual.view.document().rootFrame().childFrames():
            assert isinstance(table, QTextTable)
            heads = [table.cellAt(0, column) for column in range(table.columns())]
            assert all(head.begin().currentBlock().charFormat().fontWeight() > 400 for head in heads), name
            assert all(
                head.firstCursorPosition().block() == head.lastCursorPosition().block() for head in heads
            )


def test_the_page_follows_the_theme_and_stays_where_it_was(manual: ManualWindow, theme: Theme) -> None:
    manual.open_page("for-it.md")
    manual.view.verticalScrollBar().setValue(200)
    before = manual.view.document().toHtml()
    theme.choose("dark")
    try:
        assert manual.page == "for-it.md" and manual.view.verticalScrollBar().value() == 200
        assert manual.view.document().toHtml() != before
    finally:
        theme.choose("light")


def test_headings_are_called_as_links_say() -> None:
    assert anchor_of("Going on after a stop") == "going-on-after-a-stop"
    assert anchor_of("Models, and what they cannot do") == "models-and-what-they-cannot-do"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """packaging/manual_pictures.py, which is in no package."""
    spec = importlib.util.spec_from_file_location(
        "manual_pictures", facts.ROOT / "packaging" / "manual_pictures.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_makes_the_pictures_that_there_are(script: ModuleType) -> None:
    made = {f"{make.__name__}.png" for make in script.PICTURES}
    assert made == {path.name for path in (facts.FOLDER / "pictures").iterdir()}


def test_a_picture_keeps_the_windows_colours_and_gets_small(script: ModuleType, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)
    noise[:30] = (236, 236, 236)
    picture = QImage(noise.data, 60, 60, 180, QImage.Format.Format_RGB888)
    script.save(picture, tmp_path / "a.png")
    kept = QImage(str(tmp_path / "a.png"))
    assert kept.colorCount() <= 256
    assert kept.pixelColor(5, 5).name() == "#ececec"
    first = (tmp_path / "a.png").read_bytes()
    script.save(picture, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == first

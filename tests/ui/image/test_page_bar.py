"""Leafing through a file of several pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hematodesk.imaging.read import read_image
from tests.tiff_files import picture, tiff_file


@pytest.fixture
def stack(bench: Any) -> Path:
    """A file of three pages."""
    names = ("smear_02_eosinophil.jpg", "smear_01_neutrophil.jpg", "smear_03_lymphocyte.jpg")
    fields = [bench.field(f"{place}.jpg", name) for place, name in enumerate(names)]
    pages = [picture(read_image(path).pixels, bits=8, photometric=2) for path in fields]
    path = Path(fields[0]).parent / "stack.tif"
    path.write_bytes(tiff_file(pages))
    return path


def test_another_page_is_shown_named_and_kept(bench: Any, qtbot: QtBot, stack: Path) -> None:
    window = bench.show(start=[stack])
    bar = window.centre.page_bar
    assert bar.isVisible() and bar.words.text() == "Page 1 of 3"
    assert not bar.previous.isEnabled() and bar.next.isEnabled()
    first = window.viewer.image_id
    qtbot.mouseClick(bar.next, Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert bar.words.text() == "Page 2 of 3" and window.viewer.name == "stack.tif, page 2"
    second = window.viewer.image_id
    assert second not in (first, None)
    assert (window.viewer.pixels == read_image(stack, 2).pixels).all()
    qtbot.mouseClick(bar.previous, Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert window.viewer.image_id == first and bar.words.text() == "Page 1 of 3"
    qtbot.mouseClick(bar.next, Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert window.viewer.image_id == second, "a page that is known is not named again"
    assert "known_image" not in [notice.code for notice in window.banners.notices()]
    qtbot.mouseClick(bar.next, Qt.MouseButton.LeftButton)
    bench.rest(window)
    assert bar.words.text() == "Page 3 of 3" and not bar.next.isEnabled()


def test_a_page_of_the_history_is_opened_as_that_page(bench: Any, qtbot: QtBot, stack: Path) -> None:
    window = bench.show(start=[stack])
    qtbot.mouseClick(window.centre.page_bar.next, Qt.MouseButton.LeftButton)
    bench.rest(window)
    page = window.viewer.image_id
    window.viewer._kept.clear()
    window.viewer._pages.clear()
    window.viewer.clear()
    assert not window.centre.page_bar.isVisible()
    window.viewer.open(page)
    bench.rest(window)
    assert window.centre.page_bar.words.text() == "Page 2 of 3"
    assert (window.viewer.pixels == read_image(stack, 2).pixels).all()


def test_a_file_of_one_page_has_no_bar(bench: Any) -> None:
    window = bench.show(start=[bench.field("one.jpg")])
    assert not window.centre.page_bar.isVisible()

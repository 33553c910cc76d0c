"""What the window tells by itself, and how long it stays."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot


def codes(window: Any) -> list[str]:
    return [notice.code for notice in window.banners.notices()]


def test_what_is_told_of_an_image_goes_with_it_and_never_covers_one(bench: Any, qtbot: QtBot) -> None:
    first, second = bench.field("one.jpg"), bench.field("two.jpg", "smear_02_eosinophil.jpg")
    window = bench.show(start=[first])
    shown = window.viewer.image_id
    window.opener.open_paths([first])
    bench.rest(window)
    assert codes(window) == ["known_image"] and window.viewer.image_id == shown
    view = window.centre.view
    qtbot.waitUntil(lambda: view.mapTo(window.centre, QPoint(0, 0)).y() == window.banners.height() > 0)
    window.opener.open_paths([second])
    bench.rest(window)
    assert window.viewer.name == "two.jpg" and codes(window) == []
    qtbot.waitUntil(lambda: view.height() == window.centre.height())


def test_what_the_reader_did_to_an_image_is_told_of_that_image_alone(bench: Any) -> None:
    deep = bench.field("deep.tiff", "smear_08_sixteen_bit.tiff")
    window = bench.show(start=[deep])
    assert codes(window) == ["image_notices"]
    window.opener.open_paths([bench.field("plain.jpg")])
    bench.rest(window)
    assert window.viewer.name == "plain.jpg" and codes(window) == []
    window.viewer.clear()
    assert codes(window) == []


def test_what_the_reader_did_stays_told_beside_the_image_and_in_the_list(bench: Any) -> None:
    deep = bench.field("deep.tiff", "smear_08_sixteen_bit.tiff")
    window = bench.show(start=[deep])
    banner = window.banners.banner("image_notices")
    assert banner is not None and banner.notice.stays and "8 bits" in banner.accessibleName()
    model = window.panel.model
    assert "8 bits" in model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    window.opener.open_paths([bench.field("plain.jpg")])
    bench.rest(window)
    assert window.banners.banner("image_notices") is None
    bench.close(window)
    again = bench.show()
    texts = [again.panel.model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in (1, 2)]
    assert ["8 bits" in text for text in texts] == [True, False]

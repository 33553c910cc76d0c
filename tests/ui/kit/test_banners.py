"""Banners: what they say, how many there are, and that they have a room of their own above the image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.image.centre_column import CentreColumn
from hematodesk.ui.kit.banners import Banners, Level, Notice


@pytest.fixture
def under(qtbot: QtBot) -> Iterator[CentreColumn]:
    """The column with an image in it, and room for banners above."""
    column = CentreColumn()
    column.resize(900, 500)
    column.view.set_image(np.full((480, 640, 3), 200, dtype=np.uint8), "field")
    column.show_image()
    column.show()
    yield column
    column.close()
    column.deleteLater()


@pytest.fixture
def banners(under: CentreColumn) -> Banners:
    made = Banners(under)
    under.put_above(made)
    return made


def words(banners: Banners, code: str) -> str:
    banner = banners.banner(code)
    assert banner is not None
    return " | ".join(label.text() for label in banner.findChildren(QLabel)).replace("\u200b", "")


def test_an_error_says_its_sentence_its_remedy_and_its_code(banners: Banners) -> None:
    banners.show_error(HematodeskError("disk_full", "The disk is full.", "Free some space."))
    assert words(banners, "disk_full") == "The disk is full. Free some space."
    banner = banners.banner("disk_full")
    assert banner is not None and banner.code is not None and banner.code.text() == "disk_full"


def test_a_click_on_the_code_asks_what_it_means(qtbot: QtBot, banners: Banners) -> None:
    banners.show_error(HematodeskError("disk_full", "The disk is full.", "Free some space."))
    banner = banners.banner("disk_full")
    assert banner is not None and banner.code is not None
    with qtbot.waitSignal(banners.code_asked) as asked:
        banner.code.click()
    assert asked.args == ["disk_full"]


def test_words_are_shown_as_they_are_and_not_as_markup(banners: Banners) -> None:
    banners.show_notice(Notice("odd", "<b>smear</b>.jpg", level=Level.WARNING))
    banner = banners.banner("odd")
    assert banner is not None
    assert banner.findChildren(QLabel)[0].textFormat() is Qt.TextFormat.PlainText


def test_the_same_code_takes_the_olders_place_and_three_are_enough(banners: Banners) -> None:
    for number in range(5):
        banners.show_notice(Notice(f"n{number}", "Something.", level=Level.ERROR))
    assert [notice.code for notice in banners.notices()] == ["n4", "n3", "n2"]
    banners.show_notice(Notice("n3", "Something else.", level=Level.ERROR))
    assert [notice.code for notice in banners.notices()] == ["n3", "n4", "n2"]


def test_the_button_acts_once_and_puts_the_banner_away(banners: Banners, qtbot: QtBot) -> None:
    acted = []
    banners.show_notice(Notice("go", "Go on?", action_text="Go on", action=lambda: acted.append(True)))
    banner = banners.banner("go")
    assert banner is not None
    assert banner.button is not None
    qtbot.mouseClick(banner.button, Qt.MouseButton.LeftButton)
    assert acted == [True]
    assert banners.notices() == []
    assert not banners.isVisible()


def test_a_banner_is_closed_by_hand(banners: Banners, qtbot: QtBot) -> None:
    banners.show_notice(Notice("old", "Old news.", level=Level.ERROR))
    banner = banners.banner("old")
    assert banner is not None
    qtbot.mouseClick(banner.findChildren(QToolButton)[0], Qt.MouseButton.LeftButton)
    assert banners.notices() == []


@pytest.mark.parametrize("width", [220, 500, 1600])
def test_banners_stay_inside_their_column(
    banners: Banners, under: CentreColumn, qtbot: QtBot, width: int
) -> None:
    under.resize(width, 500)
    banners.show_notice(
        Notice(
            "long",
            "smear_05_several_cells_of_the_second_slide.jpg was read: a sentence that is rather long and "
            "needs several lines where there is little room.",
            level=Level.WARNING,
            action_text="Do something",
            action=lambda: None,
        )
    )
    under.resize(width + 1, 501)
    qtbot.waitUntil(lambda: banners.width() == under.width())
    assert under.rect().contains(banners.geometry())
    banner = banners.banner("long")
    assert banner is not None
    assert banner.button is not None
    inside = banner.button.mapTo(under, banner.button.rect().bottomRight())
    assert under.rect().contains(inside)
    label = banner.findChildren(QLabel)[0]
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert label.minimumSizeHint().width() <= label.width()


def test_a_message_in_anothers_place_has_room_for_its_words_in_a_narrow_window(
    qtbot: QtBot, under: CentreColumn, banners: Banners
) -> None:
    under.resize(414, 600)
    text = "500 images in 3 s: 138 Eosinophils, 128 Lymphocytes, 118 Neutrophils, 116 Monocytes."
    for _ in range(2):
        banners.show_notice(Notice("run_done", text, action_text="Summary", action=lambda: None, stays=True))
        banner = banners.banner("run_done")
        assert banner is not None and banner.button is not None
        button = banner.button
        qtbot.waitUntil(lambda button=button: button.y() > 0)
        assert button.geometry().bottom() <= banner.rect().bottom()
        assert banner.height() >= banner.heightForWidth(banner.width())


def place(column: CentreColumn, x: float, y: float) -> QPoint:
    """Where a position of the image lies in the column."""
    left, top = column.view._view.to_widget(x, y)
    return column.view.mapTo(column, QPointF(left, top)).toPoint()


@pytest.mark.parametrize("size", [(620, 700), (900, 500), (414, 620)])
def test_banners_never_cover_the_image(
    qtbot: QtBot, under: CentreColumn, banners: Banners, size: tuple[int, int]
) -> None:
    under.resize(*size)
    for number in range(3):
        banners.show_notice(Notice(f"n{number}", "Something that was found out. " * 3, level=Level.ERROR))
    view = under.view
    qtbot.waitUntil(lambda: 0 < banners.height() == view.mapTo(under, QPoint(0, 0)).y())
    assert banners.height() <= under.height() / 2
    assert banners.geometry().bottom() < place(under, 0, 0).y()
    seen = [banner for banner in banners._shown if banner.isVisible()]
    assert seen[0] is banners._shown[0], "the newest is in sight"
    for banner in seen:
        assert banner.height() >= banner.heightForWidth(banner.width())
    banners.put_all_away()
    qtbot.waitUntil(lambda: view.height() == under.height())


def test_an_image_with_room_around_it_does_not_move_when_a_banner_comes_and_goes(
    qtbot: QtBot, under: CentreColumn, banners: Banners
) -> None:
    under.resize(620, 700)
    qtbot.waitUntil(lambda: under.view.height() == 700)
    before = place(under, 0, 0), place(under, 640, 480)
    banners.show_notice(Notice("one", "Something.", level=Level.ERROR))
    qtbot.waitUntil(lambda: under.view.height() < 700)
    assert (place(under, 0, 0), place(under, 640, 480)) == before
    banners.put_all_away()
    qtbot.waitUntil(lambda: under.view.height() == 700)
    assert (place(under, 0, 0), place(under, 640, 480)) == before


def test_an_enlarged_image_does_not_move_when_a_banner_comes_and_goes(
    qtbot: QtBot, under: CentreColumn, banners: Banners
) -> None:
    qtbot.waitUntil(lambda: under.view.height() == 500)
    under.view.set_zoom(5.0, QPointF(300, 200))
    before = place(under, 320, 240)
    banners.show_notice(Notice("one", "Something.", level=Level.ERROR))
    qtbot.waitUntil(lambda: under.view.height() < 500)
    assert (place(under, 320, 240) - before).manhattanLength() <= 1
    banners.put_all_away()
    qtbot.waitUntil(lambda: under.view.height() == 500)
    assert (place(under, 320, 240) - before).manhattanLength() <= 1


def test_what_speaks_of_an_image_goes_when_another_is_shown(banners: Banners) -> None:
    banners.show_notice(Notice("known_image", "It was analysed before.", image=7, stays=True))
    banners.show_notice(Notice("run_done", "500 images.", stays=True))
    banners.image_shown(7)
    assert [notice.code for notice in banners.notices()] == ["run_done", "known_image"]
    for other in (8, None):
        banners.show_notice(Notice("known_image", "It was analysed before.", image=7, stays=True))
        banners.image_shown(other)
        assert [notice.code for notice in banners.notices()] == ["run_done"]

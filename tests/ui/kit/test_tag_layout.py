"""Tags hide neither each other nor a cell where there is room."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from hematodesk.ui.kit.tag_layout import Wish, lay_tags

AREA = QRectF(0, 0, 1000, 700)


@pytest.fixture
def metrics(qapp: QApplication) -> QFontMetricsF:
    return QFontMetricsF(qapp.font())


def wish(index: int, x: float, y: float, side: float = 80, **more: bool) -> Wish:
    signs = {"pressing": False, "early": False} | more
    return Wish(index, QRectF(x, y, side, side), "Neutrophil", "Neu", **signs)


def shared(one: QRectF, other: QRectF) -> float:
    both = one.intersected(other)
    return both.width() * both.height()


def test_no_cells_no_tags(metrics: QFontMetricsF) -> None:
    assert lay_tags([], AREA, metrics) == []


def test_a_lone_tag_stands_above_its_cell(metrics: QFontMetricsF) -> None:
    (tag,) = lay_tags([wish(4, 300, 300)], AREA, metrics)
    assert tag.index == 4 and tag.text == "Neutrophil"
    assert tag.rect.bottom() <= 300 and tag.rect.left() == 300


@pytest.mark.parametrize("corner", [(0, 0), (920, 0), (0, 620), (920, 620)])
def test_at_the_border_a_tag_stays_inside_and_off_its_cell(
    metrics: QFontMetricsF, corner: tuple[float, float]
) -> None:
    box = wish(0, *corner)
    (tag,) = lay_tags([box], AREA, metrics)
    assert AREA.contains(tag.rect) and shared(tag.rect, box.box) == 0


def test_with_room_nothing_is_hidden(metrics: QFontMetricsF) -> None:
    rng = np.random.default_rng(5)
    grid = [(x, y) for x in range(20, 900, 150) for y in range(40, 600, 130)]
    wishes = [
        wish(index, x + rng.uniform(-15, 15), y + rng.uniform(-15, 15)) for index, (x, y) in enumerate(grid)
    ]
    tags = lay_tags(wishes, AREA, metrics)
    assert len(tags) == len(wishes)
    for one, other in combinations(tags, 2):
        assert shared(one.rect, other.rect) == 0
    for tag in tags:
        assert all(shared(tag.rect, other.box) == 0 for other in wishes)


def test_in_a_crowd_tags_give_way_but_never_the_chosen_one(metrics: QFontMetricsF) -> None:
    wishes = [wish(index, 300 + 12 * (index % 6), 300 + 12 * (index // 6)) for index in range(36)]
    wishes[20] = wish(20, 324, 336, pressing=True)
    tags = lay_tags(wishes, AREA, metrics)
    assert len(tags) < len(wishes)
    (chosen,) = [tag for tag in tags if tag.index == 20]
    for tag in tags:
        if tag is not chosen:
            assert shared(tag.rect, chosen.rect) < 0.2 * tag.rect.width() * tag.rect.height()


def test_small_cells_have_short_names_unless_alone_or_chosen(metrics: QFontMetricsF) -> None:
    def texts(*wishes: Wish) -> list[str]:
        return [tag.text for tag in sorted(lay_tags(wishes, AREA, metrics), key=lambda tag: tag.index)]

    assert texts(wish(0, 100, 100, 10), wish(1, 400, 400, 10)) == ["Neu", "Neu"]
    assert texts(wish(0, 100, 100, 10)) == ["Neutrophil"]
    assert texts(wish(0, 100, 100, 10), wish(1, 400, 400, 10, pressing=True)) == ["Neu", "Neutrophil"]


def test_uncertain_cells_come_first_when_there_are_too_many(metrics: QFontMetricsF) -> None:
    rng = np.random.default_rng(2)
    wishes = [
        wish(index, rng.uniform(0, 980), rng.uniform(0, 680), 12, early=index >= 380) for index in range(400)
    ]
    tags = lay_tags(wishes, AREA, metrics)
    assert 0 < len(tags) <= 120
    early = sum(tag.index >= 380 for tag in tags)
    assert early >= 18

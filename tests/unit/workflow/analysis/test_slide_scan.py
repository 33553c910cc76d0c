"""An area of a whole slide as fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from hematodesk.domain.errors import ImageError
from hematodesk.domain.slide_info import SlideInfo
from hematodesk.domain.slide_regions import SlideRegion, region_path
from hematodesk.imaging.slide_glass import shows_something
from hematodesk.imaging.slide_pool import SlidePool
from hematodesk.workflow.analysis.slide_scan import area_path, cells_are_small, fields_of, plan_scan
from tests.slides import draw_slide, write_huge_svs, write_svs


@pytest.fixture
def pool() -> Iterator[SlidePool]:
    with closing(SlidePool()) as pool:
        yield pool


def test_fields_cover_an_area_once() -> None:
    area = SlideRegion(100, 50, 1500, 1000)
    seen = np.zeros((1050, 1600), int)
    for each in fields_of(area):
        seen[each.y : each.y + each.height, each.x : each.x + each.width] += 1
    assert (seen[50:, 100:] <= 1).all() and seen[50:1010, 100:1600].all()
    assert seen[:50].sum() == seen[:, :100].sum() == 0
    assert fields_of(SlideRegion(0, 0, 20, 20)) == [SlideRegion(0, 0, 20, 20)]


def test_empty_glass_is_left_out_and_counted(tmp_path: Path, pool: SlidePool) -> None:
    slide = write_svs(tmp_path / "S-1.svs", draw_slide(3, 2, empty=((0, 0), (1, 0))))
    plan = plan_scan(pool, slide, SlideRegion(0, 0, 99_999, 99_999))
    assert (plan.area.width, plan.area.height) == (1920, 960)
    places = {(each.x, each.y) for each in plan.fields}
    assert places == {(1280, 0), (0, 480), (640, 480), (1280, 480)} and plan.skipped == 2
    assert plan.paths[0] == region_path(slide, SlideRegion(1280, 0))
    assert plan.root == area_path(slide, plan.area)


def test_one_cell_alone_on_the_glass_is_looked_at(tmp_path: Path, pool: SlidePool) -> None:
    pixels = np.full((960, 1920, 3), 243, np.uint8)
    pixels[600:650, 900:950] = (120, 80, 150)
    slide = write_svs(tmp_path / "S-1.svs", pixels)
    plan = plan_scan(pool, slide, SlideRegion(0, 0, 1920, 960))
    assert [(each.x, each.y) for each in plan.fields] == [(640, 480)]


def test_a_region_outside_is_refused(tmp_path: Path, pool: SlidePool) -> None:
    slide = write_huge_svs(tmp_path / "S-1.svs", 20_000, 10_000)
    with pytest.raises(ImageError) as caught:
        plan_scan(pool, slide, SlideRegion(20_000, 0, 10, 10))
    assert caught.value.code == "region_outside"


def test_dark_and_tinted_slides_are_looked_at() -> None:
    assert shows_something(np.full((4, 4, 3), (180, 170, 190), np.uint8)).all()
    assert shows_something(np.full((4, 4, 3), (240, 215, 225), np.uint8)).all()
    assert not shows_something(np.full((4, 4, 3), 240, np.uint8)).any()
    assert not shows_something(np.zeros((4, 4, 3), np.uint8)).any()


@pytest.mark.parametrize(
    ("um", "objective", "small"),
    [(0.25, 40.0, False), (0.5, 20.0, False), (1.0, 10.0, True), (None, 10.0, True), (None, None, False)],
)
def test_slides_of_weak_objectives_are_told(um: float | None, objective: float | None, small: bool) -> None:
    assert cells_are_small(SlideInfo("aperio", 9, 9, um, objective, (), "4.0.1")) is small

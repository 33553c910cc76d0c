"""Cached crops: their middle is what the program would cut."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from export_tools.data.crops import COVER, chosen, cut_by_source, cut_crops, located_box, middle
from export_tools.data.records import Record
from hematodesk.domain.cells import Localisation, LocatedCell
from hematodesk.domain.geometry import Box
from hematodesk.imaging.crop import crop_cell


def record(file: Path, box: Box | None, red_cell: float | None = 20.0) -> Record:
    return Record(file, box, "x", "s", "g", "o", red_cell=red_cell)


def found(*boxes: Box) -> Localisation:
    return Localisation(tuple(LocatedCell(box, 1.0) for box in boxes), None)


def test_middle_of_the_wide_crop_is_the_programs_crop(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pixels = cv2.GaussianBlur(random.integers(0, 256, (200, 240, 3)).astype(np.uint8), (0, 0), 4)
    file = tmp_path / "field.png"
    cv2.imwrite(str(file), pixels[..., ::-1])
    box = Box(100, 80, 30, 30)
    cut = cut_crops([record(file, box)], 60, red_cells=3.0, context=1.6)
    assert cut.pixels.shape == (1, 60 * COVER, 60 * COVER, 3)
    wanted = crop_cell(pixels, box, side=60, size=60)
    assert np.abs(middle(cut.pixels[0], 60).astype(int) - wanted).max() <= 1


def test_cached_crops_come_back_the_same(tmp_path: Path, write_image) -> None:
    records = [record(write_image(tmp_path / f"{n}.png", n), Box(5, 5, 20, 20)) for n in range(3)]
    records.append(record(tmp_path / "missing.png", Box(5, 5, 20, 20)))
    first = cut_crops(records, 16, red_cells=3.0, context=1.6, cache=tmp_path / "cache")
    again = cut_crops(records, 16, red_cells=3.0, context=1.6, cache=tmp_path / "cache")
    assert np.array_equal(first.pixels, again.pixels)
    assert first.records == again.records == tuple(records[:3])


def test_files_that_cannot_be_read_are_counted_aloud(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = cut_crops([record(tmp_path / "missing.png", Box(0, 0, 9, 9))], 16, red_cells=3.0, context=1.6)
    assert cut.records == ()
    assert "left out: 1 (file_not_found)" in capsys.readouterr().err


GIVEN = Box(50, 50, 40, 40)


@pytest.mark.parametrize(
    ("boxes", "wanted"),
    [
        ([Box(0, 0, 10, 10), Box(52, 48, 40, 40)], Box(52, 48, 40, 40)),
        # A small nucleus inside a nominal box is the cell all the same.
        ([Box(0, 0, 10, 10), Box(62, 62, 15, 15)], Box(62, 62, 15, 15)),
        ([Box(0, 0, 10, 10)], None),
        ([], None),
    ],
)
def test_the_located_box_of_a_known_cell(boxes: list[Box], wanted: Box | None) -> None:
    assert located_box(record(Path("x"), GIVEN), found(*boxes), 200, 200) == wanted


@pytest.mark.parametrize(
    ("boxes", "wanted"),
    [
        ([Box(0, 0, 10, 10), Box(90, 90, 30, 30)], Box(90, 90, 30, 30)),
        ([Box(0, 0, 10, 10), Box(5, 5, 30, 30)], Box(0, 0, 10, 10)),
        ([], None),
    ],
)
def test_without_a_box_the_middle_cell_then_the_best(boxes: list[Box], wanted: Box | None) -> None:
    assert located_box(record(Path("x"), None), found(*boxes), 200, 200) == wanted


def test_crops_cut_by_source_are_chosen_by_record(tmp_path: Path, write_image) -> None:
    files = [write_image(tmp_path / f"{n}.png", n) for n in range(4)]
    records = [
        Record(file, Box(5, 5, 20, 20), "x", "ab"[n % 2], str(n), str(n), red_cell=9.0)
        for n, file in enumerate(files)
    ]
    how = {"red_cells": 3.0, "context": 1.6}
    crops = cut_by_source(records, 16, **how, cache=tmp_path / "cache")
    assert [each.source for each in crops.records] == ["a", "a", "b", "b"]
    wanted = [records[3], records[0]]
    some = chosen(crops, wanted)
    assert list(some.records) == wanted
    assert np.array_equal(some.pixels, cut_crops(wanted, 16, **how).pixels)
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_given_boxes_are_taken_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from export_tools.data import crops

    pixels = np.random.default_rng(0).integers(0, 256, (120, 120, 3)).astype(np.uint8)
    file = tmp_path / "field.png"
    cv2.imwrite(str(file), pixels[..., ::-1])
    located = Localisation((LocatedCell(Box(40, 40, 30, 30), 1.0),), 16.0)
    monkeypatch.setattr(crops, "locate_cells", lambda picture: located)
    given = record(file, Box(46, 46, 12, 12), None)
    how = {"red_cells": 2.0, "context": 1.6}
    one = cut_crops([given], 24, **how, given_boxes=True)
    assert np.array_equal(one.pixels[0], crop_cell(pixels, Box(46, 46, 12, 12), side=64, size=48))
    other = cut_crops([given], 24, **how)
    assert np.array_equal(other.pixels[0], crop_cell(pixels, Box(40, 40, 30, 30), side=64, size=48))

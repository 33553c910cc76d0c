"""Labelled pictures taken the program's way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from export_tools.data import product_way
from export_tools.data.product_way import product_crop
from export_tools.data.records import Record
from hematodesk.domain.cells import Localisation, LocatedCell
from hematodesk.domain.geometry import Box
from hematodesk.domain.manifest import CropRule
from hematodesk.imaging.crop import crop_cell
from hematodesk.imaging.read import read_image

CELL = CropRule("cell", 3.0, 1.6)


def record(file: Path) -> Record:
    return Record(file, None, "x", "s", "g", "o")


def test_the_crop_follows_the_measured_red_cells(
    tmp_path: Path, write_image, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_image(tmp_path / "a.png", width=120, height=100)
    box = Box(40, 30, 25, 30)
    monkeypatch.setattr(
        product_way, "locate_cells", lambda pixels: Localisation((LocatedCell(box, 1.0),), 14.0)
    )
    wanted = crop_cell(read_image(file).pixels, box, side=42, size=20)
    assert np.array_equal(product_crop(record(file), CELL, 20), wanted)


def test_no_located_cell_gives_no_crop(tmp_path: Path, write_image, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_image(tmp_path / "a.png")
    monkeypatch.setattr(product_way, "locate_cells", lambda pixels: Localisation((), None))
    assert product_crop(record(file), CELL, 20) is None
    assert product_crop(record(file), CropRule("whole"), 20).shape == (20, 20, 3)


def test_a_file_that_cannot_be_read_gives_no_crop(tmp_path: Path) -> None:
    assert product_crop(record(tmp_path / "missing.png"), CELL, 20) is None


def test_a_given_box_is_cut_with_the_measured_scale(
    tmp_path: Path, write_image, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_image(tmp_path / "a.png", width=120, height=100)
    given = Box(70, 20, 12, 10)
    other = Localisation((LocatedCell(Box(20, 20, 30, 30), 1.0),), 14.0)
    monkeypatch.setattr(product_way, "locate_cells", lambda pixels: other)
    one = Record(file, given, "x", "s", "g", "o")
    wanted = crop_cell(read_image(file).pixels, given, side=42, size=20)
    assert np.array_equal(product_crop(one, CELL, 20, given_box=True), wanted)

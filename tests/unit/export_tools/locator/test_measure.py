"""The locator's measuring and its training pictures, without the real data."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from export_tools.locator.fields import Field, read_fields
from export_tools.locator.measure import Tally, match, measure, odd_pages
from export_tools.locator.pictures import Sampler
from export_tools.locator.targets import STRIDE, encode
from hematodesk.domain.cells import Localisation, LocatedCell
from hematodesk.domain.geometry import Box


def test_matching_is_one_to_one_and_takes_the_best_pairs() -> None:
    true = [Box(0, 0, 10, 10), Box(30, 0, 10, 10)]
    found = [Box(1, 0, 10, 10), Box(0, 0, 10, 10), Box(31, 1, 10, 10), Box(36, 0, 10, 10)]
    assert [pair[:2] for pair in match(found, true)] == [(1, 0), (2, 1)]


def test_measuring_counts_hits_false_and_missed(tmp_path: Path) -> None:
    path = tmp_path / "field.png"
    cv2.imwrite(str(path), np.full((100, 200, 3), 200, np.uint8))
    boxes = np.array([[10, 10, 50, 50], [100, 10, 140, 50]], np.float32)
    field = Field(path, "bccd", "val", boxes, np.zeros(2, np.int64))
    tally = Tally()
    place = Localisation((LocatedCell(Box(11, 10, 40, 40), 0.9), LocatedCell(Box(60, 60, 20, 20), 0.8)), None)
    failures = measure([field], tally, lambda pixels: place)
    assert (tally.hits, tally.false, tally.missed) == (1, 1, 1)
    assert tally.precision == tally.recall == 0.5
    assert [failure.path for failure in failures] == [path]


def test_a_target_tells_the_box_it_was_made_of() -> None:
    boxes = np.array([[40, 24, 104, 72], [150, 100, 178, 130]], np.float32)
    target = encode(boxes, np.array([0, 1]), (160, 192), red_cells_labelled=True)
    for kind, corners in enumerate(boxes):
        row, column = np.unravel_index(int(target[..., kind].argmax()), target.shape[:2])
        assert target[row, column, kind] == pytest.approx(1.0)
        marked, dx, dy, log_w, log_h = target[row, column, 6 + 5 * kind : 11 + 5 * kind]
        assert marked == 1.0
        x, y = (column + 0.5 + dx) * STRIDE, (row + 0.5 + dy) * STRIDE
        w, h = np.exp(log_w) * STRIDE, np.exp(log_h) * STRIDE
        np.testing.assert_allclose([x - w / 2, y - h / 2, x + w / 2, y + h / 2], corners, atol=1e-3)


def test_unlabelled_red_cells_are_not_learned_as_background() -> None:
    empty = np.zeros((0, 4), np.float32)
    target = encode(empty, np.zeros(0, np.int64), (64, 64), red_cells_labelled=False)
    assert target[..., 4].max() == 0.0
    assert target[..., 3].min() == 1.0


def test_fields_of_a_group_with_a_published_test_original_are_held_back(tmp_path: Path) -> None:
    (tmp_path / "bccd" / "images").mkdir(parents=True)
    (tmp_path / "txl").mkdir()
    head = "file,source,split,pbc_class,class,xmin,ymin,xmax,ymax\n"
    (tmp_path / "txl" / "boxes.csv").write_text(head)
    rows = ["original,label,kaggle_split,field_group,cell_group"]
    boxes = ["file,class,xmin,ymin,xmax,ymax"]
    for name, published, group in (("a", "TEST", 1), ("b", "TRAIN", 1), ("c", "TRAIN", 6), ("d", "TRAIN", 7)):
        rows.append(f"{name}.jpg,NEUTROPHIL,{published},{group},{group}")
        boxes.append(f"{name}.jpg,WBC,10,10,40,40")
        cv2.imwrite(str(tmp_path / "bccd" / "images" / f"{name}.jpg"), np.full((96, 128, 3), 210, np.uint8))
    boxes.append("gone.jpg,WBC,1,1,9,9")
    (tmp_path / "bccd" / "labels.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "bccd" / "boxes.csv").write_text("\n".join(boxes) + "\n")
    fields = read_fields(tmp_path)
    assert {field.path.stem: field.split for field in fields} == {
        "a": "test",
        "b": "test",
        "c": "val",
        "d": "train",
    }

    first, second = (Sampler(fields, (80, 96), seed=4).batch(6) for _ in range(2))
    assert first[0].shape == (6, 80, 96, 3)
    assert first[0].min() >= -1.0
    assert first[0].max() <= 1.0
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_odd_pages_are_images() -> None:
    for page in odd_pages().values():
        assert page.dtype == np.uint8
        assert page.shape == (480, 640, 3)

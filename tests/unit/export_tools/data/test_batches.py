"""Batches: classes evenly, sources by weight, targets that match their images."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from export_tools.data.augment import Strength
from export_tools.data.batches import EvenDraw, batches
from export_tools.data.crops import CropSet
from export_tools.data.records import Record


def record(name: str, source: str, index: int) -> Record:
    return Record(Path(f"{index}.png"), None, name, source, str(index), str(index))


TABLE = (
    [record("x", "big", n) for n in range(90)]
    + [record("x", "small", 100)]
    + [record("y", "big", 200 + n) for n in range(9)]
)


def test_classes_come_evenly_and_sources_by_weight() -> None:
    draw = EvenDraw(TABLE, ["x", "y"], {"small": 0.5})
    random = np.random.default_rng(0)
    drawn = Counter(
        (TABLE[index].class_id, TABLE[index].source) for index in (draw.draw(random) for _ in range(6000))
    )
    assert drawn["y", "big"] == pytest.approx(3000, rel=0.06)
    assert drawn["x", "big"] == pytest.approx(2000, rel=0.08)
    assert drawn["x", "small"] == pytest.approx(1000, rel=0.12)


def test_a_class_comes_as_often_as_its_weight_says() -> None:
    draw = EvenDraw(TABLE, ["x", "y"], {}, {"y": 0.25})
    random = np.random.default_rng(0)
    drawn = Counter(TABLE[draw.draw(random)].class_id for _ in range(5000))
    assert drawn["y"] == pytest.approx(1000, rel=0.1)


def test_a_class_without_images_is_refused() -> None:
    with pytest.raises(ValueError, match="class z"):
        EvenDraw(TABLE, ["x", "z"], {})


def crops() -> CropSet:
    records = (record("x", "s", 0), record("y", "s", 1))
    pixels = np.stack([np.full((32, 32, 3), value, np.uint8) for value in (0, 255)])
    return CropSet(pixels, records)


PLAIN = Strength(
    colour=0, grey=0, blur=0, sharpen=0, coarse=0, noise=0, jpeg=0, corner=0, mirror=0, look=0, stain=0
)


@pytest.mark.parametrize("mixup", [0.0, 0.4])
def test_targets_match_images(mixup: float) -> None:
    cut = crops()
    draw = EvenDraw(cut.records, ["x", "y"], {})
    made = list(
        batches(cut, ["x", "y"], draw, size=16, batch=8, count=3, mixup=mixup, strength=PLAIN, seed=1)
    )
    assert len(made) == 3
    for images, targets in made:
        assert images.shape == (8, 16, 16, 3)
        assert targets.sum(axis=1) == pytest.approx(np.ones(8))
        # Black is x, white is y, and a blend of both is a blend of targets.
        assert images[:, 8, 8, 0] == pytest.approx(targets[:, 1] * 2 - 1, abs=1e-5)


def test_leaving_early_stops_the_thread() -> None:
    cut = crops()
    draw = EvenDraw(cut.records, ["x", "y"], {})
    made = batches(cut, ["x", "y"], draw, size=16, batch=2, count=1000, mixup=0, strength=PLAIN, seed=1)
    next(made)
    made.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "augment"]


def test_a_fault_in_the_thread_reaches_the_reader() -> None:
    cut = crops()
    draw = EvenDraw(cut.records, ["x", "y"], {})
    with pytest.raises(KeyError):
        list(batches(cut, ["x"], draw, size=16, batch=4, count=2, mixup=0, strength=PLAIN, seed=1))

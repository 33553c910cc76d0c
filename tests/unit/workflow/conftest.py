"""A classifier that answers by the crop's colour, histories, and small smears to analyse."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from export_tools.phantom import render_field
from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import (
    Cell,
    CellOrigin,
    ImageResult,
    ImageStatus,
    Prediction,
    Provenance,
    now_utc,
)
from hematodesk.domain.errors import Cancelled, ModelError
from hematodesk.domain.geometry import Box
from hematodesk.imaging.read import encode_png
from hematodesk.inference.manifest import CropRule
from hematodesk.storage.history import History

SHA = "ab" * 32


class FakeClassifier:
    """Says monocyte for bright crops and neutrophil for dark ones; remembers what it was given."""

    def __init__(self, rule: str = "cell", sha256: str = SHA) -> None:
        self.package = SimpleNamespace(
            name="fake", version="1.0.0", sha256=sha256, class_ids=("monocyte", "neutrophil"), shipped=True
        )
        self.input_size = 32
        self.crop_rule = CropRule("cell", red_cells=3.0, context=1.6) if rule == "cell" else CropRule("whole")
        self.requested, self.active, self.fallback_reason = "auto", "cpu", ""
        self.crops_a_run = 1
        self.crops: list[np.ndarray] = []
        self.threads: set[str] = set()
        self.sparing: list[bool] = []
        self.fault: ModelError | None = None
        self.before: Callable[[], None] = lambda: None

    def classify(
        self, crops: Sequence[np.ndarray], cancel: CancelToken | None = None, *, sparing: bool = False
    ) -> list[Prediction]:
        self.before()
        self.sparing.append(sparing)
        self.threads.add(threading.current_thread().name)
        if cancel is not None and cancel.cancelled:
            raise Cancelled
        if self.fault is not None:
            raise self.fault
        self.crops.extend(crops)
        return [self._predict(crop) for crop in crops]

    def _predict(self, crop: np.ndarray) -> Prediction:
        bright = float(crop.mean()) / 255
        ranked = sorted((("monocyte", bright), ("neutrophil", 1 - bright)), key=lambda each: -each[1])
        made = Provenance("fake", "1.0.0", self.package.sha256, "auto", "cpu", 1.0, now_utc())
        return Prediction(tuple(ranked), None, made)


@pytest.fixture
def classifier() -> FakeClassifier:
    return FakeClassifier()


@pytest.fixture
def whole_classifier() -> FakeClassifier:
    return FakeClassifier("whole")


@pytest.fixture(scope="session")
def smear_png() -> bytes:
    """A drawn field, 320 x 240, with one neutrophil."""
    return encode_png(render_field(3, width=320, height=240, classes=("neutrophil",)).pixels)


@pytest.fixture(scope="session")
def blank_png() -> bytes:
    """An even background, 320 x 240: no cell."""
    return encode_png(np.full((240, 320, 3), 225, np.uint8))


@pytest.fixture
def images(tmp_path: Path, smear_png: bytes, blank_png: bytes) -> dict[str, Path]:
    """Files by what they hold: a smear, a blank field, a broken file, and one that is not there."""
    folder = tmp_path / "images"
    folder.mkdir()
    paths = {name: folder / f"{name}.png" for name in ("smear", "blank", "broken", "missing")}
    paths["smear"].write_bytes(smear_png)
    paths["blank"].write_bytes(blank_png)
    paths["broken"].write_bytes(smear_png[: len(smear_png) // 2])
    return paths


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History.open(tmp_path / "history.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def made_result() -> Callable[..., ImageResult]:
    """Makes a result with one cell, for tests that need no image."""

    def make(
        name: str = "smear.png", class_id: str = "neutrophil", digest: str = "cd" * 32, sha256: str = SHA
    ) -> ImageResult:
        provenance = Provenance("fake", "1.0.0", sha256, "auto", "cpu", 1.0, now_utc())
        prediction = Prediction(((class_id, 0.75), ("basophil", 0.25)), None, provenance)
        cell = Cell(Box(10, 10, 50, 60), CellOrigin.LOCATED, 0.9, prediction)
        return ImageResult(name, f"/x/{name}", digest, 320, 240, ImageStatus.OK, (cell,))

    return make

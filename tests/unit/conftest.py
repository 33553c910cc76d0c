"""A small real package, and a classifier without one, for tests that go through more than one room."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from hematodesk.bootstrap import build
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
from hematodesk.domain.manifest import CropRule
from hematodesk.domain.packages import ModelPackage
from hematodesk.imaging.reader import LocalReader
from hematodesk.inference.provider import open_bytes
from hematodesk.workflow.analysis.analyser import Analyser
from hematodesk.workflow.services import Services

_CLASSES = ("eosinophil", "lymphocyte", "monocyte", "neutrophil")


@pytest.fixture(scope="session")
def package_bytes() -> Callable[..., bytes]:
    """Makes the file of a package that answers `favourite` for every crop, with about 91 %."""

    def make(name: str = "tiny", version: str = "1.0.0", favourite: str = "neutrophil") -> bytes:
        manifest = {
            "schema": 1,
            "name": name,
            "version": version,
            "licence": "MIT",
            "intended_use": "Tests",
            "date": "2026-11-21",
            "classes": [{"id": each, "display": each.capitalize()} for each in _CLASSES],
            "input": {
                "name": "image",
                "width": 32,
                "height": 32,
                "layout": "nhwc",
                "colour": "rgb",
                "scale": 0.00392156862745098,
                "offset": [0.0, 0.0, 0.0],
                "crop": {"rule": "cell", "red_cells": 3.0, "context": 1.6},
            },
            "outputs": {"scores": "logits", "kind": "logits", "activation_map": None, "embedding": None},
            "calibration": {"temperature": 1.0},
            "abstention": {"min_confidence": 0.5, "familiarity": None},
            "provenance": {
                "data": ["none"],
                "split": "none",
                "base_weights": "none",
                "commit": "0000000",
                "parent_sha256": None,
            },
            "metrics": [],
        }
        bias = np.array([3.5 if each == favourite else 0.0 for each in _CLASSES], np.float32)
        graph = helper.make_graph(
            [
                helper.make_node("ReduceMean", ["image"], ["means"], axes=[1, 2], keepdims=0),
                helper.make_node("Gemm", ["means", "weights", "bias"], ["logits"]),
            ],
            "tiny",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 32, 32, 3])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 4])],
            [
                numpy_helper.from_array(np.full((3, 4), 0.1, np.float32), "weights"),
                numpy_helper.from_array(bias, "bias"),
            ],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        helper.set_model_props(model, {"hematodesk": json.dumps(manifest)})
        return bytes(model.SerializeToString())

    return make


class LocalTrial:
    """Tries models in this process, as far as a test has their bytes."""

    def check(self, package: ModelPackage, data: bytes | None = None, *, again: bool = False) -> None:
        if data is not None:
            open_bytes(data, package)


@pytest.fixture(autouse=True)
def decode_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's services decode in this process: most tests are not about children, which take time."""
    monkeypatch.setattr("hematodesk.bootstrap._open_reader", LocalReader)
    monkeypatch.setattr("hematodesk.bootstrap._open_trial", lambda paths: LocalTrial())


class FakeClassifier:
    """Says monocyte for bright crops and neutrophil for dark ones; remembers what it was given."""

    def __init__(self, rule: str = "cell", sha256: str = "ab" * 32) -> None:
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


@pytest.fixture
def run_services(tmp_path, classifier, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The program's services on a data folder of their own, with the classifier that needs no package."""
    services = build(tmp_path / "data")
    monkeypatch.setattr(services, "loaded_analyser", lambda _cancel: Analyser(classifier))
    yield services
    services.close()


@pytest.fixture
def made_result() -> Callable[..., ImageResult]:
    """Makes a result with one cell, for tests that need no image."""

    def make(
        name: str = "smear.png",
        class_id: str = "neutrophil",
        digest: str = "cd" * 32,
        sha256: str = "ab" * 32,
    ) -> ImageResult:
        provenance = Provenance("fake", "1.0.0", sha256, "auto", "cpu", 1.0, now_utc())
        prediction = Prediction(((class_id, 0.75), ("basophil", 0.25)), None, provenance)
        cell = Cell(Box(10, 10, 50, 60), CellOrigin.LOCATED, 0.9, prediction)
        return ImageResult(name, f"/x/{name}", digest, 320, 240, ImageStatus.OK, (cell,))

    return make

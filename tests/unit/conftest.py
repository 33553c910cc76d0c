"""A real package, small enough to make in a test, for tests that go through more than one room."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from hematodesk.imaging.reader import LocalReader
from hematodesk.inference.package import ModelPackage
from hematodesk.inference.provider import open_bytes

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
    monkeypatch.setattr("hematodesk.bootstrap._open_trial", lambda places: LocalTrial())

"""For all tests: no display, no network."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import socket
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever tries to reach another machine fails the test."""

    def refuse(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX:
            raise AssertionError(f"a test tried to connect to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


class LabKit:
    """A laboratory whose cells differ by colour, and a package that cannot tell them yet."""

    COLOURS: ClassVar[dict[str, tuple[int, int, int]]] = {
        "eosinophil": (200, 60, 60),
        "lymphocyte": (60, 60, 200),
        "neutrophil": (130, 60, 130),
        "basophil": (20, 20, 20),
    }
    CLASSES = ("eosinophil", "lymphocyte", "monocyte", "neutrophil")

    def package(self, *, name: str = "colour", embedding: bool = True) -> bytes:
        """Says neutrophil to everything; its embedding is the mean colour, 0 to 1."""
        import numpy as np
        from onnx import TensorProto, helper, numpy_helper

        outputs: dict[str, list[int | str]] = {"logits": ["N", 4], "cam": ["N", 16, 16, 4]}
        nodes = [
            helper.make_node("ReduceMean", ["image"], ["means"], axes=[1, 2], keepdims=0),
            helper.make_node("MatMul", ["means", "kernel"], ["product"]),
            helper.make_node("Add", ["product", "bias"], ["logits"]),
            helper.make_node("MatMul", ["image", "kernel"], ["cam"]),
        ]
        if embedding:
            nodes.append(helper.make_node("Identity", ["means"], ["embedding"]))
            outputs["embedding"] = ["N", 3]
        bias = np.array([0.0, 0.0, 0.0, 0.4], np.float32)
        graph = helper.make_graph(
            nodes,
            "colour",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 16, 16, 3])],
            [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()],
            [
                numpy_helper.from_array(np.full((3, 4), 0.1, np.float32), "kernel"),
                numpy_helper.from_array(bias, "bias"),
            ],
        )
        manifest: dict[str, Any] = {
            "schema": 1,
            "name": name,
            "version": "1.0.0",
            "licence": "MIT",
            "intended_use": "Tests.",
            "date": "2026-11-21",
            "classes": [{"id": each, "display": each.capitalize()} for each in self.CLASSES],
            "input": {
                "name": "image",
                "width": 16,
                "height": 16,
                "layout": "nhwc",
                "colour": "rgb",
                "scale": 1 / 255,
                "offset": [0.0, 0.0, 0.0],
                "crop": {"rule": "cell", "red_cells": 3.0, "context": 1.0},
            },
            "outputs": {
                "scores": "logits",
                "kind": "logits",
                "activation_map": "cam",
                "embedding": "embedding" if embedding else None,
            },
            "calibration": {"temperature": 1.0},
            "abstention": {"min_confidence": 0.5, "familiarity": None},
            "provenance": {
                "data": ["colours"],
                "split": "none",
                "base_weights": "none",
                "commit": "0000000",
                "parent_sha256": None,
            },
            "metrics": [],
        }
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        helper.set_model_props(model, {"hematodesk": json.dumps(manifest)})
        return bytes(model.SerializeToString())

    def review(
        self, services: Any, folder: Path, counts: dict[str, int], *, per_image: int = 1
    ) -> list[Path]:
        """Images of one colour each with `per_image` cells of its class, saved and reviewed; their files."""
        import numpy as np

        from hematodesk.domain.cells import (
            Cell,
            CellOrigin,
            ImageResult,
            ImageStatus,
            Prediction,
            Provenance,
            Review,
            Verdict,
            now_utc,
        )
        from hematodesk.domain.geometry import Box
        from hematodesk.domain.operators import Operator
        from hematodesk.imaging.read import encode_png

        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(7)
        made = Provenance("colour", "1.0.0", "ab" * 32, "auto", "cpu", 1.0, now_utc())
        files, results = [], []
        for class_id, count in counts.items():
            for number in range(0, count, per_image):
                pixels = np.clip(random.normal(self.COLOURS[class_id], 25, (32, 64, 3)), 0, 255)
                data = encode_png(pixels.astype(np.uint8))
                path = folder / f"{class_id}_{number:03}.png"
                path.write_bytes(data)
                said = Prediction((("neutrophil", 0.9), ("monocyte", 0.1)), None, made)
                verdict = Verdict.AGREED if class_id == "neutrophil" else Verdict.CORRECTED
                review = Review(verdict, class_id, Operator.named("ada"), now_utc())
                cells = tuple(
                    Cell(Box(2 + 20 * place, 4, 16, 16), CellOrigin.LOCATED, 1.0, said, review)
                    for place in range(min(per_image, count - number))
                )
                digest = hashlib.sha256(data).hexdigest()
                results.append(ImageResult(path.name, str(path), digest, 64, 32, ImageStatus.OK, cells))
                files.append(path)
        services.open_history().save_results(services.session_id(), results)
        return files


@pytest.fixture(scope="session")
def lab_kit() -> LabKit:
    """What fills a history with reviewed cells that a model can learn from."""
    return LabKit()


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    """The strategies for histories with any text in them (history_strategies.py)."""
    spec = importlib.util.spec_from_file_location(
        "hematodesk_history_strategies", Path(__file__).with_name("history_strategies.py")
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

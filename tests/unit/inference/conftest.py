"""Small ONNX models with known answers, made with the onnx library."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

SIDE = 16
CLASSES = ("eosinophil", "lymphocyte", "monocyte", "neutrophil")

# Class scores = mean of each channel (as the network gets them) times this, plus the bias.
WEIGHTS = np.array([[3.0, -1.0, 0.5, -2.0], [-1.0, 2.0, -0.5, 1.0], [0.25, -0.5, 4.0, -1.5]], np.float32)
BIAS = np.array([0.1, 0.2, -0.1, 0.3], np.float32)

DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "name": "tiny",
    "version": "1.0.0",
    "licence": "MIT",
    "intended_use": "Tests",
    "date": "2026-11-21",
    "classes": [{"id": each, "display": each.capitalize()} for each in CLASSES],
    "input": {
        "name": "image",
        "width": SIDE,
        "height": SIDE,
        "layout": "nhwc",
        "colour": "rgb",
        "scale": 0.00784313725490196,
        "offset": [-1.0, -1.0, -1.0],
        "crop": {"rule": "cell", "red_cells": 3.0, "context": 1.6},
    },
    "outputs": {"scores": "logits", "kind": "logits", "activation_map": "cam", "embedding": "embedding"},
    "calibration": {"temperature": 1.0},
    "abstention": {"min_confidence": 0.5, "familiarity": None},
    "provenance": {
        "data": ["phantoms"],
        "split": "by source",
        "base_weights": "none",
        "commit": "0000000",
        "parent_sha256": None,
    },
    "metrics": [
        {
            "data": "phantoms",
            "accuracy": 0.9,
            "balanced_accuracy": 0.85,
            "images": 100,
            "source_images": 20,
            "interval": [0.8, 0.95],
        }
    ],
}


def document(**changes: Any) -> dict[str, Any]:
    """A right manifest with fields changed; keys are paths such as input__colour."""
    made = copy.deepcopy(DOCUMENT)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = made
        for parent in parents:
            place = place[parent]
        place[last] = value
    return made


def tiny_model(manifest: dict[str, Any] | None = None, *, batch: int | str = "N") -> onnx.ModelProto:
    """A linear model that follows the manifest given: layout, kind and outputs."""
    manifest = manifest or document()
    outputs, spec = manifest["outputs"], manifest["input"]
    nodes = []
    if spec["layout"] == "nhwc":
        nodes.append(helper.make_node("Transpose", [spec["name"]], ["planes"], perm=[0, 3, 1, 2]))
        shape: list[int | str] = [batch, SIDE, SIDE, 3]
    else:
        nodes.append(helper.make_node("Identity", [spec["name"]], ["planes"]))
        shape = [batch, 3, SIDE, SIDE]
    weights = [numpy_helper.from_array(WEIGHTS, "weights"), numpy_helper.from_array(BIAS, "bias")]
    nodes += [
        helper.make_node("ReduceMean", ["planes"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("Gemm", ["means", "weights", "bias"], ["raw"]),
    ]
    activation = {"logits": "Identity", "probabilities": "Softmax", "sigmoid": "Sigmoid"}[outputs["kind"]]
    nodes.append(helper.make_node(activation, ["raw"], [outputs["scores"]]))
    given = [helper.make_tensor_value_info(outputs["scores"], TensorProto.FLOAT, [batch, len(CLASSES)])]
    if outputs["activation_map"]:
        filters = numpy_helper.from_array(WEIGHTS.T.reshape(4, 3, 1, 1).copy(), "filters")
        weights.append(filters)
        nodes += [
            helper.make_node("Conv", ["planes", "filters"], ["maps"]),
            helper.make_node("Transpose", ["maps"], [outputs["activation_map"]], perm=[0, 2, 3, 1]),
        ]
        given.append(
            helper.make_tensor_value_info(
                outputs["activation_map"], TensorProto.FLOAT, [batch, SIDE, SIDE, len(CLASSES)]
            )
        )
    if outputs["embedding"]:
        nodes.append(helper.make_node("Identity", ["means"], [outputs["embedding"]]))
        given.append(helper.make_tensor_value_info(outputs["embedding"], TensorProto.FLOAT, [batch, 3]))
    familiarity = manifest["abstention"]["familiarity"]
    if familiarity:
        nodes.append(helper.make_node("ReduceMax", ["means"], [familiarity["output"]], axes=[1], keepdims=0))
        given.append(helper.make_tensor_value_info(familiarity["output"], TensorProto.FLOAT, [batch]))
    graph = helper.make_graph(
        nodes, "tiny", [helper.make_tensor_value_info(spec["name"], TensorProto.FLOAT, shape)], given, weights
    )
    return packed(graph, manifest)


def packed(graph: onnx.GraphProto, manifest: dict[str, Any] | None) -> onnx.ModelProto:
    """A model of that graph with that manifest (none when None)."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if manifest is not None:
        helper.set_model_props(model, {"hematodesk": json.dumps(manifest)})
    return model


def slow_model(white: float = 0.99) -> onnx.ModelProto:
    """The tiny model behind a loop that turns 10^9 times for a crop whose mean is over `white`."""
    model = tiny_model()
    graph = model.graph
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["goes"]),
            helper.make_node("Add", ["state", "step"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("goes", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, []),
        ],
    )
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.float32(white), "almost white"),
            numpy_helper.from_array(np.float32(1e11), "many"),
            numpy_helper.from_array(np.array(True), "yes"),
            numpy_helper.from_array(np.float32(0), "start"),
            numpy_helper.from_array(np.float32(1e-30), "step"),
            numpy_helper.from_array(np.float32(0), "nothing"),
        ]
    )
    graph.node[0].input[0] = "late"
    for place, node in enumerate(
        [
            helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
            helper.make_node("Sub", ["mean", "almost white"], ["over"]),
            helper.make_node("Relu", ["over"], ["white"]),
            helper.make_node("Mul", ["white", "many"], ["times"]),
            helper.make_node("Cast", ["times"], ["turns"], to=TensorProto.INT64),
            helper.make_node("Loop", ["turns", "yes", "start"], ["end"], body=body),
            helper.make_node("Mul", ["end", "nothing"], ["zero"]),
            helper.make_node("Add", ["image", "zero"], ["late"]),
        ]
    ):
        graph.node.insert(place, node)
    return model


def hungry_model(white: float = 0.99) -> onnx.ModelProto:
    """The tiny model, which asks for 8 GB and more for a crop whose mean is over `white`."""
    model = tiny_model()
    graph = model.graph
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.float32(white), "almost white"),
            numpy_helper.from_array(np.float32(1e12), "many"),
            numpy_helper.from_array(np.array([1], np.int64), "one"),
            numpy_helper.from_array(np.array(0.0, np.float32), "nothing"),
        ]
    )
    graph.node[0].input[0] = "late"
    for place, node in enumerate(
        [
            helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
            helper.make_node("Sub", ["mean", "almost white"], ["over"]),
            helper.make_node("Relu", ["over"], ["white"]),
            helper.make_node("Mul", ["white", "many"], ["times"]),
            helper.make_node("Cast", ["times"], ["size"], to=TensorProto.INT64),
            helper.make_node("Reshape", ["size", "one"], ["shape"]),
            helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
            helper.make_node("ReduceSum", ["huge"], ["sum"], keepdims=0),
            helper.make_node("Mul", ["sum", "nothing"], ["zero"]),
            helper.make_node("Add", ["image", "zero"], ["late"]),
        ]
    ):
        graph.node.insert(place, node)
    return model


def no_tensor_model(kind: str) -> onnx.ModelProto:
    """The tiny model whose scores are a sequence or an optional, though the manifest knows tensors alone."""
    model = tiny_model()
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    if kind == "sequence":
        node = helper.make_node("SequenceConstruct", ["raw"], ["logits"])
        made = helper.make_sequence_type_proto(tensor)
    else:
        node = helper.make_node("Optional", ["raw"], ["logits"])
        made = helper.make_optional_type_proto(tensor)
        model.opset_import[0].version = 15
    place = next(i for i, each in enumerate(model.graph.node) if each.output[0] == "logits")
    model.graph.node.remove(model.graph.node[place])
    model.graph.node.insert(place, node)
    model.graph.output.remove(model.graph.output[0])
    model.graph.output.insert(0, helper.make_value_info("logits", made))
    return model


def expected_logits(tensor: np.ndarray, layout: str = "nhwc") -> np.ndarray:
    """What the tiny model answers, (N, 4), computed with numpy."""
    means = tensor.mean(axis=(1, 2) if layout == "nhwc" else (2, 3))
    return means @ WEIGHTS + BIAS


def crop(*colour: int) -> np.ndarray:
    """A crop of one colour."""
    return np.full((SIDE, SIDE, 3), colour, np.uint8)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Writes a model (the tiny one unless given) into a file and returns its path."""

    def write(model: onnx.ModelProto | bytes | None = None, name: str = "tiny.onnx") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(model, bytes):
            model = (model or tiny_model()).SerializeToString()
        path.write_bytes(model)
        return path

    return write


@pytest.fixture(scope="session")
def tiny_bytes() -> bytes:
    """The tiny model's file."""
    return tiny_model().SerializeToString()


class Kit:
    """The helpers above, for tests to use through the fixture of that name."""

    SIDE, CLASSES, WEIGHTS, BIAS = SIDE, CLASSES, WEIGHTS, BIAS
    document = staticmethod(document)
    tiny_model = staticmethod(tiny_model)
    packed = staticmethod(packed)
    slow_model = staticmethod(slow_model)
    hungry_model = staticmethod(hungry_model)
    no_tensor_model = staticmethod(no_tensor_model)
    expected_logits = staticmethod(expected_logits)
    crop = staticmethod(crop)


@pytest.fixture(scope="session")
def kit() -> Kit:
    """What makes models and their answers."""
    return Kit()

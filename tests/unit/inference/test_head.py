"""A package's last layer is found in the file and replaced, whatever way the file writes it down."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hematodesk.domain.errors import ModelError
from hematodesk.domain.linear_head import LinearHead
from hematodesk.domain.manifest import Manifest, ModelClass
from hematodesk.inference.contract import known_tensor
from hematodesk.inference.head import check_written, read_head, write_head
from hematodesk.inference.manifest_json import parse_manifest
from hematodesk.inference.package import parse_package, read_model_bytes
from hematodesk.inference.provider import open_bytes

DEPTH, DIRECTIONS, SIDE = 3, 2, 16
FAMILIARITY = {"output": "familiarity", "max": 2.0}


def keras_like(kit: Any, *, half: bool = False, dequantised: bool = False, softmaxed: bool = False) -> bytes:
    """A package as the converter writes them: MatMul, Add, a map by MatMul, familiarity by centres."""
    random = np.random.default_rng(5)
    values = {
        "kernel": kit.WEIGHTS,
        "offset": kit.BIAS,
        "cam_weight": kit.WEIGHTS,
        "projection": random.normal(0, 1, (DEPTH, DIRECTIONS)).astype(np.float32),
        "centres": random.normal(0, 1, (1, 4, DIRECTIONS)).astype(np.float32),
    }
    nodes, tensors = [], [numpy_helper.from_array(np.array([1], np.int64), "middle")]
    for name, value in values.items():
        if half:
            tensors.append(numpy_helper.from_array(value.astype(np.float16), f"{name}_half"))
            nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
        elif dequantised and name in ("kernel", "cam_weight"):
            scale = (np.abs(value).max(axis=0) / 127).astype(np.float32)
            tensors += [
                numpy_helper.from_array(np.round(value / scale).astype(np.int8), f"{name}_q"),
                numpy_helper.from_array(scale, f"{name}_scale"),
                numpy_helper.from_array(np.zeros(4, np.int8), f"{name}_zero"),
            ]
            parts = [f"{name}_q", f"{name}_scale", f"{name}_zero"]
            nodes.append(helper.make_node("DequantizeLinear", parts, [name], axis=1))
        else:
            tensors.append(numpy_helper.from_array(value, name))
    nodes += [
        helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("GlobalAveragePool", ["planes"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "kernel"], ["product"]),
        helper.make_node("Add", ["product", "offset"], ["sum"]),
        helper.make_node("Softmax" if softmaxed else "Identity", ["sum"], ["logits"]),
        helper.make_node("Identity", ["flat"], ["embedding"]),
        helper.make_node("Transpose", ["planes"], ["features"], perm=[0, 2, 3, 1]),
        helper.make_node("MatMul", ["features", "cam_weight"], ["cam"]),
        helper.make_node("MatMul", ["embedding", "projection"], ["white"]),
        helper.make_node("Unsqueeze", ["white", "middle"], ["rows"]),
        helper.make_node("Sub", ["rows", "centres"], ["apart"]),
        helper.make_node("Mul", ["apart", "apart"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["each"], axes=[2], keepdims=0),
        helper.make_node("ReduceMin", ["each"], ["familiarity"], axes=[1], keepdims=0),
    ]
    shapes: dict[str, list[int | str]] = {
        "logits": ["N", 4],
        "cam": ["N", SIDE, SIDE, 4],
        "embedding": ["N", DEPTH],
        "familiarity": ["N"],
    }
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", SIDE, SIDE, 3])
    graph = helper.make_graph(nodes, "like", [image], outputs, tensors)
    # Inner shapes that would be wrong for another number of classes.
    graph.value_info.append(helper.make_tensor_value_info("product", TensorProto.FLOAT, ["N", 4]))
    kind = "probabilities" if softmaxed else "logits"
    return bytes(
        kit.packed(
            graph, kit.document(abstention__familiarity=FAMILIARITY, outputs__kind=kind)
        ).SerializeToString()
    )


def adapted(manifest: Manifest, more: int = 0) -> Manifest:
    extra = (ModelClass("basophil", "Basophil"),) * more
    return replace(
        manifest,
        name="tiny-lab",
        classes=manifest.classes + extra,
        outputs=replace(manifest.outputs, kind="logits"),
    )


def moved(head: LinearHead, more: int = 0) -> LinearHead:
    random = np.random.default_rng(1)
    wider = head.with_classes(more)
    return LinearHead(wider.weights + random.normal(0, 1, wider.weights.shape), wider.bias + 0.5)


WAYS: dict[str, Callable[[Any], bytes]] = {
    "gemm and convolution": lambda kit: bytes(kit.tiny_model().SerializeToString()),
    "as converted": keras_like,
    "half-precision weights": lambda kit: keras_like(kit, half=True),
    "eight-bit weights": lambda kit: keras_like(kit, dequantised=True),
    "softmax inside": lambda kit: keras_like(kit, softmaxed=True),
}


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("way", WAYS)
def test_the_head_is_read_and_replaced(kit: Any, way: str, more: int) -> None:
    data = WAYS[way](kit)
    package = parse_package(data, Path("tiny.onnx"))
    found = read_head(data, package.manifest, package.name)
    assert found.head.weights == pytest.approx(kit.WEIGHTS, abs=0.02)
    assert found.head.bias == pytest.approx(kit.BIAS, abs=1e-3)
    assert found.has_map
    head = moved(found.head, more)
    centres = found.centres
    if centres is not None:
        centres = centres.with_centres(np.array([[1.0, 2, 3], [3, 2, 1]]), np.array([0, 0]))
    written = write_head(data, package.manifest, head, centres, adapted(package.manifest, more))
    onnx.checker.check_model(onnx.load_from_string(written))
    new = check_written(written, Path("tiny-lab.onnx"), head)
    session = open_bytes(written, new)
    tensor = known_tensor(new.manifest.input)
    logits, maps, embedding = session.run(["logits", "cam", "embedding"], {"image": tensor})
    assert logits == pytest.approx(head.logits(embedding), abs=1e-4)
    assert maps.shape == (1, SIDE, SIDE, 4 + more)
    assert maps.mean(axis=(1, 2)) + head.bias == pytest.approx(logits, abs=1e-3)
    if centres is not None:
        (strange,) = session.run(["familiarity"], {"image": tensor})
        assert strange == pytest.approx(centres.strangeness(embedding.astype(np.float64)), rel=1e-3)


def test_what_is_not_the_head_stays_byte_for_byte(kit: Any) -> None:
    data = keras_like(kit)
    manifest = parse_package(data, Path("tiny.onnx")).manifest
    head = moved(read_head(data, manifest, "tiny").head)
    model = onnx.load_from_string(write_head(data, manifest, head, None, adapted(manifest)))
    before = onnx.load_from_string(data)
    kept = {each.name: each for each in model.graph.initializer}
    assert kept["projection"] == next(e for e in before.graph.initializer if e.name == "projection")
    assert "kernel" not in kept and "offset" not in kept and "cam_weight" not in kept
    assert [each.op_type for each in model.graph.node].count("GlobalAveragePool") == 1
    assert model.ir_version == before.ir_version and model.opset_import == before.opset_import
    assert len(model.metadata_props) == 1
    assert parse_manifest(json.loads(model.metadata_props[0].value)).name == "tiny-lab"


def test_a_map_that_is_not_the_heads_own_is_left_out(kit: Any) -> None:
    model = onnx.load_from_string(keras_like(kit))
    for each in model.graph.initializer:
        if each.name == "cam_weight":
            each.CopyFrom(numpy_helper.from_array(kit.WEIGHTS[::-1].copy(), "cam_weight"))
    data = model.SerializeToString()
    manifest = parse_package(data, Path("tiny.onnx")).manifest
    found = read_head(data, manifest, "tiny")
    assert not found.has_map
    plain = replace(adapted(manifest), outputs=replace(manifest.outputs, activation_map=None))
    written = write_head(data, manifest, moved(found.head), None, plain)
    package = check_written(written, Path("tiny-lab.onnx"), moved(found.head))
    assert package.manifest.outputs.activation_map is None


def test_a_package_without_embedding_is_refused_in_words(kit: Any) -> None:
    document = kit.document(outputs__embedding=None)
    data = kit.tiny_model(document).SerializeToString()
    with pytest.raises(ModelError, match="gives no embedding") as refused:
        read_head(data, parse_manifest(document), "tiny")
    assert refused.value.code == "head_missing" and "convert" in refused.value.remedy


@pytest.mark.parametrize("operation", ["Relu", "Tanh"])
def test_a_last_layer_that_is_not_linear_is_refused(kit: Any, operation: str) -> None:
    model = onnx.load_from_string(keras_like(kit))
    next(each for each in model.graph.node if each.output[0] == "logits").op_type = operation
    data = model.SerializeToString()
    with pytest.raises(ModelError) as refused:
        read_head(data, parse_package(data, Path("tiny.onnx")).manifest, "tiny")
    assert refused.value.code == "head_unknown"


def test_a_head_on_something_else_than_the_embedding_is_refused(kit: Any) -> None:
    model = onnx.load_from_string(keras_like(kit))
    for place, each in enumerate(model.graph.node):
        if each.output[0] == "product":
            each.input[0] = "bent"
            model.graph.node.insert(place, helper.make_node("Relu", ["flat"], ["bent"]))
            break
    data = model.SerializeToString()
    with pytest.raises(ModelError) as refused:
        read_head(data, parse_package(data, Path("tiny.onnx")).manifest, "tiny")
    assert refused.value.code == "head_unknown"


def test_a_file_that_answers_otherwise_than_numpy_is_refused(kit: Any) -> None:
    data = keras_like(kit)
    manifest = parse_package(data, Path("tiny.onnx")).manifest
    head = moved(read_head(data, manifest, "tiny").head)
    written = write_head(data, manifest, head, None, adapted(manifest))
    other = LinearHead(head.weights, head.bias + np.array([0, 0, 0, 0.1]))
    with pytest.raises(ModelError) as refused:
        check_written(written, Path("tiny-lab.onnx"), other)
    assert refused.value.code == "head_unknown"


def test_the_shipped_package_can_be_adapted() -> None:
    folder = Path(__file__).parents[3] / "models"
    path = next(iter(sorted(folder.glob("wbc4-*.onnx"))))
    data = read_model_bytes(path)
    package = parse_package(data, path)
    found = read_head(data, package.manifest, package.name)
    assert found.has_map and found.centres is not None
    head = moved(found.head, 1)
    head = LinearHead(found.head.with_classes(1).weights * 0.9, head.bias)
    manifest = adapted(package.manifest, 1)
    written = write_head(data, package.manifest, head, found.centres, manifest)
    assert check_written(written, Path("x.onnx"), head).class_ids[-1] == "basophil"

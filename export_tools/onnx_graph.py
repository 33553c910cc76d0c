"""Looks into a converted graph's head and gives it the outputs of a model package.

Working on the ONNX graph, not on Keras layers, serves nested Sequential and functional models
of every Keras alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUT = "image"
LOGITS = "logits"
SCORES = "scores"
CAM = "cam"
EMBEDDING = "embedding"
FAMILIARITY = "familiarity"

_CHANNELS_LAST = [0, 2, 3, 1]
_SAME = frozenset({"Identity", "Cast", "Dropout"})
_PASSING = frozenset({"Identity", "Squeeze", "Reshape", "Flatten", "Cast", "Dropout"})


@dataclass(frozen=True)
class Head:
    """What stands at a graph's end.

    Attributes:
        kind: `logits` (bare, or stripped of their softmax), `probabilities` or `sigmoid`.
        stripped: whether a final softmax was taken off, so that the scores are its logits.
        scores: tensor name of the scores.
        embedding: tensor name (N, D) that the last dense layer reads, or None.
        features: tensor name of the feature map whose mean over the positions is the
            embedding, or which is the embedding once flattened; None when the head is neither
            pooled nor flattened and linear.
        channels_first: whether `features` is (N, D, h, w); else (N, h, w, D).
        weight: (D, K) kernel of the last dense layer, or None; (h * w * D, K) when flattened.
        flattened: (h, w, D) of the features that a flattened head reads; None for a pooled one.
    """

    kind: str
    stripped: bool
    scores: str
    embedding: str | None
    features: str | None
    channels_first: bool
    weight: npt.NDArray[np.float32] | None
    flattened: tuple[int, int, int] | None = None


class _Graph:
    """Lookups by tensor name."""

    def __init__(self, graph: Any) -> None:
        self.made_by = {name: node for node in graph.node for name in node.output}
        self.constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                for attribute in node.attribute:
                    if attribute.name == "value":
                        self.constants[node.output[0]] = numpy_helper.to_array(attribute.t)

    def skip(self, name: str, kinds: frozenset[str]) -> str:
        """Walk back over nodes of these kinds."""
        while name in self.made_by and self.made_by[name].op_type in kinds:
            name = self.made_by[name].input[0]
        return name

    def node(self, name: str) -> Any | None:
        return self.made_by.get(name)


def find_head(model: onnx.ModelProto) -> Head:
    """Walk back from the single output over softmax, bias, kernel and pooling or flattening."""
    graph = _Graph(model.graph)
    head = _find_head(model, graph)
    if head.features is not None or head.embedding is None or head.weight is None:
        return head
    found = _flattened_from(model, graph, head.embedding, head.weight.shape[0])
    return replace(head, features=found[0], flattened=found[1]) if found is not None else head


def _find_head(model: onnx.ModelProto, graph: _Graph) -> Head:
    output = model.graph.output[0].name
    name = graph.skip(output, frozenset({"Identity"}))
    last = graph.node(name)
    kind, stripped = "logits", False
    if last is not None and last.op_type == "Softmax":
        name, stripped = last.input[0], True
    elif last is not None and last.op_type == "Sigmoid":
        return Head("sigmoid", False, output, *_embedding(graph, last.input[0]))
    scores = name if stripped else output
    return Head(kind, stripped, scores, *_embedding(graph, name))


def _embedding(
    graph: _Graph, name: str
) -> tuple[str | None, str | None, bool, npt.NDArray[np.float32] | None]:
    """(embedding, features, channels_first, weight) behind the last dense layer's output."""
    node = graph.node(graph.skip(name, frozenset({"Identity"})))
    if node is not None and node.op_type == "Add":
        inner = [each for each in node.input if each not in graph.constants]
        node = graph.node(inner[0]) if len(inner) == 1 else None
    if node is None or node.op_type not in ("MatMul", "Gemm") or node.input[1] not in graph.constants:
        return None, None, False, None
    weight = graph.constants[node.input[1]]
    for attribute in node.attribute:
        if attribute.name == "transB" and attribute.i:
            weight = weight.T
    if weight.ndim != 2:
        return None, None, False, None
    embedding = node.input[0]
    features, channels_first = _pooled_from(graph, embedding)
    return embedding, features, channels_first, np.asarray(weight, dtype=np.float32)


def _pooled_from(graph: _Graph, embedding: str) -> tuple[str | None, bool]:
    node = graph.node(graph.skip(embedding, _PASSING))
    if node is None:
        return None, False
    if node.op_type == "GlobalAveragePool":
        return node.input[0], True
    if node.op_type != "ReduceMean":
        return None, False
    axes: list[int] = []
    for attribute in node.attribute:
        if attribute.name == "axes":
            axes = list(attribute.ints)
    if not axes and len(node.input) > 1 and node.input[1] in graph.constants:
        axes = [int(each) for each in graph.constants[node.input[1]]]
    axes = sorted(axis % 4 for axis in axes)
    if axes == [2, 3]:
        return node.input[0], True
    if axes == [1, 2]:
        return node.input[0], False
    return None, False


def _flattened_from(
    model: onnx.ModelProto, graph: _Graph, embedding: str, length: int
) -> tuple[str, tuple[int, int, int]] | None:
    """(features, (h, w, D)) when the embedding is a channels-last feature map, flattened.

    Only behind a transposition to channels last is the order of the values known for sure.
    """
    node = graph.node(graph.skip(embedding, _SAME))
    if node is None or node.op_type not in ("Reshape", "Flatten"):
        return None
    features = graph.skip(node.input[0], _SAME)
    made_by = graph.node(features)
    if made_by is None or made_by.op_type != "Transpose":
        return None
    if not any(each.name == "perm" and list(each.ints) == _CHANNELS_LAST for each in made_by.attribute):
        return None
    for info in onnx.shape_inference.infer_shapes(model).graph.value_info:
        if info.name == features:
            shape = [each.dim_value for each in info.type.tensor_type.shape.dim]
            if len(shape) == 4 and shape[1] * shape[2] * shape[3] == length:
                return features, (shape[1], shape[2], shape[3])
    return None


def give_outputs(model: onnx.ModelProto, head: Head) -> dict[str, str | None]:
    """Rename the input to `image` and expose scores, activation map and embedding.

    The activation map is the feature map times the kernel of the last dense layer: its mean
    over the positions plus the bias is the logit exactly (Zhou et al. 2016, "Learning Deep
    Features for Discriminative Localization"). For a flattened head it is what each position adds
    to the logit, times the number of positions, so that the same holds.

    Returns the manifest's names: `scores`, `activation_map`, `embedding` (None where the head
    has none). Changes the model in place.
    """
    graph = model.graph
    _rename_input(graph)
    scores = LOGITS if head.kind == "logits" else SCORES
    classes = graph.output[0].type.tensor_type.shape.dim[1].dim_value
    outputs = []
    graph.node.append(helper.make_node("Identity", [head.scores], [scores], name="give_scores"))
    outputs.append(helper.make_tensor_value_info(scores, TensorProto.FLOAT, ["batch", classes]))
    embedding, cam = None, None
    if head.embedding is not None and head.weight is not None:
        embedding = EMBEDDING
        graph.node.append(helper.make_node("Identity", [head.embedding], [EMBEDDING], name="give_embedding"))
        outputs.append(
            helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["batch", head.weight.shape[0]])
        )
    if head.features is not None and head.weight is not None and head.kind == "logits":
        cam = CAM
        _add_map(graph, head.features, head)
        outputs.append(
            helper.make_tensor_value_info(
                CAM, TensorProto.FLOAT, ["batch", "map_height", "map_width", head.weight.shape[1]]
            )
        )
    del graph.output[:]
    graph.output.extend(outputs)
    _drop_unused(graph)
    return {"scores": scores, "activation_map": cam, "embedding": embedding}


def _add_map(graph: Any, features: str, head: Head) -> None:
    """Add the nodes that make the activation map, (N, h, w, K), of the features."""
    weight = head.weight
    assert weight is not None
    if head.flattened is not None:
        height, width, depth = head.flattened
        positions = height * width
        kernels = weight.reshape(positions, depth, -1) * np.float32(positions)
        for name, shape in (
            ("cam_rows", [-1, positions, 1, depth]),
            ("cam_shape", [-1, height, width, weight.shape[1]]),
        ):
            graph.initializer.append(numpy_helper.from_array(np.array(shape, dtype=np.int64), name))
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(kernels), "cam_weight"))
        graph.node.extend(
            [
                helper.make_node("Reshape", [features, "cam_rows"], ["cam_each"], name="cam_positions"),
                helper.make_node("MatMul", ["cam_each", "cam_weight"], ["cam_parts"], name="cam_product"),
                helper.make_node("Reshape", ["cam_parts", "cam_shape"], [CAM], name="give_cam"),
            ]
        )
        return
    if head.channels_first:
        graph.node.append(
            helper.make_node(
                "Transpose", [features], ["cam_features"], name="cam_transpose", perm=_CHANNELS_LAST
            )
        )
        features = "cam_features"
    graph.initializer.append(numpy_helper.from_array(weight.copy(), "cam_weight"))
    graph.node.append(helper.make_node("MatMul", [features, "cam_weight"], [CAM], name="give_cam"))


def _drop_unused(graph: Any) -> None:
    """Remove nodes and constants that no output needs, such as a softmax taken off."""
    wanted = {each.name for each in graph.output}
    kept = []
    for node in reversed(graph.node):
        if any(name in wanted for name in node.output):
            kept.append(node)
            wanted.update(node.input)
    kept.reverse()
    constants = [each for each in graph.initializer if each.name in wanted]
    del graph.node[:]
    graph.node.extend(kept)
    del graph.initializer[:]
    graph.initializer.extend(constants)


def _rename_input(graph: Any) -> None:
    old = graph.input[0].name
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name == old:
                node.input[index] = INPUT
    graph.input[0].name = INPUT


def add_familiarity(model: onnx.ModelProto, statistics: Path) -> str:
    """Add the output `familiarity` (N,): how far an embedding lies from all of training's classes.

    The squared distance to the nearest class centre after whitening, divided by the number of
    directions kept (Lee et al. 2018, "A Simple Unified Framework for Detecting
    Out-of-Distribution Samples", with the covariance shared by the classes).

    Args:
        statistics: .npz with `projection` (D, R), which whitens, and `centres` (K, R), the
            class means after it.
    """
    with np.load(statistics) as archive:
        projection = archive["projection"].astype(np.float32)
        centres = archive["centres"].astype(np.float32)
    graph = model.graph
    for name, value in (
        ("familiarity_projection", projection),
        ("familiarity_centres", centres[None]),
        ("familiarity_middle", np.array([1], dtype=np.int64)),
    ):
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
    graph.node.extend(
        [
            helper.make_node("MatMul", [EMBEDDING, "familiarity_projection"], ["familiarity_white"]),
            helper.make_node("Unsqueeze", ["familiarity_white", "familiarity_middle"], ["familiarity_rows"]),
            helper.make_node("Sub", ["familiarity_rows", "familiarity_centres"], ["familiarity_apart"]),
            helper.make_node("Mul", ["familiarity_apart", "familiarity_apart"], ["familiarity_squares"]),
            helper.make_node(
                "ReduceMean", ["familiarity_squares"], ["familiarity_each"], axes=[2], keepdims=0
            ),
            helper.make_node("ReduceMin", ["familiarity_each"], [FAMILIARITY], axes=[1], keepdims=0),
        ]
    )
    graph.output.append(helper.make_tensor_value_info(FAMILIARITY, TensorProto.FLOAT, ["batch"]))
    return FAMILIARITY

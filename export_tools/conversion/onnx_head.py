"""Finds the head of a converted graph: activation, dense layers, pooling or flattening.

Working on the ONNX graph, not on Keras layers, covers nested Sequential and functional models
of every Keras version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

CHANNELS_LAST = [0, 2, 3, 1]
_SAME = frozenset({"Identity", "Cast", "Dropout"})
_PASSING = frozenset({"Identity", "Squeeze", "Reshape", "Flatten", "Cast", "Dropout"})
# What may stand between the dense layers of a head: activations, and normalisation by constants.
_BETWEEN = _PASSING | {
    "Add", "Sub", "Mul", "Div", "Relu", "LeakyRelu", "PRelu", "Clip", "Elu", "Selu", "Sigmoid", "Tanh",
    "Softplus", "Softsign", "HardSigmoid", "Max", "Min", "BatchNormalization", "Unsqueeze", "Gelu", "Erf",
    "Where", "Exp", "HardSwish",
}  # fmt: skip
_ELEMENTWISE = _SAME | {
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Clip",
    "Elu",
    "Sigmoid",
    "Tanh",
    "HardSwish",
    "Add",
    "Mul",
}
_CHANNELS_FIRST = frozenset({"Conv", "MaxPool", "AveragePool", "BatchNormalization"})

Pooling = Literal["average", "max", "flattened", "unknown"]


@dataclass(frozen=True)
class Head:
    """The head of a graph.

    Attributes:
        kind: `logits` (bare, or with the final activation removed), `probabilities` or
            `sigmoid` (one column a class, each by itself).
        stripped: what is removed at the end, so that the scores are logits: `softmax` or its logarithm,
            or the `sigmoid` of a single column.
        single: whether there is one column z for two classes, whose logits are then -z/2 and z/2.
        scores: tensor name of the scores (of z).
        embedding: tensor name (N, D) that the last dense layer reads, or None.
        features: tensor name of the feature map whose mean over the positions is the
            embedding, or which is the embedding once flattened; None when the head is neither
            pooled nor flattened and linear.
        channels_first: whether `features` is (N, D, h, w); else (N, h, w, D).
        weight: (D, K) kernel of the last dense layer, or None; (h * w * D, K) when flattened, its rows in
            the order of the features' axes.
        flattened: (h, w, D) of the features that a flattened head reads; None for a pooled one.
        pooling: how the feature map becomes a vector, however many dense layers follow.
        dense: number of dense layers behind it.
    """

    kind: Literal["logits", "probabilities", "sigmoid"]
    stripped: Literal["", "softmax", "log softmax", "sigmoid"]
    single: bool
    scores: str
    embedding: str | None
    features: str | None
    channels_first: bool
    weight: npt.NDArray[np.float32] | None
    flattened: tuple[int, int, int] | None = None
    pooling: Pooling = "unknown"
    dense: int = 0


class _Graph:
    """Lookups by tensor name."""

    def __init__(self, model: onnx.ModelProto) -> None:
        graph = model.graph
        self.made_by = {name: node for node in graph.node for name in node.output}
        self.constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                for attribute in node.attribute:
                    if attribute.name == "value":
                        self.constants[node.output[0]] = numpy_helper.to_array(attribute.t)
        inferred = onnx.shape_inference.infer_shapes(model).graph
        self.shapes = {
            info.name: [each.dim_value for each in info.type.tensor_type.shape.dim]
            for info in (*inferred.value_info, *inferred.input, *inferred.output)
        }

    def skip(self, name: str, kinds: frozenset[str]) -> str:
        """Walk back over nodes of these kinds."""
        while name in self.made_by and self.made_by[name].op_type in kinds:
            name = self.made_by[name].input[0]
        return name

    def node(self, name: str) -> Any | None:
        return self.made_by.get(name)

    def constant(self, name: str) -> npt.NDArray[Any] | None:
        """A constant's value, also behind casts, transpositions and dequantisation; None for no constant."""
        if name in self.constants:
            return self.constants[name]
        node = self.made_by.get(name)
        if node is None or node.op_type not in ("Identity", "Cast", "Transpose", "DequantizeLinear"):
            return None
        parts = [self.constant(each) for each in node.input]
        value = parts[0]
        if value is None or any(each is None for each in parts):
            return None
        settings = {each.name: each for each in node.attribute}
        if node.op_type == "Transpose":
            return value.transpose(list(settings["perm"].ints) if "perm" in settings else None)
        if node.op_type == "DequantizeLinear":
            scale, zero = (np.asarray(each, dtype=np.float32) for each in (*parts[1:], 0)[:2])
            if scale.ndim == 1 and scale.size > 1:
                shape = [1] * value.ndim
                shape[settings["axis"].i if "axis" in settings else 1] = scale.size
                scale, zero = scale.reshape(shape), zero.reshape(shape) if zero.size > 1 else zero
            return (value.astype(np.float32) - zero) * scale
        return value

    def inner(self, node: Any) -> str | None:
        """The one input that is no constant; None when there are several different ones."""
        names = {each for each in node.input if each and each not in self.constants}
        return names.pop() if len(names) == 1 else None


def find_head(model: onnx.ModelProto) -> Head:
    """Walk back from the single output over softmax, bias, kernel and pooling or flattening."""
    graph = _Graph(model)
    head = _find_head(model, graph)
    if head.features is None and head.embedding is not None and head.weight is not None:
        found = _flattened_from(graph, head.embedding, head.weight.shape[0])
        if found is not None:
            features, flattened, channels_first = found
            head = replace(head, features=features, flattened=flattened, channels_first=channels_first)
    if head.weight is None:
        head = _without_dense(graph, head)
    pooling, dense = _below(graph, head.scores)
    if head.features is not None:
        pooling = "flattened" if head.flattened is not None else "average"
    return replace(head, pooling=pooling, dense=dense)


def _find_head(model: onnx.ModelProto, graph: _Graph) -> Head:
    output = model.graph.output[0].name
    single = graph.shapes.get(output, [0, 0])[-1] == 1
    name = graph.skip(output, frozenset({"Identity"}))
    last = graph.node(name)
    if last is not None and last.op_type == "Softmax":
        return Head("logits", "softmax", False, last.input[0], *_embedding(graph, last.input[0]))
    if last is not None and last.op_type == "LogSoftmax":
        return Head("logits", "log softmax", False, last.input[0], *_embedding(graph, last.input[0]))
    if last is not None and last.op_type == "Sigmoid":
        behind = _embedding(graph, last.input[0])
        if single:
            return Head("logits", "sigmoid", True, last.input[0], *behind)
        return Head("sigmoid", "", False, output, *behind)
    return Head("logits", "", single, output, *_embedding(graph, name))


def _without_dense(graph: _Graph, head: Head) -> Head:
    """A head whose scores are the means of a map with one channel a class, as SqueezeNet has it."""
    features, channels_first = _pooled_from(graph, head.scores)
    shape = graph.shapes.get(features or "", [])
    classes = shape[1 if channels_first else 3] if len(shape) == 4 else 0
    if classes < 2 or head.single:
        return head
    return replace(
        head, features=features, channels_first=channels_first, weight=np.eye(classes, dtype=np.float32)
    )


def _below(graph: _Graph, name: str) -> tuple[Pooling, int]:
    """(pooling, number of dense layers) on the way back from the scores to the feature map."""
    dense = 0
    last = graph.node(graph.skip(name, frozenset({"Identity"})))
    if last is not None and last.op_type == "Sigmoid":
        name = last.input[0]
    for _ in range(200):
        node = graph.node(name)
        if node is None:
            return "unknown", dense
        if _pooled_from(graph, name)[0] is not None:
            return "average", dense
        if node.op_type in ("GlobalMaxPool", "ReduceMax"):
            return "max", dense
        if node.op_type in ("MatMul", "Gemm"):
            dense += 1
        elif node.op_type in ("Reshape", "Flatten"):
            shape = graph.shapes.get(node.input[0], [])
            if len(shape) == 4 and shape[1] * shape[2] > 1 and shape[2] * shape[3] > 1:
                return "flattened", dense
        elif node.op_type not in _BETWEEN:
            return "unknown", dense
        inner = graph.inner(node) or _same_source(graph, node)
        if inner is None:
            return "unknown", dense
        name = inner
    return "unknown", dense


def _same_source(graph: _Graph, node: Any) -> str | None:
    """For activations written out, x * sigmoid(x): the x that all inputs come from."""
    names = [each for each in node.input if each and each not in graph.constants]
    back = {graph.skip(each, frozenset({"Sigmoid", "Tanh", "Clip", "Add", "Mul", "Div"})) for each in names}
    return names[0] if len(back) == 1 else None


def _embedding(
    graph: _Graph, name: str
) -> tuple[str | None, str | None, bool, npt.NDArray[np.float32] | None]:
    """(embedding, features, channels_first, weight) behind the last dense layer's output."""
    node = graph.node(graph.skip(name, frozenset({"Identity"})))
    if node is not None and node.op_type == "Add":
        inner = graph.inner(node)
        node = graph.node(inner) if inner is not None else None
    if node is None or node.op_type not in ("MatMul", "Gemm"):
        return None, None, False, None
    weight = graph.constant(node.input[1])
    if weight is None:
        return None, None, False, None
    for attribute in node.attribute:
        if attribute.name == "transA" and attribute.i:
            return None, None, False, None
        if attribute.name == "transB" and attribute.i:
            weight = weight.T
        if attribute.name == "alpha":
            weight = weight * np.float32(attribute.f)
    if weight.ndim != 2 or len(graph.shapes.get(node.input[0], [0, 0])) != 2:
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
    if node.op_type == "AveragePool":
        # AveragePooling2D((7, 7)) before Flatten is global pooling where the map is 7 x 7.
        shape = graph.shapes.get(node.input[0], [])
        kernel = next((list(each.ints) for each in node.attribute if each.name == "kernel_shape"), [])
        return (node.input[0], True) if len(shape) == 4 and kernel == shape[2:] else (None, False)
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
    graph: _Graph, embedding: str, length: int
) -> tuple[str, tuple[int, int, int], bool] | None:
    """(features, (h, w, D), channels first) when the embedding is a feature map, flattened.

    The order of the values is known behind a transposition to channels last, and behind operations that are
    channels first by definition.
    """
    node = graph.node(graph.skip(embedding, _SAME))
    if node is None or node.op_type not in ("Reshape", "Flatten"):
        return None
    features = graph.skip(node.input[0], _SAME)
    made_by = graph.node(features)
    shape = graph.shapes.get(features, [])
    if made_by is None or len(shape) != 4 or shape[1] * shape[2] * shape[3] != length:
        return None
    if made_by.op_type == "Transpose":
        moved = any(each.name == "perm" and list(each.ints) == CHANNELS_LAST for each in made_by.attribute)
        return (features, (shape[1], shape[2], shape[3]), False) if moved else None
    below: Any | None = made_by
    while below is not None and below.op_type in _ELEMENTWISE:
        below = graph.node(below.input[0])
    if below is None or below.op_type not in _CHANNELS_FIRST:
        return None
    return features, (shape[2], shape[3], shape[1]), True

"""Finds a package's last linear layer in its file, and writes a copy of the file with another one.

The file itself is not changed: the new one is returned as bytes, and loaded, run and compared with
numpy before it is used.

ModelError codes: head_missing (no embedding), head_unknown (its last layer is not linear on it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hematodesk.domain.errors import ModelError
from hematodesk.domain.linear_head import LinearHead
from hematodesk.domain.manifest import MANIFEST_KEY, Manifest
from hematodesk.domain.messages import N_
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference import onnx_graph
from hematodesk.inference.confined import Confinement
from hematodesk.inference.contract import known_tensor
from hematodesk.inference.manifest_json import manifest_to_json
from hematodesk.inference.onnx_graph import FLOAT, Graph, Node
from hematodesk.inference.package import parse_package
from hematodesk.inference.runtime import RUNTIME_FAULTS, as_float32

Values = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_SAME = ("Identity", "Cast", "Dropout", "QuantizeLinear", "DequantizeLinear")
_RESHAPING = ("Unsqueeze", "Squeeze", "Reshape", "Flatten", "Expand", *_SAME)
_ALIKE = 0.02
"""Share of the largest weight by which the map's copy of the head may differ: one of them may be rounded."""

_TOLERANCE = 2e-3
"""Share of the largest logit by which 32-bit sums in another order may differ from numpy's."""


@dataclass(frozen=True, slots=True, eq=False)
class Centres:
    """The reference of the output `familiarity`: the distance of embeddings times `projection` (D, R) to the
    nearest of `centres` (C, R)."""

    projection: Floats
    centres: Floats

    def strangeness(self, embeddings: Floats) -> Floats:
        """Mean square over the directions to the nearest centre, (N,)."""
        white = embeddings @ self.projection
        nearest = np.full(len(white), np.inf)
        for centre in self.centres:
            nearest = np.minimum(nearest, ((white - centre) ** 2).mean(axis=1))
        return nearest

    def with_centres(self, embeddings: Floats, truth: npt.NDArray[np.int64]) -> Centres:
        """A copy with the mean of each class of these embeddings as an additional centre."""
        means = [embeddings[truth == each].mean(axis=0) for each in np.unique(truth)]
        return Centres(self.projection, np.concatenate([self.centres, np.stack(means) @ self.projection]))


@dataclass(frozen=True, slots=True, eq=False)
class PackageHead:
    """A package's last layer as read from its file.

    Attributes:
        head: weights (D, K) and bias (K,).
        centres: see Centres; None when the package has none, or of an unknown form.
        has_map: whether the activation map is the head's own, so that it can follow a new head.
    """

    head: LinearHead
    centres: Centres | None
    has_map: bool


def read_head(data: bytes, manifest: Manifest, name: str) -> PackageHead:
    """The last layer of a model file. Raises ModelError `head_missing` or `head_unknown`."""
    if manifest.outputs.embedding is None:
        raise ModelError(
            "head_missing",
            N_("Errors", "The model {name} gives no embedding, on which a new head could stand."),
            N_("Errors", "Choose another model, or convert it again with `python -m export_tools convert`."),
            name=name,
        )
    found = _find(onnx_graph.read_graph(data), manifest, name)
    return PackageHead(found.head, found.centres, bool(found.map_chain))


def write_head(
    data: bytes,
    manifest: Manifest,
    head: LinearHead,
    centres: Centres | None,
    adapted: Manifest,
) -> bytes:
    """The model file with another head and manifest; the part up to the embedding is unchanged.

    The activation map follows the head where it was the head's own; else the new file has none, and
    `adapted` must not name it. Nothing is written to the disk.

    Args:
        manifest: the file's own.
        head: D must be the file's; K that of `adapted`.
        centres: to replace the file's own; None leaves them.
        adapted: the new manifest, whose scores are `logits`.

    Raises ModelError: head_unknown, and manifest_invalid.
    """
    graph = onnx_graph.read_graph(data)
    found = _find(graph, manifest, manifest.name)
    classes = head.bias.size
    for name, values in (("adapted_weights", head.weights), ("adapted_bias", head.bias)):
        graph.tensors[name] = onnx_graph.tensor(name, values)
    scores = manifest.outputs.scores
    graph.replace_maker(
        scores,
        [
            onnx_graph.node("Cast", [found.embedding], ["adapted_embedding"], {"to": _to_float()}),
            onnx_graph.node("MatMul", ["adapted_embedding", "adapted_weights"], ["adapted_product"]),
            onnx_graph.node("Add", ["adapted_product", "adapted_bias"], [scores]),
        ],
    )
    graph.outputs[scores] = onnx_graph.resized_output(scores, graph.outputs[scores], classes)
    shown = manifest.outputs.activation_map
    if shown is not None:
        if adapted.outputs.activation_map is not None:
            _rewrite_map(graph, found.map_chain, shown, head)
            graph.outputs[shown] = onnx_graph.resized_output(shown, graph.outputs[shown], classes)
        else:
            del graph.outputs[shown]
    if centres is not None and found.centres_of is not None:
        node, place = found.centres_of
        graph.tensors["adapted_centres"] = onnx_graph.tensor("adapted_centres", centres.centres[None])
        inputs = list(node.inputs)
        inputs[place] = "adapted_centres"
        graph.replace_maker(node.outputs[0], [onnx_graph.with_inputs(node, inputs)])
    graph.drop_unused()
    return onnx_graph.write_model(data, graph, MANIFEST_KEY, manifest_to_json(adapted))


def check_written(data: bytes, path: Path, head: LinearHead, inputs: Sequence[Values] = ()) -> ModelPackage:
    """Load a rewritten file, run it, and compare its scores with numpy's on its own embedding.

    It runs in a confined child: its parent may be anybody's model.

    Args:
        path: the file's future name.
        head: the expected head.
        inputs: tensors to run; a known one is always run.

    Raises ModelError: those of `parse_package` and `Confinement.open_bytes`, and head_unknown when the
    answers differ.
    """
    package = parse_package(data, path)
    session = Confinement().open_bytes(data, package)
    outputs, name = package.manifest.outputs, package.manifest.input.name
    wanted = [outputs.scores, outputs.embedding or ""]
    if outputs.activation_map is not None:
        wanted.append(outputs.activation_map)
    for tensor in (known_tensor(package.manifest.input), *inputs):
        try:
            scores, embedding, *maps = (as_float32(each) for each in session.run(wanted, {name: tensor}))
        except RUNTIME_FAULTS:
            raise _unknown(package.name) from None
        right = head.logits(embedding.astype(np.float64))
        limit = _TOLERANCE * max(1.0, float(np.abs(right).max()))
        apart = float(np.abs(scores - right).max())
        for each in maps:
            apart = max(apart, float(np.abs(each.mean(axis=(1, 2)) + head.bias - right).max()))
        if not apart <= limit:
            raise _unknown(package.name)
    return package


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    head: LinearHead
    embedding: str
    map_chain: tuple[Node, ...]
    centres: Centres | None
    centres_of: tuple[Node, int] | None


def _unknown(name: str) -> ModelError:
    return ModelError(
        "head_unknown",
        N_(
            "Errors",
            "The last layer of {name} is not a linear one on its embedding, so it cannot be fitted anew "
            "here.",
        ),
        N_("Errors", "Choose another model, such as one that came with the program."),
        name=name,
    )


def _find(graph: Graph, manifest: Manifest, name: str) -> _Found:
    outputs = manifest.outputs
    parts = _linear(graph, outputs.scores)
    if parts is None or outputs.embedding is None:
        raise _unknown(name)
    weights, bias, source = parts
    embedding = _root(graph, source)
    if embedding != _root(graph, outputs.embedding):
        raise _unknown(name)
    classes = len(manifest.classes)
    if weights.shape[1] == 1 and classes == 2:
        # One score for two classes is the logit of the second against the first.
        weights = np.concatenate([-weights / 2, weights / 2], axis=1)
        bias = np.concatenate([-bias / 2, bias / 2])
    if weights.shape[1] != classes or bias.shape != (classes,):
        raise _unknown(name)
    head = LinearHead(weights, bias)
    chain: tuple[Node, ...] = ()
    if outputs.activation_map is not None:
        chain = _map_chain(graph, outputs.activation_map, weights)
    centres, centres_of = None, None
    if manifest.abstention.familiarity is not None:
        centres, centres_of = _centres(graph, manifest.abstention.familiarity.output, embedding)
    return _Found(head, embedding, chain, centres, centres_of)


def _root(graph: Graph, name: str) -> str:
    """The value behind nodes that only pass it on."""
    node = graph.maker(name)
    while node is not None and node.operation in _SAME:
        name = node.inputs[0]
        node = graph.maker(name)
    return name


def _linear(graph: Graph, scores: str) -> tuple[Floats, Floats, str] | None:
    """(weights (D, K), bias (K,), what they are applied to) behind the scores; None for another layer."""
    node = graph.maker(_root(graph, scores))
    if node is not None and node.operation in ("Softmax", "Sigmoid"):
        node = graph.maker(_root(graph, node.inputs[0]))
    bias: Floats | None = None
    if node is not None and node.operation == "Add":
        sides = [(graph.constant(one), other) for one, other in (node.inputs, node.inputs[::-1])]
        constant = next(((value, other) for value, other in sides if value is not None), None)
        if constant is None:
            return None
        bias, node = constant[0].reshape(-1), graph.maker(_root(graph, constant[1]))
    if node is None or node.operation not in ("MatMul", "Gemm"):
        return None
    weights = graph.constant(node.inputs[1])
    if weights is None or weights.ndim != 2:
        return None
    if node.operation == "Gemm":
        plain = node.share("alpha", 1.0) == 1.0 and node.share("beta", 1.0) == 1.0
        if not plain or node.whole("transA", 0):
            return None
        if node.whole("transB", 0):
            weights = weights.T
        if len(node.inputs) > 2 and node.inputs[2]:
            own = graph.constant(node.inputs[2])
            if own is None:
                return None
            bias = own.reshape(-1) if bias is None else bias + own.reshape(-1)
    columns = weights.shape[1]
    if bias is None:
        bias = np.zeros(columns)
    elif bias.size == 1:
        bias = np.repeat(bias, columns)
    return weights, bias, node.inputs[0]


def _map_chain(graph: Graph, shown: str, weights: Floats) -> tuple[Node, ...]:
    """The nodes from the head applied at each position to the map, in order; none for other maps."""
    chain: list[Node] = []
    name = shown
    while True:
        name = _root(graph, name)
        node = graph.maker(name)
        if node is None:
            return ()
        chain.insert(0, node)
        if node.operation != "Transpose":
            break
        name = node.inputs[0]
    kernel = graph.constant(node.inputs[1]) if len(node.inputs) == 2 else None
    if kernel is None:
        return ()
    if node.operation == "Conv" and kernel.shape[2:] == (1, 1):
        kernel = kernel[:, :, 0, 0].T
    elif node.operation != "MatMul":
        return ()
    limit = _ALIKE * max(float(np.abs(weights).max()), 1e-9)
    alike = kernel.shape == weights.shape and float(np.abs(kernel - weights).max()) <= limit
    return tuple(chain) if alike else ()


def _rewrite_map(graph: Graph, chain: Sequence[Node], shown: str, head: LinearHead) -> None:
    """Rebuild the map from the same nodes with the new head's weights."""
    first = chain[0]
    features = _root(graph, first.inputs[0])
    name = "adapted_weights"
    if first.operation == "Conv":
        name = "adapted_filters"
        graph.tensors[name] = onnx_graph.tensor(name, head.weights.T[:, :, None, None])
    new = [onnx_graph.node("Cast", [features], ["adapted_features"], {"to": _to_float()})]
    value = "adapted_features"
    for place, node in enumerate(chain):
        given = shown if place == len(chain) - 1 else f"adapted_map_{place}"
        inputs = [value, name] if place == 0 else [value]
        new.append(onnx_graph.with_outputs(onnx_graph.with_inputs(node, inputs), [given]))
        value = given
    graph.replace_maker(shown, new)


def _centres(
    graph: Graph, familiarity: str, embedding: str
) -> tuple[Centres | None, tuple[Node, int] | None]:
    """The centres of the familiarity output and their place in the graph."""
    node = graph.maker(_root(graph, familiarity))
    while node is not None and node.operation in ("ReduceMin", "ReduceMean", "Mul", "Pow", *_RESHAPING):
        node = graph.maker(node.inputs[0])
    if node is None or node.operation != "Sub":
        return None, None
    for place in (0, 1):
        centres = graph.constant(node.inputs[place])
        if centres is None or centres.ndim != 3 or centres.shape[0] != 1:
            continue
        white = graph.maker(node.inputs[1 - place])
        while white is not None and white.operation in _RESHAPING:
            white = graph.maker(white.inputs[0])
        if white is None or white.operation != "MatMul" or _root(graph, white.inputs[0]) != embedding:
            continue
        projection = graph.constant(white.inputs[1])
        if projection is not None and projection.shape[1:] == centres.shape[2:]:
            return Centres(projection, centres[0]), (node, place)
    return None, None


def _to_float() -> bytes:
    return onnx_graph.whole_attribute("to", FLOAT)

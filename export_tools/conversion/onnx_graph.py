"""Gives a converted graph the outputs of a model package: scores, activation map, embedding, familiarity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from export_tools.conversion.onnx_head import CHANNELS_LAST, Head
from export_tools.conversion.onnx_names import reads, rename
from hematodesk.domain.manifest import MANIFEST_KEY

INPUT = "image"
LOGITS = "logits"
SCORES = "scores"
CAM = "cam"
EMBEDDING = "embedding"
FAMILIARITY = "familiarity"
RESERVED = frozenset({INPUT, LOGITS, SCORES, CAM, EMBEDDING, FAMILIARITY, "pair", "pair_halves"})
"""Names that a package's graph has from here; so are those that begin with `cam_` and `familiarity_`."""


def give_outputs(model: onnx.ModelProto, head: Head) -> dict[str, str | None]:
    """Rename the input to `image` and expose scores, activation map and embedding.

    The activation map is the feature map times the kernel of the last dense layer: its mean
    over the positions plus the bias is the logit exactly (Zhou et al. 2016, "Learning Deep
    Features for Discriminative Localization"). For a flattened head it is what each position adds
    to the logit, times the number of positions, so that the same holds.

    Returns the manifest's names: `scores`, `activation_map`, `embedding` (None where the head
    has none). Changes the model in place. With a sigmoid for each class the map is that of the
    logits before it.
    """
    graph = model.graph
    given = graph.input[0].name
    rename(graph, {given: INPUT})
    if head.features == given:
        # The smallest networks pool the image itself.
        head = replace(head, features=INPUT)
    if _has_other_floats(graph):
        head = _as_floats(graph, head)
    scores = LOGITS if head.kind == "logits" else SCORES
    classes = graph.output[0].type.tensor_type.shape.dim[1].dim_value
    outputs = []
    if head.single:
        classes = 2
        head = _as_pair(graph, head)
    graph.node.append(helper.make_node("Identity", [head.scores], [scores], name="give_scores"))
    outputs.append(helper.make_tensor_value_info(scores, TensorProto.FLOAT, ["batch", classes]))
    embedding, cam = None, None
    if head.embedding is not None and head.weight is not None:
        embedding = EMBEDDING
        graph.node.append(helper.make_node("Identity", [head.embedding], [EMBEDDING], name="give_embedding"))
        outputs.append(
            helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["batch", head.weight.shape[0]])
        )
    if head.features is not None and head.weight is not None and head.kind != "probabilities":
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


def _has_other_floats(graph: Any) -> bool:
    """Whether it computes with half or double precision somewhere."""
    others = (TensorProto.FLOAT16, TensorProto.DOUBLE)
    if any(each.data_type in others for each in graph.initializer):
        return True
    attributes = (each for node in graph.node for each in node.attribute)
    return any(each.t.data_type in others or (each.name == "to" and each.i in others) for each in attributes)


def _as_floats(graph: Any, head: Head) -> Head:
    """The head's values as 32-bit floats, which the outputs of a package are."""
    values = [name for name in (head.scores, head.embedding, head.features) if name is not None]
    made = {name: f"{name}_as_floats" for name in values}
    graph.node.extend(
        helper.make_node("Cast", [name], [cast], name=f"cast_{cast}", to=TensorProto.FLOAT)
        for name, cast in made.items()
    )
    return replace(
        head,
        scores=made[head.scores],
        embedding=head.embedding and made[head.embedding],
        features=head.features and made[head.features],
    )


def _as_pair(graph: Any, head: Head) -> Head:
    """The one score z of two classes as two logits, -z/2 and z/2: their softmax is (1 - p, p)."""
    halves = np.array([[-0.5, 0.5]], dtype=np.float32)
    graph.initializer.append(numpy_helper.from_array(halves, "pair_halves"))
    graph.node.append(helper.make_node("MatMul", [head.scores, "pair_halves"], ["pair"], name="make_pair"))
    weight = None if head.weight is None else head.weight @ halves
    return replace(head, scores="pair", weight=weight)


def _add_map(graph: Any, features: str, head: Head) -> None:
    """Add the nodes that make the activation map, (N, h, w, K), of the features."""
    weight = head.weight
    assert weight is not None
    if head.channels_first:
        graph.node.append(
            helper.make_node(
                "Transpose", [features], ["cam_features"], name="cam_transpose", perm=CHANNELS_LAST
            )
        )
        features = "cam_features"
    if head.flattened is not None:
        height, width, depth = head.flattened
        if head.channels_first:
            # The rows of the kernel are in the order of the flattened map: depth, height, width.
            weight = weight.reshape(depth, height * width, -1).transpose(1, 0, 2)
        positions = height * width
        kernels = weight.reshape(positions, depth, -1) * np.float32(positions)
        for name, shape in (
            ("cam_rows", [-1, positions, 1, depth]),
            ("cam_shape", [-1, height, width, weight.shape[-1]]),
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
    graph.initializer.append(numpy_helper.from_array(weight.copy(), "cam_weight"))
    graph.node.append(helper.make_node("MatMul", [features, "cam_weight"], [CAM], name="give_cam"))


def _drop_unused(graph: Any) -> None:
    """Remove nodes and constants that no output needs, such as a softmax taken off."""
    wanted = {each.name for each in graph.output}
    kept = []
    for node in reversed(graph.node):
        if any(name in wanted for name in node.output):
            kept.append(node)
            wanted.update(reads(node))
    kept.reverse()
    constants = [each for each in graph.initializer if each.name in wanted]
    del graph.node[:]
    graph.node.extend(kept)
    del graph.initializer[:]
    graph.initializer.extend(constants)


def add_familiarity(model: onnx.ModelProto, statistics: Path) -> str:
    """Add the output `familiarity` (N,): how far an embedding lies from all of training's classes.

    The squared distance to the nearest class centre after whitening, divided by the number of
    directions kept (Lee et al. 2018, "A Simple Unified Framework for Detecting
    Out-of-Distribution Samples", with the covariance shared by the classes).

    Args:
        statistics: .npz with `projection` (D, R), which whitens, and `centres` (K, R), the class
            means after it.
    """
    with np.load(statistics) as archive:
        known = {name: np.asarray(archive[name], dtype=np.float32) for name in archive.files}
    graph = model.graph
    _constant(graph, "familiarity_projection", known["projection"])
    _constant(graph, "familiarity_centres", known["centres"][None])
    graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "familiarity_middle"))
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


def with_familiarity(
    data: bytes, projection: npt.NDArray[Any], centres: npt.NDArray[Any], manifest: str
) -> bytes:
    """A package's file with another measure of familiarity and another manifest; all else stays.

    Args:
        projection: (D, R), and centres: (K, R); see `add_familiarity`.
        manifest: the manifest's JSON.

    Raises ValueError for a file whose familiarity is not of this form.
    """
    model = onnx.load_model_from_string(data)
    stored = {each.name: each for each in model.graph.initializer}
    widened = {
        node.output[0]: node.input[0]
        for node in model.graph.node
        if node.op_type == "Cast" and node.input[0] in stored
    }
    new = {"familiarity_projection": projection, "familiarity_centres": centres[None]}
    for name, values in new.items():
        # Packages with weights of 16 bits widen them where they are used.
        place = stored.get(widened.get(name, name))
        if place is None:
            raise ValueError("the package does not measure familiarity by distances to centres")
        kind = helper.tensor_dtype_to_np_dtype(place.data_type)
        place.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, kind), place.name))
    for entry in model.metadata_props:
        if entry.key == MANIFEST_KEY:
            entry.value = manifest
    return bytes(model.SerializeToString())


def _constant(graph: Any, name: str, value: npt.NDArray[np.float32]) -> None:
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name))

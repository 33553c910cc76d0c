"""Reads ONNX files from elsewhere: nothing outside their folder, nothing larger than a model may be."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from export_tools.conversion.foreign import foreign
from export_tools.conversion.onnx_names import graphs_of
from hematodesk.domain.errors import ModelError
from hematodesk.domain.limits import MAX_MODEL_BYTES
from hematodesk.domain.manifest import MANIFEST_KEY
from hematodesk.inference.onnx_file import DamagedFile, OnnxFacts, read_onnx_facts
from hematodesk.inference.onnx_task import other_task, other_task_error
from hematodesk.inference.package import read_model_bytes

OLDEST_OPSET = 7
"""ONNX Runtime promises nothing for older ones."""

_WRITE_AGAIN = "Write it again with opset_version=17."
_RUNTIMES_OWN = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"})
_INTEGER = frozenset(
    {"QLinearConv", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear", "QLinearMatMul"}
)


def is_onnx(path: Path) -> bool:
    """Whether a file's content is an ONNX model. Raises ModelError where it cannot be read."""
    if path.is_dir():
        return False
    try:
        read_onnx_facts(read_model_bytes(path))
    except DamagedFile:
        return False
    return True


def read_onnx(path: Path) -> tuple[Any, OnnxFacts]:
    """(ModelProto with all of its weights inside, what it says of itself).

    Raises ModelError: `model_foreign` for a network with another task, `external_data` when its weights lie
    where they may not, `layer_custom` for operations that are not ONNX's own, `model_unsupported`.
    """
    import onnx
    from onnx.inliner import inline_local_functions

    data = read_model_bytes(path)
    facts = read_onnx_facts(data)
    notes = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in facts.metadata
    }
    if MANIFEST_KEY in notes:
        raise ModelError(
            "model_unsupported", f"{path.name} is a model package already.", "Import it as it is."
        )
    task = other_task(facts.shapes, facts.operations, notes)
    if task is not None:
        raise other_task_error(path.name, task)
    with foreign("model_unreadable", f"{path.name} is no whole ONNX model", "Copy or export it again."):
        model = onnx.load_model_from_string(data)
    _check_opset(model, path)
    _take_in_weights(model, path)
    if model.functions:
        with foreign("model_unsupported", f"The functions in {path.name} cannot be resolved"):
            model = inline_local_functions(model)
    _check_operations(model, path)
    return model, facts


def notes_on(facts: OnnxFacts) -> tuple[str, ...]:
    """Sentences for the summary."""
    if facts.operations & _INTEGER or "DequantizeLinear" in facts.operations:
        return (
            "its weights are quantised: it is compared with itself, not with the full network, whose answers "
            "may be others",
        )
    return ()


def opset_of(model: Any) -> int:
    """The version of ONNX's own operations that a model is made of."""
    versions = [int(each.version) for each in model.opset_import if each.domain in ("", "ai.onnx")]
    return max(versions, default=1)


def _check_opset(model: Any, path: Path) -> None:
    import onnx

    newest = onnx.defs.onnx_opset_version()
    for each in model.opset_import:
        if each.domain in ("", "ai.onnx") and not OLDEST_OPSET <= each.version <= newest:
            old = each.version < OLDEST_OPSET
            raise ModelError(
                "model_unsupported",
                f"{path.name} is of ONNX opset {each.version}, which is too {'old' if old else 'new'}: "
                f"{OLDEST_OPSET} to {newest} are read here.",
                _WRITE_AGAIN,
            )


def _check_operations(model: Any, path: Path) -> None:
    import onnx

    for graph in graphs_of(model.graph):
        for node in graph.node:
            known = node.domain in _RUNTIMES_OWN
            if node.domain in ("", "ai.onnx"):
                known = onnx.defs.has(node.op_type, opset_of(model), "")
            if not known:
                named = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
                raise ModelError(
                    "layer_custom",
                    f"In {path.name} the operation {named} (node {node.name!r}) is not one of ONNX's own; "
                    "what it does is not in the file.",
                    "Write the model without it; the program cannot load other libraries' operations.",
                )
            _check_mode(node, path)


def _check_mode(node: Any, path: Path) -> None:
    training = node.op_type == "BatchNormalization" and any(
        each.name == "training_mode" and each.i for each in node.attribute
    )
    if training or node.op_type.startswith(("RandomNormal", "RandomUniform", "Multinomial", "Bernoulli")):
        raise ModelError(
            "model_unsupported",
            f"{path.name} was written in training mode: node {node.name!r} of type {node.op_type} answers "
            "otherwise each time.",
            "Call model.eval() before torch.onnx.export.",
        )


def _take_in_weights(model: Any, path: Path) -> None:
    """Replace references to other files by their content.

    Only plain files in the model's own folder are read, and no more in all than a model may have.
    """
    from onnx import TensorProto

    left = MAX_MODEL_BYTES
    for tensor in _tensors(model):
        if tensor.data_location != TensorProto.EXTERNAL and not tensor.external_data:
            continue
        told = {each.key: each.value for each in tensor.external_data}
        content = _outside(path, told, left)
        left -= len(content)
        tensor.raw_data = content
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]


def _outside(path: Path, told: dict[str, str], most: int) -> bytes:
    """The bytes that a tensor names. Raises ModelError `external_data`."""
    location = told.get("location", "")
    folder = path.resolve().parent
    file = folder / location
    try:
        inside = bool(location) and file.resolve(strict=True).is_relative_to(folder)
        if not inside or not stat.S_ISREG(file.stat().st_mode):
            raise _refused(path, f"names weights in {location[:80]!r}, which is no file in its own folder")
        start, size = int(told.get("offset") or 0), file.stat().st_size
        length = int(told["length"]) if told.get("length") else size - start
        if start < 0 or length < 0 or start + length > size:
            raise _refused(path, f"names weights beyond the end of {file.name}")
        if length > most:
            raise _refused(path, f"has weights of more than {MAX_MODEL_BYTES // 2**20} MB")
        with file.open("rb") as stream:
            stream.seek(start)
            content = stream.read(length)
    except FileNotFoundError:
        raise ModelError(
            "external_data",
            f"{path.name} keeps its weights in {location[:80]!r}, which is not beside it.",
            "Put both files into one folder.",
        ) from None
    except (OSError, ValueError) as fault:
        raise _refused(path, "names weights that cannot be read") from fault
    if len(content) != length:
        raise _refused(path, f"names weights beyond the end of {file.name}")
    return content


def _refused(path: Path, what: str) -> ModelError:
    return ModelError(
        "external_data",
        f"{path.name} {what}.",
        "Save the model as one file: onnx.save(onnx.load('FILE'), 'whole.onnx').",
    )


def _tensors(model: Any) -> Iterator[Any]:
    for graph in graphs_of(model.graph):
        yield from _of_nodes(graph.node)
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for function in model.functions:
        yield from _of_nodes(function.node)
        for node in function.node:
            for attribute in node.attribute:
                for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                    for graph in graphs_of(inner):
                        yield from graph.initializer
                        yield from _of_nodes(graph.node)


def _of_nodes(nodes: Any) -> Iterator[Any]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors

"""Bare ONNX models, as PyTorch, fastai, tf2onnx and others write them, for the converter.

The graph is brought to what a package has: one float input, one output of scores (N, K). What plain ONNX
Runtime answers to the file as it was is what the package has to answer.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from export_tools.conversion.foreign import foreign, reason
from export_tools.conversion.loaded_model import LoadedModel, Wanted, input_size
from export_tools.conversion.onnx_files import notes_on, opset_of, read_onnx
from export_tools.conversion.onnx_graph import RESERVED
from export_tools.conversion.onnx_names import all_names, rename
from hematodesk.domain.errors import ModelError
from hematodesk.inference.onnx_file import OnnxFacts
from hematodesk.inference.onnx_task import other_task, other_task_error
from hematodesk.inference.runtime import RUNTIME_FAULTS

_FLOATS = {TensorProto.FLOAT: np.float32, TensorProto.FLOAT16: np.float16, TensorProto.DOUBLE: np.float64}
_BYTES = {TensorProto.UINT8: np.uint8, TensorProto.INT32: np.int32, TensorProto.INT64: np.int64}
_TRIED = 3
_MOST_NAMES = 10_000
_CLOSE = 1e-5


def load_onnx_model(path: Path, wanted: Wanted) -> LoadedModel:
    """Read and normalise a bare ONNX model.

    Raises ModelError: those of `read_onnx`; `model_unsupported` for inputs and outputs that are no image's
    and no scores; `size_mismatch`.
    """
    model, facts = read_onnx(path)
    _drop_listed_weights(model.graph)
    given = _only_input(model.graph, path)
    shape = _image_shape(model.graph, given, path)
    layout, height, width = input_size(shape, path, wanted.size)
    _set_sides(given, (height, width), layout)
    kind = given.type.tensor_type.elem_type
    if kind not in _FLOATS and kind not in _BYTES:
        raise ModelError(
            "model_unsupported",
            f"{path.name} takes images as {TensorProto.DataType.Name(kind).lower()}, not as floats or bytes.",
            "Write it with a float input.",
        )
    output = _only_output(model.graph, path)
    del model.graph.value_info[:]
    original = _Original(model, path, given.name, output, (_FLOATS | _BYTES)[kind], shape[0])
    sides = (height, width, 3) if layout == "nhwc" else (3, height, width)
    columns = _columns(original, sides, facts, path)
    graph = _normalised(model, output, kind, columns)
    batch = _open_batch(graph, original, shape[0], sides, path)
    pytorch = model.producer_name.startswith("pytorch")
    return LoadedModel(
        original,
        f"ONNX, opset {opset_of(model)}"
        + (f", written by {model.producer_name}" if model.producer_name else ""),
        height,
        width,
        columns,
        layout,
        notes=notes_on(facts),
        batch=batch,
        graph=graph,
        origin="ONNX Runtime",
        opset=opset_of(model),
        half=any(each.data_type == TensorProto.FLOAT16 for each in model.graph.initializer),
        takes_bytes=kind in _BYTES,
        usual="imagenet-torch" if pytorch else None,
        labels=_labels(facts),
    )


class _Original:
    """The file as it was, on plain ONNX Runtime."""

    def __init__(self, model: Any, path: Path, name: str, output: str, kind: Any, batch: int | None) -> None:
        remedy = "Check it with onnx.checker.check_model, or write it again with opset_version=17."
        with foreign("model_unsupported", f"ONNX Runtime cannot load {path.name}", remedy):
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4
            self._session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        self._path, self._name, self._output = path, name, output
        self._kind, self._batch = kind, batch

    @property
    def takes_floats(self) -> bool:
        """Whether the input is of floats, not of whole numbers."""
        return bool(np.issubdtype(self._kind, np.floating))

    def raw(self, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The output for one feed, as it comes."""
        with foreign("model_unsupported", f"{self._path.name} does not run in ONNX Runtime"):
            (answer,) = self._session.run([self._output], {self._name: images.astype(self._kind)})
        return np.asarray(answer)

    def __call__(self, images: npt.NDArray[Any], training: bool = False) -> npt.NDArray[Any]:
        """Scores (N, K); in as many runs as the file's batch size asks for."""
        if self._batch is None:
            answer = self.raw(images)
        else:
            missing = -len(images) % self._batch
            padded = np.concatenate([images, np.repeat(images[-1:], missing, axis=0)])
            parts = [
                self.raw(padded[first : first + self._batch]) for first in range(0, len(padded), self._batch)
            ]
            answer = np.concatenate(parts)[: len(images)]
        return answer.reshape(len(images), -1)


def _drop_listed_weights(graph: Any) -> None:
    """Old files list their weights among the inputs."""
    weights = {each.name for each in graph.initializer}
    kept = [each for each in graph.input if each.name not in weights]
    del graph.input[:]
    graph.input.extend(kept)


def _only_input(graph: Any, path: Path) -> Any:
    if len(graph.input) != 1:
        names = ", ".join(repr(each.name) for each in graph.input) or "none"
        raise ModelError(
            "model_unsupported",
            f"{path.name} has {len(graph.input)} inputs ({names}); one image is wanted.",
            "Write it with the image as its only input.",
        )
    return graph.input[0]


def _image_shape(graph: Any, given: Any, path: Path) -> tuple[int | None, ...]:
    """(batch, ...) with None for what is open; the channels are found by the first convolution."""
    tensor = given.type.tensor_type
    shape: list[int | None] = [each.dim_value or None for each in tensor.shape.dim]
    if len(shape) == 3 and 3 in (shape[0], shape[2]):
        raise ModelError(
            "model_unsupported",
            f"{path.name} takes one image without a batch axis, of shape {_words(shape)}.",
            "Write it with one: torch.onnx.export(model, torch.zeros(1, 3, 224, 224), ...).",
        )
    if len(shape) == 2:
        raise ModelError(
            "model_unsupported",
            f"{path.name} takes rows of {shape[1] or 'any number of'} numbers and no images.",
            "A model of measured features cannot be used; train one on images.",
        )
    if len(shape) == 4 and shape[1] != 3 and shape[3] != 3:
        place = _colour_axis(graph, given.name)
        if place is not None and shape[place] is None:
            shape[place] = 3
    if len(shape) == 4 and 1 in (shape[1], shape[3]) and 3 not in (shape[1], shape[3]):
        raise ModelError(
            "model_unsupported",
            f"{path.name} takes grey images (one channel), of shape {_words(shape)}.",
            "The program gives colour: stains are told by it. Train it on colour images.",
        )
    return tuple(shape)


def _words(shape: list[int | None]) -> str:
    return "(" + ", ".join(str(side or "open") for side in shape) + ")"


def _colour_axis(graph: Any, name: str) -> int | None:
    """Where the channels stand, by the way to the first convolution; None where that is not found."""
    weights = {each.name: list(each.dims) for each in graph.initializer}
    axis = 1
    for _ in range(20):
        users = [node for node in graph.node if name in node.input]
        if len(users) != 1:
            return None
        (node,) = users
        if node.op_type == "Conv":
            return axis if weights.get(node.input[1], [0, 0])[1] == 3 else None
        if node.op_type == "Transpose":
            moved = next((list(each.ints) for each in node.attribute if each.name == "perm"), [])
            if moved != [0, 3, 1, 2]:
                return None
            axis = 3
        name = node.output[0]
    return None


def _set_sides(given: Any, sides: tuple[int, int], layout: str) -> None:
    dims = given.type.tensor_type.shape.dim
    first = 1 if layout == "nhwc" else 2
    for place, side in zip((first, first + 1), sides, strict=True):
        dims[place].dim_value = side
    dims[3 if layout == "nhwc" else 1].dim_value = 3


def _only_output(graph: Any, path: Path) -> str:
    if len(graph.output) != 1:
        names = ", ".join(repr(each.name) for each in graph.output)
        raise ModelError(
            "model_unsupported",
            f"{path.name} has {len(graph.output)} outputs ({names}); one score a class is wanted.",
            "Write it with the scores of the classes as its only output.",
        )
    output = graph.output[0]
    if not output.type.HasField("tensor_type"):
        raise ModelError(
            "model_unsupported",
            f"{path.name} gives its scores as a list of names and numbers (ZipMap), not as a table.",
            "Write it without: zipmap=False.",
        )
    if output.type.tensor_type.elem_type not in _FLOATS:
        raise ModelError(
            "model_unsupported",
            f"{path.name} gives only the number of the class, no scores.",
            "Write it without the last step (ArgMax).",
        )
    return str(output.name)


def _columns(original: _Original, sides: tuple[int, int, int], facts: OnnxFacts, path: Path) -> int:
    """How many scores an image has, by a run. Raises ModelError for answers that are no scores."""
    count = original._batch or 1
    answer = original.raw(np.zeros((count, *sides), np.float32))
    if answer.ndim == 1 and answer.shape[0] != count:
        raise ModelError(
            "model_unsupported",
            f"{path.name} gives scores without a batch axis, of shape {answer.shape}.",
            "Write it with one row of scores an image.",
        )
    task = other_task({original._output: answer.shape}, facts.operations, {})
    if task is not None:
        raise other_task_error(path.name, task)
    if answer.ndim > 2 and answer.size != count * max(answer.shape[1:]):
        raise ModelError(
            "model_unsupported",
            f"{path.name} gives an output of shape {answer.shape}; one score a class is needed, "
            "(batch, classes).",
            "A base without its head names nothing: write the whole network.",
        )
    if answer.ndim == 0 or answer.shape[0] != count:
        raise ModelError(
            "model_unsupported",
            f"{path.name} gives an output of shape {answer.shape} for {count} image(s).",
            "Write it with one row of scores an image.",
        )
    return int(answer.size // count)


def _normalised(model: Any, output: str, kind: int, columns: int) -> Any:
    """A copy with a float input, an output (N, columns), and no value under a name that packages use."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.metadata_props[:]
    graph = made.graph
    names = all_names(graph)
    taken = {
        name: _free(name, names)
        for name in sorted(names)
        if name in RESERVED or name.startswith(("cam_", "familiarity_"))
    }
    rename(graph, taken)
    output = taken.get(output, output)
    if kind != TensorProto.FLOAT:
        given = graph.input[0]
        inner = given.name
        given.name = _free(inner, names)
        given.type.tensor_type.elem_type = TensorProto.FLOAT
        cast = helper.make_node("Cast", [given.name], [inner], name="take_floats", to=kind)
        nodes = [cast, *graph.node]
        del graph.node[:]
        graph.node.extend(nodes)
    told = graph.output[0].type.tensor_type
    rank = len(told.shape.dim)
    if rank != 2:
        flat, shape = _free(output, names), _free(f"{output}_shape", names)
        graph.initializer.append(numpy_helper.from_array(np.array([-1, columns], np.int64), shape))
        graph.node.append(helper.make_node("Reshape", [output, shape], [flat], name="flatten_scores"))
        graph.output[0].name = flat
    batch = told.shape.dim[0] if rank else None
    first = batch.dim_value or "batch" if batch is not None else "batch"
    graph.output[0].CopyFrom(
        helper.make_tensor_value_info(graph.output[0].name, told.elem_type, [first, columns])
    )
    return made


def _free(name: str, names: set[str]) -> str:
    """The name with something behind it that nothing else is called."""
    made = f"{name}_inside"
    while made in names:
        made += "_"
    names.add(made)
    return made


def _open_batch(
    graph: Any, original: _Original, batch: int | None, sides: tuple[int, int, int], path: Path
) -> int | None:
    """Let a graph of a fixed batch size take any number where it still answers alike; else 1.

    Raises ModelError where it takes another number and no other.
    """
    if batch is None:
        graph.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
        return None
    opened = onnx.ModelProto()
    opened.CopyFrom(graph)
    for each in (opened.graph.input[0], opened.graph.output[0]):
        each.type.tensor_type.shape.dim[0].dim_param = "batch"
    _open_reshapes(opened, graph, batch)
    # Whole numbers would all be 0 in a smaller range.
    images = np.random.default_rng(0).uniform(0, 255, (_TRIED, *sides)).astype(np.float32)
    if original.takes_floats:
        images /= 255
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(
            opened.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        (answer,) = session.run(None, {opened.graph.input[0].name: images})
        alike = answer.shape == (_TRIED, graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value)
        alike = alike and np.allclose(answer, original(images), atol=_CLOSE, rtol=1e-3)
        why = "its answers are then others"
    except RUNTIME_FAULTS as fault:
        alike, why = False, reason(fault)
    if alike:
        graph.CopyFrom(opened)
        return None
    if batch != 1:
        raise ModelError(
            "model_unsupported",
            f"{path.name} takes exactly {batch} images at a time ({why}).",
            "Write it for one image or with an open batch size: dynamic_axes={'input': {0: 'batch'}}.",
        )
    return 1


def _open_reshapes(opened: Any, fixed: Any, batch: int) -> None:
    """Free the batch size in constants that reshape to it, as PyTorch writes them for its one example."""
    inferred = onnx.shape_inference.infer_shapes(fixed).graph
    shapes = {
        each.name: [side.dim_value for side in each.type.tensor_type.shape.dim]
        for each in (*inferred.value_info, *inferred.output)
    }
    names = all_names(opened.graph)
    for node in opened.graph.node:
        made = shapes.get(node.output[0], []) if node.op_type == "Reshape" else []
        if made[:1] == [batch] and all(side > 0 for side in made):
            name = _free(f"{node.output[0]}_shape", names)
            opened.graph.initializer.append(
                numpy_helper.from_array(np.array([-1, *made[1:]], np.int64), name)
            )
            node.input[1] = name


def _labels(facts: OnnxFacts) -> tuple[str, ...]:
    """The class names that some trainers (YOLO's) write into the file: {0: 'name', 1: 'name'}."""
    text = next((value for key, value in facts.metadata if key == b"names"), b"").decode("utf-8", "replace")
    if not text or len(text) > _MOST_NAMES:
        return ()
    try:
        told = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ()
    if not isinstance(told, dict) or set(told) != set(range(len(told))):
        return ()
    return tuple(str(told[index]) for index in range(len(told)))

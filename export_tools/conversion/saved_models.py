"""Loads SavedModel folders: Keras's export, tf-keras's save, tf.saved_model.save of any module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from export_tools.conversion.foreign import foreign
from export_tools.conversion.loaded_model import (
    LoadedModel,
    Wanted,
    batch_of,
    input_size,
    output_width,
    refuse_other_tasks,
)
from hematodesk.domain.errors import ModelError

# Operations with effects outside the graph: file access, and Python of the process that made it.
_REACHING_OUT = frozenset(
    {"EagerPyFunc", "PyFunc", "PyFuncStateless", "ReadFile", "WriteFile", "MatchingFiles"}
)
_AS_FUNCTION = "Save it with model.export('FOLDER'), or tf.saved_model.save with a signature."


def load_saved_model(folder: Path, wanted: Wanted) -> LoadedModel:
    """Load the signature that takes one image. No Python of the folder runs: a SavedModel is a graph.

    Raises ModelError: `model_unreadable`, `model_unsafe` (operations that read or write files),
    `layer_custom` (operations that call Python), `model_unsupported`.
    """
    import tensorflow as tf

    if not (folder / "saved_model.pb").is_file():
        raise ModelError(
            "model_unreadable",
            f"The folder {folder.name} is no SavedModel: there is no saved_model.pb in it.",
            "Give the folder that model.export or tf.saved_model.save wrote.",
        )
    damaged = ("model_unreadable", f"TensorFlow cannot load the SavedModel {folder.name}")
    with foreign(*damaged, "Copy or save the folder again, with its folder `variables`."):
        _check_operations(folder)
        restored = tf.saved_model.load(str(folder))
        function, key = _function(restored, folder)
        given = list(function.structured_input_signature[1].values()) + list(
            function.structured_input_signature[0]
        )
    if len(given) != 1:
        raise ModelError(
            "model_unsupported", f"{folder.name} has {len(given)} inputs; one image is wanted.", _AS_FUNCTION
        )
    spec = given[0]
    with foreign(*damaged):
        shape = tuple(spec.shape.as_list())
    layout, height, width = input_size(shape, folder, wanted.size)
    model = _Signature(restored, function, spec, folder)
    with foreign("model_unsupported", f"{folder.name} does not run"):
        size = (1, height, width, 3) if layout == "nhwc" else (1, 3, height, width)
        answer = model(tf.zeros(size))
    return LoadedModel(
        model,
        f"SavedModel, signature {key}",
        height,
        width,
        output_width(tuple(answer.shape.as_list()), folder),
        layout,
        batch=batch_of(shape, folder),
    )


def _check_operations(folder: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    document = saved_model_pb2.SavedModel()
    document.ParseFromString((folder / "saved_model.pb").read_bytes())
    for meta in document.meta_graphs:
        nodes = list(meta.graph_def.node)
        for function in meta.graph_def.library.function:
            nodes.extend(function.node_def)
        for node in nodes:
            if node.op in _REACHING_OUT:
                python = "PyFunc" in node.op
                what = "calls Python code that is not in the folder" if python else "reaches for files"
                raise ModelError(
                    "layer_custom" if python else "model_unsafe",
                    f"In {folder.name} the operation {node.name!r} of type {node.op} {what}.",
                    "Save the model without it.",
                )


def _function(restored: Any, folder: Path) -> tuple[Any, str]:
    """The concrete function to call, and its name."""
    signatures = dict(getattr(restored, "signatures", {}))
    for key in ("serving_default", "serve"):
        if key in signatures:
            return signatures[key], key
    if len(signatures) == 1:
        key, function = next(iter(signatures.items()))
        return function, key
    if signatures:
        raise ModelError(
            "model_unsupported",
            f"{folder.name} has the signatures {', '.join(sorted(signatures))}, and none is named "
            "serving_default.",
            _AS_FUNCTION,
        )
    for name in ("serve", "__call__"):
        found = getattr(restored, name, None)
        concrete = getattr(found, "concrete_functions", [])
        fitting = [each for each in concrete if _takes_images(each)]
        if fitting:
            return fitting[-1], name
    raise ModelError("model_unsupported", f"{folder.name} has no signature to call.", _AS_FUNCTION)


def _takes_images(function: Any) -> bool:
    positional, named = function.structured_input_signature
    specs = [each for each in [*positional, *named.values()] if hasattr(each, "shape")]
    return len(specs) == 1 and specs[0].shape.rank == 4


class _Signature:
    """Calls the function by tensor; holds the restored object, whose variables it reads."""

    def __init__(self, restored: Any, function: Any, spec: Any, path: Path) -> None:
        self._path = path
        self._restored = restored
        self._function = function
        self._spec = spec
        self._by_name = next(iter(function.structured_input_signature[1]), None)

    def __call__(self, images: Any, training: bool = False) -> Any:
        """Scores (N, K) of images (N, height, width, 3); `training` stands for Keras's own argument."""
        import tensorflow as tf

        images = tf.cast(images, self._spec.dtype)
        answer = self._function(**{self._by_name: images}) if self._by_name else self._function(images)
        if isinstance(answer, dict):
            if len(answer) != 1:
                refuse_other_tasks({name: each.shape.as_list() for name, each in answer.items()}, self._path)
                raise ModelError(
                    "model_unsupported",
                    f"The model has {len(answer)} outputs ({', '.join(sorted(answer))}); one score a class "
                    "is wanted.",
                )
            answer = next(iter(answer.values()))
        return answer[0] if isinstance(answer, (list, tuple)) else answer

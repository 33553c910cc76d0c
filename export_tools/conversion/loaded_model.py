"""A loaded Keras model as the converter sees it: its input, its output, its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from export_tools.conversion.foreign import foreign
from hematodesk.domain.errors import ModelError
from hematodesk.inference.onnx_task import other_task, other_task_error

_SMALL, _LARGE = 1 / 16, 16.0
"""A factor at most, and a mean at least, of layers that want pixels of 0 to 255."""

OPSET = 17
"""Of the graphs that are made of Keras models."""


@dataclass(frozen=True)
class Wanted:
    """What the user specifies where the file does not.

    Attributes:
        size: edge of the input where the file leaves it open, or of a network built for weights.
        architecture, head, alpha, activation: the network that a file of weights belongs to.
        unsafe: whether code inside the file may run.
        classes: how many labels were given; 0 when none were.
    """

    size: int | None = None
    architecture: str | None = None
    head: str | None = None
    alpha: float = 1.0
    activation: str | None = None
    unsafe: bool = False
    classes: int = 0


@dataclass(frozen=True)
class LoadedModel:
    """A Keras model and what is known of it.

    Attributes:
        model: called as model(images, training=False) on a TensorFlow tensor; gives (N, outputs).
        keras: which kind of file it came from, as text for the summary.
        height, width: input size in pixels.
        layout: `nhwc`, or `nchw` for images as (N, 3, height, width).
        outputs: number of columns of the output.
        layers: (name, type) of all layers, nested ones included; of a SavedModel none.
        notes: sentences for the summary.
        batch: 1 where the model takes one image at a time; None where the number is open.
        graph: the ONNX graph (ModelProto) of a model that is one already; None for Keras's.
        origin: whose answers the package must give, in words.
        opset: of that graph.
        half: whether it computes with 16 bits.
        takes_bytes: whether the input is whole numbers from 0 to 255, which no preprocessing can change.
        usual: the preprocessing that models of its make mostly have (a key of PREPROCESSINGS).
        labels: the class names that the file itself holds.
        scaling: the layers inside that scale pixels of 0 to 255, in words.
    """

    model: Any
    keras: str
    height: int
    width: int
    outputs: int
    layout: Literal["nhwc", "nchw"] = "nhwc"
    layers: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())
    batch: int | None = None
    graph: Any = None
    origin: str = "Keras"
    opset: int = OPSET
    half: bool = False
    takes_bytes: bool = False
    usual: str | None = None
    labels: tuple[str, ...] = ()
    scaling: tuple[str, ...] = ()


def from_model(model: Any, path: Path, make: str, wanted: Wanted) -> LoadedModel:
    """Read a built model's input and output. Raises ModelError `model_unsupported`."""
    with foreign("model_unsupported", f"{path.name} does not say its input"):
        given = _only(model.input_shape, path, "inputs", "one image is wanted")
    layout, height, width = input_size(given, path, wanted.size)
    with foreign("model_unsupported", f"{path.name} does not say its output"):
        answer = _only(model.output_shape, path, "outputs", "one score a class is wanted")
    return LoadedModel(
        _Single(model),
        make,
        height,
        width,
        output_width(answer, path),
        layout,
        tuple(_layers(model)),
        batch=batch_of(given, path),
        scaling=tuple(_scaling(model)),
    )


class _Single:
    """A model whose one answer may be wrapped in a list or a dictionary."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(self, images: Any, training: bool = False) -> Any:
        answer = self._model(images, training=training)
        if isinstance(answer, dict):
            answer = list(answer.values())
        return answer[0] if isinstance(answer, (list, tuple)) else answer


def _only(shape: Any, path: Path, what: str, instead: str) -> tuple[Any, ...]:
    several: dict[str, Any] | None = None
    if isinstance(shape, dict):
        several = shape
    elif isinstance(shape, list) or (shape and isinstance(shape[0], (tuple, list))):
        several = {str(index): each for index, each in enumerate(shape)}
    if several is None:
        return tuple(shape)
    if what == "outputs" and len(several) != 1:
        refuse_other_tasks(several, path)
    if len(several) != 1:
        raise ModelError("model_unsupported", f"{path.name} has {len(several)} {what}; {instead}.")
    return tuple(next(iter(several.values())))


def refuse_other_tasks(outputs: Mapping[str, Sequence[int | None]], path: Path) -> None:
    """Refuse by name a network that the shapes of its outputs show to be no classifier.

    Raises ModelError `model_foreign`.
    """
    task = other_task({name: tuple(shape) for name, shape in outputs.items()}, (), {})
    if task is not None:
        raise other_task_error(path.name, task)


def input_size(
    shape: tuple[Any, ...], path: Path, told: int | None
) -> tuple[Literal["nhwc", "nchw"], int, int]:
    """(layout, height, width) of an input shape, with the told size where it leaves it open.

    Raises ModelError `model_unsupported` or `size_mismatch`.
    """
    if len(shape) != 4 or 3 not in (shape[3], shape[1]):
        raise ModelError(
            "model_unsupported",
            f"{path.name} wants an input of shape {shape}; colour images, (batch, height, width, 3), "
            "are needed.",
            "Train it on colour images.",
        )
    layout: Literal["nhwc", "nchw"] = "nhwc" if shape[3] == 3 else "nchw"
    height, width = (shape[1], shape[2]) if layout == "nhwc" else (shape[2], shape[3])
    if told is None and (height is None or width is None):
        raise ModelError(
            "model_unsupported",
            f"{path.name} leaves its input size open.",
            "Say with --size how large its training images were.",
        )
    for side in (height, width):
        if told is not None and side is not None and int(side) != told:
            raise ModelError(
                "size_mismatch",
                f"{path.name} wants images of {width} x {height}, not {told} x {told}.",
                "Leave --size out.",
            )
    return layout, int(height or told or 0), int(width or told or 0)


def batch_of(shape: tuple[Any, ...], path: Path) -> int | None:
    """1 or None (open). Raises ModelError `model_unsupported` for another fixed number."""
    if shape[0] not in (None, 1):
        raise ModelError(
            "model_unsupported",
            f"{path.name} takes exactly {shape[0]} images at a time.",
            "Save it with an open batch size: keras.Input((height, width, 3)).",
        )
    return None if shape[0] is None else 1


def output_width(shape: tuple[Any, ...], path: Path) -> int:
    """Columns of an output (N, K). Raises ModelError `model_foreign` or `model_unsupported`."""
    refuse_other_tasks({"": shape}, path)
    if len(shape) != 2 or shape[1] is None:
        raise ModelError(
            "model_unsupported",
            f"{path.name} gives an output of shape {shape}; one score a class is needed, (batch, classes).",
            "A base without its head (include_top=False) names nothing: convert the whole network.",
        )
    return int(shape[1])


def _layers(model: Any) -> Iterator[tuple[str, str]]:
    # Operations are layers and, in Keras 3, also arithmetic called on a layer's output.
    for layer in getattr(model, "operations", None) or getattr(model, "layers", []):
        yield layer.name, type(layer).__name__
        yield from _layers(layer)


def _scaling(model: Any) -> Iterator[str]:
    """The layers, nested ones included, that scale pixels of 0 to 255, in words."""
    for layer in getattr(model, "operations", None) or getattr(model, "layers", []):
        kind = type(layer).__name__
        scales = kind == "Rescaling" and _largest(layer.scale) <= _SMALL
        if scales or (kind == "Normalization" and _largest(getattr(layer, "mean", None)) >= _LARGE):
            yield f"the layer {layer.name!r} of type {kind}"
        yield from _scaling(layer)


def _largest(value: Any) -> float:
    return 0.0 if value is None else float(np.abs(np.asarray(value, dtype=np.float64)).max(initial=0.0))

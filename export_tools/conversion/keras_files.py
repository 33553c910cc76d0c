"""Loads what trainers save: `.keras`, HDF5 of Keras 3 and 2, SavedModel folders, files of weights."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from export_tools.conversion.foreign import foreign, reason
from export_tools.conversion.keras_config import (
    DAMAGED_REMEDY,
    HDF5_MAGIC,
    ZIP_MAGIC,
    Described,
    check_safe,
    custom_layer,
    describe_hdf5,
    describe_zip,
    unknown_entries,
    unknown_function,
)
from export_tools.networks.architectures import ARCHITECTURES, own_preprocess_input
from hematodesk.domain.errors import ModelError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@dataclass(frozen=True)
class Wanted:
    """What the person says of a file that does not say it itself.

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
    """A Keras model and what its file says of it.

    Attributes:
        model: called as model(images, training=False) on a TensorFlow tensor; gives (N, outputs).
        keras: of what make it is, as text for the summary.
        height, width: input size in pixels.
        layout: `nhwc`, or `nchw` for images as (N, 3, height, width).
        outputs: number of columns of the output.
        layers: (name, type) of all layers, nested ones included; of a SavedModel none.
        notes: sentences for the summary.
        batch: 1 where the model takes one image at a time; None where the number is open.
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


def load_keras_file(path: Path, wanted: Wanted = Wanted()) -> LoadedModel:
    """Load a model without its optimiser. The content decides between the formats, not the extension.

    Raises ModelError: `model_not_found`, `model_unreadable` (no Keras file, damaged, no rights),
    `model_unsafe`, `layer_custom`, `weights_only`, `model_unsupported`; the sentence names the layer.
    """
    folder = path.parent if path.name == "saved_model.pb" else path
    if folder.is_dir():
        from export_tools.conversion.saved_models import load_saved_model

        return load_saved_model(folder, wanted)
    magic = _first_bytes(path)
    if magic.startswith(ZIP_MAGIC):
        described, suffix = describe_zip(path), ".keras"
    elif magic == HDF5_MAGIC:
        found, suffix = describe_hdf5(path), ".h5"
        if found is None:
            from export_tools.conversion.weights_files import load_weights_file

            return load_weights_file(path, wanted)
        described = found
    else:
        raise ModelError(
            "model_unreadable",
            f"{path.name} is neither a .keras archive nor an HDF5 file"
            + (", it is empty." if not magic else "."),
            "Save the model again with model.save('NAME.keras').",
        )
    named = check_safe(described, path, wanted.unsafe)
    model = _load(path, described, suffix, named, wanted.unsafe)
    loaded = from_model(_built(model, described, path), path, described.flavour, wanted)
    return replace(
        loaded,
        notes=tuple(
            f"the layer {layer!r} calls preprocess_input: {base}'s own is taken (check it)"
            for layer, base in named.items()
        ),
    )


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(8)
    except FileNotFoundError:
        raise ModelError(
            "model_not_found", f"There is no model file {path.name}.", "Check the path."
        ) from None
    except (OSError, ValueError) as fault:
        told = fault.strerror if isinstance(fault, OSError) and fault.strerror else "its name is not allowed"
        raise ModelError(
            "model_unreadable", f"{path.name} cannot be read: {told}.", "Check the file's permissions."
        ) from None


def _load(path: Path, described: Described, suffix: str, named: dict[str, str], unsafe: bool) -> Any:
    if described.flavour == "Keras 2":
        import tf_keras as library
    else:
        import keras as library
    options: dict[str, Any] = {"compile": False, "safe_mode": not unsafe}
    if named:
        base = ARCHITECTURES[next(iter(named.values()))]
        options["custom_objects"] = {"preprocess_input": own_preprocess_input(base, library)}
    with foreign(
        "model_unreadable",
        f"{described.flavour} cannot load {path.name}",
        "Replace the layer by a standard one, or save the model as a SavedModel: model.export('FOLDER').",
    ):
        try:
            with _named(path, suffix) as given:
                return library.models.load_model(str(given), **options)
        except (zipfile.BadZipFile, zlib.error, OSError) as fault:
            raise ModelError(
                "model_unreadable", f"{path.name} is damaged: {reason(fault).rstrip('.')}.", DAMAGED_REMEDY
            ) from fault
        except (ValueError, TypeError, KeyError, AttributeError, ImportError) as fault:
            strange = unknown_entries(described, library)
            if strange:
                raise custom_layer(path, strange[0]) from fault
            unknown = unknown_function(described, library, path)
            if unknown is not None:
                raise unknown from fault
            raise


@contextlib.contextmanager
def _named(path: Path, suffix: str) -> Iterator[Path]:
    """The file under a name that Keras takes: it goes by the extension."""
    if path.suffix == suffix:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="hematodesk-") as folder:
        copy = Path(folder) / f"model{suffix}"
        shutil.copyfile(path, copy)
        yield copy


def _built(model: Any, described: Described, path: Path) -> Any:
    """The model with its shapes known: a Sequential model with a Lambda waits for its first images."""
    if getattr(model, "built", True) and getattr(model, "inputs", None):
        return model
    shapes = [
        each.config.get("batch_shape") or each.config.get("batch_input_shape") for each in described.entries
    ]
    given = next((shape for shape in shapes if shape), None)
    if given is None:
        return model
    import tensorflow as tf

    with foreign("model_unsupported", f"{path.name} does not run"):
        answer = model(tf.zeros([side or 1 for side in given]), training=False)
    return _Shaped(model, tuple(given), (None, *answer.shape[1:]))


class _Shaped:
    """A model that does not say its shapes, with them beside it."""

    def __init__(self, model: Any, given: tuple[Any, ...], answer: tuple[Any, ...]) -> None:
        self._model = model
        self.input_shape = given
        self.output_shape = answer
        self.layers = model.layers

    def __call__(self, images: Any, training: bool = False) -> Any:
        return self._model(images, training=training)


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
    several: list[Any] | None = None
    if isinstance(shape, dict):
        several = list(shape.values())
    elif isinstance(shape, list) or (shape and isinstance(shape[0], (tuple, list))):
        several = list(shape)
    if several is None:
        return tuple(shape)
    if len(several) != 1:
        raise ModelError("model_unsupported", f"{path.name} has {len(several)} {what}; {instead}.")
    return tuple(several[0])


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
    """Columns of an output (N, K). Raises ModelError `model_unsupported`."""
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

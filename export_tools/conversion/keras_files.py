"""Loads saved models: `.keras`, HDF5 of Keras 3 and 2, SavedModel folders, files of weights."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

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
from export_tools.conversion.loaded_model import LoadedModel, Wanted, from_model
from export_tools.conversion.saved_models import load_saved_model
from export_tools.conversion.weights_files import load_weights_file
from export_tools.networks.architectures import ARCHITECTURES, own_preprocess_input
from hematodesk.domain.errors import ModelError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

_NOTHING_TOLD = Wanted()


def load_keras_file(path: Path, wanted: Wanted = _NOTHING_TOLD) -> LoadedModel:
    """Load a model without its optimiser. The content decides between the formats, not the extension.

    Raises ModelError: `model_not_found`, `model_unreadable` (no Keras file, damaged, no rights),
    `model_unsafe`, `layer_custom`, `weights_only`, `model_unsupported`; the sentence names the layer.
    """
    folder = path.parent if path.name == "saved_model.pb" else path
    if folder.is_dir():
        return load_saved_model(folder, wanted)
    magic = _first_bytes(path)
    if magic.startswith(ZIP_MAGIC):
        described, suffix = describe_zip(path), ".keras"
    elif magic == HDF5_MAGIC:
        found, suffix = describe_hdf5(path), ".h5"
        if found is None:
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


def is_keras(path: Path) -> bool:
    """Whether a file's first bytes are those of a Keras archive or of HDF5. Raises ModelError."""
    return _first_bytes(path).startswith((ZIP_MAGIC, HDF5_MAGIC))


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
    """The file under a name with an extension that Keras accepts."""
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
    """A model that does not report its shapes, together with them."""

    def __init__(self, model: Any, given: tuple[Any, ...], answer: tuple[Any, ...]) -> None:
        self._model = model
        self.input_shape = given
        self.output_shape = answer
        self.layers = model.layers

    def __call__(self, images: Any, training: bool = False) -> Any:
        return self._model(images, training=training)

"""Loads what trainers save: Keras 3 `.keras` and `.h5`, and Keras 2 `.h5` through tf-keras."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hematodesk.domain.errors import ModelError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_RESCALING_LAYERS = frozenset({"Rescaling", "Normalization"})


@dataclass(frozen=True)
class LoadedModel:
    """A Keras model and what its file says of it.

    Attributes:
        model: the model, of Keras 3 or of tf-keras (Keras 2); callable on a TensorFlow tensor.
        keras: which of the two, as text for the summary.
        height, width: input size in pixels.
        outputs: number of columns of the output.
        layer_types: class names of all layers, nested ones included.
    """

    model: Any
    keras: str
    height: int
    width: int
    outputs: int
    layer_types: tuple[str, ...]

    @property
    def rescales_itself(self) -> bool:
        """Whether a layer inside does the scaling, so that raw values 0 to 255 are wanted."""
        return any(name in _RESCALING_LAYERS for name in self.layer_types)


def load_keras_file(path: Path) -> LoadedModel:
    """Load a model file without its optimiser.

    The content decides between the formats, not the extension.
    Raises ModelError: `model_not_found`, `model_unreadable` (no Keras file, or a layer that
    Keras cannot build, which the sentence names), `weights_only`, `model_unsupported`.
    """
    if not path.is_file():
        raise ModelError("model_not_found", f"There is no model file {path.name}.", "Check the path.")
    with path.open("rb") as stream:
        magic = stream.read(8)
    if magic.startswith(_ZIP_MAGIC):
        model, flavour = _load(path, "Keras 3"), "Keras 3"
    elif magic == _HDF5_MAGIC:
        flavour = _flavour_of_hdf5(path)
        model = _load(path, flavour)
    else:
        raise ModelError(
            "model_unreadable",
            f"{path.name} is neither a .keras archive nor an HDF5 file.",
            "Save the model again with model.save('NAME.keras').",
        )
    height, width = _input_size(model, path)
    return LoadedModel(model, flavour, height, width, _output_width(model, path), tuple(_layer_types(model)))


def _flavour_of_hdf5(path: Path) -> str:
    import h5py

    with h5py.File(path, "r") as archive:
        if "model_config" not in archive.attrs:
            raise ModelError(
                "weights_only",
                f"{path.name} holds weights only, without the network they belong to.",
                "Save the whole model with model.save('NAME.keras').",
            )
        version = archive.attrs.get("keras_version", b"2")
        config = archive.attrs["model_config"]
    text = version.decode() if isinstance(version, bytes) else str(version)
    if text.startswith("3"):
        return "Keras 3"
    document = json.loads(config)
    # Files of Keras 3 always name the module of each layer; older ones never do.
    return "Keras 3" if "module" in document else "Keras 2"


def _load(path: Path, flavour: str) -> Any:
    if flavour == "Keras 2":
        import tf_keras as library
    else:
        import keras as library
    given = path
    try:
        if flavour == "Keras 3" and path.suffix not in (".keras", ".h5", ".hdf5"):
            raise ModelError(
                "model_unreadable",
                f"Keras reads a model only from a name that ends in .keras or .h5, not {path.name}.",
                "Rename the file.",
            )
        return library.models.load_model(str(given), compile=False)
    except (ValueError, TypeError, KeyError, OSError, NotImplementedError) as fault:
        reason = " ".join(str(fault).split())[:300]
        raise ModelError(
            "model_unreadable",
            f"{flavour} cannot load {path.name}: {reason}",
            "A custom layer must be replaced by a standard one before the model is converted.",
        ) from fault


def _input_size(model: Any, path: Path) -> tuple[int, int]:
    shapes = model.input_shape
    if isinstance(shapes, list):
        raise ModelError("model_unsupported", f"{path.name} has {len(shapes)} inputs; one image is wanted.")
    if len(shapes) != 4 or shapes[-1] != 3:
        raise ModelError(
            "model_unsupported",
            f"{path.name} wants an input of shape {shapes}; (batch, height, width, 3) is needed.",
        )
    height, width = shapes[1], shapes[2]
    if height is None or width is None:
        raise ModelError(
            "model_unsupported",
            f"{path.name} leaves its input size open.",
            "Save the model with a fixed input shape.",
        )
    return int(height), int(width)


def _output_width(model: Any, path: Path) -> int:
    shape = model.output_shape
    if isinstance(shape, list) or len(shape) != 2:
        raise ModelError(
            "model_unsupported",
            f"{path.name} gives an output of shape {shape}; one score a class is needed.",
        )
    return int(shape[1])


def _layer_types(model: Any) -> list[str]:
    found = []
    for layer in getattr(model, "layers", []):
        found.append(type(layer).__name__)
        found.extend(_layer_types(layer))
    return found

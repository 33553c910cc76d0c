"""Reads the layers' descriptions from a Keras file without building any of them.

Building a layer that holds Python code (Lambda) runs it, so this is checked first.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export_tools.conversion.foreign import foreign
from export_tools.networks.architectures import recognise
from hematodesk.domain.errors import ModelError

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
ZIP_MAGIC = b"PK\x03\x04"
_FUNCTION = "preprocess_input"
_OWN = frozenset({"keras", "tf_keras", "tensorflow", "builtins"})
_LARGEST_TEXT = 64_000_000
DAMAGED_REMEDY = "Copy or save the file again."


@dataclass(frozen=True)
class Entry:
    """One layer of a configuration: its name, class name, module of the class, and settings."""

    name: str
    type: str
    module: str
    config: Mapping[str, Any]

    @property
    def words(self) -> str:
        """Its description in error messages."""
        return f"the layer {self.name!r} of type {self.type}"


@dataclass(frozen=True)
class Described:
    """A whole-model file as it describes itself.

    Attributes:
        flavour: `Keras 3` or `Keras 2`.
        entries: all layers, outer before inner.
    """

    flavour: str
    document: Mapping[str, Any]
    entries: tuple[Entry, ...]


def describe_zip(path: Path) -> Described:
    """A `.keras` archive. Raises ModelError `model_unreadable`."""
    with foreign("model_unreadable", f"{path.name} is a damaged archive", DAMAGED_REMEDY):
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "config.json" not in names:
                inside = "a SavedModel: unpack it first" if "saved_model.pb" in names else "something else"
                raise ModelError(
                    "model_unreadable",
                    f"{path.name} is an archive, but no Keras model: it holds {inside}.",
                    "Save the model with model.save('NAME.keras').",
                )
            document = _json(archive, "config.json")
            told = _json(archive, "metadata.json") if "metadata.json" in names else {}
        version = str(told.get("keras_version", "3")) if isinstance(told, dict) else "3"
        return _described("Keras 2" if version.startswith("2") else "Keras 3", document)


def _json(archive: zipfile.ZipFile, name: str) -> Any:
    """A text member of the archive, at most 64 MB: compressed data may expand to any size."""
    if archive.getinfo(name).file_size > _LARGEST_TEXT:
        raise ValueError(f"its {name} is larger than any network's")
    return json.loads(archive.read(name))


def describe_hdf5(path: Path) -> Described | None:
    """An HDF5 model; None when the file holds weights only. Raises ModelError `model_unreadable`."""
    import h5py

    with foreign("model_unreadable", f"{path.name} is a damaged HDF5 file", DAMAGED_REMEDY):
        with h5py.File(path, "r") as archive:
            if "model_config" not in archive.attrs:
                return None
            version = archive.attrs.get("keras_version", b"2")
            config = archive.attrs["model_config"]
        text = version.decode() if isinstance(version, bytes) else str(version)
        return _described("Keras 3" if text.startswith("3") else "Keras 2", json.loads(config))


def _described(flavour: str, document: Any) -> Described:
    if not isinstance(document, dict) or "class_name" not in document:
        raise ValueError("its description is no model's")
    return Described(flavour, document, tuple(_entries(document)))


def _entries(document: Mapping[str, Any]) -> Iterator[Entry]:
    config = document.get("config")
    config = config if isinstance(config, Mapping) else {}
    name = config.get("name") or document.get("name") or ""
    yield Entry(str(name), str(document["class_name"]), str(document.get("module") or ""), config)
    # Keras 2's oldest Sequential models keep their layers as the configuration itself.
    layers = config.get("layers", document["config"] if isinstance(document.get("config"), list) else [])
    for each in layers if isinstance(layers, list) else []:
        if isinstance(each, Mapping) and "class_name" in each:
            yield from _entries(each)
    # Wrappers such as TimeDistributed.
    inner = config.get("layer")
    if isinstance(inner, Mapping) and "class_name" in inner:
        yield from _entries(inner)


def check_safe(described: Described, path: Path, unsafe: bool) -> dict[str, str]:
    """Refuse code inside the file, unless the user allowed it.

    Keras keeps the bytes of a Lambda's function in the file; loading such a layer runs them. A Lambda
    that only names `preprocess_input` holds no code: the installed library's function is used.

    Returns the names of such Lambda layers, each with the base whose function is meant.
    Raises ModelError `model_unsafe` or `layer_custom`, which name the layer.
    """
    named: dict[str, str] = {}
    base = recognise(each.name for each in described.entries)
    for entry in described.entries:
        if entry.module and entry.module.split(".")[0] not in _OWN:
            raise custom_layer(path, entry)
        if entry.type != "Lambda":
            continue
        if _names_preprocess_input(entry):
            if base is not None:
                named[entry.name] = base.name
                continue
            raise ModelError(
                "model_unsupported",
                f"In {path.name} {entry.words} calls a function {_FUNCTION}, and nothing says which "
                "network's.",
                "Save the model without that layer, and give --preprocess.",
            )
        if not unsafe:
            raise _code(path, entry.words)
    looked_at = {id(entry.config) for entry in described.entries}
    for owner, held in _held(described.document, "the model"):
        kind, module = str(held["class_name"]), str(held.get("module") or "")
        hidden = kind == "Lambda" and id(held.get("config")) not in looked_at
        if (kind == "__lambda__" or hidden) and not unsafe:
            raise _code(path, owner)
        if module and module.split(".")[0] not in _OWN:
            raise _custom_part(path, owner, f"{module}.{kind}")
    return named


def _held(value: Any, owner: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(the layer it stands in, in words; the object) of everything that loading would make, at any depth."""
    waiting = [(value, owner)]
    # No recursion: the file decides how deep it is nested.
    while waiting:
        value, owner = waiting.pop()
        inside: list[Any] = []
        if isinstance(value, Mapping):
            if "class_name" in value:
                yield owner, value
                config = value.get("config")
                if isinstance(config, Mapping) and config.get("name") and "dtype" in config:
                    owner = Entry(str(config["name"]), str(value["class_name"]), "", config).words
            inside = list(value.values())
        elif isinstance(value, list):
            inside = value
        waiting += [(each, owner) for each in reversed(inside)]


def _code(path: Path, owner: str) -> ModelError:
    return ModelError(
        "model_unsafe",
        f"In {path.name} {owner} holds Python code, which loading would run.",
        "If you trust whoever made the file, say --unsafe. Better: save the model without that "
        "layer (and give --preprocess), or as a SavedModel: model.export('FOLDER').",
    )


def _custom_part(path: Path, owner: str, part: str) -> ModelError:
    return ModelError(
        "layer_custom",
        f"In {path.name} {owner} uses {part!r}, which is not one of Keras's own; its code is not in the "
        "file.",
        "Save the model as a SavedModel, which needs no code: model.export('FOLDER'), and convert that.",
    )


def _names_preprocess_input(entry: Entry) -> bool:
    function = entry.config.get("function")
    if isinstance(function, Mapping):
        return function.get("class_name") == "function" and function.get("config") == _FUNCTION
    return function == _FUNCTION and entry.config.get("function_type") == "function"


def custom_layer(path: Path, entry: Entry) -> ModelError:
    """The error for a layer whose class is not Keras's own."""
    return ModelError(
        "layer_custom",
        f"In {path.name} {entry.words} is not one of Keras's own; its code is not in the file.",
        "Save the model as a SavedModel, which needs no code: model.export('FOLDER'), and convert that.",
    )


def unknown_entries(described: Described, library: Any) -> list[Entry]:
    """Layers whose class the library (keras or tf_keras) does not have; for the error after a failure."""
    models = {"Functional", "Model", "Sequential"}
    operations = {"TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty"}
    return [
        entry
        for entry in described.entries
        if entry.type not in models | operations
        and not hasattr(library.layers, entry.type)
        and not entry.module.startswith("keras.src.ops")
    ]


def unknown_function(described: Described, library: Any, path: Path) -> ModelError | None:
    """The error for an activation that the library does not have; None where it knows them all."""
    for entry in described.entries:
        given = entry.config.get("activation")
        name = given.get("config") if isinstance(given, Mapping) else given
        if not isinstance(name, str):
            continue
        try:
            library.activations.get(name)
        except (ValueError, TypeError):
            return _custom_part(path, entry.words, name)
    return None

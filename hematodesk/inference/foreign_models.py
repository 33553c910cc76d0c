"""Says what a model file is that is no model package, and how a package is made of it.

The content decides, never the file's name, and nothing in the file is run, unpickled or unpacked: first
bytes and names in archives' directories are enough.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hematodesk.domain.errors import ModelError
from hematodesk.domain.image_formats import sniff_format
from hematodesk.domain.messages import N_, Message
from hematodesk.inference.onnx_file import BYTES, DamagedFile, Walker

_HEAD = 65_536
_TAIL = 4 * 1024 * 1024
_MOST_NAMES = 5_000

_DIRECTORY_ENTRY = b"PK\x01\x02"
_OLD_PICKLE = re.compile(rb"\(?(?:[dl]p0\n|c[\w.]+\n\w+\n)")
"""Protocol 0, which is text."""

_LONGEST_HEADER = 100_000_000
"""Of safetensors: the length in front of it."""

_PLAIN_NAME = re.compile(r"[\w(][\w (),.+@-]{0,49}")

_KERAS_OPTIONS = ' --labels "A,B,C"'
_ONNX_OPTIONS = ' --labels "A,B,C" --preprocess unit'

_CONVERT = N_(
    "Errors",
    "Make a package of it with Python and the program's source: `{command}`. A, B, C are its classes in the "
    "order of training. No Python here? Do it on another computer and import the package that it writes.",
)
_CONVERT_LABELLED = N_(
    "Errors",
    "Make a package of it with Python and the program's source: `{command}`. No Python here? Do it on "
    "another computer and import the package that it writes.",
)
_CONVERT_BARE = N_(
    "Errors",
    "Make a package of it with Python and the program's source: `{command}`. A, B, C are its classes in the "
    "order of training; --preprocess must be the training's own (PyTorch: mostly imagenet-torch). No Python "
    "here? Do it on another computer and import the package that it writes.",
)
_FROM_TORCH = N_(
    "Errors",
    "Where it was trained, write it as ONNX: `{export}`. Then make a package of that, also there: "
    "`{command}`. No Python here? Do it on another computer and import the package that it writes.",
)
_FROM_KERAS = N_(
    "Errors",
    "Take it in the form that it was trained in (Teachable Machine: Export Model, Tensorflow, Keras). Then "
    "make a package of that with Python and the program's source: `{command}`. No Python here? Do it on "
    "another computer and import the package that it writes.",
)
_FROM_ORIGIN = N_(
    "Errors",
    "Ask for the same model as Keras or ONNX file. Then make a package of that with Python and the program's "
    "source: `{command}`. No Python here? Do it on another computer and import the package that it writes.",
)
_NOT_OPENED = N_(
    "Errors",
    "Such files can hold code that runs when they are opened, so it was not opened. A PyTorch or fastai "
    "network: write it as ONNX where it was trained, and make a package of that: `{command}`. Models of "
    "scikit-learn take tables and no images.",
)


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a file is.

    Attributes:
        what: in words, to stand after “is”.
        remedy: what to do, for a file of that name.
        convertible: whether `export_tools convert` takes it as it is.
    """

    what: Message
    remedy: Callable[[str], Message]
    convertible: bool = False


def foreign_file(data: bytes) -> Foreign | None:
    """What a file is that cannot be read as ONNX; None when nothing is known of it.

    Args:
        data: the whole file, or its beginning and its end.
    """
    if data.startswith(b"MATLAB "):
        return Foreign(Message(N_("Errors", "a MATLAB file")), _from_origin)
    for start in (0, 512, 1024, 2048):
        if data[start : start + 8] == b"\x89HDF\r\n\x1a\n":
            return _keras(N_("Errors", "a Keras model (HDF5)"))
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _archive(_names_inside(data))
    if data[4:8] == b"TFL3":
        return Foreign(Message(N_("Errors", "a TensorFlow Lite model")), _from_keras)
    return _by_first_bytes(data) or _protobuf(data) or _text(data)


def foreign_folder(names: frozenset[str]) -> Foreign | None:
    """What a folder with these files in it is; None when it is no model's."""
    if names & {"saved_model.pb", "saved_model.pbtxt"}:
        return _keras(N_("Errors", "the folder of a TensorFlow SavedModel"))
    if "model.json" in names and any(name.endswith(".bin") for name in names):
        return _tensorflow_js()
    if {"Manifest.json", "Data"} <= names:
        return _core_ml()
    return None


def foreign_head(path: Path) -> Foreign | None:
    """What a file or folder is, by its beginning and end alone. Raises OSError."""
    if path.is_dir():
        return foreign_folder(frozenset(each.name for each in islice(path.iterdir(), _MOST_NAMES)))
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        size = stream.seek(0, 2)
        stream.seek(max(len(head), size - _TAIL))
        return foreign_file(head + stream.read(_TAIL))


def foreign_error(name: str, foreign: Foreign) -> ModelError:
    """The error that says what a file is and what to do."""
    return ModelError(
        "model_foreign",
        N_("Errors", "{name} is {what}, not a model package."),
        foreign.remedy(name),
        name=name,
        what=foreign.what,
    )


def bare_onnx_error(name: str) -> ModelError:
    """The error for a whole ONNX model without a manifest."""
    return ModelError(
        "manifest_missing",
        N_(
            "Errors",
            "{name} is a bare ONNX model, not a model package: it does not say its classes or how images "
            "are prepared for it.",
        ),
        _CONVERT_BARE,
        name=name,
        command=_command(name, _ONNX_OPTIONS),
    )


def outside_data_error(name: str) -> ModelError:
    """The error for an ONNX model whose weights lie in other files."""
    return ModelError(
        "external_data",
        N_("Errors", "{name} keeps weights in other files beside it, which packages must not."),
        _CONVERT_BARE,
        name=name,
        command=_command(name, _ONNX_OPTIONS),
    )


def _command(name: str, options: str) -> str:
    """The command line; a placeholder for a name in which a shell might read more."""
    file = f'"{name}"' if _PLAIN_NAME.fullmatch(name) else '"FILE"'
    return f"python -m export_tools convert {file} --output mine.onnx{options}"


def _convert(name: str) -> Message:
    return Message(_CONVERT, command=_command(name, _KERAS_OPTIONS))


def _convert_folder(_name: str) -> Message:
    return _convert("FOLDER")


def _convert_labelled(name: str) -> Message:
    return Message(_CONVERT_LABELLED, command=_command(name, ""))


def _from_torch(_name: str) -> Message:
    export = 'torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), "model.onnx")'
    return Message(_FROM_TORCH, export=export, command=_command("model.onnx", _ONNX_OPTIONS))


def _from_keras(_name: str) -> Message:
    return Message(_FROM_KERAS, command=_command("keras_model.h5", _KERAS_OPTIONS))


def _from_origin(_name: str) -> Message:
    return Message(_FROM_ORIGIN, command=_command("model.h5", _KERAS_OPTIONS))


def _not_opened(_name: str) -> Message:
    return Message(_NOT_OPENED, command=_command("model.onnx", _ONNX_OPTIONS))


def _unpack(_name: str) -> Message:
    return Message(N_("Errors", "Unpack it first, then choose the model file that lay inside."))


def _no_model(_name: str) -> Message:
    return Message(N_("Errors", "Choose a model package (.onnx)."))


def _download(_name: str) -> Message:
    return Message(N_("Errors", "Download the model file itself again."))


def _keras(what: str) -> Foreign:
    return Foreign(Message(what), _convert, convertible=True)


def _tensorflow_js() -> Foreign:
    return Foreign(Message(N_("Errors", "a TensorFlow.js model")), _from_keras)


def _core_ml() -> Foreign:
    return Foreign(Message(N_("Errors", "a Core ML model")), _from_origin)


def _torch(what: str) -> Foreign:
    return Foreign(Message(what), _from_torch)


def _pickled() -> Foreign:
    return Foreign(Message(N_("Errors", "a pickled Python object")), _not_opened)


def _names_inside(data: bytes) -> frozenset[str]:
    """The names in a ZIP archive's directory, as they stand: nothing is unpacked."""
    names: set[str] = set()
    at = data.find(_DIRECTORY_ENTRY)
    while 0 <= at <= len(data) - 46 and len(names) < _MOST_NAMES:
        (length,) = struct.unpack_from("<H", data, at + 28)
        names.add(data[at + 46 : at + 46 + length].decode("utf-8", "replace").replace("\\", "/"))
        at = data.find(_DIRECTORY_ENTRY, at + 46)
    return frozenset(names)


def _archive(names: frozenset[str]) -> Foreign | None:
    if not names:
        # Cut off: the directory stands at the end.
        return None
    last = {name.rsplit("/", 1)[-1] for name in names}
    if "config.json" in names and "model.weights.h5" in names:
        return _keras(N_("Errors", "a Keras model"))
    if "keras_model.h5" in last:
        what = Message(N_("Errors", "a Teachable Machine download (Keras)"))
        return Foreign(what, _convert_labelled, convertible=True)
    if "saved_model.pb" in last:
        if any("model.savedmodel/" in name for name in names) and "labels.txt" in last:
            what = Message(N_("Errors", "a Teachable Machine download (SavedModel)"))
            return Foreign(what, _convert_labelled, convertible=True)
        return _keras(N_("Errors", "a TensorFlow SavedModel in an archive"))
    if any(name.endswith(".tflite") for name in last):
        what = Message(N_("Errors", "a Teachable Machine download (TensorFlow Lite)"))
        if "labels.txt" not in last:
            what = Message(N_("Errors", "a TensorFlow Lite model in an archive"))
        return Foreign(what, _from_keras)
    if "model.json" in last and any(name.endswith(".bin") for name in last):
        what = Message(N_("Errors", "a TensorFlow.js model in an archive"))
        if "metadata.json" in last:
            what = Message(N_("Errors", "a Teachable Machine download (TensorFlow.js)"))
        return Foreign(what, _from_keras)
    if last & {"data.pkl", "archive_format"}:
        return _torch(N_("Errors", "a PyTorch model"))
    if any(".mlpackage/" in name or name.endswith(".mlmodel") for name in names):
        return _core_ml()
    if "MAR-INF/MANIFEST.json" in names:
        return _torch(N_("Errors", "a TorchServe archive"))
    if "schema.json" in names:
        return Foreign(Message(N_("Errors", "a scikit-learn model (skops)")), _not_opened)
    if all(name.endswith(".npy") for name in names):
        return Foreign(Message(N_("Errors", "a NumPy archive of arrays")), _from_origin)
    return Foreign(Message(N_("Errors", "an archive (ZIP)")), _unpack)


def _by_first_bytes(data: bytes) -> Foreign | None:
    # PyTorch before 1.6 begins with a pickled number of its own.
    if data[:2] == b"\x80\x02" and b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19" in data[:20]:
        return _torch(N_("Errors", "a PyTorch model (old form)"))
    if len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5:
        return _pickled()
    if _OLD_PICKLE.match(data):
        return _pickled()
    # joblib's zlib is a bare stream.
    if data[:2] in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"ZF"):
        return _pickled()
    if data[8:9] == b"{" and struct.unpack_from("<Q", data)[0] <= _LONGEST_HEADER:
        return _torch(
            N_("Errors", "a file of weights (safetensors), without the network that they belong to")
        )
    for first, what in (
        (b"\x1f\x8b", N_("Errors", "a packed file (gzip)")),
        (b"BZh", N_("Errors", "a packed file (bzip2)")),
        (b"\xfd7zXZ\0", N_("Errors", "a packed file (xz)")),
        (b"7z\xbc\xaf\x27\x1c", N_("Errors", "an archive (7z)")),
        (b"Rar!\x1a\x07", N_("Errors", "an archive (RAR)")),
    ):
        if data.startswith(first):
            return Foreign(Message(what), _unpack)
    if data[257:262] == b"ustar":
        return Foreign(Message(N_("Errors", "an archive (tar)")), _unpack)
    if data[4:8] == b"ORTM":
        return Foreign(Message(N_("Errors", "a model in ONNX Runtime's own form (ORT)")), _from_origin)
    if data[4:6] == b"ET" and data[6:8].isdigit():
        return _torch(N_("Errors", "a PyTorch model for ExecuTorch"))
    if data.startswith(b"GGUF"):
        return Foreign(Message(N_("Errors", "a language model (GGUF)")), _no_model)
    if data.startswith(b"\x93NUMPY"):
        return Foreign(Message(N_("Errors", "a NumPy array")), _from_origin)
    if sniff_format(data[:12]) is not None:
        return Foreign(Message(N_("Errors", "an image")), _no_model)
    return None


def _protobuf(data: bytes) -> Foreign | None:
    """TensorFlow's SavedModel and frozen graphs, and Core ML, which are protobuf messages as ONNX is."""
    numbers: list[tuple[int, int]] = []
    try:
        for number, wire, _first, _last in Walker(memoryview(data)).fields(0, len(data)):
            numbers.append((number, wire))
            if len(numbers) >= 20:
                break
    except DamagedFile:
        # Beginning and end of a large file do not fit together; what was read before counts.
        pass
    if numbers[:1] == [(1, 0)] and any(number >= 200 and wire == BYTES for number, wire in numbers):
        return _core_ml()
    if data[:3] == b"\x08\x01\x12" and (b"serve" in data or b"tf." in data[:_HEAD]):
        what = Message(N_("Errors", "the graph of a TensorFlow SavedModel"))
        return Foreign(what, _convert_folder, convertible=True)
    if data[:1] == b"\x0a" and b"Placeholder" in data[:_HEAD]:
        return Foreign(Message(N_("Errors", "a frozen TensorFlow graph")), _from_origin)
    return None


def _text(data: bytes) -> Foreign | None:
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"version https://git-lfs"):
        return Foreign(Message(N_("Errors", "a note of Git LFS on where the model lies")), _download)
    if head[:15].lower().startswith((b"<!doctype html", b"<html")):
        return Foreign(Message(N_("Errors", "a web page")), _download)
    if head.startswith((b"<?xml", b"<net ")) and b"<net " in head:
        return Foreign(Message(N_("Errors", "a model for OpenVINO")), _from_origin)
    if head.startswith(b"{") and (b'"modelTopology"' in data[:_HEAD] or b'"weightsManifest"' in data):
        return _tensorflow_js()
    if head.startswith(b"{") and b'"class_name"' in head and b'"config"' in head:
        what = Message(N_("Errors", "the description of a Keras model without its weights"))
        return Foreign(what, _from_keras)
    return None

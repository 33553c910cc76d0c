"""A model package: one ONNX file with its manifest inside.

ModelError codes of this package:
    model_not_found, model_unreadable, model_too_large, model_damaged: the file itself.
    manifest_missing, manifest_invalid: what it says of itself.
    external_data: it needs other files beside it.
    model_foreign: a model of another kind, or no model at all.
    digest_mismatch: its bytes differ from those shipped, imported or read before.
    outputs_mismatch: the graph lacks what the manifest names, or gives something else.
    model_unsupported: ONNX Runtime cannot load or run it.
    model_exists, model_shipped, model_ambiguous, models_unwritable: see store.
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from hematodesk.domain.errors import ModelError
from hematodesk.domain.limits import MAX_METADATA_BYTES, MAX_MODEL_BYTES
from hematodesk.domain.manifest import MANIFEST_KEY, Manifest
from hematodesk.domain.messages import N_, Message, reason_of
from hematodesk.domain.packages import ModelPackage
from hematodesk.inference.foreign_models import (
    bare_onnx_error,
    foreign_error,
    foreign_file,
    foreign_head,
    outside_data_error,
)
from hematodesk.inference.manifest_json import parse_manifest
from hematodesk.inference.onnx_file import DamagedFile, OnnxFacts, read_onnx_facts
from hematodesk.inference.onnx_task import other_task, other_task_error

_COPY_AGAIN = N_("Errors", "Copy the file again from where it came.")
_CONVERT = N_("Errors", "Make a package of it with `python -m export_tools convert`.")


def read_package(path: Path) -> ModelPackage:
    """Read and check a package without building a session.

    Raises ModelError; see this module's list of codes.
    """
    return parse_package(read_model_bytes(path), path)


def parse_package(data: bytes, path: Path) -> ModelPackage:
    """The package in the bytes of that file; errors as in `read_package`."""
    name = path.name
    try:
        facts = read_onnx_facts(data)
    except DamagedFile as fault:
        foreign = foreign_file(data)
        if foreign is not None:
            raise foreign_error(name, foreign) from None
        raise ModelError(
            "model_damaged",
            N_("Errors", "{name} is not a whole ONNX model: {detail}."),
            _COPY_AGAIN,
            name=name,
            detail=fault.reason,
        ) from None
    if facts.external:
        raise outside_data_error(name)
    manifest = _manifest(facts, name)
    _check_names(facts, manifest, name)
    return ModelPackage(path, hashlib.sha256(data).hexdigest(), manifest)


def read_model_bytes(path: Path) -> bytes:
    """The whole file, its size checked first.

    Raises ModelError with code model_not_found, model_unreadable or model_too_large.
    """
    name = path.name
    try:
        status = path.stat()
        regular = stat.S_ISREG(status.st_mode)
        if stat.S_ISDIR(status.st_mode) or (regular and status.st_size > MAX_MODEL_BYTES):
            foreign = foreign_head(path)
            if foreign is not None:
                raise foreign_error(name, foreign)
        if not regular:
            raise ModelError(
                "model_unreadable",
                N_("Errors", "{name} is not a file."),
                N_("Errors", "Choose an .onnx file."),
                name=name,
            )
        if status.st_size > MAX_MODEL_BYTES:
            raise _too_large(name)
        with path.open("rb") as stream:
            # One byte more than allowed: the file may have grown since.
            data = stream.read(MAX_MODEL_BYTES + 1)
    except FileNotFoundError:
        raise ModelError(
            "model_not_found",
            N_("Errors", "There is no model file {name}."),
            N_("Errors", "Choose another file."),
            name=name,
        ) from None
    except (OSError, ValueError) as fault:
        # ValueError: a zero byte in the path. The sentence leaves the path out.
        invalid = Message(N_("Errors", "its name is not allowed"))
        raise ModelError(
            "model_unreadable",
            N_("Errors", "{name} cannot be read: {reason}."),
            N_("Errors", "Check the file's permissions and its disk."),
            name=name,
            reason=reason_of(fault) if isinstance(fault, OSError) else invalid,
        ) from None
    if len(data) > MAX_MODEL_BYTES:
        raise _too_large(name)
    return data


def _too_large(name: str) -> ModelError:
    limit = MAX_MODEL_BYTES // 2**20
    return ModelError(
        "model_too_large",
        N_("Errors", "{name} is larger than the {limit} MB allowed for a model."),
        N_("Errors", "Use a smaller network."),
        name=name,
        limit=limit,
    )


def _manifest(facts: OnnxFacts, name: str) -> Manifest:
    found = [value for key, value in facts.metadata if key == MANIFEST_KEY.encode()]
    if not found:
        notes = {
            key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in facts.metadata
        }
        task = other_task(facts.shapes, facts.operations, notes)
        raise other_task_error(name, task) if task is not None else bare_onnx_error(name)
    if len(found) > 1:
        raise ModelError(
            "manifest_invalid",
            N_("Errors", "{name} holds {count} manifests instead of one."),
            _CONVERT,
            name=name,
            count=len(found),
        )
    if len(found[0]) > MAX_METADATA_BYTES:
        raise ModelError(
            "manifest_invalid",
            N_("Errors", "The manifest of {name} is larger than {limit} MB."),
            _CONVERT,
            name=name,
            limit=MAX_METADATA_BYTES // 2**20,
        )
    try:
        text = found[0].decode("utf-8")
    except UnicodeDecodeError:
        raise ModelError(
            "manifest_invalid",
            N_("Errors", "The manifest of {name} is not UTF-8 text."),
            _COPY_AGAIN,
            name=name,
        ) from None
    try:
        return parse_manifest(text)
    except ModelError as error:
        raise ModelError(
            error.code,
            N_("Errors", "{name} cannot be used: {words}"),
            error.remedy,
            name=name,
            words=error.message,
        ) from None


def _check_names(facts: OnnxFacts, manifest: Manifest, name: str) -> None:
    if manifest.input.name not in facts.inputs:
        raise ModelError(
            "outputs_mismatch",
            N_("Errors", "{name} has no input {input}, which its manifest names in input.name."),
            _CONVERT,
            name=name,
            input=repr(manifest.input.name),
        )
    for output in manifest.graph_outputs:
        if output not in facts.outputs:
            raise ModelError(
                "outputs_mismatch",
                N_("Errors", "{name} has no output {output}, which its manifest names."),
                _CONVERT,
                name=name,
                output=repr(output),
            )

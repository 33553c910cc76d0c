"""Reads and writes a manifest as JSON. Every field is checked.

A field that is wrong is named in the error (ModelError `manifest_invalid`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, cast

from hematodesk.domain.json_fields import shown
from hematodesk.domain.manifest import (
    Abstention,
    CropRule,
    Curve,
    Familiarity,
    InputSpec,
    Manifest,
    Metric,
    ModelClass,
    Outputs,
    ScoreKind,
    Training,
)
from hematodesk.domain.messages import N_
from hematodesk.inference.fields import ManifestFields, check_number, check_text, load_document, refuse

SCHEMA = 1

# File names are made of name and version: no characters of paths or device names.
NAME_PATTERN = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
VERSION_PATTERN = r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}(?:-[0-9a-z]+)?"
CLASS_PATTERN = r"[a-z](?:[a-z0-9_]*[a-z0-9])?"
_DATE_PATTERN = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_HEX_PATTERN = r"[0-9a-f]{64}"
_WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))]
)

_NAME_LENGTH = 64
LONGEST_CLASS = 64
_LINE_LENGTH = 1_000
_TEXT_LENGTH = 20_000
MOST_CLASSES = 200
_MOST_ENTRIES = 200
_MOST_CURVES = 20
_MOST_PASSES = 2_000
_SMALLEST_SIDE = 16
_LARGEST_SIDE = 1024


def parse_manifest(document: Mapping[str, Any] | str) -> Manifest:
    """Check a manifest, given as JSON text or as the object it stands for.

    Raises ModelError `manifest_invalid` whose sentence names the field.
    """
    top = ManifestFields(load_document(document) if isinstance(document, str) else dict(document), "")
    schema = top.take("schema")
    if isinstance(schema, bool) or not isinstance(schema, int) or schema != SCHEMA:
        refuse(
            "schema",
            N_("Errors", "must be {schema}, not {value}; a newer program may be needed"),
            schema=SCHEMA,
            value=shown(schema),
        )
    manifest = Manifest(
        name=_name(top),
        version=top.text("version", longest=_NAME_LENGTH, pattern=VERSION_PATTERN),
        licence=top.text("licence", longest=_LINE_LENGTH),
        intended_use=top.text("intended_use", longest=_TEXT_LENGTH),
        date=top.text("date", longest=10, pattern=_DATE_PATTERN),
        classes=_classes(top),
        input=_input(top.child("input")),
        outputs=_outputs(top.child("outputs")),
        temperature=_calibration(top.child("calibration")),
        abstention=_abstention(top.child("abstention")),
        provenance=_provenance(top.child("provenance")),
        metrics=tuple(
            _metric(ManifestFields(entry, name)) for name, entry in top.entries("metrics", 0, _MOST_ENTRIES)
        ),
        curves=_curves(top),
    )
    top.finish()
    names = manifest.graph_outputs
    if len(set(names)) != len(names):
        refuse("outputs", N_("Errors", "names one output of the graph for two purposes"))
    return manifest


def manifest_to_json(manifest: Manifest) -> str:
    """The JSON text of a manifest, as `parse_manifest` reads it.

    Raises ModelError `manifest_invalid` when the manifest would not be accepted back.
    """
    familiarity = manifest.abstention.familiarity
    document = {
        "schema": SCHEMA,
        "name": manifest.name,
        "version": manifest.version,
        "licence": manifest.licence,
        "intended_use": manifest.intended_use,
        "date": manifest.date,
        "classes": [{"id": each.id, "display": each.display} for each in manifest.classes],
        "input": input_document(manifest.input),
        "outputs": outputs_document(manifest.outputs),
        "calibration": {"temperature": manifest.temperature},
        "abstention": {
            "min_confidence": manifest.abstention.min_confidence,
            "familiarity": None
            if familiarity is None
            else {"output": familiarity.output, "max": familiarity.max},
        },
        "provenance": {
            "data": list(manifest.provenance.data),
            "split": manifest.provenance.split,
            "base_weights": manifest.provenance.base_weights,
            "commit": manifest.provenance.commit,
            "parent_sha256": manifest.provenance.parent_sha256,
        },
        "metrics": [
            {
                "data": each.data,
                "accuracy": each.accuracy,
                "balanced_accuracy": each.balanced_accuracy,
                "images": each.images,
                "source_images": each.source_images,
                "interval": list(each.interval),
            }
            for each in manifest.metrics
        ],
    }
    if manifest.curves:
        document["curves"] = [{"name": each.name, "values": list(each.values)} for each in manifest.curves]
    text = json.dumps(document, ensure_ascii=False, indent=1)
    parse_manifest(text)
    return text


def input_document(spec: InputSpec) -> dict[str, Any]:
    """The manifest's field `input`."""
    crop: dict[str, Any] = {"rule": spec.crop.rule}
    if spec.crop.rule == "cell":
        crop |= {"red_cells": spec.crop.red_cells, "context": spec.crop.context}
    return {
        "name": spec.name,
        "width": spec.width,
        "height": spec.height,
        "layout": spec.layout,
        "colour": spec.colour,
        "scale": spec.scale[0] if len(set(spec.scale)) == 1 else list(spec.scale),
        "offset": list(spec.offset),
        "crop": crop,
    }


def outputs_document(outputs: Outputs) -> dict[str, Any]:
    """The manifest's field `outputs`."""
    return {
        "scores": outputs.scores,
        "kind": outputs.kind,
        "activation_map": outputs.activation_map,
        "embedding": outputs.embedding,
    }


def _name(top: ManifestFields) -> str:
    name = top.text("name", longest=_NAME_LENGTH, pattern=NAME_PATTERN)
    if name in _WINDOWS_DEVICES:
        refuse(
            "name", N_("Errors", "must not be {value}, which Windows keeps for a device"), value=shown(name)
        )
    return name


def _classes(top: ManifestFields) -> tuple[ModelClass, ...]:
    classes = []
    for name, entry in top.entries("classes", 2, MOST_CLASSES):
        fields = ManifestFields(entry, name)
        classes.append(
            ModelClass(
                fields.text("id", longest=LONGEST_CLASS, pattern=CLASS_PATTERN),
                fields.text("display", longest=LONGEST_CLASS),
            )
        )
        fields.finish()
        if len({each.id for each in classes}) != len(classes):
            refuse(f"{name}.id", N_("Errors", "repeats {value}"), value=shown(classes[-1].id))
    return tuple(classes)


def _input(fields: ManifestFields) -> InputSpec:
    spec = InputSpec(
        name=fields.text("name", longest=_LINE_LENGTH),
        width=fields.whole("width", _SMALLEST_SIDE, _LARGEST_SIDE),
        height=fields.whole("height", _SMALLEST_SIDE, _LARGEST_SIDE),
        layout=cast(Literal["nhwc", "nchw"], fields.one_of("layout", ("nhwc", "nchw"))),
        colour=cast(Literal["rgb", "bgr"], fields.one_of("colour", ("rgb", "bgr"))),
        scale=_scale(fields),
        offset=_three([check_number(n, v, -1e6, 1e6) for n, v in fields.entries("offset", 3, 3)]),
        crop=_crop(fields.child("crop")),
    )
    fields.finish()
    if spec.width != spec.height:
        refuse(
            "input.height",
            N_("Errors", "must equal input.width ({width}), not {height}"),
            width=spec.width,
            height=spec.height,
        )
    return spec


def _scale(fields: ManifestFields) -> tuple[float, float, float]:
    name, value = fields.full("scale"), fields.take("scale")
    given = value if isinstance(value, list) else [value] * 3
    if len(given) != 3:
        refuse(name, N_("Errors", "must be one number or a list of three, not {value}"), value=shown(value))
    checked = _three([check_number(name, entry, -1e6, 1e6) for entry in given])
    if 0.0 in checked:
        refuse(name, N_("Errors", "must not be 0"))
    return checked


def _three(values: list[float]) -> tuple[float, float, float]:
    first, second, third = values
    return first, second, third


def _crop(fields: ManifestFields) -> CropRule:
    rule = fields.one_of("rule", ("cell", "whole"))
    if rule == "whole":
        crop = CropRule("whole")
    else:
        crop = CropRule("cell", fields.number("red_cells", 0.5, 20), fields.number("context", 1, 10))
    fields.finish()
    return crop


def _optional_text(fields: ManifestFields, key: str, *, longest: int, pattern: str = "") -> str | None:
    value = fields.take_optional(key)
    return None if value is None else check_text(fields.full(key), value, longest=longest, pattern=pattern)


def _outputs(fields: ManifestFields) -> Outputs:
    outputs = Outputs(
        scores=fields.text("scores", longest=_LINE_LENGTH),
        kind=cast(ScoreKind, fields.one_of("kind", ("logits", "probabilities", "sigmoid"))),
        activation_map=_optional_text(fields, "activation_map", longest=_LINE_LENGTH),
        embedding=_optional_text(fields, "embedding", longest=_LINE_LENGTH),
    )
    fields.finish()
    return outputs


def _calibration(fields: ManifestFields) -> float:
    temperature = fields.number("temperature", 0.01, 100)
    fields.finish()
    return temperature


def _abstention(fields: ManifestFields) -> Abstention:
    least = fields.number("min_confidence", 0, 1)
    inner = fields.optional_child("familiarity")
    familiarity = None
    if inner is not None:
        familiarity = Familiarity(
            inner.text("output", longest=_LINE_LENGTH), inner.number("max", -1e12, 1e12)
        )
        inner.finish()
    fields.finish()
    return Abstention(least, familiarity)


def _provenance(fields: ManifestFields) -> Training:
    data = fields.entries("data", 0, _MOST_ENTRIES)
    training = Training(
        data=tuple(check_text(name, value, longest=_LINE_LENGTH) for name, value in data),
        split=fields.text("split", longest=_TEXT_LENGTH, empty=True),
        base_weights=fields.text("base_weights", longest=_LINE_LENGTH, empty=True),
        commit=fields.text("commit", longest=_LINE_LENGTH, empty=True),
        parent_sha256=_optional_text(fields, "parent_sha256", longest=64, pattern=_HEX_PATTERN),
    )
    fields.finish()
    return training


def _curves(top: ManifestFields) -> tuple[Curve, ...]:
    """Optional: most packages have no training curves."""
    given = top.take_optional("curves")
    if given is None:
        return ()
    curves = []
    for name, entry in ManifestFields({"curves": given}, "").entries("curves", 0, _MOST_CURVES):
        fields = ManifestFields(entry, name)
        values = fields.entries("values", 1, _MOST_PASSES)
        curves.append(
            Curve(
                fields.text("name", longest=_NAME_LENGTH),
                tuple(check_number(place, value, -1e12, 1e12) for place, value in values),
            )
        )
        fields.finish()
    return tuple(curves)


def _metric(fields: ManifestFields) -> Metric:
    low, high = (check_number(name, value, 0, 1) for name, value in fields.entries("interval", 2, 2))
    if low > high:
        refuse(fields.full("interval"), N_("Errors", "must have its lower end first"))
    metric = Metric(
        data=fields.text("data", longest=_LINE_LENGTH),
        accuracy=fields.number("accuracy", 0, 1),
        balanced_accuracy=fields.number("balanced_accuracy", 0, 1),
        images=fields.whole("images", 0, 10**9),
        source_images=fields.whole("source_images", 0, 10**9),
        interval=(low, high),
    )
    fields.finish()
    return metric

"""Collects the manifest's fields from options and from files beside the model."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from export_tools.data.labels import class_id, classes_of, read_labels
from hematodesk.domain.errors import ModelError
from hematodesk.domain.manifest import CropRule, InputSpec, Manifest, ModelClass, Outputs
from hematodesk.inference.manifest_json import (
    SCHEMA,
    input_document,
    manifest_to_json,
    outputs_document,
    parse_manifest,
)
from hematodesk.inference.report_folder import report_folder

_INTENDED_USE = (
    "Teaching and research: proposes names for cells in images of stained blood smears, to be checked by a "
    "person. Not a diagnosis."
)


def sidecar(path: Path) -> Path:
    """The file in which `train` leaves a model's details for `convert`."""
    return path.with_suffix(".training.json")


def calibration_file(path: Path) -> Path:
    """The file in which `calibrate` leaves temperature and thresholds of a model file."""
    return path.with_suffix(".calibration.json")


def familiarity_file(path: Path) -> Path:
    """The file in which `calibrate` leaves the statistics of the training embeddings."""
    return path.with_suffix(".familiarity.npz")


def results_folder(path: Path) -> Path:
    """The folder in which a recipe of `train` leaves the charts and tables of its training."""
    return path.with_suffix(".results")


def copy_charts(model: Path, package: Path) -> int:
    """Copy a recipe's charts and tables into the package's report; returns how many."""
    source, target = results_folder(model), report_folder(package) / "training"
    found = [each for each in sorted(source.glob("*")) if each.suffix in (".png", ".txt") and each.is_file()]
    if found:
        target.mkdir(parents=True, exist_ok=True)
    for each in found:
        shutil.copyfile(each, target / each.name)
    return len(found)


def read_details(args: argparse.Namespace, outputs: int, inside: Sequence[str] = ()) -> dict[str, Any]:
    """The details by precedence: options, then --details, then files beside the model.

    `inside` are the class names in the model file itself, if it has any.
    """
    from export_tools.networks.labels_beside import labels_beside

    known: dict[str, Any] = {}
    for path in (sidecar(args.input), calibration_file(args.input)):
        if path.is_file():
            known |= _document(path)
    if args.details is not None:
        known |= _document(args.details)
    if args.report:
        known["metrics"] = [_metric(path) for path in args.report]
    classes, why, given = known.pop("classes", None), "as written beside the model by train", True
    if args.labels:
        classes, why = _plain(read_labels(args.labels)), "as said by --labels"
    if not classes and len(inside) == outputs:
        classes, why = _plain(classes_of(inside)), "as written in the model file"
    if not classes:
        found = labels_beside(args.input, outputs)
        if found is None:
            raise ModelError(
                "labels_invalid",
                f"The class names are missing: {args.input.name} has {outputs} outputs.",
                "Give them with --labels, in the order of the outputs.",
            )
        classes, why, given = _plain(found[0]), f"from {found[1]} beside the model", False
    crop = known.pop("crop", None)
    if args.crop is not None or crop is None:
        crop = {"rule": args.crop or "whole", "red_cells": args.red_cells, "context": args.context}
    rule = (
        CropRule("whole") if crop["rule"] == "whole" else CropRule("cell", crop["red_cells"], crop["context"])
    )
    return known | {
        "classes": classes,
        "classes_why": why,
        "classes_given": given,
        "crop": rule,
        "name": args.name or known.get("name") or _package_name(args.output),
        "version": args.version or known.get("version") or "1.0.0",
    }


def _plain(classes: Sequence[ModelClass]) -> list[dict[str, str]]:
    return [{"id": each.id, "display": each.display} for each in classes]


def _package_name(output: Path) -> str:
    """A name derived from the file's; `model` where nothing of it can be used."""
    plain = output.stem.split("-")[0].encode("ascii", "ignore").decode()
    try:
        return class_id(plain)
    except ModelError:
        return "model"


def _curves(given: Any) -> list[dict[str, Any]]:
    """The sidecar's {name: values} as the manifest's list."""
    if not isinstance(given, dict):
        raise ModelError("details_invalid", "The field curves must be an object of lists.")
    return [{"name": name, "values": values} for name, values in given.items()]


def _metric(report: Path) -> dict[str, Any]:
    document = _document(report)
    named = ("data", "accuracy", "balanced_accuracy", "images", "source_images", "interval")
    missing = [name for name in named if name not in document]
    if missing:
        raise ModelError(
            "details_invalid", f"{report.name} is no report of evaluate: {missing[0]} is missing."
        )
    return {name: document[name] for name in named}


def _document(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises ModelError `details_invalid`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ModelError("details_invalid", f"{path.name} cannot be read as JSON: {fault}.") from fault
    if not isinstance(document, dict):
        raise ModelError("details_invalid", f"{path.name} must hold a JSON object.")
    return document


def manifest_text(told: dict[str, Any], spec: InputSpec, outputs: Outputs, familiarity: str | None) -> str:
    abstention = dict(told.get("abstention", {"min_confidence": 0.5}))
    limit = abstention.pop("familiarity_max", None)
    abstention["familiarity"] = None
    if familiarity is not None and limit is not None:
        abstention["familiarity"] = {"output": familiarity, "max": limit}
    manifest: Manifest = parse_manifest(
        {
            "schema": SCHEMA,
            "name": told["name"],
            "version": told["version"],
            "licence": told.get("licence", "not stated"),
            "intended_use": told.get("intended_use", _INTENDED_USE),
            "date": told.get("date", datetime.now(UTC).date().isoformat()),
            "classes": told["classes"],
            "input": input_document(spec),
            "outputs": outputs_document(outputs),
            "calibration": told.get("calibration", {"temperature": 1.0}),
            "abstention": abstention,
            "provenance": told.get(
                "provenance",
                {"data": [], "split": "", "base_weights": "", "commit": "", "parent_sha256": None},
            ),
            "metrics": told.get("metrics", []),
        }
        | ({"curves": _curves(told["curves"])} if told.get("curves") else {})
    )
    return manifest_to_json(manifest)

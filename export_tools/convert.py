"""`python -m export_tools convert`: a Keras file becomes a model package.

The graph is converted once, its head is read for the outputs that a package can have (logits,
activation map, embedding), and the result must answer as Keras does before it is written.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from export_tools.labels import class_id, read_labels
from export_tools.preprocessing import PREPROCESSINGS
from hematodesk.domain.errors import HematodeskError, ModelError
from hematodesk.inference.manifest import (
    MANIFEST_KEY,
    CropRule,
    InputSpec,
    Manifest,
    Outputs,
    manifest_to_json,
    parse_manifest,
)
from hematodesk.inference.preprocess import to_tensor

_OPSET = 17
_COMPARED = 64
_WEIGHTS = ("float32", "float16", "int8")
_INTENDED_USE = (
    "Teaching and research: proposes names for cells in images of stained blood smears, to be checked by a "
    "person. Not a diagnosis."
)


def add_parser(subparsers: Any) -> None:
    """The `convert` command."""
    parser = subparsers.add_parser("convert", help="Keras file to model package")
    parser.add_argument("input", type=Path, help=".keras (Keras 3) or .h5 (Keras 2 or 3)")
    parser.add_argument("--output", type=Path, required=True, help="the package to write (.onnx)")
    parser.add_argument("--labels", help="class names separated by commas, or a text file, one a line")
    parser.add_argument(
        "--preprocess",
        choices=sorted(PREPROCESSINGS),
        help="unit 0..1, symmetric -1..1, imagenet, raw 0..255",
    )
    parser.add_argument("--crop", choices=("cell", "whole"), help="what the model wants (default: whole)")
    parser.add_argument("--red-cells", type=float, default=3.0, help="crop side in red-cell diameters")
    parser.add_argument("--context", type=float, default=1.6, help="crop side in box sides, without a scale")
    parser.add_argument("--name", help="package name (default: from the output's file name)")
    parser.add_argument("--version", default=None, help="package version (default 1.0.0)")
    parser.add_argument(
        "--details",
        type=Path,
        help="JSON with further manifest fields (calibration, provenance, metrics ...)",
    )
    parser.add_argument(
        "--report", type=Path, action="append", default=[], help="report.json of evaluate, for the metrics"
    )
    parser.add_argument(
        "--weights",
        choices=_WEIGHTS,
        default="float32",
        help="float16: half the size, the same arithmetic; int8: smaller and faster, to be measured",
    )
    parser.add_argument(
        "--calibration-images", type=Path, help="folder of images like those to come, for --weights int8"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Convert; 0 when the package was written, 1 when the model was refused."""
    try:
        print(convert(args), file=sys.stderr)
    except HematodeskError as fault:
        print(f"{fault.code}: {fault.message} {fault.remedy}".strip(), file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"convert: {args.output} cannot be written: {fault.strerror}", file=sys.stderr)
        return 1
    return 0


def convert(args: argparse.Namespace) -> str:
    """Do the conversion and return a summary to check. Raises ModelError."""
    from export_tools.keras_files import load_keras_file
    from export_tools.onnx_graph import INPUT, add_familiarity, find_head, give_outputs
    from export_tools.parity import check_parity
    from hematodesk.domain.files import Rights, write_whole

    loaded = load_keras_file(args.input)
    told = _details(args, loaded.rescales_itself)
    if len(told["classes"]) != loaded.outputs and not (loaded.outputs == 1 and len(told["classes"]) == 2):
        raise ModelError(
            "labels_mismatch",
            f"{args.input.name} has {loaded.outputs} outputs, but {len(told['classes'])} labels were given.",
            "Give one label an output, in the order of training.",
        )
    if loaded.height != loaded.width:
        raise ModelError(
            "model_unsupported",
            f"{args.input.name} wants images of {loaded.width} x {loaded.height}; a package's are square.",
            "Train it on square images.",
        )
    graph = keras_to_onnx(loaded.model, loaded.height, loaded.width)
    head = find_head(graph)
    named = give_outputs(graph, head)
    familiarity = None
    statistics = familiarity_file(args.input)
    if statistics.is_file() and named["embedding"] is not None:
        familiarity = add_familiarity(graph, statistics)
    scaling = PREPROCESSINGS[told["preprocess"]]
    spec = InputSpec(
        INPUT,
        loaded.width,
        loaded.height,
        "nhwc",
        scaling.colour,
        scaling.scale,
        scaling.offset,
        told["crop"],
    )
    outputs = Outputs(named["scores"] or "", head.kind, named["activation_map"], named["embedding"])
    text = _manifest_text(told, spec, outputs, familiarity)
    del graph.metadata_props[:]
    graph.metadata_props.add(key=MANIFEST_KEY, value=text)
    serialized = graph.SerializeToString()
    parity = check_parity(loaded.model, serialized, spec, named, head.stripped)
    told_variant = ""
    if args.weights != "float32":
        variant, told_variant = make_variant(graph, args.weights, spec, outputs, args.calibration_images)
        serialized = variant.SerializeToString()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(args.output, serialized, Rights.USUAL)
    guessed = "" if told["preprocess_given"] else " (guessed: check it)"
    stripped = " (softmax taken off)" if head.stripped else ""
    return "\n".join(
        [
            f"{args.input.name}: {loaded.keras}, {loaded.width} x {loaded.height}, {loaded.outputs} outputs",
            f"classes: {', '.join(each['id'] for each in told['classes'])}",
            f"preprocessing: {told['preprocess']}{guessed}",
            f"crop: {told['crop'].rule}; scores: {head.kind}{stripped}",
            f"activation map: {outputs.activation_map or 'none'}; embedding: {outputs.embedding or 'none'}",
            f"largest difference to Keras: {parity.scores:.1e}{told_variant}",
            f"written: {args.output} ({len(serialized) / 1e6:.1f} MB)",
        ]
    )


def make_variant(
    graph: Any, kind: str, spec: InputSpec, outputs: Outputs, folder: Path | None
) -> tuple[Any, str]:
    """(graph with other weights, what to tell of it). Raises ModelError when its answers moved too far."""
    from export_tools.parity import sample_crops
    from export_tools.product_way import crops_of_folder
    from export_tools.variants import check_closeness, closeness, eight_bits, half_weights

    crops = crops_of_folder(folder, spec.crop, spec.width) if folder is not None else []
    if kind == "int8":
        variant = eight_bits(graph, to_tensor(crops, spec) if crops else np.zeros((0, 1), np.float32))
    else:
        variant = half_weights(graph)
    tensors = to_tensor(crops[:_COMPARED] or sample_crops(spec), spec)
    found = closeness(graph, variant, tensors, scores=outputs.scores, logits=outputs.kind == "logits")
    check_closeness(found, kind)
    told = f"; {kind} weights move a probability by {found.shift:.1e} at most, {found.agreement:.1%} agree"
    return variant, f"{told} ({len(tensors)} images)"


def keras_to_onnx(model: Any, height: int, width: int) -> Any:
    """An ONNX graph (ModelProto) of a Keras model, batch size open, channels last.

    Raises ModelError `model_unsupported` naming what could not be converted.
    """
    import tensorflow as tf
    import tf2onnx

    signature = (tf.TensorSpec((None, height, width, 3), tf.float32, name="input"),)

    @tf.function(input_signature=signature)
    def answer(images: Any) -> Any:
        return model(images, training=False)

    try:
        graph, _ = tf2onnx.convert.from_function(answer, input_signature=signature, opset=_OPSET)
    except (ValueError, NotImplementedError, RuntimeError) as fault:
        reason = " ".join(str(fault).split())[:300]
        raise ModelError("model_unsupported", f"The model cannot be converted: {reason}") from fault
    return graph


def sidecar(path: Path) -> Path:
    """Where `train` writes what `convert` should know of a model file."""
    return path.with_suffix(".training.json")


def calibration_file(path: Path) -> Path:
    """Where `calibrate` writes temperature and thresholds of a model file."""
    return path.with_suffix(".calibration.json")


def familiarity_file(path: Path) -> Path:
    """Where `calibrate` writes the statistics of training's embeddings."""
    return path.with_suffix(".familiarity.npz")


def _details(args: argparse.Namespace, rescales_itself: bool) -> dict[str, Any]:
    """Options, then --details, then what stands beside the model; the first that speaks wins."""
    known: dict[str, Any] = {}
    for path in (sidecar(args.input), calibration_file(args.input)):
        if path.is_file():
            known |= _document(path)
    if args.details is not None:
        known |= _document(args.details)
    if args.report:
        known["metrics"] = [_metric(path) for path in args.report]
    classes = known.pop("classes", None)
    if args.labels:
        classes = [{"id": each.id, "display": each.display} for each in read_labels(args.labels)]
    if not classes:
        raise ModelError("labels_invalid", "The class names are missing.", "Give them with --labels.")
    told_way = args.preprocess or known.pop("preprocess", None)
    known.pop("preprocess", None)
    crop = known.pop("crop", None)
    if args.crop is not None or crop is None:
        crop = {"rule": args.crop or "whole", "red_cells": args.red_cells, "context": args.context}
    rule = (
        CropRule("whole") if crop["rule"] == "whole" else CropRule("cell", crop["red_cells"], crop["context"])
    )
    return known | {
        "classes": classes,
        "preprocess": told_way or ("raw" if rescales_itself else "symmetric"),
        "preprocess_given": told_way is not None,
        "crop": rule,
        "name": args.name or known.get("name") or class_id(args.output.stem.split("-")[0]),
        "version": args.version or known.get("version") or "1.0.0",
    }


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


def _manifest_text(told: dict[str, Any], spec: InputSpec, outputs: Outputs, familiarity: str | None) -> str:
    abstention = dict(told.get("abstention", {"min_confidence": 0.5}))
    limit = abstention.pop("familiarity_max", None)
    abstention["familiarity"] = None
    if familiarity is not None and limit is not None:
        abstention["familiarity"] = {"output": familiarity, "max": limit}
    crop: dict[str, Any] = {"rule": spec.crop.rule}
    if spec.crop.rule == "cell":
        crop |= {"red_cells": spec.crop.red_cells, "context": spec.crop.context}
    manifest: Manifest = parse_manifest(
        {
            "schema": 1,
            "name": told["name"],
            "version": told["version"],
            "licence": told.get("licence", "not stated"),
            "intended_use": told.get("intended_use", _INTENDED_USE),
            "date": told.get("date", datetime.now(UTC).date().isoformat()),
            "classes": told["classes"],
            "input": {
                "name": spec.name,
                "width": spec.width,
                "height": spec.height,
                "layout": spec.layout,
                "colour": spec.colour,
                "scale": list(spec.scale),
                "offset": list(spec.offset),
                "crop": crop,
            },
            "outputs": {
                "scores": outputs.scores,
                "kind": outputs.kind,
                "activation_map": outputs.activation_map,
                "embedding": outputs.embedding,
            },
            "calibration": told.get("calibration", {"temperature": 1.0}),
            "abstention": abstention,
            "provenance": told.get(
                "provenance",
                {"data": [], "split": "", "base_weights": "", "commit": "", "parent_sha256": None},
            ),
            "metrics": told.get("metrics", []),
        }
    )
    return manifest_to_json(manifest)

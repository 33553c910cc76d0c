"""`python -m export_tools convert`: a Keras or ONNX file becomes a model package.

The graph is converted once, its head is read for the outputs that a package can have (logits,
activation map, embedding), and the result must give the model's own answers before it is written.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from export_tools.conversion.foreign import hush
from export_tools.networks.architectures import ARCHITECTURES
from export_tools.networks.package_details import (
    copy_charts,
    familiarity_file,
    manifest_text,
    read_details,
)
from export_tools.networks.preprocessing import PREPROCESSINGS
from hematodesk.domain.errors import HematodeskError, ModelError
from hematodesk.domain.manifest import MANIFEST_KEY, InputSpec, Outputs
from hematodesk.domain.words import number_of
from hematodesk.inference.package import read_package
from hematodesk.inference.preprocess import to_tensor

if TYPE_CHECKING:
    from export_tools.conversion.loaded_model import LoadedModel, Wanted
    from export_tools.conversion.onnx_head import Head
    from export_tools.conversion.parity import Parity

_COMPARED = 64
_WEIGHTS = ("float32", "float16", "int8")


def add_parser(subparsers: Any) -> None:
    """The `convert` command."""
    ways = "; ".join(f"{name}: {each.words}" for name, each in PREPROCESSINGS.items())
    parser = subparsers.add_parser(
        "convert",
        help="Keras or ONNX model to model package",
        description="Turns a Keras model, a Teachable Machine download or a bare ONNX model (of PyTorch, "
        "fastai, tf2onnx …) into a package for hematodesk: one ONNX file with classes, input, preprocessing "
        "and crop rule inside. The package must answer as the model itself does, or nothing is written. "
        "Read the summary: what the file does not say is guessed, and marked GUESSED.",
        epilog="Example: python -m export_tools convert model.h5 --output mine.onnx --labels "
        "'eosinophil,lymphocyte,monocyte,neutrophil' --preprocess unit",
    )
    parser.add_argument(
        "input",
        type=Path,
        help=".keras, .h5 of Keras 3 or 2, a SavedModel folder, a Teachable Machine zip (Keras or "
        "SavedModel), .onnx, or a file of weights with --architecture",
    )
    parser.add_argument("--output", type=Path, required=True, help="the package to write (.onnx)")
    parser.add_argument(
        "--labels",
        help="class names in the order of the outputs, separated by commas (a name with a comma in quotes), "
        "or a file: text with one a line (a leading index is taken off), a CSV table of names or of indexes "
        "and names, or JSON such as class_indices (default: labels.txt and the like beside the model)",
    )
    parser.add_argument("--preprocess", choices=tuple(PREPROCESSINGS), help=ways.replace("%", "%%"))
    for option, words in (("--mean", "mean"), ("--std", "standard deviation")):
        parser.add_argument(
            option,
            type=_three,
            metavar="R,G,B",
            help=f"the {words} of each channel that training used, on a scale of 0 to 1, as in PyTorch's "
            "Normalize; both together, instead of --preprocess",
        )
    parser.add_argument(
        "--colour",
        choices=("rgb", "bgr"),
        default="rgb",
        help="channel order of the images that training gave to its preprocessing: bgr where they were read "
        "with OpenCV and not converted (default rgb)",
    )
    parser.add_argument(
        "--crop",
        choices=("cell", "whole"),
        help="whole: the model names whole images (default for models that `train` did not make); cell: it "
        "names single cells cut out, which the program then locates and cuts",
    )
    parser.add_argument(
        "--red-cells", type=float, default=3.0, help="crop side in red-cell diameters (default 3)"
    )
    parser.add_argument(
        "--context", type=float, default=1.6, help="crop side in box sides, without a scale (default 1.6)"
    )
    parser.add_argument("--size", type=int, help="edge of the input, where the file leaves it open")
    parser.add_argument(
        "--architecture",
        help="for files of weights: the base, " + ", ".join(sorted(ARCHITECTURES)),
    )
    parser.add_argument(
        "--head",
        help="for files of weights: pooled, maxpooled or flatten, and the units of hidden dense layers "
        "(pooled128, flatten256-64; default: read from the shapes of the weights)",
    )
    parser.add_argument("--alpha", type=float, default=1.0, help="for files of weights: width of a MobileNet")
    parser.add_argument(
        "--activation",
        choices=("softmax", "sigmoid", "none"),
        help="for files of weights: what the last layer does (default softmax, sigmoid for one unit)",
    )
    parser.add_argument(
        "--unsafe",
        action="store_true",
        help="run Python code that the file holds (Lambda layers); only for files whose maker you trust",
    )
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


def _three(text: str) -> tuple[float, float, float]:
    values = [float(each) for each in text.split(",")]
    if len(values) != 3 or not all(-1e4 < each < 1e4 for each in values):
        raise ValueError(text)
    return values[0], values[1], values[2]


def run(args: argparse.Namespace) -> int:
    """Convert; 0 when the package was written, 1 when the model was refused."""
    hush()
    try:
        print(convert(args))
    except HematodeskError as fault:
        print(f"convert: {fault.message} {fault.remedy}".strip() + f" [{fault.code}]", file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"convert: {args.output} cannot be written: {fault.strerror or fault}", file=sys.stderr)
        return 1
    return 0


def convert(args: argparse.Namespace) -> str:
    """Do the conversion and return a summary to check. Raises ModelError, OSError where it cannot write."""
    from export_tools.conversion.archives import unpacked

    _check_output(args.input, args.output)
    with unpacked(args.input) as source:
        return _convert(argparse.Namespace(**(vars(args) | {"input": source})), args.input)


def _convert(args: argparse.Namespace, told_as: Path) -> str:
    """The same for a model that is no archive any more; `told_as` is what the user named."""
    from export_tools.conversion.guesses import base_of
    from export_tools.conversion.loaded_model import Wanted
    from export_tools.conversion.onnx_graph import INPUT
    from export_tools.conversion.onnx_head import find_head
    from export_tools.conversion.scaling import choose_scaling, double_scaling, told_by_values
    from export_tools.conversion.summary import describe
    from hematodesk.domain.files import Rights, write_whole
    from hematodesk.inference.report_folder import report_folder

    wanted = Wanted(args.size, args.architecture, args.head, args.alpha, args.activation, unsafe=args.unsafe)
    loaded = load_model(args.input, wanted)
    told = read_details(args, loaded.outputs, loaded.labels)
    if len(told["classes"]) != loaded.outputs and not (loaded.outputs == 1 and len(told["classes"]) == 2):
        raise ModelError(
            "labels_mismatch",
            f"{args.input.name} has {number_of(loaded.outputs, 'output')}, but {len(told['classes'])} labels "
            "were given.",
            "Give one label an output, in the order of training"
            + (" (two labels for its one output)." if loaded.outputs == 1 else "."),
        )
    if loaded.height != loaded.width:
        raise ModelError(
            "model_unsupported",
            f"{args.input.name} wants images of {loaded.width} x {loaded.height}; a package's are square.",
            "Train it on square images.",
        )
    graph = _graph_of(loaded)
    base = base_of(loaded, graph)
    scaling = choose_scaling(told, args, loaded, graph, base)
    head = find_head(graph)
    if loaded.outputs == 1 and head.stripped == "softmax":
        raise ModelError(
            "model_unsupported",
            f"The one output of {args.input.name} goes through a softmax, which makes 1 of whatever it is: "
            "the model tells nothing apart.",
            "Train it with a sigmoid at the end, or with one output a class.",
        )
    if head.kind == "logits" and not head.stripped and not head.single:
        head = told_by_values(head, loaded, scaling)
    warnings = double_scaling(told, loaded, graph, scaling)
    scaling = scaling.of_images_read_as(args.colour)
    spec = InputSpec(
        INPUT,
        loaded.width,
        loaded.height,
        loaded.layout,
        scaling.colour,
        scaling.scale,
        scaling.offset,
        told["crop"],
    )
    graph, head, outputs, parity = _proved(graph, head, loaded, told, spec, familiarity_file(args.input))
    serialized = graph.SerializeToString()
    told_variant = ""
    if args.weights != "float32":
        variant, told_variant = make_variant(graph, args.weights, spec, outputs, args.calibration_images)
        serialized = variant.SerializeToString()
    replaced = " (replaced)" if args.output.exists() else ""
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(args.output, serialized, Rights.USUAL)
    charts = copy_charts(args.input, args.output)
    lines = [*warnings, *describe(told_as, loaded, base, told, spec, head, outputs, parity, scaling)]
    if told_variant:
        lines.append(f"weights:        {told_variant}")
    if charts:
        lines.append(f"charts:         {charts} of the training, in {report_folder(args.output).name}")
    return "\n".join([*lines, f"written:        {args.output} ({len(serialized) / 1e6:.1f} MB){replaced}"])


def load_model(path: Path, wanted: Wanted) -> LoadedModel:
    """Load a model of any kind that can be converted; the content decides.

    Raises ModelError: `model_foreign` for other kinds, else what the loader of its kind raises.
    """
    from export_tools.conversion.keras_files import is_keras, load_keras_file
    from export_tools.conversion.onnx_files import is_onnx
    from export_tools.conversion.onnx_models import load_onnx_model
    from hematodesk.inference.foreign_models import foreign_error, foreign_head

    if path.is_file() and not is_keras(path):
        if is_onnx(path):
            return load_onnx_model(path, wanted)
        foreign = foreign_head(path)
        if foreign is not None and not foreign.convertible:
            raise foreign_error(path.name, foreign)
    return load_keras_file(path, wanted)


def _graph_of(loaded: LoadedModel) -> Any:
    if loaded.graph is not None:
        return loaded.graph
    from export_tools.conversion.keras_graph import keras_to_onnx

    return keras_to_onnx(loaded)


def _proved(
    graph: Any, head: Head, loaded: LoadedModel, told: dict[str, Any], spec: InputSpec, statistics: Path
) -> tuple[Any, Head, Outputs, Parity]:
    """(package's graph, head, outputs, comparison), with as much of the head as proves to be true.

    A graph from elsewhere may only look as if its map explained the scores: then it goes without.
    Raises ModelError `parity_failed`.
    """
    import onnx

    from export_tools.conversion.onnx_graph import add_familiarity, give_outputs
    from export_tools.conversion.parity import BATCHES, HALF_TOLERANCE, SINGLE, TOLERANCE, check_parity

    heads = [head]
    if loaded.graph is not None:
        heads += [replace(head, features=None, flattened=None), replace(head, features=None, embedding=None)]
    for attempt in heads:
        made = onnx.ModelProto()
        made.CopyFrom(graph)
        named = give_outputs(made, attempt)
        familiarity = None
        if statistics.is_file() and named["embedding"] is not None and loaded.graph is None:
            familiarity = add_familiarity(made, statistics)
        outputs = Outputs(named["scores"] or "", attempt.kind, named["activation_map"], named["embedding"])
        del made.metadata_props[:]
        made.metadata_props.add(key=MANIFEST_KEY, value=manifest_text(told, spec, outputs, familiarity))
        batches = BATCHES if loaded.batch is None else SINGLE
        try:
            parity = check_parity(
                loaded.model,
                made.SerializeToString(),
                spec,
                named,
                attempt,
                batches=batches,
                origin=loaded.origin,
                tolerance=HALF_TOLERANCE if loaded.half else TOLERANCE,
            )
        except ModelError:
            if attempt is heads[-1]:
                raise
        else:
            return made, attempt, outputs, parity
    raise AssertionError("there is always a head to try")


def make_variant(
    graph: Any, kind: str, spec: InputSpec, outputs: Outputs, folder: Path | None
) -> tuple[Any, str]:
    """(graph with other weights, summary line). Raises ModelError when its answers differ too much."""
    from export_tools.conversion.parity import sample_crops
    from export_tools.conversion.variants import check_closeness, closeness, eight_bits, half_weights
    from export_tools.data.product_way import crops_of_folder

    crops = crops_of_folder(folder, spec.crop, spec.width) if folder is not None else []
    if kind == "int8":
        variant = eight_bits(graph, to_tensor(crops, spec) if crops else np.zeros((0, 1), np.float32))
    else:
        variant = half_weights(graph)
    tensors = to_tensor(crops[:_COMPARED] or sample_crops(spec), spec)
    found = closeness(graph, variant, tensors, scores=outputs.scores, logits=outputs.kind == "logits")
    check_closeness(found, kind)
    told = f"{kind}: they move a probability by {found.shift:.1e} at most, {found.agreement:.1%} agree"
    return variant, f"{told} ({number_of(len(tensors), 'image')})"


def _check_output(source: Path, output: Path) -> None:
    """Check that the output can be written, before the long work. Raises ModelError `output_refused`."""
    reason, remedy = "", "Choose another name with --output."
    if output.is_dir():
        reason = "is a folder"
    elif output.suffix.lower() != ".onnx":
        reason, remedy = "does not end in .onnx", "The program loads packages by that ending."
    elif output.exists():
        if source.exists() and output.samefile(source):
            reason = "is the model itself"
        elif not _is_package(output):
            reason = "exists and is no model package; it is not overwritten"
    else:
        place = next((each for each in output.absolute().parents if each.exists()), Path("/"))
        if not place.is_dir() or not os.access(place, os.W_OK):
            reason, remedy = f"cannot be written: no right to write in {place}", "Choose another folder."
    if reason:
        raise ModelError("output_refused", f"{output} {reason}.", remedy)


def _is_package(path: Path) -> bool:
    try:
        read_package(path)
    except ModelError:
        return False
    return True

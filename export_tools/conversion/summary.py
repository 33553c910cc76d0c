"""The summary that `convert` prints for the user to check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from export_tools.conversion.loaded_model import LoadedModel
from export_tools.conversion.onnx_head import Head
from export_tools.conversion.parity import Parity
from export_tools.networks.architectures import Architecture
from export_tools.networks.preprocessing import Preprocessing
from hematodesk.domain.manifest import InputSpec, Outputs
from hematodesk.domain.words import number_of

_KINDS = {
    ("logits", "softmax", False): "logits (the softmax at the end was taken off; the program puts it back)",
    ("logits", "log softmax", False): "logits (the softmax's logarithm at the end was taken off)",
    ("logits", "", False): "logits (there is no softmax or sigmoid at the end)",
    ("logits", "sigmoid", True): "logits (one sigmoid unit: the probability of the second class)",
    ("logits", "", True): "logits (one unit without sigmoid: the logit of the second class)",
    ("sigmoid", "", False): "a sigmoid for each class; the program scales them to the sum 1",
    ("probabilities", "", False): "probabilities (no softmax was found, but all samples add up to 1)",
}


def describe(
    source: Path,
    loaded: LoadedModel,
    base: Architecture | None,
    told: dict[str, Any],
    spec: InputSpec,
    head: Head,
    outputs: Outputs,
    parity: Parity,
    scaling: Preprocessing,
) -> list[str]:
    """The lines, most important first."""
    layout = "channels last" if spec.layout == "nhwc" else "channels first"
    lines = [
        f"model:          {source.name}: {loaded.keras}",
        f"architecture:   {base.name if base is not None else 'not one of those known by name'}",
        f"input:          {spec.width} x {spec.height}, {layout}, {spec.colour.upper()}",
        f"preprocessing:  {told['preprocess']}: {scaling.words}",
        f"                {_source(told['preprocess_why'], told['preprocess_given'], '--preprocess')}",
        f"classes:        {', '.join(_class(each) for each in told['classes'])}",
        f"                {_source(told['classes_why'], told['classes_given'], '--labels')}",
        f"crop:           {_crop(spec)}",
        f"scores:         {_KINDS[head.kind, head.stripped, head.single]}",
        f"head:           {head_words(head)}",
        f"activation map: {map_words(head, outputs)}",
        f"embedding:      {'the input of the last dense layer' if outputs.embedding else 'none'}",
        *(f"note:           {note}" for note in loaded.notes),
        f"parity:         {parity.images} images (noise, patterns, a drawn cell) in batches of "
        f"{', '.join(map(str, dict.fromkeys(parity.batches)))}: scores differ by {parity.scores:.1e} at most "
        f"from {loaded.origin}'s, "
        f"the program's probabilities by {parity.probabilities:.1e}"
        + (f", map to logit by {parity.activation_map:.1e}" if outputs.activation_map else ""),
        f"ONNX:           opset {loaded.opset}",
    ]
    return lines


def head_words(head: Head) -> str:
    """Description of the head."""
    pooling = {
        "average": "global average pooling",
        "max": "global max pooling",
        "flattened": "Flatten",
        "unknown": "of a kind not known here",
    }[head.pooling]
    layers = number_of(head.dense, "dense layer") if head.dense else "no dense layer"
    return f"{pooling}, {layers}"


def map_words(head: Head, outputs: Outputs) -> str:
    """Description of the package's activation map, or why it has none and what the window then shows."""
    if outputs.activation_map is not None:
        before = " before the sigmoid" if head.kind == "sigmoid" else ""
        across = "" if head.flattened is None else f" ({head.flattened[0]} x {head.flattened[1]} positions)"
        return f"exact: its mean plus the bias is the logit{before}{across}"
    if head.pooling == "max" and head.dense <= 1:
        why = "max pooling takes each feature from one position only"
    elif head.dense > 1:
        why = f"{head.dense} dense layers in a row mix the positions, so that no exact map exists"
    else:
        why = "the head is not one dense layer on pooled or flattened features"
    return f"none: {why}; the window says that the model gives no map"


def _source(why: str, given: bool, option: str) -> str:
    return why if given else f"GUESSED, check it: {why} ({option} says otherwise)"


def _class(each: dict[str, str]) -> str:
    return each["display"] if each["display"].lower() == each["id"] else f"{each['display']} ({each['id']})"


def _crop(spec: InputSpec) -> str:
    if spec.crop.rule == "whole":
        return "whole: the whole image, resized (--crop cell if it was trained on single cells cut out)"
    return (
        f"cell: a square around each located cell, {spec.crop.red_cells:g} red-cell diameters wide, or "
        f"{spec.crop.context:g} box sides where there is no scale"
    )

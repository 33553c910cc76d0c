"""Chooses the preprocessing, and warns where it and the model would scale the pixels twice."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

from export_tools.conversion.foreign import foreign
from export_tools.conversion.guesses import guess_preprocessing, scaled_inside
from export_tools.conversion.loaded_model import LoadedModel
from export_tools.conversion.onnx_head import Head
from export_tools.conversion.parity import sample_crops
from export_tools.networks.preprocessing import PREPROCESSINGS, Preprocessing, normalised
from hematodesk.domain.errors import ModelError
from hematodesk.domain.manifest import CropRule, InputSpec
from hematodesk.inference.preprocess import to_tensor


def choose_scaling(
    told: dict[str, Any], args: argparse.Namespace, loaded: LoadedModel, graph: Any, base: Any
) -> Preprocessing:
    """Fill in `preprocess`, `preprocess_why` and `preprocess_given`; the preprocessing itself.

    Raises ModelError `details_invalid` for options that do not fit together or the model.
    """
    if (args.mean is None) != (args.std is None) or (args.mean is not None and args.preprocess is not None):
        raise ModelError(
            "details_invalid", "--mean and --std go together, and without --preprocess.", "Give both or none."
        )
    if args.mean is not None:
        if min(args.std) <= 0:
            raise ModelError("details_invalid", "--std has a value that is not above 0.", "Check its values.")
        told |= {"preprocess": "mean and deviation", "preprocess_why": "as said by --mean and --std"}
    elif args.preprocess is not None:
        told |= {"preprocess": args.preprocess, "preprocess_why": "as said by --preprocess"}
    elif told.get("preprocess") is not None:
        told["preprocess_why"] = "as written beside the model by train"
    told["preprocess_given"] = told.get("preprocess") is not None
    if not told["preprocess_given"]:
        guess = guess_preprocessing(loaded, graph, base)
        told |= {"preprocess": guess.preprocess, "preprocess_why": guess.why}
    if args.mean is not None:
        scaling = normalised(args.mean, args.std)
    elif told["preprocess"] in PREPROCESSINGS:
        scaling = PREPROCESSINGS[told["preprocess"]]
    else:
        raise ModelError(
            "details_invalid",
            f"The preprocessing {told['preprocess']!r} is not known.",
            f"Known are {', '.join(PREPROCESSINGS)}.",
        )
    if loaded.takes_bytes and told["preprocess"] != "raw":
        raise ModelError(
            "details_invalid",
            f"{args.input.name} takes whole numbers from 0 to 255 and scales them itself.",
            "Say --preprocess raw.",
        )
    return scaling


def double_scaling(
    told: dict[str, Any], loaded: LoadedModel, graph: Any, scaling: Preprocessing
) -> list[str]:
    """Lines that warn, naming the layer, of a preprocessing that the model does itself or does not want."""
    inside = scaled_inside(graph)
    named = loaded.scaling or ((inside.words,) if inside is not None and inside.wants == "bytes" else ())
    before = f"{told['preprocess']} ({scaling.words})"
    if named and told["preprocess"] != "raw":
        return [
            f"WARNING:        scales twice: {' and '.join(named)} scales pixels of 0 to 255 inside the "
            f"model, and the preprocessing {before} changes them before.",
            "                Say --preprocess raw, unless training prepared its images so, too.",
        ]
    if inside is not None and inside.wants == "unit" and not loaded.scaling and told["preprocess"] != "unit":
        return [
            f"WARNING:        {inside.words} wants pixels of 0 to 1, and the preprocessing {before} gives "
            "others.",
            "                Say --preprocess unit, unless training prepared its images so, too.",
        ]
    return []


def told_by_values(head: Head, loaded: LoadedModel, scaling: Preprocessing) -> Head:
    """Whether the values of scores without a visible softmax show that they are probabilities."""
    spec = InputSpec(
        "image", loaded.width, loaded.height, loaded.layout, scaling.colour, scaling.scale, scaling.offset,
        CropRule("whole"),
    )  # fmt: skip
    with foreign("model_unsupported", f"{loaded.origin} does not run the model itself"):
        rows = [
            np.asarray(loaded.model(to_tensor([crop], spec), training=False), dtype=np.float64)[0]
            for crop in sample_crops(spec, 6)
        ]
    values = np.stack(rows)
    if values.min() >= 0 and values.max() <= 1 and np.allclose(values.sum(axis=1), 1, atol=1e-4):
        return replace(head, kind="probabilities")
    return head

"""Guesses the preprocessing from what a model file shows. A guess is always reported as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from export_tools.conversion.loaded_model import LoadedModel
from export_tools.networks.architectures import Architecture, recognise

_SCALING_LAYERS = ("Rescaling", "Normalization")
_ARITHMETIC = ("Mul", "Div", "Sub", "Add")
_THROUGH = ("Transpose", "Cast", "Identity", "Reshape", "Pad", "Squeeze", "Unsqueeze")
_TEACHABLE_MACHINE = "global_average_pooling2d_GlobalAveragePooling2D"


@dataclass(frozen=True)
class Guess:
    """A preprocessing and the reason to assume that training used it."""

    preprocess: str
    why: str


def base_of(loaded: LoadedModel, graph: Any) -> Architecture | None:
    """The known base that layers or, in a SavedModel, operations and constants are named after."""
    names = [name for name, _ in loaded.layers]
    inside = (*graph.graph.node, *graph.graph.initializer)
    return recognise(names) or recognise(each.name for each in inside)


def guess_preprocessing(loaded: LoadedModel, graph: Any, base: Architecture | None) -> Guess:
    """From scaling inside the model, else the base's own function, else the most common one."""
    if base is not None and base.built_in:
        return Guess("raw", f"{base.name} scales by itself")
    for name, kind in loaded.layers:
        if kind in _SCALING_LAYERS:
            return Guess("raw", f"the layer {name!r} of type {kind} scales inside the model")
    inside = _scaled_before_first_layer(graph)
    if inside is not None:
        return Guess("raw", f"the model begins with arithmetic on the pixels ({inside})")
    if any(name.startswith(_TEACHABLE_MACHINE) for name, _ in loaded.layers):
        return Guess("symmetric", "Teachable Machine scales so")
    if base is not None:
        return Guess(base.preprocess, f"{base.name}'s preprocess_input does so")
    return Guess("unit", "nothing in the file says it; most training code divides by 255")


def _scaled_before_first_layer(graph: Any) -> str | None:
    """The first arithmetic with a constant on the way from the input to the first real layer."""
    constants = {each.name for each in graph.graph.initializer}
    constants |= {node.output[0] for node in graph.graph.node if node.op_type == "Constant"}
    name = graph.graph.input[0].name
    for _ in range(20):
        users = [node for node in graph.graph.node if name in node.input]
        if len(users) != 1:
            return None
        (node,) = users
        if node.op_type in _ARITHMETIC and any(each in constants for each in node.input):
            return str(node.op_type)
        if node.op_type not in _THROUGH:
            return None
        name = node.output[0]
    return None

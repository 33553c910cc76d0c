"""Guesses the preprocessing from what a model file shows. A guess is always reported as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from onnx import numpy_helper

from export_tools.conversion.loaded_model import LoadedModel
from export_tools.networks.architectures import Architecture, recognise

_SCALING_LAYERS = ("Rescaling", "Normalization")
_ARITHMETIC = ("Mul", "Div", "Sub", "Add")
_THROUGH = ("Transpose", "Cast", "Identity", "Reshape", "Pad", "Squeeze", "Unsqueeze")
_SMALL, _LARGE = 1 / 16, 16.0
"""Pixels of 0 to 255 are divided by more than that, or have a mean of more than that taken off."""

_TEACHABLE_MACHINE = "global_average_pooling2d_GlobalAveragePooling2D"


@dataclass(frozen=True)
class Guess:
    """A preprocessing and the reason to assume that training used it."""

    preprocess: str
    why: str


@dataclass(frozen=True)
class Inside:
    """Arithmetic on the pixels with which a graph begins.

    Attributes:
        wants: `bytes`, pixels of 0 to 255, or `unit`, of 0 to 1.
        words: the operation, by its name.
    """

    wants: Literal["bytes", "unit"]
    words: str


def base_of(loaded: LoadedModel, graph: Any) -> Architecture | None:
    """The known base that layers or, in a SavedModel, operations and constants are named after."""
    if loaded.usual is not None:
        # PyTorch's names are not Keras's, whatever they look like.
        return None
    names = [name for name, _ in loaded.layers]
    inside = (*graph.graph.node, *graph.graph.initializer)
    return recognise(names) or recognise(each.name for each in inside)


def guess_preprocessing(loaded: LoadedModel, graph: Any, base: Architecture | None) -> Guess:
    """From scaling inside the model, else the base's own function, else the most common one."""
    if loaded.takes_bytes:
        return Guess("raw", "its input is whole numbers from 0 to 255")
    if base is not None and base.built_in:
        return Guess("raw", f"{base.name} scales by itself")
    for name, kind in loaded.layers:
        if kind in _SCALING_LAYERS:
            return Guess("raw", f"the layer {name!r} of type {kind} scales inside the model")
    inside = scaled_inside(graph)
    if inside is not None and inside.wants == "unit":
        return Guess("unit", f"the model begins with arithmetic on pixels of 0 to 1 ({inside.words})")
    if inside is not None:
        return Guess("raw", f"the model begins with arithmetic on the pixels ({inside.words})")
    if any(name.startswith(_TEACHABLE_MACHINE) for name, _ in loaded.layers):
        return Guess("symmetric", "Teachable Machine scales so")
    if base is not None:
        return Guess(base.preprocess, f"{base.name}'s preprocess_input does so")
    if loaded.usual is not None:
        return Guess(loaded.usual, "most PyTorch training does so")
    return Guess("unit", "nothing in the file says it; most training code divides by 255")


def scaled_inside(graph: Any) -> Inside | None:
    """The arithmetic with constants on the way from the input to the first real layer."""
    constants = {each.name: each for each in graph.graph.initializer}
    for node in graph.graph.node:
        if node.op_type == "Constant":
            constants.update((node.output[0], each.t) for each in node.attribute if each.name == "value")
    name, factor, largest, first = graph.graph.input[0].name, 1.0, 0.0, None
    for _ in range(20):
        users = [node for node in graph.graph.node if name in node.input]
        if len(users) != 1:
            break
        (node,) = users
        given = [each for each in node.input if each in constants]
        if node.op_type in _ARITHMETIC and given:
            value = float(
                np.abs(numpy_helper.to_array(constants[given[0]]).astype(np.float64)).max(initial=0.0)
            )
            if node.op_type == "Mul":
                factor *= value
            elif node.op_type == "Div":
                factor /= value or 1.0
            else:
                largest = max(largest, value / (factor or 1.0))
            by = {"Mul": "times", "Div": "divided by", "Sub": "minus", "Add": "plus"}[node.op_type]
            first = first or f"the operation {node.name or node.op_type!r} ({node.op_type}: {by} {value:.4g})"
        elif node.op_type not in _THROUGH:
            break
        name = node.output[0]
    if first is None:
        return None
    return Inside("bytes" if factor <= _SMALL or largest >= _LARGE else "unit", first)

"""A package's manifest as values: the JSON document that says how a model is to be used.

It stands in the ONNX file's metadata under the key `hematodesk`; `manifest_json` reads and writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MANIFEST_KEY = "hematodesk"

ScoreKind = Literal["logits", "probabilities", "sigmoid"]


@dataclass(frozen=True, slots=True)
class ModelClass:
    """One class of the model: stable id (command line, history) and English name."""

    id: str
    display: str


@dataclass(frozen=True, slots=True)
class CropRule:
    """Which part of an image the model takes.

    Attributes:
        rule: `cell` (a square around each located cell) or `whole` (the whole image, resized).
        red_cells: side of the square in median red-cell diameters; used where that is known.
        context: side of the square as a multiple of the box's longer side; the fallback.
            Both are 0 for `whole`.
    """

    rule: Literal["cell", "whole"]
    red_cells: float = 0.0
    context: float = 0.0


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The model's input and the constants of its preprocessing (see `preprocess.to_tensor`).

    Attributes:
        name: the input's name in the graph.
        width, height: pixels; equal, since crops are square.
        layout: `nhwc` or `nchw`.
        colour: order of the channels as the network wants them, `rgb` or `bgr`.
        scale, offset: per channel in the network's order; tensor = float32(value) * scale + offset.
        crop: see CropRule.
    """

    name: str
    width: int
    height: int
    layout: Literal["nhwc", "nchw"]
    colour: Literal["rgb", "bgr"]
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]
    crop: CropRule


@dataclass(frozen=True, slots=True)
class Outputs:
    """The graph's outputs by name.

    Attributes:
        scores: (N, K) float, one column a class. With kind `sigmoid` and two classes also (N, 1):
            the probability of the second class.
        kind: what the scores are: `logits` (before a softmax), `probabilities` (after it), or
            `sigmoid` (each between 0 and 1 by itself).
        activation_map: (N, h, w, K) float, higher where the class's evidence is; or None.
        embedding: (N, D) float; or None.
    """

    scores: str
    kind: ScoreKind
    activation_map: str | None = None
    embedding: str | None = None


@dataclass(frozen=True, slots=True)
class Familiarity:
    """An extra output (N,) or (N, 1) that grows with unfamiliarity; above `max` the model abstains."""

    output: str
    max: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """When the model says that it is uncertain.

    Attributes:
        min_confidence: a calibrated top probability under this is uncertain.
        familiarity: see Familiarity; None when the model has no such output.
    """

    min_confidence: float = 0.5
    familiarity: Familiarity | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """Where the model comes from (the manifest's `provenance`).

    Attributes:
        data: the data sets, one a line.
        split: the rule that parted training from test images.
        base_weights: what training started from.
        commit: revision of the source that trained it.
        parent_sha256: digest of the package it was refined from, or None.
    """

    data: tuple[str, ...]
    split: str
    base_weights: str
    commit: str
    parent_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """What was measured on one data set.

    Attributes:
        data: the data set's name.
        accuracy, balanced_accuracy: 0 to 1.
        images: pictures counted; source_images: of how many different originals they are made.
        interval: 95 % Wilson interval of the accuracy, low and high.
    """

    data: str
    accuracy: float
    balanced_accuracy: float
    images: int
    source_images: int
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure over the passes of a training run, such as `loss` or `held_out_accuracy`."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A package's whole manifest, checked."""

    name: str
    version: str
    licence: str
    intended_use: str
    date: str
    classes: tuple[ModelClass, ...]
    input: InputSpec
    outputs: Outputs
    temperature: float = 1.0
    abstention: Abstention = Abstention()
    provenance: Training = Training((), "", "", "")
    metrics: tuple[Metric, ...] = ()
    curves: tuple[Curve, ...] = ()

    @property
    def class_ids(self) -> tuple[str, ...]:
        """The ids in the order of the score columns."""
        return tuple(each.id for each in self.classes)

    @property
    def graph_outputs(self) -> tuple[str, ...]:
        """The names of all outputs that the graph must have."""
        familiarity = self.abstention.familiarity
        named = (
            self.outputs.scores,
            self.outputs.activation_map,
            self.outputs.embedding,
            familiarity.output if familiarity is not None else None,
        )
        return tuple(name for name in named if name is not None)

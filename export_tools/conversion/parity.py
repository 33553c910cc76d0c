"""Compares the answers of a converted graph with those of the model that it was made of."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from export_tools.conversion.foreign import foreign
from export_tools.conversion.onnx_head import Head
from hematodesk.domain.errors import ModelError
from hematodesk.domain.manifest import InputSpec
from hematodesk.domain.statistics import softmax
from hematodesk.inference.classify import Classifier
from hematodesk.inference.package import read_package
from hematodesk.inference.preprocess import to_tensor

TOLERANCE = 1e-4
"""Of probabilities; of bare logits a share of the largest one, where that is over 1."""

HALF_TOLERANCE = 5e-3
"""The same for networks that compute with 16 bits: ONNX Runtime rounds where its plan has it."""

_LOGARITHMS = 10
"""Times the tolerance, of the logarithms of probabilities, a share of the largest: a saturated softmax hides
its logits."""

BATCHES = (1, 3, 8)
SINGLE = (1,) * 12
"""For models that take one image at a time."""

_KINDS = 6


@dataclass(frozen=True)
class Parity:
    """The largest absolute differences, and what was compared.

    Attributes:
        scores: of the scores as the model itself gives them.
        probabilities: of the program's own answers (its reader of packages, its Classifier).
        activation_map: of the map's mean plus bias to the logits; 0 without a map.
        images, batches: how many images, in batches of what sizes.
    """

    scores: float
    probabilities: float
    activation_map: float
    images: int
    batches: tuple[int, ...]


def sample_crops(spec: InputSpec, count: int = 8, seed: int = 0) -> list[npt.NDArray[np.uint8]]:
    """Test images, uint8 (height, width, 3), by turns: noise, coloured waves, a stained cell on a pale
    ground, a checkerboard, a slope from black to white, one colour."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0 : spec.height, 0 : spec.width]
    crops = []
    for index in range(count):
        noise = random.integers(0, 256, (spec.height, spec.width, 3)).astype(np.float64)
        colour = random.uniform(0, 255, 3)
        kind = index % _KINDS
        if kind == 0:
            pixels = noise
        elif kind == 1:
            phase = random.uniform(0, 6.28, 3)
            waves = np.sin(rows[..., None] / 17 + phase) + np.cos(columns[..., None] / 23 + phase)
            pixels = 127.5 + 60 * waves + 0.05 * (noise - 127.5)
        elif kind == 2:
            away = np.hypot(rows - spec.height / 2, columns - spec.width / 2) / spec.width
            pixels = np.where(away[..., None] < 0.25, colour / 2, 225.0) + 0.05 * (noise - 127.5)
        elif kind == 3:
            pixels = ((rows // 8 + columns // 8) % 2)[..., None] * colour
        elif kind == 4:
            pixels = np.repeat((columns / max(1, spec.width - 1) * 255)[..., None], 3, axis=2)
        else:
            pixels = np.broadcast_to(colour, noise.shape)
        crops.append(np.clip(pixels, 0, 255).astype(np.uint8))
    return crops


def check_parity(
    model: Any,
    serialized: bytes,
    spec: InputSpec,
    outputs: dict[str, str | None],
    head: Head,
    *,
    batches: tuple[int, ...] = BATCHES,
    origin: str = "Keras",
    tolerance: float = TOLERANCE,
) -> Parity:
    """Run the model itself, onnxruntime and the program on the same images.

    `origin` says in words whose answers the model's own are.

    Raises ModelError `parity_failed` when they differ by more than the tolerances above.
    """
    crops = sample_crops(spec, sum(batches))
    wanted, found = [], []
    with foreign("parity_failed", "ONNX Runtime does not load the converted model"):
        session = onnxruntime.InferenceSession(serialized, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    done = 0
    for size in batches:
        tensors = to_tensor(crops[done : done + size], spec)
        done += size
        with foreign("model_unsupported", f"{origin} does not run the model itself"):
            wanted.append(np.asarray(model(tensors, training=False), dtype=np.float64))
        found.append(dict(zip(names, session.run(names, {spec.name: tensors}), strict=True)))
    own = np.concatenate(wanted)
    joined = {name: np.concatenate([each[name] for each in found]).astype(np.float64) for name in names}
    scores = joined[outputs["scores"] or ""]
    difference = _scores_agree(own, scores, head, origin, tolerance)
    map_difference = 0.0
    if outputs["activation_map"] is not None:
        map_difference = _map_agrees(joined[outputs["activation_map"]], scores, head, tolerance)
    answered = _program_agrees(serialized, crops, own, head, origin, tolerance)
    return Parity(difference, answered, map_difference, done, batches)


def _scores_agree(
    own: npt.NDArray[Any], scores: npt.NDArray[Any], head: Head, origin: str, tolerance: float
) -> float:
    if not np.isfinite(own).all():
        raise ModelError(
            "model_unsupported",
            f"The model itself, on {origin}, gives values that are no finite numbers.",
            "Check its weights and --preprocess.",
        )
    if head.single:
        compared = scores[:, 1:] - scores[:, :1]
        compared = 1 / (1 + np.exp(-compared)) if head.stripped else compared
    elif head.stripped == "log softmax":
        compared = _log_softmax(scores)
    else:
        compared = softmax(scores) if head.stripped else scores
    difference = float(np.abs(compared - own).max())
    bounded = head.stripped in ("softmax", "sigmoid") or head.kind != "logits"
    allowed = tolerance * (1.0 if bounded else max(1.0, float(np.abs(own).max())))
    if head.stripped == "softmax" and difference < allowed:
        sure = own > 1e-6
        logarithms = np.abs(np.log(np.where(sure, compared, 1)) - np.log(np.where(sure, own, 1))).max()
        if logarithms > _LOGARITHMS * tolerance * max(1.0, float(np.abs(scores).max())):
            difference, allowed = float(logarithms), _LOGARITHMS * tolerance
    if not difference < allowed:
        raise ModelError(
            "parity_failed",
            f"The converted model differs from the model itself, on {origin}, by {difference:.2e} (allowed: "
            f"{allowed:.1e}).",
            "Report the model: a layer of it was converted wrongly.",
        )
    return difference


def _log_softmax(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _map_agrees(maps: npt.NDArray[Any], scores: npt.NDArray[Any], head: Head, tolerance: float) -> float:
    """Largest change, from image to image, of the difference between the map's mean and the logit."""
    means = maps.mean(axis=(1, 2))
    usable = np.ones(scores.shape, bool)
    if head.kind == "sigmoid":
        # Close to 0 and 1 the logit cannot be recovered from its sigmoid.
        usable = (scores > 1e-2) & (scores < 1 - 1e-2)
        scores = np.log(np.where(usable, scores, 0.5) / (1 - np.where(usable, scores, 0.5)))
    difference = 0.0
    for column in range(scores.shape[1]):
        # The map leaves the bias out, which is the same for every image.
        left = (scores - means)[usable[:, column], column]
        if left.size:
            difference = max(difference, float(np.abs(left - left.mean()).max()))
    allowed = 10 * tolerance * max(1.0, float(np.abs(means).max()))
    if not difference < allowed:
        raise ModelError(
            "parity_failed",
            f"The activation map's mean and the logits differ by {difference:.2e} (allowed: {allowed:.1e}).",
            "Report the model: its head was read wrongly.",
        )
    return difference


def _program_agrees(
    serialized: bytes,
    crops: list[npt.NDArray[np.uint8]],
    own: npt.NDArray[Any],
    head: Head,
    origin: str,
    tolerance: float,
) -> float:
    """Load the package as the program does and compare its probabilities, calibration aside."""
    with tempfile.TemporaryDirectory(prefix="hematodesk-") as folder:
        path = Path(folder) / "package.onnx"
        path.write_bytes(serialized)
        package = read_package(path)
        predictions = Classifier(package, "cpu").classify(crops)
    if own.shape[1] == 1:
        second = own[:, 0] if head.stripped else 1 / (1 + np.exp(-own[:, 0]))
        wanted = np.stack([1 - second, second], axis=1)
    elif head.kind == "logits" and head.stripped in ("", "log softmax"):
        wanted = softmax(own)
    else:
        wanted = np.clip(own, 1e-30, None) / np.clip(own, 1e-30, None).sum(axis=1, keepdims=True)
    temperature = package.manifest.temperature
    wanted = softmax(np.log(np.clip(wanted, 1e-30, 1)), temperature)
    answered = np.array([[dict(each.ranked)[name] for name in package.class_ids] for each in predictions])
    difference = float(np.abs(answered - wanted).max())
    # A temperature under 1 scales the logits up, and rounding errors with them.
    allowed = tolerance / min(1.0, temperature)
    if not difference < allowed:
        raise ModelError(
            "parity_failed",
            f"The program's answers differ from the model's own, on {origin}, by {difference:.2e} (allowed: "
            f"{allowed:.1e}).",
            "Report the model: its manifest does not say how to use it.",
        )
    return difference

"""Whether a converted graph answers as the Keras model does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from hematodesk.domain.errors import ModelError
from hematodesk.domain.statistics import softmax
from hematodesk.inference.manifest import InputSpec
from hematodesk.inference.preprocess import to_tensor

TOLERANCE = 1e-4
_SAMPLES = 8


@dataclass(frozen=True)
class Parity:
    """Largest absolute difference of the scores, and of the map's mean to the logits (0 without map)."""

    scores: float
    activation_map: float


def sample_crops(spec: InputSpec, count: int = _SAMPLES, seed: int = 0) -> list[npt.NDArray[np.uint8]]:
    """Test images: smooth coloured blobs and plain noise, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    crops = []
    for index in range(count):
        pixels = random.integers(0, 256, (spec.height, spec.width, 3)).astype(np.float64)
        if index % 2:
            rows, columns = np.mgrid[0 : spec.height, 0 : spec.width]
            phase = random.uniform(0, 6.28, 3)
            waves = np.sin(rows[..., None] / 17 + phase) + np.cos(columns[..., None] / 23 + phase)
            pixels = 127.5 + 60 * waves + 0.05 * (pixels - 127.5)
        crops.append(np.clip(pixels, 0, 255).astype(np.uint8))
    return crops


def check_parity(
    model: Any, serialized: bytes, spec: InputSpec, outputs: dict[str, str | None], stripped: bool
) -> Parity:
    """Run the Keras model and onnxruntime on the same tensors.

    Raises ModelError `parity_failed` when the largest difference reaches 1e-4.
    """
    tensors = to_tensor(sample_crops(spec), spec)
    channels_last = tensors if spec.layout == "nhwc" else tensors.transpose(0, 2, 3, 1)
    wanted = np.asarray(model(channels_last, training=False), dtype=np.float64)
    session = onnxruntime.InferenceSession(serialized, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    found = dict(zip(names, session.run(names, {spec.name: tensors}), strict=True))
    scores = np.asarray(found[outputs["scores"] or ""], dtype=np.float64)
    compared = softmax(scores) if stripped else scores
    difference = float(np.abs(compared - wanted).max())
    if not difference < TOLERANCE:
        raise ModelError(
            "parity_failed",
            f"The converted model differs from the Keras model by {difference:.2e} (allowed: {TOLERANCE:g}).",
            "Report the model: a layer of it was converted wrongly.",
        )
    map_difference = 0.0
    if outputs["activation_map"] is not None:
        means = found[outputs["activation_map"]].astype(np.float64).mean(axis=(1, 2))
        bias = scores - means
        # The map leaves the bias out, which is the same for every image.
        map_difference = float(np.abs(bias - bias.mean(axis=0)).max())
        scale = max(1.0, float(np.abs(means).max()))
        if not map_difference < 10 * TOLERANCE * scale:
            raise ModelError(
                "parity_failed",
                f"The activation map's mean differs from the logits by {map_difference:.2e}.",
                "Report the model: its head was read wrongly.",
            )
    return Parity(difference, map_difference)

"""The network: MobileNetV2, global average pooling, dropout, one dense layer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def build_network(size: int, classes: int, base_weights: str, dropout: float, alpha: float = 1.0) -> Any:
    """A Keras 3 model (N, size, size, 3) in -1..1 to probabilities (N, classes).

    The layer `logits` gives the scores before the softmax. Batch normalisation stays frozen: the
    weights file at hand has its statistics folded into the kernels, and statistics of one
    laboratory's batches are what breaks networks on another's images.

    Args:
        base_weights: `imagenet` (fetched by Keras), `none`, or a weights file for
            `keras.applications.MobileNetV2(include_top=False)`.
    Raises ValueError when the file is missing.
    """
    import keras

    weights: str | None = base_weights
    if base_weights == "none":
        weights = None
    elif base_weights != "imagenet" and not Path(base_weights).is_file():
        raise ValueError(f"there is no weights file {base_weights}")
    base = keras.applications.MobileNetV2(
        input_shape=(size, size, 3), alpha=alpha, include_top=False, weights=weights
    )
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    pooled = keras.layers.GlobalAveragePooling2D(name="embedding")(base.output)
    dropped = keras.layers.Dropout(dropout, name="dropout")(pooled)
    logits = keras.layers.Dense(classes, name="logits")(dropped)
    scores = keras.layers.Activation("softmax", name="scores")(logits)
    return keras.Model(base.input, scores, name="mobilenet_v2_cells")

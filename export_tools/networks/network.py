"""The network: MobileNetV2, global average pooling, dropout, one dense layer (or two)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def build_network(
    size: int,
    classes: int,
    base_weights: str,
    dropout: float,
    alpha: float = 1.0,
    hidden: int = 0,
    frozen: str = "",
) -> Any:
    """A Keras 3 model (N, size, size, 3) in -1..1 to probabilities (N, classes).

    The layer `logits` gives the scores before the softmax. Batch normalisation stays frozen: the
    weights file at hand has its statistics folded into the kernels, and statistics of one
    laboratory's batches make networks fail on another's images.

    Args:
        base_weights: `imagenet` (fetched by Keras), `none`, or a weights file for
            `keras.applications.MobileNetV2(include_top=False)`.
        hidden: units of a dense ReLU layer between pooling and the last layer; 0 for none. The
            embedding is then this layer's output.
        frozen: name of a layer of the base; the layers before it keep their weights, which saves a
            third of the time with `block_3_expand`. Empty: all is trained.
    Raises ValueError when the file or the layer is missing.
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
    names = [layer.name for layer in base.layers]
    if frozen and frozen not in names:
        raise ValueError(f"the base has no layer {frozen}")
    first = names.index(frozen) if frozen else 0
    for index, layer in enumerate(base.layers):
        if index < first or isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled" if hidden else "embedding")(base.output)
    if hidden:
        pooled = keras.layers.Dense(hidden, activation="relu", name="embedding")(pooled)
    dropped = keras.layers.Dropout(dropout, name="dropout")(pooled)
    logits = keras.layers.Dense(classes, name="logits")(dropped)
    scores = keras.layers.Activation("softmax", name="scores")(logits)
    return keras.Model(base.input, scores, name="mobilenet_v2_cells")


def take_weights(model: Any, path: Path) -> None:
    """Load the weights of a model file of the same build, to continue training from them.

    Raises ValueError when there is no such file or it is of another build.
    """
    import keras

    if not path.is_file():
        raise ValueError(f"there is no model file {path}")
    start = keras.models.load_model(path, compile=False)
    shapes = [tuple(each.shape) for each in model.weights]
    if [tuple(each.shape) for each in start.weights] != shapes:
        raise ValueError(f"{path.name} is of another build: training cannot go on from it")
    model.set_weights(start.get_weights())

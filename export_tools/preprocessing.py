"""The four ways in which trainers scale their pixels, as constants of a package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_UNIT = 1 / 255


@dataclass(frozen=True)
class Preprocessing:
    """Colour order and per-channel constants in that order: value * scale + offset."""

    colour: Literal["rgb", "bgr"]
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]


PREPROCESSINGS: dict[str, Preprocessing] = {
    # 0 to 1: ImageDataGenerator(rescale=1/255).
    "unit": Preprocessing("rgb", (_UNIT,) * 3, (0.0,) * 3),
    # -1 to 1: keras.applications.mobilenet_v2.preprocess_input, and Teachable Machine.
    "symmetric": Preprocessing("rgb", (2 * _UNIT,) * 3, (-1.0,) * 3),
    # ImageNet's mean taken off in blue, green, red: preprocess_input of VGG16 and ResNet50.
    "imagenet": Preprocessing("bgr", (1.0,) * 3, (-103.939, -116.779, -123.68)),
    # 0 to 255: the scaling is a layer of the model.
    "raw": Preprocessing("rgb", (1.0,) * 3, (0.0,) * 3),
}

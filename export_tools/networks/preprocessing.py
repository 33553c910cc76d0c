"""Common preprocessings as constants of a package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Colour = Literal["rgb", "bgr"]

_UNIT = 1 / 255


@dataclass(frozen=True)
class Preprocessing:
    """Colour order and per-channel constants in that order: value * scale + offset.

    Attributes:
        words: what it does, for help and summary.
    """

    colour: Colour
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]
    words: str

    def of_images_read_as(self, order: Colour) -> Preprocessing:
        """The same code fed with images of that channel order, as OpenCV reads them (`bgr`).

        The constants keep their places; the channels that reach them are reversed.
        """
        if order == "rgb":
            return self
        return replace(self, colour="bgr" if self.colour == "rgb" else "rgb")


PREPROCESSINGS: dict[str, Preprocessing] = {
    "unit": Preprocessing("rgb", (_UNIT,) * 3, (0.0,) * 3, "0 to 1: ImageDataGenerator(rescale=1/255)"),
    "symmetric": Preprocessing(
        "rgb",
        (2 * _UNIT,) * 3,
        (-1.0,) * 3,
        "-1 to 1: preprocess_input of MobileNet, MobileNetV2, InceptionV3, Xception; Teachable Machine",
    ),
    "imagenet": Preprocessing(
        "bgr",
        (1.0,) * 3,
        (-103.939, -116.779, -123.68),
        "ImageNet's mean taken off in blue, green, red ('caffe'): preprocess_input of VGG16, VGG19, ResNet50",
    ),
    # (v / 255 - mean) / deviation; mean 0.485, 0.456, 0.406, deviation 0.229, 0.224, 0.225.
    "imagenet-torch": Preprocessing(
        "rgb",
        (_UNIT / 0.229, _UNIT / 0.224, _UNIT / 0.225),
        (-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225),
        "0 to 1, then ImageNet's mean and deviation ('torch'): preprocess_input of DenseNet; PyTorch",
    ),
    "raw": Preprocessing("rgb", (1.0,) * 3, (0.0,) * 3, "0 to 255: the scaling is a layer of the model"),
}


def normalised(mean: tuple[float, float, float], deviation: tuple[float, float, float]) -> Preprocessing:
    """0 to 1, then (value - mean) / deviation, each for red, green, blue."""
    words = ", ".join(f"{each:g}" for each in mean), ", ".join(f"{each:g}" for each in deviation)
    scale = [_UNIT / each for each in deviation]
    offset = [-each / by for each, by in zip(mean, deviation, strict=True)]
    return Preprocessing(
        "rgb",
        (scale[0], scale[1], scale[2]),
        (offset[0], offset[1], offset[2]),
        f"0 to 1, then mean {words[0]} and deviation {words[1]}",
    )

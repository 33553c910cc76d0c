"""The base networks known by name: how to recognise, feed and build them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hematodesk.domain.errors import ModelError


@dataclass(frozen=True)
class Architecture:
    """One base of `keras.applications`.

    Attributes:
        name: its function there.
        module: its module there, which holds its `preprocess_input`.
        preprocess: what that `preprocess_input` does (a key of PREPROCESSINGS); `raw` where the
            scaling is built in.
        size: the input edge it was made for.
        marks: a pattern found in the names of its layers and of no other's; the first
            match in the table counts.
    """

    name: str
    module: str
    preprocess: str
    size: int
    marks: str

    @property
    def built_in(self) -> bool:
        """Whether the scaling is among its own layers."""
        return self.preprocess == "raw"


# More specific names first: ResNet50V2 also has ResNet50's layers, VGG19 all of VGG16's.
_TABLE = (
    Architecture("MobileNetV3Small", "mobilenet_v3", "raw", 224, r"mobilenetv?_?3_?small"),
    Architecture("MobileNetV3Large", "mobilenet_v3", "raw", 224, r"mobilenetv?_?3"),
    Architecture(
        "MobileNetV2",
        "mobilenet_v2",
        "symmetric",
        224,
        r"mobilenet_?v2|expanded_conv_depthwise|block_16_project",
    ),
    Architecture("MobileNet", "mobilenet", "symmetric", 224, r"(?<!\w)mobilenet_\d|conv_dw_13"),
    Architecture("ResNet50V2", "resnet_v2", "symmetric", 224, r"resnet\d*v2|post_bn"),
    Architecture("ResNet101", "resnet", "imagenet", 224, r"resnet101"),
    Architecture("ResNet50", "resnet", "imagenet", 224, r"resnet50|conv5_block3_3_conv|res5c_branch2c"),
    Architecture("VGG19", "vgg19", "imagenet", 224, r"vgg_?19|block5_conv4"),
    Architecture("VGG16", "vgg16", "imagenet", 224, r"vgg_?16|block5_conv3"),
    Architecture("InceptionResNetV2", "inception_resnet_v2", "symmetric", 299, r"inception_resnet|conv_7b"),
    Architecture("InceptionV3", "inception_v3", "symmetric", 299, r"inception_?v3|mixed10"),
    Architecture("Xception", "xception", "symmetric", 299, r"xception|block14_sepconv2"),
    Architecture("DenseNet121", "densenet", "imagenet-torch", 224, r"densenet|conv5_block16_concat"),
    Architecture("EfficientNetB0", "efficientnet", "raw", 224, r"efficientnetb0|efficientnet-b0"),
    Architecture("EfficientNetV2B0", "efficientnet_v2", "raw", 224, r"efficientnetv2"),
    Architecture("EfficientNetB0", "efficientnet", "raw", 224, r"efficientnet|block7a_project_conv"),
)

ARCHITECTURES: dict[str, Architecture] = {each.name: each for each in reversed(_TABLE)}


def recognise(names: Iterable[str]) -> Architecture | None:
    """The base that the layer names identify, or None."""
    text = "\n".join(names).lower()
    return next((each for each in _TABLE if re.search(each.marks, text)), None)


def own_preprocess_input(base: Architecture, library: Any) -> Any:
    """The installed library's (keras or tf_keras) `preprocess_input` of a base."""
    return getattr(library.applications, base.module).preprocess_input


_HEAD = re.compile(r"(?P<pooling>pooled|maxpooled|flatten)(?P<hidden>\d+(?:-\d+)*)?")


@dataclass(frozen=True)
class HeadPlan:
    """A head by name: `pooled`, `maxpooled` or `flatten`, then the units of hidden dense layers.

    `pooled128` is global average pooling, Dense(128, relu), Dense(classes); `flatten256-64` has two
    hidden layers.
    """

    pooling: str
    hidden: tuple[int, ...]

    @property
    def words(self) -> str:
        """For the summary."""
        first = {
            "pooled": "global average pooling",
            "maxpooled": "global max pooling",
            "flatten": "Flatten",
        }[self.pooling]
        return ", ".join([first, *(f"Dense({units}, relu)" for units in self.hidden)])


def parse_head(text: str) -> HeadPlan:
    """Read a head's name. Raises ModelError `head_unknown`."""
    found = _HEAD.fullmatch(text)
    if found is None:
        raise ModelError(
            "head_unknown",
            f"--head {text} is not known.",
            "Say pooled, maxpooled or flatten, with the units of hidden layers behind: pooled128.",
        )
    hidden = tuple(int(units) for units in (found["hidden"] or "").split("-") if units)
    return HeadPlan(found["pooling"], hidden)


def find_architecture(text: str) -> Architecture:
    """By name, case and punctuation aside. Raises ModelError `architecture_unknown`."""
    wanted = re.sub(r"[^a-z0-9]", "", text.lower())
    for name, found in ARCHITECTURES.items():
        if name.lower() == wanted:
            return found
    raise ModelError(
        "architecture_unknown",
        f"--architecture {text} is not known.",
        f"Known are {', '.join(sorted(ARCHITECTURES))}.",
    )


def build_base(base: Architecture, size: int, alpha: float = 1.0) -> Any:
    """The Keras 3 base without its top and without weights, input (N, size, size, 3).

    Raises ModelError `size_unsupported` where the base cannot take that size.
    """
    import keras

    options: dict[str, Any] = {"alpha": alpha} if base.name.startswith("MobileNet") else {}
    try:
        return getattr(keras.applications, base.name)(
            include_top=False, weights=None, input_shape=(size, size, 3), **options
        )
    except ValueError as fault:
        raise ModelError(
            "size_unsupported", f"{base.name} cannot be built for {size} x {size}: {fault}"
        ) from fault


def build_whole(
    base: Architecture, size: int, head: HeadPlan, units: int, activation: str | None, alpha: float = 1.0
) -> Any:
    """Base and head as one functional Keras 3 model, weights not set."""
    import keras

    network = build_base(base, size, alpha)
    pooling = {
        "pooled": keras.layers.GlobalAveragePooling2D,
        "maxpooled": keras.layers.GlobalMaxPooling2D,
        "flatten": keras.layers.Flatten,
    }[head.pooling]
    features = pooling(name="head_pooling")(network.output)
    for index, width in enumerate(head.hidden):
        features = keras.layers.Dense(width, activation="relu", name=f"head_dense_{index}")(features)
    scores = keras.layers.Dense(units, activation=activation, name="head_scores")(features)
    return keras.Model(network.input, scores, name=base.name.lower())

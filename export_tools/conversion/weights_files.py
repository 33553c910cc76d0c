"""Loads files of weights without their network: builds the named one and assigns every array.

Keras's own loaders go by the order or the nesting of the layers, which the file's writer chose: a
base as one layer or spread out, frozen or not. Here arrays are matched by the layers' names where both
sides have them, else by kind and order, and nothing may be left over on either side.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.conversion.foreign import foreign
from export_tools.conversion.loaded_model import LoadedModel, Wanted, from_model
from export_tools.networks.architectures import (
    Architecture,
    HeadPlan,
    build_base,
    build_whole,
    find_architecture,
    parse_head,
    recognise,
)
from hematodesk.domain.errors import ModelError

_NO_LAYERS = ("optimizer", "seed_generator", "metrics", "loss_tracker")
# The same array under the names of Keras 2.
_ALIASES = {"depthwise_kernel": "kernel"}
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Unit:
    """The arrays of one layer in a file, by name (`kernel`) or, in Keras 3, by place (`0`).

    `made_order`: a number in its name counts the layers as they were made; else as the model lists them.
    """

    name: str
    kind: str
    arrays: dict[str, npt.NDArray[Any]]
    made_order: bool = True


def load_weights_file(path: Path, wanted: Wanted) -> LoadedModel:
    """Build the named network and fill it. Raises ModelError `weights_only`, `weights_mismatch`, ..."""
    with foreign("model_unreadable", f"{path.name} cannot be read", "Copy the file again."):
        units = _read(path)
    if not units:
        raise ModelError("model_unreadable", f"{path.name} holds no weights.", "Save the model again.")
    if wanted.architecture is None:
        guess = recognise(each.name for each in units)
        raise ModelError(
            "weights_only",
            f"{path.name} holds weights only, without the network they belong to.",
            f"Name the network: --architecture {guess.name if guess else 'NAME'} --head HEAD. "
            "Better: save the whole model with model.save('NAME.keras').",
        )
    base = find_architecture(wanted.architecture)
    size = wanted.size or base.size
    head, given = _head(path, units, base, size, wanted)
    scores = _dense(units)[-1].arrays
    count = int(next(iter(scores.values())).shape[1])
    activation = wanted.activation or ("sigmoid" if count == 1 else "softmax")
    model = build_whole(base, size, head, count, None if activation == "none" else activation, wanted.alpha)
    notes = _fill(model, units, path, base)
    assumed = [] if given else [f"the head was read from the weights' shapes: {head.words} (check it)"]
    if head.hidden:
        assumed.append("hidden dense layers are taken to have ReLU (weights do not say)")
    if wanted.activation is None:
        assumed.append(f"the output is taken to be {activation} (weights do not say; --activation)")
    loaded = from_model(model, path, f"weights in {base.name}, {head.words}", wanted)
    return replace(loaded, notes=(*notes, *assumed))


def _head(
    path: Path, units: list[Unit], base: Architecture, size: int, wanted: Wanted
) -> tuple[HeadPlan, bool]:
    """(the named head, or the one that the kernels' shapes imply; whether it was named)."""
    dense = _dense(units)
    if not dense:
        raise ModelError(
            "weights_mismatch",
            f"{path.name} holds no dense layer: it is a base without a head, and names nothing.",
            "Convert the whole network.",
        )
    kernels = [next(each for each in unit.arrays.values() if each.ndim == 2) for unit in dense]
    hidden = tuple(int(kernel.shape[1]) for kernel in kernels[:-1])
    if wanted.head is not None:
        head = parse_head(wanted.head)
        if head.hidden != hidden:
            raise ModelError(
                "weights_mismatch",
                f"{path.name} has dense layers of {_units((*hidden, kernels[-1].shape[1]))} units, but "
                f"--head {wanted.head} means {_units((*head.hidden, 'the classes'))}.",
                "Name the head that was trained.",
            )
        return head, True
    shape = build_base(base, size, wanted.alpha).output_shape
    rows = int(kernels[0].shape[0])
    if rows == shape[-1]:
        return HeadPlan("pooled", hidden), False
    if rows == int(np.prod(shape[1:])):
        return HeadPlan("flatten", hidden), False
    raise ModelError(
        "weights_mismatch",
        f"The first dense layer of {path.name} reads {rows} values; {base.name} at {size} x {size} gives "
        f"{shape[-1]} pooled, or {int(np.prod(shape[1:]))} flattened.",
        "Check --architecture, --size and --alpha.",
    )


def _units(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)


def _dense(units: list[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.kind == "dense"]


def _read(path: Path) -> list[Unit]:
    import h5py

    with h5py.File(path, "r") as archive:
        root = archive.get("model_weights", archive)
        if "layer_names" in root.attrs:
            return _read_named(root)
        return _read_nested(root)


def _read_named(root: Any) -> list[Unit]:
    """Keras 2's layout: attributes list the layers and their arrays, `block/conv/kernel:0`."""
    found: dict[str, dict[str, npt.NDArray[Any]]] = {}
    for layer in root.attrs["layer_names"]:
        group = root[_text(layer)]
        for each in group.attrs["weight_names"]:
            name = _text(each)
            owner, _, array = name.rpartition("/")
            key = (owner or _text(layer)).split("/")[-1]
            plain = array.split(":")[0]
            found.setdefault(key, {})[_ALIASES.get(plain, plain)] = np.asarray(group[name])
    return [Unit(name, _kind(arrays), arrays) for name, arrays in found.items()]


def _read_nested(root: Any) -> list[Unit]:
    """Keras 3's layout: `layers/functional/layers/conv2d_3/vars/0`; numbers count within a class."""
    import h5py

    found: dict[str, dict[str, npt.NDArray[Any]]] = {}
    names: dict[str, str] = {}
    own: set[str] = set()

    def visit(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset) or any(each in name.split("/") for each in _NO_LAYERS):
            return
        owner, _, place = name.rpartition("/vars/")
        if owner and place:
            found.setdefault(owner, {})[place] = np.asarray(item)
            told = item.parent.attrs.get("name")
            if told is not None:
                own.add(owner)
            names[owner] = _text(told) if told is not None else owner.split("/")[-1]

    root.visititems(visit)
    return [
        Unit(names[owner], _kind(found[owner], owner), found[owner], made_order=owner in own)
        for owner in sorted(found, key=_number)
    ]


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _number(name: str) -> tuple[tuple[str, int], ...]:
    """Sort key of layer names in order of creation: conv2d, conv2d_1, ... conv2d_10."""
    parts = []
    for part in name.split("/"):
        found = re.fullmatch(r"(.*?)_?(\d*)", part)
        assert found is not None
        parts.append((found[1], int(found[2] or 0)))
    return tuple(parts)


def _kind(arrays: dict[str, npt.NDArray[Any]], owner: str = "") -> str:
    """The kind of layer that its arrays imply: normalisation, dense, convolution."""
    plain = re.sub(r"_\d+$", "", owner.split("/")[-1])
    if {"moving_mean", "moving_variance"} & set(arrays) or "batch_normalization" in plain:
        return "batch normalisation"
    if {"mean", "variance"} <= set(arrays) or plain == "normalization":
        return "normalisation"
    most = max((each.ndim for each in arrays.values()), default=0)
    if most == 4:
        depthwise = next(each for each in arrays.values() if each.ndim == 4).shape[3] == 1
        return "depthwise convolution" if depthwise else "convolution"
    return "dense" if most == 2 else "other"


def _fill(model: Any, units: list[Unit], path: Path, base: Architecture) -> list[str]:
    """Assign every array to its layer. Raises ModelError `weights_mismatch` naming the layer."""
    layers = [layer for layer in model.layers if layer.weights]
    by_name = {unit.name: unit for unit in units if not unit.name.startswith(("dense", "head_"))}
    pairs: list[tuple[Any, Unit]] = []
    left_units = list(units)
    left_layers = []
    for layer in layers:
        unit = by_name.get(layer.name)
        if unit is not None and unit in left_units and not _automatic(layer.name):
            pairs.append((layer, unit))
            left_units.remove(unit)
        else:
            left_layers.append(layer)
    queues: dict[str, list[Unit]] = defaultdict(list)
    for unit in left_units:
        queues[unit.kind].append(unit)
    for kind, queue in queues.items():
        if kind != "dense":
            queue.sort(key=lambda unit: _number(unit.name))
    if all(unit.made_order for unit in left_units):
        left_layers = _as_made(left_layers)
    for layer in left_layers:
        kind = _kind({weight.name: np.empty(weight.shape) for weight in layer.weights})
        if not queues[kind]:
            raise ModelError(
                "weights_mismatch",
                f"{path.name} has no weights for the layer {layer.name!r} ({kind}) of {base.name} with that "
                "head.",
                "Check --architecture, --head and --alpha.",
            )
        pairs.append((layer, queues[kind].pop(0)))
    rest = [unit for queue in queues.values() for unit in queue]
    if rest:
        raise ModelError(
            "weights_mismatch",
            f"{path.name} also holds the layer {rest[0].name!r} ({rest[0].kind}), which {base.name} with "
            "that head has not.",
            "Check --architecture and --head.",
        )
    notes: list[str] = []
    for layer, unit in pairs:
        notes += _assign(layer, unit, path)
    return notes


def _as_made(layers: list[Any]) -> list[Any]:
    """The layers with those that Keras numbered in order of creation; a branched model lists others first."""
    numbered = iter(
        sorted((each for each in layers if _automatic(each.name)), key=lambda layer: _number(layer.name))
    )
    return [next(numbered) if _automatic(each.name) else each for each in layers]


def _automatic(name: str) -> bool:
    """Whether Keras generated the name; its number then depends on what was built before."""
    return re.fullmatch(r"(conv2d|batch_normalization|depthwise_conv2d|separable_conv2d|normalization)(_\d+)?", name) is not None  # fmt: skip # noqa: E501


def _assign(layer: Any, unit: Unit, path: Path) -> list[str]:
    by_place = all(name.isdigit() for name in unit.arrays)
    notes: list[str] = []
    for place, weight in enumerate(layer.weights):
        array = unit.arrays.get(str(place) if by_place else weight.name)
        if array is None and weight.name == "count":
            continue
        if array is None or tuple(array.shape) != tuple(weight.shape):
            held = "is missing" if array is None else f"has the shape {tuple(array.shape)}"
            raise ModelError(
                "weights_mismatch",
                f"In {path.name} the {weight.name} of the layer {unit.name!r} {held}; {layer.name!r} needs "
                f"{tuple(weight.shape)}.",
                "Check --architecture, --size, --alpha and --head.",
            )
        if weight.name == "variance" and np.allclose(layer.weights[0], _IMAGENET_MEAN, atol=1e-3):
            # EfficientNet's published weights come with one more scaling layer without weights, which
            # divides by the root of the deviation once more (keras.applications.efficientnet).
            array = array * np.asarray(_IMAGENET_DEVIATION, array.dtype)
            notes.append("EfficientNet's second scaling of ImageNet weights was put into its normalisation")
        weight.assign(array)
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()
    return notes

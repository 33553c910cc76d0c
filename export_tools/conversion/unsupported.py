"""Names the layer that cannot be converted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import onnx

from export_tools.conversion.foreign import reason
from hematodesk.domain.errors import ModelError

_REMEDY = "Replace the layer by standard ones (convolution, pooling, dense, ...) and train again."


def refuse_unsupported(model: onnx.ModelProto, layers: Sequence[tuple[str, str]]) -> None:
    """Refuse operations that tf2onnx does not know and left in the graph.

    Args:
        layers: (name, type) of the Keras model's layers; operations are named after them.
    Raises ModelError `layer_unsupported`.
    """
    for node in model.graph.node:
        if not onnx.defs.has(node.op_type, node.domain):
            raise ModelError(
                "layer_unsupported",
                f"{_owner(node.name, layers)} cannot be converted: ONNX has no operation {node.op_type}.",
                _REMEDY,
            )


def failed_conversion(fault: BaseException, layers: Sequence[tuple[str, str]]) -> ModelError:
    """The error for a conversion that stopped, naming the layer where the fault names its operation."""
    text = reason(fault)
    owner = _owner(text, layers)
    return ModelError("layer_unsupported", f"{owner} cannot be converted: {text}", _REMEDY)


def _owner(text: str, layers: Sequence[tuple[str, Any]]) -> str:
    """The innermost layer whose name is a part of an operation's name, else the operation itself."""
    parts = re.split(r"[^\w.\-]+", text)
    for name, kind in reversed(layers):
        if any(part == name or re.fullmatch(re.escape(name) + r"_\d+", part) for part in parts):
            return f"The layer {name!r} of type {kind}"
    return f"The operation {text.split(' ')[0]!r}" if "/" in text.split(" ")[0] else "The model"

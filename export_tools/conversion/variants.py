"""Smaller or faster variants of a converted graph: weights in half precision, or 8-bit arithmetic.

The outputs stay float32 and keep their names, so that a package of any variant is used alike.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from hematodesk.domain.errors import ModelError
from hematodesk.domain.statistics import softmax

_WORTH_IT = 256
_LARGEST_HALF = 65_000.0
_FEWEST_IMAGES = 32
_MOST_CALIBRATION = 256
_LARGEST_SHIFT = {"float16": 0.05, "int8": 0.6}


@dataclass(frozen=True)
class Closeness:
    """How a variant's answers compare with those of its source graph on the same tensors.

    Attributes:
        agreement: share of the tensors with the same highest score.
        shift: largest difference of a probability.
    """

    agreement: float
    shift: float


def half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose large constants are stored as float16 and cast to float32 when it is loaded.

    ONNX Runtime folds the casts before the first run: the file is half as large, the arithmetic and
    its speed stay. A constant beyond float16's range is left as it is.
    """
    made = onnx.ModelProto()
    made.CopyFrom(model)
    casts = []
    for constant in made.graph.initializer:
        if constant.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(constant)
        if values.size < _WORTH_IT or np.abs(values).max() > _LARGEST_HALF:
            continue
        name = constant.name
        constant.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(
            helper.make_node("Cast", [f"{name}_half"], [name], name=f"widen_{name}", to=TensorProto.FLOAT)
        )
    nodes = list(made.graph.node)
    del made.graph.node[:]
    made.graph.node.extend(casts + nodes)
    return made


def eight_bits(model: onnx.ModelProto, tensors: npt.NDArray[np.float32]) -> onnx.ModelProto:
    """A copy that convolves in 8 bits: static quantisation, a scale for every output channel.

    What follows the convolutions (pooling, head, activation map, familiarity) stays float32.

    Args:
        tensors: (N, ...) inputs as the program makes them; the ranges of the activations come from them.
    Raises ModelError `variant_unsupported` for too few images.
    """
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    if len(tensors) < _FEWEST_IMAGES:
        raise ModelError(
            "variant_unsupported",
            f"8-bit weights need at least {_FEWEST_IMAGES} calibration images, not {len(tensors)}.",
            "Give a folder with more images by --calibration-images.",
        )

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Provides one tensor at a time."""

        def __init__(self) -> None:
            self._left = iter(tensors[:_MOST_CALIBRATION, None])

        def get_next(self) -> dict[str, Any] | None:
            tensor = next(self._left, None)
            return None if tensor is None else {model.graph.input[0].name: tensor}

    logging.getLogger().setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, small = (Path(folder) / f"{name}.onnx" for name in ("plain", "ready", "small"))
        onnx.save(model, plain)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            small,
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Add", "Clip", "Relu"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        made = onnx.load(small)
    names = [each.name for each in model.graph.output]
    if [each.name for each in made.graph.output] != names:
        raise ModelError("variant_unsupported", "The 8-bit graph lost one of the package's outputs.")
    del made.metadata_props[:]
    made.metadata_props.extend(model.metadata_props)
    return made


def closeness(
    plain: onnx.ModelProto,
    variant: onnx.ModelProto,
    tensors: npt.NDArray[np.float32],
    *,
    scores: str,
    logits: bool,
) -> Closeness:
    """Run both graphs on the same tensors (N, ...) and compare the probabilities of the output `scores`."""
    answers = []
    for each in (plain, variant):
        session = onnxruntime.InferenceSession(each.SerializeToString(), providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        rows = [session.run([scores], {name: tensor[None]})[0] for tensor in tensors]
        found = np.concatenate(rows).astype(np.float64)
        answers.append(softmax(found) if logits else found)
    one, other = answers
    return Closeness(
        agreement=float(np.mean(one.argmax(axis=1) == other.argmax(axis=1))),
        shift=float(np.abs(one - other).max()),
    )


def check_closeness(found: Closeness, kind: str) -> None:
    """Raises ModelError `parity_failed` when a variant's answers are not those of the graph it came from."""
    if found.shift < _LARGEST_SHIFT[kind]:
        return
    raise ModelError(
        "parity_failed",
        f"With {kind} weights a probability moves by {found.shift:.2f} (allowed: {_LARGEST_SHIFT[kind]:g}); "
        f"{found.agreement:.1%} of the answers stay the same.",
        "Convert with --weights float32.",
    )

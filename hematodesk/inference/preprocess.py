"""Crops to the network's tensor: the one implementation, used by the program and by training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hematodesk.domain.manifest import InputSpec

Crop = npt.NDArray[np.uint8]
Tensor = npt.NDArray[np.float32]


def to_tensor(crops: Sequence[Crop] | Crop, spec: InputSpec) -> Tensor:
    """Turn crops into the network's input, by the package's constants alone.

    Args:
        crops: N crops, each uint8 (height, width, 3) RGB, or one array (N, height, width, 3).
            They must have the package's size already: resizing is the cropper's work, with one
            interpolation rule for training and use.
        spec: the package's input.

    Returns:
        float32, C-contiguous: (N, height, width, 3) for `nhwc`, (N, 3, height, width) for `nchw`;
        channels in the order of `spec.colour`. Each value is `float32(v) * float32(scale)`, rounded
        to float32, plus `float32(offset)`, rounded again, so that it is the same bit for bit
        wherever it is computed.

    Raises ValueError when a crop has another size or type, and when there is none.
    """
    if len(crops) == 0:
        raise ValueError("there is no crop")
    wanted = (spec.height, spec.width, 3)
    for crop in crops:
        if crop.dtype != np.uint8 or crop.shape != wanted:
            raise ValueError(f"a crop must be uint8 {wanted}, not {crop.dtype} {crop.shape}")
    stacked = np.stack(list(crops))
    if spec.colour == "bgr":
        stacked = stacked[..., ::-1]
    tensor = stacked.astype(np.float32, order="C")
    # One row of pixels at a time: numpy is ten times slower over an innermost axis of three.
    rows = tensor.reshape(len(tensor), spec.height, spec.width * 3)
    rows *= np.tile(np.asarray(spec.scale, dtype=np.float32), spec.width)
    rows += np.tile(np.asarray(spec.offset, dtype=np.float32), spec.width)
    if spec.layout == "nchw":
        tensor = tensor.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(tensor)

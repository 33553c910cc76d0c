"""Writes pictures in the format of the file's suffix."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_JPEG_QUALITY = 92


def write_picture(target: Path, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Path:
    """Write RGB or RGBA pixels (8 bit, or 16 for PNG and TIFF); returns the target.

    Raises:
        OSError: the file cannot be written.
        ValueError: this kind of picture cannot be encoded.
    """
    order = [2, 1, 0, 3][: pixels.shape[2]]
    parameters = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if target.suffix == ".jpg" else []
    done, data = cv2.imencode(target.suffix, np.ascontiguousarray(pixels[..., order]), parameters)
    if not done:
        raise ValueError(f"{target.name}: this kind of picture cannot be encoded")
    target.write_bytes(data.tobytes())
    return target

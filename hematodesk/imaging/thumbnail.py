"""Small pictures for the history's list."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

_QUALITY = 80


def shrunk(pixels: npt.NDArray[np.uint8], edge: int) -> npt.NDArray[np.uint8]:
    """The uint8 (H, W, 3) image with its longest side at most `edge` pixels; never enlarged."""
    height, width = pixels.shape[:2]
    factor = min(1.0, edge / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    # By halves first, which OpenCV does ten times as fast as by anything else.
    while max(height, width) >= 3 * edge and min(height, width) >= 2:
        height, width = height // 2, width // 2
        even = pixels[: 2 * height, : 2 * width]
        pixels = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def thumbnail(pixels: npt.NDArray[np.uint8], edge: int = 96) -> bytes:
    """JPEG bytes of an (H, W, 3) RGB image whose longest side is at most `edge` pixels."""
    small = shrunk(pixels, edge)
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    if not done:
        raise RuntimeError("the JPEG encoder refused a thumbnail")
    return bytes(data)

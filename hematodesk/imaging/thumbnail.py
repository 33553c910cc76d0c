"""Thumbnails for the history's list."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.imaging.header import stated_pixels

_QUALITY = 80
_MOST_PIXELS = 1_000_000
"""No thumbnail has so many; a history that somebody else wrote may claim otherwise."""


def shrunk(pixels: npt.NDArray[np.uint8], edge: int) -> npt.NDArray[np.uint8]:
    """The uint8 (H, W, 3) image with its longest side at most `edge` pixels; never enlarged."""
    height, width = pixels.shape[:2]
    factor = min(1.0, edge / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    # Halved first, which OpenCV does ten times as fast as other factors.
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


def thumbnail_pixels(jpeg: bytes) -> npt.NDArray[np.uint8] | None:
    """What `thumbnail` packed, as uint8 (H, W, 3) RGB; None when it is no such picture."""
    if not jpeg.startswith(b"\xff\xd8") or not 0 < stated_pixels(jpeg) <= _MOST_PIXELS:
        return None
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return None if decoded is None else np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def stretched(pixels: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """The uint8 (H, W, 3) image drawn up to another size, smoothly."""
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)

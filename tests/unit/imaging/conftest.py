"""Small pictures in every format that is read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="session")
def picture() -> np.ndarray:
    """uint8 (48, 64, 3) RGB: smooth colours with a red top left and a green bottom right corner."""
    rng = np.random.default_rng(7)
    pixels = cv2.GaussianBlur(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8), (9, 9), 3)
    pixels[:12, :20] = (250, 10, 10)
    pixels[-10:, -10:] = (10, 250, 10)
    return pixels


def encoded(pixels: np.ndarray, suffix: str) -> bytes:
    """The bytes of an RGB, RGBA or grey array as OpenCV writes that format."""
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(suffix, pixels)
    assert done
    return bytes(data)


@pytest.fixture(scope="session")
def files(picture: np.ndarray) -> dict[str, bytes]:
    """Format to the picture's bytes."""
    return {
        "jpeg": encoded(picture, ".jpg"),
        "png": encoded(picture, ".png"),
        "bmp": encoded(picture, ".bmp"),
        "tiff": encoded(picture, ".tiff"),
        "webp": encoded(picture, ".webp"),
    }


@pytest.fixture(scope="session")
def encode():
    """The `encoded` helper, for tests that make their own pictures."""
    return encoded

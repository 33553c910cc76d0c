"""Small made-up data sets in the layouts of the known ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

WriteImage = Callable[..., Path]


@pytest.fixture
def write_image() -> WriteImage:
    """Writes a small picture, different for each seed, and returns its path."""

    def write(path: Path, seed: int = 0, width: int = 40, height: int = 32) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
        done, coded = cv2.imencode(".png", pixels)
        assert done
        path.write_bytes(coded.tobytes())
        return path

    return write

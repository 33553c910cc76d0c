"""A drawn video: the stage moves over one large phantom field, as under a microscope camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from export_tools.phantom.field import render_field
from export_tools.phantom.white_cells import PHANTOM_CLASSES

RATE = 15.0
"""Frames a second."""

_FIELDS = 3
"""The large field is so many frames wide."""


def draw_video(
    target: Path, seed: int, count: int, size: tuple[int, int], classes: Sequence[str] | None = None
) -> Path:
    """Write `count` frames of size (width, height) as Motion JPEG in an AVI file.

    The stage goes from the left end of the field to the right one and back, once. Raises OSError
    when the file cannot be written.
    """
    width, height = size
    field = render_field(
        seed, width=_FIELDS * width, height=height, classes=tuple(classes or PHANTOM_CLASSES)
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    code = cv2.VideoWriter.fourcc(*"MJPG")
    # The backend is named: by itself OpenCV would ask FFmpeg, which writes other files on other systems.
    writer = cv2.VideoWriter(str(target), cv2.CAP_OPENCV_MJPEG, code, RATE, (width, height))
    if not writer.isOpened():
        raise OSError(f"no video can be written to {target}")
    try:
        for index in range(count):
            way = (1 - math.cos(2 * math.pi * index / count)) / 2
            left = round(way * (_FIELDS - 1) * width)
            frame = field.pixels[:, left : left + width]
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
    finally:
        writer.release()
    return target

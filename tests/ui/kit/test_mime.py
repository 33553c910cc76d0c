"""Pixels that come from the clipboard or a drag."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from hematodesk.ui.kit.mime import pixels_of


def _picture(width: int, height: int, shade: int) -> QImage:
    """A picture of one colour, different for each shade."""
    image = QImage(width, height, QImage.Format.Format_RGB888)
    image.fill(QColor(shade % 251, (shade * 7) % 251, (shade * 13) % 251))
    return image


@pytest.mark.parametrize("size", [(64, 64), (65, 64), (66, 50), (100, 80), (200, 150), (640, 480)])
def test_pixels_outlive_the_picture_that_they_come_from(size: tuple[int, int]) -> None:
    """Where a row has no filling bytes, the array was a view of memory that Qt had freed."""
    taken = [pixels_of(_picture(*size, shade)) for shade in range(1, 30)]
    # What comes later takes the freed memory.
    later = [_picture(*size, 240) for _ in range(60)]
    for shade, pixels in enumerate(taken, 1):
        assert pixels.flags.c_contiguous and pixels.flags.owndata and pixels.flags.writeable
        wanted = (shade % 251, (shade * 7) % 251, (shade * 13) % 251)
        assert (pixels == np.array(wanted, np.uint8)).all()
    assert len(later) == 60


def test_transparency_lies_on_white() -> None:
    image = QImage(64, 48, QImage.Format.Format_ARGB32)
    image.fill(QColor(0, 0, 0, 0))
    assert (pixels_of(image) == 255).all()

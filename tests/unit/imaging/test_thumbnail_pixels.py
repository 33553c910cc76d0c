"""A packed thumbnail comes back; what is none is not decoded."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from hematodesk.imaging.thumbnail import stretched, thumbnail, thumbnail_pixels


def picture() -> np.ndarray:
    pixels = np.full((60, 90, 3), 120, np.uint8)
    pixels[:, 45:] = (200, 40, 90)
    return pixels


def test_a_thumbnail_comes_back_in_its_colours() -> None:
    pixels = thumbnail_pixels(thumbnail(picture()))
    assert pixels is not None and pixels.shape == (60, 90, 3) and pixels.dtype == np.uint8
    assert np.abs(pixels[30, 80].astype(int) - (200, 40, 90)).max() < 12


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8" + b"\0" * 64]
)
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert thumbnail_pixels(data) is None


def test_one_that_says_it_is_huge_is_not_decoded() -> None:
    jpeg = bytearray(thumbnail(picture()))
    place = jpeg.index(b"\xff\xc0")
    jpeg[place + 5 : place + 9] = struct.pack(">HH", 60_000, 60_000)
    assert thumbnail_pixels(bytes(jpeg)) is None


def test_it_is_drawn_up_to_another_size() -> None:
    assert stretched(picture(), 640, 480).shape == (480, 640, 3)

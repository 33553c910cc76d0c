"""A packed thumbnail comes back; what is none is not decoded."""

from __future__ import annotations

import struct

import cv2
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


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_program_packs_is_plain(seed: int) -> None:
    random = np.random.default_rng(seed)
    size = tuple(int(side) for side in random.integers(1, 400, 2))
    noise = random.integers(0, 256, (*size, 3), dtype=np.uint8)
    assert thumbnail_pixels(thumbnail(noise)) is not None


def coded(pixels: np.ndarray, *how: int) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels, list(how))[1])


def test_a_progressive_one_is_not_decoded() -> None:
    assert thumbnail_pixels(coded(picture(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)) is None


def test_a_second_scan_is_not_decoded() -> None:
    jpeg = thumbnail(picture())
    scan = jpeg.index(b"\xff\xda")
    assert thumbnail_pixels(jpeg[:-2] + jpeg[scan:]) is None


@pytest.mark.parametrize("shape", [(20, 300, 3), (300, 20, 3)])
def test_a_larger_one_is_not_decoded(shape: tuple[int, int, int]) -> None:
    assert thumbnail_pixels(coded(np.zeros(shape, np.uint8))) is None


def test_one_of_many_bytes_is_not_decoded() -> None:
    jpeg = thumbnail(picture())
    assert thumbnail_pixels(jpeg[:-2] + b"\x00" * 70_000 + jpeg[-2:]) is None


def test_restart_marks_and_comments_are_none_of_ours() -> None:
    jpeg = thumbnail(picture())
    assert thumbnail_pixels(jpeg[:2] + b"\xff\xfe\x00\x04ab" + jpeg[2:]) is None
    assert thumbnail_pixels(coded(picture(), cv2.IMWRITE_JPEG_RST_INTERVAL, 1)) is None

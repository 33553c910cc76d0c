"""Thumbnails for the history's list."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import numpy.typing as npt

_QUALITY = 80
_MOST_BYTES, _LONGEST_SIDE = 64 * 1024, 256
"""No thumbnail is so large; a history that somebody else wrote may claim otherwise."""

_START, _END, _FRAME, _SCAN = 0xD8, 0xD9, 0xC0, 0xDA
_TABLES = frozenset({0xC4, 0xDB, 0xE0})
"""Huffman and quantisation tables, and JFIF's segment."""


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
    """What `thumbnail` packed, as uint8 (H, W, 3) RGB; None when it is no such picture.

    Whoever wrote a history wrote these bytes. Only what `thumbnail` makes is decoded: small, sequential, one
    scan. A progressive picture of 255 KB with 40 scans took 6.6 s.
    """
    if len(jpeg) > _MOST_BYTES or not _is_plain(jpeg):
        return None
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return None if decoded is None else np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _is_plain(jpeg: bytes) -> bool:
    """Whether it is a JPEG of one sequential frame and one scan of all its channels, and small (ITU T.81)."""
    if jpeg[:2] != bytes([0xFF, _START]) or jpeg[-2:] != bytes([0xFF, _END]):
        return False
    position, channels, marker = 2, 0, 0
    try:
        while marker != _SCAN:
            lead, marker, length = struct.unpack_from(">BBH", jpeg, position)
            if lead != 0xFF or length < 2:
                return False
            if marker == _FRAME and not channels:
                depth, height, width, channels = struct.unpack_from(">BHHB", jpeg, position + 4)
                if depth != 8 or not 0 < height <= _LONGEST_SIDE or not 0 < width <= _LONGEST_SIDE:
                    return False
            elif marker != _SCAN and marker not in _TABLES:
                return False
            position += 2 + length
        in_scan = jpeg[position - length + 2]
    except (struct.error, IndexError):
        return False
    # Within a scan a marker's first byte stands for itself when a zero follows.
    rest = jpeg[position:-2].replace(b"\xff\x00", b"")
    return channels in (1, 3) and in_scan == channels and b"\xff" not in rest


def stretched(pixels: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """The uint8 (H, W, 3) image drawn up to another size, smoothly."""
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)

"""Whole slides drawn for tests: small real ones, and huge ones whose tiles are shared."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import tifffile

from export_tools.phantom.field import render_field

Pixels = npt.NDArray[np.uint8]

TILE = 256
_LONG8, _LONG, _SHORT, _ASCII = (16, "Q", 8), (4, "I", 4), (3, "H", 2), (2, "", 1)


def draw_slide(columns: int = 4, rows: int = 3, *, empty: tuple[tuple[int, int], ...] = ()) -> Pixels:
    """Drawn fields of 640x480 side by side; those at (column, row) in `empty` are glass."""
    made = np.empty((rows * 480, columns * 640, 3), np.uint8)
    for row in range(rows):
        for column in range(columns):
            field = render_field(100 + row * columns + column, classes=("neutrophil",), um_per_px=0.25)
            made[row * 480 : (row + 1) * 480, column * 640 : (column + 1) * 640] = field.pixels
    for column, row in empty:
        # Blurred, a smear's edge reaches into the next field.
        made[
            max(0, row * 480 - 32) : (row + 1) * 480 + 32, max(0, column * 640 - 32) : (column + 1) * 640 + 32
        ] = 243
    return made


def aperio_description(width: int, height: int, objective: float = 40, um_per_px: float = 0.25) -> str:
    """What Aperio's scanner writes into a slide."""
    return (
        f"Aperio Image Library v11.2.1\r\n{width}x{height} [0,0 {width}x{height}] (256x256) JPEG/RGB Q=90"
        f"|AppMag = {objective:g}|MPP = {um_per_px}"
    )


def write_svs(path: Path, pixels: Pixels, *, objective: float = 40, um_per_px: float = 0.25) -> Path:
    """A slide as Aperio's scanner writes it, with two smaller resolutions."""
    height, width = pixels.shape[:2]
    words = aperio_description(width, height, objective, um_per_px)
    _write_pyramid(path, pixels, words)
    return path


def write_generic(path: Path, pixels: Pixels) -> Path:
    """A pyramid of tiles of no scanner."""
    _write_pyramid(path, pixels, None)
    return path


def _write_pyramid(path: Path, pixels: Pixels, words: str | None) -> None:
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for step in (1, 4, 16):
            small = pixels if step == 1 else cv2.resize(
                pixels, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA
            )  # fmt: skip
            writer.write(
                small,
                tile=(TILE, TILE),
                photometric="rgb",
                compression="jpeg",
                compressionargs={"level": 92},
                description=words,
                subfiletype=0 if step == 1 or words else 1,
                metadata=None,
            )


def write_huge_svs(path: Path, width: int = 100_000, height: int = 80_000, *, levels: int = 4) -> Path:
    """A slide of any size in a small file, whose tiles are shared: blood at the left, glass at the right."""
    drawn = render_field(7, width=4 * TILE, height=4 * TILE, classes=("neutrophil",) * 4, um_per_px=0.25)
    blood = [
        drawn.pixels[y : y + TILE, x : x + TILE] for y in range(0, 1024, TILE) for x in range(0, 1024, TILE)
    ]
    far = cv2.resize(drawn.pixels, (TILE, TILE), interpolation=cv2.INTER_AREA)
    farther = np.tile(cv2.resize(far, (TILE // 4, TILE // 4), interpolation=cv2.INTER_AREA), (4, 4, 1))
    glass = np.full((TILE, TILE, 3), 243, np.uint8)
    tiles = [_jpeg(each) for each in (*blood, far, farther, glass)]
    offsets, place = [], 16
    for tile in tiles:
        offsets.append(place)
        place += len(tile)
    body = b"".join(tiles)
    words = aperio_description(width, height).encode("ascii") + b"\0"
    pages = []
    for level in range(levels):
        wide, high = width // 4**level, height // 4**level
        across, down = -(-wide // TILE), -(-high // TILE)
        column, row = np.meshgrid(np.arange(across), np.arange(down))
        which = row % 4 * 4 + column % 4 if level == 0 else np.full((down, across), 15 + min(level, 2))
        # The left half shows blood.
        which = np.where(column * 2 >= across, len(tiles) - 1, which).ravel()
        pages.append(
            [
                (254, _LONG, [0]),
                (256, _LONG, [wide]),
                (257, _LONG, [high]),
                (258, _SHORT, [8, 8, 8]),
                (259, _SHORT, [7]),
                (262, _SHORT, [6]),
                (270, _ASCII, words),
                (277, _SHORT, [3]),
                (284, _SHORT, [1]),
                (322, _LONG, [TILE]),
                (323, _LONG, [TILE]),
                (324, _LONG8, np.array(offsets)[which]),
                (325, _LONG, np.array([len(each) for each in tiles])[which]),
                (530, _SHORT, [2, 2]),
            ]
        )
    path.write_bytes(_bigtiff(body, pages))
    return path


def _jpeg(pixels: Pixels) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels[..., ::-1])[1])


def _bigtiff(body: bytes, pages: list[list[tuple[int, tuple[int, str, int], object]]]) -> bytes:
    place = first = 16 + len(body)
    made = []
    for number, tags in enumerate(pages):
        start = place + 8 + 20 * len(tags) + 8
        rest, entries = b"", b""
        for tag, (kind, code, _size), values in tags:
            data = values if isinstance(values, bytes) else np.asarray(values).astype(f"<{code}").tobytes()
            held = data.ljust(8, b"\0")
            if len(data) > 8:
                held = struct.pack("<Q", start + len(rest))
                rest += data + b"\0" * (-len(data) % 8)
            entries += struct.pack("<HHQ", tag, kind, len(values)) + held  # type: ignore[arg-type]
        place = start + len(rest)
        following = place if number + 1 < len(pages) else 0
        made.append(struct.pack("<Q", len(tags)) + entries + struct.pack("<Q", following) + rest)
    return struct.pack("<2sHHHQ", b"II", 43, 8, 0, first) + b"".join([body, *made])

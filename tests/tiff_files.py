"""TIFF files of every layout, written tag by tag: what tests and the fuzz campaign start from.

`tiff_file` writes what it is told, whether it makes sense or not; `picture_file` writes a picture
in a layout.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import imagecodecs
import numpy as np

SHORT, LONG, LONG8, ASCII, BYTE, UNDEFINED, RATIONAL, FLOAT = 3, 4, 16, 2, 1, 7, 5, 11
_SIZES = {BYTE: "B", ASCII: "B", UNDEFINED: "B", SHORT: "H", LONG: "I", LONG8: "Q", FLOAT: "f"}

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, DESCRIPTION = 256, 257, 258, 259, 262, 266, 270
OFFSETS, ORIENTATION, SAMPLES, ROWS_PER_STRIP, COUNTS, PLANAR, PREDICTOR = 273, 274, 277, 278, 279, 284, 317
COLOUR_MAP, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS = 320, 322, 323, 324, 325
SUB_DIRECTORIES, EXTRA_SAMPLES, SAMPLE_FORMAT, NEW_KIND, OLD_KIND = 330, 338, 339, 254, 255

Tags = dict[int, tuple[int, Any]]

COMPRESSORS: dict[int, Callable[[bytes], bytes]] = {
    1: bytes,
    5: imagecodecs.lzw_encode,
    8: zlib.compress,
    32_946: zlib.compress,
    32_773: imagecodecs.packbits_encode,
    34_925: imagecodecs.lzma_encode,
    50_000: imagecodecs.zstd_encode,
}


@dataclass
class Directory:
    """One page: its tags but those of its pieces, its pieces, and the pages beneath it."""

    tags: Tags
    pieces: Sequence[bytes] = ()
    tiled: bool = False
    beneath: Sequence[Directory] = field(default_factory=list)


def tiff_file(pages: Sequence[Directory], *, order: str = "<", big: bool = False) -> bytes:
    """A file of these pages, one after the other."""
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42))
    if big:
        out += struct.pack(order + "HH", 8, 0)
    link = len(out)
    out += bytes(8 if big else 4)
    for page in pages:
        link = _directory(out, page, link, order, big)
    return bytes(out)


def _directory(out: bytearray, page: Directory, link: int, order: str, big: bool) -> int:
    """Write a page and point `link` at it; where the pointer to the next one lies."""
    word, most = ("Q", 8) if big else ("I", 4)
    offsets = []
    for piece in page.pieces:
        out += bytes(len(out) & 1)
        offsets.append(len(out))
        out += piece
    tags = dict(page.tags)
    if page.pieces:
        where, counts = (TILE_OFFSETS, TILE_COUNTS) if page.tiled else (OFFSETS, COUNTS)
        tags.setdefault(where, (LONG, offsets))
        tags.setdefault(counts, (LONG, [len(piece) for piece in page.pieces]))
    if page.beneath:
        tags[SUB_DIRECTORIES] = (LONG, [0] * len(page.beneath))
    entries = []
    sub_links = []
    for tag, (kind, values) in sorted(tags.items()):
        if isinstance(values, (bytes, str)):
            body = values.encode() + b"\0" if isinstance(values, str) else values
            count = len(body)
        elif kind == RATIONAL:
            body = b"".join(struct.pack(order + "II", *each) for each in values)
            count = len(values)
        else:
            numbers = list(values) if isinstance(values, (list, tuple, np.ndarray)) else [values]
            body = struct.pack(f"{order}{len(numbers)}{_SIZES[kind]}", *numbers)
            count = len(numbers)
        if len(body) > most:
            out += bytes(len(out) & 1)
            at = len(out)
            out += body
            if tag == SUB_DIRECTORIES:
                sub_links = [at + 4 * place for place in range(count)]
            body = struct.pack(order + word, at)
        entries.append((tag, struct.pack(order + "HH" + word, tag, kind, count) + body.ljust(most, b"\0")))
    out += bytes(len(out) & 1)
    struct.pack_into(order + word, out, link, len(out))
    out += struct.pack(order + ("Q" if big else "H"), len(entries))
    for tag, entry in entries:
        if tag == SUB_DIRECTORIES and not sub_links:
            sub_links = [len(out) + len(entry) - most]
        out += entry
    following = len(out)
    out += bytes(8 if big else 4)
    for each, at in zip(page.beneath, sub_links, strict=True):
        pointer = bytearray(out)
        assert not big, "the offsets of pages beneath are 32 bits here"
        _directory(pointer, each, at, order, big)
        out[:] = pointer
    return following


def picture(
    values: np.ndarray,
    *,
    bits: int,
    photometric: int,
    order: str = "<",
    compression: int = 1,
    predictor: int = 1,
    apart: bool = False,
    rows: int | None = None,
    tile: tuple[int, int] | None = None,
    turned: bool = False,
    tags: Tags | None = None,
    encode: Callable[[np.ndarray], bytes] | None = None,
) -> Directory:
    """A page of samples (H, W, S): whole numbers, or floats where they are.

    Args:
        rows: of a strip; None for one strip.
        tile: width and height of a tile.
        turned: FillOrder 2.
        encode: makes a piece of its samples, for the compressions of pictures.
    """
    values = values if values.ndim == 3 else values[..., np.newaxis]
    height, width, samples = values.shape
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    planes = [values[..., place : place + 1] for place in range(samples)] if apart else [values]
    pieces = []
    for plane in planes:
        for block in _blocks(plane, rows, tile):
            if encode is not None:
                pieces.append(encode(block))
                continue
            raw = packed(block, bits, order, predictor)
            data = COMPRESSORS[compression](raw)
            pieces.append(bytes(imagecodecs.bitorder_decode(bytes(data))) if turned else bytes(data))
    made: Tags = {
        WIDTH: (LONG, width),
        HEIGHT: (LONG, height),
        BITS: (SHORT, [bits] * samples),
        COMPRESSION: (SHORT, compression),
        PHOTOMETRIC: (SHORT, photometric),
        SAMPLES: (SHORT, samples),
        PLANAR: (SHORT, 2 if apart else 1),
        SAMPLE_FORMAT: (SHORT, [kind] * samples),
    }
    if predictor != 1:
        made[PREDICTOR] = (SHORT, predictor)
    if turned:
        made[FILL_ORDER] = (SHORT, 2)
    if tile is not None:
        made |= {TILE_WIDTH: (LONG, tile[0]), TILE_HEIGHT: (LONG, tile[1])}
    else:
        made[ROWS_PER_STRIP] = (LONG, rows or height)
    return Directory(made | (tags or {}), pieces, tile is not None)


def _blocks(plane: np.ndarray, rows: int | None, tile: tuple[int, int] | None) -> list[np.ndarray]:
    height, width = plane.shape[:2]
    if tile is None:
        step = rows or height
        return [plane[top : top + step] for top in range(0, height, step)]
    across, down = tile
    padded = np.pad(plane, ((0, -height % down), (0, -width % across), (0, 0)), mode="edge")
    return [
        padded[top : top + down, left : left + across]
        for top in range(0, padded.shape[0], down)
        for left in range(0, padded.shape[1], across)
    ]


def packed(block: np.ndarray, bits: int, order: str, predictor: int = 1) -> bytes:
    """Samples (H, W, S) as a piece's bytes: rows begin on bytes."""
    if predictor == 3:
        return bytes(imagecodecs.floatpred_encode(np.ascontiguousarray(block), axis=-2))
    if block.dtype.kind == "f":
        return block.astype(block.dtype.newbyteorder(order)).tobytes()
    if predictor == 2:
        block = block.copy()
        block[:, 1:] -= block[:, :-1].copy()
    if bits in (8, 16, 32, 64):
        return block.astype(np.dtype(f"{block.dtype.kind}{bits // 8}").newbyteorder(order)).tobytes()
    flat = block.reshape(block.shape[0], -1).astype(np.int64)
    if bits == 24:
        octets = np.stack([flat >> shift & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8)
        return (octets if order == "<" else octets[..., ::-1]).tobytes()
    digits = flat[..., np.newaxis] >> np.arange(bits - 1, -1, -1) & 1
    return np.packbits(digits.reshape(flat.shape[0], -1).astype(np.uint8), axis=1).tobytes()


def picture_file(values: np.ndarray, *, big: bool = False, order: str = "<", **layout: Any) -> bytes:
    """A file of one picture; see `picture`."""
    return tiff_file([picture(values, order=order, **layout)], order=order, big=big)

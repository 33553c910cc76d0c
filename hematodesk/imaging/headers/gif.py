"""GIF: its blocks (the GIF89a specification)."""

from __future__ import annotations

import struct

from hematodesk.domain.messages import N_
from hematodesk.imaging.headers.stated import Header
from hematodesk.imaging.tiff import Broken, Data

_PICTURE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_CUT = N_("Errors", "its end is missing")


def read_gif(data: Data) -> Header:
    """The header. Raises Broken, struct.error, IndexError."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position, frames = 13 + _table(flags), 0
    while True:
        if position >= len(data):
            raise Broken(_CUT, truncated=True)
        kind = data[position]
        if kind == _TRAILER:
            break
        if kind == _PICTURE:
            left, top, across, down, flags = struct.unpack_from("<HHHHB", data, position + 1)
            if left + across > width or top + down > height or not across or not down:
                raise Broken(N_("Errors", "its header contradicts itself"))
            # The picture's own table and the size of its first code come before its blocks.
            position = _after_blocks(data, position + 10 + _table(flags) + 1)
            frames += 1
        elif kind == _EXTENSION:
            position = _after_blocks(data, position + 2)
        elif frames:
            # Bytes behind the last picture are nobody's.
            break
        else:
            raise Broken(N_("Errors", "its structure is not a GIF's"))
    if not frames:
        raise Broken(N_("Errors", "it holds no picture"))
    return Header("gif", width, height, pages=frames)


def _table(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(data: Data, position: int) -> int:
    """Behind a chain of blocks, each with its length in front, up to one of length 0."""
    while True:
        if position >= len(data):
            raise Broken(_CUT, truncated=True)
        length = data[position]
        position += 1 + length
        if not length:
            return position

"""WebP: its chunks (RFC 9649)."""

from __future__ import annotations

import struct

from hematodesk.domain.messages import N_
from hematodesk.imaging.headers.stated import Colour, Header
from hematodesk.imaging.tiff import Broken, Data, exif_orientation


def read_webp(data: Data) -> Header:
    """The header. Raises Broken, struct.error, IndexError."""
    if len(data) < 8 + struct.unpack_from("<I", data, 4)[0]:
        raise Broken(N_("Errors", "its end is missing"), truncated=True)
    position, size, orientation, frames, profile = 12, None, 0, 0, b""
    while position + 8 <= len(data):
        kind, length = bytes(data[position : position + 4]), struct.unpack_from("<I", data, position + 4)[0]
        body = position + 8
        if kind == b"VP8X":
            size = (
                1 + int.from_bytes(data[body + 4 : body + 7], "little"),
                1 + int.from_bytes(data[body + 7 : body + 10], "little"),
            )
        elif kind == b"VP8 " and size is None:
            width, height = struct.unpack_from("<HH", data, body + 6)
            size = (width & 0x3FFF, height & 0x3FFF)
        elif kind == b"VP8L" and size is None:
            bits = struct.unpack_from("<I", data, body + 1)[0]
            size = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        elif kind == b"EXIF" and not orientation:
            block = data[body : body + length]
            orientation = exif_orientation(bytes(block).removeprefix(b"Exif\x00\x00"))
        elif kind == b"ICCP" and not profile:
            profile = bytes(data[body : body + length])
        elif kind == b"ANMF":
            frames += 1
        position = body + length + (length & 1)
    if size is None:
        raise Broken(N_("Errors", "it holds no picture"))
    return Header(
        "webp", size[0], size[1], orientation or 1, pages=max(1, frames), colour=Colour(profile=profile)
    )

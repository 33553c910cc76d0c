"""PNG: its chunks (the PNG specification, 3rd edition; colour by 4.3 and 11.3.2)."""

from __future__ import annotations

import struct
import zlib

from hematodesk.domain.messages import N_
from hematodesk.imaging.headers.stated import PLAIN, Colour, Header
from hematodesk.imaging.tiff import Broken, Data, exif_orientation

_LARGEST_PROFILE = 4 * 1024 * 1024
"""Bytes of an unfolded profile; those of displays and cameras have some kilobytes, printers' 2 MB."""

_LINEAR_TRANSFER = 8
"""In a cICP chunk (ITU-T H.273)."""


def read_png(data: Data) -> Header:
    """The header. Raises Broken, struct.error, IndexError."""
    position, header, orientation, has_pixels, frames = 8, None, 0, False, 1
    said: dict[bytes, bytes] = {}
    while True:
        length = struct.unpack_from(">I", data, position)[0]
        kind = bytes(data[position + 4 : position + 8])
        body = data[position + 8 : position + 8 + length]
        if len(body) < length or len(data) < position + 12 + length:
            raise Broken(N_("Errors", "its end is missing"), truncated=True)
        if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", data, position + 8 + length)[0]:
            raise Broken(N_("Errors", "a checksum does not match"))
        if header is None:
            if kind != b"IHDR" or length != 13:
                raise Broken(N_("Errors", "it does not begin with its header"))
            header = struct.unpack_from(">IIBB", body)
        elif kind == b"IDAT":
            has_pixels = True
        elif kind == b"eXIf" and not orientation:
            orientation = exif_orientation(body)
        elif kind == b"acTL" and length == 8 and not has_pixels:
            frames = struct.unpack_from(">I", body)[0]
        elif kind in (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"tRNS") and not has_pixels:
            said.setdefault(kind, bytes(body))
        elif kind == b"IEND":
            break
        position += 12 + length
    if not has_pixels:
        raise Broken(N_("Errors", "it holds no pixels"))
    width, height, depth, kind_of_colour = header
    bits = max(said.get(b"sBIT", b""), default=0) if depth == 16 else 0
    return Header(
        "png",
        width,
        height,
        orientation or 1,
        pages=max(1, frames),
        bits=bits if bits <= 16 else 0,
        clear=_clear(said.get(b"tRNS", b""), depth) if kind_of_colour == 0 else -1,
        colour=_colour(said),
    )


def _clear(body: bytes, depth: int) -> int:
    """The transparent grey as decoders give it: fewer than 8 bits are spread over 8."""
    if len(body) != 2 or depth not in (1, 2, 4, 8, 16):
        return -1
    value = int.from_bytes(body, "big") & ((1 << depth) - 1)
    return value * 255 // ((1 << depth) - 1) if depth < 8 else value


def _colour(said: dict[bytes, bytes]) -> Colour:
    """The first of cICP, iCCP, sRGB and gAMA that is there and can be understood."""
    if len(said.get(b"cICP", b"")) == 4:
        return Colour(gamma=1.0) if said[b"cICP"][1] == _LINEAR_TRANSFER else PLAIN
    profile = _profile(said.get(b"iCCP", b""))
    if profile:
        return Colour(profile=profile)
    if b"sRGB" in said or len(said.get(b"gAMA", b"")) != 4:
        return PLAIN
    primaries: tuple[float, ...] = ()
    if len(said.get(b"cHRM", b"")) == 32:
        primaries = tuple(each / 100_000 for each in struct.unpack(">8I", said[b"cHRM"]))
    return Colour(gamma=struct.unpack(">I", said[b"gAMA"])[0] / 100_000, primaries=primaries)


def _profile(body: bytes) -> bytes:
    """The profile of an iCCP chunk: a name, a zero, the method 0, zlib's bytes; empty if it is none."""
    _, found, rest = body.partition(b"\0")
    if not found or rest[:1] != b"\0":
        return b""
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(rest[1:], _LARGEST_PROFILE)
    except zlib.error:
        return b""
    return profile if inflater.eof else b""

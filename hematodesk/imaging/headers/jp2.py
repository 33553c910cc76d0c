"""JPEG 2000: the boxes around a codestream, and its main header (ISO/IEC 15444-1, annexes A and I)."""

from __future__ import annotations

import struct

from hematodesk.domain.messages import N_
from hematodesk.imaging.headers.boxes import boxes
from hematodesk.imaging.headers.stated import PLAIN, Colour, Header, OtherKind
from hematodesk.imaging.tiff import Broken, Data

_START, _SIZE, _TILE, _END = 0xFF4F, 0xFF51, 0xFF90, 0xFFD9
_MOST_TILE_PARTS = 100_000
_CONTRADICTS = N_("Errors", "its structure contradicts itself")
_RARE = N_("Errors", "a JPEG 2000 picture whose channels differ in depth or size")


def read_jp2(data: Data) -> Header:
    """The header of a JP2 file or bare codestream. Raises Broken, OtherKind, struct.error, IndexError."""
    if bytes(data[:4]) == b"\xffO\xffQ":
        return _codestream(data, 0, len(data), PLAIN, opacity=False)
    colour, opacity, palette = PLAIN, False, False
    for kind, start, end in boxes(data, 0, len(data), cut=True):
        if kind == b"jp2h":
            colour, opacity, palette = _about(data, start, end)
        elif kind == b"jp2c":
            return _codestream(data, start, end, colour, opacity=opacity, palette=palette)
    raise Broken(N_("Errors", "it holds no picture"), truncated=True)


def _about(data: Data, start: int, end: int) -> tuple[Colour, bool, bool]:
    """What the header's boxes say: colour, whether a channel is opacity, whether there is a palette."""
    colour, opacity, palette, told = PLAIN, False, False, False
    for kind, body, after in boxes(data, start, end):
        if kind == b"colr" and not told:
            told = True
            if data[body] == 2:
                colour = Colour(profile=bytes(data[body + 3 : after]))
        elif kind == b"cdef":
            for at in range(body + 2, after - 5, 6):
                opacity = opacity or struct.unpack_from(">H", data, at + 2)[0] in (1, 2)
        elif kind == b"pclr":
            palette = True
    return colour, opacity, palette


def _codestream(
    data: Data, start: int, end: int, colour: Colour, *, opacity: bool, palette: bool = False
) -> Header:
    first, marker, _, _, across, down, left, top = struct.unpack_from(">HHHHIIII", data, start)
    if first != _START or marker != _SIZE:
        raise Broken(_CONTRADICTS)
    tile_across, tile_down, tile_left, tile_top, channels = struct.unpack_from(">IIIIH", data, start + 24)
    if across <= left or down <= top or not tile_across or not tile_down or not channels:
        raise Broken(N_("Errors", "its header contradicts itself"))
    if tile_left > left or tile_top > top or tile_left + tile_across <= left or tile_top + tile_down <= top:
        raise Broken(N_("Errors", "its header contradicts itself"))
    about = [struct.unpack_from(">BBB", data, start + 42 + 3 * each) for each in range(min(channels, 5))]
    depth, _, _ = about[0]
    if len(set(about)) != 1 or about[0][1:] != (1, 1) or depth > 15 or channels > 4:
        raise OtherKind(_RARE)
    tiles = -(-(across - tile_left) // tile_across) * -(-(down - tile_top) // tile_down)
    _check_tiles(data, start + 2, end, tiles)
    bits = depth + 1
    return Header(
        "jp2",
        across - left,
        down - top,
        bits=bits if bits > 8 and not palette else 0,
        colour=colour,
        opacity=opacity,
    )


def _check_tiles(data: Data, position: int, end: int, tiles: int) -> None:
    """Raise Broken unless a part of every tile is there whole.

    `position` is that of the main header's first segment, each of which has its length in front.
    """
    seen: set[int] = set()
    while True:
        marker, length = struct.unpack_from(">HH", data, position)
        if marker == _TILE:
            break
        if marker <= 0xFF00 or length < 2 or position + length > end:
            raise Broken(_CONTRADICTS)
        position += 2 + length
    for _ in range(_MOST_TILE_PARTS):
        if position + 2 > end:
            break
        marker = struct.unpack_from(">H", data, position)[0]
        if marker == _END:
            break
        if marker != _TILE:
            raise Broken(_CONTRADICTS)
        index, length = struct.unpack_from(">HI", data, position + 4)
        if length == 0:
            # The last one, up to the end marker.
            seen.add(index)
            if bytes(data[max(position, end - 2) : end]) != b"\xff\xd9":
                raise Broken(N_("Errors", "its end is missing"), truncated=True)
            break
        if length < 14:
            raise Broken(_CONTRADICTS)
        position += length
        if position > end:
            raise Broken(N_("Errors", "part of its pixels is missing"), truncated=True)
        seen.add(index)
    if len(seen) < tiles:
        raise Broken(N_("Errors", "part of its pixels is missing"), truncated=True)

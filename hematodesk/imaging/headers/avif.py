"""AVIF: the boxes that say what its picture is (ISO/IEC 23008-12, AV1 Image File Format)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from hematodesk.domain.messages import N_
from hematodesk.imaging.headers.boxes import boxes
from hematodesk.imaging.headers.stated import PLAIN, Colour, Header
from hematodesk.imaging.tiff import Broken, Data

_CONTRADICTS = N_("Errors", "its structure contradicts itself")
_LINEAR_TRANSFER = 8
"""ITU-T H.273."""


_STEPS = {
    1: (0, False), 2: (0, True), 3: (2, False), 4: (2, True),
    5: (1, True), 6: (3, False), 7: (3, True), 8: (1, False),
}  # fmt: skip
"""Exif's number as: mirrored left to right first, then so many quarter turns against the clock."""


@dataclass
class _Meta:
    """What the meta box holds.

    Attributes:
        primary: the picture's number.
        properties: every property as kind, start and end.
        of_item: number of an item to its properties' numbers, from 1, in their order.
    """

    primary: int = 0
    properties: list[tuple[bytes, int, int]] = field(default_factory=list)
    of_item: dict[int, list[int]] = field(default_factory=dict)


def read_avif(data: Data) -> Header:
    """The header. Raises Broken, struct.error, IndexError."""
    meta, track, brand = None, None, bytes(data[8:12])
    for kind, start, end in boxes(data, 0, len(data), cut=True):
        if kind == b"meta" and meta is None:
            meta = _meta(data, start + 4, end)
        elif kind == b"moov":
            track = _track(data, start, end)
    if brand == b"avis" and track is not None:
        # The frames are read from the track then.
        return Header("avif", *track, pages=2)
    if meta is None:
        raise Broken(N_("Errors", "it holds no picture"))
    size, orientation, bits, colour = _picture(data, meta)
    return Header("avif", *size, orientation, pages=2 if track else 1, bits=bits, colour=colour)


def _meta(data: Data, start: int, end: int) -> _Meta:
    found = _Meta()
    for kind, body, after in boxes(data, start, end):
        if kind == b"pitm":
            found.primary = struct.unpack_from(">H" if data[body] == 0 else ">I", data, body + 4)[0]
        elif kind == b"iloc":
            _check_places(data, body)
        elif kind == b"iprp":
            for inner, first, last in boxes(data, body, after):
                if inner == b"ipco":
                    found.properties = list(boxes(data, first, last))
                elif inner == b"ipma":
                    _associations(data, first, found)
    return found


def _associations(data: Data, at: int, found: _Meta) -> None:
    version, wide = data[at], data[at + 3] & 1
    count = struct.unpack_from(">I", data, at + 4)[0]
    at += 8
    for _ in range(count):
        form, size = (">H", 2) if version < 1 else (">I", 4)
        item = struct.unpack_from(form, data, at)[0]
        many = data[at + size]
        at += size + 1
        numbers = []
        for _ in range(many):
            number = struct.unpack_from(">H", data, at)[0] & 0x7FFF if wide else data[at] & 0x7F
            at += 2 if wide else 1
            numbers.append(number)
        found.of_item[item] = numbers


def _check_places(data: Data, at: int) -> None:
    """Raise Broken when pixels are said to lie beyond the file's end."""
    version = data[at]
    sizes, more = data[at + 4], data[at + 5]
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version in (1, 2) else 0
    if not {offset_size, length_size, base_size, index_size} <= {0, 4, 8} or version > 2:
        raise Broken(_CONTRADICTS)
    wide = 4 if version == 2 else 2
    count = int.from_bytes(data[at + 6 : at + 6 + wide], "big")
    at += 6 + wide
    for _ in range(count):
        at += wide
        method = 0
        if version in (1, 2):
            method = data[at + 1] & 15
            at += 2
        at += 2
        base = int.from_bytes(data[at : at + base_size], "big")
        at += base_size
        extents = struct.unpack_from(">H", data, at)[0]
        at += 2
        for _ in range(extents):
            at += index_size
            place = int.from_bytes(data[at : at + offset_size], "big")
            at += offset_size
            length = int.from_bytes(data[at : at + length_size], "big")
            at += length_size
            if method == 0 and base + place + length > len(data):
                raise Broken(N_("Errors", "part of its pixels is missing"), truncated=True)
            if at > len(data):
                raise Broken(_CONTRADICTS)


def _picture(data: Data, meta: _Meta) -> tuple[tuple[int, int], int, int, Colour]:
    """Size, orientation, bits and colour of the primary item."""
    size, bits, colour = None, 0, PLAIN
    mirrored, turns = False, 0
    for number in meta.of_item.get(meta.primary, ()):
        if not 1 <= number <= len(meta.properties):
            raise Broken(_CONTRADICTS)
        kind, body, after = meta.properties[number - 1]
        if kind == b"ispe":
            size = struct.unpack_from(">II", data, body + 4)
        elif kind == b"pixi":
            bits = max(bytes(data[body + 5 : body + 5 + data[body + 4]]), default=0)
        elif kind == b"colr":
            colour = _colour(bytes(data[body:after]), colour)
        elif kind == b"irot":
            turns += data[body] & 3
        elif kind == b"imir":
            # Mirrored after so many turns: as if the turns went the other way behind the mirror.
            turns = -turns + (0 if data[body] & 1 else 2)
            mirrored = not mirrored
    if size is None:
        raise Broken(N_("Errors", "it says no size or holds no pixels"))
    steps = (turns % 4, mirrored)
    orientation = next(number for number, each in _STEPS.items() if each == steps)
    return size, orientation, bits if bits > 8 else 0, colour


def _colour(body: bytes, before: Colour) -> Colour:
    """A profile counts more than numbers (AV1 Image File Format, 4)."""
    if body[:4] in (b"prof", b"rICC"):
        return Colour(profile=body[4:])
    linear = body[:4] == b"nclx" and struct.unpack_from(">H", body, 6)[0] == _LINEAR_TRANSFER
    return Colour(gamma=1.0) if linear and not before.profile else before


def _track(data: Data, start: int, end: int) -> tuple[int, int] | None:
    """Width and height of the first track that has a size."""
    for kind, body, after in boxes(data, start, end):
        if kind != b"trak":
            continue
        for inner, first, last in boxes(data, body, after):
            if inner == b"tkhd" and last - first >= 84:
                width, height = struct.unpack_from(">II", data, last - 8)
                if width and height:
                    return width >> 16, height >> 16
    return None

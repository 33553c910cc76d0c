"""The few tags of TIFF and Exif that matter before decoding.

TIFF 6.0 and BigTIFF. Directories can point anywhere, also at themselves: every offset is
checked and no directory is visited twice.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274
_STRIP_OFFSETS, _STRIP_COUNTS, _TILE_OFFSETS, _TILE_COUNTS = 273, 279, 324, 325

# Tag type: (struct letter, bytes). Only integers matter here.
_TYPES = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 16: ("Q", 8)}

_MAX_PAGES = 10_000
_MAX_ENTRIES = 4_096
_MAX_VALUES = 4_000_000


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """The first page's stored size in pixels and orientation, and how many pages there are."""

    width: int
    height: int
    orientation: int
    pages: int


class _Directory:
    """One image file directory: tag to its values, and the offset of the next."""

    def __init__(self, data: bytes, order: str, big: bool, offset: int) -> None:
        count_format, entry, inline = ("Q", 20, 8) if big else ("H", 12, 4)
        word = "Q" if big else "I"
        count = struct.unpack_from(order + count_format, data, offset)[0]
        if count > _MAX_ENTRIES:
            raise ValueError("a directory has too many entries")
        start = offset + struct.calcsize(order + count_format)
        self.tags: dict[int, tuple[str, int, int]] = {}
        for index in range(count):
            at = start + index * entry
            tag, kind, amount = struct.unpack_from(order + "HH" + word, data, at)
            if kind not in _TYPES:
                continue
            letter, size = _TYPES[kind]
            value_at = at + entry - inline
            if size * amount > inline:
                value_at = struct.unpack_from(order + word, data, value_at)[0]
            self.tags[tag] = (letter, amount, value_at)
        self.next = struct.unpack_from(order + word, data, start + count * entry)[0]
        self._data, self._order = data, order

    def values(self, tag: int) -> tuple[int, ...]:
        letter, amount, at = self.tags.get(tag, ("B", 0, 0))
        if amount > _MAX_VALUES:
            raise ValueError("a tag has too many values")
        return struct.unpack_from(f"{self._order}{amount}{letter}", self._data, at)

    def first(self, tag: int, otherwise: int) -> int:
        values = self.values(tag)
        return values[0] if values else otherwise


def _open(data: bytes) -> tuple[str, bool, int]:
    """Byte order, whether BigTIFF, and the first directory's offset."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    if struct.unpack_from(order + "H", data, 2)[0] == 43:
        return order, True, struct.unpack_from(order + "Q", data, 8)[0]
    return order, False, struct.unpack_from(order + "I", data, 4)[0]


def read_tiff(data: bytes) -> TiffHeader | str:
    """The header of a whole TIFF file, or in words what is wrong with it."""
    try:
        order, big, offset = _open(data)
        first = _Directory(data, order, big, offset)
        width, height = first.first(_WIDTH, 0), first.first(_HEIGHT, 0)
        pages, seen, following = 1, {offset}, first.next
        while following and following not in seen and pages < _MAX_PAGES:
            seen.add(following)
            following = _Directory(data, order, big, following).next
            pages += 1
        offsets = first.values(_STRIP_OFFSETS) or first.values(_TILE_OFFSETS)
        counts = first.values(_STRIP_COUNTS) or first.values(_TILE_COUNTS)
        orientation = first.first(_ORIENTATION, 1)
    except (struct.error, OverflowError):
        return "part of its directory is missing"
    except (ValueError, KeyError):
        return "its directory contradicts itself"
    if not width or not height or not offsets:
        return "it says no size or holds no pixels"
    if any(at + count > len(data) for at, count in zip(offsets, counts, strict=False)):
        return "part of its pixels is missing"
    return TiffHeader(width, height, orientation if 1 <= orientation <= 8 else 1, pages)


def without_orientation(data: bytes) -> bytes:
    """The same TIFF file with its orientation set to 1.

    libtiff undoes some orientations itself and others not; so it is told there is none, and
    all eight are undone in one place.
    """
    order, big, offset = _open(data)
    entry = _Directory(data, order, big, offset).tags.get(_ORIENTATION)
    if entry is None:
        return data
    letter, _, at = entry
    changed = bytearray(data)
    struct.pack_into(order + letter, changed, at, 1)
    return bytes(changed)


def exif_orientation(block: bytes) -> int:
    """The orientation (1 to 8) in an Exif block, which is a small TIFF; 1 when it does not say."""
    try:
        order, big, offset = _open(block)
        value = _Directory(block, order, big, offset).first(_ORIENTATION, 1)
    except (struct.error, OverflowError, ValueError, KeyError):
        return 1
    return value if 1 <= value <= 8 else 1

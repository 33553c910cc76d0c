"""Reads the few tags of TIFF and Exif that matter before decoding.

TIFF 6.0 and BigTIFF. Directories can point anywhere, also at themselves: every offset is
checked and no directory is visited twice.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TypeAlias

from hematodesk.domain.limits import MAX_DIMENSION, MAX_PIXELS
from hematodesk.domain.messages import N_

Data: TypeAlias = bytes | memoryview
"""A file's bytes, or a look at them where they lie."""

_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274
_BITS, _COMPRESSION, _SAMPLES, _ROWS_PER_STRIP, _PLANAR = 258, 259, 277, 278, 284
_PHOTOMETRIC, _TILE_WIDTH, _TILE_HEIGHT = 262, 322, 323
_STRIP_OFFSETS, _STRIP_COUNTS, _TILE_OFFSETS, _TILE_COUNTS = 273, 279, 324, 325

# Tag type: (struct letter, bytes). Only integers matter here.
_TYPES = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 16: ("Q", 8)}

_DEFLATE = (8, 32_946)
_MOST_EXPANSION = {1: 1, 5: 4_096, 8: 1_032, 32_946: 1_032, 32_773: 64}
"""Compression scheme to how many bytes one byte can stand for at most: none, LZW, deflate (twice),
PackBits. TIFF 6.0, RFC 1951."""

_YCBCR = 6
_PIECE = 65_536
_DEEPEST = 4 * 32
"""Bits of a pixel: four channels of the deepest kind there is."""

_MAX_PAGES = 10_000
_MAX_ENTRIES = 4_096
_MAX_VALUES = 4_000_000


class Broken(Exception):
    """A structure that is cut off (`truncated`) or contradicts itself; `reason` is marked for translation."""

    def __init__(self, reason: str, *, truncated: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.truncated = truncated


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """The first page's stored size in pixels and orientation, and how many pages there are."""

    width: int
    height: int
    orientation: int
    pages: int


class Directory:
    """One image file directory: tag to its values, and the offset of the next."""

    def __init__(self, data: Data, order: str, big: bool, offset: int) -> None:
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


def open_tiff(data: Data) -> tuple[str, bool, int]:
    """Byte order, whether BigTIFF, and the first directory's offset."""
    order = {b"II": "<", b"MM": ">"}[bytes(data[:2])]
    if struct.unpack_from(order + "H", data, 2)[0] == 43:
        return order, True, struct.unpack_from(order + "Q", data, 8)[0]
    return order, False, struct.unpack_from(order + "I", data, 4)[0]


def read_tiff(data: Data) -> TiffHeader:
    """The header of a whole TIFF file. Raises Broken."""
    try:
        order, big, offset = open_tiff(data)
        first = Directory(data, order, big, offset)
        width, height = first.first(_WIDTH, 0), first.first(_HEIGHT, 0)
        pages, seen, following = 1, {offset}, first.next
        while following and following not in seen and pages < _MAX_PAGES:
            seen.add(following)
            following = Directory(data, order, big, following).next
            pages += 1
        offsets = first.values(_STRIP_OFFSETS) or first.values(_TILE_OFFSETS)
        counts = first.values(_STRIP_COUNTS) or first.values(_TILE_COUNTS)
        orientation = first.first(_ORIENTATION, 1)
    except (struct.error, OverflowError):
        raise Broken(N_("Errors", "part of its directory is missing"), truncated=True) from None
    except (ValueError, KeyError):
        raise Broken(N_("Errors", "its directory contradicts itself")) from None
    if not width or not height or not offsets:
        raise Broken(N_("Errors", "it says no size or holds no pixels"))
    if any(at + count > len(data) for at, count in zip(offsets, counts, strict=False)):
        raise Broken(N_("Errors", "part of its pixels is missing"), truncated=True)
    _check_pixels(data, first, offsets, counts)
    return TiffHeader(width, height, orientation if 1 <= orientation <= 8 else 1, pages)


def _check_pixels(data: Data, page: Directory, offsets: tuple[int, ...], counts: tuple[int, ...]) -> None:
    """Raise Broken for what is seen to be wrong with a page's compressed pixels.

    Where OpenCV decodes in this process libtiff's complaints do not reach us, and it gives a picture with
    black or stale rows instead; damaged LZW and PackBits then stay unseen (see `complaints`). So what can be
    checked cheaply is checked: no scheme expands without bounds, and deflate has checksums.
    """
    try:
        compression = page.first(_COMPRESSION, 1)
        if compression not in _MOST_EXPANSION or page.first(_PHOTOMETRIC, 0) == _YCBCR:
            return
        width, height = page.first(_WIDTH, 0), page.first(_HEIGHT, 0)
        apart = page.first(_PLANAR, 1) == 2
        samples, bits = 1 if apart else page.first(_SAMPLES, 1), page.first(_BITS, 1)
        if max(width, height) > MAX_DIMENSION or width * height > MAX_PIXELS or samples * bits > _DEEPEST:
            # Refused later for its size or kind; no need to inflate so much.
            return
        if _TILE_OFFSETS in page.tags:
            width, rows = page.first(_TILE_WIDTH, 0), page.first(_TILE_HEIGHT, 0)
            strips = len(offsets)
        else:
            rows = min(page.first(_ROWS_PER_STRIP, height), height)
            strips = -(-height // rows) if rows else 0
        if not rows or not width:
            raise Broken(N_("Errors", "its directory contradicts itself"))
        row_bytes = -(-width * samples * bits // 8)
    except (struct.error, OverflowError, ValueError):
        raise Broken(N_("Errors", "its directory contradicts itself")) from None
    if strips > len(offsets) or len(counts) < len(offsets):
        raise Broken(N_("Errors", "part of its pixels is missing"), truncated=True)
    for index, (at, count) in enumerate(zip(offsets, counts, strict=False)):
        in_strip = rows if _TILE_OFFSETS in page.tags else min(rows, height - index % strips * rows)
        expected = row_bytes * in_strip
        if count * _MOST_EXPANSION[compression] < expected:
            raise Broken(N_("Errors", "part of its pixels is missing"), truncated=True)
        if compression in _DEFLATE:
            try:
                if _inflated(data[at : at + count], expected) < expected:
                    raise Broken(N_("Errors", "part of its pixels is missing"), truncated=True)
            except zlib.error:
                raise Broken(N_("Errors", "its compressed pixels are damaged")) from None


def _inflated(compressed: Data, enough: int) -> int:
    """How many bytes it expands to, counted in pieces up to `enough`; raises zlib.error."""
    inflater, found = zlib.decompressobj(), 0
    for at in range(0, len(compressed), _PIECE):
        found += len(inflater.decompress(compressed[at : at + _PIECE]))
        if inflater.eof or found >= enough:
            break
    return found


def without_orientation(data: Data) -> Data:
    """The same TIFF file with its orientation set to 1.

    libtiff undoes some orientations itself and others not; so it is told there is none, and
    all eight are undone in one place.
    """
    order, big, offset = open_tiff(data)
    entry = Directory(data, order, big, offset).tags.get(_ORIENTATION)
    if entry is None:
        return data
    letter, _, at = entry
    changed = bytearray(data)
    struct.pack_into(order + letter, changed, at, 1)
    return bytes(changed)


def exif_orientation(block: Data) -> int:
    """The orientation (1 to 8) in an Exif block, which is a small TIFF; 1 when it does not say."""
    try:
        order, big, offset = open_tiff(block)
        value = Directory(block, order, big, offset).first(_ORIENTATION, 1)
    except (struct.error, OverflowError, ValueError, KeyError):
        return 1
    return value if 1 <= value <= 8 else 1

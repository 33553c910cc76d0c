"""Reads the few tags of TIFF and Exif that matter before decoding.

TIFF 6.0 and BigTIFF. Directories can point anywhere, also at themselves: every offset is
checked and no directory is visited twice.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeAlias

from hematodesk.domain.messages import N_

Data: TypeAlias = bytes | memoryview
"""A file's bytes, or a look at them where they lie."""

_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274
_NEW_KIND, _OLD_KIND, _SUB_DIRECTORIES, _MASK = 254, 255, 330, 4
_COMPRESSION, _PHOTOMETRIC = 259, 262
_STRIP_OFFSETS, _TILE_OFFSETS, _JPEG_OFFSET = 273, 324, 513

# Tag type: (struct letter, bytes). Only integers matter here; 13 and 18 are offsets of directories.
_TYPES = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 13: ("I", 4), 16: ("Q", 8), 18: ("Q", 8)}

_RAW_PHOTOMETRIC = frozenset({32_803, 34_892})
"""Colour filter array and linear raw: what a sensor saw (DNG 1.6, TIFF/EP)."""
_RAW_COMPRESSION = frozenset({32_767, 32_769, 32_770, 34_713, 65_535})
"""Sony ARW, packed raw, Samsung SRW, Nikon NEF, Pentax PEF."""
_DNG_VERSION = 50_706

_MAX_PAGES = 10_000
_MAX_ENTRIES = 4_096
_MAX_VALUES = 4_000_000
_MAX_SUB_DIRECTORIES = 64


CONTRADICTION = N_("Errors", "its directory contradicts itself")
PIXELS_MISSING = N_("Errors", "part of its pixels is missing")
PIXELS_DAMAGED = N_("Errors", "its compressed pixels are damaged")

# What a file is that is not read.
COMPRESSION = N_("Errors", "is compressed as {detail}")
CAMERA_RAW = N_("Errors", "is camera raw: what the sensor saw, not a picture")
LOG_LUV = N_("Errors", "holds brightness as logarithms (LogLuv)")
A_MASK = N_("Errors", "holds only a mask of transparency")
A_VOLUME = N_("Errors", "holds a volume instead of pictures")
MIXED_DEPTHS = N_("Errors", "has colours of different depths")
RARE_DEPTH = N_("Errors", "has {detail} bits a colour")
RARE_PREDICTOR = N_("Errors", "uses predictor {detail}")
COMPLEX_NUMBERS = N_("Errors", "holds numbers that are no brightness")
OTHER_INKS = N_("Errors", "holds printing inks other than cyan, magenta, yellow and black")
OTHER_COLOURS = N_("Errors", "holds colours of the kind {detail}")
MANY_SAMPLES = N_("Errors", "holds more numbers a pixel than are read")


class Broken(Exception):
    """A structure that is cut off (`truncated`) or contradicts itself; `reason` is marked for translation."""

    def __init__(self, reason: str, *, truncated: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.truncated = truncated


class Unsupported(Exception):
    """A file that is whole, but of a kind that is not read.

    Attributes:
        what: marked for translation, for "it …"; `detail` fills its place.
    """

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.detail = detail


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One directory of a file.

    Attributes:
        offset: where it lies.
        width, height: stored size in pixels; 0 where it does not say.
        orientation: 1 to 8.
        reduced: a smaller copy of another page, or a mask (NewSubfileType, SubfileType).
        raw: holds what a camera's sensor saw, or is of a raw format.
        holds_pixels: whether it names any.
    """

    offset: int
    width: int
    height: int
    orientation: int
    reduced: bool
    raw: bool
    holds_pixels: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """The directories of a file: those of its chain, and those that its first page names as beneath it."""

    chain: tuple[PageEntry, ...]
    beneath: tuple[PageEntry, ...]

    @property
    def pictures(self) -> tuple[PageEntry, ...]:
        """The pages that are whole pictures, in their order: what a person counts as pages.

        Where the chain holds small copies only, the full picture lies beneath, as cameras write it; a file of
        nothing but small copies is its largest one.
        """
        for entries in (self.chain, self.beneath):
            whole = tuple(each for each in entries if each.holds_pixels and not each.reduced)
            if whole:
                return whole
        some = [each for each in (*self.chain, *self.beneath) if each.holds_pixels]
        return (max(some, key=lambda each: each.width * each.height),) if some else ()


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


def read_tiff(data: Data) -> Survey:
    """The directories of a whole TIFF file, each visited once. Raises Broken."""
    try:
        order, big, offset = open_tiff(data)
        seen = {offset}
        first = Directory(data, order, big, offset)
        chain = [_entry(first, offset)]
        following = first.next
        while following and following not in seen and len(chain) < _MAX_PAGES:
            seen.add(following)
            page = Directory(data, order, big, following)
            chain.append(_entry(page, following))
            following = page.next
        beneath = []
        for at in first.values(_SUB_DIRECTORIES)[:_MAX_SUB_DIRECTORIES]:
            if at and at not in seen:
                seen.add(at)
                beneath.append(_entry(Directory(data, order, big, at), at))
    except (struct.error, OverflowError):
        raise Broken(N_("Errors", "part of its directory is missing"), truncated=True) from None
    except (ValueError, KeyError):
        raise Broken(CONTRADICTION) from None
    survey = Survey(tuple(chain), tuple(beneath))
    if not survey.pictures or not survey.pictures[0].width or not survey.pictures[0].height:
        raise Broken(N_("Errors", "it says no size or holds no pixels"))
    return survey


def _entry(page: Directory, offset: int) -> PageEntry:
    kind = page.first(_NEW_KIND, 0)
    old = page.first(_OLD_KIND, 0) if _NEW_KIND not in page.tags else 0
    orientation = page.first(_ORIENTATION, 1)
    return PageEntry(
        offset,
        page.first(_WIDTH, 0),
        page.first(_HEIGHT, 0),
        orientation if 1 <= orientation <= 8 else 1,
        reduced=bool(kind & 0b101) or old == 2 or page.first(_PHOTOMETRIC, 0) == _MASK,
        raw=page.first(_PHOTOMETRIC, 0) in _RAW_PHOTOMETRIC
        or page.first(_COMPRESSION, 0) in _RAW_COMPRESSION
        or _DNG_VERSION in page.tags,
        holds_pixels=any(tag in page.tags for tag in (_STRIP_OFFSETS, _TILE_OFFSETS, _JPEG_OFFSET)),
    )


def exif_orientation(block: Data) -> int:
    """The orientation (1 to 8) in an Exif block, which is a small TIFF; 1 when it does not say."""
    try:
        order, big, offset = open_tiff(block)
        value = Directory(block, order, big, offset).first(_ORIENTATION, 1)
    except (struct.error, OverflowError, ValueError, KeyError):
        return 1
    return value if 1 <= value <= 8 else 1

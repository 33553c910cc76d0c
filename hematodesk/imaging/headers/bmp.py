"""BMP: its headers (Microsoft's BITMAPINFOHEADER to BITMAPV5HEADER; OS/2's two)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from hematodesk.domain.messages import N_
from hematodesk.imaging.headers.stated import PLAIN, Colour, Header, OtherKind
from hematodesk.imaging.tiff import Broken, Data

NONE, RLE8, RLE4, MASKS, JPEG, PNG, MASKS_WITH_OPACITY = range(7)
"""The compressions of Windows' headers."""

_CONTRADICTS = N_("Errors", "its header contradicts itself")
_CORE, _INFO = 12, 40
_WINDOWS = (_INFO, 52, 56, 108, 124)
_OS2 = range(16, 65)
"""Sizes of the second header of OS/2, which may be cut short anywhere."""

_EMBEDDED = b"DEBM"
_DEPTHS = {NONE: (1, 2, 4, 8, 16, 24, 32), RLE8: (8,), RLE4: (4,), MASKS: (16, 32)}


@dataclass(frozen=True, slots=True)
class BmpLayout:
    """Where a BMP's pixels lie and how.

    Attributes:
        width, height: in pixels.
        upside_down: whether the first row is the lowest, as is usual.
        bits: of a pixel.
        compression: NONE, RLE8, RLE4 or MASKS.
        masks: of red, green, blue and opacity in a pixel of 16 or 32 bits; 0 for no opacity.
        palette: BGR triples.
        at: where the pixels begin.
    """

    width: int
    height: int
    upside_down: bool
    bits: int
    compression: int
    masks: tuple[int, int, int, int]
    palette: bytes
    at: int

    @property
    def stride(self) -> int:
        """Bytes of a row that is not compressed."""
        return (self.width * self.bits + 31) // 32 * 4


def read_bmp(data: Data) -> Header:
    """The header. Raises Broken, OtherKind, struct.error, IndexError."""
    layout = bmp_layout(data)
    if layout.compression in (NONE, MASKS) and len(data) < layout.at + layout.height * layout.stride:
        raise Broken(N_("Errors", "rows are missing"), truncated=True)
    # Only headers from version 3 on can say which bits are opacity; they may say that none are.
    return Header("bmp", layout.width, layout.height, opacity=layout.masks[3] != 0, colour=_colour(data))


def bmp_layout(data: Data) -> BmpLayout:
    """The layout of a BMP file. Raises as read_bmp."""
    at, size = struct.unpack_from("<I", data, 10)[0], struct.unpack_from("<I", data, 14)[0]
    if size not in (_CORE, *_WINDOWS, *_OS2):
        raise Broken(N_("Errors", "its header has an unknown size"))
    compression = used = 0
    if size == _CORE:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
    else:
        width, height, _, bits = struct.unpack_from("<iiHH", data, 18)
    if size >= 20:
        compression = struct.unpack_from("<I", data, 30)[0]
    if size >= 36:
        used = struct.unpack_from("<I", data, 46)[0]
    if size not in _WINDOWS and compression in (3, 4):
        raise OtherKind(N_("Errors", "a BMP picture of OS/2 in a compression of its own"))
    if compression in (JPEG, PNG):
        raise OtherKind(N_("Errors", "a BMP picture with a JPEG or PNG inside"))
    if compression == MASKS_WITH_OPACITY:
        compression = MASKS
        with_opacity = True
    else:
        with_opacity = size >= 56
    if width <= 0 or not height or bits not in _DEPTHS.get(compression, ()):
        raise Broken(_CONTRADICTS)
    behind = 14 + size
    masks = _usual_masks(bits)
    if compression == MASKS:
        # They lie in larger headers, and behind the small one.
        where = 14 + _INFO
        count = 4 if with_opacity else 3
        red, green, blue, *opacity = struct.unpack_from(f"<{count}I", data, where)
        masks = (red, green, blue, opacity[0] if opacity else 0)
        if size == _INFO:
            behind += 4 * count
        if not all(_is_mask(each, bits) for each in masks[:3]) or (masks[3] and not _is_mask(masks[3], bits)):
            raise Broken(_CONTRADICTS)
    elif bits == 32 and size >= 56:
        masks = (*masks[:3], struct.unpack_from("<I", data, 66)[0])
        if masks[3] and not _is_mask(masks[3], bits):
            raise Broken(_CONTRADICTS)
    palette = _palette(data, behind, at, 3 if size == _CORE else 4, used, bits) if bits <= 8 else b""
    if at < behind:
        raise Broken(_CONTRADICTS)
    return BmpLayout(width, abs(height), height > 0, bits, compression, masks, palette, at)


def _usual_masks(bits: int) -> tuple[int, int, int, int]:
    return (0x7C00, 0x3E0, 0x1F, 0) if bits == 16 else (0xFF0000, 0xFF00, 0xFF, 0)


def _is_mask(mask: int, bits: int) -> bool:
    """Whether its bits stand side by side within a pixel."""
    if not 0 < mask < 1 << bits:
        return False
    low = mask // (mask & -mask)
    return low & (low + 1) == 0


def _palette(data: Data, behind: int, at: int, entry: int, used: int, bits: int) -> bytes:
    """BGR triples of as many colours as the pixels can name; those that are missing are black."""
    most = 1 << bits
    count = min(used or most, most, max(0, at - behind) // entry)
    raw = bytes(data[behind : behind + count * entry])
    triples = b"".join(raw[place : place + 3] for place in range(0, len(raw) // entry * entry, entry))
    return triples.ljust(3 * most, b"\0")


def _colour(data: Data) -> Colour:
    """The profile that a header of the fifth version carries."""
    if struct.unpack_from("<I", data, 14)[0] != 124 or bytes(data[70:74]) != _EMBEDDED:
        return PLAIN
    where, size = struct.unpack_from("<II", data, 126)
    return Colour(profile=bytes(data[14 + where : 14 + where + size]))

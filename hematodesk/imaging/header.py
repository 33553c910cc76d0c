"""Reads what an image file states about itself before anything is decoded.

Hostile files attack decoders, and a small file can claim a huge picture. So format,
size, completeness and orientation are read here first, with plain bounds-checked Python, and
the decoder only sees files that hold what they claim.

Sources: ITU T.81 (JPEG markers), the PNG specification 3rd edition, Microsoft's BITMAPINFOHEADER,
TIFF 6.0 and BigTIFF, RFC 9649 (WebP), CIPA DC-008 (Exif orientation, tag 274).
"""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from hematodesk.domain.errors import ImageError
from hematodesk.domain.image_formats import sniff_format
from hematodesk.domain.limits import MAX_PIXELS
from hematodesk.domain.messages import N_
from hematodesk.imaging import faults
from hematodesk.imaging.tiff import Broken, Data, exif_orientation, read_tiff

_HEAD = 65_536
"""Bytes in which a JPEG's size mostly stands, behind its Exif."""

# Formats that are common in laboratories but not read, so that the error can name them.
_NAMED_BUT_UNSUPPORTED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GIF8", N_("Errors", "a GIF picture")),
    (0, b"%PDF", N_("Errors", "a PDF document")),
    (0, b"8BPS", N_("Errors", "a Photoshop document")),
    (0, b"PK\x03\x04", N_("Errors", "a ZIP archive or office document")),
    (0, b"\xd0\xcf\x11\xe0", N_("Errors", "an old office document or a microscope container file")),
    (0, b"\x1f\x8b", N_("Errors", "a gzip archive")),
    (0, b"Rar!", N_("Errors", "a RAR archive")),
    (0, b"7z\xbc\xaf", N_("Errors", "a 7-Zip archive")),
    (0, b"\x00\x00\x00\x0cjP", N_("Errors", "a JPEG 2000 picture")),
    (0, b"\xffO\xffQ", N_("Errors", "a JPEG 2000 picture")),
    (0, b"\xff\x0a", N_("Errors", "a JPEG XL picture")),
    (0, b"v/1\x01", N_("Errors", "an OpenEXR picture")),
    (0, b"ZISRAWFILE", N_("Errors", "a Zeiss CZI file")),
    (0, b"MZ", N_("Errors", "a Windows program")),
    (0, b"\x7fELF", N_("Errors", "a program")),
    (4, b"ftypheic", N_("Errors", "a HEIC photograph")),
    (4, b"ftypmif1", N_("Errors", "a HEIF photograph")),
    (4, b"ftypavif", N_("Errors", "an AVIF picture")),
    (4, b"ftyp", N_("Errors", "a video file")),
    (0, b"\x1aE\xdf\xa3", N_("Errors", "a video file")),
    (128, b"DICM", N_("Errors", "a DICOM file")),
    (0, b"<svg", N_("Errors", "an SVG drawing")),
)


@dataclass(frozen=True, slots=True)
class Header:
    """Format, stored size in pixels (before orientation), Exif orientation 1 to 8, and pages.

    `opacity`: whether a fourth channel is one; in a BMP it may be spare bytes.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    pages: int = 1
    opacity: bool = True


def stated_pixels(image: Path | bytes) -> int:
    """Roughly how many pixels a file holds, from its first bytes, for planning; never raises.

    Where they do not tell (TIFF keeps its directory anywhere) by its size: four pixels a byte are
    more than the compressions in use leave, but for even pictures.
    """
    try:
        if isinstance(image, bytes):
            head, size = image[:_HEAD], len(image)
        else:
            status = image.stat()
            if not stat.S_ISREG(status.st_mode):
                return 0
            size = status.st_size
            with image.open("rb", buffering=0) as stream:
                head = stream.read(_HEAD)
    except (OSError, ValueError):
        return 0
    width = height = 0
    try:
        found_format = sniff_format(head[:12])
        kind = found_format.id if found_format is not None else ""
        if kind == "png":
            width, height = struct.unpack_from(">II", head, 16)
        elif kind == "bmp":
            width, height = (abs(value) for value in struct.unpack_from("<ii", head, 18))
        elif kind == "jpeg":
            found = _jpeg_size(head)
            width, height = found if found is not None else (0, 0)
    except (struct.error, IndexError):
        pass
    if not width or not height:
        return min(4 * size, MAX_PIXELS)
    return min(width * height, MAX_PIXELS)


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Width and height from the first start of frame in the file's first bytes."""
    position = 2
    while head[position] == 0xFF:
        marker = head[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, position + 5)
            return width, height
        position += 2 + struct.unpack_from(">H", head, position + 2)[0]
    return None


def read_header(data: Data, name: str) -> Header:
    """The header of a whole file in memory.

    Raises ImageError: not_an_image, format_unsupported, image_truncated, image_damaged.
    """
    kind = sniff_format(bytes(data[:12]))
    if kind is None:
        raise _unknown(data, name)
    try:
        return _READERS[kind.id](data)
    except Broken as broken:
        told = faults.incomplete if broken.truncated else faults.damaged
        raise told(name, kind.name, broken.reason) from None
    except (struct.error, IndexError):
        raise faults.incomplete(name, kind.name, N_("Errors", "its structure ends too early")) from None


def _unknown(data: Data, name: str) -> ImageError:
    for offset, magic, what in _NAMED_BUT_UNSUPPORTED:
        if data[offset : offset + len(magic)] == magic:
            return faults.not_read_here(name, what)
    return faults.not_an_image(name)


def _read_jpeg(data: Data) -> Header:
    position, size, orientation = 2, None, 1
    while True:
        if data[position] != 0xFF:
            raise Broken(N_("Errors", "a marker is missing"))
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        if marker == 0xD9:
            raise Broken(N_("Errors", "it ends before its picture"), truncated=True)
        length = struct.unpack_from(">H", data, position + 2)[0]
        if length < 2:
            raise Broken(N_("Errors", "a segment has no length"))
        body = position + 4
        # Start of frame, without DHT (C4), JPG (C8) and DAC (CC), which share the range.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, body + 1)
            size = (width, height)
        elif marker == 0xE1 and data[body : body + 6] == b"Exif\x00\x00":
            orientation = exif_orientation(data[body + 6 : position + 2 + length])
        elif marker == 0xDA:
            break
        position += 2 + length
    if size is None:
        raise Broken(N_("Errors", "it has no frame header"))
    # Entropy-coded data never holds the end marker, so a cut-off file has none after its scan.
    if bytes(data[position:]).rfind(b"\xff\xd9") < 0:
        raise Broken(N_("Errors", "its end is missing"), truncated=True)
    return Header("jpeg", size[0], size[1], orientation)


def _read_png(data: Data) -> Header:
    position, header, orientation, has_pixels = 8, None, 1, False
    while True:
        length = struct.unpack_from(">I", data, position)[0]
        kind = data[position + 4 : position + 8]
        body = data[position + 8 : position + 8 + length]
        if len(body) < length or len(data) < position + 12 + length:
            raise Broken(N_("Errors", "its end is missing"), truncated=True)
        if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", data, position + 8 + length)[0]:
            raise Broken(N_("Errors", "a checksum does not match"))
        if header is None:
            if kind != b"IHDR" or length != 13:
                raise Broken(N_("Errors", "it does not begin with its header"))
            header = struct.unpack_from(">II", body)
        elif kind == b"IDAT":
            has_pixels = True
        elif kind == b"eXIf":
            orientation = exif_orientation(body)
        elif kind == b"IEND":
            break
        position += 12 + length
    if not has_pixels:
        raise Broken(N_("Errors", "it holds no pixels"))
    return Header("png", header[0], header[1], orientation)


def _read_bmp(data: Data) -> Header:
    offset, header_size = struct.unpack_from("<I", data, 10)[0], struct.unpack_from("<I", data, 14)[0]
    if header_size == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        compression = 0
    elif 40 <= header_size <= 124:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    else:
        raise Broken(N_("Errors", "its header has an unknown size"))
    height = abs(height)
    if width <= 0 or bits not in (1, 4, 8, 16, 24, 32):
        raise Broken(N_("Errors", "its header contradicts itself"))
    uncompressed = compression in (0, 3, 6)
    if uncompressed and len(data) < offset + height * ((width * bits + 31) // 32 * 4):
        raise Broken(N_("Errors", "rows are missing"), truncated=True)
    # Only headers from version 3 on can say which bits are opacity; they may say that none are.
    opacity = header_size >= 56 and struct.unpack_from("<I", data, 66)[0] != 0
    return Header("bmp", width, height, opacity=opacity)


def _read_webp(data: Data) -> Header:
    if len(data) < 8 + struct.unpack_from("<I", data, 4)[0]:
        raise Broken(N_("Errors", "its end is missing"), truncated=True)
    position, size, orientation = 12, None, 1
    while position + 8 <= len(data):
        kind, length = data[position : position + 4], struct.unpack_from("<I", data, position + 4)[0]
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
        elif kind == b"EXIF":
            block = data[body : body + length]
            orientation = exif_orientation(bytes(block).removeprefix(b"Exif\x00\x00"))
        position = body + length + (length & 1)
    if size is None:
        raise Broken(N_("Errors", "it holds no picture"))
    return Header("webp", size[0], size[1], orientation)


def _read_tiff(data: Data) -> Header:
    pictures = read_tiff(data).pictures
    first = pictures[0]
    return Header("tiff", first.width, first.height, first.orientation, len(pictures))


_READERS = {"jpeg": _read_jpeg, "png": _read_png, "bmp": _read_bmp, "webp": _read_webp, "tiff": _read_tiff}

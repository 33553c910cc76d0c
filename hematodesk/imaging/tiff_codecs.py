"""Decodes one piece of a TIFF page, a strip or a tile, into samples; never into more than its place takes.

imagecodecs undoes the compressions; each of its codecs is a module that is loaded when it is named, so all
are named here, while files can be opened. JPEG of 8 bits goes to OpenCV instead: its libjpeg says on standard
error when data are damaged (see `complaints`), imagecodecs' says nothing.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from imagecodecs import (
    bitorder_decode,
    ccittfax3_decode,
    ccittfax4_decode,
    ccittrle_decode,
    deflate_decode,
    delta_decode,
    float24_decode,
    floatpred_decode,
    jpeg2k_decode,
    jpeg8_decode,
    jpegxl_decode,
    lerc_decode,
    lzma_decode,
    lzw_decode,
    packbits_decode,
    packints_decode,
    png_decode,
    webp_decode,
    zstd_decode,
)

from hematodesk.imaging import tiff, tiff_layout
from hematodesk.imaging.tiff import Broken, Data, Unsupported
from hematodesk.imaging.tiff_layout import Layout, numbers_of, tag_of

Samples = npt.NDArray[Any]
_T4_OPTIONS, _LERC_PARAMETERS = 292, 50_674
_LERC_DEFLATE, _LERC_ZSTD = 1, 2

_BYTES: dict[int, Callable[..., Any]] = {
    tiff_layout.LZW: lzw_decode,
    tiff_layout.PACKBITS: packbits_decode,
    tiff_layout.LZMA: lzma_decode,
    **dict.fromkeys(tiff_layout.DEFLATE, deflate_decode),
    **dict.fromkeys(tiff_layout.ZSTD, zstd_decode),
}


def decode_piece(page: Layout, data: Data, index: int, rows: int) -> Samples:
    """The samples of a piece, (rows, width of a piece, samples in it), in the computer's byte order.

    Of YCbCr that is subsampled: full size, not yet RGB. Lower or narrower than the piece only at the page's
    right and lower edge. Raises Broken, Unsupported, MemoryError.
    """
    at, count = page.places[index]
    coded: Any = data[at : at + count]
    if page.compression in tiff_layout.PICTURES:
        return _picture(page, coded, rows)
    if page.turned:
        coded = bitorder_decode(bytes(coded))
    if page.compression in tiff_layout.CCITT:
        return _fax(page, coded, rows)
    return _samples(page, _bytes(page, coded, rows), rows)


# Compressions of bytes


def _bytes(page: Layout, coded: Data, rows: int) -> Any:
    """As many bytes as the piece takes, writable if they were compressed. Raises Broken."""
    wanted = page.piece_bytes(rows)
    if page.compression == tiff_layout.NONE:
        if len(coded) < wanted:
            raise Broken(tiff.PIXELS_MISSING, truncated=True)
        return coded[:wanted]
    decode = _BYTES[page.compression]
    out = np.empty(wanted, np.uint8)
    try:
        made = decode(coded, out=out)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - every codec has its own errors
        made = _longer(page, coded, rows, wanted)
    if len(made) < wanted:
        raise Broken(tiff.PIXELS_MISSING, truncated=True)
    return made[:wanted]


def _longer(page: Layout, coded: Data, rows: int, wanted: int) -> Any:
    """A piece that holds more rows than it has place for, as some writers' last strips do. Raises Broken."""
    if page.compression in tiff_layout.DEFLATE:
        try:
            made = zlib.decompressobj().decompress(coded, wanted)
        except zlib.error:
            raise Broken(tiff.PIXELS_DAMAGED) from None
        return np.frombuffer(bytearray(made), np.uint8)
    whole = page.piece_bytes(page.piece[1])
    try:
        # PackBits may go over its end by a run; zstd tells no more than that it does not fit.
        return _BYTES[page.compression](coded, out=np.empty(max(whole, wanted) + 128, np.uint8))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - see above
        raise Broken(tiff.PIXELS_DAMAGED) from None


def _samples(page: Layout, raw: Any, rows: int) -> Samples:
    """Bytes as samples: unpacked, in the computer's byte order, predictor undone."""
    if page.subsampled:
        return _spread(np.frombuffer(raw, np.uint8), page, rows)
    shape = (rows, page.piece[0], page.in_piece)
    order = page.order
    if page.bits in (8, 16, 32, 64):
        kind = np.dtype(page.dtype)
        if page.predictor == 3:
            made = np.frombuffer(raw, kind).reshape(shape)
            return np.asarray(floatpred_decode(made, axis=-2, out=np.empty(shape, kind)))
        made = np.frombuffer(raw, kind.newbyteorder(order)).reshape(shape)
        if page.predictor == 2:
            native = made.astype(kind, order="C")
            return np.asarray(delta_decode(native, axis=-2, out=native))
        return made if made.dtype.isnative else made.astype(kind)
    if page.bits == 24:
        return _threes(np.frombuffer(raw, np.uint8), page, shape)
    if page.bits > 32:
        raise Unsupported(tiff.RARE_DEPTH, str(page.bits))
    unsigned = f"u{np.dtype(page.dtype).itemsize}"
    made = packints_decode(bytes(raw), unsigned, page.bits, runlen=shape[1] * shape[2])
    made = np.asarray(made).reshape(shape)
    return _signed(made, page) if page.kind == "i" else made


def _signed(made: Samples, page: Layout) -> Samples:
    """Packed numbers with a sign: the highest of their bits."""
    wide = made.astype(np.int64)
    return np.where(wide >> (page.bits - 1), wide - (1 << page.bits), wide).astype(page.dtype)


def _threes(raw: npt.NDArray[np.uint8], page: Layout, shape: tuple[int, int, int]) -> Samples:
    """Numbers of three bytes."""
    if page.kind == "f":
        made = np.asarray(float24_decode(raw.tobytes(), byteorder=page.order))
        return made.reshape(shape)
    parts = raw.reshape(*shape, 3).astype(np.uint32)
    low, high = (0, 2) if page.order == "<" else (2, 0)
    made = parts[..., low] | parts[..., 1] << 8 | parts[..., high] << 16
    return _signed(made, page) if page.kind == "i" else made


def _spread(raw: npt.NDArray[np.uint8], page: Layout, rows: int) -> Samples:
    """Subsampled YCbCr at full size: blocks of brightness, each with one pair of colours (TIFF 6.0, 21)."""
    across, down = page.subsampling
    wide, high = -(-page.piece[0] // across), -(-rows // down)
    blocks = raw.reshape(high, wide, across * down + 2)
    made = np.empty((high * down, wide * across, 3), np.uint8)
    bright = blocks[..., : across * down].reshape(high, wide, down, across)
    made[..., 0] = bright.transpose(0, 2, 1, 3).reshape(high * down, wide * across)
    for place in (1, 2):
        colour = blocks[..., across * down + place - 1]
        made[..., place] = colour.repeat(down, axis=0).repeat(across, axis=1)
    return made[:rows, : page.piece[0]]


def _fax(page: Layout, coded: Any, rows: int) -> Samples:
    """Bilevel pixels, 0 and 1. Raises Broken."""
    width = page.piece[0]
    try:
        if page.compression == tiff_layout.RLE:
            made = ccittrle_decode(coded, rows, width)
        elif page.compression == tiff_layout.FAX4:
            made = ccittfax4_decode(coded, rows, width)
        else:
            options = int(tag_of(page.page, _T4_OPTIONS) or 0)
            made = ccittfax3_decode(coded, rows, width, t4options=options)
        return np.asarray(made)[:rows].reshape(rows, width, 1)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - its own errors, and a shape that does not fit
        raise Broken(tiff.PIXELS_DAMAGED) from None


# Compressions of pictures


def _picture(page: Layout, coded: Data, rows: int) -> Samples:
    """A picture within the picture. Raises Broken, Unsupported."""
    data = bytes(coded)
    try:
        made = _decoded_picture(page, data, rows)
    except (Broken, Unsupported, MemoryError):
        raise
    except Exception as fault:  # noqa: BLE001 - every codec has its own errors
        if isinstance(fault, cv2.error) and fault.code == cv2.Error.StsNoMem:
            raise MemoryError from None
        raise Broken(tiff.PIXELS_DAMAGED) from None
    made = np.asarray(made)
    if made.ndim == 2:
        made = made[..., np.newaxis]
    if made.ndim != 3 or made.dtype.itemsize != np.dtype(page.dtype).itemsize:
        raise Broken(tiff.CONTRADICTION)
    if made.shape[2] > page.in_piece and page.compression in (*tiff_layout.WEBP, *tiff_layout.JPEG_XL):
        made = made[..., : page.in_piece]
    if made.shape[2] != page.in_piece:
        raise Broken(tiff.CONTRADICTION)
    return made[:rows]


def _decoded_picture(page: Layout, data: bytes, rows: int) -> Samples:
    if page.compression == tiff_layout.JPEG:
        return _jpeg(page, data, rows)
    if page.compression in tiff_layout.JPEG_2000:
        return _jpeg_2000(page, data, rows)
    if page.compression == tiff_layout.LERC:
        data = _unwrapped(page, data, rows)
        return _sized(page, rows, lambda out: lerc_decode(data, out=out))
    if page.compression == tiff_layout.PNG:
        return _sized(page, rows, lambda out: png_decode(data, out=out))
    if page.compression in tiff_layout.WEBP:
        alpha = page.in_piece == 4
        return _sized(page, rows, lambda out: webp_decode(data, hasalpha=alpha, out=out))
    return _sized(page, rows, lambda out: jpegxl_decode(data, numthreads=1, out=out))


def _sized(page: Layout, rows: int, decode: Callable[[Samples], Samples]) -> Samples:
    """Decode into a picture of the size that fits: a codec refuses, before it decodes, one that does not.

    Pieces at an edge may be cut off there.
    """
    width, height = page.piece
    shapes = [(height, width), (rows, width), (rows, page.width - (page.across - 1) * width)]
    bottom = page.height - (page.down - 1) * height
    shapes += [(bottom, width), (bottom, shapes[-1][1]), (height, shapes[2][1])]
    last: Exception | None = None
    for shape in dict.fromkeys(shapes):
        whole = shape if page.in_piece == 1 else (*shape, page.in_piece)
        try:
            return decode(np.empty(whole, page.dtype))
        except ValueError as fault:
            # It does not fit: the next one may.
            last = fault
    raise Broken(tiff.CONTRADICTION) from last


def _unwrapped(page: Layout, data: bytes, rows: int) -> bytes:
    """LERC that is compressed once more."""
    parameters = numbers_of(page.page, _LERC_PARAMETERS)
    more = int(parameters[1]) if len(parameters) > 1 else 0
    most = 2 * page.piece_bytes(max(rows, page.piece[1])) + 65_536
    if more == _LERC_DEFLATE:
        return zlib.decompressobj().decompress(data, most)
    return bytes(zstd_decode(data, out=most)) if more == _LERC_ZSTD else data


def _jpeg_2000(page: Layout, data: bytes, rows: int) -> Samples:
    """JPEG 2000; its own size is read first, for OpenJPEG makes room for whatever it says."""
    start = data.find(b"\xff\x4f\xff\x51")
    if not 0 <= start <= 4_096:
        raise Broken(tiff.PIXELS_DAMAGED)
    x1, y1, x0, y0 = struct.unpack_from(">4I", data, start + 8)
    parts = struct.unpack_from(">H", data, start + 40)[0]
    if not (0 < x1 - x0 <= page.piece[0] and 0 < y1 - y0 <= page.piece[1]) or parts != page.in_piece:
        raise Broken(tiff.CONTRADICTION)
    made = np.asarray(jpeg2k_decode(data, numthreads=1))
    turned = page.photometric == tiff_layout.YCBCR or page.compression == tiff_layout.APERIO_YCBCR
    if turned and made.ndim == 3 and made.dtype == np.uint8 and not _has_colour_transform(data[start:]):
        # Aperio stores the components as they are, without the codec's own transform.
        return cv2.cvtColor(np.ascontiguousarray(made[..., [0, 2, 1]]), cv2.COLOR_YCrCb2RGB)
    return made


def _has_colour_transform(stream: bytes) -> bool:
    """Whether the decoder has made RGB of the components (ITU T.800, A.6.1: COD)."""
    at = stream.find(b"\xff\x52", 4, 4_096)
    return at > 0 and at + 9 <= len(stream) and stream[at + 8] == 1


def _jpeg(page: Layout, data: bytes, rows: int) -> Samples:
    """JPEG, with the tables that the pieces share."""
    at, precision, height, width, parts = _frame(data)
    fits = width == page.piece[0] or width >= page.width - (page.across - 1) * page.piece[0]
    if not fits or not rows <= height <= max(rows, page.piece[1]) or width > page.piece[0]:
        if height < rows and page.tiled:
            rows = height
        else:
            raise Broken(tiff.CONTRADICTION)
    if parts != page.in_piece:
        raise Broken(tiff.CONTRADICTION)
    if b"\xff\xd9" not in data[-64:]:
        raise Broken(tiff.PIXELS_MISSING, truncated=True)
    colour = parts == 3 and page.photometric in (tiff_layout.RGB, tiff_layout.YCBCR)
    if precision == 8 and (parts == 1 or colour):
        shared = page.tables[2:-2] if page.tables is not None else b""
        # Adobe's marker says what libtiff takes from the photometric interpretation.
        transform = 1 if page.photometric == tiff_layout.YCBCR else 0
        marker = struct.pack(">HH5sHHHB", 0xFFEE, 14, b"Adobe", 100, 0, 0, transform) if parts == 3 else b""
        whole = b"".join((data[:2], shared, data[2:at], marker, data[at:]))
        made = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_UNCHANGED)
        if made is None or made.dtype != np.uint8:
            raise Broken(tiff.PIXELS_DAMAGED)
        return cv2.cvtColor(made, cv2.COLOR_BGR2RGB) if made.ndim == 3 else np.asarray(made)
    space = {3: 2 if colour else None, 4: 4}.get(parts)
    into = None if space is None else space
    return np.asarray(
        jpeg8_decode(
            data,
            tables=page.tables,
            colorspace=tiff_layout.RGB if page.photometric == tiff_layout.RGB and parts == 3 else None,
            outcolorspace=into,
            shape=(height, width),
        )
    )


def _frame(data: bytes) -> tuple[int, int, int, int, int]:
    """Where a JPEG's frame header lies, its precision, height, width and number of components."""
    position = 2
    while position + 10 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            precision, height, width, parts = struct.unpack_from(">BHHB", data, position + 4)
            return position, precision, height, width, parts
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    raise Broken(tiff.PIXELS_DAMAGED)

"""From a file or bytes to a safe RGB array.

Everywhere else images are `uint8 (H, W, 3) RGB`, upright; BGR, 16 bits, grey, alpha and
Exif rotation end here. The content decides what a file is, never its name.

Error codes: file_not_found, file_unreadable, file_empty, file_too_large, not_an_image,
format_unsupported, image_truncated, image_damaged, image_too_large, image_too_small, page_not_there;
where a child decodes also those of imaging.decoder_pool.
Notice codes: domain.image_notices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from imagecodecs import CmsError, Jpeg8Error, jpeg8_decode

from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.domain.image_formats import IMAGE_FORMATS
from hematodesk.domain.image_notices import (
    ALPHA_FLATTENED,
    COLOUR_APPROXIMATE,
    COLOUR_CONVERTED,
    DAMAGE_SUSPECTED,
    DEPTH_REDUCED,
    FIRST_FRAME,
    UNIFORM,
)
from hematodesk.imaging import faults
from hematodesk.imaging.bmp import decode_bmp
from hematodesk.imaging.colour import conversion, convert_rgb, to_srgb
from hematodesk.imaging.complaints import judge, names_memory
from hematodesk.imaging.files import ReadImage, check_size, opened_file, page_digest
from hematodesk.imaging.header import read_header
from hematodesk.imaging.headers.stated import Header
from hematodesk.imaging.tiff import Broken, Data
from hematodesk.imaging.tiff_depth import sensor_white
from hematodesk.imaging.tiff_image import decode_tiff

_ROWS_AT_ONCE = 1_048_576
"""Pixels that are laid on white in one go: the arithmetic takes 10 bytes a pixel."""

Pixels: TypeAlias = npt.NDArray[np.uint8]
Samples: TypeAlias = npt.NDArray[Any]
Canvas: TypeAlias = Callable[[int, int], Pixels]
"""(height, width) to a writable uint8 (height, width, 3) array, contiguous, for the pixels."""


class DecodedPixels(NamedTuple):
    """Pixels, format and notices as in ReadImage; which picture of the file it is, from 1, and how many."""

    pixels: Pixels
    format: str
    notices: tuple[str, ...]
    page: int = 1
    pages: int = 1


# The codecs' own complaints go to standard error, which is the command line's progress channel.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def read_image(path: Path, page: int | None = None) -> ReadImage:
    """Read and decode one file, or that page of it. Raises ImageError with the codes above."""
    with opened_file(path) as stream:
        # One byte more than allowed: the file may have grown since.
        data = stream.read(limits.MAX_FILE_BYTES + 1)
    return decode_image(data, path.name, page)


def decode_image(data: bytes, name: str, page: int | None = None) -> ReadImage:
    """Decode a whole file in memory, or that page of it; `name` is only for sentences. Raises ImageError."""
    made = decode_pixels(data, name, page=page)
    made.pixels.flags.writeable = False
    digest = page_digest(hashlib.sha256(data).hexdigest(), made.page)
    return ReadImage(made.pixels, made.format, digest, made.notices, page=made.page, pages=made.pages)


def decode_pixels(
    data: Data,
    name: str,
    *,
    canvas: Canvas | None = None,
    complaints: Callable[[], str] | None = None,
    page: int | None = None,
) -> DecodedPixels:
    """Decode a whole file in memory.

    Args:
        canvas: where the pixels are to be written; called once, at the earliest when the header is good.
        complaints: returns what the decoder wrote to standard error.
        page: which picture of a file that has several, from 1; None for its first.

    Raises ImageError.
    """
    check_size(len(data), name)
    header = read_header(data, name)
    if complaints is not None:
        complaints()
    try:
        made = _picture(data, header, name, canvas, page)
    except ImageError:
        if complaints is not None and names_memory(complaints()):
            raise faults.no_memory(name) from None
        raise
    told = list(made.notices)
    heard = complaints is not None and judge(complaints(), name, IMAGE_FORMATS[header.format].name)
    if heard or header.doubtful:
        told.append(DAMAGE_SUSPECTED)
    if _is_uniform(made.pixels):
        told.append(UNIFORM)
    return made._replace(notices=tuple(told))


def _picture(data: Data, header: Header, name: str, canvas: Canvas | None, page: int | None) -> DecodedPixels:
    """The decoded picture of a file whose header is good. Raises ImageError."""
    if header.format == "tiff":
        return _tiff_picture(data, name, canvas, page)
    if page is not None and page > 1:
        raise faults.page_not_there(name, page, 1)
    _check_dimensions(header, name)
    raw = _decode(data, header, name)
    notices = [FIRST_FRAME] if header.pages > 1 else []
    if raw.ndim == 3 and raw.shape[2] == 4 and _is_spare(raw[..., 3], header):
        raw = np.ascontiguousarray(raw[..., :3])
    if header.clear >= 0 and raw.ndim == 2:
        # OpenCV passes over the grey that a PNG names as transparent.
        opacity = np.where(raw == header.clear, 0, np.iinfo(raw.dtype).max).astype(raw.dtype)
        raw = cv2.merge([raw, raw, raw, opacity])
    raw, told = _in_bytes(raw, data, header, name)
    notices += told
    if raw.ndim == 3 and raw.shape[2] == 4 and not (raw[..., 3] == 255).all():
        notices.append(ALPHA_FLATTENED)
    return DecodedPixels(_finished(raw, header.orientation, canvas), header.format, tuple(notices))


def _in_bytes(raw: Samples, data: Data, header: Header, name: str) -> tuple[Pixels, list[str]]:
    """The pixels as 8 bits and in sRGB, and the notices about it. Raises ImageError."""
    if header.inks:
        return _without_inks(raw, data, header, name)
    told = [DEPTH_REDUCED] if raw.dtype == np.uint16 else []
    profile = conversion(header.colour, 1 if raw.ndim == 2 else 3)
    if not profile:
        return (_to_eight_bits(raw, header) if told else raw), told
    values, opacity = raw, None
    if raw.ndim == 3 and raw.shape[2] == 4:
        values, opacity = np.ascontiguousarray(raw[..., :3]), raw[..., 3]
    # Dark values would fall together if they were scaled to 8 bits before.
    white = _white_of(values, header) if told else 0
    try:
        converted = to_srgb(values, profile, white)
    except CmsError:
        return (_to_eight_bits(raw, header) if told else raw), told
    if opacity is not None:
        converted = np.dstack([converted, _opacity_bytes(opacity, header)])
    return converted, [*told, COLOUR_CONVERTED]


def _without_inks(raw: Samples, data: Data, header: Header, name: str) -> tuple[Pixels, list[str]]:
    """A picture in printing inks as BGR; `raw` is OpenCV's, which takes Adobe's way of them for granted."""
    profile = conversion(header.colour, 4)
    if header.turned and not profile:
        return raw, [COLOUR_APPROXIMATE]
    try:
        inks = np.asarray(jpeg8_decode(bytes(data), colorspace=None, outcolorspace="cmyk"))
    except (Jpeg8Error, ValueError):
        raise faults.undecodable(name, IMAGE_FORMATS[header.format].name) from None
    if inks.shape != (header.height, header.width, 4):
        raise faults.undecodable(name, IMAGE_FORMATS[header.format].name)
    if header.turned:
        inks = cv2.bitwise_not(inks)
    if profile:
        try:
            return to_srgb(inks, profile), [COLOUR_CONVERTED]
        except CmsError:
            pass
    bare = cv2.bitwise_not(inks)
    parts = [cv2.multiply(bare[..., place], bare[..., 3], scale=1 / 255) for place in (2, 1, 0)]
    return np.asarray(cv2.merge(parts), np.uint8), [COLOUR_APPROXIMATE]


def _tiff_picture(data: Data, name: str, canvas: Canvas | None, page: int | None) -> DecodedPixels:
    """A picture of a TIFF file, upright and where the canvas wants it. Raises ImageError."""
    stored: Pixels | None = None
    turned = 1

    def room(height: int, width: int, orientation: int) -> Pixels:
        nonlocal stored, turned
        turned = orientation
        if orientation == 1 and canvas is not None:
            return canvas(height, width)
        stored = np.empty((height, width, 3), np.uint8)
        return stored

    made = decode_tiff(data, name, page, room)
    pixels = made.pixels
    converted = (COLOUR_CONVERTED,) if convert_rgb(pixels, made.profile) else ()
    if stored is not None and (turned != 1 or canvas is not None):
        upright = _upright(stored, turned)
        height, width = upright.shape[:2]
        pixels = canvas(height, width) if canvas is not None else np.empty(upright.shape, np.uint8)
        pixels[...] = upright
    return DecodedPixels(pixels, "tiff", (*made.notices, *converted), made.page, made.pages)


def encode_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """PNG bytes of an (H, W, 3) RGB array: the form in which a pasted picture is kept.

    Raises ValueError for another shape or type.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(f"expected uint8 (H, W, 3), not {pixels.dtype} {pixels.shape}")
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not done:
        raise RuntimeError("the PNG encoder refused a picture")
    return bytes(data)


def _check_dimensions(header: Header, name: str) -> None:
    width, height = header.width, header.height
    if min(width, height) < limits.MIN_DIMENSION:
        raise faults.too_small(name, width, height)
    if max(width, height) > limits.MAX_DIMENSION or width * height > limits.MAX_PIXELS:
        raise faults.too_large(name, width, height)


def _decode(data: Data, header: Header, name: str) -> Samples:
    label = IMAGE_FORMATS[header.format].name
    try:
        if header.format == "bmp":
            return decode_bmp(data)
        raw = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except MemoryError:
        raise faults.no_memory(name) from None
    except Broken as broken:
        raise faults.incomplete(name, label, broken.reason) from None
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise faults.no_memory(name) from None
        raw = None
    if raw is None or raw.shape[:2] != (header.height, header.width):
        raise faults.undecodable(name, label)
    if raw.dtype not in (np.uint8, np.uint16):
        raise faults.rare_depth(name, raw.dtype)
    return np.asarray(raw)


def _is_uniform(pixels: Pixels) -> bool:
    """Whether all pixels have one colour; most pictures tell by their first row that they have not."""
    first, rows = pixels[0, 0], max(1, _ROWS_AT_ONCE // pixels.shape[1])
    if not (pixels[0] == first).all():
        return False
    return all((pixels[at : at + rows] == first).all() for at in range(0, pixels.shape[0], rows))


def _is_spare(fourth: npt.NDArray[Any], header: Header) -> bool:
    """Whether a BMP's fourth channel is not opacity: undeclared, or zero throughout, as often written."""
    return not header.opacity or (header.format == "bmp" and not fourth.any())


def _to_eight_bits(raw: npt.NDArray[np.uint16], header: Header) -> Pixels:
    """Scale by the depth that the file states or its values show, rounding."""
    colour = raw[..., :3] if raw.ndim == 3 else raw
    scaled = cv2.convertScaleAbs(raw, alpha=255.0 / _white_of(colour, header))
    if raw.ndim == 3 and raw.shape[2] == 4:
        scaled[..., 3] = _opacity_bytes(raw[..., 3], header)
    return np.asarray(scaled, dtype=np.uint8)


def _white_of(colour: npt.NDArray[np.uint16], header: Header) -> float:
    """The value that is white in samples of 16 bits."""
    if not header.bits:
        return sensor_white(colour.reshape(-1))
    white = (1 << header.bits) - 1
    if header.format != "png":
        return float(white)
    # sBIT counts the upper bits of values that fill all 16; some programs leave them where they were.
    low = (1 << 16 - header.bits) - 1
    return float(white) if int(colour.max()) <= white and (colour & np.uint16(low)).any() else 65_535.0


def _opacity_bytes(opacity: npt.NDArray[np.uint16] | Pixels, header: Header) -> Pixels:
    """Opacity, which always spans the whole range, as 8 bits."""
    if opacity.dtype == np.uint8:
        return np.asarray(opacity, np.uint8)
    bits = header.bits if header.bits and header.format != "png" else 16
    return (opacity >> (bits - 8)).astype(np.uint8)


def _finished(raw: Pixels, orientation: int, canvas: Canvas | None) -> Pixels:
    """Decoded pixels as RGB, upright, written straight to the canvas where that can be."""
    height, width = raw.shape[:2]
    if orientation in (5, 6, 7, 8):
        height, width = width, height
    target = canvas(height, width) if canvas is not None else np.empty((height, width, 3), np.uint8)
    if orientation == 1:
        _to_rgb(raw, target)
    else:
        target[...] = _upright(_to_rgb(raw, np.empty((*raw.shape[:2], 3), np.uint8)), orientation)
    return target


def _to_rgb(raw: Pixels, target: Pixels) -> Pixels:
    """Fill the target, uint8 (H, W, 3), with grey, BGR or BGRA pixels as RGB; returns it."""
    if raw.ndim == 2 or raw.shape[2] == 1:
        cv2.cvtColor(raw, cv2.COLOR_GRAY2RGB, dst=target)
        return target
    if raw.shape[2] == 2:  # grey with opacity
        raw = cv2.merge([raw[..., 0], raw[..., 0], raw[..., 0], raw[..., 1]]).astype(np.uint8)
    if raw.shape[2] == 4:
        _flatten(raw, target)
    else:
        cv2.cvtColor(raw, cv2.COLOR_BGR2RGB, dst=target)
    return target


def _flatten(bgra: Pixels, target: Pixels) -> None:
    """Blend with white, the colour of the empty parts of a slide."""
    cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB, dst=target)
    opacity = bgra[..., 3]
    if (opacity == 255).all():
        return
    rows = max(1, _ROWS_AT_ONCE // bgra.shape[1])
    for first in range(0, bgra.shape[0], rows):
        part = target[first : first + rows]
        share = cv2.cvtColor(np.ascontiguousarray(opacity[first : first + rows]), cv2.COLOR_GRAY2RGB)
        # c a + 255 (1 - a) is 255 - (255 - c) a, in bytes and rounded once.
        cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(part), share, scale=1 / 255), dst=part)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo Exif orientation: 1 as it is, 2 mirrored, 3 turned by 180 degrees, and so on to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels

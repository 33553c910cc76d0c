"""From a file or bytes to a safe RGB array.

Everything inside the house is `uint8 (H, W, 3) RGB`, upright; BGR, 16 bits, grey, alpha and
Exif rotation end here. The content decides what a file is, never its name.

Error codes: file_not_found, file_unreadable, file_empty, file_too_large, not_an_image,
format_unsupported, image_truncated, image_damaged, image_too_large, image_too_small.
Notice codes: first_page_of_many, depth_reduced, alpha_flattened.
"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.imaging.header import SUPPORTED, Header, read_header
from hematodesk.imaging.tiff import without_orientation

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".tif", ".tiff", ".webp")
"""For file dialogs and folder listings only."""

FIRST_PAGE, DEPTH_REDUCED, ALPHA_FLATTENED = "first_page_of_many", "depth_reduced", "alpha_flattened"

# Sensors give 10, 12 or 14 bits in 16-bit files; scaling those by the full range would be near black.
_BIT_DEPTHS = (8, 10, 12, 14, 16)

# The codecs' own complaints go to standard error, which is the command line's progress channel.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True)
class ReadImage:
    """A decoded image.

    Attributes:
        pixels: uint8 (H, W, 3) RGB, contiguous, read-only, upright.
        format: jpeg, png, bmp, tiff or webp.
        digest: SHA-256 of the file's bytes, hexadecimal.
        notices: codes of what the person should know.
    """

    pixels: npt.NDArray[np.uint8]
    format: str
    digest: str
    notices: tuple[str, ...]


def read_image(path: Path) -> ReadImage:
    """Read and decode one file. Raises ImageError with the codes above."""
    name = path.name
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(
                "file_unreadable",
                f"“{name}” is a folder that cannot be listed.",
                "Check the access rights and the drive.",
            )
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device could keep us reading for ever.
            raise ImageError("file_unreadable", f"“{name}” is not a file.", "Choose a picture file.")
        _check_size(status.st_size, name)
        with path.open("rb") as stream:
            # One byte more than allowed: the file may have grown since.
            data = stream.read(limits.MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise ImageError(
            "file_not_found", f"“{name}” is not there.", "Check whether it was moved or renamed."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid here"
        raise ImageError(
            "file_unreadable",
            f"“{name}” cannot be read: {reason}.",
            "Check the access rights and the drive.",
        ) from None
    return decode_image(data, name)


def decode_image(data: bytes, name: str) -> ReadImage:
    """Decode a whole file in memory; `name` is only for sentences. Raises ImageError."""
    _check_size(len(data), name)
    header = read_header(data, name)
    _check_dimensions(header, name)
    raw = _decode(data, header, name)
    notices = [FIRST_PAGE] if header.pages > 1 else []
    if raw.dtype == np.uint16:
        raw = _to_eight_bits(raw)
        notices.append(DEPTH_REDUCED)
    if raw.ndim == 3 and raw.shape[2] == 4 and _is_spare(raw[..., 3], header):
        raw = np.ascontiguousarray(raw[..., :3])
    if raw.ndim == 3 and raw.shape[2] == 4 and not (raw[..., 3] == 255).all():
        notices.append(ALPHA_FLATTENED)
    pixels = np.ascontiguousarray(_upright(_to_rgb(raw), header.orientation))
    pixels.flags.writeable = False
    return ReadImage(pixels, header.format, hashlib.sha256(data).hexdigest(), tuple(notices))


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


def _check_size(size: int, name: str) -> None:
    if size == 0:
        raise ImageError("file_empty", f"“{name}” is empty.", "Copy or export it again.")
    if size > limits.MAX_FILE_BYTES:
        most = limits.MAX_FILE_BYTES // (1024 * 1024)
        raise ImageError(
            "file_too_large",
            f"“{name}” has {size // (1024 * 1024)} MB; at most {most} MB are read.",
            "Export the field of view instead of the whole slide.",
        )


def _check_dimensions(header: Header, name: str) -> None:
    width, height = header.width, header.height
    if min(width, height) < limits.MIN_DIMENSION:
        raise ImageError(
            "image_too_small",
            f"“{name}” has {width} × {height} pixels; a cell needs at least {limits.MIN_DIMENSION}.",
            "Open the original picture instead of an icon of it.",
        )
    if max(width, height) > limits.MAX_DIMENSION or width * height > limits.MAX_PIXELS:
        raise ImageError(
            "image_too_large",
            f"“{name}” has {width} × {height} pixels; at most {limits.MAX_DIMENSION} a side and "
            f"{limits.MAX_PIXELS // 1_000_000} million in all are read.",
            "Export the field of view at a lower resolution.",
        )


def _decode(data: bytes, header: Header, name: str) -> npt.NDArray[Any]:
    label = SUPPORTED[header.format]
    if header.format == "tiff" and header.orientation != 1:
        data = without_orientation(data)
    try:
        raw = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raw = None
        if isinstance(error, MemoryError):
            raise ImageError(
                "image_too_large", f"There is not enough memory for “{name}”.", "Close other programs."
            ) from None
    if raw is None or raw.shape[:2] != (header.height, header.width):
        raise ImageError(
            "image_damaged",
            f"“{name}” is a {label} file that cannot be decoded: it is damaged or of a rare kind.",
            "Export it again as plain 8-bit PNG or JPEG.",
        )
    if raw.dtype not in (np.uint8, np.uint16):
        raise ImageError(
            "format_unsupported",
            f"“{name}” stores its pixels as {raw.dtype}; 8 and 16 bits a channel are read.",
            "Export it as 8-bit or 16-bit.",
        )
    return np.asarray(raw)


def _is_spare(fourth: npt.NDArray[Any], header: Header) -> bool:
    """Whether a BMP's fourth channel is no opacity: not declared, or zero throughout, as many write it."""
    return not header.opacity or (header.format == "bmp" and not fourth.any())


def _to_eight_bits(raw: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """Scale by the smallest of 8, 10, 12, 14 and 16 bits that holds the brightest value, rounding."""
    colour = raw[..., :3] if raw.ndim == 3 else raw
    brightest = int(colour.max())
    full = next((1 << bits) - 1 for bits in _BIT_DEPTHS if brightest < 1 << bits)
    scaled = cv2.convertScaleAbs(raw, alpha=255.0 / full)
    if raw.ndim == 3 and raw.shape[2] == 4:
        scaled[..., 3] = raw[..., 3] >> 8  # opacity always spans the whole range
    return np.asarray(scaled, dtype=np.uint8)


def _to_rgb(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if raw.ndim == 2 or raw.shape[2] == 1:
        return np.asarray(cv2.cvtColor(raw, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    if raw.shape[2] == 2:  # grey with opacity
        raw = cv2.merge([raw[..., 0], raw[..., 0], raw[..., 0], raw[..., 1]]).astype(np.uint8)
    if raw.shape[2] == 4:
        return _flattened(raw)
    return np.asarray(cv2.cvtColor(raw, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _flattened(bgra: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """On white, which is what the empty parts of a slide look like."""
    rgb = cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB)
    opacity = bgra[..., 3]
    if (opacity == 255).all():
        return np.asarray(rgb, dtype=np.uint8)
    share = opacity[..., None].astype(np.float32) / 255.0
    return np.asarray(np.rint(rgb * share + 255.0 * (1.0 - share)), dtype=np.uint8)


def _upright(pixels: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """Undo Exif orientation: 1 as it is, 2 mirrored, 3 turned by 180 degrees, and so on to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels

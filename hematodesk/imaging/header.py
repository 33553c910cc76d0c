"""Reads what an image file states about itself before anything is decoded.

Hostile files attack decoders, and a small file can claim a huge picture. So format,
size, completeness and orientation are read here first, with plain bounds-checked Python, and
the decoder only sees files that hold what they claim. `headers` has a module for each format.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from pathlib import Path

from hematodesk.domain.errors import ImageError
from hematodesk.domain.image_formats import SNIFFED_BYTES, sniff_format
from hematodesk.domain.limits import MAX_PIXELS
from hematodesk.domain.messages import N_
from hematodesk.imaging import faults
from hematodesk.imaging.headers.avif import read_avif
from hematodesk.imaging.headers.bmp import read_bmp
from hematodesk.imaging.headers.gif import read_gif
from hematodesk.imaging.headers.jp2 import read_jp2
from hematodesk.imaging.headers.jpeg import jpeg_size, read_jpeg
from hematodesk.imaging.headers.known_kinds import SAVE_AS, known_kind
from hematodesk.imaging.headers.png import read_png
from hematodesk.imaging.headers.stated import Header, OtherKind
from hematodesk.imaging.headers.webp import read_webp
from hematodesk.imaging.tiff import Broken, Data, read_tiff

_HEAD = 65_536
"""Bytes in which a JPEG's size mostly stands, behind its Exif."""


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
        found_format = sniff_format(head[:SNIFFED_BYTES])
        kind = found_format.id if found_format is not None else ""
        if kind == "png":
            width, height = struct.unpack_from(">II", head, 16)
        elif kind == "bmp":
            width, height = (abs(value) for value in struct.unpack_from("<ii", head, 18))
        elif kind == "gif":
            width, height = struct.unpack_from("<HH", head, 6)
        elif kind == "jpeg":
            found = jpeg_size(head)
            width, height = found if found is not None else (0, 0)
    except (struct.error, IndexError):
        pass
    if not width or not height:
        return min(4 * size, MAX_PIXELS)
    return min(width * height, MAX_PIXELS)


def read_header(data: Data, name: str) -> Header:
    """The header of a whole file in memory.

    Raises ImageError: not_an_image, format_unsupported, image_truncated, image_damaged.
    """
    kind = sniff_format(bytes(data[:SNIFFED_BYTES]))
    if kind is None:
        raise _unknown(data, name)
    try:
        return _READERS[kind.id](data)
    except OtherKind as other:
        raise faults.not_read_here(name, other.what, SAVE_AS) from None
    except Broken as broken:
        told = faults.incomplete if broken.truncated else faults.damaged
        raise told(name, kind.name, broken.reason) from None
    except (struct.error, IndexError):
        raise faults.incomplete(name, kind.name, N_("Errors", "its structure ends too early")) from None


def _unknown(data: Data, name: str) -> ImageError:
    found = known_kind(data)
    if found is None:
        return faults.not_an_image(name)
    return faults.not_read_here(name, found.what, found.remedy, kind=found.kind)


def _read_tiff(data: Data) -> Header:
    pictures = read_tiff(data).pictures
    first = pictures[0]
    return Header("tiff", first.width, first.height, first.orientation, len(pictures))


_READERS: dict[str, Callable[[Data], Header]] = {
    "jpeg": read_jpeg,
    "png": read_png,
    "bmp": read_bmp,
    "webp": read_webp,
    "tiff": _read_tiff,
    "gif": read_gif,
    "jp2": read_jp2,
    "avif": read_avif,
}

"""The protocol of a decoder's child and its parent: numbers of fixed size, and checked texts.

A child may be compromised by the file that it decodes, so nothing it sends is trusted: no object
is unpickled, every number is checked against a limit, and texts must be short, printable and of a known code.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import cache

from hematodesk.child.confine import LIMIT_NAMES
from hematodesk.child.wire import BadReply, fault_words, templates_in, texts_of, told_fault
from hematodesk.domain.cells import Localisation, LocatedCell
from hematodesk.domain.errors import ImageError
from hematodesk.domain.geometry import Box
from hematodesk.domain.image_formats import IMAGE_FORMATS
from hematodesk.domain.limits import MAX_CELLS, MAX_DIMENSION, MAX_PIXELS, MIN_DIMENSION
from hematodesk.imaging import faults, header, tiff
from hematodesk.imaging.files import NOTICES
from hematodesk.imaging.headers import avif, boxes, gif, jp2, jpeg, known_kinds, png, webp
from hematodesk.imaging.headers import bmp as bmp_header

REQUEST = struct.Struct("<4sQQ?I")
"""Magic, the request's number, length of the file in the input segment, whether to locate the cells,
which page (from 1; 0 for the first)."""

REPLY = struct.Struct("<4sQBBIIIIII")
"""Magic, the request's number, kind, format, notices as bits, width, height, page, pages, length of what
follows."""

FOUND, CELL = struct.Struct("<d"), struct.Struct("<IIIId")
"""Of the cells that were located: the red cells' diameter or NOT_MEASURED, and each cell's box and score."""

NOT_MEASURED = -1.0

ASK, ANSWER = b"hdA3", b"hdR3"
READY, PICTURE, FAILED, NO_ROOM = range(4)
"""Kinds: up and confined (words follow: limits); pixels are there (what was located follows, if it was); no
picture (words follow: why); segment too small."""

FORMATS = tuple(IMAGE_FORMATS)
CODES = frozenset(
    {
        "file_empty",
        "file_too_large",
        "not_an_image",
        "format_unsupported",
        "image_truncated",
        "image_damaged",
        "image_too_large",
        "image_too_small",
        "page_not_there",
    }
)
MOST_WORDS = 4_096
MOST_PAGES = 1_000_000
MOST_FOUND = FOUND.size + MAX_CELLS * CELL.size


@dataclass(frozen=True, slots=True)
class Reply:
    """A checked reply; which fields matter depends on the kind."""

    kind: int
    number: int
    format: str = ""
    notices: tuple[str, ...] = ()
    width: int = 0
    height: int = 0
    page: int = 1
    pages: int = 1
    length: int = 0


def picture(
    number: int,
    kind: str,
    notices: tuple[str, ...],
    height: int,
    width: int,
    located: bytes = b"",
    *,
    page: int = 1,
    pages: int = 1,
) -> bytes:
    """The reply that pixels of that size lie in the output segment; `located`: see `localisation`."""
    bits = sum(1 << NOTICES.index(notice) for notice in notices)
    form = FORMATS.index(kind)
    return REPLY.pack(ANSWER, number, PICTURE, form, bits, width, height, page, pages, len(located)) + located


def localisation(found: Localisation) -> bytes:
    """What was located, bit for bit."""
    diameter = found.red_cell_diameter
    cells = (CELL.pack(*each.box.as_list(), each.score) for each in found.cells)
    return FOUND.pack(NOT_MEASURED if diameter is None else diameter) + b"".join(cells)


def no_room(number: int, height: int, width: int) -> bytes:
    """The reply that the output segment is too small for a picture of that size."""
    return REPLY.pack(ANSWER, number, NO_ROOM, 0, 0, width, height, 1, 1, 0)


def failed(number: int, error: ImageError) -> bytes:
    """The reply that there is no picture, and why."""
    words = fault_words(error)
    return REPLY.pack(ANSWER, number, FAILED, 0, 0, 0, 0, 1, 1, len(words)) + words


def ready(limits: list[str]) -> bytes:
    """The first reply: these limits are in force."""
    words = json.dumps(limits).encode("ascii")
    return REPLY.pack(ANSWER, 0, READY, 0, 0, 0, 0, 1, 1, len(words)) + words


def checked_reply(data: bytes) -> Reply:
    """The fixed part of a reply. Raises BadReply."""
    magic, number, kind, form, bits, width, height, page, pages, length = REPLY.unpack(data)
    if magic != ANSWER or kind > NO_ROOM or length > (MOST_FOUND if kind == PICTURE else MOST_WORDS):
        raise BadReply
    if kind in (PICTURE, NO_ROOM):
        sides = min(width, height) >= MIN_DIMENSION and max(width, height) <= MAX_DIMENSION
        inside = sides and width * height <= MAX_PIXELS
        if not inside or form >= len(FORMATS) or bits >= 1 << len(NOTICES) or (kind == NO_ROOM and length):
            raise BadReply
        if not 0 < page <= pages <= MOST_PAGES:
            raise BadReply
    notices = tuple(notice for index, notice in enumerate(NOTICES) if bits & 1 << index)
    form_name = FORMATS[form] if kind == PICTURE else ""
    return Reply(kind, number, form_name, notices, width, height, page, pages, length)


def checked_localisation(data: bytes, width: int, height: int) -> Localisation:
    """What was located in a picture of that size: see locate_cells. Raises BadReply."""
    count, rest = divmod(len(data) - FOUND.size, CELL.size)
    if count < 0 or rest:
        raise BadReply
    (diameter,) = FOUND.unpack_from(data)
    # NaN is in no range.
    if diameter != NOT_MEASURED and not 0 < diameter <= MAX_DIMENSION:
        raise BadReply
    cells = []
    for x, y, w, h, score in CELL.iter_unpack(data[FOUND.size :]):
        if not (w and h and x + w <= width and y + h <= height and 0 <= score <= 1):
            raise BadReply
        cells.append(LocatedCell(Box(x, y, w, h), score))
    return Localisation(tuple(cells), None if diameter == NOT_MEASURED else diameter)


def checked_failure(words: bytes, name: str) -> ImageError:
    """Why there is no picture, with the file's name in it. Raises BadReply."""
    return ImageError(*told_fault(words, CODES, _templates(), name))


@cache
def _templates() -> frozenset[str]:
    formats = (avif, bmp_header, boxes, gif, jp2, jpeg, known_kinds, png, webp)
    return templates_in(faults, header, tiff, *formats)


def checked_limits(words: bytes) -> tuple[str, ...]:
    """The limits that a child names, in their usual order. Raises BadReply."""
    given = texts_of(words)
    if not set(given) <= set(LIMIT_NAMES):
        raise BadReply
    return tuple(name for name in LIMIT_NAMES if name in given)

"""The protocol of a slide's child and its parent: numbers of fixed size, and checked texts.

As in `decoder_wire` nothing that the child says is trusted.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import cache

from hematodesk.child.confine import LIMIT_NAMES
from hematodesk.child.wire import BadReply, fault_words, templates_in, texts_of, told_fault
from hematodesk.domain.errors import ImageError
from hematodesk.domain.slide_formats import VENDORS
from hematodesk.domain.slide_info import SlideInfo, SlideLevel
from hematodesk.domain.slide_regions import MAX_REGION_SIDE, MAX_SLIDE_SIDE
from hematodesk.imaging import slide_faults

REQUEST = struct.Struct("<4sQBIIIII")
"""Magic, the request's number, kind, level, x and y in pixels of the full resolution, width and height in
pixels of the level. OPEN: the width is the length of the paths that follow. OVERVIEW: the width is its longer
side."""

REPLY = struct.Struct("<4sQBIII")
"""Magic, the request's number, kind, width, height, length of what follows."""

HEAD, LEVEL = struct.Struct("<BIIdddBBBB"), struct.Struct("<IId")
"""Of an open slide: vendor, width, height, micrometres a pixel across and down, objective (each NOT_KNOWN
where it does not say), OpenSlide's version, number of levels. Of a level: width, height, downsampling."""

NOT_KNOWN = -1.0
ASK, ANSWER = b"hdS1", b"hdT1"
OPEN, REGION, OVERVIEW = range(3)
READY, OPENED, PICTURE, FAILED = range(4)

CODES = frozenset({"format_unsupported", "image_damaged", "image_too_large", "slide_no_overview"})
MOST_LEVELS, MOST_PATHS, MOST_WORDS = 40, 65_536, 4_096
MOST_BYTES = 3 * MAX_REGION_SIDE * MAX_REGION_SIDE
"""Of the pixels of one reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The fixed part of a reply, checked."""

    kind: int
    number: int
    width: int
    height: int
    length: int


def ready(limits: list[str]) -> bytes:
    """The first reply to OPEN: these limits are in force."""
    words = json.dumps(limits).encode("ascii")
    return REPLY.pack(ANSWER, 0, READY, 0, 0, len(words)) + words


def opened(number: int, info: bytes) -> bytes:
    """The second one: the slide is open; `info` is HEAD and a LEVEL for each."""
    return REPLY.pack(ANSWER, number, OPENED, 0, 0, len(info)) + info


def picture(number: int, width: int, height: int) -> bytes:
    """The reply that pixels of that size lie in the segment."""
    return REPLY.pack(ANSWER, number, PICTURE, width, height, 0)


def failed(number: int, error: ImageError) -> bytes:
    """The reply that it did not work, and why."""
    words = fault_words(error)
    return REPLY.pack(ANSWER, number, FAILED, 0, 0, len(words)) + words


def checked_reply(data: bytes) -> Reply:
    """The fixed part of a reply. Raises BadReply."""
    magic, number, kind, width, height, length = REPLY.unpack(data)
    if magic != ANSWER or kind > FAILED or length > MOST_WORDS:
        raise BadReply
    inside = 0 < width <= MAX_REGION_SIDE and 0 < height <= MAX_REGION_SIDE
    if kind == PICTURE and (length or not inside):
        raise BadReply
    return Reply(kind, number, width, height, length)


def checked_info(data: bytes) -> SlideInfo:
    """What an open slide says of itself. Raises BadReply."""
    if len(data) < HEAD.size:
        raise BadReply
    vendor, width, height, across, down, objective, *version, count = HEAD.unpack_from(data)
    good = vendor < len(VENDORS) and 0 < width <= MAX_SLIDE_SIDE and 0 < height <= MAX_SLIDE_SIDE
    if not good or not 0 < count <= MOST_LEVELS or len(data) != HEAD.size + count * LEVEL.size:
        raise BadReply
    levels = []
    for wide, high, downsample in LEVEL.iter_unpack(data[HEAD.size :]):
        # NaN is in no range.
        if not (0 < wide <= width and 0 < high <= height and 1 <= downsample <= MAX_SLIDE_SIDE):
            raise BadReply
        levels.append(SlideLevel(wide, high, downsample))
    if (levels[0].width, levels[0].height) != (width, height):
        raise BadReply
    scale = _known(across, 100.0), _known(down, 100.0)
    um_per_px = None if scale[0] is None or scale[1] is None else (scale[0] + scale[1]) / 2
    return SlideInfo(
        VENDORS[vendor],
        width,
        height,
        um_per_px,
        _known(objective, 1_000.0),
        tuple(levels),
        ".".join(map(str, version)),
    )


def _known(value: float, most: float) -> float | None:
    if value == NOT_KNOWN:
        return None
    if not 0 < value <= most:
        raise BadReply
    return value


def checked_failure(words: bytes, name: str) -> ImageError:
    """Why it did not work, with the slide's name in it. Raises BadReply."""
    return ImageError(*told_fault(words, CODES, _templates(), name))


@cache
def _templates() -> frozenset[str]:
    return templates_in(slide_faults)


def checked_limits(words: bytes) -> tuple[str, ...]:
    """The limits that a child names, in their usual order. Raises BadReply."""
    given = texts_of(words)
    if not set(given) <= set(LIMIT_NAMES):
        raise BadReply
    return tuple(name for name in LIMIT_NAMES if name in given)

"""Boxes, of which JPEG 2000, AVIF and HEIF files are made (ISO/IEC 15444-1 annex I, ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hematodesk.domain.messages import N_
from hematodesk.imaging.tiff import Broken, Data

_MOST_BOXES = 10_000
"""In one place; a photograph has some dozen, one of many tiles some hundred."""


def boxes(data: Data, start: int, end: int, *, cut: bool = False) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the contents of each box between two places.

    Args:
        cut: whether a box that goes beyond the end says that the file was cut off, as at its top.

    Raises Broken.
    """
    count = 0
    while start + 8 <= end:
        count += 1
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            if start + 16 > end:
                raise _beyond(cut)
            size = struct.unpack_from(">Q", data, body)[0]
            body += 8
        elif size == 0:
            size = end - start
        if size < body - start or count > _MOST_BOXES:
            raise Broken(N_("Errors", "its structure contradicts itself"))
        if start + size > end:
            raise _beyond(cut)
        yield kind, body, start + size
        start += size


def _beyond(cut: bool) -> Broken:
    if cut:
        return Broken(N_("Errors", "its end is missing"), truncated=True)
    return Broken(N_("Errors", "its structure contradicts itself"))

"""Decodes BMP, every variant that Windows and OS/2 write without another format inside.

OpenCV stretches or shifts run-length pictures and those with OS/2's header. The formats are simple, and numpy
cannot read beyond its memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hematodesk.domain.messages import N_
from hematodesk.imaging.headers.bmp import MASKS, NONE, RLE4, BmpLayout, bmp_layout
from hematodesk.imaging.tiff import Broken, Data

Samples = npt.NDArray[Any]

_END_OF_ROW, _END, _MOVE = 0, 1, 2


def decode_bmp(data: Data) -> npt.NDArray[np.uint8]:
    """The pixels of a file that `read_bmp` accepted: uint8 (H, W, 3) BGR or, with opacity, (H, W, 4) BGRA.

    Raises Broken.
    """
    page = bmp_layout(data)
    if page.compression in (NONE, MASKS):
        raw = np.frombuffer(data, np.uint8, page.height * page.stride, page.at)
        rows = raw.reshape(page.height, page.stride)
    else:
        rows = _unfolded(bytes(data[page.at :]), page)
    if page.upside_down:
        rows = rows[::-1]
    if page.bits <= 8:
        palette = np.frombuffer(page.palette, np.uint8).reshape(-1, 3)
        return np.ascontiguousarray(palette[_indices(rows, page)])
    if page.bits == 24:
        return np.ascontiguousarray(rows[:, : 3 * page.width].reshape(page.height, page.width, 3))
    if page.bits == 32 and page.masks[:3] == (0xFF0000, 0xFF00, 0xFF) and page.masks[3] in (0, 0xFF000000):
        four = rows.reshape(page.height, page.width, 4)
        return np.ascontiguousarray(four if page.masks[3] else four[..., :3])
    return _masked(rows, page)


def _indices(rows: Samples, page: BmpLayout) -> Samples:
    """Which colour of the palette each pixel has, uint8 (H, W)."""
    if page.bits == 8 or page.compression == RLE4:
        return np.asarray(rows[:, : page.width])
    each = 8 // page.bits
    shifts = np.arange(each - 1, -1, -1, dtype=np.uint8) * np.uint8(page.bits)
    parts = (rows[..., np.newaxis] >> shifts) & np.uint8((1 << page.bits) - 1)
    return np.asarray(parts.reshape(page.height, -1)[:, : page.width])


def _masked(rows: Samples, page: BmpLayout) -> npt.NDArray[np.uint8]:
    """Pixels of 16 or 32 bits whose colours lie where masks say."""
    words = np.ascontiguousarray(rows).view(f"<u{page.bits // 8}")[:, : page.width]
    red, green, blue, opacity = page.masks
    wanted = (blue, green, red, opacity) if opacity else (blue, green, red)
    made = np.empty((page.height, page.width, len(wanted)), np.uint8)
    for place, mask in enumerate(wanted):
        low = mask & -mask
        most = mask // low
        part = (words & words.dtype.type(mask)) // words.dtype.type(low)
        # From 8 bits on the upper eight count; fewer are spread over the whole range.
        scaled = part >> (most.bit_length() - 8) if most > 255 else np.rint(part * (255 / most))
        made[..., place] = scaled
    return made


def _unfolded(data: bytes, page: BmpLayout) -> npt.NDArray[np.uint8]:
    """The colours' numbers of a run-length coded picture, (H, W). Raises Broken when its end is missing."""
    width, height, halves = page.width, page.height, page.compression == RLE4
    made = bytearray(width * height)
    x = y = at = 0
    try:
        while y < height:
            count, value = data[at], data[at + 1]
            at += 2
            if count:
                run = (
                    bytes((value >> 4, value & 15)) * (count // 2 + 1) if halves else bytes((value,)) * count
                )
            elif value == _END_OF_ROW:
                x, y = 0, y + 1
                continue
            elif value == _END:
                break
            elif value == _MOVE:
                x, y = x + data[at], y + data[at + 1]
                at += 2
                continue
            else:
                count = value
                size = (count + 1) // 2 if halves else count
                run = data[at : at + size]
                if len(run) < size:
                    raise IndexError
                at += size + (size & 1)
                if halves:
                    run = bytes(half for pair in run for half in (pair >> 4, pair & 15))
            kept = min(count, width - x)
            if kept > 0:
                start = y * width + x
                made[start : start + kept] = run[:kept]
            x += count
    except IndexError:
        # Some writers leave out the end's mark.
        if y < height - 1 or x < width:
            raise Broken(N_("Errors", "rows are missing"), truncated=True) from None
    return np.frombuffer(made, np.uint8).reshape(height, width)

"""Interprets what the decoding libraries write to standard error.

libjpeg and libtiff go on after damage and give a picture whose rest is grey, stale or shifted; OpenCV passes
it on as good. They report it only on standard error, which is captured in a child.

Sources of the sentences: libjpeg-turbo's jerror.h; libtiff's tif_lzw.c, tif_packbits.c, tif_jpeg.c,
tif_fax3.c, tif_read.c; OpenCV's grfmt_tiff.cpp, which puts TIFF_Error or TIFF_Warning before them.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable

from hematodesk.imaging import faults

_MOST = 65_536

_DAMAGED = re.compile(
    r"premature end of|bad Huffman code|found marker 0x\w+ instead of|Inconsistent progression|"
    r"bad arithmetic code|arithmetic decoding|"
    r"TIFF_Error [^\n]*(?:Decode|Fill|Read error|scanline|code not yet in table|JPEGLib|LZW)|"
    r"TIFF_Warning PackBitsDecode",
    re.IGNORECASE,
)
"""Messages that prove that part of the pixels is missing or wrong."""

_DOUBTFUL = re.compile(r"extraneous bytes before marker", re.IGNORECASE)
"""Some cameras write a few needless bytes; damage that shifts the rest of a picture looks the same."""

_NO_MEMORY = re.compile(r"Insufficient memory|Failed to allocate|bad_alloc|Out of memory", re.IGNORECASE)


def judge(said: str, name: str, label: str) -> bool:
    """Whether a decoder's messages suggest damage. Raises ImageError when they prove it."""
    if _DAMAGED.search(said):
        raise faults.pixels_missing(name, label)
    return bool(_DOUBTFUL.search(said))


def names_memory(said: str) -> bool:
    """Whether a decoder stopped for lack of memory."""
    return _NO_MEMORY.search(said) is not None


def listen_to_standard_error() -> tuple[Callable[[], str], int] | None:
    """Capture file descriptor 2 from now on; only for a dedicated process.

    Returns a function that returns and clears the captured text, and the descriptor that it reads. What
    exceeds a pipe's buffer is dropped. None where pipes cannot do that (Windows).
    """
    if sys.platform == "win32":
        return None
    reader, writer = os.pipe()
    os.dup2(writer, 2)
    os.close(writer)
    os.set_blocking(reader, False)
    os.set_blocking(2, False)

    def heard() -> str:
        with contextlib.suppress(BlockingIOError):
            return os.read(reader, _MOST).decode("ascii", "replace")
        return ""

    return heard, reader

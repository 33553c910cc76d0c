"""Reads large TIFF files a few strips at a time.

OpenCV decodes a whole picture into memory of its own and copies it into numpy's, twice the picture's size
before any of it is where it belongs. For a hundred megapixels that takes longer than the decoding itself.
So the rows of such a file are handed to OpenCV as small TIFF files, or copied where they are not compressed.

Source of the tags: TIFF 6.0, section 8 (Baseline Field Reference Guide) and section 14 (predictor).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hematodesk.imaging.tiff import Data, Directory, open_tiff

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _COUNTS, _PLANAR = 273, 277, 278, 279, 284
_PREDICTOR, _TILE_OFFSETS, _SAMPLE_FORMAT = 317, 324, 339
_RGB, _NONE, _LZW, _DEFLATE = 2, 1, 5, (8, 32_946)
_SHORT, _LONG = 3, 4

_PIECE_BYTES = 256 * 1024
"""Pixels decoded at once: few enough that their memory is reused."""


@dataclass(frozen=True, slots=True)
class Strips:
    """A page of 8-bit RGB pixels.

    Attributes:
        width, height: in pixels.
        rows: of each strip but the last, which may have fewer.
        places: offset and length in bytes of each strip.
        compression, predictor: the tags' values.
    """

    width: int
    height: int
    rows: int
    places: tuple[tuple[int, int], ...]
    compression: int
    predictor: int

    @property
    def packed(self) -> bool:
        """Whether the pixels have to be decoded."""
        return self.compression != _NONE

    def pieces(self, data: Data) -> Iterator[tuple[int, int, Data]]:
        """First row, number of rows, and what holds them: a small TIFF file, or the pixels themselves."""
        together = 1
        if self.packed:
            together = max(1, _PIECE_BYTES // (self.rows * self.width * 3))
        for first in range(0, len(self.places), together):
            some = self.places[first : first + together]
            top = first * self.rows
            rows = min(len(some) * self.rows, self.height - top)
            if self.packed:
                yield top, rows, self._file(rows, [data[at : at + count] for at, count in some])
            else:
                at, _ = some[0]
                yield top, rows, data[at : at + rows * self.width * 3]

    def _file(self, rows: int, strips: list[Data]) -> bytes:
        """A TIFF file of these strips."""
        tags = {
            _WIDTH: (_LONG, [self.width]),
            _HEIGHT: (_LONG, [rows]),
            _BITS: (_SHORT, [8, 8, 8]),
            _COMPRESSION: (_SHORT, [self.compression]),
            _PHOTOMETRIC: (_SHORT, [_RGB]),
            _OFFSETS: (_LONG, [0] * len(strips)),
            _SAMPLES: (_SHORT, [3]),
            _ROWS_PER_STRIP: (_LONG, [self.rows]),
            _COUNTS: (_LONG, [len(strip) for strip in strips]),
            _PLANAR: (_SHORT, [1]),
            _PREDICTOR: (_SHORT, [self.predictor]),
        }
        beside = 8 + 2 + 12 * len(tags) + 4
        at = beside + sum(4 * len(values) for _, values in tags.values() if len(values) > 1)
        for number, strip in enumerate(strips):
            tags[_OFFSETS][1][number] = at
            at += len(strip)
        directory, more = [], b""
        for tag, (kind, values) in tags.items():
            packed = struct.pack(f"<{len(values)}{'H' if kind == _SHORT else 'I'}", *values)
            if len(packed) > 4:
                packed, more = (
                    struct.pack("<I", beside + len(more)),
                    more + packed.ljust(4 * len(values), b"\0"),
                )
            directory.append(struct.pack("<HHI", tag, kind, len(values)) + packed.ljust(4, b"\0"))
        head = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
        room = beside + sum(4 * len(values) for _, values in tags.values() if len(values) > 1)
        return b"".join([head, *directory, bytes(4), more.ljust(room - beside, b"\0"), *strips])


def read_strips(data: Data) -> Strips | None:
    """The layout of the first page's pixels in a file that `tiff.read_tiff` accepted.

    None where they are of another kind than RGB of 8 bits, one after the other, in strips that are not
    compressed or by LZW or deflate.
    """
    order, big, offset = open_tiff(data)
    page = Directory(data, order, big, offset)
    compression = page.first(_COMPRESSION, _NONE)
    plain = (
        page.first(_PHOTOMETRIC, 0) == _RGB
        and page.values(_BITS) == (8, 8, 8)
        and page.first(_SAMPLES, 1) == 3
        and page.first(_PLANAR, 1) == 1
        and page.first(_FILL_ORDER, 1) == 1
        and page.first(_PREDICTOR, 1) in (1, 2)
        and set(page.values(_SAMPLE_FORMAT)) <= {1}
        and compression in (_NONE, _LZW, *_DEFLATE)
        and _TILE_OFFSETS not in page.tags
    )
    if not plain:
        return None
    width, height = page.first(_WIDTH, 0), page.first(_HEIGHT, 0)
    rows = min(page.first(_ROWS_PER_STRIP, height), height)
    places = tuple(zip(page.values(_OFFSETS), page.values(_COUNTS), strict=False))[: -(-height // rows)]
    return Strips(width, height, rows, places, compression, page.first(_PREDICTOR, 1))

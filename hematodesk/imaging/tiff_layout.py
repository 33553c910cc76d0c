"""How the pixels of a TIFF page lie in its file, checked before any of them is decoded.

tifffile reads the directory; what it says is hostile until it stands in a Layout: every number is an integer
within limits, every piece lies inside the file, and no piece can decode to more than its place in the page
takes.

Sources: TIFF 6.0; Adobe's TIFF technical notes; libtiff's documentation of private compressions.
"""

from __future__ import annotations

import contextlib
import io
import logging
import struct
from dataclasses import dataclass, field
from operator import index
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tifffile

from hematodesk.domain.limits import MAX_DIMENSION, MAX_PIXELS
from hematodesk.imaging import tiff
from hematodesk.imaging.tiff import Broken, Data, Unsupported

# It warns of oddities on standard error, where a decoder's complaints are listened for.
logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)

NONE, RLE, FAX3, FAX4, LZW, OLD_JPEG, JPEG, DEFLATE = 1, 2, 3, 4, 5, 6, 7, (8, 32_946, 50_013)
PACKBITS, JPEG_2000, LERC, LZMA, PNG = 32_773, (33_003, 33_004, 33_005, 34_712), 34_887, 34_925, 34_933
ZSTD, WEBP, JPEG_XL = (50_000, 34_926), (50_001, 34_927), (50_002, 52_546)
CCITT = (RLE, FAX3, FAX4)
APERIO_YCBCR = 33_003

BYTES = frozenset({NONE, LZW, *DEFLATE, PACKBITS, LZMA, *ZSTD})
"""Compressions of bytes, whatever they mean."""
PICTURES = frozenset({JPEG, *JPEG_2000, LERC, PNG, *WEBP, *JPEG_XL})
"""Compressions of pictures, which state their own size."""

_PREDICTED = frozenset({LZW, *DEFLATE, LZMA, *ZSTD})
"""Compressions with which a predictor counts; beside others the tag is a writer's mistake (libtiff)."""

_MOST_EXPANSION = {NONE: 1, LZW: 4_096, PACKBITS: 64} | dict.fromkeys(DEFLATE, 1_032)
"""How many bytes one byte can stand for at most. TIFF 6.0, RFC 1951."""

_NAMES = {
    OLD_JPEG: "old-style JPEG",
    32_766: "NeXT",
    32_771: "CCITT RLE (words)",
    32_809: "ThunderScan",
    32_895: "IT8",
    32_908: "PixarFilm",
    32_909: "PixarLog",
    32_947: "Kodak DCS",
    33_007: "JPEG (33007)",
    34_661: "JBIG",
    34_676: "SGI Log",
    34_677: "SGI Log 24",
    34_892: "lossy JPEG (34892)",
    34_934: "JPEG XR",
    22_610: "JPEG XR",
    48_124: "Jetraw",
    65_000: "EER",
    65_001: "EER",
    65_002: "EER",
}
"""What people call compressions that are not read."""

MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, SEPARATED, YCBCR = 0, 1, 2, 3, 5, 6
CIELAB, ICCLAB, ITULAB = 8, 9, 10
_COLOURS = {RGB: 3, PALETTE: 1, SEPARATED: 4, YCBCR: 3, CIELAB: 3, ICCLAB: 3, ITULAB: 3}
_KINDS = {
    32_844: tiff.LOG_LUV,
    32_845: tiff.LOG_LUV,
    32_803: tiff.CAMERA_RAW,
    34_892: tiff.CAMERA_RAW,
    4: tiff.A_MASK,
}

_MOST_BITS = 64
_MOST_SAMPLES = 64
_MOST_BYTES = 1_280 * 1024**2
"""Bytes that a piece may decode to: 100 megapixels of 16-bit colour with opacity in one strip take 800 MB."""


class Look(io.RawIOBase):
    """A file's bytes where they lie, as the open file that tifffile wants."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self._data = memoryview(data)
        self._at = 0
        self.name = ""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        start = {0: 0, 1: self._at, 2: len(self._data)}[whence]
        if start + offset < 0:
            raise ValueError("before the file's start")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = len(self._data) if size < 0 else min(len(self._data), self._at + size)
        got = bytes(self._data[self._at : end])
        self._at += len(got)
        return got

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer).cast("B")
        got = self.read(len(room))
        room[: len(got)] = got
        return len(got)


@dataclass(frozen=True, slots=True)
class Layout:
    """A page whose pixels can be decoded.

    Attributes:
        width, height: stored size in pixels.
        samples: of a pixel, opacity and other extra ones included.
        colours: how many of them are the colour's.
        opacity: the place of the sample that is opacity, or None; `associated`: it is multiplied in.
        bits, kind: of a sample; kind is u, i or f.
        photometric, compression, predictor: the tags' values.
        apart: each sample has its own pieces (PlanarConfiguration 2).
        turned: the bits of each byte are in reverse order (FillOrder 2).
        order: byte order, < or >.
        piece: width and height of a piece; `tiled`: of a tile, else of a strip, the last of which is lower.
        places: offset and length in bytes of each piece.
        subsampling: of YCbCr, across and down.
        tables: of JPEG, shared by all pieces.
        page: tifffile's, for the tags that only some kinds need.
    """

    width: int
    height: int
    samples: int
    colours: int
    opacity: int | None
    associated: bool
    bits: int
    kind: str
    photometric: int
    compression: int
    predictor: int
    apart: bool
    turned: bool
    order: Literal["<", ">"]
    piece: tuple[int, int]
    tiled: bool
    places: tuple[tuple[int, int], ...]
    subsampling: tuple[int, int]
    tables: bytes | None
    page: Any = field(compare=False)

    @property
    def across(self) -> int:
        """Pieces beside each other."""
        return -(-self.width // self.piece[0])

    @property
    def down(self) -> int:
        """Pieces below each other."""
        return -(-self.height // self.piece[1])

    @property
    def in_piece(self) -> int:
        """Samples of a pixel in one piece."""
        return 1 if self.apart else self.samples

    @property
    def dtype(self) -> npt.DTypeLike:
        """Of decoded samples, in the computer's own byte order."""
        if self.kind == "f":
            return {16: np.float16, 24: np.float32, 32: np.float32, 64: np.float64}[self.bits]
        size = next(size for size in (8, 16, 32, 64) if self.bits <= size)
        return np.dtype(f"{self.kind}{size // 8}")

    @property
    def subsampled(self) -> bool:
        """Whether colour lies in blocks of several pixels, which a JPEG decoder has undone."""
        return self.photometric == YCBCR and self.compression in BYTES and self.subsampling != (1, 1)

    def piece_bytes(self, rows: int) -> int:
        """Bytes of so many rows of a piece when its compression is undone."""
        if self.subsampled:
            across, down = self.subsampling
            return -(-self.piece[0] // across) * -(-rows // down) * (across * down + 2)
        return -(-self.piece[0] * self.in_piece * self.bits // 8) * rows

    def rows_of(self, down: int) -> int:
        """Rows of the pieces in that row of pieces."""
        return self.piece[1] if self.tiled else min(self.piece[1], self.height - down * self.piece[1])


def open_pages(data: Data) -> tifffile.TiffFile:
    """tifffile's view of a whole file, without its rules for single makers' files. Raises Broken."""
    try:
        return tifffile.TiffFile(
            Look(data),  # type: ignore[arg-type]
            name="tiff",
            is_lsm=False,
            is_ndpi=False,
            is_scanimage=False,
            is_stk=False,
            is_eer=False,
            is_philips=False,
            is_vista=False,
            is_mdgel=False,
            is_sis=False,
        )
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - hostile input in a library that promises no kind of error
        raise Broken(tiff.CONTRADICTION) from None


def read_page(file: tifffile.TiffFile, offset: int) -> Any:
    """tifffile's page of the directory at an offset. Raises Broken."""
    try:
        file.filehandle.seek(offset)
        return tifffile.TiffPage(file, 0)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - see above
        raise Broken(tiff.CONTRADICTION) from None


def layout_of(page: Any, data: Data, order: str) -> Layout:
    """The checked layout of a page. Raises Broken, Unsupported."""
    try:
        found = _layout(page, order)
    except (TypeError, ValueError, IndexError, OverflowError, KeyError, AttributeError, struct.error):
        raise Broken(tiff.CONTRADICTION) from None
    _check(found, data)
    return found


def _layout(page: Any, order: str) -> Layout:
    compression, photometric = index(page.compression), _photometric(page)
    samples, apart = index(page.samplesperpixel), index(page.planarconfig) == 2
    bits = page.bitspersample
    if isinstance(bits, tuple):
        raise Unsupported(tiff.MIXED_DEPTHS)
    bits = index(bits)
    if photometric in _KINDS:
        raise Unsupported(_KINDS[photometric])
    if compression not in BYTES | PICTURES and compression not in CCITT:
        name = _NAMES.get(compression, str(compression))
        raise Unsupported(tiff.COMPRESSION, name)
    sample_format = index(page.sampleformat) if not isinstance(page.sampleformat, tuple) else 0
    kind = {1: "u", 2: "i", 3: "f", 4: "u"}.get(sample_format)
    if kind is None:
        raise Unsupported(tiff.COMPLEX_NUMBERS)
    if not 0 < bits <= _MOST_BITS or (kind == "f" and bits not in (16, 24, 32, 64)):
        raise Unsupported(tiff.RARE_DEPTH, str(bits))
    if not 0 < samples <= _MOST_SAMPLES:
        raise Unsupported(tiff.MANY_SAMPLES)
    extra = tuple(index(each) for each in page.extrasamples)
    colours = _colours(page, photometric, samples, extra)
    opacity = next((at for at in range(len(extra)) if extra[at] in (1, 2)), None)
    place = None if opacity is None else samples - len(extra) + opacity
    if place is not None and place < min(colours, samples - 1):
        place, opacity = None, None
    tiled = bool(page.is_tiled)
    width, height = index(page.imagewidth), index(page.imagelength)
    piece = (index(page.tilewidth), index(page.tilelength)) if tiled else (width, index(page.rowsperstrip))
    if index(page.imagedepth) != 1 or (tiled and index(page.tiledepth) != 1):
        raise Unsupported(tiff.A_VOLUME)
    tables = page.jpegtables
    return Layout(
        width=width,
        height=height,
        samples=samples,
        colours=colours,
        opacity=place,
        associated=opacity is not None and extra[opacity] == 1,
        bits=bits,
        kind=kind,
        photometric=photometric,
        compression=compression,
        predictor=index(page.predictor) if compression in _PREDICTED else 1,
        apart=apart and samples > 1,
        turned=index(page.fillorder) == 2,
        order="<" if order == "<" else ">",
        piece=piece,
        tiled=tiled,
        places=tuple(
            (index(at), index(n)) for at, n in zip(page.dataoffsets, page.databytecounts, strict=False)
        ),
        subsampling=_subsampling(page),
        tables=bytes(tables) if tables else None,
        page=page,
    )


def _photometric(page: Any) -> int:
    """The tag; where it is missing, colour if there are three samples. Bilevel fax without it is white."""
    if 262 in page.tags:
        return index(page.photometric)
    if index(page.compression) in CCITT:
        return MIN_IS_WHITE
    return RGB if index(page.samplesperpixel) >= 3 else MIN_IS_BLACK


def _colours(page: Any, photometric: int, samples: int, extra: tuple[int, ...]) -> int:
    """How many samples are the colour's. Raises Unsupported."""
    if photometric == SEPARATED:
        if index(tag_of(page, 332) or 1) != 1 or samples < 4:
            raise Unsupported(tiff.OTHER_INKS)
        return 4
    if photometric in (MIN_IS_WHITE, MIN_IS_BLACK):
        # Writers of arrays mark three colours as black and white with two extra samples.
        plain = samples - sum(each in (1, 2) for each in extra)
        return 3 if plain >= 3 else 1
    if photometric not in _COLOURS:
        raise Unsupported(tiff.OTHER_COLOURS, str(photometric))
    if samples < _COLOURS[photometric]:
        if photometric == RGB:
            return 1
        raise Broken(tiff.CONTRADICTION)
    return _COLOURS[photometric]


def _subsampling(page: Any) -> tuple[int, int]:
    value = tag_of(page, 530)
    if value is None:
        return (2, 2) if _photometric(page) == YCBCR else (1, 1)
    across, down = (index(each) for each in value)
    if across not in (1, 2, 4) or down not in (1, 2, 4):
        raise Broken(tiff.CONTRADICTION)
    return across, down


def _check(page: Layout, data: Data) -> None:
    """Raise Broken or Unsupported for what cannot be decoded, or must not be."""
    width, height = page.width, page.height
    if not 0 < width <= MAX_DIMENSION or not 0 < height <= MAX_DIMENSION or width * height > MAX_PIXELS:
        # Told by its size before; a directory that changed its mind.
        raise Broken(tiff.CONTRADICTION)
    across, down = page.piece
    if not (0 < across <= MAX_DIMENSION and 0 < down <= MAX_DIMENSION) or across * down > MAX_PIXELS:
        raise Broken(tiff.CONTRADICTION)
    if page.piece_bytes(down) > _MOST_BYTES or across * down * page.in_piece * 8 > 4 * _MOST_BYTES:
        raise Unsupported(tiff.MANY_SAMPLES)
    pieces = page.across * page.down * (page.samples if page.apart else 1)
    if len(page.places) < pieces:
        raise Broken(tiff.PIXELS_MISSING, truncated=True)
    if page.compression in CCITT and (page.bits != 1 or page.samples != 1):
        raise Broken(tiff.CONTRADICTION)
    if page.predictor != 1 and page.compression in BYTES:
        fitting = (page.predictor == 2 and page.bits in (8, 16, 32, 64)) or (
            page.predictor == 3 and page.kind == "f" and page.bits in (16, 32, 64)
        )
        if not fitting:
            raise Unsupported(tiff.RARE_PREDICTOR, str(page.predictor))
    if page.subsampled and (page.apart or page.bits != 8 or page.samples != 3 or page.predictor != 1):
        raise Unsupported(tiff.OTHER_COLOURS, "YCbCr")
    most = _MOST_EXPANSION.get(page.compression)
    for piece in range(pieces):
        at, count = page.places[piece]
        if at < 0 or count <= 0 or at + count > len(data):
            raise Broken(tiff.PIXELS_MISSING, truncated=True)
        if most is not None:
            rows = page.rows_of(piece // page.across % page.down)
            if count * most < page.piece_bytes(rows):
                raise Broken(tiff.PIXELS_MISSING, truncated=True)


def tag_of(page: Any, tag: int) -> Any:
    """A tag's value, which tifffile may read only now; None where there is none, or none that is sound."""
    with contextlib.suppress(
        ValueError, TypeError, IndexError, KeyError, OverflowError, OSError, struct.error
    ):
        return page.tags.valueof(tag)
    return None


def numbers_of(page: Any, tag: int) -> tuple[float, ...]:
    """A tag's numbers; none where it holds something else."""
    value = tag_of(page, tag)
    if value is None:
        return ()
    try:
        return tuple(float(each) for each in np.ravel(value))
    except (TypeError, ValueError, OverflowError):
        return ()


def text_of(page: Any) -> str:
    """A page's description, or an empty text."""
    words = tag_of(page, 270)
    if isinstance(words, bytes):
        return words.decode("utf-8", "replace")
    return words if isinstance(words, str) else ""

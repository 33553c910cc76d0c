"""TIFF files of the kinds that OpenCV does not write: what the mutations of TIFF start from."""

from __future__ import annotations

import struct
from collections.abc import Callable

import imagecodecs
import numpy as np

from tests import tiff_files as tf
from tests.tiff_files import Directory, picture, picture_file, tiff_file

OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
    '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="72" SizeY="56" SizeC="3" SizeZ="1" '
    'SizeT="1" SignificantBits="12"><Channel ID="0" Name="Red" SamplesPerPixel="1"/><Channel ID="1" '
    'Name="Green" SamplesPerPixel="1"/><Channel ID="2" Name="Blue" SamplesPerPixel="1"/><TiffData/></Pixels>'
    "</Image></OME>"
)
IMAGEJ = "ImageJ=1.54f\nimages=3\nchannels=3\nhyperstack=true\nmode=composite\nmin=0\nmax=255\n"


def tiff_seeds(rgb: np.ndarray) -> dict[str, bytes]:
    """Name to the file's bytes, of a uint8 (H, W, 3) picture."""
    deep, grey = rgb.astype(np.uint16) * 16, rgb[..., 1]
    clear = np.dstack([rgb, grey])
    made = {
        "tiff-planar": picture_file(rgb, bits=8, photometric=2, apart=True, rows=16, compression=5),
        "tiff-tiles-predictor": picture_file(
            rgb, bits=8, photometric=2, tile=(32, 16), compression=8, predictor=2
        ),
        "tiff-16-planar-tiles": picture_file(
            deep, bits=16, photometric=2, tile=(16, 32), apart=True, order=">", compression=5, predictor=2
        ),
        "tiff-12-bit": picture_file(deep, bits=12, photometric=2, compression=5),
        "tiff-4-bit-white": picture_file(grey >> 4, bits=4, photometric=0, compression=32_773),
        "tiff-float": picture_file(
            (rgb / 255).astype(np.float32), bits=32, photometric=2, compression=8, predictor=3
        ),
        "tiff-half": picture_file((rgb / 255).astype(np.float16), bits=16, photometric=2),
        "tiff-signed": picture_file(rgb.astype(np.int16) - 100, bits=16, photometric=2, compression=8),
        "tiff-32": picture_file(rgb.astype(np.uint32) << 20, bits=32, photometric=2, compression=50_000),
        "tiff-lzma": picture_file(rgb, bits=8, photometric=2, rows=8, compression=34_925),
        "tiff-zstd": picture_file(rgb, bits=8, photometric=2, rows=8, compression=50_000, predictor=2),
        "tiff-turned-bits": picture_file(grey, bits=8, photometric=1, compression=5, turned=True),
        "tiff-inks": picture_file(clear, bits=8, photometric=5, compression=5),
        "tiff-lab": picture_file(rgb, bits=8, photometric=8, compression=8),
        "tiff-ycbcr": picture_file(
            rgb[:48, :64],
            bits=8,
            photometric=6,
            compression=5,
            tags={530: (tf.SHORT, [2, 2])},
            encode=_blocks,
        ),
        "tiff-opacity": picture_file(clear, bits=8, photometric=2, tags={tf.EXTRA_SAMPLES: (tf.SHORT, [1])}),
        "tiff-palette": picture_file(
            grey, bits=8, photometric=3, tags={tf.COLOUR_MAP: (tf.SHORT, list(range(0, 65_536, 256)) * 3)}
        ),
        "tiff-turned": picture_file(
            rgb, bits=8, photometric=2, compression=5, tags={tf.ORIENTATION: (tf.SHORT, 6)}
        ),
        "tiff-beneath": tiff_file(
            [
                Directory(
                    (
                        thumb := picture(
                            rgb[::3, ::3], bits=8, photometric=2, tags={tf.NEW_KIND: (tf.LONG, 1)}
                        )
                    ).tags,
                    thumb.pieces,
                    beneath=[picture(rgb, bits=8, photometric=2, compression=5)],
                )
            ]
        ),
        "tiff-imagej": _channels([rgb[..., place] for place in range(3)], 8, IMAGEJ),
        "tiff-imagej-together": _channels([rgb.transpose(2, 0, 1).reshape(-1, rgb.shape[1])], 8, IMAGEJ),
        "tiff-ome": _channels([deep[..., place] for place in range(3)], 16, OME, big=True),
    }
    # All channels lie behind each other in what the directory calls one picture of a third of the height.
    made["tiff-imagej-together"] = _shorter(made["tiff-imagej-together"], rgb.shape[0])
    for name, compression, encode in _PICTURES:
        tags = {530: (tf.SHORT, [1, 1])}
        made[f"tiff-{name}"] = picture_file(
            rgb, bits=8, photometric=2, compression=compression, encode=encode, tile=(32, 32), tags=tags
        )
    for name, compression in (("fax3", 3), ("fax4", 4)):
        made[f"tiff-{name}"] = picture_file(
            grey, bits=1, photometric=0, compression=compression, encode=lambda _, c=compression: _FAX[c]
        )
    return made


_FAX = {3: b"\x00\x1a\x6d\xa0\x1a" * 60, 4: b"\xff" * 8 + b"\x26\xa0" * 40 + b"\x00\x10\x01"}
"""Coded lines, not of this picture: mostly white, with an end of block."""


def _pixels(encode: Callable[..., object], **options: object) -> Callable[[np.ndarray], bytes]:
    return lambda block: bytes(encode(np.ascontiguousarray(block), **options))  # type: ignore[call-overload]


_PICTURES = (
    ("jpeg-2000", 34_712, _pixels(imagecodecs.jpeg2k_encode, level=30, codecformat="j2k")),
    ("lerc", 34_887, _pixels(imagecodecs.lerc_encode, level=0.5)),
    ("png", 34_933, _pixels(imagecodecs.png_encode)),
    ("webp", 50_001, _pixels(imagecodecs.webp_encode, level=80)),
    ("jpeg-xl", 50_002, _pixels(imagecodecs.jpegxl_encode, level=80)),
    ("jpeg-tiles", 7, _pixels(imagecodecs.jpeg8_encode, level=90, colorspace="RGB", outcolorspace="RGB")),
)


def _blocks(block: np.ndarray) -> bytes:
    """Any bytes of the right number for YCbCr in blocks of two by two, compressed by LZW."""
    wanted = block.shape[0] // 2 * (block.shape[1] // 2) * 6
    return bytes(imagecodecs.lzw_encode(np.resize(block, wanted).tobytes()))


def _channels(pages: list[np.ndarray], bits: int, words: str, *, big: bool = False) -> bytes:
    first, *others = [picture(page, bits=bits, photometric=1) for page in pages]
    first.tags[tf.DESCRIPTION] = (tf.ASCII, words)
    return tiff_file([first, *others], big=big)


def _shorter(data: bytes, height: int) -> bytes:
    """The same file with another height in its only directory."""
    changed = bytearray(data)
    at = struct.unpack_from("<I", data, 4)[0]
    for entry in range(struct.unpack_from("<H", data, at)[0]):
        place = at + 2 + 12 * entry
        if struct.unpack_from("<H", data, place)[0] in (tf.HEIGHT, tf.ROWS_PER_STRIP):
            struct.pack_into("<I", changed, place + 8, height)
    return bytes(changed)

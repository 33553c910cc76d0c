"""Whole images in every kind of every format that is read: what the mutations start from.

All are drawn by the phantom renderer and written by OpenCV's encoders or by the few writers here, which
make what OpenCV does not write: tiles, BigTIFF, big-endian, run-length BMP, Exif blocks, WebP with chunks.
"""

from __future__ import annotations

import struct
import zlib

import cv2
import imagecodecs
import numpy as np

from export_tools.phantom import render_field
from tests.fuzz.tiff_seeds import tiff_seeds

WIDTH, HEIGHT = 72, 56


def seeds() -> dict[str, bytes]:
    """Name (format first) to the file's bytes."""
    rgb = render_field(11, width=WIDTH, height=HEIGHT, classes=("neutrophil",)).pixels
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    grey, deep = bgr[..., 1].copy(), bgr.astype(np.uint16) * 257
    clear = np.dstack([bgr, np.linspace(0, 255, grey.size).reshape(grey.shape).astype(np.uint8)])
    made = {
        "jpeg": _encoded(".jpg", bgr),
        "jpeg-progressive": _encoded(".jpg", bgr, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        "jpeg-restart": _encoded(".jpg", bgr, cv2.IMWRITE_JPEG_RST_INTERVAL, 3),
        "jpeg-grey": _encoded(".jpg", grey),
        "jpeg-444": _encoded(".jpg", bgr, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111),
        "png": _encoded(".png", bgr),
        "png-16": _encoded(".png", deep),
        "png-alpha": _encoded(".png", clear),
        "png-bilevel": _encoded(".png", (grey > 128).astype(np.uint8) * 255, cv2.IMWRITE_PNG_BILEVEL, 1),
        "png-palette": _palette_png(grey),
        "png-interlaced": _interlaced_png(grey),
        "bmp": _encoded(".bmp", bgr),
        "bmp-alpha": _encoded(".bmp", clear),
        "bmp-grey": _encoded(".bmp", grey),
        "bmp-rle": _run_length_bmp(grey),
        "tiff-none": _encoded(".tiff", bgr, cv2.IMWRITE_TIFF_COMPRESSION, 1),
        "tiff-lzw": _encoded(".tiff", bgr, cv2.IMWRITE_TIFF_COMPRESSION, 5),
        "tiff-jpeg": _encoded(
            ".tiff", bgr, cv2.IMWRITE_TIFF_COMPRESSION, 7, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 16
        ),
        "tiff-deflate": _encoded(".tiff", bgr, cv2.IMWRITE_TIFF_COMPRESSION, 8),
        "tiff-packbits": _encoded(".tiff", bgr, cv2.IMWRITE_TIFF_COMPRESSION, 32_773),
        "tiff-16": _encoded(".tiff", deep),
        "tiff-alpha": _encoded(".tiff", clear),
        "tiff-pages": bytes(cv2.imencodemulti(".tiff", [bgr, grey])[1]),
        "tiff-big-endian": tiff(rgb, order=">"),
        "tiff-big": tiff(rgb, big=True),
        "tiff-tiled": tiff(rgb, tile=32),
        "webp": _encoded(".webp", bgr, cv2.IMWRITE_WEBP_QUALITY, 80),
        "webp-lossless": _encoded(".webp", bgr, cv2.IMWRITE_WEBP_QUALITY, 101),
        "webp-alpha": _encoded(".webp", clear),
    }
    made |= tiff_seeds(rgb)
    made["jpeg-exif"] = with_exif(made["jpeg"], exif(6))
    made["png-exif"] = with_png_chunk(made["png"], b"eXIf", exif(3))
    made["webp-exif"] = _extended_webp(made["webp"], exif(8))
    made |= _of_newer_kinds(rgb, made)
    return made


def _of_newer_kinds(rgb: np.ndarray, made: dict[str, bytes]) -> dict[str, bytes]:
    """GIF, JPEG 2000, AVIF, colour profiles, printing inks, junk, and BMP with headers of its other kinds."""
    profile = bytes(
        imagecodecs.cms_profile(
            "rgb",
            whitepoint=[0.3127, 0.329, 1.0],
            primaries=[0.64, 0.33, 0.3, 0.6, 0.15, 0.06],
            gamma=1.0,
        )
    )
    deep = rgb.astype(np.uint16) << 4
    inks = np.dstack([255 - rgb, np.zeros(rgb.shape[:2], np.uint8)])
    tables = made["jpeg"].index(b"\xff\xdb")
    small = (rgb[::-1] >> 3).astype(np.uint16)
    words = (small[..., 0] << 11 | small[..., 1] << 6 | small[..., 2]).astype("<u2").tobytes()
    masks = struct.pack("<3I", 0xF800, 0x7E0, 0x1F)
    head = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 16, 3, len(words), 0, 0, 0, 0) + masks
    core = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 24)
    return {
        "gif": bytes(imagecodecs.gif_encode(rgb[..., 1])),
        "gif-frames": bytes(imagecodecs.gif_encode(np.stack([rgb[..., 1], rgb[..., 0]]))),
        "jp2": bytes(imagecodecs.jpeg2k_encode(rgb, level=30, codecformat="jp2")),
        "jp2-bare": bytes(imagecodecs.jpeg2k_encode(rgb, level=30, codecformat="j2k")),
        "jp2-12": bytes(imagecodecs.jpeg2k_encode(deep, level=0, codecformat="jp2", bitspersample=12)),
        "avif": bytes(imagecodecs.avif_encode(rgb, level=80)),
        "avif-12": bytes(imagecodecs.avif_encode(deep, level=80, bitspersample=12)),
        "jpeg-inks": bytes(imagecodecs.jpeg8_encode(inks, colorspace="CMYK", outcolorspace="CMYK")),
        "jpeg-junk": made["jpeg"][:tables] + b"junk" + made["jpeg"][tables:],
        "jpeg-profile": made["jpeg"][:2] + _profile_segment(profile) + made["jpeg"][2:],
        "png-gamma": with_png_chunk(made["png-16"], b"gAMA", struct.pack(">I", 100_000)),
        "png-profile": with_png_chunk(made["png"], b"iCCP", b"x\0\0" + zlib.compress(profile)),
        "bmp-565": b"BM" + struct.pack("<IHHI", 66 + len(words), 0, 0, 66) + head + words,
        "bmp-core": b"BM"
        + struct.pack("<IHHI", 26 + rgb.size, 0, 0, 26)
        + core
        + rgb[::-1, :, ::-1].tobytes(),
    }


def _profile_segment(profile: bytes) -> bytes:
    body = b"ICC_PROFILE\0\1\1" + profile
    return b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body


def _encoded(suffix: str, pixels: np.ndarray, *parameters: int) -> bytes:
    done, data = cv2.imencode(suffix, pixels, list(parameters))
    assert done, suffix
    return bytes(data)


def exif(orientation: int, following: int = 0) -> bytes:
    """An Exif block of one entry; `following` is the offset of its next directory."""
    entry = struct.pack("<HHIHH", 274, 3, 1, orientation, 0)
    return b"II*\x00" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", following)


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """A JPEG file with that Exif block in front."""
    segment = b"Exif\x00\x00" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with the right checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_png_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG file with that chunk behind its header."""
    return png[:33] + png_chunk(kind, body) + png[33:]


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *, interlace: int = 0) -> bytes:
    """A PNG file of filtered rows, whether they fit or not."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", head),
            png_chunk(b"PLTE", bytes(range(256)) * 3) if colour == 3 else b"",
            png_chunk(b"IDAT", zlib.compress(rows, 9)),
            png_chunk(b"IEND", b""),
        ]
    )


def _palette_png(grey: np.ndarray) -> bytes:
    rows = b"".join(b"\0" + row.tobytes() for row in grey)
    return png(WIDTH, HEIGHT, 8, 3, rows)


def _interlaced_png(grey: np.ndarray) -> bytes:
    """Adam7: seven passes, each a smaller picture (PNG specification, 8.2)."""
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = b"".join(
        b"\0" + row.tobytes()
        for column, first, across, down in passes
        for row in grey[first::down, column::across]
    )
    return png(WIDTH, HEIGHT, 8, 0, rows, interlace=1)


def _run_length_bmp(grey: np.ndarray) -> bytes:
    """BI_RLE8: runs of two, rows from below, an end of line after each and of the bitmap at the end."""
    body = bytearray()
    for row in grey[::-1]:
        for value in row[::2]:
            body += bytes((2, int(value)))
        body += b"\0\0"
    body += b"\0\1"
    palette = b"".join(bytes((value, value, value, 0)) for value in range(256))
    start = 54 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + info + palette + bytes(body)


def tiff(rgb: np.ndarray, *, order: str = "<", big: bool = False, tile: int = 0, loop: bool = False) -> bytes:
    """An uncompressed TIFF of one page; with `loop` its directory names itself as the next."""
    height, width = rgb.shape[:2]
    pieces = [rgb.tobytes()]
    if tile:
        padded = np.pad(rgb, ((0, -height % tile), (0, -width % tile), (0, 0)))
        pieces = [
            padded[y : y + tile, x : x + tile].tobytes()
            for y in range(0, padded.shape[0], tile)
            for x in range(0, padded.shape[1], tile)
        ]
    at = 16 if big else 8
    offsets = []
    for piece in pieces:
        offsets.append(at)
        at += len(piece)
    word = "Q" if big else "I"
    extra = bytearray()
    count = 12 if tile else 11
    directory = at
    extra_at = directory + (8 + 20 * count + 8 if big else 2 + 12 * count + 4)

    def entry(tag: int, kind: int, values: list[int]) -> bytes:
        letter = {3: "H", 4: "I"}[kind]
        body = struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(body) > (8 if big else 4):
            where = extra_at + len(extra)
            extra.extend(body)
            body = struct.pack(order + word, where)
        return struct.pack(order + "HH" + word, tag, kind, len(values)) + body.ljust(8 if big else 4, b"\0")

    lengths = [len(piece) for piece in pieces]
    entries = [(256, 4, [width]), (257, 4, [height]), (258, 3, [8, 8, 8]), (259, 3, [1]), (262, 3, [2])]
    if tile:
        entries += [(274, 3, [1]), (277, 3, [3]), (284, 3, [1]), (322, 4, [tile]), (323, 4, [tile])]
        entries += [(324, 4, offsets), (325, 4, lengths)]
    else:
        entries += [(273, 4, offsets), (274, 3, [1]), (277, 3, [3]), (278, 4, [height]), (279, 4, lengths)]
        entries += [(284, 3, [1])]
    packed = b"".join(entry(*each) for each in entries)
    following = directory if loop else 0
    head = (b"II" if order == "<" else b"MM") + (
        struct.pack(order + "HHHQ", 43, 8, 0, directory) if big else struct.pack(order + "HI", 42, directory)
    )
    counted = struct.pack(order + ("Q" if big else "H"), len(entries))
    return head + b"".join(pieces) + counted + packed + struct.pack(order + word, following) + bytes(extra)


def _extended_webp(webp: bytes, block: bytes) -> bytes:
    """A simple WebP as an extended one with an Exif chunk (RFC 9649, 2.7)."""
    size = (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    header = b"VP8X" + struct.pack("<IB3x", 10, 8) + size
    last = b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) & 1)
    body = b"WEBP" + header + webp[12:] + last
    return b"RIFF" + struct.pack("<I", len(body)) + body

"""Images in, safely."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.imaging.read import decode_image, encode_png, read_image

LOSSLESS = ("png", "bmp", "tiff")


@pytest.mark.parametrize("kind", ["jpeg", "png", "bmp", "tiff", "webp"])
def test_every_format_becomes_upright_rgb(kind, files, picture):
    image = decode_image(files[kind], "smear")
    assert image.format == kind
    assert image.pixels.dtype == np.uint8 and image.pixels.shape == picture.shape
    assert not image.pixels.flags.writeable
    assert image.digest == hashlib.sha256(files[kind]).hexdigest()
    assert image.notices == ()
    if kind in LOSSLESS:
        np.testing.assert_array_equal(image.pixels, picture)
    else:
        assert np.abs(image.pixels.astype(int) - picture)[4:8, 4:14].mean() < 12


def test_the_content_decides_not_the_name(tmp_path, files, picture):
    misnamed = tmp_path / "smear.jpg"
    misnamed.write_bytes(files["png"])
    assert read_image(misnamed).format == "png"
    np.testing.assert_array_equal(read_image(misnamed).pixels, picture)


@pytest.mark.parametrize("name", ["día 3 – Prüfung.png", "血液 塗抹.png", "a b  c.png", "%20#?.png"])
def test_names_with_spaces_and_any_letters(tmp_path, files, name):
    path = tmp_path / "Ärzte ordner" / name
    path.parent.mkdir()
    path.write_bytes(files["png"])
    assert read_image(path).pixels.shape == (48, 64, 3)


def test_grey_becomes_rgb(picture, encode):
    grey = picture[..., 0]
    image = decode_image(encode(grey, ".png"), "grey")
    np.testing.assert_array_equal(image.pixels, np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_sixteen_bits_scale_by_the_significant_bits(picture, encode, suffix, bits):
    full = (1 << bits) - 1
    deep = np.rint(picture.astype(np.float64) / 255 * full).astype(np.uint16)
    deep[0, 0] = full
    image = decode_image(encode(deep, suffix), "deep")
    assert image.notices == ("depth_reduced",)
    expected = np.rint(deep.astype(np.float64) * 255 / full)
    assert np.abs(image.pixels - expected).max() <= 1


def test_transparency_is_laid_on_white(picture, encode):
    clear = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    clear[:12, :20, 3] = 0
    image = decode_image(encode(clear, ".png"), "clear")
    assert image.notices == ("alpha_flattened",)
    assert (image.pixels[:12, :20] == 255).all()
    np.testing.assert_array_equal(image.pixels[20:], picture[20:])


def _bitfields_bmp(pixels: np.ndarray, header_size: int, alpha_mask: int, fourth: int) -> bytes:
    """A 32-bit BMP with colour masks, as Windows keeps screenshots and the clipboard's pictures."""
    height, width = pixels.shape[:2]
    spare = np.full((height, width, 1), fourth, np.uint8)
    rows = np.concatenate([pixels[..., ::-1], spare], axis=2)[::-1].tobytes()
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, alpha_mask)
    masks = masks[:12] if header_size == 40 else masks.ljust(header_size - 40, b"\0")
    start = 14 + 40 + len(masks)
    head = b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start)
    return (
        head + struct.pack("<IiiHHIIiiII", header_size, width, height, 1, 32, 3, 0, 0, 0, 0, 0) + masks + rows
    )


@pytest.mark.parametrize(
    ("header_size", "alpha_mask", "fourth"),
    [(40, 0, 0), (40, 0, 77), (108, 0, 0), (124, 0, 9), (124, 0xFF000000, 0), (124, 0xFF000000, 255)],
)
def test_the_spare_byte_of_a_bmp_is_not_taken_for_transparency(picture, header_size, alpha_mask, fourth):
    image = decode_image(_bitfields_bmp(picture, header_size, alpha_mask, fourth), "screenshot")
    np.testing.assert_array_equal(image.pixels, picture)
    assert image.notices == ()


def test_the_transparency_of_a_bmp_is_laid_on_white(picture):
    image = decode_image(_bitfields_bmp(picture, 124, 0xFF000000, 51), "glass")
    np.testing.assert_allclose(image.pixels, picture * 0.2 + 204, atol=1)
    assert image.notices == ("alpha_flattened",)


def test_an_opaque_alpha_channel_is_no_news(picture, encode):
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    image = decode_image(encode(opaque, ".png"), "opaque")
    assert image.notices == ()
    np.testing.assert_array_equal(image.pixels, picture)


def _oriented(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The picture as a camera stores it, so that this Exif orientation turns it upright."""
    stored = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }
    return np.ascontiguousarray(stored[orientation](pixels))


def _exif(orientation: int) -> bytes:
    return b"II*\x00\x08\x00\x00\x00\x01\x00" + struct.pack("<HHIHHI", 274, 3, 1, orientation, 0, 0)


def _with_png_chunk(data: bytes, kind: bytes, body: bytes) -> bytes:
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + chunk + data[33:]


def _with_jpeg_exif(data: bytes, block: bytes) -> bytes:
    segment = b"Exif\x00\x00" + block
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_in_png_and_jpeg(picture, encode, orientation):
    stored = _oriented(picture, orientation)
    png = _with_png_chunk(encode(stored, ".png"), b"eXIf", _exif(orientation))
    np.testing.assert_array_equal(decode_image(png, "turned").pixels, picture)
    jpeg = _with_jpeg_exif(encode(stored, ".jpg"), _exif(orientation))
    turned = decode_image(jpeg, "turned").pixels
    assert turned.shape == picture.shape
    assert turned[4:8, 4:14, 0].mean() > 200 and turned[-6:-2, -6:-2, 1].mean() > 180


def _tiff(pixels: np.ndarray, *, orientation: int = 1, pages: int = 1, loop: bool = False) -> bytes:
    """A little-endian uncompressed RGB TIFF written by hand."""
    height, width = pixels.shape[:2]
    body = bytearray(b"II*\x00\x08\x00\x00\x00")
    for page in range(pages):
        start, entries = len(body), 10
        bits_at = start + 2 + entries * 12 + 4
        pixels_at = bits_at + 6
        end = pixels_at + pixels.nbytes
        following = end if page + 1 < pages else (8 if loop else 0)
        tags = [
            (256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, bits_at), (259, 3, 1, 1),
            (262, 3, 1, 2), (273, 4, 1, pixels_at), (274, 3, 1, orientation), (277, 3, 1, 3),
            (278, 4, 1, height), (279, 4, 1, pixels.nbytes),
        ]  # fmt: skip
        body += struct.pack("<H", entries) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        body += struct.pack("<I", following) + struct.pack("<HHH", 8, 8, 8) + pixels.tobytes()
    return bytes(body)


def _deflated(pixels: np.ndarray, compressed: bytes, scheme: int = 8) -> bytes:
    """A TIFF of one strip that is compressed, or says so."""
    plain = _tiff(pixels)
    at = len(plain) - pixels.nbytes
    entry = {
        tag: 10 + index * 12 for index, tag in enumerate((256, 257, 258, 259, 262, 273, 274, 277, 278, 279))
    }
    data = bytearray(plain[:at] + compressed)
    struct.pack_into("<I", data, entry[259] + 8, scheme)
    struct.pack_into("<I", data, entry[279] + 8, len(compressed))
    return bytes(data)


def test_damaged_pixels_of_a_deflated_tiff_are_found(picture):
    compressed = zlib.compress(picture.tobytes())
    np.testing.assert_array_equal(decode_image(_deflated(picture, compressed), "whole").pixels, picture)
    flipped = bytearray(compressed)
    flipped[len(flipped) // 2] ^= 0xFF
    with pytest.raises(ImageError) as damaged:
        decode_image(_deflated(picture, bytes(flipped)), "flipped")
    assert damaged.value.code in ("image_damaged", "image_truncated")
    short = zlib.compress(picture[:20].tobytes())
    with pytest.raises(ImageError) as truncated:
        decode_image(_deflated(picture, short), "short")
    assert truncated.value.code == "image_truncated"


@pytest.mark.parametrize(("scheme", "predictor"), [(1, 1), (5, 1), (5, 2), (8, 1), (8, 2), (32_773, 1)])
@pytest.mark.parametrize("rows", [1, 7, 48, 100])
def test_a_tiff_has_the_same_pixels_however_its_strips_are_cut(picture, rows, scheme, predictor):
    tags = [cv2.IMWRITE_TIFF_COMPRESSION, scheme, cv2.IMWRITE_TIFF_ROWSPERSTRIP, rows]
    done, data = cv2.imencode(".tiff", picture[..., ::-1], [*tags, cv2.IMWRITE_TIFF_PREDICTOR, predictor])
    assert done
    np.testing.assert_array_equal(decode_image(bytes(data), "scan").pixels, picture)


@pytest.mark.parametrize("what", ["grey", "opaque", "deep"])
def test_a_tiff_of_another_kind_has_the_same_pixels(picture, encode, what):
    stored = {
        "grey": picture[..., 0],
        "opaque": np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]),
        "deep": picture.astype(np.uint16) * 257,
    }[what]
    image = decode_image(encode(stored, ".tiff"), what)
    expected = np.repeat(picture[..., :1], 3, axis=2) if what == "grey" else picture
    np.testing.assert_array_equal(image.pixels, expected)


@pytest.mark.parametrize("scheme", [1, 5, 8, 32946, 32773])
def test_a_tiff_that_claims_more_pixels_than_its_bytes_can_hold_is_refused(scheme):
    huge = _deflated(np.zeros((16, 16, 3), np.uint8), b"\0" * 10, scheme)
    for tag_at in (10, 22, 10 + 8 * 12):  # width, height, rows per strip
        huge = huge[: tag_at + 8] + struct.pack("<I", 5_000) + huge[tag_at + 12 :]
    with pytest.raises(ImageError) as refused:
        decode_image(huge, "huge")
    assert refused.value.code == "image_truncated"


def test_a_tiff_over_the_limit_is_refused_for_its_size():
    huge = _deflated(np.zeros((16, 16, 3), np.uint8), zlib.compress(b"\0" * 10_000_000))
    huge = huge[:18] + struct.pack("<I", limits.MAX_DIMENSION + 1) + huge[22:]
    with pytest.raises(ImageError) as refused:
        decode_image(huge, "huge")
    assert refused.value.code == "image_too_large"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiff_orientation(picture, orientation):
    data = _tiff(_oriented(picture, orientation), orientation=orientation)
    np.testing.assert_array_equal(decode_image(data, "turned").pixels, picture)


def test_the_first_page_of_many_with_a_notice(picture):
    image = decode_image(_tiff(picture, pages=3), "stack")
    assert image.notices == ("first_page_of_many",)
    np.testing.assert_array_equal(image.pixels, picture)


def test_a_directory_that_loops_ends(picture):
    image = decode_image(_tiff(picture, pages=2, loop=True), "loop")
    np.testing.assert_array_equal(image.pixels, picture)


@pytest.mark.parametrize("kind", ["jpeg", "png", "bmp", "tiff", "webp"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_cut_off_files_are_refused(kind, share, files):
    data = files[kind][: max(13, int(len(files[kind]) * share))]
    with pytest.raises(ImageError) as caught:
        decode_image(data, "smear_7")
    assert caught.value.code in ("image_truncated", "image_damaged")
    assert "smear_7" in caught.value.message and caught.value.remedy


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"patient,age\n1,50\n" * 20, "not_an_image"),
        (b"\x00" * 4096, "not_an_image"),
        (b"GIF89a" + bytes(200), "image_damaged"),
        (b"%PDF-1.7" + bytes(200), "format_unsupported"),
        (bytes(128) + b"DICM" + bytes(80), "format_unsupported"),
        (bytes(4) + b"ftypheic" + bytes(80), "format_unsupported"),
        (b"\xff\xd8\xff" + bytes(40), "image_damaged"),
        (b"BM" + bytes(60), "image_damaged"),
    ],
)
def test_what_is_no_picture_is_said_in_words(data, code):
    with pytest.raises(ImageError) as caught:
        decode_image(data, "smear.jpg")
    assert caught.value.code == code
    assert "smear.jpg" in caught.value.message


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(ImageError) as missing:
        read_image(tmp_path / "gone.png")
    assert missing.value.code == "file_not_found"
    with pytest.raises(ImageError) as folder:
        read_image(tmp_path)
    assert folder.value.code == "file_unreadable" and "is a folder" in folder.value.message
    with pytest.raises(ImageError) as nul:
        read_image(Path("a\0b.png"))
    assert nul.value.code == "file_unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only Unix has pipes and devices among its files")
def test_pipes_and_devices_are_no_files(tmp_path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(ImageError, match="is not a file") as refused:
            read_image(path)
        assert refused.value.code == "file_unreadable"


def test_a_file_over_the_byte_limit_is_not_even_read(tmp_path):
    huge = tmp_path / "slide.tiff"
    with huge.open("wb") as stream:
        stream.truncate(limits.MAX_FILE_BYTES + 1)  # sparse: takes no disk
    with pytest.raises(ImageError) as caught:
        read_image(huge)
    assert caught.value.code == "file_too_large"


def _png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((60_000, 40), "image_too_large"),
        ((20_000, 20_000), "image_too_large"),
        ((2**31 - 1, 2**31 - 1), "image_too_large"),
        ((8, 8), "image_too_small"),
        ((0, 100), "image_too_small"),
        ((4_000, 4_000), "image_damaged"),
    ],
)
def test_claimed_sizes_are_checked_before_decoding(size, code):
    with pytest.raises(ImageError) as caught:
        decode_image(_png_claiming(*size), "bomb.png")
    assert caught.value.code == code


def test_a_flipped_bit_in_a_png_is_found(files):
    data = bytearray(files["png"])
    data[len(data) // 2] ^= 1
    with pytest.raises(ImageError) as caught:
        decode_image(bytes(data), "flipped")
    assert caught.value.code == "image_damaged"


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_mutated_files_give_a_picture_or_an_image_error(files, data):
    kind = data.draw(st.sampled_from(sorted(files)))
    body = bytearray(files[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        # Headers are where the decisions are, so half of the changes go there.
        reach = data.draw(st.sampled_from([64, len(body)]))
        body[data.draw(st.integers(0, min(reach, len(body)) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = decode_image(bytes(body), "mutated")
    except ImageError as error:
        assert error.code and "mutated" in error.message
    else:
        assert image.pixels.ndim == 3 and image.pixels.shape[2] == 3
        assert image.pixels.size <= limits.MAX_PIXELS * 3


@settings(max_examples=200, deadline=None)
@given(
    head=st.sampled_from(
        [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00+", b"RIFF", b"BM", b""]
    ),
    tail=st.binary(max_size=300),
)
def test_garbage_behind_a_signature_gives_an_image_error(head, tail):
    with pytest.raises(ImageError):
        decode_image(head + tail, "garbage")


@settings(max_examples=30, deadline=None)
@given(width=st.integers(16, 40), height=st.integers(16, 40), seed=st.integers(0, 2**32 - 1))
def test_a_pasted_picture_survives_as_png(width, height, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode_image(encode_png(pixels), "pasted").pixels, pixels)


def test_encode_png_refuses_other_arrays():
    with pytest.raises(ValueError, match="uint8"):
        encode_png(np.zeros((4, 4), np.uint8))

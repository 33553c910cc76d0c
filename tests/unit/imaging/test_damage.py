"""Damage that decoders pass over in silence, found by what their libraries say on standard error."""

from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest

from hematodesk.domain.errors import ImageError
from hematodesk.imaging.complaints import judge
from hematodesk.imaging.decoder_pool import DecoderPool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there a child cannot listen to itself")


@pytest.fixture(scope="module")
def pool():
    made = DecoderPool(1)
    yield made
    made.close()


def encoded(picture: np.ndarray, suffix: str, *parameters: int) -> bytearray:
    done, data = cv2.imencode(suffix, picture, list(parameters))
    assert done
    return bytearray(data)


def code_of(pool: DecoderPool, data: bytes) -> str:
    try:
        return " ".join(pool.decode(bytes(data), "smear").notices) or "picture"
    except ImageError as error:
        return error.code


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_jpeg_that_was_cut_and_given_a_false_end(pool, picture, progressive):
    data = encoded(picture, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    assert code_of(pool, data) == "picture"
    assert code_of(pool, data[: len(data) // 2] + b"\xff\xd9") == "image_damaged"


def test_a_jpeg_with_needless_bytes_is_shown_with_a_notice(pool, picture):
    data = encoded(picture, ".jpg")
    assert code_of(pool, data[:-2] + bytes(9) + b"\xff\xd9") == "damage_suspected"


def test_a_missing_restart_marker(pool, picture):
    data = encoded(picture, ".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
    marker = data.index(b"\xff\xd3")
    data[marker + 1] = 0xD7
    assert code_of(pool, data) == "image_damaged"


@pytest.mark.parametrize(("scheme", "least"), [(5, 0.2), (32_773, 0.0), (7, 0.2)])
def test_damaged_compressed_tiffs(pool, picture, scheme, least):
    """LZW and JPEG say of a part of all damage that it is there; none of it is ever our own fault."""
    data = encoded(picture, ".tiff", cv2.IMWRITE_TIFF_COMPRESSION, scheme, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 16)
    assert code_of(pool, data) == "picture"
    found = 0
    places = range(40, len(data) - 260, max(1, len(data) // 40))
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 0x55
        code = code_of(pool, flipped)
        # The last of them hit the directory, which then may state a kind that is not read.
        known = ("image_damaged", "image_truncated", "damage_suspected", "format_unsupported")
        assert code in ("picture", *known)
        found += code != "picture"
    assert found >= least * len(places)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("", False),
        (
            "[ WARN:0@1.2] global grfmt_tiff.cpp:1 TIFF_Warning Unknown field with tag 65000 encountered",
            False,
        ),
        ("libpng warning: iCCP: known incorrect sRGB profile", False),
        ("Corrupt JPEG data: 3 extraneous bytes before marker 0xd9\n", True),
    ],
)
def test_what_is_harmless_is_not_taken_for_damage(said, outcome):
    assert judge(said, "smear", "TIFF") is outcome


@pytest.mark.parametrize(
    "said",
    [
        "Premature end of JPEG file\n",
        "Corrupt JPEG data: bad Huffman code\n",
        "Corrupt JPEG data: found marker 0xd7 instead of RST3\n",
        "[ERROR:0@0.1] global grfmt_tiff.cpp:117 TIFF_Error LZWDecode: Not enough data at scanline 4\n",
        "[ERROR:0@0.1] global grfmt_tiff.cpp:117 TIFF_Error Using code not yet in table\n",
    ],
)
def test_what_is_damage_is_an_error(said):
    with pytest.raises(ImageError) as caught:
        judge(said, "smear_7", "TIFF")
    assert caught.value.code == "image_damaged" and "smear_7" in caught.value.message


def test_a_large_tiff_is_decoded_by_strips_and_its_damage_is_found(pool):
    """17 megapixels, of which a corner is no plain colour; no strip's height divides the rows."""
    large = np.full((4_099, 4_100, 3), (200, 210, 220), np.uint8)
    large[-600:, -600:] = np.random.default_rng(3).integers(0, 256, (600, 600, 3), np.uint8)
    data = encoded(large, ".tiff", cv2.IMWRITE_TIFF_COMPRESSION, 5, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 16)
    image = pool.decode(bytes(data), "smear")
    assert image.notices == ()
    assert np.array_equal(image.pixels, large[..., ::-1])
    at = int(len(data) * 0.9)
    data[at : at + 64] = b"\xff" * 64
    assert code_of(pool, data) == "image_damaged"

"""A short campaign of hostile files, and every single thing that a long one has found.

`python tests/fuzz/run.py --files 100000 --seed 1` is the long one.
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from hematodesk.domain.errors import ImageError
from hematodesk.imaging.read import decode_image

sys.path.append(str(Path(__file__).parents[2] / "fuzz"))
from campaign import run_campaign
from mutate import Mutator
from seeds import HEIGHT, WIDTH, exif, png, png_chunk, seeds, tiff, with_exif, with_png_chunk


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    return seeds()


def test_every_seed_is_a_whole_picture(whole):
    """Else the mutations would start from what is refused at the door."""
    for name, data in whole.items():
        pixels = decode_image(data, name).pixels
        # Colour in blocks of 2 x 2 fits a smaller one.
        assert sorted(pixels.shape[:2]) in ([HEIGHT, WIDTH], [48, 64]), name


def test_five_hundred_hostile_files_are_pictures_or_refused_in_words(whole):
    outcome = run_campaign(Mutator(whole, seed=20261121).files(500))
    assert outcome.files == 500
    assert outcome.faults == []
    assert (outcome.lost, outcome.bad) == (0, [])
    assert len(outcome.codes) >= 5, "the mutations no longer reach different answers"
    assert outcome.codes["picture"] >= 50, "hardly anything reaches the decoders"


def test_the_same_seed_makes_the_same_files(whole):
    assert list(Mutator(whole, 3).files(60)) == list(Mutator(whole, 3).files(60))


def code_of(data: bytes) -> str:
    try:
        decode_image(data, "hostile")
    except ImageError as error:
        return error.code
    return "picture"


def test_a_tiff_whose_strips_have_no_rows():
    data = bytearray(tiff(np.zeros((32, 32, 3), np.uint8)))
    start = struct.unpack_from("<I", data, 4)[0]
    for at in range(start + 2, start + 2 + 12 * 11, 12):
        if struct.unpack_from("<H", data, at)[0] == 278:
            struct.pack_into("<I", data, at + 8, 0)
    assert code_of(bytes(data)) == "image_damaged"


def test_directories_that_lead_to_themselves_end(whole):
    assert code_of(tiff(np.zeros((32, 32, 3), np.uint8), loop=True)) == "picture"
    loop = exif(6, following=8)
    assert code_of(with_exif(whole["jpeg"], loop)) == "picture"
    assert code_of(with_png_chunk(whole["png"], b"eXIf", loop)) == "picture"


@pytest.mark.parametrize("claimed", [(32_767, 3_000), (10_000, 12_000), (65_500, 65_500)])
def test_small_files_that_claim_to_be_huge_cost_little(claimed):
    """All zeros: a thousand times smaller than what they unfold to, or not even that."""
    for data in (png(*claimed, 8, 2, bytes(100_000)), png(*claimed, 16, 6, b"\0" * 9)):
        assert code_of(data) in ("image_damaged", "image_too_large")


def test_a_real_bomb_is_the_picture_that_it_claims_to_be():
    """20 megapixels of one colour in 60 kB are within the limits, and no more than that is unfolded."""
    rows = (b"\0" + b"\x80" * 5_000) * 4_000
    data = png(5_000, 4_000, 8, 0, rows)
    assert len(data) < 60_000
    assert decode_image(data, "bomb").pixels.shape == (4_000, 5_000, 3)
    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))
    assert code_of(data[:33] + text + data[33:]) == "picture"


@pytest.mark.parametrize("first", ["jpeg", "png", "bmp", "tiff-lzw", "webp"])
@pytest.mark.parametrize("second", ["jpeg", "png", "bmp", "tiff-lzw", "webp"])
def test_two_formats_in_one_file_are_what_they_begin_with(whole, first, second):
    assert decode_image(whole[first] + whole[second], "both").format == first.split("-", maxsplit=1)[0]

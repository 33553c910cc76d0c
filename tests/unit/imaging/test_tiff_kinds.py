"""TIFF in every layout: what is read is what was written, and a second reader agrees about the file."""

from __future__ import annotations

import itertools
from typing import Any

import imagecodecs
import numpy as np
import pytest

from hematodesk.domain.errors import ImageError
from hematodesk.imaging.read import decode_image
from tests import tiff_files as tf
from tests.tiff_files import picture_file

HEIGHT, WIDTH = 37, 45


@pytest.fixture(scope="module")
def colours() -> np.ndarray:
    """uint8 (37, 45, 3): smooth, with noise, and both ends of the range."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    smooth = np.stack([x * 5, y * 6, (x + y) * 3], axis=2) % 256
    noise = np.random.default_rng(5).integers(0, 40, smooth.shape)
    made = np.clip(smooth + noise, 0, 255).astype(np.uint8)
    made[0, :3] = [0, 128, 255]
    return made


def read(data: bytes, page: int | None = None) -> np.ndarray:
    return decode_image(data, "smear.tif", page).pixels


def notices(data: bytes) -> tuple[str, ...]:
    return decode_image(data, "smear.tif").notices


def refused(data: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode_image(data, "smear.tif")
    return caught.value


def same(found: np.ndarray, expected: np.ndarray, most: int = 0) -> None:
    if expected.ndim == 2:
        expected = np.repeat(expected[..., np.newaxis], 3, axis=2)
    assert found.shape == expected.shape
    assert int(np.abs(found.astype(int) - expected.astype(int)).max()) <= most


def deepened(bytes_: np.ndarray, bits: int) -> np.ndarray:
    """8-bit values as whole numbers of that depth, over its whole range."""
    if bits == 8:
        return bytes_
    full = (1 << bits) - 1
    kind = np.uint8 if bits < 8 else np.uint16 if bits <= 16 else np.uint32 if bits <= 32 else np.uint64
    return np.array([value * full // 255 for value in range(256)], kind)[bytes_]


def shown(values: np.ndarray, bits: int) -> np.ndarray:
    return np.rint(values.astype(np.float64) * 255 / ((1 << bits) - 1)).astype(np.uint8)


PLACES: tuple[dict[str, Any], ...] = ({}, {"rows": 1}, {"rows": 7}, {"tile": (16, 16)}, {"tile": (64, 48)})
COMPRESSIONS = (1, 5, 8, 32_946, 32_773, 34_925, 50_000)


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("apart", [False, True])
def test_colours_in_every_arrangement(colours, place, compression, order, apart):
    for bits, predictor in ((8, 1), (8, 2), (16, 1), (16, 2)):
        if predictor == 2 and compression in (1, 32_773):
            continue
        values = deepened(colours, bits)
        data = picture_file(
            values,
            bits=bits,
            photometric=2,
            order=order,
            compression=compression,
            predictor=predictor,
            apart=apart,
            **place,
        )
        same(read(data), colours)
        if compression not in (34_925, 50_000):
            second = imagecodecs.tiff_decode(data)
            assert np.array_equal(np.moveaxis(second, 0, 2) if apart else second, values)


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 24, 32])
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("order", "<>")
def test_grey_of_every_depth_black_or_white_first(colours, bits, photometric, order):
    values = deepened(colours[..., 1], bits)
    expected = shown(values, bits)
    for place, compression in itertools.product(PLACES, (1, 5)):
        data = picture_file(
            values, bits=bits, photometric=photometric, order=order, compression=compression, **place
        )
        same(read(data), expected if photometric else 255 - expected, 1 if bits > 16 else 0)


@pytest.mark.parametrize("bits", [2, 4, 8, 12, 16, 32])
@pytest.mark.parametrize("apart", [False, True])
def test_colours_of_every_depth(colours, bits, apart):
    values = deepened(colours, bits)
    for place in PLACES:
        data = picture_file(values, bits=bits, photometric=2, apart=apart, compression=8, **place)
        same(read(data), shown(values, bits), 1 if bits > 16 else 0)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", "<>")
def test_big_files_and_reversed_bits(colours, big, order):
    for compression, bits in itertools.product((1, 5, 32_773), (1, 4, 8)):
        values = deepened(colours, bits)
        data = picture_file(
            values, bits=bits, photometric=2, big=big, order=order, compression=compression, turned=True
        )
        same(read(data), shown(values, bits))


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("table", ["deep", "shallow"])
def test_palettes(colours, bits, table):
    rng = np.random.default_rng(bits)
    palette = rng.integers(0, 256, (3, 1 << bits), np.uint16)
    palette[0, 0] = 255
    indices = rng.integers(0, 1 << bits, (HEIGHT, WIDTH), np.uint16)
    stored = palette * 257 if table == "deep" else palette
    tags = {tf.COLOUR_MAP: (tf.SHORT, stored.ravel())}
    values = indices if bits == 16 else indices.astype(np.uint8)
    for place in PLACES:
        same(read(picture_file(values, bits=bits, photometric=3, tags=tags, **place)), palette.T[indices])


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.float32])
def test_a_palette_of_other_numbers_than_places_is_refused(kind):
    values = np.zeros((HEIGHT, WIDTH), kind)
    bits = 8 * values.dtype.itemsize
    tags = {tf.COLOUR_MAP: (tf.SHORT, list(range(256)) * 3)}
    assert refused(picture_file(values, bits=bits, photometric=3, tags=tags)).code == "image_damaged"


def half_clear(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    opacity = np.linspace(0, 255, colours[..., 0].size).reshape(colours.shape[:2]).astype(np.uint8)
    share = opacity[..., np.newaxis].astype(int)
    return opacity, np.rint(255 - (255 - colours.astype(int)) * share / 255).astype(np.uint8)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("associated", [False, True])
def test_opacity_by_its_formula(colours, bits, apart, grey, associated):
    bare = colours[..., :1] if grey else colours
    opacity, expected = half_clear(bare)
    stored = bare
    if associated:
        stored = np.rint(bare.astype(int) * opacity[..., np.newaxis] / 255).astype(np.uint8)
    values = deepened(np.dstack([stored, opacity]), bits)
    tags = {tf.EXTRA_SAMPLES: (tf.SHORT, [1 if associated else 2])}
    data = picture_file(values, bits=bits, photometric=1 if grey else 2, apart=apart, tags=tags)
    same(read(data), np.repeat(expected, 3, axis=2) if grey else expected, 1)
    assert "alpha_flattened" in notices(data)


@pytest.mark.parametrize("extra", [[0], [0, 0], None])
@pytest.mark.parametrize("filled", [0, 255, None])
def test_a_sample_of_no_stated_meaning_is_no_opacity(colours, extra, filled):
    count = len(extra or [0])
    rng = np.random.default_rng(1)
    spare = rng.integers(0, 256, (HEIGHT, WIDTH, count), np.uint8)
    if filled is not None:
        spare[...] = filled
    tags = {tf.EXTRA_SAMPLES: (tf.SHORT, extra)} if extra is not None else {}
    data = picture_file(np.dstack([colours, spare]), bits=8, photometric=2, tags=tags)
    same(read(data), colours)
    assert notices(data) == (() if filled is not None else ("channels_left_out",))


def test_an_opacity_behind_another_sample_is_found(colours):
    opacity, expected = half_clear(colours)
    values = np.dstack([colours, colours[..., 0], opacity])
    tags = {tf.EXTRA_SAMPLES: (tf.SHORT, [0, 2])}
    same(read(picture_file(values, bits=8, photometric=2, tags=tags)), expected, 1)


@pytest.mark.parametrize("extra", [None, [0, 0]])
def test_three_samples_that_are_called_black_and_white_are_colours(colours, extra):
    tags = {tf.EXTRA_SAMPLES: (tf.SHORT, extra)} if extra else {}
    same(read(picture_file(colours, bits=8, photometric=1, tags=tags)), colours)


def test_printing_colours(colours):
    inks = np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    bare = 255 - inks.astype(int)
    expected = np.rint(bare[..., :3] * bare[..., 3:] / 255)
    for bits in (8, 16):
        data = picture_file(deepened(inks, bits), bits=bits, photometric=5)
        same(read(data), expected, 1)
        assert "colour_approximate" in notices(data)
    other = picture_file(inks, bits=8, photometric=5, tags={332: (tf.SHORT, 2)})
    assert refused(other).code == "format_unsupported" and "inks" in refused(other).message


def ycbcr_of(rgb: np.ndarray) -> np.ndarray:
    r, g, b = (rgb[..., place].astype(float) for place in range(3))
    y = 0.299 * r + 0.587 * g + 0.114 * b
    parts = np.stack([y, (b - y) / 1.772 + 128, (r - y) / 1.402 + 128], axis=2)
    return np.clip(np.rint(parts), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_ycbcr_that_is_not_subsampled(colours, place):
    tags = {530: (tf.SHORT, [1, 1])}
    for compression, apart in itertools.product((1, 5), (False, True)):
        data = picture_file(
            ycbcr_of(colours), bits=8, photometric=6, tags=tags, compression=compression, apart=apart, **place
        )
        same(read(data), colours, 3)


@pytest.mark.parametrize(("across", "down"), [(2, 1), (2, 2), (4, 1), (4, 2), (4, 4), (1, 2)])
@pytest.mark.parametrize("rows", [None, 8])
def test_ycbcr_in_blocks(across, down, rows):
    y, x = np.mgrid[:48, :64]
    rgb = np.stack([x * 3, y * 4, (x + y) * 2], axis=2).astype(np.uint8)
    values = ycbcr_of(rgb)

    def blocks(part: np.ndarray) -> bytes:
        out = bytearray()
        high, wide = -(-part.shape[0] // down), -(-part.shape[1] // across)
        padded = np.pad(
            part, ((0, high * down - part.shape[0]), (0, wide * across - part.shape[1]), (0, 0)), mode="edge"
        )
        for top, left in itertools.product(range(high), range(wide)):
            unit = padded[top * down : (top + 1) * down, left * across : (left + 1) * across]
            out += unit[..., 0].tobytes()
            out += bytes(np.rint(unit[..., 1:].reshape(-1, 2).mean(axis=0)).astype(np.uint8))
        return bytes(out)

    tags = {530: (tf.SHORT, [across, down])}
    for width in (64, 61):
        part = values[:, :width]
        data = picture_file(part, bits=8, photometric=6, tags=tags, rows=rows, encode=blocks)
        found = read(data).astype(int)
        assert np.abs(found - rgb[:, :width]).mean() < 4
        second = imagecodecs.tiff_decode(data, asrgb=True)[..., :3]
        assert np.abs(found - second.astype(int)).max() <= 3


def test_reference_black_and_white_of_video(colours):
    values = ycbcr_of(colours).astype(float)
    values[..., 0] = values[..., 0] * 219 / 255 + 16
    values[..., 1:] = (values[..., 1:] - 128) * 112 / 127 + 128
    tags = {
        530: (tf.SHORT, [1, 1]),
        532: (tf.RATIONAL, [(16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1)]),
    }
    data = picture_file(np.rint(values).astype(np.uint8), bits=8, photometric=6, tags=tags)
    same(read(data), colours, 5)


@pytest.mark.parametrize("photometric", [8, 9, 10])
@pytest.mark.parametrize("bits", [8, 16])
def test_lab_becomes_srgb(photometric, bits):
    """White, black, mid grey, and the sRGB primaries by their L*a*b*."""
    lab = np.array(
        [(100, 0, 0), (0, 0, 0), (53.59, 0, 0), (53.24, 80.09, 67.2), (87.73, -86.18, 83.18)], np.float64
    )
    expected = np.array([(255,) * 3, (0,) * 3, (128,) * 3, (255, 0, 0), (0, 255, 0)])
    deep = 256 if bits == 16 else 1
    if photometric == 10:
        full = (1 << bits) - 1
        spans = np.array([(0, 100), (-85, 85), (-75, 125)])
        stored = (np.clip(lab, spans[:, 0], spans[:, 1]) - spans[:, 0]) * full / (spans[:, 1] - spans[:, 0])
    else:
        bright = lab[:, :1] * (2.55 if photometric == 9 or bits == 8 else 655.35 / 256) * deep
        stored = np.hstack([bright, (lab[:, 1:] + (128 if photometric == 9 else 0)) * deep])
    whole = np.rint(stored).astype(np.int64) & ((1 << bits) - 1)
    row = np.repeat(whole.astype(np.uint8 if bits == 8 else np.uint16), 9, axis=0)
    data = picture_file(np.repeat(row[np.newaxis], 20, axis=0), bits=bits, photometric=photometric)
    found = read(data)[0, ::9].astype(int)
    assert np.abs(found - expected).max() <= (8 if photometric != 10 else 30)
    assert "colour_converted" in notices(data)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_orientation_of_strips_and_tiles(colours, orientation, place):
    stored = colours
    if orientation in (2, 3, 6, 7):
        stored = stored[:, ::-1] if orientation < 5 else stored
    expected = {
        1: colours,
        2: colours[:, ::-1],
        3: colours[::-1, ::-1],
        4: colours[::-1],
        5: colours.transpose(1, 0, 2),
        6: colours.transpose(1, 0, 2)[:, ::-1],
        7: colours.transpose(1, 0, 2)[::-1, ::-1],
        8: colours.transpose(1, 0, 2)[::-1],
    }[orientation]
    tags = {tf.ORIENTATION: (tf.SHORT, orientation)}
    same(read(picture_file(colours, bits=8, photometric=2, tags=tags, **place)), expected)


# Pictures within the picture


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("photometric", [2, 6])
@pytest.mark.parametrize("subsampling", ["444", "420"])
def test_jpeg_pieces(place, photometric, subsampling):
    y, x = np.mgrid[:96, :112]
    colours = np.stack([x * 2, y * 2, (x + y)], axis=2).astype(np.uint8)
    if photometric == 2 and subsampling == "420":
        return

    def encode(block: np.ndarray) -> bytes:
        return bytes(
            imagecodecs.jpeg_encode(
                np.ascontiguousarray(block),
                level=95,
                colorspace="RGB",
                outcolorspace="RGB" if photometric == 2 else "YCBCR",
                subsampling=subsampling,
            )
        )

    place = {"rows": 16} if place.get("rows") in (1, 7) else place
    tags = {530: (tf.SHORT, [int(subsampling[0]) // int(subsampling[1]), 2 if subsampling == "420" else 1])}
    data = picture_file(
        colours, bits=8, photometric=photometric, compression=7, encode=encode, tags=tags, **place
    )
    found = read(data).astype(int)
    assert np.abs(found - colours).mean() < 2
    assert np.abs(found - imagecodecs.tiff_decode(data, asrgb=True)[..., :3].astype(int)).mean() < 1


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_grey_and_deep_jpeg(bits):
    _, x = np.mgrid[:48, :64]
    grey = (x * 3).astype(np.uint8)
    values = deepened(grey, bits)

    def encode(block: np.ndarray) -> bytes:
        lossless = {"lossless": True} if bits == 16 else {}
        return bytes(imagecodecs.jpeg8_encode(block[..., 0], level=98, bitspersample=bits, **lossless))

    data = picture_file(values, bits=bits, photometric=1, compression=7, encode=encode, rows=16)
    same(read(data), grey, 4)


def test_inks_in_jpeg():
    inks = np.full((32, 32, 4), (200, 60, 20, 10), np.uint8)

    def encode(block: np.ndarray) -> bytes:
        return bytes(imagecodecs.jpeg8_encode(block, level=98, colorspace="CMYK", outcolorspace="CMYK"))

    data = picture_file(inks, bits=8, photometric=5, compression=7, encode=encode)
    expected = np.rint((255 - inks[..., :3].astype(int)) * (255 - 10) / 255)
    same(read(data), expected, 3)


@pytest.mark.parametrize("compression", [33_003, 33_004, 33_005, 34_712, 34_887, 34_933, 50_001, 50_002])
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_pieces_of_newer_formats(colours, compression, place):
    def encode(block: np.ndarray) -> bytes:
        block = np.ascontiguousarray(block)
        if compression == 34_887:
            return bytes(imagecodecs.lerc_encode(block))
        if compression == 34_933:
            return bytes(imagecodecs.png_encode(block))
        if compression == 50_001:
            return bytes(imagecodecs.webp_encode(block, lossless=True))
        if compression == 50_002:
            return bytes(imagecodecs.jpegxl_encode(block, lossless=True))
        return bytes(imagecodecs.jpeg2k_encode(block, level=0, codecformat="j2k", mct=True, reversible=True))

    place = {"rows": 16} if place.get("rows") in (1, 7) else place
    data = picture_file(colours, bits=8, photometric=2, compression=compression, encode=encode, **place)
    same(read(data), colours, 2)


@pytest.mark.parametrize("compression", [34_712, 34_887, 34_933, 50_002])
def test_deep_pieces_of_newer_formats(colours, compression):
    encoders = {
        34_712: lambda block: imagecodecs.jpeg2k_encode(block, level=0, codecformat="jp2", reversible=True),
        34_887: imagecodecs.lerc_encode,
        34_933: imagecodecs.png_encode,
        50_002: lambda block: imagecodecs.jpegxl_encode(block, lossless=True),
    }
    values = deepened(colours, 16)
    data = picture_file(
        values,
        bits=16,
        photometric=2,
        compression=compression,
        encode=lambda block: bytes(encoders[compression](np.ascontiguousarray(block))),
    )
    same(read(data), colours)


def test_ycbcr_in_jpeg_2000_as_slide_scanners_write_it(colours):
    def encode(block: np.ndarray) -> bytes:
        raw = np.ascontiguousarray(ycbcr_of(block))
        return bytes(imagecodecs.jpeg2k_encode(raw, level=0, codecformat="j2k", mct=False, reversible=True))

    data = picture_file(
        colours,
        bits=8,
        photometric=6,
        compression=33_003,
        encode=encode,
        tile=(48, 48),
        tags={530: (3, [1, 1])},
    )
    same(read(data), colours, 3)


def bilevel(colours: np.ndarray) -> np.ndarray:
    return (colours[..., 0] > 100).astype(np.uint8)


@pytest.mark.parametrize("compression", [2, 3, 4])
@pytest.mark.parametrize("photometric", [0, 1])
def test_fax(tmp_path, colours, compression, photometric):
    from PIL import Image

    names = {2: "tiff_ccitt", 3: "group3", 4: "group4"}
    path = tmp_path / "fax.tif"
    # Pillow's 1 is white; it writes MinIsBlack, so the tag decides what comes out.
    Image.fromarray(bilevel(colours) * 255).convert("1").save(path, compression=names[compression])
    data = bytearray(path.read_bytes())
    second = np.asarray(Image.open(path).convert("L"))
    at = data.find(b"\x06\x01\x03\x00\x01\x00\x00\x00")
    written = data[at + 8]
    data[at + 8] = photometric
    same(read(bytes(data)), second if written == photometric else 255 - second)


@pytest.mark.parametrize("compression", [1, 32_773])
def test_a_predictor_counts_only_with_the_compressions_that_have_one(colours, compression):
    tags = {tf.PREDICTOR: (tf.SHORT, 2)}
    data = picture_file(colours, bits=8, photometric=2, compression=compression, tags=tags)
    same(read(data), colours)
    assert np.array_equal(imagecodecs.tiff_decode(data), colours)


# What is refused, and by which name


@pytest.mark.parametrize(
    ("compression", "said"),
    [
        (6, "old-style JPEG"),
        (32_766, "NeXT"),
        (32_809, "ThunderScan"),
        (32_909, "PixarLog"),
        (34_661, "JBIG"),
        (34_676, "SGI Log"),
        (48_124, "Jetraw"),
        (34_934, "JPEG XR"),
        (12_345, "12345"),
    ],
)
def test_a_compression_that_is_not_read_is_named(colours, compression, said):
    data = picture_file(
        colours, bits=8, photometric=2, compression=compression, encode=lambda block: block.tobytes()
    )
    assert refused(data).code == "format_unsupported" and said in refused(data).message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"photometric": 32_803}, "camera raw"),
        ({"photometric": 34_892}, "camera raw"),
        ({"photometric": 32_845}, "LogLuv"),
        ({"photometric": 77}, "77"),
        ({"tags": {tf.SAMPLE_FORMAT: (tf.SHORT, [6, 6, 6])}}, "numbers"),
        ({"tags": {tf.BITS: (tf.SHORT, [5, 6, 5])}}, "depths"),
    ],
)
def test_a_kind_that_is_not_read_is_named(colours, changes, said):
    layout: dict[str, Any] = {"bits": 8, "photometric": 2} | changes
    told = refused(picture_file(colours, **layout))
    assert told.code == "format_unsupported" and said in told.message and "smear.tif" in told.message


# Damage


@pytest.mark.parametrize("compression", [5, 8, 32_773, 34_925, 50_000])
def test_a_piece_that_ends_early_is_told(colours, compression):
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)

    def half(block: np.ndarray) -> bytes:
        whole = bytes(tf.COMPRESSORS[compression](block.tobytes()))
        return whole[: len(whole) // 2]

    data = picture_file(noise, bits=8, photometric=2, compression=compression, encode=half)
    assert refused(data).code in ("image_truncated", "image_damaged")


@pytest.mark.parametrize("missing", ["piece", "bytes", "rows"])
def test_pieces_that_are_not_there_are_told(colours, missing):
    page = tf.picture(colours, bits=8, photometric=2, rows=8)
    if missing == "piece":
        page.pieces = page.pieces[:-1]
    elif missing == "rows":
        page.pieces = [*page.pieces[:-1], page.pieces[-1][:-1]]
    data = tf.tiff_file([page])
    if missing == "bytes":
        page.tags[tf.COUNTS] = (tf.LONG, [len(data)] * len(page.pieces))
        data = tf.tiff_file([page])
    assert refused(data).code == "image_truncated"


def test_a_last_strip_that_is_written_whole_is_read(colours):
    padded = np.pad(colours, ((0, 3), (0, 0), (0, 0)))
    for compression in (1, 5, 8, 32_773, 34_925, 50_000):
        page = tf.picture(padded, bits=8, photometric=2, rows=8, compression=compression)
        page.tags[tf.HEIGHT] = (tf.LONG, HEIGHT)
        same(read(tf.tiff_file([page])), colours)


@pytest.mark.parametrize("tag", [tf.WIDTH, tf.HEIGHT])
def test_a_size_of_a_strange_type_is_no_size(colours, tag):
    """Read as a text, the byte 56 would be an 8."""
    page = tf.picture(np.resize(colours, (56, 56, 3)), bits=8, photometric=2)
    page.tags[tag] = (tf.BYTE, 56)
    assert refused(tf.tiff_file([page])).code == "image_damaged"


def test_an_even_picture_is_told():
    assert "uniform_picture" in notices(
        picture_file(np.full((40, 40, 3), 7, np.uint8), bits=8, photometric=2)
    )

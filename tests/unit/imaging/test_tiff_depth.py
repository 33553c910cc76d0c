"""Which of a TIFF's values is black and which is white."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hematodesk.imaging.files import ReadImage
from hematodesk.imaging.read import decode_image
from tests import tiff_files as tf
from tests.tiff_files import picture_file


@pytest.fixture(scope="module")
def smear() -> np.ndarray:
    """uint8 (60, 80, 3): a bright ground with dark and middle parts."""
    rng = np.random.default_rng(4)
    made = rng.integers(200, 250, (60, 80, 3))
    made[10:40, 10:50] = rng.integers(20, 160, (30, 40, 3))
    return made.astype(np.uint8)


def read(values: np.ndarray, tags: dict[int, Any] | None = None, **more: Any) -> ReadImage:
    bits = 8 * values.dtype.itemsize
    photometric = 2 if values.ndim == 3 else 1
    layout = {"bits": bits, "photometric": photometric} | more
    return decode_image(picture_file(values, tags=tags, **layout), "smear.tif")


def near(image: ReadImage, expected: np.ndarray, most: float = 1.0) -> None:
    assert np.abs(image.pixels - expected.astype(float)).mean() <= most


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_sensors_depths_in_sixteen_bits(smear, bits):
    image = read(smear.astype(np.uint16) << (bits - 8))
    near(image, np.rint((smear.astype(int) << (bits - 8)) * 255 / ((1 << bits) - 1)), 0)
    assert image.notices == ("depth_reduced",)


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("what", ["hot pixel", "scale bar", "words"])
@pytest.mark.parametrize("value", [65_535, 40_000])
def test_hot_pixels_and_what_is_burned_in_do_not_blacken_a_picture(smear, bits, what, value):
    values = smear.astype(np.uint16) << (bits - 8)
    if what == "hot pixel":
        values[3, 4] = values[50, 70] = value
    elif what == "scale bar":
        values[54:57, 40:75] = value
    else:
        values[54:57, 40:60] = value
        values[54, 40:60] = value - 5_000
    expected = np.clip(np.rint(values.astype(float) * 255 / ((1 << bits) - 1)), 0, 255)
    near(read(values), expected, 0)


@pytest.mark.parametrize("photometric", [0, 2])
def test_the_largest_value_that_the_file_states_is_white(smear, photometric):
    values = smear.astype(np.uint16) * 4
    values = values[..., 0] if photometric == 0 else values
    image = read(values, {281: (tf.SHORT, 4_095)}, photometric=photometric)
    expected = np.rint(values * 255.0 / 4095)
    if photometric == 0:
        expected = np.repeat(255 - expected[..., np.newaxis], 3, axis=2)
    near(image, expected, 0)


@pytest.mark.parametrize("stated", [0, 65_535, 100])
def test_a_largest_value_that_cannot_be_is_passed_over(smear, stated):
    values = smear.astype(np.uint16) * 16
    near(read(values, {281: (tf.SHORT, stated)}), np.rint(values * 255.0 / 4095), 0)


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_an_offset_is_taken_off(smear, bits):
    values = (smear.astype(np.uint16) << (bits - 8)) + 32_768
    image = read(values)
    near(image, np.rint((values - 32_768.0) * 255 / ((1 << bits) - 1)), 0)
    assert "offset_removed" in image.notices


def test_imagejs_calibration_says_the_offset(smear):
    words = "ImageJ=1.54\nimages=1\ncf=0\nc0=-32768.0\nc1=1.0\n"
    values = (np.clip(smear, 150, 255).astype(np.uint16) << 6) + 32_768
    image = read(values, {tf.DESCRIPTION: (tf.ASCII, words)})
    near(image, np.rint((values - 32_768.0) * 255 / 16_383), 0)
    assert "offset_removed" in image.notices


def test_a_bright_picture_has_no_offset(smear):
    values = np.clip(smear, 160, 255).astype(np.uint16) * 257
    image = read(values)
    near(image, values / 257.0, 0)
    assert "offset_removed" not in image.notices


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("full", [1, 255, 4_095])
@pytest.mark.parametrize(
    "place", [{}, {"tile": (16, 16), "compression": 8}, {"apart": True, "compression": 5}]
)
def test_floats(smear, kind, full, place):
    image = read((smear / 255 * full).astype(kind), **place)
    near(image, smear, 0.3)
    assert set(image.notices) == {"depth_reduced", "scaled_by_range"}


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("order", "<>")
def test_the_predictor_of_floats(smear, kind, order):
    values = (smear / 255).astype(kind)
    near(read(values, predictor=3, compression=8, order=order, rows=7), smear, 0)
    near(read(values, predictor=3, compression=5, order=order, tile=(32, 16)), smear, 0)


def test_values_that_are_no_numbers_become_black(smear):
    values = smear.astype(np.float32) / 255
    values[:2], values[2], values[3] = np.nan, np.inf, -np.inf
    image = read(values)
    assert not image.pixels[:4].any() and "values_missing" in image.notices
    assert np.array_equal(image.pixels[4:], smear[4:])


def test_a_stated_range_of_floats_counts(smear):
    values = smear.astype(np.float32) * 3 - 90
    tags = {340: (tf.FLOAT, [-90.0] * 3), 341: (tf.FLOAT, [675.0] * 3)}
    near(read(values, tags), smear, 0)


@pytest.mark.parametrize("kind", [np.float32, np.int16, np.int32])
def test_negative_values_are_stretched(smear, kind):
    values = (smear.astype(np.int64) * 7 - 900).astype(kind)
    low, high = np.quantile(values, (0.001, 0.999))
    image = read(values)
    near(image, np.clip((values.astype(float) - low) * 255 / (high - low), 0, 255), 0.6)
    assert "scaled_by_range" in image.notices


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_signed_values_over_the_whole_range(bits):
    half = 1 << (bits - 1)
    ramp = np.linspace(-half, half - 1, 80).astype(np.int64)
    values = np.repeat(ramp[np.newaxis], 30, axis=0).astype(f"i{bits // 8}")
    image = read(values)
    near(image, np.repeat(((ramp + half) * 255 / (2 * half - 1))[np.newaxis, :, np.newaxis], 3, axis=2), 0.6)


def test_signed_values_that_are_not_negative_are_as_unsigned(smear):
    near(read(smear.astype(np.int16) * 16), np.rint(smear.astype(int) * 16 * 255 / 4095), 0)
    near(read(smear.astype(np.int32)), smear, 0)


@pytest.mark.parametrize("kind", [np.uint32, np.uint64])
@pytest.mark.parametrize("by", ["whole", "eight", "twelve"])
def test_wide_values(smear, kind, by):
    bits = 8 * np.dtype(kind).itemsize
    wide = smear.astype(np.uint64)
    values = {"whole": wide * (((1 << bits) - 1) // 255), "eight": wide, "twelve": wide * 16}[by]
    expected = np.rint(wide * 16 * 255 / 4095) if by == "twelve" else smear
    image = read(values.astype(kind))
    near(image, expected, 0.01)
    assert "scaled_by_range" in image.notices


@given(
    bits=st.sampled_from([8, 10, 12, 14, 16]),
    seed=st.integers(0, 2**32 - 1),
    hot=st.integers(0, 4),
    grey=st.booleans(),
)
def test_a_full_picture_of_any_depth_keeps_its_brightness(bits, seed, hot, grey):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 1 << bits, (70, 70) if grey else (70, 70, 3)).astype(np.uint16)
    expected = np.rint(values.astype(float) * 255 / ((1 << bits) - 1))
    values.reshape(-1)[rng.integers(0, values.size, hot)] = 65_535
    found = read(values).pixels.astype(float)
    wrong = np.abs(found - (expected if not grey else expected[..., np.newaxis])) > 0.5
    assert wrong.sum() <= 3 * hot

"""Golden values of preprocessing: channel order, layout, scaling, size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hematodesk.domain.manifest import CropRule, InputSpec
from hematodesk.inference.preprocess import to_tensor

SPEC = InputSpec(
    "image", 2, 2, "nhwc", "rgb", (2 / 255, 2 / 255, 2 / 255), (-1.0, -1.0, -1.0), CropRule("cell", 3.0, 1.6)
)
CROP = np.array([[[0, 51, 255], [102, 0, 0]], [[0, 204, 0], [0, 0, 153]]], np.uint8)


def test_symmetric_rgb_nhwc() -> None:
    tensor = to_tensor([CROP], SPEC)
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    golden = [[[[-1, -0.6, 1], [-0.2, -1, -1]], [[-1, 0.6, -1], [-1, -1, 0.2]]]]
    np.testing.assert_allclose(tensor, np.array(golden, np.float32), atol=1e-6)


def test_unit_bgr_nchw() -> None:
    spec = replace(SPEC, layout="nchw", colour="bgr", scale=(1 / 255,) * 3, offset=(0.0, 0.0, 0.0))
    tensor = to_tensor([CROP], spec)
    assert tensor.flags.c_contiguous
    golden = [[[[1, 0], [0, 0.6]], [[0.2, 0], [0.8, 0]], [[0, 0.4], [0, 0]]]]
    np.testing.assert_allclose(tensor, np.array(golden, np.float32), atol=1e-6)


def test_scale_and_offset_follow_the_networks_channel_order() -> None:
    spec = replace(SPEC, colour="bgr", scale=(1.0, 10.0, 100.0), offset=(0.25, 0.5, 0.75))
    pixel = np.zeros((2, 2, 3), np.uint8) + np.array([1, 2, 3], np.uint8)
    assert to_tensor([pixel], spec)[0, 0, 0].tolist() == [3.25, 20.5, 100.75]


def test_every_value_is_the_same_bit_for_bit_as_scalar_float32() -> None:
    values = np.arange(256, dtype=np.uint8)
    spec = replace(
        SPEC, width=16, height=16, scale=(0.0171248, 0.0175070, 0.0174292), offset=(-2.118, -2.036, -1.804)
    )
    tensor = to_tensor([np.repeat(values.reshape(16, 16, 1), 3, axis=2)], spec)
    for channel in range(3):
        scale, offset = np.float32(spec.scale[channel]), np.float32(spec.offset[channel])
        wanted = [np.float32(np.float32(value) * scale) + offset for value in values]
        assert tensor[0, :, :, channel].ravel().tolist() == wanted


def test_a_list_and_an_array_of_crops_give_the_same() -> None:
    other = CROP[::-1].copy()
    together = to_tensor([CROP, other], SPEC)
    assert together.shape == (2, 2, 2, 3)
    np.testing.assert_array_equal(together, to_tensor(np.stack([CROP, other]), SPEC))
    np.testing.assert_array_equal(together[1:], to_tensor([other], SPEC))


def test_the_crop_stays_as_it_was() -> None:
    before = CROP.copy()
    to_tensor([CROP], SPEC)
    np.testing.assert_array_equal(CROP, before)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 3, 3), np.uint8),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((2, 2), np.uint8),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros((2, 2, 3), np.float32),
    ],
)
def test_a_crop_of_another_size_or_type_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a crop must be uint8"):
        to_tensor([CROP, wrong], SPEC)


def test_no_crop_is_refused() -> None:
    with pytest.raises(ValueError, match="no crop"):
        to_tensor([], SPEC)

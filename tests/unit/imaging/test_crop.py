"""Crops at constant physical scale, and thumbnails."""

from __future__ import annotations

import numpy as np
import pytest

from hematodesk.domain.geometry import Box
from hematodesk.imaging.crop import crop_cell, crop_side, crop_square, whole_image
from hematodesk.imaging.read import decode_image
from hematodesk.imaging.thumbnail import thumbnail


def test_the_side_follows_the_red_cell_not_the_box():
    small, large = Box(0, 0, 60, 50), Box(0, 0, 90, 100)
    assert crop_side(small, 50, red_cells=3, context=1.6) == 150
    assert crop_side(large, 50, red_cells=3, context=1.6) == 150


def test_without_a_scale_the_side_follows_the_box():
    assert crop_side(Box(0, 0, 60, 50), None, red_cells=3, context=1.5) == 90


def test_a_wrong_scale_never_cuts_the_cell_nor_shrinks_it_to_a_dot():
    assert crop_side(Box(0, 0, 200, 100), 10, red_cells=3, context=1.6) == 200
    assert crop_side(Box(0, 0, 20, 20), 500, red_cells=3, context=1.6) == 80


def test_a_crop_of_its_own_size_is_the_pixels_themselves():
    pixels = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    crop = crop_cell(pixels, Box(40, 30, 20, 20), side=40, size=40)
    np.testing.assert_array_equal(crop, pixels[20:60, 30:70])


def test_outside_the_image_is_its_reflection():
    pixels = np.random.default_rng(2).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    crop = crop_cell(pixels, Box(0, 0, 10, 10), side=30, size=30)
    np.testing.assert_array_equal(crop[10:, 10:], pixels[:20, :20])
    np.testing.assert_array_equal(crop[10:, 9], pixels[:20, 1])
    np.testing.assert_array_equal(crop[9, 10:], pixels[1, :20])


def test_a_crop_far_larger_than_the_image_still_works():
    pixels = np.random.default_rng(3).integers(0, 256, (16, 17, 3), dtype=np.uint8)
    crop = crop_cell(pixels, Box(4, 4, 8, 8), side=200, size=64)
    assert crop.shape == (64, 64, 3) and crop.std() > 0


def test_any_square_shows_the_mirrored_image():
    random = np.random.default_rng(4)
    for _ in range(400):
        height, width = random.integers(1, 20, 2)
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        mirrored = np.pad(pixels, ((60, 60), (60, 60), (0, 0)), mode="reflect")
        edge = int(random.integers(1, 50))
        box = Box(int(random.integers(0, width)), int(random.integers(0, height)), 1, 1)
        square = crop_square(box, side=edge)
        crop = crop_cell(pixels, box, side=edge, size=edge)
        wanted = mirrored[square.y + 60 : square.y + 60 + edge, square.x + 60 : square.x + 60 + edge]
        np.testing.assert_array_equal(crop, wanted)


def test_shrinking_averages_so_that_fine_patterns_do_not_alias():
    stripes = np.zeros((200, 200, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = crop_cell(stripes, Box(50, 50, 100, 100), side=160, size=40)
    assert np.abs(crop.astype(int) - 127).max() <= 2


def test_a_box_outside_the_image_is_a_mistake():
    with pytest.raises(ValueError, match="outside"):
        crop_cell(np.zeros((20, 20, 3), np.uint8), Box(30, 0, 5, 5), side=10, size=8)
    with pytest.raises(ValueError, match="positive"):
        crop_cell(np.zeros((20, 20, 3), np.uint8), Box(3, 0, 5, 5), side=0, size=8)


def test_whole_images_are_squeezed():
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, 40:] = 200
    squeezed = whole_image(pixels, 20)
    assert squeezed.shape == (20, 20, 3)
    assert (squeezed[:, :9] == 0).all() and (squeezed[:, 11:] == 200).all()


def test_thumbnails_keep_proportions_and_colours():
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[..., 0] = 220
    small = decode_image(thumbnail(pixels), "thumbnail")
    assert small.pixels.shape == (48, 96, 3)
    assert small.pixels[..., 0].mean() > 200 and small.pixels[..., 2].mean() < 30

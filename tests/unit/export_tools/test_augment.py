"""Augmentation keeps what must stay, and changes what may change."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from export_tools.augment import Strength, augment
from export_tools.crops import COVER, middle

STILL = Strength(
    zoom=(1.0, 1.0), shift=0, colour=0, grey=0, blur=0, sharpen=0, coarse=0, noise=0, jpeg=0, corner=0
)


def disc(edge: int = 96) -> np.ndarray:
    """A dark disc in the middle, off-centre marked, smooth enough to survive resampling."""
    pixels = np.full((edge, edge, 3), 220, np.uint8)
    cv2.circle(pixels, (edge // 2, edge // 2), edge // 8, (90, 40, 130), -1)
    cv2.circle(pixels, (edge // 2 + edge // 6, edge // 2), edge // 24, (20, 20, 20), -1)
    return cv2.GaussianBlur(pixels, (0, 0), 1.5)


def test_without_changes_it_is_the_programs_crop_turned() -> None:
    wide = disc()
    wanted = middle(wide, 48)
    made = augment(wide, 48, COVER, np.random.default_rng(3), STILL)
    assert made.shape == (48, 48, 3)
    # Any turn keeps the mean within the inscribed circle.
    rows, columns = np.mgrid[:48, :48] - 23.5
    inside = rows**2 + columns**2 < 20**2
    assert made[inside].mean() == pytest.approx(wanted[inside].mean(), abs=1.0)


def test_zoom_shows_more_or_less_of_the_surroundings() -> None:
    wide = disc()

    def dark(zoom: float) -> float:
        how = Strength(**{**STILL.__dict__, "zoom": (zoom, zoom)})
        return float((augment(wide, 48, COVER, np.random.default_rng(0), how)[..., 1] < 130).mean())

    assert dark(0.7) > 1.5 * dark(1.0) > 2 * dark(1.4)


def test_the_same_seed_gives_the_same_crop_and_others_differ() -> None:
    wide = disc()
    one, again, other = (
        augment(wide, 48, COVER, np.random.default_rng(seed), Strength()) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("field", ["grey", "blur", "sharpen", "coarse", "noise", "jpeg", "corner", "colour"])
def test_every_change_alone_gives_a_valid_crop(field: str) -> None:
    how = Strength(**{**STILL.__dict__, field: 1.0})
    changed = augment(disc(), 48, COVER, np.random.default_rng(5), how)
    still = augment(disc(), 48, COVER, np.random.default_rng(5), STILL)
    assert changed.dtype == np.uint8
    assert changed.shape == still.shape
    assert not np.array_equal(changed, still)


def test_grey_has_equal_channels() -> None:
    how = Strength(**{**STILL.__dict__, "grey": 1.0})
    made = augment(disc(), 48, COVER, np.random.default_rng(0), how)
    assert np.array_equal(made[..., 0], made[..., 2])

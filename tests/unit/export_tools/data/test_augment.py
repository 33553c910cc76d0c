"""Augmentation keeps what must stay, and changes what may change."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from export_tools.data.augment import Looks, Strength, augment, looks_of
from export_tools.data.crops import COVER, middle

STILL = Strength(
    zoom=(1.0, 1.0),
    shift=0,
    colour=0,
    grey=0,
    blur=0,
    sharpen=0,
    coarse=0,
    noise=0,
    jpeg=0,
    corner=0,
    mirror=0,
    look=0,
    stain=0,
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


def turned_alike(how: Strength, looks: Looks | None = None, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The same crop without and with a change; both draw the same turn first."""
    wide = disc()
    plain = augment(wide, 48, COVER, np.random.default_rng(seed), STILL)
    return plain, augment(wide, 48, COVER, np.random.default_rng(seed), how, looks)


def test_a_crop_can_take_over_another_ones_colours() -> None:
    random = np.random.default_rng(0)
    other = np.clip(random.normal((90, 160, 120), (40, 10, 25), (1, 96, 96, 3)), 0, 255).astype(np.uint8)
    looks = looks_of(other)
    how = Strength(**{**STILL.__dict__, "look": 1.0})
    plain, made = turned_alike(how, looks)

    def away(pixels: np.ndarray) -> float:
        return float(np.abs(-np.log((pixels + 1.0) / 256).mean(axis=(0, 1)) - looks[0, :3]).sum())

    distances = [away(turned_alike(how, looks, seed)[1]) / away(plain) for seed in range(8)]
    assert max(distances) < 0.75
    # The picture stays: what was darker still is.
    assert np.corrcoef(plain[..., 1].ravel(), made[..., 1].ravel())[0, 1] > 0.95


def test_mixed_stains_change_the_colours_not_the_picture() -> None:
    plain, made = turned_alike(Strength(**{**STILL.__dict__, "stain": 1.0}))
    assert np.abs(plain.astype(int) - made).mean() > 4
    assert np.corrcoef(plain.mean(axis=2).ravel(), made.mean(axis=2).ravel())[0, 1] > 0.97


def test_a_mirrored_edge_is_a_reflection() -> None:
    _, made = turned_alike(Strength(**{**STILL.__dict__, "mirror": 1.0}))

    def is_reflected(pixels: np.ndarray, line: int) -> bool:
        return np.array_equal(pixels[:line], pixels[line + 1 : 2 * line + 1][::-1])

    assert any(is_reflected(np.rot90(made, quarter), line) for quarter in range(4) for line in range(4, 21))

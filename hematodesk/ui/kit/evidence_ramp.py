"""The colours of evidence: from deep blue over green to yellow, evenly spaced for every eye.

Blue and yellow stay apart without red- or green-sensitive cones, and lightness grows all the
way, so that the order also holds in grey. Nothing of it is found in a stained smear.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

_POINTS = (
    (0.36, 0.020, -0.170),
    (0.50, -0.050, -0.100),
    (0.66, -0.100, -0.010),
    (0.80, -0.090, 0.110),
    (0.94, -0.055, 0.165),
)
"""Control points in Oklab (lightness, green to red, blue to yellow), chosen inside sRGB."""

_FADES_BELOW = 0.8
"""Under this share of the most, colour fades out: what says nothing leaves the image as it is."""

_STEPS = 256


@functools.cache
def ramp() -> npt.NDArray[np.uint8]:
    """The colours of none to most, uint8 (256, 3) RGB, in equal steps of Oklab distance.

    Straight lines between the control points, walked at an even pace (Ottosson 2020, "A perceptual
    color space for image processing").
    """
    points = np.array(_POINTS)
    walked = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    places = np.linspace(0, walked[-1], _STEPS)
    colours = np.stack([np.interp(places, walked, points[:, axis]) for axis in range(3)], axis=1)
    made = np.round(_srgb(colours) * 255).astype(np.uint8)
    made.setflags(write=False)
    return made


def paint_values(strength: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Colours for strengths of 0 to 1, uint8 (H, W, 4) RGBA, not premultiplied; none is clear."""
    index = np.round(strength * (_STEPS - 1)).astype(np.intp)
    painted = np.empty((*strength.shape, 4), np.uint8)
    painted[..., :3] = ramp()[index]
    painted[..., 3] = np.round(opaqueness(strength) * 255)
    return painted


def opaqueness(strength: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How much a strength of 0 to 1 covers the image: 0 for none, growing evenly up to 1."""
    return np.asarray(np.clip(strength / _FADES_BELOW, 0, 1), dtype=np.float32)


def _srgb(oklab: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """sRGB, 0 to 1, of Oklab colours (N, 3); the matrices are those of Ottosson 2020."""
    cones = (
        oklab
        @ np.array(
            [
                [1.0, 0.3963377774, 0.2158037573],
                [1.0, -0.1055613458, -0.0638541728],
                [1.0, -0.0894841775, -1.2914855480],
            ]
        ).T
    )
    linear = (
        cones**3
        @ np.array(
            [
                [4.0767416621, -3.3077115913, 0.2309699292],
                [-1.2684380046, 2.6097574011, -0.3413193965],
                [-0.0041960863, -0.7034186147, 1.7076147010],
            ]
        ).T
    )
    linear = np.clip(linear, 0, 1)
    return np.asarray(
        np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055), dtype=np.float64
    )

"""The colours of evidence: an order that every eye sees."""

from __future__ import annotations

import numpy as np
import pytest

from hematodesk.ui.kit.evidence_ramp import opaqueness, paint_values, ramp

# What eyes without one kind of cones see, on linear RGB (Machado, Oliveira and Fernandes 2009,
# "A Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1.0).
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(srgb: np.ndarray) -> np.ndarray:
    part = srgb / 255.0
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear sRGB: another space than the ramp was made in."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = np.clip(light, 0, 1) @ to_xyz.T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("eye", EYES)
def test_more_evidence_is_lighter_for_every_eye(eye: str) -> None:
    seen = lab(linear(ramp().astype(float)) @ EYES[eye].T)
    steps = np.diff(seen[::16, 0])
    assert (steps > 0).all()
    assert seen[-1, 0] - seen[0, 0] > 50


@pytest.mark.parametrize("eye", EYES)
def test_a_tenth_more_is_seen_by_every_eye(eye: str) -> None:
    """Ten distances of the ramp, each over what is just noticed (about 2.3)."""
    seen = lab(linear(ramp().astype(float)) @ EYES[eye].T)
    tenths = seen[np.linspace(0, 255, 11).round().astype(int)]
    assert np.linalg.norm(np.diff(tenths, axis=0), axis=1).min() > 4


def test_steps_are_even() -> None:
    seen = lab(linear(ramp().astype(float)))
    tenths = np.linalg.norm(np.diff(seen[np.linspace(0, 255, 11).round().astype(int)], axis=0), axis=1)
    assert tenths.max() / tenths.min() < 2.5


def test_none_is_clear_and_most_covers() -> None:
    painted = paint_values(np.array([[0.0, 0.2, 0.9, 1.0]], np.float32))
    assert painted[0, 0, 3] == 0
    assert 0 < painted[0, 1, 3] < 255
    assert painted[0, 3, 3] == 255
    np.testing.assert_array_equal(painted[0, 3, :3], ramp()[-1])


def test_more_evidence_never_covers_less() -> None:
    assert (np.diff(opaqueness(np.linspace(0, 1, 101, dtype=np.float32))) >= 0).all()

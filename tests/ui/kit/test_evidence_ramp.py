"""The colours of evidence: an order that every eye sees."""

from __future__ import annotations

import numpy as np
import pytest

from hematodesk.ui.kit.evidence_ramp import opaqueness, paint_values, ramp
from tests.colour_vision import EYES, lab, linear


@pytest.mark.parametrize("eye", EYES)
def test_more_evidence_is_lighter_for_every_eye(eye: str) -> None:
    seen = lab(linear(ramp() / 255.0) @ EYES[eye].T)
    steps = np.diff(seen[::16, 0])
    assert (steps > 0).all()
    assert seen[-1, 0] - seen[0, 0] > 50


@pytest.mark.parametrize("eye", EYES)
def test_a_tenth_more_is_seen_by_every_eye(eye: str) -> None:
    """Ten distances of the ramp, each over what is just noticed (about 2.3)."""
    seen = lab(linear(ramp() / 255.0) @ EYES[eye].T)
    tenths = seen[np.linspace(0, 255, 11).round().astype(int)]
    assert np.linalg.norm(np.diff(tenths, axis=0), axis=1).min() > 4


def test_steps_are_even() -> None:
    seen = lab(linear(ramp() / 255.0))
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

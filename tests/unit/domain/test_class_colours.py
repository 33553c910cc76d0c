"""Any two classes' colours are told apart, in full colour vision and without one kind of cones.

Dichromacy is simulated by the matrices of Machado, Oliveira and Fernandes (2009, severity 1.0), applied to
linear sRGB; differences are CIEDE2000 (Sharma, Wu and Dalal 2005) under D65.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from hematodesk.domain import classes
from tests.colour_vision import EYES, lab, linear

LEAST = 10.0
"""Five times what trained eyes just notice in fields that touch; outlines and dots do not touch."""

Lab = tuple[float, float, float]

COLOURS = {
    **{each.id: each.colour for each in classes.CELL_CLASSES.values()},
    **{f"other_{number}": colour for number, colour in enumerate(classes._OTHERS)},
}


def seen_as(colour: str, eye: str) -> Lab:
    """CIELAB of an #rrggbb as somebody sees it."""
    part = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    light, a, b = lab(EYES[eye] @ linear(part))
    return float(light), float(a), float(b)


def difference(one: Lab, other: Lab) -> float:
    """CIEDE2000."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * math.sqrt(mean**7 / (mean**7 + 25**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1)) % 360, math.degrees(math.atan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + turn / 2 if c1 * c2 else h1 + h2
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * math.cos(math.radians(hue - 30))
        + 0.24 * math.cos(math.radians(2 * hue))
        + 0.32 * math.cos(math.radians(3 * hue + 6))
        - 0.20 * math.cos(math.radians(4 * hue - 63))
    )
    s_l = 1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    bend = 60 * math.exp(-((((hue % 360) - 275) / 25) ** 2))
    rotation = -math.sin(math.radians(bend)) * 2 * math.sqrt(chroma**7 / (chroma**7 + 25**7))
    d_l, d_c = (l2 - l1) / s_l, (c2 - c1) / s_c
    d_h = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2)) / s_h
    return math.sqrt(d_l**2 + d_c**2 + d_h**2 + rotation * d_c * d_h)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.1848, -84.8006), (50.0, 0.0, -82.7485), 1.0000),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_formula_gives_the_published_values(one: Lab, other: Lab, expected: float) -> None:
    assert difference(one, other) == pytest.approx(expected, abs=1e-4)
    assert difference(other, one) == pytest.approx(expected, abs=1e-4)


def test_grey_and_pink_were_one_colour_to_a_deuteranope() -> None:
    pink, grey = (seen_as(colour, "deuteranopia") for colour in ("#CC79A7", "#999999"))
    assert difference(pink, grey) == pytest.approx(6.2, abs=0.1)


@pytest.mark.parametrize("eye", EYES)
def test_any_two_classes_are_told_apart(eye: str) -> None:
    shown = {name: seen_as(colour, eye) for name, colour in COLOURS.items()}
    near = {
        (one, other): round(difference(shown[one], shown[other]), 1)
        for one, other in itertools.combinations(shown, 2)
        if difference(shown[one], shown[other]) < LEAST
    }
    assert near == {}

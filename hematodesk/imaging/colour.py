"""Colours of other spaces than sRGB, where the difference is so large that a cell would look like another.

The rule: the file's profile, or its stated gamma and primaries made into one, is applied to greys and to
colours of a stained film. Only where a grey moves by more than 12 of 255, or a colour by more than 30, is the
picture converted to sRGB, by LittleCMS. So linear light and a gamma of 1.8 are converted; Adobe RGB, Display
P3, scanners' profiles and sRGB itself stay bit for bit as they are (such were measured to change no class). A
profile that cannot be understood changes nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from imagecodecs import CmsError, cms_profile, cms_transform

from hematodesk.imaging.headers.stated import Colour

Samples = npt.NDArray[Any]

_MOST_GREY, _MOST_COLOUR = 12, 30
_GREYS = (32, 64, 96, 128, 160, 192, 224)
_COLOURS = ((150, 110, 160), (110, 70, 140), (225, 170, 175), (200, 120, 110))
"""Violet and dark violet nuclei, a red cell, an eosinophil's granules."""

_PURE, _SAME = ((220, 40, 40), (40, 220, 40), (40, 40, 220)), 3

_SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""x and y of white, red, green and blue."""

_PIXELS_AT_ONCE = 1_048_576
_SMALLEST = 128
"""Bytes of a profile's header (ICC.1)."""

_SPACES = {b"RGB ": "rgb", b"GRAY": "gray", b"CMYK": "cmyk"}


def conversion(colour: Colour, channels: int) -> bytes:
    """The profile by which a picture of 1, 3 or 4 (inks) channels is to be converted; empty for none."""
    if colour.profile:
        space = _SPACES.get(colour.profile[16:20], "")
        if len(colour.profile) < _SMALLEST or space not in _fitting(channels):
            return b""
        return colour.profile if _differs(colour.profile, space) else b""
    if not 0.1 <= colour.gamma <= 10 or channels == 4:
        return b""
    made = _made(colour.gamma, colour.primaries)
    return made if made and _differs(made, "rgb") else b""


def to_srgb(values: Samples, profile: bytes, white: float = 65_535) -> npt.NDArray[np.uint8]:
    """Converted pixels, uint8 (H, W, 3) BGR.

    Args:
        values: uint8 or uint16: (H, W) grey, (H, W, 3) BGR or (H, W, 4) inks as CMYK.
        white: the value that is white in samples of 16 bits.

    Raises CmsError when the profile is of no use, though `conversion` gave it.
    """
    space = _SPACES[profile[16:20]]
    if values.ndim == 2 and space == "rgb":
        values = np.repeat(values[..., np.newaxis], 3, axis=2)
    height, width = values.shape[:2]
    made = np.empty((height, width, 3), np.uint8)
    curves = _curves(profile) if space == "rgb" and values.dtype == np.uint16 else None
    rows = max(1, _PIXELS_AT_ONCE // width)
    given = {"rgb": "bgr"}.get(space, space)
    for first in range(0, height, rows):
        part = np.ascontiguousarray(values[first : first + rows])
        if part.dtype == np.uint16 and white != 65_535:
            part = np.minimum(np.rint(part * np.float32(65_535 / white)), 65_535).astype(np.uint16)
        if curves is not None:
            for place, curve in enumerate(curves):
                made[first : first + rows, :, place] = curve[part[..., place]]
            continue
        made[first : first + rows] = _transformed(part, profile, given, "bgr")
    return made


def convert_rgb(pixels: npt.NDArray[np.uint8], profile: bytes) -> bool:
    """Convert uint8 (H, W, 3) RGB pixels where they are, if the profile asks for it; whether it was done."""
    wanted = conversion(Colour(profile=profile), 1) if profile else b""
    if not wanted:
        return False
    grey = _SPACES[wanted[16:20]] == "gray"
    if grey and not all((pixels[..., 0] == pixels[..., other]).all() for other in (1, 2)):
        return False
    rows = max(1, _PIXELS_AT_ONCE // pixels.shape[1])
    try:
        for first in range(0, len(pixels), rows):
            part = pixels[first : first + rows]
            part[...] = to_srgb(part[..., 0] if grey else part[..., ::-1], wanted)[..., ::-1]
    except CmsError:
        return False
    return True


def warm_colour() -> None:
    """Convert something once: LittleCMS is loaded at its first use."""
    profile = conversion(Colour(gamma=1.0), 3)
    to_srgb(np.zeros((1, 1, 3), np.uint8), profile)


def _fitting(channels: int) -> tuple[str, ...]:
    """The spaces whose profiles fit a picture of so many channels; grey may have that of a display."""
    return {1: ("gray", "rgb"), 3: ("rgb",), 4: ("cmyk",)}.get(channels, ())


@lru_cache(maxsize=4)
def _curves(profile: bytes) -> tuple[Samples, ...] | None:
    """A curve for each of blue, green and red, where sRGB's primaries make curves suffice; else None.

    LittleCMS takes 0.9 s for a megapixel of 16 bits.
    """
    ramp = np.repeat(np.arange(65_536, dtype=np.uint16)[np.newaxis, :, np.newaxis], 3, axis=2)
    curves = _transformed(ramp, profile, "bgr", "bgr")[0]
    colours = np.array([(*_COLOURS, *_PURE)], np.uint16) * 257
    by_curves = np.stack([curves[colours[..., place], place] for place in range(3)], axis=2)
    moved = _transformed(colours, profile, "bgr", "bgr").astype(int) - by_curves
    if np.abs(moved).max() > _SAME:
        return None
    return tuple(np.ascontiguousarray(curves[:, place]) for place in range(3))


def _transformed(values: Samples, profile: bytes, given: str, wanted: str) -> Samples:
    made = cms_transform(values, profile, _srgb(), colorspace=given, outcolorspace=wanted, outdtype="uint8")
    return np.asarray(made)


@lru_cache(maxsize=16)
def _differs(profile: bytes, space: str) -> bool:
    """Whether the profile's colours differ from sRGB's by so much that they are converted."""
    greys = np.repeat(np.array(_GREYS, np.uint8), 3).reshape(1, -1, 3)
    try:
        if space == "cmyk":
            # Inks are never sRGB; whether the profile can be used is seen by using it.
            _transformed(np.zeros((1, 1, 4), np.uint8), profile, space, "rgb")
            return True
        if space == "gray":
            moved = _transformed(greys[..., 0].copy(), profile, "gray", "rgb")
            return bool(np.abs(moved.astype(int) - greys).max() > _MOST_GREY)
        moved = _transformed(greys, profile, "rgb", "rgb")
        if np.abs(moved.astype(int) - greys).max() > _MOST_GREY:
            return True
        colours = np.array([_COLOURS], np.uint8)
        moved = _transformed(colours, profile, "rgb", "rgb")
    except (CmsError, ValueError):
        return False
    return bool(np.abs(moved.astype(int) - colours).max() > _MOST_COLOUR)


@lru_cache(maxsize=16)
def _made(gamma: float, primaries: tuple[float, ...]) -> bytes:
    """A profile of values that are light to the power of gamma; empty where the primaries make none."""
    for each in (primaries, _SRGB):
        if len(each) != 8 or not all(0 <= value <= 1 for value in each) or not all(each[1::2]):
            continue
        white, rest = [*each[:2], 1.0], list(each[2:])
        try:
            made = bytes(cms_profile("rgb", whitepoint=white, primaries=rest, gamma=1 / gamma))
            _transformed(np.zeros((1, 1, 3), np.uint8), made, "rgb", "rgb")
        except (CmsError, ValueError):
            continue
        return made
    return b""


@lru_cache(maxsize=1)
def _srgb() -> bytes:
    return bytes(cms_profile("srgb"))

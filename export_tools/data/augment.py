"""Makes one training crop out of a wider one by random changes of geometry, light, colour and focus.

The ranges are wide on purpose: another laboratory's stain, camera and scale must fall inside.
Written with cv2 on single uint8 crops, about a third of a millisecond each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Looks = npt.NDArray[np.float32]

# Brightness and the two colour axes (NTSC's YIQ), to turn hue and scale saturation linearly.
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)
# Optical density of each 8-bit value: what a stain adds to, and what mixes linearly.
_DENSITY = (-np.log((np.arange(256) + 1) / 256)).astype(np.float32)
_LEAST_SPREAD = 0.02


@dataclass(frozen=True)
class Strength:
    """How far each change may go.

    Attributes:
        zoom: least and most field of view, in sides of the program's crop (log-uniform).
        shift: middle moved by up to this share of the side.
        brightness, contrast: up to this share of the full range, and of the contrast.
        gamma, gain: per channel, exp of up to this much either way.
        hue: degrees either way. saturation: least and most factor.
        mixing: standard deviation of the numbers that mix the channels' optical densities.
        density: optical density times exp of up to this much either way. tint: added to it per channel.
        look, stain: probabilities of another crop's colours, or else of mixed densities.
        grey, blur, sharpen, coarse, noise, jpeg, corner, mirror: probabilities.
    """

    zoom: tuple[float, float] = (0.65, 1.5)
    shift: float = 0.08
    brightness: float = 0.15
    contrast: float = 0.3
    gamma: float = 0.35
    gain: float = 0.15
    hue: float = 28.0
    saturation: tuple[float, float] = (0.4, 1.6)
    colour: float = 0.85
    grey: float = 0.05
    blur: float = 0.3
    sharpen: float = 0.15
    coarse: float = 0.25
    noise: float = 0.15
    jpeg: float = 0.15
    corner: float = 0.15
    mirror: float = 0.12
    mixing: float = 0.12
    density: float = 0.35
    tint: float = 0.05
    look: float = 0.3
    stain: float = 0.3


def augment(
    pixels: Pixels,
    size: int,
    cover: float,
    random: np.random.Generator,
    how: Strength,
    looks: Looks | None = None,
) -> Pixels:
    """One random (size, size, 3) uint8 RGB crop out of a square (edge, edge, 3) covering `cover` sides.

    Args:
        looks: the colours of other crops to take over now and then (see `looks_of`), or None.
    """
    made = _turned(pixels, size, cover, random, how)
    if random.random() < how.mirror:
        made = _mirrored(made, random)
    if random.random() < how.corner:
        made = _corner(made, random)
    made = _stained(made, random, how, looks)
    if random.random() < how.colour:
        made = _coloured(made, random, how)
    if random.random() < how.grey:
        grey = cv2.cvtColor(made, cv2.COLOR_RGB2GRAY)
        made = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    return _focused(made, random, how)


def looks_of(pixels: Pixels) -> Looks:
    """Mean and standard deviation of the optical density per channel, (N, 6) float32, of crops' middles.

    Args:
        pixels: (N, edge, edge, 3) uint8.
    """
    quarter = pixels.shape[1] // 4
    inner = _DENSITY[pixels[:, quarter:-quarter:3, quarter:-quarter:3]].reshape(len(pixels), -1, 3)
    return np.concatenate([inner.mean(axis=1), inner.std(axis=1)], axis=1).astype(np.float32)


def _stained(pixels: Pixels, random: np.random.Generator, how: Strength, looks: Looks | None) -> Pixels:
    """Another laboratory's stain: a real crop's mean and contrast in optical density, or a random mixture.

    After Reinhard et al. 2001, "Color Transfer between Images", in optical density and only part of the way.
    """
    chance = random.random()
    if chance >= how.look + how.stain:
        return pixels
    density = _DENSITY[pixels]
    if chance < how.look and looks is not None and len(looks):
        wanted = looks[int(random.integers(len(looks)))]
        flat = density.reshape(-1, 3)
        mean, spread = flat.mean(axis=0), flat.std(axis=0) + _LEAST_SPREAD
        share = random.uniform(0.4, 1.0)
        ratio = np.exp(np.clip(np.log((wanted[3:] + _LEAST_SPREAD) / spread), -0.9, 0.9) * share)
        density = (density - mean) * ratio + mean + (wanted[:3] - mean) * share
    else:
        mixture = np.eye(3) + random.normal(0, how.mixing, (3, 3))
        mixture *= math.exp(random.uniform(-how.density, how.density))
        mixed = np.asarray(cv2.transform(density, mixture.astype(np.float32)), dtype=np.float32)
        density = mixed + random.normal(0, how.tint, 3).astype(np.float32)
    return np.asarray(np.clip(256 * np.exp(-np.clip(density, 0, 8)) - 1, 0, 255), dtype=np.uint8)


def _mirrored(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """What the program's cropper makes of a cell at the picture's edge: its reflection beyond a line."""
    quarter = int(random.integers(4))
    turned = np.rot90(pixels, quarter).copy()
    line = int(turned.shape[0] * random.uniform(0.1, 0.42))
    turned[:line] = turned[line + 1 : 2 * line + 1][::-1]
    return np.ascontiguousarray(np.rot90(turned, -quarter))


def _turned(pixels: Pixels, size: int, cover: float, random: np.random.Generator, how: Strength) -> Pixels:
    edge = pixels.shape[0]
    view = math.exp(random.uniform(math.log(how.zoom[0]), math.log(how.zoom[1])))
    # Pixels of the wide crop for one pixel of the new one.
    step = edge / cover * view / size
    angle = random.uniform(0, 2 * math.pi)
    flip = -1.0 if random.random() < 0.5 else 1.0
    turn = step * np.array(
        [[flip * math.cos(angle), -math.sin(angle)], [flip * math.sin(angle), math.cos(angle)]]
    )
    shift = random.uniform(-how.shift, how.shift, 2) * edge / cover
    middle = np.full(2, (edge - 1) / 2) + shift
    offset = middle - turn @ np.full(2, (size - 1) / 2)
    matrix = np.column_stack([turn, offset])
    if step > 1.3:
        # Bilinear sampling alone would skip pixels when it shrinks.
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.35 * step), dtype=np.uint8)
    warped = cv2.warpAffine(
        pixels,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(warped, dtype=np.uint8)


def _corner(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Fill what lies beyond a line, as in pictures that were turned or shifted after they were taken."""
    size = pixels.shape[0]
    angle = random.uniform(0, 2 * math.pi)
    rows, columns = np.mgrid[0:size, 0:size] - (size - 1) / 2
    beyond = rows * math.sin(angle) + columns * math.cos(angle) > random.uniform(0.28, 0.5) * size
    filled = pixels.copy()
    filled[beyond] = random.choice([0, 255])
    return filled


def _coloured(pixels: Pixels, random: np.random.Generator, how: Strength) -> Pixels:
    levels = np.linspace(0, 1, 256)[:, None]
    gamma = np.exp(random.uniform(-how.gamma, how.gamma) + random.uniform(-how.gamma, how.gamma, 3) / 2)
    gain = np.exp(random.uniform(-how.gain, how.gain, 3))
    contrast = 1 + random.uniform(-how.contrast, how.contrast)
    brightness = random.uniform(-how.brightness, how.brightness)
    table = (levels**gamma * gain - 0.5) * contrast + 0.5 + brightness
    table8 = np.clip(table * 255 + 0.5, 0, 255).astype(np.uint8)
    changed = cv2.LUT(pixels, table8[None])
    hue = math.radians(random.uniform(-how.hue, how.hue))
    saturation = math.exp(random.uniform(math.log(how.saturation[0]), math.log(how.saturation[1])))
    cosine, sine = saturation * math.cos(hue), saturation * math.sin(hue)
    turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    return np.asarray(cv2.transform(changed, _FROM_YIQ @ turn @ _TO_YIQ), dtype=np.uint8)


def _focused(pixels: Pixels, random: np.random.Generator, how: Strength) -> Pixels:
    size = pixels.shape[0]
    made: npt.NDArray[Any] = pixels
    if random.random() < how.coarse:
        small = max(8, round(size * random.uniform(0.35, 0.9)))
        made = cv2.resize(made, (small, small), interpolation=cv2.INTER_AREA)
        made = cv2.resize(made, (size, size), interpolation=cv2.INTER_LINEAR)
    if random.random() < how.blur:
        made = cv2.GaussianBlur(made, (0, 0), random.uniform(0.4, 1.8))
    elif random.random() < how.sharpen:
        soft = cv2.GaussianBlur(made, (0, 0), random.uniform(0.8, 2.0))
        amount = random.uniform(0.3, 1.5)
        made = cv2.addWeighted(made, 1 + amount, soft, -amount, 0)
    if random.random() < how.noise:
        grain = random.standard_normal(made.shape, dtype=np.float32) * np.float32(random.uniform(1, 9))
        made = np.clip(made + grain, 0, 255).astype(np.uint8)
    if random.random() < how.jpeg:
        done, coded = cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 95))])
        read = cv2.imdecode(coded, cv2.IMREAD_COLOR) if done else None
        if read is not None:
            made = read
    return np.asarray(made, dtype=np.uint8)

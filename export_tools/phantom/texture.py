"""Noise, outlines and soft shapes on a patch of glass. All lengths are micrometres, all fields float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

_TABLE = 1024  # steps of an outline around the circle: finer than a pixel for any cell


@dataclass(frozen=True, slots=True)
class Patch:
    """A square of glass around a cell's middle.

    Attributes:
        x, y: coordinates in micrometres from the middle, float32 (n, n).
        scale: pixels a micrometre, at the drawing's (supersampled) resolution.
    """

    x: Field
    y: Field
    scale: float

    @classmethod
    def around(cls, reach: float, scale: float, offset: tuple[float, float] = (0.0, 0.0)) -> Patch:
        """A patch that reaches that far to each side; `offset` is the middle's sub-pixel shift in pixels."""
        half = int(np.ceil(reach * scale)) + 1
        steps = np.arange(-half, half + 1, dtype=np.float32)
        x, y = np.meshgrid((steps - offset[0]) / scale, (steps - offset[1]) / scale)
        return cls(x.astype(np.float32), y.astype(np.float32), scale)

    @property
    def shape(self) -> tuple[int, int]:
        return self.x.shape[0], self.x.shape[1]

    def noise(self, rng: np.random.Generator, size: float) -> Field:
        """Smooth noise of unit variance whose spots are about `size` micrometres."""
        return smooth_noise(rng, self.shape, size * self.scale)

    def warped(self, rng: np.random.Generator, size: float, amount: float) -> Patch:
        """The same glass with coordinates pushed about, so that shapes look grown, not built."""
        return Patch(
            self.x + np.float32(amount) * self.noise(rng, size),
            self.y + np.float32(amount) * self.noise(rng, size),
            self.scale,
        )


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], size_px: float) -> Field:
    """Normal noise, about unit variance, blurred to spots of `size_px` pixels: float32 of that shape."""
    step = max(1.0, size_px / 2.5)
    rows, cols = int(shape[0] / step) + 5, int(shape[1] / step) + 5
    sigma = max(0.5, size_px / 2.5 / step)
    coarse = rng.standard_normal((rows, cols), dtype=np.float32)
    blurred = cv2.GaussianBlur(coarse, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    coarse = np.asarray(blurred, dtype=np.float32)
    coarse *= np.float32(2.0 * np.sqrt(np.pi) * sigma)  # the blur takes the deviation down by this
    if step == 1.0:
        return np.ascontiguousarray(coarse[2 : 2 + shape[0], 2 : 2 + shape[1]])
    matrix = np.array([[1 / step, 0, 1.5], [0, 1 / step, 1.5]], dtype=np.float64)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(coarse, matrix, (shape[1], shape[0]), flags=flags), dtype=np.float32)


def soft(inside: Field, width: float) -> Field:
    """0 outside to 1 inside of a signed distance (positive inside), over `width` micrometres to each side."""
    t: Field = np.clip(inside * np.float32(0.5 / width) + np.float32(0.5), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def outline(rng: np.random.Generator, amounts: Sequence[tuple[int, float]]) -> Field:
    """Radii around the circle, mean 1, with waves of random phase: (waves around, deviation) each."""
    angle = np.linspace(0.0, 2.0 * np.pi, _TABLE, endpoint=False)
    radii = np.ones(_TABLE)
    for waves, amount in amounts:
        radii += rng.normal(0.0, amount) * np.cos(waves * angle + rng.uniform(0.0, 2.0 * np.pi))
    return radii.astype(np.float32)


def polar(patch: Patch, radii: Field, radius: float, stretch: float = 1.0, turn: float = 0.0) -> Field:
    """Radius of every point relative to an outline (1 on it): float32 of the patch's shape.

    `stretch` lengthens along `turn` (radians) and narrows across it, keeping the area.
    """
    root = float(np.sqrt(stretch))
    along = (np.cos(turn) * patch.x + np.sin(turn) * patch.y) / np.float32(root)
    across = (-np.sin(turn) * patch.x + np.cos(turn) * patch.y) * np.float32(root)
    reach, angle = cv2.cartToPolar(along.astype(np.float32), across.astype(np.float32))
    index = (angle * np.float32(_TABLE / (2.0 * np.pi))).astype(np.int32) & (_TABLE - 1)
    relative: Field = reach / (radii[index] * np.float32(radius))
    return relative.astype(np.float32, copy=False)


def ellipse(patch: Patch, cx: float, cy: float, a: float, b: float, turn: float) -> Field:
    """Distance inside an ellipse, about micrometres near its edge, positive inside."""
    dx, dy = patch.x - np.float32(cx), patch.y - np.float32(cy)
    u = (np.cos(turn) * dx + np.sin(turn) * dy) / np.float32(a)
    v = (-np.sin(turn) * dx + np.cos(turn) * dy) / np.float32(b)
    distance: Field = (1.0 - np.sqrt(u * u + v * v)) * np.float32(min(a, b))
    return distance.astype(np.float32, copy=False)


def strand(patch: Patch, start: tuple[float, float], end: tuple[float, float], radius: float) -> Field:
    """Distance inside a round-ended bar between two points, positive inside."""
    ex, ey = end[0] - start[0], end[1] - start[1]
    dx, dy = patch.x - np.float32(start[0]), patch.y - np.float32(start[1])
    t = np.clip((dx * ex + dy * ey) / np.float32(max(ex * ex + ey * ey, 1e-6)), 0.0, 1.0)
    reach = np.hypot(dx - t * np.float32(ex), dy - t * np.float32(ey))
    return (np.float32(radius) - reach).astype(np.float32, copy=False)


def join(a: Field, b: Field, blend: float) -> Field:
    """Union of two signed distances with the corner filled over `blend` micrometres."""
    near: Field = np.maximum(np.float32(blend) - np.abs(a - b), 0.0)
    joined: Field = np.maximum(a, b) + near * near * np.float32(0.25 / blend)
    return joined.astype(np.float32, copy=False)


def grains(patch: Patch, rng: np.random.Generator, pitch: float, jitter: float = 0.35) -> Field:
    """Distance in micrometres to the nearest of many grains, packed about `pitch` apart."""
    rows, cols = patch.shape
    step = pitch * patch.scale
    v, u = np.mgrid[0 : rows + step : step * 0.866, 0 : cols + step : step]
    u = u + (np.arange(u.shape[0]) % 2)[:, None] * step / 2
    u = u + rng.normal(0.0, jitter * step, u.shape)
    v = v + rng.normal(0.0, jitter * step, v.shape)
    return nearest(patch, u.ravel(), v.ravel())


def nearest(patch: Patch, columns: NDArray[np.float64], rows: NDArray[np.float64]) -> Field:
    """Distance in micrometres to the nearest of the given pixel positions (those outside are left out)."""
    points = np.full(patch.shape, 255, np.uint8)
    c, r = np.rint(columns).astype(int), np.rint(rows).astype(int)
    fits = (c >= 0) & (r >= 0) & (c < patch.shape[1]) & (r < patch.shape[0])
    if not fits.any():
        return np.full(patch.shape, 1e3, np.float32)
    points[r[fits], c[fits]] = 0
    distance = cv2.distanceTransform(points, cv2.DIST_L2, 5)
    return (distance / np.float32(patch.scale)).astype(np.float32, copy=False)

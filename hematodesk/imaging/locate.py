"""Find the white cells of a smear and measure its red cells.

Optical density (Beer and Lambert's law, against the clear background) at a fixed working
scale: nuclei are where red light is absorbed most; red cells absorb green and let red pass.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.domain import limits
from hematodesk.domain.cells import Localisation, LocatedCell
from hematodesk.domain.geometry import Box

Pixels = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]

WORK_EDGE = 320
"""Longest edge in pixels at which cells are looked for."""


def locate_cells(pixels: Pixels) -> Localisation:
    """White cells of an RGB image, and the size of its red cells.

    Args:
        pixels: uint8 (H, W, 3), RGB.

    Returns boxes inside the image with scores from 0 to 1, best first (touching nuclei of one
    cell are one cell), and the median red-cell diameter in pixels of `pixels`, None where no red
    cell stands free. Never raises on a valid array; the same array gives the same answer.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, WORK_EDGE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else pixels
    density = _optical_density(np.asarray(small, dtype=np.uint8))
    stained = density[..., 1] > max(0.06, _otsu(density[..., 1]) * 0.75)
    nuclei, signal = _nuclei(density)
    diameter = _red_cell_diameter(stained, nuclei)
    usual = 0.18 * max(size)
    if diameter is not None and not 0.6 < diameter / usual < 1.5:
        diameter = None
    unit = usual if diameter is None else diameter
    found = _cells(nuclei, signal, unit)
    cells = []
    for left, top, right, bottom, score in found[: limits.MAX_CELLS]:
        x0, y0 = int(left / scale), int(top / scale)
        x1, y1 = min(width, round(right / scale)), min(height, round(bottom / scale))
        if x1 > x0 and y1 > y0:
            cells.append(LocatedCell(Box(x0, y0, x1 - x0, y1 - y0), score))
    return Localisation(tuple(cells), None if diameter is None else diameter / scale)


def _optical_density(small: Pixels) -> Plane:
    """Absorbance per channel against the brightest tenth of the image, black corners left out."""
    lit = small.max(axis=2) > 30
    blank = small.min(axis=2) > 252
    usable = lit & ~blank
    if usable.sum() < 100:
        usable = lit
    light = np.percentile(small[usable], 90, axis=0) if usable.any() else np.full(3, 255.0)
    table = -np.log10((np.arange(256, dtype=np.float32)[:, None] + 1.0) / (light.astype(np.float32) + 1.0))
    density = np.stack([table[:, channel][small[..., channel]] for channel in range(3)], axis=-1)
    density[~lit] = 0.0
    return np.clip(density, 0.0, 1.5).astype(np.float32)


def _otsu(plane: Plane) -> float:
    """Otsu's threshold of a plane of values from 0 to 1.5."""
    grey = np.clip(plane * 170.0, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return float(threshold) / 170.0


def _nuclei(density: Plane) -> tuple[npt.NDArray[np.bool_], Plane]:
    """Mask of what may be nuclei, and the signal it was cut from."""
    blurred = cv2.GaussianBlur(density[..., 0] + density[..., 1] - 0.5 * density[..., 2], (0, 0), 1.2)
    signal: Plane = np.asarray(blurred, dtype=np.float32)
    first = _otsu(signal)
    above = signal[signal > first]
    if above.size < 30:
        return np.zeros(signal.shape, dtype=bool), signal
    threshold = max(0.25, _otsu(above.reshape(1, -1)))
    return signal > threshold, signal


def _red_cell_diameter(stained: npt.NDArray[np.bool_], nuclei: npt.NDArray[np.bool_]) -> float | None:
    """Median diameter of round, free-standing stained shapes without a nucleus, in working pixels."""
    contours, _ = cv2.findContours(stained.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    height, width = stained.shape
    diameters = []
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        if (
            min(w, h) < 8
            or max(w, h) > 1.5 * min(w, h)
            or x == 0
            or y == 0
            or x + w == width
            or y + h == height
        ):
            continue
        area = cv2.contourArea(contour)
        if area < 0.9 * cv2.contourArea(cv2.convexHull(contour)) or nuclei[y : y + h, x : x + w].mean() > 0.1:
            continue
        diameters.append(float(np.sqrt(w * h)))
    if not diameters:
        return None
    largest = np.percentile(diameters, 90)
    return float(np.median([diameter for diameter in diameters if diameter > 0.6 * largest]))


def _cells(
    nuclei: npt.NDArray[np.bool_], signal: Plane, unit: float
) -> list[tuple[float, float, float, float, float]]:
    """Nuclear blobs joined into cells: (left, top, right, bottom, score) in working pixels, best first."""
    height, width = nuclei.shape
    reach = max(3, round(0.5 * unit)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    opened = cv2.morphologyEx(nuclei.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    joined = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for label in range(1, count):
        x, y, w, h, _area = (int(value) for value in stats[label])
        core = (labels[y : y + h, x : x + w] == label) & (opened[y : y + h, x : x + w] > 0)
        nuclear = float(core.sum())
        at_border = x == 0 or y == 0 or x + w == width or y + h == height
        needed = 0.35 if not at_border else 0.15
        if nuclear < needed * unit * unit:
            continue
        margin = min(max(0.1 * unit, (1.7 * unit - max(w, h)) / 2), 0.25 * unit)
        strength = float(signal[y : y + h, x : x + w][core].mean())
        score = min(1.0, nuclear / (0.6 * unit * unit)) * min(1.0, strength / 0.8)
        found.append(
            (
                max(0.0, x - margin),
                max(0.0, y - margin),
                min(width, x + w + margin),
                min(height, y + h + margin),
                score,
            )
        )
    return sorted(found, key=lambda cell: -cell[4])

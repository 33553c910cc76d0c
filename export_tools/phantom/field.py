"""Place cells on the glass, add their stains, and photograph the field."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export_tools.phantom import optics
from export_tools.phantom.red_cells import RED_CELL_UM, draw_platelet, draw_red_cell, new_red_cell
from export_tools.phantom.style import DEFAULT_STYLE, PhantomStyle
from export_tools.phantom.texture import Field, Patch
from export_tools.phantom.white_cells import draw_radius, draw_white_cell
from hematodesk.domain.classes import WBC4
from hematodesk.domain.geometry import Box

_SUPERSAMPLE = 2
_HAEMOGLOBIN, _EOSIN, _AZURE, _BLUE = range(4)
_FIELD_MIX = (0.30, 0.25, 0.20, 0.25)  # eosinophil, lymphocyte, monocyte, neutrophil when none are named
_SINGLE_CELL_FIELD_UM = 36.0


@dataclass(frozen=True, slots=True)
class PhantomCell:
    """A white cell that was drawn: its class and the box around its cytoplasm, clipped to the image."""

    class_id: str
    box: Box


@dataclass(frozen=True, slots=True)
class PhantomImage:
    """A drawn picture and what is in it.

    Attributes:
        pixels: uint8 (H, W, 3) RGB, C-contiguous.
        cells: the white cells.
        red_cell_boxes: red cells of which at least 30 % is in the picture, clipped to it.
        platelet_boxes: as for the red cells.
        red_cell_diameter: pixels; the median of the whole red cells (the geometric mean of the box's
            sides), or that of a 7.2 um cell when there are none.
    """

    pixels: NDArray[np.uint8]
    cells: tuple[PhantomCell, ...]
    red_cell_boxes: tuple[Box, ...]
    platelet_boxes: tuple[Box, ...]
    red_cell_diameter: float


@dataclass(frozen=True, slots=True)
class _White:
    class_id: str
    x: float  # micrometres
    y: float
    radius: float


class _Glass:
    """The stain planes of a field, supersampled, and where a patch lands on them."""

    def __init__(self, width: int, height: int, um_per_px: float) -> None:
        self.width, self.height = width, height
        self.scale = _SUPERSAMPLE / um_per_px
        self.stains = np.zeros((height * _SUPERSAMPLE, width * _SUPERSAMPLE, 4), np.float32)

    def patch(self, x: float, y: float, reach: float) -> tuple[Patch, int, int]:
        """A patch around a point in micrometres, and the supersampled column and row of its corner."""
        column, row = round(x * self.scale), round(y * self.scale)
        patch = Patch.around(reach, self.scale, (x * self.scale - column, y * self.scale - row))
        half = patch.shape[0] // 2
        return patch, column - half, row - half

    def windows(
        self, size: int, column: int, row: int
    ) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
        """Slices of the glass and of a square patch where the two overlap; None when they do not."""
        rows, columns = self.stains.shape[:2]
        top, left = max(row, 0), max(column, 0)
        bottom, right = min(row + size, rows), min(column + size, columns)
        if top >= bottom or left >= right:
            return None
        return (
            (slice(top, bottom), slice(left, right)),
            (slice(top - row, bottom - row), slice(left - column, right - column)),
        )

    def add(self, planes: dict[int, Field], column: int, row: int, covering: Field | None = None) -> None:
        """Add densities; a covering mask first takes most of what lies under it away.

        Red cells over one another press flat as they dry, so two layers are less than their sum.
        """
        size = next(iter(planes.values())).shape[0]
        found = self.windows(size, column, row)
        if found is None:
            return
        glass, patch = found
        if covering is not None:
            self.stains[glass] *= 1.0 - np.float32(0.94) * covering[patch][..., None]
        for index, plane in planes.items():
            below: Field = self.stains[(*glass, index)]
            above: Field = plane[patch]
            if index == _HAEMOGLOBIN and covering is None:
                shared: Field = np.minimum(below, above)
                above = above - np.float32(0.45) * shared
            below += above

    def box(self, mask: Field, column: int, row: int, least: float = 0.0) -> tuple[Box, bool] | None:
        """The box of a mask in camera pixels, and whether it is whole.

        None when less than the share `least` of the whole box, or nothing, lies inside the picture.
        """
        solid = mask > 0.5
        across, down = np.nonzero(solid.any(axis=0))[0], np.nonzero(solid.any(axis=1))[0]
        if across.size == 0:
            return None
        left, right = (column + across[0]) / _SUPERSAMPLE, (column + across[-1] + 1) / _SUPERSAMPLE
        top, bottom = (row + down[0]) / _SUPERSAMPLE, (row + down[-1] + 1) / _SUPERSAMPLE
        x, y = int(np.floor(left)), int(np.floor(top))
        whole = Box(x, y, max(1, int(np.ceil(right)) - x), max(1, int(np.ceil(bottom)) - y))
        try:
            seen = whole.clipped(self.width, self.height)
        except ValueError:
            return None
        return (seen, seen == whole) if seen.area >= least * whole.area else None


def render_field(
    seed: int,
    *,
    width: int = 640,
    height: int = 480,
    classes: Sequence[str] | None = None,
    um_per_px: float | None = None,
    style: PhantomStyle | None = None,
) -> PhantomImage:
    """Draw a field of blood.

    Args:
        seed: the same seed and arguments draw the same field.
        width, height: pixels.
        classes: the white cells to draw, one entry a cell, whole and apart where there is room; () for
            none; None for one to three of the four common classes, sometimes cut by the edge.
        um_per_px: micrometres a pixel; the style's when None.
        style: the lab's look; a standard one when None.

    Raises:
        ValueError: a class that is not drawn, or a size or scale that is not positive.
    """
    rng = np.random.default_rng(seed)
    style = style or DEFAULT_STYLE
    scale = style.um_per_px if um_per_px is None else um_per_px
    _check(width, height, scale)
    cut = False
    if classes is None:
        classes = [str(rng.choice(WBC4, p=_FIELD_MIX)) for _ in range(int(rng.integers(1, 4)))]
        cut = True
    size = (width * scale, height * scale)
    whites = _place_white_cells(rng, classes, size, cut)
    return _render(rng, width, height, scale, style, whites)


def render_cell(
    seed: int,
    class_id: str,
    size: int = 360,
    *,
    um_per_px: float | None = None,
    style: PhantomStyle | None = None,
) -> PhantomImage:
    """Draw a square picture with one white cell near its middle, as cell analysers store them.

    The picture is 36 micrometres wide unless `um_per_px` is given. Errors as for render_field.
    """
    rng = np.random.default_rng(seed)
    scale = _SINGLE_CELL_FIELD_UM / max(size, 1) if um_per_px is None else um_per_px
    _check(size, size, scale)
    middle = size * scale / 2
    x, y = (middle + float(np.clip(rng.normal(0.0, 0.4), -1.0, 1.0)) for _ in range(2))
    white = _White(class_id, x, y, draw_radius(rng, class_id))
    return _render(rng, size, size, scale, style or DEFAULT_STYLE, [white])


def _check(width: int, height: int, um_per_px: float) -> None:
    if width <= 0 or height <= 0 or not um_per_px > 0:
        raise ValueError(f"a picture needs a positive size and scale, not {width} x {height} at {um_per_px}")


def _place_white_cells(
    rng: np.random.Generator, classes: Sequence[str], size: tuple[float, float], cut: bool
) -> list[_White]:
    placed: list[_White] = []
    for class_id in classes:
        radius = draw_radius(rng, class_id)
        margin = radius * (0.1 if cut and rng.random() < 0.2 else 1.12)
        best, best_gap = (0.0, 0.0), -np.inf
        for _ in range(60):
            x, y = (
                float(rng.uniform(margin, extent - margin)) if extent > 2 * margin else extent / 2
                for extent in size
            )
            gap = min(
                (np.hypot(x - o.x, y - o.y) - 1.15 * (o.radius + radius) for o in placed), default=np.inf
            )
            if gap > best_gap:
                best, best_gap = (x, y), gap
            if gap > 0.5:
                break
        # A cell drawn at random has to fit; one that was asked for is drawn anyway.
        if best_gap > 0 or not cut:
            placed.append(_White(class_id, best[0], best[1], radius))
    return placed


def _place_red_cells(
    rng: np.random.Generator, style: PhantomStyle, size: tuple[float, float], whites: Sequence[_White]
) -> list[tuple[float, float]]:
    """Middles of the red cells in micrometres: apart for the most part, some overlapping, some stacked."""
    reach = RED_CELL_UM / 2
    area = (size[0] + 2 * reach) * (size[1] + 2 * reach)
    wanted = int(style.coverage * rng.uniform(0.85, 1.15) * area / (np.pi * reach * reach))
    middles = np.empty((wanted + 8, 2))
    count = 0

    def fits(x: float, y: float, gap: float) -> bool:
        if any(np.hypot(x - o.x, y - o.y) < o.radius + reach * rng.uniform(0.80, 1.05) for o in whites):
            return False
        return count == 0 or bool(
            np.hypot(middles[:count, 0] - x, middles[:count, 1] - y).min() > gap * RED_CELL_UM
        )

    for _ in range(wanted * 12):
        if count >= wanted:
            break
        x, y = rng.uniform(-reach, size[0] + reach), rng.uniform(-reach, size[1] + reach)
        gap = rng.uniform(0.5, 0.9) if rng.random() < style.overlap else rng.normal(1.02, 0.05)
        if not fits(x, y, gap):
            continue
        middles[count] = x, y
        count += 1
        if rng.random() < style.rouleaux:
            heading, step = rng.uniform(0.0, 2 * np.pi), RED_CELL_UM * rng.uniform(0.35, 0.6)
            for _ in range(int(rng.integers(2, 6))):
                heading += rng.normal(0.0, 0.15)
                x, y = x + step * np.cos(heading), y + step * np.sin(heading)
                if count >= wanted or not fits(x, y, 0.3):
                    break
                middles[count] = x, y
                count += 1
    return [(float(x), float(y)) for x, y in middles[:count]]


def _render(
    rng: np.random.Generator,
    width: int,
    height: int,
    um_per_px: float,
    style: PhantomStyle,
    whites: Sequence[_White],
) -> PhantomImage:
    glass = _Glass(width, height, um_per_px)
    size = (width * um_per_px, height * um_per_px)
    red_boxes: list[Box] = []
    diameters: list[float] = []
    for x, y in _place_red_cells(rng, style, size, whites):
        red = new_red_cell(rng, style)
        patch, column, row = glass.patch(x, y, red.radius * float(np.sqrt(red.stretch)) * 1.3)
        mask, density = draw_red_cell(red, patch, rng)
        glass.add({_HAEMOGLOBIN: density}, column, row)
        found = glass.box(mask, column, row, 0.3)
        if found is not None:
            red_boxes.append(found[0])
            if found[1]:
                diameters.append(float(np.sqrt(found[0].area)))
    platelet_boxes = _draw_platelets(rng, glass, style, size, whites)
    cells: list[PhantomCell] = []
    for white in whites:
        patch, column, row = glass.patch(white.x, white.y, white.radius * 1.35)
        drawn = draw_white_cell(white.class_id, patch, rng, white.radius, style.chromatin_contrast)
        planes = {
            _HAEMOGLOBIN: drawn.haemoglobin,
            _EOSIN: drawn.eosin,
            _AZURE: drawn.azure,
            _BLUE: drawn.blue,
        }
        glass.add(planes, column, row, drawn.mask)
        found = glass.box(drawn.mask, column, row)
        if found is not None:
            cells.append(PhantomCell(white.class_id, found[0]))
    _draw_dirt(rng, glass, style, size)
    light = optics.transmit(glass.stains, style)
    return PhantomImage(
        pixels=optics.photograph(light, style, rng, um_per_px, _SUPERSAMPLE),
        cells=tuple(cells),
        red_cell_boxes=tuple(red_boxes),
        platelet_boxes=tuple(platelet_boxes),
        red_cell_diameter=statistics.median(diameters) if diameters else RED_CELL_UM / um_per_px,
    )


def _draw_platelets(
    rng: np.random.Generator,
    glass: _Glass,
    style: PhantomStyle,
    size: tuple[float, float],
    whites: Sequence[_White],
) -> list[Box]:
    boxes: list[Box] = []
    for _ in range(int(rng.poisson(style.platelets * size[0] * size[1] / 1000.0))):
        x, y, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), float(rng.uniform(0.9, 1.7))
        if any(np.hypot(x - o.x, y - o.y) < o.radius * 1.1 + radius for o in whites):
            continue
        patch, column, row = glass.patch(float(x), float(y), radius * 1.8)
        mask, azure, blue = draw_platelet(patch, radius, rng)
        glass.add({_AZURE: azure, _BLUE: blue}, column, row)
        found = glass.box(mask, column, row, 0.3)
        if found is not None:
            boxes.append(found[0])
    return boxes


def _draw_dirt(
    rng: np.random.Generator, glass: _Glass, style: PhantomStyle, size: tuple[float, float]
) -> None:
    """Dried plasma everywhere and a few grains of stain."""
    shape = glass.stains.shape[0], glass.stains.shape[1]
    film = optics.haze(shape, rng, style.haze, glass.scale)
    glass.stains[..., _BLUE] += film
    glass.stains[..., _EOSIN] += film * np.float32(0.5)
    for _ in range(int(rng.poisson(style.specks * size[0] * size[1] / 1000.0))):
        x, y = float(rng.uniform(0, size[0])), float(rng.uniform(0, size[1]))
        radius = float(rng.uniform(0.1, 0.28))
        patch, column, row = glass.patch(x, y, 4 * radius)
        grain = np.exp(-(patch.x**2 + patch.y**2) / np.float32(2 * radius * radius))
        strength = np.float32(rng.uniform(0.1, 0.6))
        glass.add({_AZURE: grain * strength, _BLUE: grain * strength * 0.4}, column, row)

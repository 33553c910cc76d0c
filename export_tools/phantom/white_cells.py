"""The white cells, one function a class: nucleus, cytoplasm and granules as densities of each stain.

Sizes and shapes follow the textbook morphology of Romanowsky-stained smears (diameters in
micrometres on the slide): neutrophil 12-15, eosinophil 12-17, small lymphocyte 7-10 and large to 15,
monocyte 15-20, basophil 10-14, erythroblast 8-12, immature granulocyte 14-19.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export_tools.phantom.nuclei import chromatin, folds, lobed, rounded, sausage
from export_tools.phantom.texture import Field, Patch, grains, nearest, outline, polar, soft


@dataclass(frozen=True, slots=True)
class WhiteCell:
    """A drawn white cell: its mask (0 to 1) and the density of each stain, float32 of the patch's shape."""

    mask: Field
    haemoglobin: Field
    eosin: Field
    azure: Field
    blue: Field


@dataclass(frozen=True, slots=True)
class _Body:
    inside: Field  # signed distance, positive inside
    mask: Field
    film: Field  # unevenness of the cytoplasm about 1


_Plane = NDArray[np.floating]
_Waves = list[tuple[int, float]]
_ROUND: _Waves = [(2, 0.03), (3, 0.022), (4, 0.014), (5, 0.010)]
_UNEVEN: _Waves = [(2, 0.055), (3, 0.045), (4, 0.03), (5, 0.022), (7, 0.012)]


def _body(
    patch: Patch, rng: np.random.Generator, radius: float, waves: _Waves, ragged: float = 0.08
) -> _Body:
    bent = patch.warped(rng, 2.6, ragged)
    stretch = float(np.exp(abs(rng.normal(0.0, 0.06))))
    rho = polar(bent, outline(rng, waves), radius, stretch, float(rng.uniform(0.0, np.pi)))
    inside = ((1.0 - rho) * np.float32(radius)).astype(np.float32)
    film = 1.0 + 0.13 * patch.noise(rng, 2.4) + 0.10 * patch.noise(rng, 0.6)
    rim = 0.10 * np.exp(-(((inside - np.float32(0.15)) / np.float32(0.25)) ** 2))
    return _Body(inside, soft(inside, 0.17), (film + rim).astype(np.float32))


def _holes(
    patch: Patch, rng: np.random.Generator, within: Field, count: int, size: tuple[float, float]
) -> Field:
    """Vacuoles: 0 to 1 clear round holes where the signed distance `within` is above 0.5."""
    holes = np.zeros(patch.shape, np.float32)
    if count == 0:
        return holes
    rows, columns = np.nonzero(within > 0.5)
    if rows.size == 0:
        return holes
    for pick in rng.integers(0, rows.size, count):
        radius = np.float32(rng.uniform(*size))
        cy, cx = patch.y[rows[pick], columns[pick]], patch.x[rows[pick], columns[pick]]
        holes = np.maximum(holes, soft(radius - np.hypot(patch.x - cx, patch.y - cy), 0.12))
    return holes


def _scattered(patch: Patch, rng: np.random.Generator, body: _Body, per_um2: float) -> Field:
    """Distance to the nearest of sparse granules strewn over the body, in micrometres."""
    rows, columns = np.nonzero(body.inside > 0.25)
    if rows.size == 0:
        return np.full(patch.shape, 1e3, np.float32)
    count = max(1, int(rows.size / patch.scale**2 * per_um2))
    pick = rng.integers(0, rows.size, count)
    return nearest(patch, columns[pick].astype(np.float64), rows[pick].astype(np.float64))


def _dots(distance: Field, radius: float) -> Field:
    return soft(np.float32(radius) - distance, 0.12)


def _shift(rng: np.random.Generator, amount: float) -> tuple[float, float]:
    angle, distance = rng.uniform(0.0, 2.0 * np.pi), abs(rng.normal(0.0, amount))
    return float(distance * np.cos(angle)), float(distance * np.sin(angle))


def _cell(mask: Field, haemoglobin: _Plane, eosin: _Plane, azure: _Plane, blue: _Plane) -> WhiteCell:
    planes = [np.clip(plane, 0.0, None).astype(np.float32) for plane in (haemoglobin, eosin, azure, blue)]
    return WhiteCell(mask, *planes)


def neutrophil(patch: Patch, rng: np.random.Generator, radius: float, contrast: float) -> WhiteCell:
    """Two to five lobes on thin strands (now and then a band), pale pink cytoplasm, fine lilac dust."""
    body = _body(patch, rng, radius, _ROUND)
    if rng.random() < 0.10:
        inside = sausage(patch, rng, radius, sweep=rng.uniform(2.6, 3.8), width=0.24, reach=0.46)
    else:
        lobes = int(rng.choice([2, 3, 4, 5], p=[0.14, 0.42, 0.33, 0.11]))
        size = {2: 0.46, 3: 0.40, 4: 0.345, 5: 0.30}[lobes] * float(rng.uniform(0.94, 1.08))
        inside = lobed(patch, rng, lobes, radius, size=size, reach=0.47 if lobes < 5 else 0.52)
    inside = np.minimum(inside, body.inside - np.float32(0.35))
    nucleus = chromatin(patch, rng, inside, clump_um=0.8, contrast=1.0 * contrast)
    free = body.mask * (1.0 - soft(inside, 0.12))
    mottle = np.clip(patch.noise(rng, 0.4) - 0.3, 0.0, 1.5) * np.float32(rng.uniform(0.05, 0.13))
    dust = _dots(_scattered(patch, rng, body, 1.8), 0.14) * np.float32(rng.uniform(0.08, 0.26))
    dust = dust * np.clip(0.8 + 0.6 * patch.noise(rng, 0.9), 0.0, 2.0) + mottle
    pink, lilac = rng.uniform(0.10, 0.19), rng.uniform(0.05, 0.10)
    return _cell(
        body.mask,
        np.zeros(patch.shape, np.float32),
        free * body.film * np.float32(pink),
        nucleus * np.float32(rng.uniform(0.85, 1.05)) + free * (dust + np.float32(lilac) * body.film),
        nucleus * np.float32(0.10) + free * np.float32(0.02),
    )


def eosinophil(patch: Patch, rng: np.random.Generator, radius: float, contrast: float) -> WhiteCell:
    """Usually two lobes like spectacles, the cytoplasm packed with large orange-red granules."""
    body = _body(patch, rng, radius, _ROUND)
    lobes = int(rng.choice([2, 3], p=[0.85, 0.15]))
    size, reach = (0.45, 0.46) if lobes == 2 else (0.37, 0.48)
    inside = lobed(patch, rng, lobes, radius, size=size * rng.uniform(0.94, 1.08), reach=reach)
    inside = np.minimum(inside, body.inside - np.float32(0.45))
    nucleus = chromatin(patch, rng, inside, clump_um=0.8, contrast=0.95 * contrast)
    free = body.mask * (1.0 - soft(inside, 0.14))
    # Granules of 0.5 to 1 um lie in more than one layer: two packings, one over the other.
    upper = grains(patch, rng, rng.uniform(0.80, 0.95))
    lower = grains(patch, rng, 0.75)
    packed = 0.22 + 0.50 * np.clip(1.0 - upper / np.float32(0.52), 0.0, 1.0) ** 0.7
    packed += 0.34 * np.clip(1.0 - lower / np.float32(0.45), 0.0, 1.0) ** 0.7
    patchy = np.clip(1.0 + 0.22 * patch.noise(rng, 1.6), 0.35, 1.5)
    patchy *= soft(body.inside - np.float32(0.12), 0.22)
    open_room = np.minimum(body.inside - np.float32(0.6), -inside)
    holes = _holes(patch, rng, open_room, int(rng.poisson(1.2)), (0.25, 0.5))
    granules = free * packed * patchy * (1.0 - 0.8 * holes)
    return _cell(
        body.mask,
        granules * np.float32(0.25),
        granules * np.float32(rng.uniform(0.95, 1.25)) + free * np.float32(0.06),
        nucleus * np.float32(rng.uniform(0.80, 1.0)) + granules * np.float32(rng.uniform(0.02, 0.10)),
        nucleus * np.float32(0.10) + free * np.float32(0.05),
    )


def lymphocyte(patch: Patch, rng: np.random.Generator, radius: float, contrast: float) -> WhiteCell:
    """A round dense nucleus that nearly fills the cell, a thin clear light-blue rim."""
    large = radius > 5.2
    body = _body(patch, rng, radius, _UNEVEN if large else _ROUND, 0.10)
    share = float(rng.uniform(0.72, 0.84) if large else rng.uniform(0.87, 0.93))
    inside = rounded(
        patch,
        rng,
        radius * share,
        centre=_shift(rng, radius * (1.0 - share) * 0.6),
        stretch=float(rng.uniform(1.0, 1.12)),
        rough=0.7,
        notch=0.12 if rng.random() < 0.25 else 0.0,
    )
    inside = np.minimum(inside, body.inside - np.float32(0.10))
    clump_um, texture = float(rng.uniform(0.8, 1.3)), (0.85 if large else 0.70) * contrast
    nucleus = chromatin(patch, rng, inside, clump_um=clump_um, contrast=texture)
    free = body.mask * (1.0 - soft(inside, 0.12))
    blue = rng.uniform(0.22, 0.42)
    granules = np.zeros(patch.shape, np.float32)
    if large and rng.random() < 0.5:  # large granular lymphocytes: a few azurophilic grains
        granules = _dots(_scattered(patch, rng, body, 0.15), 0.22) * np.float32(0.35)
    near_nucleus = 1.0 - 0.35 * np.exp(-((inside / np.float32(0.7)) ** 2))  # the pale zone beside the nucleus
    return _cell(
        body.mask,
        np.zeros(patch.shape, np.float32),
        np.zeros(patch.shape, np.float32),
        nucleus * np.float32(rng.uniform(0.95, 1.12)) + free * granules,
        nucleus * np.float32(0.22) + free * body.film * near_nucleus * np.float32(blue),
    )


def monocyte(patch: Patch, rng: np.random.Generator, radius: float, contrast: float) -> WhiteCell:
    """Kidney, horseshoe or folded nucleus with lacy chromatin; wide grey-blue ground-glass cytoplasm."""
    body = _body(patch, rng, radius, _UNEVEN, 0.22)
    shape = rng.random()
    creases = np.zeros(patch.shape, np.float32)
    if shape < 0.40:  # kidney
        inside = rounded(
            patch,
            rng,
            radius * float(rng.uniform(0.62, 0.70)),
            centre=_shift(rng, radius * 0.12),
            stretch=float(rng.uniform(1.15, 1.4)),
            rough=1.6,
            notch=float(rng.uniform(0.25, 0.5)),
        )
    elif shape < 0.75:  # horseshoe
        sweep = float(rng.uniform(2.4, 3.9))
        inside = sausage(patch, rng, radius, sweep=sweep, width=float(rng.uniform(0.28, 0.34)), reach=0.42)
    else:  # folded
        inside = rounded(
            patch, rng, radius * 0.66, centre=_shift(rng, radius * 0.10), stretch=1.15, rough=2.2, notch=0.15
        )
        creases = folds(patch, rng, inside, int(rng.integers(1, 4)))
    inside = np.minimum(inside, body.inside - np.float32(0.3))
    nucleus = chromatin(patch, rng, inside, clump_um=0.85, contrast=1.15 * contrast, lacy=0.8, edge=0.16)
    nucleus *= 1.0 - 0.45 * creases
    free = body.mask * (1.0 - soft(inside, 0.14))
    # Vacuoles lie in the cytoplasm; a few reach over the nucleus.
    open_room = np.minimum(body.inside - np.float32(0.6), np.float32(0.45) - inside)
    count = int(rng.choice([0, rng.poisson(3), rng.poisson(9)]))
    holes = _holes(patch, rng, open_room, count, (0.25, 0.7))
    glass = np.clip(body.film + 0.22 * patch.noise(rng, 0.4), 0.2, 2.0)
    fade = 0.65 + 0.35 * soft(body.inside - np.float32(0.9), 1.0)  # thin at the margin
    dust = _dots(_scattered(patch, rng, body, 0.7), 0.12) * np.float32(0.12)
    clear = 1.0 - 0.85 * holes
    return _cell(
        body.mask * (1.0 - 0.3 * holes),
        np.zeros(patch.shape, np.float32),
        free * clear * fade * np.float32(rng.uniform(0.02, 0.08)),
        (nucleus * np.float32(rng.uniform(0.66, 0.84)) + free * fade * (dust + np.float32(0.06))) * clear,
        (nucleus * np.float32(0.14) + free * glass * fade * np.float32(rng.uniform(0.18, 0.32))) * clear,
    )


def basophil(patch: Patch, rng: np.random.Generator, radius: float, contrast: float) -> WhiteCell:
    """Coarse blue-black granules of uneven size lie over a nucleus that they half hide."""
    body = _body(patch, rng, radius, _ROUND)
    inside = lobed(patch, rng, int(rng.choice([2, 3])), radius, size=0.50, reach=0.36)
    inside = np.minimum(inside, body.inside - np.float32(0.35))
    nucleus = chromatin(patch, rng, inside, clump_um=1.0, contrast=0.2 * contrast, edge=0.3)
    distance = grains(patch, rng, float(rng.uniform(0.72, 0.90)), 0.45)
    size = np.clip(0.33 + 0.10 * patch.noise(rng, 1.2), 0.0, 0.55)
    granules = soft(size - distance, 0.15) * soft(body.inside - np.float32(0.1), 0.25)
    free = body.mask * (1.0 - soft(inside, 0.3))
    return _cell(
        body.mask,
        np.zeros(patch.shape, np.float32),
        free * body.film * np.float32(0.12),
        nucleus * np.float32(0.62) + granules * np.float32(0.72) + free * np.float32(0.14),
        granules * np.float32(0.42) + nucleus * np.float32(0.12),
    )


def erythroblast(patch: Patch, rng: np.random.Generator, radius: float, contrast: float) -> WhiteCell:
    """A small round very dense nucleus; cytoplasm from blue to red-grey as haemoglobin comes."""
    body = _body(patch, rng, radius, _UNEVEN)
    share = float(rng.uniform(0.55, 0.72))
    inside = rounded(
        patch,
        rng,
        radius * share,
        centre=_shift(rng, radius * (1.0 - share) * 0.6),
        stretch=float(rng.uniform(1.0, 1.12)),
        rough=0.5,
    )
    inside = np.minimum(inside, body.inside - np.float32(0.1))
    nucleus = chromatin(patch, rng, inside, clump_um=1.1, contrast=0.8 * contrast, edge=0.10)
    free = body.mask * (1.0 - soft(inside, 0.12))
    ripe = float(rng.uniform(0.1, 0.9))
    return _cell(
        body.mask,
        free * body.film * np.float32(0.9 * ripe),
        np.zeros(patch.shape, np.float32),
        nucleus * np.float32(1.12),
        nucleus * np.float32(0.34) + free * body.film * np.float32(0.42 * (1.0 - ripe) + 0.10),
    )


def immature_granulocyte(patch: Patch, rng: np.random.Generator, radius: float, contrast: float) -> WhiteCell:
    """Large, an oval or dented nucleus to one side with open chromatin, many fine violet granules."""
    body = _body(patch, rng, radius, _ROUND)
    inside = rounded(
        patch,
        rng,
        radius * float(rng.uniform(0.66, 0.76)),
        centre=_shift(rng, radius * 0.18),
        stretch=float(rng.uniform(1.05, 1.35)),
        rough=1.1,
        notch=float(rng.choice([0.0, 0.15, 0.4])),
    )
    inside = np.minimum(inside, body.inside - np.float32(0.3))
    nucleus = chromatin(patch, rng, inside, clump_um=0.8, contrast=1.1 * contrast, lacy=0.4, edge=0.16)
    free = body.mask * (1.0 - 0.8 * soft(inside, 0.14))
    granules = _dots(_scattered(patch, rng, body, float(rng.uniform(1.6, 3.2))), 0.17)
    granules = granules * np.float32(0.36) * np.clip(0.9 + 0.6 * patch.noise(rng, 0.8), 0.1, 2.0)
    pink = float(rng.uniform(0.02, 0.10))
    return _cell(
        body.mask,
        np.zeros(patch.shape, np.float32),
        free * body.film * np.float32(pink),
        nucleus * np.float32(0.80) + free * (granules + np.float32(0.08) * body.film),
        nucleus * np.float32(0.16) + free * body.film * np.float32(rng.uniform(0.08, 0.24)),
    )


_Drawer = Callable[[Patch, np.random.Generator, float, float], WhiteCell]
_DRAWERS: dict[str, _Drawer] = {
    "eosinophil": eosinophil,
    "lymphocyte": lymphocyte,
    "monocyte": monocyte,
    "neutrophil": neutrophil,
    "basophil": basophil,
    "erythroblast": erythroblast,
    "immature_granulocyte": immature_granulocyte,
}
_RADII = {  # micrometres, drawn evenly
    "eosinophil": (6.0, 8.0),
    "lymphocyte": (3.8, 5.0),
    "monocyte": (7.5, 9.6),
    "neutrophil": (6.0, 7.5),
    "basophil": (5.2, 6.8),
    "erythroblast": (4.0, 5.8),
    "immature_granulocyte": (7.0, 9.2),
}
_LARGE_LYMPHOCYTE = (5.4, 7.2)

PHANTOM_CLASSES: tuple[str, ...] = tuple(_DRAWERS)


def draw_radius(rng: np.random.Generator, class_id: str) -> float:
    """A radius in micrometres for a cell of that class; one lymphocyte in five is large.

    Raises ValueError for a class that the phantom does not draw.
    """
    if class_id not in _RADII:
        raise ValueError(f"the phantom draws {', '.join(PHANTOM_CLASSES)}, not {class_id!r}")
    bounds = _RADII[class_id]
    if class_id == "lymphocyte" and rng.random() < 0.2:
        bounds = _LARGE_LYMPHOCYTE
    return float(rng.uniform(*bounds))


def draw_white_cell(
    class_id: str, patch: Patch, rng: np.random.Generator, radius: float, contrast: float
) -> WhiteCell:
    """Draw a cell of that class in the patch's middle; `contrast` scales the chromatin's texture."""
    return _DRAWERS[class_id](patch, rng, radius, contrast)

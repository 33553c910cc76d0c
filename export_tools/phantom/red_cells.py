"""Red cells and platelets: optical densities on a patch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from export_tools.phantom.style import PhantomStyle
from export_tools.phantom.texture import Field, Patch, nearest, outline, polar, soft

RED_CELL_UM = 7.2


@dataclass(frozen=True, slots=True)
class RedCell:
    """One red cell's shape and dye, fixed before it is placed."""

    radius: float
    radii: Field
    stretch: float
    turn: float
    density: float
    pallor: float
    pallor_radius: float  # where the paleness is half gone, in radii
    pallor_edge: float  # over how many radii it goes
    pallor_radii: Field  # the pale middle's own outline
    shift: tuple[float, float]  # of the pale middle, in radii
    refractile: bool


def new_red_cell(rng: np.random.Generator, style: PhantomStyle) -> RedCell:
    """A red cell of 7.2 micrometres, slightly varied; some dark without pallor, some misshapen."""
    waves: list[tuple[int, float]] = [(2, 0.022), (3, 0.016), (4, 0.010), (5, 0.007), (7, 0.004)]
    stretch = float(np.exp(abs(rng.normal(0.0, 0.07))))
    if rng.random() < style.irregular:
        stretch = float(rng.uniform(1.3, 1.9))
        waves[:2] = [(1, 0.05), (3, 0.08)]
    if rng.random() < style.crenation:
        waves += [(int(rng.integers(9, 15)), 0.05), (int(rng.integers(7, 12)), 0.03)]
    pallor, density = float(style.pallor * rng.normal(1.0, 0.22)), float(rng.normal(1.0, 0.11))
    if rng.random() < 0.10:  # dark cells: spherocytes, or dried thick
        pallor, density = pallor * float(rng.uniform(0.0, 0.35)), density * float(rng.uniform(1.05, 1.3))
    return RedCell(
        radius=RED_CELL_UM / 2 * float(np.clip(rng.normal(1.0, 0.055), 0.8, 1.2)),
        radii=outline(rng, waves),
        stretch=stretch,
        turn=float(rng.uniform(0.0, np.pi)),
        density=density,
        pallor=float(np.clip(pallor, 0.0, 0.97)),
        pallor_radius=float(np.clip(rng.normal(0.44, 0.09), 0.22, 0.68)),
        pallor_edge=float(rng.uniform(0.28, 0.62)),
        pallor_radii=outline(rng, [(1, 0.05), (2, 0.07), (3, 0.05), (4, 0.03)]),
        shift=(float(rng.normal(0.0, 0.05)), float(rng.normal(0.0, 0.05))),
        refractile=bool(rng.random() < style.refractile),
    )


def draw_red_cell(cell: RedCell, patch: Patch, rng: np.random.Generator) -> tuple[Field, Field]:
    """(mask 0 to 1, density in haemoglobin units), each of the patch's shape.

    The profile is a biconcave disc's as it dries on glass: Evans and Fung's thickness (Microvascular
    Research 4:335, 1972) has its pale middle widened and its rim flattened, because drying presses
    the cell down.
    """
    rho = polar(patch, cell.radii, cell.radius, cell.stretch, cell.turn)
    mask = soft((1.0 - rho) * np.float32(cell.radius), 0.16)
    steps = np.linspace(0.0, 1.6, 512)
    squared = np.clip(1.0 - steps**2, 0.0, 1.0)
    disc = np.sqrt(squared) * (0.81 + 7.83 * steps**2 - 4.39 * steps**4) / 2.55
    t = np.clip((steps - cell.pallor_radius) / cell.pallor_edge + 0.5, 0.0, 1.0)
    dried = 1.0 - cell.pallor * (1.0 - t * t * (3.0 - 2.0 * t))
    rim = 0.07 * np.exp(-(((steps - 0.93) / 0.05) ** 2))  # the edge bends more light away
    table = (rim + 0.30 * np.clip(disc, 0.0, 1.0) * (steps < 1) + 0.70 * dried).astype(np.float32)
    # The pale middle sits a little off, so the profile is read along a shifted radius.
    moved = Patch(
        patch.x - np.float32(cell.shift[0] * cell.radius),
        patch.y - np.float32(cell.shift[1] * cell.radius),
        patch.scale,
    )
    inner = polar(moved, cell.radii * cell.pallor_radii, cell.radius, cell.stretch, cell.turn)
    near = np.clip(1.0 - rho, 0.0, 0.35) * np.float32(1 / 0.35)
    where = rho + (inner - rho) * near
    thickness = table[np.minimum((where * np.float32(511 / 1.6)).astype(np.int32), 511)]
    density = mask * thickness * np.float32(cell.density)
    density *= 1.0 + np.float32(0.05) * patch.noise(rng, 1.8)
    if cell.refractile:
        middle = patch.shape[0] / 2
        spots = rng.normal(0.0, 0.3 * cell.radius * patch.scale, (2, int(rng.integers(1, 4)))) + middle
        reach = nearest(patch, spots[0], spots[1])
        density *= 1.0 - 1.1 * np.exp(-((reach / np.float32(0.28)) ** 2))
        density += mask * np.float32(0.9) * np.exp(-(((reach - np.float32(0.55)) / np.float32(0.14)) ** 2))
    return mask, density.astype(np.float32, copy=False)


def draw_platelet(patch: Patch, radius: float, rng: np.random.Generator) -> tuple[Field, Field, Field]:
    """(mask, azure, blue) of a platelet: a granular violet middle in a pale blue ragged rim."""
    bent = patch.warped(rng, 0.8, 0.10)
    rho = polar(bent, outline(rng, [(2, 0.12), (3, 0.09), (5, 0.05)]), radius)
    mask = soft((1.0 - rho) * np.float32(radius), 0.15)
    speckle = np.clip(0.75 + 0.42 * patch.noise(rng, 0.4), 0.1, 1.8)
    azure = mask * np.exp(-((rho / np.float32(0.72)) ** 2)) * speckle * np.float32(rng.uniform(0.38, 0.72))
    blue = mask * np.float32(rng.uniform(0.08, 0.20))
    return mask, azure.astype(np.float32, copy=False), blue.astype(np.float32, copy=False)

"""Nuclei: their shapes as signed distances, and how dyed chromatin fills them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from export_tools.phantom.texture import Field, Patch, ellipse, join, outline, polar, soft, strand


def lobed(
    patch: Patch, rng: np.random.Generator, lobes: int, cell_radius: float, *, size: float, reach: float
) -> Field:
    """Lobes along an arc, each joined to the next by a thin strand (neutrophil, eosinophil).

    `size` is a lobe's half length and `reach` the arc's radius, both as shares of the cell's radius.
    """
    bent = patch.warped(rng, 1.6, 0.16)
    sweep = {2: rng.uniform(2.5, 3.3), 3: rng.uniform(3.1, 4.3), 4: rng.uniform(4.0, 5.0)}.get(
        lobes, rng.uniform(4.8, 5.5)
    )
    start, sense = rng.uniform(0.0, 2.0 * np.pi), rng.choice([-1.0, 1.0])
    centres: list[tuple[float, float]] = []
    inside: Field | None = None
    for lobe in range(lobes):
        angle = start + sense * (sweep * lobe / (lobes - 1) + rng.normal(0.0, 0.08))
        distance = cell_radius * reach * float(np.clip(rng.normal(1.0, 0.10), 0.7, 1.25))
        centre = (distance * float(np.cos(angle)), distance * float(np.sin(angle)))
        long = cell_radius * size * float(rng.uniform(0.85, 1.15))
        wide = long * float(rng.uniform(0.68, 0.9))
        turn = angle + np.pi / 2 + rng.normal(0.0, 0.4)
        body = ellipse(bent, centre[0], centre[1], long, wide, turn)
        if inside is None:
            inside = body
        else:
            link = strand(bent, centres[-1], centre, float(rng.uniform(0.16, 0.42)))
            inside = join(inside, join(body, link, 0.5), 0.35)
        centres.append(centre)
    assert inside is not None
    return inside


def sausage(
    patch: Patch, rng: np.random.Generator, cell_radius: float, *, sweep: float, width: float, reach: float
) -> Field:
    """A bent bar: a band neutrophil's nucleus, or with more width a monocyte's horseshoe."""
    bent = patch.warped(rng, 2.0, 0.22)
    start, sense = rng.uniform(0.0, 2.0 * np.pi), rng.choice([-1.0, 1.0])
    steps = 6
    shift = -0.28 * reach * cell_radius  # the open side of the arc would leave the nucleus off centre
    middle = start + sense * sweep / 2
    offset = (shift * float(np.cos(middle)), shift * float(np.sin(middle)))
    points: list[tuple[float, float]] = []
    for step in range(steps):
        angle = start + sense * sweep * step / (steps - 1)
        distance = cell_radius * reach * float(rng.normal(1.0, 0.05))
        points.append(
            (distance * float(np.cos(angle)) + offset[0], distance * float(np.sin(angle)) + offset[1])
        )
    inside: Field | None = None
    for first, second in pairwise(points):
        bar = strand(bent, first, second, cell_radius * width * float(rng.uniform(0.85, 1.12)))
        inside = bar if inside is None else join(inside, bar, 0.8)
    assert inside is not None
    return inside


def rounded(
    patch: Patch,
    rng: np.random.Generator,
    radius: float,
    *,
    centre: tuple[float, float] = (0.0, 0.0),
    stretch: float = 1.08,
    rough: float = 1.0,
    notch: float = 0.0,
) -> Field:
    """A round or oval nucleus; `notch` presses a dent of that share of its radius into one side."""
    bent = patch.warped(rng, 2.2, 0.12 * rough)
    moved = Patch(bent.x - np.float32(centre[0]), bent.y - np.float32(centre[1]), bent.scale)
    waves = [(2, 0.03 * rough), (3, 0.03 * rough), (4, 0.018 * rough), (6, 0.01 * rough)]
    turn = float(rng.uniform(0.0, np.pi))
    inside = ((1.0 - polar(moved, outline(rng, waves), radius, stretch, turn)) * np.float32(radius)).astype(
        np.float32
    )
    if notch > 0:
        angle = float(rng.uniform(0.0, 2.0 * np.pi))
        away = radius * 1.35
        dent = ellipse(
            moved, away * np.cos(angle), away * np.sin(angle), radius * (0.35 + notch), radius * 0.5, angle
        )
        inside = -join(-inside, dent, 0.9)
    return inside


def folds(patch: Patch, rng: np.random.Generator, inside: Field, count: int) -> Field:
    """Pale creases across a folded nucleus: 0 to 1, to be subtracted from its density."""
    creases = np.zeros(patch.shape, np.float32)
    for _ in range(count):
        angle, distance = rng.uniform(0.0, np.pi), rng.normal(0.0, 1.6)
        bent = patch.warped(rng, 3.0, 0.7)
        across = np.cos(angle) * bent.x + np.sin(angle) * bent.y - np.float32(distance)
        along = np.clip(1.0 - np.abs(-np.sin(angle) * bent.x + np.cos(angle) * bent.y) / 5.0, 0.0, 1.0)
        creases = np.maximum(creases, np.exp(-((across / np.float32(0.32)) ** 2)) * along)
    return (creases * soft(inside, 0.5)).astype(np.float32, copy=False)


def chromatin(
    patch: Patch,
    rng: np.random.Generator,
    inside: Field,
    *,
    clump_um: float,
    contrast: float,
    lacy: float = 0.0,
    edge: float = 0.12,
) -> Field:
    """Density of dyed chromatin, 0 outside and about 1 inside.

    Dark clumps of about `clump_um` are parted by paler gaps and pricked by fine pale points; `contrast`
    scales all of it, `lacy` (0 to 1) opens it to a net of pale threads. The
    membrane is a dark line.
    """
    mask = soft(inside, edge)
    depth = 0.82 + 0.18 * (1.0 - np.exp(-np.clip(inside, 0.0, None) / np.float32(0.9)))
    clumps = np.tanh(1.5 * patch.noise(rng, clump_um))
    threads = np.exp(-((patch.noise(rng, clump_um * 1.2) / np.float32(0.30)) ** 2))
    points = np.clip(patch.noise(rng, 0.42 + 0.05 * lacy) - np.float32(0.45), 0.0, 0.9)
    texture = np.float32(0.20 - 0.06 * lacy) * clumps - np.float32(0.18 + 0.16 * lacy) * (threads - 0.3)
    texture -= np.float32(0.45) * (points - 0.16)
    texture = np.maximum(texture, np.float32(-0.46))  # chromatin is never clear through
    margin = 1.0 - np.exp(-((np.clip(inside, 0.0, None) / np.float32(0.45)) ** 2))
    membrane = np.float32(0.12) * np.exp(-(((inside - np.float32(0.22)) / np.float32(0.2)) ** 2))
    density = mask * (depth * (1.0 + np.float32(contrast) * texture * margin) + membrane)
    return np.asarray(np.clip(density, 0.0, 1.8), dtype=np.float32)

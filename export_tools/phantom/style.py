"""What a lab's stain, smear, microscope and camera do to a field: one value, fixed or drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PhantomStyle:
    """A lab's look. The defaults are a standard May-Grünwald-Giemsa smear under a 100x oil lens.

    Stain vectors are natural-log optical densities (R, G, B) of one unit of the stain, where a unit
    is about what the thickest part of its own structure carries. A power-law display curve only
    scales such densities, so they are given for display values straight away.
    """

    # Smear.
    coverage: float = 0.48  # share of the area under red cells, 0 to 0.8
    overlap: float = 0.16  # share of red cells that may lie over a neighbour
    rouleaux: float = 0.06  # share of red cells that start a stacked chain
    pallor: float = 0.72  # how pale the middle of a red cell is, 0 (flat) to 1
    crenation: float = 0.0  # share of red cells with a scalloped outline
    irregular: float = 0.06  # share of red cells that are clearly elongated or drop-shaped
    platelets: float = 2.2  # expected number in 1000 square micrometres
    haze: float = 0.012  # dried plasma: optical density, uneven
    specks: float = 0.5  # expected grains of stain or dust in 1000 square micrometres
    refractile: float = 0.0  # share of red cells with small bright drying artefacts
    # Stain.
    haemoglobin: Rgb = (0.22, 0.37, 0.25)
    eosin: Rgb = (0.22, 0.72, 0.62)
    azure: Rgb = (1.10, 1.76, 0.48)
    blue: Rgb = (0.86, 0.72, 0.20)
    chromatin_contrast: float = 1.0
    # Light, lens and camera.
    um_per_px: float = 0.085
    background: Rgb = (247.0, 234.0, 222.0)
    vignette: float = 0.06  # share of light lost in the corners
    slope: tuple[float, float] = (0.01, -0.01)  # relative change of light from middle to edge, x and y
    psf_um: float = 0.10  # standard deviation of the blur on the glass
    fringe_um: float = 0.02  # shift of red against blue: lateral colour
    sharpen: float = 0.6  # the camera's unsharp mask
    noise: float = 1.3  # standard deviation in grey levels at full light
    jpeg_quality: int | None = None  # a round trip through JPEG when set


DEFAULT_STYLE = PhantomStyle()


def random_style(rng: np.random.Generator) -> PhantomStyle:
    """A style drawn widely: other stains, other microscopes, other cameras, good and poor smears."""

    def stain(vector: Rgb, spread: float, strength: float) -> Rgb:
        tinted = np.asarray(vector) * np.exp(rng.normal(0.0, spread, 3)) * strength
        return float(tinted[0]), float(tinted[1]), float(tinted[2])

    # A colour temperature moves red against blue, a tint moves green; the exposure moves all.
    warmth, tint = rng.normal(0.035, 0.05), rng.normal(0.0, 0.02)
    exposure = rng.uniform(190.0, 250.0)
    background = np.clip(exposure * np.array([1.0 + warmth, 1.0 + tint, 1.0 - 1.6 * warmth]), 130.0, 253.0)
    strength = float(np.exp(rng.normal(-0.05, 0.18)))
    blurred = rng.random() < 0.25
    return PhantomStyle(
        coverage=float(rng.uniform(0.08, 0.68)),
        overlap=float(rng.uniform(0.02, 0.5)),
        rouleaux=float(rng.choice([0.0, 0.05, 0.15])),
        pallor=float(rng.uniform(0.25, 0.95)),
        crenation=float(rng.choice([0.0, 0.0, 0.0, 0.25])),
        irregular=float(rng.uniform(0.0, 0.2)),
        platelets=float(rng.uniform(0.3, 5.0)),
        haze=float(rng.uniform(0.0, 0.05)),
        specks=float(rng.uniform(0.0, 2.0)),
        refractile=float(rng.choice([0.0, 0.0, 0.2])),
        haemoglobin=stain((0.24, 0.40, 0.28), 0.09, strength * float(rng.uniform(0.75, 1.5))),
        eosin=stain((0.24, 0.78, 0.55), 0.12, strength),
        azure=stain((1.05, 1.60, 0.42), 0.14, strength * float(rng.uniform(0.75, 1.25))),
        blue=stain((0.86, 0.72, 0.20), 0.14, strength),
        chromatin_contrast=float(rng.uniform(0.5, 1.4)),
        um_per_px=float(np.exp(rng.uniform(np.log(0.062), np.log(0.125)))),
        background=(float(background[0]), float(background[1]), float(background[2])),
        vignette=float(rng.uniform(0.0, 0.22)),
        slope=(float(rng.normal(0.0, 0.03)), float(rng.normal(0.0, 0.03))),
        psf_um=float(rng.uniform(0.18, 0.38) if blurred else rng.uniform(0.07, 0.18)),
        fringe_um=float(rng.uniform(0.0, 0.12)),
        sharpen=float(rng.uniform(0.0, 0.9)),
        noise=float(rng.uniform(0.5, 4.0)),
        jpeg_quality=int(rng.integers(55, 96)) if rng.random() < 0.7 else None,
    )

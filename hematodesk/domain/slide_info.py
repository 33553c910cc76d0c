"""What an open whole slide says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlideLevel:
    """One resolution of a slide: its size in pixels, and how many of the full one's pixels one is."""

    width: int
    height: int
    downsample: float


@dataclass(frozen=True, slots=True)
class SlideInfo:
    """What an open slide says of itself.

    Attributes:
        vendor: one of domain.slide_formats.VENDORS.
        width, height: pixels of the full resolution.
        um_per_px: micrometres a pixel; None where it does not say.
        objective: the objective's magnification; None where it does not say.
        levels: its resolutions, the full one first.
        version: OpenSlide's.
    """

    vendor: str
    width: int
    height: int
    um_per_px: float | None
    objective: float | None
    levels: tuple[SlideLevel, ...]
    version: str

"""An area of a whole slide as fields, each an image like any other; empty glass is left out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hematodesk.domain.errors import ImageError
from hematodesk.domain.messages import N_
from hematodesk.domain.slide_regions import (
    FIELD_HEIGHT,
    FIELD_WIDTH,
    MAX_REGION_SIDE,
    SlideRegion,
    region_of,
    region_path,
)
from hematodesk.workflow.analysis.image_files import ImageListing

if TYPE_CHECKING:
    import numpy.typing as npt

    from hematodesk.domain.slide_info import SlideInfo
    from hematodesk.imaging.slide_pool import SlidePool

_COARSEST, _FINEST = 66.0, 8
"""Pixels of the slide that one pixel by which glass is told is across: one red cell is still seen in the
coarsest, which is scanners' fourth resolution; single pixels tell nothing."""

_MOST_READ = 60_000_000
"""Pixels that are read to tell glass; where a slide's resolutions ask for more, nothing is left out."""

_LEAST_SHOWN = 400
"""Pixels of the slide that must be more than glass: a third of a red cell."""

_LEAST_SIDE = 64
"""Pixels that a row or column of fields at an area's edge must have left: two cells beside each other."""

_SMALL_OBJECTIVE, _SMALL_UM = 20.0, 0.6


class SlideServices(Protocol):
    """What gives the slides; workflow.services.Services is one."""

    @property
    def slides(self) -> SlidePool:
        """The whole slides. Raises PolicyError."""
        ...


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """The fields of an area, row by row.

    Attributes:
        slide: the slide's path.
        area: the part of it, inside the slide.
        fields: those that show something.
        skipped: how many were left out as empty glass.
    """

    slide: Path
    area: SlideRegion
    fields: tuple[SlideRegion, ...]
    skipped: int

    @property
    def paths(self) -> list[Path]:
        """The fields as images."""
        return [region_path(self.slide, each) for each in self.fields]

    @property
    def root(self) -> Path:
        """What the whole area is called, for a run that is gone on with."""
        return area_path(self.slide, self.area)


def area_path(slide: Path, area: SlideRegion) -> Path:
    """The path that stands for all fields of an area."""
    return region_path(slide, SlideRegion(area.x, area.y, area.width, area.height, area=True))


def plan_scan(slides: SlidePool, slide: Path, area: SlideRegion) -> ScanPlan:
    """Which fields of an area to look at.

    Raises ImageError, region_outside when none of it is on the slide.
    """
    info = slides.info(slide)
    inside = area.clipped(info.width, info.height)
    if inside is None:
        raise ImageError(
            "region_outside",
            N_("Errors", "The region is outside “{name}”, which has {width} × {height} pixels."),
            N_("Errors", "Choose one inside it."),
            name=slide.name,
            width=info.width,
            height=info.height,
        )
    every = fields_of(inside)
    shown = _Shown(slides, slide, info, inside)
    fields = tuple(each for each in every if shown.any_in(each))
    return ScanPlan(slide, inside, fields, len(every) - len(fields))


def fields_of(area: SlideRegion) -> list[SlideRegion]:
    """All fields of an area, row by row, without overlap; at its right and lower edge they may be smaller."""
    return [
        SlideRegion(area.x + left, area.y + top, width, height)
        for top, height in _steps(area.height, FIELD_HEIGHT)
        for left, width in _steps(area.width, FIELD_WIDTH)
    ]


def _steps(length: int, step: int) -> list[tuple[int, int]]:
    """Starts and lengths of a side's pieces; a last one that is too narrow is left out, but never all."""
    pieces = [(start, min(step, length - start)) for start in range(0, length, step)]
    return [each for each in pieces if each[1] >= _LEAST_SIDE] or pieces[:1]


class _Shown:
    """Where an area of a slide shows something."""

    def __init__(self, slides: SlidePool, slide: Path, info: SlideInfo, area: SlideRegion) -> None:
        from hematodesk.imaging.slide_glass import shows_something

        self._area = area
        self._mask: npt.NDArray[np.bool_] | None = None
        number, level = max(
            ((number, each) for number, each in enumerate(info.levels) if each.downsample <= _COARSEST),
            key=lambda each: each[1].downsample,
        )
        width = max(1, math.ceil(area.width / level.downsample))
        height = max(1, math.ceil(area.height / level.downsample))
        self._side = level.downsample * (step := math.ceil(_FINEST / level.downsample))
        if width * height > _MOST_READ:
            return
        seen = np.empty((-(-height // step), -(-width // step), 3), np.uint8)
        size = MAX_REGION_SIDE // step * step
        for top in range(0, height, size):
            for left in range(0, width, size):
                place = round(area.x + left * level.downsample), round(area.y + top * level.downsample)
                part = min(size, width - left), min(size, height - top)
                piece = _shrunk(slides.region(slide, number, *place, *part), step)
                down, across = top // step, left // step
                seen[down : down + piece.shape[0], across : across + piece.shape[1]] = piece
        self._mask = shows_something(seen)

    def any_in(self, region: SlideRegion) -> bool:
        """Whether a part of the area is more than glass."""
        if self._mask is None:
            return True
        left, top = region.x - self._area.x, region.y - self._area.y
        right, bottom = (
            math.ceil((left + region.width) / self._side),
            math.ceil((top + region.height) / self._side),
        )
        shown = np.count_nonzero(self._mask[int(top / self._side) : bottom, int(left / self._side) : right])
        return bool(shown and shown * self._side**2 >= _LEAST_SHOWN)


def _shrunk(pixels: npt.NDArray[np.uint8], step: int) -> npt.NDArray[np.uint8]:
    """Means of step x step pixels; a last row or column may be of fewer."""
    if step == 1:
        return pixels
    down, across = -pixels.shape[0] % step, -pixels.shape[1] % step
    whole = np.pad(pixels, ((0, down), (0, across), (0, 0)), mode="edge")
    height, width = whole.shape[0] // step, whole.shape[1] // step
    made = whole.reshape(height, step, width, step, 3).mean(axis=(1, 3))
    return np.asarray(made, np.uint8)


def cells_are_small(info: SlideInfo) -> bool:
    """Whether the slide was scanned with so weak an objective that cells are too small for the models."""
    if info.um_per_px is not None:
        return info.um_per_px > _SMALL_UM
    return info.objective is not None and info.objective < _SMALL_OBJECTIVE


class SlideFields(ImageListing):
    """The fields of an area of a slide, for a run that is gone on with; a slide that is gone has none."""

    def __init__(self, services: SlideServices, slide: Path, area: SlideRegion) -> None:
        super().__init__((area_path(slide, area),))
        self._services, self._slide, self._area = services, slide, area

    def anew(self) -> SlideFields:
        """The same, to be planned once more."""
        return SlideFields(self._services, self._slide, self._area)

    def _gather(self) -> Iterator[Path]:
        try:
            yield from plan_scan(self._services.slides, self._slide, self._area).paths
        except ImageError:
            return


def listing_of(roots: tuple[Path, ...], services: SlideServices) -> ImageListing:
    """The images of a run that is gone on with: of files and folders, or of an area of a slide."""
    named = region_of(roots[0]) if len(roots) == 1 else None
    if named is not None and named[1].area:
        return SlideFields(services, *named)
    return ImageListing(roots)

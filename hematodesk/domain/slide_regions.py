"""Regions of whole slides, and how a path names one.

A region is an image of the history like any other, and so it has a path: the slide's, and beneath it, where
no file can lie, the region's name.

    /films/S-4711.svs/S-4711.svs x=12000 y=8000              a field of the usual size
    /films/S-4711.svs/S-4711.svs x=12000 y=8000 900x700      a region of another size
    /films/S-4711.svs/S-4711.svs area x=0 y=0 52000x41000    all fields of an area that show something
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FIELD_WIDTH, FIELD_HEIGHT = 640, 480
"""Pixels of a field at full resolution: what a microscope's camera shows, and models are made for."""

MAX_REGION_SIDE = 4_096
"""Pixels of a region's side that is read as one image; larger ones are read field by field."""

MAX_SLIDE_SIDE = 4_000_000
"""Pixels of a slide's side: twenty times a whole glass slide at 100x."""

_NUMBER = r"(\d{1,7})"
_NAMED = re.compile(rf"(area )?x={_NUMBER} y={_NUMBER}(?: {_NUMBER}x{_NUMBER})?")


@dataclass(frozen=True, slots=True)
class SlideRegion:
    """A rectangle of a slide, in pixels of its full resolution.

    Attributes:
        x, y: its upper left corner.
        width, height: at least 1.
        area: whether it stands for the fields in it, not for one image.
    """

    x: int
    y: int
    width: int = FIELD_WIDTH
    height: int = FIELD_HEIGHT
    area: bool = False

    @property
    def words(self) -> str:
        """How names tell it."""
        usual = (self.width, self.height) == (FIELD_WIDTH, FIELD_HEIGHT) and not self.area
        size = "" if usual else f" {self.width}x{self.height}"
        return f"{'area ' if self.area else ''}x={self.x} y={self.y}{size}"

    def clipped(self, width: int, height: int) -> SlideRegion | None:
        """Its part inside a slide of that size; None when there is none."""
        left, top = min(max(self.x, 0), width), min(max(self.y, 0), height)
        right, bottom = min(self.x + self.width, width), min(self.y + self.height, height)
        if right <= left or bottom <= top:
            return None
        return SlideRegion(left, top, right - left, bottom - top, self.area)


def region_path(slide: Path, region: SlideRegion) -> Path:
    """The path of a slide's region."""
    return slide / f"{slide.name} {region.words}"


def region_of(path: Path) -> tuple[Path, SlideRegion] | None:
    """The slide and the region that a path names; None for any other path. Looks at no drive."""
    slide, name = path.parent, path.name
    if not slide.name or not name.startswith(f"{slide.name} "):
        return None
    match = _NAMED.fullmatch(name[len(slide.name) + 1 :])
    if match is None:
        return None
    area, x, y, width, height = match.groups()
    if width is None:
        return None if area else (slide, SlideRegion(int(x), int(y)))
    if not int(width) or not int(height):
        return None
    return slide, SlideRegion(int(x), int(y), int(width), int(height), area is not None)

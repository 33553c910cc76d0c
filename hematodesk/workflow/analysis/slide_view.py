"""A whole slide for a person to look at: its overview and a good place to begin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.domain.slide_formats import slide_format_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.slide_info import SlideInfo
    from hematodesk.workflow.analysis.slide_scan import SlideServices

OVERVIEW_SIDE = 1_536
"""Pixels of the overview's longer side: a large screen's width."""


@dataclass(frozen=True, slots=True)
class SlideLook:
    """A slide as it is shown first.

    Attributes:
        path: of the slide.
        info: what it says of itself.
        overview: all of it, uint8 (H, W, 3) RGB; None where it holds no smaller picture of itself.
        place: x and y of a place that shows something, in pixels of the full resolution.
    """

    path: Path
    info: SlideInfo
    overview: npt.NDArray[np.uint8] | None
    place: tuple[float, float]


def may_be_slide(path: Path) -> bool:
    """Whether it is worth asking if a file is a slide: by its name's ending, or a TIFF's stated size.

    Reads a few bytes; never raises.
    """
    from hematodesk.imaging.slide_files import states_slide_size

    return slide_format_of(path.suffix) is not None or states_slide_size(path)


def look_at(services: SlideServices, path: Path) -> SlideLook | None:
    """A slide for the window; None for what is read as an ordinary image.

    Raises ImageError, PolicyError.
    """
    if not may_be_slide(path):
        return None
    slides = services.slides
    kind = slide_format_of(path.suffix)
    try:
        info = slides.info(path)
    except ImageError as error:
        if error.code == "format_unsupported" and (kind is None or not kind.only_slides):
            return None
        raise
    side = max(info.width, info.height)
    ordinary = side <= limits.MAX_DIMENSION and info.width * info.height <= limits.MAX_PIXELS
    if ordinary and (kind is None or not kind.only_slides):
        return None
    try:
        overview = slides.overview(path, OVERVIEW_SIDE)
    except ImageError as error:
        if error.code != "slide_no_overview":
            raise
        return SlideLook(path, info, None, (info.width / 2, info.height / 2))
    return SlideLook(path, info, overview, _place(overview, info))


def _place(overview: npt.NDArray[np.uint8], info: SlideInfo) -> tuple[float, float]:
    """What shows something and lies nearest to the middle of all that does."""
    import numpy as np

    from hematodesk.imaging.slide_glass import shows_something

    down, across = np.nonzero(shows_something(overview))
    if not len(down):
        return info.width / 2, info.height / 2
    nearest = int(np.argmin((down - down.mean()) ** 2 + (across - across.mean()) ** 2))
    height, width = overview.shape[:2]
    return (across[nearest] + 0.5) / width * info.width, (down[nearest] + 0.5) / height * info.height

"""The kinds of whole slides, declared once: whole glass slides scanned at many resolutions.

Dialogs' filters are drawn from this table; installers do not know slides yet. What a file really is,
OpenSlide decides by its content.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SlideParts(StrEnum):
    """What belongs to a slide besides the file that is opened."""

    FILE = "file"
    """Nothing."""
    FOLDER = "folder"
    """A folder beside it with its name."""
    SIBLINGS = "siblings"
    """Other files of the folder that it lies in."""


@dataclass(frozen=True, slots=True)
class SlideFormat:
    """One kind of slide.

    Attributes:
        id: OpenSlide's name for its vendor.
        name: what people call it; the same in every language.
        suffixes: what its files' names end with, dot included, lower case; those that ordinary images have,
            too, are left out.
        parts: what else it reads.
        only_slides: such a file is never an ordinary image, however small it is. A small TIFF of a
            scanner is one.
    """

    id: str
    name: str
    suffixes: tuple[str, ...]
    parts: SlideParts = SlideParts.FILE
    only_slides: bool = False


SLIDE_FORMATS: dict[str, SlideFormat] = {
    known.id: known
    for known in (
        SlideFormat("aperio", "Aperio SVS", (".svs",)),
        SlideFormat("hamamatsu", "Hamamatsu NDPI", (".ndpi",)),
        SlideFormat(
            "hamamatsu-vms", "Hamamatsu VMS", (".vms", ".vmu"), SlideParts.SIBLINGS, only_slides=True
        ),
        SlideFormat("mirax", "MIRAX MRXS", (".mrxs",), SlideParts.FOLDER, only_slides=True),
        SlideFormat("leica", "Leica SCN", (".scn",)),
        SlideFormat("ventana", "Ventana BIF", (".bif",)),
        SlideFormat("philips-tiff", "Philips TIFF", ()),
        SlideFormat("sakura", "Sakura SVSLIDE", (".svslide",), only_slides=True),
        SlideFormat("trestle", "Trestle TIFF", ()),
        SlideFormat("zeiss", "Zeiss CZI", (".czi",), only_slides=True),
        SlideFormat("dicom", "DICOM", (".dcm", ".dicom"), SlideParts.SIBLINGS, only_slides=True),
        SlideFormat("generic-tiff", "TIFF", ()),
    )
}

VENDORS = tuple(each for each in SLIDE_FORMATS if each != "hamamatsu-vms")
"""What OpenSlide may call a slide's vendor; a vendor's place is its number in a slide reader's reply."""


def slide_suffixes() -> frozenset[str]:
    """What the names of slides end with, dot included, lower case."""
    return frozenset(suffix for each in SLIDE_FORMATS.values() for suffix in each.suffixes)


def slide_format_of(suffix: str) -> SlideFormat | None:
    """The kind that a name's ending announces, None for an ending that is no slide's alone."""
    return next((each for each in SLIDE_FORMATS.values() if suffix.casefold() in each.suffixes), None)

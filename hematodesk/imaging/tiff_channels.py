"""Which directories of a TIFF file make a picture: pages, and the channels of ImageJ and OME put together.

Channels are put together only where the file says their colours: ImageJ's composites (its own colours where
it saved no tables), OME's Color, or names such as "Red". Otherwise each page is a picture of its own.

Sources: ImageJ's TiffEncoder and TiffDecoder; OME's schema 2016-06 and its TIFF specification.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import tifffile

from hematodesk.imaging.tiff import PageEntry, Survey
from hematodesk.imaging.tiff_layout import read_page, tag_of, text_of

Pixels = npt.NDArray[np.uint8]

_MOST_CHANNELS = 7
_LONGEST_XML = 16 * 1024**2
_IJ_METADATA = 50_839

_IMAGEJ_COLOURS = ("red", "green", "blue", "grey", "cyan", "magenta", "yellow")
"""What ImageJ gives the channels of a composite that has no tables."""

_COLOURS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "grey": (1, 1, 1),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
    "yellow": (1, 1, 0),
}
_NAMES = {
    "r": "red",
    "g": "green",
    "b": "blue",
    "gray": "grey",
    "rot": "red",
    "grün": "green",
    "blau": "blue",
}


@dataclass(frozen=True, slots=True)
class Stack:
    """The pictures of a file.

    Attributes:
        count: how many there are; a person counts them from 1.
        channels: the pages of one picture.
        of: the pages of a picture, counted from 0.
        colours: (channels, 256, 3) what each channel adds; None where a picture is a page.
        ranges: the display range of each channel, where the file says it.
        significant: OME's SignificantBits.
        offset: what ImageJ's calibration takes off.
        together: pictures lie behind each other in the only page's pixels (ImageJ's large stacks).
    """

    count: int
    of: Callable[[int], tuple[PageEntry, ...]]
    colours: Pixels | None = None
    ranges: tuple[tuple[float, float], ...] | None = None
    significant: int | None = None
    offset: float = 0.0
    together: bool = False
    channels: int = 1


def stack_of(file: tifffile.TiffFile, survey: Survey) -> Stack:
    """The pictures of a file; what its description says in error is passed over. Raises Broken."""
    pictures = survey.pictures
    plain = Stack(len(pictures), lambda number: (pictures[number],))
    first = read_page(file, survey.chain[0].offset)
    words = text_of(first)
    # A wrong description must not keep a picture from being seen.
    with contextlib.suppress(
        ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, ElementTree.ParseError
    ):
        if words.startswith("ImageJ="):
            return _imagej(first, words, pictures) or plain
        if "<OME" in words[:4_096] or words.rstrip().endswith("OME>"):
            return _ome(words, survey) or plain
    return plain


# ImageJ


def _imagej(page: Any, words: str, pictures: tuple[PageEntry, ...]) -> Stack | None:
    told = dict(line.split("=", 1) for line in words.splitlines() if "=" in line)
    images, channels = int(told.get("images", 1)), int(told.get("channels", 1))
    offset = 0.0
    if told.get("cf") == "0" and float(told.get("c1", 0)) == 1.0:
        offset = max(0.0, -float(told.get("c0", 0)))
    if images < 1 or not channels >= 1 or images % channels:
        return None
    together = images > 1 and len(pictures) == 1
    if together and int(page.compression) != 1:
        return None
    if not together and len(pictures) < images:
        return None if len(pictures) > 1 else Stack(1, lambda _: pictures, offset=offset)
    metadata = tag_of(page, _IJ_METADATA)
    metadata = metadata if isinstance(metadata, dict) else {}
    colours = _imagej_colours(told.get("mode", ""), channels, metadata.get("LUTs"))

    def page_of(place: int) -> PageEntry:
        return pictures[0] if together else pictures[place]

    if colours is None or int(page.samplesperpixel) != 1:
        return Stack(images, lambda number: (page_of(number),), offset=offset, together=together)
    return Stack(
        images // channels,
        lambda number: tuple(page_of(number * channels + place) for place in range(channels)),
        colours,
        _imagej_ranges(metadata.get("Ranges"), channels),
        offset=offset,
        together=together,
        channels=channels,
    )


def _imagej_colours(mode: str, channels: int, tables: Any) -> Pixels | None:
    if not 2 <= channels <= _MOST_CHANNELS or mode not in ("composite", "color"):
        return None
    if tables is not None and len(tables) >= channels:
        colours = np.stack([np.asarray(table, np.uint8).reshape(3, 256).T for table in tables[:channels]])
        return colours if _differ(colours) else None
    return np.stack([_ramp(_COLOURS[name]) for name in _IMAGEJ_COLOURS[:channels]])


def _imagej_ranges(ranges: Any, channels: int) -> tuple[tuple[float, float], ...] | None:
    if ranges is None or len(ranges) < 2 * channels:
        return None
    pairs = tuple((float(ranges[2 * at]), float(ranges[2 * at + 1])) for at in range(channels))
    return pairs if all(np.isfinite(pair).all() and pair[0] < pair[1] for pair in pairs) else None


# OME


def _ome(words: str, survey: Survey) -> Stack | None:
    if len(words) > _LONGEST_XML or "<!DOCTYPE" in words or "<!ENTITY" in words:
        return None
    root = ElementTree.fromstring(words.encode("utf-8"))
    pixels = root.find("{*}Image/{*}Pixels")
    if pixels is None:
        return None
    depth = pixels.get("SignificantBits")
    significant = int(depth) if depth is not None else None
    found = pixels.findall("{*}Channel")
    channels = int(pixels.get("SizeC", "1"))
    sections, times = int(pixels.get("SizeZ", "1")), int(pixels.get("SizeT", "1"))
    plain = Stack(len(survey.pictures), lambda number: (survey.pictures[number],), significant=significant)
    colours = _ome_colours(found, channels)
    planes = channels * sections * times
    if colours is None or sections < 1 or times < 1 or planes > len(survey.chain):
        return plain
    order = pixels.get("DimensionOrder", "XYCZT")[2:]
    if sorted(order) != ["C", "T", "Z"]:
        return plain
    sizes = {"C": channels, "Z": sections, "T": times}
    places = _ome_places(pixels, order, sizes, len(survey.chain))

    def of(number: int) -> tuple[PageEntry, ...]:
        section, time = number % sections, number // sections
        at = {"Z": section, "T": time}
        return tuple(survey.chain[places[_index(order, sizes, {**at, "C": c})]] for c in range(channels))

    return Stack(sections * times, of, colours, significant=significant, channels=channels)


def _ome_places(pixels: Any, order: str, sizes: dict[str, int], pages: int) -> list[int]:
    """The directory of each plane, as TiffData says, else one after the other."""
    planes = sizes["C"] * sizes["Z"] * sizes["T"]
    places = list(range(planes))
    for block in pixels.findall("{*}TiffData"):
        if block.get("IFD") is None and block.get("PlaneCount") is None:
            continue
        first, directory = _index(order, sizes, _first_of(block)), int(block.get("IFD", "0"))
        count = int(block.get("PlaneCount", "1"))
        for step in range(min(count, planes)):
            if 0 <= first + step < planes and 0 <= directory + step < pages:
                places[first + step] = directory + step
    return places


def _first_of(block: Any) -> dict[str, int]:
    return {axis: int(block.get(f"First{axis}", "0")) for axis in "CZT"}


def _index(order: str, sizes: dict[str, int], at: dict[str, int]) -> int:
    place, step = 0, 1
    for axis in order:
        place += at[axis] * step
        step *= sizes[axis]
    return place


def _ome_colours(channels: list[Any], count: int) -> Pixels | None:
    """The colours of channels of one sample each; None where the file does not say which are which."""
    if not 2 <= count <= _MOST_CHANNELS or len(channels) != count:
        return None
    if any(int(each.get("SamplesPerPixel", "1")) != 1 for each in channels):
        return None
    stated = [each.get("Color") for each in channels]
    if all(colour is not None for colour in stated):
        parts = [int(colour) & 0xFFFFFFFF for colour in stated]
        colours = np.stack([_ramp(tuple((part >> by & 255) / 255 for by in (24, 16, 8))) for part in parts])
        if _differ(colours):
            return colours
    names = [(each.get("Name") or "").strip().lower() for each in channels]
    known = [_NAMES.get(name, name) for name in names]
    if len(set(known)) == count and set(known) <= {"red", "green", "blue"}:
        return np.stack([_ramp(_COLOURS[name]) for name in known])
    return None


def _ramp(colour: tuple[float, ...]) -> Pixels:
    """What a channel of that colour adds for each of its 256 values."""
    return np.rint(np.arange(256)[:, np.newaxis] * np.asarray(colour, np.float64)).astype(np.uint8)


def _differ(colours: Pixels) -> bool:
    """Whether tables tell channels apart: of several grey ones the first channel is shown alone."""
    return len({table.tobytes() for table in colours}) > 1

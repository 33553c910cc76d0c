"""The child that reads one whole slide: it confines itself to that file and answers until its pipe closes.

OpenSlide opens files by their paths, so this child cannot live without opening any. Before it looks into the
slide it gives up the right to read all other files (Landlock), to write, to start processes and to reach
the network.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openslide
from PIL import Image

from hematodesk.child.confine import Limits, begin, confine
from hematodesk.child.memory import attached
from hematodesk.child.seccomp import Allowed
from hematodesk.child.wire import NAME_STANDS_HERE, ChildGone, read_exactly, write_whole
from hematodesk.domain.errors import ImageError
from hematodesk.domain.slide_formats import VENDORS
from hematodesk.domain.slide_regions import MAX_REGION_SIDE, MAX_SLIDE_SIDE
from hematodesk.imaging import slide_faults as faults
from hematodesk.imaging import slide_wire as wire

Pixels = npt.NDArray[np.uint8]

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_BAND_PIXELS = 4_000_000
"""Pixels of an overview's level that are decoded at once: four bytes each, and as much again for the copy."""

_MOST_OVERVIEW_PIXELS = 150_000_000
"""Pixels of a level from which an overview is made, some seconds of work; scanners keep far smaller ones."""


def main(arguments: Sequence[str]) -> int:
    """Run until the parent closes the pipe.

    Args:
        arguments: the parent's process id, memory in bytes, processor time in seconds, then handle and
            size of the output segment.
    """
    parent, memory_bytes, processor_s = (int(each) for each in arguments[:3])
    in_force = begin(parent)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (_STDIN, _STDOUT):
            msvcrt.setmode(descriptor, os.O_BINARY)
    made = np.frombuffer(attached(arguments[3], int(arguments[4]), writes=True), np.uint8)
    _warm_up()
    try:
        asked = _request()
        if asked is None or asked[1] != wire.OPEN or asked[5] > wire.MOST_PATHS:
            return 1
        paths = [Path(os.fsdecode(each)) for each in read_exactly(_STDIN, asked[5]).split(b"\0")]
    except ChildGone:
        return 0
    # Nothing of the slide has been read so far.
    in_force += confine(
        Limits(memory_bytes, processor_s),
        Allowed((), (_STDOUT, _STDERR), files=True),
        read_paths=paths,
    )
    write_whole(_STDOUT, wire.ready(in_force))
    number = asked[0]
    try:
        slide, info = _opened(paths[0])
    except ImageError as error:
        write_whole(_STDOUT, wire.failed(number, error))
        return 0
    write_whole(_STDOUT, wire.opened(number, info))
    while (asked := _request()) is not None:
        number, kind, level, x, y, width, height = asked
        try:
            if kind == wire.REGION:
                pixels = _region(slide, level, (x, y), (width, height))
            elif kind == wire.OVERVIEW:
                pixels = _overview(slide, min(width, MAX_REGION_SIDE))
            else:
                return 1
        except ImageError as error:
            answer = wire.failed(number, error)
        except MemoryError:
            answer = wire.failed(number, faults.slide_too_large(NAME_STANDS_HERE))
        else:
            high, wide = pixels.shape[:2]
            made[: pixels.size].reshape(pixels.shape)[...] = pixels
            answer = wire.picture(number, wide, high)
        write_whole(_STDOUT, answer)
    return 0


def _request() -> tuple[int, ...] | None:
    """The numbers of the next request; None at the end, or when it is none."""
    try:
        magic, *numbers = wire.REQUEST.unpack(read_exactly(_STDIN, wire.REQUEST.size))
    except ChildGone:
        return None
    return tuple(numbers) if magic == wire.ASK else None


def _opened(path: Path) -> tuple[Any, bytes]:
    """The open slide, and what it says of itself. Raises ImageError."""
    name = NAME_STANDS_HERE
    try:
        slide = openslide.OpenSlide(path)
    except openslide.OpenSlideUnsupportedFormatError:
        raise faults.not_a_slide(name) from None
    except (openslide.OpenSlideError, UnicodeError):
        raise faults.slide_damaged(name) from None
    try:
        vendor = slide.properties.get(openslide.PROPERTY_NAME_VENDOR, "")
        if vendor not in VENDORS:
            raise faults.not_a_slide(name)
        levels = [
            (*slide.level_dimensions[each], slide.level_downsamples[each])
            for each in range(min(slide.level_count, wire.MOST_LEVELS))
        ]
        across, down, objective = (
            _number(slide.properties.get(each, ""), most)
            for each, most in (
                (openslide.PROPERTY_NAME_MPP_X, 100.0),
                (openslide.PROPERTY_NAME_MPP_Y, 100.0),
                (openslide.PROPERTY_NAME_OBJECTIVE_POWER, 1_000.0),
            )
        )
    except (openslide.OpenSlideError, UnicodeError):
        raise faults.slide_damaged(name) from None
    width, height, _ = levels[0]
    if not (0 < width <= MAX_SLIDE_SIDE and 0 < height <= MAX_SLIDE_SIDE):
        raise faults.slide_damaged(name)
    # One that is larger than the full resolution is of no use to anybody.
    levels = [each for each in levels if 0 < each[0] <= width and 0 < each[1] <= height and each[2] >= 1]
    if not levels or levels[0][:2] != (width, height):
        raise faults.slide_damaged(name)
    version = [min(int(each), 255) for each in openslide.__library_version__.split(".")[:3]]
    head = wire.HEAD.pack(
        VENDORS.index(vendor), width, height, across, down, objective, *version, len(levels)
    )
    return slide, head + b"".join(wire.LEVEL.pack(*each) for each in levels)


def _number(text: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return wire.NOT_KNOWN
    return value if math.isfinite(value) and 0 < value <= most else wire.NOT_KNOWN


def _region(slide: Any, level: int, place: tuple[int, int], size: tuple[int, int]) -> Pixels:
    """Pixels of a level, uint8 (H, W, 3) RGB; what the slide has none of is white. Raises ImageError."""
    width, height = size
    inside = level < slide.level_count and 0 < width <= MAX_REGION_SIDE and 0 < height <= MAX_REGION_SIDE
    if not inside:
        raise faults.region_damaged(NAME_STANDS_HERE)
    return np.asarray(_read(slide, level, place, size), np.uint8)


def _read(slide: Any, level: int, place: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """The same as an RGB picture. Raises ImageError."""
    try:
        picture: Image.Image = slide.read_region(place, level, size)
    except (openslide.OpenSlideError, ValueError):
        raise faults.region_damaged(NAME_STANDS_HERE) from None
    opacity = picture.getchannel("A")
    if opacity.getextrema() == (255, 255):
        return picture.convert("RGB")
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=opacity)
    return white


def _overview(slide: Any, side: int) -> Pixels:
    """The whole slide, its longer side `side` pixels at most, uint8 (H, W, 3) RGB. Raises ImageError.

    Made of the level that is next larger, band by band.
    """
    width, height = slide.dimensions
    scale = max(1.0, max(width, height) / max(side, 1))
    level = slide.get_best_level_for_downsample(scale)
    wide, high = slide.level_dimensions[level]
    if wide * high > _MOST_OVERVIEW_PIXELS:
        return _thumbnail(slide, side, width / height)
    target = max(1, round(width / scale)), max(1, round(height / scale))
    made = np.empty((target[1], target[0], 3), np.uint8)
    downsample = slide.level_downsamples[level]
    rows = max(1, min(target[1], int(_BAND_PIXELS / wide * target[1] / high)))
    for top in range(0, target[1], rows):
        bottom = min(top + rows, target[1])
        first, last = round(top * high / target[1]), max(1, round(bottom * high / target[1]))
        band = _read(slide, level, (0, round(first * downsample)), (wide, max(1, last - first)))
        made[top:bottom] = np.asarray(band.resize((target[0], bottom - top), Image.Resampling.BOX))
    return made


def _thumbnail(slide: Any, side: int, shape: float) -> Pixels:
    """The small picture that scanners put beside the resolutions. Raises ImageError where there is none."""
    try:
        found = slide.associated_images.get("thumbnail")
    except openslide.OpenSlideError:
        found = None
    if found is None or not 0.9 < found.width / found.height / shape < 1.1:
        raise faults.no_overview(NAME_STANDS_HERE)
    picture = found.convert("RGB")
    picture.thumbnail((side, side))
    return np.asarray(picture, np.uint8)


def _warm_up() -> None:
    """Do once what reading does, so that late imports happen while files can be opened."""
    small = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    white = Image.new("RGB", small.size, "white")
    white.paste(small, mask=small.getchannel("A"))
    np.asarray(white.convert("RGB").resize((4, 4), Image.Resampling.BOX))
    white.thumbnail((2, 2))
    openslide.OpenSlide.detect_format("")

"""A picture of a TIFF file as RGB: chosen, decoded band by band, scaled to 8 bits, coloured, laid on white.

What is large is never held twice: pieces are decoded into bands of the page's width, and a band goes to its
place as soon as the scale is known. A page whose scale depends on its values is decoded once more where its
samples would take too much memory to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.domain import image_notices as notices
from hematodesk.domain import limits
from hematodesk.imaging import faults, tiff, tiff_depth, tiff_layout
from hematodesk.imaging.tiff import Broken, Data, PageEntry, Unsupported, open_tiff, read_tiff
from hematodesk.imaging.tiff_channels import Stack, stack_of
from hematodesk.imaging.tiff_codecs import decode_piece
from hematodesk.imaging.tiff_colour import lab_bytes, lay_on_white, palette_of, rgb_of
from hematodesk.imaging.tiff_layout import Layout, layout_of, open_pages, read_page

Pixels: TypeAlias = npt.NDArray[np.uint8]
Samples: TypeAlias = npt.NDArray[Any]
Band: TypeAlias = "tuple[int, Samples]"
"""First row, and samples (rows, page's width, samples of all channels)."""

_KEPT_BYTES = 640 * 1024**2
"""Samples that are kept while the scale is looked for."""

_LOOKED_AT = 4_000_000
"""Values from which a page's scale is found."""

_PIXELS_AT_ONCE = 1_048_576
"""Pixels that are converted in one go, so that what is made on the way stays in reused memory."""

_LABEL = "TIFF"
_PROFILE = 34675
_LABS = (tiff_layout.CIELAB, tiff_layout.ICCLAB, tiff_layout.ITULAB)


@dataclass(frozen=True, slots=True)
class TiffPicture:
    """Attributes:
    pixels: uint8 (H, W, 3) RGB as stored, not yet upright.
    notices: codes.
    page, pages: which of the file's pictures it is, counted from 1, and how many there are.
    profile: its ICC profile, which is not applied yet; empty for none, and where colours were converted.
    """

    pixels: Pixels
    notices: tuple[str, ...]
    page: int
    pages: int
    profile: bytes = b""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The channels of the picture that was chosen, all of one layout."""

    layouts: tuple[Layout, ...]
    stack: Stack

    @property
    def first(self) -> Layout:
        return self.layouts[0]


def decode_tiff(
    data: Data, name: str, page: int | None, canvas: Callable[[int, int, int], Pixels]
) -> TiffPicture:
    """Decode a picture of a whole TIFF file.

    Args:
        page: which one, from 1; None for the first.
        canvas: (height, width, orientation) to the array, uint8 (height, width, 3), that is filled.

    Raises ImageError.
    """
    try:
        return _decoded(data, name, page, canvas)
    except Broken as broken:
        told = faults.incomplete if broken.truncated else faults.damaged
        raise told(name, _LABEL, broken.reason) from None
    except Unsupported as kind:
        raise faults.tiff_of_a_kind(name, kind.what, kind.detail) from None
    except MemoryError:
        raise faults.no_memory(name) from None
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise faults.no_memory(name) from None
        raise


def _decoded(
    data: Data, name: str, page: int | None, canvas: Callable[[int, int, int], Pixels]
) -> TiffPicture:
    survey = read_tiff(data)
    order, _, _ = open_tiff(data)
    if bytes(data[8:10]) == b"CR":
        # Canon's CR2: its first page is a preview like any JPEG.
        raise Unsupported(tiff.CAMERA_RAW)
    with open_pages(data) as file:
        stack = stack_of(file, survey)
        number = 1 if page is None else page
        if not 1 <= number <= stack.count:
            raise faults.page_not_there(name, number, stack.count)
        entries = stack.of(number - 1)
        if any(entry.raw for entry in entries):
            raise Unsupported(tiff.CAMERA_RAW)
        check_dimensions(entries[0], name)
        chosen = _chosen(file, data, order, stack, entries, number - 1)
    told: list[str] = []
    if page is None and stack.count > 1:
        told.append(notices.FIRST_PAGE)
    first = chosen.first
    target = canvas(first.height, first.width, entries[0].orientation)
    told += _fill(chosen, data, target)
    if len(chosen.layouts) > 1:
        told.append(notices.CHANNELS_MERGED)
    plain = len(chosen.layouts) == 1 and first.photometric not in (*_LABS, tiff_layout.SEPARATED)
    profile = first.page.tags.valueof(_PROFILE) if plain else None
    kept = bytes(profile) if isinstance(profile, bytes) else b""
    return TiffPicture(target, tuple(dict.fromkeys(told)), number, stack.count, kept)


def check_dimensions(entry: PageEntry, name: str) -> None:
    """Refuse a picture that is smaller than a cell or larger than the limits. Raises ImageError."""
    width, height = entry.width, entry.height
    if min(width, height) < limits.MIN_DIMENSION:
        raise faults.too_small(name, width, height)
    if max(width, height) > limits.MAX_DIMENSION or width * height > limits.MAX_PIXELS:
        raise faults.too_large(name, width, height)


def _chosen(
    file: Any, data: Data, order: str, stack: Stack, entries: tuple[PageEntry, ...], number: int
) -> _Chosen:
    layouts = []
    for place, entry in enumerate(entries):
        layout = layout_of(read_page(file, entry.offset), data, order)
        if (layout.width, layout.height) != (entry.width, entry.height):
            # Two readers of one directory: what was checked must be what is decoded.
            raise Broken(tiff.CONTRADICTION)
        if stack.together:
            layout = _behind(layout, number * stack.channels + place, data)
        layouts.append(layout)
    shapes = {(each.width, each.height, each.piece, each.tiled, each.dtype) for each in layouts}
    if len(layouts) > 1 and (len(shapes) > 1 or any(each.samples != 1 for each in layouts)):
        # No channels of one picture, whatever the description says.
        return _Chosen(tuple(layouts[:1]), replace(stack, colours=None, ranges=None))
    return _Chosen(tuple(layouts), stack)


def _behind(page: Layout, number: int, data: Data) -> Layout:
    """The layout of a picture that lies that many pictures behind the only page's. Raises Broken."""
    size = page.piece_bytes(1) * page.height * (page.samples if page.apart else 1)
    start = page.places[0][0] + number * size
    if page.tiled or start + size > len(data):
        raise Broken(tiff.PIXELS_MISSING, truncated=True)
    planes = page.samples if page.apart else 1
    each = size // planes
    places = tuple((start + plane * each, each) for plane in range(planes))
    return replace(page, piece=(page.width, page.height), places=places)


# Decoding


def _bands(chosen: _Chosen, data: Data) -> Iterator[Band]:
    """The picture's samples from above to below."""
    first = chosen.first
    for down in range(first.down):
        top = down * first.piece[1]
        height = min(first.piece[1], first.height - top)
        parts = [_band(page, data, down, height) for page in chosen.layouts]
        yield top, parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)


def _band(page: Layout, data: Data, down: int, height: int) -> Samples:
    """One row of pieces, (height, page's width, samples). Raises Broken."""
    rows = page.rows_of(down)
    if page.across == 1 and not page.apart:
        only = decode_piece(page, data, down, rows)
        return _fitting(only, height, page.width)
    band = np.empty((height, page.width, page.samples), page.dtype)
    for plane in range(page.samples if page.apart else 1):
        for across in range(page.across):
            left = across * page.piece[0]
            width = min(page.piece[0], page.width - left)
            index = (plane * page.down + down) * page.across + across
            part = _fitting(decode_piece(page, data, index, rows), height, width)
            into = slice(plane, plane + 1) if page.apart else slice(None)
            band[:, left : left + width, into] = part
    return band


def _fitting(piece: Samples, height: int, width: int) -> Samples:
    if piece.shape[0] < height or piece.shape[1] < width:
        raise Broken(tiff.PIXELS_MISSING, truncated=True)
    return piece[:height, :width]


def _fill(chosen: _Chosen, data: Data, target: Pixels) -> list[str]:
    """Fill the target, (H, W, 3), with the picture's colours; codes of notices."""
    page = chosen.first
    bands: Callable[[], Iterator[Band]] = lambda: _bands(chosen, data)  # noqa: E731
    scale = None
    if page.photometric not in (tiff_layout.PALETTE, *_LABS):
        if chosen.stack.ranges is not None and len(chosen.layouts) > 1:
            scale = tiff_depth.range_scale(page, chosen.stack.ranges)
        elif not tiff_depth.needs_values(page):
            scale = tiff_depth.exact_scale(page)
        else:
            size = page.width * page.height * page.samples * len(chosen.layouts)
            if page.compression != tiff_layout.NONE and size * np.dtype(page.dtype).itemsize <= _KEPT_BYTES:
                kept = list(bands())
                bands = lambda: iter(kept)  # noqa: E731
            values = _some_values(page, bands())
            scale = tiff_depth.scale_of(page, values, chosen.stack.significant, chosen.stack.offset)
    paint = _Painter(chosen, scale)
    rows = max(1, _PIXELS_AT_ONCE // page.width)
    for top, band in bands():
        for at in range(0, band.shape[0], rows):
            part = band[at : at + rows]
            paint(part, target[top + at : top + at + part.shape[0]])
    return paint.told()


def _some_values(page: Layout, bands: Iterator[Band]) -> Samples:
    """Colour samples of every n-th row, flat."""
    colours = page.colours if page.samples > 1 else 1
    step = max(1, page.width * page.height * colours // _LOOKED_AT)
    some = []
    for top, band in bands:
        rows = band[(-top) % step :: step]
        some.append(np.ravel(rows if page.samples == 1 else rows[..., :colours]))
    return np.concatenate(some)


class _Painter:
    """Turns samples into colours, and remembers what there is to tell.

    Args:
        scale: None for palettes and Lab, whose numbers are no brightness.
    """

    def __init__(self, chosen: _Chosen, scale: tiff_depth.Scale | None) -> None:
        page = chosen.first
        self._page = page
        self._scale = scale
        self._colours = chosen.stack.colours if len(chosen.layouts) > 1 else None
        self._palette = palette_of(page) if page.photometric == tiff_layout.PALETTE else None
        self._clear = False
        spare = set(range(page.colours, page.samples)) - {page.opacity}
        self._spare = sorted(spare) if self._colours is None else []
        self._spare_values: Samples | None = None
        self._left_out = False
        full = (1 << (page.bits - (page.kind == "i"))) - 1 if page.kind != "f" else 1.0
        self._opacity = tiff_depth.Scale((0.0,), (float(full),))
        if page.associated and scale is not None and page.kind != "f":
            # Colours that are multiplied in are in the opacity's own units.
            self._scale = replace(scale, black=(0.0,), white=(float(full),))

    def __call__(self, values: Samples, target: Pixels) -> None:
        page = self._page
        if self._colours is not None:
            assert self._scale is not None
            self._merge(tiff_depth.to_bytes(values, self._scale), target)
            return
        colour = values[..., : page.colours] if page.samples > page.colours else values
        if self._palette is not None:
            target[...] = self._palette[np.minimum(values[..., 0], len(self._palette) - 1)]
        elif self._scale is None:
            rgb_of(page, lab_bytes(page, colour), target)
        else:
            rgb_of(page, tiff_depth.to_bytes(colour, self._scale), target)
        if page.opacity is not None:
            share = tiff_depth.to_bytes(values[..., page.opacity : page.opacity + 1], self._opacity)
            if lay_on_white(target, np.ascontiguousarray(share[..., 0]), associated=page.associated):
                self._clear = True
        if self._spare and not self._left_out:
            self._look_at(values[:: max(1, values.shape[0] // 16), :, self._spare])

    def told(self) -> list[str]:
        """Codes of notices, once all is painted."""
        page, told = self._page, list(self._scale.told) if self._scale is not None else []
        if self._scale is None and page.bits > 8:
            told += [notices.DEPTH_REDUCED] if self._palette is None else []
        if page.photometric in _LABS:
            told.append(notices.COLOUR_CONVERTED)
        if page.photometric == tiff_layout.SEPARATED:
            told.append(notices.COLOUR_APPROXIMATE)
        if self._clear:
            told.append(notices.ALPHA_FLATTENED)
        if self._left_out:
            told.append(notices.CHANNELS_LEFT_OUT)
        return told

    def _merge(self, values: Pixels, target: Pixels) -> None:
        """Each channel through its table, added up."""
        assert self._colours is not None
        if self._page.photometric == tiff_layout.MIN_IS_WHITE:
            values = np.bitwise_not(values)
        target[...] = self._colours[0][values[..., 0]]
        for place in range(1, values.shape[2]):
            cv2.add(target, self._colours[place][values[..., place]], dst=target)

    def _look_at(self, spare: Samples) -> None:
        """Whether samples that are no colour hold anything."""
        if self._spare_values is None:
            self._spare_values = spare[0, 0].copy()
        self._left_out = bool((spare != self._spare_values).any())

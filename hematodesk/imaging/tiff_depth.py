"""Which of a TIFF page's values is black and which is white, and its samples as 8 bits by that.

The rules, in this order; a share is one of the colour samples (or of every n-th row of a large page):

- Up to 8 bits, and depths between 9 and 15 that the file states: the whole range, exactly.
- The file's own word: the display ranges of ImageJ's channels, MaxSampleValue (16 bits), SMinSampleValue and
  SMaxSampleValue (float, signed, over 16 bits), OME's SignificantBits.
- 16 bits: sensors give 10, 12 or 14. White is the end of the smallest of 8, 10, 12, 14 and 16 bits over which
  lie at most 0.1 % of the values (hot pixels), or at most four values that make up at most 5 % (a scale bar).
- An offset of 32768 is taken off: where ImageJ's calibration says so, or where all but 0.1 % lie over it and
  begin near it.
- Integers over 16 bits: as those of 16 if 99.9 % fit; over half of the range the whole range; else white is
  the 99.9th percentile.
- Signed integers: as unsigned where at most 0.1 % are negative; over half of the range the whole range; else
  from the 0.1st to the 99.9th percentile.
- Float: 0 to 1 where 99.9 % of the values lie within; else as integers of 16 bits where they are in that
  range; else, and where more than 0.1 % are negative, between the same percentiles. What is no number becomes
  black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.domain import image_notices as notices
from hematodesk.imaging.tiff_layout import Layout, numbers_of

Samples = npt.NDArray[Any]
Pixels = npt.NDArray[np.uint8]

_SENSOR_BITS = (8, 10, 12, 14)
_HOT, _BURNED_IN, _BURNED_VALUES = 0.001, 0.05, 4
_OFFSET = 32_768
_MAX_VALUE, _S_MIN, _S_MAX = 281, 340, 341


@dataclass(frozen=True, slots=True)
class Scale:
    """Attributes:
    black, white: values that become 0 and 255; of each sample where they differ.
    told: codes of notices.
    """

    black: tuple[float, ...]
    white: tuple[float, ...]
    told: tuple[str, ...] = ()

    @property
    def one(self) -> bool:
        """Whether all samples have the same."""
        return len(set(self.black)) == 1 and len(set(self.white)) == 1


def needs_values(page: Layout) -> bool:
    """Whether the scale depends on what the page holds."""
    return page.kind != "u" or page.bits >= 16


def exact_scale(page: Layout) -> Scale:
    """The scale of a page whose depth says it all."""
    told = (notices.DEPTH_REDUCED,) if page.bits > 8 else ()
    return Scale((0.0,), (float((1 << page.bits) - 1),), told)


def range_scale(page: Layout, ranges: tuple[tuple[float, float], ...]) -> Scale:
    """The scale of channels that state what they show."""
    told = (notices.DEPTH_REDUCED,) if page.bits > 8 else ()
    return Scale(tuple(low for low, _ in ranges), tuple(high for _, high in ranges), told)


def scale_of(page: Layout, values: Samples, significant: int | None, offset: float) -> Scale:
    """The scale of a page.

    Args:
        values: some of its colour samples, flat.
        significant: OME's SignificantBits, if it says so.
        offset: what ImageJ's calibration says is to be taken off; 0 if nothing.
    """
    if page.kind == "f":
        return _float_scale(page, values)
    if page.kind == "i" or page.bits > 16:
        return _wide_scale(page, values, significant)
    told = [notices.DEPTH_REDUCED]
    stated = _stated_white(page, values)
    if not offset and stated is None and significant is None and _lies_over_offset(values):
        offset = _OFFSET
    if offset:
        told.append(notices.OFFSET_REMOVED)
        values = np.maximum(values, offset) - np.uint16(offset)
    if stated is not None:
        white = stated - offset if stated > offset else stated
    elif significant is not None and 8 <= significant <= 16:
        white = float((1 << significant) - 1)
    else:
        white = sensor_white(values)
    return Scale((float(offset),), (offset + white,), tuple(told))


def to_bytes(values: Samples, scale: Scale) -> Pixels:
    """Samples (H, W, S) as 8 bits, rounded."""
    if scale.one:
        return _scaled(values, scale.black[0], scale.white[0])
    made = np.empty(values.shape, np.uint8)
    for place in range(values.shape[2]):
        made[..., place] = _scaled(values[..., place], scale.black[place], scale.white[place])
    return made


def _scaled(values: Samples, black: float, white: float) -> Pixels:
    if values.dtype == np.uint8 and black == 0 and white == 255:
        return values
    if values.dtype == np.uint16 and black == 0 and white > 0:
        made = cv2.convertScaleAbs(
            np.ascontiguousarray(values).reshape(values.shape[0], -1), alpha=255 / white
        )
        return np.asarray(made, np.uint8).reshape(values.shape)
    span = white - black if white > black else 1.0
    if values.dtype in (np.uint8, np.uint16):
        codes = np.arange(np.iinfo(values.dtype).max + 1, dtype=np.float64)
        return np.clip(np.rint((codes - black) * (255 / span)), 0, 255).astype(np.uint8)[values]
    narrow = values.dtype.itemsize <= 2 or values.dtype == np.float32
    with np.errstate(all="ignore"):
        numbers: Samples = values.astype(np.float32 if narrow else np.float64)
        numbers -= black
        numbers *= 255 / span
    np.nan_to_num(numbers, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    np.clip(np.rint(numbers, out=numbers), 0, 255, out=numbers)
    return np.asarray(numbers.astype(np.uint8))


# The rules


def sensor_white(values: Samples) -> float:
    """The end of the depth that values of 16 bits really have."""
    counts = np.bincount(values.astype(np.uint16, copy=False), minlength=1 << 16)
    total = max(1, values.size)
    for bits in _SENSOR_BITS:
        over = counts[1 << bits :]
        many = int(over.sum())
        burned = many <= _BURNED_IN * total and np.count_nonzero(over) <= _BURNED_VALUES
        if many <= _HOT * total or burned:
            return float((1 << bits) - 1)
    return float((1 << 16) - 1)


def _lies_over_offset(values: Samples) -> bool:
    """Whether values of 16 bits are signed ones that were moved to be positive."""
    if values.size == 0 or int(values.max()) < _OFFSET:
        return False
    low, high = (float(each) - _OFFSET for each in np.quantile(values, (_HOT, 1 - _HOT)))
    if low < 0:
        return False
    return low <= (0.5 if high < 1 << 14 else 0.1) * high


def _stated_white(page: Layout, values: Samples) -> float | None:
    """MaxSampleValue, unless it is what everybody writes or the values go over it."""
    stated = numbers_of(page.page, _MAX_VALUE)
    if not stated or not 0 < max(stated) < (1 << page.bits) - 1:
        return None
    white = max(stated)
    beyond = np.count_nonzero(values > white)
    return white if beyond <= _BURNED_IN * max(1, values.size) else None


def _stated_range(page: Layout) -> tuple[float, float] | None:
    low, high = numbers_of(page.page, _S_MIN), numbers_of(page.page, _S_MAX)
    if not low or not high or not np.isfinite((min(low), max(high))).all() or max(high) <= min(low):
        return None
    return min(low), max(high)


def _wide_scale(page: Layout, values: Samples, significant: int | None) -> Scale:
    """Signed integers, and those of more than 16 bits."""
    told = (notices.DEPTH_REDUCED, notices.SCALED_BY_RANGE) if page.bits > 8 else (notices.SCALED_BY_RANGE,)
    if (stated := _stated_range(page)) is not None:
        return Scale((stated[0],), (stated[1],), told[:-1])
    bits = page.bits - (page.kind == "i")
    if significant is not None and 8 <= significant <= bits:
        return Scale((0.0,), (float((1 << significant) - 1),), told[:-1])
    low, high = _ends(values.astype(np.float64))
    if low < 0:
        least, most = -float(1 << bits), float((1 << bits) - 1)
        return Scale((least,), (most,), told) if high - low > most else Scale((low,), (high,), told)
    whole = float((1 << bits) - 1)
    if bits < 8:
        return Scale((0.0,), (whole,), told)
    if high < 1 << 16:
        white = sensor_white(np.clip(values, 0, (1 << 16) - 1))
        return Scale((0.0,), (min(white, whole),), told)
    return Scale((0.0,), (whole if high > whole / 2 else high,), told)


def _float_scale(page: Layout, values: Samples) -> Scale:
    told: tuple[str, ...] = (notices.DEPTH_REDUCED, notices.SCALED_BY_RANGE)
    finite = np.isfinite(values)
    if not finite.all():
        told = (*told, notices.VALUES_MISSING)
        values = values[finite]
    values = values.astype(np.float64)
    if (stated := _stated_range(page)) is not None:
        return Scale((stated[0],), (stated[1],), told)
    low, high = _ends(values)
    if low < 0:
        return Scale((low,), (high,), told)
    if high <= 1:
        return Scale((0.0,), (1.0,), told)
    if high < 1 << 16:
        return Scale((0.0,), (sensor_white(np.clip(values, 0, (1 << 16) - 1)),), told)
    return Scale((0.0,), (high,), told)


def _ends(values: Samples) -> tuple[float, float]:
    """The percentiles between which the values count as lying; the second is larger."""
    if values.size == 0:
        return 0.0, 1.0
    low, high = (float(each) for each in np.quantile(values, (_HOT, 1 - _HOT)))
    return low, high if high > low else max(low + 1.0, float(values.max()))

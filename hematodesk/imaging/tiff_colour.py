"""A TIFF page's samples, 8 bits or the index of a palette, as RGB on white.

Sources: TIFF 6.0, sections 16 (CMYK), 18 (associated opacity), 20 (reference black and white), 21 (YCbCr) and
23 (CIELab); Adobe's technical notes on ICCLab and unassociated opacity.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hematodesk.imaging import tiff, tiff_layout
from hematodesk.imaging.tiff import Broken
from hematodesk.imaging.tiff_layout import Layout, numbers_of, tag_of

Pixels = npt.NDArray[np.uint8]
Samples = npt.NDArray[Any]

_COLOUR_MAP, _LUMA, _REFERENCE, _DECODE = 320, 529, 532, 433
_USUAL_LUMA, _USUAL_REFERENCE = (0.299, 0.587, 0.114), (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)


def palette_of(page: Layout) -> Pixels:
    """The page's colours, uint8 (values, 3). Raises Broken."""
    table = tag_of(page.page, _COLOUR_MAP)
    if table is None or page.bits > 16 or page.kind != "u":
        raise Broken(tiff.CONTRADICTION)
    colours = np.asarray(table)
    if colours.size < 3 << page.bits:
        raise Broken(tiff.CONTRADICTION)
    colours = colours.reshape(-1)[: 3 << page.bits].reshape(3, -1).T
    # Old writers gave colours of 8 bits.
    return (colours if colours.max() < 256 else colours >> 8).astype(np.uint8)


def lab_bytes(page: Layout, values: Samples) -> Pixels:
    """L*, a*, b* of 8 or 16 bits as OpenCV has them in 8: L* to 255, the others round 128. Raises Broken."""
    if page.bits not in (8, 16) or page.kind == "f":
        raise Broken(tiff.CONTRADICTION)
    wide = page.bits == 16
    bare = values[..., :3].astype(np.int64) & ((1 << page.bits) - 1)
    made = np.empty(bare.shape, np.float32)
    if page.photometric == tiff_layout.ITULAB:
        # The ranges where the Decode tag does not say (TIFF-FX).
        ranges = _numbers(page, _DECODE, 6) or (0.0, 100.0, -85.0, 85.0, -75.0, 125.0)
        for place in range(3):
            low, high = ranges[2 * place : 2 * place + 2]
            made[..., place] = low + bare[..., place] * ((high - low) / ((1 << page.bits) - 1))
        made[..., 0] *= 2.55
        made[..., 1:] += 128
    elif page.photometric == tiff_layout.ICCLAB:
        made[...] = bare / (256 if wide else 1)
    else:
        signed = np.where(bare >= 1 << (page.bits - 1), bare - (1 << page.bits), bare)
        made[...] = signed / (256 if wide else 1) + 128
        made[..., 0] = bare[..., 0] / (257 if wide else 1)
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def rgb_of(page: Layout, values: Pixels, target: Pixels) -> None:
    """Fill the target, uint8 (H, W, 3), with the colour of samples that are 8 bits each."""
    if page.photometric in (tiff_layout.CIELAB, tiff_layout.ICCLAB, tiff_layout.ITULAB):
        cv2.cvtColor(np.ascontiguousarray(values[..., :3]), cv2.COLOR_Lab2RGB, dst=target)
    elif page.photometric == tiff_layout.SEPARATED:
        bare = cv2.bitwise_not(np.ascontiguousarray(values[..., :4]))
        for place in range(3):
            target[..., place] = cv2.multiply(bare[..., place], bare[..., 3], scale=1 / 255)
    elif page.photometric == tiff_layout.YCBCR and page.compression in tiff_layout.BYTES:
        _from_ycbcr(page, values[..., :3], target)
    elif page.colours == 3:
        target[...] = values[..., :3]
    else:
        target[...] = values[..., :1]
    if page.photometric == tiff_layout.MIN_IS_WHITE:
        np.bitwise_not(target, out=target)


def lay_on_white(target: Pixels, opacity: Pixels, *, associated: bool) -> bool:
    """Blend with white, the colour of the empty parts of a slide; whether anything shone through."""
    if (opacity == 255).all():
        return False
    share = np.repeat(opacity[..., np.newaxis], 3, axis=2)
    if associated:
        cv2.add(target, cv2.bitwise_not(share), dst=target)
    else:
        # c a + 255 (1 - a) is 255 - (255 - c) a, in bytes and rounded once.
        target[...] = cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(target), share, scale=1 / 255))
    return True


def _from_ycbcr(page: Layout, values: Pixels, target: Pixels) -> None:
    luma = _numbers(page, _LUMA, 3) or _USUAL_LUMA
    reference = _numbers(page, _REFERENCE, 6) or _USUAL_REFERENCE
    usual = np.allclose(luma, _USUAL_LUMA, atol=0.001) and np.allclose(reference, _USUAL_REFERENCE, atol=1)
    if usual or min(luma) <= 0:
        cv2.cvtColor(np.ascontiguousarray(values[..., [0, 2, 1]]), cv2.COLOR_YCrCb2RGB, dst=target)
        return
    parts = values.astype(np.float32)
    spans = [max(1.0, reference[at + 1] - reference[at]) for at in (0, 2, 4)]
    y = (parts[..., 0] - reference[0]) * (255 / spans[0])
    cb = (parts[..., 1] - reference[2]) * (127 / spans[1])
    cr = (parts[..., 2] - reference[4]) * (127 / spans[2])
    red = y + cr * (2 - 2 * luma[0])
    blue = y + cb * (2 - 2 * luma[2])
    green = (y - luma[0] * red - luma[2] * blue) / luma[1]
    target[...] = np.clip(np.rint(np.stack([red, green, blue], axis=2)), 0, 255).astype(np.uint8)


def _numbers(page: Layout, tag: int, count: int) -> tuple[float, ...]:
    """So many numbers of a tag, rationals as quotients; none where it holds something else."""
    numbers = numbers_of(page.page, tag)
    if len(numbers) == 2 * count:
        if 0 in numbers[1::2]:
            return ()
        numbers = tuple(over / under for over, under in zip(numbers[::2], numbers[1::2], strict=True))
    return numbers if len(numbers) == count and bool(np.isfinite(numbers).all()) else ()

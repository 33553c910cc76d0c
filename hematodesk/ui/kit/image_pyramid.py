"""An image in halved sizes, so that a 100-megapixel field draws smoothly at every zoom.

The full size of a large image is shown straight from the array without a copy. Halved sizes are made when
a zoom asks for them; those of large images are made ahead, in slices between the window's events, and until
one is ready the picture is drawn from the next finer size that is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from hematodesk.ui.kit.viewport import Viewport

Pixels = npt.NDArray[np.uint8]

_SMALLEST_EDGE = 256
"""No size below this: a screen draws it at least so large."""

_SHARP_FROM = 4.0
"""From this zoom on single pixels are shown as squares: who zooms in so far wants to see them."""

_AT_ONCE_PIXELS = 2_000_000
"""An image of so many is small: halving it takes some 10 ms on a lab PC, not felt. More is made in slices."""

_SLICE_PIXELS = 1_000_000
"""About 5 ms of work between two events."""


def halve(pixels: Pixels) -> Pixels:
    """Mean of 2 x 2 pixels; (H, W, 3) uint8 gives (H // 2, W // 2, 3), without an odd last row or column."""
    height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    even = pixels[:height, :width]
    total = even[0::2, 0::2].astype(np.uint16)
    total += even[0::2, 1::2]
    total += even[1::2, 0::2]
    total += even[1::2, 1::2]
    total += 2
    total >>= 2
    return total.astype(np.uint8)


def as_qimage(pixels: Pixels) -> QImage:
    """A view of a C-contiguous uint8 (H, W, 3) RGB array; valid only while the array lives."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, width * 3, QImage.Format.Format_RGB888)


def _drawable(pixels: Pixels) -> QImage:
    """The picture to draw from: a small one in the screen's own format, which Qt draws in half the time."""
    image = as_qimage(pixels)
    return image.convertToFormat(QImage.Format.Format_RGB32) if _is_small(pixels) else image


def _is_small(pixels: Pixels) -> bool:
    height, width = pixels.shape[:2]
    return bool(height * width <= _AT_ONCE_PIXELS)


class ImagePyramid:
    """The halved sizes of one image.

    It is no QObject: one is replaced with each picture, and destroying a QObject takes Qt's locks.
    """

    def __init__(self, pixels: Pixels) -> None:
        """Pixels: uint8 (H, W, 3) RGB. Raises ValueError for anything else."""
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
            raise ValueError(f"an image is uint8 (H, W, 3), not {pixels.dtype} {pixels.shape}")
        self._arrays: list[Pixels] = [np.ascontiguousarray(pixels)]
        self._images: list[QImage] = [_drawable(self._arrays[0])]
        self._growing: Pixels | None = None
        self._rows_done = 0

    @property
    def width(self) -> int:
        """Pixels of the full size."""
        return int(self._arrays[0].shape[1])

    @property
    def height(self) -> int:
        """Pixels of the full size."""
        return int(self._arrays[0].shape[0])

    def level_for(self, zoom: float) -> tuple[QImage, float]:
        """The size to draw from, and how many of its pixels one pixel of the full size is (1, 1/2, 1/4 …).

        Args:
            zoom: screen pixels for one pixel of the full size.
        """
        level = 0
        while zoom <= 0.5 ** (level + 1):
            if level + 1 == len(self._images):
                if not (self._wants_more() and self._quick()):
                    break
                self._append(halve(self._arrays[-1]))
            level += 1
        return self._images[level], 0.5**level

    def _wants_more(self) -> bool:
        height, width = self._arrays[-1].shape[:2]
        return bool(max(height, width) >= 2 * _SMALLEST_EDGE and min(height, width) >= 2)

    def _quick(self) -> bool:
        """Whether the next size is made at once when it is asked for."""
        return _is_small(self._arrays[-1])

    @property
    def unfinished(self) -> bool:
        """Whether a further size is to be made ahead, by calls of `grow`."""
        return self._wants_more() and not self._quick()

    def _append(self, pixels: Pixels) -> None:
        self._arrays.append(pixels)
        self._images.append(_drawable(pixels))

    def grow(self) -> bool:
        """Make a slice of the next size, some 5 ms of work; whether a size became ready, to be drawn."""
        source = self._arrays[-1]
        if self._growing is None:
            self._growing = np.empty((source.shape[0] // 2, source.shape[1] // 2, 3), dtype=np.uint8)
            self._rows_done = 0
        rows = max(1, _SLICE_PIXELS // (2 * source.shape[1]))
        stop = min(self._rows_done + rows, self._growing.shape[0])
        self._growing[self._rows_done : stop] = halve(source[2 * self._rows_done : 2 * stop])
        self._rows_done = stop
        if stop < self._growing.shape[0]:
            return False
        self._append(self._growing)
        self._growing = None
        return True


def paint_image(painter: QPainter, pyramid: ImagePyramid, view: Viewport, area: QRectF) -> None:
    """Draw the part of the image that lies in an area of the widget."""
    image, share = pyramid.level_for(view.zoom)
    left, top = view.origin()
    scale = view.scale
    shown = QRectF(left, top, pyramid.width * scale, pyramid.height * scale) & area
    if shown.isEmpty():
        return
    factor = share / scale
    source = QRectF(
        (shown.x() - left) * factor,
        (shown.y() - top) * factor,
        shown.width() * factor,
        shown.height() * factor,
    )
    # At 1:1 every pixel is shown as it is.
    smooth = view.zoom < _SHARP_FROM and view.zoom != 1.0
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(shown, image, source)

"""The history's small pictures as pixels, for the list and in place of a file that is gone.

They are decoded here and not by Qt, which tries every format plugin, with calls that are not safe
outside the window's own thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hematodesk.domain.cells import ImageResult

if TYPE_CHECKING:
    from hematodesk.workflow.history_service import HistoryService

_PREVIEW_PIXELS = 16_000_000
"""A missing file's thumbnail is drawn up to the image's size for the cells to lie right; not beyond this."""


def thumbnails_of(history: HistoryService, ids: list[int]) -> dict[int, npt.NDArray[np.uint8]]:
    """The thumbnails of these images, uint8 (H, W, 3) RGB; of those that have a readable one."""
    from hematodesk.imaging.thumbnail import thumbnail_pixels

    decoded = {key: thumbnail_pixels(jpeg) for key, jpeg in history.thumbnails(ids).items()}
    return {key: pixels for key, pixels in decoded.items() if pixels is not None}


def preview(result: ImageResult) -> npt.NDArray[np.uint8] | None:
    """The thumbnail at the image's size, uint8 (H, W, 3) RGB; None when there is none or it is too large."""
    from hematodesk.imaging.thumbnail import stretched, thumbnail_pixels

    small = thumbnail_pixels(result.thumbnail)
    if small is None or not 0 < result.width * result.height <= _PREVIEW_PIXELS:
        return None
    return stretched(small, result.width, result.height)

"""The content of a report of images, as plain values without layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hematodesk.domain.history import HistoryImage, Session
from hematodesk.domain.operators import Operator
from hematodesk.domain.tallies import Tally

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ReportPictures:
    """The pictures of one image of a report.

    Attributes:
        picture: uint8 (h, w, 3) RGB, the image made smaller, or None when there is none to show.
        reason: why the image itself cannot be shown, in words; empty when it can.
        crops: for each cell that is not removed a small uint8 (s, s, 3), or None.
    """

    picture: Pixels | None
    reason: str
    crops: tuple[Pixels | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The content of a report.

    Attributes:
        operator: who made it. program: its name and version. made_at: when, UTC.
        sessions: the sessions of the images, oldest first, each with its totals.
        total: all of them together.
        images: in the order of the report.
        pictures: gives the pictures of the images, one after the other in their order, so that only
            one image at a time is held.
    """

    operator: Operator
    program: str
    made_at: str
    sessions: tuple[tuple[Session, Tally], ...]
    total: Tally
    images: tuple[HistoryImage, ...]
    pictures: Callable[[], Iterator[ReportPictures]]

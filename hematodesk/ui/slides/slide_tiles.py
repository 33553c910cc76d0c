"""The pieces of a slide that are on show, read on a lane and kept while they may be wanted again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from hematodesk.domain.errors import HematodeskError
from hematodesk.ui.kit.image_pyramid import as_qimage
from hematodesk.ui.state.task_lanes import Lane, TaskLanes, Ticket

if TYPE_CHECKING:
    from hematodesk.domain.slide_info import SlideInfo
    from hematodesk.workflow.services import Services

TILE = 512
"""Pixels of a tile's side: a megabyte, read in some 20 ms."""

_KEPT = 96


class Tile(NamedTuple):
    """The place of a tile: its level, and its column and row there."""

    level: int
    column: int
    row: int


class SlideTiles(QObject):
    """Reads one tile at a time, always the one that is wanted most now.

    Signals:
        arrived: a tile is there.
        failed(HematodeskError): one cannot be read; it is not asked for again.
    """

    arrived = Signal()
    failed = Signal(object)

    def __init__(self, services: Services, lanes: TaskLanes, parent: QObject) -> None:
        super().__init__(parent)
        self._services, self._lanes = services, lanes
        self._path: Path | None = None
        self._info: SlideInfo | None = None
        self._kept: OrderedDict[Tile, QImage | None] = OrderedDict()
        self._wanted: list[Tile] = []
        self._ticket: Ticket | None = None

    def open(self, path: Path, info: SlideInfo) -> None:
        """Another slide."""
        self.close()
        self._path, self._info = path, info

    def close(self) -> None:
        """No slide; what is being read is dropped."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        self._kept.clear()
        self._wanted.clear()
        self._path = self._info = None

    def get(self, tile: Tile) -> QImage | None:
        """A tile that is there; None for one that is not, or cannot be read."""
        if tile in self._kept:
            self._kept.move_to_end(tile)
        return self._kept.get(tile)

    def want(self, tiles: Sequence[Tile]) -> None:
        """These are on show, the most important first; what was wanted before is no longer."""
        self._wanted = [each for each in tiles if each not in self._kept]
        self._next()

    @property
    def complete(self) -> bool:
        """Whether everything that is wanted is there."""
        return not self._wanted

    def _next(self) -> None:
        if self._ticket is not None or not self._wanted or self._path is None or self._info is None:
            return
        tile, path, info = self._wanted[0], self._path, self._info
        services = self._services

        def read(_ticket: Ticket) -> npt.NDArray[np.uint8]:
            level = info.levels[tile.level]
            left, top = tile.column * TILE, tile.row * TILE
            width, height = min(TILE, level.width - left), min(TILE, level.height - top)
            x, y = round(left * level.downsample), round(top * level.downsample)
            return services.slides.region(path, tile.level, x, y, width, height)

        def done(pixels: npt.NDArray[np.uint8]) -> None:
            if self._ticket is ticket:
                # A copy in the screen's own format, which is drawn in half the time.
                self._keep(tile, as_qimage(pixels).convertToFormat(QImage.Format.Format_RGB32))
                self.arrived.emit()

        def failed(error: HematodeskError) -> None:
            if self._ticket is ticket:
                self._keep(tile, None)
                self.failed.emit(error)

        ticket = self._lanes.run(Lane.SLIDE, read, done=done, failed=failed, owner=self)
        self._ticket = ticket

    def _keep(self, tile: Tile, image: QImage | None) -> None:
        self._ticket = None
        self._kept[tile] = image
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self._wanted = [each for each in self._wanted if each != tile]
        self._next()

"""Thumbnails of the history, loaded when a row is first painted, many in one request."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmap

from hematodesk.ui.kit.image_pyramid import as_qimage
from hematodesk.ui.state.history_access import HistoryAccess
from hematodesk.workflow.analysis.thumbnails import thumbnails_of

_KEPT = 600
"""Some screens full; a thumbnail of 96 x 96 pixels takes 37 KB, so this is at most 22 MB."""


class Thumbnails(QObject):
    """Signals: changed, when pictures have come and rows should be painted anew."""

    changed = Signal()

    def __init__(self, access: HistoryAccess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._access = access
        self._pictures: OrderedDict[int, QPixmap] = OrderedDict()
        self._wanted: set[int] = set()
        self._asked: set[int] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._ask)

    def of(self, image_id: int) -> QPixmap | None:
        """The picture, or None while it is on its way (`changed` follows)."""
        picture = self._pictures.get(image_id)
        if picture is not None:
            self._pictures.move_to_end(image_id)
            return picture
        if image_id not in self._asked:
            self._wanted.add(image_id)
            if not self._timer.isActive():
                self._timer.start()
        return None

    def _ask(self) -> None:
        ids = sorted(self._wanted)
        self._wanted.clear()
        self._asked.update(ids)

        def came(found: dict[int, npt.NDArray[np.uint8]]) -> None:
            self._asked.difference_update(ids)
            for image_id in ids:
                # Also an empty one is remembered, so that it is not asked for with each painting.
                pixels = found.get(image_id)
                self._pictures[image_id] = (
                    QPixmap() if pixels is None else QPixmap.fromImage(as_qimage(pixels))
                )
            while len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
            self.changed.emit()

        def gave_up() -> None:
            self._asked.difference_update(ids)

        self._access.ask(lambda history: thumbnails_of(history, ids), came, cancelled=gave_up)

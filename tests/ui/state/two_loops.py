"""Two loops that once held each other for good: `python -m tests.ui.state.two_loops now|then SECONDS`.

The window's thread destroys QObjects with connections, one picture after the other: inside ~QObject Qt holds
a lock of its signals and asks for the interpreter. The storage lane decodes thumbnails. As it was done `then`
(by QImage.fromData, whose SVG plugin connects a signal with the interpreter held) it waits for the same lock.
Addresses vary, since Qt spreads its objects over 131 locks. Ends with 0; a freeze ends in the stacks of all
threads and 1.
"""

from __future__ import annotations

import faulthandler
import os
import random
import sys
import threading
import time

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from hematodesk.imaging.thumbnail import thumbnail, thumbnail_pixels
from hematodesk.ui.kit.zoom_view import ZoomView

FROZEN_S = 5
"""One turn takes well under a millisecond."""


class Pyramid(QObject):
    """As the pictures' sizes were held then."""

    refined = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._grow)

    def _grow(self) -> None:
        self.refined.emit()


def main(way: str, seconds: float) -> None:
    """Turn both loops for so long."""
    QApplication([])
    sys.setswitchinterval(0.0005)
    jpeg = thumbnail(np.full((8, 8, 3), 77, np.uint8))
    decoded = 0

    def decode() -> None:
        nonlocal decoded
        while True:
            if way == "then":
                QImage.fromData(jpeg)
            else:
                thumbnail_pixels(jpeg)
            decoded += 1

    threading.Thread(target=decode, daemon=True).start()
    view = ZoomView()
    picture = np.zeros((24, 32, 3), np.uint8)
    chance = random.Random(1)
    others: list[object] = []
    turns = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        faulthandler.dump_traceback_later(FROZEN_S, exit=True)
        for _ in range(100):
            others.append(bytearray(chance.randrange(16, 400)))
            others.append(Pyramid())
            if len(others) > 2000:
                chance.shuffle(others)
                del others[:1000]
            view._put_picture(picture)
            turns += 1
        QApplication.processEvents()
    print(turns, decoded, flush=True)
    # The other thread still decodes; it ends with the process.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))

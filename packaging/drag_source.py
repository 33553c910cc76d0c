"""A small window at the screen's corner from which files can be dragged, for the smoke test.

    python drag_source.py FILE...

Says `ready` when it can be dragged from, and after each drag `taken` or `refused`. It stays until it is
ended, because the other side asks for the files' names after the mouse was let go.
Needs PySide6, which the virtual environment that builds the program has.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

SIZE = 40
"""Pixels of its sides; it stands at 0, 0."""


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Source(QWidget):
    def __init__(self, files: list[Path]) -> None:
        super().__init__(None, Qt.WindowType.BypassWindowManagerHint | Qt.WindowType.WindowStaysOnTopHint)
        self._files = files
        self.setGeometry(0, 0, SIZE, SIZE)

    def mouseMoveEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        drag = QDrag(self)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(file)) for file in self._files])
        drag.setMimeData(mime)
        taken = drag.exec(Qt.DropAction.CopyAction) != Qt.DropAction.IgnoreAction
        say("taken" if taken else "refused")


def main() -> int:
    application = QApplication(sys.argv[:1])
    source = Source([Path(name).absolute() for name in sys.argv[1:]])
    source.show()
    source.raise_()
    QTimer.singleShot(0, lambda: say("ready"))
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())

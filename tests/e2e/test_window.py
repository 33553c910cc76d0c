"""The window over the real bootstrap and the shipped model: from a dropped file to the export."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest.importorskip("PySide6")

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hematodesk.bootstrap import build
from hematodesk.domain.history import HistoryFilter
from hematodesk.ui.kit.banners import Level
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.main_window import MainWindow
from hematodesk.workflow.exports.export import ExportRequest

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"


class Program:
    """One start of the program after another on one data folder."""

    def __init__(self, data: Path, qtbot: QtBot, theme: Theme) -> None:
        self.data = data
        self._qtbot = qtbot
        self._theme = theme
        self.window: MainWindow | None = None
        self.bugs: list[Exception] = []

    def start(self, *paths: Path) -> MainWindow:
        self.window = MainWindow(build(self.data), self._theme)
        self.window.lanes.unexpected.connect(self.bugs.append)
        self.window.show()
        self.window.start(paths)
        self.rest()
        return self.window

    def rest(self) -> None:
        window = self.window
        assert window is not None
        self._qtbot.waitUntil(
            lambda: (
                not window.lanes.busy
                and window.viewer.settled
                and not window.panel.model.loading
                and not window.runs.busy
            ),
            timeout=60_000,
        )
        for bug in self.bugs:
            raise bug

    def quit(self) -> None:
        window, self.window = self.window, None
        if window is not None:
            with self._qtbot.waitSignal(window.closed, timeout=30_000):
                window.close()
            window.deleteLater()


@pytest.fixture(scope="module")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


@pytest.fixture
def program(tmp_path: Path, qtbot: QtBot, theme: Theme) -> Iterator[Program]:
    made = Program(tmp_path / "data", qtbot, theme)
    yield made
    made.quit()


def test_from_a_dropped_folder_over_review_and_restart_to_the_export(
    program: Program, qtbot: QtBot, tmp_path: Path
) -> None:
    window = program.start()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(SAMPLES))])
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    # Qt drops only where it was dragged to.
    enter = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, mime, *buttons)
    QApplication.sendEvent(window, enter)
    event = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, mime, *buttons)
    QApplication.sendEvent(window, event)
    program.rest()
    assert [notice.text for notice in window.banners.notices() if notice.level is not Level.INFO] == []
    images = [path for path in SAMPLES.iterdir() if path.suffix != ".txt"]
    assert window.services.history.count(HistoryFilter()) == len(images)
    assert window.viewer.cell is not None
    assert window.viewer.cell.prediction is not None
    assert window.viewer.cell.prediction.provenance.model == window.model_state.name.split()[0]
    reviewed = window.viewer.image_id
    window.centre.view.setFocus()
    qtbot.keyClick(window.centre.view, Qt.Key.Key_Return)
    program.rest()
    program.quit()

    window = program.start()
    assert reviewed is not None
    window.browser.open(reviewed)
    program.rest()
    assert window.viewer.cells[0].review is not None
    window.exports.export(ExportRequest(tmp_path / "export.csv", "csv"))
    program.rest()
    with (tmp_path / "export.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert any("agreed" in row.values() for row in rows)


def test_the_samples_are_mostly_named_as_they_were_drawn(program: Program) -> None:
    window = program.start(SAMPLES)
    model = window.panel.model
    assert window.session.session_id is not None
    named = right = 0
    for image_id in model.image_ids(window.session.session_id):
        summary = model.summary(image_id)
        assert summary is not None
        drawn = Path(summary.name).stem.rsplit("_", 1)[-1]
        if drawn in ("neutrophil", "eosinophil", "lymphocyte", "monocyte"):
            named += 1
            right += [class_id for class_id, _ in summary.labels][:1] == [drawn]
    assert named >= 4
    assert right > named / 2

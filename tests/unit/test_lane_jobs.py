"""What runs on a lane may use few names of Qt: none that loads a plugin, tries out formats or connects.

Such a call takes a lock of Qt's with the interpreter held, and the window's thread, which destroys a QObject,
may hold that lock while it waits for the interpreter: then neither ever goes on.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.lane_jobs import LaneJobs

UI = Path(__file__).parents[2] / "hematodesk" / "ui"

ANYWHERE = frozenset({"QCoreApplication", "QLocale", ".toString", "QDate", "QImage", "QColor"})
"""Translations (QCoreApplication.translate) and numbers as words read tables; QImage and QColor are values,
a QImage only of pixels that are there (not of a file, whose format would be tried out)."""

EMITS = frozenset({("state/task_lanes.py", "_wake", "self._relay.woken.emit")})
"""The one signal of the lanes. PySide lets go of the interpreter while it emits."""

REPORT = frozenset(
    {
        "exports/report_glyphs.py",
        "exports/report_page.py",
        "exports/report_pdf.py",
        "exports/report_picture.py",
    }
    | {"kit/cell_marks.py", "kit/tag_layout.py", "kit/theme.py"}
)
"""The report is drawn on a lane, with fonts and a painter. Watched in a debugger it connects and disconnects
nothing and, since `load_plugins` was called on the window's thread, loads nothing either (Qt 6.11)."""

DRAWING = frozenset(
    {"QFont", "QFontDatabase", "QFontMetricsF", "QMarginsF", "QPageLayout", "QPageSize", "QPainter"}
    | {"QPdfWriter", "QPen", "QPointF", "QRawFont", "QRectF", "QTextLayout", "QTextOption", "Qt"}
)

MODULE = """
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap
from PySide6.QtWidgets import QLabel, QWidget
from hematodesk.ui.state.history_access import HistoryAccess
from hematodesk.ui.state.task_lanes import Lane, TaskLanes


class Shown(QWidget):
    changed = Signal()

    def __init__(self, lanes: TaskLanes, access: HistoryAccess, label: QLabel) -> None:
        self._lanes = lanes
        self._access = access
        self._label = label

    def work(self) -> None:
{body}

    def paint(self) -> None:
        self.setToolTip("")

    def tell(self) -> None:
        self.changed.emit()

    def other(self, job) -> None:
        self._lanes.run(Lane.DECODING, job)


class Plain:
    def decode(self, data: bytes) -> object:
        return Deep().decode(data)


class Deep:
    def decode(self, data: bytes) -> object:
        return QImageReader(data)


def thumbnails(data: bytes) -> object:
    return [QImage.fromData(data)]
"""


def forbidden(jobs: LaneJobs) -> list[str]:
    return [
        f"{use.path}: {use.function} uses {use.name}"
        for use in sorted(jobs.uses)
        if use.name not in ANYWHERE
        and (use.path, use.function, use.name) not in EMITS
        and not (use.path in REPORT and (use.name in DRAWING or use.name.startswith(".")))
    ]


def test_lane_jobs_use_nothing_of_qt_that_takes_its_locks() -> None:
    jobs = LaneJobs(UI, "hematodesk.ui")
    assert jobs.unresolved == []
    assert forbidden(jobs) == []


def test_the_walk_comes_to_the_jobs() -> None:
    jobs = LaneJobs(UI, "hematodesk.ui")
    assert jobs.jobs > 40
    assert {
        "exports/report_picture.py:draw_picture",
        "models/model_charts.py:_load",
        "state/task_lanes.py:report",
    } <= jobs.reached


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("self._lanes.run(Lane.STORAGE, lambda _ticket: QPixmap())", "uses QPixmap"),
        ("self._access.ask(lambda history: thumbnails(b''))", "thumbnails uses QImage.fromData"),
        ("self._lanes.run(Lane.STORAGE, lambda _ticket: QImage('a.png'))", "uses QImage of a file"),
        (
            "self._lanes.run(Lane.STORAGE, job=lambda _ticket: Plain().decode(b''))",
            "decode uses QImageReader",
        ),
        ("self._lanes.run(Lane.STORAGE, self.paint)", "paint uses Shown.setToolTip"),
        ("self._lanes.run(Lane.STORAGE, lambda _ticket: self.tell())", "tell uses self.changed.emit"),
        ("self._lanes.run(Lane.STORAGE, lambda _ticket: self._label.setText(''))", "uses .setText"),
        ("self._lanes.run(Lane.STORAGE, lambda _ticket: Shown(self._lanes, self._access))", "uses Shown"),
        ("self.other(lambda _ticket: QPixmap())", "uses QPixmap"),
        ("self._lanes.run(Lane.STORAGE, lambda _ticket: max([], key=thumbnails))", "thumbnails uses QImage"),
    ],
)
def test_a_violation_is_found(tmp_path: Path, body: str, found: str) -> None:
    spoilt = tmp_path / "ui"
    shutil.copytree(UI, spoilt, ignore=shutil.ignore_patterns("__pycache__"))
    (spoilt / "spoilt.py").write_text(MODULE.format(body=f"        {body}"), "utf-8")
    told = forbidden(LaneJobs(spoilt, "hematodesk.ui"))
    assert told and all(line.startswith("spoilt.py: ") for line in told)
    assert any(found in line for line in told), told


def test_a_job_that_cannot_be_followed_is_told(tmp_path: Path) -> None:
    (tmp_path / "spoilt.py").write_text(
        MODULE.format(body="        self._lanes.run(Lane.STORAGE, self._jobs.pop())"), "utf-8"
    )
    assert LaneJobs(tmp_path, "hematodesk.ui").unresolved == [
        "spoilt.py:18: self._jobs.pop()",
        # Nobody gives it one here.
        "spoilt.py:27: job",
    ]

"""Window tests: no display needed, and nothing may be left behind.

A Qt warning fails a test through pytest-qt's `qt_log_level_fail`. The fixture here fails one
that leaves a top-level window, a thread or a running timer.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from hematodesk.domain.cells import Cell, CellOrigin, Prediction, Provenance, Review, UncertainReason, Verdict
from hematodesk.domain.geometry import Box

NOW = "2026-11-21T03:00:00.000Z"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform says of many a window that it keeps no size hints: no fault of ours."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.qt_log_ignore("does not support propagateSizeHints"))


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a window, a thread or a running timer."""
    threads_before = set(threading.enumerate())
    windows_before = {id(window) for window in qapp.topLevelWidgets()}
    yield
    for _ in range(2):
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
    gc.collect()
    # Qt keeps the window of its tooltips for itself.
    windows = [
        window
        for window in qapp.topLevelWidgets()
        if id(window) not in windows_before and window.metaObject().className() != "QTipLabel"
    ]
    told = [str(window) for window in windows]
    for window in windows:
        window.close()
        window.deleteLater()
    threads = [
        thread
        for thread in threading.enumerate()
        # A thread of Qt's own that once called into Python is a dummy here.
        if thread not in threads_before and not isinstance(thread, threading._DummyThread)
    ]
    running = [
        str(thing)
        for thing in gc.get_objects()
        if isinstance(thing, QTimer | QThread)
        and isValid(thing)
        and (thing.isActive() if isinstance(thing, QTimer) else thing.isRunning())
        and thing is not qapp.thread()
    ]
    assert not told, f"windows left open: {told}"
    assert not threads, f"threads left running: {threads}"
    assert not running, f"timers or threads left running: {running}"


class Samples:
    """Cells and pictures to show."""

    def __init__(self) -> None:
        self.sure = self.prediction(
            ("neutrophil", 0.97), ("monocyte", 0.02), ("lymphocyte", 0.008), ("eosinophil", 0.002)
        )
        self.unsure = self.prediction(
            ("lymphocyte", 0.47),
            ("monocyte", 0.41),
            ("neutrophil", 0.08),
            ("eosinophil", 0.04),
            uncertain=UncertainReason.LOW_CONFIDENCE,
        )

    def prediction(self, *ranked: tuple[str, float], uncertain: UncertainReason | None = None) -> Prediction:
        return Prediction(ranked, uncertain, Provenance("wbc4", "1.0.0", "ab" * 32, "auto", "cpu", 17.6, NOW))

    def cell(
        self,
        x: int = 100,
        y: int = 100,
        w: int = 60,
        h: int = 60,
        *,
        prediction: Prediction | None = None,
        review: Review | None = None,
        removed: bool = False,
        note: str = "",
    ) -> Cell:
        """A cell that is surely a neutrophil unless told otherwise."""
        shown = prediction if prediction is not None else self.sure
        return Cell(
            Box(x, y, w, h), CellOrigin.LOCATED, prediction=shown, review=review, removed=removed, note=note
        )

    def unnamed(self) -> Cell:
        return Cell(Box(10, 10, 40, 40), CellOrigin.ADDED)

    def review(self, verdict: Verdict, class_id: str | None, operator: str = "ada") -> Review:
        return Review(verdict, class_id, operator, NOW)

    def picture(self, width: int = 640, height: int = 480) -> npt.NDArray[np.uint8]:
        """A ramp of red from left to right, of green from top to bottom."""
        pixels = np.full((height, width, 3), 200, dtype=np.uint8)
        pixels[..., 0] = np.linspace(0, 255, width).astype(np.uint8)
        pixels[..., 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
        return pixels


@pytest.fixture
def samples() -> Samples:
    """Cells and pictures to show."""
    return Samples()

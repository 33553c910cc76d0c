"""Window tests: no display needed, and nothing may be left behind.

A Qt warning fails a test through pytest-qt's `qt_log_level_fail`. The fixture here fails one
that leaves a top-level window, a thread or a running timer.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from onnx import TensorProto, helper, numpy_helper

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QThread, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from hematodesk.bootstrap import build_at
from hematodesk.domain.cells import Cell, CellOrigin, Prediction, Provenance, Review, UncertainReason, Verdict
from hematodesk.domain.classes import WBC4
from hematodesk.domain.geometry import Box
from hematodesk.domain.operators import Operator
from hematodesk.domain.packages import ModelPackage
from hematodesk.imaging.reader import LocalReader
from hematodesk.inference.provider import open_bytes
from hematodesk.ui.kit.theme import Theme
from hematodesk.ui.main_window import MainWindow
from hematodesk.ui.state.task_lanes import TaskLanes
from hematodesk.workflow.services import Services
from hematodesk.workflow.system.paths import AppPaths

NOW = "2026-11-21T03:00:00.000Z"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform says of many a window that it keeps no size hints: no fault of ours."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.qt_log_ignore("does not support propagateSizeHints"))


class LocalTrial:
    """Tries models in this process, as far as a test has their bytes."""

    def check(self, package: ModelPackage, data: bytes | None = None, *, again: bool = False) -> None:
        if data is not None:
            open_bytes(data, package)


@pytest.fixture
def lanes(qtbot: QtBot) -> Iterator[TaskLanes]:
    """Lanes without a window."""
    made = TaskLanes()
    yield made
    assert made.stop()
    made.deleteLater()


@pytest.fixture(autouse=True)
def decode_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows decode in this process: a child for each would take its time."""
    monkeypatch.setattr("hematodesk.bootstrap._open_reader", LocalReader)
    monkeypatch.setattr("hematodesk.bootstrap._open_trial", lambda paths: LocalTrial())


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
    left = [
        thing
        for thing in gc.get_objects()
        if isinstance(thing, QTimer | QThread)
        and isValid(thing)
        and (thing.isActive() if isinstance(thing, QTimer) else thing.isRunning())
        and thing is not qapp.thread()
    ]
    running = [str(thing) for thing in left]
    for thing in left:
        # The next test shall not pay for it.
        if isinstance(thing, QTimer):
            thing.stop()
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
        return Review(verdict, class_id, Operator.named(operator), NOW)

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


class Bench:
    """Windows on a data folder of their own, with a tiny model, over the real services."""

    def __init__(self, folder: Path, qtbot: QtBot, theme: Theme) -> None:
        self.folder = folder
        self.samples = Path(__file__).parents[2] / "resources" / "samples"
        self._qtbot = qtbot
        self._theme = theme
        self._windows: list[MainWindow] = []
        self.bugs: list[Exception] = []
        (folder / "models").mkdir(parents=True)

    def ship_model(
        self,
        name: str = "tiny",
        *,
        with_map: bool = False,
        favourite: str = "neutrophil",
        classes: Sequence[str] = WBC4,
    ) -> None:
        """Put the tiny model among the shipped ones; with a map it can say why."""
        data = tiny_package(name, with_map=with_map, favourite=favourite, classes=classes)
        (self.folder / "models" / f"{name}.onnx").write_bytes(data)
        sums = [
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
            for path in (self.folder / "models").glob("*.onnx")
        ]
        (self.folder / "models" / "SHA256SUMS").write_text("\n".join(sums) + "\n")

    def model_file(self, name: str) -> Path:
        """The tiny model as a file that somebody brings along."""
        path = self.folder / f"{name}.onnx"
        path.write_bytes(tiny_package(name))
        return path

    def services(self) -> Services:
        """New services on the data folder, as another start of the program has them."""
        return build_at(AppPaths(self.folder / "data", False, self.folder / "models", self.samples.parent))

    def show(self, services: Services | None = None, start: Sequence[Path] | None = ()) -> MainWindow:
        """A window, shown; started with these images and at rest, unless `start` is None."""
        window = MainWindow(services or self.services(), self._theme)
        window.lanes.unexpected.connect(self.bugs.append)
        self._windows.append(window)
        window.resize(1200, 760)
        # The offscreen screen is so small that a first window leaves the history folded.
        window.window_state.show_history()
        window.show()
        self._qtbot.waitExposed(window)
        if start is not None:
            window.start(start)
            self.rest(window)
        return window

    def rest(self, window: MainWindow) -> None:
        """Wait until nothing is under way and what is shown is what was asked for."""
        self._qtbot.waitUntil(
            lambda: (
                not window.lanes.busy
                and window.viewer.settled
                and not window.panel.model.loading
                and not window.runs.busy
            ),
            timeout=60_000,
        )

    def close(self, window: MainWindow) -> None:
        """Close a window and wait for its sitting to end."""
        if window not in self._windows:
            return
        self._windows.remove(window)
        if not window.session.over:
            with self._qtbot.waitSignal(window.closed, timeout=30_000):
                window.close()
        window.deleteLater()

    def close_all(self) -> None:
        """Close every window still open."""
        for window in tuple(self._windows):
            self.close(window)
        # A bug on a lane ends in the error report; here it ends the test.
        for bug in self.bugs:
            raise bug

    def field(self, name: str = "field.jpg", sample: str = "smear_01_neutrophil.jpg") -> Path:
        """A copy of a drawn sample under another name."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((self.samples / sample).read_bytes())
        return target

    def plain(self, count: int, folder: str = "plain") -> list[Path]:
        """Small images without cells, each with a digest of its own."""
        paths = []
        for number in range(count):
            picture = QImage(64, 48, QImage.Format.Format_RGB888)
            picture.fill(0xFFE0D8D0 + number)
            path = self.folder / folder / f"plain_{number:03}.png"
            path.parent.mkdir(exist_ok=True)
            assert picture.save(str(path))
            paths.append(path)
        return paths


def tiny_package(
    name: str, *, with_map: bool = False, favourite: str = "neutrophil", classes: Sequence[str] = WBC4
) -> bytes:
    """A package with four classes that always answers the same: its favourite surely, and quickly.

    With a map, each class but the neutrophil has evidence where a channel is bright, and the
    neutrophil where it is dark.
    """
    manifest: dict[str, Any] = {
        "schema": 1,
        "name": name,
        "version": "1.0.0",
        "licence": "MIT",
        "intended_use": "Tests of the window",
        "date": "2026-11-21",
        "classes": [{"id": each, "display": each.capitalize()} for each in classes],
        "input": {
            "name": "image",
            "width": 16,
            "height": 16,
            "layout": "nhwc",
            "colour": "rgb",
            "scale": 0.00784313725490196,
            "offset": [-1.0, -1.0, -1.0],
            "crop": {"rule": "cell", "red_cells": 3.0, "context": 1.6},
        },
        "outputs": {"scores": "logits", "kind": "logits", "activation_map": None, "embedding": None},
        "calibration": {"temperature": 1.0},
        "abstention": {"min_confidence": 0.5, "familiarity": None},
        "provenance": {
            "data": ["nothing"],
            "split": "none",
            "base_weights": "none",
            "commit": "0000000",
            "parent_sha256": None,
        },
        "metrics": [],
    }
    kernel = np.zeros((3, 4), np.float32)
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 4])]
    if with_map:
        manifest["outputs"]["activation_map"] = "cam"
        kernel[[0, 1, 2], [0, 1, 2]] = 0.01
        kernel[:, 3] = -1.0
        outputs.append(helper.make_tensor_value_info("cam", TensorProto.FLOAT, ["N", 16, 16, 4]))
    weights = numpy_helper.from_array(kernel, "weights")
    liking = np.array([0.0, 1.0, 0.5, 0.2], np.float32)
    liking[classes.index(favourite)] = 4.0
    bias = numpy_helper.from_array(liking, "bias")
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["means"], axes=[1, 2], keepdims=0),
        helper.make_node("Gemm", ["means", "weights", "bias"], ["logits"]),
    ]
    if with_map:
        nodes.append(helper.make_node("MatMul", ["image", "weights"], ["cam"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 16, 16, 3])],
        outputs,
        [weights, bias],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"hematodesk": json.dumps(manifest)})
    return bytes(model.SerializeToString())


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """The look of all windows."""
    return Theme(qapp, "light")


@pytest.fixture
def bench(tmp_path: Path, qtbot: QtBot, theme: Theme) -> Iterator[Bench]:
    """Windows with a model."""
    made = Bench(tmp_path, qtbot, theme)
    made.ship_model()
    yield made
    made.close_all()


@pytest.fixture
def empty_bench(tmp_path: Path, qtbot: QtBot, theme: Theme) -> Iterator[Bench]:
    """Windows without any model."""
    made = Bench(tmp_path / "empty", qtbot, theme)
    yield made
    made.close_all()

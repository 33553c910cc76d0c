"""Why: what the activation map costs beside the plain answer."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from common import ROOT, Row

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def run(rounds: int = 300) -> list[Row]:
    """The map's whole way, from the cell to the picture laid over the image, in turn with `classify`."""
    import onnxruntime  # noqa: F401 - before PySide6, as the program does
    from PySide6.QtWidgets import QApplication

    from export_tools.phantom import render_field
    from hematodesk.domain.cells import Cell, CellOrigin
    from hematodesk.imaging.locate import locate_cells
    from hematodesk.inference.classify import Classifier
    from hematodesk.inference.package import read_package
    from hematodesk.ui.kit.activation_overlay import ActivationOverlay
    from hematodesk.workflow.analysis.analyser import cut_cell
    from hematodesk.workflow.review.explain import explain_cell

    application = QApplication.instance() or QApplication(["why"])
    path: Path = sorted((ROOT / "models").glob("wbc4-*.onnx"))[-1]
    classifier = Classifier(read_package(path), "cpu")
    pixels = render_field(3, width=640, height=480).pixels
    found = locate_cells(pixels)
    cell = Cell(found.cells[0].box, CellOrigin.LOCATED)

    def plain() -> None:
        classifier.classify([cut_cell(pixels, cell, found.red_cell_diameter, classifier).crop])

    def why() -> None:
        explained = explain_cell(pixels, cell, found.red_cell_diameter, classifier)
        assert explained is not None
        ActivationOverlay(explained, explained.class_ids[0], 0.5)

    why()
    answers, reasons = [], []
    for _ in range(rounds):
        answers.append(_milliseconds(plain))
        reasons.append(_milliseconds(why))
    del application
    took = statistics.median(reasons)
    return [
        Row(
            "why: activation map after the answer",
            f"{took:.1f} ms",
            f"the plain answer {statistics.median(answers):.1f} ms",
            "5 ms",
            took <= 5,
        )
    ]

"""Histories and made-up results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hematodesk.domain.cells import (
    Cell,
    CellOrigin,
    ImageResult,
    ImageStatus,
    Prediction,
    Provenance,
    UncertainReason,
)
from hematodesk.domain.geometry import Box
from hematodesk.storage.history import History

WHEN = "2026-03-04T05:06:07.008Z"


def make_prediction(
    class_id: str = "neutrophil", confidence: float = 0.9, uncertain: bool = False
) -> Prediction:
    other = "monocyte" if class_id != "monocyte" else "neutrophil"
    return Prediction(
        ranked=((class_id, confidence), (other, 1 - confidence)),
        uncertain=UncertainReason.LOW_CONFIDENCE if uncertain else None,
        provenance=Provenance("wbc4", "1.0.0", "ab" * 32, "auto", "cpu", 4.25, WHEN),
    )


def make_cell(class_id: str | None = "neutrophil", confidence: float = 0.9, uncertain: bool = False) -> Cell:
    prediction = None if class_id is None else make_prediction(class_id, confidence, uncertain)
    return Cell(Box(10, 20, 30, 40), CellOrigin.LOCATED, 0.75, prediction)


def make_result(
    name: str = "smear_01.jpg", *cells: Cell, when: str = WHEN, digest: str = "cd" * 32
) -> ImageResult:
    return ImageResult(
        name=name,
        path=f"/fields/{name}",
        digest=digest,
        width=640,
        height=480,
        status=ImageStatus.OK if cells else ImageStatus.NO_CELL,
        cells=cells,
        notices=("depth_reduced",),
        thumbnail=b"\xff\xd8jpeg",
        red_cell_diameter=61.5,
        elapsed_ms=12.25,
        created_at=when,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.sqlite3"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    opened = History.open(path)
    yield opened
    opened.close()


@pytest.fixture
def result() -> Callable[..., ImageResult]:
    return make_result


@pytest.fixture
def cell() -> Callable[..., Cell]:
    return make_cell


@pytest.fixture
def prediction() -> Callable[..., Prediction]:
    return make_prediction

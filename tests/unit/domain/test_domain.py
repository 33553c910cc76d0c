"""The words of the house: boxes, labels, statistics and cancelling."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hematodesk.domain.cancel import CancelToken
from hematodesk.domain.cells import (
    Cell,
    CellOrigin,
    Prediction,
    Provenance,
    Review,
    UncertainReason,
    Verdict,
    now_utc,
)
from hematodesk.domain.classes import CELL_CLASSES, cell_class
from hematodesk.domain.errors import Cancelled
from hematodesk.domain.geometry import Box
from hematodesk.domain.operators import Operator
from hematodesk.domain.statistics import softmax, wilson_interval

BOXES = st.builds(Box, st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 60), st.integers(1, 60))
MADE = Provenance("wbc4", "1.0.0", "00" * 32, "auto", "cpu", 4.0, "2026-03-01T10:00:00.000Z")


@given(BOXES, BOXES)
def test_overlap_counted_pixel_by_pixel(one, other):
    def mask(box):
        field = np.zeros((180, 180), bool)
        field[box.y + 50 : box.y + 50 + box.h, box.x + 50 : box.x + 50 + box.w] = True
        return field

    shared = np.logical_and(mask(one), mask(other)).sum()
    either = np.logical_or(mask(one), mask(other)).sum()
    assert one.iou(other) == pytest.approx(shared / either)
    assert one.iou(other) == other.iou(one)


def test_boxes_are_clipped_to_the_image():
    assert Box(-5, 10, 20, 100).clipped(50, 60) == Box(0, 10, 15, 50)
    with pytest.raises(ValueError, match="positive"):
        Box(70, 0, 5, 5).clipped(50, 60)


def test_the_label_is_the_review_if_there_is_one_else_the_prediction():
    prediction = Prediction((("monocyte", 0.6), ("lymphocyte", 0.4)), UncertainReason.LOW_CONFIDENCE, MADE)
    cell = Cell(Box(0, 0, 9, 9), CellOrigin.LOCATED, prediction=prediction)
    assert (cell.label, cell.uncertain) == ("monocyte", True)
    corrected = Review(Verdict.CORRECTED, "lymphocyte", Operator.named("x"), now_utc())
    reviewed = Cell(Box(0, 0, 9, 9), CellOrigin.LOCATED, prediction=prediction, review=corrected)
    assert (reviewed.label, reviewed.uncertain) == ("lymphocyte", False)
    rejected = Review(Verdict.REJECTED, None, Operator.named("x"), now_utc())
    assert Cell(Box(0, 0, 9, 9), CellOrigin.ADDED, prediction=prediction, review=rejected).label is None
    assert Cell(Box(0, 0, 9, 9), CellOrigin.ADDED).label is None


def test_class_ids_are_stable_and_colours_differ():
    assert set(CELL_CLASSES) == {
        "eosinophil", "lymphocyte", "monocyte", "neutrophil", "basophil", "erythroblast",
        "immature_granulocyte", "platelet", "red_cell", "white_cell",
    }  # fmt: skip
    assert len({known.colour for known in CELL_CLASSES.values()}) == len(CELL_CLASSES)
    assert cell_class("abnormal_cells").name == "Abnormal cells"
    others = {cell_class(f"kind_{number}").colour for number in range(40)}
    assert len(others) > 3 and not others & {known.colour for known in CELL_CLASSES.values()}
    # Two classes of another's package can be told apart, and look the same at every start.
    assert cell_class("normal_cell").colour == "#99EEBB"
    assert cell_class("abnormal_cell").colour == "#883377"


# Values of R's Hmisc::binconf(method="wilson").
@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962), (69, 71, 0.9030, 0.9922)],
)
def test_wilson_interval(hits, trials, low, high):
    assert wilson_interval(hits, trials) == pytest.approx((low, high), abs=5e-4)


def test_wilson_interval_without_trials_knows_nothing():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="successes"):
        wilson_interval(3, 2)


def test_softmax_is_stable_and_temperature_softens():
    logits = np.array([[1000.0, 1001.0, 0.0]])
    plain, soft = softmax(logits), softmax(logits, 4.0)
    assert plain.sum() == pytest.approx(1) and soft.sum() == pytest.approx(1)
    assert plain[0, 1] == pytest.approx(1 / (1 + np.exp(-1)))
    assert plain[0, 1] > soft[0, 1] > soft[0, 0]


def test_cancelling_interrupts_once_and_from_another_thread():
    token, calls = CancelToken(), []
    token.on_cancel(lambda: calls.append("kept"))
    token.on_cancel(lambda: calls.append("taken back"))()
    token.check()
    worker = threading.Thread(target=token.cancel)
    worker.start()
    worker.join()
    token.cancel()
    assert calls == ["kept"] and token.cancelled
    with pytest.raises(Cancelled):
        token.check()
    token.on_cancel(lambda: calls.append("late"))
    assert calls == ["kept", "late"]

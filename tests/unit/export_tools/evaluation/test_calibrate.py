"""Calibration against cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from export_tools.evaluation.calibrate import (
    Answers,
    least_confidence,
    pooled,
    whitening,
)
from hematodesk.domain.statistics import fit_temperature, softmax
from hematodesk.inference.head import Centres


def drawn(count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits and true classes drawn from their softmax: calibrated by construction."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (count, 3))
    chances = softmax(logits).cumsum(axis=1)
    return logits, (random.random((count, 1)) > chances).sum(axis=1)


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5])
def test_the_temperature_undoes_a_known_sharpening(factor: float) -> None:
    logits, truth = drawn()
    weights = np.ones(len(truth))
    assert fit_temperature(logits * factor, truth, weights) == pytest.approx(factor, rel=0.05)


def test_the_threshold_is_the_lowest_that_reaches_the_wanted_accuracy() -> None:
    confidence = np.array([0.555, 0.655, 0.755, 0.855, 0.965])
    scores = np.column_stack([confidence, 1 - confidence])
    truth = np.array([1, 1, 0, 0, 0])
    weights = np.ones(5)
    assert least_confidence(scores, truth, weights, wanted=1.0) == pytest.approx(0.66)
    assert least_confidence(scores, truth, weights, wanted=0.7) == pytest.approx(0.56)
    assert least_confidence(scores, 1 - truth, weights, wanted=1.0) == pytest.approx(0.95)


def test_strangers_are_farther_than_cells_of_training() -> None:
    random = np.random.default_rng(1)
    centres = random.normal(0, 3, (3, 20))
    spread = np.linspace(0.1, 2, 20)
    truth = random.integers(0, 3, 3000)
    known = centres[truth] + random.normal(0, 1, (3000, 20)) * spread
    projection, means = whitening(known[:2000], truth[:2000], 3)
    fresh = Centres(projection, means).strangeness(known[2000:])
    # Mean square of whitened directions: 1 by construction, less where the shrinking widens a narrow one.
    assert 0.7 < fresh.mean() < 1.1
    strangers = Centres(projection, means).strangeness(random.normal(0, 6, (500, 20)))
    assert np.mean(strangers > np.quantile(fresh, 0.99)) > 0.95


def test_a_class_that_is_known_but_not_named_is_a_stranger() -> None:
    random = np.random.default_rng(2)
    centres = np.zeros((4, 300))
    centres[[0, 1, 2, 3], [0, 1, 2, 3]] = 12
    truth = random.integers(0, 4, 4000)
    cells = centres[truth] + random.normal(0, 1, (4000, 300))
    projection, means = whitening(cells, truth, 3)
    assert len(means) == 3
    found = Centres(projection, means).strangeness(cells)
    limit = np.quantile(found[truth < 3], 0.99)
    assert np.mean(found[truth == 3] > limit) > 0.95


def answered(sources: list[str], logits: list[list[float]]) -> Answers:
    count = len(sources)
    values = np.array(logits)
    return Answers(values, values, np.zeros(count, np.int64), np.ones(count), np.array(sources))


def test_pooled_sources_weigh_the_same() -> None:
    both = pooled([answered(["a", "b"], [[1, 0], [0, 1]]), answered(["b"] * 3, [[0, 1]] * 3)])
    assert both.weights.tolist() == [1, 0.25, 0.25, 0.25, 0.25]
    assert both.logits.shape == (5, 2)

"""The worth of a confidence, against numbers worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from export_tools.figures.confidence import (
    calibration_error,
    chance_error,
    confidence_document,
    confidence_figures,
    confidence_markdown,
    reliability,
)
from hematodesk.domain.statistics import wilson_interval


def test_calibration_errors_by_hand() -> None:
    # Two bins of equal width: 0.9 said and 1.0 right; 0.6 said and 0.5 right.
    figures = confidence_figures([0.9, 0.9, 0.6, 0.6], [True, True, True, False], list("abcd"))
    assert figures.error == pytest.approx(0.5 * 0.1 + 0.5 * 0.1)
    assert [each.count for each in figures.bins] == [2, 2]
    # One answer a bin where there are fewer answers than bins.
    assert figures.adaptive_error == pytest.approx((0.1 + 0.1 + 0.4 + 0.6) / 4)


def test_a_confidence_that_keeps_its_word_has_no_error() -> None:
    random = np.random.default_rng(0)
    said = random.uniform(0.3, 1, 40_000)
    figures = confidence_figures(said.tolist(), (random.random(40_000) < said).tolist(), ["x"] * 40_000)
    assert figures.error is not None
    assert figures.adaptive_error is not None
    assert max(figures.error, figures.adaptive_error) < 0.01
    sure = confidence_figures([1.0] * 4, [True] * 2 + [False] * 2, list("abcd"))
    assert sure.error == 0.5


def test_few_images_cannot_show_a_small_error() -> None:
    random = np.random.default_rng(3)
    few, many = random.uniform(0.5, 1, 60), random.uniform(0.5, 1, 20_000)
    small = chance_error(many, [str(index) for index in range(len(many))])
    own = chance_error(few, [str(index) for index in range(len(few))])
    # Each original thirty times: the images are many, what they tell is not.
    copies = chance_error(np.repeat(few, 30), [str(index) for index in range(60) for _ in range(30)])
    assert small is not None and own is not None and copies is not None
    assert small < 0.01 < 0.05 < own
    assert copies == pytest.approx(own, abs=0.02)
    assert chance_error(np.array([]), []) is None


def test_weights_count_in_the_calibration_error() -> None:
    said, hit = np.array([0.9, 0.9]), np.array([True, False])
    assert calibration_error(reliability(said, hit, np.array([9.0, 1.0]))) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(reliability(said, hit, np.array([1.0, 1.0]))) == pytest.approx(0.4)
    assert calibration_error(reliability(said, hit)) == pytest.approx(0.4)
    # Between bins, too: the sure answer, which is wrong, weighs three times the other one.
    said, hit = np.array([0.9, 0.5]), np.array([False, True])
    assert calibration_error(reliability(said, hit, np.array([3.0, 1.0]))) == pytest.approx(0.8)
    assert calibration_error(()) is None


def test_the_least_sure_are_withheld_first_and_what_was_not_found_before_them() -> None:
    said = [0.99, 0.95, 0.9, 0.8, None]
    hit = [True, True, True, False, False]
    figures = confidence_figures(said, hit, ["a", "a", "b", "c", "d"])
    assert figures.accuracy.tolist() == pytest.approx([1, 1, 1, 0.75, 0.6])
    assert figures.kept_accuracy == 0.75
    assert (figures.kept_images, figures.kept_sources) == (4, 3)
    assert figures.kept_interval == wilson_interval(2, 3)
    assert figures.area == pytest.approx((0.25 + 0.4) / 5)
    assert figures.answered == 4
    # An unfamiliar answer is withheld before one of low confidence.
    strange = confidence_figures([0.99, 0.4], [False, True], ["a", "b"], [True, False])
    assert strange.accuracy.tolist() == [1, 0.5]


def test_ties_do_not_depend_on_the_order() -> None:
    one = confidence_figures([0.5] * 4, [True, True, False, False], list("abcd"))
    other = confidence_figures([0.5] * 4, [False, False, True, True], list("abcd"))
    assert one.accuracy.tolist() == other.accuracy.tolist() == [0.5] * 4


def test_reports_hold_the_figures() -> None:
    figures = confidence_figures([0.9, None], [True, False], ["a", "b"])
    document = json.loads(json.dumps(confidence_document(figures)))
    assert document["expected_calibration_error"] == pytest.approx(0.1)
    assert len(document["risk_coverage"]["coverage"]) == 20
    assert document["at_abstention"]["source_images"] == 2
    assert "Expected calibration error 0.100" in confidence_markdown(figures)
    nothing = confidence_figures([None], [False], ["a"])
    assert nothing.error is None
    assert "No image was answered" in confidence_markdown(nothing)


def test_nothing_and_lists_of_unlike_length_are_refused() -> None:
    with pytest.raises(ValueError, match="no image"):
        confidence_figures([], [], [])
    with pytest.raises(ValueError, match="differ"):
        confidence_figures([0.5], [True, False], ["a"])

"""Before and after on the same cells, in figures that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hematodesk.domain.comparison import Verdict, compare_answers, mcnemar
from hematodesk.domain.statistics import fit_temperature, softmax, wilson_interval


def answers(*runs: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(count, truth, before, after) runs as three arrays."""
    rows = [row for count, *row in runs for _ in range(count)]
    truth, before, after = np.array(rows).T
    return truth, before, after


def test_the_table_counts_what_changed_both_ways() -> None:
    truth, before, after = answers((8, 0, 0, 0), (4, 0, 1, 0), (2, 1, 1, 0), (6, 1, 1, 1))
    groups = [f"image {index // 2}" for index in range(20)]
    told = compare_answers(truth, before, after, groups, ("eosinophil", "monocyte", "basophil"))
    assert [each.class_id for each in told.classes] == ["eosinophil", "monocyte"]
    assert (told.classes[0].before.right, told.classes[0].after.right) == (8, 12)
    assert (told.classes[1].before.right, told.classes[1].after.right) == (8, 6)
    assert (told.mended, told.spoiled) == (4, 2)
    assert told.balanced_before == pytest.approx((8 / 12 + 1) / 2)
    assert told.balanced_after == pytest.approx((1 + 6 / 8) / 2)
    assert (told.after.cells, told.after.images) == (20, 10)
    assert told.after.interval == wilson_interval(9, 10)
    assert told.difference[0] < told.balanced_after - told.balanced_before < told.difference[1]


@pytest.mark.parametrize(
    ("runs", "verdict"),
    [
        (((40, 0, 1, 0), (40, 1, 1, 1)), Verdict.BETTER),
        (((2, 0, 1, 0), (20, 0, 0, 0), (1, 1, 1, 0), (40, 1, 1, 1)), Verdict.LIKELY),
        (((20, 0, 0, 0), (2, 1, 1, 0), (20, 1, 1, 1)), Verdict.NOT),
        (((20, 0, 0, 0), (20, 1, 1, 1)), Verdict.NOT),
    ],
)
def test_the_verdict_follows_the_figures(
    runs: tuple[tuple[int, int, int, int], ...], verdict: Verdict
) -> None:
    truth, before, after = answers(*runs)
    groups = [str(index) for index in range(len(truth))]
    assert compare_answers(truth, before, after, groups, ("a", "b")).verdict is verdict


def test_many_cells_of_one_image_prove_little() -> None:
    truth, before, after = answers((40, 0, 1, 0), (40, 1, 1, 1))
    told = compare_answers(truth, before, after, ["one"] * 40 + ["two"] * 40, ("a", "b"))
    assert told.after.interval == wilson_interval(2, 2)
    assert told.difference[0] == 0
    assert told.verdict is Verdict.LIKELY


def test_nothing_to_compare_is_refused() -> None:
    nothing = np.zeros(0, np.int64)
    with pytest.raises(ValueError, match="no cell"):
        compare_answers(nothing, nothing, nothing, [], ("a", "b"))


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(9, 1) == mcnemar(1, 9) == pytest.approx(22 / 1024)
    assert mcnemar(700, 700) == 1.0


def test_the_temperature_is_found_again() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (4000, 4))
    chances = softmax(logits, 2.0)
    truth = np.array([random.choice(4, p=each) for each in chances])
    assert fit_temperature(logits, truth) == pytest.approx(2.0, rel=0.1)
    assert fit_temperature(logits, truth, lowest=0.5, highest=1.0) == pytest.approx(1.0, rel=0.01)

"""The figures of an evaluation, against numbers worked out by hand."""

from __future__ import annotations

import json

import pytest

from export_tools.figures.metrics import as_document, as_markdown, measure
from hematodesk.domain.statistics import wilson_interval

TRUE = ["a", "a", "a", "a", "b", "b"]
SAID = ["a", "a", "a", "b", "b", None]
FROM = ["1", "1", "2", "2", "3", "4"]


def test_figures_by_hand() -> None:
    figures = measure(TRUE, SAID, FROM, ["a", "b", "c"])
    assert figures.accuracy == pytest.approx(4 / 6)
    assert figures.balanced_accuracy == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert figures.confusion.tolist() == [[3, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    a, b, c = (figures.per_class[name] for name in "abc")
    assert (a.precision, a.recall, a.f1) == (1.0, 0.75, pytest.approx(6 / 7))
    assert (b.precision, b.recall, b.f1) == (0.5, 0.5, 0.5)
    assert (c.precision, c.recall, c.f1, c.support) == (None, None, None, 0)


def test_intervals_count_source_images_not_copies() -> None:
    figures = measure(["a"] * 100, ["a"] * 90 + ["b"] * 10, [str(n % 10) for n in range(100)], ["a", "b"])
    assert figures.source_images == 10
    assert figures.interval == wilson_interval(9, 10)
    assert figures.per_class["a"].recall_interval == wilson_interval(9, 10)


def test_a_class_that_the_model_does_not_have_is_an_error_of_the_model() -> None:
    assert measure(["a"], ["z"], ["1"], ["a"]).confusion.tolist() == [[0, 1]]


def test_reports_hold_the_figures() -> None:
    figures = measure(TRUE, SAID, FROM, ["a", "b"])
    document = json.loads(json.dumps(as_document(figures)))
    assert document["source_images"] == 4
    assert document["confusion"]["columns"] == ["a", "b", "nothing_found"]
    text = as_markdown("model on data", figures)
    assert "6 images of 4 source images: accuracy 66.7%" in text
    assert "| b | 0 | 1 | 1 |" in text


@pytest.mark.parametrize(
    ("true", "said", "sources", "reason"),
    [
        ([], [], [], "no image"),
        (["a"], [], ["1"], "differ in length"),
        (["q"], ["a"], ["1"], "class q"),
    ],
)
def test_what_cannot_be_counted_is_refused(true: list, said: list, sources: list, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        measure(true, said, sources, ["a"])

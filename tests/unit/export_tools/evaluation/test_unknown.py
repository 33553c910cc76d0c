"""Figures of what a package has never seen: laboratories, immature cells, films with blasts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from export_tools.data.records import Record
from export_tools.evaluation.films import films_markdown, simulate
from export_tools.evaluation.judging import Answer
from export_tools.evaluation.laboratory_figures import (
    laboratories_markdown,
    laboratory_figures,
    share_of,
)
from export_tools.evaluation.strangers import strangers_markdown, strangers_of
from hematodesk.domain.cells import Prediction, Provenance, UncertainReason
from hematodesk.domain.statistics import wilson_interval


def told(truth: str, name: str | None, *, sure: bool = True, group: str = "", subtype: str = "") -> Answer:
    """An answer; without a name no cell was located."""
    record = Record(Path("x.jpg"), None, truth, "lab", group or f"g{id(object())}", "x", subtype=subtype)
    if name is None:
        return Answer(record, None, located=False)
    made = Provenance("m", "1", "", "cpu", "cpu", 0.0, "")
    uncertain = None if sure else UncertainReason.LOW_CONFIDENCE
    return Answer(record, Prediction(((name, 0.9), ("other", 0.1)), uncertain, made))


def some(count: int, truth: str, name: str | None, **how: bool) -> list[Answer]:
    return [told(truth, name, group=f"{truth}{name}{number}", **how) for number in range(count)]


def test_a_laboratory_s_figures_count_what_they_say() -> None:
    answers = [
        *some(6, "neutrophil", "neutrophil"),
        *some(2, "neutrophil", "eosinophil", sure=False),
        *some(1, "monocyte", "lymphocyte"),
        *some(1, "monocyte", None),
    ]
    found = laboratory_figures("Erbil", "m.onnx", answers)
    assert (found.cells, found.groups, found.located) == (10, 10, 9)
    assert found.accuracy.value == 0.6
    assert found.balanced.value == (0.75 + 0) / 2
    assert found.certain.value == 0.7
    assert found.right.value == pytest.approx(6 / 7)
    with pytest.raises(ValueError, match="Erbil"):
        laboratory_figures("Erbil", "m.onnx", [])


def test_the_cells_of_one_slide_are_not_independent() -> None:
    hits = np.repeat([True, False, True, True, False], 20)
    every = np.ones(100, dtype=bool)
    apart = share_of(hits, every, [str(number) for number in range(100)])
    together = share_of(hits, every, [str(number // 20) for number in range(100)])
    assert apart.value == together.value == 0.6
    assert together.high - together.low > 2 * (apart.high - apart.low)
    assert (apart.low, apart.high) == pytest.approx(wilson_interval(60, 100), abs=0.02)


def test_a_share_of_all_or_of_one_slide_is_not_taken_for_certain() -> None:
    all_right = np.ones(20, dtype=bool)
    share = share_of(all_right, all_right, [str(number) for number in range(20)])
    assert (share.value, share.low) == (1, pytest.approx(wilson_interval(20, 20)[0]))
    one_slide = share_of(all_right, all_right, ["a"] * 20)
    assert (one_slide.low, one_slide.high) == (0, 1)
    assert str(share_of(all_right, ~all_right, ["a"] * 20)) == "-"


def test_the_table_ends_with_mean_and_worst() -> None:
    rows = [
        laboratory_figures("A", "m", some(4, "monocyte", "monocyte")),
        laboratory_figures(
            "B", "m", [*some(3, "monocyte", "monocyte"), *some(1, "monocyte", "lymphocyte", sure=False)]
        ),
    ]
    text = laboratories_markdown(rows)
    assert "| **mean** | | | | | 87.5% | 87.5% | 87.5% | 100.0% |" in text
    assert "| **worst** | | | | | 75.0% | 75.0% | 75.0% | 100.0% |" in text


def test_only_confident_mature_names_count_against_a_package() -> None:
    blasts = [
        *(told("blast", "monocyte", subtype="myeloblast") for _ in range(2)),
        told("blast", "monocyte", sure=False, subtype="myeloblast"),
        told("blast", "blast", subtype="myeloblast"),
        told("blast", "erythroblast", subtype="myeloblast"),
        told("blast", None, subtype="myeloblast"),
    ]
    (found,) = strangers_of(blasts)
    assert (found.kind, found.cells, found.mature, found.immature) == ("lab myeloblast", 5, 2, 1)
    assert found.names[0] == ("monocyte", 2)
    assert "| all | 5 | 40.0% |" in strangers_markdown("x", [found])


def films_of(blasts: Sequence[Answer]) -> dict[int, tuple[int, float, int]]:
    normal = [
        *some(9, "neutrophil", "neutrophil"),
        *some(1, "neutrophil", "neutrophil", sure=False),
        *some(10, "eosinophil", "blast"),
    ]
    return {each.blasts: (each.noticed, each.held_back, each.alarmed) for each in simulate(normal, blasts)}


def test_films_tell_whether_blasts_are_noticed_and_at_what_price() -> None:
    found = films_of([*some(1, "blast", "monocyte", sure=False), *some(1, "blast", "monocyte")])
    assert list(found) == [0, 1, 3, 5, 20]
    assert found[0][0] == 0
    assert [round(found[count][0] / 1000, 1) for count in (1, 3, 5, 20)] == [0.5, 0.9, 1.0, 1.0]
    # Of 60 neutrophils to 3 eosinophils: a tenth of the ones and all of the others.
    expected = 100 * (60 * 0.1 + 3) / 63
    assert found[0][1] == pytest.approx(expected, abs=0.5)
    assert found[0][2] > 900
    assert found[20][1] == pytest.approx(0.8 * expected, abs=0.5)


def test_films_of_blasts_that_all_pass_for_monocytes_are_never_noticed() -> None:
    found = films_of(some(3, "blast", "monocyte"))
    assert {noticed for noticed, _, _ in found.values()} == {0}
    assert simulate([], some(1, "blast", "blast")) == simulate(some(1, "monocyte", "monocyte"), []) == []
    assert "| 20 | 0.0% |" in films_markdown(
        "x", simulate(some(1, "monocyte", "monocyte"), some(1, "blast", "monocyte"))
    )

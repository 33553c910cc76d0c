"""The figures of a laboratory that a package was not trained on, and the table of all of them.

Recipes are chosen by the table's mean and its worst row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.evaluation.judging import Answer, confidence_of
from hematodesk.domain.statistics import wilson_interval

_DRAWS = 2000
_TAIL = 0.025


@dataclass(frozen=True)
class Share:
    """A share (None where there was nothing to count) and its 95 % interval."""

    value: float | None
    low: float = 0.0
    high: float = 1.0

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        return f"{self.value:.1%} ({self.low:.0%} to {self.high:.0%})"


@dataclass(frozen=True)
class LaboratoryFigures:
    """What a package that never saw a laboratory says of its cells.

    Attributes:
        cells, groups: how many, and of how many slides (fields or cells where slides are not known).
        located: cells that the program's locator found; the others were cut by the data set's own box.
        certain, right: share of answers not marked uncertain, and how many of those are right.
        calibration_error: expected calibration error over 15 bins; by_chance: what perfect confidences
            would show on as many cells.
    """

    laboratory: str
    model: str
    cells: int
    groups: int
    located: int
    accuracy: Share
    balanced: Share
    certain: Share
    right: Share
    calibration_error: float | None
    by_chance: float | None


def laboratory_figures(laboratory: str, model: str, answers: Sequence[Answer]) -> LaboratoryFigures:
    """The figures of one laboratory's answers. Raises ValueError when there are none."""
    if not answers:
        raise ValueError(f"there is no answer of the laboratory {laboratory}")
    groups = [each.record.group for each in answers]
    names = sorted({each.record.class_id for each in answers})
    truth = np.array([names.index(each.record.class_id) for each in answers])
    told = [each.prediction for each in answers]
    hit = np.array(
        [
            each is not None and each.class_id == mine.record.class_id
            for each, mine in zip(told, answers, strict=True)
        ]
    )
    sure = np.array([each is not None and each.uncertain is None for each in told])
    all_of_them = np.ones(len(answers), dtype=bool)
    of_class = truth[:, None] == np.arange(len(names))
    confidence = confidence_of(answers)
    return LaboratoryFigures(
        laboratory,
        model,
        len(answers),
        len(set(groups)),
        sum(each.located for each in answers),
        share_of(hit, all_of_them, groups),
        share_of(hit[:, None] & of_class, of_class, groups),
        share_of(sure, all_of_them, groups),
        share_of(hit & sure, sure, groups),
        confidence.error,
        confidence.chance_error,
    )


def share_of(hits: npt.NDArray[np.bool_], trials: npt.NDArray[np.bool_], groups: Sequence[str]) -> Share:
    """The share of trials that hit, its interval from drawing whole groups anew (percentile bootstrap).

    Cells of one slide are alike: they are no independent trials. Where single trials would give a wider
    interval (Wilson's; a share of all or none has no spread to draw), that one counts.

    Args:
        hits, trials: (N,); or (N, K) for the mean over K columns of each column's share, columns without a
            trial left out.
        groups: (N,) names.
    """
    hit, tried = (np.asarray(each, float).reshape(len(groups), -1) for each in (hits & trials, trials))
    if not tried.sum():
        return Share(None)
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    count = int(place.max()) + 1
    sums = [np.stack([np.bincount(place, column, count) for column in each.T]) for each in (hit, tried)]
    value = float(_mean_share(sums[0].sum(axis=1), sums[1].sum(axis=1)))
    random = np.random.default_rng(0)
    drawn = random.multinomial(count, np.full(count, 1 / count), _DRAWS)
    means = _mean_share(drawn @ sums[0].T, drawn @ sums[1].T)
    low, high = np.nanquantile(means, [_TAIL, 1 - _TAIL])
    if count == 1:
        low, high = 0.0, 1.0
    single = wilson_interval(round(value * tried.sum()), round(tried.sum()))
    return Share(value, min(float(low), single[0]), max(float(high), single[1]))


def _mean_share(hits: npt.NDArray[Any], trials: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Over the last axis the mean of hits / trials, where there are trials; NaN where there are none."""
    tried = trials > 0
    shares = np.where(tried, hits / np.maximum(trials, 1), 0).sum(axis=-1)
    columns = tried.sum(axis=-1)
    return np.asarray(np.where(columns > 0, shares / np.maximum(columns, 1), np.nan), np.float64)


def laboratories_document(found: Sequence[LaboratoryFigures]) -> list[dict[str, Any]]:
    """The figures as plain JSON values."""
    return [
        {
            "laboratory": each.laboratory,
            "model": each.model,
            "cells": each.cells,
            "groups": each.groups,
            "located": each.located,
            "calibration_error": each.calibration_error,
            "calibration_error_by_chance": each.by_chance,
        }
        | {
            name: {"value": share.value, "interval": [share.low, share.high]}
            for name, share in (
                ("accuracy", each.accuracy),
                ("balanced_accuracy", each.balanced),
                ("certain", each.certain),
                ("certain_accuracy", each.right),
            )
        }
        for each in found
    ]


def laboratories_markdown(found: Sequence[LaboratoryFigures]) -> str:
    """The table of a report, with the mean and the worst of its rows."""
    lines = [
        "## Laboratories left out",
        "",
        "Each row's package was trained on the other laboratories. Cells are cut as the program does; where "
        "its locator misses one, by the data set's own box: finding is measured apart. Intervals (95 %) draw "
        "whole slides anew, or fields where slides are not known. ECE: expected calibration error, in "
        "brackets what perfect confidences would show by chance.",
        "",
        "| left out | package | cells | slides or fields | located | accuracy | balanced | certain | "
        "right of those | ECE |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in found:
        error = "-"
        if each.calibration_error is not None:
            error = f"{each.calibration_error:.3f} ({each.by_chance or 0:.3f})"
        shares = " | ".join(str(share) for share in (each.accuracy, each.balanced, each.certain, each.right))
        lines.append(
            f"| {each.laboratory} | {each.model} | {each.cells} | {each.groups} | {each.located} | "
            f"{shares} | {error} |"
        )
    columns = [
        [share.value for share in column if share.value is not None]
        for column in zip(
            *((each.accuracy, each.balanced, each.certain, each.right) for each in found), strict=True
        )
    ]
    errors = [each.calibration_error for each in found if each.calibration_error is not None]
    for name, of, worst in (("mean", np.mean, np.mean), ("worst", min, max)):
        told = " | ".join(f"{float(of(values)):.1%}" if values else "-" for values in columns)
        error = f"{float(worst(errors)):.3f}" if errors else "-"
        lines.append(f"| **{name}** | | | | | {told} | {error} |")
    return "\n".join([*lines, ""])

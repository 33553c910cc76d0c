"""Calibration error, and accuracy when the least certain answers are withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hematodesk.domain.statistics import wilson_interval

BINS = 15
ABSTAINED = 0.2
_DRAWS = 200

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability diagram: how many answers, their mean confidence, how many were right.

    `weight` is the sum of the answers' weights: their count, where all weigh the same.
    """

    low: float
    high: float
    count: int
    weight: float
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class ConfidenceFigures:
    """The calibration figures of an evaluation.

    Attributes:
        answered: images with an answer; calibration is about these alone.
        error: expected calibration error over 15 bins of equal width (Guo et al. 2017); None without answers.
        chance_error: the error that perfectly calibrated answers would show by chance; see `chance_error`.
        adaptive_error: the same over 15 bins of equal count (Nguyen and O'Connor 2015).
        bins: of equal width, those that hold answers.
        coverage, accuracy: (N,) the curve: answering the surest share only, how often that is right.
        area: area under the risk-coverage curve (Geifman and El-Yaniv 2017), mean of 1 - accuracy; 0 at best.
        kept_accuracy: accuracy when a fifth of the images, the least sure, is left to a person.
        kept_interval: its Wilson interval over the source images of what is kept.
        kept_images, kept_sources: how many those are.
    """

    answered: int
    error: float | None
    chance_error: float | None
    adaptive_error: float | None
    bins: tuple[Bin, ...]
    coverage: Floats
    accuracy: Floats
    area: float
    kept_accuracy: float
    kept_interval: tuple[float, float]
    kept_images: int
    kept_sources: int


def confidence_figures(
    confidence: Sequence[float | None],
    correct: Sequence[bool],
    originals: Sequence[str],
    unfamiliar: Sequence[bool] | None = None,
) -> ConfidenceFigures:
    """Figures from one entry an image; a confidence of None (nothing found) is the least sure of all.

    Args:
        unfamiliar: answers withheld before any of low confidence, as the program does.
    Raises ValueError when there is no image or the lengths differ.
    """
    strange = [False] * len(confidence) if unfamiliar is None else list(unfamiliar)
    if not len(confidence) == len(correct) == len(originals) == len(strange):
        raise ValueError("the lists of confidences, hits and originals differ in length")
    if not confidence:
        raise ValueError("there is no image to evaluate")
    sure = np.array(
        [-2.0 if c is None else c - odd for c, odd in zip(confidence, strange, strict=True)], np.float64
    )
    hit = np.asarray(correct, dtype=bool)
    told = np.array([c is not None for c in confidence])
    given = np.array([c for c in confidence if c is not None], np.float64)
    bins = reliability(given, hit[told])
    coverage, accuracy = coverage_curve(sure, hit)
    kept = np.argsort(-sure, kind="stable")[: max(1, round((1 - ABSTAINED) * len(sure)))]
    sources = len({originals[index] for index in kept})
    share = float(hit[kept].mean())
    return ConfidenceFigures(
        answered=len(given),
        error=calibration_error(bins),
        chance_error=chance_error(given, [name for name, one in zip(originals, told, strict=True) if one]),
        adaptive_error=calibration_error(_equal_bins(given, hit[told])),
        bins=bins,
        coverage=coverage,
        accuracy=accuracy,
        area=float(np.mean(1 - accuracy)),
        kept_accuracy=share,
        kept_interval=wilson_interval(round(share * sources), sources),
        kept_images=len(kept),
        kept_sources=sources,
    )


def reliability(
    confidence: Floats, hit: npt.NDArray[np.bool_], weights: Floats | None = None
) -> tuple[Bin, ...]:
    """Answers in bins of equal width; empty bins are left out.

    Args:
        confidence, hit: (N,) of each answer, 0 to 1, and whether it was right.
        weights: (N,) above 0, what each answer counts; all the same without them.
    """
    counted = np.ones(len(confidence)) if weights is None else weights
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(
        _bin(confidence[part], hit[part], counted[part], index / BINS, (index + 1) / BINS)
        for index in sorted(set(place.tolist()))
        for part in [np.flatnonzero(place == index)]
    )


def coverage_curve(sure: Floats, hit: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(coverage, accuracy), each (N,): of the surest k of N, for every k.

    Equally sure answers share the accuracy that any order of them gives on average.
    """
    order = np.argsort(-sure, kind="stable")
    ranked, right = sure[order], hit[order].astype(np.float64)
    for value in np.unique(ranked[:-1][np.diff(ranked) == 0]):
        same = ranked == value
        right[same] = right[same].mean()
    count = np.arange(1, len(order) + 1)
    return count / len(order), np.cumsum(right) / count


def _equal_bins(confidence: Floats, hit: npt.NDArray[np.bool_]) -> tuple[Bin, ...]:
    order = np.argsort(confidence, kind="stable")
    return tuple(
        _bin(
            confidence[part],
            hit[part],
            np.ones(len(part)),
            float(confidence[part].min()),
            float(confidence[part].max()),
        )
        for part in np.array_split(order, BINS)
        if len(part)
    )


def _bin(confidence: Floats, hit: npt.NDArray[np.bool_], weights: Floats, low: float, high: float) -> Bin:
    return Bin(
        low,
        high,
        len(hit),
        float(weights.sum()),
        float(np.average(confidence, weights=weights)),
        float(np.average(hit, weights=weights)),
    )


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Mean difference of confidence and accuracy over the bins, by weight; None without a bin.

    The expected calibration error (Guo et al. 2017) where the bins have equal widths.
    """
    total = sum(each.weight for each in bins)
    if total == 0:
        return None
    return sum(each.weight * abs(each.accuracy - each.confidence) for each in bins) / total


def chance_error(confidence: Floats, originals: Sequence[str]) -> float | None:
    """The expected calibration error that perfectly calibrated answers would show by chance alone.

    Few images cannot show a small error: bins of a few answers lie off their confidence whatever the
    model is worth (Roelofs et al. 2022). The mean over _DRAWS draws in which each answer is right with
    just its confidence, copies of one original together. None without an answer.
    """
    if not len(confidence):
        return None
    _, of = np.unique(np.asarray(originals), return_inverse=True)
    random = np.random.default_rng(0)
    drawn = [
        calibration_error(reliability(confidence, random.random(of.max() + 1)[of] < confidence))
        for _ in range(_DRAWS)
    ]
    return float(np.mean([each for each in drawn if each is not None]))


def confidence_document(figures: ConfidenceFigures) -> dict[str, Any]:
    """The figures as plain JSON values; the curve at every twentieth of the coverage."""
    steps = np.linspace(0.05, 1, 20)
    places = np.clip(np.ceil(steps * len(figures.coverage)).astype(int) - 1, 0, None)
    return {
        "answered": figures.answered,
        "expected_calibration_error": figures.error,
        "calibration_error_by_chance": figures.chance_error,
        "adaptive_calibration_error": figures.adaptive_error,
        "bins": [
            {
                "low": each.low,
                "high": each.high,
                "count": each.count,
                "confidence": each.confidence,
                "accuracy": each.accuracy,
            }
            for each in figures.bins
        ],
        "risk_coverage": {
            "area": figures.area,
            "coverage": figures.coverage[places].tolist(),
            "accuracy": figures.accuracy[places].tolist(),
        },
        "at_abstention": {
            "share": ABSTAINED,
            "accuracy": figures.kept_accuracy,
            "interval": list(figures.kept_interval),
            "images": figures.kept_images,
            "source_images": figures.kept_sources,
        },
    }


def confidence_markdown(figures: ConfidenceFigures) -> str:
    """A paragraph of a report."""
    low, high = figures.kept_interval
    calibration = (
        f"Expected calibration error {figures.error:.3f} over bins of equal width (perfect confidences "
        f"would show {figures.chance_error:.3f} by chance on as many images), "
        f"{figures.adaptive_error:.3f} over bins of equal count ({figures.answered} answers). "
        if figures.error is not None
        and figures.chance_error is not None
        and figures.adaptive_error is not None
        else "No image was answered. "
    )
    return (
        f"{calibration}With the least sure {ABSTAINED:.0%} left to a person (nothing found and unfamiliar "
        f"first): {figures.kept_accuracy:.1%} right ({low:.1%} to {high:.1%}; {figures.kept_images} images "
        f"of {figures.kept_sources} source images). Area under risk-coverage {figures.area:.4f}.\n"
    )

"""The figures of a classifier on labelled images, from plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hematodesk.domain.statistics import wilson_interval


@dataclass(frozen=True)
class ClassFigures:
    """One class: how many images have it, precision, recall, F1 (None where undefined), recall's interval."""

    support: int
    source_images: int
    precision: float | None
    recall: float | None
    f1: float | None
    recall_interval: tuple[float, float]


@dataclass(frozen=True)
class Figures:
    """The figures of an evaluation.

    Attributes:
        confusion: (K, K + 1) counts, row true class, column predicted; the last column is "nothing
            found": images without an answer, which count as wrong.
        interval: Wilson's of the accuracy, as if the source images were the trials: copies of one
            original are no independent trials.
    """

    classes: tuple[str, ...]
    images: int
    source_images: int
    correct: int
    accuracy: float
    balanced_accuracy: float
    interval: tuple[float, float]
    per_class: dict[str, ClassFigures]
    confusion: npt.NDArray[np.int64]


def measure(
    true: Sequence[str], predicted: Sequence[str | None], originals: Sequence[str], classes: Sequence[str]
) -> Figures:
    """Compute the figures. A prediction of None (no cell found) or outside `classes` counts as wrong.

    Raises ValueError when the lengths differ, there is nothing to count, or a true class is unknown.
    """
    if not (len(true) == len(predicted) == len(originals)):
        raise ValueError("the lists of true classes, predictions and originals differ in length")
    if not true:
        raise ValueError("there is no image to evaluate")
    unknown = sorted(set(true) - set(classes))
    if unknown:
        raise ValueError(f"the class {unknown[0]} is not among those of the model")
    place = {name: index for index, name in enumerate(classes)}
    confusion = np.zeros((len(classes), len(classes) + 1), np.int64)
    for one, other in zip(true, predicted, strict=True):
        confusion[place[one], place.get(other, len(classes)) if other is not None else len(classes)] += 1
    per_class = {}
    for name, index in place.items():
        support = int(confusion[index].sum())
        hit = int(confusion[index, index])
        called = int(confusion[:, index].sum())
        sources = len({original for original, each in zip(originals, true, strict=True) if each == name})
        recall = hit / support if support else None
        precision = hit / called if called else None
        f1 = 2 * hit / (support + called) if support + called else None
        per_class[name] = ClassFigures(
            support, sources, precision, recall, f1, _interval(hit, support, sources)
        )
    correct = int(np.trace(confusion))
    recalls = [each.recall for each in per_class.values() if each.recall is not None]
    sources = len(set(originals))
    return Figures(
        tuple(classes),
        len(true),
        sources,
        correct,
        correct / len(true),
        float(np.mean(recalls)),
        _interval(correct, len(true), sources),
        per_class,
        confusion,
    )


def _interval(correct: int, images: int, sources: int) -> tuple[float, float]:
    """Wilson's interval with the share of the images on as many trials as there are sources."""
    if images == 0:
        return 0.0, 1.0
    return wilson_interval(round(correct / images * sources), sources)


def as_document(figures: Figures) -> dict[str, Any]:
    """The figures as plain JSON values."""
    return {
        "images": figures.images,
        "source_images": figures.source_images,
        "correct": figures.correct,
        "accuracy": figures.accuracy,
        "interval": list(figures.interval),
        "balanced_accuracy": figures.balanced_accuracy,
        "per_class": {
            name: {
                "images": each.support,
                "source_images": each.source_images,
                "precision": each.precision,
                "recall": each.recall,
                "recall_interval": list(each.recall_interval),
                "f1": each.f1,
            }
            for name, each in figures.per_class.items()
        },
        "confusion": {
            "rows": list(figures.classes),
            "columns": [*figures.classes, "nothing_found"],
            "counts": figures.confusion.tolist(),
        },
    }


def as_markdown(title: str, figures: Figures) -> str:
    """A section of a report: the figures and the confusion matrix as tables."""
    low, high = figures.interval
    lines = [
        f"## {title}",
        "",
        f"{figures.images} images of {figures.source_images} source images: accuracy "
        f"{figures.accuracy:.1%} (95 % interval over source images {low:.1%} to {high:.1%}), "
        f"balanced accuracy {figures.balanced_accuracy:.1%}.",
        "",
        "| class | images | source images | precision | recall | 95 % interval | F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, each in figures.per_class.items():
        low, high = each.recall_interval
        lines.append(
            f"| {name} | {each.support} | {each.source_images} | {_share(each.precision)} | "
            f"{_share(each.recall)} | {low:.1%} to {high:.1%} | {_share(each.f1)} |"
        )
    lines += ["", f"| true, then predicted | {' | '.join(figures.classes)} | nothing found |"]
    lines.append("|---" * (len(figures.classes) + 2) + "|")
    for name, row in zip(figures.classes, figures.confusion, strict=True):
        lines.append(f"| {name} | {' | '.join(str(int(count)) for count in row)} |")
    return "\n".join([*lines, ""])


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"

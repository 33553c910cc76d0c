"""Charts for reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from export_tools.figures.confidence import ABSTAINED, ConfidenceFigures
from export_tools.figures.metrics import Figures
from hematodesk.domain.statistics import wilson_interval


def require_drawing() -> None:
    """Raise ModuleNotFoundError now, not after hours of work when the first chart is drawn."""
    import matplotlib  # noqa: F401


def draw_confusion(figures: Figures, title: str, target: Path) -> None:
    """The confusion matrix as a PNG: shade is the share of the true class, the number is the count."""
    counts = figures.confusion
    columns = [*figures.classes, "nothing found"]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    picture = _figure(1.6 + 0.95 * len(columns), 1.6 + 0.75 * len(figures.classes))
    axes = picture.add_subplot()
    axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right")
    axes.set_yticks(range(len(figures.classes)), figures.classes)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(f"{title}\n{figures.images} images of {figures.source_images} source images", fontsize=9)
    for row in range(counts.shape[0]):
        for column in range(counts.shape[1]):
            shade = "black" if shares[row, column] > 0.6 else "white"
            axes.text(column, row, str(int(counts[row, column])), ha="center", va="center", color=shade)
    picture.savefig(target, dpi=120)


def draw_reliability(figures: ConfidenceFigures, title: str, target: Path) -> None:
    """The reliability diagram as a PNG: accuracy over confidence, with the number of answers a bin."""
    picture = _figure(5.2, 4.6)
    axes = picture.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, label="as confident as right")
    for each in figures.bins:
        low, high = wilson_interval(round(each.accuracy * each.count), each.count)
        axes.plot([each.confidence] * 2, [low, high], color="#0072B2", linewidth=1)
        axes.annotate(str(each.count), (each.confidence, each.accuracy), (4, -10), textcoords="offset points")
    axes.plot(
        [each.confidence for each in figures.bins],
        [each.accuracy for each in figures.bins],
        "o-",
        color="#0072B2",
        label="accuracy, 95 % interval (answers as trials), count",
    )
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="confidence", ylabel="share that is right")
    error = "no answers" if figures.error is None else f"expected calibration error {figures.error:.3f}"
    axes.set_title(f"{title}\n{error}", fontsize=9)
    axes.legend(loc="upper left", fontsize=8)
    picture.savefig(target, dpi=120)


def draw_coverage(figures: ConfidenceFigures, title: str, target: Path) -> None:
    """The risk-coverage curve as a PNG: share wrong among the surest, over the share answered."""
    picture = _figure(5.2, 4.2)
    axes = picture.add_subplot()
    axes.plot(figures.coverage, 1 - figures.accuracy, color="#D55E00")
    axes.axvline(1 - ABSTAINED, color="grey", linewidth=1, linestyle="--")
    axes.set(
        xlim=(0, 1), ylim=(0, None), xlabel="share answered, the surest first", ylabel="share of those wrong"
    )
    axes.set_title(
        f"{title}\narea {figures.area:.4f}; {figures.kept_accuracy:.1%} right at {ABSTAINED:.0%} abstention",
        fontsize=9,
    )
    picture.savefig(target, dpi=120)


def draw_curves(rows: Sequence[Mapping[str, float]], title: str, target: Path) -> None:
    """Loss and accuracy over the epochs as a PNG, training's and the held-out images'."""
    picture = _figure(9, 3.8)
    epochs = [row["epoch"] for row in rows]
    for place, what in enumerate(("loss", "accuracy"), start=1):
        axes = picture.add_subplot(1, 2, place)
        axes.plot(epochs, [row[what] for row in rows], "o-", color="#0072B2", label="training")
        axes.plot(epochs, [row[f"held_out_{what}"] for row in rows], "s--", color="#D55E00", label="held out")
        axes.set(xlabel="epoch", ylabel=what, ylim=(0, 1.02) if what == "accuracy" else (0, None))
        axes.set_xticks(epochs)
        axes.legend(fontsize=8)
    picture.suptitle(title, fontsize=9)
    picture.savefig(target, dpi=120)


def _figure(width: float, height: float) -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")

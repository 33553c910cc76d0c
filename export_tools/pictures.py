"""Pictures for reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from export_tools.metrics import Figures


def draw_confusion(figures: Figures, title: str, target: Path) -> None:
    """The confusion matrix as a PNG: shade is the share of the true class, the number is the count."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    counts = figures.confusion
    columns = [*figures.classes, "nothing found"]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    picture = Figure(
        figsize=(1.6 + 0.95 * len(columns), 1.6 + 0.75 * len(figures.classes)), layout="constrained"
    )
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

"""Finds the file of class names that a trainer left beside a model."""

from __future__ import annotations

from pathlib import Path

from export_tools.data.labels import read_labels
from hematodesk.domain.errors import ModelError
from hematodesk.domain.manifest import ModelClass


def labels_beside(path: Path, outputs: int) -> tuple[tuple[ModelClass, ...], str] | None:
    """Class names from a file beside the model that has as many as the outputs, and its name.

    Teachable Machine writes labels.txt (or metadata.json) beside its model, trainers class_indices.json.
    """
    folder = path.parent
    inside = [path / "labels.txt"] if path.is_dir() else []
    for each in (
        *inside,
        path.with_suffix(".labels.txt"),
        path.with_suffix(".txt"),
        folder / "labels.txt",
        folder / "class_indices.json",
        folder / "metadata.json",
        folder / "labels.json",
        folder / "classes.txt",
    ):
        if not each.is_file():
            continue
        try:
            classes = read_labels(str(each))
        except ModelError:
            continue
        if len(classes) == outputs or (outputs == 1 and len(classes) == 2):
            return classes, each.name
    return None

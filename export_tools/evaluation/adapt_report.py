"""`python -m export_tools adapt-report`: what "Adapt to this lab" gains, on labelled images of a lab.

Draws some cells as if a lab had reviewed them, fits the new last layer exactly as the program does,
and tests it on the lab's other cells, whole groups on one side; repeatedly. The package must not
have been trained on the images.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export_tools.data.product_way import product_crop
from export_tools.data.records import Record
from export_tools.data.sources import read_source
from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.linear_head import Labelled, LinearHead, choose_head
from hematodesk.inference.classify import Classifier
from hematodesk.inference.head import read_head
from hematodesk.inference.package import read_model_bytes, read_package
from hematodesk.workflow.models.reviewed_cells import LEAST_CELLS, LEAST_IMAGES

WAYS = ("as they come", "balanced")

_MOST_OF_CLASS = 0.5
"""A balanced draw takes this share of a class's cells at most, so that some are left to be tested on."""


@dataclass(frozen=True)
class Trial:
    """One draw: parent and adapted head on the cells that were not drawn; recalls are None for no cell."""

    drawn: dict[str, int]
    parent: float
    adapted: float
    parent_accuracy: float
    adapted_accuracy: float
    recalls: dict[str, tuple[float, float]]


def add_parser(subparsers: Any) -> None:
    """The `adapt-report` command."""
    parser = subparsers.add_parser(
        "adapt-report", help="what adapting a package to a lab's reviewed cells gains on its other cells"
    )
    parser.add_argument("package", type=Path, help="package (.onnx) that never saw the images")
    parser.add_argument("sources", nargs="+", type=Path, help="folders as for train, of one lab")
    parser.add_argument("--sizes", default="25,50,100,200", help="reviewed cells a draw")
    parser.add_argument("--draws", type=int, default=20, help="random draws a size")
    parser.add_argument("--classes", help="only these classes of the sources, such as basophil,monocyte")
    parser.add_argument("--most", type=int, default=0, help="at most so many images of each class")
    parser.add_argument("--output", type=Path, help="folder for adapt.json and adapt.md")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure; 0 when there are figures, 1 when data or package cannot be used."""
    try:
        sizes = [int(each) for each in args.sizes.split(",")]
        records = [record for folder in args.sources for record in read_source(folder)]
        if args.classes:
            records = [record for record in records if record.class_id in args.classes.split(",")]
        if args.most:
            records = few_of_each(records, args.most)
        package = read_package(args.package)
        parent = read_head(read_model_bytes(args.package), package.manifest, package.name).head
        labelled, classes, lost = embedded(Classifier(package, "cpu"), records)
        trials = {
            f"{size} {way}": [trial(parent, labelled, classes, size, way, seed) for seed in range(args.draws)]
            for size in sizes
            for way in WAYS
        }
    except (HematodeskError, ValueError) as fault:
        print(f"adapt-report: {fault}", file=sys.stderr)
        return 1
    title = f"{package.name} {package.version} on {', '.join(folder.name for folder in args.sources)}"
    report = as_markdown(title, labelled, lost, trials)
    if args.output is not None:
        args.output.mkdir(parents=True, exist_ok=True)
        (args.output / "adapt.md").write_text(report, encoding="utf-8")
        document = {
            "model": {"name": package.name, "version": package.version, "sha256": package.sha256},
            "cells": len(labelled),
            "groups": len(set(labelled.groups)),
            "trials": {name: [vars(each) for each in found] for name, found in trials.items()},
        }
        (args.output / "adapt.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(report)
    return 0


def few_of_each(records: Sequence[Record], most: int) -> list[Record]:
    """At most so many records of each class, the same ones every time."""
    order = np.random.default_rng(0).permutation(len(records)).tolist()
    taken: Counter[str] = Counter()
    kept = []
    for index in order:
        taken[records[index].class_id] += 1
        if taken[records[index].class_id] <= most:
            kept.append(records[index])
    return kept


def embedded(classifier: Classifier, records: Sequence[Record]) -> tuple[Labelled, tuple[str, ...], int]:
    """(cells, classes with the package's first, cells that the locator missed), cut as the program does.

    Raises ValueError when there is no cell, or the package has no embedding.
    """
    known = classifier.package.class_ids
    classes = (*known, *sorted({record.class_id for record in records} - set(known)))
    embeddings, truth, groups = [], [], []
    for index, record in enumerate(records):
        if index % 100 == 0:
            print(f"{index} of {len(records)}", file=sys.stderr, flush=True)
        crop = product_crop(record, classifier.crop_rule, classifier.input_size)
        if crop is not None:
            embeddings.append(classifier.embed([crop])[0])
            truth.append(classes.index(record.class_id))
            groups.append(record.group)
    if not embeddings:
        raise ValueError("there is no cell to learn from")
    cells = np.concatenate(embeddings).astype(np.float64)
    lost = len(records) - len(truth)
    return Labelled(cells, np.array(truth, np.int64), tuple(groups)), classes, lost


def trial(
    parent: LinearHead, labelled: Labelled, classes: Sequence[str], size: int, way: str, seed: int
) -> Trial:
    """Draw, fit, test. New classes take part where enough of their cells were drawn, as in the program.

    Raises ValueError when nothing is left to test on.
    """
    drawn = draw(labelled, len(classes), size, way, seed)
    known = parent.bias.size
    used = list(range(known))
    for index in range(known, len(classes)):
        of_class = drawn & (labelled.truth == index)
        images = {group for group, taken in zip(labelled.groups, of_class, strict=True) if taken}
        if of_class.sum() >= LEAST_CELLS and len(images) >= LEAST_IMAGES:
            used.append(index)
    place = np.full(len(classes), -1)
    place[used] = np.arange(len(used))
    meant = place[labelled.truth]
    inside, outside = drawn & (meant >= 0), ~drawn & (meant >= 0)
    if not outside.any():
        raise ValueError(f"{size} cells leave none to test on")
    moved = Labelled(labelled.embeddings, meant.astype(np.int64), labelled.groups)
    head, _ = choose_head(parent.with_classes(len(used) - known), moved.part(inside))
    rest = moved.part(outside)
    before = parent.logits(rest.embeddings).argmax(axis=1) == rest.truth
    after = head.logits(rest.embeddings).argmax(axis=1) == rest.truth
    recalls = {
        classes[used[index]]: (
            float(before[rest.truth == index].mean()),
            float(after[rest.truth == index].mean()),
        )
        for index in np.unique(rest.truth).tolist()
    }
    counts = Counter(classes[index] for index in labelled.truth[inside].tolist())
    return Trial(
        dict(sorted(counts.items())),
        float(np.mean([one for one, _ in recalls.values()])),
        float(np.mean([other for _, other in recalls.values()])),
        float(before.mean()),
        float(after.mean()),
        recalls,
    )


def draw(labelled: Labelled, classes: int, size: int, way: str, seed: int) -> npt.NDArray[np.bool_]:
    """Which cells a lab has reviewed, (N,): whole groups in random order, `size` cells or a few more.

    Balanced: each class gets the same share of the draw, of the cells it has at most half; what is
    left over goes to the common classes.
    """
    random = np.random.default_rng(seed)
    names, group = np.unique(np.asarray(labelled.groups), return_inverse=True)
    totals = np.bincount(labelled.truth, minlength=classes)
    room = np.full(classes, len(labelled)) if way == "as they come" else _even(totals, size)
    drawn = np.zeros(len(labelled), bool)
    for index in random.permutation(len(names)):
        if drawn.sum() >= size:
            break
        members = group == index
        counts = np.bincount(labelled.truth[members], minlength=classes)
        if (counts <= room).all():
            drawn |= members
            room = room - counts
    return drawn


def _even(totals: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """How many cells of each class a balanced draw of that size may take."""
    limits = np.ceil(totals * _MOST_OF_CLASS).astype(np.int64)
    room = np.zeros_like(totals)
    while room.sum() < min(size, limits.sum()):
        open_ = np.flatnonzero(room < limits)
        fewest = open_[room[open_].argmin()]
        room[fewest] += 1
    return room


def as_markdown(title: str, labelled: Labelled, lost: int, trials: dict[str, list[Trial]]) -> str:
    """Tables: balanced accuracy by size and way, then the classes."""
    lines = [
        f"## Adapting {title}",
        "",
        f"{len(labelled)} cells of {len(set(labelled.groups))} groups; {lost} more were not located. Each "
        "draw is fitted as the program does and tested on the cells of the other groups.",
        "",
        "| reviewed cells | draws | balanced before | balanced after | least | 85 % or more | "
        "accuracy before | accuracy after |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in trials.items():
        after = np.array([each.adapted for each in found])
        lines.append(
            f"| {name} | {len(found)} | {_spread([each.parent for each in found])} | {_spread(after)} | "
            f"{after.min():.1%} | {int((after >= 0.85).sum())} of {len(found)} | "
            f"{_spread([each.parent_accuracy for each in found])} | "
            f"{_spread([each.adapted_accuracy for each in found])} |"
        )
    classes = sorted({name for found in trials.values() for each in found for name in each.recalls})
    lines += [
        "",
        f"| mean recall, before to after | {' | '.join(classes)} |",
        "|---" * (len(classes) + 1) + "|",
    ]
    for name, found in trials.items():
        cells = []
        for class_id in classes:
            pairs = [each.recalls[class_id] for each in found if class_id in each.recalls]
            if pairs:
                before, after_ = np.mean(pairs, axis=0)
                cells.append(f"{before:.1%} to {after_:.1%}")
            else:
                cells.append("-")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _spread(values: Sequence[float] | npt.NDArray[np.float64]) -> str:
    return f"{np.mean(values):.1%} ± {np.std(values):.1%}"

"""How often a package is confident about what it cannot know: no cell, or another kind of cell."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from export_tools.data.non_cells import draw_non_cells
from export_tools.data.product_way import product_crop
from export_tools.data.records import Record
from hematodesk.domain.cells import Prediction
from hematodesk.domain.geometry import Box
from hematodesk.domain.statistics import wilson_interval
from hematodesk.imaging.crop import crop_cell, crop_side, whole_image
from hematodesk.imaging.locate import locate_cells
from hematodesk.inference.classify import Classifier

_FORCED = 1 / 3
"""Side of the box forced on the middle of a picture, in its shorter sides."""


@dataclass(frozen=True)
class Confident:
    """Pictures of one kind: how many, how many had a cell located, how many got a confident class.

    Attributes:
        forced: how many get one when a box is set on the middle, as a user may; None where not tried.
        names: the confident classes, most first.
    """

    kind: str
    pictures: int
    located: int
    confident: int
    forced: int | None
    names: tuple[tuple[str, int], ...]


def without_cells(classifier: Classifier, each: int = 25, seed: int = 0) -> list[Confident]:
    """The package on drawn pictures without a white cell, by kind."""
    rule, size = classifier.crop_rule, classifier.input_size
    counts: dict[str, list[tuple[bool, list[Prediction], Prediction]]] = {}
    for kind, pixels in draw_non_cells(each, seed):
        height, width = pixels.shape[:2]
        if rule.rule == "whole":
            (whole,) = classifier.classify([whole_image(pixels, size)])
            counts.setdefault(kind, []).append((True, [whole], whole))
            continue
        found = locate_cells(pixels)
        side = round(min(height, width) * _FORCED)
        middle = Box((width - side) // 2, (height - side) // 2, side, side)
        crops = [
            crop_cell(
                pixels,
                box,
                side=crop_side(box, found.red_cell_diameter, red_cells=rule.red_cells, context=rule.context),
                size=size,
            )
            for box in (*(cell.box for cell in found.cells), middle)
        ]
        *told, forced = classifier.classify(crops)
        counts.setdefault(kind, []).append((bool(found.cells), told, forced))
    return [
        Confident(
            kind,
            len(rows),
            sum(located for located, _, _ in rows),
            sum(any(sure.uncertain is None for sure in told) for _, told, _ in rows),
            sum(forced.uncertain is None for _, _, forced in rows),
            _names([sure for _, told, _ in rows for sure in told]),
        )
        for kind, rows in counts.items()
    ]


def other_cells(classifier: Classifier, records: Sequence[Record], most: int = 100) -> list[Confident]:
    """The package on cells of classes that it does not name, at most `most` of each."""
    strange: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda each: zlib.crc32(each.original.encode())):
        if record.class_id not in classifier.package.class_ids:
            strange.setdefault(record.class_id, []).append(record)
    found = []
    for kind, rows in sorted(strange.items()):
        crops = [product_crop(row, classifier.crop_rule, classifier.input_size) for row in rows[:most]]
        told = classifier.classify([crop for crop in crops if crop is not None])
        sure = sum(each.uncertain is None for each in told)
        found.append(Confident(kind, len(crops), len(told), sure, None, _names(told)))
    return found


def abstaining_document(found: Sequence[Confident]) -> list[dict[str, Any]]:
    """The figures as plain JSON values."""
    return [
        {
            "kind": each.kind,
            "pictures": each.pictures,
            "located": each.located,
            "confident": each.confident,
            "confident_interval": list(wilson_interval(each.confident, each.pictures)),
            "confident_when_forced": each.forced,
            "named": dict(each.names),
        }
        for each in found
    ]


def abstaining_markdown(title: str, found: Sequence[Confident]) -> str:
    """A table of a report, with the sum of all kinds."""
    lines = [
        f"## {title}",
        "",
        "| kind | pictures | with a located cell | never a confident class | 95 % interval | "
        "the same with the middle boxed by force | named with confidence as |",
        "|---|---|---|---|---|---|---|",
    ]
    total = Confident(
        "all",
        sum(each.pictures for each in found),
        sum(each.located for each in found),
        sum(each.confident for each in found),
        None if any(each.forced is None for each in found) else sum(each.forced or 0 for each in found),
        (),
    )
    for each in (*found, total):
        low, high = wilson_interval(each.pictures - each.confident, each.pictures)
        forced = "-" if each.forced is None else f"{1 - each.forced / max(1, each.pictures):.1%}"
        names = ", ".join(f"{name} {count}" for name, count in each.names) or "-"
        never = f"{1 - each.confident / max(1, each.pictures):.1%}"
        lines.append(
            f"| {each.kind} | {each.pictures} | {each.located} | {never} | {low:.1%} to {high:.1%} | "
            f"{forced} | {names} |"
        )
    return "\n".join([*lines, ""])


def _names(told: Sequence[Prediction]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(each.class_id for each in told if each.uncertain is None).most_common())

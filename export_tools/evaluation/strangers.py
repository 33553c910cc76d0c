"""How often cells that must not pass for mature ones get a confident mature name: blasts and their like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from export_tools.evaluation.judging import Answer
from hematodesk.domain.cells import Prediction
from hematodesk.domain.classes import WBC4
from hematodesk.domain.statistics import wilson_interval

MATURE = (*WBC4, "basophil")
IMMATURE = ("blast", "promyelocyte", "myelocyte", "metamyelocyte", "immature_granulocyte")


@dataclass(frozen=True)
class Strangers:
    """The answers to cells of one kind.

    Attributes:
        cells: how many were located and classified.
        mature: of those, with a confident mature name. immature: with a confident immature name.
        names: the confident names, most first.
    """

    kind: str
    cells: int
    mature: int
    immature: int
    names: tuple[tuple[str, int], ...]


def held_back(told: Prediction) -> bool:
    """Whether a person will look at this cell: the model is unsure, or names it immature."""
    return told.uncertain is not None or told.class_id in IMMATURE


def strangers_of(answers: Sequence[Answer]) -> list[Strangers]:
    """The answers by source and subtype (class where the data set says no more)."""
    kinds: dict[str, list[Prediction]] = {}
    for each in answers:
        if each.prediction is not None:
            kind = f"{each.record.source} {each.record.subtype or each.record.class_id}"
            kinds.setdefault(kind, []).append(each.prediction)
    found = []
    for kind, told in sorted(kinds.items()):
        names = Counter(each.class_id for each in told if each.uncertain is None)
        mature, immature = (sum(names[name] for name in wanted) for wanted in (MATURE, IMMATURE))
        found.append(Strangers(kind, len(told), mature, immature, tuple(names.most_common())))
    return found


def strangers_document(found: Sequence[Strangers]) -> list[dict[str, Any]]:
    """The figures as plain JSON values."""
    return [
        {
            "kind": each.kind,
            "cells": each.cells,
            "mature": each.mature,
            "mature_interval": list(wilson_interval(each.mature, each.cells)),
            "immature": each.immature,
            "named": dict(each.names),
        }
        for each in found
    ]


def strangers_markdown(title: str, found: Sequence[Strangers]) -> str:
    """A table of a report, with the sum of all kinds."""
    lines = [
        f"## {title}",
        "",
        "| kind | cells | confident mature name | 95 % interval | confident immature name | named with "
        "confidence as |",
        "|---|---|---|---|---|---|",
    ]
    total = Strangers(
        "all",
        sum(each.cells for each in found),
        sum(each.mature for each in found),
        sum(each.immature for each in found),
        (),
    )
    for each in (*found, total):
        low, high = wilson_interval(each.mature, each.cells)
        names = ", ".join(f"{name} {count}" for name, count in each.names) or "-"
        lines.append(
            f"| {each.kind} | {each.cells} | {each.mature / max(1, each.cells):.1%} | "
            f"{low:.1%} to {high:.1%} | {each.immature / max(1, each.cells):.1%} | {names} |"
        )
    return "\n".join([*lines, ""])

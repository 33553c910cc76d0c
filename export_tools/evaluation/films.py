"""Films simulated from answers to single cells: does a person come to see that there are blasts?

A film with blasts is noticed when at least one of them is unsure or named immature; what that costs is how
many of its normal cells are held back in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from export_tools.evaluation.judging import Answer
from export_tools.evaluation.strangers import IMMATURE, held_back
from hematodesk.domain.statistics import wilson_interval

BLASTS = (0, 1, 3, 5, 20)
_CELLS = 100
_FILMS = 1000
_USUAL = {"neutrophil": 0.6, "lymphocyte": 0.3, "monocyte": 0.06, "eosinophil": 0.03, "basophil": 0.01}
"""A usual differential; a laboratory without one of the classes shows the others in these proportions."""


@dataclass(frozen=True)
class Films:
    """Films of 100 cells with so many blasts.

    Attributes:
        noticed: films with at least one blast that is unsure or named immature.
        held_back: normal cells of a film that are unsure or named immature, on average.
        alarmed: films in which a normal cell is named immature with confidence.
    """

    blasts: int
    films: int
    noticed: int
    held_back: float
    alarmed: int


def simulate(normal: Sequence[Answer], blasts: Sequence[Answer], seed: int = 0) -> list[Films]:
    """Films of a usual differential, cells drawn with replacement; empty where either kind is missing.

    Cells without an answer (not located) are left out.
    """
    by_class: dict[str, list[tuple[bool, bool]]] = {}
    for each in normal:
        told = each.prediction
        if told is not None and each.record.class_id in _USUAL:
            alarm = told.uncertain is None and told.class_id in IMMATURE
            by_class.setdefault(each.record.class_id, []).append((held_back(told), alarm))
    seen = np.array([held_back(each.prediction) for each in blasts if each.prediction is not None])
    if not by_class or not len(seen):
        return []
    names = sorted(by_class)
    # A cell's chance is its class's share of the differential, over the cells of the class.
    cells = np.array([flags for name in names for flags in by_class[name]])
    chances = np.concatenate(
        [np.full(len(by_class[name]), _USUAL[name] / len(by_class[name])) for name in names]
    )
    random = np.random.default_rng(seed)
    found = []
    for count in BLASTS:
        rows = random.choice(len(cells), (_FILMS, _CELLS - count), p=chances / chances.sum())
        noticed = seen[random.integers(len(seen), size=(_FILMS, count))].any(axis=1)
        held, alarmed = cells[rows, 0].sum(axis=1), cells[rows, 1].any(axis=1)
        found.append(Films(count, _FILMS, int(noticed.sum()), float(held.mean()), int(alarmed.sum())))
    return found


def films_document(found: Sequence[Films]) -> list[dict[str, Any]]:
    """The figures as plain JSON values."""
    return [
        {
            "blasts": each.blasts,
            "films": each.films,
            "noticed": each.noticed,
            "noticed_interval": list(wilson_interval(each.noticed, each.films)),
            "normal_held_back": each.held_back,
            "alarmed": each.alarmed,
        }
        for each in found
    ]


def films_markdown(title: str, found: Sequence[Films]) -> str:
    """A table of a report."""
    lines = [
        f"### {title}",
        "",
        f"{_FILMS:,} films of {_CELLS} cells each, drawn from single cells' answers.",
        "",
        "| blasts | films with a blast unsure or named immature | normal cells held back, of the film's | "
        "films with a normal cell named immature |",
        "|---|---|---|---|",
    ]
    for each in found:
        noticed = f"{each.noticed / each.films:.1%}" if each.blasts else "-"
        lines.append(
            f"| {each.blasts} | {noticed} | {each.held_back:.1f} of {_CELLS - each.blasts} | "
            f"{each.alarmed / each.films:.1%} |"
        )
    return "\n".join([*lines, ""])

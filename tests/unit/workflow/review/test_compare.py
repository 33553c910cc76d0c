"""Two packages asked about the same places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hematodesk.domain.cells import Cell, CellOrigin, Prediction, Provenance
from hematodesk.domain.geometry import Box
from hematodesk.domain.manifest import CropRule
from hematodesk.workflow.review.compare import compare

PIXELS = np.zeros((120, 160, 3), np.uint8)


@dataclass
class Pretender:
    """Names a crop by its mean brightness; remembers how many it saw."""

    rule: CropRule
    dark: str = "lymphocyte"
    seen: list[int] = field(default_factory=list)
    input_size: int = 16
    package: Any = None

    @property
    def crop_rule(self) -> CropRule:
        return self.rule

    def classify(
        self, crops: Sequence[Any], cancel: object = None, *, sparing: bool = False
    ) -> list[Prediction]:
        self.seen.append(len(crops))
        made = Provenance("m", "1", "ab" * 32, "auto", "cpu", 1.0, "2026-11-21T00:00:00Z")
        return [
            Prediction(((self.dark if crop.mean() < 100 else "monocyte", 1.0),), None, made) for crop in crops
        ]


CELLS = CropRule("cell", 3.0, 1.6)
WHOLE = CropRule("whole")


def picture() -> Any:
    pixels = PIXELS.copy()
    pixels[:, 80:] = 250
    return pixels


def cells() -> list[Cell]:
    dark, bright = Box(20, 40, 20, 20), Box(120, 40, 20, 20)
    gone = Cell(Box(60, 60, 10, 10), CellOrigin.LOCATED, removed=True)
    return [Cell(dark, CellOrigin.LOCATED), gone, Cell(bright, CellOrigin.ADDED)]


def test_each_standing_cell_is_asked_of_both() -> None:
    one, two = Pretender(CELLS), Pretender(CELLS, dark="neutrophil")
    rows = compare(picture(), cells(), None, one, two)
    assert [row.cell.box for row in rows] == [Box(20, 40, 20, 20), Box(120, 40, 20, 20)]
    assert [(row.one and row.one.class_id, row.two and row.two.class_id) for row in rows] == [
        ("lymphocyte", "neutrophil"),
        ("monocyte", "monocyte"),
    ]
    assert [row.same for row in rows] == [False, True]
    assert one.seen == two.seen == [2]


def test_a_whole_image_package_answers_once_and_for_no_cell() -> None:
    rows = compare(picture(), cells(), None, Pretender(CELLS), Pretender(WHOLE))
    assert [row.cell.origin for row in rows] == [
        CellOrigin.LOCATED,
        CellOrigin.ADDED,
        CellOrigin.WHOLE_IMAGE,
    ]
    assert [(row.one is None, row.two is None, row.same) for row in rows] == [
        (False, True, None),
        (False, True, None),
        (True, False, None),
    ]
    assert rows[-1].cell.box == Box(0, 0, 160, 120)


def test_two_whole_image_packages_are_compared_on_the_image() -> None:
    rows = compare(picture(), cells(), None, Pretender(WHOLE), Pretender(WHOLE))
    assert len(rows) == 1
    assert rows[0].same is True


def test_cells_are_looked_for_where_only_the_whole_image_was_known() -> None:
    whole = Cell(Box(0, 0, 160, 120), CellOrigin.WHOLE_IMAGE)
    one, two = Pretender(CELLS), Pretender(WHOLE)
    rows = compare(picture(), [whole], None, one, two)
    # A plain picture shows no cell: the package for cells has nothing to say, the other one has.
    assert [(row.cell.origin, row.one) for row in rows] == [(CellOrigin.WHOLE_IMAGE, None)]
    assert one.seen == []

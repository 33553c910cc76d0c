"""Compares two packages on one image: each cell with both answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hematodesk.domain.cells import Cell, CellOrigin, Prediction
from hematodesk.domain.geometry import Box
from hematodesk.domain.limits import MAX_CELLS
from hematodesk.workflow.analysis.analyser import CellClassifier, cut_cell

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hematodesk.domain.cancel import CancelToken

    Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ComparedCell:
    """One cell, or the whole image, and both answers.

    Attributes:
        cell: its place, without prediction or review.
        one, two: what the packages say; None where a package does not look at such a place (one that
            takes whole images says nothing of a cell, and the other way round).
    """

    cell: Cell
    one: Prediction | None
    two: Prediction | None

    @property
    def same(self) -> bool | None:
        """Whether both give the same class; None where only one has an answer."""
        if self.one is None or self.two is None:
            return None
        return self.one.class_id == self.two.class_id


def compare(
    pixels: Pixels,
    cells: Sequence[Cell],
    red_cell_diameter: float | None,
    one: CellClassifier,
    two: CellClassifier,
    cancel: CancelToken | None = None,
) -> tuple[ComparedCell, ...]:
    """Classify the same places of an image with both packages.

    Args:
        pixels: the image, uint8 (H, W, 3) RGB.
        cells: the image's cells as they are known; removed ones are left out. Where a package wants
            cells and none is known but the whole image, the locator looks for them.
        red_cell_diameter: see domain.cells.Localisation.

    Returns the cells in the order given, then the whole image when a package takes that.
    Raises Cancelled, ModelError.
    """
    places = [_bare(cell) for cell in cells if not cell.removed and cell.origin is not CellOrigin.WHOLE_IMAGE]
    whole = [each for each in (one, two) if each.crop_rule.rule == "whole"]
    if len(whole) == 2:
        places = []
    elif not places:
        from hematodesk.imaging.locate import locate_cells

        found = locate_cells(pixels)
        places = [Cell(each.box, CellOrigin.LOCATED, each.score) for each in found.cells[:MAX_CELLS]]
        red_cell_diameter = found.red_cell_diameter
    if whole:
        height, width = pixels.shape[:2]
        places.append(Cell(Box(0, 0, width, height), CellOrigin.WHOLE_IMAGE))
    answers = [_ask(pixels, places, red_cell_diameter, each, cancel) for each in (one, two)]
    return tuple(
        ComparedCell(place, first, second)
        for place, first, second in zip(places, answers[0], answers[1], strict=True)
    )


def _bare(cell: Cell) -> Cell:
    return replace(cell, prediction=None, review=None, note="")


def _ask(
    pixels: Pixels,
    places: Sequence[Cell],
    red_cell_diameter: float | None,
    classifier: CellClassifier,
    cancel: CancelToken | None,
) -> list[Prediction | None]:
    """A prediction for each place that this package classifies, else None."""
    takes_whole = classifier.crop_rule.rule == "whole"
    asked = [
        index for index, place in enumerate(places) if (place.origin is CellOrigin.WHOLE_IMAGE) == takes_whole
    ]
    crops = [cut_cell(pixels, places[index], red_cell_diameter, classifier).crop for index in asked]
    answers: list[Prediction | None] = [None] * len(places)
    if crops:
        for index, prediction in zip(asked, classifier.classify(crops, cancel), strict=True):
            answers[index] = prediction
    return answers

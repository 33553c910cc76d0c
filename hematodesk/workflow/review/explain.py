"""Explains a cell's class by the model's activation map and its place in the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from hematodesk.domain.cells import Cell
from hematodesk.domain.geometry import Box
from hematodesk.workflow.analysis.analyser import CellClassifier, cut_cell

if TYPE_CHECKING:
    from hematodesk.domain.cancel import CancelToken
    from hematodesk.domain.packages import ModelPackage
    from hematodesk.inference.evidence import Evidence

Values = npt.NDArray[np.float32]

_FINE = 120
"""Longer edge of an interpolated map: finer than visible between a few coarse values."""


class ExplainingClassifier(CellClassifier, Protocol):
    """A classifier with activation maps; inference.classify.Classifier is one."""

    def evidence(self, crop: Any, cancel: CancelToken | None = None) -> Evidence | None:
        """Activation maps and scores of one crop, uint8 (S, S, 3) RGB; None when it has no maps."""
        ...


class Obstacle(StrEnum):
    """Why a cell's answer cannot be explained."""

    NO_CELL = "no_cell"
    NO_MODEL = "no_model"
    NO_ANSWER = "no_answer"
    """No model has named the cell."""
    NO_IMAGE = "no_image"
    """The image itself is not available, only its thumbnail."""
    NO_MAP = "no_map"
    """The package gives no activation map."""
    OTHER_MODEL = "other_model"
    """Another model than the present one gave the answer, and only that one could explain it."""


def obstacle(cell: Cell | None, package: ModelPackage | None, *, has_image: bool) -> Obstacle | None:
    """Why a cell cannot be explained with the package in use; None when it can."""
    if cell is None:
        return Obstacle.NO_CELL
    if package is None:
        return Obstacle.NO_MODEL
    if package.manifest.outputs.activation_map is None:
        return Obstacle.NO_MAP
    if cell.prediction is None:
        return Obstacle.NO_ANSWER
    if cell.prediction.provenance.sha256 != package.sha256:
        return Obstacle.OTHER_MODEL
    return None if has_image else Obstacle.NO_IMAGE


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The evidence for each class of one cell.

    Attributes:
        class_ids: the package's classes, K of them.
        maps: float32 (h, w, K), raw; positive values support the class, negative ones oppose it.
            The values tile `place` evenly.
        scores: float32 (K,) raw scores, or (1,) of a package whose one score stands for two classes.
        exact: whether a map's mean plus the class's bias is the class's logit.
        place: what the model saw, in pixels of the image; it may reach over the border.
        width, height: of the image.
    """

    class_ids: tuple[str, ...]
    maps: Values
    scores: Values
    exact: bool
    place: Box
    width: int
    height: int

    def map_of(self, class_id: str) -> Values:
        """The class's map, float32 (h, w). Raises ValueError for a class that the package has not."""
        return self.maps[:, :, self.class_ids.index(class_id)]

    def mean_of(self, class_id: str) -> float:
        """The mean of the class's map."""
        return float(self.map_of(class_id).mean(dtype=np.float64))

    def score_of(self, class_id: str) -> float | None:
        """The class's raw score (its logit, where `exact`); None when the model has no score of its own."""
        if len(self.scores) != len(self.class_ids):
            return None
        return float(self.scores[self.class_ids.index(class_id)])

    @property
    def most(self) -> float:
        """The largest value of all classes: the end of the scale, so that classes can be compared.

        Separate scales would show the weakest evidence as brightly as the decisive one.
        """
        return max(0.0, float(self.maps.max()))

    def visible(self) -> Box:
        """The part of `place` that lies inside the image."""
        return self.place.clipped(self.width, self.height)

    def strength(self, class_id: str) -> Values:
        """The evidence for a class: float32 (H, W) over `visible`, 0 none to 1 the most of any class.

        Interpolated by cubics through the map's values (Catmull and Rom 1974, "A Class of Local
        Interpolating Splines"); evidence against the class counts as none.
        """
        coarse = self.map_of(class_id)
        height, width = coarse.shape
        seen = self.visible()
        # Pixels of the fine map over the whole place, from which the visible ones are taken.
        longest = max(self.place.w, self.place.h)
        down = _positions(self.place.y, self.place.h, seen.y, seen.h, height, longest)
        across = _positions(self.place.x, self.place.w, seen.x, seen.w, width, longest)
        fine = _weights(down, height) @ coarse @ _weights(across, width).T
        if self.most <= 0:
            return np.zeros_like(fine)
        return np.asarray(np.clip(fine / self.most, 0, 1), dtype=np.float32)


def explain_cell(
    pixels: npt.NDArray[np.uint8],
    cell: Cell,
    red_cell_diameter: float | None,
    classifier: ExplainingClassifier,
    cancel: CancelToken | None = None,
) -> Explanation | None:
    """Compute the explanation; one run, for a worker thread. None when the package has no activation map.

    The crop is the prediction's own. Raises Cancelled, ModelError, and ValueError when the cell's box
    lies outside the image.
    """
    cut = cut_cell(pixels, cell, red_cell_diameter, classifier)
    evidence = classifier.evidence(cut.crop, cancel)
    if evidence is None:
        return None
    height, width = pixels.shape[:2]
    return Explanation(
        tuple(classifier.package.class_ids),
        evidence.maps,
        evidence.scores,
        evidence.exact,
        cut.place,
        width,
        height,
    )


def _positions(
    start: int, length: int, seen_start: int, seen_length: int, coarse: int, longest: int
) -> npt.NDArray[np.float64]:
    """Where the fine map's pixels lie along one axis, counted in the coarse map's values (0 is the first)."""
    count = max(1, round(_FINE * seen_length / longest))
    middles = seen_start + (np.arange(count) + 0.5) * seen_length / count
    return (middles - start) * coarse / length - 0.5


def _weights(positions: npt.NDArray[np.float64], count: int) -> Values:
    """The weights (len(positions), count) of `count` values in a cubic through them, ends held."""
    first = np.floor(positions).astype(np.intp)
    t = positions - first
    cubic: Sequence[npt.NDArray[np.float64]] = (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    weights = np.zeros((len(positions), count), np.float32)
    rows = np.arange(len(positions))
    for step, share in enumerate(cubic, start=-1):
        np.add.at(weights, (rows, np.clip(first + step, 0, count - 1)), share.astype(np.float32))
    return weights

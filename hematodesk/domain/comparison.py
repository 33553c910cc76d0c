"""Compares two models' answers to the same reviewed cells: counts, intervals, changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from hematodesk.domain.statistics import wilson_interval

Whole = npt.NDArray[np.int64]

_DRAWS = 2_000
_SEED = 20261121


class Verdict(StrEnum):
    """BETTER: beyond chance, the whole interval of the difference lies above 0. LIKELY: balanced accuracy
    and the count of right answers rose, but so few cells prove nothing. NOT: neither."""

    BETTER = "better"
    LIKELY = "likely"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of `cells` were right, and 95 % Wilson's interval of the share.

    Cells of one image are no independent trials, so the interval counts the images as trials.
    """

    right: int
    cells: int
    images: int

    @property
    def value(self) -> float:
        """The share, 0 to 1; 0 without cells."""
        return self.right / self.cells if self.cells else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """(low, high), 0 to 1."""
        return wilson_interval(round(self.value * self.images), self.images)


@dataclass(frozen=True, slots=True)
class ClassChange:
    """One class's cells: how many each model named rightly."""

    class_id: str
    before: Share
    after: Share


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole table.

    Attributes:
        classes: those that have cells, in the order given.
        before, after: over all cells.
        balanced_before, balanced_after: mean of the classes' shares, 0 to 1.
        difference: 95 % interval of the balanced accuracy's difference, by drawing images anew
            (Efron's percentile bootstrap, 2,000 draws, the same every time).
        mended, spoiled: cells named rightly only after, and only before.
        chance: McNemar's exact two-sided p-value of those two counts.
    """

    classes: tuple[ClassChange, ...]
    before: Share
    after: Share
    balanced_before: float
    balanced_after: float
    difference: tuple[float, float]
    mended: int
    spoiled: int
    chance: float

    @property
    def verdict(self) -> Verdict:
        """The verdict on the second model."""
        if self.difference[0] > 0:
            return Verdict.BETTER
        if self.balanced_after > self.balanced_before and self.mended > self.spoiled:
            return Verdict.LIKELY
        return Verdict.NOT


def compare_answers(
    truth: Whole, before: Whole, after: Whole, groups: Sequence[str], class_ids: Sequence[str]
) -> Comparison:
    """Compare two models on the same cells.

    Args:
        truth, before, after: (N,) class indexes; N at least 1.
        groups: (N,) the image that each cell is of.
        class_ids: names of the indexes.

    Raises ValueError when there is no cell.
    """
    if not len(truth):
        raise ValueError("there is no cell to compare on")
    names, image = np.unique(np.asarray(groups), return_inverse=True)
    was, now = before == truth, after == truth
    changes = []
    for index, class_id in enumerate(class_ids):
        of_class = truth == index
        if of_class.any():
            cells, images = int(of_class.sum()), len(np.unique(image[of_class]))
            changes.append(
                ClassChange(
                    class_id,
                    Share(int(was[of_class].sum()), cells, images),
                    Share(int(now[of_class].sum()), cells, images),
                )
            )
    mended, spoiled = int((now & ~was).sum()), int((was & ~now).sum())
    return Comparison(
        tuple(changes),
        Share(int(was.sum()), len(truth), len(names)),
        Share(int(now.sum()), len(truth), len(names)),
        float(np.mean([each.before.value for each in changes])),
        float(np.mean([each.after.value for each in changes])),
        _difference(truth, was, now, image, len(names), len(class_ids)),
        mended,
        spoiled,
        mcnemar(mended, spoiled),
    )


def mcnemar(one: int, other: int) -> float:
    """McNemar's exact two-sided p-value of the two counts of changed answers (McNemar 1947).

    Under no difference each change goes either way with one half; 1 without any change.
    """
    changes, fewer = one + other, min(one, other)
    if changes == 0:
        return 1.0
    tail = sum(math.comb(changes, count) for count in range(fewer + 1))
    # Integers are divided: floats would overflow with a thousand changes.
    return min(1.0, float(2 * tail / (1 << changes)))


def _difference(
    truth: Whole,
    was: npt.NDArray[np.bool_],
    now: npt.NDArray[np.bool_],
    image: npt.NDArray[np.intp],
    images: int,
    classes: int,
) -> tuple[float, float]:
    cells, gained = np.zeros((images, classes)), np.zeros((images, classes))
    np.add.at(cells, (image, truth), 1)
    np.add.at(gained, (image, truth), now.astype(float) - was)
    random = np.random.default_rng(_SEED)
    drawn = random.multinomial(images, np.full(images, 1 / images), size=_DRAWS)
    counts, sums = drawn @ cells, drawn @ gained
    there = counts > 0
    shares = np.where(there, sums / np.maximum(counts, 1), 0.0).sum(axis=1) / there.sum(axis=1)
    low, high = np.quantile(shares, (0.025, 0.975))
    return float(low), float(high)

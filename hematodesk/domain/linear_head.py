"""Fits a linear head on embeddings to a few labelled cells, around the present head.

Multinomial logistic regression with a Gaussian prior whose mean is the parent's head: without
evidence the parent's answers stay, and each cell changes them a little (adaptive regularisation,
Chelba and Acero 2004, "Adaptation of Maximum Entropy Capitalizer"; Xiang and Li's L2-SP of 2018
is the same idea for networks). Everything here gives the same answer for the same input.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hematodesk.domain.minimise import minimise
from hematodesk.domain.statistics import softmax

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

STRENGTHS = (0.5, 1.5, 0.15)
"""Strengths of the prior to choose from, in units of the embeddings' mean squared distance from their
mean; the first is used unless the cells clearly favour another. Measured on BCCD with 25 to 200 cells:
weaker ones follow single cells, stronger ones hardly change anything."""

_CLEARLY = 0.97
"""Another strength must lower the loss to this share: with few cells the minimum is random, which on
BCCD cost half a point of balanced accuracy."""

_FEW = 3
"""With fewer cells of one of its classes the strongest prior is used: nothing then supports that class
while the others gain. On BCCD, 50 cells without a monocyte left 42 % of the monocytes with the name that is
theirs, with the strongest prior 92 %."""

_BIAS_STRENGTH = 10.0
"""Absolute strength of the prior on the bias. A free bias suppresses classes without a reviewed cell: with
25 cells of BCCD that cost three points of balanced accuracy."""

_MOST_WEIGHT = 8.0
"""Largest weight of a rare class's cell: one cell must not change the whole head."""

_INNER_FOLDS, _DEALS = 5, 2
"""The strength is chosen on two assignments of the inner folds: with few cells one alone is random."""

_MANY, _MANY_FOLDS = 200, 3
"""With more cells one assignment of three folds gives the same result in a third of the time."""

_NEW_SHARE = 0.1
"""The prior's share on a class that the parent lacks, whose initial column carries no information."""

_LEAST = 1e-12

_TOLERANCE = 5e-4
"""Tolerance of the fit: a smaller one takes longer and changes no logit by a hundredth."""


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """A network's last layer: weights (D, K) and bias (K,), float64; its last `new` columns are untrained."""

    weights: Floats
    bias: Floats
    new: int = 0

    def logits(self, embeddings: Floats) -> Floats:
        """Logits (N, K) of embeddings (N, D)."""
        return np.asarray(embeddings @ self.weights + self.bias, dtype=np.float64)

    def with_classes(self, more: int) -> LinearHead:
        """The head with `more` new columns, each the mean of the present ones: a neutral score."""
        if more == 0:
            return self
        weights = np.repeat(self.weights.mean(axis=1, keepdims=True), more, axis=1)
        bias = np.repeat(self.bias.mean(), more)
        return LinearHead(
            np.concatenate([self.weights, weights], axis=1), np.concatenate([self.bias, bias]), more
        )


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Labelled embeddings.

    Attributes:
        embeddings: (N, D) float64.
        truth: (N,) class indexes.
        groups: (N,) what must stay on one side of a split, such as the image's digest.
    """

    embeddings: Floats
    truth: Whole
    groups: tuple[str, ...]

    def part(self, chosen: npt.NDArray[np.bool_]) -> Labelled:
        """Those that are chosen, (N,) bool."""
        groups = tuple(group for group, taken in zip(self.groups, chosen, strict=True) if taken)
        return Labelled(self.embeddings[chosen], self.truth[chosen], groups)

    def __len__(self) -> int:
        return len(self.truth)


def grouped_folds(labelled: Labelled, count: int, seed: int = 0) -> Whole:
    """A fold number (N,) for each cell: whole groups only, classes spread evenly.

    The order of the cells does not matter, only the groups' names and the seed.
    Raises ValueError when there are fewer than two folds or groups.
    """
    members: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for group, truth in zip(labelled.groups, labelled.truth.tolist(), strict=True):
        members[group][truth] += 1
    if count < 2 or len(members) < 2:
        raise ValueError(f"{len(members)} groups cannot be dealt into {count} folds")
    totals = Counter(labelled.truth.tolist())
    # By the rarest class of each group, so that rare classes are dealt out before common ones.
    strata: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for group, counts in members.items():
        rarest = min(counts, key=lambda each: (totals[each], each))
        strata[totals[rarest], rarest].append(group)
    folds: dict[str, int] = {}
    for key in sorted(strata):
        strata[key].sort(key=lambda name: (zlib.crc32(f"{seed}:{name}".encode()), name))
        for name in strata[key]:
            folds[name] = len(folds) % count
    return np.array([folds[group] for group in labelled.groups], dtype=np.int64)


def class_weights(truth: Whole, classes: int) -> Floats:
    """Weights (N,) that even the classes out, none above _MOST_WEIGHT; 1 in the mean without that limit."""
    counts = np.bincount(truth, minlength=classes)
    present = int((counts > 0).sum())
    each = len(truth) / np.maximum(counts, 1) / max(1, present)
    return np.asarray(np.minimum(each, _MOST_WEIGHT)[truth], dtype=np.float64)


def fit_head(parent: LinearHead, labelled: Labelled, strength: float) -> LinearHead:
    """The head of most probability given the cells, with a prior of that strength around the parent.

    Classes without a cell keep the parent's column as it is.

    Args:
        parent: K columns; of classes that are new too (`LinearHead.with_classes`).
        labelled: at least one cell; class indexes under K.
        strength: see STRENGTHS.
    """
    features = labelled.embeddings
    spread = features - features.mean(axis=0)
    prior = strength * (float((spread**2).sum(axis=1).mean()) or 1.0)
    start = parent.logits(features)
    count, classes = start.shape
    weights = class_weights(labelled.truth, classes)
    wanted = np.zeros((count, classes))
    wanted[np.arange(count), labelled.truth] = 1
    moving = np.bincount(labelled.truth, minlength=classes) > 0
    priors = np.full(classes, prior)
    priors[classes - parent.new :] *= _NEW_SHARE
    prior_of = priors[moving]
    rows, columns = features.shape[1], int(moving.sum())

    def loss(point: Floats) -> tuple[float, Floats]:
        shift, bias = point[: rows * columns].reshape(rows, columns), point[rows * columns :]
        logits = start.copy()
        logits[:, moving] += features @ shift + bias
        chances = softmax(logits)
        named = chances[np.arange(count), labelled.truth]
        value = -float((weights * np.log(named + _LEAST)).sum())
        value += float((prior_of * shift**2).sum()) / 2 + _BIAS_STRENGTH / 2 * float((bias**2).sum())
        apart = (weights[:, None] * (chances - wanted))[:, moving]
        slope = features.T @ apart + prior_of * shift
        return value, np.concatenate([slope.ravel(), apart.sum(axis=0) + _BIAS_STRENGTH * bias])

    point = minimise(loss, np.zeros((rows + 1) * columns), tolerance=_TOLERANCE)
    moved, bias = parent.weights.copy(), parent.bias.copy()
    moved[:, moving] += point[: rows * columns].reshape(rows, columns)
    bias[moving] += point[rows * columns :]
    return LinearHead(moved, bias)


def choose_head(
    parent: LinearHead, labelled: Labelled, check: Callable[[], None] = lambda: None
) -> tuple[LinearHead, float]:
    """The fitted head and the strength of the prior, chosen by cross-validation inside these cells.

    The strength with clearly less class-balanced log loss than the first one's, else the first; the
    strongest when a class has very few cells.

    Args:
        check: called between fits; raises to stop the work.
    """
    basis = _basis(labelled.embeddings)
    if basis is None:
        return _chosen(parent, labelled, check)
    small = LinearHead(basis @ parent.weights, parent.bias, parent.new)
    fitted, strength = _chosen(small, _along(labelled, basis), check)
    lifted = parent.weights + basis.T @ (fitted.weights - small.weights)
    return LinearHead(lifted, fitted.bias), strength


def out_of_fold(
    parent: LinearHead,
    labelled: Labelled,
    folds: Whole,
    *,
    check: Callable[[], None] = lambda: None,
    done: Callable[[int, int], None] = lambda _done, _all: None,
) -> Floats:
    """Logits (N, K) of each cell by a head that was fitted, strength and all, without its fold.

    Args:
        folds: (N,) from `grouped_folds`.
        check: called between fits; raises to stop the work. done: told (folds done, folds).
    """
    basis = _basis(labelled.embeddings)
    if basis is not None:
        # The same head in fewer dimensions: no logit here depends on what no cell spans.
        parent = LinearHead(basis @ parent.weights, parent.bias, parent.new)
        labelled = _along(labelled, basis)
    logits = np.empty((len(labelled), parent.bias.size))
    numbers: list[int] = np.unique(folds).tolist()
    for position, fold in enumerate(numbers):
        done(position, len(numbers))
        outside = folds == fold
        head, _ = _chosen(parent, labelled.part(~outside), check)
        logits[outside] = head.logits(labelled.embeddings[outside])
    done(len(numbers), len(numbers))
    return logits


def _chosen(parent: LinearHead, labelled: Labelled, check: Callable[[], None]) -> tuple[LinearHead, float]:
    classes = parent.bias.size
    if np.bincount(labelled.truth, minlength=classes).min() < _FEW:
        check()
        return fit_head(parent, labelled, max(STRENGTHS)), max(STRENGTHS)
    best, least = STRENGTHS[0], np.inf
    weights = class_weights(labelled.truth, classes)
    deals = []
    if len(set(labelled.groups)) >= 2:
        count, several = (_INNER_FOLDS, _DEALS) if len(labelled) <= _MANY else (_MANY_FOLDS, 1)
        deals = [grouped_folds(labelled, count, seed) for seed in range(1, 1 + several)]
    for strength in STRENGTHS if deals else ():
        loss = 0.0
        for folds in deals:
            for fold in np.unique(folds):
                check()
                outside = folds == fold
                head = fit_head(parent, labelled.part(~outside), strength)
                chances = softmax(head.logits(labelled.embeddings[outside]))
                named = chances[np.arange(len(chances)), labelled.truth[outside]]
                loss -= float((weights[outside] * np.log(named + _LEAST)).sum())
        if loss < least * _CLEARLY:
            best, least = strength, loss
    check()
    return fit_head(parent, labelled, best), best


def _basis(embeddings: Floats) -> Floats | None:
    """Orthonormal rows (R, D) that span few embeddings; None for many, where that saves nothing.

    The prior leaves directions that the cells do not span unchanged.
    """
    count, depth = embeddings.shape
    if count >= depth:
        return None
    values, vectors = np.linalg.eigh(embeddings @ embeddings.T)
    kept = values > max(float(values[-1]), _LEAST) * 1e-10
    return np.asarray((vectors[:, kept] / np.sqrt(values[kept])).T @ embeddings)


def _along(labelled: Labelled, basis: Floats) -> Labelled:
    return Labelled(labelled.embeddings @ basis.T, labelled.truth, labelled.groups)

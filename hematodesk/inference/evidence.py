"""Relates a model's activation maps to its scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]

_TOLERANCE = 1e-3
"""Share of the largest value by which sums of 32-bit numbers taken in another order may differ."""

_HIDDEN = 0.4999
"""Distance from one half above which a 32-bit sigmoid determines its logit too poorly."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Activation maps of one crop and the scores that they belong to.

    Attributes:
        maps: float32 (h, w, K), raw values, coarse; one plane a class.
        scores: float32 (K,), raw, before temperature and softmax; of an exact map behind a sigmoid
            for each class the logits before it; one column stands for two classes with kind `sigmoid`.
        exact: whether a map's mean plus a constant of the class, the bias, is that class's logit.
    """

    maps: Values
    scores: Values
    exact: bool


def agree_exactly(one: tuple[Values, Values], other: tuple[Values, Values]) -> bool:
    """Whether two different crops leave the same bias between scores and maps, in every class.

    For a linear layer on features averaged over their positions the class activation map is the
    layer at each position, so that its mean plus the bias is the logit (Zhou et al. 2016, "Learning
    Deep Features for Discriminative Localization"). For any other head what is left changes from
    crop to crop.

    Args:
        one, other: (scores (1, K), maps (1, h, w, K)) of each crop.
    """
    if one[0].shape != (1, one[1].shape[3]):
        return False
    left = [scores[0] - maps[0].mean(axis=(0, 1)) for scores, maps in (one, other)]
    largest = max(1.0, *(float(np.abs(maps).max()) for _, maps in (one, other)))
    return bool(np.abs(left[0] - left[1]).max() <= _TOLERANCE * largest)


def biases_before_sigmoid(one: tuple[Values, Values], other: tuple[Values, Values]) -> Values | None:
    """The biases (K,) of a head with a sigmoid for each class, or None where its maps are not exact.

    Close to 0 and 1 a sigmoid hides its logit, so the bias of a class is read from the crop that is
    further from both, and must reproduce the other crop's sigmoid.

    Args:
        one, other: (sigmoids (1, K), maps (1, h, w, K)) of two different crops.
    """
    if one[0].shape != (1, one[1].shape[3]):
        return None
    sigmoids = np.stack([one[0][0], other[0][0]]).astype(np.float64)
    means = np.stack([maps[0].mean(axis=(0, 1)) for _, maps in (one, other)]).astype(np.float64)
    hidden = np.abs(sigmoids - 0.5)
    if hidden.min(axis=0).max() > _HIDDEN:
        return None
    clear = hidden.argmin(axis=0)
    columns = np.arange(len(clear))
    seen = sigmoids[clear, columns]
    biases = np.log(seen / (1 - seen)) - means[clear, columns]
    apart = np.abs(1 / (1 + np.exp(-(means + biases))) - sigmoids).max()
    return np.asarray(biases, dtype=np.float32) if apart <= _TOLERANCE else None

"""Small statistics used by several packages."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def wilson_interval(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's score interval for a proportion (Wilson 1927), by default at 95 %.

    Returns (low, high), each 0 to 1; (0, 1) when there are no trials.
    Raises ValueError when successes is not between 0 and trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    spread = 1 + z * z / trials
    middle = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, (middle - half) / spread), min(1.0, (middle + half) / spread)


def softmax(logits: npt.NDArray[np.floating], temperature: float = 1.0) -> npt.NDArray[np.float64]:
    """Softmax over the last axis of logits (N, K), divided by the calibration temperature first.

    Temperature scaling after Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def fit_temperature(
    logits: npt.NDArray[np.floating],
    truth: npt.NDArray[np.int64],
    weights: npt.NDArray[np.floating] | None = None,
    *,
    lowest: float = 1 / 8,
    highest: float = 8.0,
) -> float:
    """The temperature of least cross-entropy of logits (N, K) given the true classes (N,), weighted (N,).

    By golden section on its logarithm, over which the cross-entropy has one minimum.
    """

    share = np.ones(len(truth)) if weights is None else weights

    def loss(power: float) -> float:
        named = softmax(logits, math.exp(power))[np.arange(len(truth)), truth]
        return -float((share * np.log(named + 1e-12)).sum())

    low, high, ratio = math.log(lowest), math.log(highest), (math.sqrt(5) - 1) / 2
    while high - low > 1e-4:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)

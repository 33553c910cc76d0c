"""Minimises a smooth function of many numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

_REMEMBERED = 10
_ENOUGH = 1e-4
"""Armijo's constant: a step must bring this share of what the slope promises."""

_SHORTEST_STEP = 1e-10


def minimise(
    function: Callable[[Vector], tuple[float, Vector]],
    start: Vector,
    *,
    steps: int = 200,
    tolerance: float = 1e-4,
) -> Vector:
    """The place of the least value of a convex function, by L-BFGS (Nocedal 1980).

    Nocedal, "Updating Quasi-Newton Matrices with Limited Storage", Mathematics of Computation 35;
    steps are halved until they bring enough. The same input gives the same answer.

    Args:
        function: a point (N,) to its value and gradient (N,).
        start: where to begin, (N,).
        steps: at most so many.
        tolerance: ends when no part of the gradient is larger, times the first one's largest part or 1.
    """
    point = start
    value, gradient = function(point)
    goal = tolerance * max(1.0, float(np.abs(gradient).max(initial=0.0)))
    moves: list[tuple[Vector, Vector]] = []
    for _ in range(steps):
        if float(np.abs(gradient).max(initial=0.0)) <= goal:
            break
        direction = -_scaled(gradient, moves)
        slope, length = float(gradient @ direction), 1.0
        while True:
            reached = point + length * direction
            next_value, next_gradient = function(reached)
            if next_value <= value + _ENOUGH * length * slope:
                break
            length /= 2
            if length < _SHORTEST_STEP:
                return point
        moved, turned = reached - point, next_gradient - gradient
        if float(moved @ turned) > 0:
            moves = [*moves, (moved, turned)][-_REMEMBERED:]
        point, value, gradient = reached, next_value, next_gradient
    return point


def _scaled(gradient: Vector, moves: list[tuple[Vector, Vector]]) -> Vector:
    """The gradient times the inverse curvature that the last moves showed: the two-loop recursion."""
    if not moves:
        return gradient / max(1.0, float(np.linalg.norm(gradient)))
    scaled = gradient.copy()
    shares = []
    for moved, turned in reversed(moves):
        share = float(moved @ scaled) / float(moved @ turned)
        shares.append(share)
        scaled -= share * turned
    moved, turned = moves[-1]
    scaled *= float(moved @ turned) / float(turned @ turned)
    for (moved, turned), share in zip(moves, reversed(shares), strict=True):
        scaled += (share - float(turned @ scaled) / float(moved @ turned)) * moved
    return scaled

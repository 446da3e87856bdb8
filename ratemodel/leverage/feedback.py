"""Prices force sales and sales move prices: the return at which both agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Response = Callable[[Floats], Floats]
"""From log returns (D, G) to the price move (D, G) of the flows they force, both in pp."""

SMALLEST_PP, LARGEST_PP, POINTS = 1e-3, 400.0, 160
"""Returns looked at on the way from zero: a fall to a fiftieth at most, steps of 8 %."""
BISECTIONS = 60
"""Halvings of a step: to the last bit."""


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """First return from zero at which shock and forced flows add up to the return itself.

    Attributes
    ----------
    return_pp : array, shape (D,)
        NaN where none was found.
    gain : array, shape (D,)
        dI/dr at the fixed point.
    steepest : array, shape (D,)
        Largest dI/dr from zero to it; at 1 or more the way there is unstable.
    """

    return_pp: Floats
    gain: Floats
    steepest: Floats

    @property
    def found(self) -> Bools:
        """Whether there is a fixed point."""
        return np.isfinite(self.return_pp)


def return_grid() -> Floats:
    """Distances from zero that are looked at, pp, shape (G,)."""
    return np.concatenate([[0.0], np.geomspace(SMALLEST_PP, LARGEST_PP, POINTS - 1)])


def first_fixed_point(push_pp: Floats, response: Response) -> FixedPoint:
    r"""Solve r = e + I(Q(r)) from zero in the direction of the shock to the first solution.

    Falling prices force sales, which push prices further: of several solutions the market stops
    at the first it comes to.

    Parameters
    ----------
    push_pp : array, shape (D,)
        e: all that moves the price but forced flows.
    response : callable
        r (D, G) to I(Q(r)) (D, G), pp.

    Returns
    -------
    FixedPoint

    Examples
    --------
    Half of every return comes back as forced selling: a shock of −1 ends at −2.

    >>> point = first_fixed_point(np.array([-1.0]), lambda r: 0.5 * r)
    >>> float(point.return_pp[0].round(9)), float(point.steepest[0].round(9))
    (-2.0, 0.5)
    """
    at_zero = push_pp + response(np.zeros((len(push_pp), 1)))[:, 0]
    side = np.where(at_zero < 0.0, -1.0, 1.0)
    r = side[:, None] * return_grid()
    impact = response(r)
    # How far the pull still exceeds the return: positive at zero, negative beyond a solution.
    excess = side[:, None] * (push_pp[:, None] + impact) - np.abs(r)
    crossed = excess <= 0.0
    found = crossed.any(axis=1)
    stop = np.where(found, crossed.argmax(axis=1), 0)
    rows = np.arange(len(r))
    low, high = r[rows, np.maximum(stop - 1, 0)], r[rows, stop]
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        beyond = side * (push_pp + response(middle[:, None])[:, 0]) <= np.abs(middle)
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    solution = np.where(found, high, np.nan)
    slope = np.diff(impact, axis=1) / np.diff(r, axis=1)
    passed = np.arange(slope.shape[1]) < np.maximum(stop, 1)[:, None]
    return FixedPoint(
        return_pp=solution,
        gain=np.where(found, slope[rows, np.maximum(stop - 1, 0)], np.nan),
        steepest=np.where(passed, slope, -np.inf).max(axis=1),
    )

"""Prices force sales and sales move prices: the return at which both agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Response = Callable[[Floats], Floats]
"""From log returns (D, G) to the price move (D, G) of the flows they force, both in pp."""

SMALLEST_PP, LARGEST_PP, POINTS = 1e-3, 400.0, 160
"""Returns looked at on the way from zero: a fall to a fiftieth at most, steps of 8 %."""
NEAR = np.array(
    [
        *(0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0, 1.02, 1.04, 1.06, 1.08, 1.1, 1.13, 1.16, 1.2),
        *(1.25, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.3, 2.6, 3.0, 3.5, 4.0),
    ]
)
FAR_POINTS = 14
"""Where the first solution alone is looked for: in multiples of the push, then to `LARGEST_PP`."""
STEPS, HALVED = 90, 3
"""Steps of the false position (Illinois) at most; every third one halves the interval instead."""
SOLVED_PP = 1e-13
"""A return solves its equation to this: the last bits of a few pp."""


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
    side = _side(_at_zero(push_pp, response))
    r = side[:, None] * return_grid()
    impact = response(r)
    found, stop, solution = _first_crossing(push_pp, response, side, r, impact)
    rows = np.arange(len(r))
    slope = np.diff(impact, axis=1) / np.diff(r, axis=1)
    passed = np.arange(slope.shape[1]) < np.maximum(stop, 1)[:, None]
    return FixedPoint(
        return_pp=solution,
        gain=np.where(found, slope[rows, np.maximum(stop - 1, 0)], np.nan),
        steepest=np.where(passed, slope, -np.inf).max(axis=1),
    )


def first_solution(push_pp: Floats, response: Response) -> Floats:
    """Solve for the first fixed point alone, without the gain on the way to it.

    Returns are looked at where the solution usually is, a few percent to a few times beyond the
    push: a quarter of the points of `first_fixed_point`, for the thousands of times a window is
    solved for its counterfactuals.

    Parameters
    ----------
    push_pp : array, shape (D,)
    response : callable

    Returns
    -------
    array, shape (D,)
        NaN where none was found.

    Examples
    --------
    >>> float(first_solution(np.array([-1.0]), lambda r: 0.5 * r)[0].round(9))
    -2.0
    """
    start = _at_zero(push_pp, response)
    side = _side(start)
    near = np.abs(start)[:, None] * NEAR
    beyond = np.maximum(LARGEST_PP / np.maximum(near[:, -1:], SMALLEST_PP), 1.0)
    far = near[:, -1:] * beyond ** (np.arange(1, FAR_POINTS + 1) / FAR_POINTS)
    r = side[:, None] * np.hstack([near, far])
    return _first_crossing(push_pp, response, side, r, response(r))[2]


def _at_zero(push_pp: Floats, response: Response) -> Floats:
    """Pull on a price that has not moved."""
    return push_pp + response(np.zeros((len(push_pp), 1)))[:, 0]


def _side(at_zero: Floats) -> Floats:
    return np.where(at_zero < 0.0, -1.0, 1.0)


def _first_crossing(
    push_pp: Floats, response: Response, side: Floats, r: Floats, impact: Floats
) -> tuple[Bools, Ints, Floats]:
    """Find the first of some returns that the pull does not reach, and solve before it.

    Returns whether there is one, its position, and the solution (NaN where there is none).
    """
    rows = np.arange(len(r))
    # How far the pull still exceeds the return: positive at zero, negative beyond a solution.
    excess = side[:, None] * (push_pp[:, None] + impact) - np.abs(r)
    crossed = excess <= 0.0
    found = np.asarray(crossed.any(axis=1), dtype=bool)
    stop = np.where(found, crossed.argmax(axis=1), 0)
    before = np.maximum(stop - 1, 0)
    low, high = np.abs(r[rows, before]), np.abs(r[rows, stop])
    over, under = excess[rows, before], excess[rows, stop]
    for step in range(STEPS):
        width = over - under
        middle = np.where(
            width > 0.0, low + (high - low) * over / np.where(width, width, 1.0), high
        )
        if step % HALVED == HALVED - 1:
            middle = 0.5 * (low + high)
        left = side * (push_pp + response((side * middle)[:, None])[:, 0]) - middle
        above = left > 0.0
        # Illinois: an end that stays put counts half, so that the other end moves too.
        over = np.where(above, left, 0.5 * over)
        under = np.where(above, 0.5 * under, left)
        low, high = np.where(above, middle, low), np.where(above, high, middle)
        if (np.abs(left[found]) <= SOLVED_PP).all():
            break
    return found, stop, np.where(found, side * middle, np.nan)

"""FedWatch's odds: every meeting moves by one of two neighbouring steps, independently."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ratemodel.odds.distribution import StepOdds

Floats = npt.NDArray[np.float64]

NO_MASS = 1e-15
"""Bins with less are outside the distribution: rounding of products."""


def convolve_moves(moves: Floats) -> list[StepOdds]:
    r"""Convolve independent two-point moves, meeting by meeting.

    A move of x steps is :math:`\lfloor x \rfloor` with probability :math:`1 - (x - \lfloor x
    \rfloor)` and one step more otherwise.

    Parameters
    ----------
    moves : array, shape (N, K)
        Expected moves of N cases, 25 bp steps; from the first NaN on a case has no odds.

    Returns
    -------
    list of StepOdds, length K
        After each meeting, cases by their row number.

    References
    ----------
    CME Group, "Understanding the CME Group FedWatch Tool Methodology".

    Examples
    --------
    CME's aggregated example: two meetings with half a hike each.

    >>> june, july = convolve_moves(np.array([[0.5, 0.5]]))
    >>> july.step.tolist(), july.probability.tolist()
    ([0, 1, 2], [0.25, 0.5, 0.25])
    """
    cases, meetings = moves.shape
    low = np.zeros(cases, dtype=np.int64)
    mass = np.ones((cases, 1))
    alive = np.ones(cases, dtype=bool)
    after = []
    for meeting in range(meetings):
        alive &= np.isfinite(moves[:, meeting])
        move = np.where(alive, moves[:, meeting], 0.0)
        step = np.floor(move)
        more = (move - step)[:, None]
        stay = np.pad(mass * (1.0 - more), ((0, 0), (0, 1)))
        mass = stay + np.pad(mass * more, ((0, 0), (1, 0)))
        low = low + step.astype(np.int64)
        case, place = np.nonzero((mass > NO_MASS) & alive[:, None])
        after.append(StepOdds(case, low[case] + place, mass[case, place]))
    return after

"""Covariances of every date's path, each no larger than its date needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.levels import state_covariance

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PathCovariance:
    """Covariances of levels by trade date, in runs of consecutive dates.

    In 1990 contracts reach three meetings, in 2020 forty: one array for all would hold six times
    as many numbers, nearly all of them zero.

    Attributes
    ----------
    runs : sequence of array, shape (S, S, N)
        Of the current level and those after each meeting reached, basis points squared; N dates
        each, together all T.
    reach, listed : array of int, shape (T,)
        Meetings that marks reach, and all; moves at the others are independent.
    prior_sd_bp : float
        Standard deviation of those.
    """

    runs: tuple[Floats, ...]
    reach: Ints
    listed: Ints
    prior_sd_bp: float

    @classmethod
    def of_states(cls, covariance: Floats, listed: Ints) -> PathCovariance:
        """Take over covariances of (r_0, moves), shape (T, S, S), of which marks reach all."""
        levels = np.cumsum(np.cumsum(covariance, axis=1), axis=2).transpose(1, 2, 0)
        return cls((levels,), listed, listed, np.inf)

    def of_moves(self) -> Floats:
        """Lay out the covariances of (r_0, moves), shape (T, K + 1, K + 1); 0 where padded.

        Examples
        --------
        >>> run = np.array([[[1.0], [1.0]], [[1.0], [5.0]]])
        >>> PathCovariance((run,), np.array([1]), np.array([2]), 25.0).of_moves()[0]
        array([[  1.,   0.,   0.],
               [  0.,   4.,   0.],
               [  0.,   0., 625.]])
        """
        slot = np.arange(int(self.listed.max(initial=0)) + 1)
        table = np.zeros((len(self.reach), len(slot), len(slot)))
        start = 0
        for run in self.runs:
            size, _, count = run.shape
            held = slot[:size] <= self.reach[start : start + count, None]
            both = held[:, :, None] & held[:, None, :]
            table[start : start + count, :size, :size] = state_covariance(run) * both
            start += count
        row, beyond = np.nonzero((slot > self.reach[:, None]) & (slot <= self.listed[:, None]))
        table[row, beyond, beyond] = self.prior_sd_bp**2
        return table

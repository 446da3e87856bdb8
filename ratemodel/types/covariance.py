"""Covariances of every date's state, each no larger than its date needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class StateCovariance:
    """Covariances of (r_0, moves) by trade date, in runs of consecutive dates.

    In 1990 contracts reach three meetings, in 2020 forty: one array for all would hold six times
    as many numbers, nearly all of them zero.

    Attributes
    ----------
    runs : tuple of array, shape (N, S, S)
        Basis points squared; N dates each, together all T; 0 where padded.
    beyond : array of bool, shape (T, K)
        Moves that nothing but the prior speaks of: independent of all others.
    prior_sd_bp : float
        Their standard deviation.
    """

    runs: tuple[Floats, ...]
    beyond: Bools
    prior_sd_bp: float

    def dense(self) -> Floats:
        """Lay all dates out alike, shape (T, K + 1, K + 1).

        Examples
        --------
        >>> run = np.array([[[1.0, 0.5], [0.5, 4.0]]])
        >>> StateCovariance((run,), np.array([[False, True]]), 25.0).dense()[0]
        array([[  1. ,   0.5,   0. ],
               [  0.5,   4. ,   0. ],
               [  0. ,   0. , 625. ]])
        """
        dates, moves = self.beyond.shape
        table = np.zeros((dates, moves + 1, moves + 1))
        start = 0
        for run in self.runs:
            count, size, _ = run.shape
            table[start : start + count, :size, :size] = run
            start += count
        row, slot = np.nonzero(self.beyond)
        table[row, slot + 1, slot + 1] = self.prior_sd_bp**2
        return table

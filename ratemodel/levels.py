r"""Linear-Gaussian systems in levels: banded, and laid out for many dates at once.

With r_0 and moves m_k the state, level j is :math:`L_j = r_0 + m_1 + \dots + m_j`. A contract's
month overlaps the reign of few consecutive levels, and an independent prior on moves ties each
level to the one before. In levels the normal matrix of a date is therefore banded: three diagonals,
or a few more where a month has several meetings. It is also better conditioned than in moves, where
every contract shares r_0 and all earlier moves with every later one. `banded` solves the systems;
`linear.gaussian_posterior` is the dense twin. Dates are the *last* axis throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.banded import factor, inverse, solve

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WIDEST_BAND = 8
"""Levels a mark may weigh before dense matrices are quicker. No month has so many meetings; a mean
over years of days has."""


@dataclass(frozen=True, eq=False, slots=True)
class LevelRows:
    """Observations of n marks, each of few consecutive levels of its date.

    Mark i is of date ``date[i]`` (ascending) and weighs level ``first[i] + w`` by ``weight[w, i]``;
    weights beyond the last level are zero.
    """

    date: Ints
    first: Ints
    weight: Floats
    """Shape (W, n)."""

    def between(self, start: int, stop: int) -> LevelRows:
        """Take the marks of dates from `start` up to `stop`, counted anew, no wider than they are.

        Examples
        --------
        >>> rows = LevelRows(np.array([0, 1]), np.array([0, 0]), np.array([[0.5, 1.0], [0.5, 0.0]]))
        >>> part = rows.between(1, 2)
        >>> part.date, part.weight
        (array([0]), array([[1.]]))
        """
        part = slice(*np.searchsorted(self.date, [start, stop]))
        weight = self.weight[:, part]
        used = np.flatnonzero(weight.any(axis=1))
        width = int(used[-1]) + 1 if len(used) else 1
        return LevelRows(self.date[part] - start, self.first[part], weight[:width])


def level_rows(
    share: Floats, date: Ints, month: Ints, meetings: Ints, current_weight: Floats
) -> LevelRows:
    r"""Say how much each level of its date enters each mark.

    With :math:`g_k` the share of the month's days on or after meeting k takes effect, and
    :math:`g_0` the weight of the current level, the level after meeting k rules on a share

    .. math:: a_k = g_k - g_{k+1}

    of the days: zero but for the meetings inside the month and the last one before.

    Parameters
    ----------
    share : array, shape (C, M)
        Month × meeting (``calendars.days_share_from``), meetings in order of effect.
    date, month : array, shape (n,)
        Each mark's position among dates (ascending) and months.
    meetings : array, shape (T, K)
        Columns of `share` that each date knows of, ascending, padded with −1.
    current_weight : array, shape (n,)
        Weight of all levels together: 1, or the share of the month still ahead.

    Returns
    -------
    LevelRows

    Examples
    --------
    A meeting after a third of the first month; the second month is at the new level.

    >>> rows = level_rows(
    ...     share=np.array([[2 / 3], [1.0]]),
    ...     date=np.array([0, 0]),
    ...     month=np.array([0, 1]),
    ...     meetings=np.array([[0]]),
    ...     current_weight=np.ones(2),
    ... )
    >>> rows.first
    array([0, 1])
    >>> rows.weight.round(2)
    array([[0.33, 1.  ],
           [0.67, 0.  ]])
    """
    begun, touched = (share >= 1.0).sum(axis=1), (share > 0.0).sum(axis=1)
    first = count_before(meetings, date, begun[month])
    inside = count_before(meetings, date, touched[month]) - first
    width = int(inside.max(initial=0)) + 1
    entered = np.zeros((width + 1, len(date)))
    entered[0] = current_weight
    for w in range(1, width):
        rows = np.flatnonzero(inside >= w)
        entered[w, rows] = share[month[rows], meetings[date[rows], first[rows] + w - 1]]
    return LevelRows(date, first, entered[:-1] - entered[1:])


def count_before(meetings: Ints, date: Ints, column: Ints) -> Ints:
    """Count the meetings of a date that stand before a column of the calendar.

    Parameters
    ----------
    meetings : array, shape (T, K)
        Columns that each date knows of, ascending, padded with −1.
    date, column : array, shape (n,)

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> count_before(np.array([[2, 5, -1]]), np.array([0, 0]), np.array([5, 9]))
    array([1, 2])
    """
    held = meetings >= 0
    known = held.sum(axis=1)
    # One ascending list of all dates' meetings, in which a search counts.
    longest = max(int(meetings.max(initial=0)), int(column.max(initial=0))) + 1
    ordered = (np.arange(len(meetings))[:, None] * longest + meetings)[held]
    count: Ints = (
        np.searchsorted(ordered, date * longest + column) - (np.cumsum(known) - known)[date]
    )
    return count


def posterior(
    rows: LevelRows, precision: Floats, news: Floats, prior_precision: Floats, held: Bools
) -> tuple[Floats, Floats]:
    r"""Combine marks with an independent Gaussian prior on moves, in levels.

    .. math:: \Sigma = (A'WA + D'PD)^{-1}, \qquad x = \Sigma A'Wy

    By the banded factor; by dense matrices where a mark weighs more than eight levels.

    Parameters
    ----------
    rows : LevelRows
        A.
    precision, news : array, shape (n,)
        Diagonal of W (0 for a mark that is not to weigh) and y, counted from the prior mean: a
        prior then adds nothing, and rounding is that of the news, not of the level.
    prior_precision : array, shape (S, T)
        Diagonal of P, of r_0 and of each move; positive where held. Infinite of an r_0 that is
        known.
    held : array of bool, shape (S, T)
        Slots that are there, the first of each date.

    Returns
    -------
    levels : array, shape (S, T)
        Posterior mean, counted from the prior mean.
    covariance : array, shape (S, S, T)
        Of levels. A padded one stands alone, at unit variance.

    Examples
    --------
    >>> rows = LevelRows(np.array([0]), np.array([0]), np.array([[0.5], [0.5]]))
    >>> held = np.full((2, 1), True)
    >>> levels, covariance = posterior(rows, np.ones(1), np.ones(1), np.ones((2, 1)), held)
    >>> levels[:, 0].round(3), covariance[:, :, 0].round(3)
    (array([0.444, 0.667]), array([[0.556, 0.333],
           [0.333, 1.   ]]))
    """
    moment = level_moment(rows, precision * news, held.shape)
    if len(rows.weight) <= WIDEST_BAND:
        factors = factor(normal_band(rows, precision, prior_precision, held))
        return solve(*factors, moment), inverse(*factors)
    covariance = _dense_inverse(rows, precision, prior_precision, held)
    return np.einsum("ijt,jt->it", covariance, moment), covariance


def _dense_inverse(
    rows: LevelRows, precision: Floats, prior_precision: Floats, held: Bools
) -> Floats:
    size, dates = held.shape
    prior = np.zeros((2, size, dates))
    _add_prior(prior, prior_precision, held)
    known = np.isinf(prior[0, 0])
    prior[0, 0, known] = 1.0
    level = np.arange(size)
    normal = np.zeros((dates, size, size))
    normal[:, level, level] = prior[0].T
    normal[:, level[:-1], level[1:]] = normal[:, level[1:], level[:-1]] = prior[1, :-1].T
    slot = np.arange(len(rows.date)) - np.searchsorted(rows.date, rows.date)
    design = np.zeros((dates, int(slot.max(initial=-1)) + 1, size + len(rows.weight)))
    for offset, weight in enumerate(rows.weight):
        design[rows.date, slot, rows.first + offset] = np.sqrt(precision) * weight
    design = design[:, :, :size]
    normal += np.matmul(design.transpose(0, 2, 1), design)
    # What is known stands alone: it neither learns nor varies.
    normal[known, 0, 1:] = normal[known, 1:, 0] = 0.0
    covariance = np.asarray(np.linalg.inv(normal), dtype=float).transpose(1, 2, 0)
    covariance[0, 0, known] = 0.0
    return covariance


def normal_band(rows: LevelRows, precision: Floats, prior_precision: Floats, held: Bools) -> Floats:
    r"""Add up the normal matrix of levels, :math:`A'WA + D'PD`, by its diagonals.

    D takes levels to the state: r_0 and the differences from level to level.

    Parameters
    ----------
    rows : LevelRows
        A.
    precision : array, shape (n,)
        Diagonal of W; 0 for a mark that is not to weigh.
    prior_precision : array, shape (S, T)
        Diagonal of P, of r_0 and of each move; positive where held.
    held : array of bool, shape (S, T)
        Slots that are there, the first of each date; a padded one stands alone, at unit precision.

    Returns
    -------
    array, shape (B + 1, S, T)
        Entry [b, j] is row j, column j + b; B is at least 1.

    Examples
    --------
    One mark at half of each level, tied by unit priors:

    >>> rows = LevelRows(np.array([0]), np.array([0]), np.array([[0.5], [0.5]]))
    >>> normal_band(rows, np.ones(1), np.ones((2, 1)), np.full((2, 1), True))[:, :, 0]
    array([[ 2.25,  1.25],
           [-0.75,  0.  ]])
    """
    size, dates = held.shape
    width = len(rows.weight)
    band = np.zeros((max(width, 2), size, dates))
    for low in range(width):
        weighted = precision * rows.weight[low]
        for high in range(low, width):
            band[high - low] += _summed(rows, low, weighted * rows.weight[high], held.shape)
    _add_prior(band, prior_precision, held)
    return band


def _add_prior(band: Floats, prior_precision: Floats, held: Bools) -> None:
    prior = np.where(held, prior_precision, 0.0)
    band[0] += prior
    band[0, :-1] += prior[1:]
    band[1, :-1] -= prior[1:]
    band[0, ~held] = 1.0


def level_moment(rows: LevelRows, weighted: Floats, shape: tuple[int, int]) -> Floats:
    """Add up the right-hand side of the normal equations, A'Wy.

    Parameters
    ----------
    rows : LevelRows
    weighted : array, shape (n,)
        Wy, with y counted from the prior mean: a prior then adds nothing, and rounding is that of
        the news, not of the level.
    shape : (S, T)

    Returns
    -------
    array, shape (S, T)
    """
    moment = np.zeros(shape)
    for low, weight in enumerate(rows.weight):
        moment += _summed(rows, low, weighted * weight, shape)
    return moment


def _summed(rows: LevelRows, offset: int, values: Floats, shape: tuple[int, ...]) -> Floats:
    """Sum values by date and level, `offset` levels after the first each mark weighs."""
    size, dates = shape
    # Marks at the last level have zero weights beyond it: these fall into rows that are cut off.
    cell = (rows.first + offset) * dates + rows.date
    total = np.bincount(cell, weights=values, minlength=(size + offset) * dates)
    return np.asarray(total, dtype=float).reshape(-1, dates)[:size]


def state_covariance(levels: Floats) -> Floats:
    r"""Turn the covariance of levels into that of the state, :math:`D \Sigma D'`.

    Parameters
    ----------
    levels : array, shape (S, S, T)

    Returns
    -------
    array, shape (T, S, S)
        Of r_0 and the moves, dates first.

    Examples
    --------
    >>> state_covariance(np.array([[[1.0], [1.0]], [[1.0], [5.0]]]))[0]
    array([[1., 0.],
           [0., 4.]])
    """
    half = levels.copy()
    half[1:] -= levels[:-1]
    both = half.copy()
    both[:, 1:] -= half[:, :-1]
    symmetric: Floats = (both + both.transpose(1, 0, 2)) / 2.0  # to the last bit
    return symmetric.transpose(2, 0, 1)


def move_variances(band: Floats) -> Floats:
    """Read the variances of r_0 and the moves from the band of the levels' covariance.

    Parameters
    ----------
    band : array, shape (B + 1, S, T)
        As from `inverse_band`.

    Returns
    -------
    array, shape (S, T)

    Examples
    --------
    >>> move_variances(np.array([[[1.0], [5.0]], [[1.0], [0.0]]]))[:, 0]
    array([1., 4.])
    """
    variance: Floats = band[0].copy()
    variance[1:] += band[0, :-1] - 2.0 * band[1, :-1]
    return variance


def fitted(rows: LevelRows, levels: Floats) -> Floats:
    """Read the marks off the levels, shape (n,)."""
    last = len(levels) - 1
    value = np.zeros(len(rows.date))
    for offset, weight in enumerate(rows.weight):
        # Beyond the last level weights are zero: any level will do.
        value += weight * levels[np.minimum(rows.first + offset, last), rows.date]
    return value


def fitted_variance(rows: LevelRows, covariance: Floats) -> Floats:
    r"""Read each mark's variance :math:`a'\Sigma a` off the covariance of levels.

    Parameters
    ----------
    rows : LevelRows
    covariance : array, shape (S, S, T)

    Returns
    -------
    array, shape (n,)
    """
    last = len(covariance) - 1
    value = np.zeros(len(rows.date))
    for low, near in enumerate(rows.weight):
        for high, far in enumerate(rows.weight[low:], start=low):
            twice = 1.0 if high == low else 2.0
            # Beyond the last level weights are zero: any element will do.
            i, j = np.minimum(rows.first + low, last), np.minimum(rows.first + high, last)
            value += twice * near * far * covariance[i, j, rows.date]
    return value

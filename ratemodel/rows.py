r"""Marks as observations of levels: each weighs a few consecutive ones of its date.

With r_0 and moves m_k the state, level j is :math:`L_j = r_0 + m_1 + \dots + m_j`. A contract's
month overlaps the reign of few of them. Dates are the *last* axis of arrays of levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
        return LevelRows(self.date[part] - start, self.first[part], _narrow(self.weight[:, part]))

    def take(self, dates: Ints) -> tuple[LevelRows, Ints]:
        """Take the marks of some dates (ascending) in the same way, and say which these are.

        Examples
        --------
        >>> rows = LevelRows(np.array([0, 1, 1]), np.array([0, 0, 1]), np.ones((1, 3)))
        >>> part, marks = rows.take(np.array([1]))
        >>> part.date, marks
        (array([0, 0]), array([1, 2]))
        """
        first = np.searchsorted(self.date, dates, side="left")
        count = np.searchsorted(self.date, dates, side="right") - first
        date = np.repeat(np.arange(len(dates)), count)
        marks = np.arange(len(date)) + (first - np.cumsum(count) + count)[date]
        return LevelRows(date, self.first[marks], _narrow(self.weight[:, marks])), marks


def _narrow(weight: Floats) -> Floats:
    used = np.flatnonzero(weight.any(axis=1))
    return weight[: int(used[-1]) + 1 if len(used) else 1]


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


def fitted(rows: LevelRows, levels: Floats) -> Floats:
    """Read the marks off the levels, shape (n,)."""
    last = len(levels) - 1
    value = np.zeros(len(rows.date))
    for offset, weight in enumerate(rows.weight):
        # Beyond the last level weights are zero: any level will do.
        value += weight * levels[np.minimum(rows.first + offset, last), rows.date]
    return value


def fitted_variance(rows: LevelRows, band: Floats) -> Floats:
    r"""Read each mark's variance :math:`a'\Sigma a` off the band of the levels' covariance.

    Parameters
    ----------
    rows : LevelRows
    band : array, shape (B + 1, S, T)
        Entry [b, j] is row j, column j + b; at least as wide as the marks.

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> rows = LevelRows(np.array([0]), np.array([0]), np.array([[0.5], [0.5]]))
    >>> fitted_variance(rows, np.array([[[4.0], [8.0]], [[2.0], [0.0]]]))
    array([4.])
    """
    last = band.shape[1] - 1
    value = np.zeros(len(rows.date))
    for low, near in enumerate(rows.weight):
        # Beyond the last level weights are zero: any element will do.
        place = np.minimum(rows.first + low, last)
        for high, far in enumerate(rows.weight[low:], start=low):
            twice = 1.0 if high == low else 2.0
            value += twice * near * far * band[high - low, place, rows.date]
    return value

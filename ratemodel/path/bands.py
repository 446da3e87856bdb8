"""Bands for the rate that will rule: how wrong the path has been, as far as known on each date."""

from __future__ import annotations

from bisect import bisect_left, insort
from math import ceil

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SPANS_KEPT = 40
"""Errors are remembered over this many times the horizon. So many that do not overlap tell a
coverage of 0.9 to less than five points, and a short horizon may forget sooner than a long one:
for two years ahead, all that is known is just enough."""
SPANS_NEEDED = 2
"""Forecasts must have been made over this many times the horizon before there is a band."""
MIN_ERRORS = 100
ROUNDING = 1e-9
"""0.9 × 10 is a little more than 9 in floats, and its rank is still 9."""


def predictive_half_width(
    path: RatePath, months: int, expected_pct: Floats, level: float
) -> Floats:
    r"""Measure how far realised rates have lain from expected ones, by errors known before t.

    .. math:: w_t = \lceil \text{level}\,(n+1) \rceil\text{-th smallest of }
              \{|r_{s+h} - E_s[r_{s+h}]| : t - 40h \le s + h < t\}

    Symmetric, because the sign of an error is that of a whole cycle of policy: a sample with one
    easing and no tightening knows the size of errors and not yet their other side. The rank is
    that of split conformal prediction; with exchangeable errors it covers at least `level`.

    Parameters
    ----------
    path : RatePath
        Its `fixings_pct` are the realised rates: the effective rate of the one day t + h.
    months : int
        The horizon h.
    expected_pct : array, shape (T,)
        :math:`E_t[r_{t+h}]`, percent.
    level : float
        Coverage wanted.

    Returns
    -------
    array, shape (T,)
        Percentage points; NaN before forecasts over two times the horizon, and 100 of them, have
        come due.
    """
    dates = path.trade_dates
    due = pd.DatetimeIndex(dates + pd.DateOffset(months=months))
    error = np.abs(path.fixings_pct.reindex(due).to_numpy(float) - expected_pct)
    made = np.flatnonzero(np.isfinite(error))
    if not len(made):
        return np.full(len(dates), np.nan)
    oldest = pd.DatetimeIndex(dates - pd.DateOffset(months=SPANS_KEPT * months))
    first = np.searchsorted(due.to_numpy(), oldest.to_numpy(), side="left")
    # The fixing of a day is published the next morning, so that of a day before t is known on t.
    stop = np.searchsorted(due.to_numpy(), dates.to_numpy(), side="left")
    enough = dates[made[0]] + pd.DateOffset(months=(SPANS_NEEDED + 1) * months)
    width = rolling_rank(error, first, stop, level, MIN_ERRORS)
    return np.where(dates >= enough, width, np.nan)


def rolling_rank(values: Floats, first: Ints, stop: Ints, level: float, at_least: int) -> Floats:
    """Take the conformal quantile of windows of some values that only move forward.

    Parameters
    ----------
    values : array, shape (N,)
        NaN where there is none.
    first, stop : array, shape (T,)
        Window ``values[first[t]:stop[t]]`` of each step; neither ever falls.
    level : float
    at_least : int
        Values needed.

    Returns
    -------
    array, shape (T,)
        The ⌈level (n + 1)⌉-th smallest of a window's n values; NaN where there are too few.

    Examples
    --------
    >>> rolling_rank(np.array([3.0, 1.0, 2.0]), np.array([0, 0, 1]), np.array([0, 2, 3]), 0.6, 2)
    array([nan,  3.,  2.])
    """
    quantile = np.full(len(stop), np.nan)
    ordered: list[float] = []
    entered = left = 0
    for step in range(len(stop)):
        for value in values[entered : stop[step]]:
            if np.isfinite(value):
                insort(ordered, float(value))
        entered = max(entered, int(stop[step]))
        for value in values[left : min(first[step], entered)]:
            if np.isfinite(value):
                del ordered[bisect_left(ordered, float(value))]
        left = max(left, min(int(first[step]), entered))
        rank = ceil(level * (len(ordered) + 1) - ROUNDING)
        if at_least <= len(ordered) and rank <= len(ordered):
            quantile[step] = ordered[rank - 1]
    return quantile

"""Treasury yields as averages: over which days each one averages the rate, and how much."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

YIELD_MONTHS = {"DGS3MO": 3, "DGS6MO": 6, "DGS1": 12, "DGS2": 24}
"""Maturity, in months, of the yields that are read; shortest first."""
YIELD_SERIES = tuple(YIELD_MONTHS)
LONGEST_MONTHS = max(YIELD_MONTHS.values())


def yield_dates(rates: pd.DataFrame) -> pd.DatetimeIndex:
    """List the dates on which at least one of the four yields is quoted, ascending."""
    return pd.DatetimeIndex(yield_table(rates).index)


def yield_table(rates: pd.DataFrame | None) -> pd.DataFrame:
    """Lay the yields out by date.

    Parameters
    ----------
    rates : DataFrame or None
        date, series, value (percent).

    Returns
    -------
    DataFrame
        Percent; rows by date, ascending, one column a series, NaN where not quoted. No row for a
        date without any.

    Raises
    ------
    DataError
        If a yield is quoted twice on a date.
    """
    if rates is None or rates.empty:
        return pd.DataFrame(columns=list(YIELD_SERIES), index=pd.DatetimeIndex([]), dtype=float)
    own = rates.loc[rates["series"].isin(YIELD_SERIES) & rates["value"].notna()]
    twice = own.loc[own.duplicated(["date", "series"])]
    if len(twice):
        row = twice.iloc[0]
        raise DataError(f"{row['series']} is quoted twice on {pd.Timestamp(row['date']):%Y-%m-%d}")
    wide = own.pivot(index="date", columns="series", values="value")
    wide.index = pd.DatetimeIndex(pd.to_datetime(wide.index), name=None)
    return wide.reindex(columns=list(YIELD_SERIES)).astype(float).sort_index()


def maturity_dates(dates: pd.DatetimeIndex) -> Times:
    """Day on which each yield of each date ends, shape (T, 4)."""
    ends = [(dates + pd.DateOffset(months=m)).to_numpy() for m in YIELD_MONTHS.values()]
    return np.column_stack(ends).astype("datetime64[D]")


def share_after(start: Times, end: Times, effective: Times) -> Floats:
    r"""Measure how far a move of the rate enters the mean rate over a span of days.

    .. math:: g_{h,k} = \#\{d \in [a, b_h) : d \ge \text{effective}_k\} / \#\{d \in [a, b_h)\}

    with a the date of a yield and :math:`b_h` its maturity: money lent on the day before maturity
    comes back at it.

    Parameters
    ----------
    start : array of datetime64, shape (T,)
    end : array of datetime64, shape (T, H)
    effective : array of datetime64, shape (T, K)

    Returns
    -------
    array, shape (T, H, K)
        Fractions from 0 to 1.

    Examples
    --------
    >>> day = np.array(["2026-01-01"], "datetime64[D]")
    >>> share_after(day, day[:, None] + 100, day[:, None] + np.array([[0, 25, 200]]))
    array([[[1.  , 0.75, 0.  ]]])
    """
    first, last = start.astype("datetime64[D]"), end.astype("datetime64[D]")
    length = (last - first[:, None]).astype(np.int64)
    left = (last[:, :, None] - effective.astype("datetime64[D]")[:, None, :]).astype(np.int64)
    share: Floats = np.clip(left, 0, length[:, :, None]) / length[:, :, None]
    return share

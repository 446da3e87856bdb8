"""The rates table: targets, fixings, Treasury yields and the dollar index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.market.replica.days import DayGrid
from ratemodel.market.replica.fixings import Fixings
from ratemodel.market.replica.path import DAYS_PER_YEAR, PathNews
from ratemodel.market.replica.pins import TWO_YEAR, Pins
from ratemodel.market.replica.settings import (
    BREAKEVEN_PCT,
    HALF_RANGE_PCT,
    PREMIUM_BP,
    Slot,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def rates_table(
    grid: DayGrid,
    path: PathNews,
    fixings: Fixings,
    pins: Pins,
    dollar_index: pd.Series[float],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Write down rates, yields and the dollar index as FRED would.

    Parameters
    ----------
    grid : DayGrid
    path : PathNews
    fixings : Fixings
    pins : Pins
    dollar_index : Series
        By date, named as its series.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        date, series, value (percent; the index in points).
    """
    table = fixings.table
    own = {
        "DFF": table["rate_pct"],
        "EFFR": table.loc[table["published"], "rate_pct"],
        "DFEDTARL": table["lower_pct"],
        "DFEDTARU": table["lower_pct"] + 2.0 * HALF_RANGE_PCT,
        str(dollar_index.name): dollar_index,
        **yields(grid, path, fixings, pins, rng),
    }
    parts = [
        pd.DataFrame({"date": values.index, "series": name, "value": values.to_numpy(float)})
        for name, values in own.items()
    ]
    return pd.concat(parts).sort_values(["date", "series"], ignore_index=True)


def yields(
    grid: DayGrid, path: PathNews, fixings: Fixings, pins: Pins, rng: np.random.Generator
) -> dict[str, pd.Series[float]]:
    r"""Treasury yields at 15:30: the mean expected funds rate to maturity plus a premium.

    .. math:: y_h = \frac1h \int_0^h E_t[r_{t+u}]\,du + \text{premium}_h

    The premium wanders around its mean; that of the two-year yield takes the steps that make the
    quoted yields come out.

    Parameters
    ----------
    grid : DayGrid
    path : PathNews
    fixings : Fixings
    pins : Pins
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to Series
        By series: percent by date, two decimals.
    """
    rows = np.flatnonzero(grid.published)
    dates = grid.days[rows]
    held: dict[str, pd.Series[float]] = {}
    for series, (years, mean_bp, sd_bp, persistence) in PREMIUM_BP.items():
        wandering = _autoregression(rng, len(dates), sd_bp, persistence)
        level = mean_average(grid, path, fixings, rows, years) + (mean_bp + wandering) / 100.0
        held[series] = pd.Series(level, index=dates)
    quoted = pd.Series(pins.two_year_pct)
    off = (quoted - held[TWO_YEAR].loc[quoted.index]).to_numpy(float)
    knots = np.searchsorted(dates.to_numpy(), pd.DatetimeIndex(quoted.index).to_numpy())
    held[TWO_YEAR] += np.interp(np.arange(len(dates)), knots, off)
    mean, sd, persistence = BREAKEVEN_PCT
    inflation = mean + pd.Series(_autoregression(rng, len(dates), sd, persistence), index=dates)
    rounded = {name: values.round(2) for name, values in held.items()}
    rounded["T10YIE"] = inflation.round(2)
    rounded["DFII10"] = (rounded["DGS10"] - rounded["T10YIE"]).round(2)
    return rounded


def mean_average(
    grid: DayGrid, path: PathNews, fixings: Fixings, rows: Ints, years: float
) -> Floats:
    """Mean effective rate expected over some years from each day, at 15:30, percent."""
    days = grid.days[rows].to_numpy().astype("datetime64[D]")
    effective = path.calendar["effective"].to_numpy().astype("datetime64[D]")
    distance = (effective[None, :] - days[:, None]).astype(np.int64) / DAYS_PER_YEAR
    share = np.maximum(1.0 - distance / years, 0.0)
    moves_pct = path.pending_bp(grid, rows, Slot.YIELDS) / 100.0
    average: Floats = fixings.expected_pct(grid.days[rows]) + (moves_pct * share).sum(axis=1)
    return average


def _autoregression(rng: np.random.Generator, size: int, sd: float, persistence: float) -> Floats:
    """Draw a stationary first-order autoregression with innovations of a given size."""
    news = sd * rng.standard_normal(size)
    news[0] /= np.sqrt(1.0 - persistence**2)
    values = np.empty(size)
    last = 0.0
    for row, step in enumerate(news):
        last = persistence * last + step
        values[row] = last
    return values

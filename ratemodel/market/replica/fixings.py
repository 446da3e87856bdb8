"""The effective funds rate by calendar day, and what its next fixings are expected to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import meeting_calendar, target_on
from ratemodel.market.replica.days import DayGrid, scattered
from ratemodel.market.replica.settings import (
    DRIFT_FROM,
    FIXING_NOISE,
    FIXING_SPREADS_PCT,
    HALF_RANGE_PCT,
)

Floats = npt.NDArray[np.float64]

BASIS_POINT_PCT = 0.01


@dataclass(frozen=True, eq=False)
class Fixings:
    """Effective rate, target and their usual distance, one row a calendar day.

    Attributes
    ----------
    table : DataFrame
        Index: calendar days, from before the first trade date. rate_pct (percent, two decimals;
        weekends and holidays carry the day before), lower_pct (of the target range), spread_pct
        (usual distance of the rate from it), published (bool: a day with a fixing of its own).
    """

    table: pd.DataFrame

    def expected_pct(self, dates: pd.DatetimeIndex) -> Floats:
        """Rate expected to be fixed on each date: its target plus the spread of the day before."""
        today = self.table.loc[dates, "lower_pct"].to_numpy(float)
        before = self.table["spread_pct"].shift(1).loc[dates].to_numpy(float)
        expected: Floats = today + before
        return expected

    def month_to_date_pct(self, dates: pd.DatetimeIndex) -> Floats:
        """Sum of the fixings of each date's month before the date."""
        total = self.table["rate_pct"].cumsum().shift(1)
        first = dates.to_period("M").start_time
        summed: Floats = total.loc[dates].to_numpy(float) - total.loc[first].to_numpy(float)
        return summed

    def month_average_pct(self, months: pd.PeriodIndex) -> Floats:
        """Mean of each month's daily rates: what its contract settles at in the end."""
        by_month = self.table["rate_pct"].groupby(pd.DatetimeIndex(self.table.index).to_period("M"))
        means: Floats = by_month.mean().loc[months].to_numpy(float)
        return means


def simulate_fixings(grid: DayGrid, fomc: pd.DataFrame, rng: np.random.Generator) -> Fixings:
    """Draw fixings a few basis points above the lower end of the target range.

    Parameters
    ----------
    grid : DayGrid
        From some days before the first month of futures on.
    fomc : DataFrame
    rng : numpy.random.Generator

    Returns
    -------
    Fixings
    """
    days, published = grid.days, grid.published
    lower = target_on(days, meeting_calendar(fomc)) - HALF_RANGE_PCT
    low, high = FIXING_SPREADS_PCT
    steps = np.zeros(len(days))
    count = round((high - low) / BASIS_POINT_PCT)
    steps[scattered(rng, range(int(DRIFT_FROM * len(days)), len(days)), count)] = BASIS_POINT_PCT
    spread = low + np.cumsum(steps)
    noise = BASIS_POINT_PCT * rng.choice([-1.0, 0.0, 1.0], size=len(days), p=FIXING_NOISE)
    fresh = pd.Series(np.where(published, lower + spread + noise, np.nan), index=days)
    table = pd.DataFrame(
        {
            "rate_pct": fresh.ffill().round(2),
            "lower_pct": lower,
            "spread_pct": spread,
            "published": published,
        },
        index=days,
    )
    return Fixings(table)

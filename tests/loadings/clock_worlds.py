"""Small worlds in which everybody knows when every price was struck.

Nothing here uses the package's clocks or matching: strikes come from the zone database, one date
at a time, and a price is the sum of the news that arrived before it was struck.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries

COMEX = "13:30 America/New_York"
ETF = "16:00 America/New_York"
CRYPTO = "24:00 UTC"
LONDON_FIX = "15:00 Europe/London"
FUTURES = "15:00 America/New_York"
NOON = "12:00 America/New_York"


def strike(date: pd.Timestamp | str, clock: str) -> np.datetime64:
    """Instant, in UTC, of one strike."""
    time, zone = clock.split()
    hours, minutes = (int(part) for part in time.split(":"))
    day = pd.Timestamp(date).date()
    if hours == 24:
        day, hours = day + dt.timedelta(days=1), 0
    local = dt.datetime.combine(day, dt.time(hours, minutes), ZoneInfo(zone))
    return np.datetime64(local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "s")


def strikes(dates: pd.DatetimeIndex, clock: str) -> np.ndarray:
    return np.array([strike(date, clock) for date in dates], dtype="datetime64[s]")


def returns_table(
    asset: str, dates: pd.DatetimeIndex, clock: str, moves_pp: np.ndarray | None = None
) -> pd.DataFrame:
    """One return a pair of consecutive dates, dated by the second."""
    struck = strikes(dates, clock)
    moves = np.zeros(len(dates) - 1) if moves_pp is None else moves_pp
    return pd.DataFrame(
        {
            "date": dates[1:],
            "asset": asset,
            "log_return_pp": moves,
            "days": 1,
            "start_utc": struck[:-1],
            "end_utc": struck[1:],
        }
    )


def returns_of(*tables: pd.DataFrame) -> Returns:
    return Returns(pd.concat(tables))


def shocks_from(
    start: np.ndarray,
    end: np.ndarray,
    values_bp: np.ndarray,
    errors_bp: float = np.nan,
    name: str = "path_bp",
    dates: pd.DatetimeIndex | None = None,
) -> ShockSeries:
    """Shocks over stated intervals; equal ends make points."""
    index = pd.DatetimeIndex(end) if dates is None else dates
    values = pd.DataFrame({name: values_bp}, index=index, dtype=float)
    return ShockSeries(
        values_bp=values,
        errors_bp=pd.DataFrame(errors_bp, index=index, columns=[name], dtype=float),
        identified=values.notna(),
        start_utc=start,
        end_utc=end,
        source=pd.Series("test", index=index),
    )


def daily_shocks(
    dates: pd.DatetimeIndex, values_bp: np.ndarray, clock: str = FUTURES, errors_bp: float = np.nan
) -> ShockSeries:
    """One shock a date but the first, from strike to strike."""
    struck = strikes(dates, clock)
    return shocks_from(struck[:-1], struck[1:], values_bp, errors_bp, dates=dates[1:])


def trading_days(first: str, count: int) -> pd.DatetimeIndex:
    """Weekdays, without a few holidays so that returns of several days occur."""
    days = pd.bdate_range(first, periods=count + count // 20 + 3)
    kept = np.ones(len(days), dtype=bool)
    kept[24::47] = False
    return days[kept][:count]


@dataclass(frozen=True)
class News:
    """News that arrives between consecutive instants and is never seen by itself."""

    edges: np.ndarray
    pieces: np.ndarray

    def between(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """What arrived in (start, end], piece by piece."""
        low, high = np.searchsorted(self.edges, start), np.searchsorted(self.edges, end)
        return np.array([self.pieces[a:b].sum() for a, b in zip(low, high, strict=True)])


def brownian(
    edges: np.ndarray, rng: np.random.Generator, sd_a_root_hour: float | np.ndarray
) -> News:
    hours = np.diff(edges).astype(float) / 3600.0
    return News(edges, rng.standard_normal(len(hours)) * np.sqrt(hours) * sd_a_root_hour)

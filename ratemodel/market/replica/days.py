"""The replica's clock: calendar days, what is open on each, and the slots in which news falls."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.tseries.holiday import EasterMonday, GoodFriday, USFederalHolidayCalendar

from ratemodel.errors import CoverageError
from ratemodel.market.replica.drivers import Days
from ratemodel.market.replica.settings import NEWS_SHARES, QUIET_DAYS, SLOTS, Kind, Slot

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BOND_HOLIDAYS = ("Columbus Day", "Veterans Day")
"""Federal holidays on which futures, metals and funds trade, but no yield or index is published."""


@dataclass(frozen=True, eq=False)
class DayGrid:
    """Calendar days × slots: every instant of the replica has one position, in order of time.

    Position p is slot ``p % SLOTS`` of day ``p // SLOTS``; news at p fell between p − 1 and p.

    Attributes
    ----------
    days : DatetimeIndex, length D
        Every calendar day.
    trade, published, london : array of bool, shape (D,)
        Whether futures, metals and funds trade; whether yields, fixings and the dollar index are
        published; whether London fixes gold.

    Examples
    --------
    >>> grid = DayGrid.between(pd.Timestamp("2026-01-16"), pd.Timestamp("2026-01-20"))
    >>> [f"{date:%a}" for date in grid.trade_dates]
    ['Fri', 'Tue']
    >>> grid.trade_count.round(2).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    days: pd.DatetimeIndex
    trade: Bools
    published: Bools
    london: Bools

    @classmethod
    def between(cls, first: pd.Timestamp, last: pd.Timestamp) -> DayGrid:
        """Lay out all days from first to last, with holidays by rule."""
        days = pd.date_range(first, last, freq="D")
        weekday = (days.day_of_week < 5).astype(bool)
        federal = USFederalHolidayCalendar().holidays(first, last, return_name=True)
        bonds_only = federal.isin(BOND_HOLIDAYS).to_numpy(bool)
        good_friday = days.isin(GoodFriday.dates(first, last))
        trade = weekday & ~days.isin(federal.index[~bonds_only]) & ~good_friday
        return cls(
            days=days,
            trade=trade,
            published=trade & ~days.isin(federal.index[bonds_only]),
            london=weekday & ~good_friday & ~_london_holiday(days),
        )

    def since(self, first: pd.Timestamp) -> DayGrid:
        """Keep the days from a first one on."""
        kept = self.days >= first
        return DayGrid(self.days[kept], self.trade[kept], self.published[kept], self.london[kept])

    @property
    def size(self) -> int:
        """Number of positions."""
        return len(self.days) * SLOTS

    @cached_property
    def trade_dates(self) -> pd.DatetimeIndex:
        """Days on which futures trade."""
        return self.days[self.trade]

    @cached_property
    def trade_count(self) -> Floats:
        """Trade dates passed by the end of each day, those between two of them pro rata, (D,)."""
        rows = np.flatnonzero(self.trade)
        count: Floats = np.interp(np.arange(len(self.days)), rows, np.arange(len(rows)))
        return count

    def rows(self, kind: Days) -> Ints:
        """Rows of the days on which a price of this kind is struck."""
        open_days = {"trade": self.trade, "london": self.london}
        return np.flatnonzero(open_days.get(kind, np.ones(len(self.days), dtype=bool)))

    def position(self, date: pd.Timestamp, slot: Slot) -> int:
        """Position of one slot of one date."""
        return int((date - self.days[0]).days) * SLOTS + int(slot)

    def positions(self, rows: Ints, slot: Slot) -> Ints:
        """Positions of one slot on some days."""
        return rows * SLOTS + int(slot)

    def news_variance(self, kind: Kind) -> Floats:
        """Variance of news at each position, in units of a trade date's, shape (size,)."""
        holiday, weekend = QUIET_DAYS[kind]
        quiet = np.where(self.days.day_of_week < 5, holiday, weekend)
        level = np.where(self.trade, 1.0, quiet)
        variance: Floats = np.outer(level, NEWS_SHARES[kind]).ravel()
        return variance


def _london_holiday(days: pd.DatetimeIndex) -> Bools:
    """Bank holidays of England that fall on weekdays, by rule."""
    month, day = days.month, days.day
    monday = days.day_of_week == 0
    late = days.days_in_month - day < 7
    spring = monday & (((month == 5) & ((day <= 7) | late)) | ((month == 8) & late))
    # A holiday on a weekend is kept on the next weekday: the 2nd or 3rd, the 27th or 28th.
    new_year = (month == 1) & ((day == 1) | (monday & (day <= 3)))
    early = days.day_of_week <= 1
    christmas = (month == 12) & (np.isin(day, [25, 26]) | (early & np.isin(day, [27, 28])))
    easter = days.isin(EasterMonday.dates(days[0], days[-1]))
    holiday: Bools = np.asarray(spring | new_year | christmas | easter, dtype=bool)
    return holiday


def owners(ends: Ints, size: int) -> Ints:
    """Say for each position in which interval between ends it lies, shape (size,).

    Positions up to and including the first end are interval 0; those after the last end are one
    more interval.
    """
    return np.searchsorted(ends, np.arange(size), side="left")


def place(dates: pd.DatetimeIndex, date: pd.Timestamp) -> int:
    """Look up the row of a date that must be among some ascending dates.

    Raises
    ------
    CoverageError
        If it is not.
    """
    row = int(dates.get_indexer(pd.DatetimeIndex([date]))[0])
    if row < 0:
        raise CoverageError(f"{date:%Y-%m-%d} is no trading day of the replica")
    return row


def within(dates: pd.DatetimeIndex, first: str, last: str) -> Ints:
    """Rows of the dates from first to last, inclusive."""
    low, high = pd.Timestamp(first), pd.Timestamp(last)
    return np.flatnonzero((dates >= low) & (dates <= high))


def scattered(rng: np.random.Generator, among: Collection[int], count: int) -> Ints:
    """Draw some of a few numbers without repeating any, ascending."""
    drawn: Ints = np.sort(rng.choice(np.asarray(among), size=count, replace=False))
    return drawn

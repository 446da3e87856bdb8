"""Changes of contracts from day to day: what they say of meetings, and how exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import days_share_from, meetings_revised, month_ends, target_on
from ratemodel.rows import LevelRows, level_rows
from ratemodel.shocks.jumps import find_jumps
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MAX_GAP_DAYS = 10
"""No shock across a longer gap: too much happened in it to be one day's news."""
MOVE_SD_BP = 2.0
"""Typical daily revision of one meeting's move, where the past says nothing yet."""
MOVE_SD_FLOOR_BP = 0.5
VOLATILITY_DATES = 60
FARTHEST_MONTHS = 36
"""Meetings this far ahead are revised, whether or not a contract knows of them."""


@dataclass(frozen=True, eq=False)
class Changes:
    """Contracts' n changes since the date before, one after the other; meetings (T, K)."""

    rows: LevelRows
    change_bp: Floats
    variance_bp2: Floats
    meetings: Ints
    usable: Bools
    last_day: pd.DatetimeIndex
    jumps: int = 0


def contract_changes(path: RatePath) -> Changes:
    """Collect the changes of contracts quoted, unflagged and without a jump on both days."""
    curve = path.curve
    dates, months = curve.trade_dates, curve.months
    today = dates.to_period("M").asi8
    unflagged = curve.unflagged
    both = np.zeros_like(unflagged)
    both[1:] = unflagged[1:] & unflagged[:-1]
    gap = np.diff(dates.to_numpy(), prepend=dates.to_numpy()[:1])
    both[gap > np.timedelta64(MAX_GAP_DAYS, "D")] = False
    horizon = pd.Period(path.calendar["effective"].iloc[-1], freq="M") + 1
    both[:, months.asi8 > horizon.ordinal] = False
    surprise_bp, complete = fixing_surprise(path)
    running = np.zeros_like(both)
    listed = np.flatnonzero(np.isin(today, months.asi8))
    running[listed, np.searchsorted(months.asi8, today[listed])] = True
    both[~complete] &= ~running[~complete]
    change = np.zeros_like(curve.rates_pct.to_numpy(float))
    change[1:] = 100.0 * np.diff(curve.rates_pct.to_numpy(float), axis=0)
    change[running] -= surprise_bp[np.nonzero(running)[0]]
    jumped = find_jumps(change, both, running)
    both &= ~jumped
    date, month = np.nonzero(both)
    last = today.copy()
    last[date] = months.asi8[month]  # contracts of a date ascend: the last one stays
    farthest = months_later(path, FARTHEST_MONTHS)
    last_day = pd.DatetimeIndex(np.maximum(month_ends(last), farthest))
    meetings = meetings_revised(path.calendar, dates, path.clock, last_day)
    share = days_share_from(path.calendar["effective"].to_numpy(), months)
    return Changes(
        rows=level_rows(share, date, month, meetings, np.ones(len(date))),
        change_bp=change[date, month],
        variance_bp2=path.noise_bp[date, month] ** 2 + path.noise_bp[date - 1, month] ** 2,
        meetings=meetings,
        usable=np.isin(np.arange(len(dates)), date),
        last_day=last_day,
        jumps=int(jumped.sum()),
    )


def fixing_surprise(path: RatePath) -> tuple[Floats, Bools]:
    """Measure what fixings published since the date before add to the running month's change.

    Between two trade dates the effective rates of the days from the first up to the second become
    known; their distance from what the anchor predicted, spread over the month, is not news about
    meetings.

    Returns
    -------
    surprise_bp : array, shape (T,)
    complete : array of bool, shape (T,)
        False where a fixing needed is missing.
    """
    dates, fixings = path.trade_dates, path.fixings_pct
    surprise, complete = np.zeros(len(dates)), np.ones(len(dates), dtype=bool)
    start = dates[:-1]
    month_start = dates[1:].to_period("M").start_time
    first = start.where(start > month_start, month_start)
    days = (dates[1:] - first).days.to_numpy()
    if not len(fixings):
        complete[1:] = days <= 0
        return surprise, complete
    target = target_on(pd.DatetimeIndex(fixings.index), path.calendar)
    above = 100.0 * (fixings.to_numpy(float) - target)
    known = np.isfinite(above)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, above, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    low = np.searchsorted(fixings.index.to_numpy(), first.to_numpy())
    high = np.searchsorted(fixings.index.to_numpy(), dates[1:].to_numpy())
    expected = path.anchor["spread_bp"].to_numpy(float)[:-1] * days
    complete[1:] = count[high] - count[low] == days
    surprise[1:] = (total[high] - total[low] - expected) / dates[1:].days_in_month.to_numpy()
    return np.where(complete, surprise, 0.0), complete


def trailing_move_sd(changes: Changes) -> Floats:
    """Follow the size of revisions: q² = Σ(Δy² − Var u) / Σ g'g over the 60 dates before."""
    rows, dates = changes.rows, len(changes.usable)
    excess = np.bincount(rows.date, changes.change_bp**2 - changes.variance_bp2, minlength=dates)
    # A move weighs as much as all levels after it: 1 where it is over before the month begins.
    inside = np.cumsum(rows.weight[:0:-1], axis=0)
    weight = np.bincount(rows.date, rows.first + (inside**2).sum(axis=0), minlength=dates)
    total = np.concatenate([[0.0], np.cumsum(excess)])
    mass = np.concatenate([[0.0], np.cumsum(weight)])
    now = np.arange(len(excess))
    start = np.maximum(now - VOLATILITY_DATES, 0)
    past, exposure = total[now] - total[start], mass[now] - mass[start]
    square = np.divide(past, exposure, out=np.full(len(now), MOVE_SD_BP**2), where=exposure > 0)
    known = (exposure > 0) & (now >= VOLATILITY_DATES)
    sd: Floats = np.where(known, np.sqrt(np.maximum(square, MOVE_SD_FLOOR_BP**2)), MOVE_SD_BP)
    return sd


def months_later(path: RatePath, months: int) -> pd.DatetimeIndex:
    """Date `months` after the trade date before each."""
    dates = path.trade_dates
    before = dates[:-1].insert(0, dates[0])
    return pd.DatetimeIndex(before + pd.DateOffset(months=months))

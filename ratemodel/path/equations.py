"""Lay out each date's contracts as linear equations in the current level and the moves ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import FUTURES_CLOCK, meetings_ahead, month_ends, strike_times
from ratemodel.errors import CoverageError
from ratemodel.types.clock import Clock
from ratemodel.types.futures import FuturesCurve

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LISTED_MONTHS = 60
"""The exchange has listed contracts up to five years ahead: meetings are listed as far on every
date, so that none is lost with a contract."""
DECISIONS_ANNOUNCED_SINCE = pd.Timestamp("1994-02-01")


@dataclass(frozen=True, eq=False)
class PathEquations:
    """All dates' equations, packed: contracts (T, C'), meetings (T, K), −1 where padded.

    The first `reach` meetings of a date enter its equations; the others are only listed.
    """

    curve: FuturesCurve
    calendar: pd.DataFrame
    anchor: pd.DataFrame
    fixings: pd.Series[float]
    used: Ints
    """Positions of the settlements used among ``curve.cells``."""
    contracts: Ints
    meetings: Ints
    reach: Ints
    level_weight: Floats
    observed_bp: Floats
    prior_bp: Floats
    decided: Bools

    @property
    def beyond(self) -> Bools:
        """Meetings listed that no contract reaches, shape (T, K)."""
        slot = np.arange(self.meetings.shape[1])
        return (self.meetings >= 0) & (slot >= self.reach[:, None])


def assemble(
    curve: FuturesCurve,
    calendar: pd.DataFrame,
    anchor: pd.DataFrame,
    fixings: pd.Series[float],
) -> PathEquations:
    """Lay out one row a settlement, with published fixings taken out of the running month.

    Meetings are listed as far as the exchange lists contracts, quoted or not. Left out are
    contracts more than a month after the last known meeting (moves without a date) and running
    months with a fixing missing.
    """
    dates, months = curve.trade_dates, curve.months
    known = calendar.loc[calendar["after_pct"].isna() | (calendar["kind"] != "cancelled")]
    if known.empty:
        raise CoverageError("the fomc table lists no meeting")
    end = pd.Period(calendar["effective"].iloc[-1], freq="M").ordinal + 1
    level_weight, fixed_bp, complete = running_month(curve, fixings)
    today = dates.to_period("M").asi8
    date, contract = curve.cells
    month = months.asi8[contract]
    running = month == today[date]
    used = np.flatnonzero((month <= end) & (complete[date] | ~running))
    if not len(used):
        raise CoverageError(
            f"no contract can be read: the fomc table's last meeting is of "
            f"{calendar['announced'].iloc[-1]:%Y-%m-%d}, futures start on {dates[0]:%Y-%m-%d}"
        )
    date, contract, running = date[used], contract[used], running[used]
    count = np.bincount(date, minlength=len(dates))
    slot = np.arange(len(used)) - (np.cumsum(count) - count)[date]
    shape = (len(dates), int(slot.max()) + 1)
    contracts, weight, observed = np.full(shape, -1), np.zeros(shape), np.zeros(shape)
    contracts[date, slot] = contract
    weight[date, slot] = np.where(running, level_weight[date], 1.0)
    rates_bp = 100.0 * curve.rates_pct.to_numpy(float)[date, contract]
    observed[date, slot] = rates_bp - np.where(running, fixed_bp[date], 0.0)
    last = today.copy()
    last[date] = months.asi8[contract]  # contracts of a date ascend: the last one stays
    farthest = np.maximum(today + LISTED_MONTHS, last)
    meetings = meetings_ahead(calendar, dates, month_ends(farthest))
    prior, decided = known_decisions(calendar, dates, meetings)
    effective = calendar["effective"].to_numpy()[meetings]
    ended = month_ends(last).to_numpy()[:, None]
    reached = (meetings >= 0) & ((effective <= ended) | decided)
    return PathEquations(
        curve=curve,
        calendar=calendar,
        anchor=anchor,
        fixings=fixings,
        used=used,
        contracts=contracts,
        meetings=meetings,
        reach=reached.sum(axis=1),
        level_weight=weight,
        observed_bp=observed,
        prior_bp=prior,
        decided=decided,
    )


def running_month(
    curve: FuturesCurve, fixings_pct: pd.Series[float]
) -> tuple[Floats, Floats, Bools]:
    """Split each date's running month into days still ahead and fixings already published.

    The fixing of a day is published the next morning, so on t those of days before t are known.

    Returns
    -------
    ahead : array, shape (T,)
        Share of the month's days on or after t.
    fixed_bp : array, shape (T,)
        Sum of the published fixings over the days of the month, basis points.
    complete : array of bool, shape (T,)
        Whether every fixing needed is known.
    """
    dates = curve.trade_dates
    length = dates.days_in_month.to_numpy()
    passed = dates.day.to_numpy() - 1
    total, count = np.zeros(len(dates)), np.zeros(len(dates))
    if len(fixings_pct):
        known = fixings_pct.notna().to_numpy()
        running = np.concatenate([[0.0], np.cumsum(np.where(known, fixings_pct.to_numpy(), 0.0))])
        counted = np.concatenate([[0], np.cumsum(known)])
        start = dates - pd.to_timedelta(passed, unit="D")
        low = np.searchsorted(fixings_pct.index.to_numpy(), start.to_numpy())
        high = np.searchsorted(fixings_pct.index.to_numpy(), dates.to_numpy())
        total, count = running[high] - running[low], counted[high] - counted[low]
    return (length - passed) / length, 100.0 * total / length, count == passed


def known_decisions(
    calendar: pd.DataFrame, dates: pd.DatetimeIndex, meetings: Ints, clock: Clock = FUTURES_CLOCK
) -> tuple[Floats, Bools]:
    """Say which of the meetings ahead are decided at a date's strike, and by how much (bp)."""
    struck = strike_times(dates, clock)[:, None]
    announced = calendar["announced_utc"].to_numpy()[meetings]
    change = 100.0 * (calendar["after_pct"] - calendar["before_pct"]).to_numpy()[meetings]
    published = (calendar["announced"] >= DECISIONS_ANNOUNCED_SINCE).to_numpy()[meetings]
    decided = (meetings >= 0) & (announced <= struck) & published & np.isfinite(change)
    return np.where(decided, change, 0.0), decided

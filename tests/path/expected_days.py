"""What a funds future is, by its definition: the mean of a rate over the days of a month.

Everything the tests of `path` and `shocks` put into the package is made here, one calendar day at
a time: a rate for each day, contracts as plain means of days, a table of meetings. None of it
knows of shares, design matrices or posteriors.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

DAY = dt.timedelta(days=1)
STRIKE_ET = "15:00"
"""Settlements are struck at 15:00 New York; times of day are compared as text."""


# --- Days and months --------------------------------------------------------------------------


def each_day(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + n * DAY for n in range((last - first).days + 1)]


def days_of(month: str) -> list[dt.date]:
    period = pd.Period(month, freq="M")
    return each_day(period.start_time.date(), period.end_time.date())


def months_from(first: dt.date, count: int) -> list[str]:
    return [str(m) for m in pd.period_range(first, periods=count, freq="M")]


def business_days(first: dt.date, count: int) -> list[dt.date]:
    found: list[dt.date] = []
    while len(found) < count:
        if first.weekday() < 5:
            found.append(first)
        first += DAY
    return found


def months_later(d: dt.date, months: int) -> dt.date:
    """Same day of a later month, or that month's last day."""
    month = days_of(str(pd.Period(d, freq="M") + months))
    return month[min(d.day, len(month)) - 1]


# --- Meetings ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meeting:
    """One row of the fomc table; before and after are middles of a range 25 bp wide."""

    announced: dt.date
    kind: str = "scheduled"
    before_pct: float | None = None
    after_pct: float | None = None
    time_et: str = "14:00"
    known_since: dt.date | None = None
    cancelled_on: dt.date | None = None

    def effective(self, lag: int = 1) -> dt.date:
        return self.announced + lag * DAY

    def known(self, today: dt.date) -> bool:
        """Whether the meeting stands in a calendar printed on `today`."""
        if self.cancelled_on is not None and today >= self.cancelled_on:
            return False
        if self.known_since is not None:
            return today >= self.known_since
        return self.kind != "unscheduled" or today >= self.announced

    def decided(self, today: dt.date) -> bool:
        """Whether its outcome is known when futures are struck on `today`."""
        told = self.announced < today or (self.announced == today and self.time_et <= STRIKE_ET)
        return told and self.after_pct is not None

    @property
    def change_bp(self) -> float:
        return 100.0 * (self.after_pct - self.before_pct)


def fomc_table(meetings: Iterable[Meeting]) -> pd.DataFrame:
    def edge(middle: float | None, sign: float) -> float:
        return np.nan if middle is None else middle + sign * 0.125

    def stamp(d: dt.date | None) -> pd.Timestamp:
        return pd.NaT if d is None else pd.Timestamp(d)

    return pd.DataFrame(
        [
            {
                "announced": pd.Timestamp(m.announced),
                "time_et": m.time_et,
                "kind": m.kind,
                "target_lower_before_pct": edge(m.before_pct, -1.0),
                "target_upper_before_pct": edge(m.before_pct, 1.0),
                "target_lower_after_pct": edge(m.after_pct, -1.0),
                "target_upper_after_pct": edge(m.after_pct, 1.0),
                "known_since": stamp(m.known_since),
                "cancelled_on": stamp(m.cancelled_on),
            }
            for m in meetings
        ]
    )


def fomc_table_as_of(meetings: Iterable[Meeting], today: dt.date) -> pd.DataFrame:
    """The table somebody could have had at the strike of `today`: no outcome, no surprise yet."""
    then = []
    for m in meetings:
        told = m.announced < today or (m.announced == today and m.time_et <= STRIKE_ET)
        if m.kind == "unscheduled" and not told:
            continue
        if m.known_since is not None and m.known_since > today:
            continue
        if not told:
            m = replace(m, before_pct=None, after_pct=None)
        if m.cancelled_on is not None and m.cancelled_on > today:
            m = replace(m, kind="scheduled", cancelled_on=None)
        then.append(m)
    return fomc_table(then)


# --- Contracts --------------------------------------------------------------------------------


def daily_rates(
    today: dt.date,
    now_pct: float,
    moves: Mapping[dt.date, float],
    fixings: Mapping[dt.date, float],
    last: dt.date,
) -> dict[dt.date, float]:
    """Rates by day as seen on `today`: published before it, `now_pct` on it, then moved in bp."""
    rates = {d: rate for d, rate in fixings.items() if d < today}
    rate = now_pct
    for d in each_day(today, last):
        if d > today:
            rate += moves.get(d, 0.0) / 100.0
        rates[d] = rate
    return rates


def settlement(month: str, rates: Mapping[dt.date, float]) -> float:
    """Price of one contract: 100 minus the plain mean over the month's calendar days."""
    days = days_of(month)
    return 100.0 - sum(rates[d] for d in days) / len(days)


def futures_rows(
    months: Sequence[str], today: dt.date, rates: Mapping[dt.date, float]
) -> list[dict[str, object]]:
    """All settlements of one trade date."""
    return [
        {"trade_date": pd.Timestamp(today), "contract": m, "settle": settlement(m, rates)}
        for m in months
    ]


def rates_table(fixings: Mapping[dt.date, float], series: str = "DFF") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex([pd.Timestamp(d) for d in fixings]),
            "series": series,
            "value": [float(rate) for rate in fixings.values()],
        }
    )


def weights(months: Sequence[str], today: dt.date, effective: Sequence[dt.date]) -> np.ndarray:
    """How far each settlement, in bp, moves with the current level and with each move.

    Found by moving the rate by one basis point and settling the contracts again.
    """
    zero = dict.fromkeys(each_day(today - 40 * DAY, today), 0.0)
    last = days_of(max(months))[-1]

    def marks(now_pct: float, moves: Mapping[dt.date, float]) -> list[float]:
        rates = daily_rates(today, now_pct, moves, zero, last)
        return [100.0 * (100.0 - settlement(m, rates)) for m in months]

    columns = [marks(0.01, {}), *(marks(0.0, {e: 1.0}) for e in effective)]
    return np.array(columns).T


# --- Histories: many trade dates --------------------------------------------------------------


@dataclass(frozen=True)
class History:
    """A market over many trade dates: what was decided, what was expected, what was fixed.

    `views_bp` is the move expected of a meeting still ahead, by (trade date, announcement); one
    left out is expected to be nothing. `spread_bp` is what fixings lie above target, by calendar
    day; markets expect `expected_spread_bp` of every later day.
    """

    dates: tuple[dt.date, ...]
    meetings: tuple[Meeting, ...]
    months: tuple[str, ...]
    start_pct: float
    views_bp: Mapping[tuple[dt.date, dt.date], float] = field(default_factory=dict)
    spread_bp: Mapping[dt.date, float] = field(default_factory=dict)
    expected_spread_bp: float = 0.0
    lag: int = 1

    @property
    def last(self) -> dt.date:
        return days_of(max(self.months))[-1]

    def target_pct(self, d: dt.date) -> float:
        target = self.start_pct
        for m in sorted(self.meetings, key=lambda m: (m.announced, m.time_et)):
            if m.after_pct is not None and m.effective(self.lag) <= d:
                target = m.after_pct
        return target

    @cached_property
    def fixings(self) -> dict[dt.date, float]:
        """Effective rate of every calendar day up to the last trade date."""
        days = each_day(self.dates[0].replace(day=1) - 45 * DAY, self.dates[-1])
        return {d: self.target_pct(d) + self.spread_bp.get(d, 0.0) / 100.0 for d in days}

    def moves_bp(self, today: dt.date) -> dict[dt.date, float]:
        """What is expected on `today`, by effective date: decisions taken, views of the rest."""
        moves: dict[dt.date, float] = {}
        for m in self.meetings:
            effective = m.effective(self.lag)
            if effective <= today or not (m.known(today) or m.decided(today)):
                continue
            view = self.views_bp.get((today, m.announced), 0.0)
            moves[effective] = m.change_bp if m.decided(today) else view
        return moves

    def expected(self, today: dt.date) -> dict[dt.date, float]:
        """Rate of every day as seen on `today`: fixings before it, expectations from it on."""
        now = self.target_pct(today) + self.expected_spread_bp / 100.0
        return daily_rates(today, now, self.moves_bp(today), self.fixings, self.last)

    def futures(self, *, until: dt.date | None = None) -> pd.DataFrame:
        rows: list[dict[str, object]] = []
        for today in self.dates:
            if until is None or today <= until:
                live = [m for m in self.months if days_of(m)[-1] >= today]
                rows += futures_rows(live, today, self.expected(today))
        return pd.DataFrame(rows)

    def rates(self, *, before: dt.date | None = None) -> pd.DataFrame:
        fixings = self.fixings
        return rates_table({d: r for d, r in fixings.items() if before is None or d < before})

    def fomc(self) -> pd.DataFrame:
        return fomc_table(self.meetings)

    def revision_bp(self, today: dt.date, when: dt.date) -> float:
        """How much the rate expected for the day `when` changed since the trade date before."""
        before = self.dates[self.dates.index(today) - 1]
        return 100.0 * (self.expected(today)[when] - self.expected(before)[when])

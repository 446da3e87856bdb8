"""CME's published FedWatch algorithm, to reproduce its numbers: no errors, no guards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import EffectiveLag, meetings_ahead, month_ends
from ratemodel.types.covariance import PathCovariance
from ratemodel.types.futures import FuturesCurve
from ratemodel.types.marks import MarkErrors
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def chain_months(
    average: Floats, old_share: Floats, anchor: Bools, joined: Bools
) -> tuple[Floats, Floats]:
    r"""Chain the rates at which months start and end from those in which no decision takes effect.

    A month without a decision is an *anchor*: it starts and ends at its average. Others obey

    .. math:: A_c = s_c\,\text{start}_c + (1 - s_c)\,\text{end}_c

    with :math:`s_c` the share of days at the old rate. A month after an anchor starts at the
    anchor's rate. Then backward: a month ends where the next one starts, and its start follows if
    it is not known yet. Last forward, for what is left: a month starts where the one before ended,
    and its end follows.

    Parameters
    ----------
    average : array, shape (T, J)
        Rate implied by each month's contract, any unit; NaN where not quoted.
    old_share : array, shape (T, J)
        Share of days before the decision takes effect; NaN where the month is no equation (two
        decisions ahead in it, or none ahead and one that has taken effect already).
    anchor : array of bool, shape (T, J)
        Months in which nothing takes effect after their first day.
    joined : array of bool, shape (T, J)
        Whether the rate of a month's last day is that of the next month's first.

    Returns
    -------
    start, end : array, shape (T, J)
        NaN where the chain does not reach.

    References
    ----------
    CME Group, "Understanding the CME Group FedWatch Tool Methodology".

    Examples
    --------
    CME's example of 2022-09-12: September at 2.5525 with 21 of 30 days at the old rate, October
    at 3.06 without a meeting.

    >>> start, end = chain_months(
    ...     np.array([[2.5525, 3.06]]),
    ...     np.array([[0.7, 1.0]]),
    ...     np.array([[False, True]]),
    ...     np.array([[True, True]]),
    ... )
    >>> start.round(4).tolist(), end.round(4).tolist()
    ([[2.335, 3.06]], [[3.06, 3.06]])
    """
    start, end = np.where(anchor, average, np.nan), np.where(anchor, average, np.nan)
    old_share = np.where(anchor, np.nan, old_share)
    last = average.shape[1] - 1
    take = anchor[:, :-1] & joined[:, :-1] & np.isnan(start[:, 1:])
    start[:, 1:] = np.where(take, average[:, :-1], start[:, 1:])
    for j in range(last - 1, -1, -1):
        take = np.isnan(end[:, j]) & joined[:, j]
        end[:, j] = np.where(take, start[:, j + 1], end[:, j])
        implied = (average[:, j] - (1.0 - old_share[:, j]) * end[:, j]) / old_share[:, j]
        start[:, j] = np.where(np.isnan(start[:, j]), implied, start[:, j])
    for j in range(1, last + 1):
        take = np.isnan(start[:, j]) & joined[:, j - 1]
        start[:, j] = np.where(take, end[:, j - 1], start[:, j])
        implied = (average[:, j] - old_share[:, j] * start[:, j]) / (1.0 - old_share[:, j])
        end[:, j] = np.where(np.isnan(end[:, j]), implied, end[:, j])
    return start, end


def fedwatch_path(
    curve: FuturesCurve,
    calendar: pd.DataFrame,
    anchor: pd.DataFrame,
    fixings_pct: pd.Series[float],
    effective_lag: EffectiveLag,
) -> RatePath:
    """Read each meeting's expected move by CME's published algorithm.

    Every settlement is used as it stands: the algorithm knows no flags, no fixings and no tie to
    the target. A move that the chain of months does not reach, and moves of two meetings in one
    month, are NaN and not identified; there are no standard errors.

    Parameters
    ----------
    curve : FuturesCurve
    calendar : DataFrame
        Meetings (``calendars.meeting_calendar``).
    anchor : DataFrame
        Target on each trade date (``anchor_levels``); kept for the odds.
    fixings_pct : Series
        Kept in the path; not used.
    effective_lag : {0, 1, "era"}

    Returns
    -------
    RatePath
        With ``engine = "fedwatch"``.
    """
    dates = curve.trade_dates
    last = curve.quoted.shape[1] - 1 - np.argmax(curve.quoted[:, ::-1], axis=1)
    meetings = meetings_ahead(calendar, dates, month_ends(curve.months.asi8[last]))
    months = _Months.of(curve, calendar, meetings)
    start, end = chain_months(months.average_bp, months.old_share, months.anchor, months.joined)
    now, moves = months.read(meetings, start, end)
    known = np.isfinite(np.cumsum(np.concatenate([now[:, None], moves], axis=1), axis=1))
    shape = (len(dates), meetings.shape[1] + 1)
    unknown = np.broadcast_to(np.nan, (*shape, shape[1]))
    return RatePath(
        curve=curve,
        calendar=calendar,
        anchor=anchor,
        fixings_pct=fixings_pct,
        marks=MarkErrors.none(),
        meetings=meetings,
        reach=(meetings >= 0).sum(axis=1),
        current_pct=now / 100.0,
        moves_bp=moves,
        covariance=PathCovariance.of_states(unknown, (meetings >= 0).sum(axis=1)),
        level_se_bp=unknown[:, 0],
        move_se_bp=unknown[:, 0, 1:],
        level_identified=known,
        level_prior_share=np.broadcast_to(np.nan, shape),
        move_identified=np.isfinite(moves) & (meetings >= 0),
        move_prior_share=np.broadcast_to(np.nan, meetings.shape),
        effective_lag=effective_lag,
        prior_sd_bp=np.inf,
        engine="fedwatch",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Months:
    """Months ahead of each trade date as the algorithm sees them, shape (T, J), and slots (T, K).

    `place` and `boundary` say of each meeting in which month it takes effect (-1: padded) and
    whether on its first day.
    """

    average_bp: Floats
    old_share: Floats
    anchor: Bools
    joined: Bools
    place: Ints
    boundary: Bools
    crowded: Bools

    @classmethod
    def of(cls, curve: FuturesCurve, calendar: pd.DataFrame, meetings: Ints) -> _Months:
        dates, months = curve.trade_dates, curve.months
        today = dates.to_period("M").asi8
        effective = pd.DatetimeIndex(calendar["effective"])
        held = meetings >= 0
        place = np.where(held, effective.to_period("M").asi8[meetings] - today[:, None], -1)
        boundary = held & (effective.day.to_numpy() == 1)[meetings]
        reach = max(int((months.asi8[-1] - today).max()), int(place.max(initial=0))) + 1
        columns = (today - months.asi8[0])[:, None] + np.arange(reach)
        inside = (columns >= 0) & (columns < len(months))
        rows = np.arange(len(dates))[:, None]
        rates = curve.rates_pct.to_numpy(float)
        average = np.where(inside, rates[rows, np.where(inside, columns, 0)], np.nan)
        count = np.zeros((len(dates), reach), dtype=np.int64)
        at, slot = np.nonzero(held & ~boundary)
        np.add.at(count, (at, place[at, slot]), 1)
        old = np.where(count == 0, 1.0, np.nan)
        share = ((effective.day - 1) / effective.days_in_month).to_numpy()
        old[at, place[at, slot]] = share[meetings[at, slot]]
        joined = np.ones((len(dates), reach), dtype=bool)
        at, slot = np.nonzero(boundary)
        joined[at, place[at, slot] - 1] = False
        old[count > 1] = np.nan
        anchor = count == 0
        # The average of a month whose decision is past is neither the old rate nor the new.
        mixed = anchor[:, 0] & _took_effect_this_month(calendar, dates)
        anchor[mixed, 0], old[mixed, 0] = False, np.nan
        crowded = held & ~boundary & (count[rows, place] > 1)
        return cls(100.0 * average, old, anchor, joined, place, boundary, crowded)

    def read(self, meetings: Ints, start: Floats, end: Floats) -> tuple[Floats, Floats]:
        """Read the current level (T,) and each meeting's move (T, K), 0 where padded."""
        rows = np.arange(len(start))[:, None]
        before = np.where(self.boundary, end[rows, self.place - 1], start[rows, self.place])
        after = np.where(self.boundary, start[rows, self.place], end[rows, self.place])
        moves = np.where(meetings >= 0, after - before, 0.0)
        moves[self.crowded] = np.nan
        if not meetings.shape[1]:
            return start[:, 0], moves
        return np.where(meetings[:, 0] >= 0, before[:, 0], start[:, 0]), moves


def _took_effect_this_month(calendar: pd.DataFrame, dates: pd.DatetimeIndex) -> Bools:
    """Say on which dates the running month's average mixes two rates already."""
    happened = calendar.loc[calendar["cancelled_on"] > calendar["announced"], "effective"]
    effective = pd.DatetimeIndex(happened)
    last = effective.searchsorted(dates, side="right") - 1
    latest = effective[np.maximum(last, 0)]
    same = latest.to_period("M") == dates.to_period("M")
    mixed: Bools = (last >= 0) & same & (latest.day > 1)
    return mixed

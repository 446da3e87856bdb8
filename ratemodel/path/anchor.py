"""Tie the current level to the target: what the effective rate is, as known on each date."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import FUTURES_CLOCK, RANGE_ERA_START, strike_times, target_on

LONGEST_CARRY_DAYS = 4
"""Two fixings this far apart have only a weekend and a holiday between them."""
FRIDAY = 4
SPREAD_DAYS = 20
"""Business days whose median spread over target predicts the next fixing."""
ERROR_DAYS = 252
MIN_ERRORS = 20
"""Past prediction errors needed before their size is believed."""
ERROR_FLOOR_BP = 0.5
NO_FIXINGS_SD_BP = 10.0
"""Error of the target alone as a guess of the effective rate, where no fixing is known."""


def daily_fixings(dff: pd.Series[float], effr: pd.Series[float]) -> pd.Series[float]:
    """Lay the effective rate out by calendar day, each non-business day at the one before it.

    DFF (every calendar day) is used where it exists, EFFR (business days) elsewhere. The days
    between two fixings at most four days apart repeat the first, and a weekend after the last
    one repeats it: the exchange's own rule. Longer gaps stay empty.

    Returns
    -------
    Series
        Percent by calendar day; empty if neither series is known.
    """
    known = dff.combine_first(effr)
    if known.empty:
        return known
    stamps = pd.DatetimeIndex(known.index)
    last = stamps[-1]
    weekend = pd.Timedelta(days=2 if last.day_of_week == FRIDAY else 0)
    days = pd.date_range(stamps[0], last + weekend, freq="D")
    ends = stamps.union(days[-1:])
    before = stamps[stamps.searchsorted(days, side="right") - 1]
    after = ends[ends.searchsorted(days, side="left")]
    near = (after - before).days <= LONGEST_CARRY_DAYS
    return known.reindex(days, method="ffill").where(near)


def anchor_levels(
    trade_dates: pd.DatetimeIndex, calendar: pd.DataFrame, fixings_pct: pd.Series[float]
) -> pd.DataFrame:
    r"""Predict the effective rate ruling on each trade date, with the error of such predictions.

    .. math:: r_0(t) = \text{target}(t) + \operatorname{median}_{20}(\text{EFFR} - \text{target})

    over the last 20 business days' fixings published by t (those of days before t), counted anew
    from the target range on. The spread, not the rate, is carried across a change of target, so a
    drift of the effective rate inside its range is not read as a hike.

    Parameters
    ----------
    trade_dates : DatetimeIndex, length T
    calendar : DataFrame
        Meetings (``calendars.meeting_calendar``).
    fixings_pct : Series
        By calendar day.

    Returns
    -------
    DataFrame, T rows
        target_pct, spread_bp, level_pct, sd_bp (trailing one-year RMSE of this predictor, at
        least 0.5 bp). NaN level where no target is known.
    """
    target = target_on(trade_dates, _as_announced(calendar))
    weekday = pd.DatetimeIndex(fixings_pct.index).day_of_week < 5
    business = fixings_pct[fixings_pct.notna().to_numpy() & weekday]
    spread_bp, error_bp = _predicted_spread(business, calendar)
    last = np.searchsorted(business.index.to_numpy(), trade_dates.to_numpy(), side="left")
    spread = np.concatenate([[np.nan], spread_bp])[last]
    error = np.concatenate([[np.nan], error_bp])[last]
    start = _range_start(calendar)
    known = np.append(pd.DatetimeIndex(business.index) >= start, False)[last - 1]
    spread = np.where(np.isnan(spread) | (known != (trade_dates >= start)), 0.0, spread)
    error = np.where(np.isnan(error), NO_FIXINGS_SD_BP, np.maximum(error, ERROR_FLOOR_BP))
    return pd.DataFrame(
        {
            "target_pct": target,
            "spread_bp": spread,
            "level_pct": target + spread / 100.0,
            "sd_bp": error,
        },
        index=trade_dates,
    )


def _as_announced(calendar: pd.DataFrame) -> pd.DataFrame:
    """Let a decision announced after the strike of the day it takes effect rule from the next."""
    effective = pd.DatetimeIndex(calendar["effective"])
    late = calendar["announced_utc"].to_numpy() > strike_times(effective, FUTURES_CLOCK)
    known = effective + pd.to_timedelta(late.astype(int), unit="D")
    return calendar.assign(effective=known).drop_duplicates("effective", keep="last")


def _predicted_spread(
    fixings: pd.Series[float], calendar: pd.DataFrame
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    days = pd.DatetimeIndex(fixings.index)
    spread = pd.Series(100.0 * (fixings.to_numpy(float) - target_on(days, calendar)), index=days)
    era = pd.Series(days >= _range_start(calendar), index=days)
    predicted = spread.groupby(era).transform(
        lambda part: part.rolling(SPREAD_DAYS, min_periods=1).median()
    )
    missed = spread - predicted.groupby(era).shift(1)
    rmse = np.sqrt((missed**2).rolling(ERROR_DAYS, min_periods=MIN_ERRORS).mean())
    return predicted.to_numpy(float), rmse.to_numpy(float)


def _range_start(calendar: pd.DataFrame) -> pd.Timestamp:
    """First day under a target range: from then on spreads are counted anew."""
    first = calendar.loc[calendar["announced"] == RANGE_ERA_START, "effective"]
    return pd.Timestamp(first.iloc[0]) if len(first) else RANGE_ERA_START

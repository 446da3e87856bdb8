"""Settlements of 26 delivery months a date, averaged over days, rounded, carried and lost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import days_share_from
from ratemodel.market.replica.days import DayGrid, scattered, within
from ratemodel.market.replica.fixings import Fixings
from ratemodel.market.replica.path import PathNews
from ratemodel.market.replica.settings import (
    CARRIED,
    CARRIED_BEYOND_MONTHS,
    FINAL_SHARE,
    FINAL_TICK_BP,
    MISSING_CELLS,
    MISSING_CELLS_AHEAD,
    MISSING_DATE_WITHIN,
    MONTHS_AHEAD,
    NEAREST_TICK_BP,
    TICK_BP,
    Slot,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PRICE_DECIMALS = 4
"""A quarter of a basis point is 0.0025 of price."""
OPEN_INTEREST = (4e5, 4.0)
"""Contracts open in the nearest month, and the months over which that falls by e."""


def futures_table(
    grid: DayGrid, path: PathNews, fixings: Fixings, rng: np.random.Generator
) -> pd.DataFrame:
    r"""Write down what fed funds futures settle at.

    .. math:: P_c = 100 - \frac{1}{D_c}\Big(\sum_{d < t} \text{fixing}_d
                    + \sum_{d \ge t} E_t[r_d]\Big)

    over the calendar days of the delivery month, rounded to the exchange's price step. As in
    vendors' data, far marks are carried for months on end, some contract-days and one whole date
    are missing, and some final settlements stand on the first trade date after their month.

    Parameters
    ----------
    grid : DayGrid
    path : PathNews
    fixings : Fixings
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        trade_date, contract (monthly Period), settle, volume, open_interest.
    """
    dates = grid.trade_dates
    months = pd.period_range(dates[0], dates[-1] + pd.DateOffset(months=MONTHS_AHEAD), freq="M")
    ahead = months.asi8[None, :] - dates.to_period("M").asi8[:, None]
    listed = (ahead >= 0) & (ahead <= MONTHS_AHEAD)
    tick = np.where(ahead == 0, NEAREST_TICK_BP, TICK_BP)
    rates_bp = 100.0 * expected_averages(grid, path, fixings, months)
    prices = (10_000.0 - tick * np.round(rates_bp / tick)) / 100.0
    prices, carried = _carry(prices, ahead, dates)
    kept = listed & ~_lost(grid, ahead, rng)
    rows, columns = np.nonzero(kept)
    interest = OPEN_INTEREST[0] * np.exp(-ahead[kept] / OPEN_INTEREST[1])
    interest = np.round(interest * rng.lognormal(0.0, 0.1, len(rows)))
    volume = np.where(carried[kept], 0.0, np.round(interest * rng.lognormal(-2.0, 0.5, len(rows))))
    settled = pd.DataFrame(
        {
            "trade_date": dates[rows],
            "contract": months[columns],
            "settle": np.round(prices[kept], PRICE_DECIMALS),
            "volume": volume,
            "open_interest": interest,
        }
    )
    final = _final(grid, fixings, rng)
    return pd.concat([settled, final]).sort_values(["trade_date", "contract"], ignore_index=True)


def expected_averages(
    grid: DayGrid, path: PathNews, fixings: Fixings, months: pd.PeriodIndex
) -> Floats:
    """Average effective rate of each month as expected at each futures strike, percent, (T, C).

    Fixings of days before the trade date are known in the running month; from the trade date on
    the last published spread over the ruling target is expected to last, and decisions to count
    from the day after their announcement.
    """
    dates = grid.trade_dates
    rows = np.flatnonzero(grid.trade)
    share = days_share_from(path.calendar["effective"].to_numpy(), months)
    pending_bp = path.pending_bp(grid, rows, Slot.FUTURES)
    current = fixings.expected_pct(dates)[:, None]
    # Not a matrix product: its last digits depend on how many threads compute it.
    average = current + np.einsum("tk,ck->tc", pending_bp, share) / 100.0
    running = dates.to_period("M").asi8[:, None] == months.asi8[None, :]
    known = fixings.month_to_date_pct(dates)[:, None]
    passed = (dates.day.to_numpy() - 1)[:, None]
    length = dates.days_in_month.to_numpy()[:, None]
    averages: Floats = average + np.where(running, (known - passed * current) / length, 0.0)
    return averages


def _carry(prices: Floats, ahead: Ints, dates: pd.DatetimeIndex) -> tuple[Floats, Bools]:
    """Let far contracts repeat the changes of a nearer one over the carried stretches."""
    prices = prices.copy()
    carried = np.zeros(prices.shape, dtype=bool)
    for start, end in CARRIED:
        stretch = within(dates, start, end)
        leader = int(np.flatnonzero(ahead[stretch[0]] == CARRIED_BEYOND_MONTHS)[0])
        for column in range(leader + 1, prices.shape[1]):
            held = stretch[ahead[stretch, column] <= MONTHS_AHEAD]
            if len(held):
                change = prices[held, leader] - prices[held[0], leader]
                prices[held, column] = prices[held[0], column] + change
                carried[held, column] = True
    return prices, carried


def _lost(grid: DayGrid, ahead: Ints, rng: np.random.Generator) -> Bools:
    """Contract-days, and one whole trade date, that the vendor does not have."""
    dates = grid.trade_dates
    lost = np.zeros(ahead.shape, dtype=bool)
    near, far = MISSING_CELLS_AHEAD
    candidates = np.flatnonzero(((ahead >= near) & (ahead <= far)).ravel())
    lost.ravel()[scattered(rng, candidates, MISSING_CELLS)] = True
    lost[scattered(rng, within(dates, *MISSING_DATE_WITHIN), 1)] = True
    return lost


def _final(grid: DayGrid, fixings: Fixings, rng: np.random.Generator) -> pd.DataFrame:
    """Settle contracts for good: their month's average fixing, on the first date after it."""
    dates = grid.trade_dates
    expired = pd.period_range(dates[0], dates[-1], freq="M")[:-1]
    chosen = expired[rng.random(len(expired)) < FINAL_SHARE]
    after = np.searchsorted(dates.to_numpy(), chosen.end_time.to_numpy())
    averages_bp = 100.0 * fixings.month_average_pct(chosen)
    settle = (10_000.0 - FINAL_TICK_BP * np.round(averages_bp / FINAL_TICK_BP)) / 100.0
    return pd.DataFrame(
        {
            "trade_date": dates[after],
            "contract": chosen,
            "settle": np.round(settle, PRICE_DECIMALS),
            "volume": 0.0,
            "open_interest": 0.0,
        }
    )

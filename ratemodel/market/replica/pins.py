"""What the replica must reproduce: graded quotes, and the moves of known events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.market.replica.days import DayGrid
from ratemodel.market.replica.drivers import (
    CLOSE_ABOVE_LOW_PP,
    CRYPTO_CLOSES,
    CRYPTO_EVENT_PP,
    DOLLAR,
    DRIVERS,
    EVENT,
    EVENT_DOLLAR_SD,
    LEVELS_BEFORE,
    OTHER_MOVES_PP,
    SECOND_LEG_ABOVE_LOW_PP,
    SECOND_LEG_LAST_DAY,
)
from ratemodel.market.replica.settings import EVENT_REVISION_SHARES, RATES_ONLY_EVENT

Dated = dict[pd.Timestamp, float]
"""Values by date."""

SETTLEMENTS = {"gold": "GC_APR_SETTLE", "silver": "SI_MAR_SETTLE"}
LOWS = {"BTC": "BTC_LOW", "SOL": "SOL_LOW"}
COIN = {"BTC": "bitcoin", "SOL": "solana"}
LONDON_FIX = "XAU_LBMA_PM"
TWO_YEAR = "DGS2"
CUTS = "CUTS_PRICED_2026"


@dataclass(frozen=True, eq=False)
class Pins:
    """Values that simulated series take on given dates.

    Attributes
    ----------
    before : Timestamp
        Last trade date before the event.
    levels : dict of str to float
        By driver: level of its leading asset at its strike on `before`.
    moves_pp : dict of str to dict
        By driver and date: log return × 100 of its leading asset over the day that ends on the
        date. For the dollar: of its own part.
    lows : dict of str to dict
        By asset and date: lowest price of the day.
    london_fix : dict
        London's afternoon price of gold by date.
    path_bp : dict
        Path revisions by trade date.
    two_year_pct : dict
        DGS2 by date.
    cuts_priced : (Timestamp, float)
        Date, and the change of the expected rate by the end of its year, basis points.
    """

    before: pd.Timestamp
    levels: dict[str, float]
    moves_pp: dict[str, Dated]
    lows: dict[str, Dated]
    london_fix: Dated
    path_bp: Dated
    two_year_pct: Dated
    cuts_priced: tuple[pd.Timestamp, float]


def read_pins(quotes: pd.DataFrame, events: pd.DataFrame, grid: DayGrid) -> Pins:
    """Turn quotes and events into what the simulation must hit.

    Parameters
    ----------
    quotes, events : DataFrame
        The built-in tables.
    grid : DayGrid

    Returns
    -------
    Pins

    Raises
    ------
    CoverageError
        If the quotes lack a series that anchors the event.
    """
    starts = dict(zip(events["event"], events["start"], strict=True))
    before = grid.trade_dates[grid.trade_dates < starts[EVENT]][-1]
    levels = dict(LEVELS_BEFORE)
    moves = {name: _other_events(name, starts) for name in DRIVERS}
    for driver, series in SETTLEMENTS.items():
        settled = quoted(quotes, series)
        levels[driver] = settled[before]
        steps = 100.0 * np.diff(np.log(list(settled.values())))
        moves[driver] |= dict(zip(list(settled)[1:], steps, strict=True))
    lows = {asset: quoted(quotes, series) for asset, series in LOWS.items()}
    for asset, driver in COIN.items():
        close = np.log(next(iter(lows[asset].values()))) + CLOSE_ABOVE_LOW_PP[driver] / 100.0
        levels[driver] = float(np.exp(close - CRYPTO_EVENT_PP[driver] / 100.0))
    days_after = pd.date_range(before, periods=len(CRYPTO_CLOSES) + 1)[1:]
    for driver, total in CRYPTO_EVENT_PP.items():
        steps = total * np.diff(CRYPTO_CLOSES, prepend=0.0)
        moves[driver] |= dict(zip(days_after, steps, strict=True))
    moves["bitcoin"] |= _second_leg(lows["BTC"])
    dollar_days = grid.trade_dates[grid.trade_dates > before][: len(EVENT_DOLLAR_SD)]
    dollar_pp = DRIVERS[DOLLAR].sigma * np.array(EVENT_DOLLAR_SD)
    moves[DOLLAR] |= dict(zip(dollar_days, dollar_pp, strict=True))
    two_year = quoted(quotes, TWO_YEAR)
    cuts = quoted(quotes, CUTS)
    return Pins(
        before=before,
        levels=levels,
        moves_pp=moves,
        lows=lows,
        london_fix=quoted(quotes, LONDON_FIX),
        path_bp=_revisions(two_year, starts, grid),
        two_year_pct=two_year,
        cuts_priced=next(iter(cuts.items())),
    )


def _second_leg(lows: Dated) -> Dated:
    """Bitcoin's moves from the end of the event to its second quoted low, pp by date."""
    (end, first), (day, second) = list(lows.items())[:2]
    above = (CLOSE_ABOVE_LOW_PP["bitcoin"], *SECOND_LEG_ABOVE_LOW_PP)
    fall = 100.0 * np.log(second / first) + above[1] - above[0]
    days = pd.date_range(end, day)[1:]
    early = (1.0 - SECOND_LEG_LAST_DAY) * fall / (len(days) - 2)
    moves = [early] * (len(days) - 2) + [SECOND_LEG_LAST_DAY * fall, above[2] - above[1]]
    return dict(zip(days, moves, strict=True))


def quoted(quotes: pd.DataFrame, series: str) -> Dated:
    """Look one series of the quotes table up: values by date, ascending.

    Raises
    ------
    CoverageError
        If there is none of that name.
    """
    rows = quotes.loc[quotes["series"] == series]
    if rows.empty:
        raise CoverageError(f"the quotes table has no {series}, on which the replica is anchored")
    rows = rows.sort_values("date")
    return dict(zip(rows["date"], rows["value"].to_numpy(float), strict=True))


def _other_events(driver: str, starts: dict[str, pd.Timestamp]) -> Dated:
    return {starts[event]: move for event, move in OTHER_MOVES_PP.get(driver, {}).items()}


def _revisions(two_year: Dated, starts: dict[str, pd.Timestamp], grid: DayGrid) -> Dated:
    """Path revisions that the quoted two-year yields ask for, by trade date."""
    event, bp = RATES_ONLY_EVENT
    quotes, change_bp = list(two_year), 100.0 * np.diff(list(two_year.values()))
    days = grid.trade_dates[(grid.trade_dates > quotes[0]) & (grid.trade_dates <= quotes[1])]
    first = change_bp[0] * np.array(EVENT_REVISION_SHARES)
    held = {starts[event]: bp, **dict(zip(days, first, strict=True))}
    return held | dict(zip(quotes[2:], change_bp[1:], strict=True))

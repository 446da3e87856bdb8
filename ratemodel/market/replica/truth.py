"""What the replica is made of: the numbers that estimates are held against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.market.replica import drivers as cast
from ratemodel.market.replica.drivers import DOLLAR, EVENT
from ratemodel.market.replica.path import PathNews
from ratemodel.market.replica.prices import Latent, strikes
from ratemodel.market.replica.settings import Slot

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COLUMNS = ("asset", "parameter", "event", "date", "value", "unit")
COMPONENTS = ("drift", "rate_premium", "dollar", "leverage", "residual")
RATES = "rates"
"""What stands for an asset in rows about the rate path."""

_SOLD = {("levered_etf", "flow_observed"): 1.0, ("liquidation", "long_usd"): -1.0}
"""Flows of the facts table, and the sign that makes a sale negative."""


def truth_table(
    latent: Latent,
    path: PathNews,
    prices: pd.DataFrame,
    forced_flows: pd.DataFrame,
    events: pd.DataFrame,
) -> pd.DataFrame:
    """Tabulate parameters, rate news and the event's true split.

    Parameters
    ----------
    latent : Latent
    path : PathNews
    prices : DataFrame
        The prices table: totals are what is in it, to the last digit.
    forced_flows, events : DataFrame
        The built-in tables.

    Returns
    -------
    DataFrame
        asset, parameter, event, date, value, unit. Rows without an event hold for the whole
        sample; rows of an event without a date for its whole window.
    """
    forced_flows = forced_flows.loc[forced_flows["event"] == EVENT]
    window = events.loc[events["event"] == EVENT]
    start, end = window["start"].iloc[0], window["end"].iloc[0]
    records: list[tuple[Any, ...]]
    records = [*_parameters(), *_rate_news(latent, path)]
    for symbol, asset in cast.ASSETS.items():
        closes = prices.loc[prices["asset"] == symbol].set_index("date")["close"]
        daily = _split(latent, symbol, closes, forced_flows, start, end)
        for component in ("total", *COMPONENTS):
            rows = [(pd.NaT, daily[component].sum()), *daily[component].items()]
            records += [(symbol, component, EVENT, date, value, "pp") for date, value in rows]
        if asset.driver != DOLLAR:
            sigma = latent.noise[asset.driver].sigma_on(start)
            records.append((symbol, "sigma_pre", EVENT, pd.NaT, sigma, "pp"))
    table = pd.DataFrame(records, columns=list(COLUMNS))
    table["date"] = pd.to_datetime(table["date"]).astype("datetime64[us]")
    return table


def _parameters() -> Iterator[tuple[Any, ...]]:
    none: tuple[Any, ...] = ("", pd.NaT)
    for symbol, asset in cast.ASSETS.items():
        driver = cast.DRIVERS[asset.driver]
        yield symbol, "alpha", *none, driver.alpha, "pp per trade-date interval"
        yield symbol, "beta", *none, driver.beta, "pp per bp of path_bp"
        yield symbol, "gamma", *none, driver.gamma, "pp per 1 % of the dollar's own part"
        yield symbol, "tracking", *none, asset.tracking_pp, "pp"
        if asset.driver == DOLLAR:
            continue
        a, g, b = driver.garch
        yield symbol, "sigma", *none, driver.sigma, "pp a day"
        yield symbol, "omega", *none, driver.omega, "pp squared a day"
        for name, value in (("alpha[1]", a), ("gamma[1]", g), ("beta[1]", b), ("nu", driver.nu)):
            yield symbol, name, *none, value, "number"
        if driver.leader:
            yield symbol, f"correlation[{driver.leader}]", *none, driver.rho, "number"
    dollar = cast.DRIVERS[DOLLAR]
    index = cast.BROAD_DOLLAR[0]
    yield index, "beta", *none, dollar.beta, "pp per bp of path_bp"
    yield index, "sigma", *none, dollar.sigma, "pp a day"


def _rate_news(latent: Latent, path: PathNews) -> Iterator[tuple[Any, ...]]:
    """Path revisions between futures strikes, and the part that came with statements."""
    grid = latent.grid
    strike = grid.positions(np.flatnonzero(grid.trade), Slot.FUTURES)
    revisions = np.diff(latent.path_bp[strike])
    for date, value in zip(grid.trade_dates[1:], revisions, strict=True):
        yield RATES, "path_bp", "", date, value, "bp"
    announced = pd.DatetimeIndex(path.calendar["announced"])
    held = announced[announced <= grid.days[-1]]
    rows = (held - grid.days[0]).days.to_numpy(np.int64)
    news = path.path_bp[grid.positions(rows, Slot.FUTURES)]
    for date, value in zip(held, news, strict=True):
        yield RATES, "statement_bp", "", date, value, "bp"


def _split(
    latent: Latent,
    symbol: str,
    closes: pd.Series[float],
    forced_flows: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Split each of the event's returns: total = drift + rates + dollar + leverage + residual."""
    asset = cast.ASSETS[symbol]
    driver = cast.DRIVERS[asset.driver]
    dates, positions = strikes(latent, asset)
    on_grid = dates.isin(latent.grid.trade_dates)
    dates, positions = dates[on_grid], positions[on_grid]
    inside = np.flatnonzero((dates >= start) & (dates <= end))
    used = np.append(inside[0] - 1, inside)
    dates, at = dates[used], positions[used]
    split = pd.DataFrame(
        {
            "total": 100.0 * np.diff(np.log(closes.loc[dates].to_numpy(float))),
            "drift": np.diff(latent.drift_pp(asset.driver)[at]),
            "rate_premium": driver.beta * np.diff(latent.path_bp[at]),
            "dollar": driver.gamma * np.diff(latent.dollar_pct[at]),
            "leverage": 0.0,
        },
        index=dates[1:],
    )
    sigma_pp = latent.noise[asset.driver].sigma_on(start)
    for date, impact_pp in forced_moves(forced_flows, symbol, sigma_pp).items():
        split.loc[split.index[split.index >= date][0], "leverage"] += impact_pp
    explained = split[["drift", "rate_premium", "dollar", "leverage"]].sum(axis=1)
    return split.assign(residual=split["total"] - explained)


def forced_moves(forced_flows: pd.DataFrame, symbol: str, sigma_pp: float) -> pd.Series[float]:
    r"""Price moves of the event's measured sales at central values, pp by date.

    .. math:: I = -\sigma \sqrt{|Q| / ADV}

    the square-root law with a prefactor of one; all of these sales are beyond its linear part.

    Parameters
    ----------
    forced_flows : DataFrame
        The built-in table.
    symbol : str
    sigma_pp : float
        Daily volatility known before the event.

    Examples
    --------
    >>> from ratemodel.market.facts import builtin_table
    >>> moves = forced_moves(builtin_table("forced_flows"), "GC", 1.0)
    >>> [f"{date:%d %B}: {move:.3f}" for date, move in moves.items()]
    ['30 January: -0.071']
    """
    listed = np.array([symbol in text.split(";") for text in forced_flows["asset"]])
    rows = forced_flows.loc[(forced_flows["event"] == EVENT) & listed]
    volume = rows.loc[rows["parameter"] == "adv", "central"]
    moves: dict[pd.Timestamp, float] = {}
    for row in rows.itertuples():
        sign = _SOLD.get((str(row.channel), str(row.parameter)))
        if sign is not None:
            flow_usd = sign * float(str(row.central))
            impact = np.sign(flow_usd) * sigma_pp * np.sqrt(abs(flow_usd) / volume.iloc[0])
            moves[pd.Timestamp(str(row.date))] = float(impact)
    return pd.Series(moves, dtype=float)

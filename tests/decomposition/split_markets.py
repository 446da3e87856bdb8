"""Small markets made from a known truth, as input tables.

Rate news, the dollar's own news and each asset's noise arrive between all strikes; a price is the
sum of what arrived before it was struck. Strikes come from the zone database, not from the package.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ratemodel.market.schema import INPUT_TABLES, empty_table
from ratemodel.shocks import shock_series
from ratemodel.types.clock import Clock
from ratemodel.types.market import Market
from ratemodel.types.shocks import ShockSeries

CLOCKS = {
    "GC": "13:30 America/New_York",
    "GLD": "16:00 America/New_York",
    "BTC": "24:00 UTC",
    "FUT": "15:00 America/New_York",
}
"""Before the shock's strike, after it, at midnight, and with it."""
DOLLAR = "DTWEXBGS"
NOON = "12:00 America/New_York"
SETTLE = "15:00 America/New_York"
EVENT = "crash"
PASS_THROUGH = 0.02
"""Percent of dollar a basis point."""
FLOW_COLUMNS = INPUT_TABLES["forced_flows"].names


def strikes(dates: pd.DatetimeIndex, clock: str) -> np.ndarray:
    """Instants, in UTC, one date at a time."""
    time, zone = clock.split()
    hours, minutes = (int(part) for part in time.split(":"))
    struck = []
    for date in dates:
        day = date.date() + dt.timedelta(days=hours // 24)
        local = dt.datetime.combine(day, dt.time(hours % 24, minutes), ZoneInfo(zone))
        struck.append(local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None))
    return np.array(struck, dtype="datetime64[s]")


def trading_days(first: str, count: int) -> pd.DatetimeIndex:
    days = pd.bdate_range(first, periods=count + count // 20 + 3)
    kept = np.ones(len(days), dtype=bool)
    kept[24::47] = False
    return days[kept][:count]


@dataclass(frozen=True)
class Truth:
    """What made the prices of each asset."""

    alpha: float = 0.05
    beta: float = -0.04
    gamma: float = -1.5
    noise_pp: float = 1.0
    garch: bool = True


@dataclass(frozen=True)
class World:
    """A market, its shocks, and what nobody in it can see.

    Attributes
    ----------
    market : Market
    shocks : ShockSeries
        Settlement to settlement.
    dates : DatetimeIndex
        Trade dates.
    event : slice
        Positions of the event's dates.
    noise_pp : dict of str to array
        Each asset's own noise, by trade date but the first.
    """

    market: Market
    shocks: ShockSeries
    dates: pd.DatetimeIndex
    event: slice
    noise_pp: Mapping[str, np.ndarray] = field(default_factory=dict)


def make_market(
    dates: pd.DatetimeIndex,
    prices: pd.DataFrame,
    rates: pd.DataFrame,
    events: pd.DataFrame,
    clocks: Mapping[str, str],
    futures: pd.DataFrame | None = None,
    fomc: pd.DataFrame | None = None,
    forced_flows: pd.DataFrame | None = None,
) -> Market:
    """A market of these tables; all others are empty."""
    if futures is None:
        futures = pd.DataFrame({"trade_date": dates, "contract": "2027-12", "settle": 96.0})
    tables = {name: empty_table(spec) for name, spec in INPUT_TABLES.items()}
    tables |= {"prices": prices, "rates": rates, "events": events, "futures": futures}
    if fomc is not None:
        tables["fomc"] = fomc
    if forced_flows is not None:
        tables["forced_flows"] = forced_flows
    return Market(
        **tables,
        clocks={name: Clock.parse(text) for name, text in {**clocks, DOLLAR: NOON}.items()},
        data_kind="replica",
    )


def price_rows(asset: str, dates: pd.DatetimeIndex, moves_pp: np.ndarray) -> pd.DataFrame:
    level = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(moves_pp)]) / 100.0)
    return pd.DataFrame({"date": dates, "asset": asset, "close": level, "struck_at": ""})


def rate_rows(series: str, dates: pd.DatetimeIndex, values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"date": dates, "series": series, "value": values})


def event_rows(*windows: tuple[str, pd.Timestamp, pd.Timestamp, str]) -> pd.DataFrame:
    table = pd.DataFrame(windows, columns=["event", "start", "end", "assets"])
    return table.assign(trigger="", rate_news="", margin_news="", note="")


def garch_noise(rng: np.random.Generator, size: int, truth: Truth) -> np.ndarray:
    """Student residuals whose volatility clusters around one."""
    z = rng.standard_t(6, size=size + 300) * np.sqrt(4.0 / 6.0)
    if not truth.garch:
        return truth.noise_pp * z[300:]
    variance, noise = 1.0, np.zeros(size + 300)
    for t, draw in enumerate(z):
        noise[t] = np.sqrt(variance) * draw
        variance = 0.06 + (0.06 + 0.06 * (draw < 0.0)) * noise[t] ** 2 + 0.85 * variance
    return truth.noise_pp * noise[300:]


def build_world(
    seed: int,
    days: int = 360,
    window: int = 2,
    assets: Mapping[str, str] = CLOCKS,
    truth: Truth = Truth(),
    leverage_pp: Mapping[str, float] | None = None,
    forced_flows: pd.DataFrame | None = None,
) -> World:
    """Draw a world; `leverage_pp` is added to each asset's first return of the event."""
    rng = np.random.default_rng(seed)
    dates = trading_days("2024-09-03", days)
    first = days - 6 - window
    event = slice(first, first + window)
    said = strikes(dates, "14:00 America/New_York")
    at = {clock: strikes(dates, clock) for clock in {*assets.values(), NOON, SETTLE}}
    edges = np.unique(np.concatenate([*at.values(), said, said - np.timedelta64(1, "s")]))
    hours = np.diff(edges).astype(float) / 3600.0
    rates = rng.standard_normal(len(hours)) * np.sqrt(hours) * 0.6
    rates[np.searchsorted(edges, said) - 1] += rng.normal(scale=2.0, size=days)
    own_dollar = rng.standard_normal(len(hours)) * np.sqrt(hours) * 0.06

    def between(pieces: np.ndarray, clock: str) -> np.ndarray:
        low = np.searchsorted(edges, at[clock])
        return np.array([pieces[a:b].sum() for a, b in itertools.pairwise(low)])

    noise = {name: garch_noise(rng, days - 1, truth) for name in assets}
    tables = []
    for name, clock in assets.items():
        moves = truth.alpha + truth.beta * between(rates, clock)
        moves = moves + truth.gamma * between(own_dollar, clock) + noise[name]
        moves[first - 1] += (leverage_pp or {}).get(name, 0.0)
        tables.append(price_rows(name, dates, moves))
    dollar = PASS_THROUGH * between(rates, NOON) + between(own_dollar, NOON)
    level = 120.0 * np.exp(np.concatenate([[0.0], np.cumsum(dollar)]) / 100.0)
    market = make_market(
        dates,
        pd.concat(tables, ignore_index=True),
        rate_rows(DOLLAR, dates, level),
        event_rows((EVENT, dates[event][0], dates[event][-1], "")),
        assets,
        forced_flows=forced_flows,
    )
    values = pd.Series(np.concatenate([[np.nan], between(rates, SETTLE)]), index=dates)
    return World(market, shock_series(values, known_at=SETTLE), dates, event, noise)


def scaled(
    shocks: ShockSeries, factor: float, dates: pd.DatetimeIndex | None = None
) -> ShockSeries:
    """Multiply all shocks, or those of some dates."""
    values = shocks.values_bp.copy()
    rows = values.index if dates is None else dates
    values.loc[rows] *= factor
    return replace(shocks, values_bp=values)

"""The prices table: drift, rate news, the dollar and own noise, read at each asset's strikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.market.replica import drivers as cast
from ratemodel.market.replica.days import DayGrid
from ratemodel.market.replica.drivers import DOLLAR, Asset
from ratemodel.market.replica.noise import Noise, leaders_first, pass_through, simulate_noise
from ratemodel.market.replica.path import PathNews
from ratemodel.market.replica.pins import LONDON_FIX, Pins
from ratemodel.market.replica.settings import SLOTS, Slot

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Latent:
    """Log levels of all drivers at every position, in parts.

    Attributes
    ----------
    grid : DayGrid
    path_bp : array, shape (size,)
        Cumulated path news.
    dollar_pct : array, shape (size,)
        Cumulated own part of the dollar.
    noise : dict of str to Noise
        By driver; the dollar's is its own part.
    levels : dict of str to float
        By driver: level of its leading asset at its strike on `before`.
    before : Timestamp
        Last trade date before the event.
    """

    grid: DayGrid
    path_bp: Floats
    dollar_pct: Floats
    noise: dict[str, Noise]
    levels: dict[str, float]
    before: pd.Timestamp

    def drift_pp(self, name: str) -> Floats:
        """Cumulate a driver's drift, even between two trade dates, shape (size,)."""
        return cast.DRIVERS[name].alpha * np.repeat(self.grid.trade_count, SLOTS)

    def linear_pp(self, name: str) -> Floats:
        """Cumulate a driver's drift, rate and dollar parts, shape (size,)."""
        driver = cast.DRIVERS[name]
        news: Floats = driver.beta * self.path_bp + driver.gamma * self.dollar_pct
        return self.drift_pp(name) + news

    def level_pp(self, name: str) -> Floats:
        """Add up a driver's parts: 100 × log level at every position, shape (size,)."""
        moved = self.linear_pp(name)
        if name != DOLLAR:
            moved = moved + np.cumsum(self.noise[name].news_pp)
        anchor = self.grid.position(self.before, cast.DRIVERS[name].slot)
        level: Floats = moved - moved[anchor] + 100.0 * np.log(self.levels[name])
        return level


def simulate_latent(
    grid: DayGrid, path: PathNews, pins: Pins, streams: Mapping[str, np.random.Generator]
) -> Latent:
    """Draw what drives prices, the dollar first, each leader before those that follow it.

    Parameters
    ----------
    grid : DayGrid
    path : PathNews
    pins : Pins
    streams : mapping of str to Generator
        One a driver: a driver more changes no other one's draws.

    Returns
    -------
    Latent
    """

    def draw(name: str, leader: Noise | None, linear_pp: Floats) -> Noise:
        moves = pins.moves_pp[name]
        driver = cast.DRIVERS[name]
        return simulate_noise(grid, driver, leader, linear_pp, moves, pins.before, streams[name])

    own_dollar = draw(DOLLAR, None, np.zeros(grid.size))
    latent = Latent(
        grid=grid,
        path_bp=np.cumsum(path.path_bp),
        dollar_pct=np.cumsum(own_dollar.news_pp),
        noise={DOLLAR: own_dollar},
        levels=pins.levels,
        before=pins.before,
    )
    for name in leaders_first(cast.DRIVERS):
        if name != DOLLAR:
            leader = latent.noise.get(cast.DRIVERS[name].leader)
            drawn = draw(name, leader, latent.linear_pp(name))
            latent = replace(latent, noise={**latent.noise, name: drawn})
    return _through_london_fix(latent, pins)


def _through_london_fix(latent: Latent, pins: Pins) -> Latent:
    """Let gold pass through the quoted London fix on its way to the day's settlement."""
    asset = cast.ASSETS[LONDON_FIX]
    driver = cast.DRIVERS[asset.driver]
    for date, price in pins.london_fix.items():
        position = latent.grid.position(date, asset.slot)
        gap_pp = 100.0 * np.log(price / asset.per_unit) - latent.level_pp(asset.driver)[position]
        shifted = pass_through(
            latent.noise[asset.driver], latent.grid, driver, position, float(gap_pp)
        )
        latent = replace(latent, noise={**latent.noise, asset.driver: shifted})
    return latent


def strikes(latent: Latent, asset: Asset) -> tuple[pd.DatetimeIndex, Ints]:
    """Dates and positions of an asset's strikes."""
    rows = latent.grid.rows(asset.days)
    return latent.grid.days[rows], latent.grid.positions(rows, asset.slot)


def index_values(latent: Latent) -> pd.Series[float]:
    """Read the broad dollar index at noon, on days when it is published."""
    name, decimals = cast.BROAD_DOLLAR
    rows = np.flatnonzero(latent.grid.published)
    level = np.exp(latent.level_pp(DOLLAR)[latent.grid.positions(rows, Slot.NOON)] / 100.0)
    return pd.Series(np.round(level, decimals), index=latent.grid.days[rows], name=name)


def prices_table(
    latent: Latent, pins: Pins, streams: Mapping[str, np.random.Generator]
) -> pd.DataFrame:
    """Write down every asset's closes, with the day's range for crypto.

    Parameters
    ----------
    latent : Latent
    pins : Pins
    streams : mapping of str to Generator
        One an asset.

    Returns
    -------
    DataFrame
        date, asset, close, open, high, low.
    """
    parts = [
        _asset_prices(latent, symbol, asset, pins, streams[symbol])
        for symbol, asset in cast.ASSETS.items()
    ]
    return pd.concat(parts).sort_values(["date", "asset"], ignore_index=True)


def _asset_prices(
    latent: Latent, symbol: str, asset: Asset, pins: Pins, rng: np.random.Generator
) -> pd.DataFrame:
    dates, positions = strikes(latent, asset)
    tracking = asset.tracking_pp * rng.standard_normal(len(dates))
    level = np.exp((latent.level_pp(asset.driver)[positions] + tracking) / 100.0)
    frame = pd.DataFrame(
        {"date": dates, "asset": symbol, "close": np.round(asset.per_unit * level, asset.decimals)}
    )
    if asset.days == "every":
        frame = frame.join(_ranges(frame["close"], latent.noise[asset.driver], asset, rng))
    for date, low in pins.lows.get(symbol, {}).items():
        frame.loc[frame["date"] == date, "low"] = low
    return frame


def _ranges(
    close: pd.Series[float], noise: Noise, asset: Asset, rng: np.random.Generator
) -> pd.DataFrame:
    """Open at the close before, and reach a little beyond both ends."""
    opened = close.shift(1).fillna(close)
    sigma = float(np.median(noise.sigma_pp))
    reach = np.abs(rng.standard_normal((2, len(close)))) * cast.INTRADAY_RANGE * sigma / 100.0
    high = np.maximum(opened, close) * np.exp(reach[0])
    low = np.minimum(opened, close) * np.exp(-reach[1])
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(high.round(asset.decimals), np.maximum(opened, close)),
            "low": np.minimum(low.round(asset.decimals), np.minimum(opened, close)),
        }
    )

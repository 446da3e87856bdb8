"""Turn prices into log returns on the grid of trade dates."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ratemodel.calendars import clock_of, strike_times
from ratemodel.errors import CoverageError, DataError
from ratemodel.types.clock import Clock
from ratemodel.types.market import Market
from ratemodel.types.returns import Returns


def log_returns(market: Market, assets: Iterable[str] | None = None) -> Returns:
    r"""Measure log returns of assets between strikes on trade dates.

    A return runs from one strike to the first strike on or after the next trade date,

    .. math:: r_{ij} = 100\,[\ln P_i(b_j) - \ln P_i(b_{j-1})],
              \qquad b_j = \min\{\text{strikes of } i \ge T_j\},

    so a weekend of bitcoin belongs to Monday's row, a metal's holiday to the next row, and every
    move is in exactly one row.

    Parameters
    ----------
    market : Market
    assets : iterable of str, optional
        Symbols, prices or rates series (an index such as DTWEXBGS); all assets of the prices
        table if left out.

    Returns
    -------
    returns : Returns

    Raises
    ------
    CoverageError
        If the market lacks an asset.
    ClockError
        If nobody said when an asset is struck.

    Examples
    --------
    >>> import ratemodel as rm
    >>> returns = rm.log_returns(rm.load_market("replica"), ["BTC"])
    >>> int(returns.of("BTC")["days"].max())
    4
    """
    dates = market.trade_dates
    wanted = list(assets) if assets is not None else list(market.prices["asset"].unique())
    return Returns(pd.concat([_asset_returns(market, asset, dates) for asset in wanted]))


def _asset_returns(market: Market, asset: str, trade_dates: pd.DatetimeIndex) -> pd.DataFrame:
    strikes = price_strikes(market, asset)
    ends = np.unique(np.searchsorted(strikes["date"].to_numpy(), trade_dates.to_numpy()))
    ends = ends[ends < len(strikes)]
    log_price = 100.0 * np.log(strikes["level"].to_numpy(float))
    instants = strikes["utc"].to_numpy()
    return pd.DataFrame(
        {
            "date": strikes["date"].to_numpy()[ends[1:]],
            "asset": asset,
            "log_return_pp": np.diff(log_price[ends]),
            "days": np.diff(ends),
            "start_utc": instants[ends[:-1]],
            "end_utc": instants[ends[1:]],
        }
    )


def price_strikes(market: Market, series: str) -> pd.DataFrame:
    """List one series' levels with the instant each is struck: date, level, utc, ascending."""
    rows = market.prices.loc[market.prices["asset"] == series]
    if not rows.empty:
        dates, level = pd.DatetimeIndex(rows["date"]), rows["close"].to_numpy(float)
        own = rows["struck_at"].to_numpy(object)
    else:
        values = market.rate(series)
        if values.empty:
            raise CoverageError(f"{series} is neither among the prices nor among the rates")
        if (values <= 0).any():
            raise DataError(f"{series} has no log return: {values.min()} is not positive")
        dates, level = pd.DatetimeIndex(values.index), values.to_numpy(float)
        own = np.full(len(dates), "", dtype=object)
    utc = np.empty(len(dates), dtype="datetime64[s]")
    for text in pd.unique(own):
        here = own == text
        clock = Clock.parse(text) if text else clock_of(series, market.clocks)
        utc[here] = strike_times(dates[here], clock)
    frame = pd.DataFrame({"date": dates, "level": level, "utc": utc})
    frame = frame.sort_values("date").reset_index(drop=True)
    if not frame["utc"].is_monotonic_increasing or frame["utc"].duplicated().any():
        late = frame.loc[frame["utc"].diff() <= pd.Timedelta(0), "date"].iloc[0]
        raise DataError(f"{series}: the strike of {late:%Y-%m-%d} is not after the one before it")
    return frame

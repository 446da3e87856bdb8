"""Assets with known loadings, one per clock, for tests that run every estimator on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from clock_worlds import (
    COMEX,
    FUTURES,
    News,
    brownian,
    daily_shocks,
    returns_of,
    returns_table,
    strikes,
    trading_days,
)

from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries

STATEMENTS = "14:00 America/New_York"


def plain_world(
    days: int, rng: np.random.Generator, beta: float | np.ndarray = -0.08, noise: float = 1.0
) -> tuple[Returns, ShockSeries, pd.DatetimeIndex]:
    """Returns struck with the shocks: one regressor, the loading itself."""
    dates = trading_days("2012-01-03", days)
    s = rng.normal(scale=4.0, size=days - 1)
    moves = 0.05 + beta * s + rng.normal(scale=noise, size=days - 1)
    returns = returns_of(returns_table("A", dates, FUTURES, moves))
    return returns, daily_shocks(dates, s), dates


def announcements(days: pd.DatetimeIndex) -> pd.DataFrame:
    """Statements at 14:00 in New York, as in the fomc table."""
    return pd.DataFrame({"announced": days, "time_et": "14:00", "kind": "scheduled"})


def statement_world(
    days: int,
    rng: np.random.Generator,
    *,
    beta: float,
    every: int = 30,
    statement_sd: float = 8.0,
    quiet_sd: float = 0.5,
    common: float = 0.0,
) -> tuple[Returns, ShockSeries, pd.DataFrame]:
    """COMEX gold and rates: statements at 14:00 on some days, and news that moves both always.

    `common` is what gold gains on a basis point of news that is no policy: it makes least squares
    wrong and leaves the shift of variance right.
    """
    dates = trading_days("2005-01-03", days)
    at = {"gold": strikes(dates, COMEX), "rates": strikes(dates, FUTURES)}
    said = strikes(dates, STATEMENTS)
    edges = np.unique(np.concatenate([*at.values(), said, said - np.timedelta64(1, "s")]))
    held = np.arange(days) % every == every // 2
    policy = np.zeros(len(edges) - 1)
    policy[np.searchsorted(edges, said[held]) - 1] = rng.normal(scale=statement_sd, size=held.sum())
    other = brownian(edges, rng, quiet_sd)
    spoken = News(edges, policy)
    noise = brownian(edges, rng, 0.1)
    rates = sum(news.between(at["rates"][:-1], at["rates"][1:]) for news in (spoken, other))
    span = at["gold"][:-1], at["gold"][1:]
    moves = 0.02 + beta * spoken.between(*span) + (beta + common) * other.between(*span)
    moves += noise.between(*span)
    returns = returns_of(returns_table("GC", dates, COMEX, moves))
    return returns, daily_shocks(dates, rates), announcements(dates[held])

"""Simulated markets: rate news, the dollar's, clustering noise, and a crash of known parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import strike_times
from ratemodel.market.schema import INPUT_TABLES, empty_table
from ratemodel.types.clock import Clock
from ratemodel.types.market import Market
from ratemodel.types.shocks import PATH, ShockSeries

Floats = npt.NDArray[np.float64]

EVENT, DOLLAR = "crash", "DTWEXBGS"
SAMPLE_DAYS, WINDOW_DAYS = 340, 2
ASSETS_A_WORLD = 5
"""Assets of one world: noise of their own, the same news."""
STRUCK = "13:30 America/New_York"
SETTLE = "15:00 America/New_York"
BEFORE_STRIKE = 0.8
"""Share of a day's news (from 15:00 to 15:00) that comes before 13:30."""
RATE_SD_BP, RATE_DF = 4.0, 6.0
"""Daily sd of a 12-month revision and its degrees of freedom."""
PASS_THROUGH = 0.02
"""Percent of dollar a basis point."""
DOLLAR_SD_PCT = 0.25
MEASUREMENT_BP = 0.4
"""Standard error of a level of the path: half a tick here and there."""
NOISE_PP = 1.2
ALPHA, BETA, GAMMA = 0.05, -0.04, -1.5
OMEGA, NEWS, BAD_NEWS, MEMORY, NOISE_DF = 0.06, 0.05, 0.06, 0.86, 6.0
"""GJR-GARCH of the noise, unconditional variance one."""
WARM_UP = 300


@dataclass(frozen=True, slots=True)
class Design:
    """What a crash is made of.

    Attributes
    ----------
    rates_bp : float
        Rate news added on the event's first day.
    dollar_pct : float
        The dollar's own move added on it.
    leverage_pp : float
        Forced selling on it.
    beta : float
        Loading, pp per bp.
    """

    rates_bp: float = 0.0
    dollar_pct: float = 0.0
    leverage_pp: float = 0.0
    beta: float = BETA


DESIGNS: Mapping[str, Design] = {
    "no crash": Design(),
    "rates only": Design(rates_bp=60.0),
    "leverage only": Design(leverage_pp=-12.0),
    "mixed": Design(rates_bp=40.0, dollar_pct=0.8, leverage_pp=-8.0),
    "dollar only": Design(dollar_pct=1.5),
    "sign-flipped rate": Design(rates_bp=60.0, beta=-BETA),
}


@dataclass(frozen=True, eq=False)
class World:
    """A market, its shocks, and the truth about its event.

    Attributes
    ----------
    market : Market
    shocks : ShockSeries
    assets : list of str
    rates_pp, dollar_pp, leverage_pp : float
        True parts of the event's return, the same for all assets.
    noise_width_pp : dict of str to float
        Distance of the 5 % and 95 % quantiles of each asset's own noise over the event, given what
        was known before it.
    """

    market: Market
    shocks: ShockSeries
    assets: list[str]
    rates_pp: float
    dollar_pp: float
    leverage_pp: float
    noise_width_pp: Mapping[str, float]


def simulate_world(design: Design, rng: np.random.Generator) -> World:
    """Simulate a market of some assets with one event.

    Rate news comes in two pieces a day, so that an asset struck at 13:30 holds yesterday
    afternoon's and this morning's: shocks between settlements at 15:00 straddle its returns. The
    dollar is struck with the asset.

    Parameters
    ----------
    design : Design
    rng : numpy.random.Generator

    Returns
    -------
    World
    """
    days = SAMPLE_DAYS + WINDOW_DAYS + 6
    dates = pd.bdate_range("2024-09-03", periods=days + 1)
    first = SAMPLE_DAYS + 1
    shares = np.sqrt(np.array([BEFORE_STRIKE, 1.0 - BEFORE_STRIKE]))
    scale = np.sqrt((RATE_DF - 2.0) / RATE_DF)
    news = RATE_SD_BP * scale * rng.standard_t(RATE_DF, (days + 1, 2)) * shares
    own = DOLLAR_SD_PCT * rng.standard_normal(days)
    news[first, 0] += design.rates_bp
    own[first - 1] += design.dollar_pct
    shock = news[1:].sum(axis=1)
    seen = news[:-1, 1] + news[1:, 0]
    dollar = PASS_THROUGH * seen + own
    window = slice(first - 1, first - 1 + WINDOW_DAYS)
    prices, widths, assets = [], {}, [f"A{k}" for k in range(ASSETS_A_WORLD)]
    for asset in assets:
        noise, width = _noise(rng, days, first - 1)
        moves = ALPHA + design.beta * seen + GAMMA * own + noise
        moves[first - 1] += design.leverage_pp
        prices.append(_levels("asset", asset, "close", dates, moves))
        widths[asset] = width
    rates = _levels("series", DOLLAR, "value", dates, dollar)
    measured = shock + np.diff(MEASUREMENT_BP / np.sqrt(2.0) * rng.standard_normal(days + 1))
    return World(
        market=_market(dates, pd.concat(prices), rates, dates[first], assets),
        shocks=_shocks(dates, measured),
        assets=assets,
        rates_pp=float(design.beta * seen[window].sum()),
        dollar_pp=float(GAMMA * own[window].sum()),
        leverage_pp=design.leverage_pp,
        noise_width_pp=widths,
    )


WIDTH_DRAWS = 4000


def _noise(rng: np.random.Generator, days: int, first: int) -> tuple[Floats, float]:
    """Draw GJR-GARCH-t noise, and how wide the event's sum could have been when it began."""
    unit = np.sqrt((NOISE_DF - 2.0) / NOISE_DF)
    z = unit * rng.standard_t(NOISE_DF, WARM_UP + days)
    noise, variances, variance = np.zeros(len(z)), np.zeros(len(z)), 1.0
    for t, draw in enumerate(z):
        variances[t] = variance
        noise[t] = np.sqrt(variance) * draw
        variance = OMEGA + (NEWS + BAD_NEWS * (draw < 0.0)) * noise[t] ** 2 + MEMORY * variance
    spread = np.full(WIDTH_DRAWS, variances[WARM_UP + first])
    total = np.zeros(WIDTH_DRAWS)
    for _ in range(WINDOW_DAYS):
        draw = unit * rng.standard_t(NOISE_DF, WIDTH_DRAWS)
        step = np.sqrt(spread) * draw
        total += step
        spread = OMEGA + (NEWS + BAD_NEWS * (draw < 0.0)) * step**2 + MEMORY * spread
    low, high = np.quantile(total, [0.05, 0.95])
    return NOISE_PP * noise[WARM_UP:], float(NOISE_PP * (high - low))


def _levels(
    key: str, name: str, value: str, dates: pd.DatetimeIndex, moves_pp: Floats
) -> pd.DataFrame:
    level = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(moves_pp)]) / 100.0)
    return pd.DataFrame({"date": dates, key: name, value: level})


def _market(
    dates: pd.DatetimeIndex,
    prices: pd.DataFrame,
    rates: pd.DataFrame,
    start: pd.Timestamp,
    assets: list[str],
) -> Market:
    tables: dict[str, Any] = {name: empty_table(spec) for name, spec in INPUT_TABLES.items()}
    end = dates[int(dates.searchsorted(start)) + WINDOW_DAYS - 1]
    event = {"event": EVENT, "start": start, "end": end, "assets": "", "trigger": ""}
    tables |= {
        "prices": prices.assign(struck_at=""),
        "rates": rates,
        "events": pd.DataFrame([{**event, "rate_news": "", "margin_news": "", "note": ""}]),
        "futures": pd.DataFrame({"trade_date": dates, "contract": "2027-12", "settle": 96.0}),
    }
    clocks = {name: Clock.parse(STRUCK) for name in (*assets, DOLLAR)}
    return Market(**tables, clocks=clocks, data_kind="replica")


def _shocks(dates: pd.DatetimeIndex, measured_bp: Floats) -> ShockSeries:
    end = strike_times(dates, Clock.parse(SETTLE))
    held = dates[1:]
    return ShockSeries(
        values_bp=pd.DataFrame({PATH: measured_bp}, index=held),
        errors_bp=pd.DataFrame({PATH: np.full(len(held), MEASUREMENT_BP)}, index=held),
        identified=pd.DataFrame({PATH: np.ones(len(held), dtype=bool)}, index=held),
        start_utc=end[:-1],
        end_utc=end[1:],
        source=pd.Series("simulated", index=held),
    )

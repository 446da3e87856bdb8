"""Simulated markets: rate news, the dollar's, clustering noise, and a crash of known parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import strike_times
from ratemodel.market.schema import INPUT_TABLES, empty_table
from ratemodel.types.clock import Clock
from ratemodel.types.market import Market
from ratemodel.types.shocks import PATH, ShockSeries
from ratemodel.validation.futures import RateMarket, draw_rate_market
from ratemodel.validation.noise import garch_noise, student, sum_draws

Floats = npt.NDArray[np.float64]

ASSET, EVENT, DOLLAR = "A", "crash", "DTWEXBGS"
SAMPLE_DAYS, WINDOW_DAYS, LATER_DAYS = 340, 2, 6
FIRST_MONDAY = "2024-09-02"
CLOCKS = {DOLLAR: "12:00 America/New_York", ASSET: "13:30 America/New_York"}
SETTLE = "15:00 America/New_York"
"""Three strikes cut each day's news, from settlement to settlement, into pieces."""
HOURS = np.array([21.0, 1.5, 1.5])
"""Length of the pieces: to the dollar's strike, on to the asset's, on to the settlement."""
RATE_SD_BP, RATE_DF = 4.0, 6.0
"""Daily sd of news about rates 12 months ahead, and its degrees of freedom."""
STATEMENT_EVERY, STATEMENT_SD_BP = 30, 6.0
"""Days from one statement at 14:00, between the asset's strike and the settlement, to the next."""
PASS_THROUGH = 0.02
"""Percent of dollar a basis point: what rates do to an asset through it is theirs."""
DOLLAR_SD_PCT, DOLLAR_DF = 0.25, 6.0
MEASUREMENT_BP = 0.4
"""Standard error of a shock: levels off by half a tick, independently from day to day."""
NOISE_PP = 1.2
ALPHA, BETA, GAMMA = 0.05, -0.04, -1.5
"""Drift a day, pp per bp, pp per 1 %."""
PARTS = ("drift", "rates", "dollar", "leverage", "noise")


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
    from_futures : bool
        Shocks are not given but read from settlements of fed funds futures.
    """

    rates_bp: float = 0.0
    dollar_pct: float = 0.0
    leverage_pp: float = 0.0
    beta: float = BETA
    from_futures: bool = False


DESIGNS: Mapping[str, Design] = {
    "no crash": Design(),
    "rates only": Design(rates_bp=40.0),
    "leverage only": Design(leverage_pp=-12.0),
    "mixed": Design(rates_bp=40.0, dollar_pct=0.8, leverage_pp=-8.0),
    "dollar only": Design(dollar_pct=1.5),
    "sign-flipped rate": Design(rates_bp=40.0, beta=-BETA),
    "mixed, from futures": Design(
        rates_bp=40.0, dollar_pct=0.8, leverage_pp=-8.0, from_futures=True
    ),
}


@dataclass(frozen=True, eq=False)
class World:
    """A market with one asset, and the truth about its returns.

    Attributes
    ----------
    market : Market
    shocks : ShockSeries or None
        None where they are to be read from the market's futures.
    parts_pp : dict of str to array, shape (days,)
        What each return is made of: drift, rates, dollar, leverage, noise. They add up to it.
    news_bp : array, shape (days,)
        What really became known about rates between settlements.
    window : slice
        The event's returns.
    noise_sums_pp : array, shape (N,)
        Draws of what the event's noise could have been, given what was known before it.
    """

    market: Market
    shocks: ShockSeries | None
    parts_pp: Mapping[str, Floats]
    news_bp: Floats
    window: slice
    noise_sums_pp: Floats

    def truth(self, part: str) -> float:
        """Add up one part of the event's return, pp."""
        return float(self.parts_pp[part][self.window].sum())


def simulate_world(design: Design, rng: np.random.Generator) -> World:
    r"""Simulate a market of one asset with one event.

    .. math:: r_t = \alpha + \beta n_t + \gamma m_t + \ell_t + \varepsilon_t

    with n and m all news about rates and all of the dollar's own that came between the *asset's*
    strikes. The dollar is struck 90 minutes before it, futures settle 90 minutes after it, so
    neither's daily change is what the asset saw; statements fall in between.

    Parameters
    ----------
    design : Design
    rng : numpy.random.Generator

    Returns
    -------
    World
    """
    days = SAMPLE_DAYS + WINDOW_DAYS + LATER_DAYS
    weekday = int(rng.integers(5))
    dates = pd.bdate_range(FIRST_MONDAY, periods=days + 1 + weekday)[weekday:]
    first = SAMPLE_DAYS + 1
    rates = None
    if design.from_futures:
        rates = draw_rate_market(dates, np.sqrt(HOURS / HOURS.sum()), first, design.rates_bp, rng)
    news = _rate_news(rng, days + 1) if rates is None else rates.news_bp
    own = _in_pieces(DOLLAR_SD_PCT * student(rng, DOLLAR_DF, (days + 1, len(HOURS))))
    if rates is None:
        news[first, 0] += design.rates_bp
    own[first, 0] += design.dollar_pct
    noise, variance = garch_noise(rng, days)
    leverage = np.zeros(days)
    leverage[first - 1] = design.leverage_pp
    parts = {
        "drift": np.full(days, ALPHA),
        "rates": design.beta * _seen(news, 2),
        "dollar": GAMMA * _seen(own, 2),
        "leverage": leverage,
        "noise": NOISE_PP * noise,
    }
    dollar = PASS_THROUGH * _seen(news, 1) + _seen(own, 1)
    between = news[1:].sum(axis=1)
    error = np.diff(MEASUREMENT_BP / np.sqrt(2.0) * rng.standard_normal(days + 1))
    return World(
        market=_market(dates, sum(parts.values(), np.zeros(days)), dollar, first, rates),
        shocks=_shocks(dates, between + error) if rates is None else None,
        parts_pp=parts,
        news_bp=between,
        window=slice(first - 1, first - 1 + WINDOW_DAYS),
        noise_sums_pp=NOISE_PP * sum_draws(rng, float(variance[first - 1]), WINDOW_DAYS),
    )


def _rate_news(rng: np.random.Generator, days: int) -> Floats:
    """Draw news by day and piece; every so often there is a statement in the last piece."""
    news = _in_pieces(RATE_SD_BP * student(rng, RATE_DF, (days, len(HOURS))))
    said = np.arange(int(rng.integers(STATEMENT_EVERY)), days, STATEMENT_EVERY)
    news[said, -1] += STATEMENT_SD_BP * rng.standard_normal(len(said))
    return news


def _in_pieces(daily: Floats) -> Floats:
    """Scale draws of a day's size to the lengths of its pieces."""
    return np.asarray(daily * np.sqrt(HOURS / HOURS.sum()))


def _seen(news: Floats, pieces: int) -> Floats:
    """Add up news between strikes that come after some pieces of each day, shape (days,)."""
    late, early = news[:-1, pieces:].sum(axis=1), news[1:, :pieces].sum(axis=1)
    return np.asarray(late + early)


def _levels(
    key: str, name: str, value: str, dates: pd.DatetimeIndex, moves_pp: Floats
) -> pd.DataFrame:
    level = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(moves_pp)]) / 100.0)
    return pd.DataFrame({"date": dates, key: name, value: level})


@cache
def _empty_tables() -> dict[str, pd.DataFrame]:
    return {name: empty_table(spec) for name, spec in INPUT_TABLES.items()}


def _market(
    dates: pd.DatetimeIndex,
    moves_pp: Floats,
    dollar_pct: Floats,
    first: int,
    rates: RateMarket | None,
) -> Market:
    tables: dict[str, Any] = dict(_empty_tables())
    event = {"event": EVENT, "start": dates[first], "end": dates[first + WINDOW_DAYS - 1]}
    words = dict.fromkeys(("assets", "trigger", "rate_news", "margin_news", "note"), "")
    dollar = _levels("series", DOLLAR, "value", dates, dollar_pct)
    prices = _levels("asset", ASSET, "close", dates, moves_pp)
    tables |= {
        "prices": prices.assign(struck_at=""),
        "rates": dollar if rates is None else pd.concat([rates.fixings, dollar]),
        "events": pd.DataFrame([{**event, **words}]),
        "futures": pd.DataFrame({"trade_date": dates, "contract": "2027-12", "settle": 96.0}),
    }
    if rates is not None:
        tables |= {"futures": rates.futures, "fomc": rates.fomc}
    clocks = {name: Clock.parse(text) for name, text in CLOCKS.items()}
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

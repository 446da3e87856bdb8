"""News that arrives all the time, prices struck at their own hours: is the truth recovered?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from clock_worlds import (
    COMEX,
    CRYPTO,
    ETF,
    FUTURES,
    LONDON_FIX,
    NOON,
    News,
    brownian,
    daily_shocks,
    returns_of,
    returns_table,
    shocks_from,
    strikes,
    trading_days,
)

from ratemodel.loadings import build_design, estimation_sample, fit_loading
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries

SEED = 20260130
DAYS = 2500
BETA = -0.08
"""pp a basis point: gold's loading before 2020, of method.md §4."""
GAMMA = -1.4
PASS_THROUGH = 0.02
"""Percent a basis point: what rate news moves the dollar by."""
ASSETS = {"GC": COMEX, "GLD": ETF, "BTC": CRYPTO, "FIX": LONDON_FIX, "FUT": FUTURES, "NOON": NOON}
STATEMENTS = "14:00 America/New_York"
QUIET_SD = 0.4
"""bp a root hour outside the afternoon."""
STATEMENT_SD = 6.0
"""bp of what is said at 14:00."""
ERRORS_ALLOWED = 4.0
"""Standard errors an estimate may miss the truth by: one of 30,000 draws does."""


@dataclass(frozen=True)
class World:
    returns: Returns
    shocks: ShockSeries
    statements: ShockSeries
    dates: pd.DatetimeIndex


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(SEED)
    dates = trading_days("2014-01-02", DAYS)
    clocks = {**ASSETS, "shock": FUTURES}
    at = {name: strikes(dates, clock) for name, clock in clocks.items()}
    said = strikes(dates, STATEMENTS)
    before = said - np.timedelta64(1, "s")
    edges = np.unique(np.concatenate([*at.values(), said, before]))
    quiet = brownian(edges, rng, QUIET_SD)
    spoken = rng.normal(scale=STATEMENT_SD, size=DAYS)
    pieces = quiet.pieces.copy()
    pieces[np.searchsorted(edges, said) - 1] += spoken
    rates = News(edges, pieces)
    own_dollar = brownian(edges, rng, 0.06)
    dollar = rates.between(at["NOON"][:-1], at["NOON"][1:]) * PASS_THROUGH
    dollar += own_dollar.between(at["NOON"][:-1], at["NOON"][1:])
    tables = [returns_table("D", dates, NOON, dollar)]
    for name, clock in ASSETS.items():
        noise = brownian(edges, rng, 0.15)
        moves = BETA * rates.between(at[name][:-1], at[name][1:])
        moves += GAMMA * own_dollar.between(at[name][:-1], at[name][1:])
        moves += noise.between(at[name][:-1], at[name][1:])
        tables.append(returns_table(name, dates, clock, moves))
    return World(
        returns=returns_of(*tables),
        shocks=daily_shocks(dates, rates.between(at["shock"][:-1], at["shock"][1:])),
        statements=shocks_from(said, said, spoken),
        dates=dates,
    )


def fit_of(world: World, asset: str, shocks: ShockSeries, dollar: str | None):
    design = build_design(world.returns, asset, shocks, dollar=dollar)
    return fit_loading(estimation_sample(design, world.dates[0], world.dates[-3]))


def same_date_slope(world: World, asset: str) -> tuple[float, float]:
    """Slope and classical error of returns on the shock that bears the same date."""
    y = world.returns.of(asset)["log_return_pp"].to_numpy()
    x = world.shocks.of().to_numpy()
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    return slope, float(np.std(y - slope * x) / np.sqrt(x @ x))


@pytest.mark.parametrize("asset", ASSETS)
@pytest.mark.parametrize("dollar", [None, "D"])
def test_the_clock_matched_loading_is_the_true_one(world, asset, dollar):
    estimate, error = fit_of(world, asset, world.shocks, dollar).loading("path_bp")
    assert error < 0.1 * abs(BETA)
    assert abs(estimate - BETA) < ERRORS_ALLOWED * error


def test_the_same_date_loading_of_comex_gold_misses_what_is_said_after_its_settlement(world):
    slope, error = same_date_slope(world, "GC")
    assert abs(slope) < 0.5 * abs(BETA)
    assert abs(slope - BETA) > 10.0 * error
    fund, fund_error = same_date_slope(world, "GLD")
    assert abs(fund - BETA) < ERRORS_ALLOWED * fund_error


@pytest.mark.parametrize("asset", ASSETS)
def test_a_timestamped_surprise_has_the_true_loading_on_every_clock(world, asset):
    estimate, error = fit_of(world, asset, world.statements, None).loading("path_bp")
    assert error < 0.1 * abs(BETA)
    assert abs(estimate - BETA) < ERRORS_ALLOWED * error


def test_what_the_dollar_does_by_itself_has_its_own_loading(world):
    """An asset struck with the dollar: its loading on rates stays the total one."""
    fit = fit_of(world, "NOON", world.shocks, "D")
    estimate, error = fit.dollar_loading()
    assert error < 0.05 * abs(GAMMA)
    assert abs(estimate - GAMMA) < ERRORS_ALLOWED * error


def test_the_cleared_dollar_is_orthogonal_to_every_shock_that_overlaps_it(world):
    fit = fit_of(world, "GLD", world.shocks, "D")
    rows = fit.sample.rows
    cleared = fit.returns.regressors[:, -1]
    scale = np.abs(cleared[:, None] * rows.dollar_terms).sum(axis=0)
    np.testing.assert_allclose(cleared @ rows.dollar_terms / scale, 0.0, rtol=0.0, atol=1e-12)
    assert abs(np.corrcoef(rows.dollar_pct, rows.dollar_terms[:, 1])[0, 1]) > 0.2

"""Simulated markets are what they say: parts add up, noise has its law, futures price the path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ratemodel.validation import DESIGNS, Design, simulate_world
from ratemodel.validation import futures as bank
from ratemodel.validation import noise as law
from ratemodel.validation import worlds as made
from ratemodel.validation.futures import draw_rate_market
from ratemodel.validation.noise import garch_noise, sum_draws
from ratemodel.validation.worlds import ASSET, DOLLAR, PARTS, World

LOGS = {"rtol": 0.0, "atol": 1e-9}
"""Logs of levels that were made by exponentials."""
PIECES = np.sqrt(made.HOURS / made.HOURS.sum())


def rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def returns_pp(world: World) -> np.ndarray:
    return 100.0 * np.diff(np.log(world.market.prices["close"].to_numpy(float)))


@pytest.mark.parametrize("name", DESIGNS)
def test_a_return_is_the_sum_of_its_parts(name):
    world = simulate_world(DESIGNS[name], rng())
    assert set(world.parts_pp) == set(PARTS)
    np.testing.assert_allclose(returns_pp(world), sum(world.parts_pp.values()), **LOGS)


@pytest.mark.parametrize("name", ["leverage only", "mixed", "dollar only", "rates only"])
def test_a_crash_differs_from_none_by_what_was_put_in(name):
    """The same draws with and without: only the event's first day moves, by the design's parts."""
    design = DESIGNS[name]
    with_it, without = (simulate_world(d, rng()) for d in (design, DESIGNS["no crash"]))
    moved = returns_pp(with_it) - returns_pp(without)
    first = with_it.window.start
    put_in = made.BETA * design.rates_bp + made.GAMMA * design.dollar_pct + design.leverage_pp
    assert moved[first] == pytest.approx(put_in, rel=0.0, abs=LOGS["atol"])
    np.testing.assert_allclose(np.delete(moved, first), 0.0, **LOGS)
    for part, size in (("rates", made.BETA * design.rates_bp), ("leverage", design.leverage_pp)):
        assert with_it.truth(part) - without.truth(part) == pytest.approx(size, rel=0, abs=1e-9)


def test_the_same_seed_makes_the_same_world_and_another_another():
    one, same, other = (simulate_world(DESIGNS["mixed"], rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(returns_pp(one), returns_pp(same))
    assert np.abs(returns_pp(one) - returns_pp(other)).min() > 0.0


def test_the_asset_hears_statements_a_day_late_and_the_dollar_by_noon():
    """News after 13:30 is in the next return; between noon and 13:30 in this one."""
    news = np.zeros((4, 3))
    news[1] = [1.0, 10.0, 100.0]
    np.testing.assert_array_equal(made._seen(news, 2), [11.0, 100.0, 0.0])
    np.testing.assert_array_equal(made._seen(news, 1), [1.0, 110.0, 0.0])


def test_shocks_are_off_by_errors_of_levels_as_large_as_they_say():
    errors = []
    for seed in range(12):
        world = simulate_world(DESIGNS["no crash"], rng(seed))
        assert world.shocks is not None
        errors.append(world.shocks.of().to_numpy() - world.news_bp)
    off = np.concatenate(errors)
    assert off.std() == pytest.approx(made.MEASUREMENT_BP, rel=0.05, abs=0.0)
    following = np.corrcoef(off[1:], off[:-1])[0, 1]
    assert following == pytest.approx(-0.5, rel=0.0, abs=0.05), "differences of level errors"


def test_noise_has_unit_variance_and_the_persistence_of_its_recursion():
    """Autocorrelations of σ² fall by α + γ/2 + β a step: their ratio is the persistence."""
    noise, variance = garch_noise(rng(), 400_000)
    persistence = law.NEWS + law.BAD_NEWS / 2.0 + law.MEMORY
    assert pytest.approx(1.0 - persistence, rel=1e-12, abs=0.0) == law.OMEGA
    assert noise.var() == pytest.approx(1.0, rel=0.05, abs=0.0)
    deviation = variance - variance.mean()
    lagged = [np.mean(deviation[k:] * deviation[: len(deviation) - k]) for k in (1, 11)]
    assert (lagged[1] / lagged[0]) ** 0.1 == pytest.approx(persistence, rel=0.0, abs=0.02)
    assert np.mean(noise**4) / noise.var() ** 2 > 5.0, "tails fatter than a t6 alone would have"


def test_noise_follows_its_recursion_step_by_step():
    noise, variance = garch_noise(rng(), 50)
    for t in range(49):
        react = law.NEWS + (law.BAD_NEWS if noise[t] < 0.0 else 0.0)
        due = law.OMEGA + react * noise[t] ** 2 + law.MEMORY * variance[t]
        assert variance[t + 1] == pytest.approx(due, rel=1e-12, abs=0.0)


def test_the_sums_of_noise_are_those_of_its_continuation():
    """Variance of two steps by hand: σ² + ω + (α + γ/2 + β) σ²."""
    drawn = np.concatenate([sum_draws(rng(seed), 2.5, 2) for seed in range(50)])
    expected = 2.5 + law.OMEGA + (law.NEWS + law.BAD_NEWS / 2.0 + law.MEMORY) * 2.5
    assert drawn.var() == pytest.approx(expected, rel=0.03, abs=0.0)
    assert drawn.mean() == pytest.approx(0.0, rel=0.0, abs=0.02)


@pytest.fixture(scope="module")
def market():
    """Futures of one simulated central bank, and its dates."""
    dates = pd.bdate_range("2024-09-03", periods=120)
    return dates, draw_rate_market(dates, PIECES, 60, 40.0, rng())


def test_settlements_lie_on_their_ticks(market):
    dates, rates = market
    running = rates.futures["trade_date"].dt.to_period("M") == rates.futures["contract"]
    rate_bp = 100.0 * (100.0 - rates.futures["settle"])
    ticks = rate_bp / np.where(running, bank.NEAREST_TICK_BP, bank.TICK_BP)
    np.testing.assert_allclose(ticks, ticks.round(), rtol=0.0, atol=1e-6)
    counts = rates.futures.groupby("trade_date")["contract"].agg(["count", "nunique"])
    assert (counts == bank.CONTRACTS).all(axis=None)
    assert len(counts) == len(dates)


def test_settlements_price_the_path_of_targets_in_hindsight(market):
    """At the end of a month its contract is the mean of fixings, to a tick and its misfit."""
    dates, rates = market
    fixings = rates.fixings.set_index("date")["value"]
    for last in dates.to_series().groupby(dates.to_period("M")).last().iloc[:-1]:
        month = last.to_period("M")
        days = fixings[fixings.index.to_period("M") == month]
        rows = rates.futures.loc[rates.futures["trade_date"] == last]
        settle = float(rows.loc[rows["contract"] == month, "settle"].iloc[0])
        assert 100.0 - settle == pytest.approx(days.mean(), rel=0.0, abs=0.012)


def test_decisions_are_whole_steps_and_the_calendar_knows_no_future(market):
    dates, rates = market
    fomc = rates.fomc
    known = fomc["announced"] <= dates[-1]
    assert fomc.loc[known, "target_lower_after_pct"].notna().all()
    assert fomc.loc[~known, "target_lower_after_pct"].isna().all()
    moved = 100.0 * (fomc["target_lower_after_pct"] - fomc["target_lower_before_pct"])[known]
    np.testing.assert_allclose(moved / bank.STEP_BP, (moved / bank.STEP_BP).round(), atol=1e-9)
    chained = fomc.loc[known, "target_lower_before_pct"].to_numpy()[1:]
    np.testing.assert_allclose(
        chained, fomc.loc[known, "target_lower_after_pct"].to_numpy()[:-1], rtol=0.0, atol=1e-12
    )
    assert (fomc["announced"].iloc[-1] - dates[-1]).days > 2 * 365, "two years of contracts"


def test_decisions_are_right_on_average():
    """Expected moves are expectations: the mean surprise is nothing, whatever was expected."""
    for expected in (-31.0, -5.0, 8.0):
        generator = rng()
        surprises = np.array([bank._decide(expected, generator) for _ in range(20_000)])
        error = surprises.std() / np.sqrt(len(surprises))
        assert abs(surprises.mean()) < 4.0 * error
        steps = (surprises + expected) / bank.STEP_BP
        np.testing.assert_allclose(steps, steps.round(), rtol=0.0, atol=1e-9)


def test_the_event_is_news_of_its_size_twelve_months_ahead():
    dates = pd.bdate_range("2024-09-03", periods=120)
    with_it, without = (draw_rate_market(dates, PIECES, 60, size, rng()) for size in (40.0, 0.0))
    moved = with_it.news_bp - without.news_bp
    # Eight meetings lie within the year on most dates, seven or nine on some.
    assert moved[60, 0] == pytest.approx(40.0, rel=0.15, abs=0.0)
    np.testing.assert_allclose(moved[:60], 0.0, rtol=0.0, atol=1e-9)


def test_a_market_from_futures_brings_no_shocks_of_its_own():
    world = simulate_world(DESIGNS["mixed, from futures"], rng())
    assert world.shocks is None
    assert {"DFF", DOLLAR} == set(world.market.rates["series"])
    assert set(world.market.prices["asset"]) == {ASSET}


def test_a_sign_flipped_world_mirrors_the_rates_part_only():
    design = Design(rates_bp=60.0)
    plain, flipped = (
        simulate_world(d, rng()) for d in (design, replace(design, beta=-design.beta))
    )
    np.testing.assert_array_equal(plain.parts_pp["rates"], -flipped.parts_pp["rates"])
    np.testing.assert_array_equal(plain.parts_pp["noise"], flipped.parts_pp["noise"])

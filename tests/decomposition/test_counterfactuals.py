"""Coalitions of causes: identities inside every draw, and markets whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from ratemodel.decomposition.counterfactuals import Causes, attribute
from ratemodel.leverage import ImpactLaw, LeveragedFund, MarginCalls, ObservedFlow

IDENTITY = {"rtol": 0.0, "atol": 1e-10}
"""Sums of a few dozen terms of some ten pp."""
DRAWS, DAYS = 40, 2
RETURNS = np.array([-12.0, -2.5])


def ranged(rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    return np.exp(rng.uniform(np.log(low), np.log(high), (DRAWS, 1)))


def causes(seed: int = 3, channels: str = "both", returns: np.ndarray = RETURNS) -> Causes:
    rng = np.random.default_rng(seed)
    margin = np.full((DRAWS, 1), 0.08)
    fund = LeveragedFund(ranged(rng, 1e9, 5e9), np.full((DRAWS, 1), 2.0))
    measured = np.array([-ranged(rng, 1e9, 2e9)[:, 0], np.full(DRAWS, np.nan)])
    calls = MarginCalls(
        ranged(rng, 5e10, 9e10),
        margin,
        [margin, margin],
        ranged(rng, 0.5, 4.0),
        rng.uniform(0.5, 0.95, (DRAWS, 1)),
        np.full((DRAWS, 1), 0.95),
    )
    acting = {
        "both": (ObservedFlow(fund, measured, returns), calls),
        "fund": (fund,),
        "none": (),
    }[channels]
    law = ImpactLaw(
        np.full((DRAWS, 1), 2.0),
        ranged(rng, 4e10, 9e10),
        ranged(rng, 0.5, 1.5),
        ranged(rng, 1e-4, 1e-2),
    )
    return Causes(
        returns_pp=returns,
        drift_pp=rng.normal(0.1, 0.05, DRAWS),
        rates_pp=rng.normal(-0.5, 0.2, (DAYS, DRAWS)),
        dollar_pp=rng.normal(-0.8, 0.2, (DAYS, DRAWS)),
        channels=acting,
        law=law,
    )


@pytest.mark.parametrize("channels", ["both", "fund", "none"])
def test_identities_hold_in_every_draw_on_every_day(channels):
    world = causes(channels=channels)
    assert world.feedback().selected.all()
    result = attribute(world)
    np.testing.assert_allclose(result.nothing, np.tile(world.drift_pp, (DAYS, 1)), **IDENTITY)
    np.testing.assert_allclose(
        result.everything, np.repeat(RETURNS[:, None], DRAWS, axis=1), **IDENTITY
    )
    gained = result.everything - result.nothing
    np.testing.assert_allclose(result.shapley.sum(axis=0), gained, **IDENTITY)
    np.testing.assert_allclose(result.owen.sum(axis=0), gained, **IDENTITY)
    rates = result.players.index("rates")
    np.testing.assert_allclose(result.direct[rates], world.rates_pp, **IDENTITY)


def test_what_forced_flows_answer_does_not_depend_on_loadings():
    """So a value of leverage kept at the estimate is kept in every draw of the loadings."""
    world = causes()
    before = world.feedback()
    other = replace(world, rates_pp=3.0 * world.rates_pp, drift_pp=world.drift_pp + 1.0)
    after = other.feedback()
    for name in ("gain", "steepest"):
        now, then = getattr(after, name), getattr(before, name)
        np.testing.assert_allclose(now, then, rtol=1e-6, atol=1e-9)
    assert (after.selected == before.selected).all()


def test_days_sum_to_the_window():
    result = attribute(causes())
    whole = result.of_window()
    for name in ("direct", "with_amplification", "amplified_alone", "shapley", "owen"):
        window = getattr(whole, name)
        assert window.shape == (len(result.players), 1, DRAWS)
        np.testing.assert_allclose(window[:, 0], getattr(result, name).sum(axis=1), **IDENTITY)


def test_a_return_beyond_the_first_fixed_point_is_not_selected():
    """Forced sales of 20 beyond -5 make -26 of a push of -6: but -1.5 stops at itself."""

    class Cliff:
        name = "cliff"

        def flow_usd(self, earlier_pp, today_pp):
            return np.where(today_pp < -5.0, -1e10, 0.0)

    one = np.ones((1, 1))
    law = ImpactLaw(20.0 * one, 1e10 * one, one, 1e-3 * one)
    nothing = np.zeros((1, 1))

    def observed(value: float) -> Causes:
        return Causes(np.array([value]), np.zeros(1), nothing, nothing, (Cliff(),), law)

    assert observed(-26.0).feedback().selected.all()
    assert not observed(-21.5).feedback().selected.any()


def test_without_forced_traders_every_effect_is_the_shock_itself():
    world = causes(channels="none")
    result = attribute(world)
    for effect in (result.direct, result.with_amplification, result.shapley, result.owen):
        np.testing.assert_allclose(effect[0], world.rates_pp, **IDENTITY)


def averaged(world: Causes, orders: list[tuple[str, ...]]) -> np.ndarray:
    """What each cause adds when it comes, order by order."""
    average = np.zeros((len(world.players), DAYS, DRAWS))
    for order in orders:
        before = frozenset[str]()
        for player in order:
            after = before | {player}
            step = world.path_pp(after) - world.path_pp(before)
            average[world.players.index(player)] += step / len(orders)
            before = after
    return average


def test_shapley_is_the_average_over_all_orders():
    world = causes()
    result = attribute(world)
    average = averaged(world, list(permutations(world.players)))
    np.testing.assert_allclose(result.shapley, average, **IDENTITY)


def test_owen_keeps_shocks_and_channels_together():
    world = causes(channels="both")
    result = attribute(world)
    shocks, forced = world.players[:3], world.players[3:]
    orders = [
        (*first, *second)
        for groups in ((shocks, forced), (forced, shocks))
        for first in permutations(groups[0])
        for second in permutations(groups[1])
    ]
    average = averaged(world, orders)
    np.testing.assert_allclose(result.owen, average, **IDENTITY)


def test_a_shock_that_falls_on_leverage_counts_more_than_alone():
    result = attribute(causes(channels="both"))
    other = result.players.index("other")
    assert (result.with_amplification[other] < result.direct[other]).all()


def test_a_measured_flow_is_itself_at_the_observed_returns():
    world = causes()
    observed = world.channels[0]
    today = np.full((DRAWS, 1), RETURNS[0])
    np.testing.assert_allclose(
        observed.flow_usd([], today)[:, 0], observed.observed_usd[0], rtol=1e-12, atol=0.0
    )
    half = observed.flow_usd([], 0.5 * today)[:, 0] / observed.observed_usd[0]
    simple = np.expm1(RETURNS[0] / 200.0) / np.expm1(RETURNS[0] / 100.0)
    np.testing.assert_allclose(half, simple, rtol=1e-12, atol=0.0)


def test_a_position_is_closed_once():
    world = causes()
    calls = world.channels[1]
    day_one = np.full((DRAWS, 1), -40.0)
    first = calls.flow_usd([], day_one)
    again = calls.flow_usd([day_one], np.full((DRAWS, 1), -1e-9))
    assert (np.abs(again) <= 1e-6 * np.abs(first)).all()
    held = calls.open_interest_usd * np.exp(-0.4)
    assert (-first <= held).all()

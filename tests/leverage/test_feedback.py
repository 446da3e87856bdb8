"""The first fixed point, against a march in small steps, and which draws are admissible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.leverage import (
    ImpactLaw,
    LeveragedFund,
    MarginCalls,
    admissible_draws,
    first_fixed_point,
    first_solution,
)

STEP_PP = 1e-3
SOLVED_PP = 1e-9
"""Bisection ends at the last bit; the response is evaluated once more."""


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def law(sigma: float = 2.0, adv: float = 1e10, y: float = 1.0, knee: float = 1e-3) -> ImpactLaw:
    return ImpactLaw(column(sigma), column(adv), column(y), column(knee))


def calls(notional: float, margin: float = 0.1, buffer: float = 1.0) -> MarginCalls:
    m = column(margin)
    return MarginCalls(column(notional), m, [m, m], column(buffer), column(0.8), column(0.95))


def marched(push: float, response) -> float:
    """Walk from zero until the pull no longer exceeds the way gone."""
    r = 0.0
    side = -1.0 if push + float(response(np.array([[0.0]]))[0, 0]) < 0.0 else 1.0
    while side * (push + float(response(np.array([[r]]))[0, 0])) > abs(r) and abs(r) < 200.0:
        r += side * STEP_PP
    return r


@pytest.mark.parametrize("push", [-4.0, -0.5, -0.02, 0.3, 5.0])
@pytest.mark.parametrize("notional", [1e9, 1e10, 1e11])
def test_the_first_solution_is_where_a_walk_from_zero_ends(push, notional):
    channel, rule = calls(notional), law()

    def response(r):
        return rule.move_pp(channel.flow_usd([], r))

    point = first_fixed_point(np.array([push]), response)
    assert point.return_pp[0] == pytest.approx(marched(push, response), rel=0.0, abs=2 * STEP_PP)


@given(st.floats(-20.0, 20.0), st.floats(0.0, 0.9))
def test_a_linear_response_multiplies_the_shock(push, gain):
    point = first_fixed_point(np.array([push]), lambda r: gain * r)
    assert point.return_pp[0] == pytest.approx(push / (1.0 - gain), rel=1e-9, abs=SOLVED_PP)


def test_of_two_solutions_the_nearer_one_is_taken():
    """Forced sales add 20 beyond -5: a shock of -1 never gets there, one of -6 does."""
    point = first_fixed_point(np.array([-1.0, -6.0]), lambda r: np.where(r < -5.0, -20.0, 0.0))
    np.testing.assert_allclose(point.return_pp, [-1.0, -26.0], rtol=0.0, atol=SOLVED_PP)
    assert point.steepest[0] < 1.0 <= point.steepest[1]


@given(
    st.floats(-60.0, 60.0),
    st.floats(8.0, 11.0),
    st.floats(0.02, 0.3),
    st.floats(0.2, 4.0),
    st.floats(1.0, 4.0),
)
def test_the_first_solution_alone_is_that_of_the_finer_search(push, scale, margin, buffer, lever):
    """Where the gain is below one on the way there is one solution, and both searches end at it."""
    channels = calls(10.0**scale, margin, buffer), LeveragedFund(column(1e8), column(lever))
    rule = law()

    def response(r):
        return rule.move_pp(sum((c.flow_usd([], r) for c in channels), np.zeros_like(r)))

    point = first_fixed_point(np.array([push]), response)
    alone = first_solution(np.array([push]), response)
    if point.steepest[0] < 1.0:
        np.testing.assert_allclose(alone, point.return_pp, rtol=1e-11, atol=SOLVED_PP)
    if np.isfinite(alone[0]):
        left = push + response(alone[:, None])[0, 0] - alone[0]
        assert abs(left) < SOLVED_PP


def test_a_spiral_without_end_is_not_found():
    point = first_fixed_point(np.array([-1.0]), lambda r: 1.5 * r)
    assert not point.found[0]
    assert np.isnan(first_solution(np.array([-1.0]), lambda r: 1.5 * r)[0])


def test_nothing_moves_without_a_shock():
    point = first_fixed_point(np.zeros(1), lambda r: 0.5 * r)
    assert point.return_pp[0] == pytest.approx(0.0, abs=SOLVED_PP)


@given(st.floats(8.0, 13.0), st.floats(0.02, 0.3), st.floats(0.2, 4.0), st.floats(-4.0, -2.0))
def test_an_admissible_market_makes_no_crash_from_nothing(scale, margin, buffer, knee):
    rng = np.random.default_rng(7)
    channels, rule = (calls(10.0**scale, margin, buffer),), law(knee=10.0**knee)
    quiet = rng.normal(0.0, 2.0, 300)
    if not admissible_draws(channels, rule, quiet, 2.0)[0]:
        return

    def response(r):
        return rule.move_pp(channels[0].flow_usd([], r))

    point = first_fixed_point(np.array([-0.01]), response)
    assert point.return_pp[0] >= -0.03
    assert first_fixed_point(np.array([-2.0]), response).return_pp[0] >= -4.0


def test_forced_flows_larger_than_all_noise_are_refuted_by_quiet_days():
    quiet = np.random.default_rng(7).normal(0.0, 2.0, 300)
    small = LeveragedFund(column(1e7), column(2.0))
    huge = LeveragedFund(column(1e13), column(2.0))
    assert admissible_draws((small,), law(), quiet, 2.0)[0]
    assert not admissible_draws((huge,), law(), quiet, 2.0)[0]

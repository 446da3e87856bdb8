"""Odds of steps: exact means, two points without spread, censoring, and against brute force."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from ratemodel.odds.distribution import (
    NORMAL,
    TAIL_MASS,
    fat_tails,
    join_bins,
    mean_above,
    step_odds,
)

SUM = {"rtol": 0.0, "atol": 1e-12}
"""Probabilities are differences of one running function: rounding of floats near one."""
MEAN_STEPS = 1e-6
"""What lies beyond the last bins (1e-7 a side) is put into them: it moves the mean by no more."""
INTEGRAL = 1e-7
"""Accuracy asked of the quadrature, and twice the mass beyond the last bins."""
TAILS = [NORMAL, fat_tails(0.1, 3.0)]


def one(mean: float, sd: float, lowest: float = -np.inf, tails=NORMAL) -> dict[int, float]:
    odds = step_odds(np.array([mean]), np.array([sd]), np.array([lowest]), tails)
    return dict(zip(odds.step.tolist(), odds.probability.tolist(), strict=True))


def moments(odds: dict[int, float]) -> tuple[float, float]:
    return sum(odds.values()), sum(step * p for step, p in odds.items())


means, spreads = st.floats(-12.0, 12.0), st.floats(0.0, 9.0)


@pytest.mark.parametrize("tails", TAILS)
@given(means, spreads)
@settings(max_examples=150)
def test_the_mean_is_exact_for_every_spread(tails, mean, sd):
    total, found = moments(one(mean, sd, tails=tails))
    assert total == pytest.approx(1.0, abs=SUM["atol"])
    assert found == pytest.approx(mean, rel=0.0, abs=MEAN_STEPS)


@given(means)
@settings(max_examples=100)
def test_without_spread_it_is_fedwatchs_two_points(mean):
    low = int(np.floor(mean))
    odds = one(mean, 0.0)
    assert odds.get(low, 0.0) == pytest.approx(low + 1 - mean, rel=0.0, abs=INTEGRAL)
    assert odds.get(low + 1, 0.0) == pytest.approx(mean - low, rel=0.0, abs=INTEGRAL)
    assert sum(p for k, p in odds.items() if k not in (low, low + 1)) < INTEGRAL


@pytest.mark.parametrize("tails", TAILS)
@pytest.mark.parametrize(("mean", "sd"), [(0.3, 0.05), (0.3, 0.7), (-2.45, 1.6), (4.5, 3.0)])
def test_each_bin_is_the_integral_of_its_definition(tails, mean, sd):
    """P(round(mean + U + sd Z) = k): the chance of U's window, integrated over Z."""

    def window(z: float, k: int) -> float:
        return max(0.0, 1.0 - abs(mean + sd * z - k))

    def density(z: float) -> float:
        return sum(w * stats.norm.pdf(z, scale=s) for w, s in tails)

    odds = one(mean, sd, tails=tails)
    for k in range(round(mean) - 4, round(mean) + 5):
        edges = [(k + shift - mean) / sd for shift in (-1.0, 0.0, 1.0)]
        chance = sum(
            integrate.quad(lambda z, k=k: window(z, k) * density(z), a, b, epsabs=1e-11)[0]
            for a, b in pairwise(edges)
        )
        assert odds.get(k, 0.0) == pytest.approx(chance, rel=0.0, abs=INTEGRAL)


@pytest.mark.parametrize("tails", TAILS)
@given(st.floats(1e-3, 9.0), st.floats(0.0, 6.0), st.integers(-9, 3))
@settings(max_examples=150)
def test_censoring_keeps_the_mean_and_the_floor(tails, above, sd, lowest):
    odds = one(lowest + above, sd, float(lowest), tails)
    total, found = moments(odds)
    assert min(odds) >= lowest
    assert total == pytest.approx(1.0, abs=SUM["atol"])
    assert found == pytest.approx(lowest + above, rel=0.0, abs=MEAN_STEPS)


@given(st.floats(0.0, 5.0), spreads, st.integers(-3, 3))
@settings(max_examples=60)
def test_a_mean_at_or_below_the_floor_is_the_floor(below, sd, lowest):
    assert one(lowest - below, sd, float(lowest)) == {lowest: 1.0}


@given(st.floats(2.0, 9.0), st.floats(0.0, 0.2))
def test_a_floor_far_below_changes_nothing(mean, sd):
    free, bound = one(mean, sd), one(mean, sd, -4.0)
    assert free.keys() == bound.keys()
    np.testing.assert_allclose(list(free.values()), list(bound.values()), **SUM)


def test_a_censored_distribution_is_that_of_draws_moved_up_to_the_floor():
    """Two million draws of the latent move, lowered until their censored mean is the wanted one."""
    rng = np.random.default_rng(7)
    noise = rng.uniform(-0.5, 0.5, 2_000_000) + 1.4 * rng.standard_normal(2_000_000)
    latent = np.linspace(-2.0, 0.6, 261)
    sample = noise[:20_000]
    kept = np.array([np.maximum(np.round(m + sample), -1.0).mean() for m in latent])
    start = np.interp(0.2, kept, latent)
    drawn = np.maximum(np.round(start + noise), -1.0)
    draws_error = 0.01  # 20,000 draws find the latent mean to 0.01 steps
    for step, probability in one(0.2, 1.4, -1.0).items():
        assert (drawn == step).mean() == pytest.approx(probability, rel=0.0, abs=draws_error)


@given(st.floats(-3.0, 12.0), st.floats(0.01, 2.0), st.integers(-6, 3))
@settings(max_examples=150)
def test_a_mean_given_the_bound_is_that_of_the_truncated_normal(errors_above, error, lowest):
    mean = lowest + errors_above * error
    found = mean_above(np.array([mean]), np.array([error]), np.array([float(lowest)]))[0]
    expected = stats.truncnorm.mean(-errors_above, np.inf, loc=mean, scale=error)
    assert found == pytest.approx(expected, rel=0.0, abs=1e-9)
    assert found >= lowest


def test_without_a_bound_or_an_error_the_mean_is_left():
    mean = np.array([0.3, -2.0, 1.0])
    free = mean_above(mean, np.full(3, 0.5), np.full(3, -np.inf))
    np.testing.assert_array_equal(free, mean)
    sharp = mean_above(mean, np.zeros(3), np.array([0.0, -2.0, 0.0]))
    np.testing.assert_allclose(sharp, mean, rtol=0.0, atol=1e-8)


def test_cases_do_not_mix():
    mean, sd = np.array([0.2, -3.1, 5.0]), np.array([0.1, 2.0, 0.0])
    lowest = np.array([-np.inf, -4.0, -np.inf])
    together = step_odds(mean, sd, lowest)
    for case in range(3):
        mine = together.where(together.case == case)
        alone = step_odds(mean[[case]], sd[[case]], lowest[[case]])
        np.testing.assert_array_equal(mine.step, alone.step)
        np.testing.assert_array_equal(mine.probability, alone.probability)
    again = join_bins([together.where(together.case == case) for case in (2, 0, 1)])
    np.testing.assert_array_equal(again.case, together.case)
    np.testing.assert_array_equal(again.step, together.step)


def test_the_last_bins_hold_what_lies_beyond():
    odds = one(0.0, 3.0)
    assert min(odds.values()) >= 0.0
    beyond = stats.norm.sf(max(odds) + 1.0, scale=3.0)
    assert beyond < 2.0 * TAIL_MASS


def test_fat_tails_have_unit_variance_and_more_than_normal_kurtosis():
    parts = fat_tails(0.1, 3.0)
    assert sum(w * s**2 for w, s in parts) == pytest.approx(1.0, rel=1e-12)
    assert 3.0 * sum(w * s**4 for w, s in parts) > 6.0
    assert sum(w for w, _ in parts) == pytest.approx(1.0, rel=1e-12)

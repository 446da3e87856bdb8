"""Rigobon-Sack against known truth, and Fieller's interval where the shift is weak."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from clock_worlds import daily_shocks, shocks_from
from method_worlds import announcements, plain_world, statement_world

from ratemodel.estimators import estimate_loadings
from ratemodel.loadings.heteroskedasticity import Shift, fieller_set, variance_shift
from ratemodel.market.facts import builtin_table
from ratemodel.types.returns import Returns

SEED = 20260130
CRITICAL = 1.6448536269514722
REPLICATIONS = 1000
FEWEST, MOST = 0.87, 0.95
"""Nominal 90 %; two standard errors of 1,000 replications are 1.9 points, the rest is the
approximation by a normal with 60 days."""


def simultaneous_days(rng: np.random.Generator, shift: float, beta: float = -0.5):
    """Returns and rates that move each other, with news common to both; policy news shifts."""
    event = np.arange(660) < 60
    policy = rng.normal(size=660) * np.where(event, np.sqrt(1.0 + shift), 1.0)
    common, own = rng.normal(size=660), rng.normal(size=660)
    # r = beta s + common + own, s = 0.3 r + policy + common, solved for both.
    s = (0.3 * (common + own) + policy + common) / (1.0 - 0.3 * beta)
    return beta * s + common + own, s, event


def test_a_strong_shift_recovers_the_loading_where_least_squares_does_not():
    rng = np.random.default_rng(SEED)
    draws = [simultaneous_days(rng, 30.0) for _ in range(200)]
    found = [variance_shift(*draw).ratio for draw in draws]
    plain = [np.polyfit(s, r, 1)[0] for r, s, _ in draws]
    assert np.median(found) == pytest.approx(-0.5, rel=0.0, abs=0.02)
    assert np.median(plain) > -0.35


@pytest.mark.parametrize("shift", [0.3, 1.0, 30.0], ids=["weak", "some", "strong"])
def test_the_interval_covers_however_weak_the_shift(shift):
    rng = np.random.default_rng(SEED)
    covered, endless = 0, 0
    for _ in range(REPLICATIONS):
        low, high, gap = fieller_set(variance_shift(*simultaneous_days(rng, shift)), CRITICAL)
        covered += low <= -0.5 <= high and not (gap is not None and gap[0] < -0.5 < gap[1])
        endless += np.isinf(low)
    assert FEWEST <= covered / REPLICATIONS <= MOST
    assert endless == 0 if shift > 1.0 else endless > 0.3 * REPLICATIONS


@pytest.mark.parametrize(
    "variance", [(0.04, 0.0, 0.01), (0.04, 0.01, 0.2), (0.01, -0.015, 0.3), (3.0, 0.0, 1.0)]
)
def test_the_set_is_what_the_test_does_not_refute(variance):
    """By trying every value: Fieller's ends are where the test turns."""
    shift = Shift(0.6, 0.5, variance)
    low, high, gap = fieller_set(shift, CRITICAL)
    for ratio in np.linspace(-40.0, 40.0, 4001):
        kept = (0.6 - 0.5 * ratio) ** 2 <= CRITICAL**2 * (
            variance[0] - 2.0 * ratio * variance[1] + ratio**2 * variance[2]
        )
        inside = low <= ratio <= high and not (gap is not None and gap[0] < ratio < gap[1])
        assert kept == inside, ratio


def test_moments_by_hand():
    r, s, event = simultaneous_days(np.random.default_rng(SEED), 2.0)
    shift = variance_shift(r, s, event)
    inside, outside = (np.cov(r[days], s[days]) for days in (event, ~event))
    assert shift.numerator == pytest.approx(inside[0, 1] - outside[0, 1], rel=1e-12, abs=0.0)
    assert shift.denominator == pytest.approx(inside[1, 1] - outside[1, 1], rel=1e-12, abs=0.0)


def test_statements_at_two_identify_gold_that_settled_before_them():
    """News common to gold and rates makes least squares wrong; the clock decides the pairs."""
    rng = np.random.default_rng(SEED)
    returns, shocks, said = statement_world(4000, rng, beta=-0.08, every=20, common=0.15)
    table = {
        method: estimate_loadings(
            returns, shocks, "2040-01-01", method=method, announcements=said
        ).row("GC", method=method)
        for method in ("ols", "rigobon_sack")
    }
    found = table["rigobon_sack"]
    assert found["ci_low"] < -0.08 < found["ci_high"]
    assert found["std_err"] < 0.02
    assert found["first_stage_f"] > 10.0
    assert found["note"] == f"{len(said)} days with an announcement"
    assert not found["reason"]
    assert table["ols"]["estimate_pp_per_bp"] > -0.04


def test_without_a_shift_there_is_no_end_to_the_interval_and_the_reason_says_so():
    returns, shocks, dates = plain_world(700, np.random.default_rng(SEED))
    row = estimate_loadings(
        returns,
        shocks,
        dates[-1],
        method="rigobon_sack",
        announcements=announcements(dates[10:690:17]),
    ).row("A", method="rigobon_sack")
    assert (row["ci_low"], row["ci_high"]) == (-np.inf, np.inf)
    assert row["first_stage_f"] < CRITICAL**2
    assert "not refuted: all" in row["reason"]


def test_timestamped_surprises_have_no_quiet_days():
    returns, shocks, dates = plain_world(300, np.random.default_rng(SEED))
    points = shocks_from(shocks.end_utc, shocks.end_utc, shocks.of().to_numpy())
    row = estimate_loadings(
        returns, points, dates[-1], method="rigobon_sack", announcements=announcements(dates[::8])
    ).row("A", method="rigobon_sack")
    assert row["reason"].endswith(
        "timestamped surprises have no variance on other days; events says all"
    )


def test_without_announcements_no_day_has_more_news():
    returns, shocks, dates = plain_world(300, np.random.default_rng(SEED))
    row = estimate_loadings(
        returns, shocks, dates[-1], method="rigobon_sack", announcements=announcements(dates[:0])
    ).row("A", method="rigobon_sack")
    assert row["reason"] == "A: no announcement is known, so no day has more news"


def test_the_built_in_decisions_are_the_days_of_large_news_unless_others_are_given():
    """Rates that move four times as far on the days of FOMC decisions, whatever their hour."""
    rng = np.random.default_rng(SEED)
    returns, shocks, dates = plain_world(2500, rng)
    decided = builtin_table("fomc")
    held = shocks.dates.isin(pd.DatetimeIndex(decided["announced"]))
    s = shocks.of().to_numpy() * np.where(held, 4.0, 1.0)
    table = returns.table.assign(log_return_pp=-0.08 * s + rng.normal(size=len(s)))
    row = estimate_loadings(
        Returns(table), daily_shocks(dates, s), dates[-1], method="rigobon_sack"
    ).row("A", method="rigobon_sack")
    assert row["first_stage_f"] > 10.0
    assert row["ci_low"] < -0.08 < row["ci_high"]

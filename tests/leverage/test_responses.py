"""Forced trades from their definitions, holder by holder."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.leverage import (
    fund_rebalancing_usd,
    liquidated_share,
    margin_call_share,
    volatility_target_usd,
)

HOLDERS = 20_000
SAMPLING = 4.0 / np.sqrt(HOLDERS)
"""Four standard errors of a share averaged over that many holders."""
EXACT = {"rtol": 1e-12, "atol": 1e-12}
"""Rounding of a handful of operations."""

fractions = st.floats(-0.6, 1.0)
margins = st.floats(0.01, 0.5)
buffers = st.floats(0.05, 10.0)


def share_closed(R: float, m0: float, m1: float, mean: float, short: bool) -> float:
    """Ask each of many holders, with buffers spread evenly over the quantiles of an exponential."""
    b = -mean * np.log1p(-(np.arange(HOLDERS) + 0.5) / HOLDERS)
    equity = (1.0 + b) * m0 + (-R if short else R)
    needed = np.maximum(0.0, (m1 * (1.0 + R) - equity) / m1)
    return float((np.minimum(1.0 + R, needed) / (1.0 + R)).mean())


@given(fractions, margins, margins, buffers, st.booleans())
def test_margin_calls_close_what_the_holders_would(R, m0, m1, mean, short):
    found = float(margin_call_share(R, m0, m1, mean, short=short))
    assert found == pytest.approx(share_closed(R, m0, m1, mean, short), rel=0.0, abs=SAMPLING)
    assert 0.0 <= found <= 1.0


@given(fractions, margins, buffers, st.booleans(), st.floats(1.0, 2.0))
def test_a_higher_margin_closes_more_and_a_larger_buffer_less(R, m, mean, short, factor):
    here = float(margin_call_share(R, m, m, mean, short=short))
    higher = float(margin_call_share(R, m, min(m * factor, 1.0), mean, short=short))
    safer = float(margin_call_share(R, m, m, mean * factor, short=short))
    assert safer <= here + 1e-12 <= higher + 2e-12


@given(margins, margins, buffers)
def test_without_a_return_longs_and_shorts_close_alike(m0, m1, mean):
    long = margin_call_share(0.0, m0, m1, mean)
    short = margin_call_share(0.0, m0, m1, mean, short=True)
    np.testing.assert_allclose(long, short, **EXACT)


@given(margins, buffers)
def test_nobody_is_called_when_nothing_happens(m, mean):
    assert float(margin_call_share(0.0, m, m, mean)) == 0.0


def test_who_holds_no_buffer_and_loses_the_margin_closes_everything():
    assert float(margin_call_share(-0.2, 0.05, 0.05, 1e-9)) == 1.0


@given(st.floats(-0.5, 0.5), st.floats(1e6, 1e10), st.sampled_from([-3.0, -1.0, 1.0, 2.0, 3.0]))
def test_a_fund_trades_back_to_its_leverage(R, aum, leverage):
    held, assets = leverage * aum * (1.0 + R), aum * (1.0 + leverage * R)
    traded = float(fund_rebalancing_usd(R, aum, leverage))
    assert traded == pytest.approx(leverage * assets - held, rel=1e-9, abs=1e-3)


def test_an_unleveraged_fund_trades_nothing():
    assert float(fund_rebalancing_usd(-0.3, 1e9, 1.0)) == 0.0


@given(fractions, st.floats(1.0, 50.0))
def test_liquidations_take_those_whose_distance_is_passed(R, leverage):
    distances = (np.arange(HOLDERS) + 0.5) / HOLDERS / leverage
    passed = float((distances <= max(0.0, -R)).mean())
    found = float(liquidated_share(R, leverage))
    assert found == pytest.approx(passed, rel=0.0, abs=SAMPLING)
    assert found == float(liquidated_share(-R, leverage, short=True))


@given(st.floats(0.0, 30.0), st.floats(0.5, 5.0))
def test_a_volatility_target_sells_after_large_moves_of_either_sign(move, sigma):
    up = float(volatility_target_usd(move, sigma, 1e9, 0.94))
    down = float(volatility_target_usd(-move, sigma, 1e9, 0.94))
    assert up == down
    if abs(move - sigma) > 1e-6:
        assert (up < 0.0) == (move > sigma)
    larger = float(volatility_target_usd(move + 1.0, sigma, 1e9, 0.94))
    assert larger < up

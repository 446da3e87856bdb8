"""How much hangs on one contract: against paths solved again with its mark moved by a tick."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from path.expected_days import Meeting, fomc_table

from ratemodel.path import contract_residuals_bp, implied_path, tick_sensitivity_bp
from ratemodel.path.horizons import expected_rates

TODAY = "2025-02-12"
OPTIONS = {"noise_sd_bp": 0.5, "anchor_sd_bp": 2.0}
MOVED_BP = 1e-7
"""A posterior mean is linear in the marks: moving one is exact but for rounding."""

MEETINGS = [
    Meeting(dt.date(2025, 1, 29), before_pct=4.375, after_pct=4.375),
    *(Meeting(dt.date(2025, month, 18)) for month in (3, 5, 6, 7, 9, 10, 12)),
    Meeting(dt.date(2026, 1, 28)),
    Meeting(dt.date(2026, 3, 18)),
]


def marks(prices: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trade_date": pd.Timestamp(TODAY),
            "contract": list(prices),
            "settle": list(prices.values()),
        }
    )


def curve(months: int) -> dict[str, float]:
    rng = np.random.default_rng(5)
    names = pd.period_range("2025-03", periods=months, freq="M")
    rates = 4.3 - 0.05 * np.arange(months) + rng.normal(0.0, 0.01, months)
    # Prices on a grid of half a basis point: that is the tick.
    return {str(m): round(200.0 * (100.0 - r)) / 200.0 for m, r in zip(names, rates, strict=True)}


def level_bp(prices: dict[str, float], months: int) -> float:
    path = implied_path(marks(prices), fomc_table(MEETINGS), None, **OPTIONS)
    when = pd.DatetimeIndex(path.trade_dates + pd.DateOffset(months=months))
    return 100.0 * expected_rates(path, when)["expected_rate_pct"].iloc[0]


@pytest.mark.parametrize(("listed", "months"), [(13, 12), (13, 6), (4, 3), (3, 12)])
def test_the_sensitivity_is_the_largest_move_a_tick_makes(listed, months):
    prices = curve(listed)
    path = implied_path(marks(prices), fomc_table(MEETINGS), None, **OPTIONS)
    before = level_bp(prices, months)
    moved = [
        abs(level_bp({**prices, name: price + 0.005}, months) - before)
        for name, price in prices.items()
    ]
    found = tick_sensitivity_bp(path, months).iloc[0]
    assert found == pytest.approx(max(moved), rel=0.0, abs=MOVED_BP)


def test_residuals_are_fit_minus_observed_of_the_marks_used():
    prices = curve(13)
    path = implied_path(marks(prices), fomc_table(MEETINGS), None, **OPTIONS)
    table = contract_residuals_bp(path)
    assert table["contract"].astype(str).tolist() == list(prices)
    assert (table["noise_bp"] == 0.5).all()
    np.testing.assert_array_equal(table["residual_bp"], path.residual_bp[0])

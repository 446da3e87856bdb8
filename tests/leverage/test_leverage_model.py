"""Which forced traders can be modelled, when a new margin counts, and whose state is whose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ratemodel.leverage import (
    EventTables,
    LeverageModel,
    draw_ranges,
    forced_market,
    leverage_model,
)
from ratemodel.market.schema import INPUT_TABLES

COLUMNS = INPUT_TABLES["forced_flows"].names
EVENT = "crash"
DATES = pd.to_datetime(["2026-01-30", "2026-02-02", "2026-02-03"])
RETURNS = np.array([-9.0, -5.0, 2.0])
SIGMA = 1.5
SAME = {"rtol": 1e-12, "atol": 0.0}


def flow(channel, parameter, value, unit, asset="GC", date=pd.NaT):
    ends = value if isinstance(value, tuple) else (value,) * 3
    return (EVENT, date, channel, parameter, asset, "gold", *map(float, ends), unit, "B", "test")


ADV = flow("impact", "adv", 1e11, "usd_per_day")
FUND = (
    flow("levered_etf", "leverage", 2.0, "ratio"),
    flow("levered_etf", "aum_before", 4e9, "usd"),
)
CALLS = (
    flow("margin_call", "maintenance_before", 6.0, "pct_of_notional"),
    flow("margin_call", "open_interest", 4e5, "contracts"),
    flow("margin_call", "buffer_mean", (0.5, 1.5, 4.0), "multiple_of_margin"),
    flow("margin_call", "cash_met_share", (0.5, 0.8, 0.95), "fraction"),
    flow("contract", "size", 100.0, "troy_oz"),
)
RAISED = flow("margin_call", "maintenance_after", 8.0, "pct_of_notional", date=DATES[0])


def tables(*rows: tuple, clock: str = "effective", price: float | None = 5000.0) -> EventTables:
    margins = pd.DataFrame(
        {
            "announced": [pd.Timestamp("2026-01-28")],
            "effective_after_close": [DATES[0]],
            "product": ["GC"],
        }
    )
    prices = {} if price is None else {"GC": price}
    return EventTables(EVENT, pd.DataFrame(rows, columns=COLUMNS), margins, prices, clock)


def model(held: EventTables, measured: dict | None = None) -> LeverageModel:
    return leverage_model(held, "GC", DATES, RETURNS, measured or {}, SIGMA)


def test_a_channel_needs_all_its_parameters_and_what_lacks_is_named():
    known = model(tables(ADV, *FUND, *CALLS[:3], CALLS[4]))
    assert known.usable == ("levered_etf",)
    assert known.unmodelled == ("margin_call: no cash_met_share",)
    assert known.moves_prices


def test_positions_without_a_price_cannot_be_turned_into_dollars():
    known = model(tables(ADV, *CALLS, price=None))
    assert known.usable == ()
    assert known.unmodelled == ("margin_call: no contract size or its price",)


def test_without_a_volume_nothing_moves_prices():
    known = model(tables(*FUND))
    assert not known.moves_prices
    assert "impact: no adv" in known.unmodelled


def test_positions_are_contracts_times_their_size_times_the_price_before():
    known = model(tables(ADV, *CALLS))
    drawn = draw_ranges(known.ranges, 0, np.random.default_rng(0), corners=False)
    (calls,) = forced_market(known, drawn).channels
    np.testing.assert_allclose(calls.open_interest_usd, 4e5 * 100.0 * 5000.0, **SAME)
    np.testing.assert_allclose(calls.margin_before, 0.06, **SAME)


@pytest.mark.parametrize(
    ("clock", "margins"), [("effective", [6.0, 8.0, 8.0]), ("announced", [8.0, 8.0, 8.0])]
)
def test_a_new_margin_counts_from_the_return_after_its_clock(clock, margins):
    known = model(tables(ADV, *CALLS, RAISED, clock=clock))
    drawn = draw_ranges(known.ranges, 0, np.random.default_rng(0), corners=False)
    market = forced_market(known, drawn)
    (calls,) = market.channels
    held = [float(margin[0, 0]) for margin in calls.margin_by_day]
    np.testing.assert_allclose(held, np.array(margins) / 100.0, **SAME)
    (quiet,) = market.quiet_channels
    assert [float(m[0, 0]) for m in quiet.margin_by_day] == [float(calls.margin_before[0, 0])]


def test_shorts_meet_at_least_as_much_with_cash_as_longs():
    known = model(tables(ADV, *CALLS))
    drawn = draw_ranges(known.ranges, 200, np.random.default_rng(0), corners=True)
    (calls,) = forced_market(known, drawn).channels
    assert (calls.cash_short >= calls.cash_long).all()


def test_what_was_measured_is_the_flow_at_the_observed_returns():
    measured = {"levered_etf": np.array([[-2e9, -1e9, -5e8], [np.nan] * 3, [np.nan] * 3])}
    known = model(tables(ADV, *FUND), measured)
    drawn = draw_ranges(known.ranges, 50, np.random.default_rng(0), corners=True)
    market = forced_market(known, drawn)
    (fund,) = market.channels
    np.testing.assert_allclose(
        fund.flow_usd([], np.full((len(drawn["adv"]), 1), RETURNS[0])),
        drawn["levered_etf.day0"],
        **SAME,
    )
    assert not market.exogenous_usd.any()
    assert not np.isfinite(fund.observed_usd[1:]).any()


def test_what_was_measured_without_a_model_does_not_respond_to_returns():
    measured = {"levered_etf": np.array([[np.nan] * 3, [-2e9, -1e9, -5e8], [np.nan] * 3])}
    known = model(tables(ADV), measured)
    assert known.unmodelled == ("levered_etf: no leverage, aum_before",)
    drawn = draw_ranges(known.ranges, 50, np.random.default_rng(0), corners=True)
    market = forced_market(known, drawn)
    assert market.channels == ()
    np.testing.assert_allclose(market.exogenous_usd[1], drawn["levered_etf.day1"][:, 0], **SAME)
    assert not market.exogenous_usd[[0, 2]].any()


def test_a_model_that_quiet_days_refute_leaves_what_was_measured():
    measured = {"levered_etf": np.array([[-2e9, -1e9, -5e8], [np.nan] * 3, [np.nan] * 3])}
    left = model(tables(ADV, *FUND, *CALLS, RAISED), measured).measured_only("too much")
    assert left.usable == ()
    assert set(left.ranges) == {"levered_etf.day0", "adv", "y_square_root", "q_linear_below"}
    assert left.unmodelled[-1] == "too much"
    assert left.moves_prices

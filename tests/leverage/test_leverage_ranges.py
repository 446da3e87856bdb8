"""Ranges of what is not known: looked up by event and unit, drawn with their ends."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.errors import DataError
from ratemodel.leverage.ranges import (
    MOST_CORNERS,
    Range,
    corner_count,
    draw_ranges,
    lists,
    parameter_range,
)
from ratemodel.market.schema import INPUT_TABLES

COLUMNS = INPUT_TABLES["forced_flows"].names
EVENT = "crash"
MANY = 20_000
SAMPLING = {"rtol": 0.0, "atol": 0.02}
"""Means of 20,000 uniform draws err by .002 at one standard error."""


def table(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame([(*row, "C", "test") for row in rows], columns=COLUMNS)


def row(event=EVENT, channel="margin_call", parameter="buffer_mean", asset="GC;GLD", **changes):
    values = {"low": 0.5, "central": 1.5, "high": 4.0, "unit": "multiple_of_margin", **changes}
    ends = (values["low"], values["central"], values["high"], values["unit"])
    return (event, pd.NaT, channel, parameter, asset, "gold", *ends)


def look_up(flows: pd.DataFrame, asset: str = "GC") -> Range | None:
    return parameter_range(flows, EVENT, asset, "margin_call", "buffer_mean")


def test_an_events_own_range_rules_over_one_for_all():
    everyone, own = row(event="all", central=9.0), row(central=2.0)
    assert look_up(table(everyone, own)).central == 2.0
    assert look_up(table(own, everyone)).central == 2.0
    assert look_up(table(everyone)).central == 9.0


@pytest.mark.parametrize(
    "other",
    [{"event": "another"}, {"asset": "SI;SLV"}, {"channel": "liquidation"}, {"parameter": "size"}],
    ids=str,
)
def test_rows_of_another_event_asset_channel_or_parameter_do_not_count(other):
    assert look_up(table(row(**other))) is None


def test_a_parameter_in_another_unit_is_refused():
    with pytest.raises(DataError, match="buffer_mean of GC is in usd; it is in multiple_of_margin"):
        look_up(table(row(unit="usd")))


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_a_parameter_that_divides_must_be_above_zero(low):
    with pytest.raises(DataError, match="low of margin_call buffer_mean of GC must be above 0"):
        look_up(table(row(low=low)))


def test_an_inverse_fund_has_a_leverage_below_zero():
    flows = table(
        row(channel="levered_etf", parameter="leverage", low=-2, central=-1, high=-1, unit="ratio")
    )
    held = parameter_range(flows, EVENT, "GC", "levered_etf", "leverage")
    assert held == Range(-2.0, -1.0, -1.0)


def test_symbols_are_compared_whole():
    assert lists("SI; SLV", "SLV")
    assert lists("all", "BTC")
    assert not lists("SLV", "SL")
    assert not lists("", "GC")


ENDS = st.tuples(st.floats(0.01, 100.0), st.floats(0.01, 100.0), st.floats(0.01, 100.0)).map(sorted)


@given(st.lists(ENDS, min_size=1, max_size=5), st.integers(0, 50), st.integers(0, 2**31))
def test_central_values_come_first_then_every_corner_then_draws_within(ends, draws, seed):
    ranges = {f"p{i}": Range(*map(float, three)) for i, three in enumerate(ends)}
    drawn = draw_ranges(ranges, draws, np.random.default_rng(seed), corners=True)
    matrix = np.column_stack([drawn[name][:, 0] for name in ranges])
    assert tuple(matrix[0]) == tuple(r.central for r in ranges.values())
    corners = {tuple(values) for values in matrix[1 : 1 + corner_count(ranges)]}
    options = [(r.low, r.high) if r.high > r.low else (r.central,) for r in ranges.values()]
    assert corners == set(product(*options))
    assert len(matrix) == 1 + corner_count(ranges) + draws
    low = [r.low for r in ranges.values()]
    assert (matrix >= low).all()
    assert (matrix <= [r.high for r in ranges.values()]).all()


def test_draws_are_even_in_logarithms():
    drawn = draw_ranges(
        {"x": Range(20.0, 30.0, 60.0)}, MANY, np.random.default_rng(5), corners=False
    )
    share = (drawn["x"][1:] < np.sqrt(20.0 * 60.0)).mean()
    np.testing.assert_allclose(share, 0.5, **SAMPLING)


def test_a_range_that_reaches_below_zero_is_drawn_evenly():
    drawn = draw_ranges(
        {"x": Range(-3.0, -2.0, 1.0)}, MANY, np.random.default_rng(5), corners=False
    )
    np.testing.assert_allclose((drawn["x"][1:] < -1.0).mean(), 0.5, **SAMPLING)


def test_more_corners_than_can_be_looked_at_leave_draws_alone():
    ranges = {f"p{i}": Range(1.0, 2.0, 3.0) for i in range(13)}
    assert corner_count(ranges) > MOST_CORNERS
    drawn = draw_ranges(ranges, 7, np.random.default_rng(0), corners=True)
    assert len(drawn["p0"]) == 8

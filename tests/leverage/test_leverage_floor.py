"""Which flows count, in which return, and how far they alone would have moved the price."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.errors import DataError
from ratemodel.leverage import FLOW_ROW_COLUMNS, leverage_floor, measured_flows, price_impact
from ratemodel.types.flows import FLOW_COLUMNS, ForcedFlows

COLUMNS = (
    *("event", "date", "channel", "parameter", "asset", "underlying"),
    *("low", "central", "high", "unit", "grade", "source"),
)
FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = pd.date_range("2026-01-30", periods=5)
THURSDAY = FRIDAY - pd.Timedelta(days=1)
WINDOW = pd.DatetimeIndex([FRIDAY, MONDAY])
SIGMA = 2.0
SELL = (-3.5e9, -3.0e9, -2.7e9)
LONGS = (0.8e9, 1.0e9, 1.5e9)


def flow(
    values: tuple[float, float, float] = SELL,
    *,
    channel: str = "levered_etf",
    parameter: str = "flow_observed",
    event: str = "crash",
    date: pd.Timestamp = FRIDAY,
    asset: str = "SI;SLV",
    unit: str = "usd",
    grade: str = "A",
) -> tuple:
    return (event, date, channel, parameter, asset, "silver", *values, unit, grade, "test")


def liquidation(values: tuple[float, float, float] = LONGS, side: str = "long", **given) -> tuple:
    return flow(values, channel="liquidation", parameter=f"{side}_usd", **given)


def parameter(name: str, values: tuple[float, float, float], **given) -> tuple:
    options = {"event": "all", "date": pd.NaT, "asset": "all", "grade": "assumption", **given}
    return flow(values, channel="impact", parameter=name, **options)


ADV = parameter("adv", (1.5e10, 4e10, 9e10), event="crash", asset="SI;SLV;BTC", unit="usd_per_day")
IMPACT = (
    ADV,
    parameter("y_square_root", (0.5, 1.0, 1.5), unit="ratio"),
    parameter("q_linear_below", (1e-4, 1e-3, 1e-2), unit="fraction"),
)


def table(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def measured(*rows: tuple, event: str = "crash", asset: str = "SI") -> ForcedFlows:
    return measured_flows(table(*rows, *IMPACT), event, asset)


def range_of(flows: ForcedFlows) -> list[tuple[float, float, float]]:
    columns = ["low_usd", "central_usd", "high_usd"]
    return [tuple(row) for row in flows.flows[columns].to_numpy()]


def floor_of(*rows: tuple, asset: str = "SI", dates: pd.DatetimeIndex = WINDOW):
    return leverage_floor(measured(*rows, asset=asset), dates, dates[0], SIGMA)


# --- what counts as measured ---------------------------------------------------------------------


def test_a_liquidated_long_is_sold_and_a_liquidated_short_bought_back():
    assert range_of(measured(liquidation())) == [(-1.5e9, -1.0e9, -0.8e9)]
    assert range_of(measured(liquidation(side="short"))) == [LONGS]


def test_a_funds_flow_is_signed_as_it_stands():
    assert range_of(measured(flow())) == [SELL]


@pytest.mark.parametrize(
    "row",
    [
        flow(grade="C"),
        flow(grade="assumption"),
        flow(date=pd.NaT),
        flow(event="another"),
        flow(asset="SIVR"),
        flow(asset="GC;GLD"),
        flow(channel="levered_etf", parameter="aum_before"),
        flow(channel="margin_call", parameter="open_interest"),
    ],
    ids=["C", "assumption", "undated", "event", "like", "asset", "assets", "parameter"],
)
def test_what_was_not_measured_here_does_not_count(row):
    flows = measured(row)
    assert flows.flows.empty
    assert flows.note == "no flow of SI was measured in crash"


@pytest.mark.parametrize(
    ("row", "asset"),
    [
        (flow(grade="B"), "SI"),
        (flow(), "SLV"),
        (flow(event="all"), "SI"),
        (flow(asset="all"), "SI"),
        (flow(asset=" SI ; SLV "), "SLV"),
        (flow(asset="SI"), "SI"),
    ],
    ids=["B", "second symbol", "every event", "every asset", "spaces", "one symbol"],
)
def test_a_row_counts_for_the_assets_it_lists_in_its_event(row, asset):
    assert range_of(measured(row, asset=asset)) == [SELL]


def test_an_events_own_volume_rules_over_one_for_every_event():
    general = parameter("adv", (1.0, 2.0, 3.0), asset="SI", unit="usd_per_day")
    flows = measured_flows(table(flow(), general, *IMPACT), "crash", "SI")
    assert flows.adv_usd == (1.5e10, 4e10, 9e10)
    elsewhere = measured_flows(table(flow(event="all"), general, *IMPACT), "other", "SI")
    assert elsewhere.adv_usd == (1.0, 2.0, 3.0)


def test_a_flow_is_a_range_in_order():
    with pytest.raises(DataError, match="low <= central <= high"):
        measured(flow((-2.0e9, -3.0e9, -2.7e9)))


@pytest.mark.parametrize("unit", ["contracts", "troy_oz"])
@pytest.mark.parametrize("row", [flow, liquidation], ids=["fund", "liquidation"])
def test_flows_in_another_unit_are_not_read_as_dollars(unit, row):
    with pytest.raises(
        DataError, match=f"of SI;SLV on .* is in '{unit}'; a measured flow is in usd"
    ):
        measured(flow(), row(unit=unit))


@pytest.mark.parametrize(
    "row",
    [flow(unit="contracts", grade="C"), flow(unit="contracts", asset="GC")],
    ids=["not measured", "of another asset"],
)
def test_a_unit_is_no_matter_where_the_flow_does_not_count(row):
    assert range_of(measured(flow(), row)) == [SELL]


# --- which return a flow is in -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "row"),
    [(FRIDAY, 0), (SATURDAY, 1), (SUNDAY, 1), (MONDAY, 1)],
    ids=["friday", "saturday", "sunday", "monday"],
)
def test_a_weekends_liquidations_are_in_mondays_return(date, row):
    floor = floor_of(liquidation(date=date, asset="BTC"), asset="BTC")
    assert floor.central_pp[row] < 0.0
    assert floor.central_pp[1 - row] == 0.0
    assert floor.flow_rows[0]["trade_date"] == WINDOW[row]


@pytest.mark.parametrize("date", [THURSDAY, TUESDAY], ids=["before", "after"])
def test_flows_outside_the_window_move_nothing_and_a_note_says_so(date):
    floor = floor_of(liquidation(date=date))
    assert floor.total == (0.0, 0.0, 0.0)
    assert floor.note == "no flow of SI falls into the window"


def test_an_event_that_begins_on_a_weekend_takes_flows_from_its_first_day():
    flows = measured(liquidation(date=SATURDAY), liquidation(date=FRIDAY))
    floor = leverage_floor(flows, WINDOW[1:], SATURDAY, SIGMA)
    assert [row["date"] for row in floor.flow_rows] == [SATURDAY]


# --- dollars to prices ---------------------------------------------------------------------------


def test_channels_of_one_return_are_added_up_before_the_law():
    """Square roots of parts add up to more than the root of the sum."""
    together = floor_of(flow(), liquidation())
    apart = floor_of(flow()).central_pp[0] + floor_of(liquidation()).central_pp[0]
    as_one = floor_of(flow((-5.0e9, -4.0e9, -3.5e9)))
    assert together.central_pp[0] == pytest.approx(as_one.central_pp[0], rel=1e-12, abs=0.0)
    assert apart < together.central_pp[0] < 0.0


def test_what_is_sold_and_bought_in_one_return_cancels():
    floor = floor_of(liquidation((1e9, 1e9, 1e9)), liquidation((1e9, 1e9, 1e9), side="short"))
    assert floor.total == (0.0, 0.0, 0.0)


def test_returns_of_several_days_each_have_their_own_move():
    both = floor_of(flow(), flow(date=MONDAY))
    assert both.central_pp[0] == both.central_pp[1]
    assert both.total[0] == pytest.approx(2.0 * floor_of(flow()).total[0], rel=1e-12, abs=0.0)


def test_central_values_give_the_central_move():
    expected = float(price_impact(-3.0e9, SIGMA, 4e10, 1.0, 1e-3))
    assert floor_of(flow()).total[0] == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_the_range_holds_every_mixture_of_the_ranges():
    low, high = floor_of(flow()).total[1:]
    rng = np.random.default_rng(20260130)
    draws = price_impact(
        rng.uniform(-3.5e9, -2.7e9, size=2000),
        SIGMA,
        rng.uniform(1.5e10, 9e10, size=2000),
        rng.uniform(0.5, 1.5, size=2000),
        rng.uniform(1e-4, 1e-2, size=2000),
    )
    assert low <= draws.min() < draws.max() <= high
    assert low == pytest.approx(
        float(price_impact(-3.5e9, SIGMA, 1.5e10, 1.5, 1e-4)), rel=1e-12, abs=0.0
    )


RANGE = st.lists(st.floats(-5e9, 5e9), min_size=3, max_size=3).map(lambda x: tuple(sorted(x)))
SAME_SIGN = st.lists(st.floats(-5e9, -1e3), min_size=3, max_size=3).map(lambda x: tuple(sorted(x)))


@given(friday=RANGE, monday=RANGE)
def test_the_range_of_the_window_brackets_its_central_move(friday, monday):
    central, low, high = floor_of(flow(friday), flow(monday, date=MONDAY)).total
    assert low <= central <= high


@given(friday=RANGE, monday=RANGE)
def test_the_range_of_each_day_brackets_its_central_move_whatever_the_signs(friday, monday):
    floor = floor_of(flow(friday), flow(monday, date=MONDAY))
    assert (floor.low_pp <= floor.central_pp).all()
    assert (floor.central_pp <= floor.high_pp).all()


def test_the_range_of_each_day_brackets_its_central_move():
    """Shorts are bought back on Friday, longs sold on Monday."""
    floor = floor_of(
        liquidation((0.6e9, 1.45e9, 1.7e9), side="short"),
        liquidation((0.65e9, 0.67e9, 1.3e9), date=MONDAY),
    )
    assert (floor.low_pp <= floor.central_pp).all()
    assert (floor.central_pp <= floor.high_pp).all()


@given(friday=RANGE, monday=RANGE)
def test_the_range_of_a_day_is_that_of_the_day_alone_and_the_windows_lies_within_their_sum(
    friday, monday
):
    """One corner holds for the whole window, so it reaches no further than each day's own."""
    floor = floor_of(flow(friday), flow(monday, date=MONDAY))
    alone = floor_of(flow(friday)).total
    np.testing.assert_allclose(
        (floor.central_pp[0], floor.low_pp[0], floor.high_pp[0]), alone, rtol=1e-12, atol=1e-15
    )
    central, low, high = floor.total
    assert central == pytest.approx(floor.central_pp.sum(), rel=1e-12, abs=1e-15)
    assert low >= floor.low_pp.sum() - 1e-12
    assert high <= floor.high_pp.sum() + 1e-12


@given(friday=SAME_SIGN, monday=SAME_SIGN)
def test_where_all_are_sales_the_extremes_of_days_add_up_to_those_of_the_window(friday, monday):
    floor = floor_of(flow(friday), flow(monday, date=MONDAY))
    days = (floor.central_pp.sum(), floor.low_pp.sum(), floor.high_pp.sum())
    np.testing.assert_allclose(floor.total, days, rtol=1e-12, atol=1e-15)


def test_more_volatile_or_thinner_markets_move_further():
    flows = measured(flow())
    calm = leverage_floor(flows, WINDOW, FRIDAY, 1.0).total
    wild = leverage_floor(flows, WINDOW, FRIDAY, 3.0).total
    np.testing.assert_allclose(wild, 3.0 * np.array(calm), rtol=1e-12, atol=0.0)


# --- nothing measured ----------------------------------------------------------------------------


def test_without_a_flow_the_floor_is_zero_with_a_note():
    floor = floor_of(asset="SOL")
    assert floor.total == (0.0, 0.0, 0.0)
    assert floor.note == "no flow of SOL was measured in crash"
    assert floor.flow_rows == ()


def test_without_a_volume_a_flow_cannot_be_turned_into_a_move():
    floor = floor_of(liquidation(asset="SOL"), asset="SOL")
    assert floor.total == (0.0, 0.0, 0.0)
    assert floor.note == "flows of SOL were measured in crash, its daily volume was not"


def test_the_flows_behind_a_floor_are_listed():
    floor = floor_of(flow(), liquidation(date=SATURDAY))
    assert [set(row) for row in floor.flow_rows] == [set(FLOW_ROW_COLUMNS)] * 2
    assert [row["channel"] for row in floor.flow_rows] == ["levered_etf", "liquidation"]
    assert [row["flow"] for row in floor.flow_rows] == [1, 2]
    assert {row["sigma_pre_pp"] for row in floor.flow_rows} == {SIGMA}


def test_flows_need_their_columns():
    empty = pd.DataFrame(columns=[c for c in FLOW_COLUMNS if c != "grade"])
    with pytest.raises(DataError, match="lack grade"):
        ForcedFlows("SI", empty, None, (1.0, 1.0, 1.0), (1e-3, 1e-3, 1e-3))

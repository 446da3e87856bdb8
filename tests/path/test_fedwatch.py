"""FedWatch's algorithm against CME's own tables and examples, and month by month in slow words."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from expected_days import DAY, Meeting, each_day, fomc_table
from hypothesis import given, settings
from hypothesis import strategies as st

import ratemodel as rm
from ratemodel.path import implied_path
from ratemodel.path.fedwatch import chain_months

PRINTED_PP = 0.06
"""CME prints one decimal of a percent, of prices it prints to a quarter of a basis point."""
EXACT_BP = 1e-6
"""Implied rates are floats of percent: rounding, amplified by a short month's end."""
SAME = {"rtol": 0.0, "atol": 1e-9}
"""Two ways to add the same few rates."""


def settlements(trade_date: str, prices: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trade_date": pd.Timestamp(trade_date),
            "contract": list(prices),
            "settle": list(prices.values()),
        }
    )


def fedwatch(trade_date: str, prices: dict[str, float], meetings, lag: int = 1):
    table = fomc_table([Meeting(dt.date.fromisoformat(m), before_pct=b) for m, b in meetings])
    return implied_path(settlements(trade_date, prices), table, None, "fedwatch", lag)


def decided(range_middle_pct: float, on: str = "2020-01-02") -> Meeting:
    day = dt.date.fromisoformat(on)
    return Meeting(day, before_pct=range_middle_pct, after_pct=range_middle_pct)


def odds_of(trade_date: str, prices: dict[str, float], meetings: list[str], middle_pct: float):
    table = fomc_table(
        [decided(middle_pct), *(Meeting(dt.date.fromisoformat(m)) for m in meetings)]
    )
    path = implied_path(settlements(trade_date, prices), table, None, "fedwatch")
    return path, rm.meeting_probabilities(path)


# --- CME's numbers -----------------------------------------------------------------------------


def test_the_live_table_of_2026_07_14(shared_reference):
    """Every bin of the first seven meetings, from CME's own prices, lag one day."""
    curve = pd.read_csv(shared_reference / "fedwatch_20260714_curve.csv")
    table = pd.read_csv(shared_reference / "fedwatch_20260714_probabilities.csv")
    months = [
        f"{y}-{m:02d}" for y, m in zip(curve.contract_year, curve.contract_month, strict=True)
    ]
    futures = settlements("2026-07-14", dict(zip(months, curve.close_price, strict=True)))
    fomc = rm.load_market("replica").fomc
    found = rm.meeting_probabilities(implied_path(futures, fomc, None, "fedwatch"))
    found = found.set_index(["meeting", "target_lower_pct"])["probability"]
    printed = table.dropna().assign(meeting=pd.to_datetime(table["meeting_date"]))
    first_seven = printed["meeting"].drop_duplicates().iloc[:7]
    compared = 0
    for row in printed.loc[printed["meeting"].isin(first_seven)].itertuples():
        ours = 100.0 * found.get((row.meeting, row.rate_low / 100.0), 0.0)
        assert ours == pytest.approx(row.probability_pct, rel=0.0, abs=PRINTED_PP)
        compared += 1
    assert compared >= 7 * 8


def test_the_worked_example_of_2022_09_12():
    path, odds = odds_of(
        "2022-09-12", {"2022-09": 97.4475, "2022-10": 96.94}, ["2022-09-21"], 2.375
    )
    assert path.at("2022-09-12")["rate_pct"].tolist() == pytest.approx([2.335, 3.06], abs=1e-9)
    assert path.moves_bp[0, 0] / 25.0 == pytest.approx(2.9, rel=0.0, abs=EXACT_BP)
    assert odds["target_lower_pct"].tolist() == [2.75, 3.0]
    assert odds["probability"].tolist() == pytest.approx([0.1, 0.9], rel=0.0, abs=EXACT_BP)


def test_the_aggregated_example():
    """Decisions that rule from the first of June and of July: half a hike in each."""
    prices = {"2024-05": 94.875, "2024-06": 94.75, "2024-07": 94.625}
    _, odds = odds_of("2024-05-15", prices, ["2024-05-31", "2024-06-30"], 5.125)
    june, july = (part["probability"].tolist() for _, part in odds.groupby("meeting"))
    assert june == pytest.approx([0.5, 0.5], rel=0.0, abs=EXACT_BP)
    assert july == pytest.approx([0.25, 0.5, 0.25], rel=0.0, abs=EXACT_BP)


def test_the_late_meeting():
    prices = {"2025-10": 100.0 - 3.857742, "2025-11": 96.35}
    path, odds = odds_of("2025-10-01", prices, ["2025-10-28"], 3.875)
    assert path.current_pct[0] == pytest.approx(3.88, rel=0.0, abs=1e-6)
    assert odds["target_lower_pct"].tolist() == [3.5, 3.75]
    assert odds["probability"].tolist() == pytest.approx([0.92, 0.08], rel=0.0, abs=1e-5)


def test_lag_zero_counts_the_day_itself_at_the_new_rate():
    """Ten days old, twenty new under lag 0 of a meeting on the eleventh of a month of thirty."""
    prices = {"2025-09": 100.0 - (10 * 4.0 + 20 * 3.75) / 30, "2025-10": 96.25}
    path = fedwatch("2025-08-28", prices, [("2025-09-11", None)], lag=0)
    assert path.at("2025-08-28")["rate_pct"].tolist() == pytest.approx([4.0, 3.75], abs=1e-9)


# --- Where the chain does not reach -------------------------------------------------------------


def test_a_move_the_chain_does_not_reach_is_listed_and_unknown():
    """No contract after November: December's meeting has no end, January's nothing at all."""
    prices = {"2025-09": 96.0, "2025-10": 96.0, "2025-11": 96.0, "2026-01": 96.5}
    meetings = ["2025-10-15", "2025-12-10", "2026-01-28"]
    path, odds = odds_of("2025-09-02", prices, meetings, 4.0)
    found = path.at("2025-09-02")
    assert found["meeting"].iloc[1:].dt.strftime("%Y-%m-%d").tolist() == meetings
    assert found["identified"].tolist() == [True, True, False, False]
    assert found["rate_pct"].isna().tolist() == [False, False, True, True]
    assert odds["meeting"].unique().tolist() == [pd.Timestamp("2025-10-15")]


def test_two_meetings_of_one_month_are_more_than_the_algorithm_knows():
    prices = {"2025-09": 96.0, "2025-10": 96.1, "2025-11": 96.2}
    path, odds = odds_of("2025-09-02", prices, ["2025-10-08", "2025-10-22"], 4.0)
    assert not path.move_identified[0].any()
    assert odds.empty


def test_a_month_whose_decision_is_past_is_no_anchor():
    """The average of a month cut by 50 bp at its middle is no rate that October could start at."""
    table = fomc_table(
        [
            Meeting(dt.date(2025, 9, 15), before_pct=4.125, after_pct=3.625),
            Meeting(dt.date(2025, 10, 15)),
        ]
    )
    half = 100.0 - (15 * 4.125 + 15 * 3.625) / 30
    prices = {"2025-09": half, "2025-10": 96.375, "2025-11": 96.375}
    path = implied_path(settlements("2025-09-22", prices), table, None, "fedwatch")
    assert path.current_pct[0] == pytest.approx(3.625, rel=0.0, abs=1e-9)
    assert path.moves_bp[0, 0] == pytest.approx(0.0, rel=0.0, abs=EXACT_BP)


# --- Slow words ---------------------------------------------------------------------------------


def slow_chain(months: list[dict]) -> list[tuple[float | None, float | None]]:
    """CME's text, one month at a time: anchors, then backward, then forward."""
    start: list[float | None] = [m["average"] if m["anchor"] else None for m in months]
    end = list(start)
    for j in range(1, len(months)):
        if start[j] is None and months[j - 1]["anchor"] and months[j - 1]["joined"]:
            start[j] = months[j - 1]["average"]
    for j in reversed(range(len(months) - 1)):
        month = months[j]
        if end[j] is None and month["joined"]:
            end[j] = start[j + 1]
        solvable = month["average"] is not None and month["old"] is not None
        if start[j] is None and end[j] is not None and solvable:
            start[j] = (month["average"] - (1.0 - month["old"]) * end[j]) / month["old"]
    for j in range(1, len(months)):
        month = months[j]
        if start[j] is None and months[j - 1]["joined"]:
            start[j] = end[j - 1]
        solvable = month["average"] is not None and month["old"] is not None
        if end[j] is None and start[j] is not None and solvable:
            end[j] = (month["average"] - month["old"] * start[j]) / (1.0 - month["old"])
    return list(zip(start, end, strict=True))


@st.composite
def chains(draw) -> list[dict]:
    months = []
    for _ in range(draw(st.integers(2, 9))):
        anchor = draw(st.booleans())
        quoted = draw(st.integers(0, 5)) > 0
        known = draw(st.integers(0, 7)) > 0
        months.append(
            {
                "anchor": anchor,
                "average": draw(st.floats(-50.0, 600.0)) if quoted else None,
                "old": None if anchor or not known else draw(st.integers(1, 29)) / 30.0,
                "joined": draw(st.integers(0, 5)) > 0,
            }
        )
    return months


def missing(value: float | None) -> float:
    return np.nan if value is None else value


@given(chains())
@settings(max_examples=300)
def test_chains_are_those_of_the_published_words(months):
    start, end = chain_months(
        np.array([[missing(m["average"]) for m in months]]),
        np.array([[missing(m["old"]) for m in months]]),
        np.array([[m["anchor"] for m in months]]),
        np.array([[m["joined"] for m in months]]),
    )
    slow = [[missing(a), missing(b)] for a, b in slow_chain(months)]
    scale = np.nanmax(np.abs(np.append(np.array(slow), 1.0)))
    np.testing.assert_allclose(
        np.column_stack([start[0], end[0]]), slow, rtol=0.0, atol=1e-12 * scale
    )


@given(
    st.lists(st.integers(-75, 75), min_size=1, max_size=6),
    st.integers(2, 28),
    st.floats(0.25, 8.0),
)
@settings(max_examples=60)
def test_expected_steps_are_recovered_from_exact_averages(moves_bp, day, now_pct):
    """A decision every other month: each lies between two anchors, so nothing is lost."""
    first = dt.date(2024, 1, 2)
    announced = [dt.date(2024 + (2 * k + 1) // 12, (2 * k + 1) % 12 + 1, day)
                 for k in range(len(moves_bp))]  # fmt: skip
    steps = dict(zip((d + DAY for d in announced), moves_bp, strict=True))
    rate, prices = now_pct, {}
    for month in pd.period_range("2024-01", periods=2 * len(moves_bp) + 1, freq="M"):
        daily = []
        for d in each_day(month.start_time.date(), month.end_time.date()):
            rate += steps.get(d, 0.0) / 100.0
            daily.append(rate)
        prices[str(month)] = 100.0 - float(np.mean(daily))
    table = fomc_table([Meeting(d) for d in announced])
    path = implied_path(settlements(str(first), prices), table, None, "fedwatch")
    np.testing.assert_allclose(path.moves_bp[0], moves_bp, rtol=0.0, atol=EXACT_BP)
    assert path.current_pct[0] == pytest.approx(now_pct, rel=0.0, abs=EXACT_BP)


# --- What it does not do ------------------------------------------------------------------------


def test_it_gives_no_errors_and_is_no_source_of_shocks():
    prices = {"2025-09": 96.0, "2025-10": 96.0}
    path = fedwatch("2025-08-28", prices, [("2025-09-17", None)])
    frame = path.to_frame()
    assert frame["rate_se_bp"].isna().all()
    assert frame["prior_share"].isna().all()
    with pytest.raises(rm.RateModelError, match="fedwatch"):
        rm.path_shocks(path)


@pytest.mark.parametrize(
    "option", [{"prior_sd_bp": None}, {"anchor_sd_bp": 1.0}, {"noise_sd_bp": 1.0}]
)
def test_it_has_no_options(option):
    table = fomc_table([Meeting(dt.date(2025, 9, 17))])
    futures = settlements("2025-08-28", {"2025-09": 96.0, "2025-10": 96.0})
    with pytest.raises(rm.RateModelError, match="fedwatch"):
        implied_path(futures, table, None, "fedwatch", **option)

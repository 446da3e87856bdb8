"""Placebo windows: none overlaps another, each band knows only its past, and on gold it covers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from split_markets import CLOCKS, DOLLAR, EVENT, World, build_world, event_rows

import ratemodel as rm
from ratemodel.config import Sample
from ratemodel.decomposition import placebo_windows
from ratemodel.decomposition.placebo import quintiles, window_starts
from ratemodel.errors import CoverageError, StudyError
from ratemodel.loadings import build_design
from ratemodel.returns import log_returns
from ratemodel.types.loadings import DesignRows
from ratemodel.types.placebo import PLACEBO_COLUMNS, Placebo

PRE_DAYS, LENGTH, DRAWS = 150, 2, 300
BAND = ["low_pp", "high_pp", "iid_low_pp", "iid_high_pp", "sigma_pre_pp"]
COVERED, QUINTILE_COVERED = (0.86, 0.94), (0.84, 0.95)
"""Of a 90 % band on 2,500 windows (binomial error 0.6 points), and on 500 (1.4 points)."""
SURE = 3.0
"""Binomial standard errors by which a band must miss to be said to fail."""


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(11, days=240, assets={"GC": CLOCKS["GC"]})


@pytest.fixture(scope="module")
def design(world) -> DesignRows:
    return design_of(world)


def design_of(world: World, dollar: str | None = None) -> DesignRows:
    series = ["GC"] if dollar is None else ["GC", dollar]
    names = tuple(world.shocks.names)
    return build_design(log_returns(world.market, series), "GC", world.shocks, names, dollar)


def windows(design: DesignRows, **options) -> pd.DataFrame:
    return placebo_windows(design, LENGTH, pre_days=PRE_DAYS, draws=DRAWS, **options)


@given(
    st.lists(st.booleans(), min_size=1, max_size=60),
    st.integers(1, 4),
    st.integers(1, 8),
)
def test_windows_are_whole_do_not_overlap_and_have_a_past(complete, length, pre_days):
    mask = np.array(complete)
    starts = window_starts(mask, length, pre_days)
    assert all(b - a >= length for a, b in itertools.pairwise(starts))
    for start in starts:
        assert mask[start : start + length].all()
        assert mask[:start].sum() >= pre_days
    # Nothing was left lying: between windows there is no room for another with a past.
    taken = np.zeros(len(mask), dtype=bool)
    for start in starts:
        taken[start : start + length] = True
    for start in range(len(mask) - length + 1):
        inside = slice(start, start + length)
        if mask[inside].all() and mask[:start].sum() >= pre_days:
            assert taken[inside].any()


@given(st.lists(st.floats(0.1, 9.0), min_size=5, max_size=80))
def test_quintiles_are_of_equal_size_and_in_order(values):
    series = pd.Series(values)
    named = quintiles(series)
    sizes = named.value_counts()
    assert len(sizes) == 5
    assert sizes.max() - sizes.min() <= 1
    groups = [series[named == f"quintile {k}"] for k in range(1, 6)]
    assert all(a.max() <= b.min() for a, b in itertools.pairwise(groups))


def test_a_band_uses_nothing_of_its_window_or_after(world, design):
    """Prices and shocks from a window on are replaced by nonsense: its band stays bit-equal."""
    table = windows(design)
    place = len(table) // 2
    start = table["window_start"].iloc[place]
    prices, values = world.market.prices.copy(), world.shocks.values_bp.copy()
    late = prices["date"] >= start
    rng = np.random.default_rng(1)
    prices.loc[late, "close"] *= np.exp(rng.normal(scale=0.2, size=int(late.sum())))
    values.loc[values.index >= start] *= -7.0
    spoilt = replace(
        world,
        market=replace(world.market, prices=prices),
        shocks=replace(world.shocks, values_bp=values),
    )
    again = windows(design_of(spoilt))
    upto = slice(0, place + 1)
    pd.testing.assert_frame_equal(table.iloc[upto][BAND], again.iloc[upto][BAND], check_exact=True)
    assert table["residual_pp"].iloc[place] != again["residual_pp"].iloc[place]


def test_missing_shocks_from_a_window_on_change_no_band_before(world, design):
    table = windows(design)
    start = table["window_start"].iloc[len(table) // 2]
    identified = world.shocks.identified.copy()
    identified.loc[identified.index >= start] = False
    shocks = replace(world.shocks, identified=identified)
    again = windows(design_of(replace(world, shocks=shocks)))
    held = table.merge(again, on="window_start", suffixes=("", "_again"))
    assert len(again) == len(held) >= len(table) // 2 - 1
    for name in BAND:
        np.testing.assert_array_equal(held[name], held[f"{name}_again"])


def test_results_do_not_depend_on_processes(design):
    one, two = (windows(design, n_jobs=jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_a_window_is_covered_if_its_band_holds_the_residual(design):
    table = windows(design)
    assert tuple(table.columns) == PLACEBO_COLUMNS
    assert not table.duplicated(["asset", "window_start", "window_end"]).any()
    assert (table["window_start"].iloc[1:].to_numpy() > table["window_end"].iloc[:-1]).all()
    inside = (table["low_pp"] <= table["residual_pp"]) & (table["residual_pp"] <= table["high_pp"])
    assert (table["covered"] == inside).all()
    iid = (table["iid_low_pp"] <= table["residual_pp"]) & (
        table["residual_pp"] <= table["iid_high_pp"]
    )
    assert (table["iid_covered"] == iid).all()


def test_the_residual_is_the_splits_own(world):
    """A window is split as `decompose` splits an event with the same sample."""
    design = design_of(world, DOLLAR)
    row = windows(design).iloc[-1]
    first = int(design.dates.get_loc(row["window_start"]))
    known = design.complete[:first] & (design.end_utc[:first] <= design.strike_utc[first - 1])
    since = pd.Timestamp(design.start_utc[np.flatnonzero(known)[-PRE_DAYS]]).normalize()
    events = event_rows((EVENT, row["window_start"], row["window_end"], ""))
    split = rm.decompose(
        replace(world.market, events=events),
        world.shocks,
        event=EVENT,
        draws=200,
        assets=["GC"],
        names=world.shocks.names,
        sample=Sample(start=since),
    )
    assert split.windows["sample_rows"].iloc[0] == PRE_DAYS
    found = split.component("GC", "leverage_ceiling").estimate_pp
    assert found == pytest.approx(row["residual_pp"], rel=0.0, abs=1e-10)
    assert split.windows["sigma_pre_pp"].iloc[0] == row["sigma_pre_pp"]


def run(world: World, **options) -> Placebo:
    options = {"names": world.shocks.names, "pre_days": PRE_DAYS, "draws": DRAWS, **options}
    return rm.placebo(world.market, world.shocks, EVENT, assets=["GC"], **options)


def test_windows_come_before_the_event_and_are_as_long(world):
    found = run(world)
    start = world.dates[world.event][0]
    assert (found.table["window_end"] < start).all()
    rows = log_returns(world.market, ["GC"]).of("GC")["date"]
    for row in found.table.itertuples():
        assert rows.between(row.window_start, row.window_end).sum() == LENGTH
    assert found.table["dollar"].all()
    assert not run(world, dollar=None).table["dollar"].any()


def test_a_window_that_touches_an_event_does_not_count(world):
    plain = run(world)
    hit = plain.table.iloc[3]
    named = event_rows(
        (EVENT, world.dates[world.event][0], world.dates[world.event][-1], ""),
        ("fright", hit["window_end"], hit["window_end"], "GC"),
        ("elsewhere", plain.table["window_start"].iloc[5], hit["window_end"], "BTC"),
    )
    found = run(replace(world, market=replace(world.market, events=named)))
    assert found.table["reason"].tolist().count("touches fright") == 1
    row = found.table.iloc[3]
    assert row["reason"] == "touches fright"
    assert row[[*BAND, "residual_pp"]].isna().all()
    assert row["covered"] is None
    assert row["state"] == ""
    assert len(found.counted) == len(plain.counted) - 1
    others = found.table.index != 3
    pd.testing.assert_frame_equal(
        found.table.loc[others, BAND], plain.table.loc[others, BAND], check_exact=True
    )


def test_without_the_dollars_history_it_is_left_out_and_said_to_be(world):
    """A dollar that starts late: earlier windows do without, and are those of no dollar."""
    rates = world.market.rates
    start = world.dates[40]
    market = replace(world.market, rates=rates.loc[rates["date"] >= start])
    found, without = run(replace(world, market=market)), run(world, dollar=None)
    has = found.table["dollar"].to_numpy(bool)
    assert has.any()
    assert not has.all()
    pd.testing.assert_frame_equal(
        found.table.loc[~has, BAND], without.table.loc[~has, BAND], check_exact=True
    )


def test_coverage_counts_by_group():
    table = pd.DataFrame(
        {
            "asset": ["A", "A", "A", "B", "B"],
            "covered": [True, False, True, True, None],
            "iid_covered": [True, True, True, False, None],
            "state": ["quintile 1", "quintile 1", "quintile 2", "quintile 1", ""],
            "era": "2024-",
            "level": 0.9,
            "reason": ["", "", "", "", "touches fright"],
        }
    )
    found = Placebo(table)
    overall = found.coverage().iloc[0]
    assert (overall["windows"], overall["coverage"], overall["iid_coverage"]) == (4, 0.75, 0.75)
    assert overall["std_err"] == pytest.approx(np.sqrt(0.75 * 0.25 / 4), rel=1e-12, abs=0.0)
    by_state = found.coverage("state", "A").set_index("group")
    assert by_state.loc["quintile 1", "coverage"] == 0.5
    assert by_state.loc["quintile 2", "windows"] == 1
    assert "not counted: 1 touches fright" in found.summary()
    assert str(found) == "90 % bands of 4 windows without an event cover 75.0 %"


def test_what_cannot_be_is_said_in_a_sentence(world):
    with pytest.raises(StudyError, match="unknown event"):
        rm.placebo(world.market, world.shocks, "no such event")
    with pytest.raises(CoverageError, match="no shock other_bp"):
        run(world, names=["other_bp"])
    with pytest.raises(CoverageError, match="4000 complete rows"):
        run(world, pre_days=4000)
    with pytest.raises(StudyError, match="cannot be the dollar"):
        rm.placebo(world.market, world.shocks, EVENT, "GC", assets=["GC"])


@pytest.fixture(scope="module")
def gold(shared_data) -> Placebo:
    """Gold, two returns a window, 500 before each, the two-year yield as the shock."""
    market = rm.load_market(shared_data)
    change_bp = 100.0 * market.rate("DGS2").dropna().diff()
    shocks = rm.shock_series(
        change_bp["2002-06":"2025"], known_at="15:30 America/New_York", unit="bp"
    )
    found = rm.placebo(market, shocks, dollar=None, assets=["GC"], names=shocks.names)
    kept = (found.table["window_start"] >= "2005") & (found.table["window_end"] < "2026")
    table = found.table.loc[kept].reset_index(drop=True)
    counted = table["reason"] == ""
    table.loc[counted, "state"] = quintiles(table.loc[counted, "sigma_pre_pp"])
    return Placebo(table)


@pytest.mark.slow
def test_on_gold_the_null_band_covers_in_calm_and_in_turbulent_times(gold):
    assert len(gold.counted) > 2000
    assert COVERED[0] <= gold.coverage()["coverage"].iloc[0] <= COVERED[1]
    fifths = gold.coverage("state")
    assert len(fifths) == 5
    assert fifths["coverage"].between(*QUINTILE_COVERED).all()


@pytest.mark.slow
def test_on_gold_returns_taken_as_independent_fail_where_crashes_are(gold):
    """It covers overall and not in the most turbulent fifth: the reason for filtering."""
    top = gold.coverage("state").iloc[-1]
    error = np.sqrt(0.9 * 0.1 / top["windows"])
    assert COVERED[0] <= gold.coverage()["iid_coverage"].iloc[0] <= COVERED[1]
    assert top["iid_coverage"] < 0.9 - SURE * error
    assert top["iid_coverage"] < top["coverage"]


@pytest.mark.slow
def test_on_gold_no_placebo_window_is_one_of_the_named_events(gold):
    left_out = gold.table.loc[gold.table["reason"] != "", "reason"]
    assert {"touches gold-2013", "touches taper-2013", "touches covid-2020"} <= set(left_out)

"""The whole split on a market of known truth: what adds up, what scales, what does not matter."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from split_markets import (
    DOLLAR,
    EVENT,
    FLOW_COLUMNS,
    World,
    build_world,
    event_rows,
    scaled,
)

from ratemodel.config import Sample
from ratemodel.decomposition import decompose
from ratemodel.errors import CoverageError, IdentityError, StudyError
from ratemodel.shocks import shock_series
from ratemodel.types.decomposition import COMPONENTS, CrashDecomposition
from ratemodel.types.market import Market
from ratemodel.types.shocks import ShockSeries

SEED = 20260130
DRAWS = 150
LEVERAGE = {"GC": -9.0, "GLD": -9.0, "BTC": -9.0, "FUT": -9.0}
ASSETS = list(LEVERAGE)
PARTS = ["drift", "rate_premium", "dollar", "leverage", "residual"]
ADDS_UP = 1e-10
"""pp; what the tables promise."""
SAME = {"rtol": 1e-9, "atol": 1e-11}
"""The same numbers after another round of sums and solves."""
SAME_OPTIMUM = {"rtol": 1e-4, "atol": 0.0}
"""A likelihood is flat at its top: the optimiser stops where it likes within its tolerance."""


def flow_rows(world_dates: pd.DatetimeIndex, flow: float = -3e9) -> pd.DataFrame:
    low, high = sorted([0.8 * flow, 1.2 * flow])
    first = world_dates[352]
    rows = [
        (EVENT, first, "levered_etf", "flow_observed", "GC", "", low, flow, high),
        (EVENT, pd.NaT, "impact", "adv", "GC;GLD", "", 6e10, 1.3e11, 1.6e11),
        ("all", pd.NaT, "impact", "y_square_root", "all", "", 0.5, 1.0, 1.5),
    ]
    return pd.DataFrame([(*row, "usd", "A", "test") for row in rows], columns=FLOW_COLUMNS)


@pytest.fixture(scope="module")
def world() -> World:
    plain = build_world(SEED, leverage_pp=LEVERAGE)
    market = replace(plain.market, forced_flows=flow_rows(plain.dates))
    return replace(plain, market=market)


def split(
    market: Market, shocks: ShockSeries, assets: list[str] | None = None, **options
) -> CrashDecomposition:
    given = {"event": EVENT, "dollar": DOLLAR, "draws": DRAWS, "sample": Sample(pre_days=300)}
    return decompose(market, shocks, assets=assets or ASSETS, **{**given, **options})


@pytest.fixture(scope="module")
def result(world) -> CrashDecomposition:
    split(world.market, world.shocks, ["FUT"])  # the first split of a process: see the last test
    return split(world.market, world.shocks)


def wide(frame: pd.DataFrame, value: str = "estimate_pp", *keys: str) -> pd.DataFrame:
    return frame.pivot(index=["asset", *keys], columns="component", values=value)


# --- adding up -----------------------------------------------------------------------------------


def test_the_total_is_the_return_from_the_strike_before_the_event_to_its_last(world, result):
    prices = world.market.prices.pivot(index="date", columns="asset", values="close")
    before, last = world.dates[world.event.start - 1], world.dates[world.event.stop - 1]
    for asset in ASSETS:
        total = 100.0 * np.log(prices.loc[last, asset] / prices.loc[before, asset])
        assert result.component(asset, "total").estimate_pp == pytest.approx(
            total, rel=1e-12, abs=1e-10
        )


def test_parts_sum_to_the_total_for_the_window_and_for_each_day(result):
    for frame, keys in ((result.table, ()), (result.daily, ("trade_date",))):
        parts = wide(frame, "estimate_pp", *keys)
        gap = parts["total"] - parts[PARTS].sum(axis=1)
        assert np.abs(gap).max() < ADDS_UP
    assert result.adding_up_gap_pp() < ADDS_UP


def test_days_sum_to_the_window_component_by_component(result):
    days = result.daily.groupby(["asset", "component"])["estimate_pp"].sum()
    window = result.table.set_index(["asset", "component"])["estimate_pp"]
    np.testing.assert_allclose(days.loc[window.index], window, rtol=0.0, atol=ADDS_UP)


def test_parts_of_the_simple_return_sum_to_it(result):
    simple = wide(result.table, "simple_pct")
    total = wide(result.table)["total"]
    expected = 100.0 * (np.exp(total / 100.0) - 1.0)
    np.testing.assert_allclose(simple["total"], expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(simple[PARTS].sum(axis=1), expected, rtol=0.0, atol=1e-9)


def test_the_ceiling_is_all_that_drift_rates_and_dollar_leave(result):
    parts = wide(result.table)
    rest = parts["total"] - parts["drift"] - parts["rate_premium"] - parts["dollar"]
    np.testing.assert_allclose(parts["leverage_ceiling"], rest, rtol=0.0, atol=ADDS_UP)
    np.testing.assert_allclose(parts["leverage_floor"], parts["leverage"], rtol=0.0, atol=0.0)


@pytest.mark.parametrize("frame", ["table", "daily"])
def test_parts_that_miss_the_total_are_refused(result, frame):
    spoilt = getattr(result, frame).copy()
    row = spoilt.index[spoilt["component"] == "drift"][0]
    spoilt.loc[row, "estimate_pp"] += 1e-6
    with pytest.raises(IdentityError, match="miss the total by 1e-06 pp"):
        replace(result, **{frame: spoilt})


def test_a_part_that_is_no_number_is_refused(result):
    spoilt = result.table.copy()
    spoilt.loc[spoilt["component"] == "dollar", "estimate_pp"] = np.nan
    with pytest.raises(IdentityError):
        replace(result, table=spoilt)


def test_every_component_is_there_once_with_its_kind_of_band(result):
    kinds = result.table.groupby("asset")["component"].apply(list)
    assert all(list(COMPONENTS) == found for found in kinds)
    bands = result.table.drop_duplicates("component").set_index("component")["band"]
    assert bands.to_dict() == {
        "total": "exact",
        "drift": "confidence",
        "rate_premium": "confidence",
        "dollar": "confidence",
        "leverage_floor": "sensitivity",
        "leverage_ceiling": "predictive",
        "leverage": "sensitivity",
        "residual": "sensitivity",
    }
    rest = result.table.loc[result.table["component"] == "residual"].set_index("asset")["band"]
    # Where flows were measured their range is in it; elsewhere it is sampling error alone.
    assert rest.to_dict() == {a: "sensitivity" if a == "GC" else "confidence" for a in ASSETS}
    for frame in (result.table, result.daily):
        assert (frame["low_pp"] <= frame["estimate_pp"] + ADDS_UP).all()
        assert (frame["estimate_pp"] <= frame["high_pp"] + ADDS_UP).all()


# --- shocks --------------------------------------------------------------------------------------


def dates_of_the_window(
    result: CrashDecomposition, dates: pd.DatetimeIndex, asset: str
) -> pd.DatetimeIndex:
    span = result.windows.set_index("asset").loc[asset]
    return dates[(dates >= span["first_shock"]) & (dates <= span["last_shock"])]


@pytest.mark.parametrize("asset", ASSETS)
def test_no_news_in_the_window_is_no_rate_premium(world, result, asset):
    dates = dates_of_the_window(result, world.dates, asset)
    again = split(world.market, scaled(world.shocks, 0.0, dates), [asset])
    assert again.component(asset, "rate_premium")[:3] == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("factor", [-1.0, 0.1, 25.0])
def test_the_rate_premium_does_not_depend_on_the_unit_of_shocks(world, result, factor):
    again = split(world.market, scaled(world.shocks, factor))
    names = ["total", "drift", "rate_premium", "dollar", "leverage_ceiling"]
    np.testing.assert_allclose(wide(again.table)[names], wide(result.table)[names], **SAME)
    np.testing.assert_allclose(
        again.windows["sigma_pre_pp"], result.windows["sigma_pre_pp"], **SAME_OPTIMUM
    )
    np.testing.assert_allclose(
        again.loadings.estimate("GC") * factor, result.loadings.estimate("GC"), **SAME
    )


@pytest.mark.parametrize("asset", ASSETS)
@pytest.mark.parametrize("factor", [-1.0, 25.0])
def test_more_news_in_the_window_is_more_rate_premium_in_proportion(world, result, asset, factor):
    dates = dates_of_the_window(result, world.dates, asset)
    again = split(world.market, scaled(world.shocks, factor, dates), [asset])
    assert again.loadings.estimate(asset) == result.loadings.estimate(asset)
    for name, scale in (("rate_premium", factor), ("drift", 1.0)):
        expected = scale * np.array(result.component(asset, name)[0])
        np.testing.assert_allclose(again.component(asset, name)[0], expected, **SAME)


def test_without_a_dollar_its_part_is_zero(world, result):
    alone = split(world.market, world.shocks, dollar=None)
    assert alone.component("GC", "dollar")[:3] == (0.0, 0.0, 0.0)
    for asset in ASSETS:
        shift = alone.component(asset, "residual").estimate_pp
        shift -= result.component(asset, "residual").estimate_pp
        assert abs(shift) < 8.0
    assert set(alone.loadings.to_frame()["shock"]) == {"path_bp"}


def test_known_parts_are_recovered_within_their_bands(world, result):
    """One draw of a world: of twelve 90 % bands, four miss once in forty."""
    missed = 0
    for asset in ASSETS:
        leverage = result.component(asset, "leverage_ceiling")
        missed += not leverage.low_pp < LEVERAGE[asset] < leverage.high_pp
        row = result.loadings.row(asset)
        missed += not row["ci_low"] < -0.04 < row["ci_high"]
        drift = result.component(asset, "drift")
        missed += not drift.low_pp < 0.10 < drift.high_pp
    assert missed <= 3


# --- flows ---------------------------------------------------------------------------------------


def test_leverage_is_the_floor_without_a_model_and_zero_with_a_note_without_a_flow(result):
    floor = result.component("GC", "leverage_floor")
    assert floor.low_pp < floor.estimate_pp < floor.high_pp < 0.0
    np.testing.assert_allclose(result.component("GC", "leverage")[:3], floor[:3], **SAME)
    notes = result.table.set_index(["asset", "component"])["note"]
    assert result.component("BTC", "leverage")[:3] == (0.0, 0.0, 0.0)
    assert notes["BTC", "leverage_floor"] == f"no flow of BTC was measured in {EVENT}"
    assert "zero for want of a measurement" in notes["BTC", "leverage"]
    assert notes["GC", "leverage"].startswith("levered_etf: no leverage, aum_before; ")
    assert list(result.flows["asset"]) == ["GC"]


@pytest.mark.parametrize("flow", [3e9, -5e13], ids=["bought into a crash", "sold more than fell"])
def test_flows_that_prices_contradict_are_called_out(world, flow):
    market = replace(world.market, forced_flows=flow_rows(world.dates, flow))
    again = split(market, world.shocks, ["GC"])
    rows = again.table.set_index("component")
    for name in ("leverage_floor", "leverage_ceiling", "leverage"):
        assert rows.loc[name, "note"] == "flows and prices disagree"
    assert again.windows["disagree"].all()


def test_flows_that_prices_bear_out_are_not(result):
    assert not result.windows["disagree"].any()


def test_leverage_and_residual_share_what_the_ceiling_leaves(result):
    parts = wide(result.table)
    np.testing.assert_allclose(
        parts["leverage"] + parts["residual"], parts["leverage_ceiling"], rtol=0.0, atol=ADDS_UP
    )


# --- what must not matter ------------------------------------------------------------------------


def text(found: CrashDecomposition) -> str:
    return "".join(
        frame.to_csv(index=False)
        for frame in (found.table, found.daily, found.windows, found.loadings.to_frame())
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_bands(world, result):
    assert text(split(world.market, world.shocks)) == text(result)
    other = split(world.market, world.shocks, seed=1)
    pd.testing.assert_series_equal(other.table["estimate_pp"], result.table["estimate_pp"])
    assert (other.table["low_pp"] != result.table["low_pp"]).any()


def test_the_number_of_processes_does_not_matter(world, result):
    assert text(split(world.market, world.shocks, n_jobs=2)) == text(result)


@pytest.mark.parametrize("asset", ASSETS)
def test_other_assets_of_the_study_do_not_matter(world, result, asset):
    alone = split(world.market, world.shocks, [asset])
    ours = result.table.loc[result.table["asset"] == asset]
    assert alone.table.to_csv(index=False) == ours.to_csv(index=False)


def test_other_events_of_the_study_do_not_matter(world):
    early = ("early", world.dates[330], world.dates[331], "")
    crash = (EVENT, world.dates[352], world.dates[353], "")
    market = replace(world.market, events=event_rows(early, crash))
    both = split(market, world.shocks, ["GC"], event="all", sample=Sample(pre_days=200))
    alone = split(market, world.shocks, ["GC"], sample=Sample(pre_days=200))
    assert both.events == ["early", EVENT]
    ours = both.table.loc[both.table["event"] == EVENT]
    assert alone.table.to_csv(index=False) == ours.to_csv(index=False)


# --- samples and windows -------------------------------------------------------------------------


def test_the_sample_has_the_days_asked_for_and_ends_before_the_event(world):
    found = split(world.market, world.shocks, sample=Sample(pre_days=200)).windows
    assert found["sample_rows"].between(200 - 6, 200).all()
    assert (found["last_sample_utc"] <= found["start_utc"]).all()
    assert (found["first"] == world.dates[world.event][0]).all()
    dated = split(world.market, world.shocks, sample=Sample(start=world.dates[152])).windows
    assert list(dated["sample_rows"]) == list(found["sample_rows"])


def test_an_end_that_is_no_trade_date_extends_to_the_next(world):
    friday = next(k for k in range(340, 352) if (world.dates[k + 1] - world.dates[k]).days >= 3)
    saturday = world.dates[friday] + pd.Timedelta(days=1)
    market = replace(world.market, events=event_rows((EVENT, world.dates[friday], saturday, "")))
    found = split(market, world.shocks).windows
    assert (found["last"] == world.dates[friday + 1]).all()
    assert (found["rows"] == 2).all()


def test_shocks_of_the_window_are_listed(world, result):
    first, last = world.dates[world.event][[0, -1]]
    position = world.dates.get_loc(last)
    spans = result.windows.set_index("asset")
    assert spans.loc["GC", "first_shock"] == world.dates[world.event.start - 1]
    assert spans.loc["GC", "last_shock"] == last
    assert spans.loc["GLD", "first_shock"] == first
    assert spans.loc["GLD", "last_shock"] == world.dates[position + 1]
    assert tuple(spans.loc["FUT", ["first_shock", "last_shock"]]) == (first, last)
    notes = result.table.set_index(["asset", "component"])["note"]
    assert notes["FUT", "rate_premium"] == f"shocks of {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    days = result.daily.set_index(["asset", "component", "trade_date"])["note"]
    assert days["FUT", "rate_premium", first] == f"shock of {first:%Y-%m-%d}"


def test_a_return_without_an_announcement_has_no_rate_premium_and_says_so(world):
    """Surprises of every other day: one of the event's two returns holds one, the other none."""
    announced = world.dates[world.event.start % 2 :: 2].tz_localize("America/New_York")
    rng = np.random.default_rng(SEED)
    surprises = pd.Series(
        rng.normal(scale=3.0, size=len(announced)), announced + pd.Timedelta(hours=14)
    )
    days = split(world.market, shock_series(surprises), ["GLD"]).daily
    rates = days.loc[days["component"] == "rate_premium"].set_index("trade_date")
    first, second = world.dates[world.event]
    assert rates.loc[first, "note"] == f"shock of {first:%Y-%m-%d}"
    assert rates.loc[second, "note"] == "no shock falls into the returns"
    assert (rates.loc[second, ["estimate_pp", "low_pp", "high_pp"]] == 0.0).all()


def test_an_event_may_name_its_assets(world):
    crash = (EVENT, world.dates[352], world.dates[353], "BTC;GLD")
    market = replace(world.market, events=event_rows(crash))
    assert split(market, world.shocks).assets == ["GLD", "BTC"]


# --- what is refused -----------------------------------------------------------------------------


def test_an_unknown_event_or_method_is_refused_with_those_there_are(world):
    with pytest.raises(StudyError, match=r"unknown event 'boom'; the events table has crash"):
        split(world.market, world.shocks, event="boom")
    with pytest.raises(StudyError, match=r"method must be one of flows.*'magic'"):
        split(world.market, world.shocks, method="magic")


def test_an_event_beyond_the_data_is_refused_with_their_span(world):
    late = (EVENT, world.dates[-1], world.dates[-1] + pd.Timedelta(days=30), "")
    market = replace(world.market, events=event_rows(late))
    with pytest.raises(CoverageError, match=f"{world.dates[-1]:%Y-%m-%d}"):
        split(market, world.shocks)


def test_what_cannot_be_split_is_listed_beside_what_can(world):
    prices = world.market.prices
    short = (prices["asset"] != "BTC") | (prices["date"] >= world.dates[320])
    found = split(replace(world.market, prices=prices.loc[short]), world.shocks)
    assert found.assets == ["GC", "GLD", "FUT"]
    assert "60 are needed" in found.omitted[EVENT, "BTC"]


@pytest.mark.parametrize("kind", ["replica", "market"])
def test_a_split_says_what_kind_of_data_it_is_of(world, kind):
    market = replace(world.market, data_kind=kind)
    assert split(market, world.shocks, ["FUT"]).data_kind == kind


# --- views ---------------------------------------------------------------------------------------


def test_the_summary_says_the_residual_first(result):
    lines = result.summary().splitlines()
    assert len(lines) == len(ASSETS)
    for asset, line in zip(ASSETS, lines, strict=True):
        rest = result.component(asset, "residual")
        assert line.startswith(f"{asset}, {EVENT}: ")
        assert f"Not explained {rest.estimate_pp:+.2f}" in line
        order = [
            line.index(word) for word in ("Not explained", "rates", "dollar", "Leverage between")
        ]
        assert order == sorted(order)
        assert "if other news was no larger than before" in line


def test_look_ups_name_what_is_missing(result):
    with pytest.raises(CoverageError, match="no component luck of GC"):
        result.component("GC", "luck")
    with pytest.raises(CoverageError, match="no component total of XAU"):
        result.component("XAU", "total")
    frame = result.to_frame()
    frame["estimate_pp"] = 0.0
    assert result.component("GC", "total").estimate_pp != 0.0
    assert str(result) == f"decomposition of {EVENT} for GC, GLD, BTC, FUT"


# --- data that do not say enough, and processes --------------------------------------------------


def without_dollar_from(world: World, first: int, stop: int) -> Market:
    rates = world.market.rates
    lost = rates["date"].isin(world.dates[first:stop])
    return replace(world.market, rates=rates.loc[~lost])


@pytest.mark.parametrize(
    ("first", "stop", "why"),
    [
        (352, None, "dollar moves cover 0.0 days, the event's"),
        (353, 354, "dollar moves cover"),
        (0, 330, "complete rows between"),
        (0, 359, "no returns of DTWEXBGS"),
    ],
    ids=["not yet published", "holiday at the end", "begins too late", "one fixing"],
)
def test_a_dollar_that_does_not_fit_costs_its_own_part_only(world, first, stop, why):
    """It is left out with the reason, and all else is what it is in a study without a dollar."""
    market = without_dollar_from(world, first, stop)
    found = split(market, world.shocks, ["GLD"])
    alone = split(market, world.shocks, ["GLD"], dollar=None)
    numbers = ["component", "estimate_pp", "low_pp", "high_pp"]
    pd.testing.assert_frame_equal(found.table[numbers], alone.table[numbers])
    note = found.table.set_index("component").loc["dollar", "note"]
    assert note.startswith("DTWEXBGS is left out, and part of what is not explained (")
    row = found.loadings.row("GLD", "dollar")
    assert why in row["reason"]
    assert row["reason"] in note
    assert np.isnan(row["estimate_pp_per_bp"])


def test_news_known_only_over_several_days_is_not_no_news_on_one_of_them(world):
    """Changes from Wednesday to Wednesday cannot be read on a Friday."""
    wednesdays = world.dates[world.dates.day_of_week == 2]
    weekly = world.shocks.of().cumsum().loc[wednesdays].diff()
    shocks = shock_series(weekly, known_at="15:00 America/New_York")
    friday = world.dates[(world.dates.day_of_week == 4) & (world.dates > world.dates[340])][0]
    market = replace(world.market, events=event_rows((EVENT, friday, friday, "")))
    with pytest.raises(CoverageError):
        split(market, shocks, ["FUT"])


def test_one_early_close_in_the_event_does_not_split_the_shock_in_two(world):
    """Struck with the shock but for one day of the event: in the sample both sides are equal."""
    prices = world.market.prices.copy()
    early = (prices["asset"] == "FUT") & (prices["date"] == world.dates[world.event][0])
    prices.loc[early, "struck_at"] = "13:00 America/New_York"
    split(replace(world.market, prices=prices), world.shocks, ["FUT"])


FIRST_AND_SECOND = """
import sys
sys.path.insert(0, sys.argv[1])
from split_markets import EVENT, build_world
from ratemodel.config import Sample
from ratemodel.decomposition import decompose
world = build_world(20260130)
options = {"event": EVENT, "assets": ["GC"], "draws": 50, "sample": Sample(pre_days=300)}
first, second = (decompose(world.market, world.shocks, **options) for _ in range(2))
sys.exit(first.table.to_csv() != second.table.to_csv())
"""


def test_the_first_split_of_a_process_has_the_bytes_of_the_second():
    folder = str(Path(__file__).parent)
    run = subprocess.run([sys.executable, "-c", FIRST_AND_SECOND, folder], check=False)
    assert run.returncode == 0

"""Forced selling through the whole split: its identities, its zeros, who may not be modelled."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from split_markets import (
    DOLLAR,
    EVENT,
    FLOW_COLUMNS,
    World,
    build_world,
    scaled,
)

from ratemodel.config import Sample
from ratemodel.decomposition import decompose
from ratemodel.errors import StudyError
from ratemodel.types.decomposition import CrashDecomposition

IDENTITY = {"rtol": 0.0, "atol": 1e-10}
"""pp; what the tables promise."""
DRAWS = 200
FELL_PP = -9.0
NO_SHOCK_PP = 0.0


def row(channel, parameter, value, unit, date=pd.NaT, asset="GC"):
    ends = value if isinstance(value, tuple) else (value,) * 3
    return (EVENT, date, channel, parameter, asset, "gold", *map(float, ends), unit, "B", "test")


IMPACT = (
    row("impact", "adv", (6e10, 1.3e11, 1.6e11), "usd_per_day"),
    row("impact", "y_square_root", (0.5, 1.0, 1.5), "ratio"),
)
FUND = (
    row("levered_etf", "leverage", 2.0, "ratio"),
    row("levered_etf", "aum_before", (4e8, 6e8, 8e8), "usd"),
)
CALLS = (
    row("margin_call", "maintenance_before", 6.0, "pct_of_notional"),
    row("margin_call", "open_interest", (4e4, 5e4, 6e4), "contracts"),
    row("margin_call", "buffer_mean", (0.5, 1.5, 4.0), "multiple_of_margin"),
    row("margin_call", "cash_met_share", (0.5, 0.8, 0.95), "fraction"),
    row("contract", "size", 1000.0, "troy_oz"),
)
VENUES = (
    row("liquidation", "open_interest", (1e8, 2e8, 3e8), "usd"),
    row("liquidation", "leverage", 5.0, "ratio"),
)
TARGETS = (row("volatility_target", "exposure", (1e7, 2e7, 3e7), "usd"),)


def flows(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=FLOW_COLUMNS)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(7, leverage_pp={"GC": FELL_PP})


def split(world: World, *rows: tuple, **options) -> CrashDecomposition:
    market = replace(world.market, forced_flows=flows(*rows))
    given = {"event": EVENT, "dollar": DOLLAR, "draws": DRAWS, "assets": ["GC"]}
    shocks = options.pop("shocks", world.shocks)
    return decompose(market, shocks, sample=Sample(pre_days=300), **{**given, **options})


@pytest.fixture(scope="module")
def everyone(world) -> CrashDecomposition:
    measured = row("levered_etf", "flow_observed", (-9e8, -6e8, -3e8), "usd", world.dates[352])
    return split(world, *IMPACT, *FUND, *CALLS, *VENUES, *TARGETS, measured)


def parts(result: CrashDecomposition) -> pd.DataFrame:
    return result.table.set_index("component")


def test_all_causes_share_the_return_out_to_the_last_digit(everyone):
    causes, held = everyone.counterfactuals, parts(everyone)["estimate_pp"]
    assert list(causes["channel"]) == [
        *("rates", "dollar", "other"),
        *("levered_etf", "margin_call", "liquidation", "volatility_target"),
    ]
    gained = held["total"] - held["drift"]
    for column in ("shapley_pp", "owen_pp"):
        np.testing.assert_allclose(causes[column].sum(), gained, **IDENTITY)
    for same in (("direct_pp", "first_in_pp"), ("with_amplification_pp", "last_in_pp")):
        pd.testing.assert_series_equal(causes[same[0]], causes[same[1]], check_names=False)
    direct = causes.set_index("channel")["direct_pp"]
    np.testing.assert_allclose(direct["rates"], held["rate_premium"], **IDENTITY)
    np.testing.assert_allclose(direct["dollar"], held["dollar"], **IDENTITY)


def test_days_of_effects_sum_to_the_window(everyone):
    effects = ["direct_pp", "with_amplification_pp", "shapley_pp"]
    days = everyone.counterfactuals_daily.groupby("channel")[effects].sum()
    whole = everyone.counterfactuals.set_index("channel")[effects]
    pd.testing.assert_frame_equal(days.loc[whole.index], whole, rtol=0.0, atol=1e-10)
    daily = everyone.daily.pivot(index="trade_date", columns="component", values="estimate_pp")
    shared = everyone.counterfactuals_daily.groupby("trade_date")["shapley_pp"].sum()
    gap = shared - (daily["total"] - daily["drift"])
    np.testing.assert_allclose(gap, 0.0, **IDENTITY)


def test_backed_out_causes_add_up_with_the_impact_of_flows(everyone):
    held, causes = parts(everyone)["estimate_pp"], everyone.counterfactuals
    other = causes.set_index("channel").loc["other", "direct_pp"]
    np.testing.assert_allclose(other + held["leverage"], held["leverage_ceiling"], **IDENTITY)
    np.testing.assert_allclose(other, held["residual"], **IDENTITY)


def test_forced_selling_in_a_fall_makes_it_deeper(everyone):
    causes = everyone.counterfactuals.set_index("channel")
    assert (causes.loc[["levered_etf", "margin_call"], "with_amplification_pp"] < 0.0).all()
    assert (causes["low_pp"] <= causes["high_pp"]).all()
    window = everyone.windows.iloc[0]
    assert 0.0 < window["feedback_gain"] <= window["steepest_gain"] < 1.0
    assert 0 < window["draws_admissible"] <= window["parameter_draws"]


def test_leverage_holds_its_point_and_the_days_add_up(everyone):
    held = parts(everyone).loc["leverage"]
    assert held["low_pp"] <= held["estimate_pp"] <= held["high_pp"] < 0.0
    assert held["band"] == "sensitivity"
    days = everyone.daily.loc[everyone.daily["component"] == "leverage", "estimate_pp"]
    np.testing.assert_allclose(days.sum(), held["estimate_pp"], **IDENTITY)


def test_no_news_of_rates_is_no_effect_of_rates_however_much_is_forced(world):
    quiet = scaled(world.shocks, 0.0, world.dates[350:])
    result = split(world, *IMPACT, *FUND, *CALLS, shocks=quiet)
    rates = result.counterfactuals.set_index("channel").loc["rates"]
    for effect in ("direct_pp", "with_amplification_pp", "shapley_pp", "with_channels_pp"):
        np.testing.assert_allclose(rates[effect], NO_SHOCK_PP, **IDENTITY)
    premium = result.component("GC", "rate_premium")
    np.testing.assert_allclose(premium[:3], NO_SHOCK_PP, **IDENTITY)


def test_without_flows_the_floor_is_zero_and_leverage_is_said_to_be_unknown(world):
    result = split(world)
    held = parts(result)
    for component in ("leverage_floor", "leverage"):
        values = held.loc[component, ["estimate_pp", "low_pp", "high_pp"]].to_numpy(float)
        np.testing.assert_allclose(values, 0.0, **IDENTITY)
    note = held.loc["leverage", "note"]
    assert note.startswith(f"no flow of GC was measured in {EVENT}; no forced trader can be mod")
    assert "not a finding" in note
    np.testing.assert_allclose(
        held.loc["residual", "estimate_pp"], held.loc["leverage_ceiling", "estimate_pp"], **IDENTITY
    )


def test_causes_that_nothing_amplifies_have_the_bands_of_the_split(world):
    result = split(world)
    for table, split_rows, key in (
        (result.counterfactuals, result.table, ["channel"]),
        (result.counterfactuals_daily, result.daily, ["trade_date", "channel"]),
    ):
        component = {"rates": "rate_premium", "dollar": "dollar"}
        causes = table.loc[table["channel"].isin(component)].replace({"channel": component})
        parts = split_rows.rename(columns={"component": "channel"}).set_index(key)
        for row in causes.set_index(key).itertuples():
            same = parts.loc[row.Index]
            assert (row.low_pp, row.high_pp) == (same["low_pp"], same["high_pp"])
            assert row.with_amplification_pp == pytest.approx(
                same["estimate_pp"], rel=0.0, abs=1e-10
            )


def test_an_unleveraged_fund_moves_nothing(world):
    plain = (row("levered_etf", "leverage", 1.0, "ratio"), FUND[1])
    result = split(world, *IMPACT, *plain)
    np.testing.assert_allclose(result.component("GC", "leverage")[:3], 0.0, **IDENTITY)
    fund = result.counterfactuals.set_index("channel").loc["levered_etf"]
    np.testing.assert_allclose(fund["with_amplification_pp"], 0.0, **IDENTITY)


def test_a_model_that_quiet_days_refute_does_not_cost_the_split(world):
    huge = (FUND[0], row("levered_etf", "aum_before", (1e15, 2e15, 3e15), "usd"))
    result = split(world, *IMPACT, *huge)
    held = parts(result)
    assert not result.omitted
    assert held.loc["leverage", "estimate_pp"] == 0.0
    assert "0 of 2,000 draws of levered_etf are left by quiet days" in held["note"]["leverage"]
    assert set(result.counterfactuals["channel"]) == {"rates", "dollar", "other"}
    measured = row("levered_etf", "flow_observed", (-9e8, -6e8, -3e8), "usd", world.dates[352])
    still = split(world, *IMPACT, *huge, measured)
    np.testing.assert_allclose(
        still.component("GC", "leverage").estimate_pp,
        still.component("GC", "leverage_floor").estimate_pp,
        **IDENTITY,
    )
    assert still.component("GC", "leverage_floor").estimate_pp < 0.0


def test_a_range_that_hardly_any_draw_is_left_of_is_no_range(world, monkeypatch):
    """Funds of a billion to a quadrillion: quiet days leave the small ones, and a count says so."""
    wide = (FUND[0], row("levered_etf", "aum_before", (1e9, 1e12, 1e15), "usd"))
    result = split(world, *IMPACT, *wide)
    held = parts(result).loc["leverage"]
    kept, of = map(int, re.search(r"(\d+) of (\d+) parameter values kept", held["note"]).groups())
    assert 50 <= kept < of / 2
    assert held["low_pp"] < held["high_pp"]
    monkeypatch.setattr("ratemodel.decomposition.forced.MIN_KEPT", kept + 1)
    fewer = parts(split(world, *IMPACT, *wide)).loc["leverage"]
    assert fewer["low_pp"] == fewer["high_pp"] == 0.0
    assert "only measured flows are counted" in fewer["note"]


def test_every_joint_draw_has_its_effects(everyone):
    assert (everyone.counterfactuals["draws"] == DRAWS + 1).all()
    effects = everyone.counterfactuals.select_dtypes("number").drop(columns="net_of_usual_gain_pp")
    assert np.isfinite(effects.to_numpy()).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"level": 90}, "level is a fraction from 0.5 to below 1, got 90"),
        ({"draws": 0}, "draws must be at least 10, got 0"),
        ({"seed": -1}, "seed must not be negative, got -1"),
    ],
    ids=str,
)
def test_bands_that_cannot_be_are_refused(world, options, words):
    with pytest.raises(StudyError, match=words):
        split(world, **options)


def test_a_margin_raised_in_the_event_counts_by_the_clock_asked_for(world):
    raised = row("margin_call", "maintenance_after", 9.0, "pct_of_notional", world.dates[353])
    margins = pd.DataFrame(
        {
            "announced": [world.dates[351]],
            "effective_after_close": [world.dates[353]],
            "product": ["GC"],
        }
    ).reindex(columns=world.market.margins.columns)
    raised_world = replace(world, market=replace(world.market, margins=margins))
    by_clock = {
        clock: split(raised_world, *IMPACT, *CALLS, raised, margin_clock=clock)
        .component("GC", "leverage")
        .estimate_pp
        for clock in ("effective", "announced")
    }
    without = split(world, *IMPACT, *CALLS).component("GC", "leverage").estimate_pp
    np.testing.assert_allclose(by_clock["effective"], without, **IDENTITY)
    assert by_clock["announced"] < without


def test_shares_are_empty_for_a_return_that_is_no_larger_than_noise():
    result = split(build_world(7), *IMPACT)
    assert result.table["share_pct"].isna().all()
    fell = split(build_world(7, leverage_pp={"GC": FELL_PP}), *IMPACT)
    assert fell.table.set_index("component")["share_pct"]["total"] == pytest.approx(
        100.0, rel=1e-12, abs=0.0
    )

"""The rate-cut premium: its dates, its identity, and what it leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import ratemodel as rm
from ratemodel.config import Sample
from ratemodel.decomposition import rate_cut_premium
from ratemodel.types.decomposition import CrashDecomposition
from ratemodel.types.market import Market
from ratemodel.types.path import RatePath

IDENTITY = {"rtol": 0.0, "atol": 1e-10}
EVENT = "metals-2026"
ASSETS = ["GC", "BTC"]


@pytest.fixture(scope="module")
def market() -> Market:
    return rm.load_market("replica")


@pytest.fixture(scope="module")
def path(market) -> RatePath:
    return rm.implied_path(market.futures, market.fomc, market.rates)


@pytest.fixture(scope="module")
def split(market, path) -> CrashDecomposition:
    sample = Sample(start=pd.Timestamp("2024-09-16"))
    return rm.decompose(market, rm.path_shocks(path), assets=ASSETS, draws=200, sample=sample)


@pytest.fixture(scope="module")
def table(market, path, split) -> pd.DataFrame:
    return rate_cut_premium(path, split, market.prices).set_index(["asset", "when"])


@pytest.mark.parametrize("asset", ASSETS)
def test_after_less_before_is_the_loading_times_the_events_shocks(split, table, asset):
    beta = split.loadings.row(asset, "path_bp", event=EVENT)["estimate_pp_per_bp"]
    revised = split.shocks[EVENT].of("path_bp").loc["2026-01-30":"2026-02-02"].sum()
    changed = table.loc[asset]
    gained = changed.loc["after", "premium_pp"] - changed.loc["before", "premium_pp"]
    np.testing.assert_allclose(gained, beta * revised, **IDENTITY)
    cuts = changed.loc["after", "cuts_priced_bp"] - changed.loc["before", "cuts_priced_bp"]
    np.testing.assert_allclose(cuts, revised, **IDENTITY)


@pytest.mark.parametrize("asset", ASSETS)
def test_the_peak_is_the_highest_close_of_sixty_trade_dates_before(market, path, table, asset):
    earlier = path.trade_dates[path.trade_dates < pd.Timestamp("2026-01-30")][-60:]
    closes = market.prices.loc[market.prices["asset"] == asset].set_index("date")["close"]
    assert table.loc[(asset, "peak"), "date"] == closes.reindex(earlier).idxmax()
    assert table.loc[(asset, "before"), "date"] == earlier[-1]
    assert table.loc[(asset, "after"), "date"] == pd.Timestamp("2026-02-02")


def test_cuts_are_those_of_the_path_by_one_date_and_from_one_rate(path, split, table):
    horizon = split.shocks[EVENT].fixed_date or pd.Timestamp("2027-01-30")
    assert (table["horizon_date"] == horizon).all()
    before = pd.Timestamp("2026-01-29")
    rows = path.to_frame().set_index("trade_date")
    held = rows.loc[before]
    reached = held.loc[held["effective_date"] <= horizon, "rate_pct"].iloc[-1]
    current = held.loc[held["meeting"].isna(), "rate_pct"].iloc[0]
    cuts = table.loc[("GC", "before"), "cuts_priced_bp"]
    # From the rate consistent with the target, not from the day's: they are a few bp apart.
    assert cuts == pytest.approx(100.0 * (reached - current), rel=0.0, abs=5.0)


def test_the_interval_is_that_of_the_loading(split, table):
    load = split.loadings.row("GC", "path_bp", event=EVENT)
    row = table.loc[("GC", "peak")]
    ends = sorted(row["cuts_priced_bp"] * np.array([load["ci_low"], load["ci_high"]]))
    np.testing.assert_allclose([row["low_pp"], row["high_pp"]], ends, **IDENTITY)
    assert "extrapolation" in row["note"]


def test_other_shocks_than_the_paths_have_no_cuts_to_speak_of(market, path, split):
    outside = {
        name: replace(
            series,
            values_bp=series.values_bp.rename(columns={"path_bp": "two_year_bp"}),
            errors_bp=series.errors_bp.rename(columns={"path_bp": "two_year_bp"}),
            identified=series.identified.rename(columns={"path_bp": "two_year_bp"}),
        )
        for name, series in split.shocks.items()
    }
    other = replace(split, shocks=outside)
    assert rate_cut_premium(path, other, market.prices).empty


def test_an_asset_without_a_price_before_has_no_peak(market, path, split):
    recent = market.prices.loc[market.prices["date"] >= pd.Timestamp("2026-01-30")]
    table = rate_cut_premium(path, split, recent)
    assert set(table["when"]) == {"before", "after"}

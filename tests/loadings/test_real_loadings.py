"""Real prices and published surprises: what only matched clocks can show."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import ratemodel as rm
from ratemodel.estimators import estimate_loadings
from ratemodel.types.market import Market
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries

ASSETS = ("GC", "SI", "GLD", "XAU_LBMA_PM", "BTC")
KNOWN_AFTER = pd.Timedelta("20min")
"""The surprises are changes from 10 minutes before a statement to 20 after."""
END = "2026-01-30"
ERRORS_ALLOWED = 2.0


@cache
def market(folder: Path) -> Market:
    """On the dates of yields: futures have a gap of a year in 2023 and 2024."""
    return replace(rm.load_market(folder), dates_from="yields")


@cache
def returns(folder: Path) -> Returns:
    return rm.log_returns(market(folder), ASSETS)


@cache
def two_year(folder: Path) -> ShockSeries:
    values = 100.0 * market(folder).rate("DGS2").dropna().diff().dropna()
    return rm.shock_series(values, known_at="15:30 America/New_York")


def statements(reference: Path) -> pd.Series:
    """ED4 on scheduled statements 2000-09..2025-12, percentage points, by when it was known."""
    table = pd.read_csv(reference / "usmpd_statements.csv", parse_dates=["date_time"])
    table = table.loc[(table["Unscheduled"] == 0) & table["Date"].between("2000-09", "2025-12-31")]
    known = pd.DatetimeIndex(table["date_time"] + KNOWN_AFTER).tz_localize("America/New_York")
    return pd.Series(table["ED4"].to_numpy(), index=known, name="ED4")


def event_row(folder: Path, reference: Path, asset: str, **more) -> pd.Series:
    table = estimate_loadings(
        returns(folder),
        rm.shock_series(statements(reference), unit="pp"),
        before=END,
        method="events",
        assets=[asset],
        cov="HC1",
        **more,
    )
    return table.row(asset, "ED4", "events")


def same_date(folder: Path, reference: Path, asset: str):
    values = statements(reference)
    own = returns(folder).of(asset).set_index("date")["log_return_pp"]
    paired = own.reindex(values.index.tz_localize(None).normalize()).to_numpy()
    known = np.isfinite(paired)
    return sm.OLS(paired[known], sm.add_constant(values.to_numpy()[known])).fit(cov_type="HC1")


def test_gold_falls_by_7_8_percent_a_point_of_ed4(shared_data, shared_reference):
    """method.md section 4: 202 scheduled days, -7.8 % per percentage point, t -3.7."""
    row = event_row(shared_data, shared_reference, "GC")
    assert row["n"] == 202
    assert 100.0 * row["estimate_pp_per_bp"] == pytest.approx(-7.8, rel=0.0, abs=0.3)
    assert row["estimate_pp_per_bp"] / row["std_err"] == pytest.approx(-3.7, rel=0.0, abs=0.1)


def test_on_the_same_date_gold_seems_not_to_care(shared_data, shared_reference):
    """method.md section 4: +0.5 % per percentage point, t 0.6."""
    naive = same_date(shared_data, shared_reference, "GC")
    assert naive.params[1] == pytest.approx(0.5, rel=0.0, abs=0.5)
    assert abs(naive.tvalues[1]) < 1.0


@pytest.mark.parametrize(("asset", "moved"), [("SI", True), ("XAU_LBMA_PM", True), ("GLD", False)])
def test_other_clocks_need_no_switch(shared_data, shared_reference, asset, moved):
    """Silver and the London fix are struck before statements, the fund at 16:00 after them."""
    row = event_row(shared_data, shared_reference, asset)
    naive = same_date(shared_data, shared_reference, asset)
    assert row["estimate_pp_per_bp"] / row["std_err"] < -3.0
    assert (100.0 * row["estimate_pp_per_bp"] < naive.params[1] - 3.0) == moved
    if not moved:
        assert 100.0 * row["estimate_pp_per_bp"] == pytest.approx(naive.params[1], rel=1e-9, abs=0)


def test_bitcoin_is_struck_at_midnight_utc(shared_data, shared_reference):
    """A statement of 14:00 is in the close of its own UTC date: matched and naive are one."""
    row = event_row(shared_data, shared_reference, "BTC")
    naive = same_date(shared_data, shared_reference, "BTC")
    assert row["n"] == naive.nobs
    assert 100.0 * row["estimate_pp_per_bp"] == pytest.approx(naive.params[1], rel=1e-9, abs=0.0)


def daily(folder: Path, asset: str, after: str, before: str) -> pd.Series:
    table = estimate_loadings(
        returns(folder), two_year(folder), before=before, after=after, assets=[asset]
    )
    return table.row(asset, "DGS2")


@pytest.mark.parametrize("asset", ["GC", "GLD", "XAU_LBMA_PM"])
def test_the_loading_on_the_two_year_shrank_and_is_alike_on_every_clock(shared_data, asset):
    """method.md section 4: 2015-19 -.12, -.105, -.12; 2022..2024-09 -.05; since -.02 to -.04."""
    early = daily(shared_data, asset, "2015-01-01", "2020-01-01")
    middle = daily(shared_data, asset, "2022-01-01", "2024-09-16")
    late = daily(shared_data, asset, "2024-09-16", END)
    assert -0.14 < early["estimate_pp_per_bp"] < -0.09
    assert -0.06 < middle["estimate_pp_per_bp"] < -0.04
    assert -0.05 < late["estimate_pp_per_bp"] < 0.0
    apart = late["estimate_pp_per_bp"] - middle["estimate_pp_per_bp"]
    assert abs(apart) < ERRORS_ALLOWED * np.hypot(late["std_err"], middle["std_err"])


def test_gold_broke_between_2017_and_2021(shared_data):
    row = daily(shared_data, "GC", "2015-01-01", END)
    assert row["break_statistic"] > 20.0
    assert row["break_p"] < 1e-3
    assert 2017 <= row["break_date"].year <= 2021


def test_every_method_gives_a_number_or_a_reason(shared_data):
    from ratemodel.estimators import METHODS

    for method in METHODS:
        row = estimate_loadings(
            returns(shared_data),
            two_year(shared_data),
            before=END,
            after="2022-01-01",
            assets=["GC"],
            method=method,
        ).row("GC", "DGS2", method)
        if method == "shrinkage":
            assert "no published loading of GC on DGS2" in row["reason"]
            continue
        assert row["converged"], method
        if method == "rigobon_sack":
            assert row["ci_low"] < daily(shared_data, "GC", "2022-01-01", END)["estimate_pp_per_bp"]
            continue
        assert -0.12 < row["estimate_pp_per_bp"] < 0.02, method

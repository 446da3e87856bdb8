"""Diagnostics: each is shown to pass where it should and to fail where it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import ratemodel as rm
from ratemodel.checks import calendar_agrees, front_contract, front_contract_errors_bp
from ratemodel.types.checks import Check, CheckTable

EXACT_BP = 1e-9
"""Means of a month's days are summed in another order than here."""


@pytest.fixture(scope="module")
def market():
    """The replica."""
    return rm.load_market("replica")


def target_rows(dates, value: float) -> pd.DataFrame:
    return pd.DataFrame({"date": dates, "series": "DFEDTAR", "value": value})


def test_an_agreeing_calendar_passes_under_either_dating_of_a_change(market):
    assert calendar_agrees(market).passed
    later = market.rates.copy()
    moved = later["series"].isin(["DFEDTARU", "DFEDTARL"])
    later.loc[moved, "date"] = later.loc[moved, "date"] - pd.Timedelta(days=1)
    assert calendar_agrees(replace(market, rates=later)).passed


def test_a_target_the_calendar_does_not_know_is_counted_and_fatal(market):
    rows = market.rates.copy()
    week = rows["date"].between("2025-03-03", "2025-03-07")
    rows.loc[week & rows["series"].isin(["DFEDTARU", "DFEDTARL"]), "value"] += 0.25
    check = calendar_agrees(replace(market, rates=rows))
    days = rows.loc[week & (rows["series"] == "DFEDTARU"), "date"].nunique()
    assert (check.value, check.passed, check.fatal) == (days, False, True)
    assert "2025-03-03" in check.note


def test_a_calendar_without_a_published_target_is_not_called_tested(market):
    check = calendar_agrees(replace(market, rates=market.rates.iloc[:0]))
    assert check.operator == "info"
    assert "not tested" in check.note


def test_front_contract_errors_are_price_minus_the_mean_of_calendar_days(market):
    path = rm.implied_path(market.futures, market.fomc, market.rates)
    errors = front_contract_errors_bp(path)
    month = pd.Period("2025-02", "M")
    fixings = market.rate("DFF").loc["2025-02-01":"2025-02-28"]
    assert len(fixings) == 28
    own = market.futures.loc[
        (market.futures["contract"] == month) & (market.futures["trade_date"] <= "2025-02-28")
    ]
    last = own.sort_values("trade_date")["settle"].iloc[-1]
    expected = 100.0 * ((100.0 - last) - fixings.mean())
    np.testing.assert_allclose(errors[month], expected, rtol=0, atol=EXACT_BP)
    assert pd.Period(path.trade_dates[-1], "M") not in errors.index
    assert front_contract(path).passed


def test_prices_a_basis_point_off_fail_the_front_contract_check(market):
    futures = market.futures.assign(settle=market.futures["settle"] - 0.01)
    path = rm.implied_path(futures, market.fomc, market.rates)
    check = front_contract(path)
    assert not check.passed
    assert not check.fatal


def test_no_number_never_passes():
    assert not Check("x", float("nan"), "<=", 1.0).passed
    assert Check("x", float("nan"), "info", float("nan")).passed


def test_only_fatal_failures_decide_the_exit_status():
    table = CheckTable(
        (
            Check("a", 2.0, "<=", 1.0),
            Check("b", 2.0, "<=", 1.0, fatal=True),
            Check("c", 0.0, "<=", 1.0, fatal=True),
        )
    )
    assert [check.name for check in table.fatal_failures] == ["b"]
    assert list(table.to_frame()["passed"]) == [False, False, True]

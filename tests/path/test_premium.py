"""Risk premia: published means, what is known when, and what a path without them is."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from expected_days import Meeting, each_day, fomc_table, rates_table

import ratemodel as rm
from ratemodel.path import implied_path
from ratemodel.path.anchor import daily_fixings
from ratemodel.path.premium import FEWEST_MONTHS, excess_rates, expanding_premium_bp
from ratemodel.types.futures import FuturesCurve

EXACT_BP = 1e-9
"""Differences of a few floats of percent."""
LEVEL_BP = 1e-6
"""Posterior means with errors of a hundredth of a basis point: rounding of small systems."""

FIRST = dt.date(2001, 1, 1)
MONTHS = 60


def flat_market(premium_bp_a_month: float) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A rate that never moves, and contracts above it by so much for each month ahead."""
    days = each_day(FIRST, FIRST + dt.timedelta(days=31 * MONTHS))
    rows = []
    for month in pd.period_range(pd.Timestamp(FIRST), periods=MONTHS, freq="M"):
        for day in (month.start_time + pd.Timedelta(days=14), month.end_time.normalize()):
            for ahead in range(7):
                rate = 3.0 + premium_bp_a_month * ahead / 100.0
                rows.append((day, str(month + ahead), 100.0 - rate))
    futures = pd.DataFrame(rows, columns=["trade_date", "contract", "settle"])
    meetings = [Meeting(dt.date(2000, 12, 19), before_pct=3.0, after_pct=3.0)]
    meetings += [Meeting(day) for day in days if day.day == 10 and day.month % 3 == 0]
    return futures, fomc_table(meetings), rates_table(dict.fromkeys(days, 3.0))


def curve_and_fixings(futures: pd.DataFrame, rates: pd.DataFrame):
    fixings = pd.Series(rates["value"].to_numpy(), index=pd.DatetimeIndex(rates["date"]))
    nothing = pd.Series(dtype=float, index=pd.DatetimeIndex([]))
    return FuturesCurve.from_settlements(futures), daily_fixings(fixings, nothing)


def test_excess_is_the_contracts_rate_less_the_months_mean():
    futures, _, rates = flat_market(4.0)
    table = excess_rates(*curve_and_fixings(futures, rates))
    np.testing.assert_allclose(
        table["excess_bp"], 4.0 * table["months_ahead"], rtol=0.0, atol=EXACT_BP
    )
    assert table["months_ahead"].min() == 1
    assert (table["trade_date"] + pd.offsets.MonthEnd(0) == table["trade_date"]).all()


def slow_premium(curve, fixings, today: pd.Timestamp, ahead: int) -> float:
    """The line through zero that fits the contracts already delivered, one at a time."""
    months = pd.Series(curve.trade_dates, index=curve.trade_dates.to_period("M"))
    distances, excesses, contracts = [], [], set()
    for month, date in months.groupby(level=0).max().items():
        for distance in range(1, 13):
            contract = month + distance
            if contract not in curve.months or contract.end_time.normalize() >= today:
                continue
            mark = curve.rates_pct.loc[date, contract]
            if np.isfinite(mark):
                days = pd.date_range(contract.start_time, contract.end_time.normalize())
                distances.append(distance)
                excesses.append(100.0 * (mark - fixings.reindex(days).mean()))
                contracts.add(contract)
    if len(contracts) < FEWEST_MONTHS:
        return 0.0
    slope = np.linalg.lstsq(np.array(distances, float)[:, None], np.array(excesses))[0][0]
    return float(slope * min(ahead, 12))


def test_premia_are_a_line_through_what_was_delivered_by_the_day():
    futures, _, rates = flat_market(4.0)
    rng = np.random.default_rng(1)
    futures["settle"] += rng.normal(0.0, 0.05, len(futures)).round(3)
    curve, fixings = curve_and_fixings(futures, rates)
    premium = expanding_premium_bp(curve, fixings)
    for row in (0, 70, 74, 75, 76, 90, 118):
        for ahead in range(7):
            slow = slow_premium(curve, fixings, curve.trade_dates[row], ahead)
            assert premium[row, ahead] == pytest.approx(slow, rel=0.0, abs=1e-8)


def test_a_premium_leaves_the_shocks_of_contracts_alone():
    futures, fomc, rates = flat_market(4.0)
    rng = np.random.default_rng(4)
    futures["settle"] += rng.normal(0.0, 0.05, len(futures)).round(3)
    paths = [implied_path(futures, fomc, rates, premium=name) for name in ("none", "expanding")]
    bare, less = (rm.path_shocks(path, yields=False) for path in paths)
    assert not np.allclose(paths[0].moves_bp, paths[1].moves_bp, rtol=0.0, atol=0.1)
    pd.testing.assert_frame_equal(bare.values_bp, less.values_bp, check_exact=True)
    pd.testing.assert_frame_equal(bare.errors_bp, less.errors_bp, check_exact=True)
    np.testing.assert_array_equal(paths[0].noise_bp, paths[1].noise_bp)


def test_later_months_do_not_change_an_earlier_premium():
    futures, _, rates = flat_market(4.0)
    rng = np.random.default_rng(2)
    futures["settle"] += rng.normal(0.0, 0.05, len(futures)).round(3)
    whole, fixings = curve_and_fixings(futures, rates)
    early = futures.loc[futures["trade_date"] <= "2005-03-15"]
    part, _ = curve_and_fixings(early, rates)
    rows = len(part.trade_dates)
    np.testing.assert_array_equal(
        expanding_premium_bp(part, fixings), expanding_premium_bp(whole, fixings)[:rows]
    )


def test_a_path_without_premium_expects_no_move_where_none_ever_came():
    futures, fomc, rates = flat_market(4.0)
    options = {"prior_sd_bp": None, "noise_sd_bp": 0.01}
    with_it = implied_path(futures, fomc, rates, **options)
    without = implied_path(futures, fomc, rates, premium="expanding", **options)
    last = without.at(without.trade_dates[-20])
    np.testing.assert_allclose(last["rate_pct"], 3.0, rtol=0.0, atol=LEVEL_BP)
    assert with_it.at(without.trade_dates[-20])["rate_pct"].iloc[-1] > 3.1
    first = without.at(without.trade_dates[5])
    pd.testing.assert_frame_equal(first, with_it.at(without.trade_dates[5]))


@pytest.mark.parametrize("engine", ["fedwatch", "yields"])
def test_other_engines_have_no_premium(engine):
    futures, fomc, rates = flat_market(0.0)
    with pytest.raises(rm.RateModelError, match="premium"):
        implied_path(futures, fomc, rates, engine, premium="expanding")


def test_mean_excess_at_six_months_is_the_published_one(shared_data):
    """method.md: +35 bp in 1988-2003 (contracts begin in 1989), -5 bp in 2016-2023."""
    market = rm.load_market(shared_data)
    path = implied_path(market.futures, market.fomc, market.rates)
    table = excess_rates(path.curve, path.fixings_pct)
    six = table.loc[table["months_ahead"] == 6].set_index("trade_date")["excess_bp"]
    assert six.loc[:"2003"].mean() == pytest.approx(35.0, rel=0.0, abs=1.0)
    assert six.loc["2016":"2023"].mean() == pytest.approx(-5.0, rel=0.0, abs=1.0)

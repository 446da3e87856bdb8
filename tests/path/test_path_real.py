"""The path on real settlements: against realised months, and against what is known of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from path.looking_back import slow_lockstep
from path.real_market import real_path, real_shocks, tables

from ratemodel.path import implied_path
from ratemodel.shocks import path_shocks
from ratemodel.types.path import RatePath

FRONT_MONTH_BP = 0.3
"""shared/reference/README.md: median absolute error about 0.16 bp since 2000."""
SAME = 1e-9
"""The same equations in batches of another width."""


@pytest.fixture(scope="module")
def path(shared_data) -> RatePath:
    return real_path(shared_data)


def test_last_prices_of_contracts_are_the_realised_means_of_their_months(path, shared_data):
    """A contract settles on the mean of its month: its last price in the month must be near."""
    rates = tables(shared_data)[2]
    dff = rates.loc[rates["series"] == "DFF"].set_index("date")["value"]
    errors = []
    for month in path.curve.months:
        days = dff.loc[month.start_time : month.end_time]
        prices = path.curve.rates_pct[month].loc[month.start_time : month.end_time].dropna()
        if month.year >= 2000 and len(days) == month.days_in_month and len(prices):
            errors.append(100.0 * abs(prices.iloc[-1] - days.mean()))
    assert len(errors) > 250
    assert np.median(errors) < FRONT_MONTH_BP


def test_every_trade_date_has_a_finite_path_with_errors(path):
    frame = path.to_frame()
    assert frame["trade_date"].nunique() == len(path.trade_dates) > 8_900
    assert np.isfinite(
        frame[["rate_pct", "rate_se_bp", "prior_share", "rate_prior_share"]].to_numpy()
    ).all()
    assert (frame["rate_se_bp"] > 0.0).all()
    meetings = frame.loc[frame["meeting"].notna()]
    assert (meetings["effective_date"] > meetings["trade_date"]).all()


def test_the_current_level_is_the_effective_rate(path):
    """The next business day's fixing, away from decisions: within 2 bp on 90 % of dates."""
    dates = path.trade_dates
    fixing = path.fixings_pct.reindex(dates).to_numpy()
    missed = 100.0 * np.abs(path.current_pct - fixing)
    since_2010 = (dates >= "2010") & np.isfinite(fixing)
    assert np.mean(missed[since_2010] < 2.0) > 0.9


def test_in_december_2008_the_level_moves_into_the_range(path):
    level = path.anchor["level_pct"].loc["2008-12-17":"2009-03-31"]
    assert level.between(0.0, 0.25).all()


def test_marks_carried_through_2024_and_2025_are_flagged_date_by_date(path):
    """Six far contracts moved as one: a slow look back from each mark finds the same ones."""
    late = path.curve.rates_pct.loc["2024-09-16":"2026-03-19"]
    late = late.loc[:, late.notna().any()]
    ticks = (10_000.0 * late.to_numpy()).round()
    flagged = path.curve.flags.loc[late.index, late.columns].to_numpy(object) == "lockstep"
    np.testing.assert_array_equal(flagged, slow_lockstep(ticks, 15))
    share = pd.DataFrame(flagged, late.index, late.columns).loc["2024-11":"2025-03"].mean()
    assert share[[pd.Period("2027-03"), pd.Period("2027-12")]].min() > 0.5


@pytest.mark.parametrize("cut", ["2008-01-22", "2008-09-15", "2008-12-16"])
def test_nothing_after_a_date_changes_its_path_or_shock(shared_data, cut):
    """Two years of real settlements, cut at a surprise cut, at Lehman and at the range."""
    futures, fomc, rates = tables(shared_data)
    some = futures.loc[futures["trade_date"].between("2007-01-01", "2008-12-31")]
    whole = implied_path(some, fomc, rates)
    known = implied_path(some.loc[some["trade_date"] <= cut], fomc, rates.loc[rates["date"] < cut])
    frame = whole.to_frame()
    frame = frame.loc[frame["trade_date"] <= cut]
    pd.testing.assert_frame_equal(known.to_frame(), frame, rtol=SAME, atol=SAME)
    pd.testing.assert_frame_equal(
        path_shocks(known).values_bp, path_shocks(whole).values_bp.loc[:cut], rtol=SAME, atol=SAME
    )


def median_noise_bp(path: RatePath) -> pd.Series:
    """Typical error of a mark up to a year ahead, by date."""
    ahead = path.curve.months.asi8[None, :] - path.trade_dates.to_period("M").asi8[:, None]
    cells = pd.DataFrame(path.noise_bp).where(path.curve.quoted & (ahead <= 12))
    return cells.median(axis=1).set_axis(path.trade_dates)


@pytest.mark.parametrize(
    ("years", "low_bp", "high_bp"),
    [(("1990", "1993"), 1.0, 4.0), (("1994", "1999"), 0.7, 3.0), (("2012", "2023"), 0.3, 0.7)],
)
def test_misfit_is_as_large_as_it_was_in_each_era(path, years, low_bp, high_bp):
    """method.md §1: seen 2 bp in 1989-93, 1 in 1994-99, 0.25 (so the floor, 0.3) since 2009."""
    noise = median_noise_bp(path).loc[years[0] : years[1]]
    assert low_bp < noise.median() < high_bp


@pytest.mark.parametrize("year", [str(year) for year in range(1990, 1999)])
def test_the_misfit_of_the_nineties_is_never_taken_for_none(path, year):
    """Residuals of 1990, 1991 and 1997 are two to four times as large as errors of 0.42 bp."""
    assert median_noise_bp(path).loc[year].median() > 0.7


# --- Marks that are no news -------------------------------------------------------------------


def test_placeholders_are_flagged(path):
    """3,692 marks at a price of 93.425; from 2000-09-08 to 2003-11-21 whatever rates did."""
    placeholder = np.isclose(path.curve.rates_pct.to_numpy(), 6.575, rtol=0.0, atol=1e-9)
    placeholder[path.trade_dates < "2000-09-08"] = False
    flagged = path.curve.flags.to_numpy(object) != ""
    assert placeholder.sum() == 3_692 - 16  # 16 before were news
    # Not all: a new one cannot be told until the others have moved.
    assert flagged[placeholder].mean() > 0.85


def test_a_slip_of_a_thousand_basis_points_is_flagged(path):
    """February 2002 at 16.575 % on 2000-09-12, between neighbours at 6.575 %."""
    month = pd.Period("2002-02", freq="M")
    assert path.curve.rates_pct.loc["2000-09-12", month] == pytest.approx(16.575, abs=1e-9)
    assert path.curve.flags.loc["2000-09-12", month] != ""


@pytest.mark.parametrize(
    "date", ["2002-06-14", "2002-07-03", "2003-11-24", "2004-06-18", "2004-06-21"]
)
def test_a_jump_of_far_marks_is_no_shock(shared_data, date):
    """One-year yields moved by 2 to 7 bp on these days; placeholders came, went or slipped."""
    value = real_shocks(shared_data).values_bp.loc[date, "path_bp"]
    assert np.isnan(value) or abs(value) < 30.0


WITHIN_FOUR_ERRORS = 0.95
"""Share of changes within four standard errors. Marks of a few contracts are off for weeks (April
2023, June 2002), and misfit is a median over all: tails are fatter than normal ones."""
TOLD_APART_BP = 1e-3
"""A standard error of the difference below this is rounding: the contract did not matter."""


def test_a_dropped_contract_moves_levels_by_what_their_errors_allow(path, shared_data):
    """Every fiftieth contract in turn; levels known with and without it, same marks flagged."""
    futures, fomc, rates = tables(shared_data)
    whole = path.to_frame().set_index(["trade_date", "meeting"])
    inside, compared = 0, 0
    for month in path.curve.months[49:430:50]:
        part = implied_path(futures.loc[futures["contract"] != str(month)], fomc, rates)
        assert len(part.trade_dates) == len(path.trade_dates)
        others = path.curve.flags.drop(columns=month)
        flags = part.curve.flags.reindex(columns=others.columns, fill_value="")
        alike = (flags.to_numpy(object) == others.to_numpy(object)).all(axis=1)
        dates = path.trade_dates[alike]
        fewer = part.to_frame().set_index(["trade_date", "meeting"]).add_suffix("_part")
        both = whole.join(fewer, how="inner")
        both = both.loc[both.index.get_level_values("trade_date").isin(dates)]
        both = both.loc[both["rate_identified"] & both["rate_identified_part"]]
        change = 100.0 * (both["rate_pct_part"] - both["rate_pct"]).abs()
        error = np.sqrt((both["rate_se_bp_part"] ** 2 - both["rate_se_bp"] ** 2).clip(lower=0.0))
        told = error > TOLD_APART_BP
        inside += int((change[told] <= 4.0 * error[told]).sum())
        compared += int(told.sum())
    assert compared > 10_000
    assert inside / compared >= WITHIN_FOUR_ERRORS

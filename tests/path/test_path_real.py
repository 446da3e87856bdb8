"""The path on real settlements: against realised months, and against what is known of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from path.looking_back import slow_lockstep
from path.real_market import real_path, real_shocks, tables

from ratemodel.calendars import days_share_from
from ratemodel.path import implied_path
from ratemodel.path.equations import running_month
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


FARTHEST_ERRORS = 3.5
"""The largest distance, in its standard errors, that a mark may have from what the others say."""
ALONE = 1e-6
"""One minus the leverage of a mark that alone knows a level: nothing to compare it with."""


def test_given_their_errors_no_mark_moves_a_level_by_four_of_the_differences(path):
    """Leaving out one mark moves all levels by as many standard errors of the difference as the
    mark lies from what the others say: e / sqrt(v (1 - h)), with h = g'Sg / v. Every 29th date."""
    covariance, sd = path.covariance_bp2, path.marks.total_bp
    date, contract = path.curve.cells
    shares = days_share_from(path.calendar["effective"].to_numpy(), path.curve.months)
    ahead, _, _ = running_month(path.curve, path.fixings_pct)
    today = path.trade_dates.to_period("M").asi8
    compared = 0
    news = path.curve.unflagged
    for t in range(0, len(path.trade_dates), 29):
        for n in np.flatnonzero(date == t):
            c = contract[n]
            if np.isnan(path.marks.residual_bp[n]) or not news[t, c]:
                continue
            current = ahead[t] if path.curve.months.asi8[c] == today[t] else 1.0
            row = np.append(current, shares[c, path.meetings[t]] * (path.meetings[t] >= 0))
            leverage = row @ covariance[t] @ row / sd[n] ** 2
            if leverage < 1.0 - ALONE:
                away = abs(path.marks.residual_bp[n]) / (sd[n] * np.sqrt(1.0 - leverage))
                assert away < FARTHEST_ERRORS + 1e-3
                compared += 1
    assert compared > 5_000


TOLD_APART_BP = 1e-3
"""A standard error of the difference below this is rounding: the contract did not matter."""
BEYOND_FOUR = 1
"""Changes beyond four errors, the root of both variances' sum, the path read anew without the
contract, misfits included: on 2005-08-31 August 2006 stood where July did while the months after
it fell by 20 bp, and without August nothing is there to say that September is not exact."""
WITHIN_FOUR_NESTED = 0.99
"""Share of changes within four errors of the variance without it less that with it. One redundancy
among three contracts does not say which of them is off (April 2023 for five months); without one
of the three nothing seems off, and errors may be smaller than with it."""


def test_a_dropped_contract_loses_no_row_and_moves_levels_by_what_errors_allow(path, shared_data):
    """Every fiftieth contract in turn; levels known with and without it."""
    futures, fomc, rates = tables(shared_data)
    columns = ["trade_date", "meeting", "rate_pct", "rate_se_bp", "rate_identified"]
    whole = path.to_frame()[columns]
    beyond, nested, moved, told = 0, 0, 0, 0
    for month in path.curve.months[49:430:50]:
        part = implied_path(futures.loc[futures["contract"] != str(month)], fomc, rates)
        fewer = part.to_frame()[columns]
        pd.testing.assert_frame_equal(fewer[columns[:2]], whole[columns[:2]])
        both = whole["rate_identified"] & fewer["rate_identified"]
        change = 100.0 * (fewer["rate_pct"] - whole["rate_pct"])[both].abs()
        variance = whole["rate_se_bp"][both] ** 2, fewer["rate_se_bp"][both] ** 2
        more = variance[1] - variance[0] > TOLD_APART_BP**2
        error = np.sqrt((variance[1] - variance[0])[more])
        nested += int((change[more] <= 4.0 * error).sum())
        told += int(more.sum())
        far = change > TOLD_APART_BP
        beyond += int((change[far] > 4.0 * np.sqrt(variance[0] + variance[1])[far]).sum())
        moved += int(far.sum())
    assert min(told, moved) > 10_000
    assert nested / told >= WITHIN_FOUR_NESTED
    assert beyond <= BEYOND_FOUR


@pytest.mark.parametrize("date", ["1995-03-01", "2008-10-01", "2020-04-01", "2026-01-30"])
def test_whichever_contract_of_a_date_is_missing_every_meeting_has_its_row(shared_data, date):
    futures, fomc, rates = tables(shared_data)
    day = futures.loc[futures["trade_date"] == date]
    whole = implied_path(day, fomc, rates).to_frame()
    for contract in day["contract"]:
        part = implied_path(day.loc[day["contract"] != contract], fomc, rates).to_frame()
        assert part["meeting"].equals(whole["meeting"])

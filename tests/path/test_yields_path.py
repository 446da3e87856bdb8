"""The path of yields: what was put into averages must come out, and nothing known later may."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from path.expected_days import (
    History,
    Meeting,
    business_days,
    each_day,
    fomc_table,
    fomc_table_as_of,
    months_from,
    months_later,
)
from path.expected_yields import MATURITIES, mean_rate, yields_table

from ratemodel.calendars import meeting_calendar
from ratemodel.errors import CoverageError, DataError, StudyError
from ratemodel.maturities import YIELD_SERIES, maturity_dates, share_after, yield_table
from ratemodel.path import expected_rates, horizon_frame, implied_path
from ratemodel.path.anchor import anchor_levels
from ratemodel.path.yields import MOVE_SD_BP, PREMIUM_SD_BP, yields_path

EXACT = 1e-12
"""Counting days against adding them up."""
RECOVERED_BP = 0.01
"""Premia of a thousandth of a basis point, amplified by at most 10: what is left of the prior."""
DENSE_BP = 1e-8
"""One dense solve against the package's, well conditioned."""
SAME = 1e-9
"""The same equations in batches of another width."""

TODAY = dt.date(2019, 2, 4)
DECIDED = Meeting(dt.date(2018, 12, 19), before_pct=2.125, after_pct=2.375)
FOUR = (dt.date(2019, 3, 20), dt.date(2019, 6, 19), dt.date(2019, 10, 30), dt.date(2020, 6, 10))
MONTHS = tuple(months_from(dt.date(2019, 1, 1), 36))
LAST_KNOWN = Meeting(dt.date(2021, 4, 28))
"""Beyond the two years, so that no yield ends after the calendar."""


def world(moves_bp: tuple[float, ...], dates: tuple[dt.date, ...] = (TODAY,)) -> History:
    meetings = (DECIDED, *(Meeting(d) for d in FOUR), LAST_KNOWN)
    views = {(t, d): bp for t in dates for d, bp in zip(FOUR, moves_bp, strict=True)}
    return History(dates, meetings, MONTHS, 2.125, views)


def rates_of(told: History) -> pd.DataFrame:
    return pd.concat([told.rates(), yields_table(told)], ignore_index=True)


def exact_path(told: History, **options):
    calendar = meeting_calendar(told.fomc())
    quoted = yield_table(rates_of(told))
    fixings = pd.Series(told.fixings)
    fixings.index = pd.DatetimeIndex(fixings.index)
    anchor = anchor_levels(pd.DatetimeIndex(quoted.index), calendar, fixings)
    anchor["sd_bp"] = 1e-3
    return yields_path(quoted, calendar, anchor, fixings, **options)


# --- Averages ---------------------------------------------------------------------------------


@given(
    start=st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31)),
    offsets=st.lists(st.integers(-40, 900), min_size=1, max_size=5),
)
def test_the_weight_of_a_move_is_the_share_of_days_after_it(start, offsets):
    first = pd.DatetimeIndex([start])
    ends = maturity_dates(first)
    effective = np.array([[np.datetime64(start) + np.timedelta64(n, "D") for n in offsets]])
    weights = share_after(first.to_numpy(), ends, effective)[0]
    for h, months in enumerate(MATURITIES.values()):
        days = each_day(start, months_later(start, months))[:-1]
        for k, offset in enumerate(offsets):
            after = [d for d in days if d >= start + dt.timedelta(days=offset)]
            assert weights[h, k] == pytest.approx(len(after) / len(days), rel=0.0, abs=EXACT)


def test_yields_are_laid_out_by_date_and_a_date_without_one_has_no_row():
    rates = pd.DataFrame(
        {
            "date": ["2020-01-03", "2020-01-02", "2020-01-06", "2020-01-02"],
            "series": ["DGS1", "DGS2", "DGS10", "DFF"],
            "value": [1.5, 1.6, 1.9, 1.55],
        }
    )
    table = yield_table(rates)
    assert list(table.columns) == list(YIELD_SERIES) == list(MATURITIES)
    assert list(table.index) == [pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-03")]
    assert table.loc["2020-01-02", "DGS2"] == 1.6
    assert table.notna().to_numpy().sum() == 2
    assert yield_table(None).empty


def test_a_yield_quoted_twice_is_refused():
    rates = pd.DataFrame({"date": ["2020-01-02"] * 2, "series": "DGS1", "value": [1.5, 1.6]})
    with pytest.raises(DataError, match=r"DGS1.*2020-01-02"):
        yield_table(rates)


# --- The path ---------------------------------------------------------------------------------


@settings(max_examples=25)
@given(moves=st.tuples(*[st.floats(-60.0, 60.0)] * 4))
def test_four_moves_are_recovered_from_four_yields_without_premium(moves):
    """One meeting ends before each maturity: four unknowns, four averages."""
    told = world(moves)
    path = exact_path(told, premium_sd_bp=dict.fromkeys(YIELD_SERIES, 1e-3), move_sd_bp=100.0)
    assert path.calendar["announced"][path.meetings[0][:4]].dt.date.tolist() == list(FOUR)
    np.testing.assert_allclose(path.moves_bp[0, :4], moves, rtol=0.0, atol=RECOVERED_BP)
    for h in (1, 6, 12, 24):
        when = pd.DatetimeIndex([months_later(TODAY, h)])
        expected = told.expected(TODAY)[when[0].date()]
        got = expected_rates(path, when)["expected_rate_pct"].iloc[0]
        assert 100.0 * got == pytest.approx(100.0 * expected, rel=0.0, abs=4 * RECOVERED_BP)


def test_the_path_is_the_posterior_of_one_dense_solve():
    """Mean and covariance by conditioning jointly Gaussian numbers, weights from days."""
    told = world((10.0, -20.0, 5.0, 30.0))
    path = implied_path(pd.DataFrame(), told.fomc(), rates_of(told), engine="yields")
    basis = [world(tuple(np.eye(4)[k])) for k in range(4)]
    zero = world((0.0,) * 4)
    G = np.array(
        [
            [
                100.0 * (mean_rate(w.expected(TODAY), TODAY, m) - mean_rate(z, TODAY, m))
                for w in basis
            ]
            for m in MATURITIES.values()
            for z in [zero.expected(TODAY)]
        ]
    )
    G = np.column_stack([np.ones(4), G])
    sd0 = path.anchor["sd_bp"].iloc[0]
    P = np.diag([sd0**2, *[MOVE_SD_BP**2] * 4])
    S = G @ P @ G.T + np.diag([PREMIUM_SD_BP[s] ** 2 for s in YIELD_SERIES])
    gain = P @ G.T @ np.linalg.inv(S)
    prior = np.array([100.0 * path.anchor["level_pct"].iloc[0], 0, 0, 0, 0])
    y = 100.0 * yield_table(rates_of(told)).to_numpy()[0]
    mean, covariance = prior + gain @ (y - G @ prior), P - gain @ G @ P
    got = np.concatenate([100.0 * path.current_pct[:1], path.moves_bp[0, :4]])
    np.testing.assert_allclose(got, mean, rtol=0.0, atol=DENSE_BP)
    np.testing.assert_allclose(path.covariance_bp2[0, :5, :5], covariance, rtol=0.0, atol=1e-6)
    levels = np.tril(np.ones((5, 5)))
    before = MOVE_SD_BP**2 * np.arange(5)
    share = np.diag(levels @ covariance @ levels.T)[1:] / before[1:]
    np.testing.assert_allclose(path.level_prior_share[0, 1:5], share, rtol=0.0, atol=1e-9)
    np.testing.assert_array_equal(path.level_identified[0, 1:5], share < 0.5)


def test_the_result_is_a_rate_path_without_contracts():
    told = world((10.0, -20.0, 5.0, 30.0), tuple(business_days(TODAY, 5)))
    path = implied_path(pd.DataFrame(), told.fomc(), rates_of(told), engine="yields")
    assert path.engine == "yields"
    assert str(path.clock) == "15:30 America/New_York"
    assert path.curve.months.empty
    assert path.curve.to_frame().empty
    assert list(path.trade_dates.date) == list(told.dates)
    frame = path.to_frame()
    assert frame["meeting"].isna().sum() == 5
    assert np.isfinite(frame[["rate_pct", "rate_se_bp", "prior_share"]].to_numpy()).all()
    assert path.summary().count("\n") == 1 + len(FOUR)
    table = horizon_frame(path)
    assert list(table["horizon_months"][:5]) == [1, 3, 6, 12, 24]
    assert table["low_pct"].isna().all()
    assert (table["band"] == "").all()


def test_futures_are_not_read():
    told = world((10.0, -20.0, 5.0, 30.0))
    args = (told.fomc(), rates_of(told), "yields")
    with_futures = implied_path(told.futures(), *args).to_frame()
    pd.testing.assert_frame_equal(implied_path(pd.DataFrame(), *args).to_frame(), with_futures)


def test_a_joint_path_keeps_the_yields_of_its_dates():
    told = world((10.0, -20.0, 5.0, 30.0), tuple(business_days(TODAY, 5)))
    rates = rates_of(told)
    rates = rates.loc[~((rates["series"] == "DGS1") & (rates["date"] == "2019-02-05"))]
    path = implied_path(told.futures(), told.fomc(), rates)
    assert path.yields_pct.index.equals(path.trade_dates)
    assert path.yields_pct.isna().to_numpy().sum() == 1
    assert np.isnan(path.yields_pct.loc["2019-02-05", "DGS1"])


@pytest.mark.parametrize("last", [dt.date(2020, 6, 10), dt.date(2019, 10, 30)])
def test_a_yield_that_ends_after_the_calendar_is_left_out(last):
    """As contracts are: what lies beyond the last known meeting has moves without a date."""
    told = world((10.0, -20.0, 5.0, 30.0))
    meetings = [m for m in told.meetings if m.announced <= last]
    path = implied_path(pd.DataFrame(), fomc_table(meetings), rates_of(told), engine="yields")
    end = months_later(last + dt.timedelta(days=1), 1)
    used = [s for s, m in MATURITIES.items() if months_later(TODAY, m) <= end]
    assert 0 < len(used) < 4
    assert list(path.yields_pct.columns[path.yields_pct.notna().iloc[0]]) == used
    reach = max(months_later(TODAY, MATURITIES[s]) for s in used)
    after = expected_rates(path, pd.DatetimeIndex([reach + dt.timedelta(days=1)]))
    assert not after["identified"].iloc[0]


CUTS = [dt.date(2019, 3, 19), dt.date(2019, 3, 20), dt.date(2019, 3, 21)]


@pytest.mark.parametrize("cut", CUTS)
def test_nothing_after_a_date_changes_its_path(cut):
    dates = tuple(business_days(dt.date(2019, 3, 1), 20))
    rng = np.random.default_rng(3)
    views = {(t, d): v for d in FOUR for t, v in zip(dates, rng.normal(0, 9, 20), strict=True)}
    first = Meeting(FOUR[0], before_pct=2.375, after_pct=2.625)
    meetings = (DECIDED, first, *(Meeting(d) for d in FOUR[1:]), LAST_KNOWN)
    told = History(dates, meetings, MONTHS, 2.125, views)
    rates = rates_of(told)
    is_yield = rates["series"].isin(YIELD_SERIES)
    known = rates.loc[(rates["date"] < str(cut)) | (is_yield & (rates["date"] <= str(cut)))]
    whole = implied_path(pd.DataFrame(), told.fomc(), rates, engine="yields").to_frame()
    some = implied_path(
        pd.DataFrame(), fomc_table_as_of(meetings, cut), known, engine="yields"
    ).to_frame()
    whole = whole.loc[whole["trade_date"] <= pd.Timestamp(cut)]
    pd.testing.assert_frame_equal(some, whole, rtol=SAME, atol=SAME)
    assert whole["trade_date"].max() == pd.Timestamp(cut)


def test_an_announcement_at_a_quarter_past_three_is_known_to_yields_and_not_to_futures():
    """1998-10-15: futures settle at 15:00, yields at 15:30."""
    today = dt.date(1998, 10, 15)
    meetings = [
        Meeting(dt.date(1998, 9, 29), "scheduled", 5.5, 5.25),
        Meeting(today, "unscheduled", 5.25, 5.0, time_et="15:15"),
        *(Meeting(dt.date(1998, 11, 17)), Meeting(dt.date(2000, 11, 17))),
    ]
    told = History((today,), tuple(meetings), tuple(months_from(today, 26)), 5.5)
    listed = {
        engine: implied_path(told.futures(), told.fomc(), rates_of(told), engine=engine)
        .at(today)["meeting"]
        .dt.date.tolist()
        for engine in ("joint", "yields")
    }
    assert today in listed["yields"]
    assert today not in listed["joint"]


def test_without_yields_or_meetings_there_is_no_path():
    told = world((0.0,) * 4)
    with pytest.raises(CoverageError, match="DGS3MO"):
        implied_path(pd.DataFrame(), told.fomc(), told.rates(), engine="yields")
    late = fomc_table([Meeting(dt.date(2025, 1, 29))])
    with pytest.raises(CoverageError, match="2025-01-29"):
        implied_path(pd.DataFrame(), late, rates_of(told), engine="yields")


@pytest.mark.parametrize("option", [{"prior_sd_bp": None}, {"noise_sd_bp": 1.0}])
def test_options_of_the_other_engine_are_refused(option):
    told = world((0.0,) * 4)
    with pytest.raises(StudyError, match="joint"):
        implied_path(pd.DataFrame(), told.fomc(), rates_of(told), engine="yields", **option)

"""Bands of the path: the rank they are, what they may know, and what they cover."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from path.real_market import tables

from ratemodel.market.facts import builtin_table
from ratemodel.path import horizon_frame, implied_path
from ratemodel.path.bands import predictive_half_width, rolling_rank
from ratemodel.types.path import RatePath

LEVEL = 0.9
ERAS = (("1990", "1995"), ("1996", "2008"), ("2009", "2015"), ("2016", "2023"))
HORIZONS = (1, 3, 6, 12, 24)


# --- Ranks ------------------------------------------------------------------------------------


@given(
    values=st.lists(st.one_of(st.just(np.nan), st.integers(0, 9).map(float)), max_size=40),
    level=st.sampled_from([0.5, 0.8, 0.9]),
    data=st.data(),
)
def test_the_rank_is_that_of_the_window_sorted_anew_at_each_step(values, level, data):
    steps = data.draw(st.integers(1, 12))
    index = st.integers(0, len(values))
    stop = np.sort([data.draw(index) for _ in range(steps)])
    first = np.minimum(np.sort([data.draw(index) for _ in range(steps)]), stop)
    got = rolling_rank(np.array(values), first, stop, level, 3)
    for step in range(steps):
        window = sorted(v for v in values[first[step] : stop[step]] if not np.isnan(v))
        rank = ceil(round(level * (len(window) + 1), 6))
        known = len(window) >= 3 and rank <= len(window)
        assert np.isnan(got[step]) if not known else got[step] == window[rank - 1]


def test_of_nineteen_errors_nine_tenths_are_the_eighteenth():
    errors = np.random.default_rng(1).permutation(19).astype(float)
    assert rolling_rank(errors, np.array([0]), np.array([19]), 0.9, 3)[0] == 17.0


# --- What is known ----------------------------------------------------------------------------


def path_of(fixings: pd.Series, dates: pd.DatetimeIndex) -> RatePath:
    """A path of yields near 3 % over given dates, with given fixings."""
    rates = pd.concat(
        [
            pd.DataFrame({"date": dates, "series": "DGS1", "value": 3.0}),
            pd.DataFrame({"date": fixings.index, "series": "DFF", "value": fixings.to_numpy()}),
        ]
    )
    return implied_path(pd.DataFrame(), builtin_table("fomc"), rates, engine="yields")


def noisy_fixings(seed: int = 0) -> pd.Series:
    days = pd.date_range("2010-01-01", "2015-12-31")
    return pd.Series(3.0 + np.random.default_rng(seed).normal(0.0, 0.1, len(days)), index=days)


DATES = pd.bdate_range("2010-02-01", "2015-06-30")


def test_a_band_knows_no_fixing_of_its_own_date_or_later():
    """Fixings from a date on become absurd: bands of that date and before stay as they were."""
    cut = pd.Timestamp("2013-05-15")
    path = path_of(noisy_fixings(), DATES)
    expected = np.full(len(DATES), 3.0)
    calm = predictive_half_width(path, 3, expected, LEVEL)
    wild = path.fixings_pct.where(path.fixings_pct.index < cut, 50.0)
    other = predictive_half_width(replace(path, fixings_pct=wild), 3, expected, LEVEL)
    at = cut >= DATES
    assert np.isfinite(calm[at]).sum() > 300
    np.testing.assert_array_equal(calm[at], other[at])
    assert (other[cut + pd.DateOffset(months=3) < DATES] > 40.0).any()


def test_a_band_is_the_rank_of_the_errors_known_then_found_date_by_date():
    path = path_of(noisy_fixings(), DATES)
    expected = np.full(len(DATES), 3.0)
    got = predictive_half_width(path, 1, expected, LEVEL)
    for t in range(60, len(DATES), 131):
        today = DATES[t]
        oldest = today - pd.DateOffset(months=40)
        due = [(s + pd.DateOffset(months=1)) for s in DATES]
        errors = sorted(abs(path.fixings_pct[d] - 3.0) for d in due if oldest <= d < today)
        if len(errors) < 100 or today < DATES[0] + pd.DateOffset(months=3):
            assert np.isnan(got[t])
        else:
            assert got[t] == errors[ceil(round(LEVEL * (len(errors) + 1), 6)) - 1]
    assert np.isfinite(got).any()


def test_there_is_no_band_before_forecasts_over_twice_the_horizon_have_come_due():
    path = path_of(noisy_fixings(), DATES)
    half = predictive_half_width(path, 12, np.full(len(DATES), 3.0), LEVEL)
    first = DATES[np.isfinite(half)][0]
    due = DATES[0] + pd.DateOffset(months=36)
    assert due <= first <= due + pd.Timedelta(days=4)


def test_without_fixings_there_is_no_band():
    path = path_of(noisy_fixings(), DATES)
    none = replace(path, fixings_pct=path.fixings_pct.iloc[:0])
    assert np.isnan(predictive_half_width(none, 1, np.full(len(DATES), 3.0), LEVEL)).all()


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_independent_errors_are_covered_as_often_as_asked(level):
    """Fixings around what is expected: 1,300 dates, coverage to 0.03 (three errors of a share)."""
    fixings = noisy_fixings(5)
    path = path_of(fixings, DATES)
    expected = np.full(len(DATES), 3.0)
    half = predictive_half_width(path, 1, expected, level)
    realised = fixings.reindex(DATES + pd.DateOffset(months=1)).to_numpy()
    known = np.isfinite(half) & np.isfinite(realised)
    assert np.mean(np.abs(realised - 3.0)[known] <= half[known]) == pytest.approx(
        level, rel=0.0, abs=0.03
    )


# --- Real yields ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def covered(shared_data) -> pd.DataFrame:
    """Whether each band of yields alone held the effective rate of the day it was for."""
    every = pd.read_csv(shared_data / "rates.csv.gz")
    wanted = ["DFF", "EFFR", "DGS3MO", "DGS6MO", "DGS1", "DGS2"]
    rates = every.loc[every["series"].isin(wanted)]
    rates = rates.assign(date=pd.to_datetime(rates["date"]))
    path = implied_path(pd.DataFrame(), tables(shared_data)[1], rates, engine="yields")
    table = horizon_frame(path)
    due = [
        t + pd.DateOffset(months=h)
        for t, h in zip(table["trade_date"], table["horizon_months"], strict=True)
    ]
    table["realised"] = (
        rates.loc[rates["series"] == "DFF"].set_index("date")["value"].reindex(due).to_numpy()
    )
    table = table.dropna(subset=["low_pct", "realised"])
    assert (table["band"] == "predictive").all()
    assert (
        (table["low_pct"] + table["high_pct"]) / 2.0 - table["expected_rate_pct"]
    ).abs().max() < 1e-9
    inside = table["realised"].between(table["low_pct"], table["high_pct"])
    return table.assign(inside=inside).set_index("trade_date").loc["1990":"2023"]


def test_bands_of_yields_cover_nine_tenths_overall(covered):
    """The issue: 85-95 % overall; seen 90.9, and 89 to 93 at each horizon."""
    assert len(covered) > 40_000
    assert 0.85 <= covered["inside"].mean() <= 0.95
    by_horizon = covered.groupby("horizon_months")["inside"].mean()
    assert list(by_horizon.index) == list(HORIZONS)
    assert by_horizon.between(0.85, 0.95).all()


@pytest.mark.parametrize("era", ERAS, ids="-".join)
@pytest.mark.parametrize("months", HORIZONS)
def test_bands_of_yields_cover_in_every_era(covered, era, months):
    """The issue: 80-100 % in every era. Thinnest: three months in 2016-2023, 81 %."""
    rows = covered.loc[era[0] : era[1]]
    rows = rows.loc[rows["horizon_months"] == months]
    assert len(rows) > 450
    assert 0.80 <= rows["inside"].mean() <= 1.0

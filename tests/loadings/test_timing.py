"""What is not known of timing: news of a day that reaches over an end of a window."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from design_samples import rows_of, sample_of
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.loadings import Window, bootstrap_fit, build_design, fit_loading, read_window
from ratemodel.loadings.bootstrap import FitDraws
from ratemodel.loadings.news_hours import news_days
from ratemodel.loadings.timing import DailyNews, Timing, draw_timing, timing_variance
from ratemodel.shocks import shock_series
from ratemodel.types.returns import Returns

EXACT = {"rel": 1e-12, "abs": 1e-12}
DAYS = pd.bdate_range("2025-03-10", periods=10)
"""Monday to the Friday after next, summer time in New York: 15:00 there is 19:00 UTC."""


def returns_struck(hour_utc: float, dollar_utc: float | None = None) -> Returns:
    parts = []
    for asset, hour in (("A", hour_utc), ("USD", dollar_utc)):
        if hour is None:
            continue
        struck = (DAYS + pd.Timedelta(hours=hour)).to_numpy().astype("datetime64[s]")
        frame = {"date": DAYS[1:], "asset": asset, "log_return_pp": 1.0, "days": 1}
        parts.append(pd.DataFrame({**frame, "start_utc": struck[:-1], "end_utc": struck[1:]}))
    return Returns(pd.concat(parts))


def shocks(values: np.ndarray | None = None):
    rows = np.arange(1.0, 11.0) if values is None else values
    return shock_series(pd.Series(rows, index=DAYS), known_at="15:00 America/New_York", unit="bp")


def design(hour_utc: float, values: np.ndarray | None = None, dollar_utc: float | None = None):
    series = shocks(values)
    dollar = None if dollar_utc is None else "USD"
    return build_design(
        returns_struck(hour_utc, dollar_utc), "A", series, tuple(series.names), dollar
    )


IN_HOURS, AT_NIGHT = 0.8 / 10.0, 0.2 / 14.0
"""News an hour, in days of news: from 07:30 to 17:30 in New York, and else."""


@pytest.mark.parametrize(
    ("hour", "side"),
    [(17.5, 1.5 * IN_HOURS), (23.0, 2.5 * IN_HOURS + 1.5 * AT_NIGHT)],
    ids=["90 minutes before the settlement", "four hours after it"],
)
def test_a_straddling_shock_leaves_the_variance_of_what_came_on_either_side(hour, side):
    """s (1 − s) by the hours of news, over a weekend as on any day."""
    rows = design(hour)
    inner = rows.straddled[1:-1]
    # Days are counted from 1970: their differences keep twelve digits.
    np.testing.assert_allclose(inner, side * (1.0 - side), rtol=1e-9, atol=0.0)


INSTANTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 1, 1))


@given(INSTANTS, INSTANTS)
def test_news_runs_forward(one, other):
    early, late = sorted([one, other])
    before, after = news_days(np.array([early, late], dtype="datetime64[s]"))
    assert before <= after + 1e-9


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2025-03-12 00:00", "2025-03-13 00:00", 1.0),
        ("2025-03-12 07:30", "2025-03-12 17:30", 0.8),
        ("2025-03-12 17:30", "2025-03-13 07:30", 0.2),
        ("2025-03-15 00:00", "2025-03-17 00:00", 0.0),
        ("2025-03-07 15:00", "2025-03-10 15:00", 1.0),
        ("2025-10-31 15:00", "2025-11-03 15:00", 1.0),
    ],
    ids=["day", "hours", "night", "weekend", "clocks go forward", "clocks go back"],
)
def test_a_weekday_holds_one_day_of_news_and_a_weekend_none(start, end, days):
    when = pd.DatetimeIndex([start, end]).tz_localize("America/New_York").tz_convert("UTC")
    known = news_days(when.tz_localize(None).to_numpy().astype("datetime64[s]"))
    assert known[1] - known[0] == pytest.approx(days, rel=0.0, abs=1e-9)


def test_shocks_of_the_assets_own_strike_straddle_nothing():
    assert (design(19.0).straddled == 0.0).all()


def test_a_shock_of_zero_moved_nothing_that_could_be_misplaced():
    values = np.arange(1.0, 11.0)
    values[4] = 0.0
    rows = design(17.5, values)
    day = int(rows.dates.get_loc(DAYS[4]))
    assert rows.straddled[day, 1] == 0.0
    assert rows.straddled[day + 1, 0] == 0.0
    assert (rows.straddled[day, 0] > 0.0) & (rows.straddled[day + 1, 1] > 0.0)


def test_points_in_time_straddle_nothing():
    stamped = pd.Series([1.0, 2.0], index=pd.to_datetime(["2025-03-12 18:00", "2025-03-19 18:00"]))
    series = shock_series(stamped.tz_localize("UTC"), unit="bp")
    rows = build_design(returns_struck(17.5), "A", series, tuple(series.names))
    assert (rows.straddled == 0.0).all()


def test_the_dollars_strike_misses_the_assets_by_its_hours():
    rows = design(17.5, dollar_utc=16.0)
    np.testing.assert_allclose(rows.dollar_gap_days, 1.5 / 24.0, rtol=1e-12, atol=0.0)
    assert (design(17.5).dollar_gap_days == 0.0).all()


def test_only_the_ends_of_a_window_count():
    rows = rows_of(np.ones(3), np.ones((3, 2)), np.ones(3))
    edges = np.array([[1.0, 2.0], [4.0, 8.0], [16.0, 32.0]])
    late = replace(rows, straddled=edges, dollar_gap_days=edges / 64.0, dollar_straddled=2 * edges)
    whole = Window.of(late, np.zeros((2, 2)))
    assert whole.timing == Timing(1.0 + 32.0, 33.0 / 64.0, 66.0)


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(3)
    shocks_bp = rng.normal(scale=4.0, size=(400, 2))
    dollar = rng.normal(scale=0.25, size=400)
    returns = shocks_bp @ np.array([-0.01, -0.03]) - 1.5 * dollar + rng.normal(size=400)
    return fit_loading(sample_of(returns, shocks_bp, dollar))


def known_fit(fit, draws: int) -> FitDraws:
    """A fit known exactly: what is left is timing."""
    size = len(fit.returns.params) + len(fit.projection)
    return FitDraws(
        params=np.repeat(fit.returns.params[None], draws, axis=0),
        projection=np.repeat(fit.projection[None], draws, axis=0),
        covariance=np.zeros((draws, size, size)),
    )


def test_timing_widens_rates_by_the_whole_loading_and_the_dollar_by_its_own(fit):
    """β² σ² s(1 − s), β the sum over both columns; of the dollar, a quarter of a day an end.

    It misses half a day of its own news in all, a tenth of a day's variance of what it takes of
    shocks, and a quarter of its move; three quarters are left of its loading.
    """
    plain = Window(
        -12.0, 2.0, np.array([-4.5, 5.0]), 0.8, np.array([2.0, -4.0, 6.0]), np.zeros((2, 2))
    )
    late = replace(plain, timing=Timing(straddled=0.2, gap_days=0.5, dollar_straddled=0.1))
    rows = fit.sample.rows
    daily = np.sqrt((rows.shocks_bp**2).mean(axis=0))
    own = rows.dollar_pct - rows.dollar_terms @ fit.projection
    slopes, gamma = fit.returns.params[1:3], fit.returns.params[3]
    rates = 0.2 * float(slopes @ daily) ** 2
    through = float(fit.projection[1:].sum()) ** 2 * daily[0] ** 2
    moved = 0.8 - float(fit.projection @ plain.dollar_terms)
    missed = 0.5 * float(np.mean(own**2)) + 0.1 * through + (0.25 * moved) ** 2
    dollar = gamma**2 * missed / 0.75**2
    draws = known_fit(fit, 100_000)
    read = read_window(fit, draws, late, np.random.default_rng(1))
    expected = {
        "rate_premium": rates,
        "dollar": dollar,
        "unexplained": rates + dollar,
        "drift": 0.0,
    }
    for part, variance in expected.items():
        assert np.var(read.draws[part]) == pytest.approx(variance, rel=0.03, abs=1e-12)
    exact = read_window(fit, draws, plain, np.random.default_rng(1))
    # Errors beside the estimate hold that of the loading as well: E[β²] = β² + se².
    slack = 0.2 * float(daily @ fit.covariance[1:3, 1:3] @ daily)
    gamma_slack = missed / 0.75**2 * fit.covariance[3, 3]
    known = {
        "rate_premium": rates + slack,
        "dollar": dollar + gamma_slack,
        "unexplained": rates + dollar + slack + gamma_slack,
        "drift": 0.0,
    }
    for part, variance in known.items():
        gain = read.std_err[part] ** 2 - exact.std_err[part] ** 2
        assert gain == pytest.approx(variance, rel=1e-9, abs=1e-12)
        assert read.estimate[part] == pytest.approx(exact.estimate[part], **EXACT)


def test_a_window_of_the_shocks_own_strikes_is_read_as_before(fit):
    window = Window(
        -12.0, 2.0, np.array([-4.5, 5.0]), 0.8, np.array([2.0, -4.0, 6.0]), np.zeros((2, 2))
    )
    draws = bootstrap_fit(fit, 50, np.random.default_rng(2))
    one, other = (read_window(fit, draws, window, np.random.default_rng(seed)) for seed in (1, 2))
    for part in one.draws:
        np.testing.assert_array_equal(one.draws[part], other.draws[part])


def test_days_are_misplaced_so_that_only_the_windows_ends_are_left(fit):
    edges = np.array([[0.1, 0.2], [0.2, 0.05], [0.05, 0.15]])
    mask = np.arange(400) >= 397
    rows = replace(
        fit.sample.rows.take(mask),
        straddled=edges,
        dollar_gap_days=edges / 2.0,
        dollar_straddled=edges / 3.0,
    )
    shocks_bp, dollar_pct = draw_timing(fit, rows, 200_000, np.random.default_rng(5))
    moved = rows.dollar_pct - rows.dollar_terms @ fit.projection
    for part in (slice(None), slice(0, 1), slice(1, 3)):
        picked = rows.take(np.isin(np.arange(3), np.arange(3)[part]))
        # One share for the whole window, so that days add up to it.
        share = Timing.of(rows).missed_share
        timing = Timing.of(picked)
        bp2, _ = timing_variance(fit, timing, 0.0)
        drawn = shocks_bp[:, part].sum(axis=1)
        np.testing.assert_allclose(np.cov(drawn.T), bp2, rtol=0.03, atol=1e-9)
        news = DailyNews(fit)
        missed = float(news.dollar_pct2(timing.gap_days, timing.dollar_straddled))
        expected = (missed + (share * moved[part].sum()) ** 2) / (1.0 - share) ** 2
        np.testing.assert_allclose(
            dollar_pct[:, part].sum(axis=1).var(), expected, rtol=0.03, atol=0.0
        )

"""Which news can be in which return: calendars laid out by hand, and intervals by brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from clock_worlds import (
    COMEX,
    CRYPTO,
    ETF,
    FUTURES,
    LONDON_FIX,
    NOON,
    daily_shocks,
    returns_of,
    returns_table,
    shocks_from,
    strike,
    strikes,
    trading_days,
)
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.errors import CoverageError, EventLeakError
from ratemodel.loadings import build_design, estimation_sample, window_rows
from ratemodel.types.loadings import DesignRows, EstimationSample

WEEK = pd.DatetimeIndex(
    ["2026-01-14", "2026-01-15", "2026-01-16", "2026-01-20", "2026-01-21", "2026-01-22"]
)
"""Wednesday to Thursday; Monday the 19th is a holiday of futures and metals."""
CODES = np.array([1.0, 10.0, 100.0, 1000.0, 10000.0])
"""Shocks of the 15th, 16th, 20th, 21st and 22nd: a sum of them says which ones it holds."""
SHOCKS = daily_shocks(WEEK, CODES)
LONG_WEEK = pd.DatetimeIndex(["2026-01-13", *WEEK, "2026-01-23"])
LONG_SHOCKS = daily_shocks(LONG_WEEK, np.array([0.0, *CODES, 0.0]))
BOTH_SIDES = (("path_bp", "start"), ("path_bp", "end"))
ONE_COLUMN = (("path_bp", "inside"),)
AFTERNOON = strike("2026-01-21", "14:00 America/New_York")


def sides(design: DesignRows, date: str) -> dict[str, float]:
    row = design.dates.get_loc(pd.Timestamp(date))
    return {side: design.shocks_bp[row, i] for i, (_, side) in enumerate(design.columns)}


def design_of(clock: str, dates: pd.DatetimeIndex = WEEK, shocks=LONG_SHOCKS) -> DesignRows:
    return build_design(returns_of(returns_table("A", dates, clock)), "A", shocks)


# Futures settle at 15:00, so a return struck earlier in the day starts before yesterday's shock
# ended, and one struck later ends after tomorrow's began.
@pytest.mark.parametrize(
    ("clock", "date", "start", "end"),
    [
        (COMEX, "2026-01-15", 0.0, 1.0),
        (COMEX, "2026-01-16", 1.0, 10.0),
        (COMEX, "2026-01-20", 10.0, 100.0),
        (COMEX, "2026-01-21", 100.0, 1000.0),
        (LONDON_FIX, "2026-01-16", 1.0, 10.0),
        (LONDON_FIX, "2026-01-20", 10.0, 100.0),
        (ETF, "2026-01-16", 10.0, 100.0),
        (ETF, "2026-01-20", 100.0, 1000.0),
        (ETF, "2026-01-21", 1000.0, 10000.0),
        (CRYPTO, "2026-01-16", 10.0, 100.0),
        (CRYPTO, "2026-01-20", 100.0, 1000.0),
        (CRYPTO, "2026-01-21", 1000.0, 10000.0),
    ],
)
def test_a_return_takes_the_shock_it_starts_in_and_the_one_it_ends_in(clock, date, start, end):
    assert sides(design_of(clock), date) == {"start": start, "end": end}


def test_a_clock_equal_to_the_shocks_has_each_shock_inside_once():
    design = design_of(FUTURES)
    assert design.columns == BOTH_SIDES
    np.testing.assert_array_equal(design.shocks_bp, np.column_stack([CODES, CODES]))
    once = design.with_columns(ONE_COLUMN)
    assert once.columns == ONE_COLUMN
    np.testing.assert_array_equal(once.shocks_bp[:, 0], CODES)


def test_a_weekend_of_crypto_joins_the_next_trade_date():
    week = pd.DatetimeIndex(["2026-01-08", "2026-01-09", "2026-01-12", "2026-01-13"])
    shocks = daily_shocks(
        pd.DatetimeIndex(["2026-01-07", *week, "2026-01-14"]),
        np.array([1.0, 10.0, 100.0, 1000.0, 10000.0]),
    )
    design = build_design(returns_of(returns_table("A", week, CRYPTO)), "A", shocks)
    monday = returns_table("A", week, CRYPTO).set_index("date").loc["2026-01-12"]
    assert monday["end_utc"] - monday["start_utc"] == pd.Timedelta(hours=72)
    assert sides(design, "2026-01-09") == {"start": 10.0, "end": 100.0}
    assert sides(design, "2026-01-12") == {"start": 100.0, "end": 1000.0}


@pytest.mark.parametrize(
    ("clock", "start", "end"),
    [(COMEX, 100.0 + 1000.0, 1000.0 + 10000.0), (ETF, 1000.0 + 10000.0, 10000.0)],
)
def test_a_return_across_a_holiday_holds_the_middle_shock_on_both_sides(clock, start, end):
    """The asset has no price on the 21st; futures do."""
    dates = WEEK.drop(pd.Timestamp("2026-01-21"))
    assert sides(design_of(clock, dates), "2026-01-22") == {"start": start, "end": end}


@pytest.mark.parametrize(
    ("clock", "date"),
    [
        (COMEX, "2026-01-22"),
        (LONDON_FIX, "2026-01-22"),
        (ETF, "2026-01-21"),
        (CRYPTO, "2026-01-21"),
    ],
)
def test_a_timestamped_surprise_is_in_the_one_return_that_spans_it(clock, date):
    points = shocks_from(np.array([AFTERNOON]), np.array([AFTERNOON]), np.array([7.0]))
    design = design_of(clock, shocks=points)
    assert design.columns == BOTH_SIDES
    expected = {day: 7.0 if day == pd.Timestamp(date) else 0.0 for day in WEEK[1:]}
    for column in (*design.shocks_bp.T, design.with_columns(ONE_COLUMN).shocks_bp[:, 0]):
        assert dict(zip(design.dates, column, strict=True)) == expected
    assert design.complete.all()


def test_news_at_the_very_strike_belongs_to_the_return_it_ends():
    at = strikes(WEEK[2:3], COMEX)
    design = design_of(COMEX, shocks=shocks_from(at, at, np.array([7.0])))
    assert sides(design, "2026-01-16") == {"start": 7.0, "end": 7.0}
    assert sides(design, "2026-01-20") == {"start": 0.0, "end": 0.0}


def test_a_missing_shock_spoils_exactly_the_returns_that_touch_it():
    values = np.array([0.0, *CODES, 0.0])
    values[3] = np.nan  # the 20th
    design = design_of(COMEX, shocks=daily_shocks(LONG_WEEK, values))
    spoilt = dict(zip(design.dates.strftime("%d"), ~design.complete, strict=True))
    assert spoilt == {"15": False, "16": False, "20": True, "21": True, "22": False}


def test_a_shock_that_is_mostly_prior_counts_as_missing():
    known = LONG_SHOCKS.identified.copy()
    known.loc["2026-01-16", "path_bp"] = False
    design = design_of(COMEX, shocks=replace(LONG_SHOCKS, identified=known))
    assert list(design.dates[~design.complete].strftime("%d")) == ["16", "20"]


def test_returns_beyond_the_last_shock_are_incomplete_and_no_event_is_built_on_them():
    """The fund's last return ends an hour after the last shock does."""
    design = design_of(ETF, shocks=SHOCKS)
    assert list(design.complete) == [True, True, True, True, False]
    with pytest.raises(CoverageError, match="no shock can be told for the return of 2026-01-22"):
        window_rows(design, WEEK[4], WEEK[5])
    assert len(window_rows(design, WEEK[3], WEEK[4])) == 2


def test_a_window_reaches_the_first_row_dated_on_or_after_its_end():
    saturday = pd.Timestamp("2026-01-17")
    rows = window_rows(design_of(COMEX), WEEK[2], saturday)
    assert list(rows.dates) == [WEEK[2], WEEK[3]]
    with pytest.raises(CoverageError, match="no return reaches 2026-01-23"):
        window_rows(design_of(COMEX), WEEK[2], pd.Timestamp("2026-01-23"))


def test_no_event_is_built_on_a_return_that_one_shock_covers_whole():
    """Shocks end on the 15th, the 21st and the 23rd, after gold has settled."""
    weekly = daily_shocks(LONG_WEEK[[0, 2, 5, 7]], np.array([1.0, 10.0, 100.0]))
    design = design_of(COMEX, shocks=weekly)
    assert list(design.dates[design.covered].strftime("%d")) == ["15", "20", "21"]
    assert not design.complete[design.covered].any()
    with pytest.raises(CoverageError, match="no shock can be told for the return of 2026-01-20"):
        window_rows(design, WEEK[2], WEEK[4])
    assert list(window_rows(design, WEEK[2], WEEK[2]).dates) == [WEEK[2]]


@pytest.mark.parametrize(
    ("clock", "columns"),
    [(FUTURES, ONE_COLUMN), (COMEX, BOTH_SIDES), (ETF, BOTH_SIDES), (CRYPTO, BOTH_SIDES)],
)
def test_a_sample_has_one_column_where_it_cannot_tell_the_sides_apart(clock, columns):
    values = np.arange(1.0, 90.0)
    design = build_design(
        returns_of(returns_table("A", DATES[:90], clock)), "A", daily_shocks(DATES[:90], values)
    )
    sample = estimation_sample(design, DATES[0], DATES[85])
    kept = np.isin(design.dates, sample.rows.dates)
    assert sample.rows.columns == columns
    if columns == ONE_COLUMN:
        np.testing.assert_array_equal(sample.rows.shocks_bp[:, 0], values[kept])
    else:
        np.testing.assert_array_equal(sample.rows.shocks_bp, design.shocks_bp[kept])


def test_a_sample_of_timestamped_surprises_has_one_column():
    said = strikes(DATES[1:90], "14:00 America/New_York")
    points = shocks_from(said, said, np.arange(1.0, 90.0))
    design = build_design(returns_of(returns_table("A", DATES[:90], ETF)), "A", points)
    sample = estimation_sample(design, DATES[0], DATES[85])
    assert sample.rows.columns == ONE_COLUMN
    np.testing.assert_array_equal(sample.rows.shocks_bp[:, 0], np.arange(1.0, 85.0))


def test_an_early_close_after_the_sample_is_brought_into_its_one_column():
    """Struck with the shock but on one day of the event: half of what each side holds."""
    table = returns_table("A", DATES[:90], FUTURES)
    early = strike(DATES[86], COMEX)
    table.loc[table["date"] == DATES[86], "end_utc"] = early
    table.loc[table["date"] == DATES[87], "start_utc"] = early
    design = build_design(returns_of(table), "A", daily_shocks(DATES[:90], np.arange(1.0, 90.0)))
    sample = estimation_sample(design, DATES[0], DATES[86])
    window = window_rows(design, DATES[86], DATES[87])
    assert sample.rows.columns == ONE_COLUMN
    np.testing.assert_array_equal(window.shocks_bp, [[0.0, 86.0], [86.0 + 87.0, 87.0]])
    np.testing.assert_array_equal(
        window.with_columns(ONE_COLUMN).shocks_bp, [[43.0], [(86.0 + 87.0 + 87.0) / 2.0]]
    )


def test_columns_of_two_shocks_are_merged_one_by_one():
    design = replace(
        design_of(COMEX),
        columns=(("a", "start"), ("a", "end"), ("b", "start"), ("b", "end")),
        shocks_bp=np.array([[1.0, 3.0, 10.0, 30.0]] * 5),
    )
    columns = (("a", "inside"), ("b", "start"), ("b", "end"))
    np.testing.assert_array_equal(design.with_columns(columns).shocks_bp, [[2.0, 10.0, 30.0]] * 5)
    assert design.with_columns(design.columns) is design


# --- the dollar ------------------------------------------------------------------------------


def test_a_dollar_move_belongs_to_the_return_that_holds_its_middle():
    moves = np.array([1.0, 10.0, 100.0, 1000.0, 10000.0])
    for clock in (COMEX, ETF, CRYPTO, LONDON_FIX):
        table = returns_of(returns_table("A", WEEK, clock), returns_table("D", WEEK, NOON, moves))
        design = build_design(table, "A", LONG_SHOCKS, dollar="D")
        np.testing.assert_array_equal(design.dollar_pct, moves)
        np.testing.assert_array_equal(design.dollar_terms[:, 0], 1.0)


def test_the_dollar_carries_the_shocks_of_its_own_interval():
    """Noon to noon: what was left of yesterday's shock, and the beginning of today's."""
    table = returns_of(returns_table("A", WEEK, ETF), returns_table("D", WEEK, NOON))
    design = build_design(table, "A", LONG_SHOCKS, dollar="D")
    np.testing.assert_array_equal(design.dollar_terms[:, 1], [0.0, 1.0, 10.0, 100.0, 1000.0])
    np.testing.assert_array_equal(design.dollar_terms[:, 2], CODES)


def test_a_missing_dollar_day_drops_two_rows_and_counts_them():
    dates = trading_days("2025-01-02", 90)
    shocks = daily_shocks(dates, np.arange(89.0))
    gone = dates[40]
    dollar = returns_table("D", dates.drop(gone), NOON)
    design = build_design(
        returns_of(returns_table("A", dates, COMEX), dollar), "A", shocks, dollar="D"
    )
    whole = build_design(
        returns_of(returns_table("A", dates, COMEX), returns_table("D", dates, NOON)),
        "A",
        shocks,
        dollar="D",
    )
    lost = whole.complete & ~design.complete
    assert list(design.dates[lost]) == [gone, dates[41]]
    with_gap = estimation_sample(design, dates[0], dates[80])
    without = estimation_sample(whole, dates[0], dates[80])
    assert with_gap.dropped - without.dropped == 2
    assert len(without.rows) - len(with_gap.rows) == 2


@pytest.mark.parametrize(
    ("missing", "refused"),
    [
        *(([], False), ([85], False), ([86], False), ([85, 86], False), ([88], False)),
        *(([84], True), ([87], True), ([86, 87], True), ([84, 85, 86, 87], True)),
    ],
)
def test_no_event_is_built_on_dollar_moves_that_do_not_cover_it(missing, refused):
    """A gap inside the event leaves its sum as it is; one at its edge does not."""
    dollar = returns_table("D", DATES[:90].drop(DATES[missing]), NOON)
    design = build_design(
        returns_of(returns_table("A", DATES[:90], COMEX), dollar),
        "A",
        daily_shocks(DATES[:90], np.arange(89.0)),
        dollar="D",
    )
    if not refused:
        rows = window_rows(design, DATES[85], DATES[87])
        assert rows.dollar_days.sum() == pytest.approx(rows.elapsed_days.sum(), rel=0.0, abs=0.05)
        return
    with pytest.raises(CoverageError, match=r"A: dollar moves cover .* days, the event's"):
        window_rows(design, DATES[85], DATES[87])


def test_no_event_is_built_on_a_dollar_not_yet_published():
    table = returns_of(returns_table("A", DATES[:90], ETF), returns_table("D", DATES[:86], NOON))
    design = build_design(table, "A", daily_shocks(DATES[:90], np.arange(89.0)), dollar="D")
    with pytest.raises(CoverageError, match=r"A: dollar moves cover 0\.0 days"):
        window_rows(design, DATES[86], DATES[87])
    assert (design.dollar_days[design.dates >= DATES[86]] == 0.0).all()
    assert not design.complete[design.dates >= DATES[86]].any()


# --- any intervals whatever ------------------------------------------------------------------

HOURS = st.lists(st.integers(0, 400), min_size=2, max_size=14, unique=True).map(sorted)
EPOCH = np.datetime64("2026-01-01T00:00:00", "s")


def instants(hours: list[int]) -> np.ndarray:
    return EPOCH + np.array(hours).astype("timedelta64[h]")


@given(asset=HOURS, shock=HOURS, points=st.booleans(), missing=st.integers(-1, 12))
def test_matching_equals_interval_geometry(asset, shock, points, missing):
    struck, news = instants(asset), instants(shock)
    low, high = (news, news) if points else (news[:-1], news[1:])
    values = 2.0 ** np.arange(len(high))
    if 0 <= missing < len(values):
        values[missing] = np.nan
    table = pd.DataFrame(
        {
            "date": pd.DatetimeIndex(struck[1:]),
            "asset": "A",
            "log_return_pp": 0.0,
            "days": 1,
            "start_utc": struck[:-1],
            "end_utc": struck[1:],
        }
    )
    design = build_design(returns_of(table), "A", shocks_from(low, high, values))
    for row, (a, b) in enumerate(itertools.pairwise(struck)):
        ends = [v for v, d in zip(values, high, strict=True) if a < d <= b]
        starts = ends if points else [v for v, c in zip(values, low, strict=True) if a <= c < b]
        covered = not points and any(c < a and b < d for c, d in zip(low, high, strict=True))
        reached = points or (low[0] <= a and b <= high[-1])
        whole = bool(reached and not covered and np.isfinite([*ends, *starts]).all())
        assert design.complete[row] == whole
        assert design.covered[row] == covered
        assert design.elapsed_days[row] == (b - a) / np.timedelta64(1, "D")
        assert design.columns == BOTH_SIDES
        if whole:
            assert tuple(design.shocks_bp[row]) == (sum(ends), sum(starts))
            half = (sum(ends) + sum(starts)) / 2.0
            assert design.with_columns(ONE_COLUMN).shocks_bp[row, 0] == half
            used = [
                (c, d)
                for c, d in zip(low, high, strict=True)
                if (a < d <= b) or (not points and a <= c < b)
            ]
            assert design.start_utc[row] == min([a, *(c for c, _ in used)])
            assert design.end_utc[row] == max([b, *(d for _, d in used)])


# --- the event stays out of the sample -------------------------------------------------------

DATES = trading_days("2025-01-02", 100)
EVENT = DATES[90]


def event_design(clock: str) -> DesignRows:
    table = returns_of(returns_table("A", DATES, clock), returns_table("D", DATES, NOON))
    return build_design(table, "A", daily_shocks(DATES, np.arange(99.0)), dollar="D")


@pytest.mark.parametrize("clock", [COMEX, ETF, CRYPTO, LONDON_FIX, FUTURES])
def test_no_interval_of_the_sample_reaches_past_the_strike_before_the_event(clock):
    design = event_design(clock)
    sample = estimation_sample(design, DATES[0], EVENT)
    begins = strike(DATES[89], clock)
    assert sample.before_utc == begins
    shock_ends = strikes(DATES[1:], FUTURES)
    dollar_ends = strikes(DATES[1:], NOON)
    for row, date in enumerate(sample.rows.dates):
        assert strike(date, clock) <= begins
        used = sample.rows.runs[row]
        assert shock_ends[max(used[1], used[3]) - 1] <= begins
        assert dollar_ends[DATES[1:].get_loc(date)] <= begins


@pytest.mark.parametrize("clock", [COMEX, ETF, CRYPTO])
def test_a_sample_that_touches_the_event_cannot_be_built(clock):
    design = event_design(clock)
    sample = estimation_sample(design, DATES[0], EVENT)
    last = int(np.flatnonzero(design.dates == sample.rows.dates[-1])[0])
    one_more = design.take((design.dates > DATES[10]) & (np.arange(len(design)) <= last + 1))
    with pytest.raises(EventLeakError, match=f"{design.dates[last + 1]:%Y-%m-%d}"):
        EstimationSample(one_more, sample.before_utc, 0)


def test_the_row_before_the_event_is_left_out_where_a_shock_of_the_event_touches_it():
    """A fund's return ends an hour into the shock of the next day."""
    assert estimation_sample(event_design(ETF), DATES[0], EVENT).rows.dates[-1] == DATES[88]
    assert estimation_sample(event_design(FUTURES), DATES[0], EVENT).rows.dates[-1] == DATES[89]


def test_too_short_a_sample_is_refused_with_its_length():
    with pytest.raises(CoverageError, match=r"A: 2[0-9] complete rows .* 60 are needed"):
        estimation_sample(event_design(COMEX), DATES[60], EVENT)

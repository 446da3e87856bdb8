"""Dates and clocks against slow loops over single days: no formula of the code is repeated here."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ratemodel.calendars import (
    BUILT_IN_CLOCKS,
    FUTURES_CLOCK,
    announcement_times,
    clock_of,
    days_share_from,
    effective_dates,
    end_inside,
    meeting_calendar,
    meetings_ahead,
    meetings_revised,
    pack_true,
    start_inside,
    strike_times,
    target_on,
)
from ratemodel.errors import ClockError, DataError
from ratemodel.types.clock import Clock

ROUNDING = 1e-15
"""Both sides divide two small integers: they may differ by the last bit and no more."""
NOTHING = 0.0

DAY = dt.timedelta(days=1)
ZONES = ("America/New_York", "Europe/London", "UTC", "Asia/Tokyo", "Australia/Sydney")

days = st.dates(dt.date(1990, 1, 1), dt.date(2034, 12, 31))


def stamps(dates: list[dt.date]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.Timestamp(day) for day in dates])


def fomc_row(
    announced: dt.date,
    kind: str = "scheduled",
    before: float | None = None,
    after: float | None = None,
    *,
    time_et: str = "14:00",
    known_since: str | None = None,
    cancelled_on: str | None = None,
    width: float = 0.25,
) -> dict[str, object]:
    """One row of the fomc table; `before` and `after` are the middle of the range."""

    def edge(middle: float | None, sign: float) -> float:
        return np.nan if middle is None else middle + sign * width / 2.0

    return {
        "announced": pd.Timestamp(announced),
        "time_et": time_et,
        "kind": kind,
        "target_lower_before_pct": edge(before, -1.0),
        "target_upper_before_pct": edge(before, 1.0),
        "target_lower_after_pct": edge(after, -1.0),
        "target_upper_after_pct": edge(after, 1.0),
        "known_since": pd.Timestamp(known_since) if known_since else pd.NaT,
        "cancelled_on": pd.Timestamp(cancelled_on) if cancelled_on else pd.NaT,
    }


# --- Strikes ----------------------------------------------------------------------------------


def strike_by_zoneinfo(day: dt.date, minutes: int, zone: str) -> dt.datetime | None:
    """One strike by the standard library; None where that wall time is skipped or comes twice."""
    wall_day = day + DAY if minutes == 24 * 60 else day
    wall = dt.datetime.combine(wall_day, dt.time(minutes % (24 * 60) // 60, minutes % 60))
    first = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
    second = wall.replace(tzinfo=ZoneInfo(zone), fold=1)
    if first.utcoffset() != second.utcoffset():
        return None
    return first.astimezone(dt.UTC).replace(tzinfo=None)


@given(
    dates=st.lists(days, min_size=1, max_size=20, unique=True),
    minutes=st.integers(0, 24 * 60),
    zone=st.sampled_from(ZONES),
)
def test_strikes_are_those_of_the_standard_library(dates, minutes, zone):
    slow = [strike_by_zoneinfo(day, minutes, zone) for day in dates]
    assume(None not in slow)
    assert strike_times(stamps(dates), Clock(minutes, zone)).astype(dt.datetime).tolist() == slow


@given(start=days, minutes=st.integers(0, 24 * 60), zone=st.sampled_from(ZONES))
@example(start=dt.date(2026, 3, 1), minutes=150, zone="America/New_York")
@example(start=dt.date(2026, 10, 20), minutes=90, zone="America/New_York")
@example(start=dt.date(2026, 10, 20), minutes=1440, zone="Europe/London")
def test_each_day_has_one_strike_later_than_the_day_before(start, minutes, zone):
    """Also where the wall time is skipped or comes twice that day."""
    struck = strike_times(pd.date_range(start, periods=40), Clock(minutes, zone))
    assert (np.diff(struck) > np.timedelta64(0, "s")).all()


@pytest.mark.parametrize(
    ("date", "clock", "utc"),
    [
        # New York changes on 2026-03-08, London on 2026-03-29.
        ("2026-03-06", "16:00 America/New_York", "2026-03-06T21:00"),
        ("2026-03-09", "16:00 America/New_York", "2026-03-09T20:00"),
        ("2026-03-27", "15:00 Europe/London", "2026-03-27T15:00"),
        ("2026-03-30", "15:00 Europe/London", "2026-03-30T14:00"),
        ("2026-10-30", "16:00 America/New_York", "2026-10-30T20:00"),
        ("2026-11-02", "16:00 America/New_York", "2026-11-02T21:00"),
        # 24:00 is the midnight that ends the date, in summer and winter, over a month's end.
        ("2026-01-31", "24:00 UTC", "2026-02-01T00:00"),
        ("2026-03-08", "24:00 America/New_York", "2026-03-09T04:00"),
        ("2026-03-07", "24:00 America/New_York", "2026-03-08T05:00"),
        ("2025-12-31", "24:00 America/New_York", "2026-01-01T05:00"),
        ("2026-01-30", "00:00 UTC", "2026-01-30T00:00"),
    ],
)
def test_strikes_across_daylight_saving_and_midnight(date, clock, utc):
    struck = strike_times(pd.DatetimeIndex([date]), Clock.parse(clock))
    assert struck[0] == np.datetime64(utc)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_resolution_of_dates_does_not_matter(unit):
    dates = pd.DatetimeIndex(["2026-01-30", "2026-07-30"]).as_unit(unit)
    struck = strike_times(dates, Clock.parse("13:30 America/New_York"))
    assert struck.tolist() == [
        dt.datetime(2026, 1, 30, 18, 30),
        dt.datetime(2026, 7, 30, 17, 30),
    ]


def test_announcements_are_new_york_times():
    rows = [
        fomc_row(dt.date(2026, 1, 28)),
        fomc_row(dt.date(2026, 6, 17)),
        fomc_row(dt.date(2020, 3, 15), "unscheduled", time_et="17:00"),
        fomc_row(dt.date(2008, 10, 8), "unscheduled", time_et="07:00"),
    ]
    assert announcement_times(pd.DataFrame(rows)).tolist() == [
        dt.datetime(2026, 1, 28, 19, 0),
        dt.datetime(2026, 6, 17, 18, 0),
        dt.datetime(2020, 3, 15, 21, 0),
        dt.datetime(2008, 10, 8, 11, 0),
    ]


@pytest.mark.parametrize(
    ("series", "clock"),
    [
        ("GC", "13:30 America/New_York"),
        ("SI", "13:25 America/New_York"),
        ("XAU_LBMA_PM", "15:00 Europe/London"),
        ("GLD", "16:00 America/New_York"),
        ("SPX", "16:00 America/New_York"),
        ("DGS2", "15:30 America/New_York"),
        ("DFII10", "15:30 America/New_York"),
        ("T10YIE", "15:30 America/New_York"),
        ("DTWEXBGS", "12:00 America/New_York"),
        ("BTC", "24:00 UTC"),
        ("PAXG", "24:00 UTC"),
    ],
)
def test_built_in_clocks_are_those_promised(series, clock):
    assert str(clock_of(series, BUILT_IN_CLOCKS)) == clock


def test_a_study_overrides_a_clock_and_must_give_one_for_the_rest():
    assert str(clock_of("DGS2", {"DGS2": Clock.parse("17:00 UTC")})) == "17:00 UTC"
    with pytest.raises(ClockError, match="PLATINUM"):
        clock_of("PLATINUM", BUILT_IN_CLOCKS)


# --- Effective dates and weights --------------------------------------------------------------


@pytest.mark.parametrize(
    ("lag", "announced", "first_day_at_new_rate"),
    [
        (0, "2026-01-28", "2026-01-28"),
        (1, "2026-01-28", "2026-01-29"),
        (1, "2026-12-31", "2027-01-01"),
        (1, "2024-02-28", "2024-02-29"),
        ("era", "2001-01-03", "2001-01-03"),
        ("era", "2008-12-15", "2008-12-15"),
        ("era", "2008-12-16", "2008-12-17"),
        ("era", "2022-09-21", "2022-09-22"),
    ],
)
def test_a_decision_takes_effect_by_the_lag(lag, announced, first_day_at_new_rate):
    effective = effective_dates(pd.DatetimeIndex([announced]), lag)
    assert effective[0] == pd.Timestamp(first_day_at_new_rate)


def share_by_counting(start: dt.date, month: pd.Period) -> float:
    day, inside, after = month.start_time.date(), 0, 0
    while pd.Period(day, freq="M") == month:
        inside += 1
        after += day >= start
        day += DAY
    return after / inside


@settings(max_examples=40)
@given(
    starts=st.lists(days, min_size=1, max_size=4),
    first=days,
    count=st.integers(1, 15),
)
@example(starts=[dt.date(2024, 2, 29), dt.date(2024, 3, 1)], first=dt.date(2024, 1, 1), count=3)
def test_shares_of_months_are_counted_day_by_day(starts, first, count):
    months = pd.period_range(first, periods=count, freq="M")
    near = [min(starts[0], (months[-1].end_time).date()), months[0].start_time.date()]
    starts = [*starts, *near, months[-1].end_time.date()]
    share = days_share_from(np.array(starts, "datetime64[D]"), months)
    slow = [[share_by_counting(start, month) for start in starts] for month in months]
    np.testing.assert_allclose(share, slow, rtol=ROUNDING, atol=NOTHING)


# --- Intervals --------------------------------------------------------------------------------

instants = st.lists(st.integers(0, 25), max_size=12).map(sorted)
spans = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)).map(sorted), max_size=8)


def seconds(values: list[int]) -> np.ndarray:
    return np.array(values, dtype="datetime64[s]")


@given(spans=spans, items=instants)
def test_items_ending_inside_an_interval(spans, items):
    start, end = seconds([s for s, _ in spans]), seconds([e for _, e in spans])
    first, stop = end_inside(start, end, seconds(items))
    for i, (s, e) in enumerate(spans):
        found = list(range(first[i], stop[i]))
        assert found == [j for j, item in enumerate(items) if s < item <= e]


@given(spans=spans, items=instants)
def test_items_starting_inside_an_interval(spans, items):
    start, end = seconds([s for s, _ in spans]), seconds([e for _, e in spans])
    first, stop = start_inside(start, end, seconds(items))
    for i, (s, e) in enumerate(spans):
        found = list(range(first[i], stop[i]))
        assert found == [j for j, item in enumerate(items) if s <= item < e]


@given(cells=st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=6))
def test_packing_lists_the_true_positions_of_each_row(cells):
    packed = pack_true(np.array(cells))
    width = max(sum(row) for row in cells)
    for row, positions in zip(cells, packed, strict=True):
        true = [i for i, cell in enumerate(row) if cell]
        assert positions.tolist() == true + [-1] * (width - len(true))


# --- Meetings as known ------------------------------------------------------------------------


@st.composite
def fomc_tables(draw: st.DrawFn) -> list[dict[str, object]]:
    """Up to eight meetings of every kind within half a year, each with or without its dates."""
    start = dt.date(2019, 6, 1)
    offsets = draw(st.lists(st.integers(0, 180), min_size=1, max_size=8, unique=True))
    rows, times = [], ["08:20", "14:00", "17:00"]
    for offset in offsets:
        announced = start + offset * DAY
        kind = draw(st.sampled_from(["scheduled", "unscheduled", "cancelled", "other_statement"]))
        known = announced - draw(st.integers(0, 120)) * DAY
        called_off = max(known + DAY, announced - draw(st.integers(0, 30)) * DAY)
        rows.append(
            fomc_row(
                announced,
                kind,
                before=2.0,
                known_since=str(known) if draw(st.booleans()) else None,
                cancelled_on=str(called_off) if kind == "cancelled" else None,
                time_et=draw(st.sampled_from(times[: 2 if kind == "unscheduled" else 3])),
            )
        )
    return rows


def is_known(row: dict[str, object], day: pd.Timestamp) -> bool:
    """A person looking at the calendar on `day`: is this meeting in it?"""
    if pd.notna(row["cancelled_on"]) and day >= row["cancelled_on"]:
        return False
    if pd.notna(row["known_since"]):
        return bool(day >= row["known_since"])
    return row["kind"] != "unscheduled" or bool(day >= row["announced"])


MOVERS = ("scheduled", "unscheduled", "cancelled")


@settings(max_examples=40)
@given(
    rows=fomc_tables(),
    offsets=st.lists(st.integers(-20, 200), min_size=1, max_size=6, unique=True),
    reach=st.integers(0, 120),
    lag=st.sampled_from([0, 1]),
)
def test_meetings_ahead_are_those_a_calendar_of_that_day_shows(rows, offsets, reach, lag):
    calendar = meeting_calendar(pd.DataFrame(rows), lag)
    dates = stamps([dt.date(2019, 6, 1) + offset * DAY for offset in sorted(offsets)])
    last_day = pd.DatetimeIndex(dates + pd.Timedelta(days=reach))
    ahead = meetings_ahead(calendar, dates, last_day)
    for day, last, listed in zip(dates, last_day, ahead, strict=True):
        effect = {r["announced"]: r["announced"] + pd.Timedelta(days=lag) for r in rows}
        slow = sorted(
            row["announced"]
            for row in rows
            if row["kind"] in MOVERS
            and is_known(row, day)
            and day < effect[row["announced"]] <= last
        )
        assert calendar["announced"].iloc[listed[listed >= 0]].tolist() == slow


@settings(max_examples=40)
@given(
    rows=fomc_tables(),
    offsets=st.lists(st.integers(-20, 200), min_size=2, max_size=6, unique=True),
    reach=st.integers(0, 120),
)
def test_meetings_revised_are_those_not_announced_at_the_last_strike(rows, offsets, reach):
    calendar = meeting_calendar(pd.DataFrame(rows), 1)
    dates = stamps([dt.date(2019, 6, 1) + offset * DAY for offset in sorted(offsets)])
    last_day = pd.DatetimeIndex(dates + pd.Timedelta(days=reach))
    revised = meetings_revised(calendar, dates, FUTURES_CLOCK, last_day)
    assert (revised[0] == -1).all()
    for i in range(1, len(dates)):
        yesterday, today = dates[i - 1], dates[i]
        struck = yesterday.tz_localize("America/New_York") + pd.Timedelta(hours=15)
        slow = []
        for row in rows:
            told = pd.Timestamp(f"{row['announced']:%Y-%m-%d} {row['time_et']}")
            told = told.tz_localize("America/New_York")
            effective = row["announced"] + pd.Timedelta(days=1)
            listed = any(is_known(row, day) for day in pd.date_range(yesterday, today))
            if row["kind"] in MOVERS and told > struck and listed and effective <= last_day[i]:
                slow.append(row["announced"])
        found = revised[i][revised[i] >= 0]
        assert calendar["announced"].iloc[found].tolist() == sorted(slow)


def march_2020() -> pd.DataFrame:
    return pd.DataFrame(
        [
            fomc_row(dt.date(2020, 1, 29), before=1.625, after=1.625),
            fomc_row(dt.date(2020, 3, 3), "unscheduled", 1.625, 1.125, time_et="10:00"),
            fomc_row(dt.date(2020, 3, 15), "unscheduled", 1.125, 0.125, time_et="17:00"),
            fomc_row(
                dt.date(2020, 3, 18),
                "cancelled",
                0.125,
                known_since="2019-05-30",
                cancelled_on="2020-03-15",
            ),
            fomc_row(dt.date(2020, 3, 19), "other_statement", 0.125, 0.125, time_et="09:00"),
            fomc_row(dt.date(2020, 4, 29), before=0.125, after=0.125),
        ]
    )


@pytest.mark.parametrize(
    ("date", "announced"),
    [
        ("2019-05-29", ["2020-01-29", "2020-04-29"]),
        ("2019-05-30", ["2020-01-29", "2020-03-18", "2020-04-29"]),
        ("2020-02-28", ["2020-03-18", "2020-04-29"]),
        ("2020-03-02", ["2020-03-18", "2020-04-29"]),
        ("2020-03-03", ["2020-03-03", "2020-03-18", "2020-04-29"]),
        ("2020-03-13", ["2020-03-18", "2020-04-29"]),
        ("2020-03-16", ["2020-04-29"]),
    ],
)
def test_the_calendar_of_march_2020_as_it_was_known(date, announced):
    calendar = meeting_calendar(march_2020())
    dates = pd.DatetimeIndex([date])
    ahead = meetings_ahead(calendar, dates, pd.DatetimeIndex(["2020-05-31"]))[0]
    listed = calendar["announced"].iloc[ahead[ahead >= 0]]
    assert [f"{day:%Y-%m-%d}" for day in listed] == announced


def test_the_weekend_of_march_2020_revises_the_surprise_and_the_cancelled_meeting():
    calendar = meeting_calendar(march_2020())
    dates = pd.DatetimeIndex(["2020-03-12", "2020-03-13", "2020-03-16", "2020-03-17"])
    last_day = pd.DatetimeIndex(["2020-05-31"] * 4)
    revised = meetings_revised(calendar, dates, FUTURES_CLOCK, last_day)
    listed = [calendar["announced"].iloc[row[row >= 0]] for row in revised]
    assert [[f"{day:%m-%d}" for day in some] for some in listed] == [
        [],
        ["03-18", "04-29"],
        ["03-15", "03-18", "04-29"],
        ["04-29"],
    ]


def test_other_statements_move_no_rate_and_a_missing_column_means_unknown():
    table = march_2020().drop(columns=["known_since", "cancelled_on"])
    calendar = meeting_calendar(table)
    assert not calendar["announced"].eq(pd.Timestamp("2020-03-19")).any()
    assert len(calendar) == 5


def test_announcements_of_one_day_are_one_meeting_from_first_target_to_last():
    """1991-02-01: discount rate at 09:15, funds rate at 11:30."""
    rows = [
        fomc_row(dt.date(1991, 2, 1), "unscheduled", 6.75, 6.5, time_et="09:15"),
        fomc_row(dt.date(1991, 2, 1), "unscheduled", 6.5, 6.25, time_et="11:30"),
    ]
    for table in (rows, rows[::-1]):
        calendar = meeting_calendar(pd.DataFrame(table))
        assert calendar[["before_pct", "after_pct"]].to_numpy().tolist() == [[6.75, 6.25]]
        assert calendar["announced_utc"].tolist() == [pd.Timestamp("1991-02-01 16:30")]


def test_a_second_announcement_does_not_hide_a_scheduled_meeting():
    rows = [
        fomc_row(dt.date(2019, 3, 20), before=2.375, after=2.375),
        fomc_row(dt.date(2019, 3, 20), "unscheduled", 2.375, 2.125, time_et="14:45"),
    ]
    calendar = meeting_calendar(pd.DataFrame(rows))
    march = pd.DatetimeIndex(["2019-03-01"])
    ahead = meetings_ahead(calendar, march, pd.DatetimeIndex(["2019-04-30"]))
    assert (ahead >= 0).sum() == 1


# --- Targets ----------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    gaps=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    levels=st.lists(st.integers(0, 20), min_size=7, max_size=7),
    lag=st.sampled_from([0, 1]),
    undecided=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_the_target_of_each_day_is_that_of_the_last_decision_in_effect(
    gaps, levels, lag, undecided, order
):
    start = dt.date(2021, 1, 1)
    announced = [start + int(total) * DAY for total in np.cumsum(gaps)]
    rows = [
        fomc_row(day, before=levels[i] / 4, after=levels[i + 1] / 4)
        for i, day in enumerate(announced)
    ]
    if undecided:
        rows.append(fomc_row(announced[-1] + 30 * DAY))
    order.shuffle(rows)
    dates = pd.date_range(start, announced[-1] + 40 * DAY)
    slow, rate = [], levels[0] / 4
    for day in dates:
        for i, told in enumerate(announced):
            if day == pd.Timestamp(told + lag * DAY):
                rate = levels[i + 1] / 4
        slow.append(rate)
    found = target_on(dates, meeting_calendar(pd.DataFrame(rows), lag))
    np.testing.assert_allclose(found, slow, rtol=ROUNDING, atol=NOTHING)


def test_the_target_is_the_middle_of_a_range_or_the_single_target():
    single = fomc_row(dt.date(2008, 10, 29), before=1.5, after=1.0, width=0.0)
    ranged = fomc_row(dt.date(2008, 12, 16), before=1.0, after=0.125)
    calendar = meeting_calendar(pd.DataFrame([single, ranged]), "era")
    dates = pd.DatetimeIndex(["2008-10-28", "2008-10-29", "2008-12-16", "2008-12-17"])
    assert target_on(dates, calendar).tolist() == [1.5, 1.0, 1.0, 0.125]


def test_no_decision_means_no_target():
    calendar = meeting_calendar(pd.DataFrame([fomc_row(dt.date(2027, 1, 27))]))
    assert np.isnan(target_on(pd.DatetimeIndex(["2026-12-01"]), calendar)).all()


@pytest.mark.parametrize("column", ["announced", "known_since", "cancelled_on"])
def test_a_calendar_with_a_time_zone_is_refused_by_name(column):
    table = pd.DataFrame([fomc_row(dt.date(2026, 1, 28))])
    table[column] = pd.to_datetime(["2026-01-28"]).tz_localize("America/New_York")
    with pytest.raises(DataError, match=f"{column} is a New York date, without a time zone"):
        meeting_calendar(table)

"""What the path may know on a date: fixings, targets and decisions published by then."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from path.expected_days import (
    DAY,
    History,
    Meeting,
    business_days,
    days_of,
    each_day,
    fomc_table,
    fomc_table_as_of,
    futures_rows,
    months_from,
    rates_table,
)

from ratemodel.calendars import meeting_calendar
from ratemodel.errors import CoverageError
from ratemodel.path import implied_path, known_target
from ratemodel.path.anchor import anchor_levels, daily_fixings
from ratemodel.path.horizons import expected_rates, horizon_frame

ROUNDING = 1e-9
"""The same equations, batched with other dates: only the order of sums differs."""
EXACT_PCT = 1e-8
MEDIAN_BP = 1e-9
"""A median of the same twenty numbers, subtracted in another order."""

SCHEDULE = [
    Meeting(dt.date(2018, 12, 19), before_pct=2.125, after_pct=2.375),
    Meeting(dt.date(2019, 1, 30), before_pct=2.375, after_pct=2.375),
    Meeting(
        dt.date(2019, 2, 12), "unscheduled", before_pct=2.375, after_pct=1.875, time_et="10:00"
    ),
    Meeting(
        dt.date(2019, 3, 6),
        "cancelled",
        known_since=dt.date(2018, 6, 1),
        cancelled_on=dt.date(2019, 2, 12),
    ),
    Meeting(dt.date(2019, 3, 20), before_pct=1.875, after_pct=1.625),
    Meeting(dt.date(2019, 5, 1), before_pct=1.625, after_pct=1.625),
    Meeting(dt.date(2019, 6, 19)),
    Meeting(dt.date(2019, 7, 31)),
    Meeting(dt.date(2019, 9, 18)),
    Meeting(dt.date(2019, 10, 30)),
]
DATES = tuple(business_days(dt.date(2019, 1, 2), 66))
CUTS = [
    dt.date(2019, 1, 29),
    dt.date(2019, 1, 30),
    dt.date(2019, 2, 11),
    dt.date(2019, 2, 12),
    dt.date(2019, 3, 5),
    dt.date(2019, 3, 20),
    dt.date(2019, 4, 1),
]


def history(seed: int = 0) -> History:
    """Views that wander by 2 bp a day and fixings that wander within the range."""
    rng = np.random.default_rng(seed)
    views: dict[tuple[dt.date, dt.date], float] = {}
    for meeting in SCHEDULE:
        wander = np.cumsum(rng.normal(0.0, 2.0, len(DATES)))
        views |= {
            (today, meeting.announced): move for today, move in zip(DATES, wander, strict=True)
        }
    days = each_day(dt.date(2018, 11, 1), DATES[-1])
    spread = dict(zip(days, 3.0 + rng.normal(0.0, 1.0, len(days)), strict=True))
    months = tuple(months_from(dt.date(2019, 1, 1), 11))
    return History(DATES, tuple(SCHEDULE), months, 2.125, views, spread, expected_spread_bp=3.0)


@pytest.fixture(scope="module")
def told() -> History:
    return history()


@pytest.fixture(scope="module")
def whole_path(told):
    return implied_path(told.futures(), told.fomc(), told.rates())


@pytest.mark.parametrize("cut", CUTS)
def test_nothing_after_a_date_changes_its_path(told, whole_path, cut):
    """Cut the futures after the date, the fixings from it on, and every later line of the fomc."""
    known = implied_path(
        told.futures(until=cut), fomc_table_as_of(told.meetings, cut), told.rates(before=cut)
    )
    whole = whole_path.to_frame()
    whole = whole.loc[whole["trade_date"] <= pd.Timestamp(cut)].reset_index(drop=True)
    pd.testing.assert_frame_equal(known.to_frame(), whole, rtol=ROUNDING, atol=ROUNDING)


def test_the_full_sample_sees_each_cut_differently_when_it_may(told):
    """The test above can fail: the next day's settlements do change the next day's path."""
    other = replace(told, views_bp={k: v + 5.0 for k, v in told.views_bp.items()})
    a = implied_path(told.futures(), told.fomc(), told.rates()).at("2019-03-05")
    b = implied_path(other.futures(), told.fomc(), told.rates()).at("2019-03-05")
    assert (a["change_bp"] - b["change_bp"]).abs().max() > 3.0


def test_a_surprise_after_the_strike_is_no_meeting_yet():
    """1998-10-15: announced at 15:15, a quarter of an hour after futures were struck."""
    today = dt.date(1998, 10, 15)
    surprise = Meeting(today, "unscheduled", 5.25, 5.0, time_et="15:15")
    meetings = [Meeting(dt.date(1998, 9, 29), "scheduled", 5.5, 5.25), surprise]
    meetings += [Meeting(dt.date(1998, 11, 17)), Meeting(dt.date(1998, 12, 22))]
    told = History((today, today + DAY), tuple(meetings), tuple(months_from(today, 3)), 5.5)
    listed = implied_path(told.futures(), told.fomc(), told.rates()).at(today)["meeting"]
    assert listed.iloc[1:].dt.date.tolist() == [dt.date(1998, 11, 17), dt.date(1998, 12, 22)]


# --- Fixings ----------------------------------------------------------------------------------


def test_fixings_are_carried_over_weekends_and_holidays_only():
    fixings = pd.Series(
        [5.0, 5.1, 5.2, 5.3],
        # Friday, Tuesday after a Monday holiday, Wednesday, and then nothing for twelve days.
        index=pd.to_datetime(["2024-02-16", "2024-02-20", "2024-02-21", "2024-03-04"]),
    )
    empty = pd.Series(dtype=float, index=pd.DatetimeIndex([]))
    laid = daily_fixings(empty, fixings)
    assert laid.loc["2024-02-16":"2024-02-21"].tolist() == [5.0, 5.0, 5.0, 5.0, 5.1, 5.2]
    assert laid["2024-03-04"] == 5.3


@pytest.mark.parametrize("days_apart", [5, 6, 12])
def test_a_longer_gap_in_the_fixings_stays_empty(days_apart):
    index = pd.to_datetime(["2024-02-16"]) + pd.to_timedelta([0], unit="D")
    index = index.append(index + pd.Timedelta(days=days_apart))
    empty = pd.Series(dtype=float, index=pd.DatetimeIndex([]))
    laid = daily_fixings(empty, pd.Series([5.0, 5.1], index=index))
    assert laid.notna().sum() == 2


def test_daily_rates_come_before_those_of_business_days():
    index = pd.to_datetime(["2024-02-16", "2024-02-17"])
    dff = pd.Series([5.0, 5.01], index=index)
    effr = pd.Series([4.0, 4.5], index=pd.to_datetime(["2024-02-16", "2024-02-19"]))
    assert daily_fixings(dff, effr).tolist() == [5.0, 5.01, 5.01, 4.5]


ONE_MEETING = [Meeting(dt.date(2024, 5, 1), before_pct=5.375, after_pct=5.375)]
LATER = [Meeting(dt.date(2024, 7, 31)), Meeting(dt.date(2024, 9, 18))]


def july(today: dt.date, published: dict[dt.date, float] | None, series: str = "DFF"):
    """July's contract on a day of July: 5.30 before, 5.35 expected from that day on.

    July's and September's contracts of the last of June are there, too; nothing else is.
    """
    eve, summer = dt.date(2024, 6, 28), each_day(dt.date(2024, 6, 1), dt.date(2024, 9, 30))
    rates = {d: 5.30 if d < today else 5.35 for d in summer}
    rows = futures_rows(["2024-07", "2024-09"], eve, rates) + futures_rows(
        ["2024-07"], today, rates
    )
    return implied_path(
        pd.DataFrame(rows),
        fomc_table([*ONE_MEETING, *LATER]),
        None if published is None else rates_table(published, series),
        prior_sd_bp=None,
        anchor_sd_bp=None,
        noise_sd_bp=1.0,
    )


def test_published_fixings_are_taken_out_of_the_running_month():
    today = dt.date(2024, 7, 15)
    path = july(today, {d: 5.30 for d in each_day(dt.date(2024, 6, 1), today - DAY)})
    assert path.current_pct[1] == pytest.approx(5.35, rel=0.0, abs=EXACT_PCT)
    assert path.level_identified[1, 0]


def test_a_missing_fixing_leaves_the_running_month_out():
    today = dt.date(2024, 7, 15)
    path = july(today, {d: 5.30 for d in each_day(dt.date(2024, 6, 1), dt.date(2024, 7, 4))})
    assert not path.level_identified[1, 0]
    assert np.isnan(path.residual_bp[1]).all()


def test_on_monday_the_weekend_is_known():
    """Fixings of business days, the last of them Friday's: Saturday and Sunday repeat it."""
    monday = dt.date(2024, 7, 15)
    working = [d for d in each_day(dt.date(2024, 6, 3), monday - DAY) if d.weekday() < 5]
    path = july(monday, dict.fromkeys(working, 5.30), "EFFR")
    assert path.level_identified[1, 0]
    assert path.current_pct[1] == pytest.approx(5.35, rel=0.0, abs=EXACT_PCT)


@pytest.mark.parametrize(("today", "read"), [("2024-07-01", True), ("2024-07-02", False)])
def test_without_rates_the_running_month_is_read_on_its_first_day_only(today, read):
    path = july(dt.date.fromisoformat(today), None)
    assert path.level_identified[1, 0] == read
    assert np.isfinite(path.residual_bp[1]).any() == read


def test_futures_after_the_last_meeting_are_refused():
    """A calendar that ends before the futures begin is the user's error, and says so."""
    today = dt.date(2024, 7, 15)
    rates = dict.fromkeys(each_day(dt.date(2024, 7, 1), dt.date(2025, 3, 31)), 5.35)
    futures = pd.DataFrame(futures_rows(["2025-01", "2025-03"], today, rates))
    with pytest.raises(CoverageError):
        implied_path(futures, fomc_table(ONE_MEETING))


# --- Anchor -----------------------------------------------------------------------------------


def slow_anchor(told: History, today: dt.date) -> tuple[float, float]:
    """Level and error of one date, from the words of the specification, days one by one."""
    fixings = told.fixings
    spreads = [
        100.0 * (rate - told.target_pct(d))
        for d, rate in sorted(fixings.items())
        if d.weekday() < 5 and d < today
    ]
    predicted = [np.median(spreads[max(0, n - 20) : n]) for n in range(1, len(spreads) + 1)]
    errors = [spreads[n] - predicted[n - 1] for n in range(1, len(spreads))]
    sd = max(np.sqrt(np.mean(np.square(errors[-252:]))), 0.5) if len(errors) >= 20 else 10.0
    return told.target_pct(today) + predicted[-1] / 100.0, sd


def test_the_anchor_is_target_plus_median_spread_of_days_before(told):
    calendar = meeting_calendar(told.fomc())
    fixings = daily_fixings(
        pd.Series(told.fixings).rename(index=pd.Timestamp), pd.Series(dtype=float)
    )
    dates = pd.DatetimeIndex([pd.Timestamp(d) for d in DATES])
    anchor = anchor_levels(dates, calendar, fixings)
    for today, row in zip(DATES, anchor.itertuples(), strict=True):
        level, sd = slow_anchor(told, today)
        assert row.level_pct == pytest.approx(level, rel=0.0, abs=MEDIAN_BP)
        assert row.sd_bp == pytest.approx(sd, rel=1e-9, abs=0.0)


def test_an_old_fixing_is_not_carried_across_a_change_of_target(told):
    """2019-02-13: target 50 bp lower than any fixing known, and the level with it."""
    path = implied_path(told.futures(), told.fomc(), told.rates())
    day_after = path.at("2019-02-13")
    assert day_after["rate_pct"].iloc[0] == pytest.approx(1.875 + 0.03, abs=0.01)


def test_the_spread_is_counted_anew_from_the_target_range_on():
    """December 2008: the rate lay 0.85 points under a target of 1 %, then inside 0 to 0.25 %."""
    lows = {"before_pct": 1.0, "after_pct": 0.125}
    meetings = [
        Meeting(dt.date(2008, 10, 29), before_pct=1.5, after_pct=1.0),
        Meeting(dt.date(2008, 12, 16), **lows),
        Meeting(dt.date(2009, 1, 28), before_pct=0.125, after_pct=0.125),
    ]
    calendar = meeting_calendar(fomc_table(meetings))
    days = pd.date_range("2008-11-01", "2009-01-15")
    fixings = pd.Series(0.15, index=days)
    dates = pd.bdate_range("2008-12-10", "2009-01-12")
    level = anchor_levels(dates, calendar, fixings)["level_pct"]
    assert level.loc[:"2008-12-16"].to_numpy() == pytest.approx(0.15, abs=MEDIAN_BP)
    assert level.loc["2008-12-17":].between(0.0, 0.25).all()


def test_a_drift_of_the_effective_rate_inside_its_range_is_no_move():
    """The rate creeps from 2 to 14 bp above the lower bound; nobody expects a move."""
    dates = tuple(business_days(dt.date(2019, 1, 2), 120))
    days = each_day(dt.date(2018, 11, 1), dates[-1])
    drift = {d: -10.0 + 12.0 * n / len(days) for n, d in enumerate(days)}
    meetings = [
        Meeting(dt.date(2018, 12, 19), before_pct=2.375, after_pct=2.375),
        *(
            Meeting(d, before_pct=2.375, after_pct=2.375)
            for d in (dt.date(2019, 1, 30), dt.date(2019, 3, 20), dt.date(2019, 5, 1))
        ),
        *(Meeting(d) for d in (dt.date(2019, 6, 19), dt.date(2019, 7, 31), dt.date(2019, 9, 18))),
    ]
    rows: list[dict[str, object]] = []
    told = History(dates, tuple(meetings), tuple(months_from(dates[0], 10)), 2.375)
    fixings = {d: 2.375 + bp / 100.0 for d, bp in drift.items()}
    for today in dates:
        # Today's rate is expected for ever.
        rates = {d: r for d, r in fixings.items() if d < today}
        rates |= dict.fromkeys(each_day(today, told.last), fixings[today])
        live = [m for m in told.months if days_of(m)[-1] >= today]
        rows += futures_rows(live, today, rates)
    futures = pd.DataFrame(rows)
    # A quarter of a basis point of noise: marks that move as one would be taken for carried.
    futures["settle"] += np.random.default_rng(0).normal(0.0, 0.0025, len(futures))
    path = implied_path(futures, told.fomc(), rates_table(fixings))
    priced = horizon_frame(path, [6])["priced_change_bp"].iloc[20:]
    # The median of 20 business days lags ten of them: 14 days of 0.052 bp are 0.73 bp, and the
    # mean of 100 dates with a quarter of a basis point of noise is exact to 0.03.
    assert priced.mean() == pytest.approx(0.73, rel=0.0, abs=0.1)
    assert priced.abs().max() < 2.5
    last = path.at(dates[-1])
    assert last["rate_pct"].iloc[-1] == pytest.approx(fixings[dates[-1]], abs=0.02)
    assert fixings[dates[-1]] - fixings[dates[0]] > 0.07


def test_one_odd_fixing_moves_no_level():
    """A quarter end: one fixing 20 bp off moves neither the anchor nor the meetings."""
    plain = history()
    odd = replace(plain, spread_bp=plain.spread_bp | {dt.date(2019, 3, 29): 23.0})
    a = implied_path(plain.futures(), plain.fomc(), plain.rates()).at("2019-04-02")
    b = implied_path(odd.futures(), odd.fomc(), odd.rates()).at("2019-04-02")
    np.testing.assert_allclose(a["rate_pct"], b["rate_pct"], rtol=0.0, atol=0.003)


# --- Known decisions --------------------------------------------------------------------------


def decision_day(today: dt.date, announced: dt.date, time_et: str, year_shift: int = 0):
    """One far contract, at 2.5 %, and a hike from 2.25 to 2.50 % announced at some time."""
    meetings = [
        Meeting(announced - 60 * DAY, before_pct=2.25, after_pct=2.25),
        Meeting(announced, before_pct=2.25, after_pct=2.5, time_et=time_et),
        Meeting(announced + 45 * DAY),
        Meeting(announced + 200 * DAY),
    ]
    rates = dict.fromkeys(each_day(announced, announced + 180 * DAY), 2.5)
    month = str(pd.Period(announced, freq="M") + 4)
    futures = pd.DataFrame(futures_rows([month], today, rates))
    path = implied_path(futures, fomc_table(meetings), anchor_sd_bp=0.5)
    return path.at(today).iloc[1]


def test_an_announced_decision_is_taken_over_at_the_close():
    """Without it the hike would be spread over both meetings: 12.5 bp each."""
    announced = dt.date(2026, 1, 28)
    row = decision_day(announced, announced, "14:00")
    assert row["change_bp"] == pytest.approx(25.0, abs=0.2)
    assert row["change_se_bp"] < 3.0
    assert row["rate_identified"]


@pytest.mark.parametrize(
    ("today", "announced", "time_et"),
    [
        ("2026-01-27", "2026-01-28", "14:00"),  # not announced yet
        ("2026-01-28", "2026-01-28", "15:30"),  # announced after the strike
        ("1993-02-03", "1993-02-03", "14:00"),  # decisions were not announced then
    ],
)
def test_a_decision_not_announced_yet_is_not_known(today, announced, time_et):
    row = decision_day(dt.date.fromisoformat(today), dt.date.fromisoformat(announced), time_et)
    assert row["change_bp"] == pytest.approx(12.5, abs=0.2)
    assert row["change_se_bp"] > 10.0


def test_the_first_announced_decision_is_that_of_february_1994():
    announced = dt.date(1994, 2, 4)
    assert decision_day(announced, announced, "11:05")["change_bp"] == pytest.approx(25.0, abs=0.2)


def test_a_decision_of_sunday_is_in_the_level_on_monday():
    meetings = [
        Meeting(dt.date(2020, 3, 3), "unscheduled", 1.625, 1.125, time_et="10:00"),
        Meeting(dt.date(2020, 3, 15), "unscheduled", 1.125, 0.125, time_et="17:00"),
        Meeting(dt.date(2020, 3, 18), "cancelled", cancelled_on=dt.date(2020, 3, 15)),
        Meeting(dt.date(2020, 4, 29), before_pct=0.125, after_pct=0.125),
        Meeting(dt.date(2020, 6, 10)),
    ]
    dates = tuple(business_days(dt.date(2020, 3, 2), 12))
    told = History(dates, tuple(meetings), tuple(months_from(dates[0], 4)), 1.625)
    path = implied_path(told.futures(), told.fomc(), told.rates())
    assert path.anchor["target_pct"].loc["2020-03-13"] == 1.125
    assert path.anchor["target_pct"].loc["2020-03-16"] == 0.125
    monday = path.at("2020-03-16")
    assert monday["meeting"].iloc[1:].dt.date.tolist() == [
        dt.date(2020, 4, 29),
        dt.date(2020, 6, 10),
    ]
    np.testing.assert_allclose(monday["rate_pct"], 0.125, rtol=0.0, atol=0.001)


# --- Horizons ---------------------------------------------------------------------------------


def test_expected_rates_are_those_of_the_day(told, whole_path):
    """Noise-free contracts, loosely tied: the rate expected of any day is what went in."""
    path = implied_path(
        told.futures(), told.fomc(), told.rates(), anchor_sd_bp=None, noise_sd_bp=0.01
    )
    for months in (1, 3, 6, 8):
        when = path.trade_dates + pd.DateOffset(months=months)
        frame = expected_rates(path, pd.DatetimeIndex(when))
        for n, today in enumerate(DATES):
            row = frame.iloc[n]
            if not row["identified"]:
                continue
            expected = told.expected(today)
            assert row["expected_rate_pct"] == pytest.approx(expected[when[n].date()], abs=2e-3)
            # Distance from the announced target plus the median spread of the last 20 fixings.
            decided = sum(
                m.change_bp for m in told.meetings if m.decided(today) and m.effective() > today
            )
            level, _ = slow_anchor(told, today)
            distance = 100.0 * (expected[when[n].date()] - level) - decided
            assert row["priced_change_bp"] == pytest.approx(distance, abs=0.3)
    assert expected_rates(path, path.trade_dates)["identified"].all()


def test_the_error_of_an_expected_rate_is_that_of_its_level(whole_path):
    when = pd.DatetimeIndex(["2019-06-19", "2019-06-20", "2019-06-21"])
    frame = whole_path.at("2019-03-05")
    for date in when:
        dates = pd.DatetimeIndex([date] * len(whole_path.trade_dates))
        row = expected_rates(whole_path, dates).loc["2019-03-05"]
        level = frame.loc[frame["effective_date"].isna() | (frame["effective_date"] <= date)]
        assert row["se_bp"] == pytest.approx(level["rate_se_bp"].iloc[-1], rel=1e-9, abs=0.0)
        assert row["expected_rate_pct"] == pytest.approx(level["rate_pct"].iloc[-1], abs=1e-12)


def test_beyond_the_contracts_nothing_is_identified(whole_path):
    """Contracts end in November 2019: twelve months ahead lies outside."""
    table = horizon_frame(whole_path)
    assert table.groupby("horizon_months").size().to_dict() == dict.fromkeys(
        [1, 3, 6, 12, 24], len(DATES)
    )
    assert not table.loc[table["horizon_months"] >= 12, "identified"].any()
    assert table.loc[table["horizon_months"] == 3, "identified"].all()
    assert (table["se_bp"] > 0).all()


# --- What is announced, and when -----------------------------------------------------------------


def late_cut(time_et: str) -> pd.DataFrame:
    return fomc_table(
        [
            Meeting(dt.date(1998, 9, 29), before_pct=5.5, after_pct=5.25),
            Meeting(dt.date(1998, 10, 15), "unscheduled", 5.25, 5.0, time_et),
        ]
    )


@pytest.mark.parametrize(("time_et", "target"), [("14:15", 5.0), ("15:00", 5.0), ("15:15", 5.25)])
def test_the_anchor_knows_a_decision_of_the_day_only_if_it_was_announced(time_et, target):
    """Lag 0: in effect on the day itself, but at 15:00 nobody knew of the cut of 15:15."""
    calendar = meeting_calendar(late_cut(time_et), 0)
    nothing = pd.Series(dtype=float, index=pd.DatetimeIndex([]))
    dates = pd.DatetimeIndex(["1998-10-14", "1998-10-15", "1998-10-16"])
    anchor = anchor_levels(dates, calendar, nothing)
    assert anchor["target_pct"].tolist() == [5.25, target, 5.0]


def test_a_cancelled_meeting_says_nothing_about_another_of_its_day():
    day = dt.date(2025, 3, 19)
    table = fomc_table(
        [
            Meeting(day, "unscheduled", 4.375, 3.875, "08:00"),
            Meeting(day, "cancelled", time_et="14:00", cancelled_on=day),
        ]
    )
    calendar = meeting_calendar(table)
    assert calendar["kind"].tolist() == ["unscheduled"]
    assert calendar["after_pct"].tolist() == [3.875]


def test_a_meeting_called_off_for_another_day_stays_until_then():
    table = fomc_table(
        [Meeting(dt.date(2020, 3, 18), "cancelled", cancelled_on=dt.date(2020, 3, 15))]
    )
    assert meeting_calendar(table)["kind"].tolist() == ["cancelled"]


def test_the_first_range_does_not_take_over_the_spread_under_a_single_target():
    """2008-12-16, 14:15: from 1 % to 0..0.25 %, with fixings 60 bp below the old target."""
    table = fomc_table([Meeting(dt.date(2008, 12, 16), before_pct=1.0, after_pct=0.125)])
    table = pd.concat([table, fomc_table([Meeting(dt.date(2009, 1, 28))])], ignore_index=True)
    table.loc[0, ["target_lower_before_pct", "target_upper_before_pct"]] = 1.0
    rates = rates_table(dict.fromkeys(each_day(dt.date(2008, 10, 1), dt.date(2008, 12, 16)), 0.4))
    futures = pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2008-12-15"] * 3 + ["2008-12-16"] * 3),
            "contract": ["2009-01", "2009-02", "2009-03"] * 2,
            "settle": [99.6, 99.6, 99.6, 99.875, 99.875, 99.875],
        }
    )
    path = implied_path(futures, table, rates)
    known = known_target(path)
    assert known["level_pct"].tolist() == pytest.approx([0.4, 0.125], rel=0.0, abs=1e-9)
    assert known["width_pct"].tolist() == pytest.approx([0.0, 0.25], rel=0.0, abs=1e-9)


def test_beyond_the_last_contract_the_priors_uncertainty_is_added():
    """One contract, and two meetings after it by six months: two moves of 25 bp unknown."""
    meetings = [Meeting(dt.date(2025, month, 10)) for month in (3, 5, 6, 8)]
    futures = pd.DataFrame(
        {"trade_date": pd.to_datetime(["2025-02-03"]), "contract": ["2025-04"], "settle": [96.0]}
    )
    path = implied_path(futures, fomc_table([*meetings, Meeting(dt.date(2026, 1, 10))]), None)
    near, far = (horizon_frame(path, [months])["se_bp"].iloc[0] for months in (2, 6))
    assert far**2 - near**2 == pytest.approx(2 * 25.0**2, rel=1e-9, abs=0.0)
    assert not horizon_frame(path, [6])["identified"].iloc[0]

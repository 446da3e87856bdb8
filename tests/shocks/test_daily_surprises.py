"""Surprises from closes: which window, which flags, and how far they can be trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from announcement_worlds import contract_changes

import ratemodel as rm
from ratemodel.market.facts import builtin_table
from ratemodel.shocks.daily_surprises import daily_changes
from ratemodel.surprises.build import CEILING

ROUNDING = 1e-9
"""Differences of prices of about a hundred."""
PRINTED = 5e-4
"""The correlations of the reference have three digits."""

FOMC_COLUMNS = ["announced", "time_et", "kind"]


def calendar(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=FOMC_COLUMNS).assign(
        announced=lambda f: pd.to_datetime(f["announced"])
    )


def closes(dates: list[str], news: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Closes of six contracts from the first date's month on; news moves them from its date on."""
    months = pd.period_range(pd.Timestamp(dates[0]).to_period("M"), periods=8, freq="M")
    rates, rows = dict.fromkeys(map(str, months), 5.0), []
    for date in dates:
        for month, change in news.get(date, {}).items():
            rates[month] += change
        rows += [(date, month, 100.0 - rate) for month, rate in rates.items() if month >= date[:7]]
    table = pd.DataFrame(rows, columns=["trade_date", "contract", "settle"])
    return table.assign(trade_date=pd.to_datetime(table["trade_date"]))


WEEK = ["2026-03-12", "2026-03-13", "2026-03-16", "2026-03-17", "2026-03-18", "2026-03-19"]


def test_known_news_is_read_off_the_days_closes():
    announced = pd.Timestamp("2026-03-17 14:00")
    moved = contract_changes(announced, 0.25, pd.Timestamp("2026-05-06"), 0.0)
    months = [str(m) for m in pd.period_range("2026-03", periods=6, freq="M")]
    futures = closes(WEEK, {"2026-03-17": dict(zip(months, moved.values(), strict=True))})
    meetings = calendar(("2026-03-17", "14:00", "scheduled"), ("2026-05-06", "14:00", "scheduled"))
    changes, notes = daily_changes(futures, meetings)
    found = rm.policy_surprises(changes, ["mp1", "mp2"], fomc=meetings)
    np.testing.assert_allclose(found.values.to_numpy(), 0.25, rtol=0, atol=ROUNDING)
    assert notes == ["announcements without settlements before and after within ten days: 1"]


@pytest.mark.parametrize(
    ("announced", "time", "match", "date", "flags"),
    [
        ("2026-03-17", "14:00", "clock", "2026-03-17", ""),
        ("2026-03-17", "15:00", "clock", "2026-03-17", ""),
        ("2026-03-17", "15:15", "clock", "2026-03-18", ""),
        ("2026-03-17", "15:15", "date", "2026-03-17", ""),
        ("2026-03-15", "17:00", "clock", "2026-03-16", "holiday"),
        ("2026-03-15", "17:00", "date", None, ""),
    ],
)
def test_the_window_ends_at_the_first_close_with_the_news(announced, time, match, date, flags):
    """Only the close of one date moves; the window that holds it is the announcement's."""
    meetings = calendar((announced, time, "scheduled"), ("2026-03-12", "14:00", "scheduled"))
    for moved in WEEK[1:]:
        futures = closes(WEEK, {moved: {"2026-03": 0.1}})
        if date is None:
            with pytest.raises(rm.RateModelError, match="between two settlements"):
                daily_changes(futures, meetings, match=match)
            continue
        changes, _ = daily_changes(futures, meetings, match=match)
        assert changes.flags.tolist() == [flags]
        expected = 0.1 if moved == date else 0.0
        np.testing.assert_allclose(changes.table["FF1"], expected, rtol=0, atol=ROUNDING)


def test_announcements_in_one_window_are_one_row():
    meetings = calendar(
        ("2026-03-17", "09:00", "unscheduled"),
        ("2026-03-17", "14:00", "scheduled"),
        ("2026-03-18", "14:00", "cancelled"),
    )
    changes, notes = daily_changes(closes(WEEK, {}), meetings)
    assert changes.times.strftime("%m-%d %H:%M").tolist() == ["03-17 14:00"]
    assert changes.flags.tolist() == ["shared"]
    assert notes == ["announcements in the window of a later one: 1"]


def test_releases_inside_the_window_are_flagged():
    releases = pd.DataFrame(
        {
            "announced": pd.to_datetime(["2026-03-17", "2026-03-16", "2026-03-17"]),
            "time_et": ["08:30", "15:30", "16:00"],
            "release": ["cpi", "payrolls", "payrolls"],
        }
    )
    meetings = calendar(("2026-03-17", "14:00", "scheduled"))
    changes, _ = daily_changes(closes(WEEK, {}), meetings, releases)
    assert changes.flags.tolist() == ["release cpi;release payrolls"]
    early, _ = daily_changes(closes(WEEK, {}), meetings, releases.iloc[[2]])
    assert early.flags.tolist() == [""]


def test_no_surprise_across_a_long_gap():
    dates = ["2026-03-02", "2026-03-03", "2026-03-17", "2026-03-18"]
    meetings = calendar(("2026-03-10", "14:00", "scheduled"), ("2026-03-18", "14:00", "scheduled"))
    changes, _ = daily_changes(closes(dates, {}), meetings)
    assert changes.times.strftime("%m-%d").tolist() == ["03-18"]


def test_an_unknown_match_is_refused():
    with pytest.raises(rm.RateModelError, match="clock, date"):
        daily_changes(closes(WEEK, {}), calendar(("2026-03-17", "14:00", "scheduled")), match="day")


def test_on_the_replica_surprises_say_what_they_are_worth():
    market = rm.load_market("replica")
    found = rm.daily_surprises(market)
    assert found.names == ["mp1", "mp2"]
    assert any(CEILING in note for note in found.notes)
    assert any("data releases are not flagged" in note for note in found.notes)


@pytest.fixture(scope="module")
def real(shared_data):
    return rm.load_market(shared_data)


def test_every_announcement_of_1990_to_2023_has_a_surprise(real):
    found = rm.daily_surprises(real)
    value = found.series("mp1")
    span = value.loc["1990":"2023"]
    assert value.index[0].year == 1990
    told = builtin_table("fomc")
    told = told[
        (told["kind"] != "cancelled") & told["announced"].between("1990-01-05", "2023-09-14")
    ]
    missing = sorted(set(told["announced"]) - set(span.index.tz_localize(None).normalize()))
    # Announced after the close; the next day's announcement is in the same window.
    assert [f"{day:%Y-%m-%d}" for day in missing] == ["1990-12-18"]
    assert (found.flags == "shared").sum() + found.flags.str.startswith("shared;").sum() == 6
    assert (
        found.flags[found.times.strftime("%Y-%m-%d") == "2020-03-15"] == "holiday;unscheduled"
    ).all()


def test_correlations_with_short_windows_are_the_known_ones(real, shared_reference):
    """MP1 of closes matched by date against 30-minute MP1 of the event-study database."""
    statements = pd.read_csv(shared_reference / "usmpd_statements.csv")
    ceiling = rm.daily_ceiling(real, rm.policy_surprises(statements, ["mp1"]))
    by_date = ceiling[ceiling["match"] == "date"]
    np.testing.assert_allclose(by_date["correlation"], [0.923, 0.959, 0.818], rtol=0, atol=PRINTED)
    assert by_date["n"].tolist() == [252, 66, 60]
    by_clock = ceiling[ceiling["match"] == "clock"]["correlation"]
    # Matched by the clock the statement of 1998-10-15, 15:15, is in the next day's close.
    assert by_clock.iloc[0] > by_date["correlation"].iloc[0]
    assert by_clock.iloc[2] == pytest.approx(0.818, abs=PRINTED)

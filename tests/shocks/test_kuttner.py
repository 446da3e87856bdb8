"""MP1 and MP2 recover known news from contracts averaged day by day, and the published values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from announcement_worlds import calendar_of, contract_changes

import ratemodel as rm

EXACT = 1e-10
"""Averages of at most 31 days: rounding only."""
PUBLISHED = 1e-10
"""What the issue asks of both published columns."""


def surprises(table: pd.DataFrame, calendar: pd.DataFrame | None = None, **how):
    return rm.policy_surprises(table, ["mp1", "mp2"], fomc=calendar, **how)


@pytest.mark.parametrize("now_pp", [-0.5, -0.07, 0.0, 0.25])
@pytest.mark.parametrize("day", pd.date_range("2023-01-31", "2023-03-01").to_list())
def test_known_news_is_recovered_on_every_day(day, now_pp):
    """28 days of February and the ends of two months, the meeting six weeks on.

    From a contract a week before the end of its month the news of today is read off the next
    month's, which also holds nothing of a meeting in the month after that.
    """
    announced = day + pd.Timedelta(hours=14)
    meeting = (day + pd.DateOffset(months=2)).replace(day=15)
    table = pd.DataFrame(contract_changes(announced, now_pp, meeting, 0.1), index=[announced])
    found = surprises(table, calendar_of(str(meeting.date())))
    np.testing.assert_allclose(found.series("mp1"), now_pp, rtol=0, atol=EXACT)
    # The move at the meeting comes on top of today's, and MP2 is the level after both.
    np.testing.assert_allclose(found.series("mp2"), now_pp + 0.1, rtol=0, atol=EXACT)


@pytest.mark.parametrize("meeting", ["2026-04-23", "2026-04-24", "2026-04-30", "2026-04-01"])
def test_the_next_meeting_is_read_from_the_month_after_if_a_week_or_less_is_left(meeting):
    announced = pd.Timestamp("2026-03-04 14:00")
    changes = contract_changes(announced, 0.05, pd.Timestamp(meeting), -0.2)
    found = surprises(pd.DataFrame(changes, index=[announced]), calendar_of(meeting))
    np.testing.assert_allclose(found.series("mp2"), -0.15, rtol=0, atol=EXACT)
    late = pd.Timestamp("2026-04-30") - pd.Timestamp(meeting) <= pd.Timedelta(days=7)
    contract = "FF3" if late else "FF2"
    moved = pd.DataFrame({**changes, contract: changes[contract] + 1.0}, index=[announced])
    assert surprises(moved, calendar_of(meeting)).series("mp2").iloc[0] > -0.15 + 0.5


@pytest.mark.parametrize(
    ("day", "contract"), [("2023-02-21", "FF2"), ("2023-02-20", "FF1"), ("2024-12-31", "FF2")]
)
def test_exactly_seven_days_left_read_the_next_contract(day, contract):
    table = pd.DataFrame({"FF1": [0.01], "FF2": [0.02]}, index=[pd.Timestamp(f"{day} 14:00")])
    value = rm.policy_surprises(table, ["mp1"]).series("mp1").iloc[0]
    expected = 0.02 if contract == "FF2" else 0.01 * 28 / 8
    assert value == pytest.approx(expected, rel=0, abs=EXACT)


def test_a_meeting_later_in_the_same_month():
    announced, meeting = pd.Timestamp("2026-03-03 10:00"), pd.Timestamp("2026-03-18")
    table = pd.DataFrame(contract_changes(announced, -0.5, meeting, -0.3), index=[announced])
    found = surprises(table, calendar_of("2026-03-18", unscheduled="2026-03-03"))
    assert found.flags.tolist() == ["unscheduled"]
    # The first contract holds both moves, so the decision itself cannot be told from it alone:
    # Kuttner's factor reads all of it as today's. What is left of it after that is MP2.
    first = table["FF1"].iloc[0]
    assert found.series("mp1").iloc[0] == pytest.approx(first * 31 / 28, rel=0, abs=EXACT)
    by_hand = (first - 18 / 31 * first * 31 / 28) * 31 / 13
    assert found.series("mp2").iloc[0] == pytest.approx(by_hand, rel=0, abs=EXACT)
    late = surprises(table, calendar_of("2026-03-26"))
    assert late.series("mp2").iloc[0] == pytest.approx(table["FF2"].iloc[0], rel=0, abs=EXACT)


def test_unscheduled_meetings_are_never_next():
    announced = pd.Timestamp("2026-03-04 14:00")
    table = pd.DataFrame(
        contract_changes(announced, 0.0, pd.Timestamp("2026-04-15"), 0.2), index=[announced]
    )
    both = calendar_of("2026-04-15", unscheduled="2026-03-10", other_statement="2026-03-11")
    assert surprises(table, both).series("mp2").iloc[0] == pytest.approx(0.2, rel=0, abs=EXACT)


def test_beyond_the_calendar_and_beyond_the_contracts_there_is_no_value():
    times = pd.DatetimeIndex(["2026-01-07 14:00", "2026-02-11 14:00"])
    table = pd.DataFrame({f"FF{k}": 0.01 * k for k in range(1, 7)}, index=times)
    ends = surprises(table, calendar_of("2026-02-11"))
    assert len(ends.series("mp2")) == 1
    assert any("no scheduled meeting" in note and note.endswith(": 1") for note in ends.notes)
    far = rm.policy_surprises(
        table.drop(columns=["FF4", "FF5", "FF6"]), fomc=calendar_of("2026-04-15")
    )
    assert far.series("mp2").index[0].month == 2
    assert any("lacking a contract: 1" in note for note in far.notes)


def test_cancelled_meetings_are_skipped_or_kept_until_they_were(shared_reference):
    """The published series skips 2020-03-18; as known then, two announcements read otherwise."""
    table = pd.read_csv(shared_reference / "usmpd_statements.csv")
    kept = rm.policy_surprises(table, ["mp2"], cancelled="keep").series("mp2")
    differ = np.abs(kept.to_numpy() - table["MP2"].to_numpy()) > PUBLISHED
    assert kept.index[differ].strftime("%Y-%m-%d").tolist() == ["2020-01-29", "2020-03-03"]
    np.testing.assert_allclose(kept[differ], [-0.0019, -0.2001], rtol=0, atol=5e-5)


def test_published_values_are_met_to_the_last_digit(shared_reference):
    """US Monetary Policy Event-Study Database, Federal Reserve Bank of San Francisco."""
    table = pd.read_csv(shared_reference / "usmpd_statements.csv")
    own = table.drop(columns=["MP1", "MP2"])
    found = rm.policy_surprises(own, ["mp1", "mp2"])
    for name in ("mp1", "mp2"):
        ours = found.values[name].to_numpy()
        np.testing.assert_allclose(ours, table[name.upper()], rtol=0, atol=PUBLISHED)
        assert len(found.series(name)) == 273


def test_contracts_have_the_last_word_on_given_values(shared_reference):
    table = pd.read_csv(shared_reference / "usmpd_statements.csv")
    wrong = table.assign(MP1=table["MP1"] + 0.01)
    plain = rm.policy_surprises(table, ["target"])
    found = rm.policy_surprises(wrong, ["target"])
    pd.testing.assert_frame_equal(found.values, plain.values)
    assert "MP1: given values that contracts do not bear out, and are not used: 273" in found.notes

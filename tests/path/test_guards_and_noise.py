"""Carried marks, ticks and misfit against definitions applied to one cell at a time."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from path.expected_days import (
    DAY,
    History,
    Meeting,
    business_days,
    each_day,
    futures_rows,
    months_from,
)
from path.looking_back import slow_lockstep, slow_ticks

from ratemodel.path import implied_path
from ratemodel.path.guards import flag_lockstep
from ratemodel.path.noise import misfit_factor, own_variance_bp2, tick_bp
from ratemodel.types.futures import FuturesCurve
from ratemodel.types.marks import by_cell

LOCKSTEP_MOVES = 15
"""Identical moves after which a contract counts as carried by its neighbour."""


def curve_of(marks_bp: np.ndarray, first: dt.date = dt.date(2019, 1, 2)) -> FuturesCurve:
    """Marks in hundredths of a basis point would lose nothing; NaN where not quoted."""
    dates = business_days(first, len(marks_bp))
    months = months_from(first + 400 * DAY, marks_bp.shape[1])
    rows = [
        {"trade_date": pd.Timestamp(d), "contract": m, "settle": 100.0 - bp / 100.0}
        for d, marks in zip(dates, marks_bp, strict=True)
        for m, bp in zip(months, marks, strict=True)
        if not np.isnan(bp)
    ]
    curve = FuturesCurve.from_settlements(pd.DataFrame(rows))
    full = pd.PeriodIndex(months, freq="M")
    assert curve.months.equals(full.rename("contract"))
    return curve


# --- Lockstep ---------------------------------------------------------------------------------


def random_marks(seed: int, dates: int = 60, contracts: int = 5) -> np.ndarray:
    """Whole basis points: every contract mostly repeats some nearer one, now and then not."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-2, 3, (dates, contracts)).astype(float)
    for column in range(1, contracts):
        leader = rng.integers(0, column)
        alone = rng.uniform(size=dates) < rng.choice([0.0, 0.05, 0.5])
        steps[:, column] = np.where(alone, steps[:, column], steps[:, leader])
    marks = 300.0 + np.cumsum(steps, axis=0) + 20.0 * np.arange(contracts)
    marks[rng.uniform(size=marks.shape) < 0.05] = np.nan
    marks[-1] = 300.0  # every contract is quoted once, so that every month has a column
    return marks


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), moves=st.sampled_from([2, 4, 15]))
def test_flags_are_those_of_looking_back_from_each_mark(seed, moves):
    marks = random_marks(seed)
    found = flag_lockstep(curve_of(marks), moves).flags.to_numpy(object)
    assert set(np.unique(found.astype(str))) <= {"", "lockstep"}
    np.testing.assert_array_equal(found == "lockstep", slow_lockstep(marks, moves))


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(2, 59))
def test_flags_know_no_later_date(seed, cut):
    curve = curve_of(random_marks(seed))
    whole = flag_lockstep(curve, 4)
    start = FuturesCurve(curve.rates_pct.iloc[:cut], curve.flags.iloc[:cut])
    pd.testing.assert_frame_equal(flag_lockstep(start, 4).flags, whole.flags.iloc[:cut])


def leader_and_follower(moves: int) -> np.ndarray:
    """A leader that moves every other date, and a contract carried 30 bp above it."""
    leader = 300.0 + np.repeat(np.arange(moves + 1.0), 2)
    return np.column_stack([leader, leader + 30.0])


def flags(marks: np.ndarray) -> np.ndarray:
    return flag_lockstep(curve_of(marks)).flags.to_numpy(object) == "lockstep"


def test_fifteen_identical_moves_are_flagged_and_fourteen_are_not():
    assert flags(leader_and_follower(LOCKSTEP_MOVES))[-2:, 1].tolist() == [True, True]
    assert not flags(leader_and_follower(LOCKSTEP_MOVES - 1)).any()
    assert flags(leader_and_follower(LOCKSTEP_MOVES + 3))[:, 1].sum() == 2 * 4


@pytest.mark.parametrize("solo", ["a move alone", "a move not repeated", "half a tick more"])
def test_one_move_of_its_own_clears_a_contract(solo):
    marks = leader_and_follower(20)
    if solo == "a move alone":
        marks[35:, 1] += 1.0  # 35 is odd: the leader does not move
    elif solo == "a move not repeated":
        marks[34:, 1] -= 1.0
    else:
        marks[34:, 1] += 0.5
    found = flags(marks)[:, 1]
    assert found[33]
    assert not found[35:].any()


def test_the_leader_is_never_flagged_and_flags_change_no_mark():
    curve = curve_of(leader_and_follower(20))
    flagged = flag_lockstep(curve)
    assert not (flagged.flags.to_numpy(object)[:, 0] != "").any()
    pd.testing.assert_frame_equal(flagged.rates_pct, curve.rates_pct)
    assert flagged.quoted.all()
    assert (
        flagged.unflagged.sum() == flagged.quoted.sum() - (flagged.flags == "lockstep").sum().sum()
    )


def test_a_flagged_contract_leads_nobody():
    """Third contract: repeats the flagged second for ever, but had one move against the first."""
    marks = leader_and_follower(40)
    third = marks[:, 1] + 30.0
    third[10:] += 1.0
    found = flags(np.column_stack([marks, third]))
    assert found[-1].tolist() == [False, True, True]
    # Its own count began on date 10, its leader's 10 dates before.
    assert found[:, 2].argmax() == found[:, 1].argmax() + 10


def test_carried_marks_do_not_count_as_evidence():
    """Six marks at a constant spread are one piece of information, not six."""
    meetings = [Meeting(dt.date(2018, 12, 19), before_pct=2.375, after_pct=2.375)]
    meetings += [Meeting(dt.date(2019, 6, 19)), Meeting(dt.date(2019, 12, 11))]
    dates = business_days(dt.date(2019, 1, 2), 40)
    rng = np.random.default_rng(1)
    rows: list[dict[str, object]] = []
    near, far = ["2019-07"], ["2019-08", "2019-09", "2019-10", "2019-11"]
    for n, today in enumerate(dates):
        moved = 2.375 + 0.01 * n + rng.normal(0.0, 0.02)
        rates = dict.fromkeys(each_day(today, dt.date(2019, 12, 31)), moved)
        rows += futures_rows(near + far, today, rates)
    told = History(tuple(dates), tuple(meetings), tuple(near + far), 2.375)
    path = implied_path(pd.DataFrame(rows), told.fomc(), told.rates())
    assert path.curve.unflagged[-1].sum() == 1
    five, one = path.at(dates[2]), path.at(dates[-1])
    assert one["rate_se_bp"].iloc[1] > 1.9 * five["rate_se_bp"].iloc[1]


# --- Ticks ------------------------------------------------------------------------------------


def test_ticks_are_read_from_the_prices_of_the_trailing_sixty_dates():
    """The nearest contract goes to halves on date 30, to quarters on 80; others to halves on 70."""
    rng = np.random.default_rng(3)
    dates, contracts = 130, 6
    marks = np.round(300.0 + rng.normal(0.0, 8.0, (dates, contracts)))
    marks[30:, 0] += 0.5 * rng.integers(0, 2, dates - 30)
    marks[80:, 0] += 0.25 * rng.integers(0, 2, dates - 80)
    marks[70:, 1:] += 0.5 * rng.integers(0, 2, (dates - 70, contracts - 1))
    marks[100:, :1] = np.nan  # the second contract becomes the nearest
    marks[rng.uniform(size=marks.shape) < 0.1] = np.nan
    marks[0] = 300.0
    found = ticks_by_cell(marks)
    nearest, others = slow_ticks(marks, True), slow_ticks(marks, False)
    for t in range(dates):
        quoted = np.flatnonzero(~np.isnan(marks[t]))
        assert found[t, quoted[0]] == nearest[t]
        assert (found[t, quoted[1:]] == others[t]).all()
    assert (nearest[0], nearest[-1]) == (1.0, 0.25)
    assert (others[0], others[-1]) == (1.0, 0.5)


def ticks_by_cell(marks: np.ndarray) -> np.ndarray:
    curve = curve_of(marks)
    return by_cell(tick_bp(curve), curve.cells, marks.shape)


def test_a_few_odd_prices_are_no_new_tick_and_a_finer_tick_stays():
    marks = np.full((200, 3), 300.0) + np.arange(200)[:, None] % 5
    marks[61, 1:] += 0.25  # 2 of 120 prices
    assert (ticks_by_cell(marks) == 1.0).all()
    marks[62:80, 1:] += 0.25
    found = ticks_by_cell(marks)[:, 1]
    assert found[60] == 1.0
    assert found[-1] == 0.25


def test_far_contracts_fit_worse():
    """Misfit is 1.6 times as large beyond 12 months and 2.8 times beyond 24."""
    factor = misfit_factor(np.arange(30))
    assert factor.tolist() == [1.0] * 13 + [1.6] * 12 + [2.8] * 5


# --- A contract's own misfit ------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1), marks=st.integers(0, 200), contracts=st.integers(1, 4))
def test_own_misfit_is_what_the_last_twenty_marks_of_the_contract_show(seed, marks, contracts):
    """Mark by mark: of up to twenty estimates before, the largest over four or the sum over twenty,
    whichever is more, less what all have."""
    rng = np.random.default_rng(seed)
    contract = rng.integers(0, contracts, marks)
    estimates, common = rng.exponential(4.0, marks), rng.uniform(0.1, 1.0, marks)
    expected = np.zeros(marks)
    for i in range(marks):
        past = [estimates[j] for j in range(i) if contract[j] == contract[i]][-20:]
        expected[i] = max(max(past, default=0.0) / 4.0, sum(past) / 20.0)
    expected = np.maximum(expected - common, 0.0)
    found = own_variance_bp2(estimates, contract, common)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


# --- Misfit -----------------------------------------------------------------------------------


@cache
def wandering_market() -> tuple[History, pd.DataFrame]:
    """Fifteen months: eight meetings a year, each expected move wanders by 3 bp a day."""
    rng, dates = np.random.default_rng(0), 300
    start = dt.date(1990, 1, 2)
    announced = [start - 20 * DAY + n * 46 * DAY for n in range(24)]
    meetings = [Meeting(d, before_pct=8.0, after_pct=8.0) for d in announced]
    days = business_days(start, dates)
    views = {
        (today, d): move
        for d in announced
        for today, move in zip(days, np.cumsum(rng.normal(0.0, 3.0, dates)), strict=True)
    }
    told = History(tuple(days), tuple(meetings), tuple(months_from(start, 24)), 8.0, views)
    return told, told.futures()


@pytest.mark.parametrize("contracts", [6, 12])
@pytest.mark.parametrize("misfit", [0.3, 1.5, 3.0])
def test_misfit_is_estimated_from_past_residuals(misfit, contracts):
    """As in 1989-93, six contracts a date, and as since 2000, twelve and more."""
    told, futures = wandering_market()
    ahead = pd.PeriodIndex(futures["contract"], freq="M").asi8
    ahead = ahead - futures["trade_date"].dt.to_period("M").array.asi8
    futures = futures.loc[ahead < contracts].reset_index(drop=True)
    rng = np.random.default_rng(1)
    futures["settle"] += rng.normal(0.0, misfit / 100.0, len(futures))
    path = implied_path(futures, told.fomc(), told.rates())
    noise = np.median(path.noise_bp[-20:][path.curve.quoted[-20:]])
    # From some 250 marks the estimate varies by some 5 %; residuals not divided by one minus
    # their leverage would put it 20 % too low.
    assert noise == pytest.approx(misfit, rel=0.1, abs=0.01)

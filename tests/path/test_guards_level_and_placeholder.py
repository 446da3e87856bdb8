"""The level gate and the placeholder guard against their definitions, one mark at a time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from path.expected_days import business_days, months_from
from path.looking_back import carried

from ratemodel.path.guards import flag_marks
from ratemodel.types.futures import FuturesCurve

FIRST = dt.date(2019, 1, 2)
SAME_BP = 1e-5


def curve_of(marks_bp: np.ndarray) -> FuturesCurve:
    """Contracts from the second month on; NaN where not quoted."""
    dates, months = business_days(FIRST, len(marks_bp)), months_from(FIRST, marks_bp.shape[1] + 1)
    rows = [
        {"trade_date": pd.Timestamp(day), "contract": month, "settle": 100.0 - bp / 100.0}
        for day, marks in zip(dates, marks_bp, strict=True)
        for month, bp in zip(months[1:], marks, strict=True)
        if not np.isnan(bp)
    ]
    return FuturesCurve.from_settlements(pd.DataFrame(rows))


def slow_flags(curve: FuturesCurve, level_pct: np.ndarray, moves: int | None = None) -> np.ndarray:
    """Level gate and placeholder by looking at each mark and back over its own history.

    With a number of moves the third guard as well, which looks at what the other two left.
    """
    rates = 100.0 * curve.rates_pct.to_numpy(float)
    flags = curve.flags.to_numpy(object).copy()
    for c, month in enumerate(curve.months):
        for t, today in enumerate(curve.trade_dates):
            if np.isnan(rates[t, c]):
                continue
            ahead = (month - today.to_period("M")).n
            live = [k for k in range(c) if not np.isnan(rates[t, k]) and not flags[t, k]]
            beside, apart = (
                (rates[t, live[-1]], c - live[-1])
                if live
                else (
                    100.0 * level_pct[t],
                    ahead,
                )
            )
            if abs(rates[t, c] - beside) > 125.0 * np.sqrt(1.0 + 0.67 * apart):
                flags[t, c] = "level gate"
                continue
            own = [s for s in range(t + 1) if not np.isnan(rates[s, c])]
            nearer = [k for k in range(c) if not np.isnan(rates[t, k])]
            since, moved_next, moved_live, ever = 0, 0.0, 0.0, False
            for before, now in zip(own[-2::-1], own[:0:-1], strict=True):
                if abs(rates[now, c] - rates[before, c]) > SAME_BP:
                    ever = True
                    break
                since += 1
                # A contract that was not quoted on both changed from the last quote it had then.
                step = np.nan_to_num(
                    np.abs(quote_by(rates, own, now) - quote_by(rates, own, before))
                )
                moved_next += step[nearer[-1]] if nearer else 0.0
                moved_live += step[live[-1]] if live else 0.0
            still = since >= 10 and (moved_next >= 5.0 or moved_live >= 50.0)
            if ahead > 6 and (still or (not ever and moved_live >= 1.0)):
                flags[t, c] = "placeholder"
            elif moves and carried(np.round(rates, 6), flags != "", t, c, moves):
                flags[t, c] = "lockstep"
    return flags


def quote_by(rates: np.ndarray, dates: list[int], now: int) -> np.ndarray:
    """Last quote of every contract on one of `dates` up to `now`."""
    seen = pd.DataFrame(rates[[s for s in dates if s <= now]])
    return seen.ffill().iloc[-1].to_numpy()


def random_marks(seed: int, dates: int = 45, contracts: int = 11) -> np.ndarray:
    """Marks that wander, stand still for a while, slip, and are missing now and then."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-4, 5, (dates, contracts)) * (rng.uniform(size=(dates, 1)) < 0.7)
    asleep = rng.integers(0, dates, contracts)
    for c in range(contracts):
        if rng.uniform() < 0.5:
            steps[asleep[c] : asleep[c] + 25, c] = 0.0
        if rng.uniform() < 0.2:
            steps[:, c] = 0.0
    marks = 300.0 + np.cumsum(steps, axis=0) + 15.0 * np.arange(contracts)
    marks[rng.uniform(size=marks.shape) < 0.03] += rng.choice([1000.0, -400.0, 160.0])
    marks[rng.uniform(size=marks.shape) < 0.05] = np.nan
    marks[0] = 300.0 + 15.0 * np.arange(contracts)
    return marks


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), known=st.booleans())
def test_flags_are_those_of_looking_at_each_mark(seed, known):
    curve = curve_of(random_marks(seed))
    level = np.full(len(curve.trade_dates), 3.0 if known else np.nan)
    found = flag_marks(curve, level).flags.to_numpy(object)
    expected = slow_flags(curve, level)
    # Lockstep comes last and marks what the other two left; it is tested by itself.
    found = np.where(found == "lockstep", "", found)
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), before=st.booleans())
def test_all_guards_together_and_flags_set_before(seed, before):
    """Some contracts repeat the next nearer one; marks flagged before stay so and lead nobody."""
    rng = np.random.default_rng(seed)
    marks = random_marks(seed)
    for c in range(1, marks.shape[1]):
        if rng.uniform() < 0.4:
            marks[:, c] = marks[:, c - 1] + 15.0
    curve = curve_of(marks)
    flags = curve.flags.copy()
    if before:
        flags[rng.uniform(size=flags.shape) < 0.1] = "by hand"
    flags = flags.where(curve.rates_pct.notna(), "")
    curve, level = FuturesCurve(curve.rates_pct, flags), np.full(len(curve.trade_dates), 3.0)
    found = flag_marks(curve, level).flags.to_numpy(object)
    np.testing.assert_array_equal(found, slow_flags(curve, level, moves=15))


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(2, 44))
def test_flags_know_no_later_date(seed, cut):
    curve = curve_of(random_marks(seed))
    level = np.full(len(curve.trade_dates), 3.0)
    start = FuturesCurve(curve.rates_pct.iloc[:cut], curve.flags.iloc[:cut])
    whole = flag_marks(curve, level).flags.iloc[:cut]
    pd.testing.assert_frame_equal(flag_marks(start, level[:cut]).flags, whole)


def reasons(marks_bp: list[float], level_pct: float = 3.0) -> list[str]:
    curve = curve_of(np.array([marks_bp]))
    return flag_marks(curve, np.array([level_pct])).flags.to_numpy(object)[0].tolist()


def test_the_gate_opens_at_its_width():
    """One month apart: 125 sqrt(1.67) = 161.5 bp."""
    assert reasons([300.0, 461.0]) == ["", ""]
    assert reasons([300.0, 462.0]) == ["", "level gate"]
    assert reasons([300.0, 138.0]) == ["", "level gate"]


def test_a_slip_is_flagged_wherever_it_stands_and_its_neighbours_are_not():
    fine = [300.0, 310.0, 320.0, 330.0]
    for slipped in range(4):
        marks = list(fine)
        marks[slipped] += 1000.0
        assert reasons(marks) == ["level gate" if c == slipped else "" for c in range(4)]


def test_without_a_known_level_the_nearest_mark_is_believed():
    assert reasons([1300.0, 310.0], np.nan) == ["", "level gate"]


def test_a_table_of_one_date_has_no_placeholders():
    assert reasons([300.0] * 24) == [""] * 24


@pytest.mark.parametrize(("contracts", "flagged"), [(5, False), (12, True)])
def test_only_far_marks_are_placeholders(contracts, flagged):
    marks = np.tile(300.0 + np.arange(contracts), (20, 1))
    marks[:, :-1] += np.arange(20)[:, None] * 1.0
    found = flag_marks(curve_of(marks), np.full(20, 3.0)).flags.to_numpy(object)
    assert (found[-1, -1] == "placeholder") == flagged


def test_a_block_at_one_price_is_doubted_once_the_live_contract_moved_fifty():
    dates = 40
    marks = np.full((dates, 12), 392.0)
    marks[:, :9] = 350.0 + 5.0 * np.arange(9) + 2.0 * np.arange(dates)[:, None]
    marks[:2, 9:] = 390.0
    found = flag_marks(curve_of(marks), np.full(dates, 3.0)).flags.to_numpy(object)[2:]
    # The block changed on date 2; the live contract moves 2 bp a date, 50 bp by date 27. The first
    # of the block stands beside it: 10 dates and 20 bp by date 12.
    first = [int(np.argmax(found[:, c] == "placeholder")) + 2 for c in (9, 10, 11)]
    assert first == [12, 27, 27]

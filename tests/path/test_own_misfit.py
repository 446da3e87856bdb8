"""A contract that is off, for a day or for weeks, weighs less; the others find the path."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from path.expected_days import DAY, Meeting, fomc_table, months_from

from ratemodel.path import implied_path
from ratemodel.types.path import RatePath

OFF = "2019-08"
"""Its month has no meeting, nor has the next: both know the same level."""


def market(off_bp: dict[int, float]) -> RatePath:
    """Sixty dates at 2.4 %, no move expected, half a bp of noise; one contract is off on some."""
    rng = np.random.default_rng(7)
    first = dt.date(2019, 3, 4)
    days = [first + n * DAY for n in range(84) if (first + n * DAY).weekday() < 5]
    rows = [
        {
            "trade_date": pd.Timestamp(day),
            "contract": month,
            "settle": 97.6
            + rng.normal(0.0, 0.005)
            - (off_bp.get(number, 0.0) / 100.0 if month == OFF else 0.0),
        }
        for number, day in enumerate(days)
        for month in months_from(first, 9)
    ]
    meetings = [dt.date(2019, 5, 1), dt.date(2019, 6, 19), dt.date(2019, 9, 30)]
    return implied_path(pd.DataFrame(rows), fomc_table([Meeting(m) for m in meetings]))


def total_bp(path: RatePath, contract: str) -> pd.Series:
    date, month = path.curve.cells
    mine = path.curve.months[month] == pd.Period(contract, freq="M")
    return pd.Series(path.marks.total_bp[mine], index=date[mine])


@pytest.fixture(scope="module")
def calm() -> RatePath:
    return market({})


def test_a_slip_of_one_day_weighs_less_on_that_day_alone(calm):
    slipped = market({40: 15.0})
    before, now, after = (total_bp(slipped, OFF).loc[t] for t in (39, 40, 59))
    assert now > 3.0 * before
    assert slipped.marks.noise_bp.max() == pytest.approx(calm.marks.noise_bp.max(), rel=0.3)
    assert after > total_bp(calm, OFF).loc[59]  # it is remembered for twenty dates
    # The first level rests on no contract: without rates the running month is not read.
    moved = 100.0 * np.abs(slipped.levels_pct[40] - calm.levels_pct[40])[1:]
    assert moved.max() < 1.0  # of fifteen


def test_a_contract_off_for_weeks_is_given_the_error_it_shows(calm):
    off = market(dict.fromkeys(range(30, 60), 8.0))
    assert total_bp(off, OFF).loc[45] > 3.0
    assert total_bp(calm, OFF).loc[45] < 1.5
    # Its changes are as exact as others': what all share is no larger for it.
    assert np.nanmax(off.noise_bp[45]) < 1.5


def test_an_offset_that_lasts_is_one_error_and_is_given_its_full_size():
    """Eight bp off for thirty marks: seen in twenty of them, no less than three quarters of it.
    Half of the largest residual, right for errors that are news each day, would be four."""
    off = market(dict.fromkeys(range(30, 60), 8.0))
    assert 0.75 * 8.0 < total_bp(off, OFF).loc[58] < 8.0

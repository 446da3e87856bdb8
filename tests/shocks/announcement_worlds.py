"""Announcements with known news: contracts averaged day by day, and changes made of factors."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

CONTRACTS = [f"FF{k}" for k in range(1, 7)]


def month_mean(month: pd.Period, moves: dict[pd.Timestamp, float]) -> float:
    """Mean over the days of a month of the moves made before each of them."""
    days = pd.date_range(month.start_time, month.end_time.normalize())
    return float(np.mean([sum(v for day, v in moves.items() if at > day) for at in days]))


def contract_changes(
    announced: pd.Timestamp, now_pp: float, meeting: pd.Timestamp, then_pp: float
) -> dict[str, float]:
    """Changes of FF1..FF6 when a move of today and one at a coming meeting become known."""
    day = announced.normalize()
    moves = {day: now_pp}
    moves[meeting] = moves.get(meeting, 0.0) + then_pp
    months = pd.period_range(day.to_period("M"), periods=6, freq="M")
    return {name: month_mean(month, moves) for name, month in zip(CONTRACTS, months, strict=True)}


def calendar_of(*meetings: str, **other: str) -> pd.DataFrame:
    """A calendar of scheduled meetings; keywords add one of another kind."""
    rows = [(pd.Timestamp(day), "scheduled", pd.NaT) for day in meetings]
    rows += [(pd.Timestamp(day), kind, pd.NaT) for kind, day in other.items()]
    return pd.DataFrame(rows, columns=["announced", "kind", "cancelled_on"])


FACTOR_INPUTS = ["MP1", "MP2", "ED1", "ED2", "ED3", "ED4", "UST2Y", "UST5Y", "UST10Y"]
SLOPES = np.array(
    [
        [0.90, 0.10, 0.00],
        [0.80, 0.35, 0.00],
        [0.70, 0.60, 0.00],
        [0.60, 0.70, 0.05],
        [0.50, 0.80, 0.05],
        [0.35, 0.85, 0.05],
        [0.30, 0.80, -0.10],
        [0.20, 0.70, -0.50],
        [0.10, 0.50, -0.80],
    ]
)
"""Slopes of unit-variance inputs on current rate, guidance and purchases."""
OWN = 1.0 - (SLOPES**2).sum(axis=1)


def factor_changes(count: int = 240, seed: int = 0) -> pd.DataFrame:
    """Changes made of three factors, the third asleep before 2009; stocks and a yield beside."""
    rng = np.random.default_rng(seed)
    times = pd.date_range("1995-01-11 14:15", periods=count, freq="45D", tz="America/New_York")
    factors = rng.normal(size=(count, 3))
    factors[times < pd.Timestamp("2009-01-01", tz="America/New_York"), 2] *= 0.2
    changes = factors @ SLOPES.T + rng.normal(size=(count, len(OWN))) * np.sqrt(OWN)
    table = pd.DataFrame(0.05 * changes, columns=FACTOR_INPUTS, index=times)
    table["FF4"] = 0.04 * (factors[:, 0] + 0.5 * factors[:, 1]) + 0.01 * rng.normal(size=count)
    table["UST1Y"] = 0.03 * factors[:, :2].sum(axis=1) + 0.02 * rng.normal(size=count)
    table["SP500"] = -0.3 * factors[:, 1] + 0.3 * rng.normal(size=count)
    return table


def predictors_of(table: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """Three predictors, the first of which tells part of the surprise."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(len(table), 3))
    told = table["ED4"].fillna(0.0).to_numpy() / 0.05
    frame = pd.DataFrame(noise, columns=["jobs", "stocks", "slope"], index=table.index)
    return frame.assign(jobs=frame["jobs"] + told)


def day_in(year: int, month: int, day: int) -> pd.Timestamp:
    """A date."""
    return pd.Timestamp(dt.date(year, month, day))

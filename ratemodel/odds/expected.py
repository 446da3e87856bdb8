"""What a path says of each meeting still open: the expected cumulative move in steps of 25 bp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import strike_times
from ratemodel.errors import CoverageError
from ratemodel.odds.distribution import mean_above
from ratemodel.path.equations import DECISIONS_ANNOUNCED_SINCE
from ratemodel.path.target import known_target
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STEP_BP = 25.0
"""Moves of policy since 1994 are multiples of it."""
ON_STEP = 1e-6
"""A move this near a multiple of 25 bp is one: rounding of a float."""
OLDEST_FORECAST_DAYS = 3
"""A weekend: an older price is a forecast over another horizon."""


@dataclass(frozen=True, eq=False)
class ExpectedMoves:
    """Expected moves from the last announced target, by trade date and meeting.

    Attributes
    ----------
    open : array of bool, shape (T, K)
        Meetings not announced by the date's strike.
    mean_steps : array, shape (T, K)
        Expected cumulative move up to and with each, 25 bp steps; NaN where not open or unknown.
    single_steps : array, shape (T, K)
        Expected move at the meeting alone; 0 where not open.
    days : array, shape (T, K)
        Calendar days to the announcement.
    target_pct, width_pct : array, shape (T,)
        The last announced target (single, or middle of the range) and the width of its range.
    lowest_step : array, shape (T,)
        Step at which the lower end of the target is nearest to zero from above; no higher than 0,
        so under a negative target the target itself.
    """

    open: Bools
    mean_steps: Floats
    single_steps: Floats
    days: Floats
    target_pct: Floats
    width_pct: Floats
    lowest_step: Floats


def expected_moves(path: RatePath) -> ExpectedMoves:
    """Measure what each meeting still open is expected to have moved the target by.

    A path read by FedWatch's algorithm counts from the level it starts its chain at. Every other
    one counts, under a single target, from the announced target plus the usual spread of the
    effective rate (`known_target`), because fixings stray from it for days; under a range, in which
    the effective rate may drift and does so slowly, from the current level and what is decided.
    Near the lowest target it is what the measured mean is, given that it is not below
    (`mean_above`).

    Parameters
    ----------
    path : RatePath

    Returns
    -------
    ExpectedMoves

    Raises
    ------
    CoverageError
        If no target is known: odds are of targets.
    """
    known = known_target(path)
    target = known["target_pct"].to_numpy(float)
    width = known["width_pct"].to_numpy(float)
    if np.isnan(target).any():
        raise CoverageError("no odds without a target: the fomc table has no decision")
    calendar, meetings = path.calendar, path.meetings
    struck = strike_times(path.trade_dates, path.clock)[:, None]
    reached = np.arange(meetings.shape[1]) < path.reach[:, None]
    still_open = reached & (calendar["announced_utc"].to_numpy()[meetings] > struck)
    # Under a target below zero nothing is known of a lower bound but that it is no higher.
    lowest = np.minimum(-np.floor(100.0 * (target - width / 2.0) / STEP_BP + ON_STEP), 0.0)
    single = np.where(still_open, path.moves_bp / STEP_BP, 0.0)
    if path.engine == "fedwatch":
        mean = np.cumsum(single, axis=1)
    else:
        decided = np.where(reached & ~still_open, path.moves_bp, 0.0).sum(axis=1)
        drifted = path.current_pct + decided / 100.0
        start = np.where(width > 0.0, drifted, known["level_pct"].to_numpy(float))
        mean = 100.0 * (path.levels_pct[:, 1:] - start[:, None]) / STEP_BP
        mean = mean_above(mean, path.level_se_bp[:, 1:] / STEP_BP, lowest[:, None])
    announced = calendar["announced"].to_numpy()[meetings]
    days = (announced - path.trade_dates.to_numpy()[:, None]) / np.timedelta64(1, "D")
    return ExpectedMoves(
        open=still_open,
        mean_steps=np.where(still_open, mean, np.nan),
        single_steps=single,
        days=np.where(still_open, days, np.nan),
        target_pct=target,
        width_pct=width,
        lowest_step=lowest,
    )


def outcomes(path: RatePath, moves: ExpectedMoves, horizons: tuple[int, ...]) -> pd.DataFrame:
    """Pair what was expected some days before each scheduled meeting with what came.

    Parameters
    ----------
    path : RatePath
    moves : ExpectedMoves
        Of that path.
    horizons : tuple of int
        Calendar days before the announcement: the last trade date then, at most three days older.

    Returns
    -------
    DataFrame
        announced, horizon_days, row (of the path's dates), slot (of its meetings), days,
        outcome_steps: the cumulative move from the target known on the trade date, unscheduled
        moves in between included. One row a pair for which a path gives the meeting; outcomes that
        are no multiple of 25 bp are left out, and so are meetings before 1994-02, whose decisions
        were not announced.
    """
    calendar, dates = path.calendar, path.trade_dates
    held = (calendar["kind"] == "scheduled") & calendar["after_pct"].notna()
    held &= calendar["announced"] >= DECISIONS_ANNOUNCED_SINCE
    numbers = np.flatnonzero(held)
    parts = []
    for horizon in horizons:
        wanted = calendar["announced"].iloc[numbers] - pd.Timedelta(days=horizon)
        row = dates.searchsorted(wanted.to_numpy(), side="right") - 1
        age = wanted.to_numpy() - dates.to_numpy()[np.maximum(row, 0)]
        fresh = (row >= 0) & (age <= np.timedelta64(OLDEST_FORECAST_DAYS, "D"))
        number, row = numbers[fresh], row[fresh]
        match = (path.meetings[row] == number[:, None]) & moves.open[row]
        at = np.flatnonzero(match.any(axis=1))
        slot = match[at].argmax(axis=1) if match.shape[1] else np.empty(0, dtype=np.int64)
        after = calendar["after_pct"].to_numpy(float)[number[at]]
        came = 100.0 * (after - moves.target_pct[row[at]]) / STEP_BP
        parts.append(
            pd.DataFrame(
                {
                    "announced": calendar["announced"].to_numpy()[number[at]],
                    "horizon_days": horizon,
                    "row": row[at],
                    "slot": slot,
                    "days": moves.days[row[at], slot],
                    "outcome_steps": came,
                }
            )
        )
    pairs = pd.concat(parts, ignore_index=True)
    whole = pairs["outcome_steps"].round()
    pairs = pairs.loc[(pairs["outcome_steps"] - whole).abs() < ON_STEP]
    return pairs.sort_values(["announced", "horizon_days"], ignore_index=True)

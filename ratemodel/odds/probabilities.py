"""Tabulate how probable each target is after each meeting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.odds.convolve import convolve_moves
from ratemodel.odds.dispersion import Dispersion, learn_dispersion
from ratemodel.odds.distribution import StepOdds, join_bins, step_odds
from ratemodel.odds.expected import STEP_BP, ExpectedMoves, expected_moves
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DATES_AROUND = 10
"""Trade dates before and after an event for which odds are tabulated."""


def meeting_probabilities(
    path: RatePath,
    dates: pd.DatetimeIndex | None = None,
    dispersion: Dispersion | None = None,
) -> pd.DataFrame:
    r"""Tabulate, for each trade date and meeting still open, the probability of each target.

    From a path with errors the cumulative move is :math:`X = \mu + U + \sigma Z` in steps of
    25 bp: its mean is the path's own (near the lowest target, what that is given that it is not
    below: `expected_moves`), its spread follows the trailing volatility of path_bp, the
    time to the meeting and what earlier outcomes taught (`dispersion`). From FedWatch's path each
    meeting moves by one of two neighbouring steps, independently of the others.

    Parameters
    ----------
    path : RatePath
        Odds are learned from all of its dates before each January, so a longer path gives better
        ones; a path of one date gets the default spread.
    dates : DatetimeIndex, optional
        Trade dates wanted; by default all.
    dispersion : Dispersion, optional
        What was learned from this path already (`learn_dispersion`).

    Returns
    -------
    DataFrame
        trade_date, meeting, target_lower_pct, target_upper_pct (equal for a single target),
        probability, engine, mean_bp and sd_bp of the cumulative move (sd empty for FedWatch),
        outcomes (pairs behind the spread; 0 = default). Probabilities of a meeting sum to one.
        Targets do not fall below zero, or below one that is negative already. FedWatch's rows end
        where its chain does.

    Raises
    ------
    CoverageError
        If no target is known, or a date is no trade date of the path.

    Examples
    --------
    >>> import ratemodel as rm
    >>> market = rm.load_market("replica")
    >>> path = rm.implied_path(market.futures, market.fomc, market.rates, engine="fedwatch")
    >>> odds = meeting_probabilities(path, pd.DatetimeIndex(["2026-01-30"]))
    >>> bool((odds.groupby("meeting")["probability"].sum().sub(1.0).abs() < 1e-12).all())
    True
    """
    moves = expected_moves(path)
    chosen = path.trade_dates if dates is None else dates
    rows = np.array([path.position(date) for date in chosen], dtype=np.int64)
    if path.engine == "fedwatch":
        return _convolved(path, moves, rows)
    learned = learn_dispersion(path, moves) if dispersion is None else dispersion
    return _dispersed(path, moves, rows, learned)


def reported_dates(dates: pd.DatetimeIndex, windows: pd.DataFrame) -> pd.DatetimeIndex:
    """Choose the trade dates a study tabulates: around its events, and the last of each month.

    Parameters
    ----------
    dates : DatetimeIndex
        Trade dates, ascending.
    windows : DataFrame
        start, end of each event.

    Returns
    -------
    DatetimeIndex
        Ten trade dates before each start to ten after each end, and month ends.

    Examples
    --------
    >>> dates = pd.bdate_range("2026-01-01", "2026-03-31")
    >>> window = pd.DataFrame(
    ...     {"start": [pd.Timestamp("2026-01-30")], "end": [pd.Timestamp("2026-02-02")]}
    ... )
    >>> reported_dates(dates, window).strftime("%m-%d").tolist()[::7]
    ['01-16', '01-27', '02-05', '02-16']
    """
    months = dates.to_period("M")
    chosen = np.append(months[1:] != months[:-1], True)[: len(dates)]
    for start, end in zip(windows["start"], windows["end"], strict=True):
        first = int(dates.searchsorted(start)) - DATES_AROUND
        last = int(dates.searchsorted(end, side="right")) + DATES_AROUND
        chosen[max(first, 0) : max(last, 0)] = True
    return dates[chosen]


def _dispersed(
    path: RatePath, moves: ExpectedMoves, rows: Ints, dispersion: Dispersion
) -> pd.DataFrame:
    at, slot = np.nonzero(moves.open[rows])
    row = rows[at]
    mean = moves.mean_steps[row, slot]
    sd = dispersion.sd_steps(row, moves.days[row, slot])
    odds = step_odds(mean, sd, moves.lowest_step[row], dispersion.tails)
    return _frame(path, moves, odds, row, slot, mean, sd, dispersion.outcomes[row])


def _convolved(path: RatePath, moves: ExpectedMoves, rows: Ints) -> pd.DataFrame:
    slots = path.meetings.shape[1]
    after = convolve_moves(moves.single_steps[rows])
    # One number for each date and meeting; bins of a meeting not open say nothing new.
    parts = [
        StepOdds(odds.case * slots + slot, odds.step, odds.probability)
        for slot, odds in enumerate(after)
    ]
    odds = join_bins([bins.where(moves.open[rows].ravel()[bins.case]) for bins in parts])
    numbers, case = np.unique(odds.case, return_inverse=True)
    at, slot = np.divmod(numbers, max(slots, 1))
    row = rows[at]
    mean = moves.mean_steps[row, slot]
    unknown, none = np.full(len(row), np.nan), np.zeros(len(row), dtype=np.int64)
    bins = StepOdds(case, odds.step, odds.probability)
    return _frame(path, moves, bins, row, slot, mean, unknown, none)


def _frame(
    path: RatePath,
    moves: ExpectedMoves,
    odds: StepOdds,
    row: Ints,
    slot: Ints,
    mean: Floats,
    sd: Floats,
    known: Ints,
) -> pd.DataFrame:
    case = odds.case
    middle = moves.target_pct[row][case] + odds.step * STEP_BP / 100.0
    half = moves.width_pct[row][case] / 2.0
    meeting = path.calendar["announced"].to_numpy()[path.meetings[row, slot]]
    return pd.DataFrame(
        {
            "trade_date": path.trade_dates[row[case]],
            "meeting": meeting[case],
            "target_lower_pct": middle - half,
            "target_upper_pct": middle + half,
            "probability": odds.probability,
            "engine": path.engine,
            "mean_bp": STEP_BP * mean[case],
            "sd_bp": STEP_BP * sd[case],
            "outcomes": known[case],
        }
    )

"""Compiled loop of the guards: each mark held against the nearer contracts of its date.

numba's cache follows this file alone, and all of the loop is in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]

LEVEL_GATE, PLACEHOLDER, LOCKSTEP = 1, 2, 3


class Limits(NamedTuple):
    """From where on a mark is doubted: `path.guards` says why; infinite, a guard is left out."""

    gate_bp: float
    gate_growth: float
    placeholder_months: float
    standstill_dates: int
    standstill_bp: float
    block_bp: float
    never_moved_bp: float
    lockstep_moves: int
    same_price_pct: float


@njit(cache=True)
def doubt_marks(
    rates_pct: Floats,
    delivery: Ints,
    month: Ints,
    level_pct: Floats,
    limits: Limits,
    code: Codes,
) -> None:
    """Find the guard that doubts each mark, contract by contract from the nearest one outwards.

    Parameters
    ----------
    rates_pct : array, shape (C, T)
        NaN where not quoted.
    delivery : array, shape (C,)
        Months of delivery, an unbroken run.
    month : array, shape (T,)
        Months that dates lie in.
    level_pct : array, shape (T,)
        Neighbour of the nearest contract; NaN where unknown.
    limits : Limits
    code : array, shape (C, T)
        Filled with the guard; what is not 0 before is flagged already, and is nobody's neighbour.
    """
    contracts, dates = rates_pct.shape
    neighbour, nearer = np.full(dates, -1), np.full(dates, -1)
    for column in range(contracts):
        own = rates_pct[column]
        # Of nearer contracts, on the dates of this one: the last quote, the sizes of changes in
        # sum, and that sum as of the last change of this one.
        quote, moved, moved_then = np.full(column, np.nan), np.zeros(column), np.zeros(column)
        before, unchanged, ever, leader, repeated = -1, 0, False, -1, 0
        for t in range(dates):
            if np.isnan(own[t]):
                continue
            live, beside = neighbour[t], nearer[t]
            ahead = delivery[column] - month[t]
            first = max(column - ahead, 0)
            add_moves(rates_pct[first:column, t], quote[first:], moved[first:])
            if before >= 0 and abs(own[t] - own[before]) > limits.same_price_pct:
                unchanged, ever = 0, True
                for k in range(first, column):
                    moved_then[k] = moved[k]
            elif before >= 0:
                unchanged += 1
            if live >= 0 and live == leader:
                move = move_repeated(own, rates_pct[live], before, t, limits)
                repeated = repeated + move if move >= 0 else 0
            elif live >= 0:
                repeated = moves_repeated(own, rates_pct[live], t, limits)
            before, leader = t, live
            live_bp = moved[live] - moved_then[live] if live >= 0 else 0.0
            beside_bp = moved[beside] - moved_then[beside] if beside >= 0 else 0.0
            still = unchanged >= limits.standstill_dates and (
                beside_bp >= limits.standstill_bp or live_bp >= limits.block_bp
            )
            never = not ever and live_bp >= limits.never_moved_bp
            reference = rates_pct[live, t] if live >= 0 else level_pct[t]
            apart = column - live if live >= 0 else max(ahead, 0)
            gate_bp = limits.gate_bp * np.sqrt(1.0 + limits.gate_growth * apart)
            # NaN compares as False: a mark without a neighbour is not doubted.
            if 100.0 * abs(own[t] - reference) > gate_bp:
                code[column, t] = LEVEL_GATE
            elif ahead > limits.placeholder_months and (still or never):
                code[column, t] = PLACEHOLDER
            elif live >= 0 and repeated >= limits.lockstep_moves:
                code[column, t] = LOCKSTEP
            nearer[t] = column
            if code[column, t] == 0:
                neighbour[t] = column


@njit(cache=True)
def add_moves(rates_pct: Floats, quote: Floats, moved_bp: Floats) -> None:
    """Add the changes of contracts since their last quotes; the quotes become those of today."""
    for k in range(len(quote)):
        if not np.isnan(rates_pct[k]):
            if not np.isnan(quote[k]):
                moved_bp[k] += 100.0 * abs(rates_pct[k] - quote[k])
            quote[k] = rates_pct[k]


@njit(cache=True)
def moves_repeated(own_pct: Floats, leader_pct: Floats, date: int, limits: Limits) -> int:
    """Count back, from a date with both, the moves repeated without a break; no more than asked."""
    moves, later = 0, date
    for t in range(date - 1, -1, -1):
        if moves == limits.lockstep_moves:
            break
        if np.isnan(own_pct[t]) or np.isnan(leader_pct[t]):
            continue
        move = move_repeated(own_pct, leader_pct, t, later, limits)
        if move < 0:
            break
        moves += move
        later = t
    return moves


@njit(cache=True)
def move_repeated(own_pct: Floats, leader_pct: Floats, start: int, end: int, limits: Limits) -> int:
    """Say 1 if the leader moved and this one alike, 0 if neither did, and -1 else."""
    own, lead = own_pct[end] - own_pct[start], leader_pct[end] - leader_pct[start]
    if abs(lead) > limits.same_price_pct:
        return 1 if abs(own - lead) < limits.same_price_pct else -1
    return -1 if abs(own) > limits.same_price_pct else 0

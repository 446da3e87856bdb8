"""Carried marks and ticks by their definitions: one mark at a time, looking back from its date."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

TICK_DATES = 60
TICK_SHARE = Fraction(97, 100)


def carried(marks: np.ndarray, flagged: np.ndarray, t: int, column: int, moves: int) -> bool:
    """Look back from one mark, date by date, until the count is full or the chain breaks."""
    nearer = [c for c in range(column) if not np.isnan(marks[t, c]) and not flagged[t, c]]
    if np.isnan(marks[t, column]) or not nearer:
        return False
    pair = marks[:, [column, nearer[-1]]]
    quoted = [s for s in range(t + 1) if not np.isnan(pair[s]).any()]
    repeated = 0
    for now, before in zip(reversed(quoted), reversed(quoted[:-1]), strict=False):
        follower, leader = pair[now] - pair[before]
        if leader == 0.0 and follower == 0.0:
            continue
        if leader == 0.0 or follower != leader:
            return False
        repeated += 1
        if repeated == moves:
            return True
    return False


def slow_lockstep(marks: np.ndarray, moves: int) -> np.ndarray:
    flagged = np.zeros(marks.shape, dtype=bool)
    for t in range(len(marks)):
        for column in range(marks.shape[1]):
            flagged[t, column] = carried(marks, flagged, t, column, moves)
    return flagged


def slow_ticks(marks_bp: np.ndarray, nearest: bool) -> list[float]:
    """Coarsest grid that holds 97 % of the trailing 60 dates' marks; never coarser than before."""
    finest, ticks = Fraction(1), []
    own: list[list[Fraction]] = []
    for row in marks_bp:
        quoted = np.flatnonzero(~np.isnan(row))
        own.append([Fraction(row[c]) for c in quoted if (c == quoted[0]) == nearest])
        prices = [price for date in own[-TICK_DATES:] for price in date]
        for tick in (Fraction(1), Fraction(1, 2), Fraction(1, 4)):
            on_grid = sum((price / tick).denominator == 1 for price in prices)
            if tick == Fraction(1, 4) or on_grid >= TICK_SHARE * len(prices):
                finest = min(finest, tick)
                break
        ticks.append(float(finest))
    return ticks

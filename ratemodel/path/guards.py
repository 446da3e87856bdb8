"""Guards: marks that are no news are flagged with a reason, weigh nothing, and are kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.types.futures import UNFLAGGED, FuturesCurve

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LOCKSTEP = "lockstep"
PLACEHOLDER = "placeholder"
LEVEL_GATE = "level gate"
GUARDS = (LEVEL_GATE, PLACEHOLDER, LOCKSTEP)
"""Reasons for a flag; where two hold, the first is given."""

LOCKSTEP_MOVES = 15
"""Identical changes in a row before a contract counts as carried by its neighbour."""

PLACEHOLDER_MONTHS = 6
"""Nearer contracts are traded; farther ones may stand still because nobody marks them."""
STANDSTILL_DATES = 10
STANDSTILL_BP = 5.0
"""A mark unchanged on this many dates, while the next nearer one moved this much in sum."""
BLOCK_BP = 50.0
"""Contracts beyond it stand still in a block, each beside one that does not move either: they are
doubted once the nearest live contract moved this much in sum."""
NEVER_MOVED_BP = 1.0
"""A mark that never changed since it was listed is doubted once its neighbour moved this much:
on the day of its listing, and in a table of one date, every mark has never changed."""

GATE_BP = 125.0
GATE_GROWTH = 0.67
"""Neighbours lie within 125 bp times the root of 1 + 0.67 times the months between them."""

SAME_PRICE_PCT = 1e-7
"""Two changes closer than this are equal: far below any tick, far above rounding of a float."""


def flag_marks(curve: FuturesCurve, level_pct: Floats | None = None) -> FuturesCurve:
    r"""Flag marks that are carried, stand still or are off the scale.

    From the nearest contract outwards, each mark is held against its *neighbour*: the nearest
    nearer contract of the date that is not flagged itself.

    - ``level gate``: it is off by more than :math:`125\sqrt{1 + 0.67\,\Delta}` bp, with
      :math:`\Delta` the months between the two: a slip of the keys.
    - ``placeholder``: it lies more than six months ahead and has not changed for ten dates or more
      while the next nearer contract, flagged or not, moved 5 bp in sum, or the neighbour 50; or it
      has never changed while the neighbour did.
    - ``lockstep``: see `flag_lockstep`.

    Parameters
    ----------
    curve : FuturesCurve
    level_pct : array, shape (T,), optional
        The rate ruling on each date, neighbour of the nearest contract; NaN where unknown.

    Returns
    -------
    FuturesCurve
        The same rates with flags set; uses no later date than the one flagged.
    """
    return _flag(curve, level_pct, GUARDS, LOCKSTEP_MOVES)


def flag_lockstep(curve: FuturesCurve, moves: int = LOCKSTEP_MOVES) -> FuturesCurve:
    """Flag contracts that only repeat a nearer one.

    Vendors carry an untraded far contract at a constant spread to a traded one. Six such marks
    are one piece of information; taken for six they make errors far too small. A contract is
    flagged on a date if it changed exactly as its nearest nearer unflagged contract on each of
    the last `moves` dates on which that one moved, and moved on no date on which it did not.

    Parameters
    ----------
    curve : FuturesCurve
    moves : int
        Identical changes required.

    Returns
    -------
    FuturesCurve
        The same rates with flags set; uses no later date than the one flagged.
    """
    return _flag(curve, None, (LOCKSTEP,), moves)


def _flag(
    curve: FuturesCurve, level_pct: Floats | None, reasons: tuple[str, ...], moves: int
) -> FuturesCurve:
    # Contract by contract: each lives on a small part of the dates, and only those are looked at.
    rates = np.ascontiguousarray(curve.rates_pct.to_numpy(float).T)
    today, months = curve.trade_dates.to_period("M").asi8, curve.months.asi8
    level = np.full(rates.shape[1], np.nan) if level_pct is None else level_pct
    flags = curve.flags.to_numpy(object).copy()
    neighbour, nearer = np.full(len(today), -1), np.full(len(today), -1)
    for column, contract in enumerate(rates):
        at = np.flatnonzero(~np.isnan(contract))
        marks = _Marks(
            rates=rates[:, at[0] : at[-1] + 1] if len(at) else rates[:, :0],
            dates=at - at[:1],
            column=column,
            own=contract[at],
            ahead=months[column] - today[at],
            neighbour=neighbour[at],
            nearer=nearer[at],
            level=level[at],
        )
        found = flags[at, column]
        for reason in reversed(reasons):
            wrong = marks.lockstep(moves) if reason == LOCKSTEP else _GUARDS[reason](marks)
            found[wrong] = reason
        flags[at, column] = found
        nearer[at] = column
        neighbour[at[found == UNFLAGGED]] = column
    # Text as objects, taken over as they are: turning four million cells into strings costs more
    # than finding the flags.
    frame = pd.DataFrame(
        flags,
        index=curve.rates_pct.index,
        columns=curve.rates_pct.columns,
        dtype=object,
        copy=False,
    )
    return FuturesCurve(curve.rates_pct, frame)


@dataclass(frozen=True, eq=False)
class _Marks:
    """One contract's n marks, each with the contracts of its date that it is held against.

    Guards answer with the positions, among the n marks, of those that they doubt.
    """

    rates: Floats
    """All contracts, shape (C, S), on the span of dates from the first mark to the last."""
    dates: Ints
    """Positions in that span of the dates on which the contract is quoted."""
    column: int
    own: Floats
    ahead: Ints
    neighbour: Ints
    """Nearest nearer contract that is not flagged itself; -1 if none."""
    nearer: Ints
    """Next nearer contract quoted, flagged or not; -1 if none."""
    level: Floats

    @cached_property
    def leaders(self) -> Ints:
        """Contracts that it is held against on some date, ascending."""
        named = np.bincount(np.concatenate([self.neighbour, self.nearer]) + 1)
        return np.flatnonzero(named[1:])

    @cached_property
    def beside(self) -> tuple[Floats, Ints]:
        """Those contracts' rates, shape (L, n), and as of which mark they stand.

        Where another is not quoted it stands at its last quote, so that its next change is the one
        since then; NaN before its first.
        """
        lead = self.rates[self.leaders[:, None], self.dates]
        last = np.maximum.accumulate(np.where(np.isnan(lead), 0, np.arange(len(self.own))), axis=1)
        return lead[np.arange(len(lead))[:, None], last], last

    @cached_property
    def moved_bp(self) -> Floats:
        """Running sums of the sizes of those contracts' changes, shape (L, n)."""
        change = 100.0 * np.abs(_steps(self.beside[0]))
        return np.cumsum(np.where(np.isfinite(change), change, 0.0), axis=1)

    def lockstep(self, moves: int) -> Ints:
        """Find marks up to which the contract has only repeated its neighbour."""
        lead, last = self.beside
        run = repeat_run(self.own[last], lead)
        at = np.flatnonzero(self.neighbour >= 0)
        row = np.searchsorted(self.leaders, self.neighbour[at])
        return at[run[row, at] >= moves]

    def placeholder(self) -> Ints:
        """Find marks at which the contract stands still while its neighbour moves."""
        number = np.arange(len(self.own))
        changed = np.abs(_steps(self.own)) > SAME_PRICE_PCT
        last_change = np.maximum.accumulate(np.where(changed, number, 0))
        far = self.ahead > PLACEHOLDER_MONTHS
        long = far & (number - last_change >= STANDSTILL_DATES)
        never = far & (np.cumsum(changed) == 0)
        if not (long | never).any():
            return np.empty(0, dtype=np.int64)
        beside = self._moves_bp(self.nearer, last_change, long)
        beyond = self._moves_bp(self.neighbour, last_change, long | never)
        still = long & ((beside >= STANDSTILL_BP) | (beyond >= BLOCK_BP))
        return np.flatnonzero(still | (never & (beyond >= NEVER_MOVED_BP)))

    def off_level(self) -> Ints:
        """Find marks too far from their neighbour, or from the rate ruling."""
        has = self.neighbour >= 0
        beside = np.where(has, self.rates[self.neighbour, self.dates], self.level)
        apart = np.where(has, self.column - self.neighbour, self.ahead)
        gate = GATE_BP * np.sqrt(1.0 + GATE_GROWTH * np.maximum(apart, 0))
        # NaN compares as False: a mark without a neighbour is not doubted.
        return np.flatnonzero(100.0 * np.abs(self.own - beside) > gate)

    def _moves_bp(self, other: Ints, since: Ints, asked: Bools) -> Floats:
        """Sum the sizes of another contract's changes, on the contract's dates from `since` on.

        `other` names, for each mark, the contract it is held against that day; 0 where not `asked`.
        """
        total = np.zeros(len(other))
        at = np.flatnonzero(asked & (other >= 0))
        row = np.searchsorted(self.leaders, other[at])
        total[at] = self.moved_bp[row, at] - self.moved_bp[row, since[at]]
        return total


def _steps(values: Floats) -> Floats:
    """Take changes from mark to mark along the last axis, the first 0."""
    steps = np.zeros(values.shape)
    np.subtract(values[..., 1:], values[..., :-1], out=steps[..., 1:])
    return steps


_GUARDS = {PLACEHOLDER: _Marks.placeholder, LEVEL_GATE: _Marks.off_level}


def repeat_run(
    follower: npt.NDArray[np.float64], leader: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Count, up to each date, the leader's moves that the follower repeated without a break.

    A break is a move of the leader not repeated, or a move of the follower alone. Dates are the
    last axis; NaN is no move.

    Examples
    --------
    >>> repeat_run(np.array([1.0, 1.1, 1.1, 1.2, 1.3]), np.array([2.0, 2.1, 2.1, 2.2, 2.2]))
    array([0, 1, 1, 2, 0])
    """
    step, lead = _steps(follower), _steps(leader)
    moved = np.abs(lead) > SAME_PRICE_PCT
    same = moved & (np.abs(step - lead) < SAME_PRICE_PCT)
    broken = (moved & ~same) | (~moved & (np.abs(step) > SAME_PRICE_PCT))
    count = np.cumsum(same, axis=-1)
    run: npt.NDArray[np.int64] = count - np.maximum.accumulate(np.where(broken, count, 0), axis=-1)
    return run

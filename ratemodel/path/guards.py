"""Guards: marks that are no news are flagged with a reason, weigh nothing, and are kept."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.types.futures import FuturesCurve

Floats = npt.NDArray[np.float64]

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
    # numba takes a third of a second to import: not before there is something to flag.
    from ratemodel.path.guard_kernels import Limits, doubt_marks

    limits = Limits(
        gate_bp=GATE_BP if LEVEL_GATE in reasons else np.inf,
        gate_growth=GATE_GROWTH,
        placeholder_months=float(PLACEHOLDER_MONTHS) if PLACEHOLDER in reasons else np.inf,
        standstill_dates=STANDSTILL_DATES,
        standstill_bp=STANDSTILL_BP,
        block_bp=BLOCK_BP,
        never_moved_bp=NEVER_MOVED_BP,
        lockstep_moves=moves,
        same_price_pct=SAME_PRICE_PCT,
    )
    rates = np.ascontiguousarray(curve.rates_pct.to_numpy(float).T).view()
    # Some frames hand out their own memory, some a copy: numba compiles for each unless all are so.
    rates.flags.writeable = False
    date, contract = curve.cells
    code = np.zeros(rates.shape, dtype=np.int8)
    code[contract, date] = np.where(curve.is_news(date, contract), 0, -1)
    doubt_marks(
        rates,
        curve.months.asi8,
        curve.trade_dates.to_period("M").asi8,
        np.full(rates.shape[1], np.nan) if level_pct is None else np.array(level_pct),
        limits,
        code,
    )
    found = code[contract, date]
    doubted = found > 0
    flags = curve.flags.to_numpy(object).copy()
    flags[date[doubted], contract[doubted]] = np.array(GUARDS, dtype=object)[found[doubted] - 1]
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

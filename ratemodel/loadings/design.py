"""Match returns and shocks by the clock: which news can be in which return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import Times, end_inside, start_inside
from ratemodel.errors import CoverageError
from ratemodel.loadings.news_hours import news_days
from ratemodel.types.loadings import DesignRows, EstimationSample
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MIN_ROWS = 60
"""Fewer design rows than this say nothing about a daily loading."""
COVER_TOLERANCE_DAYS = 0.5
"""Dollar moves may cover half a day more or less than the return they are matched with."""


def build_design(
    returns: Returns,
    asset: str,
    shocks: ShockSeries,
    names: tuple[str, ...] = ("path_bp",),
    dollar: str | None = None,
) -> DesignRows:
    r"""Lay out one asset's returns with the shocks and dollar moves of their own intervals.

    A return covers the interval (a, b] between two strikes, a daily shock the interval between
    its own. With shocks that end inside (a, b] in :math:`z_S` and shocks that start inside in
    :math:`z_E` (one wholly inside is in both),

    .. math:: r = \alpha + b_S z_S + b_E z_E + \gamma x + \varepsilon, \qquad \beta = b_S + b_E .

    COMEX gold settles at 13:30 in New York, before a 14:00 statement: matched by date it loads on
    yesterday's news; matched by the clock it does not.

    Parameters
    ----------
    returns : Returns
        Holding the asset and, if asked for, the dollar series.
    asset : str
    shocks : ShockSeries
    names : tuple of str
        Shocks to use.
    dollar : str, optional
        Series in `returns` whose moves enter; each belongs to the return that holds its midpoint.

    Returns
    -------
    DesignRows
        All rows of the asset; incomplete ones are marked, not dropped. A shock that is not
        identified counts as missing.

    References
    ----------
    Dimson, E. (1979), "Risk measurement when shares are subject to infrequent trading", Journal
    of Financial Economics 7(2), 197-226.
    """
    rows = returns.of(asset)
    start, end = _times(rows, "start_utc"), _times(rows, "end_utc")
    match = _match(start, end, shocks, names)
    span = [start, match.start], [end, match.end]
    complete = match.complete
    dollar_pct, terms = np.zeros(len(rows)), np.zeros((len(rows), 0))
    dollar_days, gaps, reached = np.zeros(len(rows)), *np.zeros((2, len(rows), 2))
    if dollar is not None:
        moves = returns.of(dollar)
        part = _match_dollar(start, end, moves, shocks, names)
        dollar_pct, terms, dollar_days = part.change, part.terms, part.days
        gaps, reached = part.gap_days, part.straddled
        complete = complete & _dollar_covers(dollar_days, _days(start, end))
        complete &= np.isfinite(terms).all(axis=1)
        span[0].append(part.start)
        span[1].append(part.end)
    return DesignRows(
        asset=asset,
        dates=pd.DatetimeIndex(rows["date"]),
        returns_pp=rows["log_return_pp"].to_numpy(float),
        shocks_bp=match.values,
        columns=match.columns,
        runs=match.runs,
        dollar_pct=dollar_pct,
        dollar_terms=terms,
        start_utc=np.minimum.reduce(span[0]),
        end_utc=np.maximum.reduce(span[1]),
        strike_utc=end,
        elapsed_days=_days(start, end),
        dollar_days=dollar_days,
        straddled=match.straddled,
        dollar_gap_days=gaps,
        dollar_straddled=reached,
        covered=match.covered,
        complete=complete,
    )


def estimation_sample(
    design: DesignRows,
    after: pd.Timestamp,
    before: pd.Timestamp,
    *,
    among: npt.NDArray[np.bool_] | None = None,
    min_rows: int = MIN_ROWS,
) -> EstimationSample:
    """Keep complete rows wholly between a first date and the strike before the event.

    Parameters
    ----------
    design : DesignRows
    after : Timestamp
        No interval starts before this date.
    before : Timestamp
        First date of the event; the event begins at the asset's last strike before it.
    among : array of bool, optional
        Rows to choose from; all if left out.
    min_rows : int

    Raises
    ------
    CoverageError
        If fewer than `min_rows` rows are left.
    """
    event_start = window_start(design, before)
    inside = (design.start_utc >= np.datetime64(after, "s")) & (design.end_utc <= event_start)
    if among is not None:
        inside &= among
    kept = inside & design.complete
    if kept.sum() < min_rows:
        raise CoverageError(
            f"{design.asset}: {int(kept.sum())} complete rows between {after:%Y-%m-%d} and "
            f"{before:%Y-%m-%d}, {min_rows} are needed"
        )
    dropped = int((inside & ~design.complete).sum())
    rows = design.take(kept)
    return EstimationSample(rows.with_columns(_distinct_columns(rows)), event_start, dropped)


def _distinct_columns(rows: DesignRows) -> tuple[tuple[str, str], ...]:
    """Columns a sample can tell apart: both sides of a shock, or one column for both."""
    columns: list[tuple[str, str]] = []
    for name in dict.fromkeys(name for name, _ in rows.columns):
        own = [i for i, column in enumerate(rows.columns) if column[0] == name]
        if np.array_equal(rows.shocks_bp[:, own[0]], rows.shocks_bp[:, own[-1]]):
            columns.append((name, "inside"))
        else:
            columns += [rows.columns[i] for i in own]
    return tuple(columns)


def window_start(design: DesignRows, before: pd.Timestamp) -> np.datetime64:
    """Instant at which the event begins for this asset: its last strike before the first date."""
    earlier = design.dates < before
    if not earlier.any():
        raise CoverageError(f"{design.asset}: no return before {before:%Y-%m-%d}")
    return np.datetime64(design.strike_utc[earlier][-1], "s")


def window_rows(design: DesignRows, start: pd.Timestamp, end: pd.Timestamp) -> DesignRows:
    """Rows of an event: dated from `start` on, up to the first dated on or after `end`.

    Raises
    ------
    CoverageError
        If the asset has no row that reaches `end`, or a row of the event lacks a shock.
    """
    later = np.flatnonzero(design.dates >= end)
    first = np.flatnonzero(design.dates >= start)
    if not len(later) or not len(first):
        last = f"{design.dates[-1]:%Y-%m-%d}" if len(design) else "never"
        raise CoverageError(f"{design.asset}: no return reaches {end:%Y-%m-%d}, the last is {last}")
    mask = np.zeros(len(design), dtype=bool)
    mask[first[0] : later[0] + 1] = True
    rows = design.take(mask)
    untold = rows.covered | ~np.isfinite(rows.shocks_bp).all(axis=1)
    if untold.any():
        date = rows.dates[int(np.argmax(untold))]
        raise CoverageError(
            f"{design.asset}: no shock can be told for the return of {date:%Y-%m-%d}"
        )
    if design.has_dollar:
        whole, moved = rows.elapsed_days.sum(), rows.dollar_days.sum()
        if not _dollar_covers(moved, whole) or not np.isfinite(rows.dollar_terms).all():
            raise CoverageError(
                f"{design.asset}: dollar moves cover {moved:.1f} days, the event's {whole:.1f}"
            )
    return rows


@dataclass(frozen=True, eq=False)
class _Match:
    values: Floats
    columns: tuple[tuple[str, str], ...]
    runs: Ints
    straddled: Floats
    start: Times
    end: Times
    covered: npt.NDArray[np.bool_]
    complete: npt.NDArray[np.bool_]


def _match(start: Times, end: Times, shocks: ShockSeries, names: tuple[str, ...]) -> _Match:
    first, stop = end_inside(start, end, shocks.end_utc)
    late_first, late_stop = start_inside(start, end, shocks.start_utc)
    if shocks.is_point:
        late_first, late_stop = first, stop
    sides = (("start", first, stop), ("end", late_first, late_stop))
    columns, values = [], []
    for name in names:
        known = shocks.identified[name].to_numpy(bool)
        series = np.where(known, shocks.of(name).to_numpy(float), np.nan)
        for side, low, high in sides:
            columns.append((name, side))
            values.append(_sum_runs(series, low, high))
    matrix = np.column_stack(values)
    covered = np.zeros(len(start), dtype=bool)
    if not shocks.is_point:
        uncovered = (start < shocks.start_utc[0]) | (end > shocks.end_utc[-1])
        matrix[uncovered] = np.nan
        covered = np.searchsorted(shocks.start_utc, start, side="left") > np.searchsorted(
            shocks.end_utc, end, side="right"
        )
    used_first, used_stop = np.minimum(first, late_first), np.maximum(stop, late_stop)
    used = used_stop > used_first
    low, high = np.minimum(used_first, len(shocks.dates) - 1), np.maximum(used_stop - 1, 0)
    return _Match(
        values=matrix,
        columns=tuple(columns),
        runs=np.column_stack([first, stop, late_first, late_stop]),
        straddled=_straddled(start, end, shocks, names, (first, stop, late_first, late_stop)),
        start=np.where(used, np.minimum(start, shocks.start_utc[low]), start),
        end=np.where(used, np.maximum(end, shocks.end_utc[high]), end),
        covered=covered,
        complete=np.isfinite(matrix).all(axis=1) & ~covered,
    )


def _straddled(
    start: Times,
    end: Times,
    shocks: ShockSeries,
    names: tuple[str, ...],
    runs: tuple[Ints, Ints, Ints, Ints],
) -> Floats:
    """Variance not placed of the shocks that reach over each return's start and end.

    By the hours in which news comes. A shock of exactly zero is taken for one without news.
    """
    out = np.zeros((len(start), 2))
    if shocks.is_point:
        return out
    moved = (shocks.values_bp[list(names)] != 0.0).any(axis=1).to_numpy(bool)
    first, stop, late_first, late_stop = runs
    sides = ((start, first, stop > first), (end, late_stop - 1, late_stop > late_first))
    for column, (strike, at, used) in enumerate(sides):
        position = np.where(used, at, 0)
        opened, closed = shocks.start_utc[position], shocks.end_utc[position]
        over = used & moved[position] & (opened < strike) & (strike < closed)
        before = news_days(strike) - news_days(opened)
        after = news_days(closed) - news_days(strike)
        whole = np.where(over, before + after, 0.0)
        share = np.divide(before, whole, out=np.zeros_like(whole), where=whole > 0.0)
        out[:, column] = share * (1.0 - share)
    return out


@dataclass(frozen=True, eq=False)
class _DollarMatch:
    change: Floats
    terms: Floats
    days: Floats
    gap_days: Floats
    straddled: Floats
    start: Times
    end: Times


def _match_dollar(
    start: Times, end: Times, moves: pd.DataFrame, shocks: ShockSeries, names: tuple[str, ...]
) -> _DollarMatch:
    low, high = _times(moves, "start_utc"), _times(moves, "end_utc")
    own = _match(low, high, shocks, names)
    middle = low + (high - low) / 2
    first = np.searchsorted(middle, start, side="right")
    stop = np.searchsorted(middle, end, side="right")
    # Struck with the shocks, or by points, every one is inside its move: both sides are one column.
    inside = np.array_equal(own.runs[:, :2], own.runs[:, 2:])
    sides = own.values[:, ::2] if inside else own.values
    terms = np.column_stack(
        [(stop - first).astype(float), *(_sum_runs(u, first, stop) for u in sides.T)]
    )
    used = stop > first
    low_row, high_row = np.minimum(first, len(low) - 1), np.maximum(stop - 1, 0)
    return _DollarMatch(
        change=_sum_runs(moves["log_return_pp"].to_numpy(float), first, stop),
        terms=terms,
        start=np.where(used, np.minimum(start, own.start[low_row]), start),
        end=np.where(used, np.maximum(end, own.end[high_row]), end),
        gap_days=np.column_stack(
            [
                np.where(used, np.minimum(np.abs(_days(low[low_row], start)), 1.0), 0.0),
                np.where(used, np.minimum(np.abs(_days(high[high_row], end)), 1.0), 0.0),
            ]
        ),
        straddled=np.column_stack(
            [
                np.where(used, own.straddled[low_row, 0], 0.0),
                np.where(used, own.straddled[high_row, 1], 0.0),
            ]
        ),
        days=_sum_runs(_days(low, high), first, stop),
    )


def _dollar_covers(dollar_days: Floats, elapsed_days: Floats) -> npt.NDArray[np.bool_]:
    return np.abs(dollar_days - elapsed_days) <= COVER_TOLERANCE_DAYS


def _days(start: Times, end: Times) -> Floats:
    """Length of intervals in days of 24 hours."""
    seconds: Floats = (end - start).astype("timedelta64[s]").astype(np.int64) / 86400.0
    return seconds


def _sum_runs(values: Floats, first: Ints, stop: Ints) -> Floats:
    """Sum values[first:stop] for each run (0 if empty); NaN if any in it is missing.

    Each run is summed on its own, not differenced from a running total, so that a value outside
    a run cannot touch even its last bit.
    """
    padded = np.append(values, 0.0)
    sums = np.add.reduceat(padded, np.column_stack([first, stop]).ravel())[::2]
    return np.where(stop > first, sums, 0.0)


def _times(frame: pd.DataFrame, column: str) -> Times:
    return frame[column].to_numpy().astype("datetime64[s]")

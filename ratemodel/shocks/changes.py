"""Read a table of changes around announcements: instants, numbers, and what is wrong where."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import NEW_YORK
from ratemodel.errors import DataError
from ratemodel.types.changes import Changes

Floats = npt.NDArray[np.float64]

TIME_COLUMNS = ("announced", "date_time", "start")
"""Where the instant of an announcement stands: the first of these that a table has."""
TIME_OF_DAY = "time_et"
"""Beside a column of dates, as in the fomc table."""
FLAGS = "flags"
UNNAMED = "value"
"""What a series without a name is called."""
FIRST_ROW = 2
"""The header of a file is row 1."""
BLANKS = frozenset({"", ".", "na", "nan", "n/a", "null", "none"})

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{1,2}:\d{2}(:\d{2}([.]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)


class Origin(NamedTuple):
    """How errors call a table, and which row of the file each row of the frame is."""

    source: str = "changes"
    rows: Sequence[int] | None = None

    def error(self, position: int, problem: str) -> DataError:
        """Name the file, the row and the problem."""
        row = FIRST_ROW + position if self.rows is None else int(self.rows[position])
        return DataError.at_row(self.source, row, problem)


CHANGES = Origin()


def read_changes(
    table: pd.DataFrame | Changes, columns: Sequence[str], origin: Origin = CHANGES
) -> Changes:
    """Read the columns of a table of changes that series are made of.

    Parameters
    ----------
    table : DataFrame or Changes
        Time is the first of `announced`, `date_time`, `start` present, or the index; without a
        zone it is New York's. Text cells are read; an empty one, or NaN, is missing.
    columns : sequence of str
        Names to read; those the table lacks are absent, others in the table are ignored.
    origin : Origin
        How errors call the table and its rows.

    Returns
    -------
    Changes
        In order of time.

    Raises
    ------
    DataError
        If there is no time, an instant repeats, or a cell is no instant or number.

    Examples
    --------
    >>> table = pd.DataFrame({"date_time": ["2026-01-28 14:00"], "FF1": ["0.01"]})
    >>> print(read_changes(table, ["FF1", "FF2"]).table)
                                FF1
    announced
    2026-01-28 14:00:00-05:00  0.01
    """
    if isinstance(table, Changes):
        return table
    if not len(table):
        raise DataError(f"{origin.source}: the table has no rows")
    times, dated_only = read_times(table, origin)
    held = [name for name in dict.fromkeys(columns) if name in table]
    values = {name: read_numbers(table[name], name, origin) for name in held}
    flags = table[FLAGS].fillna("").astype(str).tolist() if FLAGS in table else [""] * len(table)
    order = np.argsort(times.asi8, kind="stable")
    return Changes(
        table=pd.DataFrame(values, index=times, columns=held, dtype=float).iloc[order],
        flags=pd.Series(flags, index=times, dtype=object).iloc[order],
        labels=table.index[order],
        dated_only=dated_only,
    )


def read_times(table: pd.DataFrame, origin: Origin) -> tuple[pd.DatetimeIndex, bool]:
    """Read the instants of a table, row by row: New York time, and whether all are mere dates.

    Raises
    ------
    DataError
        If there is no time, a cell is none, or an instant repeats.
    """
    name = next((name for name in TIME_COLUMNS if name in table), None)
    if name is None:
        if not isinstance(table.index, pd.DatetimeIndex):
            known = ", ".join(TIME_COLUMNS)
            raise DataError(
                f"{origin.source}: no time of the announcements: none of the columns {known}, "
                "and the index is none either"
            )
        cells, name = list(table.index), "the index"
    else:
        cells = table[name].tolist()
    clock = table[TIME_OF_DAY].tolist() if name == "announced" and TIME_OF_DAY in table else None
    instants = []
    for row, cell in enumerate(cells):
        instant = _instant(cell, name, row, origin)
        if clock is not None:
            instant = instant + _time_of_day(clock[row], row, origin)
        instants.append(_in_new_york(instant))
    times = pd.DatetimeIndex(instants, name="announced").as_unit("us")
    if times.has_duplicates:
        again = int(np.argmax(times.duplicated()))
        first = int(np.argmax(times == times[again]))
        before = FIRST_ROW + first if origin.rows is None else int(origin.rows[first])
        raise origin.error(
            again,
            f"{name} {times[again]:%Y-%m-%d %H:%M} repeats row {before}; two announcements of one "
            "day need their times of day",
        )
    return times, bool((times == times.normalize()).all())


def read_numbers(column: pd.Series[Any], name: str, origin: Origin) -> Floats:
    """Read one column of numbers; NaN where a cell is empty."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        values = column.to_numpy(float, na_value=np.nan)
        infinite = np.isinf(values)
        if infinite.any():
            row = int(np.argmax(infinite))
            raise origin.error(row, f"{name} must be a finite number, got {values[row]}")
        return np.asarray(values, dtype=np.float64)
    return np.array(
        [_number(cell, name, row, origin) for row, cell in enumerate(column)], dtype=np.float64
    )


def _number(cell: Any, name: str, row: int, origin: Origin) -> float:
    if _is_blank(cell):
        return math.nan
    try:
        value = float("bool" if isinstance(cell, bool) else cell)
    except (TypeError, ValueError):
        raise origin.error(row, f"{name} must be a number, got {cell!r}") from None
    if not math.isfinite(value):
        raise origin.error(row, f"{name} must be a finite number, got {cell!r}")
    return value


def _instant(cell: Any, name: str, row: int, origin: Origin) -> pd.Timestamp:
    if _is_blank(cell):
        raise origin.error(row, f"{name} is empty")
    wrong = f"{name} must be a date or an instant YYYY-MM-DD HH:MM, got {cell!r}"
    text = isinstance(cell, str) and not _INSTANT.fullmatch(cell.strip())
    if text or isinstance(cell, bool | int | float | np.number):
        raise origin.error(row, wrong)
    try:
        return pd.Timestamp(cell.strip() if isinstance(cell, str) else cell)
    except (TypeError, ValueError):
        raise origin.error(row, wrong) from None


def _time_of_day(cell: Any, row: int, origin: Origin) -> pd.Timedelta:
    text = "" if _is_blank(cell) else str(cell).strip()
    if not _TIME.fullmatch(text):
        raise origin.error(row, f"{TIME_OF_DAY} must be a time of day HH:MM, got {cell!r}")
    return pd.Timedelta(text if text.count(":") == 2 else f"{text}:00")


def _in_new_york(instant: pd.Timestamp) -> pd.Timestamp:
    if instant.tz is not None:
        return instant.tz_convert(NEW_YORK)
    return instant.tz_localize(NEW_YORK, ambiguous=False, nonexistent="shift_forward")


def _is_blank(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell.strip().lower() in BLANKS
    return cell is None or bool(pd.isna(cell))


class Beside(NamedTuple):
    """Numbers that belong to announcements, looked up in a second table."""

    values: Floats
    names: tuple[str, ...]


def read_beside(other: pd.DataFrame | pd.Series[float], changes: Changes, origin: Origin) -> Beside:
    """Look up each announcement in a second table: predictors, or a yield to scale to.

    Rows belong together if their instants do; else, where the second table has one row a day, if
    their New York dates do. A table without any time must have the index of the table of changes.

    Parameters
    ----------
    other : DataFrame or Series
        Its time is read as that of changes; all its other columns are numbers.
    changes : Changes
    origin : Origin

    Returns
    -------
    Beside
        NaN in rows of announcements that the second table lacks.

    Raises
    ------
    DataError
        If no announcement is in it, or a cell is none.
    """
    frame = other.to_frame(str(other.name or UNNAMED)) if isinstance(other, pd.Series) else other
    names = tuple(str(n) for n in frame if n not in (*TIME_COLUMNS, TIME_OF_DAY, FLAGS))
    if not names:
        raise DataError(f"{origin.source}: no column beside the time")
    values = np.column_stack([read_numbers(frame[name], name, origin) for name in names])
    timed = isinstance(frame.index, pd.DatetimeIndex) or any(n in frame for n in TIME_COLUMNS)
    if not timed and frame.index.is_unique and set(frame.index) == set(changes.labels):
        rows = frame.index.get_indexer(changes.labels)
    else:
        times, _ = read_times(frame, origin)
        rows = times.get_indexer(changes.times)
        days = times.tz_localize(None).normalize()
        if days.is_unique:
            rows = np.where(rows < 0, days.get_indexer(changes.days), rows)
    found = rows >= 0
    if not found.any():
        raise DataError(f"{origin.source}: no row is of an announcement in the table of changes")
    return Beside(np.where(found[:, None], values[rows], np.nan), names)

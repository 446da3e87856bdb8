"""Read the cells of one column: text (or what a parquet file holds) to dates, months, numbers.

Each *distinct* text is read once, by plain Python that can say what is wrong with it, and spread
over the rows: strict checks at the price of a dictionary look-up.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import ClockError
from ratemodel.types.clock import Clock
from ratemodel.types.columns import Column, ColumnType

_SHOWN = 80
"""A refusal quotes no more of a cell than this many characters."""

_YEARS = range(1800, 2200)
"""Legal years: what a nanosecond date can hold, and a net for mistyped ones."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_NUMBER = re.compile(r"[+-]?(\d+[.]?\d*|[.]\d+)([eE][+-]?\d+)?", re.ASCII)
_SYMBOL = re.compile(r"[^\s;,]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one row, counted from 0 without the header."""

    position: int
    problem: str


def first_fault(wrong: npt.NDArray[np.bool_], problem: Callable[[int], str]) -> Fault | None:
    """Describe the first row where `wrong` holds; None if it holds nowhere."""
    position = int(np.argmax(wrong)) if wrong.any() else None
    return None if position is None else Fault(position, problem(position))


def read_cells(
    raw: pd.Series[Any], column: Column, *, blanks: Collection[str] = ("",)
) -> tuple[pd.Series[Any], Fault | None]:
    """Read one column.

    Parameters
    ----------
    raw : Series
        Cells as text, or typed as a parquet file or a caller's frame has them.
    column : Column
        What the cells must hold.
    blanks : collection of str, default ("",)
        Texts that mean an empty cell.

    Returns
    -------
    values : Series
        datetime64, monthly Period, float or text; NaT, NaN or empty text where a cell is empty
        or faulty.
    fault : Fault or None
        The first cell that is not legal.

    Examples
    --------
    >>> values, fault = read_cells(pd.Series(["98.5", "98,5"]), Column("settle", "number"))
    >>> fault
    Fault(position=1, problem="settle must be a number, got '98,5'")
    """
    codes, texts = _distinct(raw, column)
    values: list[Any] = []
    problems: dict[int, str] = {}
    for number, text in enumerate(texts):
        value = None
        if text not in blanks:
            try:
                value = _READERS[column.type](text, column)
            except ValueError as error:
                shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
                problems[number] = f"{column.name} {error}, got {shown!r}"
        elif not column.may_be_empty:
            problems[number] = f"{column.name} is empty"
        values.append(value)
    if not column.may_be_empty:
        problems[-1] = f"{column.name} is empty"
    # Code -1, an empty cell, takes the last entry.
    faulty = np.array([number in problems for number in (*range(len(texts)), -1)])
    fault = first_fault(faulty[codes], lambda position: problems[int(codes[position])])
    return _assemble([*values, None], codes, column.type), fault


def _distinct(raw: pd.Series[Any], column: Column) -> tuple[npt.NDArray[np.intp], list[str]]:
    """List the distinct texts, and for each row which it has; -1 where a typed cell is missing."""
    if raw.dtype == object:
        raw = pd.Series([None if _missing(cell) else _text(cell, column) for cell in raw])
    codes, distinct = pd.factorize(raw)
    return codes, [_text(cell, column).strip() for cell in np.asarray(distinct, dtype=object)]


def _missing(cell: Any) -> bool:
    return (
        cell is None
        or cell is pd.NaT
        or cell is pd.NA
        or (isinstance(cell, float) and cell != cell)
    )


def _text(cell: Any, column: Column) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, pd.Timestamp):
        dated = column.type == "date" and cell.tz is None and cell == cell.normalize()
        return f"{cell:%Y-%m-%d}" if dated else cell.isoformat()
    if isinstance(cell, dt.datetime | dt.date):
        return cell.isoformat()
    if isinstance(cell, float | np.floating):
        return repr(float(cell))
    return str(cell)


def _read_date(text: str, column: Column) -> dt.date:
    if not _DATE.fullmatch(text):
        late = ": a date has no time of day" if _DATE.match(text) else ""
        raise ValueError(f"must be a date YYYY-MM-DD{late}")
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    _check_year(date.year)
    return date


def _check_year(year: int) -> None:
    if year not in _YEARS:
        raise ValueError(f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}")


def _read_month(text: str, column: Column) -> str:
    if not _MONTH.fullmatch(text):
        raise ValueError(
            "must be a delivery month YYYY-MM; continuous series (ZQ=F, FF1, FFc1, front) are "
            "refused because they change contract at every roll, and a roll looks like a shock"
        )
    _check_year(int(text[:4]))
    return text


def _read_instant(text: str, column: Column) -> dt.datetime:
    if not _INSTANT.fullmatch(text):
        raise ValueError("must be an instant YYYY-MM-DDTHH:MM:SSZ")
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no instant of the calendar") from None
    _check_year(instant.year)
    # The column's name promises UTC, so a time that names no zone is in it.
    return (instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def _read_time(text: str, column: Column) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("must be a time of day HH:MM")
    return text


def _read_clock(text: str, column: Column) -> str:
    try:
        return str(Clock.parse(text))
    except ClockError as error:
        raise ValueError(f"must be a strike clock ({error})") from None


def _read_number(text: str, column: Column) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a number")
    value = float(text)
    if not np.isfinite(value):
        raise ValueError("must be a finite number")
    unit = f" ({column.unit})" if column.unit else ""
    if column.above is not None and value <= column.above:
        raise ValueError(f"must be above {column.above:g}{unit}")
    low = column.low is not None and value < column.low
    high = column.high is not None and value > column.high
    if (low or high) and column.low is not None and column.high is not None:
        raise ValueError(f"must lie from {column.low:g} to {column.high:g}{unit}")
    if low or high:
        bound = f"at least {column.low:g}" if low else f"at most {column.high:g}"
        raise ValueError(f"must be {bound}{unit}")
    return value


def _read_symbols(text: str, column: Column) -> str:
    symbols = [symbol.strip() for symbol in text.split(";")]
    if not all(_SYMBOL.fullmatch(symbol) for symbol in symbols):
        raise ValueError("must be symbols separated by ';', such as GC;SI")
    return ";".join(symbols)


def _read_text(text: str, column: Column) -> str:
    if column.choices and text not in column.choices:
        raise ValueError(f"must be one of {', '.join(column.choices)}")
    return text


_READERS: dict[ColumnType, Callable[[str, Column], Any]] = {
    "date": _read_date,
    "month": _read_month,
    "datetime": _read_instant,
    "time": _read_time,
    "clock": _read_clock,
    "number": _read_number,
    "symbols": _read_symbols,
    "text": _read_text,
}


def _assemble(
    values: Sequence[Any], codes: npt.NDArray[np.intp], kind: ColumnType
) -> pd.Series[Any]:
    """Spread the distinct values (None = missing) over the rows."""
    if kind == "number":
        floats = np.array([np.nan if value is None else value for value in values], dtype=float)
        return pd.Series(floats[codes])
    if kind == "date":
        days = np.array(values, dtype="datetime64[D]").astype("datetime64[us]")
        return pd.Series(days[codes])
    if kind == "datetime":
        return pd.Series(pd.to_datetime(list(values), utc=True).as_unit("us").take(codes))
    if kind == "month":
        return pd.Series(pd.PeriodIndex(list(values), freq="M").take(codes))
    texts = pd.Index(["" if value is None else value for value in values], dtype="str")
    return pd.Series(texts.take(codes))

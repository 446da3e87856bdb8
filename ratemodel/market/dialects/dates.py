"""Read the dates of a file: one form for the whole column, and no order that is only likely."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects.orders import ORDER_WORDS, ORDERS, Order, settle_order
from ratemodel.market.dialects.symbols import MONTH_NAMES

Form = Literal["iso", "compact", "serial", "named", "parts"]
_YEARS = range(1900, 2200)
"""Legal years: a net for mistyped ones and for a far date that stands for none."""

_SERIAL_ZERO = dt.date(1899, 12, 30)
"""Day 0 of a spreadsheet's serial dates."""

_CENTURY_TURNS = 70
"""Two-digit years from here on are of the last century."""

_MIDNIGHT = re.compile(
    r"[T ]+(?:0?0:00(?::00(?:[.]0+)?)?|12:00(?::00)? ?AM)(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?$", re.I
)
_CLOCK = re.compile(r"[T ]+\d{1,2}:\d\d")
_NAME = rf"(?P<name>{'|'.join(sorted(MONTH_NAMES, key=len, reverse=True))})[.]?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]? +)?"
_FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("iso", re.compile(r"(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})")),
    ("compact", re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)")),
    ("serial", re.compile(r"(?P<serial>\d{5})(?:[.]0+)?")),
    (
        "named",
        re.compile(rf"{_WEEKDAY}(?P<d>\d{{1,2}})[-/. ]*{_NAME}[-/., ]*(?P<y>\d{{4}}|\d\d)", re.I),
    ),
    (
        "named",
        re.compile(rf"{_WEEKDAY}{_NAME}[-/. ]*(?P<d>\d{{1,2}})[-/., ]+(?P<y>\d{{4}}|\d\d)", re.I),
    ),
    ("parts", re.compile(r"(?P<a>\d{1,2})([-/.])(?P<b>\d{1,2})\2(?P<c>\d{4}|\d\d)")),
)


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of a column, and how they came about.

    Attributes
    ----------
    values : tuple of date
    order : Order
        ``ymd`` also where the form leaves no choice.
    said : str
        Sentence on the form, and on what settled the order where it had to be.
    """

    values: tuple[dt.date, ...]
    order: Order
    said: str


def looks_like_a_date(text: str) -> bool:
    """Tell a date from the words of a footer, whatever its order and time of day.

    Examples
    --------
    >>> looks_like_a_date("1/30/26"), looks_like_a_date("Downloaded from ...")
    (True, False)
    """
    day = _CLOCK.split(text.strip(), maxsplit=1)[0]
    return any(pattern.fullmatch(day) for _, pattern in _FORMS)


def read_dates(
    texts: Sequence[str],
    rows: Sequence[int],
    source: str,
    *,
    order: str = "",
    groups: Sequence[str] = (),
    weekdays_only: bool = False,
) -> Dates:
    """Read a column of dates.

    Where day and month could change places, every reading is tried: one with an impossible date,
    with a weekend among trade dates, or that runs neither upwards nor downwards falls out. What
    is left is a reading or a question.

    Parameters
    ----------
    texts : sequence of str
    rows : sequence of int
        Row of the file of each.
    source : str
        How errors call the file.
    order : {"", "ymd", "mdy", "dmy"}
        The user's word; empty = find out.
    groups : sequence of str, optional
        Dates run in one direction within a group, as within one contract.
    weekdays_only : bool, default False
        Whether a Saturday or Sunday speaks against a reading.

    Raises
    ------
    DataError
        If a cell is no date, or not of the form of the cells before it.
    StudyError
        If two readings are left.

    Examples
    --------
    >>> read_dates(["30.01.2026", "02.02.2026"], [2, 3], "x.csv").said
    'dates are day first: 30.01.2026 in row 2 cannot be month first'
    """
    days, form = _days(texts, rows, source)
    distinct = list(dict.fromkeys(days))
    if form != "parts":
        read = {text: _fixed(text, form) for text in distinct}
        _require(read, days, texts, rows, source)
        said = {
            "serial": "dates are a spreadsheet's serial numbers",
            "named": "dates name the month",
        }
        return Dates(
            tuple(day for text in days if (day := read[text])),
            "ymd",
            said.get(form, "dates are year first"),
        )
    readings = {key: {text: _parts(text, key) for text in distinct} for key in ORDERS}
    if order:
        chosen = _as_order(order)
        _require(readings[chosen], days, texts, rows, source, f" {ORDER_WORDS[chosen]}")
        said_order = f"dates are {ORDER_WORDS[chosen]}, as was said"
    else:
        chosen, said_order = settle_order(
            readings, days, texts, rows, source, groups, weekdays_only
        )
    values = tuple(day for text in days if (day := readings[chosen][text]))
    return Dates(values, chosen, said_order)


def _days(texts: Sequence[str], rows: Sequence[int], source: str) -> tuple[list[str], Form]:
    """Take midnights off, and refuse cells that are no dates or not all of one form."""
    first: Form | None = None
    days, seen = [], dict[str, tuple[str, Form]]()
    for text, row in zip(texts, rows, strict=True):
        if text not in seen:
            seen[text] = _day(text, row, source)
        day, form = seen[text]
        if first is not None and form != first:
            raise DataError.at_row(
                source,
                row,
                f"the dates are of two forms, got {text!r} after {texts[0]!r}: a spreadsheet may "
                "have turned some of them round; take the file as the vendor sent it",
            )
        first = form
        days.append(day)
    return days, first or "iso"


def _day(text: str, row: int, source: str) -> tuple[str, Form]:
    day = _MIDNIGHT.sub("", text.strip())
    for form, pattern in _FORMS:
        if pattern.fullmatch(day):
            return day, form
    if looks_like_a_date(text):
        raise DataError.at_row(
            source, row, f"the table is daily, got a time of day other than midnight: {text!r}"
        )
    raise DataError.at_row(source, row, f"must be a date, got {text[:80]!r}")


def _fixed(text: str, form: Form) -> dt.date | None:
    for _, pattern in (item for item in _FORMS if item[0] == form):
        found = pattern.fullmatch(text)
        if found and form == "serial":
            return _SERIAL_ZERO + dt.timedelta(days=int(found["serial"]))
        if found:
            month = MONTH_NAMES[found["name"].upper()] if form == "named" else int(found["m"])
            return _date(found["y"], month, int(found["d"]))
    return None


def _parts(text: str, order: Order) -> dt.date | None:
    found = _FORMS[-1][1].fullmatch(text)
    if found is None:
        return None
    parts = dict(zip(order, (found["a"], found["b"], found["c"]), strict=True))
    # Where the year comes first with two digits, month and day have two as well.
    if order == "ymd" and [len(part) for part in parts.values()] != [2, 2, 2]:
        return None
    return _date(parts["y"], int(parts["m"]), int(parts["d"]))


def _date(year: str, month: int, day: int) -> dt.date | None:
    full = int(year)
    if len(year) == 2:
        full += 1900 if full >= _CENTURY_TURNS else 2000
    try:
        return dt.date(full, month, day) if full in _YEARS else None
    except ValueError:
        return None


def _as_order(order: str) -> Order:
    for known in ORDERS:
        if order == known:
            return known
    raise StudyError(f"the order of dates must be ymd, mdy or dmy, got {order!r}")


def _require(
    read: Mapping[str, dt.date | None],
    days: Sequence[str],
    texts: Sequence[str],
    rows: Sequence[int],
    source: str,
    order: str = "",
) -> None:
    for day, text, row in zip(days, texts, rows, strict=True):
        if read[day] is None:
            raise DataError.at_row(source, row, f"is no day of the calendar{order}, got {text!r}")

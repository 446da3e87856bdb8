"""Settle the order of day, month and year by what speaks against the others, or ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal

from ratemodel.errors import DataError, StudyError

Order = Literal["ymd", "mdy", "dmy"]

ORDERS: tuple[Order, ...] = ("ymd", "mdy", "dmy")
ORDER_WORDS: Mapping[Order, str] = {"ymd": "year first", "mdy": "month first", "dmy": "day first"}


def settle_order(
    readings: Mapping[Order, Mapping[str, dt.date | None]],
    days: Sequence[str],
    texts: Sequence[str],
    rows: Sequence[int],
    source: str,
    groups: Sequence[str],
    weekdays_only: bool,
) -> tuple[Order, str]:
    """Choose the one reading that nothing speaks against, or ask.

    Parameters
    ----------
    readings : mapping of Order to mapping of str to date
        What each text would be under each order; None where it cannot be.
    days, texts : sequence of str
        The cells, without and with their midnights.
    rows : sequence of int
    source : str
    groups : sequence of str
        Within each, dates run in one direction; empty = one group.
    weekdays_only : bool

    Returns
    -------
    order : Order
    said : str
        What settled it.

    Raises
    ------
    DataError
        If no order fits every cell.
    StudyError
        If two readings are left.
    """
    against: dict[str, str] = {}
    distinct = list(dict.fromkeys(days))
    for order in ORDERS:
        at = next((i for i, day in enumerate(days) if readings[order][day] is None), None)
        if at is not None:
            against[order] = f"{texts[at]} in row {rows[at]} cannot be {ORDER_WORDS[order]}"
    possible = [order for order in ORDERS if order not in against]
    if not possible:
        never = [i for i, day in enumerate(days) if not any(readings[o][day] for o in ORDERS)]
        at = never[0] if never else 0
        raise DataError.at_row(source, rows[at], f"dates fit no one order, got {texts[at]!r}")
    if len(possible) > 1:
        for order in possible:
            dates = [day for text in days if (day := readings[order][text])]
            doubt = _doubt(dates, texts, rows, groups, weekdays_only)
            if doubt:
                against[order] = f"{ORDER_WORDS[order]} {doubt}"
    left = [order for order in possible if order not in against]
    left = left or possible
    if len({tuple(readings[order][day] for day in distinct) for order in left}) > 1:
        which = " or ".join(ORDER_WORDS[order] for order in reversed(left))
        say = " or ".join(f"--dates {order}" for order in reversed(left))
        at = next(i for i, day in enumerate(days) if len({readings[o][day] for o in left}) > 1)
        raise StudyError(f"{source}: the dates could be {which} ({texts[at]}); say {say}")
    chosen = left[-1]
    reasons = [against[other] for other in ("mdy", "dmy", "ymd") if other in against]
    return chosen, ": ".join([f"dates are {ORDER_WORDS[chosen]}", *reasons[:1]])


def _doubt(
    dates: Sequence[dt.date],
    texts: Sequence[str],
    rows: Sequence[int],
    groups: Sequence[str],
    weekdays_only: bool,
) -> str:
    """Say what speaks against a possible reading; empty where nothing does."""
    if weekdays_only:
        for date, text, row in zip(dates, texts, rows, strict=True):
            if date.weekday() >= 5:
                return f"would make {text} in row {row} a {date:%A}"
    last: dict[str, tuple[dt.date, int]] = {}
    for i, date in enumerate(dates):
        group = groups[i] if groups else ""
        before, way = last.get(group, (date, 0))
        step = (date > before) - (date < before)
        if step * way < 0:
            return f"would make the dates run back and forth at {texts[i]} in row {rows[i]}"
        last[group] = (date, way or step)
    return ""

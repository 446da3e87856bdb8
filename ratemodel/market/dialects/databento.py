"""Read Databento's records: statistics, one message a number, and daily bars."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from ratemodel.errors import DataError
from ratemodel.market.dialects.layouts import Role
from ratemodel.market.dialects.numbers import EXACT, is_blank, write_number
from ratemodel.market.dialects.sheets import Sheet, count

SETTLEMENT, CLEARED_VOLUME, OPEN_INTEREST = "3", "6", "9"
DELETED = ("2", "D", "DELETE", "DELETED")

_CHICAGO = ZoneInfo("America/Chicago")
_UNDEFINED = {"9223372036854775807", "9223372036.854775807", "18446744073709551615"}
_UNDEFINED_QUANTITY = _UNDEFINED | {"2147483647"}
_NANOSECONDS = re.compile(r"[1-8]\d{15,18}", re.ASCII)
_TIME = re.compile(
    r"([12]\d{3}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.]\d{1,9})?)?)?)(?:Z|[+]00:?00)?", re.ASCII
)
_WHOLE = re.compile(r"-?\d+")
_FIXED_FROM = 1_000_000
"""No future of this market is quoted so high: whole numbers from here on are billionths."""


def read_databento(sheet: Sheet, name: str, table: str) -> Sheet:
    """Turn Databento's messages into one record a trade date and contract.

    The last message on a trade date counts: a correction replaces what it corrects. Prices may
    be decimals or whole billionths.

    Parameters
    ----------
    sheet : Sheet
        As read from the file, a message a record.
    name : str
        How errors call the file.
    table : str
        In ``futures`` the bars of Sundays, an hour of Monday's session, are left out.

    Raises
    ------
    DataError
        If a time is unreadable.
    """
    if "statistic" in sheet.others:
        return _statistics(sheet, name)
    return _bars(sheet, name, table)


def _statistics(sheet: Sheet, name: str) -> Sheet:
    prices, said = _prices(sheet.values)
    kinds = sheet.others["statistic"]
    blank = [""] * len(kinds)
    action = sheet.others.get("action", blank)
    quantity = sheet.others.get("quantity", blank)
    reference = sheet.others.get("reference", blank)
    recorded = sheet.others.get("recorded", sheet.dates)
    latest: dict[tuple[str, str], dict[str, tuple[int, int, str]]] = {}
    others = undated = replaced = 0
    for i, kind in enumerate(kinds):
        if kind not in (SETTLEMENT, CLEARED_VOLUME, OPEN_INTEREST):
            others += 1
            continue
        row = sheet.rows[i]
        if is_blank(reference[i]) or reference[i] in _UNDEFINED:
            undated += 1
            day = _chicago_day(_instant(sheet.dates[i], row, name))
        else:
            day = str(np.datetime64(_instant(reference[i], row, name), "ns").astype("M8[D]"))
        value = prices[i] if kind == SETTLEMENT else quantity[i]
        if value in _UNDEFINED_QUANTITY or action[i].upper() in DELETED:
            value = ""
        known = latest.setdefault((day, sheet.symbols[i]), {})
        message = (_instant(recorded[i], row, name), i, value)
        if kind in known and kind == SETTLEMENT:
            replaced += 1
        known[kind] = max(message, known.get(kind, message), key=lambda item: item[:2])
    notes = [*sheet.notes, *said]
    if replaced:
        notes.append(f"{count(replaced, 'settlement')} replaced by a later message")
    if others:
        notes.append(f"{count(others, 'message')} with other statistics left out")
    if undated:
        notes.append(f"{count(undated, 'message')} without ts_ref dated by ts_event in Chicago")
    return _gather(sheet, latest, notes)


def _gather(
    sheet: Sheet,
    latest: dict[tuple[str, str], dict[str, tuple[int, int, str]]],
    notes: list[str],
) -> Sheet:
    first = {key: known.get(SETTLEMENT) or min(known.values()) for key, known in latest.items()}
    nothing = (0, 0, "")
    others: dict[Role, list[str]] = {
        "volume": [known.get(CLEARED_VOLUME, nothing)[2] for known in latest.values()],
        "open_interest": [known.get(OPEN_INTEREST, nothing)[2] for known in latest.values()],
    }
    return Sheet(
        rows=[sheet.rows[message[1]] for message in first.values()],
        dates=[day for day, _ in latest],
        symbols=[symbol for _, symbol in latest],
        values=[known.get(SETTLEMENT, nothing)[2] for known in latest.values()],
        others=others,
        column=sheet.column,
        meaning="settle",
        has_symbols=sheet.has_symbols,
        notes=notes,
    )


def _bars(sheet: Sheet, name: str, table: str) -> Sheet:
    sheet.values, said = _prices(sheet.values)
    for role in ("open", "high", "low"):
        if role in sheet.others:
            sheet.others[role] = _prices(sheet.others[role])[0]
    times = [
        np.datetime64(_instant(text, row, name), "ns")
        for text, row in zip(sheet.dates, sheet.rows, strict=True)
    ]
    days = [time.astype("M8[D]") for time in times]
    for time, day, row in zip(times, days, sheet.rows, strict=True):
        if time != day:
            raise DataError.at_row(
                name, row, f"the table is daily, got a bar that begins at {time.astype('M8[s]')}"
            )
    sheet.dates = [str(day) for day in days]
    sheet.notes += [*said, "the days of these bars are UTC days, not trade dates"]
    weekdays = [i for i, day in enumerate(days) if day.astype(dt.date).weekday() != 6]
    if table == "futures" and len(weekdays) < len(days):
        sundays = count(len(days) - len(weekdays), "bar")
        sheet.keep(weekdays)
        sheet.notes.append(f"{sundays} of Sundays, an hour of Monday's session, left out")
    return sheet


def _prices(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """Bring whole billionths to decimals, if that is what all prices are."""
    cells = ["" if text in _UNDEFINED or is_blank(text) else text for text in texts]
    filled = [text for text in cells if text]
    fixed = bool(filled) and all(
        _WHOLE.fullmatch(text) and (abs(int(text)) >= _FIXED_FROM or int(text) == 0)
        for text in filled
    )
    if not fixed:
        return cells, []
    decimals = {text: write_number(Decimal(text).scaleb(-9, EXACT)) for text in set(filled)}
    return [decimals.get(text, "") for text in cells], ["prices are whole billionths"]


def _instant(text: str, row: int, name: str) -> int:
    """Read a time as nanoseconds since 1970."""
    if _NANOSECONDS.fullmatch(text):
        return int(text)
    found = _TIME.fullmatch(text)
    try:
        if found:
            return int(np.datetime64(found[1], "ns").astype(np.int64))
    except ValueError:
        # The 30th of February has the form of a time.
        pass
    raise DataError.at_row(name, row, f"must be a time, got {text[:80]!r}")


def _chicago_day(nanoseconds: int) -> str:
    """Date in Chicago: preliminary and final settlements are sent before midnight there."""
    instant = dt.datetime.fromtimestamp(nanoseconds // 1_000_000_000, dt.UTC)
    return instant.astimezone(_CHICAGO).date().isoformat()

"""Turn records into rows of the futures table: settlements as prices, by delivery month."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from ratemodel.errors import DataError
from ratemodel.market.dialects.contracts import (
    build_symbols,
    contracts_of,
    select_futures,
    told_contract,
)
from ratemodel.market.dialects.dates import read_dates
from ratemodel.market.dialects.headers import Header
from ratemodel.market.dialects.layouts import Role
from ratemodel.market.dialects.numbers import (
    EXACT,
    find_mark,
    is_blank,
    read_cells,
    write_cells,
    write_number,
)
from ratemodel.market.dialects.options import ImportOptions
from ratemodel.market.dialects.rows import meaning_of, order_of
from ratemodel.market.dialects.sheets import Sheet, count
from ratemodel.market.dialects.symbols import classify

PRICES = (Decimal(75), Decimal(105))
"""100 minus the rate: what a fed funds price has been, with room to spare."""

RATES = (Decimal(-2), Decimal(25))
"""Percent a year: what a funds rate has been, with room to spare."""

_SETTLED = re.compile(r".*\d[sS]")

_QUOTES = {"price": PRICES, "rate": RATES}
_WORDS = {"price": "a price (75 to 105)", "rate": "a rate (-2 to 25 percent)"}


def read_futures(
    sheet: Sheet, header: Header, name: str, options: ImportOptions
) -> tuple[dict[str, Sequence[str]], list[str], dict[str, str]]:
    """Read records as futures.

    Returns
    -------
    columns : dict of str to sequence of str
        Cells of the table by column, a record each, as in the file.
    found : list of str
    decided : dict of str to str

    Raises
    ------
    DataError
        If a cell or a row cannot be what it should be.
    StudyError
        If something could be read in two ways.
    """
    build_symbols(sheet)
    bare = any(classify(symbol).kind == "product" for symbol in sheet.symbols)
    told = told_contract(header, name, options) if bare or not sheet.has_symbols else ""
    select_futures(sheet, header.layout, name)
    settled = _take_off_marks(sheet)
    found = [meaning_of(sheet), *settled, *_leave_out_blanks(sheet, name)]
    mark = options.decimal or find_mark(sheet.values, name, low=int(RATES[0]), high=int(PRICES[1]))
    read = read_cells(sheet.values, sheet.rows, name, "settle", mark)
    values = [value for value in read if value is not None]
    quote = _quote(values, sheet.rows, name, options.quote)
    dates = read_dates(
        sheet.dates,
        sheet.rows,
        name,
        order=options.dates,
        groups=sheet.symbols,
        weekdays_only=True,
    )
    contracts = contracts_of(sheet, dates.values, told, name, options)
    found += [
        "values are prices" if quote == "price" else "values are rates: settle = 100 - rate",
        dates.said,
        *(["decimals follow a comma"] if mark == "," else []),
        *order_of(dates.values),
    ]
    times = Counter(dates.values)
    weekends = sum(number for date, number in times.items() if date.weekday() >= 5)
    if weekends:
        found.append(f"{count(weekends, 'row')} dated on a weekend, kept")
    if not sheet.has_symbols:
        found.append(f"the one contract is {told or 'by the roll calendar'}")
    settles = values if quote == "price" else [EXACT.subtract(Decimal(100), v) for v in values]
    days = {date: date.isoformat() for date in times}
    columns: dict[str, Sequence[str]] = {
        "trade_date": [days[date] for date in dates.values],
        "contract": contracts,
        "settle": write_cells(settles),
        **_beside(sheet, dates.values, contracts, name, mark, found),
    }
    decided = {"quote": quote, "dates": dates.order, "decimal": mark}
    if not sheet.has_symbols and len(set(contracts)) == 1 and options.roll is None:
        decided["contract"] = contracts[0]
    return columns, found, decided


def _take_off_marks(sheet: Sheet) -> list[str]:
    """Take off the ``s`` by which a list of last prices marks those that are settlements.

    Where all bear it the column is one of settlements, whatever it is called.
    """
    times = Counter(sheet.values)
    marked = {text: text[:-1] for text in times if _SETTLED.fullmatch(text)}
    if not marked:
        return []
    sheet.values = [marked.get(text, text) for text in sheet.values]
    if all(text in marked or is_blank(text) for text in times):
        sheet.meaning = "settle"
    number = sum(times[text] for text in marked)
    return [f"{count(number, 'value')} marked s, as settled"]


def _leave_out_blanks(sheet: Sheet, name: str) -> list[str]:
    none = {text: is_blank(text) or _no_price(text) for text in dict.fromkeys(sheet.values)}
    blank = [none[text] for text in sheet.values]
    if not any(blank):
        if not blank:
            raise DataError(f"{name}: there is no row below the column names")
        return []
    lasts = sum(
        b and not is_blank(last)
        for b, last in zip(blank, sheet.last or [""] * len(blank), strict=True)
    )
    what = "a settlement" if sheet.meaning == "settle" else "a value"
    if all(blank):
        instead = "; another column can be taken with --field" if lasts else ""
        raise DataError(f"{name}: no row has {what} in column {sheet.column}{instead}")
    sheet.keep([i for i, empty in enumerate(blank) if not empty])
    said = f"{count(sum(blank), 'row')} without {what} left out"
    return [f"{said}, {lasts:,} of them with a last price, which is none" if lasts else said]


def _no_price(text: str) -> bool:
    """Tell the exchange's mark for a price that was not made."""
    return text.split(".")[0] in ("9999999", "999999999")


def _quote(values: Sequence[Decimal], rows: Sequence[int], name: str, said: str) -> str:
    """Tell prices from rates; the two scales have no number in common."""
    quotes = {
        value: next((quote for quote, (low, high) in _QUOTES.items() if low <= value <= high), "")
        for value in dict.fromkeys(values)
    }
    votes = Counter(map(quotes.__getitem__, values))
    prices, rates = votes["price"], votes["rate"]
    usual = said or (
        "price" if prices > rates or (prices == rates and quotes[values[0]] != "rate") else "rate"
    )
    for value, row in zip(values, rows, strict=True):
        quote = quotes[value]
        if quote != usual:
            words = " or ".join(_WORDS.values())
            problem = (
                f"must be {_WORDS[usual]}, as {'was said' if said else 'most other rows are'}"
                if quote or said
                else f"must be {words}"
            )
            raise DataError.at_row(name, row, f"settle {problem}, got {write_number(value)}")
    return usual


def _beside(
    sheet: Sheet,
    dates: Sequence[dt.date],
    contracts: Sequence[str],
    name: str,
    mark: str,
    found: list[str],
) -> dict[str, list[str]]:
    """Read volume and open interest, each on the trade date it belongs to."""
    read: dict[str, list[str]] = {}
    roles: tuple[tuple[Role, Role], ...] = (
        ("volume", "previous_volume"),
        ("open_interest", "previous_open_interest"),
    )
    for role, previous in roles:
        own = role if role in sheet.others else previous
        cells = sheet.others.get(own, [""] * len(sheet.rows))
        numbers = read_cells(cells, sheet.rows, name, role, mark)
        broken = {n for n in dict.fromkeys(numbers) if n is not None and n != int(n)}
        for number, row in zip(numbers, sheet.rows, strict=True):
            if number in broken:
                raise DataError.at_row(
                    name, row, f"{role} must be a whole number of contracts, got {number}"
                )
        texts = write_cells(numbers)
        if own == previous and previous in sheet.others:
            texts, lost = _move_back(texts, dates, contracts)
            words = role.replace("_", " ")
            found.append(
                f"{words} of the day before put on that day, where the file has it; "
                f"{count(lost, 'value')} left out"
            )
        read[role] = texts
    return read


def _move_back(
    texts: Sequence[str], dates: Sequence[dt.date], contracts: Sequence[str]
) -> tuple[list[str], int]:
    """Put each value on the weekday before its own; over a holiday it has no certain place."""
    places = {key: i for i, key in enumerate(zip(dates, contracts, strict=True))}
    moved, lost = [""] * len(texts), 0
    for text, date, contract in zip(texts, dates, contracts, strict=True):
        if text:
            before = np.busday_offset(date, -1, roll="forward").astype(dt.date)
            at = places.get((before, contract))
            if at is None:
                lost += 1
            else:
                moved[at] = text
    return moved, lost

"""Say which contract each record is of, and leave out what is none."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects.headers import Header, file_name_symbols, told_symbols
from ratemodel.market.dialects.layouts import Layout
from ratemodel.market.dialects.options import ImportOptions
from ratemodel.market.dialects.sheets import Sheet, count
from ratemodel.market.dialects.symbols import classify, parse_contract, tidy

_CODE = re.compile(r"[A-Z0-9]{1,4}")
_LEFT_OUT = {
    "spread": "of spreads",
    "cash": "of the cash rate",
    "other": "of other products",
    "not futures": "of options and other instruments that are no futures",
}


def told_contract(header: Header, name: str, options: ImportOptions) -> str:
    """Find the contract of a file of one: in the preamble, in its name, or as the user said.

    Returns
    -------
    str
        The vendor's symbol or ``YYYY-MM``; empty where nothing is said.

    Raises
    ------
    StudyError
        If several contracts are spoken of and none was said.
    """
    preamble = [cell for row in header.above for cell in row if cell]
    told: dict[tuple[int, int] | str, str] = {}
    for text in (*told_symbols(preamble), *file_name_symbols(name)):
        symbol = classify(text)
        key = (symbol.month, symbol.year % 10) if symbol.kind == "contract" else tidy(text)
        if key not in told or classify(told[key]).digits < symbol.digits:
            told[key] = text
    if len(told) > 1 and not options.contract:
        raise StudyError(
            f"{name}: the rows name no contract and the file speaks of "
            f"{' and '.join(told.values())}; say --contract YYYY-MM"
        )
    return next(iter(told.values())) if len(told) == 1 else options.contract


def select_futures(sheet: Sheet, layout: Layout, name: str) -> None:
    """Leave out, and count, the records that are no 30-day fed funds future.

    Raises
    ------
    DataError
        If nothing is left.
    """
    reasons = _reasons(sheet, layout)
    left_out = Counter(reason for reason in reasons if reason)
    if not left_out:
        return
    if sum(left_out.values()) == len(reasons):
        reason = max(left_out, key=lambda key: left_out[key])
        raise DataError(
            f"{name}: no row is of a 30-day fed funds contract (ZQ, FF): "
            f"{count(left_out[reason], 'row')} {_LEFT_OUT[reason]}"
        )
    sheet.keep([i for i, reason in enumerate(reasons) if not reason])
    for reason, number in left_out.items():
        sheet.notes.append(f"{count(number, 'row')} {_LEFT_OUT[reason]} left out")


def _reasons(sheet: Sheet, layout: Layout) -> list[str]:
    """Say of each record why it is left out; empty where it is kept."""
    blank = [""] * len(sheet.symbols)
    kinds, products = (sheet.others.get(role, blank) for role in ("kind", "product"))
    known: dict[tuple[str, str, str], str] = {}
    reasons = []
    for record in zip(sheet.symbols, kinds, products, strict=True):
        if record not in known:
            known[record] = _reason(*record, layout)
        reasons.append(known[record])
    return reasons


def _reason(symbol: str, kind: str, product: str, layout: Layout) -> str:
    if kind and not kind.upper().startswith("FUT"):
        return "not futures"
    if product and not _ours(product, layout):
        return "other"
    said = classify(symbol).kind if symbol else ""
    return said if said in _LEFT_OUT else ""


def _ours(product: str, layout: Layout) -> bool:
    """Tell fed funds from other products; a number or a name in words says nothing against it."""
    code = tidy(product)
    if code in layout.products or classify(product).rooted:
        return True
    return not _CODE.fullmatch(code) and classify(product).kind != "other"


def build_symbols(sheet: Sheet) -> None:
    """Put year and month into one symbol, where a vendor has a column for each."""
    if "year" in sheet.others and "month" in sheet.others:
        years, months = sheet.others["year"], sheet.others["month"]
        sheet.symbols = [
            f"{'20' * (len(year) == 2)}{year}-{month.zfill(2)}"
            for year, month in zip(years, months, strict=True)
        ]
        sheet.has_symbols = True


def contracts_of(
    sheet: Sheet,
    dates: Sequence[dt.date],
    told: str,
    name: str,
    options: ImportOptions,
) -> list[str]:
    """Say the delivery month of each record.

    Parameters
    ----------
    sheet : Sheet
    dates : sequence of date
        Trade date of each record: a one-digit year depends on it.
    told : str
        Contract of a file of one.
    name : str
    options : ImportOptions
        Its roll calendar makes a continuous series legal.

    Raises
    ------
    DataError
        If a symbol is unreadable, or rolls and no calendar was given.
    StudyError
        If a file says nothing about its contract, or something else than the user.
    """
    rolls = _Roll(options.roll) if options.roll is not None else None
    contracts = []
    rolled: dict[str, int] = {}
    known: dict[tuple[str, dt.date | None], str] = {}
    for symbol, date, row in zip(sheet.symbols, dates, sheet.rows, strict=True):
        text = symbol
        if not text or classify(text).kind == "product":
            if sheet.has_symbols and not text:
                raise DataError.at_row(name, row, "the contract is empty")
            text = told
        spelled = classify(text) if text else None
        kind = spelled.kind if spelled else "none"
        if rolls is not None and kind in ("generic", "product", "none"):
            rolled.setdefault(tidy(text), row)
            if len(rolled) > 1:
                raise StudyError(
                    f"{name}: a roll calendar is one series', and the file has "
                    f"{' and '.join(rolled)}"
                )
            contracts.append(rolls.contract(date, row, name))
            continue
        if not text:
            raise StudyError(f"{name}: nothing says which contract this is; say --contract YYYY-MM")
        # What a one-digit year means depends on the trade date.
        spelling = (text, date if spelled and spelled.digits == 1 else None)
        if spelling not in known:
            try:
                known[spelling] = parse_contract(text, date)
            except ValueError as error:
                raise DataError.at_row(name, row, str(error)) from None
        contracts.append(known[spelling])
        if options.contract and contracts[-1] != options.contract:
            raise StudyError(
                f"{name}: --contract says {options.contract}, but row {row} is of {text}"
            )
    return contracts


class _Roll:
    """Which contract a continuous series is, by date."""

    def __init__(self, calendar: pd.DataFrame) -> None:
        missing = {"first_date", "contract"} - set(calendar.columns)
        if missing:
            raise StudyError(f"the roll calendar lacks {' and '.join(sorted(missing))}")
        steps = []
        for first, contract in zip(calendar["first_date"], calendar["contract"], strict=True):
            try:
                day = pd.Timestamp(str(first)).date()
                steps.append((day, parse_contract(str(contract), day)))
            except ValueError as error:
                raise StudyError(f"the roll calendar: {error}") from None
        steps.sort()
        self.firsts = [day for day, _ in steps]
        self.contracts = [contract for _, contract in steps]
        if len(set(self.firsts)) < len(self.firsts):
            raise StudyError("the roll calendar has two contracts on one first_date")

    def contract(self, date: dt.date, row: int, name: str) -> str:
        at = bisect_right(self.firsts, date) - 1
        if at < 0:
            start = f"begins on {self.firsts[0]}" if self.firsts else "is empty"
            raise DataError.at_row(name, row, f"the roll calendar {start}, got {date}")
        return self.contracts[at]

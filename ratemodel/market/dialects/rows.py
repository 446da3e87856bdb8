"""Put the rows of a table in order, and let no key stand twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ratemodel.errors import DataError
from ratemodel.market.dialects.sheets import Sheet, count


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a table: its key, its other cells by column, and its row of the file."""

    key: tuple[str, str]
    cells: Mapping[str, str]
    row: int


def in_order(
    entries: Sequence[Entry], names: tuple[str, str], source: str
) -> tuple[list[Entry], list[str]]:
    """Sort by key and merge rows that repeat one another.

    Raises
    ------
    DataError
        If two rows of one key say different things.

    Examples
    --------
    >>> one = Entry(("2026-01-30", "GC"), {"close": "4745.1"}, 2)
    >>> in_order([one, Entry(one.key, one.cells, 3)], ("date", "asset"), "x.csv")[1]
    ['1 repeated row merged']
    """
    first: dict[tuple[str, str], Entry] = {}
    merged = 0
    for entry in sorted(entries, key=lambda entry: entry.row):
        known = first.setdefault(entry.key, entry)
        if known is entry:
            continue
        merged += 1
        for column, cell in entry.cells.items():
            if cell != known.cells[column]:
                key = ", ".join(f"{n} {k}" for n, k in zip(names, entry.key, strict=True))
                raise DataError.at_row(
                    source,
                    entry.row,
                    f"{key} repeats row {known.row} with another {column}, "
                    f"got {cell or 'none'} after {known.cells[column] or 'none'}",
                )
    found = [f"{count(merged, 'repeated row')} merged"] if merged else []
    return [first[key] for key in sorted(first)], found


def meaning_of(sheet: Sheet) -> str:
    """Say which column the values are from, and whether they are settlements."""
    if sheet.meaning == "settle":
        return f"settlements are from column {sheet.column}"
    if sheet.meaning == "last":
        return f"there is no settlement: values are the last recorded price ({sheet.column})"
    if not sheet.column:
        return "no column name says whether the values are settlements"
    return f"values are from column {sheet.column}, whose name does not say whether they settle"


def order_of(dates: Sequence[dt.date]) -> list[str]:
    """Say that a file runs backwards, if it does."""
    falls = sum(later < earlier for earlier, later in pairwise(dates))
    rises = sum(later > earlier for earlier, later in pairwise(dates))
    return ["newest first"] if falls > rises else []

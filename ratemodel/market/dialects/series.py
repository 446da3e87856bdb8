"""Turn records into rows of the tables of prices and of rates."""

from __future__ import annotations

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects.dates import read_dates
from ratemodel.market.dialects.layouts import Role
from ratemodel.market.dialects.numbers import find_mark, is_blank, read_cells, write_number
from ratemodel.market.dialects.options import ImportOptions
from ratemodel.market.dialects.rows import Entry, in_order, order_of
from ratemodel.market.dialects.sheets import Sheet, count

_NUMBERS: tuple[Role, ...] = ("open", "high", "low", "volume")


def read_series(
    sheet: Sheet, table: str, name: str, options: ImportOptions
) -> tuple[list[Entry], list[str], dict[str, str]]:
    """Read records as prices of assets or values of series.

    Returns
    -------
    entries : list of Entry
        Sorted by date and symbol, no two of one key.
    found : list of str
    decided : dict of str to str

    Raises
    ------
    DataError
        If a cell or a row cannot be what it should be.
    StudyError
        If something could be read in two ways.
    """
    kind, value = ("asset", "close") if table == "prices" else ("series", "value")
    if not sheet.rows:
        raise DataError(f"{name}: there is no row below the column names")
    found = [f"the {value} is from column {sheet.column}"] if sheet.column else []
    blank = [is_blank(text) for text in sheet.values]
    if all(blank):
        raise DataError(f"{name}: no row has a value")
    if any(blank):
        sheet.keep([i for i, empty in enumerate(blank) if not empty])
        found.append(f"{count(sum(blank), 'row')} without a value left out")
    symbols = _symbols(sheet, kind, name, options)
    numbers: tuple[Role, ...] = tuple(
        r for r in _NUMBERS if r in sheet.others and table == "prices"
    )
    priced = [cells for role in numbers if role != "volume" for cells in sheet.others[role]]
    mark = options.decimal or find_mark([*sheet.values, *priced], name)
    values = read_cells(sheet.values, sheet.rows, name, value, mark)
    dates = read_dates(sheet.dates, sheet.rows, name, order=options.dates, groups=sheet.symbols)
    found += [
        dates.said,
        *(["decimals follow a comma"] if mark == "," else []),
        *order_of(dates.values),
    ]
    beside = {
        role: read_cells(sheet.others[role], sheet.rows, name, role, mark) for role in numbers
    }
    entries = []
    for i, (date, symbol, number, row) in enumerate(
        zip(dates.values, symbols, values, sheet.rows, strict=True)
    ):
        cells: dict[str, str] = {value: "" if number is None else write_number(number)}
        for role, column in beside.items():
            cell = column[i]
            cells[role] = "" if cell is None else write_number(cell)
        if table == "prices" and "struck_at" in sheet.others:
            cells["struck_at"] = sheet.others["struck_at"][i]
        entries.append(Entry((date.isoformat(), symbol), cells, row))
    entries, merged = in_order(entries, ("date", kind), name)
    decided = {"dates": dates.order, "decimal": mark}
    if not sheet.has_symbols:
        decided["symbol"] = options.symbol
    return entries, [*found, *merged], decided


def _symbols(sheet: Sheet, kind: str, name: str, options: ImportOptions) -> list[str]:
    if not sheet.has_symbols:
        if not options.symbol:
            raise StudyError(f"{name}: nothing says which {kind} this is; say --symbol NAME")
        return [options.symbol] * len(sheet.rows)
    for symbol, row in zip(sheet.symbols, sheet.rows, strict=True):
        if not symbol:
            raise DataError.at_row(name, row, f"{kind} is empty")
        if options.symbol and symbol != options.symbol:
            raise StudyError(
                f"{name}: --symbol says {options.symbol}, but row {row} is of {symbol}"
            )
    return sheet.symbols

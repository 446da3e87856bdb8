"""Turn records into rows of the tables of prices and of rates."""

from __future__ import annotations

from collections.abc import Sequence

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects.dates import read_dates
from ratemodel.market.dialects.layouts import Role
from ratemodel.market.dialects.numbers import find_mark, is_blank, read_cells, write_cells
from ratemodel.market.dialects.options import ImportOptions
from ratemodel.market.dialects.rows import order_of
from ratemodel.market.dialects.sheets import Sheet, count

_NUMBERS: tuple[Role, ...] = ("open", "high", "low", "volume")


def read_series(
    sheet: Sheet, table: str, name: str, options: ImportOptions
) -> tuple[dict[str, Sequence[str]], list[str], dict[str, str]]:
    """Read records as prices of assets or values of series.

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
    symbols = _symbols(sheet, table, name, options)
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
    columns: dict[str, Sequence[str]] = {
        "date": [date.isoformat() for date in dates.values],
        kind: symbols,
        value: write_cells(values),
    }
    for role in numbers:
        columns[role] = write_cells(read_cells(sheet.others[role], sheet.rows, name, role, mark))
    if table == "prices" and "struck_at" in sheet.others:
        columns["struck_at"] = sheet.others["struck_at"]
    decided = {"dates": dates.order, "decimal": mark}
    if not sheet.has_symbols:
        decided["symbol"] = options.symbol
    return columns, found, decided


def _symbols(sheet: Sheet, table: str, name: str, options: ImportOptions) -> list[str]:
    kind = "asset" if table == "prices" else "series"
    if not sheet.has_symbols:
        if not options.symbol:
            futures = (
                ", or --contract YYYY-MM if it is a fed funds future" if table == "prices" else ""
            )
            raise StudyError(
                f"{name}: nothing says which {kind} this is; say --symbol NAME{futures}"
            )
        return [options.symbol] * len(sheet.rows)
    for symbol, row in zip(sheet.symbols, sheet.rows, strict=True):
        if not symbol:
            raise DataError.at_row(name, row, f"{kind} is empty")
        if options.symbol and symbol != options.symbol:
            raise StudyError(
                f"{name}: --symbol says {options.symbol}, but row {row} is of {symbol}"
            )
    return sheet.symbols

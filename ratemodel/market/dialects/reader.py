"""Read a vendor's file: find its table, its layout and its columns, and hand back text cells."""

from __future__ import annotations

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects.cme_page import read_cme_page
from ratemodel.market.dialects.databento import read_databento
from ratemodel.market.dialects.dbn import DBN, dbn_as_csv, unpack_zstd
from ratemodel.market.dialects.futures import read_futures
from ratemodel.market.dialects.grid import DELIMITER_NAMES, Grid, cut, decode
from ratemodel.market.dialects.headers import Header, file_name_symbols, find_header, told_symbols
from ratemodel.market.dialects.layouts import normal
from ratemodel.market.dialects.options import Imported, ImportOptions
from ratemodel.market.dialects.rows import in_order
from ratemodel.market.dialects.series import read_series
from ratemodel.market.dialects.sheets import count, read_sheet
from ratemodel.market.dialects.symbols import classify
from ratemodel.market.tables import INPUT_TABLES

_SAID = ImportOptions()
_ENOUGH = 500
"""So many rows show which table a file belongs to."""


def read_vendor_file(data: bytes, name: str, options: ImportOptions = _SAID) -> Imported:
    r"""Read a file as a vendor sent it into rows of an input table.

    What can be found out from the file is, and is said in `found`; what could be read in two
    ways is asked. No value is filled in, and none is left out without being counted.

    Parameters
    ----------
    data : bytes
        Content of the file.
    name : str
        Its name: errors use it, and it may say which contract the file is of.
    options : ImportOptions, optional
        What the user says about it.

    Returns
    -------
    Imported
        Text cells; the caller validates them.

    Raises
    ------
    DataError
        If the content is broken.
    StudyError
        If it could be read in two ways; the text asks which, and names the option that answers.

    Examples
    --------
    >>> text = b"Date,Settle\n30/01/2026,96.37\n29/01/2026,96.365\n"
    >>> imported = read_vendor_file(text, "zqv26.csv")
    >>> imported.frame.iloc[:, :3]
       trade_date contract  settle
    0  2026-01-29  2026-10  96.365
    1  2026-01-30  2026-10   96.37
    >>> imported.found[2]
    'values are prices'
    """
    data = unpack_zstd(data, name)
    text = decode(dbn_as_csv(data, name) if data.startswith(DBN) else data, name)
    if text.lstrip().startswith("{"):
        return read_cme_page(data, name)
    header = find_header(text, name, options)
    grid = cut(text, header.delimiter, name)
    if len(grid.cells) == header.at + 1:
        raise DataError(f"{name}: there is no row below the column names")
    table = options.table or _table(header, grid, name, options)
    sheet = read_sheet(grid, header, name, options.field, table)
    if header.layout.dialect == "databento":
        sheet = read_databento(sheet, name, table)
    if table == "futures":
        columns, found, decided = read_futures(sheet, header, name, options)
    else:
        columns, found, decided = read_series(sheet, table, name, options)
    blank = [""] * len(sheet.rows)
    names = INPUT_TABLES[table].names
    frame, rows, merged = in_order(
        {column: columns.get(column, blank) for column in names}, sheet.rows, names[:2], name
    )
    dialect = header.layout.dialect
    first = f"layout: {dialect}, parted by {DELIMITER_NAMES[header.delimiter]}"
    return Imported(
        table=table,
        frame=frame,
        rows=rows,
        dialect=dialect,
        found=(first, *found, *merged, *sheet.notes, *_unread(header)),
        decided={
            "table": table,
            "dialect": dialect,
            **decided,
            **({"field": sheet.column} if sheet.column else {}),
        },
    )


def _table(header: Header, grid: Grid, name: str, options: ImportOptions) -> str:
    """Find out which table a file belongs to, or ask."""
    if options.contract or options.quote or options.roll is not None:
        return "futures"
    if header.layout.dialect == "cme":
        return "futures"
    named = {normal(cell) for cell in header.names}
    if header.layout.dialect == "native":
        return "futures" if "contract" in named else "prices" if "asset" in named else "rates"
    symbols = [symbol for symbol in header.symbols if symbol]
    for i, role in enumerate(header.roles):
        if role in ("contract", "symbol", "product"):
            rows = grid.cells[header.at + 1 : header.at + 1 + _ENOUGH]
            symbols += [row[i] for row in rows if i < len(row) and row[i]]
    kinds = {classify(symbol).kind for symbol in set(symbols)}
    contracts = kinds & {"contract", "generic", "spread", "cash", "product"}
    if contracts or (header.layout.dialect == "databento" and not options.symbol):
        return "futures"
    if not symbols and (_speaks_of_contracts(header, name)):
        return "futures"
    settles = {"settle", "open_interest"} & set(header.roles)
    if "observation date" in named or "series" in named:
        return "rates"
    if "asset" in named or ({"open", "high", "low"} <= set(header.roles) and not settles):
        return "prices"
    single = "" if symbols else " with --symbol NAME"
    futures = "" if symbols else "--table futures with --contract YYYY-MM, "
    raise StudyError(
        f"{name}: the file does not say which table it belongs to; say {futures}"
        f"--table prices or --table rates{single}"
    )


def _speaks_of_contracts(header: Header, name: str) -> bool:
    preamble = [cell for row in header.above for cell in row if cell]
    return bool(list(told_symbols(preamble)) or file_name_symbols(name))


def _unread(header: Header) -> list[str]:
    """List the columns that nothing was read from."""
    names = [
        cell for cell, role in zip(header.names, header.roles, strict=True) if cell and role is None
    ]
    return [f"{count(len(names), 'column')} not read: {', '.join(names)}"] if names else []

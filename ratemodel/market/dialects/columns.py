"""Choose the column that the values are taken from, or ask which."""

from __future__ import annotations

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects.headers import Header, column_named
from ratemodel.market.dialects.layouts import VALUES, names_of, normal


def value_columns(header: Header, row: int, name: str, field: str, table: str) -> list[int]:
    """Choose the column, or in a wide sheet the columns of one name, that the values are in.

    Parameters
    ----------
    header : Header
    row : int
        Row of the file the header stands in.
    name : str
        How errors call the file.
    field : str
        What the user calls the column; empty = find out.
    table : str
        In ``futures`` settlements go before other prices.

    Raises
    ------
    DataError
        If two columns have one name.
    StudyError
        If several columns could be meant, or none is called `field`.
    """
    columns = _named(header, field, name) if field else _likely(header, table)
    if not columns:
        found = ", ".join(filter(None, header.names))
        raise DataError.at_row(
            name, row, f"no column holds settlements, prices or values; found {found}"
        )
    names = list(dict.fromkeys(normal(title_of(header, i)) for i in columns))
    if len(names) > 1:
        titles = list(dict.fromkeys(title_of(header, i) for i in columns))
        say = " or ".join(f"--field {_quoted(title)}" for title in titles)
        raise StudyError(f"{name}: the values could be those of {' or '.join(titles)}; say {say}")
    if len(columns) > 1 and not header.wide:
        title = header.names[columns[0]]
        raise DataError.at_row(name, row, f"two columns have one name, got {title!r} twice")
    both = [header.symbols[i] for i in columns] if header.wide else []
    twice = next((symbol for symbol in both if symbol and both.count(symbol) > 1), "")
    if twice:
        raise DataError.at_row(name, row, f"two columns hold the values of {twice}")
    return columns


def _quoted(title: str) -> str:
    return f'"{title}"' if " " in title else title


def title_of(header: Header, column: int) -> str:
    """Name the field of a column: in a wide sheet the contract's name is none."""
    if not header.wide:
        return header.names[column]
    if header.names[column] != header.symbols[column]:
        return header.names[column].removeprefix(f"{header.symbols[column]} - ")
    above = header.above[-1] if header.above else ()
    for i in range(min(column, len(above) - 1), -1, -1):
        if above[i]:
            return above[i] if normal(above[i]) in names_of(header.layout) else ""
    return ""


def _likely(header: Header, table: str) -> list[int]:
    groups = [[i for i, role in enumerate(header.roles) if role == value] for value in VALUES]
    if table != "futures":
        return sorted(i for group in groups for i in group)
    return next((group for group in groups if group), [])


def _named(header: Header, field: str, name: str) -> list[int]:
    columns = [
        i
        for i, symbol in enumerate(header.symbols)
        if symbol and normal(title_of(header, i)) == normal(field)
    ]
    return columns or column_named(header, field, name)

"""Find where the table of a file begins, how it is delimited, and whose layout it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects.dates import looks_like_a_date
from ratemodel.market.dialects.grid import DELIMITERS, Grid, cut, head
from ratemodel.market.dialects.layouts import (
    LAYOUTS,
    VALUES,
    Layout,
    Role,
    layout_of,
    names_of,
    normal,
)
from ratemodel.market.dialects.options import ImportOptions
from ratemodel.market.dialects.symbols import classify


def _any_names() -> dict[str, Role]:
    names: dict[str, Role] = {}
    for layout in (*LAYOUTS[1:], LAYOUTS[0]):
        for name, role in names_of(layout).items():
            names.setdefault(name, role)
    return names


_ANY_NAME = _any_names()
"""Every name any layout knows: enough to see a header before knowing whose it is."""

_COLUMN_KINDS = ("contract", "generic", "spread")


@dataclass(frozen=True, slots=True)
class Header:
    """The row of column names.

    Attributes
    ----------
    delimiter : str
    at : int
        Its place among the rows of the grid that are not blank.
    layout : Layout
    names : tuple of str
        As they stand in the file.
    roles : tuple of Role or None
        What each column holds; None where it is not read.
    symbols : tuple of str
        Contract (asset, series) of each column of a wide sheet; empty for a long table.
    above : tuple of tuple of str
        The rows before: a preamble, or the other header rows of a wide sheet.
    """

    delimiter: str
    at: int
    layout: Layout
    names: tuple[str, ...]
    roles: tuple[Role | None, ...]
    symbols: tuple[str, ...]
    above: tuple[tuple[str, ...], ...]

    @property
    def wide(self) -> bool:
        """Whether each contract has columns of its own."""
        return bool(self.symbols)


def find_header(text: str, name: str, options: ImportOptions) -> Header:
    r"""Find the column names of a file, under whichever delimiter shows most of them.

    Raises
    ------
    DataError
        If no row holds the names of a date and of a value.

    Examples
    --------
    >>> header = find_header("Prices of ZQV26\n\nDate;Settle\n", "x.csv", ImportOptions())
    >>> header.delimiter, header.at, header.roles
    (';', 1, ('date', 'settle'))
    """
    best: tuple[int, Header] | None = None
    for delimiter in DELIMITERS:
        grid = head(text, delimiter)
        header = None if grid is None else _first_header(grid, delimiter, text, name, options)
        if header is not None:
            score = sum(role is not None for role in header.roles) + sum(map(bool, header.symbols))
            if best is None or score > best[0]:
                best = (score, header)
    if best is None:
        for delimiter in DELIMITERS:
            if head(text, delimiter) is None:
                cut(text, delimiter, name)
        raise DataError(
            f"{name}: none of the first rows holds column names: a date and a settlement, price "
            "or value are needed; a value of another name can be said with --field NAME"
        )
    return best[1]


def _first_header(
    grid: Grid, delimiter: str, text: str, name: str, options: ImportOptions
) -> Header | None:
    for at, cells in enumerate(grid.cells):
        shape = _shape(grid, at, options)
        if shape is not None:
            roles, symbols = shape
            layout = _layout(cells, grid.cells[:at], text, name, options)
            own = names_of(layout)
            roles = tuple(
                own.get(normal(cell)) if role is _ANY_NAME.get(normal(cell)) else role
                for cell, role in zip(cells, roles, strict=True)
            )
            if "date" not in roles or not set(roles) & set(VALUES):
                continue
            above = tuple(tuple(row) for row in grid.cells[:at])
            return Header(delimiter, at, layout, tuple(cells), roles, symbols, above)
    return None


_Shape = tuple[tuple[Role | None, ...], tuple[str, ...]]


def _shape(grid: Grid, at: int, options: ImportOptions) -> _Shape | None:
    """Tell what the columns of a row hold, and of which contract; None if it is no header."""
    cells = grid.cells[at]
    above = grid.cells[at - 1] if at else []
    known = names_of(layout_of(options.dialect)) if options.dialect else _ANY_NAME
    roles: list[Role | None] = [known.get(normal(cell)) for cell in cells]
    if options.field:
        for i, cell in enumerate(cells):
            if normal(cell) == normal(options.field) and roles[i] not in VALUES:
                roles[i] = "unnamed"
    values = [i for i, role in enumerate(roles) if role in (*VALUES, "volume", "open_interest")]
    dated = "date" in roles
    pairs = {i: pair for i, cell in enumerate(cells) if (pair := _symbol_and_field(cell, known))}
    if pairs and dated:
        both = [
            pairs.get(i, ("", role if role == "date" else None)) for i, role in enumerate(roles)
        ]
        return tuple(role for _, role in both), tuple(symbol for symbol, _ in both)
    if values and not dated and _symbols(above) and _dates_follow(grid, at):
        roles[0], dated = "date", True
    if dated and any(roles[i] in VALUES for i in values):
        spread_out = _fill(above, len(cells)) if len(set(_symbols(above))) > 1 else ()
        return tuple(roles), spread_out
    if not dated:
        return None
    named = {i: cell for i, cell in enumerate(cells) if cell and roles[i] is None}
    contracts = {i: cell for i, cell in named.items() if classify(cell).kind in _COLUMN_KINDS}
    series = options.table in ("prices", "rates") or "observation date" in map(normal, cells)
    if contracts and options.table in ("", "futures"):
        named = contracts
    elif not (named and series):
        return None
    fields = [known.get(normal(cell)) for cell in above] + [None] * len(cells)
    field: Role | None = next((role for role in fields if role in VALUES), None)
    for i in named:
        own = fields[i]
        if own in (*VALUES, "volume", "open_interest"):
            field = own
        roles[i] = field or "unnamed"
    kept = tuple(role if i in named or role == "date" else None for i, role in enumerate(roles))
    return kept, tuple(named.get(i, "") for i in range(len(cells)))


def _symbol_and_field(cell: str, known: Mapping[str, Role]) -> tuple[str, Role | None] | None:
    """Part ``FFV6 Comdty - Last Price`` into its two halves; None for anything else."""
    symbol, _, field = cell.rpartition(" - ")
    role = known.get(normal(field))
    is_column = role in (*VALUES, "volume", "open_interest")
    return (symbol, role) if is_column and classify(symbol).kind in _COLUMN_KINDS else None


def _symbols(cells: Sequence[str]) -> list[str]:
    """List the contracts among cells."""
    return [cell for cell in cells if (s := classify(cell)).kind in _COLUMN_KINDS and s.rooted]


def _fill(above: Sequence[str], width: int) -> tuple[str, ...]:
    """Give every column the contract that stands above it, or above a column to its left."""
    filled, last = [], ""
    known = set(_symbols(above))
    for i in range(width):
        cell = above[i] if i < len(above) else ""
        last = cell if cell in known else last
        filled.append(last)
    return tuple(filled)


def _dates_follow(grid: Grid, at: int) -> bool:
    after = grid.cells[at + 1 : at + 3]
    return any(row and looks_like_a_date(row[0]) for row in after)


def _layout(
    cells: Sequence[str],
    above: Sequence[Sequence[str]],
    text: str,
    name: str,
    options: ImportOptions,
) -> Layout:
    if options.dialect:
        return layout_of(options.dialect)
    names = {normal(cell) for cell in cells} | {cell.lower() for cell in cells}
    names |= {normal(cell) for cell in (above[-1] if above else ())}
    tail = text[-2000:]
    remarks = "\n".join([name, *(" ".join(row) for row in above), " ".join(cells), tail])
    for layout in LAYOUTS:
        if any(sign <= names for sign in layout.signs) or layout.marks.search(remarks):
            return layout
    return layout_of("generic")


def told_symbols(texts: Sequence[str]) -> Iterator[str]:
    """Find the fed funds contracts, and continuous series of them, that a preamble speaks of.

    Examples
    --------
    >>> list(told_symbols(["Security", "FFV6 Comdty", "Symbol: ZQX26", "First date"]))
    ['FFV6 Comdty', 'ZQX26']
    """
    for text in texts:
        whole = next(filter(_tells, (text, text.partition(":")[2])), "")
        words = [] if whole else re.findall(r"[A-Za-z0-9^=*!#@]+", text)
        yield from (said.strip() for said in (whole, *words) if _tells(said))


def _tells(text: str) -> bool:
    symbol = classify(text)
    return symbol.rooted and symbol.kind in ("contract", "generic")


def file_name_symbols(name: str) -> list[str]:
    """Find the fed funds contracts that a file's name speaks of.

    Examples
    --------
    >>> file_name_symbols("zqv26_daily_historical-data-01-30-2026.csv")
    ['zqv26']
    >>> file_name_symbols("FF_2026-10.csv"), file_name_symbols("prices.csv")
    (['FF_2026-10'], [])
    """
    base = re.split(r"[/\\]", name)[-1]
    months = re.findall(
        r"(?<![A-Za-z0-9])(?:ZQ|FF)[ _-]?20\d\d[-_]?(?:0[1-9]|1[0-2])(?!\d)", base, re.I
    )
    return months or list(told_symbols(re.split(r"[^A-Za-z0-9^=*!#@]+", base)))


def column_named(header: Header, field: str, name: str) -> list[int]:
    """Find the columns the user named.

    Raises
    ------
    StudyError
        If there is none.
    """
    at = [i for i, cell in enumerate(header.names) if normal(cell) == normal(field)]
    if not at:
        names = ", ".join(dict.fromkeys(filter(None, header.names)))
        raise StudyError(f"{name}: no column is called {field!r}; there are {names}")
    return at

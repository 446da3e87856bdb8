"""Read the cells of a file into one record for each date and contract (asset, series)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from ratemodel.errors import DataError
from ratemodel.market.dialects.columns import title_of, value_columns
from ratemodel.market.dialects.dates import looks_like_a_date
from ratemodel.market.dialects.grid import Grid
from ratemodel.market.dialects.headers import Header
from ratemodel.market.dialects.layouts import VALUES, Role, normal, rank

CARRIED: tuple[Role, ...] = (
    *("open", "high", "low", "volume", "open_interest", "struck_at"),
    *("previous_volume", "previous_open_interest", "product", "kind", "year", "month"),
    *("recorded", "reference", "statistic", "quantity", "action"),
)
"""Columns that are read beside the value."""

_NANOSECONDS = re.compile(r"\d{16,20}")
_REMARK = re.compile(r"downloaded from", re.I)


@dataclass(slots=True)
class Sheet:
    """Records of a file, still as text; every list has one entry a record.

    Attributes
    ----------
    rows : list of int
        Row of the file.
    dates, symbols, values : list of str
        A symbol is empty where the file has no such column.
    others : dict of Role to list of str
        Columns beside the value, where the file has them.
    column : str
        Name in the file of the column the values are from.
    meaning : Role
        ``settle``, ``last``, or ``unnamed`` where the name does not say.
    last : list of str
        The last price beside the settlement, to say what was not taken.
    has_symbols : bool
        Whether the file has a column (or header row) of symbols.
    notes : list of str
        What was left out so far.
    """

    rows: list[int]
    dates: list[str]
    symbols: list[str]
    values: list[str]
    others: dict[Role, list[str]]
    column: str
    meaning: Role
    has_symbols: bool
    last: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def keep(self, places: Sequence[int]) -> None:
        """Keep the records at these places."""
        for name in ("rows", "dates", "symbols", "values", "last"):
            entries = getattr(self, name)
            setattr(self, name, [entries[i] for i in places] if entries else [])
        self.others = {role: [cells[i] for i in places] for role, cells in self.others.items()}


def count(number: int, what: str) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> count(1, "row"), count(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def read_sheet(grid: Grid, header: Header, name: str, field: str, table: str) -> Sheet:
    """Read what stands below the header.

    Parameters
    ----------
    grid : Grid
        The whole file.
    header : Header
    name : str
        How errors call the file.
    field : str
        Column to take the value from, by its name; empty = find out.
    table : str
        ``futures`` prefers settlements; other tables have no such order.

    Raises
    ------
    DataError
        If a row has more cells than the header.
    StudyError
        If the value could come from several columns, or from none.
    """
    taken = value_columns(header, grid.rows[header.at], name, field, table)
    body, rows, notes = _body(grid, header, taken, name)
    wide = header.wide
    reader = _wide if wide else _long
    sheet = reader(body, rows, header, taken)
    if wide:
        sheet.notes.append("each contract (asset, series) has columns of its own")
    sheet.notes[:0] = notes
    return sheet


def _body(
    grid: Grid, header: Header, taken: Sequence[int], name: str
) -> tuple[list[tuple[str, ...]], list[int], list[str]]:
    """Cut off what is no data: the header and what stands above, repeats of it, footers."""
    names, width = header.names, len(header.names)
    body, rows, notes = [], [], []
    repeated = remarks = 0
    for cells, row in zip(grid.cells[header.at + 1 :], grid.rows[header.at + 1 :], strict=True):
        alone = not (cells[-1] or any(cells[1:])) or len(cells) == 1
        if cells == names or (alone and len(cells) > 1 and normal(cells[0]) in ("date", "dates")):
            repeated += 1
        elif alone and _REMARK.match(cells[0]):
            remarks += 1
        else:
            if any(cells[width:]):
                raise DataError.at_row(
                    name,
                    row,
                    f"the header has {width} cells, got {len(cells)}: {cells[0][:40]!r}, …",
                )
            if len(cells) != width:
                cells = (*cells[:width], *[""] * (width - len(cells)))
            body.append(cells)
            rows.append(row)
    date = next(i for i, role in enumerate(header.roles) if role == "date")
    while (
        body
        and not (looks_like_a_date(body[-1][date]) or _NANOSECONDS.fullmatch(body[-1][date]))
        and not any(re.search(r"\d", body[-1][i]) for i in taken)
    ):
        body.pop()
        rows.pop()
        remarks += 1
    if header.at and not header.wide:
        notes.append(f"{count(header.at, 'line')} above the column names skipped")
    if repeated:
        notes.append(f"{count(repeated, 'repeated header')} skipped")
    if remarks:
        notes.append(f"{count(remarks, 'footer line')} skipped")
    return body, rows, notes


def _best(header: Header, role: Role) -> int | None:
    """Find the column of a role; of several, the one whose name says it best."""
    columns = [i for i, own in enumerate(header.roles) if own == role]
    ranks = {i: rank(header.layout, role, normal(header.names[i])) for i in columns}
    return min(columns, key=lambda i: (ranks[i], i)) if columns else None


def _long(
    body: list[tuple[str, ...]], rows: list[int], header: Header, taken: Sequence[int]
) -> Sheet:
    places = {role: at for role in CARRIED if (at := _best(header, role)) is not None}
    date, symbol = _best(header, "date"), _best(header, "contract")
    beside = _best(header, "symbol")
    if symbol is None:
        symbol = beside
    elif beside is not None and "product" not in places:
        places["product"] = beside
    last = _best(header, "last")

    def column(at: int) -> list[str]:
        return list(map(itemgetter(at), body))

    return Sheet(
        rows=rows,
        dates=column(date or 0),
        symbols=[""] * len(body) if symbol is None else column(symbol),
        values=column(taken[0]),
        others={role: column(at) for role, at in places.items()},
        column=header.names[taken[0]],
        meaning=header.roles[taken[0]] or "unnamed",
        has_symbols=symbol is not None,
        last=[] if last is None or last in taken else column(last),
    )


def _wide(
    body: list[tuple[str, ...]], rows: list[int], header: Header, taken: Sequence[int]
) -> Sheet:
    """Read contract by contract; a block's dates are in the nearest date column to its left."""
    dates = [i for i, role in enumerate(header.roles) if role == "date"]
    blocks: dict[str, dict[Role, int]] = {}
    for i, (role, symbol) in enumerate(zip(header.roles, header.symbols, strict=True)):
        if (
            symbol
            and role
            and role != "date"
            and (role not in VALUES or i in taken or role == "last")
        ):
            blocks.setdefault(symbol, {})["settle" if i in taken else role] = i
    others: dict[Role, list[str]] = {
        role: [] for role in CARRIED if any(role in block for block in blocks.values())
    }
    title = title_of(header, taken[0])
    sheet = Sheet([], [], [], [], others, title, "unnamed", True)
    sheet.meaning = header.roles[taken[0]] or "unnamed" if title else "unnamed"
    empty = 0
    without: list[str] = []
    for symbol, block in blocks.items():
        if "settle" not in block:
            without.append(symbol)
            continue
        date = max((i for i in dates if i < block["settle"]), default=dates[0])
        for cells, row in zip(body, rows, strict=True):
            if not any(cells[i] for i in block.values()):
                empty += 1
                continue
            sheet.rows.append(row)
            sheet.dates.append(cells[date])
            sheet.symbols.append(symbol)
            sheet.values.append(cells[block["settle"]])
            sheet.last.append(cells[block["last"]] if "last" in block else "")
            for role, entries in others.items():
                entries.append(cells[block[role]] if role in block else "")
    if without:
        said = f"{count(len(without), 'contract')} without column {sheet.column} left out"
        sheet.notes.append(f"{said}: {', '.join(without)}")
    if empty:
        sheet.notes.append(f"{count(empty, 'empty cell')} of the sheet skipped")
    return sheet

"""Turn the bytes of a file into a grid of cells that know their rows."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from ratemodel.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

HEAD_ROWS = 60
"""A header stands among the first rows, or nowhere."""

_BINARY = {
    b"PK\x03\x04": "an Excel workbook or a zip archive; save the sheet as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"PAR1": "a parquet file; a table in this project's own format needs no import",
    b"%PDF": "a PDF; nothing can be read from it",
}
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells, stripped of blanks; blank rows are left out but keep their number.

    Attributes
    ----------
    cells : list of tuple of str
    rows : list of int
        Row of the file of each; the first line is row 1.
    """

    cells: list[tuple[str, ...]]
    rows: list[int]


def decode(data: bytes, source: str) -> str:
    """Turn bytes into text: UTF-8 or, with its mark in front, UTF-16; gzip is unpacked.

    Raises
    ------
    DataError
        If it is no text.

    Examples
    --------
    >>> decode("Date,Settle".encode("utf-16"), "x.csv")
    'Date,Settle'
    """
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{source}: not a readable gzip file ({error})") from None
    for magic, what in _BINARY.items():
        if data.startswith(magic):
            raise DataError(f"{source}: this is {what}")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise DataError.at_row(
            source, row, f"the file is not {encoding[:6].upper()} text; save it as UTF-8"
        ) from None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise DataError.at_row(source, row, "the file is not text, got a zero byte")
    if not text.strip():
        raise DataError(f"{source}: the file is empty")
    return text


def head(text: str, delimiter: str) -> Grid | None:
    """Cut the first rows at a delimiter; None where that cannot be."""
    try:
        return _grid(islice(_records(text, delimiter), HEAD_ROWS))
    except csv.Error:
        return None


def cut(text: str, delimiter: str, source: str) -> Grid:
    r"""Cut a whole file at its delimiter.

    Raises
    ------
    DataError
        If a quotation mark is never closed or ends in the middle of a cell.

    Examples
    --------
    >>> cut('Date;Settle\n\n30.01.2026;"96,36"\n', ";", "x.csv")
    Grid(cells=[('Date', 'Settle'), ('30.01.2026', '96,36')], rows=[1, 3])
    """
    try:
        return _grid(_records(text, delimiter))
    except csv.Error as error:
        raise DataError.at_row(
            source, _row_of_error(text, delimiter), f"unreadable row ({error})"
        ) from None


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    lines = io.StringIO(text, newline="")
    return enumerate(csv.reader(lines, delimiter=delimiter, strict=True), start=1)


def _row_of_error(text: str, delimiter: str) -> int:
    good = 0
    with suppress(csv.Error):
        for good, _ in _records(text, delimiter):  # noqa: B007 # the last one is what is wanted
            pass
    return good + 1


def _grid(records: Iterator[tuple[int, list[str]]]) -> Grid:
    grid = Grid([], [])
    for row, record in records:
        cells = tuple(map(str.strip, record))
        # A spreadsheet's own first line that names the delimiter is no row of the table.
        if any(cells) and cells[0].lower() != "sep=":
            grid.cells.append(cells)
            grid.rows.append(row)
    return grid

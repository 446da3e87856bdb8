"""Turn the bytes of a table file into a frame of its cells, and say which row is broken."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from ratemodel.errors import DataError

Suffix = Literal[".csv", ".csv.gz", ".parquet"]

_MAX_BLOCK = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as it stands in its file: cells, and the row of the file of each."""

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]


def parse_table(data: bytes, suffix: Suffix, source: str) -> RawTable:
    r"""Read a table file that is already in memory.

    Parameters
    ----------
    data : bytes
        Content of the file.
    suffix : {".csv", ".csv.gz", ".parquet"}
        What the content is.
    source : str
        How errors call the file.

    Raises
    ------
    DataError
        If the content is no such table: undecodable, empty, ragged, with a column named twice.

    Examples
    --------
    >>> raw = parse_table(b"date,close\n\n2026-01-30,4745.1\n", ".csv", "prices.csv")
    >>> raw.rows.tolist(), raw.frame["close"].tolist()
    ([3], ['4745.1'])
    """
    if not data:
        raise DataError(f"{source}: the file is empty: not even column names")
    if suffix == ".parquet":
        return _parse_parquet(data, source)
    if suffix == ".csv.gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{source}: not a readable gzip file ({error})") from None
    return _parse_csv(data, source)


def _parse_csv(data: bytes, source: str) -> RawTable:
    text = _decode(data, source)
    names = _header(text, source)
    if text.count('"') % 2:
        _refuse_open_quote(text, source)
    ragged: list[Any] = []

    def note_ragged(row: Any) -> str:
        ragged.append(row)
        return "skip"

    labels = [str(number) for number in range(len(names))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            # One block and one thread: then arrow's row numbers are the file's.
            arrow_csv.ReadOptions(
                column_names=labels,
                use_threads=False,
                block_size=min(len(data) + 1, _MAX_BLOCK),
            ),
            arrow_csv.ParseOptions(
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=note_ragged,
            ),
            arrow_csv.ConvertOptions(column_types={label: pa.string() for label in labels}),
        )
    except pa.ArrowException as error:
        raise DataError(f"{source}: not a readable CSV file ({error})") from None
    if ragged:
        row = ragged[0]
        raise DataError.at_row(
            source,
            row.number,
            f"the header has {len(names)} cells, got {row.actual_columns}: {row.text[:60]!r}",
        )
    cells = table.to_pandas().iloc[1:]
    # Blank lines, and the rows of commas that spreadsheets leave, hold no data but keep their
    # place in the count.
    filled = np.logical_or.reduce([(cells[label] != "").to_numpy(bool) for label in labels])
    frame = cells.loc[filled].set_axis(names, axis=1).reset_index(drop=True)
    return RawTable(frame, np.flatnonzero(filled).astype(np.int64) + 2)


def _decode(data: bytes, source: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = _row_at(data[: error.start].decode("utf-8-sig", errors="replace"))
        raise DataError.at_row(
            source, row, f"the file is not UTF-8 text, got byte 0x{data[error.start]:02x}"
        ) from None
    if "\0" in text:
        row = _row_at(text[: text.index("\0")])
        raise DataError.at_row(source, row, "the file is not text, got a zero byte")
    if not text.strip():
        raise DataError(f"{source}: the file is empty: not even column names")
    return text


def _row_at(before: str) -> int:
    """Count the row that a file is in after the text `before`."""
    try:
        return sum(1 for _ in csv.reader(io.StringIO(before + "x", newline="")))
    except csv.Error:
        return before.count("\n") + 1


def _header(text: str, source: str) -> list[str]:
    try:
        cells = next(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise DataError.at_row(source, 1, f"unreadable column names ({error})") from None
    names = [cell.strip() for cell in cells]
    _require_names(names, source)
    return names


def _require_names(names: list[str], source: str) -> None:
    if not any(names):
        raise DataError.at_row(source, 1, "the first row must hold the column names, got none")
    # Unnamed columns are what a spreadsheet leaves at the right; they are never read.
    twice = [name for name, count in Counter(filter(None, names)).items() if count > 1]
    if twice:
        raise DataError.at_row(source, 1, f"two columns have one name, got {twice[0]!r} twice")


def _refuse_open_quote(text: str, source: str) -> None:
    """Refuse a quotation mark that swallows the rows after it; a lone inch mark is legal."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    row = 1
    try:
        for _ in reader:
            row += 1
    except csv.Error:
        raise DataError.at_row(source, row, "a quotation mark is never closed") from None


def _parse_parquet(data: bytes, source: str) -> RawTable:
    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{source}: not a readable parquet file ({reason})") from None
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name).strip() for name in frame.columns]
    _require_names(names, source)
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)
    return RawTable(frame, np.arange(len(frame), dtype=np.int64) + 2)

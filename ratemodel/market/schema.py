"""Check an input table against its columns, so that the middle may trust it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError
from ratemodel.market.cells import Fault, first_fault, read_cells
from ratemodel.market.rules import RULES, Rule
from ratemodel.market.tables import BUILT_IN, INPUT_TABLES, OPTIONAL
from ratemodel.types.columns import TableSpec

__all__ = ["BUILT_IN", "INPUT_TABLES", "OPTIONAL", "empty_table", "validate"]

HEADER_ROW = 1

NO_OBSERVATION = "."
"""FRED's mark for a date without an observation; an empty cell is another."""


def validate(
    frame: pd.DataFrame,
    spec: TableSpec,
    source: str,
    *,
    rows: npt.NDArray[np.int64] | None = None,
    extra_rules: Sequence[Rule] = (),
) -> pd.DataFrame:
    """Check a table cell by cell and row by row; hand back the table the middle reads.

    Every check runs before anything is refused, and the refusal names the *first* offending row
    of the file: fixing rows from the top needs no second guess.

    Parameters
    ----------
    frame : DataFrame
        The table as read: text cells, or typed as in a parquet file. Not changed.
    spec : TableSpec
        Its columns. Columns it does not have are ignored.
    source : str
        How errors call the table, normally the file.
    rows : array of int, optional
        Row of the file of each row of `frame`; 2, 3, … by default, for the header is row 1.
    extra_rules : sequence of Rule, default none
        Checks besides the table's own, such as one against another table.

    Returns
    -------
    DataFrame
        Exactly the columns of `spec`, typed: datetime64, monthly Period, float, text. Missing is
        NaT, NaN or empty text. Sorted by the key, index 0, 1, …

    Raises
    ------
    DataError
        If a column is missing or a row breaks a promise of the input format.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"date": ["2026-01-30", "2026-01-29"], "asset": "GC", "close": ["4745.1", "5318.4"]}
    ... )
    >>> validate(table, INPUT_TABLES["prices"], "prices.csv")["close"].tolist()
    [5318.4, 4745.1]
    >>> validate(table.assign(close="0"), INPUT_TABLES["prices"], "prices.csv")
    Traceback (most recent call last):
    ratemodel.errors.DataError: prices.csv, row 2: close must be above 0 (US dollars), got '0'
    """
    if rows is None:
        rows = np.arange(len(frame), dtype=np.int64) + HEADER_ROW + 1
    _require_columns(frame, spec, source)
    table, faults = _read(frame, spec)
    for rule in (*RULES.get(spec.name, ()), *extra_rules):
        faults += [fault for fault in rule(table) if fault is not None]
    if spec.observed:
        table = table.loc[table[spec.observed].notna()]
    if spec.key:
        faults += _repeated(table, spec, rows)
    if faults:
        # Of two faults in one row, min() keeps the one found first: cells in the order of columns.
        fault = min(faults, key=lambda fault: fault.position)
        problem = fault.problem.replace("\n", " ")
        raise DataError.at_row(source, int(rows[fault.position]), problem)
    if spec.key:
        table = table.sort_values(list(spec.key))
    return table.reset_index(drop=True)


def empty_table(spec: TableSpec) -> pd.DataFrame:
    """Make the table with no rows, typed as `validate` types it.

    Examples
    --------
    >>> str(empty_table(INPUT_TABLES["futures"])["contract"].dtype)
    'period[M]'
    """
    return _read(pd.DataFrame(columns=list(spec.names), dtype="str"), spec)[0]


def _require_columns(frame: pd.DataFrame, spec: TableSpec, source: str) -> None:
    missing = [name for name in spec.required_names if name not in frame.columns]
    if missing:
        what = "columns" if len(missing) > 1 else "column"
        found = ", ".join(" ".join(str(name).split()) or "(unnamed)" for name in frame.columns)
        raise DataError.at_row(
            source, HEADER_ROW, f"missing {what} {', '.join(missing)}; found {found or 'none'}"
        )


def _read(frame: pd.DataFrame, spec: TableSpec) -> tuple[pd.DataFrame, list[Fault]]:
    columns, faults = {}, []
    for column in spec.columns:
        raw = frame[column.name] if column.name in frame else pd.Series("", frame.index)
        blanks = ("", NO_OBSERVATION) if column.name == spec.observed else ("",)
        columns[column.name], fault = read_cells(raw, column, blanks=blanks)
        if fault is not None:
            faults.append(fault)
    return pd.DataFrame(columns), faults


def _repeated(table: pd.DataFrame, spec: TableSpec, rows: npt.NDArray[np.int64]) -> list[Fault]:
    """Find the first row whose key an earlier row has; rows with a faulty key do not count."""
    key = list(spec.key)
    keys = table.loc[:, key]
    for name in key:
        if not spec.column(name).may_be_empty:
            text = spec.column(name).type in ("text", "time")
            keys = keys.loc[keys[name] != "" if text else keys[name].notna()]
    positions = keys.index.to_numpy(np.int64)
    repeats = keys.duplicated().to_numpy(bool)
    fault = first_fault(repeats, lambda row: _repetition(keys, row, rows[positions]))
    return [] if fault is None else [Fault(int(positions[fault.position]), fault.problem)]


def _repetition(keys: pd.DataFrame, row: int, rows: npt.NDArray[np.int64]) -> str:
    first = int(np.argmax((keys == keys.iloc[row]).all(axis=1).to_numpy(bool)))
    words = []
    for name, value in keys.iloc[row].items():
        date = isinstance(value, pd.Timestamp) and value == value.normalize() and value.tz is None
        words.append(f"{name} {value:%Y-%m-%d}" if date else f"{name} {value}")
    return f"{', '.join(words)} repeats row {rows[first]}"

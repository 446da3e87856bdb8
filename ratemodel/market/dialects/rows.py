"""Put the rows of a table in order, and let no key stand twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError
from ratemodel.market.dialects.sheets import Sheet, count


def in_order(
    columns: Mapping[str, Sequence[str]],
    rows: Sequence[int],
    key: Sequence[str],
    source: str,
) -> tuple[pd.DataFrame, npt.NDArray[np.int64], list[str]]:
    """Sort by key and merge rows that repeat one another.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        Text cells by column.
    rows : sequence of int
        Row of the file that each comes from.
    key : sequence of str
        Columns that together stand once.
    source : str
        How errors call the file.

    Returns
    -------
    frame : DataFrame
    rows : array of int
        Row of the file of each row of the frame.
    found : list of str
        How many rows were merged.

    Raises
    ------
    DataError
        If two rows of one key say different things.

    Examples
    --------
    >>> twice = {"date": ["2026-01-30"] * 2, "asset": ["GC"] * 2, "close": ["4745.1"] * 2}
    >>> in_order(twice, [2, 3], ["date", "asset"], "x.csv")[1:]
    (array([2]), ['1 repeated row merged'])
    """
    frame = pd.DataFrame(dict(columns), dtype="str").set_axis(np.asarray(rows, dtype=np.int64))
    # A wide sheet is read contract by contract: the first of two rows is the one further up.
    frame = frame.sort_index(kind="stable").sort_values(list(key), kind="stable")
    repeats = frame.duplicated(list(key))
    if repeats.any():
        _refuse_differences(frame, key, source)
    merged = int(repeats.sum())
    kept = frame.loc[~repeats.to_numpy()]
    found = [f"{count(merged, 'repeated row')} merged"] if merged else []
    return kept.reset_index(drop=True), kept.index.to_numpy(), found


def _refuse_differences(frame: pd.DataFrame, key: Sequence[str], source: str) -> None:
    """Refuse the uppermost row that repeats another's key and says something else."""
    first: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {}
    repeated = frame.loc[frame.duplicated(list(key), keep=False)].sort_index(kind="stable")
    keys = repeated[list(key)].itertuples(index=False, name=None)
    for row, own, cells in zip(
        repeated.index, keys, repeated.itertuples(index=False, name=None), strict=True
    ):
        above, known = first.setdefault(own, (row, cells))
        for column, cell, other in zip(repeated.columns, cells, known, strict=True):
            if cell != other:
                named = ", ".join(f"{n} {k}" for n, k in zip(key, own, strict=True))
                raise DataError.at_row(
                    source,
                    row,
                    f"{named} repeats row {above} with another {column}, "
                    f"got {cell or 'none'} after {other or 'none'}",
                )


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
    steps = np.diff([date.toordinal() for date in dates])
    return ["newest first"] if (steps < 0).sum() > (steps > 0).sum() else []

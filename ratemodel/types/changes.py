"""Changes around announcements: one row an instant, one column an instrument."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True, eq=False)
class Changes:
    """A table of changes as it was read and checked.

    Attributes
    ----------
    table : DataFrame, shape (n, columns)
        Percentage points for rates, percent for a stock index; NaN where missing. Rows by
        announcement, zone-aware New York time, ascending, each instant once.
    flags : Series of str, length n
        Flags brought along by the maker of the table; empty text where there is none.
    labels : Index, length n
        Index of the table as it was given, in the order of `table`.
    dated_only : bool
        No row has a time of day: instants are midnights, and no clock can be matched.
    """

    table: pd.DataFrame
    flags: pd.Series[str]
    labels: pd.Index
    dated_only: bool = False

    @property
    def times(self) -> pd.DatetimeIndex:
        """Announcements, New York time."""
        return pd.DatetimeIndex(self.table.index)

    @property
    def days(self) -> pd.DatetimeIndex:
        """Dates of the announcements in New York, without zone."""
        return self.times.tz_localize(None).normalize()

    def has(self, *columns: str) -> bool:
        """Whether all of these columns have at least one number."""
        return all(name in self.table and self.table[name].notna().any() for name in columns)

    def column(self, name: str) -> npt.NDArray[np.float64]:
        """One column as an array; all missing if the table lacks it."""
        if name not in self.table:
            return np.full(len(self.table), np.nan)
        return self.table[name].to_numpy(float)

    def columns(self, names: tuple[str, ...]) -> npt.NDArray[np.float64]:
        """Several columns as a matrix, shape (n, names)."""
        if not names:
            return np.zeros((len(self.table), 0))
        return np.column_stack([self.column(name) for name in names])

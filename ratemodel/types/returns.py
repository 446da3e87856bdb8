"""Log returns, each tied to the two strikes it runs between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError, DataError

COLUMNS = ("date", "asset", "log_return_pp", "days", "start_utc", "end_utc")


@dataclass(frozen=True, eq=False)
class Returns:
    """Log returns × 100 by asset, over intervals (start, end] between strikes.

    A date without a strike makes no row: its move is in the next one, and `days` says how many
    strike-to-strike moves were joined. Nothing is filled.

    Attributes
    ----------
    table : DataFrame
        date (of the strike that ends the interval), asset, log_return_pp (log points × 100),
        days (count), start_utc, end_utc (datetime64, UTC without zone). Sorted by asset, date.

    Raises
    ------
    DataError
        If a return is not finite, an interval is empty, or two intervals of an asset overlap.
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        missing = [name for name in COLUMNS if name not in self.table.columns]
        if missing:
            raise DataError(f"returns lack the columns {', '.join(missing)}")
        table = self.table.loc[:, list(COLUMNS)].sort_values(["asset", "date"])
        table = table.reset_index(drop=True)
        if not np.isfinite(table["log_return_pp"].to_numpy(float)).all():
            raise DataError("returns must be finite; a missing price makes no row")
        if (table["end_utc"] <= table["start_utc"]).any():
            raise DataError("a return must end after it starts")
        same = table["asset"].eq(table["asset"].shift())
        overlap = same & (table["start_utc"] < table["end_utc"].shift())
        if overlap.any():
            row = table.loc[overlap].iloc[0]
            raise DataError(f"{row['asset']}: returns overlap at {row['date']:%Y-%m-%d}")
        object.__setattr__(self, "table", table)

    @property
    def assets(self) -> list[str]:
        """Symbols held, sorted."""
        return sorted(self.table["asset"].unique())

    def of(self, asset: str) -> pd.DataFrame:
        """Rows of one asset, by date."""
        rows = self.table.loc[self.table["asset"] == asset]
        if rows.empty:
            raise CoverageError(f"no returns of {asset}; there are {', '.join(self.assets)}")
        return rows.reset_index(drop=True)

    def total_pp(self, asset: str, start: pd.Timestamp, end: pd.Timestamp) -> float:
        """Sum one asset's log returns over the rows dated from `start` to `end`."""
        rows = self.of(asset)
        return float(rows.loc[rows["date"].between(start, end), "log_return_pp"].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return the tidy table: date, asset, log_return_pp, days, start_utc, end_utc."""
        return self.table.copy()

    def summary(self) -> str:
        """Say for each asset: rows, span, standard deviation, the longest joined return."""
        lines = [str(self)]
        for asset in self.assets:
            rows = self.of(asset)
            lines.append(
                f"{asset:<12} {len(rows):>6,} rows  {rows['date'].iloc[0]:%Y-%m-%d}.."
                f"{rows['date'].iloc[-1]:%Y-%m-%d}  sd {rows['log_return_pp'].std():6.2f} pp  "
                f"up to {rows['days'].max()} strikes joined"
            )
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"returns of {len(self.assets)} assets, {len(self.table):,} rows"

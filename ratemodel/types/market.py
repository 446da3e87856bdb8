"""The input tables, validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

import pandas as pd

from ratemodel.maturities import yield_dates

if TYPE_CHECKING:
    from ratemodel.types.clock import Clock
    from ratemodel.types.returns import Returns

DataKind = Literal["market", "replica"]
ReleaseKind = Literal["cpi", "payrolls"]
DatesFrom = Literal["futures", "yields"]


@dataclass(frozen=True, eq=False)
class Market:
    """Everything a study reads, one validated frame a table.

    The border (``ratemodel.market``) makes it; the middle trusts it. Tables that the folder
    lacks are empty frames with the right columns, so that "no such table" and "no such row" are
    the same case for every reader.

    Attributes
    ----------
    futures : DataFrame
        trade_date (datetime64), contract (monthly Period), settle (price, 100 minus percent),
        volume, open_interest (float, NaN where unknown).
    rates : DataFrame
        date, series (FRED id), value (percent, or the series' own unit).
    prices : DataFrame
        date, asset, close (US dollars), open, high, low, volume (NaN where unknown),
        struck_at (text, empty where the asset's own clock holds).
    fomc, events, margins, forced_flows, leverage, claims, anchors, quotes : DataFrame
        Columns as in the input format; dates are datetime64, empty where not given.
    releases : DataFrame
        announced, time_et, release (cpi or payrolls).
    prices_1h, odds : DataFrame
        time_utc (datetime64, UTC) and their columns.
    clocks : mapping of str to Clock
        Strike clock of every series that has one, built in or from the study.
    data_kind : {"market", "replica"}
        Whether the numbers are somebody's market data or the generated replica.
    sources : mapping of str to str
        For each table, where it came from (a file name or ``built-in``).
    notes : tuple of str
        What the border has to say: tables ignored, rows left out with their count.
    dates_from : {"futures", "yields"}
        Whose dates are trade dates. A folder without futures has those of yields.
    """

    futures: pd.DataFrame
    rates: pd.DataFrame
    prices: pd.DataFrame
    fomc: pd.DataFrame
    events: pd.DataFrame
    margins: pd.DataFrame
    forced_flows: pd.DataFrame
    leverage: pd.DataFrame
    prices_1h: pd.DataFrame
    odds: pd.DataFrame
    releases: pd.DataFrame
    claims: pd.DataFrame
    anchors: pd.DataFrame
    quotes: pd.DataFrame
    clocks: Mapping[str, Clock]
    data_kind: DataKind
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    dates_from: DatesFrom = "futures"

    @property
    def trade_dates(self) -> pd.DatetimeIndex:
        """Dates on which futures settled, or yields were quoted: the grid of returns."""
        if self.dates_from == "yields":
            return yield_dates(self.rates)
        return pd.DatetimeIndex(self.futures["trade_date"].unique()).sort_values()

    def rate(self, series: str) -> pd.Series[float]:
        """One rates series by date; empty if the market has none of that name."""
        rows = self.rates.loc[self.rates["series"] == series]
        return pd.Series(
            rows["value"].to_numpy(float), index=pd.DatetimeIndex(rows["date"]), name=series
        ).sort_index()

    def returns(self) -> Returns:
        """Log returns of every asset: ``ratemodel.log_returns(market)``."""
        from ratemodel.returns import log_returns

        return log_returns(self)

    def to_frame(self) -> pd.DataFrame:
        """One row a table: rows held and where they came from."""
        names = [f.name for f in fields(self) if isinstance(getattr(self, f.name), pd.DataFrame)]
        return pd.DataFrame(
            {
                "table": names,
                "rows": [len(getattr(self, name)) for name in names],
                "source": [self.sources.get(name, "") for name in names],
            }
        )

    def summary(self) -> str:
        """Say what is held, a line a table, then the border's notes."""
        lines = [
            f"{row.table:<13} {row.rows:>8,}  {row.source}" for row in self.to_frame().itertuples()
        ]
        return "\n".join([str(self), *lines, *self.notes])

    def __str__(self) -> str:
        dates = self.trade_dates
        span = f"{dates[0]:%Y-%m-%d}..{dates[-1]:%Y-%m-%d}" if len(dates) else "no trade dates"
        return f"{self.data_kind} data, {self.prices['asset'].nunique()} assets, {span}"

"""Take what the page shows out of the finished tables; nothing is computed here."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from ratemodel.reporting.figures.select import Tables, dated, text
from ratemodel.reporting.headline import date_span
from ratemodel.types.decomposition import keyed_rows
from ratemodel.types.loadings import DOLLAR

Rows = dict[Hashable, dict[Hashable, Any]]


class Grid(NamedTuple):
    """A table of the page: texts only, the first of each row its name."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class EventView:
    """One event's rows of every table that has events.

    Attributes
    ----------
    event : str
    tables : mapping of str to DataFrame
        Rows of this event; tables the run does not hold are absent.
    names : mapping of str to str
        Full names of assets by symbol.
    """

    event: str
    tables: Tables
    names: Mapping[str, str]

    @cached_property
    def assets(self) -> list[str]:
        """Assets split, in order."""
        return list(dict.fromkeys(self.tables["decomposition"]["asset"]))

    def name(self, asset: str) -> str:
        """Full name of an asset, or its symbol."""
        return self.names.get(asset, asset)

    @property
    def span(self) -> str:
        """First to last trade date of the event."""
        dates = self.days
        return date_span(dates.min(), dates.max())

    @property
    def days(self) -> pd.Series:
        """Trade dates of the event's returns."""
        return dated(self.tables["decomposition_daily"], "trade_date")["trade_date"]

    def parts(self, asset: str) -> Rows:
        """Components of an asset, by the method that comes first."""
        return self._parts[asset]

    @cached_property
    def _parts(self) -> dict[str, Rows]:
        rows = self.tables["decomposition"]
        first = rows.loc[rows["method"] == rows["method"].iloc[0]]
        worded = first.assign(note=[text(cell) for cell in first["note"]])
        return {a: keyed_rows(worded, self.event, a, "component") for a in self.assets}

    def other_leverage(self, asset: str) -> list[tuple[str, dict[Hashable, Any]]]:
        """Leverage of an asset by methods after the first, by name."""
        rows = self.tables["decomposition"]
        rows = rows.loc[(rows["asset"] == asset) & (rows["component"] == "leverage")]
        return [(str(row["method"]), row) for row in rows.to_dict("records")[1:]]

    def keyed(self, table: str, asset: str, key: str) -> Rows:
        """Rows of an asset by a column that tells them apart; none where the table is missing."""
        frame = self.rows(table)
        return {} if frame is None else keyed_rows(frame, self.event, asset, key)

    def rows(self, table: str) -> pd.DataFrame | None:
        """Rows of a table, or None if it is missing or has none of this event."""
        frame = self.tables.get(table)
        return None if frame is None or frame.empty else frame

    def shock_loadings(self) -> pd.DataFrame | None:
        """Take the loadings on the study's first shock, by every method."""
        rows = self.rows("loadings")
        if rows is None:
            return None
        rows = rows.loc[rows["shock"] != DOLLAR]
        return None if rows.empty else rows.loc[rows["shock"] == rows["shock"].iloc[0]]


def event_view(tables: Tables, event: str, names: Mapping[str, str]) -> EventView:
    """Take one event's rows out of all tables."""
    own = {
        name: frame.loc[frame["event"] == event] if "event" in frame else frame
        for name, frame in tables.items()
    }
    return EventView(event, own, names)

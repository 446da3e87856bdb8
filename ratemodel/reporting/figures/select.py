"""Select from the output tables what a figure shows; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import NamedTuple

import pandas as pd

from ratemodel.errors import CoverageError

Tables = Mapping[str, pd.DataFrame]


class Stamp(NamedTuple):
    """What every figure says of its origin."""

    study: str
    replica: bool


def stamp_of(*frames: pd.DataFrame) -> Stamp:
    """Read study and kind of data off the tables a figure is made from."""
    studies = [str(name) for frame in frames for name in frame["study"].unique()]
    replica = any(bool((frame["data_kind"] == "replica").any()) for frame in frames)
    return Stamp(", ".join(dict.fromkeys(studies)), replica)


def dated(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Read columns as dates, so that tables fresh from a CSV file will do."""
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in columns})


def of_event(tables: Tables, name: str, event: str) -> pd.DataFrame:
    """Take an event's rows of a table.

    Raises
    ------
    CoverageError
        If the table has none.
    """
    frame = tables[name]
    rows = frame.loc[frame["event"] == event]
    if rows.empty:
        held = ", ".join(dict.fromkeys(frame["event"])) or "no event"
        raise CoverageError(f"table {name} has no row of {event}; it holds {held}")
    return rows


class EventWindow(NamedTuple):
    """First and last trade date of an event, and the coverage its bands are made for."""

    first: pd.Timestamp
    last: pd.Timestamp
    level: float

    @property
    def z(self) -> float:
        """Standard errors to either side of an estimate, 1.645 for 90 %."""
        return NormalDist().inv_cdf((1.0 + self.level) / 2.0)


def event_window(tables: Tables, event: str) -> EventWindow:
    """Read an event's window off the daily decomposition.

    Raises
    ------
    CoverageError
        If the event was not split.
    """
    rows = dated(of_event(tables, "decomposition_daily", event), "trade_date")
    dates = rows["trade_date"]
    return EventWindow(dates.min(), dates.max(), float(rows["level"].iloc[0]))


def text(cell: object) -> str:
    """Read a cell of words; an empty one is no words."""
    return "" if pd.isna(cell) else str(cell)  # type: ignore[call-overload]

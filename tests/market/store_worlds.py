"""Stores of small invented downloads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ratemodel.market.readers import READERS
from ratemodel.market.snapshots import SnapshotStore
from ratemodel.market.sources import Request

NOON = pd.Timestamp("2026-03-04 12:00", tz="UTC")


def graph(series: str, values: Mapping[str, float]) -> bytes:
    """A reply of fredgraph."""
    lines = [f"{date},{value}" for date, value in values.items()]
    return "\n".join([f"observation_date,{series}", *lines, ""]).encode()


def request(series: str, start: str = "2026-01-01") -> Request:
    query = (("series", series), ("start", start))
    return Request("fredgraph", "rates", query, "http://127.0.0.1/", "csv")


def store(folder: Path) -> SnapshotStore:
    return SnapshotStore(folder, READERS)


def put(into: SnapshotStore, series: str, values: Mapping[str, float], days: int = 0):
    return into.put(request(series), graph(series, values), NOON + pd.Timedelta(days=days))


def held(folder: Path) -> dict[str, dict[str, float]]:
    """Values by series and date, as the store's own table has them."""
    table = pd.read_csv(folder / "rates.csv")
    return {
        str(series): dict(zip(group["date"], group["value"], strict=True))
        for series, group in table.groupby("series")
    }

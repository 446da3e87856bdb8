"""What a folder of tables holds, and what is the matter with it: age, gaps, copies, calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from ratemodel.market.manifest import Snapshot
from ratemodel.market.tables import INPUT_TABLES
from ratemodel.path import flag_lockstep
from ratemodel.types.futures import FuturesCurve

LONG_GAP = 4.0
"""A gap is a pause this many times as long as the series' usual step, and a week at least."""
SHORTEST_GAP = pd.Timedelta(days=8)
RECENT = pd.Timedelta(days=365)
MEETINGS_A_YEAR = 8

COLUMNS = (
    "table",
    "series",
    "provider",
    "rows",
    "first",
    "last",
    "stale_days",
    "gaps",
    "longest_gap",
)


def status_frame(
    tables: Mapping[str, pd.DataFrame],
    manifest: Sequence[Snapshot],
    today: pd.Timestamp,
) -> pd.DataFrame:
    """Tabulate every series held.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Input tables.
    manifest : sequence of Snapshot
        Says where each table came from; empty for a folder that is no store.
    today : Timestamp

    Returns
    -------
    DataFrame
        `COLUMNS`: rows, first and last date, days from the last date to today, number of gaps
        and the longest one (``first..last`` date around it).

    Examples
    --------
    >>> days = pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-26"])
    >>> rates = pd.DataFrame({"date": days, "series": "DFF", "value": 3.64})
    >>> status = status_frame({"rates": rates}, [], pd.Timestamp("2026-01-30"))
    >>> print(status[["series", "rows", "stale_days", "longest_gap"]].to_string(index=False))
    series  rows  stale_days            longest_gap
       DFF     4           4 2026-01-07..2026-01-26
    """
    records = []
    for name, table in tables.items():
        when, series = _time_and_series(name)
        if not when or not series:
            continue
        came_from = [row.provider for row in manifest if row.table == name]
        providers = ", ".join(dict.fromkeys(came_from))
        for label, group in _labelled(name, table, series, today):
            dates = pd.DatetimeIndex(group[when].dt.tz_localize(None)).unique().sort_values()
            records.append((name, label, providers, len(group), *_ages(dates, today)))
    return pd.DataFrame(records, columns=list(COLUMNS))


def _labelled(
    name: str, table: pd.DataFrame, series: list[str], today: pd.Timestamp
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Part a table into its series; contracts that have expired are one."""
    if name == "futures":
        last = min(table["trade_date"].max(), today)
        expired = table["contract"] < last.to_period("M")
        if expired.any():
            count = table.loc[expired, "contract"].nunique()
            yield f"{count} expired contracts", table.loc[expired]
        table = table.loc[~expired]
    for label, group in table.groupby(series, sort=True):
        yield " ".join(str(part) for part in label if str(part)), group


def _ages(dates: pd.DatetimeIndex, today: pd.Timestamp) -> tuple[str, str, int, int, str]:
    steps = dates[1:] - dates[:-1]
    gaps: list[tuple[pd.Timestamp, pd.Timestamp]] = []
    if len(steps):
        longest = max(SHORTEST_GAP, steps.to_series().median() * LONG_GAP)
        wide = np.flatnonzero(steps > longest)
        gaps = list(zip(dates[wide], dates[wide + 1], strict=True))
    worst = max(gaps, key=lambda gap: gap[1] - gap[0], default=None)
    return (
        f"{dates[0]:%Y-%m-%d}",
        f"{dates[-1]:%Y-%m-%d}",
        (today - dates[-1]).days,
        len(gaps),
        "" if worst is None else f"{worst[0]:%Y-%m-%d}..{worst[1]:%Y-%m-%d}",
    )


def future_notes(tables: Mapping[str, pd.DataFrame], today: pd.Timestamp) -> list[str]:
    """Count the observations of days that have not been.

    Examples
    --------
    >>> rates = pd.DataFrame({"date": [pd.Timestamp("2026-03-05")], "series": "DFF", "value": 3.64})
    >>> future_notes({"rates": rates}, pd.Timestamp("2026-03-04"))
    ['rates: 1 row dated after 2026-03-04, the last 2026-03-05']
    """
    notes = []
    for name in ("futures", "rates", "prices"):
        if name in tables:
            dates = tables[name][_time_and_series(name)[0]]
            ahead = dates[dates > today]
            if len(ahead):
                rows = "row" if len(ahead) == 1 else "rows"
                said = f"dated after {today:%Y-%m-%d}, the last {ahead.max():%Y-%m-%d}"
                notes.append(f"{name}: {len(ahead):,} {rows} {said}")
    return notes


def lockstep_frame(futures: pd.DataFrame) -> pd.DataFrame:
    """List the runs in which a contract only repeated a nearer one.

    Parameters
    ----------
    futures : DataFrame
        The input table.

    Returns
    -------
    DataFrame
        contract, first, last, marks: one row an unbroken run.
    """
    empty = pd.DataFrame(columns=["contract", "first", "last", "marks"])
    if futures.empty:
        return empty
    curve = flag_lockstep(FuturesCurve.from_settlements(futures))
    records = []
    for column, month in enumerate(curve.months):
        quoted = np.flatnonzero(curve.quoted[:, column])
        flagged = ~curve.unflagged[quoted, column]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], flagged, [False]])))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            dates = curve.trade_dates[quoted[start:stop]]
            records.append(
                (str(month), f"{dates[0]:%Y-%m-%d}", f"{dates[-1]:%Y-%m-%d}", len(dates))
            )
    return pd.DataFrame(records, columns=list(empty)) if records else empty


def calendar_note(fomc: pd.DataFrame, last_date: pd.Timestamp) -> str:
    """Say how far the calendar of meetings reaches beyond the data.

    Contracts run two years ahead; meetings that are not in the calendar cannot be in the path.

    Examples
    --------
    >>> fomc = pd.DataFrame({"announced": [pd.Timestamp("2026-03-18")], "kind": "scheduled"})
    >>> calendar_note(fomc, pd.Timestamp("2026-02-02"))
    'calendar: 1 scheduled meeting after 2026-02-02, the last on 2026-03-18: running out'
    """
    ahead = fomc.loc[(fomc["kind"] == "scheduled") & (fomc["announced"] > last_date), "announced"]
    noun = "meeting" if len(ahead) == 1 else "meetings"
    text = f"calendar: {len(ahead)} scheduled {noun} after {last_date:%Y-%m-%d}"
    if len(ahead):
        text += f", the last on {ahead.max():%Y-%m-%d}"
    return text if len(ahead) >= MEETINGS_A_YEAR else f"{text}: running out"


def _time_and_series(table: str) -> tuple[str, list[str]]:
    spec = INPUT_TABLES[table]
    when = next((c.name for c in spec.columns if c.type in ("date", "datetime")), "")
    return when, [name for name in spec.key if name != when]

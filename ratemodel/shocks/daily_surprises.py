"""Changes of fed funds futures from close to close around every announcement of a calendar."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import FUTURES_CLOCK, NEW_YORK, announcement_times, strike_times
from ratemodel.errors import CoverageError, StudyError
from ratemodel.shocks.contract_changes import MAX_GAP_DAYS
from ratemodel.shocks.kuttner import CONTRACTS
from ratemodel.types.changes import Changes
from ratemodel.types.futures import FuturesCurve

Match = Literal["clock", "date"]
HOLIDAY = "holiday"
RELEASE = "release"
SHARED = "shared"


def daily_changes(
    futures: pd.DataFrame,
    fomc: pd.DataFrame,
    releases: pd.DataFrame | None = None,
    match: Match = "clock",
) -> tuple[Changes, list[str]]:
    """Difference closes around announcements.

    A window runs from the last settlement before the announcement to the first at or after it.
    All other news of that day is in it too.

    Parameters
    ----------
    futures : DataFrame
        trade_date, contract, settle.
    fomc : DataFrame
        announced, time_et, kind; cancelled meetings announce nothing.
    releases : DataFrame, optional
        announced, time_et, release.
    match : {"clock", "date"}
        ``clock``: settlements are struck at 15:00 New York, so a statement of 15:15 is in the next
        day's. ``date``: the settlement of the announcement's own date, whatever the time; a
        date without trading has none.

    Returns
    -------
    changes : Changes
        FF1..FF6, percentage points, counted from the announcement's month. One row a window:
        several announcements in one are at the last one's instant. Flags: ``holiday``, no
        settlement on the date itself; ``shared``, several announcements in the window;
        ``release cpi``, such data were released in it.
    notes : list of str
        What was left out, with its count.

    Raises
    ------
    CoverageError
        If no announcement lies between settlements.
    StudyError
        If `match` is unknown.
    """
    if match not in get_args(Match):
        raise StudyError(f"match must be one of {', '.join(get_args(Match))}, got {match!r}")
    curve = FuturesCurve.from_settlements(futures)
    held = fomc.loc[fomc["kind"] != "cancelled"].reset_index(drop=True)
    told = announcement_times(held)
    order = np.argsort(told, kind="stable")
    held, told = held.iloc[order], told[order]
    dates = curve.trade_dates
    strikes = strike_times(dates, FUTURES_CLOCK)
    day = pd.DatetimeIndex(pd.to_datetime(held["announced"])).normalize()
    own = dates.get_indexer(day)
    after = np.searchsorted(strikes, told, side="left") if match == "clock" else own
    inside = (after > 0) & (after < len(dates))
    last, first = np.where(inside, after, 1), np.where(inside, after - 1, 0)
    days_between = (dates[last] - dates[first]).days.to_numpy()
    usable = inside & (days_between <= MAX_GAP_DAYS)
    # Of several announcements in one window the last one stands for all.
    closing = usable & ~pd.Series(np.where(usable, after, -1)).duplicated(keep="last").to_numpy()
    if not closing.any():
        raise CoverageError("no announcement of the calendar lies between two settlements")
    table = _changes(curve, day[closing], first[closing], last[closing])
    times = pd.DatetimeIndex(told[closing], tz="UTC", name="announced").tz_convert(NEW_YORK)
    table.index = times.as_unit("us")
    flags = [
        _flags(own[row] < 0, int((usable & (after == after[row])).sum()), released)
        for row, released in zip(
            np.flatnonzero(closing),
            _released(releases, strikes[first[closing]], strikes[last[closing]]),
            strict=True,
        )
    ]
    notes = []
    for count, why in (
        (int((~usable).sum()), "without settlements before and after within ten days"),
        (int((usable & ~closing).sum()), "in the window of a later one"),
    ):
        if count:
            notes.append(f"announcements {why}: {count}")
    return Changes(table, pd.Series(flags, index=table.index, dtype=object), table.index), notes


def _changes(
    curve: FuturesCurve,
    day: pd.DatetimeIndex,
    first: npt.NDArray[np.int64],
    last: npt.NDArray[np.int64],
) -> pd.DataFrame:
    rates = curve.rates_pct.to_numpy(float)
    month = day.to_period("M").asi8 - curve.months.asi8[0]
    columns = {}
    for ahead, name in enumerate(CONTRACTS):
        column = month + ahead
        there = (column >= 0) & (column < rates.shape[1])
        place = np.where(there, column, 0)
        columns[name] = np.where(there, rates[last, place] - rates[first, place], np.nan)
    return pd.DataFrame(columns)


def _released(
    releases: pd.DataFrame | None,
    start: npt.NDArray[np.datetime64],
    end: npt.NDArray[np.datetime64],
) -> list[list[str]]:
    if releases is None or releases.empty:
        return [[] for _ in start]
    told, kinds = announcement_times(releases), releases["release"].astype(str).to_numpy()
    return [
        sorted(set(kinds[(told > low) & (told <= high)]))
        for low, high in zip(start, end, strict=True)
    ]


def _flags(holiday: bool, announcements: int, released: list[str]) -> str:
    words = [HOLIDAY] if holiday else []
    words += [SHARED] if announcements > 1 else []
    return ";".join([*words, *(f"{RELEASE} {kind}" for kind in released)])

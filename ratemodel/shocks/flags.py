"""Shocks as the output table has them: only identified values, and what was announced meanwhile."""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import announcement_times
from ratemodel.types.changes import Changes
from ratemodel.types.market import ReleaseKind
from ratemodel.types.shocks import PATH, ShockSeries

UNSCHEDULED = "unscheduled"


def shock_table(
    shocks: ShockSeries,
    calendar: pd.DataFrame,
    releases: pd.DataFrame | None = None,
    every: ShockSeries | None = None,
) -> pd.DataFrame:
    """Tabulate shocks with flags of announcements (the table shocks).

    Parameters
    ----------
    shocks : ShockSeries
    calendar : DataFrame
        Meetings (``calendars.meeting_calendar``).
    releases : DataFrame, optional
        announced, time_et, release: dates of data releases.
    every : ShockSeries, optional
        The same dates' shocks before a study chose a fixed date; by default `shocks`.

    Returns
    -------
    DataFrame
        As `ShockSeries.to_frame`, path_bp empty where it is not identified; is_fomc and
        is_unscheduled say whether any decision, and one not on the calendar, was announced since
        the strike before, is_cpi and is_payrolls whether such data were released; empty where
        there is no table of releases, or none of that kind. path_12m_bp, path_12m_se_bp,
        path_12m_source: the revision twelve months ahead, whatever path_bp is.
    """
    frame = shocks.to_frame()
    names = ["path_bp", "path_se_bp"]
    frame[names] = frame[names].where(frame["path_identified"])
    whole = shocks if every is None else every
    known = whole.identified[PATH]
    year = {
        "path_12m_bp": whole.of(PATH).where(known).to_numpy(),
        "path_12m_se_bp": whole.errors_bp[PATH].where(known).to_numpy(),
        "path_12m_source": whole.source.where(known, "").to_numpy(),
    }
    held = calendar[calendar["kind"] != "cancelled"]
    surprises = calendar[calendar["kind"] == UNSCHEDULED]
    return frame.assign(
        **year,
        is_fomc=_told(shocks, held["announced_utc"]),
        is_unscheduled=_told(shocks, surprises["announced_utc"]),
        **{f"is_{kind}": _released(shocks, releases, kind) for kind in get_args(ReleaseKind)},
    )


def _told(shocks: ShockSeries, times: pd.Series[pd.Timestamp]) -> npt.NDArray[np.bool_]:
    said = np.sort(times.to_numpy())
    first, last = (
        np.searchsorted(said, when, side="right") for when in (shocks.start_utc, shocks.end_utc)
    )
    inside: npt.NDArray[np.bool_] = last > first
    return inside


def _released(
    shocks: ShockSeries, releases: pd.DataFrame | None, kind: str
) -> npt.NDArray[np.bool_] | None:
    if releases is None:
        return None
    own = releases.loc[releases["release"] == kind]
    return _told(shocks, pd.Series(announcement_times(own))) if len(own) else None


def announcement_flags(changes: Changes, fomc: pd.DataFrame) -> pd.Series[str]:
    """Add to a table's own flags which announcements were not on the calendar.

    Parameters
    ----------
    changes : Changes
    fomc : DataFrame
        announced, kind.

    Returns
    -------
    Series of str
        ``unscheduled`` where the calendar has an announcement of that day but no scheduled one,
        ``not in calendar`` where it has none, after whatever flags the table brought along.
    """
    day = pd.DatetimeIndex(pd.to_datetime(fomc["announced"])).normalize()
    kind = fomc["kind"].to_numpy()
    scheduled = changes.days.isin(day[kind == "scheduled"])
    held = changes.days.isin(day[kind != "cancelled"])
    added = np.where(scheduled, "", np.where(held, UNSCHEDULED, "not in calendar"))
    flags = [
        ";".join(dict.fromkeys(filter(None, [*own.split(";"), more])))
        for own, more in zip(changes.flags, added, strict=True)
    ]
    return pd.Series(flags, index=changes.times, dtype=object, name="flags")

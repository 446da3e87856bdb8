"""Surprises about the decision itself and the next one, read from fed funds futures (Kuttner)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError
from ratemodel.types.changes import Changes

Floats = npt.NDArray[np.float64]
Cancelled = Literal["skip", "keep"]

MONTH_END_DAYS = 7
"""With so many days of the month left or fewer, the next month's contract is read instead."""
CONTRACTS = ("FF1", "FF2", "FF3", "FF4", "FF5", "FF6")
"""Fed funds futures of the announcement's month and of the five after it."""
MP1_NEEDS, MP2_NEEDS = ("FF1", "FF2"), ("FF1", "FF2", "FF3")
"""What they cannot do without; where the fourth to sixth is missing, meetings far off are."""
AGREES_PP = 5e-5
"""A given MP1 or MP2 within this of the one its contracts make is the same number, printed with
fewer digits of the contracts; five decimals of them, times at most 31/8, are off by less."""


@dataclass(frozen=True, eq=False)
class DecisionSurprises:
    """MP1 and MP2 of a table of changes.

    Attributes
    ----------
    own : dict of str to array, shape (n,)
        As contracts make them; without those that the table has no contracts for.
    used : dict of str to array, shape (n,)
        The same, but as given by the table where contracts bear that out or are missing: what
        components are taken from.
    notes : list of str
    """

    own: dict[str, Floats]
    used: dict[str, Floats]
    notes: list[str]


def decision_surprises(
    changes: Changes, fomc: pd.DataFrame, cancelled: Cancelled
) -> DecisionSurprises:
    """Read the surprises about this decision and the next from a table of changes.

    Parameters
    ----------
    changes : Changes
    fomc : DataFrame
        The calendar.
    cancelled : {"skip", "keep"}

    Raises
    ------
    DataError
        If the calendar lacks a column or has a date that is none.
    """
    missing = [name for name in ("announced", "kind") if name not in fomc]
    if missing:
        raise DataError(f"fomc: missing column {', '.join(missing)}")
    contracts, notes = changes.columns(CONTRACTS), []
    own: dict[str, Floats] = {}
    if changes.has(*MP1_NEEDS):
        own["MP1"] = mp1(contracts[:, 0], contracts[:, 1], changes.days)
    if changes.has(*MP2_NEEDS):
        meetings = next_meetings(changes.days, fomc, cancelled)
        own["MP2"] = mp2(contracts, own["MP1"], changes.days, meetings)
        beyond = int(np.isnat(meetings.to_numpy()).sum())
        if beyond:
            notes.append(
                f"mp2: announcements after which the calendar has no scheduled meeting: {beyond}"
            )
    used = {}
    for name in ("MP1", "MP2"):
        given = changes.column(name)
        made = own.get(name, given)
        differ = np.abs(given - made) > AGREES_PP
        if differ.any():
            notes.append(
                f"{name}: given values that contracts do not bear out, and are not used: "
                f"{int(differ.sum())}"
            )
        used[name] = np.where(np.isnan(given) | differ, made, given)
    return DecisionSurprises(own, used, notes)


def mp1(ff1: Floats, ff2: Floats, days: pd.DatetimeIndex) -> Floats:
    r"""Read the surprise about the decision just announced.

    A contract settles on its month's average rate, so news on day d of D moves it by the share
    (D − d)/D of the surprise,

    .. math:: \mathrm{MP1} = \Delta\mathrm{FF1}\,\frac{D}{D-d},

    and with D − d ≤ 7, where that factor would multiply noise, by the next month's contract,
    which holds all of it: ΔFF2.

    Parameters
    ----------
    ff1, ff2 : array, shape (n,)
        Changes, percentage points.
    days : DatetimeIndex, length n
        Dates of the announcements.

    Returns
    -------
    array, shape (n,)
        Percentage points; NaN where the contract that is read is missing.

    References
    ----------
    Kuttner, K. N. (2001), "Monetary policy surprises and interest rates", Journal of Monetary
    Economics 47(3), 523-544.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2026-04-15", "2026-04-29"])
    >>> mp1(np.array([0.05, 0.001]), np.array([0.1, 0.1]), days)
    array([0.1, 0.1])
    """
    left = (days.days_in_month - days.day).to_numpy(float)
    late = left <= MONTH_END_DAYS
    factor = days.days_in_month.to_numpy(float) / np.where(late, 1.0, left)
    return np.where(late, ff2, ff1 * factor)


def mp2(
    contracts: Floats, current: Floats, days: pd.DatetimeIndex, meetings: pd.DatetimeIndex
) -> Floats:
    r"""Read the revision of the rate expected after the next scheduled decision.

    With that meeting k months ahead, on day d2 of D2, its month's contract holds the surprise of
    today in full and what becomes known of the meeting for the days after it,

    .. math:: \mathrm{MP2} = \left(\Delta\mathrm{FF}_{k+1} - \frac{d_2}{D_2}\mathrm{MP1}\right)
              \frac{D_2}{D_2 - d_2},

    and with D2 − d2 ≤ 7 it is read from the month after: ΔFF_{k+2}.

    Parameters
    ----------
    contracts : array, shape (n, 6)
        Changes of FF1..FF6, percentage points; NaN where missing.
    current : array, shape (n,)
        MP1.
    days : DatetimeIndex, length n
        Dates of the announcements.
    meetings : DatetimeIndex, length n
        Next scheduled meeting after each; NaT where none is known.

    Returns
    -------
    array, shape (n,)
        Percentage points; NaN where the calendar or the contracts do not reach.

    References
    ----------
    Gürkaynak, R., B. Sack and E. Swanson (2005), "Do actions speak louder than words?",
    International Journal of Central Banking 1(1), 55-93, appendix.
    """
    known = ~np.isnat(meetings.to_numpy())
    meeting = meetings.where(known, days)
    length = meeting.days_in_month.to_numpy(float)
    day = meeting.day.to_numpy(float)
    left = length - day
    late = left <= MONTH_END_DAYS
    months = 12 * (meeting.year - days.year) + meeting.month - days.month
    column = months.to_numpy(np.int64) + late
    held = known & (column < contracts.shape[1])
    change = contracts[np.arange(len(days)), np.where(held, column, 0)]
    early = (change - day / length * current) * length / np.where(late, 1.0, left)
    return np.where(held, np.where(late, change, early), np.nan)


def next_meetings(
    days: pd.DatetimeIndex, fomc: pd.DataFrame, cancelled: Cancelled
) -> pd.DatetimeIndex:
    """Find the next scheduled meeting after each date, as the calendar stood then.

    Parameters
    ----------
    days : DatetimeIndex
        Dates of the announcements.
    fomc : DataFrame
        announced, kind, and, where there, known_since and cancelled_on.
    cancelled : {"skip", "keep"}
        Whether meetings that were later called off count for nothing from the start, as in the
        published series, or until they were called off.

    Returns
    -------
    DatetimeIndex
        NaT beyond the calendar's end.

    Raises
    ------
    DataError
        If a date of the calendar is none.
    """
    kinds = ("scheduled",) if cancelled == "skip" else ("scheduled", "cancelled")
    table = fomc.loc[fomc["kind"].isin(kinds)]
    held = _dates(table, "announced").to_numpy().astype("datetime64[D]")
    since = _dates(table, "known_since").to_numpy().astype("datetime64[D]")
    until = _dates(table, "cancelled_on").to_numpy().astype("datetime64[D]")
    day = days.to_numpy().astype("datetime64[D]")[:, None]
    ahead = (held > day) & ~(since > day) & ~(until <= day)
    # A column of days beyond any calendar stands for no meeting at all.
    far = np.full((len(days), 1), np.datetime64("2262-01-01", "D"))
    first = np.min(np.hstack([np.where(ahead, held, far), far]), axis=1)
    return pd.DatetimeIndex(np.where(first == far[:, 0], np.datetime64("NaT"), first))


def _dates(table: pd.DataFrame, column: str) -> pd.DatetimeIndex:
    if column not in table:
        return pd.DatetimeIndex([pd.NaT] * len(table))
    try:
        return pd.DatetimeIndex(pd.to_datetime(table[column])).normalize()
    except (ValueError, TypeError) as error:
        raise DataError(f"fomc: {column} must hold dates ({error})") from None

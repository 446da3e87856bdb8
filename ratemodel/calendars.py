"""Date arithmetic: FOMC meetings, effective dates, strike times and how intervals overlap.

Nothing here reads prices. A return, a shock and a dollar move are intervals between two strikes;
whether one can explain another is decided by these functions and by nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import ClockError, DataError
from ratemodel.types.clock import FUTURES_CLOCK as FUTURES_CLOCK
from ratemodel.types.clock import Clock

Times = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
EffectiveLag = Literal[0, 1, "era"]

RANGE_ERA_START = pd.Timestamp("2008-12-16")
"""First day of a target range instead of a single target."""

NEW_YORK = "America/New_York"
YIELD_CLOCK = Clock.parse(f"15:30 {NEW_YORK}")

_ETFS_AND_INDICES = (
    *("GLD", "IAU", "SLV", "SIVR", "GDX", "UUP"),
    *("SPX", "NDX", "SPY", "QQQ", "DIA", "IWM"),
    *("TIP", "TLT", "IEF", "SHY", "HYG", "LQD"),
)

BUILT_IN_CLOCKS: dict[str, Clock] = {
    "GC": Clock.parse(f"13:30 {NEW_YORK}"),
    "SI": Clock.parse(f"13:25 {NEW_YORK}"),
    "XAU_LBMA_PM": Clock.parse("15:00 Europe/London"),
    "DTWEXBGS": Clock.parse(f"12:00 {NEW_YORK}"),
    **dict.fromkeys(_ETFS_AND_INDICES, Clock.parse(f"16:00 {NEW_YORK}")),
    **dict.fromkeys(("BTC", "ETH", "SOL", "PAXG", "XAUT"), Clock.parse("24:00 UTC")),
}
"""Strike clocks ratemodel knows; a study adds or overrides."""

_YIELD_PREFIXES = ("DGS", "DFII")
_YIELD_SERIES = ("T10YIE", "T5YIE")


def clock_of(series: str, clocks: Mapping[str, Clock]) -> Clock:
    """Look up when a series is struck.

    Parameters
    ----------
    series : str
        Asset symbol or rates series.
    clocks : mapping
        Known clocks; Treasury yields (DGS*, DFII*, T10YIE) need not be listed.

    Raises
    ------
    ClockError
        If nobody said when the series is struck: a date alone cannot be matched to a shock.

    Examples
    --------
    >>> str(clock_of("DGS2", BUILT_IN_CLOCKS))
    '15:30 America/New_York'
    """
    if series in clocks:
        return clocks[series]
    if series.startswith(_YIELD_PREFIXES) or series in _YIELD_SERIES:
        return YIELD_CLOCK
    raise ClockError(
        f"{series} has no strike clock: give it one in the study, "
        f"[assets] {series} = {{ struck_at = 'HH:MM Zone' }}"
    )


def strike_times(dates: pd.DatetimeIndex, clock: Clock) -> Times:
    """Say at which instant, in UTC, a series struck by `clock` is known on each date.

    Daylight saving is the zone's own: 16:00 in New York is 21:00 UTC in January and 20:00 in July.

    Parameters
    ----------
    dates : DatetimeIndex
        Dates without a time part.
    clock : Clock

    Returns
    -------
    array of datetime64[s], same length
        UTC instants.

    Examples
    --------
    >>> strike_times(pd.DatetimeIndex(["2026-01-30"]), Clock.parse("24:00 UTC"))
    array(['2026-01-31T00:00:00'], dtype='datetime64[s]')
    """
    days, minutes = divmod(clock.minutes, 1440)
    wall = dates + pd.Timedelta(days=days) + pd.Timedelta(minutes=minutes)
    local = wall.tz_localize(
        clock.zone, ambiguous=np.zeros(len(wall), dtype=bool), nonexistent="shift_forward"
    )
    return local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")


def announcement_times(fomc: pd.DataFrame) -> Times:
    """Instants, in UTC, at which FOMC decisions are announced (`announced` and `time_et`)."""
    clock_text = fomc["time_et"].astype(str)
    wall = pd.DatetimeIndex(pd.to_datetime(fomc["announced"]))
    wall = wall + pd.to_timedelta((clock_text + ":00").to_numpy())
    local = wall.tz_localize(NEW_YORK, ambiguous=np.zeros(len(wall), dtype=bool))
    return local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")


def effective_dates(announced: pd.DatetimeIndex, lag: EffectiveLag = 1) -> pd.DatetimeIndex:
    """Say from which date on a decision moves the effective rate.

    CME's tables of 2022 and 2026 count the announcement day at the old rate (lag 1); before the
    target range the desk moved the rate on the day itself (``"era"``: 0 before 2008-12-16).

    Examples
    --------
    >>> effective_dates(pd.DatetimeIndex(["2026-01-28"]))[0]
    Timestamp('2026-01-29 00:00:00')
    """
    if lag == "era":
        days = np.where(announced < RANGE_ERA_START, 0, 1)
    else:
        days = np.full(len(announced), lag)
    return announced + pd.to_timedelta(days, unit="D")


def days_share_from(start: Times, months: pd.PeriodIndex) -> Floats:
    r"""Measure which share of each month's calendar days falls on or after each date.

    .. math:: g_{c,k} = \#\{d \in c : d \ge \text{start}_k\} / \#\{d \in c\}

    A contract settles on the plain mean over *calendar* days, so this is the weight with which a
    change of rate at `start` enters it.

    Parameters
    ----------
    start : array of datetime64, shape (K,)
    months : PeriodIndex, length C

    Returns
    -------
    array, shape (C, K)
        Fractions from 0 to 1.

    Examples
    --------
    >>> days_share_from(
    ...     np.array(["2026-01-29"], "datetime64[D]"),
    ...     pd.PeriodIndex(["2026-01", "2026-02"], freq="M"),
    ... ).round(4)
    array([[0.0968],
           [1.    ]])
    """
    first = months.start_time.to_numpy().astype("datetime64[D]").astype(np.int64)
    days = months.days_in_month.to_numpy().astype(np.int64)
    left = (first + days)[:, None] - start.astype("datetime64[D]").astype(np.int64)[None, :]
    share: Floats = np.clip(left, 0, days[:, None]) / days[:, None]
    return share


def end_inside(start: Times, end: Times, item_end: Times) -> tuple[npt.NDArray[np.int64], ...]:
    """Find, for each interval (start, end], the run of items whose end lies in it.

    Returns first and stop positions into `item_end` (ascending), so that items
    ``first[i]:stop[i]`` end inside interval i.
    """
    return (
        np.searchsorted(item_end, start, side="right"),
        np.searchsorted(item_end, end, side="right"),
    )


def start_inside(start: Times, end: Times, item_start: Times) -> tuple[npt.NDArray[np.int64], ...]:
    """Find, for each interval (start, end], the run of items whose start lies in [start, end)."""
    return (
        np.searchsorted(item_start, start, side="left"),
        np.searchsorted(item_start, end, side="left"),
    )


MEETING_KINDS = ("scheduled", "unscheduled", "cancelled")
_ALWAYS = np.datetime64("1900-01-01", "s")
_NEVER = pd.Timestamp("2200-01-01")


def meeting_calendar(fomc: pd.DataFrame, lag: EffectiveLag = 1) -> pd.DataFrame:
    """List the meetings that can move the rate, in order of effect, with when each was known.

    A scheduled meeting is taken as always known unless `known_since` says otherwise, an
    unscheduled one as known from its announcement, a cancelled one until `cancelled_on`. Several
    announcements of one day move the rate together: they are one meeting, from the first's target
    to the last's.

    Parameters
    ----------
    fomc : DataFrame
        The fomc table.
    lag : {0, 1, "era"}

    Returns
    -------
    DataFrame
        announced, announced_utc, effective, known_utc, cancelled_on, kind, before_pct, after_pct
        (single target or middle of the range; NaN where not decided), before_width_pct,
        after_width_pct (upper less lower; 0 for a single target), ascending by effective.

    Raises
    ------
    DataError
        If dates come with a time zone.
    """
    table = fomc.loc[fomc["kind"].isin(MEETING_KINDS)].reset_index(drop=True)
    announced = pd.DatetimeIndex(pd.to_datetime(table["announced"]))
    _refuse_zones(table)
    said = announcement_times(table)
    surprise = table["kind"].eq("unscheduled").to_numpy()
    since = pd.to_datetime(_optional(table, "known_since")).to_numpy().astype("datetime64[s]")
    since = np.where(np.isnat(since), np.where(surprise, said, _ALWAYS), since)
    calendar = pd.DataFrame(
        {
            "announced": announced,
            "announced_utc": said,
            "effective": effective_dates(announced, lag),
            "known_utc": since,
            "cancelled_on": pd.to_datetime(_optional(table, "cancelled_on")).fillna(_NEVER),
            "kind": table["kind"],
            "before_pct": _middle(table, "before"),
            "after_pct": _middle(table, "after"),
            "before_width_pct": _width(table, "before"),
            "after_width_pct": _width(table, "after"),
        }
    )
    calendar = calendar.sort_values(["effective", "announced_utc"], ignore_index=True)
    # A meeting called off on the day of another says nothing about it.
    held = calendar["kind"] != "cancelled"
    calendar = calendar[held | ~held.groupby(calendar["effective"]).transform("any")]
    together = calendar.groupby("effective")
    for column in ("before_pct", "before_width_pct"):
        calendar[column] = together[column].transform("first")
    calendar["known_utc"] = together["known_utc"].transform("min")
    return calendar.drop_duplicates("effective", keep="last", ignore_index=True)


def _refuse_zones(table: pd.DataFrame) -> None:
    for column in ("announced", "known_since", "cancelled_on"):
        if column in table and pd.DatetimeIndex(pd.to_datetime(table[column])).tz is not None:
            raise DataError(f"fomc: {column} is a New York date, without a time zone")


def _optional(table: pd.DataFrame, column: str) -> pd.Series[pd.Timestamp]:
    if column in table:
        return pd.to_datetime(table[column])
    return pd.Series(pd.NaT, index=table.index)


def _middle(table: pd.DataFrame, when: str) -> Floats:
    lower = table[f"target_lower_{when}_pct"].to_numpy(float)
    upper = table[f"target_upper_{when}_pct"].to_numpy(float)
    middle: Floats = (lower + upper) / 2.0
    return middle


def _width(table: pd.DataFrame, when: str) -> Floats:
    lower = table[f"target_lower_{when}_pct"].to_numpy(float)
    width: Floats = table[f"target_upper_{when}_pct"].to_numpy(float) - lower
    return width


def target_on(dates: pd.DatetimeIndex, calendar: pd.DataFrame) -> Floats:
    """Say which target (middle of the range, percent) ruled on each date; NaN where unknown.

    The last decision in effect rules; before the first one the rate it replaced does.
    """
    decided = calendar.loc[calendar["after_pct"].notna()]
    if decided.empty:
        return np.full(len(dates), np.nan)
    last = np.searchsorted(decided["effective"].to_numpy(), dates.to_numpy(), side="right")
    levels = np.concatenate([decided["before_pct"].to_numpy()[:1], decided["after_pct"].to_numpy()])
    ruling: Floats = levels[last]
    return ruling


def month_ends(ordinals: Ints) -> pd.DatetimeIndex:
    """Last days of months given as period ordinals (months since January 1970).

    Examples
    --------
    >>> month_ends(np.array([0]))[0]
    Timestamp('1970-01-31 00:00:00')
    """
    following = (np.asarray(ordinals) + 1).astype("datetime64[M]").astype("datetime64[D]")
    return pd.DatetimeIndex(following - np.timedelta64(1, "D")).as_unit("us")


def pack_true(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Pack each row's True positions to the left, padded with −1.

    Examples
    --------
    >>> pack_true(np.array([[True, False, True], [False, True, False]]))
    array([[ 0,  2],
           [ 1, -1]])
    """
    rows, columns = np.nonzero(mask)
    width = int(mask.sum(axis=1).max(initial=0))
    packed = np.full((mask.shape[0], width), -1, dtype=np.int64)
    first = np.searchsorted(rows, np.arange(mask.shape[0]))
    packed[rows, np.arange(len(rows)) - first[rows]] = columns
    return packed


def meetings_ahead(
    calendar: pd.DataFrame,
    dates: pd.DatetimeIndex,
    last_day: pd.DatetimeIndex,
    clock: Clock = FUTURES_CLOCK,
) -> npt.NDArray[np.int64]:
    """List, for each date, the meetings known at its strike, to take effect by `last_day`.

    Returns
    -------
    array, shape (T, K)
        Row numbers of `calendar`, in order of effect, padded with −1.
    """
    row, there = _in_effect_within(calendar, dates, last_day)
    there &= calendar["known_utc"].to_numpy()[row] <= strike_times(dates, clock)[:, None]
    there &= calendar["cancelled_on"].to_numpy()[row] > dates.to_numpy()[:, None]
    return _packed(row, there)


def _in_effect_within(
    calendar: pd.DataFrame, after: pd.DatetimeIndex, until: pd.DatetimeIndex
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """List meetings in effect after one day and by another: a run of rows, as they are ordered."""
    effective = calendar["effective"].to_numpy()
    first = np.searchsorted(effective, after.to_numpy(), side="right")
    stop = np.searchsorted(effective, until.to_numpy(), side="right")
    row = first[:, None] + np.arange(int((stop - first).max(initial=0)))
    there = row < stop[:, None]
    return np.where(there, row, 0), there


def _packed(row: npt.NDArray[np.int64], there: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    slot = pack_true(there)
    return np.where(slot >= 0, np.take_along_axis(row, slot, axis=1), -1)


def meetings_revised(
    calendar: pd.DataFrame,
    dates: pd.DatetimeIndex,
    clock: Clock,
    last_day: pd.DatetimeIndex,
) -> npt.NDArray[np.int64]:
    """List, for each date, the meetings whose outcome could be revised since the date before.

    Those announced after the previous strike and known on either date: a meeting cancelled in
    between is revised to nothing, and a surprise meeting from nothing. The first date has none.

    Returns
    -------
    array, shape (T, K)
        Row numbers of `calendar`, padded with −1.
    """
    previous = dates[:-1]
    struck = strike_times(previous, clock)
    row, there = _in_effect_within(calendar, previous, last_day[1:])
    there &= calendar["announced_utc"].to_numpy()[row] > struck[:, None]
    there &= calendar["known_utc"].to_numpy()[row] <= strike_times(dates[1:], clock)[:, None]
    there &= calendar["cancelled_on"].to_numpy()[row] > previous.to_numpy()[:, None]
    return np.pad(_packed(row, there), ((1, 0), (0, 0)), constant_values=-1)

"""Build surprises with the built-in calendar where none is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pandas as pd

from ratemodel.config import SurpriseOptions
from ratemodel.errors import CoverageError
from ratemodel.market.facts import builtin_table
from ratemodel.shocks.daily_surprises import Match, daily_changes
from ratemodel.shocks.factors import PathScale
from ratemodel.shocks.kuttner import Cancelled
from ratemodel.shocks.surprises import ALL, Origins, ScaleTo, build_surprises
from ratemodel.types.market import Market
from ratemodel.types.surprises import PolicySurprises

DEFAULTS = SurpriseOptions()
CEILING = (
    "closes hold a whole day's news: MP1 from closes (matched by date) and from 30-minute windows "
    "(USMPD statements) correlate .92 over 1994-2023 and .96 over 2016-2023, but .82 on the "
    "scheduled meetings of 2016-2023 alone"
)
"""Measured on real settlements; `daily_ceiling` measures it on yours."""


@cache
def _built_in_calendar() -> pd.DataFrame:
    """Read it once a process; nothing here changes it."""
    return builtin_table("fomc")


def policy_surprises(
    changes: pd.DataFrame,
    series: str | Sequence[str] = ALL,
    fomc: pd.DataFrame | None = None,
    predictors: pd.DataFrame | None = None,
    scale_to: ScaleTo | None = None,
    cancelled: Cancelled = DEFAULTS.cancelled,
    *,
    rotation_quantile: float = DEFAULTS.rotation_quantile,
    path_scale: PathScale = DEFAULTS.path_scale,
    min_events: int = DEFAULTS.min_events,
    origins: Origins | None = None,
) -> PolicySurprises:
    """Build published series of policy surprises from a table of changes around announcements.

    Each component is estimated on the announcements of the table that have its inputs, so that a
    published series is met on its published sample. How each is made stands with its function:
    mp1, mp2 (``shocks.kuttner``); target, path, news, swanson_ffr, swanson_fg, swanson_lsap
    (``shocks.factors``); jk_pc1, mp_poor_man, cbi_poor_man, mp_median, cbi_median
    (``shocks.information``); bs_mps, bs_mps_orth (``shocks.orthogonal``). All but the first two
    also exist with ``_expanding`` behind their names: each announcement estimated on those up to
    it only, so that history does not move.

    Parameters
    ----------
    changes : DataFrame
        One row an announcement. Its time is the first of `announced`, `date_time`, `start`
        present, or the index; New York's if it names no zone. FF1..FF6, ED1..ED8, UST1Y, UST2Y,
        UST5Y, UST10Y in percentage points, SP500 in percent. A given MP1 or MP2 is used in
        components where contracts bear it out, or where they are missing.
    series : str or sequence of str
        Names, or ``all`` for the fifteen; ``all`` leaves out what the inputs do not allow, and
        `omitted` names it.
    fomc : DataFrame, optional
        Calendar: announced, kind, and, where there, known_since and cancelled_on. Built-in facts
        if left out.
    predictors : DataFrame, optional
        Numbers known before each announcement, one row an announcement, for bs_mps_orth; its time
        is read as that of `changes`, and rows are matched by instant, else by date.
    scale_to : str, Series or DataFrame, optional
        Changes of the yield that news is one-for-one with: a column of `changes`, or numbers by
        time. The column UST1Y if left out.
    cancelled : {"skip", "keep"}
        Whether MP2 skips meetings that were later called off, or keeps them until they were.
    rotation_quantile : float
        Of the admissible angles between policy and information.
    path_scale : {"ed4", "equal"}
        Path one-for-one with ED4, or with the effect that target has on ED4.
    min_events : int
        Announcements before an expanding series begins.
    origins : Origins, optional
        How errors call the tables.

    Returns
    -------
    PolicySurprises

    Raises
    ------
    StudyError
        If a series or choice is unknown.
    CoverageError
        If a series asked for by name lacks its inputs.
    DataError
        If a cell cannot be read or an instant repeats; the text names row and value.

    Examples
    --------
    The June meeting leaves 13 of 30 days to the new rate.

    >>> table = pd.DataFrame({"announced": ["2026-06-17 14:00"], "FF1": [0.013], "FF2": [0.03]})
    >>> policy_surprises(table, ["mp1"]).series("mp1").round(3).tolist()
    [0.03]
    """
    calendar = _built_in_calendar() if fomc is None else fomc
    options = SurpriseOptions(
        cancelled=cancelled,
        rotation_quantile=rotation_quantile,
        path_scale=path_scale,
        min_events=min_events,
    )
    return build_surprises(changes, series, calendar, predictors, scale_to, options, origins)


def daily_surprises(
    market: Market,
    series: str | Sequence[str] = ("mp1", "mp2"),
    match: Match = "clock",
    cancelled: Cancelled = DEFAULTS.cancelled,
) -> PolicySurprises:
    """Build surprises from daily closes of fed funds futures, for every announcement they span.

    Parameters
    ----------
    market : Market
        Its futures, calendar and, for flags, releases.
    series : str or sequence of str
        Those that fed funds futures allow: mp1, mp2.
    match : {"clock", "date"}
        Which close is the first after an announcement (``shocks.daily_surprises``).
    cancelled : {"skip", "keep"}

    Returns
    -------
    PolicySurprises
        Flagged where the day's news is not the announcement's alone.

    Raises
    ------
    CoverageError
        If the market has no futures.

    Examples
    --------
    >>> import ratemodel as rm
    >>> surprises = rm.daily_surprises(rm.load_market("replica"))
    >>> surprises.names
    ['mp1', 'mp2']
    """
    if market.futures.empty:
        raise CoverageError("surprises from daily closes need a futures table")
    releases = market.releases if len(market.releases) else None
    changes, notes = daily_changes(market.futures, market.fomc, releases, match)
    options = SurpriseOptions(cancelled=cancelled)
    built = build_surprises(changes, series, market.fomc, options=options)
    if releases is None:
        notes.append("no table of releases: days of data releases are not flagged")
    notes.append(f"matched by {match}; {CEILING}")
    return replace(built, notes=(*built.notes, *notes))

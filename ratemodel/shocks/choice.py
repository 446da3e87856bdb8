"""Choose one shock for a study: the 12-month revision, or the nearest fixed date that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.types.shocks import PATH, ShockSeries

IDENTIFIED_SHARE = 0.95
"""Share of dates, of the sample and of the event alike, on which the shock must be identified."""
HORIZON_MONTHS = 12


@dataclass(frozen=True, eq=False)
class ShockChoice:
    """The shock a study uses on estimation and event dates alike, and why.

    Attributes
    ----------
    shocks : ShockSeries
        With path_bp as chosen.
    identified_share_12m, identified_share : float
        Share of estimation dates on which the 12-month revision, and the chosen one, is
        identified; the smaller of that and the event's share.
    note : str
        Names the fall-back; empty if none was needed.
    """

    shocks: ShockSeries
    identified_share_12m: float
    identified_share: float
    note: str


def choose_shock(
    shocks: ShockSeries,
    sample: tuple[pd.Timestamp, pd.Timestamp],
    event: tuple[pd.Timestamp, pd.Timestamp],
    names: Sequence[str] = (PATH,),
) -> ShockChoice:
    """Take the 12-month revision if it is identified on 95 % of dates, else a fixed date that is.

    Loadings and decomposition must use the same object. Where contracts reach only part of the
    way, a revision 12 months ahead is mostly prior on some dates and data on others; then the
    revision of the rate ruling at one fixed date, the quarter end nearest to 12 months after the
    event's first day that is identified on 95 % of the sample's dates and of the event's, is used
    for both. Nor is a series one object whose dates were made of different things: a date counts
    as identified only if its source is that of the event. An outside series without fixed dates is
    taken as it is.

    Parameters
    ----------
    shocks : ShockSeries
    sample : (first, last)
        Dates of the estimation sample, inclusive.
    event : (first, last)
        Dates of the event window, inclusive.
    names : sequence of str
        Shocks the study uses; only path_bp has a fall-back.

    Returns
    -------
    ShockChoice

    Raises
    ------
    CoverageError
        If neither the 12-month revision nor any fixed date is identified on enough dates.
    """
    dates = shocks.dates
    before = (dates >= sample[0]) & (dates <= sample[1])
    during = (dates >= event[0]) & (dates <= event[1])
    if not before.any() or not during.any():
        raise CoverageError(
            f"no shock in the sample {sample[0]:%Y-%m-%d}..{sample[1]:%Y-%m-%d} or in the event "
            f"{event[0]:%Y-%m-%d}..{event[1]:%Y-%m-%d}; shocks run "
            f"{dates[0]:%Y-%m-%d}..{dates[-1]:%Y-%m-%d}"
        )
    source = _source_of(shocks, during)
    same = shocks.source == source
    known = pd.concat(
        [shocks.of(name).notna() & shocks.identified[name] & same for name in names], axis=1
    )
    shares = pd.concat([known.loc[before].mean(), known.loc[during].mean()], axis=1).min(axis=1)
    share = float(shares.min())
    if share >= IDENTIFIED_SHARE or PATH not in names or shocks.fixed_bp.empty:
        return ShockChoice(shocks, share, share, "")
    fixed = shocks.fixed_identified
    shares = pd.concat([fixed.loc[before].mean(), fixed.loc[during].mean()], axis=1).min(axis=1)
    later = shares[(shares >= IDENTIFIED_SHARE) & (shares.index > event[1])]
    if later.empty:
        raise CoverageError(
            f"the data identify neither the rate 12 months ahead ({share:.0%} of dates) nor "
            f"that at any later quarter end on {IDENTIFIED_SHARE:.0%} of the dates"
        )
    wanted = event[0] + pd.DateOffset(months=HORIZON_MONTHS)
    distance = np.abs((pd.DatetimeIndex(later.index) - wanted).days.to_numpy())
    chosen = pd.Timestamp(later.index[int(distance.argmin())])
    alone = "" if same[before | during].all() else f" by {source} alone"
    note = (
        f"the rate 12 months ahead is identified{alone} on {share:.0%} of dates only; "
        f"the rate ruling on {chosen:%Y-%m-%d} is used instead, on {later[chosen]:.0%}"
    )
    return ShockChoice(shocks.at(chosen), share, float(later[chosen]), note)


def _source_of(shocks: ShockSeries, during: npt.NDArray[np.bool_]) -> str:
    """Say what most of the event's shocks were made of; the first by name if two tie."""
    counts = shocks.source[during].value_counts().sort_index()
    return str(counts.idxmax())

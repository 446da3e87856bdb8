"""Set surprise series side by side, and daily closes beside 30-minute windows."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from ratemodel.shocks.flags import UNSCHEDULED
from ratemodel.surprises.build import daily_surprises
from ratemodel.types.comparison import SurpriseComparison
from ratemodel.types.market import Market
from ratemodel.types.surprises import PolicySurprises

FEWEST = 3
"""Announcements that two series must share before they are compared."""
CALLED = "2026-01-28"
"""The last decision before the crash of 2026."""
SAMPLES = (("1994-01-01", "2023-12-31", False), ("2016-01-01", "2023-12-31", False))
SCHEDULED = ("2016-01-01", "2023-12-31", True)


def compare_surprises(
    surprises: PolicySurprises, date: pd.Timestamp | str = CALLED
) -> SurpriseComparison:
    """Compare every pair of series, and say what each called one date.

    Parameters
    ----------
    surprises : PolicySurprises
    date : Timestamp or str
        In New York.

    Returns
    -------
    SurpriseComparison
        Pairs that share fewer than three announcements, or of which one never moves, are left
        out.
    """
    rows = []
    for a, b in combinations(surprises.names, 2):
        both = surprises.values[[a, b]].dropna()
        spread = both.std()
        if len(both) < FEWEST or not (spread > 0.0).all():
            continue
        gap = (both[a] / spread[a] - both[b] / spread[b]).abs()
        far = gap.idxmax()
        rows.append(
            {
                "series_a": a,
                "series_b": b,
                "n": len(both),
                "correlation": float(np.corrcoef(both[a], both[b])[0, 1]),
                "disagreement": far,
                "value_a": float(both.loc[far, a]),
                "value_b": float(both.loc[far, b]),
                "gap_sd": float(gap[far]),
            }
        )
    names = ["series_a", "series_b", "n", "correlation", "disagreement"]
    pairs = pd.DataFrame(rows, columns=[*names, "value_a", "value_b", "gap_sd"])
    return SurpriseComparison(pairs, surprises.on(date), pd.Timestamp(date))


def daily_ceiling(market: Market, intraday: PolicySurprises) -> pd.DataFrame:
    """Measure how well MP1 from daily closes tells MP1 from short windows.

    No series from daily closes can be expected to do better than this.

    Parameters
    ----------
    market : Market
    intraday : PolicySurprises
        Holding mp1.

    Returns
    -------
    DataFrame
        match (clock, date), start, end, scheduled_only, correlation, n; a sample of fewer than
        three announcements has no correlation.
    """
    rows = []
    short = _by_day(intraday)
    for match in ("clock", "date"):
        closes = _by_day(daily_surprises(market, ["mp1"], match=match))
        both = short.add_suffix("_short").join(closes.add_suffix("_close"), how="inner")
        for start, end, scheduled in (*SAMPLES, SCHEDULED):
            part = both.loc[start:end]
            if scheduled:
                part = part.loc[~part["unscheduled_short"]]
            known = len(part) >= FEWEST
            value = part["mp1_short"].corr(part["mp1_close"]) if known else np.nan
            rows.append((match, start, end, scheduled, value, len(part)))
    names = ["match", "start", "end", "scheduled_only", "correlation", "n"]
    return pd.DataFrame(rows, columns=names)


def _by_day(surprises: PolicySurprises) -> pd.DataFrame:
    """Sum announcements of one New York date."""
    value = surprises.series("mp1")
    day = pd.DatetimeIndex(value.index).tz_localize(None).normalize()
    unscheduled = surprises.flags.loc[value.index].str.contains(UNSCHEDULED).to_numpy(bool)
    frame = pd.DataFrame({"mp1": value.to_numpy(), "unscheduled": unscheduled}, index=day)
    return frame.groupby(level=0).agg({"mp1": "sum", "unscheduled": "all"})

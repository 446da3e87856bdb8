"""What a trade date knows: the last target announced, and the effective rate that goes with it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import strike_times
from ratemodel.types.path import RatePath


def known_target(path: RatePath) -> pd.DataFrame:
    r"""Say which target was announced by each trade date's strike, in effect or not.

    Changes are counted from here: from the announced target plus the usual spread of the effective
    rate over it, not from the rate of the day. What fixings did on quarter-ends is then not read as
    a move, and neither is a decision already announced.

    Parameters
    ----------
    path : RatePath

    Returns
    -------
    DataFrame, T rows
        target_pct (single target or middle of the range), width_pct (of the range; 0 for a single
        target), level_pct (target plus spread). NaN where no target is known.
    """
    calendar, dates = path.calendar, path.trade_dates
    decided = calendar.loc[calendar["after_pct"].notna()].sort_values("announced_utc")
    if decided.empty:
        unknown = np.full(len(dates), np.nan)
        target, width = unknown, unknown
    else:
        said, struck = decided["announced_utc"].to_numpy(), strike_times(dates, path.clock)
        last = np.searchsorted(said, struck, side="right")
        target, width = (
            np.append(decided[f"before_{what}"].iloc[0], decided[f"after_{what}"])[last]
            for what in ("pct", "width_pct")
        )
    spread = path.anchor["spread_bp"].to_numpy(float) / 100.0
    # A spread over a single target says nothing about one over the range that follows it.
    spread = np.where(_changes_kind(path), 0.0, spread)
    return pd.DataFrame(
        {"target_pct": target, "width_pct": width, "level_pct": target + spread}, index=dates
    )


def _changes_kind(path: RatePath) -> npt.NDArray[np.bool_]:
    """Dates on which a range was announced and a single target is still in effect."""
    calendar, dates = path.calendar, path.trade_dates
    first = calendar["after_width_pct"].gt(0.0) & calendar["before_width_pct"].eq(0.0)
    said = calendar.loc[first, "announced_utc"].to_numpy()
    begins = calendar.loc[first, "effective"].to_numpy()
    struck = strike_times(dates, path.clock)[:, None]
    between = (struck >= said) & (dates.to_numpy()[:, None] < begins)
    return np.asarray(between.any(axis=1), dtype=bool)

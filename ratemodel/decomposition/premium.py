"""The rate-cut premium: what priced cuts were worth to an asset at its peak, before and after."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from ratemodel.path import expected_rates, known_target
from ratemodel.types.decomposition import CrashDecomposition
from ratemodel.types.path import RatePath
from ratemodel.types.shocks import PATH

PEAK_DATES = 60
"""Trade dates before an event among which an asset's peak is looked for."""
MONTHS_AHEAD = 12
PREMIUM_COLUMNS = (
    *("event", "asset", "when", "date", "horizon_date", "cuts_priced_bp"),
    *("premium_pp", "low_pp", "high_pp", "level", "note"),
)
NOTE = "a level read with a daily loading: an extrapolation; the interval is of the loading alone"


def rate_cut_premium(
    path: RatePath, split: CrashDecomposition, closes: pd.DataFrame
) -> pd.DataFrame:
    r"""Say what the cuts priced by a fixed date were worth to each asset.

    With H twelve months after the event's first day (or the study's fixed date), the same in all
    rows,

    .. math:: \text{cuts}(t) = 100\,(E_t[r_H] - r_0), \qquad \text{premium} = \hat\beta\,\text{cuts}

    r_0 the target-consistent rate before the event. After the event, cuts are those before plus
    the event's shocks, so that the two premia differ by :math:`\hat\beta \sum_W s` exactly: a
    difference of two paths would also hold what their contracts disagree on.

    Parameters
    ----------
    path : RatePath
    split : CrashDecomposition
    closes : DataFrame
        date, asset, close: the prices table.

    Returns
    -------
    DataFrame
        Columns `PREMIUM_COLUMNS`; `when` is peak (highest close in the 60 trade dates before),
        before (last trade date before) or after. An event whose date H the path does not reach, or
        whose shock is not the path's, is left out.
    """
    rows: list[dict[Hashable, Any]] = []
    starts = split.windows.groupby("event")["first"].min()
    for event in split.events:
        shocks = split.shocks[event]
        own = split.windows.loc[split.windows["event"] == event]
        if PATH not in shocks.names:
            continue
        first, last = starts.loc[event], own["last"].max()
        earlier = path.trade_dates[path.trade_dates < first]
        if not len(earlier):
            continue
        horizon = shocks.fixed_date or first + pd.DateOffset(months=MONTHS_AHEAD)
        when = pd.DatetimeIndex([horizon] * len(path.trade_dates))
        expected = expected_rates(path, when)["expected_rate_pct"]
        base = known_target(path)["level_pct"].fillna(
            pd.Series(path.current_pct, index=path.trade_dates)
        )
        cuts = 100.0 * (expected - base.loc[earlier[-1]])
        revised = shocks.of(PATH).loc[first:last].sum(min_count=1)
        recent = earlier[-PEAK_DATES:]
        for asset in own["asset"]:
            load = split.loadings.row(asset, PATH, event=event)
            beta, ends = load["estimate_pp_per_bp"], (load["ci_low"], load["ci_high"])
            peak = _peak(closes, asset, recent)
            points = [("before", earlier[-1], cuts.loc[earlier[-1]])]
            if peak is not None:
                points.insert(0, ("peak", peak, cuts.loc[peak]))
            points.append(("after", last, cuts.loc[earlier[-1]] + revised))
            for name, date, priced in points:
                low, high = sorted(priced * end for end in ends)
                rows.append(
                    {
                        "event": event,
                        "asset": asset,
                        "when": name,
                        "date": date,
                        "horizon_date": horizon,
                        "cuts_priced_bp": priced,
                        "premium_pp": beta * priced,
                        "low_pp": low,
                        "high_pp": high,
                        "level": load["ci_level"],
                        "note": NOTE,
                    }
                )
    return pd.DataFrame(rows, columns=list(PREMIUM_COLUMNS))


def _peak(closes: pd.DataFrame, asset: str, dates: pd.DatetimeIndex) -> pd.Timestamp | None:
    """Trade date of an asset's highest close; None without a price on any."""
    own = closes.loc[(closes["asset"] == asset) & closes["date"].isin(dates)]
    if own.empty:
        return None
    highest = int(own["close"].to_numpy(float).argmax())
    return pd.Timestamp(own["date"].to_numpy()[highest])

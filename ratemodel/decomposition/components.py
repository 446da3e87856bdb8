"""One asset's split: the identity, with every component's band of its own kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.decomposition.linking import simple_parts_pct
from ratemodel.loadings import WindowDraws
from ratemodel.types.decomposition import Band, Component
from ratemodel.types.sentence import DISAGREE

Floats = npt.NDArray[np.float64]

NO_DOLLAR = "no dollar series: not measured, and part of what is not explained"
CEILING_NOTE = (
    "everything but drift, rates and dollar; low and high: confidence set for leverage if other "
    "news was no larger than on the days before, of either sign. From leverage_floor to here is an "
    "identified set only if other news had the sign of this estimate"
)
FEW_SIGMA = 2.0
"""A return of fewer standard deviations of its noise is not shared out: quiet days make it."""


@dataclass(frozen=True, slots=True)
class Split:
    """One window of one asset: component rows ready for a table."""

    rows: tuple[dict[str, Any], ...]
    disagree: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """A part of leverage, pp: its point, and the ends of its interval, by default over ranges."""

    central: float
    low: float
    high: float
    note: str
    band: Band = "sensitivity"


def split_window(
    draws: WindowDraws,
    noise_pp: Floats,
    floor: Amount,
    leverage: Amount,
    total_pp: float,
    level: float,
    notes: Mapping[Component, str],
) -> Split:
    r"""Split one window's return.

    With U = total − drift − rate premium − dollar, the ceiling of leverage is U. Its confidence
    set is U minus the null predictive of the residual, convolved with the bootstrap:
    quantiles of :math:`U - (\hat\theta^* - \hat\theta) - \varepsilon^*`. The point for leverage
    is the impact of measured flows and, where none was measured, of modelled ones; the residual is
    the rest.

    Parameters
    ----------
    draws : WindowDraws
        Bootstrap of drift, rate premium, dollar and U.
    noise_pp : array, shape (N,)
        Simulated sums of quiet-day residuals over the window; the bootstrap's draws are repeated
        as often as needed.
    floor : Amount
        Impact of measured flows alone; the note says why it is zero, if it is.
    leverage : Amount
        With modelled flows.
    total_pp : float
    level : float
    notes : mapping of str to str
        What a reader must know of the total (from which earlier day it runs, if it does), the rate
        premium (the shocks used) and the dollar (why it is left out, if it is).

    Returns
    -------
    Split
    """
    unexplained = draws.estimate["unexplained"]
    known = sum(draws.estimate[k] for k in ("drift", "rate_premium", "dollar"))
    rest = total_pp - known - leverage.central
    deviation = np.resize(draws.draws["unexplained"], len(noise_pp)) - unexplained
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    set_low, set_high = np.quantile(unexplained - deviation - noise_pp, tails)
    low_u, high_u = draws.interval("unexplained", level)
    disagree = floor.central != 0.0 and (
        floor.central * unexplained < 0.0 or abs(floor.central) > abs(unexplained)
    )
    conflict = DISAGREE if disagree else ""
    shared = abs(total_pp) >= FEW_SIGMA * float(noise_pp.std())
    total_note = notes.get("total", "")
    rows = [_row("total", total_pp, total_pp, total_pp, "exact", level, total_note)]
    estimated: tuple[Component, ...] = ("drift", "rate_premium", "dollar")
    for name in estimated:
        low, high = draws.interval(name, level)
        note = notes.get(name, "")
        rows.append(_row(name, draws.estimate[name], low, high, "confidence", level, note))
    rows.append(_of_leverage("leverage_floor", floor, level, floor.note or conflict))
    rows.append(
        _row(
            "leverage_ceiling",
            unexplained,
            float(set_low),
            float(set_high),
            "predictive",
            level,
            conflict or CEILING_NOTE,
        )
    )
    rows.append(_of_leverage("leverage", leverage, level, conflict or leverage.note))
    rows.append(
        _row(
            "residual",
            rest,
            low_u - leverage.high,
            high_u - leverage.low,
            _rest_band(leverage),
            level,
            "the rest; sampling error of the other parts and the interval of leverage",
        )
    )
    return Split(tuple(_with_shares(rows, total_pp, shared)), bool(disagree))


def _rest_band(leverage: Amount) -> Band:
    """Kind of the residual's interval: leverage's, once it is more than a point."""
    return leverage.band if leverage.low < leverage.high else "confidence"


def _of_leverage(component: Component, amount: Amount, level: float, note: str) -> dict[str, Any]:
    ends = amount.central, amount.low, amount.high
    return _row(component, *ends, amount.band, level, note)


def with_leverage(rows: list[dict[str, Any]], leverage: Amount) -> list[dict[str, Any]]:
    """Put another estimate of leverage into component rows; the residual takes what it leaves.

    Parameters
    ----------
    rows : list of dict
        Of one asset in one window or day, as `split_window` makes them.
    leverage : Amount
    """
    held = {row["component"]: row for row in rows}
    before, rest = held["leverage"], held["residual"]
    low_u, high_u = rest["low_pp"] + before["high_pp"], rest["high_pp"] + before["low_pp"]
    level, total = before["level"], held["total"]["estimate_pp"]
    known = sum(held[k]["estimate_pp"] for k in ("drift", "rate_premium", "dollar"))
    new = {
        "leverage": _of_leverage("leverage", leverage, level, leverage.note),
        "residual": _row(
            "residual",
            total - known - leverage.central,
            low_u - leverage.high,
            high_u - leverage.low,
            _rest_band(leverage),
            level,
            rest["note"],
        ),
    }
    shared = bool(np.isfinite(rest["share_pct"]))
    return _with_shares([new.get(row["component"], row) for row in rows], total, shared)


def early_start(returns: pd.DataFrame, first: pd.Timestamp, trade_dates: pd.DatetimeIndex) -> str:
    """Say that a window's first return holds moves of days before it, for want of a price.

    Parameters
    ----------
    returns : DataFrame
        One asset's rows, by date.
    first : Timestamp
        Date of the window's first return.
    trade_dates : DatetimeIndex

    Returns
    -------
    str
        Empty if the return begins on the trade date before.

    Examples
    --------
    >>> dates = pd.to_datetime(["2026-01-28", "2026-01-29", "2026-01-30"])
    >>> returns = pd.DataFrame({"date": dates[[0, 2]]})
    >>> early_start(returns, dates[2], pd.DatetimeIndex(dates))
    'from 2026-01-28 on: no price on 2026-01-29'
    """
    earlier = returns.loc[returns["date"] < first, "date"]
    due = trade_dates[trade_dates < first]
    if earlier.empty or not len(due) or earlier.iloc[-1] >= due[-1]:
        return ""
    return f"from {earlier.iloc[-1]:%Y-%m-%d} on: no price on {due[-1]:%Y-%m-%d}"


def shocks_used(dates: pd.DatetimeIndex) -> str:
    """Say of which dates a window's shocks are: by the clock they may reach beyond it.

    Examples
    --------
    >>> shocks_used(pd.DatetimeIndex(["2026-01-29", "2026-01-30", "2026-02-02"]))
    'shocks of 2026-01-29 to 2026-02-02'
    """
    if dates.empty:
        return "no shock falls into the returns"
    if len(dates) == 1:
        return f"shock of {dates[0]:%Y-%m-%d}"
    return f"shocks of {dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}"


def _row(
    component: Component,
    estimate: float,
    low: float,
    high: float,
    band: Band,
    level: float,
    note: str = "",
) -> dict[str, Any]:
    return {
        "component": component,
        "estimate_pp": estimate,
        "low_pp": low,
        "high_pp": high,
        "level": level,
        "band": band,
        "note": note,
    }


def _with_shares(rows: list[dict[str, Any]], total_pp: float, shared: bool) -> list[dict[str, Any]]:
    """Add each part's share of the total with its own band, and its part of the simple return."""
    simple = simple_parts_pct(np.array([row["estimate_pp"] for row in rows]), total_pp)
    shares = [
        [
            100.0 * row[k] / total_pp + 0.0 if shared else np.nan
            for k in ("estimate_pp", "low_pp", "high_pp")
        ]
        for row in rows
    ]
    return [
        {
            **row,
            "simple_pct": float(linked),
            "share_pct": share,
            "share_low_pct": min(ends),
            "share_high_pct": max(ends),
        }
        for row, linked, (share, *ends) in zip(rows, simple, shares, strict=True)
    ]


def component_frame(records: list[dict[str, Any]], extra: list[str]) -> pd.DataFrame:
    """Tabulate component rows with the key columns first."""
    columns = ["event", "asset", *extra, "component", "method", "estimate_pp", "low_pp", "high_pp"]
    shares = ["share_pct", "share_low_pct", "share_high_pct"]
    return pd.DataFrame(records)[[*columns, "level", "band", "note", "simple_pct", *shares]]

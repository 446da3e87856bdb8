"""Effects of each cause in joint draws of loadings and of leverage: rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ratemodel.decomposition.counterfactuals import (
    DOLLAR,
    RATES,
    SHOCKS,
    Attribution,
    Causes,
    attribute,
)
from ratemodel.leverage import ForcedMarket, LeverageModel, forced_market
from ratemodel.loadings import DayDraws

Floats = npt.NDArray[np.float64]
EffectRows = tuple[list[dict[str, Any]], list[dict[str, Any]]]

SLOPE_STEP_PP = 1e-4
COUNTERFACTUAL_COLUMNS = (
    *("channel", "direct_pp", "with_amplification_pp", "shapley_pp", "first_in_pp"),
    *("last_in_pp", "low_pp", "high_pp", "shapley_low_pp", "shapley_high_pp", "owen_pp"),
    *("with_channels_pp", "net_of_usual_gain_pp", "level", "draws", "note"),
)
DAILY_COLUMNS = (
    *("trade_date", "channel", "direct_pp", "with_amplification_pp", "shapley_pp"),
    *("low_pp", "high_pp", "level"),
)


def attributed_rows(
    model: LeverageModel,
    joint: dict[str, Floats],
    returns_pp: Floats,
    days: DayDraws,
    quiet_pp: Floats,
    level: float,
    note: str,
) -> EffectRows:
    """Attribute a window in joint draws of loadings and of leverage, the point first.

    What forced flows answer is the observed return, whatever the loadings: a value of leverage that
    is kept at the estimate is kept in every draw.

    Parameters
    ----------
    model : LeverageModel
    joint : dict of str to array, shape (1 + B, 1)
        Values of the model's ranges that were kept, one for each draw of the loadings.
    returns_pp : array, shape (days,)
    days : DayDraws
    quiet_pp : array, shape (n,)
        Returns before the event.
    level : float
    note : str

    Returns
    -------
    (list of dict, list of dict)
        Rows of the window and of its days.
    """
    market = forced_market(model, joint)
    causes = causes_of(market, returns_pp, days)
    return effect_rows(causes, level, _mean_gain(market, quiet_pp), note)


def effect_rows(causes: Causes, level: float, mean_gain: float, note: str) -> EffectRows:
    """Share a window out among its causes: one row a cause, and one a cause and day.

    Parameters
    ----------
    causes : Causes
        In joint draws, the point first.
    level : float
        Of the percentile intervals.
    mean_gain : float
        Mean dI/dr before the event.
    note : str

    Returns
    -------
    (list of dict, list of dict)
        Rows of the window (columns `COUNTERFACTUAL_COLUMNS`) and of its days (`DAILY_COLUMNS`
        with `day`, a position, for the date).
    """
    result = attribute(causes)
    whole = result.of_window()
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    net = _net_of_gain(causes, mean_gain)
    rows, daily = [], []
    for position, player in enumerate(result.players):
        shapley_low, shapley_high = np.quantile(whole.shapley[position, 0], tails)
        rows.append(
            {
                **_effect(whole, position, 0, tails),
                "channel": player,
                "first_in_pp": float(whole.direct[position, 0, 0]),
                "last_in_pp": float(whole.with_amplification[position, 0, 0]),
                "shapley_low_pp": float(shapley_low),
                "shapley_high_pp": float(shapley_high),
                "owen_pp": float(whole.owen[position, 0, 0]),
                "with_channels_pp": float(whole.amplified_alone[position, 0, 0]),
                "net_of_usual_gain_pp": net if player == RATES else np.nan,
                "level": level,
                "draws": len(causes.drift_pp),
                "note": note,
            }
        )
        for day in range(len(causes.returns_pp)):
            effect = _effect(result, position, day, tails)
            daily.append({**effect, "channel": player, "day": day, "level": level})
    return rows, daily


def _effect(result: Attribution, position: int, day: int, tails: list[float]) -> dict[str, Any]:
    amplified = result.with_amplification[position, day]
    low, high = np.quantile(amplified, tails)
    return {
        "direct_pp": float(result.direct[position, day, 0]),
        "with_amplification_pp": float(amplified[0]),
        "shapley_pp": float(result.shapley[position, day, 0]),
        "low_pp": float(low),
        "high_pp": float(high),
    }


def with_split_bands(
    rows: list[dict[str, Any]], parts: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give causes that nothing amplifies the bands they have in the split: they are the same parts.

    Parameters
    ----------
    rows : list of dict
        Effects of a window or a day, by channel.
    parts : sequence of mapping
        Its components.
    """
    if {row["channel"] for row in rows} - set(SHOCKS):
        return rows
    held = {part["component"]: part for part in parts}
    same = {RATES: held["rate_premium"], DOLLAR: held["dollar"]}
    out = []
    for row in rows:
        part = same.get(row["channel"])
        ends = {} if part is None else {k: part[k] for k in ("low_pp", "high_pp")}
        twins = {f"shapley_{k}": v for k, v in ends.items() if f"shapley_{k}" in row}
        out.append({**row, **ends, **twins})
    return out


def causes_of(market: ForcedMarket, returns_pp: Floats, days: DayDraws) -> Causes:
    """Put what moved a window together: returns, their explained parts and forced traders."""
    return Causes(
        returns_pp=returns_pp,
        drift_pp=days.drift_pp,
        rates_pp=days.rates_pp,
        dollar_pp=days.dollar_pp,
        channels=market.channels,
        law=market.law,
    )


def _mean_gain(market: ForcedMarket, quiet_pp: Floats) -> float:
    """Mean dI/dr over the days before the event, at the point: what loadings contain."""
    draws = len(market.law.y)
    r = np.broadcast_to(quiet_pp, (draws, len(quiet_pp)))

    def response(shifted: Floats) -> Floats:
        flows = (c.flow_usd([], shifted) for c in market.quiet_channels)
        moved: Floats = market.law.move_pp(sum(flows, np.zeros_like(shifted)))[0]
        return moved

    slope = (response(r + SLOPE_STEP_PP) - response(r - SLOPE_STEP_PP)) / (2.0 * SLOPE_STEP_PP)
    return float(slope.mean())


def _net_of_gain(causes: Causes, mean_gain: float) -> float:
    """Effect of rates with amplification, their loading cleared of the usual amplification."""
    smaller = replace(causes, rates_pp=causes.rates_pp * (1.0 - mean_gain))
    without = smaller.path_pp(frozenset(smaller.players) - {RATES})
    return float(causes.returns_pp.sum() - without[:, 0].sum())

"""Forced selling in one window: its size with a sensitivity set, and what it did to each cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.decomposition.counterfactuals import RATES, Attribution, Causes, attribute
from ratemodel.leverage import (
    MOST_CORNERS,
    EventTables,
    ForcedMarket,
    LeverageModel,
    admissible_draws,
    corner_count,
    draw_ranges,
    forced_market,
    leverage_model,
)
from ratemodel.loadings import DayDraws

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SET_DRAWS = 500
"""Draws of the parameters beside all their corners, for the ends of a sensitivity set."""
SLOPE_STEP_PP = 1e-4
COUNTERFACTUAL_COLUMNS = (
    *("channel", "direct_pp", "with_amplification_pp", "shapley_pp", "first_in_pp"),
    *("last_in_pp", "low_pp", "high_pp", "shapley_low_pp", "shapley_high_pp", "owen_pp"),
    *("with_channels_pp", "net_of_usual_gain_pp", "level", "draws", "draws_used", "note"),
)
NO_CHANNEL = "no forced trader can be modelled"
REFUTED = "quiet days refute every value in the ranges of {}: only measured flows are counted"


@dataclass(frozen=True, eq=False)
class ForcedSelling:
    """What forced flows did to one asset in one window.

    Attributes
    ----------
    central_pp, low_pp, high_pp : array, shape (days,)
        Impact of measured flows, and of modelled ones where none was measured: at central values,
        and the ends over admissible parameters.
    total : (central, low, high)
    note : str
        What could not be modelled, and how many draws were left out.
    gain, steepest : float
        dI/dr at the observed returns and the largest on the way, at central values, any day.
    draws, admissible, unstable : int
        Of the parameters: looked at, not refuted by quiet days, refused for a gain of one or more.
    rows : tuple of dict
        Rows of the counterfactuals table.
    """

    central_pp: Floats
    low_pp: Floats
    high_pp: Floats
    total: tuple[float, float, float]
    note: str
    gain: float
    steepest: float
    draws: int
    admissible: int
    unstable: int
    rows: tuple[dict[str, Any], ...]


def forced_selling(
    tables: EventTables,
    asset: str,
    dates: pd.DatetimeIndex,
    returns_pp: Floats,
    measured_usd: dict[str, Floats],
    days: DayDraws,
    quiet_pp: Floats,
    residual_sd_pp: float,
    sigma_pp: float,
    level: float,
    rng: np.random.Generator,
) -> ForcedSelling:
    """Measure forced selling in a window and attribute the window's return.

    Parameters
    ----------
    tables : EventTables
    asset : str
    dates : DatetimeIndex
        Of the window's returns.
    returns_pp : array, shape (days,)
    measured_usd : dict of str to array, shape (days, 3)
        By channel; NaN where nothing was measured.
    days : DayDraws
        Drift, rates and dollar in B resamples, the estimate first.
    quiet_pp : array, shape (n,)
        Returns before the event.
    residual_sd_pp, sigma_pp : float
        Of the loading regression; volatility known before the event.
    level : float
    rng : numpy.random.Generator

    Returns
    -------
    ForcedSelling
    """
    model = leverage_model(tables, asset, dates, returns_pp, measured_usd, sigma_pp)
    quiet = (quiet_pp, residual_sd_pp)
    found = _explore(model, returns_pp, days, quiet, rng) if model.moves_prices else None
    if found is not None and not len(found.kept):
        model = model.measured_only(REFUTED.format(", ".join(model.usable)))
        found = _explore(model, returns_pp, days, quiet, rng) if model.moves_prices else None
    if found is None:
        zero = np.zeros(len(returns_pp))
        why = "; ".join([NO_CHANNEL, *model.unmodelled])
        causes = Causes(returns_pp, days.drift_pp, days.rates_pp, days.dollar_pp, (), None)
        rows = _rows(causes, level, 0.0, len(days.drift_pp), why)
        return ForcedSelling(zero, zero, zero, (0.0, 0.0, 0.0), why, 0.0, 0.0, 0, 0, 0, tuple(rows))
    point, point_note = _point(found.impact_pp, found.kept)
    note = "; ".join(filter(None, [*model.unmodelled, point_note, found.counted(model)]))
    joint = draw_ranges(model.ranges, len(days.drift_pp) - 1, rng, corners=False)
    for name, values in joint.items():
        values[0] = found.drawn[name][point]
    attributed = _attributed(model, joint, returns_pp, days, quiet, level, note)
    kept = found.impact_pp[:, found.kept]
    sums = kept.sum(axis=0)
    return ForcedSelling(
        central_pp=found.impact_pp[:, point],
        low_pp=kept.min(axis=1),
        high_pp=kept.max(axis=1),
        total=(float(found.impact_pp[:, point].sum()), float(sums.min()), float(sums.max())),
        note=note,
        gain=float(found.gain[:, point].max()),
        steepest=float(found.steepest[:, point].max()),
        draws=len(found.plausible),
        admissible=int(found.plausible.sum()),
        unstable=int((found.plausible & ~found.stable).sum()),
        rows=tuple(attributed),
    )


@dataclass(frozen=True, eq=False)
class _Explored:
    """What parameters from their ranges, corners included, make of a window at the estimate."""

    drawn: dict[str, Floats]
    impact_pp: Floats
    gain: Floats
    steepest: Floats
    plausible: Bools

    @property
    def stable(self) -> Bools:
        """Whether the gain stays below one on the way to every return of the window."""
        return np.asarray((self.steepest < 1.0).all(axis=0))

    @property
    def kept(self) -> Ints:
        """Draws that neither quiet days refute nor their own gain."""
        return np.flatnonzero(self.plausible & self.stable)

    def counted(self, model: LeverageModel) -> str:
        """Say how many draws were kept and why others were not."""
        few = "" if corner_count(model.ranges) <= MOST_CORNERS else ", not all corners looked at"
        return (
            f"{len(self.kept)} of {len(self.plausible)} parameter values kept: "
            f"{int((~self.plausible).sum())} refuted by quiet days, "
            f"{int((self.plausible & ~self.stable).sum())} unstable{few}"
        )


def _explore(
    model: LeverageModel,
    returns_pp: Floats,
    days: DayDraws,
    quiet: tuple[Floats, float],
    rng: np.random.Generator,
) -> _Explored:
    """Try the ranges of leverage at the estimated drift, rates and dollar."""
    drawn = draw_ranges(model.ranges, SET_DRAWS, rng, corners=True)
    market = forced_market(model, drawn)
    causes = _causes(market, returns_pp, _repeat(days, len(drawn["adv"])))
    gain, steepest = causes.gains()
    return _Explored(
        drawn=drawn,
        impact_pp=_impact(market, causes),
        gain=gain,
        steepest=steepest,
        plausible=admissible_draws(market.quiet_channels, market.law, *quiet),
    )


def _point(impact: Floats, kept: Ints) -> tuple[int, str]:
    """Choose the parameters of the point: the central ones, if quiet days do not refute them."""
    if kept[0] == 0:
        return 0, ""
    order = kept[np.argsort(impact[:, kept].sum(axis=0), kind="stable")]
    note = "central values are refuted by quiet days or unstable: the median of those kept"
    return int(order[len(order) // 2]), note


def _attributed(
    model: LeverageModel,
    joint: dict[str, Floats],
    returns_pp: Floats,
    days: DayDraws,
    quiet: tuple[Floats, float],
    level: float,
    note: str,
) -> list[dict[str, Any]]:
    """Attribute the window in joint draws of loadings and of leverage, the point first."""
    draws = len(days.drift_pp)
    quiet_market = forced_market(model, joint)
    plausible = admissible_draws(quiet_market.quiet_channels, quiet_market.law, *quiet)
    joint, days = _those(joint, days, plausible)
    causes = _causes(forced_market(model, joint), returns_pp, days)
    if causes.channels:
        stable = np.asarray((causes.gains()[1] < 1.0).all(axis=0), dtype=bool)
        joint, days = _those(joint, days, stable)
    market = forced_market(model, joint)
    gain = _mean_gain(market, quiet[0])
    return _rows(_causes(market, returns_pp, days), level, gain, draws, note)


def _those(
    joint: dict[str, Floats], days: DayDraws, kept: Bools
) -> tuple[dict[str, Floats], DayDraws]:
    """Keep the point, which was chosen for being so, and the draws of a mask."""
    kept = kept.copy()
    kept[0] = True
    return (
        {name: values[kept] for name, values in joint.items()},
        DayDraws(days.drift_pp[kept], days.rates_pp[:, kept], days.dollar_pp[:, kept]),
    )


def _repeat(days: DayDraws, count: int) -> DayDraws:
    """Take the estimate itself in every draw: the set is over parameters of leverage alone."""
    return DayDraws(
        np.full(count, days.drift_pp[0]),
        np.repeat(days.rates_pp[:, :1], count, axis=1),
        np.repeat(days.dollar_pp[:, :1], count, axis=1),
    )


def _causes(market: ForcedMarket, returns_pp: Floats, days: DayDraws) -> Causes:
    return Causes(
        returns_pp=returns_pp,
        drift_pp=days.drift_pp,
        rates_pp=days.rates_pp,
        dollar_pp=days.dollar_pp,
        channels=market.channels,
        law=market.law,
    )


def _impact(market: ForcedMarket, causes: Causes) -> Floats:
    """Price move of all flows of each return, measured ones without a model included."""
    draws, earlier, rows = len(causes.drift_pp), list[Floats](), []
    for value, exogenous in zip(causes.returns_pp, market.exogenous_usd, strict=True):
        today = np.full((draws, 1), value)
        flow = sum((c.flow_usd(earlier, today) for c in market.channels), exogenous[:, None])
        rows.append(market.law.move_pp(flow)[:, 0])
        earlier.append(today)
    return np.array(rows)


def _mean_gain(market: ForcedMarket, quiet_pp: Floats) -> float:
    """Mean dI/dr over the days before the event, at central values: what loadings contain."""
    draws = len(market.law.y)
    r = np.broadcast_to(quiet_pp, (draws, len(quiet_pp)))

    def response(shifted: Floats) -> Floats:
        flows = (c.flow_usd([], shifted) for c in market.quiet_channels)
        moved: Floats = market.law.move_pp(sum(flows, np.zeros_like(shifted)))[0]
        return moved

    slope = (response(r + SLOPE_STEP_PP) - response(r - SLOPE_STEP_PP)) / (2.0 * SLOPE_STEP_PP)
    return float(slope.mean())


def _rows(
    causes: Causes, level: float, mean_gain: float, draws: int, note: str
) -> list[dict[str, Any]]:
    """Rows of the counterfactuals table: one a cause, estimates at central values."""
    result = attribute(causes)
    kept = result.selected
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    net = _net_of_gain(causes, result, mean_gain)
    rows = []
    for position, player in enumerate(result.players):
        amplified, shapley = result.with_amplification[position], result.shapley[position]
        low, high = _ends(amplified[kept], tails)
        shapley_low, shapley_high = _ends(shapley[kept], tails)
        rows.append(
            {
                "channel": player,
                "direct_pp": float(result.direct[position, 0]),
                "with_amplification_pp": float(amplified[0]),
                "shapley_pp": float(shapley[0]),
                "first_in_pp": float(result.direct[position, 0]),
                "last_in_pp": float(amplified[0]),
                "low_pp": low,
                "high_pp": high,
                "shapley_low_pp": shapley_low,
                "shapley_high_pp": shapley_high,
                "owen_pp": float(result.owen[position, 0]),
                "with_channels_pp": float(result.amplified_alone[position, 0]),
                "net_of_usual_gain_pp": net if player == RATES else np.nan,
                "level": level,
                "draws": draws,
                "draws_used": int(kept.sum()),
                "note": note,
            }
        )
    return rows


def _ends(values: Floats, tails: list[float]) -> tuple[float, float]:
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, tails)
    return float(low), float(high)


def _net_of_gain(causes: Causes, result: Attribution, mean_gain: float) -> float:
    """Effect of rates with amplification, their loading cleared of the usual amplification."""
    if not causes.channels:
        return float(result.direct[0, 0])
    first = slice(0, 1)
    smaller = Causes(
        returns_pp=causes.returns_pp,
        drift_pp=causes.drift_pp,
        rates_pp=causes.rates_pp * (1.0 - mean_gain),
        dollar_pp=causes.dollar_pp,
        channels=causes.channels,
        law=causes.law,
    )
    without = smaller.path_pp(frozenset(smaller.players) - {RATES})
    return float(causes.returns_pp.sum() - without.sum(axis=0)[first][0])

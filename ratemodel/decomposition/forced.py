"""Forced selling in one window: its size with a sensitivity set, and what it did to each cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.decomposition.counterfactuals import Causes, Feedback
from ratemodel.decomposition.effects import attributed_rows, causes_of, effect_rows
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

SET_DRAWS = 2000
"""Draws of the parameters beside all their corners, for the ends of a sensitivity set."""
NO_CHANNEL = "no forced trader can be modelled"
MIN_KEPT = 50
"""Of `SET_DRAWS`: a range over fewer is a range over nothing."""
REFUTED = "{} of {:,} draws of {} are left by quiet days and gains: only measured flows are counted"


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
    rows, daily_rows : list of dict
        Rows of the counterfactuals tables; `day` is a position in the window.
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
    rows: list[dict[str, Any]]
    daily_rows: list[dict[str, Any]]


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
    if found is not None and len(found.kept_draws) < MIN_KEPT:
        few = REFUTED.format(len(found.kept_draws), SET_DRAWS, ", ".join(model.usable))
        model = model.measured_only(few)
        found = _explore(model, returns_pp, days, quiet, rng) if model.moves_prices else None
    if found is None:
        zero = np.zeros(len(returns_pp))
        why = "; ".join([NO_CHANNEL, *model.unmodelled])
        causes = Causes(returns_pp, days.drift_pp, days.rates_pp, days.dollar_pp, (), None)
        rows = effect_rows(causes, level, 0.0, why)
        return ForcedSelling(zero, zero, zero, (0.0, 0.0, 0.0), why, 0.0, 0.0, 0, 0, 0, *rows)
    point, point_note = _point(found)
    note = "; ".join(filter(None, [*model.unmodelled, point_note, found.counted(model)]))
    picked = np.append(point, rng.choice(found.kept_draws, len(days.drift_pp) - 1))
    joint = {name: values[picked] for name, values in found.drawn.items()}
    rows = attributed_rows(model, joint, returns_pp, days, quiet_pp, level, note)
    kept = found.impact_pp[:, found.kept]
    sums = kept.sum(axis=0)
    return ForcedSelling(
        central_pp=found.impact_pp[:, point],
        low_pp=kept.min(axis=1),
        high_pp=kept.max(axis=1),
        total=(float(found.impact_pp[:, point].sum()), float(sums.min()), float(sums.max())),
        note=note,
        gain=float(found.feedback.gain[:, point].max()),
        steepest=float(found.feedback.steepest[:, point].max()),
        draws=len(found.plausible),
        admissible=int(found.plausible.sum()),
        unstable=int((found.plausible & ~found.feedback.stable).sum()),
        rows=rows[0],
        daily_rows=rows[1],
    )


@dataclass(frozen=True, eq=False)
class _Explored:
    """What parameters from their ranges, corners included, make of a window at the estimate."""

    drawn: dict[str, Floats]
    impact_pp: Floats
    feedback: Feedback
    plausible: Bools

    @property
    def kept(self) -> Ints:
        """Draws that neither quiet days refute nor their own gain nor the return observed."""
        return np.flatnonzero(self.plausible & self.feedback.stable & self.feedback.selected)

    @property
    def kept_draws(self) -> Ints:
        """Those of them that are no corners: corners are there for the ends of the set alone."""
        return self.kept[self.kept >= len(self.plausible) - SET_DRAWS]

    def counted(self, model: LeverageModel) -> str:
        """Say how many draws were kept and why others were not."""
        unstable = self.plausible & ~self.feedback.stable
        passed_by = self.plausible & self.feedback.stable & ~self.feedback.selected
        few = "" if corner_count(model.ranges) <= MOST_CORNERS else ", not all corners looked at"
        return (
            f"{len(self.kept)} of {len(self.plausible)} parameter values kept: "
            f"{int((~self.plausible).sum())} refuted by quiet days, "
            f"{int(unstable.sum())} unstable, "
            f"{int(passed_by.sum())} that would have stopped earlier{few}"
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
    causes = causes_of(market, returns_pp, _repeat(days, len(drawn["adv"])))
    return _Explored(
        drawn=drawn,
        impact_pp=_impact(market, causes),
        feedback=causes.feedback(),
        plausible=admissible_draws(market.quiet_channels, market.law, *quiet),
    )


def _point(found: _Explored) -> tuple[int, str]:
    """Choose the parameters of the point: the central ones, if quiet days do not refute them."""
    if found.kept[0] == 0:
        return 0, ""
    chosen = found.kept_draws
    order = chosen[np.argsort(found.impact_pp[:, chosen].sum(axis=0), kind="stable")]
    note = "central values are refuted by quiet days or unstable: the median of the draws kept"
    return int(order[len(order) // 2]), note


def _repeat(days: DayDraws, count: int) -> DayDraws:
    """Take the estimate itself in every draw: the set is over parameters of leverage alone."""
    return DayDraws(
        np.full(count, days.drift_pp[0]),
        np.repeat(days.rates_pp[:, :1], count, axis=1),
        np.repeat(days.dollar_pp[:, :1], count, axis=1),
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

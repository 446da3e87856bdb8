"""Split one asset in one event: sample, loadings, bootstrap, null and flows in turn."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.decomposition.abnormality import abnormality_rows
from ratemodel.decomposition.common_factor import Residuals, event_residuals
from ratemodel.decomposition.components import (
    NO_DOLLAR,
    Amount,
    Split,
    early_start,
    shocks_used,
    split_window,
)
from ratemodel.decomposition.effects import with_split_bands
from ratemodel.decomposition.forced import ForcedSelling, forced_selling
from ratemodel.decomposition.null import NOISE_DRAWS, NullModel, null_model
from ratemodel.errors import CoverageError
from ratemodel.leverage import EventTables, LeverageFloor, leverage_floor, measured_by_return
from ratemodel.loadings import (
    LoadingFit,
    Window,
    bootstrap_fit,
    build_design,
    estimation_sample,
    fit_loading,
    least_squares_rows,
    read_days,
    read_window,
    shock_error_covariance,
    unestimated_rows,
    window_rows,
)
from ratemodel.shocks import ShockChoice
from ratemodel.types.decomposition import Component
from ratemodel.types.flows import ForcedFlows
from ratemodel.types.loadings import DOLLAR, DesignRows
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries
from ratemodel.volatility import simulate_residuals

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EventPlan:
    """One event to split: its dates, its sample, its shock, its assets."""

    event: str
    start: pd.Timestamp
    end: pd.Timestamp
    after: pd.Timestamp
    choice: ShockChoice
    assets: list[str]


@dataclass(frozen=True, eq=False)
class Task:
    """All one asset's split needs, and nothing of the rest."""

    returns: Returns
    asset: str
    item: EventPlan
    names: tuple[str, ...]
    dollar: str | None
    flows: ForcedFlows
    tables: EventTables
    level: float
    draws: int
    seed: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """Rows of the tables that one asset's split fills, and the fit behind them."""

    table: list[dict[str, Any]]
    daily: list[dict[str, Any]]
    window: dict[str, Any]
    loadings: list[dict[str, Any]]
    null: NullModel
    flows: list[dict[str, Any]]
    counterfactuals: list[dict[str, Any]]
    counterfactuals_daily: list[dict[str, Any]]
    abnormality: list[dict[str, Any]]
    residuals: Residuals


def split_asset(task: Task) -> Outcome | CoverageError:
    """Split one asset in one event; what data cannot support comes back as the reason."""
    # Loaded first: a limit does not reach a BLAS that is loaded after it is set.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        try:
            return _split(task)
        except CoverageError as error:
            return error


def _split(task: Task) -> Outcome:
    item, shocks = task.item, task.item.choice.shocks
    found = _match(task)
    rows, fit, sample = found.rows, found.fit, found.fit.sample
    null = null_model(fit, found.design)
    bootstrap, simulation, measurement, parameters, timing = _generators(
        task.seed, item.event, task.asset
    )
    draws = bootstrap_fit(fit, task.draws, bootstrap)
    noise = null.stretch(rows.elapsed_days) * simulate_residuals(
        null.fit, len(rows), max(NOISE_DRAWS, task.draws), simulation, sigma_pp=null.sigma_pp
    )
    floor = leverage_floor(task.flows, rows.dates, item.start, null.sigma_pp)
    errors = {name: shocks.errors_bp[name].to_numpy(float) for name in task.names}
    days = read_days(fit, draws, rows, errors, timing)
    forced = forced_selling(
        task.tables,
        task.asset,
        rows.dates,
        rows.returns_pp,
        measured_by_return(task.flows, rows.dates, item.start),
        days,
        sample.rows.returns_pp,
        float(fit.returns.residuals.std()),
        null.sigma_pp,
        task.level,
        parameters,
    )
    began = early_start(task.returns.of(task.asset), rows.dates[0], shocks.dates)

    def split(window: DesignRows, paths: Floats, amounts: tuple[Amount, Amount]) -> Split:
        covariance = shock_error_covariance(window.runs, window.columns, errors)
        whole = Window.of(window, covariance)
        read = read_window(fit, draws, whole, measurement)
        notes: dict[Component, str] = {
            "total": began if window.dates[0] == rows.dates[0] else "",
            "rate_premium": shocks_used(_shock_dates(window, shocks)),
            "dollar": found.no_dollar,
        }
        return split_window(read, paths, *amounts, whole.total_pp, task.level, notes)

    dates = _shock_dates(rows, shocks)
    label = {"event": item.event, "asset": task.asset}
    whole = split(rows, noise.sum(axis=1), _amounts(floor, forced, None))
    daily: list[dict[str, Any]] = []
    effects_daily: list[dict[str, Any]] = []
    for position, date in enumerate(rows.dates):
        one = np.arange(len(rows)) == position
        part = split(rows.take(one), noise[:, position], _amounts(floor, forced, position))
        daily += [{**label, "trade_date": date, **row} for row in part.rows]
        own = [row for row in forced.daily_rows if row["day"] == position]
        effects_daily += [
            {**label, "trade_date": date, **row} for row in with_split_bands(own, part.rows)
        ]
    explained = days.drift_pp[0] + days.rates_pp[:, 0] + days.dollar_pp[:, 0]
    rest: Floats = rows.returns_pp - explained
    abnormal = abnormality_rows(
        np.asarray(null.fit.standardised_residuals, dtype=float),
        rest / noise.std(axis=0),
        noise.sum(axis=1),
        float(rest.sum()),
    )
    return Outcome(
        table=[{**label, **row} for row in whole.rows],
        daily=daily,
        window={
            **label,
            "first": rows.dates[0],
            "last": rows.dates[-1],
            "rows": len(rows),
            "after": item.after,
            "before": item.start,
            "start_utc": sample.before_utc,
            "last_sample_utc": sample.rows.end_utc.max(),
            "sample_rows": len(sample.rows),
            "dropped_rows": sample.dropped,
            "time_exponent": null.time_exponent,
            "sigma_pre_pp": null.sigma_pp,
            "feedback_gain": forced.gain,
            "steepest_gain": forced.steepest,
            "parameter_draws": forced.draws,
            "draws_admissible": forced.admissible,
            "draws_unstable": forced.unstable,
            "disagree": whole.disagree,
            "first_shock": dates.min(),
            "last_shock": dates.max(),
        },
        loadings=[
            *least_squares_rows(fit, shocks, task.level, item.event),
            *found.unestimated,
        ],
        null=null,
        flows=[{**label, **flow} for flow in floor.flow_rows],
        counterfactuals=[{**label, **row} for row in with_split_bands(forced.rows, whole.rows)],
        counterfactuals_daily=effects_daily,
        abnormality=[{**label, **row} for row in abnormal],
        residuals=event_residuals(
            task.returns.of(task.asset), fit, null, found.design, (item.start, item.end), item.after
        ),
    )


def _amounts(floor: LeverageFloor, forced: ForcedSelling, day: int | None) -> tuple[Amount, Amount]:
    """Floor and point of leverage: of the window, or of one of its days."""
    if day is None:
        ends = floor.total, forced.total
    else:
        ends = (
            (float(floor.central_pp[day]), float(floor.low_pp[day]), float(floor.high_pp[day])),
            (float(forced.central_pp[day]), float(forced.low_pp[day]), float(forced.high_pp[day])),
        )
    note = forced.note
    if forced.draws == 0:
        said = "; ".join(filter(None, [floor.note, forced.note]))
        note = f"{said}: zero for want of a measurement, not a finding"
    return Amount(*ends[0], floor.note), Amount(*ends[1], note)


@dataclass(frozen=True, eq=False)
class _Match:
    """An asset's rows matched with shocks and, if it can be, with the dollar.

    `no_dollar` says why the dollar is left out, if it is; `unestimated` are its rows then, if it
    was asked for, in the table of loadings.
    """

    design: DesignRows
    rows: DesignRows
    fit: LoadingFit
    no_dollar: str = ""
    unestimated: tuple[dict[str, Any], ...] = ()


def _match(task: Task) -> _Match:
    """Match and fit with the dollar, or without it where its moves do not fit the asset's.

    A dollar that is published late, or closed on a day on which the asset trades, costs its own
    part of the split and no other; the note says so.
    """
    item = task.item

    def fitted(dollar: str | None) -> _Match:
        design = build_design(task.returns, task.asset, item.choice.shocks, task.names, dollar)
        sample = estimation_sample(design, item.after, item.start)
        rows = window_rows(design, item.start, item.end).with_columns(sample.rows.columns)
        return _Match(design, rows, fit_loading(sample))

    # First: what stands in the way without a dollar is no matter of the dollar.
    without = fitted(None)
    if task.dollar is None:
        return replace(without, no_dollar=NO_DOLLAR)
    try:
        return fitted(task.dollar)
    except CoverageError as error:
        return replace(
            without,
            no_dollar=f"{task.dollar} is left out, and part of what is not explained ({error})",
            unestimated=tuple(
                unestimated_rows(item.event, task.asset, [DOLLAR], task.level, str(error))
            ),
        )


def _generators(seed: int, event: str, asset: str) -> list[np.random.Generator]:
    """Streams that depend on event and asset by name, not on what else is in the study."""
    key = [seed, zlib.crc32(event.encode()), zlib.crc32(asset.encode())]
    return [np.random.default_rng(child) for child in np.random.SeedSequence(key).spawn(5)]


def _shock_dates(rows: DesignRows, shocks: ShockSeries) -> pd.DatetimeIndex:
    """Dates of the shocks that the window's design uses, from the first to the last."""
    first, stop = rows.runs[:, [0, 2]].min(), rows.runs[:, [1, 3]].max()
    return shocks.dates[first : max(first, stop)]

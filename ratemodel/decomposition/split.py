"""Split a crash: orchestrate sample, loadings, bootstrap, null distribution and flows by asset."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ratemodel.config import ALL_EVENTS, Bands, Sample, Study
from ratemodel.decomposition.components import (
    NO_DOLLAR,
    component_frame,
    daily_floor,
    early_start,
    split_window,
)
from ratemodel.decomposition.null import NOISE_DRAWS, NullModel, null_model
from ratemodel.errors import CoverageError, StudyError
from ratemodel.leverage import FLOW_ROW_COLUMNS, leverage_floor, measured_flows
from ratemodel.loadings import (
    Window,
    bootstrap_fit,
    build_design,
    estimation_sample,
    fit_loading,
    loading_rows,
    read_window,
    shock_error_covariance,
    unestimated_rows,
    window_rows,
)
from ratemodel.returns import log_returns
from ratemodel.shocks import MAX_GAP_DAYS, ShockChoice, choose_shock
from ratemodel.types.decomposition import CrashDecomposition
from ratemodel.types.flows import ForcedFlows
from ratemodel.types.loadings import DesignRows, LoadingTable
from ratemodel.types.market import DataKind, Market
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility import simulate_residuals

Method = Literal["flows"]


def decompose(
    market: Market,
    shocks: ShockSeries,
    event: str = Study().event,
    dollar: str | None = Study().dollar_series,
    method: Method = "flows",
    level: float = Bands().level,
    draws: int = Bands().draws,
    seed: int = Bands().seed,
    n_jobs: int = 1,
    *,
    sample: Sample | None = None,
    assets: Sequence[str] | None = None,
    names: Sequence[str] = Study().shock_series,
) -> CrashDecomposition:
    r"""Split a crash into drift, rate premium, dollar, leverage and residual, with bands.

    .. math:: \text{total} = \hat\alpha n + \sum_{t \in W}(b_S z_{S,t} + b_E z_{E,t}) +
              \hat\gamma \sum_{t \in W} x_t + \text{leverage} + \text{residual}

    exactly, in log points. Loadings are estimated on rows none of whose intervals touches the
    event; the event's returns are multiplied by the same design. Leverage is the price impact of
    *measured* forced flows only, so it is a floor; its ceiling is all that drift, rates and dollar
    leave, with a confidence set from what quiet days' noise could have done.

    Parameters
    ----------
    market : Market
    shocks : ShockSeries
    event : str
        A row of the events table, or ``all``.
    dollar : str or None
        A rates series or an asset, up = dollar up; None leaves the dollar out.
    method : {"flows"}
    level : float
        Coverage of the bands.
    draws : int
        Bootstrap and simulation draws.
    seed : int
    n_jobs : int
        Processes; results do not depend on it.
    sample : Sample, optional
        First date of the estimation sample, or trade dates before the event. With ``all``,
        `pre_days` rules.
    assets : sequence of str, optional
        The default study's assets that have prices, if left out.
    names : sequence of str
        Shocks to use.

    Returns
    -------
    CrashDecomposition

    Raises
    ------
    StudyError
        If the event or the method is unknown.
    CoverageError
        If no asset of no event can be split; the text says why.

    Examples
    --------
    >>> import ratemodel as rm
    >>> market = rm.load_market("replica")
    >>> path = rm.implied_path(market.futures, market.fomc, market.rates)
    >>> split = rm.decompose(market, rm.path_shocks(path), assets=["GC"], draws=200)
    >>> split.component("GC", "total").band
    'exact'
    """
    if method not in get_args(Method):
        raise StudyError(f"method must be one of {', '.join(get_args(Method))}, got {method!r}")
    chosen = sample if sample is not None else Study().sample
    held = set(market.prices["asset"])
    default = [spec.symbol for spec in Study().assets if spec.symbol in held]
    wanted = list(assets) if assets is not None else default
    if not wanted:
        raise CoverageError("no asset to split: the prices table has none of those asked for")
    if dollar in wanted:
        raise StudyError(f"{dollar} cannot be the dollar and an asset to be split at once")
    series = wanted if dollar is None else [*wanted, dollar]
    returns = log_returns(market, series)
    plan = _plan(market, shocks, event, chosen, wanted, names)
    tasks = [
        _Task(
            returns=Returns(returns.table.loc[returns.table["asset"].isin([asset, dollar])]),
            asset=asset,
            item=item,
            names=tuple(names),
            dollar=dollar,
            flows=measured_flows(market.forced_flows, item.event, asset),
            level=level,
            draws=draws,
            seed=seed,
        )
        for item in plan.items
        for asset in item.assets
    ]
    outcomes = _run(tasks, n_jobs)
    return _collect(plan, tasks, outcomes, method, market.data_kind)


@dataclass(frozen=True, eq=False)
class _Item:
    """One event to split: its dates, its sample, its shock, its assets."""

    event: str
    start: pd.Timestamp
    end: pd.Timestamp
    after: pd.Timestamp
    choice: ShockChoice
    assets: list[str]


@dataclass(frozen=True, eq=False)
class _Plan:
    items: list[_Item]
    omitted: dict[tuple[str, str], str]


def events_of(market: Market, event: str) -> pd.DataFrame:
    """Look up the rows of `market.events` that a study is about: one event, or ``all``.

    Raises
    ------
    StudyError
        If the table has no event of that name.
    """
    if event == ALL_EVENTS:
        return market.events
    rows = market.events.loc[market.events["event"] == event]
    if rows.empty:
        known = ", ".join(market.events["event"])
        raise StudyError(f"unknown event {event!r}; the events table has {known}")
    return rows


def _plan(
    market: Market,
    shocks: ShockSeries,
    event: str,
    sample: Sample,
    wanted: list[str],
    names: Sequence[str],
) -> _Plan:
    events = events_of(market, event)
    items: list[_Item] = []
    omitted: dict[tuple[str, str], str] = {}
    for row in events.to_dict("records"):
        name, start, end = row["event"], row["start"], row["end"]
        listed = [part.strip() for part in row["assets"].split(";") if part.strip()]
        assets = [asset for asset in wanted if not listed or asset in listed]
        if not assets:
            omitted[name, ""] = f"the study has none of its assets {', '.join(listed)}"
            continue
        try:
            after = _sample_start(market.trade_dates, start, sample, event == ALL_EVENTS)
            earlier = shocks.dates[(shocks.dates > after) & (shocks.dates < start)]
            last = shocks.dates[shocks.dates >= end]
            if not len(earlier) or not len(last):
                raise CoverageError(
                    f"shocks run {shocks.dates[0]:%Y-%m-%d}..{shocks.dates[-1]:%Y-%m-%d} and do "
                    f"not cover sample and event"
                )
            choice = choose_shock(shocks, (earlier[0], earlier[-1]), (start, last[0]), names)
        except CoverageError as error:
            omitted[name, ""] = str(error)
            continue
        items.append(_Item(name, start, end, after, choice, assets))
    return _Plan(items, omitted)


def _sample_start(
    trade_dates: pd.DatetimeIndex, start: pd.Timestamp, sample: Sample, by_days: bool
) -> pd.Timestamp:
    """First date of the sample: as set, or `pre_days` trade dates back but over no gap."""
    if sample.start is not None and not by_days:
        if sample.start >= start:
            raise CoverageError(
                f"the sample starts on {sample.start:%Y-%m-%d}, not before the event of "
                f"{start:%Y-%m-%d}: set [sample] start, or pre_days"
            )
        return sample.start
    earlier = trade_dates[trade_dates < start]
    if not len(earlier):
        raise CoverageError(f"no trade date before the event of {start:%Y-%m-%d}")
    gaps = np.flatnonzero(np.diff(earlier.to_numpy()) > np.timedelta64(MAX_GAP_DAYS, "D"))
    unbroken = earlier[gaps[-1] + 1 :] if len(gaps) else earlier
    return unbroken[-min(sample.pre_days, len(unbroken))]


@dataclass(frozen=True, eq=False)
class _Task:
    """All one asset's split needs, and nothing of the rest."""

    returns: Returns
    asset: str
    item: _Item
    names: tuple[str, ...]
    dollar: str | None
    flows: ForcedFlows
    level: float
    draws: int
    seed: int


@dataclass(frozen=True, eq=False)
class _Outcome:
    table: list[dict[str, Any]]
    daily: list[dict[str, Any]]
    window: dict[str, Any]
    loadings: list[dict[str, Any]]
    null: NullModel
    flows: list[dict[str, Any]]


def _run(tasks: list[_Task], n_jobs: int) -> list[_Outcome | CoverageError]:
    if n_jobs == 1 or len(tasks) < 2:
        return [_split_asset(task) for task in tasks]
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=n_jobs)(delayed(_split_asset)(task) for task in tasks))


def _split_asset(task: _Task) -> _Outcome | CoverageError:
    """Split one asset in one event; what data cannot support comes back as the reason."""
    # Loaded first: a limit does not reach a BLAS that is loaded after it is set.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        try:
            return _split(task)
        except CoverageError as error:
            return error


def _split(task: _Task) -> _Outcome:
    item, shocks = task.item, task.item.choice.shocks
    design = build_design(task.returns, task.asset, shocks, task.names, task.dollar)
    sample = estimation_sample(design, item.after, item.start)
    rows = window_rows(design, item.start, item.end).with_columns(sample.rows.columns)
    fit = fit_loading(sample)
    null = null_model(fit, design)
    bootstrap, simulation, measurement = _generators(task.seed, item.event, task.asset)
    draws = bootstrap_fit(fit, task.draws, bootstrap)
    noise = null.stretch(rows.elapsed_days) * simulate_residuals(
        null.fit, len(rows), max(NOISE_DRAWS, task.draws), simulation, sigma_pp=null.sigma_pp
    )
    floor = leverage_floor(task.flows, rows.dates, item.start, null.sigma_pp)
    errors = {name: shocks.errors_bp[name].to_numpy(float) for name in task.names}

    absent = "" if design.has_dollar else NO_DOLLAR
    began = early_start(task.returns.of(task.asset), rows.dates[0], shocks.dates)

    def split(window: DesignRows, paths: Any, amount: tuple[float, float, float]) -> Any:
        covariance = shock_error_covariance(window.runs, window.columns, errors)
        whole = Window.of(window, covariance)
        read = read_window(fit, draws, whole, measurement)
        from_earlier = began if window.dates[0] == rows.dates[0] else ""
        return split_window(
            read, paths, amount, floor.note, whole.total_pp, task.level, absent, from_earlier
        )

    label = {"event": item.event, "asset": task.asset}
    whole = split(rows, noise.sum(axis=1), floor.total)
    daily: list[dict[str, Any]] = []
    for position, date in enumerate(rows.dates):
        one = np.arange(len(rows)) == position
        part = split(rows.take(one), noise[:, position], daily_floor(floor, position))
        daily += [{**label, "trade_date": date, **row} for row in part.rows]
    return _Outcome(
        table=[{**label, **row} for row in whole.rows],
        daily=daily,
        window={
            **label,
            "first": rows.dates[0],
            "last": rows.dates[-1],
            "rows": len(rows),
            "start_utc": sample.before_utc,
            "last_sample_utc": sample.rows.end_utc.max(),
            "sample_rows": len(sample.rows),
            "dropped_rows": sample.dropped,
            "time_exponent": null.time_exponent,
            "sigma_pre_pp": null.sigma_pp,
            "disagree": whole.disagree,
            **_shock_span(rows, shocks),
        },
        loadings=loading_rows(fit, shocks, task.level, item.event),
        null=null,
        flows=[{**label, **flow} for flow in floor.flow_rows],
    )


def _generators(seed: int, event: str, asset: str) -> list[np.random.Generator]:
    """Streams that depend on event and asset by name, not on what else is in the study."""
    key = [seed, zlib.crc32(event.encode()), zlib.crc32(asset.encode())]
    return [np.random.default_rng(child) for child in np.random.SeedSequence(key).spawn(3)]


def _shock_span(rows: DesignRows, shocks: ShockSeries) -> dict[str, Any]:
    """Dates of the first and last shock that the window's design uses."""
    low, high = rows.runs[:, [0, 2]].min(), rows.runs[:, [1, 3]].max()
    return {"first_shock": shocks.dates[low], "last_shock": shocks.dates[high - 1]}


def _collect(
    plan: _Plan,
    tasks: list[_Task],
    outcomes: list[_Outcome | CoverageError],
    method: str,
    data_kind: DataKind,
) -> CrashDecomposition:
    omitted = dict(plan.omitted)
    table: list[dict[str, Any]] = []
    daily: list[dict[str, Any]] = []
    windows: list[dict[str, Any]] = []
    loadings: list[dict[str, Any]] = []
    flows: list[dict[str, Any]] = []
    volatility: dict[tuple[str, str], VolatilityFit] = {}
    shock_volatility: dict[tuple[str, str], VolatilityFit | str] = {}
    for task, outcome in zip(tasks, outcomes, strict=True):
        key = (task.item.event, task.asset)
        if isinstance(outcome, CoverageError):
            omitted[key] = str(outcome)
            loadings += unestimated_rows(*key, task.names, task.level, str(outcome))
            continue
        table += [{**row, "method": method} for row in outcome.table]
        daily += [{**row, "method": method} for row in outcome.daily]
        windows.append(outcome.window)
        loadings += outcome.loadings
        volatility[key], shock_volatility[key] = outcome.null.fit, outcome.null.with_shocks
        flows += outcome.flows
    if not table:
        reasons = "; ".join(dict.fromkeys(omitted.values()))
        raise CoverageError(f"nothing could be split: {reasons}")
    return CrashDecomposition(
        table=component_frame(table, []),
        daily=component_frame(daily, ["trade_date"]),
        windows=pd.DataFrame(windows),
        loadings=LoadingTable(pd.DataFrame(loadings)),
        volatility=volatility,
        flows=pd.DataFrame(flows, columns=["event", "asset", *FLOW_ROW_COLUMNS]),
        shocks={item.event: item.choice.shocks for item in plan.items},
        shock_notes={item.event: item.choice.note for item in plan.items},
        identified_share={item.event: item.choice.identified_share for item in plan.items},
        omitted=omitted,
        data_kind=data_kind,
        shock_volatility=shock_volatility,
    )

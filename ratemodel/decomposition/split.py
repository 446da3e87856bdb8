"""Split a crash: settle events, samples and shocks, split asset by asset, collect the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ratemodel.config import ALL_EVENTS, AssetSpec, Bands, MarginClock, Sample, Study
from ratemodel.decomposition.common_factor import FACTOR_COLUMNS, CommonFactor, common_factor
from ratemodel.decomposition.components import component_frame, with_leverage
from ratemodel.decomposition.effects import COUNTERFACTUAL_COLUMNS, DAILY_COLUMNS
from ratemodel.decomposition.one_asset import EventPlan, Outcome, Task, split_asset
from ratemodel.errors import CoverageError, StudyError
from ratemodel.leverage import FLOW_ROW_COLUMNS, EventTables, measured_flows
from ratemodel.loadings import unestimated_rows
from ratemodel.returns import log_returns
from ratemodel.shocks import MAX_GAP_DAYS, choose_shock
from ratemodel.types.decomposition import CrashDecomposition
from ratemodel.types.loadings import LoadingTable
from ratemodel.types.market import DataKind, Market
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries
from ratemodel.types.volatility import VolatilityFit

Method = Literal["flows", "factor"]
MIN_DRAWS = 10
"""Fewer make no band at all; a study asks for 100 at least."""


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
    specs: Sequence[AssetSpec] = Study().assets,
    names: Sequence[str] = Study().shock_series,
    margin_clock: MarginClock | None = None,
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
    method : {"flows", "factor"}
        How leverage is found: by forced flows, or by what goes with other classes of assets; the
        latter is zero, with the reason, where they did not move together before the event.
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
    specs : sequence of AssetSpec
        Classes and underlyings of assets, for the common factor; one not listed is a class of
        others and its own underlying.
    names : sequence of str
        Shocks to use.
    margin_clock : {"effective", "announced"}, optional
        When a new margin begins to force sales: after the close it takes effect, or after the day
        it was announced.

    Returns
    -------
    CrashDecomposition

    Raises
    ------
    StudyError
        If the event or the method is unknown, or level, draws or seed are out of range.
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
    _check(level, draws, seed)
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
        Task(
            returns=Returns(returns.table.loc[returns.table["asset"].isin([asset, dollar])]),
            asset=asset,
            item=item,
            names=tuple(names),
            dollar=dollar,
            flows=measured_flows(market.forced_flows, item.event, asset),
            tables=EventTables(
                item.event,
                market.forced_flows.loc[market.forced_flows["event"].isin([item.event, "all"])],
                market.margins,
                _prices_before(market, item.start),
                margin_clock or Study().margin_clock,
            ),
            level=level,
            draws=draws,
            seed=seed,
        )
        for item in plan.items
        for asset in item.assets
    ]
    outcomes = _run(tasks, n_jobs)
    groups = {spec.symbol: (spec.asset_class, spec.underlying or spec.symbol) for spec in specs}
    factors = _factors(tasks, outcomes, groups, level)
    if method == "factor":
        outcomes = [
            outcome if isinstance(outcome, CoverageError) else _by_factor(outcome, factors)
            for outcome in outcomes
        ]
    return _collect(plan, tasks, outcomes, factors, method, market.data_kind)


def _check(level: float, draws: int, seed: int) -> None:
    if not 0.5 <= level < 1.0:
        raise StudyError(f"level is a fraction from 0.5 to below 1, got {level!r}")
    if draws < MIN_DRAWS:
        raise StudyError(f"draws must be at least {MIN_DRAWS}, got {draws!r}")
    if seed < 0:
        raise StudyError(f"seed must not be negative, got {seed!r}")


@dataclass(frozen=True, eq=False)
class _Plan:
    items: list[EventPlan]
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
    items: list[EventPlan] = []
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
        items.append(EventPlan(name, start, end, after, choice, assets))
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


def _prices_before(market: Market, start: pd.Timestamp) -> dict[str, float]:
    """Last price of each asset before an event."""
    earlier = market.prices.loc[market.prices["date"] < start].sort_values("date")
    last = earlier.groupby("asset")["close"].last()
    return {str(symbol): float(close) for symbol, close in last.items()}


def _run(tasks: list[Task], n_jobs: int) -> list[Outcome | CoverageError]:
    if n_jobs == 1 or len(tasks) < 2:
        return [split_asset(task) for task in tasks]
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=n_jobs)(delayed(split_asset)(task) for task in tasks))


def _factors(
    tasks: list[Task],
    outcomes: list[Outcome | CoverageError],
    groups: dict[str, tuple[str, str]],
    level: float,
) -> dict[tuple[str, str], CommonFactor]:
    """Read the common factor of other classes for each asset split, event by event."""
    found = {}
    for event in dict.fromkeys(task.item.event for task in tasks):
        residuals = {
            task.asset: outcome.residuals
            for task, outcome in zip(tasks, outcomes, strict=True)
            if task.item.event == event and not isinstance(outcome, CoverageError)
        }
        known = {asset: groups.get(asset, ("other", asset)) for asset in residuals}
        for asset in residuals:
            found[event, asset] = common_factor(asset, residuals, known, level)
    return found


def _by_factor(outcome: Outcome, factors: dict[tuple[str, str], CommonFactor]) -> Outcome:
    """Take leverage from the common factor instead of from flows, whose effects go with them."""
    factor = factors[outcome.window["event"], outcome.window["asset"]]
    dates = list(dict.fromkeys(row["trade_date"] for row in outcome.daily))
    daily: list[dict[str, Any]] = []
    for day, date in enumerate(dates):
        rows = [row for row in outcome.daily if row["trade_date"] == date]
        daily += with_leverage(rows, factor.amount(day))
    whole = with_leverage(outcome.table, factor.amount())
    labels = {key: outcome.window[key] for key in ("event", "asset")}
    return replace(
        outcome,
        table=[{**labels, **row} for row in whole],
        daily=[
            {**labels, "trade_date": old["trade_date"], **row}
            for old, row in zip(outcome.daily, daily, strict=True)
        ],
        counterfactuals=[],
        counterfactuals_daily=[],
    )


def _collect(
    plan: _Plan,
    tasks: list[Task],
    outcomes: list[Outcome | CoverageError],
    factors: dict[tuple[str, str], CommonFactor],
    method: str,
    data_kind: DataKind,
) -> CrashDecomposition:
    omitted = dict(plan.omitted)
    table: list[dict[str, Any]] = []
    daily: list[dict[str, Any]] = []
    windows: list[dict[str, Any]] = []
    loadings: list[dict[str, Any]] = []
    flows: list[dict[str, Any]] = []
    counterfactuals: list[dict[str, Any]] = []
    by_day: list[dict[str, Any]] = []
    abnormality: list[dict[str, Any]] = []
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
        counterfactuals += outcome.counterfactuals
        by_day += outcome.counterfactuals_daily
        abnormality += outcome.abnormality
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
        counterfactuals=pd.DataFrame(
            counterfactuals, columns=["event", "asset", *COUNTERFACTUAL_COLUMNS]
        ),
        counterfactuals_daily=pd.DataFrame(by_day, columns=["event", "asset", *DAILY_COLUMNS]),
        abnormality=pd.DataFrame(abnormality),
        common_factor=pd.DataFrame(
            [{"event": event, "asset": asset, **f.row()} for (event, asset), f in factors.items()],
            columns=["event", "asset", *FACTOR_COLUMNS],
        ),
        shocks={item.event: item.choice.shocks for item in plan.items},
        shock_notes={item.event: item.choice.note for item in plan.items},
        identified_share={item.event: item.choice.identified_share for item in plan.items},
        omitted=omitted,
        data_kind=data_kind,
        shock_volatility=shock_volatility,
    )

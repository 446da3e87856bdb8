"""Placebo windows: split stretches without an event, and see whether the null band held them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.config import Bands, Sample, Study
from ratemodel.decomposition.null import null_model
from ratemodel.decomposition.split import events_of
from ratemodel.errors import CoverageError, StudyError
from ratemodel.loadings import build_design, estimation_sample, fit_loading
from ratemodel.returns import log_returns
from ratemodel.types.loadings import DesignRows
from ratemodel.types.market import Market
from ratemodel.types.placebo import PLACEBO_COLUMNS, Placebo, era_of
from ratemodel.types.shocks import ShockSeries
from ratemodel.volatility import simulate_residuals

Bools = npt.NDArray[np.bool_]

QUINTILES = 5
WINDOWS_AT_ONCE = 50
"""Windows a task: tasks are the same whatever the number of processes."""
NUMBERS = ("residual_pp", "low_pp", "high_pp", "sigma_pre_pp", "iid_low_pp", "iid_high_pp")


def placebo(
    market: Market,
    shocks: ShockSeries,
    event: str = Study().event,
    dollar: str | None = Study().dollar_series,
    level: float = Bands().level,
    draws: int = Bands().draws,
    seed: int = Bands().seed,
    n_jobs: int = 1,
    *,
    pre_days: int = Sample().pre_days,
    assets: Sequence[str] | None = None,
    names: Sequence[str] = Study().shock_series,
) -> Placebo:
    r"""Split every earlier window as long as an event, and see whether the null band held.

    The split of a crash says what quiet days' noise could have done in it. That claim can be
    checked where nothing happened: each earlier window of the event's length, none overlapping
    another, gets a sample of its own (the `pre_days` complete rows before it), loadings, and a band
    of filtered historical simulation from the volatility known before it. At 90 % it should hold
    90 % of what drift, rates and dollar leave, in calm and in turbulent times alike.

    Beside it stands a band that takes returns for independent (sums of resampled residuals): it
    covers overall, and fails where volatility was high, which is where crashes are.

    Parameters
    ----------
    market : Market
    shocks : ShockSeries
        `names` of it are used, with 12 months ahead for ``path_bp``: a fixed date has no past.
    event : str
        A row of the events table, or ``all``: windows of each event's length.
    dollar : str or None
        Left out of windows whose sample it does not cover; the column `dollar` says so.
    level : float
    draws : int
        Simulated windows a band.
    seed : int
    n_jobs : int
        Processes; results do not depend on it.
    pre_days : int
        Rows of each window's sample.
    assets : sequence of str, optional
        The default study's assets that have prices, if left out.
    names : sequence of str

    Returns
    -------
    Placebo
        Windows that touch a named event are listed with that as the reason and do not count.

    Raises
    ------
    StudyError
        If the event is unknown.
    CoverageError
        If no asset has a window with a sample before it; the text says why.

    References
    ----------
    Barone-Adesi, G., K. Giannopoulos and L. Vosper (1999), "VaR without correlations for
    portfolios of derivative securities", Journal of Futures Markets 19(5), 583-602.

    Examples
    --------
    >>> import ratemodel as rm
    >>> market = rm.load_market("replica")
    >>> path = rm.implied_path(market.futures, market.fomc, market.rates)
    >>> shocks = rm.path_shocks(path)
    >>> found = rm.placebo(market, shocks, assets=["GC"], pre_days=250, draws=500)
    >>> set(found.counted["asset"]), len(found.coverage("state"))
    ({'GC'}, 5)
    """
    events = events_of(market, event)
    held = set(market.prices["asset"])
    default = [spec.symbol for spec in Study().assets if spec.symbol in held]
    wanted = list(assets) if assets is not None else default
    if dollar in wanted:
        raise StudyError(f"{dollar} cannot be the dollar and an asset to be split at once")
    for name in names:
        shocks.of(name)
    returns = log_returns(market, wanted if dollar is None else [*wanted, dollar])
    parts: list[pd.DataFrame] = []
    missing: dict[str, str] = {}
    for asset in wanted:
        plain = build_design(returns, asset, shocks, tuple(names))
        full = None
        if dollar is not None:
            full = build_design(returns, asset, shocks, tuple(names), dollar)
        own = _concerning(events, asset)
        for length, before in _lengths(plain, own).items():
            try:
                found = placebo_windows(
                    *(plain, length, before, full),
                    events=_concerning(market.events, asset),
                    pre_days=pre_days,
                    level=level,
                    draws=draws,
                    seed=seed,
                    n_jobs=n_jobs,
                )
            except CoverageError as error:
                missing[asset] = str(error)
                continue
            parts.append(found)
    if not parts:
        why = "; ".join(missing.values()) or "no return of any asset is as long as an event"
        raise CoverageError(f"no placebo window: {why}")
    return Placebo(pd.concat(parts, ignore_index=True), missing)


def _concerning(events: pd.DataFrame, asset: str) -> pd.DataFrame:
    """Take the events that list an asset, or none."""
    listed = [[name.strip() for name in str(text).split(";")] for text in events["assets"]]
    return events.loc[[names == [""] or asset in names for names in listed]]


def _lengths(design: DesignRows, events: pd.DataFrame) -> dict[int, pd.Timestamp]:
    """Say how many returns each event has, and when the last event of that length began."""
    found: dict[int, pd.Timestamp] = {}
    for start, end in zip(events["start"], events["end"], strict=True):
        first = int(design.dates.searchsorted(start))
        last = int(design.dates.searchsorted(end))
        if last < len(design):
            length = last - first + 1
            found[length] = max(start, found.get(length, start))
    return found


@dataclass(frozen=True, eq=False)
class _Windows:
    """Some windows of one asset, by first row, with the seeds of their draws."""

    designs: tuple[DesignRows, ...]
    first_rows: list[int]
    reasons: list[str]
    seeds: list[np.random.SeedSequence]
    length: int
    pre_days: int
    level: float
    draws: int


def placebo_windows(
    design: DesignRows,
    length: int,
    before: pd.Timestamp | None = None,
    full: DesignRows | None = None,
    *,
    events: pd.DataFrame | None = None,
    pre_days: int = Sample().pre_days,
    level: float = Bands().level,
    draws: int = Bands().draws,
    seed: int = Bands().seed,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Split every window of some returns of one asset.

    Parameters
    ----------
    design : DesignRows
        All rows of one asset.
    length : int
        Returns a window.
    before : Timestamp, optional
        No window reaches this date.
    full : DesignRows, optional
        The same rows with the dollar: used for a window where it is complete on the window and on
        `pre_days` rows before it.
    events : DataFrame, optional
        event, start, end: a window that touches one does not count.
    pre_days : int
    level : float
    draws : int
    seed : int
    n_jobs : int

    Returns
    -------
    DataFrame
        Columns `PLACEBO_COLUMNS`; `state` is the quintile of `sigma_pre_pp` among windows that
        count.

    Raises
    ------
    CoverageError
        If there is no window with a sample before it.
    """
    firsts = window_starts(design.complete, length, pre_days)
    if before is not None:
        firsts = [i for i in firsts if design.dates[i + length - 1] < before]
    if not firsts:
        raise CoverageError(f"{design.asset}: no window has {pre_days} complete rows before it")
    reasons = [_touched(design, i, length, events) for i in firsts]
    seeds = np.random.SeedSequence([seed]).spawn(len(firsts))
    designs = (design,) if full is None else (full, design)
    tasks = [
        _Windows(
            *(designs, firsts[low:high], reasons[low:high], seeds[low:high]),
            *(length, pre_days, level, draws),
        )
        for low in range(0, len(firsts), WINDOWS_AT_ONCE)
        for high in (low + WINDOWS_AT_ONCE,)
    ]
    table = pd.DataFrame([row for rows in _run(tasks, n_jobs) for row in rows])
    counted = (table["reason"] == "").to_numpy(bool)
    table["state"] = ""
    table.loc[counted, "state"] = quintiles(table.loc[counted, "sigma_pre_pp"])
    table["era"] = era_of(pd.DatetimeIndex(table["window_start"]))
    return table[list(PLACEBO_COLUMNS)]


def window_starts(complete: Bools, length: int, pre_days: int) -> list[int]:
    """Lay windows of complete rows end to end, each with `pre_days` complete rows before it.

    Examples
    --------
    >>> window_starts(np.array([True, True, True, False, True, True, True]), 2, 1)
    [1, 4]
    """
    earlier: npt.NDArray[np.int64] = np.cumsum(complete) - complete
    starts, row = [], 0
    while row + length <= len(complete):
        whole = complete[row : row + length].all()
        if whole and earlier[row] >= pre_days:
            starts.append(row)
            row += length
        else:
            row += 1
    return starts


def quintiles(values: pd.Series[float]) -> pd.Series[str]:
    """Name the fifth each value lies in, from calm to turbulent; fifths are of equal size.

    Examples
    --------
    >>> quintiles(pd.Series([3.0, 1.0, 2.0, 5.0, 4.0])).tolist()
    ['quintile 3', 'quintile 1', 'quintile 2', 'quintile 5', 'quintile 4']
    """
    rank = values.rank(method="first").to_numpy(float)
    fifth = np.ceil(rank * QUINTILES / max(len(values), 1))
    return pd.Series([f"quintile {k:.0f}" for k in fifth], index=values.index, dtype=object)


def _touched(design: DesignRows, first: int, length: int, events: pd.DataFrame | None) -> str:
    """Say which event a window touches: its last return's date, back to the date before it."""
    if events is None or events.empty:
        return ""
    start, end = design.dates[first], design.dates[first + length - 1]
    inside = (events["start"] <= end) & (events["end"] >= start)
    return f"touches {', '.join(events.loc[inside, 'event'])}" if inside.any() else ""


def _run(tasks: list[_Windows], n_jobs: int) -> list[list[dict[str, Any]]]:
    if n_jobs == 1:
        return [_split_windows(task) for task in tasks]
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=n_jobs)(delayed(_split_windows)(task) for task in tasks))


def _split_windows(task: _Windows) -> list[dict[str, Any]]:
    # Loaded first: a limit does not reach a BLAS that is loaded after it is set.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return [
            _split_window(task, first, reason, np.random.default_rng(seed))
            for first, reason, seed in zip(task.first_rows, task.reasons, task.seeds, strict=True)
        ]


def _split_window(
    task: _Windows, first: int, reason: str, rng: np.random.Generator
) -> dict[str, Any]:
    length = task.length
    design = next(
        rows
        for rows in task.designs
        if rows is task.designs[-1]
        or (
            rows.complete[:first].sum() >= task.pre_days
            and rows.complete[first : first + length].all()
        )
    )
    row: dict[str, Any] = {
        "asset": design.asset,
        "window_start": design.dates[first],
        "window_end": design.dates[first + length - 1],
        **dict.fromkeys(NUMBERS, np.nan),
        **dict.fromkeys(("covered", "iid_covered")),
        "dollar": design.has_dollar,
        "level": task.level,
        "reason": reason,
    }
    if reason:
        return row
    known = design.complete[:first] & (design.end_utc[:first] <= design.strike_utc[first - 1])
    earlier = np.flatnonzero(known)[-task.pre_days :]
    since = pd.Timestamp(design.start_utc[earlier[0]])
    try:
        sample = estimation_sample(design, since, design.dates[first])
        fit = fit_loading(sample)
        null = null_model(fit, design, shocks=False)
    except CoverageError as error:
        return {**row, "reason": str(error)}
    window = np.zeros(len(design), dtype=bool)
    window[first : first + length] = True
    rows = design.take(window).with_columns(sample.rows.columns)
    residual = float(fit.residuals_of(rows).sum())
    paths = simulate_residuals(null.fit, length, task.draws, rng, sigma_pp=null.sigma_pp)
    simulated = (null.stretch(rows.elapsed_days) * paths).sum(axis=1)
    drawn = rng.choice(fit.returns.residuals, size=(task.draws, length)).sum(axis=1)
    tails = [(1.0 - task.level) / 2.0, (1.0 + task.level) / 2.0]
    low, high = (float(end) for end in np.quantile(simulated, tails))
    iid_low, iid_high = (float(end) for end in np.quantile(drawn, tails))
    return {
        **row,
        "residual_pp": residual,
        "low_pp": low,
        "high_pp": high,
        "covered": low <= residual <= high,
        "sigma_pre_pp": null.sigma_pp,
        "iid_low_pp": iid_low,
        "iid_high_pp": iid_high,
        "iid_covered": iid_low <= residual <= iid_high,
    }

"""Placebo windows: split stretches without an event, and count how often the null band holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.config import Bands, Sample
from ratemodel.decomposition.null import null_model
from ratemodel.errors import CoverageError
from ratemodel.loadings import estimation_sample, fit_loading
from ratemodel.types.loadings import DesignRows
from ratemodel.volatility import simulate_residuals

Floats = npt.NDArray[np.float64]

QUINTILES = 5
PLACEBO_COLUMNS = (
    *("asset", "window_start", "window_end", "residual_pp", "low_pp", "high_pp", "covered"),
    *("sigma_pre_pp", "state", "iid_low_pp", "iid_high_pp", "iid_covered", "level", "reason"),
)
WINDOWS_AT_ONCE = 50
"""Windows a task: tasks are the same whatever the number of processes."""


@dataclass(frozen=True, eq=False)
class _Windows:
    """Some windows of one asset, by first row, with the seeds of their draws."""

    design: DesignRows
    first_rows: list[int]
    seeds: list[np.random.SeedSequence]
    length: int
    pre_rows: int
    level: float
    draws: int


def placebo_windows(
    design: DesignRows,
    length: int = 2,
    *,
    pre_days: int = Sample().pre_days,
    level: float = Bands().level,
    draws: int = Bands().draws,
    seed: int = Bands().seed,
    n_jobs: int = 1,
) -> pd.DataFrame:
    r"""Split every non-overlapping window of some returns as if it were an event.

    Each window has a sample of its own, the `pre_days` complete rows before it, and a band of its
    own: quantiles of filtered historical simulation from the volatility known before the window.
    Beside it stands a band that takes returns for independent (quantiles of sums of resampled
    residuals): it covers overall, and fails where volatility is high, which is where crashes are.

    Parameters
    ----------
    design : DesignRows
        All rows of one asset.
    length : int
        Returns a window.
    pre_days : int
        Rows of the estimation sample.
    level : float
    draws : int
    seed : int
    n_jobs : int
        Processes; results do not depend on it.

    Returns
    -------
    DataFrame
        Columns `PLACEBO_COLUMNS`; `state` is the quintile of `sigma_pre_pp` among all windows. A
        window that cannot be split has its reason and no numbers.

    Raises
    ------
    CoverageError
        If there is no window with a sample before it.
    """
    usable = np.flatnonzero(design.complete)
    starts = [int(i) for i in usable[pre_days::length] if i + length <= len(design)]
    starts = [i for i in starts if design.complete[i : i + length].all()]
    if not starts:
        raise CoverageError(f"{design.asset}: no window has {pre_days} complete rows before it")
    seeds = np.random.SeedSequence([seed]).spawn(len(starts))
    tasks = [
        _Windows(
            design,
            starts[low : low + WINDOWS_AT_ONCE],
            seeds[low : low + WINDOWS_AT_ONCE],
            length,
            pre_days,
            level,
            draws,
        )
        for low in range(0, len(starts), WINDOWS_AT_ONCE)
    ]
    table = pd.DataFrame([row for rows in _run(tasks, n_jobs) for row in rows])
    known = table["sigma_pre_pp"].notna()
    table["state"] = ""
    if known.sum() >= QUINTILES:
        rank = table.loc[known, "sigma_pre_pp"].rank(method="first")
        fifth = np.ceil(rank * QUINTILES / known.sum()).astype(int)
        table.loc[known, "state"] = "quintile " + fifth.astype(str)
    return table[list(PLACEBO_COLUMNS)]


def _run(tasks: list[_Windows], n_jobs: int) -> list[list[dict[str, Any]]]:
    if n_jobs == 1:
        return [list(_split_windows(task)) for task in tasks]
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=n_jobs)(delayed(_listed)(task) for task in tasks))


def _listed(task: _Windows) -> list[dict[str, Any]]:
    return list(_split_windows(task))


def _split_windows(task: _Windows) -> Iterator[dict[str, Any]]:
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        for first, seed in zip(task.first_rows, task.seeds, strict=True):
            yield _split_window(task, first, np.random.default_rng(seed))


def _split_window(task: _Windows, first: int, rng: np.random.Generator) -> dict[str, Any]:
    design, length = task.design, task.length
    inside = slice(first, first + length)
    label = {
        "asset": design.asset,
        "window_start": design.dates[first],
        "window_end": design.dates[first + length - 1],
        "level": task.level,
    }
    empty = dict.fromkeys(
        ("residual_pp", "low_pp", "high_pp", "sigma_pre_pp", "iid_low_pp", "iid_high_pp"), np.nan
    )
    earlier = np.flatnonzero(design.complete[:first])[-task.pre_rows :]
    try:
        sample = estimation_sample(design, design.dates[earlier[0]], design.dates[first])
        fit = fit_loading(sample)
        null = null_model(fit, design)
    except CoverageError as error:
        return {**label, **empty, "covered": None, "iid_covered": None, "reason": str(error)}
    window = np.zeros(len(design), dtype=bool)
    window[inside] = True
    rows = design.take(window).with_columns(sample.rows.columns)
    residual = float(fit.residuals_of(rows).sum())
    paths = simulate_residuals(null.fit, length, task.draws, rng, sigma_pp=null.sigma_pp)
    simulated = (null.stretch(rows.elapsed_days) * paths).sum(axis=1)
    drawn = rng.choice(fit.returns.residuals, size=(task.draws, length)).sum(axis=1)
    tails = [(1.0 - task.level) / 2.0, (1.0 + task.level) / 2.0]
    low, high = (float(end) for end in np.quantile(simulated, tails))
    iid_low, iid_high = (float(end) for end in np.quantile(drawn, tails))
    return {
        **label,
        "residual_pp": residual,
        "low_pp": low,
        "high_pp": high,
        "covered": low <= residual <= high,
        "sigma_pre_pp": null.sigma_pp,
        "iid_low_pp": iid_low,
        "iid_high_pp": iid_high,
        "iid_covered": iid_low <= residual <= iid_high,
        "reason": "",
    }

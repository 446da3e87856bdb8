"""Time the bootstrap of loadings and local projections against statsmodels loops, on one core.

    .venv/bin/python benchmarks/bootstrap.py [--draws N] [--loop N] [--repeat N]

Prints one line a task: seconds of ours (best of the runs), of a loop over statsmodels that does the
same, and their ratio with the limit it is meant to keep. Both are CPU seconds of one process with
one BLAS thread, errors included; the loop is timed on fewer draws and scaled. Both give the same
numbers: the largest relative difference stands beside them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import statsmodels.api as sm
from threadpoolctl import threadpool_limits

from ratemodel.loadings import bootstrap_fit, fit_loading
from ratemodel.loadings.bootstrap import block_length, block_starts
from ratemodel.loadings.covariance import hac_lags
from ratemodel.loadings.projections import project
from ratemodel.loadings.rolling import roll
from ratemodel.types.loadings import DesignRows, EstimationSample

SEED, ROWS = 20260130, 340
BOOTSTRAP_LIMIT = 100.0


def main() -> None:
    """Time every line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--loop", type=int, default=1_000)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    print(f"{'':<44} {'ours s':>9} {'loop s':>9} {'ratio':>7} {'limit':>6} {'apart':>8}")
    with threadpool_limits(1):
        five_regressors(options.draws, options.loop, options.repeat)
        cleared_dollar(options.draws, options.loop, options.repeat)
        local_projections(options.repeat)
        rolling(options.repeat)


def five_regressors(draws: int, loop: int, repeat: int) -> None:
    """Resample rows of five regressors, with the t-statistics of all coefficients in each draw."""
    rng = np.random.default_rng(SEED)
    z = rng.normal(scale=4.0, size=(ROWS, 5))
    y = z @ [-0.02, -0.05, 0.01, 0.0, 0.03] + rng.normal(size=ROWS)
    columns = tuple((f"s{i}", "inside") for i in range(5))
    fit = fit_loading(sample_of(y, z, columns))
    x = np.column_stack([np.ones(ROWS), z])

    def ours() -> np.ndarray:
        found = bootstrap_fit(fit, draws, np.random.default_rng(SEED))
        errors = np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2))
        return (found.params - fit.returns.params) / errors

    def theirs() -> np.ndarray:
        starts = block_starts(ROWS, draws, np.random.default_rng(SEED))[:loop]
        index, blocks = resamples(starts)
        kwds = {"groups": blocks, "use_correction": False}
        return np.array(
            [
                (result.params - fit.returns.params) / result.bse
                for rows in index
                for result in [sm.OLS(y[rows], x[rows]).fit(cov_type="cluster", cov_kwds=kwds)]
            ]
        )

    line("five regressors, studentised", ours, theirs, repeat, draws / loop, BOOTSTRAP_LIMIT)


def cleared_dollar(draws: int, loop: int, repeat: int) -> None:
    """Take the loading as it is: two sides of a shock, the dollar cleared anew in each draw."""
    rng = np.random.default_rng(SEED)
    z, terms = rng.normal(scale=4.0, size=(2, ROWS, 2))
    dollar = terms @ [0.01, 0.02] + rng.normal(scale=0.4, size=ROWS)
    y = z @ [-0.02, -0.05] - 1.5 * dollar + rng.normal(size=ROWS)
    columns = (("path_bp", "start"), ("path_bp", "end"))
    d = np.column_stack([np.ones(ROWS), terms])
    fit = fit_loading(sample_of(y, z, columns, dollar, d))
    centre = np.append(fit.returns.params, fit.projection)

    def ours() -> np.ndarray:
        found = bootstrap_fit(fit, draws, np.random.default_rng(SEED))
        errors = np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2))
        return (np.hstack([found.params, found.projection]) - centre) / errors

    def theirs() -> np.ndarray:
        starts = block_starts(ROWS, draws, np.random.default_rng(SEED))[:loop]
        index, blocks = resamples(starts)
        first = np.flatnonzero(np.diff(blocks, prepend=-1))
        out = []
        for rows in index:
            clearing = sm.OLS(dollar[rows], d[rows]).fit()
            x = np.column_stack([np.ones(ROWS), z[rows], clearing.resid])
            result = sm.OLS(y[rows], x).fit()
            bread = result.normalized_cov_params
            step = (d[rows] * clearing.resid[:, None]) @ clearing.normalized_cov_params
            passed_on = step @ d[rows].T @ x @ bread
            own = (x * result.resid[:, None]) @ bread + result.params[-1] * passed_on
            sums = np.add.reduceat(np.hstack([own, step]), first)
            errors = np.sqrt((sums**2).sum(axis=0))
            out.append((np.append(result.params, clearing.params) - centre) / errors)
        return np.array(out)

    line("two sides and a dollar cleared in each draw", ours, theirs, repeat, draws / loop, 100.0)


def local_projections(repeat: int) -> None:
    """21 horizons with HAC errors."""
    rng = np.random.default_rng(SEED)
    x = np.column_stack([np.ones(ROWS), rng.normal(scale=4.0, size=(ROWS, 11))])
    y = np.cumsum(rng.normal(size=(ROWS, 21)), axis=1)
    counts, wanted = ROWS - np.arange(21), np.eye(12)[1]

    def ours() -> np.ndarray:
        estimate, error, _ = project(y, x, counts, wanted, "HAC")
        return np.column_stack([estimate, error])

    def theirs() -> np.ndarray:
        out = []
        for horizon, count in enumerate(counts):
            kwds = {"maxlags": hac_lags(int(count)), "use_correction": False}
            model = sm.OLS(y[:count, horizon], x[:count])
            result = model.fit(cov_type="HAC", cov_kwds=kwds)
            out.append((result.params[1], result.bse[1]))
        return np.array(out)

    line("local projections, 21 horizons, HAC", ours, theirs, repeat, 1.0, None)


def rolling(repeat: int) -> None:
    """All windows of 120 rows with HAC errors."""
    rng = np.random.default_rng(SEED)
    x = np.column_stack([np.ones(ROWS), rng.normal(scale=4.0, size=(ROWS, 3))])
    y = rng.normal(size=ROWS)
    wanted = np.eye(4)[1]
    kwds = {"maxlags": hac_lags(120), "use_correction": False}

    def theirs() -> np.ndarray:
        out = []
        for start in range(ROWS - 119):
            rows = slice(start, start + 120)
            result = sm.OLS(y[rows], x[rows]).fit(cov_type="HAC", cov_kwds=kwds)
            out.append((result.params[1], result.bse[1]))
        return np.array(out)

    line(
        "rolling windows of 120, HAC",
        lambda: np.column_stack(roll(y, x, wanted, 120, "HAC")),
        theirs,
        repeat,
        1.0,
        None,
    )


def resamples(starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of each resample, and the block each of its places belongs to."""
    length = block_length(ROWS)
    index = (starts[:, :, None] + np.arange(length)).reshape(len(starts), -1)[:, :ROWS]
    return index, np.repeat(np.arange(starts.shape[1]), length)[:ROWS]


def sample_of(
    y: np.ndarray,
    z: np.ndarray,
    columns: tuple[tuple[str, str], ...],
    dollar: np.ndarray | None = None,
    terms: np.ndarray | None = None,
) -> EstimationSample:
    """Rows a day apart."""
    dates = pd.bdate_range("2024-09-16", periods=len(y))
    struck = dates.to_numpy().astype("datetime64[s]")
    place = np.arange(len(y))
    rows = DesignRows(
        asset="A",
        dates=dates,
        returns_pp=y,
        shocks_bp=z[:, :1],
        columns=(("path_bp", "inside"),),
        runs=np.column_stack([place, place + 1, place, place + 1]),
        dollar_pct=np.zeros(len(y)) if dollar is None else dollar,
        dollar_terms=np.zeros((len(y), 0)) if terms is None else terms,
        start_utc=struck,
        end_utc=struck,
        strike_utc=struck,
        elapsed_days=np.ones(len(y)),
        dollar_days=np.ones(len(y)),
        covered=np.zeros(len(y), dtype=bool),
        complete=np.ones(len(y), dtype=bool),
    )
    return EstimationSample(replace(rows, shocks_bp=z, columns=columns), struck[-1], 0)


def line(
    name: str,
    ours: Callable[[], np.ndarray],
    theirs: Callable[[], np.ndarray],
    repeat: int,
    scale: float,
    limit: float | None,
) -> None:
    """Time both, compare what they give, print."""
    fast, mine = best(ours, repeat)
    slow, other = best(theirs, max(repeat // 3, 1))
    slow *= scale
    apart = float(np.max(np.abs(mine[: len(other)] - other) / np.maximum(np.abs(other), 1e-6)))
    kept = "" if limit is None else f"{limit:.0f}"
    print(f"{name:<44} {fast:>9.4f} {slow:>9.3f} {slow / fast:>7.0f} {kept:>6} {apart:>8.0e}")


def best(work: Callable[[], np.ndarray], repeat: int) -> tuple[float, np.ndarray]:
    """Best CPU time of some runs after a first one, seconds, and what the work gives."""
    found, times = work(), []
    for _ in range(repeat):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times), found


if __name__ == "__main__":
    main()

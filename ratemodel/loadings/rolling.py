"""Loadings over rolling windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.loadings.case import Case
from ratemodel.loadings.covariance import Covariance, covariance_label, hac_variance
from ratemodel.loadings.estimate import loading_of, path_frame
from ratemodel.types.loadings import Loading

Floats = npt.NDArray[np.float64]


def rolling_loadings(case: Case) -> tuple[list[Loading], pd.DataFrame]:
    """Estimate the loading on every window of so many rows; the row is the last window's.

    Parameters
    ----------
    case : Case

    Returns
    -------
    loadings : list of Loading
    paths : DataFrame
        shock, date (of the window's last row), estimate_pp_per_bp, std_err, ci_low, ci_high, n.

    Raises
    ------
    CoverageError
        If the sample is shorter than two windows, or the last one holds no news.
    """
    fit, rows, length = case.fit, case.sample.rows, case.options.rolling_rows
    if len(rows) < 2 * length:
        raise CoverageError(
            f"{rows.asset}: {len(rows)} rows, two windows of {length} are needed to see a change"
        )
    found, paths = [], []
    for name in fit.shock_slots:
        estimate, error = roll(
            rows.returns_pp, fit.returns.regressors, fit.combination(name), length, case.cov
        )
        if not np.isfinite(estimate[-1]):
            raise CoverageError(f"{rows.asset}: no news of {name} in the last {length} rows")
        weights = fit.leverage(name)[-length:]
        empty = int(np.isnan(estimate).sum())
        found.append(
            loading_of(
                fit,
                case.shocks,
                name,
                estimate[-1],
                error[-1],
                case.level,
                covariance_label(case.cov, length),
                n=length,
                start=rows.dates[-length],
                largest_day=rows.dates[len(rows) - length + int(np.argmax(weights))],
                largest_day_weight=float(weights.max() / weights.sum()),
                note=f"{empty} windows without news" if empty else "",
            )
        )
        known = np.isfinite(estimate)
        paths.append(
            path_frame(
                name,
                estimate[known],
                error[known],
                case.level,
                n=length,
                date=rows.dates[length - 1 :][known],
            )
        )
    return found, pd.concat(paths)


def roll(
    response: Floats, regressors: Floats, combination: Floats, length: int, cov: Covariance
) -> tuple[Floats, Floats]:
    """Regress on every window of some rows: a combination of coefficients, and its error.

    Parameters
    ----------
    response : array, shape (n,)
    regressors : array, shape (n, p)
    combination : array, shape (p,)
    length : int
        Rows a window.
    cov : {"HAC", "HC1"}

    Returns
    -------
    estimate, std_err : array, shape (n - length + 1,)
        NaN where a window cannot tell its regressors apart.
    """
    size = regressors.shape[1]
    scale = np.sqrt(np.mean(regressors**2, axis=0))
    table = np.column_stack([regressors / scale, response])
    windows = np.lib.stride_tricks.sliding_window_view(table, length, axis=0)
    moments = np.matmul(windows, windows.transpose(0, 2, 1))
    gram = moments[:, :size, :size]
    told = np.linalg.eigvalsh(gram)
    usable = told[:, 0] > size * np.finfo(float).eps * told[:, -1]
    estimate, error = np.full(len(gram), np.nan), np.full(len(gram), np.nan)
    params = np.linalg.solve(gram[usable], moments[usable, :size, -1:])
    pull = np.linalg.solve(gram[usable], (combination / scale)[None, :, None])
    x = windows[usable, :size]
    residuals = windows[usable, -1] - np.einsum("wpt,wp->wt", x, params[:, :, 0])
    influence = np.einsum("wpt,wp->wt", x, pull[:, :, 0]) * residuals
    estimate[usable] = params[:, :, 0] @ (combination / scale)
    if cov == "HAC":
        error[usable] = np.sqrt(hac_variance(influence))
    else:
        error[usable] = np.sqrt((influence**2).sum(axis=1) * length / (length - size))
    return estimate, error

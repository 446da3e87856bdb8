"""The same volatility model on many windows: how parameters move, each window from cold starts."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError, StudyError
from ratemodel.volatility.engine import Problem, maximise_many
from ratemodel.volatility.garch import MIN_OBSERVATIONS, check_returns


def rolling_volatility(
    returns_pp: pd.Series[float],
    window: int,
    *,
    step: int = 1,
    model: Literal["gjr", "garch"] = "gjr",
    dist: Literal["t", "normal"] = "t",
) -> pd.DataFrame:
    """Fit a volatility model on each window of some returns, with a constant mean.

    Windows do not know of each other: none starts from its neighbour's parameters, so that each row
    is what `fit_volatility` says of that window.

    Parameters
    ----------
    returns_pp : Series
        Log points × 100 by date; no missing values.
    window : int
        Returns a window.
    step : int
        Returns from one window to the next.
    model : {"gjr", "garch"}
    dist : {"t", "normal"}

    Returns
    -------
    DataFrame
        One row a window: end (its last date), the parameters by arch's names, ``std_err NAME``
        (robust, NaN on a bound), log_likelihood, converged.

    Raises
    ------
    CoverageError
        If the window is shorter than 100 or longer than the returns.
    StudyError
        If an option is unknown or a count is not positive.

    Examples
    --------
    >>> draws = np.random.default_rng(1).standard_normal(300)
    >>> table = rolling_volatility(pd.Series(draws), 200, step=50, model="garch", dist="normal")
    >>> table["end"].tolist()
    [199, 249, 299]
    """
    if model not in ("gjr", "garch") or dist not in ("t", "normal"):
        raise StudyError(f"windows are fitted by garch or gjr, t or normal, not {model}-{dist}")
    if step < 1:
        raise StudyError(f"step must be at least 1, got {step}")
    check_returns(returns_pp)
    if not MIN_OBSERVATIONS <= window <= len(returns_pp):
        raise CoverageError(
            f"a window must have {MIN_OBSERVATIONS} to {len(returns_pp)} returns, got {window}"
        )
    problem = Problem.of(
        *(np.ones((1, window)), np.zeros((0, window))),
        asym=model == "gjr",
        student=dist == "t",
        sample=False,
        form="sum",
    )
    values = returns_pp.to_numpy(float)
    windows = np.lib.stride_tricks.sliding_window_view(values, window)[::step]
    fits = maximise_many(problem, windows)
    names = problem.names(["mu"], [])
    table = pd.DataFrame(fits.estimates, columns=names)
    errors = pd.DataFrame(fits.std_errors, columns=[f"std_err {name}" for name in names])
    ends = returns_pp.index[window - 1 :: step]
    table.insert(0, "end", ends)
    return pd.concat([table, errors], axis=1).assign(
        log_likelihood=fits.log_likelihoods, converged=fits.sure
    )

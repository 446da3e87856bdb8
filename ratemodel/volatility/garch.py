"""Univariate volatility through `arch`, in our units and with nothing dropped in silence."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError, DataError, StudyError
from ratemodel.types.volatility import Distribution, VolatilityFit, VolatilityModel

MIN_OBSERVATIONS = 100
OPTIMISER = {"ftol": 1e-12, "maxiter": 2000}
"""SLSQP's own tolerance leaves volatilities uncertain in the sixth digit."""
NEWS_FLOOR = 1e-6
"""A GJR with α + γ below this has no reaction to bad news left: it is a GARCH without news."""


def fit_volatility(
    returns_pp: pd.Series[float],
    mean_shocks: pd.DataFrame | None = None,
    *,
    model: VolatilityModel = "gjr",
    dist: Distribution = "t",
    mean: bool = True,
) -> VolatilityFit:
    r"""Fit a volatility model, with shocks in the mean if any.

    .. math:: r_t = \mu + b's_t + \varepsilon_t, \qquad \varepsilon_t = \sigma_t z_t,

    with σ² following GARCH(1,1), GJR(1,1) (Glosten, Jagannathan and Runkle 1993) or EGARCH(1,1)
    (Nelson 1991). `arch` maximises the likelihood; its own rescaling is off, so parameters are in
    the units of the returns.

    Parameters
    ----------
    returns_pp : Series
        Log points × 100 by date; no missing values.
    mean_shocks : DataFrame, optional
        Regressors of the mean, same index.
    model : {"gjr", "garch", "egarch"}
    dist : {"t", "normal", "skewt"}
    mean : bool
        False for a mean of zero (residuals of another regression).

    Returns
    -------
    VolatilityFit
        Not converging is a field, not an exception.

    Raises
    ------
    CoverageError
        With fewer than 100 observations.
    DataError
        If a value is missing or the regressors' index differs.
    StudyError
        If an option is unknown, or shocks are given without a mean.

    Examples
    --------
    >>> draws = np.random.default_rng(1).standard_normal(500)
    >>> fit = fit_volatility(pd.Series(draws), model="garch", dist="normal")
    >>> fit.converged, list(fit.params.index)
    (True, ['mu', 'omega', 'alpha[1]', 'beta[1]'])
    """
    for value, allowed, what in (
        (model, get_args(VolatilityModel), "model"),
        (dist, get_args(Distribution), "dist"),
    ):
        if value not in allowed:
            raise StudyError(f"{what} must be one of {', '.join(allowed)}, got {value!r}")
    if mean_shocks is not None and not mean:
        raise StudyError("shocks in the mean need a mean")
    if len(returns_pp) < MIN_OBSERVATIONS:
        raise CoverageError(
            f"{returns_pp.name or 'returns'}: {len(returns_pp)} observations, a volatility model "
            f"needs {MIN_OBSERVATIONS}"
        )
    if not np.isfinite(returns_pp.to_numpy(float)).all():
        raise DataError("returns for a volatility model must be finite")
    if not float(returns_pp.std()) > 0.0:
        raise CoverageError(f"{returns_pp.name or 'returns'}: the price never moves")
    if mean_shocks is not None and not mean_shocks.index.equals(returns_pp.index):
        raise DataError("shocks in the mean must have the index of the returns")
    fit = _fit(returns_pp, mean_shocks, model, dist, mean, "")
    if model == "gjr" and fit.params["alpha[1]"] + fit.params["gamma[1]"] < NEWS_FLOOR:
        note = "GJR at alpha + gamma = 0 (no reaction to bad news): refitted as GARCH"
        return _fit(returns_pp, mean_shocks, "garch", dist, mean, note)
    return fit


def _fit(
    returns_pp: pd.Series[float],
    mean_shocks: pd.DataFrame | None,
    model: VolatilityModel,
    dist: Distribution,
    mean: bool,
    note: str,
) -> VolatilityFit:
    from arch.univariate import (
        EGARCH,
        GARCH,
        LS,
        ConstantMean,
        Normal,
        SkewStudent,
        StudentsT,
        ZeroMean,
    )

    processes: dict[str, Any] = {
        "garch": lambda: GARCH(p=1, o=0, q=1),
        "gjr": lambda: GARCH(p=1, o=1, q=1),
        "egarch": lambda: EGARCH(p=1, o=1, q=1),
    }
    distributions: dict[str, Any] = {"normal": Normal, "t": StudentsT, "skewt": SkewStudent}
    parts = {"volatility": processes[model](), "distribution": distributions[dist]()}
    if mean_shocks is not None:
        specification: Any = LS(returns_pp, mean_shocks, rescale=False, **parts)
    else:
        specification = (ConstantMean if mean else ZeroMean)(returns_pp, rescale=False, **parts)
    result = specification.fit(disp="off", show_warning=False, options=OPTIMISER)
    if mean_shocks is not None:
        lost = [str(c) for c in mean_shocks.columns if str(c) not in result.params.index]
        if lost:
            raise DataError(f"the mean lost its regressors {', '.join(lost)}")
    names = result.params.index
    converged = result.convergence_flag == 0
    sigma = pd.Series(np.asarray(result.conditional_volatility), index=returns_pp.index)
    residuals = pd.Series(np.asarray(result.resid), index=returns_pp.index)
    return VolatilityFit(
        name=str(returns_pp.name or ""),
        model=model,
        distribution=dist,
        params=result.params.astype(float),
        covariance_robust=_covariance(result, True, names),
        covariance_hessian=_covariance(result, False, names),
        sigma_pp=sigma,
        standardised_residuals=residuals / sigma,
        next_sigma_pp=_next_sigma(result.params, model, residuals.iloc[-1], sigma.iloc[-1]),
        log_likelihood=float(result.loglikelihood),
        converged=bool(converged),
        n=len(returns_pp),
        note=note,
    )


def _covariance(result: Any, robust: bool, names: pd.Index[str]) -> pd.DataFrame:
    matrix = result.model.compute_param_cov(result.params.to_numpy(), robust=robust)
    return pd.DataFrame(matrix, index=names, columns=names)


def _next_sigma(
    params: pd.Series[float], model: VolatilityModel, residual: float, sigma: float
) -> float:
    bad = residual**2 * (residual < 0.0)
    if model == "egarch":
        z = residual / sigma
        log_variance = (
            params["omega"]
            + params["alpha[1]"] * (abs(z) - np.sqrt(2.0 / np.pi))
            + params["gamma[1]"] * z
            + params["beta[1]"] * np.log(sigma**2)
        )
        return float(np.exp(log_variance / 2.0))
    variance = params["omega"] + params["alpha[1]"] * residual**2 + params["beta[1]"] * sigma**2
    return float(np.sqrt(variance + params.get("gamma[1]", 0.0) * bad))

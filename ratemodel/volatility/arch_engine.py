"""`arch` as engine, for EGARCH and the skewed t: its likelihoods, its optimiser, our units."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError
from ratemodel.types.volatility import Distribution, VolatilityFit, VolatilityModel

Floats = npt.NDArray[np.float64]

OPTIMISER = {"ftol": 1e-12, "maxiter": 2000}
"""SLSQP's own tolerance leaves volatilities uncertain in the sixth digit."""
RELATIVE_STEP = 1e-5
"""Of a parameter, for central differences: scores right to about ten digits."""


def fit_by_arch(
    returns_pp: pd.Series[float],
    mean_shocks: pd.DataFrame | None,
    model: VolatilityModel,
    dist: Distribution,
    mean: bool,
) -> VolatilityFit:
    """Fit by `arch`, with its start-up; regressors of the mean are asserted to be there.

    Parameters
    ----------
    returns_pp, mean_shocks, model, dist, mean
        As in `fit_volatility`, checked.
    """
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
    params = result.params.to_numpy(float)
    sigmas = np.asarray(result.conditional_volatility, dtype=float)
    residuals = np.asarray(result.resid, dtype=float)
    scores, news_slopes = _derivatives(specification, params)
    opg = scores.T @ scores
    tomorrow = specification.forecast(params, horizon=1).variance.to_numpy()[-1, 0]
    shape = params[-specification.distribution.num_params :] if dist != "normal" else None
    regressors = np.zeros((len(returns_pp), 0)) if not mean else np.ones((len(returns_pp), 1))
    if mean_shocks is not None:
        regressors = np.column_stack([regressors, mean_shocks.to_numpy(float)])
    return VolatilityFit(
        name=str(returns_pp.name or ""),
        model=model,
        distribution=dist,
        names=tuple(str(name) for name in result.params.index),
        estimates=params,
        covariances={
            "robust": np.asarray(specification.compute_param_cov(params, robust=True)),
            "hessian": np.asarray(specification.compute_param_cov(params, robust=False)),
            "opg": np.asarray(np.linalg.inv(opg)),
        },
        dates=returns_pp.index,
        residuals_pp=residuals,
        sigmas_pp=sigmas,
        scores=scores,
        news_slopes=news_slopes,
        next_base=float(tomorrow),
        log_likelihood=float(result.loglikelihood),
        converged=bool(result.convergence_flag == 0),
        n=len(returns_pp),
        mean_regressors=regressors,
        bad_share=float(specification.distribution.partial_moment(2, 0.0, shape)),
        note="",
    )


def _derivatives(specification: Any, params: Floats) -> tuple[Floats, Floats]:
    """Scores and slopes of standardised residuals by date, by central differences."""
    volatility, density = specification.volatility, specification.distribution
    first = specification.resids(specification.starting_values())
    backcast, bounds = volatility.backcast(first), volatility.variance_bounds(first)
    shape, count = len(params) - density.num_params, volatility.num_params

    def at(theta: Floats) -> tuple[Floats, Floats]:
        residuals = specification.resids(theta[: shape - count])
        variances = volatility.compute_variance(
            theta[shape - count : shape], residuals, np.zeros(len(residuals)), backcast, bounds
        )
        parts = density.loglikelihood(theta[shape:], residuals, variances, individual=True)
        return np.asarray(parts), residuals / np.sqrt(variances)

    scores, slopes = [], []
    for i, value in enumerate(params):
        step = np.zeros(len(params))
        step[i] = RELATIVE_STEP * max(abs(value), 1e-2)
        (high, z_high), (low, z_low) = at(params + step), at(params - step)
        scores.append((high - low) / (2.0 * step[i]))
        slopes.append((z_high - z_low) / (2.0 * step[i]))
    return np.array(scores).T, np.array(slopes).T

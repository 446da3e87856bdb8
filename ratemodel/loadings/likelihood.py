"""Loadings by the likelihood of a volatility model: quiet days weigh more than wild ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.loadings.case import Case
from ratemodel.loadings.estimate import summed_loadings
from ratemodel.types.loadings import Loading
from ratemodel.types.volatility import VolatilityFit

FitVolatility = Callable[[pd.Series, pd.DataFrame], VolatilityFit]
"""Fits returns with regressors in the mean. Handed in: volatility is another room."""


def garch_loadings(case: Case, fit_volatility: FitVolatility) -> list[Loading]:
    r"""Estimate loadings in the mean of a volatility model.

    .. math:: r_t = \mu + b_S z_S + b_E z_E + \gamma x + \sigma_t u_t

    with σ² the model's. Errors are robust (Bollerslev and Wooldridge 1992) and hold that of the
    cleared dollar.

    Parameters
    ----------
    case : Case
    fit_volatility : callable

    Returns
    -------
    list of Loading
        Not converging is a field.

    Raises
    ------
    CoverageError
        If the likelihood has no curvature at its maximum, so that there are no errors.

    References
    ----------
    Bollerslev, T. and J. M. Wooldridge (1992), "Quasi-maximum likelihood estimation and inference
    in dynamic models with time-varying covariances", Econometric Reviews 11(2), 143-172.
    """
    fit, rows = case.fit, case.sample.rows
    names = [f"{name}_{side}" for name, side in rows.columns]
    names += ["dollar"] if fit.dollar is not None else []
    regressors = pd.DataFrame(fit.returns.regressors[:, 1:], index=rows.dates, columns=names)
    returns = pd.Series(rows.returns_pp, index=rows.dates, name=rows.asset)
    model = fit_volatility(returns, regressors)
    order = [str(model.params.index[0]), *names]  # the constant comes first, by whatever name
    covariance = np.asarray(model.covariance("robust").loc[order, order], dtype=np.float64)
    if not np.isfinite(covariance).all() or not (np.diagonal(covariance) > 0.0).all():
        raise CoverageError(f"{rows.asset}: the likelihood of {model.label} has no curvature")
    return summed_loadings(
        fit,
        case.shocks,
        np.asarray(model.params[order], dtype=np.float64),
        covariance,
        case.level,
        "robust",
        converged=model.converged,
        note="; ".join(filter(None, [model.label, model.note])),
    )

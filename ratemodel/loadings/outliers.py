"""Loadings that a few large days cannot decide: quantile and robust regression."""

from __future__ import annotations

import warnings

import numpy as np

from ratemodel.loadings.case import Case
from ratemodel.loadings.estimate import summed_loadings
from ratemodel.types.loadings import Loading

MAX_STEPS = 200
"""Of reweighting; some dozens are enough."""


def quantile_loadings(case: Case) -> list[Loading]:
    r"""Estimate what a shock does to a quantile of the return, the median unless asked.

    .. math:: \min_b \sum_t \rho_\tau(r_t - x_t'b), \qquad \rho_\tau(u) = u(\tau - 1[u < 0])

    by statsmodels, with its sandwich errors (Epanechnikov kernel, bandwidth of Hall and Sheather).

    Parameters
    ----------
    case : Case

    Returns
    -------
    list of Loading

    References
    ----------
    Koenker, R. and G. Bassett (1978), "Regression quantiles", Econometrica 46(1), 33-50.
    """
    from statsmodels.regression.quantile_regression import QuantReg
    from statsmodels.tools.sm_exceptions import IterationLimitWarning

    fit, quantile = case.fit, case.options.quantile
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always", IterationLimitWarning)
        result = QuantReg(case.sample.rows.returns_pp, fit.returns.regressors).fit(q=quantile)
    return summed_loadings(
        fit,
        case.shocks,
        np.asarray(result.params),
        np.asarray(result.cov_params()),
        case.level,
        "kernel sandwich",
        converged=not raised,
        note=f"quantile {quantile:g}",
    )


def robust_loadings(case: Case) -> list[Loading]:
    r"""Estimate loadings with days beyond 1.345 standard deviations held back.

    .. math:: \min_b \sum_t \rho\left(\frac{r_t - x_t'b}{s}\right)

    with Huber's ρ, s the scaled median absolute deviation, by statsmodels.

    Parameters
    ----------
    case : Case

    Returns
    -------
    list of Loading

    References
    ----------
    Huber, P. J. (1964), "Robust estimation of a location parameter", Annals of Mathematical
    Statistics 35(1), 73-101.
    """
    from statsmodels.robust.norms import HuberT
    from statsmodels.robust.robust_linear_model import RLM

    fit = case.fit
    result = RLM(case.sample.rows.returns_pp, fit.returns.regressors, M=HuberT()).fit(
        maxiter=MAX_STEPS
    )
    held_back = int((np.asarray(result.weights) < 1.0).sum())
    return summed_loadings(
        fit,
        case.shocks,
        np.asarray(result.params),
        np.asarray(result.cov_params()),
        case.level,
        "Huber",
        converged=result.fit_history["iteration"] < MAX_STEPS,
        note=f"{held_back} days held back",
    )

"""Univariate volatility, with shocks in mean and variance, and with nothing dropped in silence."""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError, DataError, StudyError
from ratemodel.recursions import Form
from ratemodel.types.volatility import Distribution, Startup, VolatilityFit, VolatilityModel
from ratemodel.volatility.arch_engine import fit_by_arch
from ratemodel.volatility.engine import Problem, maximise

Floats = npt.NDArray[np.float64]

MIN_OBSERVATIONS = 100
NEWS_FLOOR = 1e-6
"""A GJR with α + γ below this has no reaction to bad news left: it is a GARCH without news."""
VARIES = 1e-10
"""Spread over size below which a shock is a constant."""


def fit_volatility(
    returns_pp: pd.Series[float],
    mean_shocks: pd.DataFrame | None = None,
    variance_shocks: pd.DataFrame | None = None,
    model: VolatilityModel = "gjr",
    dist: Distribution = "t",
    startup: Startup = "backcast",
    *,
    variance_form: Form = "sum",
    mean: bool = True,
) -> VolatilityFit:
    r"""Fit a volatility model, with shocks in the mean and in the variance if any.

    .. math:: r_t = \mu + b's_t + \varepsilon_t, \qquad \varepsilon_t = \sigma_t z_t,

    with σ² following GARCH(1,1), GJR(1,1) (Glosten, Jagannathan and Runkle 1993) or EGARCH(1,1)
    (Nelson 1991). Shocks in the variance make it GARCH-X:

    .. math:: \sigma_t^2 = \omega + \alpha\varepsilon_{t-1}^2 +
              \gamma\varepsilon_{t-1}^2 1[\varepsilon_{t-1}<0] + \beta\sigma_{t-1}^2 + \delta'|s_t|,
              \qquad \delta \ge 0,

    or, in the product form, :math:`\sigma_t^2 = h_t \exp(\delta'|s_t|)` with δ free in sign and h
    the recursion of :math:`\varepsilon_t \exp(-\delta'|s_t|/2)` (as Engle and Rangel 2008). GARCH
    and GJR with normal or t news are maximised by Newton's method on exact derivatives, everything
    else by `arch`; results do not depend on the unit of the returns, parameters are in it.

    Parameters
    ----------
    returns_pp : Series
        Log points × 100 by date; no missing values.
    mean_shocks, variance_shocks : DataFrame, optional
        Regressors of the mean, and shocks whose size moves the variance; same index.
    model : {"gjr", "garch", "egarch"}
    dist : {"t", "normal", "skewt"}
    startup : {"backcast", "sample"}
        Variance and squared residual before the first date: arch's weighted mean of the first 75
        squared residuals of a least-squares mean, or the sample's mean of squared residuals
        recomputed with the mean at each parameter (Fiorentini, Calzolari and Panattoni 1996).
    variance_form : {"sum", "product"}
    mean : bool
        False for a mean of zero (residuals of another regression).

    Returns
    -------
    VolatilityFit
        Not converging is a field, not an exception.

    Raises
    ------
    CoverageError
        With fewer than 100 observations, or a price that never moves.
    DataError
        If a value is missing, an index differs, or regressors are collinear or never vary.
    StudyError
        If an option is unknown, or the model does not come with it.

    Examples
    --------
    >>> draws = np.random.default_rng(1).standard_normal(500)
    >>> fit = fit_volatility(pd.Series(draws), model="garch", dist="normal")
    >>> fit.converged, list(fit.params.index)
    (True, ['mu', 'omega', 'alpha[1]', 'beta[1]'])
    """
    _check_options(model, dist, startup, variance_form)
    if mean_shocks is not None and not mean:
        raise StudyError("shocks in the mean need a mean")
    by_arch = model == "egarch" or dist == "skewt"
    if by_arch and (variance_shocks is not None or startup != "backcast"):
        what = "shocks in the variance" if variance_shocks is not None else "startup 'sample'"
        raise StudyError(f"{what} come with garch and gjr, normal and t; not with {model}-{dist}")
    check_returns(returns_pp)
    X, mean_names = _regressors(returns_pp, mean_shocks, mean)
    A, shock_names = _sizes(returns_pp, variance_shocks)
    if by_arch:
        fit = fit_by_arch(returns_pp, mean_shocks, model, dist, mean)
    else:
        fit = _fit(
            returns_pp, (X, mean_names), (A, shock_names), model, dist, startup, variance_form
        )
    alpha = fit.names.index("alpha[1]")  # γ stands after it
    if model == "gjr" and fit.estimates[alpha : alpha + 2].sum() < NEWS_FLOOR:
        note = "GJR at alpha + gamma = 0 (no reaction to bad news): refitted as GARCH"
        again = fit_volatility(
            *(returns_pp, mean_shocks, variance_shocks, "garch", dist, startup),
            variance_form=variance_form,
            mean=mean,
        )
        return again.with_note(note)
    return fit


def _fit(
    returns_pp: pd.Series[float],
    means: tuple[Floats, list[str]],
    shocks: tuple[Floats, list[str]],
    model: VolatilityModel,
    dist: Distribution,
    startup: Startup,
    form: Form,
) -> VolatilityFit:
    (X, mean_names), (A, shock_names) = means, shocks
    problem = Problem.of(
        *(X, A),
        asym=model == "gjr",
        student=dist == "t",
        sample=startup == "sample",
        form=form,
    )
    found = maximise(problem, np.ascontiguousarray(returns_pp.to_numpy(float)))
    names = problem.names(mean_names, shock_names)
    bounded = [name for name, fixed in zip(names, found.pinned, strict=True) if fixed]
    notes = [f"on its bound, without standard error: {', '.join(bounded)}"] if bounded else []
    if found.integrated:
        notes.append("persistence is on its bound of 1")
    if not found.sure:
        notes.append("no maximum was verified")
    return VolatilityFit(
        name=str(returns_pp.name or ""),
        model=model,
        distribution=dist,
        names=tuple(names),
        estimates=found.estimates,
        covariances=found.covariances,
        dates=returns_pp.index,
        residuals_pp=found.residuals,
        sigmas_pp=np.sqrt(found.variances),
        scores=found.scores,
        news_slopes=found.news_slopes,
        next_base=found.next_base,
        log_likelihood=found.log_likelihood,
        converged=found.sure,
        n=len(returns_pp),
        startup=startup,
        scale_pp=found.scale,
        form=form,
        shock_names=tuple(shock_names),
        shock_sizes=A.T,
        mean_regressors=X.T,
        note="; ".join(notes),
    )


def _check_options(model: str, dist: str, startup: str, form: str) -> None:
    for value, allowed, what in (
        (model, get_args(VolatilityModel), "model"),
        (dist, get_args(Distribution), "dist"),
        (startup, get_args(Startup), "startup"),
        (form, get_args(Form), "variance_form"),
    ):
        if value not in allowed:
            raise StudyError(f"{what} must be one of {', '.join(allowed)}, got {value!r}")


def check_returns(returns_pp: pd.Series[float]) -> None:
    """Refuse returns that are too few, not finite, or never move."""
    values = returns_pp.to_numpy(float)
    name = returns_pp.name or "returns"
    if len(values) < MIN_OBSERVATIONS:
        raise CoverageError(
            f"{name}: {len(values)} observations, a volatility model needs {MIN_OBSERVATIONS}"
        )
    if not np.isfinite(values).all():
        raise DataError("returns for a volatility model must be finite")
    if not np.ptp(values) > VARIES * np.abs(values).max():
        raise CoverageError(f"{name}: the price never moves")


def _regressors(
    returns_pp: pd.Series[float], mean_shocks: pd.DataFrame | None, mean: bool
) -> tuple[Floats, list[str]]:
    """Rows of regressors and their names; arch calls a constant alone mu, else Const."""
    n = len(returns_pp)
    if not mean:
        return np.zeros((0, n)), []
    if mean_shocks is None:
        return np.ones((1, n)), ["mu"]
    _check_index(returns_pp, mean_shocks, "mean")
    X = np.vstack([np.ones((1, n)), mean_shocks.to_numpy(float).T])
    if np.linalg.matrix_rank(X / np.sqrt(np.mean(X**2, axis=1, keepdims=True))) < len(X):
        raise DataError("shocks in the mean are collinear, or one never varies")
    return X, ["Const", *(str(name) for name in mean_shocks.columns)]


def _sizes(
    returns_pp: pd.Series[float], variance_shocks: pd.DataFrame | None
) -> tuple[Floats, list[str]]:
    """Rows of |s| and their names."""
    if variance_shocks is None:
        return np.zeros((0, len(returns_pp))), []
    _check_index(returns_pp, variance_shocks, "variance")
    A = np.abs(variance_shocks.to_numpy(float).T)
    for name, row in zip(variance_shocks.columns, A, strict=True):
        if not np.ptp(row) > VARIES * row.max():
            raise DataError(f"the size of the shock {name} never varies")
    both = np.vstack([np.ones(A.shape[1]), A / A.max(axis=1)[:, None]])
    if len(A) > 1 and np.linalg.matrix_rank(both) <= len(A):
        raise DataError("sizes of the shocks in the variance are collinear")
    return np.ascontiguousarray(A), [str(name) for name in variance_shocks.columns]


def _check_index(returns_pp: pd.Series[float], shocks: pd.DataFrame, where: str) -> None:
    if not shocks.index.equals(returns_pp.index):
        raise DataError(f"shocks in the {where} must have the index of the returns")
    if not np.isfinite(shocks.to_numpy(float)).all():
        raise DataError(f"shocks in the {where} must be finite")

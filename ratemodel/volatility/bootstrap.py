"""Residual bootstrap of a fitted recursion: how uncertain its parameters and forecasts are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import StudyError
from ratemodel.recursions import Recursion
from ratemodel.types.volatility import VolatilityDraws, VolatilityFit
from ratemodel.volatility.engine import Problem, maximise_many
from ratemodel.volatility.filtered import unit_news

Floats = npt.NDArray[np.float64]

DRAWS_A_TASK = 100
"""Draws a process makes at a time; results do not depend on it."""


def bootstrap_volatility(
    fit: VolatilityFit, draws: int, seed: int, n_jobs: int | None = None
) -> VolatilityDraws:
    r"""Refit a volatility model to series its own recursion makes of resampled residuals.

    .. math:: r_t^* = \hat\mu_t + \sigma_t^* z_t^*, \qquad
              \sigma_{t+1}^{*2} = \hat\omega + (\hat\alpha + \hat\gamma 1[\varepsilon_t^*<0])
              \varepsilon_t^{*2} + \hat\beta\sigma_t^{*2} + \hat\delta'|s_{t+1}|,

    z* drawn with replacement from the standardised residuals, centred and of unit variance, and the
    first variance the sample's. Clustering is kept because the recursion makes it: blocks of
    returns pasted together lose it (persistence falls from .96 to .79). Forecasts are made from the
    sample's own residuals, so that what is known is held and parameters alone vary.

    Parameters
    ----------
    fit : VolatilityFit
        GARCH or GJR, normal or t; shocks in mean and variance stay as they are.
    draws : int
    seed : int
        Draw number k has the k-th stream spawned from it, whatever the number of jobs.
    n_jobs : int, optional
        As joblib's; a backend set by ``joblib.parallel_config`` is used.

    Returns
    -------
    VolatilityDraws

    Raises
    ------
    StudyError
        For a model that the kernels do not fit.

    References
    ----------
    Pascual, L., J. Romo and E. Ruiz (2006), "Bootstrap prediction for returns and volatilities in
    GARCH models", Computational Statistics & Data Analysis 50(9), 2293-2312.
    """
    from joblib import Parallel, delayed

    if fit.model == "egarch" or fit.distribution == "skewt":
        raise StudyError(f"the residual bootstrap takes garch or gjr, normal or t, not {fit.label}")
    streams = np.random.SeedSequence(seed).spawn(draws)
    tasks = [streams[i : i + DRAWS_A_TASK] for i in range(0, draws, DRAWS_A_TASK)]
    parts: Any = Parallel(n_jobs=n_jobs)(delayed(_refit)(fit, task) for task in tasks)
    estimates = np.vstack([part[0] for part in parts])
    params = pd.DataFrame(estimates, columns=list(fit.names))
    gamma = params.get("gamma[1]", 0.0)
    return VolatilityDraws(
        params=params,
        next_sigma_pp=np.concatenate([part[1] for part in parts]),
        persistence=np.asarray(params["alpha[1]"] + 0.5 * gamma + params["beta[1]"], dtype=float),
        converged=np.concatenate([part[2] for part in parts]),
    )


def problem_of(fit: VolatilityFit) -> Problem:
    """Set up the problem a fit was the answer to."""
    return Problem.of(
        *(np.ascontiguousarray(fit.mean_regressors.T), np.ascontiguousarray(fit.shock_sizes.T)),
        asym=fit.model == "gjr",
        student=fit.distribution == "t",
        sample=fit.startup == "sample",
        form=fit.form,
    )


def _refit(
    fit: VolatilityFit, streams: list[np.random.SeedSequence]
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Draw one series a stream, refit it, and forecast the sample with what was found."""
    news = unit_news(fit.standardised_residuals.to_numpy(float))
    picks = [np.random.default_rng(stream).integers(0, len(news), fit.n) for stream in streams]
    recursion, K = fit.recursion, fit.mean_regressors.shape[1]
    sizes = fit.shock_sizes if len(fit.shock_names) else np.zeros((fit.n, 0))
    first = fit.sigmas_pp[0] ** 2 / recursion.multiple(sizes[0])
    base = np.full(len(streams), first) - (recursion.level(np.zeros(1), sizes[0])[0])
    noise = recursion.paths(base, news[np.array(picks)].T, sizes).T
    found = maximise_many(problem_of(fit), fit.mean_regressors @ fit.estimates[:K] + noise)
    returns = fit.residuals_pp + fit.mean_regressors @ fit.estimates[:K]
    return found.estimates, _forecasts(fit, found.estimates, returns, sizes), found.sure


def _forecasts(fit: VolatilityFit, estimates: Floats, returns: Floats, sizes: Floats) -> Floats:
    """Next volatility of the sample's own returns with each draw's parameters."""
    value = dict(zip(fit.names, estimates.T, strict=True))
    K, p = fit.mean_regressors.shape[1], len(fit.shock_names)
    recursion = Recursion(
        value["omega"],
        value["alpha[1]"],
        value.get("gamma[1]", np.zeros(len(estimates))),
        value["beta[1]"],
        np.array([value[f"delta[{name}]"] for name in fit.shock_names]).reshape(p, len(estimates)),
        fit.form,
    )
    residuals = returns[:, None] - fit.mean_regressors @ estimates[:, :K].T
    h = fit.sigmas_pp[0] ** 2 / recursion.multiple(sizes[0]) * np.ones(len(estimates))
    for t, residual in enumerate(residuals):
        base = recursion.after(h, residual / np.sqrt(recursion.multiple(sizes[t])))
        h = recursion.level(base, sizes[min(t + 1, fit.n - 1)])
    usual = sizes.mean(axis=0)
    if fit.form == "sum":
        base = recursion.level(base, usual)
    else:
        base = base * np.exp(sizes @ recursion.delta).mean(axis=0)
    return np.asarray(np.sqrt(base))

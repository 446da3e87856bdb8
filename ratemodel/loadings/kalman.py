"""Loadings that follow a random walk."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.loadings.case import Case
from ratemodel.loadings.estimate import loading_of, path_frame
from ratemodel.types.loadings import Loading

Floats = npt.NDArray[np.float64]

DRIFT_GRID = np.geomspace(1e-7, 1.0, 22)
"""Variance of a day's drift over that of the noise, per standard deviation of the shock."""


def kalman_loadings(case: Case) -> tuple[list[Loading], pd.DataFrame]:
    r"""Let each loading follow a random walk; the row is its value on the last day.

    .. math:: r_t = \alpha + \beta_t \tfrac{z_S + z_E}{2} + \delta \tfrac{z_S - z_E}{2} + \gamma x
              + \varepsilon_t, \qquad \beta_t = \beta_{t-1} + \eta_t,

    β the sum of both sides' coefficients as everywhere, the rest constant, all of unknown start.
    The variance of η, over that of ε and of the shock, is the likeliest of a grid; zero is in it.
    Likelihood and smoother are statsmodels'.

    Parameters
    ----------
    case : Case

    Returns
    -------
    loadings : list of Loading
    paths : DataFrame
        shock, date, estimate_pp_per_bp (given the whole sample before the event), std_err, ci_low,
        ci_high, n.

    References
    ----------
    Durbin, J. and S. J. Koopman (2012), Time Series Analysis by State Space Methods, 2nd edition,
    Oxford University Press, chapters 4 and 5.
    """
    fit, rows = case.fit, case.sample.rows
    names = list(fit.shock_slots)
    turned = turn_to_sums(fit.returns.regressors, [fit.slots(name) for name in names])
    drift = likeliest_drift(rows.returns_pp, turned, len(names))
    states, errors = smooth(rows.returns_pp, turned, len(names), drift)
    gamma = fit.dollar_loading()[0] if fit.dollar is not None else 0.0
    cleared = fit.cleared_error(gamma)
    found, paths = [], []
    for place, name in enumerate(names):
        weights = fit.combination(name)
        error = np.sqrt(errors[:, place] ** 2 + weights @ cleared @ weights)
        path = path_frame(name, states[:, place], error, case.level, n=len(rows), date=rows.dates)
        note = f"drift of {np.sqrt(drift):.3g} noise sd a day, per sd of the shock"
        found.append(
            loading_of(
                fit,
                case.shocks,
                name,
                states[-1, place],
                error[-1],
                case.level,
                "Kalman",
                note=note if drift else "no drift: the likeliest loading is constant",
            )
        )
        paths.append(path)
    return found, pd.concat(paths)


def turn_to_sums(regressors: Floats, slots: list[list[int]]) -> Floats:
    """Turn pairs of columns so that the coefficient on the first of each is the sum of both.

    Parameters
    ----------
    regressors : array, shape (n, p)
    slots : list of list of int
        Columns of each loading: one or two.

    Returns
    -------
    array, shape (n, p)
        First the sums, in order; then differences and the columns that belong to no loading.
    """
    sums = [regressors[:, own].mean(axis=1) for own in slots]
    differences = [
        (regressors[:, own[0]] - regressors[:, own[1]]) / 2.0 for own in slots if len(own) == 2
    ]
    inside = {slot for own in slots for slot in own}
    rest = [regressors[:, i] for i in range(regressors.shape[1]) if i not in inside]
    return np.column_stack([*sums, *differences, *rest])


def likeliest_drift(response: Floats, regressors: Floats, moving: int) -> float:
    """Estimate how far coefficients move: a row's variance over the noise's, by sd of regressor.

    Parameters
    ----------
    response : array, shape (n,)
    regressors : array, shape (n, p)
        The first few move.
    moving : int

    Returns
    -------
    float
        Zero where standing still is likeliest.
    """
    from scipy.optimize import minimize_scalar

    design, _ = _scaled(regressors)
    values = [_likelihood(response, design, moving, drift) for drift in (0.0, *DRIFT_GRID)]
    best = int(np.argmax(values)) - 1
    if best < 0:
        return 0.0
    low, high = DRIFT_GRID[max(best - 1, 0)], DRIFT_GRID[min(best + 1, len(DRIFT_GRID) - 1)]
    found = minimize_scalar(
        lambda log_drift: -_likelihood(response, design, moving, float(np.exp(log_drift))),
        bounds=(np.log(low), np.log(high)),
        method="bounded",
    )
    return float(np.exp(found.x))


def smooth(
    response: Floats, regressors: Floats, moving: int, drift: float
) -> tuple[Floats, Floats]:
    """Smooth coefficients of which the first few follow random walks.

    Parameters
    ----------
    response : array, shape (n,)
    regressors : array, shape (n, p)
    moving : int
    drift : float
        As `likeliest_drift` has it.

    Returns
    -------
    states, errors : array, shape (n, moving)
        Coefficients and their standard errors, given all rows.
    """
    design, scale = _scaled(regressors)
    result = _smoother(response, design, moving, drift).smooth()
    states = np.asarray(result.smoothed_state[:moving]).T / scale[:moving]
    spread = np.diagonal(np.asarray(result.smoothed_state_cov), axis1=0, axis2=1)[:, :moving]
    return states, np.sqrt(spread * _noise_variance(result)) / scale[:moving]


def _scaled(regressors: Floats) -> tuple[Floats, Floats]:
    """Regressors of unit size as a design of states, shape (1, p, n), and their sizes."""
    scale = np.sqrt(np.mean(regressors**2, axis=0))
    return np.ascontiguousarray((regressors / scale).T[None]), scale


def _smoother(response: Floats, design: Floats, moving: int, drift: float) -> Any:
    """State space of unit noise: its likelihood is concentrated over the noise's variance."""
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

    size = design.shape[1]
    smoother = KalmanSmoother(k_endog=1, k_states=size, k_posdef=size)
    smoother.bind(np.asfortranarray(response[None, :]))
    smoother["design"] = design
    smoother["transition"] = smoother["selection"] = np.eye(size)
    smoother["obs_cov"] = np.ones((1, 1))
    smoother["state_cov"] = np.diag([drift] * moving + [0.0] * (size - moving))
    smoother.initialize_diffuse()
    return smoother


def _noise_variance(result: Any) -> float:
    """Mean squared standardised forecast error over the rows that do not set the start."""
    errors, spread, _ = _forecasts(result)
    return float(np.mean(errors**2 / spread))


def _likelihood(response: Floats, design: Floats, moving: int, drift: float) -> float:
    """Exact diffuse log-likelihood but for a constant, at the likeliest variance of the noise."""
    result = _smoother(response, design, moving, drift).filter()
    errors, spread, starts = _forecasts(result)
    noise = np.mean(errors**2 / spread)
    return float(-0.5 * (len(errors) * np.log(noise) + np.log(spread).sum() + np.log(starts).sum()))


def _forecasts(result: Any) -> tuple[Floats, Floats, Floats]:
    """Forecast errors and their variances, and the diffuse variances of the rows that set off."""
    errors = np.asarray(result.forecasts_error)[0]
    spread = np.asarray(result.forecasts_error_cov)[0, 0]
    diffuse = np.zeros(len(errors))
    begun = int(result.nobs_diffuse)
    if begun:
        diffuse[:begun] = np.asarray(result.forecasts_error_diffuse_cov)[0, 0, :begun]
    sets_off = diffuse > 0.0
    return errors[~sets_off], spread[~sets_off], diffuse[sets_off]

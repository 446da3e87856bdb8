"""Filtered historical simulation: what quiet-day noise could do in a window of some returns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ratemodel.errors import StudyError
from ratemodel.types.volatility import VolatilityFit

Floats = npt.NDArray[np.float64]

LONG_DAYS = 1.5
"""Returns over more days than this cover a weekend or a holiday."""
MIN_LONG = 20
"""Returns of either length needed to compare them."""


def simulate_residuals(
    fit: VolatilityFit,
    steps: int,
    draws: int,
    rng: np.random.Generator,
    *,
    sigma_pp: float | None = None,
) -> Floats:
    r"""Simulate the residuals of a window from volatility known before it.

    Standardised residuals of the sample, centred and of unit variance, are drawn with replacement
    and run through the fitted recursion from the last volatility of the sample,

    .. math:: \varepsilon_h = \sigma_h z^*_h, \qquad
              \sigma_{h+1}^2 = \omega + \alpha\varepsilon_h^2 +
              \gamma\varepsilon_h^2 1[\varepsilon_h<0] + \beta\sigma_h^2 ,

    so that fat tails and volatility clustering of quiet days are in, and nothing of the window.

    Parameters
    ----------
    fit : VolatilityFit
        GARCH or GJR.
    steps : int
        Returns in the window.
    draws : int
    rng : numpy.random.Generator
    sigma_pp : float, optional
        Volatility of the first step; the fit's own forecast if left out.

    Returns
    -------
    array, shape (draws, steps)
        Residuals, pp.

    References
    ----------
    Barone-Adesi, G., K. Giannopoulos and L. Vosper (1999), "VaR without correlations for
    portfolios of derivative securities", Journal of Futures Markets 19(5), 583-602.
    """
    omega, alpha, gamma, beta = _recursion(fit)
    standardised = fit.standardised_residuals.to_numpy(float)
    standardised = (standardised - standardised.mean()) / standardised.std()
    variance = np.full(draws, (fit.next_sigma_pp if sigma_pp is None else sigma_pp) ** 2)
    paths = np.zeros((draws, steps))
    picks = rng.integers(0, len(standardised), size=(steps, draws))
    for step, pick in enumerate(picks):
        residual = np.sqrt(variance) * standardised[pick]
        paths[:, step] = residual
        square = residual**2
        variance = omega + (alpha + gamma * (residual < 0.0)) * square + beta * variance
    return paths


def filter_forward(fit: VolatilityFit, residuals_pp: Floats) -> float:
    """Run the fitted recursion through later residuals and forecast the next volatility.

    Parameters of the sample, news of after it: what was known when an event began.

    Parameters
    ----------
    fit : VolatilityFit
        GARCH or GJR.
    residuals_pp : array, shape (k,)
        Residuals after the sample, in order; may be empty.

    Returns
    -------
    float
        Volatility forecast for the return after them, pp.
    """
    omega, alpha, gamma, beta = _recursion(fit)
    variance = fit.next_sigma_pp**2
    for residual in residuals_pp:
        variance = omega + (alpha + gamma * (residual < 0.0)) * residual**2 + beta * variance
    return float(np.sqrt(variance))


def time_exponent(residuals_pp: Floats, elapsed_days: Floats) -> float:
    r"""Measure how the size of a return grows with the time it covers.

    .. math:: \operatorname{E}|\varepsilon| \propto d^{\kappa/2}, \qquad
              \hat\kappa = 2\,\frac{\ln(\bar{|\varepsilon|}_{d>1}/\bar{|\varepsilon|}_{d=1})}
              {\ln \bar d_{d>1}}

    κ is 1 if a weekend is as long as its days, 0 if nothing happens in it. Absolute values, because
    a few fat tails must not set it.

    Parameters
    ----------
    residuals_pp : array, shape (n,)
    elapsed_days : array, shape (n,)
        Days each return covers.

    Returns
    -------
    float
        κ, at least 0; 0 with fewer than 20 returns of either kind.

    Examples
    --------
    >>> one, three = np.ones(30), np.full(30, 3.0)
    >>> round(time_exponent(np.append(one, np.sqrt(3.0) * one), np.append(one, three)), 6)
    1.0
    """
    long = elapsed_days > LONG_DAYS
    if min(long.sum(), (~long).sum()) < MIN_LONG:
        return 0.0
    ratio = np.abs(residuals_pp[long]).mean() / np.abs(residuals_pp[~long]).mean()
    return float(max(0.0, 2.0 * np.log(ratio) / np.log(elapsed_days[long].mean())))


def _recursion(fit: VolatilityFit) -> tuple[float, float, float, float]:
    if fit.model == "egarch":
        raise StudyError("filtered historical simulation takes garch or gjr, not egarch")
    params = fit.params
    return (
        float(params["omega"]),
        float(params["alpha[1]"]),
        float(params.get("gamma[1]", 0.0)),
        float(params["beta[1]"]),
    )

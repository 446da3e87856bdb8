"""Filtered historical simulation: what quiet-day noise could do in a window of some returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.types.volatility import VolatilityFit

Floats = npt.NDArray[np.float64]

LONG_DAYS = 1.5
"""Returns over more days than this cover a weekend or a holiday."""
MIN_LONG = 20
"""Returns of either length needed to compare them."""
MIN_VECTORS = 100
"""Dates on which all assets have a residual, to draw from."""


def simulate_residuals(
    fit: VolatilityFit,
    steps: int,
    draws: int,
    rng: np.random.Generator,
    *,
    sigma_pp: float | None = None,
    shocks: Floats | None = None,
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
    steps : int
        Returns in the window.
    draws : int
    rng : numpy.random.Generator
    sigma_pp : float, optional
        Volatility of the first step before its own shocks; the fit's own forecast if left out.
    shocks : array, shape (steps, P), optional
        Future shocks in the variance; of the sample's mean size if left out.

    Returns
    -------
    array, shape (draws, steps)
        Residuals, pp.

    References
    ----------
    Barone-Adesi, G., K. Giannopoulos and L. Vosper (1999), "VaR without correlations for
    portfolios of derivative securities", Journal of Futures Markets 19(5), 583-602.
    """
    news = unit_news(fit.standardised_residuals.to_numpy(float))
    picks = rng.integers(0, len(news), size=(steps, draws))
    base = fit.next_base if sigma_pp is None else sigma_pp**2
    sizes = fit.future_sizes(steps, shocks)
    return fit.recursion.paths(np.full(draws, base), news[picks], sizes).T


def simulate_vectors(
    fits: Sequence[VolatilityFit], steps: int, draws: int, rng: np.random.Generator
) -> Floats:
    """Simulate the residuals of several assets together, by drawing whole dates.

    On each step one past date is drawn and every asset gets its standardised residual of that date,
    so that what moves together on quiet days, tails included, moves together in the simulation; no
    correlation is modelled. Each asset then runs its own recursion, as in `simulate_residuals`.

    Parameters
    ----------
    fits : sequence of VolatilityFit
        On overlapping dates; those not common to all are not drawn.
    steps, draws : int
    rng : numpy.random.Generator

    Returns
    -------
    array, shape (draws, steps, assets)
        Residuals, pp.

    Raises
    ------
    CoverageError
        With fewer than 100 common dates.
    """
    table = common_residuals(fits).to_numpy(float)
    picks = rng.integers(0, len(table), size=(steps, draws))
    out = np.empty((draws, steps, len(fits)))
    for place, fit in enumerate(fits):
        news = unit_news(table[:, place])[picks]
        base = np.full(draws, fit.next_base)
        out[:, :, place] = fit.recursion.paths(base, news, fit.future_sizes(steps, None)).T
    return out


def common_residuals(fits: Sequence[VolatilityFit]) -> pd.DataFrame:
    """Set standardised residuals side by side on the dates common to all fits, a column each.

    Raises
    ------
    CoverageError
        With fewer than 100 common dates.
    """
    parts = [fit.standardised_residuals for fit in fits]
    table = pd.concat(parts, axis=1, join="inner", keys=range(len(parts)))
    if len(table) < MIN_VECTORS:
        raise CoverageError(
            f"{', '.join(fit.name for fit in fits)}: {len(table)} common dates, "
            f"{MIN_VECTORS} are needed"
        )
    return table


def unit_news(standardised: npt.NDArray[Any]) -> Floats:
    """Centre standardised residuals and bring them to unit variance."""
    centred = standardised - standardised.mean()
    return np.asarray(centred / standardised.std())


def filter_forward(fit: VolatilityFit, residuals_pp: Floats) -> float:
    """Run the fitted recursion through later residuals and forecast the next volatility.

    Parameters of the sample, news of after it: what was known when an event began. Shocks in the
    variance of the dates in between count as of the sample's mean size.

    Parameters
    ----------
    fit : VolatilityFit
    residuals_pp : array, shape (k,)
        Residuals after the sample, in order; may be empty.

    Returns
    -------
    float
        Volatility forecast for the return after them, pp.
    """
    recursion, base = fit.recursion, np.asarray(fit.next_base)
    sizes = fit.future_sizes(len(residuals_pp) + 1, None)
    for residual, size in zip(residuals_pp, sizes[:-1], strict=True):
        u = residual / np.sqrt(recursion.multiple(size))
        base = recursion.after(recursion.level(base, size), u)
    return float(np.sqrt(recursion.level(base, sizes[-1]) * recursion.multiple(sizes[-1])))


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

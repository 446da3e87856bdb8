"""Whether a loading changed inside its sample, when nobody says where: the largest Wald test."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ratemodel.loadings.covariance import hac_lags

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TRIM = 0.15
"""Share of the sample that either regime holds at least."""
ROWS_A_COEFFICIENT = 5
"""Rows either regime needs for each coefficient it estimates."""
HANSEN_SUP = (-0.98828874, 1.01604712, 2.96752918)
"""Response surface of the largest of Wald tests of one coefficient, a trim of 0.15: p is the chance
that a chi-square of the third number's degrees exceeds first + second x statistic."""
CELLS_AT_ONCE = 2_000_000
"""Influences held in memory together."""


def largest_break(
    response: Floats, regressors: Floats, combination: Floats
) -> tuple[int, float, float] | None:
    r"""Test a combination of coefficients against a break at an unknown row.

    For each row that leaves 15 % of the sample on either side, both regimes are estimated apart,

    .. math:: W_k = \frac{(\hat\beta_1 - \hat\beta_2)^2}{\hat V_1 + \hat V_2},

    each V with Newey-West errors, and the largest W is held against its own distribution.

    Parameters
    ----------
    response : array, shape (n,)
    regressors : array, shape (n, p)
    combination : array, shape (p,)

    Returns
    -------
    row, statistic, p : int, float, float
        First row of the later regime; None where a regime would have fewer than five rows a
        coefficient, or could not tell its regressors apart.

    References
    ----------
    Andrews, D. W. K. (1993), "Tests for parameter instability and structural change with unknown
    change point", Econometrica 61(4), 821-856.

    Hansen, B. E. (1997), "Approximate asymptotic p values for structural-change tests", Journal of
    Business & Economic Statistics 15(1), 60-67: p-values.
    """
    splits, wald = wald_path(response, regressors, combination)
    if not np.isfinite(wald).any():
        return None
    place = int(np.nanargmax(wald))
    return int(splits[place]), float(wald[place]), sup_wald_p(float(wald[place]))


def wald_path(response: Floats, regressors: Floats, combination: Floats) -> tuple[Ints, Floats]:
    """Test for a break before each row that leaves both regimes room.

    Returns
    -------
    splits, wald : array, shape (K,)
        Rows, and the statistic of a break before each; NaN where a regime cannot tell its
        regressors apart.
    """
    rows, size = regressors.shape
    least = max(int(np.ceil(TRIM * rows)), ROWS_A_COEFFICIENT * size)
    splits = np.arange(least, rows - least + 1)
    scale = np.sqrt(np.mean(regressors**2, axis=0))
    scale[scale == 0.0] = 1.0
    x, wanted = regressors / scale, combination / scale
    before, before_variance = first_rows(response, x, wanted, splits)
    # Newey and West's sum is the same backwards.
    after, after_variance = first_rows(response[::-1], x[::-1], wanted, rows - splits)
    return splits, (before - after) ** 2 / (before_variance + after_variance)


def first_rows(
    response: Floats, regressors: Floats, combination: Floats, counts: Ints
) -> tuple[Floats, Floats]:
    """Estimate a combination of coefficients, and its variance, on the first rows of a sample.

    Parameters
    ----------
    counts : array, shape (K,)
        How many rows, each time.

    Returns
    -------
    estimate, variance : array, shape (K,)
        NaN where the rows cannot tell the regressors apart.
    """
    size = regressors.shape[1]
    moments = np.cumsum(regressors[:, :, None] * regressors[:, None, :], axis=0)[counts - 1]
    shared = np.cumsum(regressors * response[:, None], axis=0)[counts - 1]
    spread = np.linalg.eigvalsh(moments)
    told = spread[:, 0] > size * np.finfo(float).eps * spread[:, -1]
    estimate, variance = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    params = np.linalg.solve(moments[told], shared[told, :, None])[:, :, 0]
    pull = np.linalg.solve(moments[told], combination[None, :, None])[:, :, 0]
    estimate[told] = params @ combination
    at_once = max(CELLS_AT_ONCE // len(response), 1)
    variance[told] = np.concatenate(
        [np.empty(0)]
        + [
            _hac_of_first(
                response,
                regressors,
                params[low : low + at_once],
                pull[low : low + at_once],
                counts[told][low : low + at_once],
            )
            for low in range(0, int(told.sum()), at_once)
        ]
    )
    return estimate, variance


def _hac_of_first(
    response: Floats, regressors: Floats, params: Floats, pull: Floats, counts: Ints
) -> Floats:
    """Newey-West variance over the first rows, each count with its own number of lags."""
    longest = int(counts.max())
    x, y = regressors[:longest], response[:longest]
    influence = (pull @ x.T) * (y - params @ x.T)
    influence[np.arange(longest) >= counts[:, None]] = 0.0
    lags = np.array([hac_lags(int(count)) for count in counts])
    variance = np.einsum("kt,kt->k", influence, influence)
    for lag in range(1, int(lags.max()) + 1):
        weight = 2.0 * np.maximum(1.0 - lag / (lags + 1.0), 0.0)
        variance += weight * np.einsum("kt,kt->k", influence[:, lag:], influence[:, :-lag])
    return np.asarray(variance, dtype=np.float64)


def sup_wald_p(statistic: float) -> float:
    """Look up how probable so large a statistic is where nothing changed.

    Examples
    --------
    >>> round(sup_wald_p(8.68), 2)
    0.05
    """
    from scipy.stats import chi2

    constant, slope, degrees = HANSEN_SUP
    return float(chi2.sf(constant + slope * statistic, degrees))

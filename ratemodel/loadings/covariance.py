"""Standard errors from influences: Newey and West's, or those of independent rows."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Covariance = Literal["HAC", "HC1"]


def hac_lags(rows: int) -> int:
    """Choose Bartlett lags as Newey and West (1994): ⌊4 (T/100)^{2/9}⌋.

    Examples
    --------
    >>> hac_lags(340)
    5
    """
    return int(round(4.0 * (rows / 100.0) ** (2.0 / 9.0), 9))


def hac_sum(influence: Floats) -> Floats:
    """Add up influences with their autocovariances: Bartlett kernel, no small-sample factor.

    Parameters
    ----------
    influence : array, shape (n, p)
        Each row's contribution to the error of each estimate.

    Returns
    -------
    array, shape (p, p)
        Covariance of the estimates.

    References
    ----------
    Newey, W. K. and K. D. West (1987), Econometrica 55(3), 703-708.
    """
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    return np.asarray(S_hac_simple(influence, nlags=hac_lags(len(influence))), dtype=float)


def hac_variance(influence: Floats) -> Floats:
    """Sum influences on one number with their autocovariances, along the last axis.

    The same as `hac_sum` for a single estimate, of many samples at once.

    Parameters
    ----------
    influence : array, shape (..., n)

    Returns
    -------
    array, shape (...)
    """
    lags = hac_lags(influence.shape[-1])
    total = np.einsum("...t,...t->...", influence, influence)
    for lag in range(1, lags + 1):
        weight = 2.0 * (1.0 - lag / (lags + 1.0))
        total = total + weight * np.einsum(
            "...t,...t->...", influence[..., lag:], influence[..., :-lag]
        )
    return np.asarray(total, dtype=np.float64)


def covariance_of(influence: Floats, cov: Covariance, params: int) -> Floats:
    """Covariance of estimates from each row's influence on them.

    Parameters
    ----------
    influence : array, shape (n, p)
    cov : {"HAC", "HC1"}
        Newey and West (1987), or rows independent of each other with the factor n / (n - k) of
        MacKinnon and White (1985).
    params : int
        k, the number of coefficients.
    """
    if cov == "HAC":
        return hac_sum(influence)
    rows = len(influence)
    return np.asarray(influence.T @ influence * (rows / (rows - params)), dtype=np.float64)


def covariance_label(cov: Covariance, rows: int) -> str:
    """Name a kind of error as the loadings table does.

    Examples
    --------
    >>> covariance_label("HAC", 340), covariance_label("HC1", 340)
    ('HAC Bartlett 5', 'HC1')
    """
    return f"HAC Bartlett {hac_lags(rows)}" if cov == "HAC" else cov

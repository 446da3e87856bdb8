"""Link parts over time so that they sum to the simple return of the window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ratemodel.errors import DataError

Floats = npt.NDArray[np.float64]

NEAR_ZERO = 1e-8
"""Below this return ln(1+r)/r is 1 − r/2 to machine precision."""


def cumulation_factor(simple_return: float | Floats) -> Floats:
    r"""Cariño's factor :math:`k = \ln(1+r)/r`, 1 at r = 0.

    Parameters
    ----------
    simple_return : float or array
        Fractions above −1.

    Examples
    --------
    >>> float(cumulation_factor(0.0))
    1.0
    """
    r = np.asarray(simple_return, dtype=float)
    if (r <= -1.0).any():
        raise DataError(f"a simple return of {r.min()} loses more than everything")
    near = np.abs(r) < NEAR_ZERO
    safe = np.where(near, 1.0, r)
    return np.where(near, 1.0 - r / 2.0, np.log1p(np.where(near, 0.0, r)) / safe)


def link_parts(parts: Floats) -> Floats:
    r"""Link each period's parts of a simple return so that they sum to the compounded return.

    .. math:: C_i = \sum_t \frac{k_t}{K} c_{it}, \qquad k_t = \frac{\ln(1+r_t)}{r_t}, \quad
              r_t = \sum_i c_{it}, \quad R = \prod_t (1+r_t) - 1, \quad K = \frac{\ln(1+R)}{R}.

    Parameters
    ----------
    parts : array, shape (T, P)
        Fractions; each row sums to that period's simple return.

    Returns
    -------
    array, shape (P,)
        Fractions; sums to R.

    References
    ----------
    Cariño, D. R. (1999), "Combining attribution effects over time", Journal of Performance
    Measurement 3(4), 5-14.

    Examples
    --------
    >>> link_parts(np.array([[-0.3137], [-0.0194]])).round(4)
    array([-0.327])
    """
    returns = parts.sum(axis=1)
    total = float(np.prod(1.0 + returns) - 1.0)
    linked: Floats = (cumulation_factor(returns)[:, None] * parts).sum(axis=0)
    return linked / cumulation_factor(total)


def simple_parts_pct(log_parts_pp: Floats, total_pp: float) -> Floats:
    r"""Turn parts of a log return into parts of the simple return: :math:`C_i = c_i / K`.

    Parameters
    ----------
    log_parts_pp : array
        Log points × 100.
    total_pp : float
        The log return they are parts of.

    Returns
    -------
    array
        Percent; parts that sum to the log return sum to the simple return.
    """
    simple = np.expm1(total_pp / 100.0)
    return np.asarray(log_parts_pp, dtype=float) / cumulation_factor(simple)

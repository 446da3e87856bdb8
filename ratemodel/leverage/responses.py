"""How leveraged holders respond to a return: share or dollars they are forced to trade. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = float | Floats


def fund_rebalancing_usd(simple_return: Numbers, aum_usd: Numbers, leverage: Numbers) -> Floats:
    r"""Dollars a leveraged or inverse fund trades to keep its leverage.

    After a return R of the underlying the fund holds L(1 + R)A and should hold L(1 + LR)A:

    .. math:: Q = L(L-1)\,A\,R .

    Both a 2x and a −1x fund sell after a fall; an unleveraged one trades nothing.

    Parameters
    ----------
    simple_return : float or array
        Fraction.
    aum_usd : float or array
        Assets before the return.
    leverage : float or array
        L, negative for an inverse fund.

    Returns
    -------
    array
        Dollars, sales negative.

    References
    ----------
    Cheng, M. and A. Madhavan (2009), "The dynamics of leveraged and inverse exchange-traded
    funds", Journal of Investment Management 7(4), 43-62.

    Examples
    --------
    >>> float(fund_rebalancing_usd(-0.10, 1e9, 2.0))
    -200000000.0
    """
    L = np.asarray(leverage, dtype=float)
    traded: Floats = L * (L - 1.0) * aum_usd * np.asarray(simple_return, dtype=float)
    return traded


def margin_call_share(
    simple_return: Numbers,
    margin_before: Numbers,
    margin_after: Numbers,
    buffer_mean: Numbers,
    *,
    short: bool = False,
) -> Floats:
    r"""Share of their position that margin calls make holders close, were none met with cash.

    Per unit of notional a long with buffer b has equity :math:`(1+b)m_0 + R` and must show
    :math:`m_1(1+R)`. Closing s frees :math:`m_1 s`, so it closes

    .. math:: s(b) = \min\Big(1+R,\ \max\big(0,\ [m_1(1+R) - (1+b)m_0 - R]/m_1\big)\Big)

    and the result is :math:`\operatorname{E}_b[s]/(1+R)` with b exponential: a share of the
    position at today's price. A short has equity :math:`(1+b)m_0 - R` and buys.

    Parameters
    ----------
    simple_return : float or array
        R, fraction above −1.
    margin_before, margin_after : float or array
        m_0, m_1: maintenance margins as fractions of notional, positive.
    buffer_mean : float or array
        Mean of b, in margins; positive.
    short : bool
        Whether the holder loses when the price rises.

    Returns
    -------
    array
        From 0 to 1.

    Examples
    --------
    No buffer to speak of, a fall of 3 % on a margin of 6 %: half the equity is gone, half the
    position goes.

    >>> float(margin_call_share(-0.03, 0.06, 0.06, 1e-9).round(3))
    0.485
    >>> float(margin_call_share(0.0, 0.06, 0.06, 1.5))
    0.0
    """
    R = np.asarray(simple_return, dtype=float)
    m0, m1 = np.asarray(margin_before, dtype=float), np.asarray(margin_after, dtype=float)
    gained = -R if short else R
    # Wiped out below `ruined`, untouched above `safe`: s falls linearly in b between the two.
    due = m1 * (1.0 + R) - m0 - gained
    if not (due > 0.0).any():
        return np.zeros(np.broadcast(due, buffer_mean).shape)
    safe = np.maximum(due / m0, 0.0)
    ruined = np.clip((-m0 - gained) / m0, 0.0, safe)
    below = np.exp(-ruined / buffer_mean)
    between = m0 * (safe - ruined) + m0 * buffer_mean * np.expm1(-(safe - ruined) / buffer_mean)
    closed = (1.0 - below) * (1.0 + R) + below * between / m1
    share: Floats = np.clip(closed / (1.0 + R), 0.0, 1.0)
    return share


def liquidated_share(simple_return: Numbers, leverage: Numbers, *, short: bool = False) -> Floats:
    r"""Share of leveraged positions a venue closes after a return.

    Positions of leverage L were opened at prices spread evenly over the last move that would have
    ruined them, so their distances to liquidation are uniform on [0, 1/L]:
    :math:`\min(1, L\max(0, -R))`, for shorts with +R.

    Parameters
    ----------
    simple_return : float or array
    leverage : float or array
        Positive.
    short : bool

    Returns
    -------
    array
        From 0 to 1.

    Examples
    --------
    >>> float(liquidated_share(-0.05, 10.0))
    0.5
    """
    loss = np.maximum(0.0, simple_return if short else -np.asarray(simple_return, dtype=float))
    share: Floats = np.minimum(1.0, leverage * loss)
    return share


def volatility_target_usd(
    log_return_pp: Numbers, sigma_pp: Numbers, exposure_usd: Numbers, decay: Numbers
) -> Floats:
    r"""Dollars a fund that targets volatility trades after a return.

    Exposure is held proportional to 1/σ, σ an exponentially weighted volatility:

    .. math:: Q = E\left(\sigma_t/\sigma_{t+1} - 1\right), \qquad
              \sigma_{t+1}^2 = \lambda\sigma_t^2 + (1-\lambda) r_t^2 .

    It sells after a large move of either sign and buys after a quiet day.

    Parameters
    ----------
    log_return_pp : float or array
    sigma_pp : float or array
        Positive.
    exposure_usd : float or array
    decay : float or array
        λ, 0.94 a day in RiskMetrics (1996).

    Returns
    -------
    array
        Dollars, sales negative.

    Examples
    --------
    >>> float(volatility_target_usd(2.0, 2.0, 1e9, 0.94))
    0.0
    """
    sigma = np.asarray(sigma_pp, dtype=float)
    later = np.sqrt(decay * sigma**2 + (1.0 - decay) * np.asarray(log_return_pp, dtype=float) ** 2)
    traded: Floats = exposure_usd * (sigma / later - 1.0)
    return traded

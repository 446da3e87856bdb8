"""From dollars to prices: the square-root law, linear near zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def price_impact(
    flow_usd: float | Floats,
    sigma_pp: float | Floats,
    adv_usd: float | Floats,
    y: float | Floats = 1.0,
    linear_below: float | Floats = 1e-3,
) -> Floats:
    r"""Turn a signed flow into a price move.

    .. math:: I(Q) = Y\,\sigma\, f\!\left(\frac{|Q|}{ADV}\right)\operatorname{sign} Q, \qquad
              f(q) = \sqrt q \;(q \ge q^*), \quad q/\sqrt{q^*} \;(q < q^*).

    The pure square root has infinite slope at zero and manufactures crashes from nothing.

    Parameters
    ----------
    flow_usd : float or array
        Dollars, sales negative.
    sigma_pp : float or array
        Daily volatility before the event, pp.
    adv_usd : float or array
        Daily volume before the event, dollars; positive.
    y : float or array
        Prefactor, of order one.
    linear_below : float or array
        q*, share of daily volume.

    Returns
    -------
    array
        pp, the sign of the flow.

    References
    ----------
    Donier, J. and J. Bonart (2015), "A million metaorder analysis of market impact on the
    Bitcoin", Market Microstructure and Liquidity 1(2).

    Examples
    --------
    One percent of a day's volume sold at 2 % daily volatility moves the price by −0.2 pp.

    >>> float(price_impact(-1e9, 2.0, 1e11).round(6))
    -0.2
    """
    share = np.abs(np.asarray(flow_usd, dtype=float)) / adv_usd
    response = np.where(share >= linear_below, np.sqrt(share), share / np.sqrt(linear_below))
    impact: Floats = y * np.asarray(sigma_pp, dtype=float) * response * np.sign(flow_usd)
    return impact


@dataclass(frozen=True, eq=False)
class ImpactLaw:
    """The impact law of one market in D draws of what is not known of it: one for all channels.

    Attributes
    ----------
    sigma_pp, adv_usd, y, linear_below : array, shape (D, 1)
        As in `price_impact`; volatility and volume from before the window.
    """

    sigma_pp: Floats
    adv_usd: Floats
    y: Floats
    linear_below: Floats

    def move_pp(self, flow_usd: Floats) -> Floats:
        """Turn the sum of all channels' flows, shape (D, G), into a price move, pp."""
        return price_impact(flow_usd, self.sigma_pp, self.adv_usd, self.y, self.linear_below)

"""Which values of what is not known of a market quiet days do not refute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ratemodel.leverage.channels import Channel
from ratemodel.leverage.feedback import first_solution
from ratemodel.leverage.impact import ImpactLaw

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SHOCKS_IN_SIGMA = (1e-3, 1e-2, 0.1, 0.5, 1.0)
MOST_AMPLIFIED = 2.0
"""A shock of up to a day's volatility ends at twice its size at most: the specification asks this
of one σ; asked of smaller ones too, no draw makes a crash from nothing."""
QUIET_SIGMA, QUIET_RESPONSE = 0.5, 0.25
"""A move of half a day's volatility forces sales worth a quarter at most."""


def admissible_draws(
    channels: Sequence[Channel], law: ImpactLaw, quiet_pp: Floats, residual_sd_pp: float
) -> Bools:
    r"""Mark the draws whose forced flows would not have been seen on quiet days.

    1. a shock :math:`e`, :math:`|e| \le \sigma_{pre}`, ends at :math:`|r| \le 2|e|`;
    2. :math:`\operatorname{sd}(I(Q(r_t)))` over the days before the event is at most the
       residual's;
    3. :math:`|I(Q(\pm\sigma_{pre}/2))| \le \sigma_{pre}/4`.

    Parameters
    ----------
    channels : sequence of Channel
        As on a day before the window: with the margins of then.
    law : ImpactLaw
        D draws.
    quiet_pp : array, shape (n,)
        Log returns before the event.
    residual_sd_pp : float
        Of the loading regression.

    Returns
    -------
    array of bool, shape (D,)
    """
    sigma = law.sigma_pp[:, 0]

    def response(r: Floats) -> Floats:
        return law.move_pp(sum((c.flow_usd([], r) for c in channels), np.zeros_like(r)))

    passed = np.ones(len(sigma), dtype=bool)
    for size in SHOCKS_IN_SIGMA:
        for side in (-1.0, 1.0):
            shock = side * size * sigma
            ended = np.abs(first_solution(shock, response))
            passed &= ended <= MOST_AMPLIFIED * np.abs(shock)
    half = QUIET_SIGMA * sigma[:, None] * np.array([-1.0, 1.0])
    passed &= (np.abs(response(half)) <= QUIET_RESPONSE * sigma[:, None]).all(axis=1)
    quiet = np.broadcast_to(quiet_pp, (len(sigma), len(quiet_pp)))
    passed &= response(quiet).std(axis=1) <= residual_sd_pp
    return passed

"""Noise of simulated returns: GJR-GARCH with fat tails, and what its sums could have been."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

OMEGA, NEWS, BAD_NEWS, MEMORY, NOISE_DF = 0.06, 0.05, 0.06, 0.86, 6.0
"""GJR-GARCH of the noise: persistence 0.94, unconditional variance one, Student's t."""
WARM_UP = 300
"""Steps run before the first that is kept, so that volatility starts anywhere it may be."""
SUM_DRAWS = 4000


def student(rng: np.random.Generator, df: float, size: int | tuple[int, ...]) -> Floats:
    """Draw Student's t of unit variance."""
    drawn: Floats = np.sqrt((df - 2.0) / df) * rng.standard_t(df, size)
    return drawn


def garch_noise(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
    r"""Draw noise whose volatility clusters and answers more to losses.

    .. math:: \varepsilon_t = \sigma_t z_t, \qquad \sigma_{t+1}^2 = \omega +
              (\alpha + \gamma 1[\varepsilon_t < 0])\varepsilon_t^2 + \beta\sigma_t^2 .

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int

    Returns
    -------
    noise : array, shape (size,)
    variance : array, shape (size,)
        What was known of each before it was drawn.
    """
    news = student(rng, NOISE_DF, WARM_UP + size)
    noise, variances, variance = np.empty(len(news)), np.empty(len(news)), 1.0
    for t, z in enumerate(news.tolist()):
        variances[t] = variance
        square = variance * z * z
        noise[t] = variance**0.5 * z
        variance = OMEGA + (NEWS + BAD_NEWS * (z < 0.0)) * square + MEMORY * variance
    return noise[WARM_UP:], variances[WARM_UP:]


def sum_draws(rng: np.random.Generator, variance: float, steps: int) -> Floats:
    """Draw what the next steps could have added up to.

    Parameters
    ----------
    rng : numpy.random.Generator
    variance : float
        Of the first step, known before it.
    steps : int

    Returns
    -------
    array, shape (4000,)
    """
    spread, total = np.full(SUM_DRAWS, variance), np.zeros(SUM_DRAWS)
    for _ in range(steps):
        z = student(rng, NOISE_DF, SUM_DRAWS)
        total += np.sqrt(spread) * z
        spread = OMEGA + ((NEWS + BAD_NEWS * (z < 0.0)) * z**2 + MEMORY) * spread
    return total

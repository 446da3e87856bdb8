"""From an expected move to odds: a distribution on 25 bp steps whose mean is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr, ndtr

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NORMAL: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
"""Weights and standard deviations of a unit-variance normal mixture: here the normal itself."""
TAIL_SD = 6.5
"""Bins are looked for this many standard deviations out: beyond lies less than 1e-10."""
TAIL_MASS = 1e-7
"""Bins with less than this beyond them on either side are the last: they hold what lies beyond."""
SMALLEST_SD = 1e-9
NEWTON_STEPS = 60
NEGLIGIBLE_DISTANCE = 8.0
"""Standard errors above the bound from which on it says nothing: 1e-15 of them."""


@dataclass(frozen=True, slots=True, eq=False)
class StepOdds:
    """Probabilities of cumulative moves, one row a bin.

    Attributes
    ----------
    case : array of int, shape (B,)
        Which of the N cases the bin belongs to.
    step : array of int, shape (B,)
        Cumulative move, 25 bp steps.
    probability : array, shape (B,)
        Sums to one over the bins of a case.
    """

    case: Ints
    step: Ints
    probability: Floats

    def where(self, keep: npt.NDArray[np.bool_]) -> StepOdds:
        """Keep some of the bins."""
        return StepOdds(self.case[keep], self.step[keep], self.probability[keep])


def join_bins(parts: Sequence[StepOdds]) -> StepOdds:
    """Put the bins of each case together, ascending.

    Examples
    --------
    >>> late = StepOdds(np.array([1]), np.array([0]), np.array([1.0]))
    >>> early = StepOdds(np.array([0]), np.array([0]), np.array([1.0]))
    >>> join_bins([late, early]).case.tolist()
    [0, 1]
    """
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return StepOdds(nothing, nothing, np.empty(0))
    case = np.concatenate([part.case for part in parts])
    step = np.concatenate([part.step for part in parts])
    probability = np.concatenate([part.probability for part in parts])
    order = np.lexsort((step, case))
    return StepOdds(case[order], step[order], probability[order])


def fat_tails(weight: float, ratio: float) -> tuple[tuple[float, float], ...]:
    """Mix two normals to unit variance: a share `weight` has `ratio` times the others' sd.

    Examples
    --------
    >>> parts = fat_tails(0.1, 3.0)
    >>> round(sum(weight * sd**2 for weight, sd in parts), 12)
    1.0
    """
    narrow = (1.0 - weight + weight * ratio**2) ** -0.5
    return (1.0 - weight, narrow), (weight, ratio * narrow)


def step_odds(
    mean: Floats,
    sd: Floats,
    lowest: Floats,
    tails: Sequence[tuple[float, float]] = NORMAL,
) -> StepOdds:
    r"""Distribute cumulative moves over 25 bp steps.

    The latent move :math:`X = \mu + U + \sigma Z`, U uniform on :math:`(-½, ½)` and Z of unit
    variance, is binned to the nearest step:

    .. math:: P(X \le k + ½) = \sigma\,[h(\tfrac{k + 1 - \mu}{\sigma})
              - h(\tfrac{k - \mu}{\sigma})], \qquad h(z) = z\Phi(z) + \varphi(z)

    The dither U makes the mean of the bins :math:`\mu` for every :math:`\sigma`, and
    :math:`\sigma \to 0` leaves the two nearest steps, as FedWatch has them. Steps below `lowest`
    are censored: their mass goes there, and :math:`\mu` is lowered so that the mean is kept.

    Parameters
    ----------
    mean, sd : array, shape (N,)
        25 bp steps.
    lowest : array, shape (N,)
        Lowest step possible (minus infinity: none). A mean at or below it puts all mass there:
        then the mean cannot be kept.
    tails : sequence of (weight, sd)
        Normal mixture of unit variance.

    Returns
    -------
    StepOdds

    Examples
    --------
    >>> odds = step_odds(np.array([0.25]), np.array([0.0]), np.array([-np.inf]))
    >>> odds.step[odds.probability > 1e-12].tolist(), odds.probability.round(6).max()
    ([0, 1], np.float64(0.75))
    """
    if not len(mean):
        return join_bins([])
    sd = np.maximum(np.asarray(sd, dtype=float), SMALLEST_SD)
    latent = censored_mean(mean, sd, lowest, tails)
    reach = TAIL_SD * sd * max(part for _, part in tails) + 1.0
    floor = np.where(np.isfinite(lowest), lowest, -np.inf)
    low = np.maximum(np.floor(latent - reach), floor)
    high = np.maximum(np.ceil(np.maximum(latent, floor) + reach), low)
    size = (high - low).astype(np.int64) + 1
    case = np.repeat(np.arange(len(size)), size)
    start = np.cumsum(size) - size
    step = low[case] + (np.arange(len(case)) - start[case])
    above = _exceedance(step, latent[case], sd[case], tails)
    below = np.append(1.0, above[:-1])
    below[start] = 1.0
    keep = (1.0 - above > TAIL_MASS) & (below > TAIL_MASS)
    case, step, above = case[keep], step[keep], above[keep]
    # Nothing lies above the last bin, everything above the step before the first.
    first = np.flatnonzero(np.diff(case, prepend=-1))
    above[np.append(first[1:], len(case)) - 1] = 0.0
    below = np.append(1.0, above[:-1])
    below[first] = 1.0
    return StepOdds(case, step.astype(np.int64), np.maximum(below - above, 0.0))


def mean_above(mean: Floats, error: Floats, lowest: Floats) -> Floats:
    r"""Say what a mean measured with error is, given that it is not below the lowest step.

    .. math:: \mu + s\,\frac{\varphi(\alpha)}{1 - \Phi(\alpha)}, \qquad
              \alpha = (L - \mu) / s

    A mean measured a hair below the bound would otherwise rule out any move up, one measured a hair
    above it not.

    Parameters
    ----------
    mean, error, lowest : array
        Steps; any shape. Far above the bound, or without one, the mean is left as it is.

    Returns
    -------
    array

    Examples
    --------
    >>> mean_above(np.array([0.0, 5.0]), np.array([0.1, 0.1]), np.zeros(2)).round(4).tolist()
    [0.0798, 5.0]
    """
    error = np.maximum(error, SMALLEST_SD)
    distance = (lowest - mean) / error
    # The hazard of a normal, by its logarithms: both parts vanish far below the bound.
    hazard = np.exp(-0.5 * distance**2 - np.log(np.sqrt(2.0 * np.pi)) - log_ndtr(-distance))
    near = distance > -NEGLIGIBLE_DISTANCE
    return np.where(near, mean + error * np.where(near, hazard, 0.0), mean)


def censored_mean(
    mean: Floats, sd: Floats, lowest: Floats, tails: Sequence[tuple[float, float]] = NORMAL
) -> Floats:
    r"""Find the latent mean whose censored distribution has the mean wanted.

    Solves :math:`L + E[(\mu' + \sigma Z - L)^+] = \mu` for :math:`\mu'`.

    Parameters
    ----------
    mean, sd, lowest : array, shape (N,)
    tails : sequence of (weight, sd)

    Returns
    -------
    array, shape (N,)
        Never above `mean`; minus infinity where the mean is not above `lowest`.

    Examples
    --------
    >>> float(censored_mean(np.array([0.5]), np.array([0.01]), np.array([0.0])).round(6)[0])
    0.5
    """
    bound = np.isfinite(lowest)
    wanted = np.where(bound, mean - np.where(bound, lowest, 0.0), 1.0)
    # In units of sd the excess is convex, increasing and above its argument: Newton from the
    # wanted value itself steps down to the root and never past it.
    unit = np.maximum(wanted, 0.0) / sd
    root = unit.copy()
    for _ in range(NEWTON_STEPS):
        excess, slope = np.zeros(len(root)), np.zeros(len(root))
        for weight, part in tails:
            excess += weight * part * _h(root / part)
            slope += weight * ndtr(root / part)
        root = root - (excess - unit) / np.maximum(slope, np.finfo(float).tiny)
    shifted = np.where(bound, np.where(bound, lowest, 0.0) + sd * root, mean)
    return np.where(wanted > 0.0, shifted, -np.inf)


def _h(z: Floats) -> Floats:
    r"""Integrate the normal distribution function: :math:`z\Phi(z) + \varphi(z)`."""
    value: Floats = z * ndtr(z) + np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return value


def _exceedance(
    step: Floats, mean: Floats, sd: Floats, tails: Sequence[tuple[float, float]]
) -> Floats:
    """Evaluate P(X > step + ½)."""
    above = np.zeros(len(step))
    sure = np.isneginf(mean)
    distance = np.where(sure, 0.0, mean - step)
    for weight, part in tails:
        scale = sd * part
        above += weight * scale * (_h(distance / scale) - _h((distance - 1.0) / scale))
    return np.where(sure, 0.0, np.clip(above, 0.0, 1.0))

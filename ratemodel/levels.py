r"""Linear-Gaussian systems in levels: banded, and laid out for many dates at once.

A mark weighs few consecutive levels (`rows`), and an independent prior on moves ties each level to
the one before. In levels the normal matrix of a date is therefore banded: three diagonals, or a few
more where a month has several meetings. It is also better conditioned than in moves, where every
contract shares r_0 and all earlier moves with every later one. `banded` solves the systems;
`linear.gaussian_posterior` is the dense twin. Dates are the *last* axis throughout.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ratemodel.banded import factor, inverse, solve
from ratemodel.rows import LevelRows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WIDEST_BAND = 8
"""Levels a mark may weigh before dense matrices are quicker. No month has so many meetings; a mean
over years of days has."""


def posterior(
    rows: LevelRows, precision: Floats, news: Floats, prior_precision: Floats, held: Bools
) -> tuple[Floats, Floats]:
    r"""Combine marks with an independent Gaussian prior on moves, in levels.

    .. math:: \Sigma = (A'WA + D'PD)^{-1}, \qquad x = \Sigma A'Wy

    By the banded factor; by dense matrices where a mark weighs more than eight levels.

    Parameters
    ----------
    rows : LevelRows
        A.
    precision, news : array, shape (n,)
        Diagonal of W (0 for a mark that is not to weigh) and y, counted from the prior mean: a
        prior then adds nothing, and rounding is that of the news, not of the level.
    prior_precision : array, shape (S, T)
        Diagonal of P, of r_0 and of each move; positive where held. Infinite of an r_0 that is
        known.
    held : array of bool, shape (S, T)
        Slots that are there, the first of each date.

    Returns
    -------
    levels : array, shape (S, T)
        Posterior mean, counted from the prior mean.
    covariance : array, shape (S, S, T)
        Of levels. A padded one stands alone, at unit variance.

    Examples
    --------
    >>> rows = LevelRows(np.array([0]), np.array([0]), np.array([[0.5], [0.5]]))
    >>> held = np.full((2, 1), True)
    >>> levels, covariance = posterior(rows, np.ones(1), np.ones(1), np.ones((2, 1)), held)
    >>> levels[:, 0].round(3), covariance[:, :, 0].round(3)
    (array([0.444, 0.667]), array([[0.556, 0.333],
           [0.333, 1.   ]]))
    """
    moment = level_moment(rows, precision * news, held.shape)
    if len(rows.weight) <= WIDEST_BAND:
        factors = factor(normal_band(rows, precision, prior_precision, held))
        return solve(*factors, moment), inverse(*factors)
    covariance = _dense_inverse(rows, precision, prior_precision, held)
    return np.einsum("ijt,jt->it", covariance, moment), covariance


def _dense_inverse(
    rows: LevelRows, precision: Floats, prior_precision: Floats, held: Bools
) -> Floats:
    size, dates = held.shape
    prior = np.zeros((2, size, dates))
    _add_prior(prior, prior_precision, held)
    known = np.isinf(prior[0, 0])
    prior[0, 0, known] = 1.0
    level = np.arange(size)
    normal = np.zeros((dates, size, size))
    normal[:, level, level] = prior[0].T
    normal[:, level[:-1], level[1:]] = normal[:, level[1:], level[:-1]] = prior[1, :-1].T
    slot = np.arange(len(rows.date)) - np.searchsorted(rows.date, rows.date)
    design = np.zeros((dates, int(slot.max(initial=-1)) + 1, size + len(rows.weight)))
    for offset, weight in enumerate(rows.weight):
        design[rows.date, slot, rows.first + offset] = np.sqrt(precision) * weight
    design = design[:, :, :size]
    normal += np.matmul(design.transpose(0, 2, 1), design)
    # What is known stands alone: it neither learns nor varies.
    normal[known, 0, 1:] = normal[known, 1:, 0] = 0.0
    covariance = np.asarray(np.linalg.inv(normal), dtype=float).transpose(1, 2, 0)
    covariance[0, 0, known] = 0.0
    return covariance


def normal_band(rows: LevelRows, precision: Floats, prior_precision: Floats, held: Bools) -> Floats:
    r"""Add up the normal matrix of levels, :math:`A'WA + D'PD`, by its diagonals.

    D takes levels to the state: r_0 and the differences from level to level.

    Parameters
    ----------
    rows : LevelRows
        A.
    precision : array, shape (n,)
        Diagonal of W; 0 for a mark that is not to weigh.
    prior_precision : array, shape (S, T)
        Diagonal of P, of r_0 and of each move; positive where held.
    held : array of bool, shape (S, T)
        Slots that are there, the first of each date; a padded one stands alone, at unit precision.

    Returns
    -------
    array, shape (B + 1, S, T)
        Entry [b, j] is row j, column j + b; B is at least 1.

    Examples
    --------
    One mark at half of each level, tied by unit priors:

    >>> rows = LevelRows(np.array([0]), np.array([0]), np.array([[0.5], [0.5]]))
    >>> normal_band(rows, np.ones(1), np.ones((2, 1)), np.full((2, 1), True))[:, :, 0]
    array([[ 2.25,  1.25],
           [-0.75,  0.  ]])
    """
    size, dates = held.shape
    width = len(rows.weight)
    band = np.zeros((max(width, 2), size, dates))
    for low in range(width):
        weighted = precision * rows.weight[low]
        for high in range(low, width):
            band[high - low] += _summed(rows, low, weighted * rows.weight[high], held.shape)
    _add_prior(band, prior_precision, held)
    return band


def _add_prior(band: Floats, prior_precision: Floats, held: Bools) -> None:
    prior = np.where(held, prior_precision, 0.0)
    band[0] += prior
    band[0, :-1] += prior[1:]
    band[1, :-1] -= prior[1:]
    band[0, ~held] = 1.0


def level_moment(rows: LevelRows, weighted: Floats, shape: tuple[int, int]) -> Floats:
    """Add up the right-hand side of the normal equations, A'Wy.

    Parameters
    ----------
    rows : LevelRows
    weighted : array, shape (n,)
        Wy, with y counted from the prior mean: a prior then adds nothing, and rounding is that of
        the news, not of the level.
    shape : (S, T)

    Returns
    -------
    array, shape (S, T)
    """
    moment = np.zeros(shape)
    for low, weight in enumerate(rows.weight):
        moment += _summed(rows, low, weighted * weight, shape)
    return moment


def _summed(rows: LevelRows, offset: int, values: Floats, shape: tuple[int, ...]) -> Floats:
    """Sum values by date and level, `offset` levels after the first each mark weighs."""
    size, dates = shape
    # Marks at the last level have zero weights beyond it: these fall into rows that are cut off.
    cell = (rows.first + offset) * dates + rows.date
    total = np.bincount(cell, weights=values, minlength=(size + offset) * dates)
    return np.asarray(total, dtype=float).reshape(-1, dates)[:size]


def state_covariance(levels: Floats) -> Floats:
    r"""Turn the covariance of levels into that of the state, :math:`D \Sigma D'`.

    Parameters
    ----------
    levels : array, shape (S, S, T)

    Returns
    -------
    array, shape (T, S, S)
        Of r_0 and the moves, dates first.

    Examples
    --------
    >>> state_covariance(np.array([[[1.0], [1.0]], [[1.0], [5.0]]]))[0]
    array([[1., 0.],
           [0., 4.]])
    """
    half = levels.copy()
    half[1:] -= levels[:-1]
    both = half.copy()
    both[:, 1:] -= half[:, :-1]
    symmetric: Floats = (both + both.transpose(1, 0, 2)) / 2.0  # to the last bit
    return symmetric.transpose(2, 0, 1)


def band_of(covariance: Floats, width: int) -> Floats:
    """Take the first diagonals of covariances, as `banded.inverse_band` lays them out.

    Parameters
    ----------
    covariance : array, shape (S, S, T)
    width : int
        Diagonals wanted, the main one included.

    Returns
    -------
    array, shape (width, S, T)
        Entry [b, j] is row j, column j + b.

    Examples
    --------
    >>> band_of(np.array([[[4.0], [1.0]], [[1.0], [9.0]]]), 2)[:, :, 0]
    array([[4., 9.],
           [1., 0.]])
    """
    size, _, dates = covariance.shape
    band = np.zeros((width, size, dates))
    level = np.arange(size)
    for b in range(min(width, size)):
        band[b, : size - b] = covariance[level[: size - b], level[b:]]
    return band


def move_variances(band: Floats) -> Floats:
    """Read the variances of r_0 and the moves from the band of the levels' covariance.

    Parameters
    ----------
    band : array, shape (B + 1, S, T)
        As from `inverse_band`.

    Returns
    -------
    array, shape (S, T)

    Examples
    --------
    >>> move_variances(np.array([[[1.0], [5.0]], [[1.0], [0.0]]]))[:, 0]
    array([1., 4.])
    """
    variance: Floats = band[0].copy()
    variance[1:] += band[0, :-1] - 2.0 * band[1, :-1]
    return variance

"""Small linear-Gaussian kernels: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NULL_SPACE_RIDGE = 1e-9
"""Ridge, relative to unit rows, that separates spanned directions from the null space."""


def gaussian_posterior(
    design: Floats,
    precision: Floats,
    observed: Floats,
    prior_mean: Floats,
    prior_precision: Floats,
) -> tuple[Floats, Floats]:
    r"""Combine noisy linear observations with an independent Gaussian prior, date by date.

    .. math:: \Sigma = (P + G'WG)^{-1}, \qquad \mu = \Sigma (G'Wy + P\mu_0)

    Parameters
    ----------
    design : array, shape (T, C, K)
        Rows G of observed contracts; zero rows for absent ones.
    precision, observed : array, shape (T, C)
        Diagonal of W (0 = absent) and y (finite).
    prior_mean, prior_precision : array, shape (T, K)
        Mean and diagonal of P. Where a direction has neither prior nor data (P flat) the
        Moore-Penrose inverse is used: least squares of minimum norm.

    Returns
    -------
    mean : array, shape (T, K)
    covariance : array, shape (T, K, K)
    """
    weighted = design * precision[:, :, None]
    normal = np.matmul(weighted.transpose(0, 2, 1), design)
    diagonal = np.arange(design.shape[2])
    normal[:, diagonal, diagonal] += prior_precision
    moment = np.einsum("tck,tc->tk", weighted, observed) + prior_precision * prior_mean
    if (prior_precision > 0).all():
        covariance = np.linalg.inv(normal)
    else:
        covariance = np.linalg.pinv(normal, hermitian=True)
    covariance = (covariance + covariance.transpose(0, 2, 1)) / 2.0
    return np.einsum("tkj,tj->tk", covariance, moment), covariance


def outside_row_space(design: Floats, target: Floats) -> Floats:
    r"""Measure the share of a direction that the rows of a design say nothing about.

    With N the projector on the null space of G, the share is f'Nf / f'f, found as the limit of
    :math:`\epsilon f'(G'G + \epsilon I)^{-1} f / f'f`: zero (to rounding) if and only if f is a
    combination of rows.

    Parameters
    ----------
    design : array, shape (T, C, K)
    target : array, shape (T, F, K)
        F directions for each date; a zero direction gives 0.

    Returns
    -------
    array, shape (T, F)
        From 0 (spanned) to 1.
    """
    gram = np.matmul(design.transpose(0, 2, 1), design)
    diagonal = np.arange(design.shape[2])
    gram[:, diagonal, diagonal] += NULL_SPACE_RIDGE
    missing = NULL_SPACE_RIDGE * quadratic_form(target, np.linalg.inv(gram))
    size = np.einsum("tfk,tfk->tf", target, target)
    share: Floats = np.divide(missing, size, out=np.zeros_like(missing), where=size > 0)
    return share


def quadratic_form(target: Floats, matrix: Floats) -> Floats:
    """Evaluate f'Af for F directions a date: target (T, F, K), matrix (T, K, K) -> (T, F)."""
    value: Floats = np.einsum("tfk,tfk->tf", np.matmul(target, matrix), target)
    return value

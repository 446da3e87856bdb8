"""Banded positive definite systems, many at once: factor, solve, invert.

Each step is one operation on all systems together, so they are the *last* axis of every array
here; there are as many steps as unknowns, not the cube.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def factor(band: Floats) -> tuple[Floats, Floats]:
    r"""Factor banded positive definite matrices, :math:`N = L D L'`, all dates together.

    Parameters
    ----------
    band : array, shape (B + 1, S, T)
        As from `normal_band`.

    Returns
    -------
    unit : array, shape (B, S, T)
        Entry [b − 1, j] is row j + b, column j of L, below its unit diagonal.
    inverse_pivot : array, shape (S, T)
        Of D: one over each diagonal element.

    Examples
    --------
    >>> unit, inverse_pivot = factor(np.array([[[4.0], [2.0]], [[2.0], [0.0]]]))
    >>> unit[0, 0, 0], inverse_pivot[:, 0]
    (np.float64(0.5), array([0.25, 1.  ]))
    """
    rest = band.copy()
    unit = np.zeros((len(band) - 1, *band.shape[1:]))
    inverse_pivot = np.empty(band.shape[1:])
    size = band.shape[1]
    for j in range(size):
        np.divide(1.0, rest[0, j], out=inverse_pivot[j])
        for b in range(1, min(len(band), size - j)):
            np.multiply(rest[b, j], inverse_pivot[j], out=unit[b - 1, j])
            for a in range(b, min(len(band), size - j)):
                rest[a - b, j + b] -= unit[b - 1, j] * rest[a, j]
    return unit, inverse_pivot


def solve(unit: Floats, inverse_pivot: Floats, moment: Floats) -> Floats:
    """Solve N x = moment from the factors of N.

    Parameters
    ----------
    unit, inverse_pivot : array
        As from `factor`.
    moment : array, shape (S, T)

    Returns
    -------
    array, shape (S, T)

    Examples
    --------
    >>> factors = factor(np.array([[[4.0], [2.0]], [[2.0], [0.0]]]))
    >>> solve(*factors, np.array([[6.0], [4.0]]))[:, 0]
    array([1., 1.])
    """
    x = moment.copy()
    size = len(x)
    for j in range(size):
        for b in range(1, min(len(unit), size - 1 - j) + 1):
            x[j + b] -= unit[b - 1, j] * x[j]
    x *= inverse_pivot
    for j in range(size - 1, -1, -1):
        for b in range(1, min(len(unit), size - 1 - j) + 1):
            x[j] -= unit[b - 1, j] * x[j + b]
    return x


def inverse_band(unit: Floats, inverse_pivot: Floats) -> Floats:
    r"""Find the elements of the inverse within the band, without the others.

    Takahashi's recursion, from the last level to the first:

    .. math:: \Sigma_{ij} = [i = j] / d_i - \sum_{b} L_{i+b,i} \Sigma_{i+b,j}, \qquad j \ge i,

    in which a step uses elements of the band only. They are all that variances of levels and
    moves, and the leverages of marks, are made of.

    Parameters
    ----------
    unit, inverse_pivot : array
        As from `factor`.

    Returns
    -------
    array, shape (B + 1, S, T)
        Entry [b, j] is row j, column j + b of the inverse.

    References
    ----------
    Takahashi, K., J. Fagan and M.-S. Chin (1973), "Formation of a sparse bus impedance matrix and
    its application to short circuit study", 8th PICA Conference Proceedings, 63-69.

    Examples
    --------
    >>> inverse_band(*factor(np.array([[[4.0], [2.0]], [[2.0], [0.0]]])))[:, :, 0]
    array([[ 0.5,  1. ],
           [-0.5,  0. ]])
    """
    size = len(inverse_pivot)
    band = np.zeros((len(unit) + 1, *inverse_pivot.shape))
    for i in range(size - 1, -1, -1):
        reach = min(len(unit), size - 1 - i)
        for b in range(1, reach + 1):
            for a in range(1, reach + 1):
                near, far = min(a, b), max(a, b)
                band[b, i] -= unit[a - 1, i] * band[far - near, i + near]
        band[0, i] = inverse_pivot[i]
        for a in range(1, reach + 1):
            band[0, i] -= unit[a - 1, i] * band[a, i]
    return band


def inverse(unit: Floats, inverse_pivot: Floats) -> Floats:
    r"""Find the whole inverse: the recursion of `inverse_band`, with every column.

    Parameters
    ----------
    unit, inverse_pivot : array
        As from `factor`.

    Returns
    -------
    array, shape (S, S, T)

    Examples
    --------
    >>> inverse(*factor(np.array([[[4.0], [2.0]], [[2.0], [0.0]]])))[:, :, 0]
    array([[ 0.5, -0.5],
           [-0.5,  1. ]])
    """
    size, dates = inverse_pivot.shape
    full = np.zeros((size, size, dates))
    for i in range(size - 1, -1, -1):
        reach = min(len(unit), size - 1 - i)
        row = full[i, i + 1 :]
        full[i, i] = inverse_pivot[i]
        for b in range(1, reach + 1):
            row -= unit[b - 1, i] * full[i + b, i + 1 :]
        full[i + 1 :, i] = row
        for b in range(1, reach + 1):
            full[i, i] -= unit[b - 1, i] * row[b - 1]
    return full

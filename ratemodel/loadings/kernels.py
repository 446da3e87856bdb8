"""Compiled loops of the bootstrap: refit on resampled blocks from a table of their moments."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SINGULAR = 1e-12
"""A pivot this small beside its diagonal is rounding: columns cannot be told apart."""


@njit(cache=True)
def resample_moments(
    blocks: Floats,
    drawn: Ints,
    params: Floats,
    projection: Floats,
    covariance: Floats,
) -> int:
    r"""Refit on every resample, from moments alone: no draw looks at a row again.

    Rows are w = (1, z, dollar, terms d, r), without a dollar (1, z, r), and a block's moments are
    :math:`G_b = \sum_{t \in b} w_t w_t'`. A draw adds the moments of its blocks, clears the dollar
    of d and regresses r. Residuals are linear in w, so a block's scores are :math:`G_b c` with c
    the coefficients of the residual: the studentising errors need no pass over rows either.

    Parameters
    ----------
    blocks : array, shape (S, k, k)
        Moments of blocks.
    drawn : array, shape (B, m)
        Which blocks each resample is made of.
    params, projection, covariance : array, shapes (B, p), (B, d), (B, p + d, p + d)
        Filled.

    Returns
    -------
    int
        Draws done: fewer than B if the next one is singular.
    """
    draws, count = drawn.shape
    width = blocks.shape[1]
    size, terms = params.shape[1], projection.shape[1]
    plain = size - 1 if terms else size
    response, first, joined = width - 1, plain + 1, size + terms
    flat = blocks.reshape(len(blocks), width * width)
    total = np.empty((width, width))
    cleared, residual = np.zeros((1, width)), np.zeros((1, width))
    gram, bread, moment = np.empty((size, size)), np.empty((size, size)), np.empty((1, size))
    term_gram, term_bread = np.empty((terms, terms)), np.empty((terms, terms))
    shared, passed_on = np.empty((size, terms)), np.empty((size, terms))
    scores, squares = np.empty((joined, count)), np.empty((joined, joined))
    spread, product = np.zeros((joined, joined)), np.empty((joined, joined))
    residual[0, response] = 1.0
    for draw in range(draws):
        add_rows(flat, drawn[draw], total)
        for i in range(plain):
            moment[0, i] = total[i, response]
            for j in range(plain):
                gram[i, j] = total[i, j]
        if terms:
            term_gram[:] = total[first:response, first:response]
            if not invert(term_gram, term_bread):
                return draw
            cleared[0, plain] = 1.0
            for i in range(terms):
                value = 0.0
                for j in range(terms):
                    value += term_bread[i, j] * total[plain, first + j]
                projection[draw, i] = value
                cleared[0, first + i] = -value
            for i in range(plain):
                gram[i, plain] = gram[plain, i] = dot(total, i, cleared, 0)
            gram[plain, plain] = 0.0
            for i in range(plain, response):
                gram[plain, plain] += cleared[0, i] * dot(total, i, cleared, 0)
            moment[0, plain] = dot(total, response, cleared, 0)
        if not invert(gram, bread):
            return draw
        for i in range(size):
            params[draw, i] = dot(bread, i, moment, 0)
        for i in range(plain):
            residual[0, i] = -params[draw, i]
        spread[:size, :size] = bread
        if terms:
            gamma = params[draw, plain]
            for i in range(plain, response):
                residual[0, i] = -gamma * cleared[0, i]
            for j in range(terms):
                shared[plain, j] = gamma * dot(total, first + j, cleared, 0)
                for i in range(plain):
                    shared[i, j] = gamma * total[i, first + j]
            multiply(bread, shared, passed_on)
            multiply(passed_on, term_bread, shared)
            spread[:size, size:] = shared
            spread[size:, size:] = term_bread
        for b in range(count):
            block = drawn[draw, b]
            for i in range(plain):
                scores[i, b] = combine(blocks, block, i, residual)
            if terms:
                value = combine(blocks, block, plain, residual)
                for i in range(first, response):
                    value += cleared[0, i] * combine(blocks, block, i, residual)
                    scores[i, b] = combine(blocks, block, i, cleared)
                scores[plain, b] = value
        for i in range(joined):
            for j in range(i + 1):
                squares[i, j] = squares[j, i] = dot(scores, i, scores, j)
        multiply(spread, squares, product)
        for i in range(joined):
            for j in range(i + 1):
                covariance[draw, i, j] = covariance[draw, j, i] = dot(product, i, spread, j)
    return len(drawn)


@njit(cache=True)
def add_rows(table: Floats, rows: Ints, out: Floats) -> None:
    """Add up some rows of a table, into a matrix of as many cells."""
    total = out.reshape(out.size)
    for j in range(len(total)):
        total[j] = 0.0
    for row in rows:
        for j in range(len(total)):
            total[j] += table[row, j]


@njit(cache=True)
def combine(blocks: Floats, block: int, row: int, weights: Floats) -> float:
    """Moment, in one block, of one column with a combination of all."""
    value = 0.0
    for i in range(blocks.shape[2]):
        value += blocks[block, row, i] * weights[0, i]
    return value


@njit(cache=True)
def dot(left: Floats, row: int, right: Floats, other: int) -> float:
    """Sum of products of a row of one matrix and a row of another."""
    value = 0.0
    for i in range(left.shape[1]):
        value += left[row, i] * right[other, i]
    return value


@njit(cache=True)
def multiply(left: Floats, right: Floats, out: Floats) -> None:
    """Product of two small matrices."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0.0
        for k in range(left.shape[1]):
            value = left[i, k]
            for j in range(out.shape[1]):
                out[i, j] += value * right[k, j]


@njit(cache=True)
def invert(matrix: Floats, inverse: Floats) -> bool:
    """Invert a small positive definite matrix by Cholesky; False if it is singular.

    The lower triangle of `matrix` is overwritten by the inverse of its factor.
    """
    size = matrix.shape[0]
    for j in range(size):
        pivot = matrix[j, j]
        for k in range(j):
            pivot -= matrix[j, k] * matrix[j, k]
        if not pivot > SINGULAR * matrix[j, j]:
            return False
        matrix[j, j] = 1.0 / np.sqrt(pivot)
        for i in range(j + 1, size):
            value = matrix[i, j]
            for k in range(j):
                value -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = value * matrix[j, j]
    for j in range(size):
        for i in range(j + 1, size):
            value = 0.0
            for k in range(j, i):
                value -= matrix[i, k] * matrix[k, j]
            matrix[i, j] = value * matrix[i, i]
    for i in range(size):
        for j in range(i + 1):
            value = 0.0
            for k in range(i, size):
                value += matrix[k, i] * matrix[k, j]
            inverse[i, j] = inverse[j, i] = value
    return True

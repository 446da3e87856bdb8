"""Banded factors, solutions and inverses against dense ones, one system at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.banded import factor, inverse, inverse_band, solve

RTOL = 1e-10
ATOL = 1e-12
"""Systems here have condition numbers below 1e4, so errors near 1e-12 are expected."""

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 7)
widths = st.integers(1, 4)


def problem(seed, systems, size, width):
    """Diagonally dominant matrices of a given half-bandwidth, dense and by diagonals."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(systems, size, size))
    row, column = np.indices((size, size))
    dense = np.where(np.abs(row - column) <= width, dense + dense.transpose(0, 2, 1), 0.0)
    dominant = np.abs(dense).sum(axis=2) + rng.uniform(0.01, 1.0, (systems, size))
    dense[:, np.arange(size), np.arange(size)] = dominant
    band = np.zeros((width + 1, size, systems))
    for b in range(width + 1):
        for j in range(size - b):
            band[b, j] = dense[:, j, j + b]
    return dense, band


@given(seed=seeds, systems=sizes, size=sizes, width=widths)
def test_the_factors_multiply_to_the_matrix(seed, systems, size, width):
    dense, band = problem(seed, systems, size, width)
    unit, inverse_pivot = factor(band)
    for t in range(systems):
        lower = np.eye(size)
        for b in range(1, width + 1):
            for j in range(size - b):
                lower[j + b, j] = unit[b - 1, j, t]
        product = lower @ np.diag(1.0 / inverse_pivot[:, t]) @ lower.T
        np.testing.assert_allclose(product, dense[t], rtol=RTOL, atol=ATOL)


@given(seed=seeds, systems=sizes, size=sizes, width=widths)
def test_solutions_are_those_of_each_system(seed, systems, size, width):
    dense, band = problem(seed, systems, size, width)
    moment = np.random.default_rng(seed).normal(size=(size, systems))
    found = solve(*factor(band), moment)
    for t in range(systems):
        slow = np.linalg.solve(dense[t], moment[:, t])
        np.testing.assert_allclose(found[:, t], slow, rtol=RTOL, atol=ATOL * np.abs(slow).max())


@given(seed=seeds, systems=sizes, size=sizes, width=widths)
def test_inverses_whole_and_within_the_band(seed, systems, size, width):
    dense, band = problem(seed, systems, size, width)
    factors = factor(band)
    whole, near = inverse(*factors), inverse_band(*factors)
    assert (whole == whole.transpose(1, 0, 2)).all()
    for t in range(systems):
        slow = np.linalg.inv(dense[t])
        atol = ATOL * np.abs(slow).max()
        np.testing.assert_allclose(whole[:, :, t], slow, rtol=RTOL, atol=atol)
        for b in range(width + 1):
            for j in range(size):
                expected = slow[j, j + b] if j + b < size else 0.0
                assert near[b, j, t] == pytest.approx(expected, rel=RTOL, abs=atol)


@given(seed=seeds, size=sizes, width=widths)
def test_a_system_does_not_depend_on_those_beside_it(seed, size, width):
    _, band = problem(seed, 5, size, width)
    alone = [part[..., 2:3] for part in (inverse(*factor(band)), inverse_band(*factor(band)))]
    again = [inverse(*factor(band[..., 2:3])), inverse_band(*factor(band[..., 2:3]))]
    for whole, single in zip(alone, again, strict=True):
        assert (whole == single).all()


def test_nothing_given_is_changed():
    _, band = problem(0, 3, 5, 2)
    before = band.copy()
    factors = factor(band)
    kept, moment = [part.copy() for part in factors], np.ones((5, 3))
    solve(*factors, moment), inverse(*factors), inverse_band(*factors)
    assert (band == before).all()
    assert all((part == copy).all() for part, copy in zip(factors, kept, strict=True))
    assert (moment == 1.0).all()

"""The batched kernels against slow twins: one date, one dense matrix, one solve at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.linear import gaussian_posterior, outside_row_space, quadratic_form

SOLVED = 1e-9
"""Relative to unit-sized designs: condition numbers here stay below 1e5, so 1e-11 is expected."""
ROUNDING = 1e-12
SPANNED = 1e-6
"""Share below which the package calls a direction spanned (a ridge of 1e-9 of unit rows)."""
CLEARLY_OUTSIDE = 1e-4
"""Share of a random direction left outside rows that do not span it."""

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)


def dense_posterior(g, w, y, prior_mean, p):
    """One date: solve the normal equations."""
    normal = g.T @ np.diag(w) @ g + np.diag(p)
    mean = np.linalg.solve(normal, g.T @ np.diag(w) @ y + np.diag(p) @ prior_mean)
    return mean, np.linalg.solve(normal, np.eye(len(normal)))


def conditional_gaussian(g, w, y, prior_mean, p):
    """One date: condition the joint normal of state and marks on the marks that are there."""
    seen = w > 0
    g, y, noise = g[seen], y[seen], np.diag(1.0 / w[seen])
    state = np.diag(1.0 / p)
    marks = g @ state @ g.T + noise
    gain = state @ g.T @ np.linalg.inv(marks)
    return prior_mean + gain @ (y - g @ prior_mean), state - gain @ g @ state


def problem(seed, dates, contracts, meetings):
    """Random designs of shares (0 to 1), some contracts absent, all priors proper."""
    rng = np.random.default_rng(seed)
    design = rng.uniform(0.0, 1.0, (dates, contracts, meetings))
    precision = rng.uniform(0.3, 3.0, (dates, contracts)) ** -2
    precision *= rng.uniform(size=precision.shape) < 0.8
    observed = rng.normal(0.0, 30.0, (dates, contracts))
    prior_mean = rng.normal(0.0, 10.0, (dates, meetings))
    prior_precision = rng.uniform(1.0, 25.0, (dates, meetings)) ** -2
    return design, precision, observed, prior_mean, prior_precision


@pytest.mark.parametrize("twin", [dense_posterior, conditional_gaussian])
@given(seed=seeds, dates=sizes, contracts=sizes, meetings=sizes)
def test_posterior_equals_the_dense_one_of_each_date(twin, seed, dates, contracts, meetings):
    given_problem = problem(seed, dates, contracts, meetings)
    mean, covariance = gaussian_posterior(*given_problem)
    for t in range(dates):
        slow_mean, slow_covariance = twin(*(part[t] for part in given_problem))
        np.testing.assert_allclose(mean[t], slow_mean, rtol=SOLVED, atol=SOLVED)
        np.testing.assert_allclose(covariance[t], slow_covariance, rtol=SOLVED, atol=SOLVED)


@given(seed=seeds, dates=sizes, contracts=sizes, meetings=sizes)
def test_without_a_prior_it_is_weighted_least_squares(seed, dates, contracts, meetings):
    design, precision, observed, _, _ = problem(seed, dates, contracts, meetings)
    flat = np.zeros((dates, meetings))
    mean, _ = gaussian_posterior(design, precision, observed, flat, flat)
    for t in range(dates):
        root = np.sqrt(precision[t])
        slow, _, rank, _ = np.linalg.lstsq(root[:, None] * design[t], root * observed[t])
        singular = np.linalg.svd(root[:, None] * design[t], compute_uv=False)
        if rank == 0 or singular[rank - 1] < 1e-2 * singular[0]:
            continue  # the normal equations square the condition number: not a case of months
        np.testing.assert_allclose(mean[t], slow, rtol=SOLVED, atol=SOLVED)


@pytest.mark.parametrize("months", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("noise_bp", [1e-3, 0.29, 1.0, 30.0])
def test_least_squares_of_minimum_norm_where_meetings_outnumber_contracts(months, noise_bp):
    """Shares of calendar days: late meetings, empty columns, the same month counted twice."""
    rng = np.random.default_rng(months)
    for _ in range(80):
        design = np.ones((1, months, months + 2))
        for k in range(1, months + 2):
            day = rng.integers(0, 30 * months)
            for c in range(months):
                design[0, c, k] = np.clip(30 * (c + 1) - day, 0, 30) / 30
        truth = rng.integers(-4, 5, months + 2) * 25.0
        flat = np.zeros((1, months + 2))
        observed = design @ truth
        precision = np.full((1, months), noise_bp**-2.0)
        mean, _ = gaussian_posterior(design, precision, observed, flat, flat)
        singular = np.linalg.svd(design[0], compute_uv=False)
        if ((singular < 3e-3) & (singular > 1e-12)).any():
            continue
        slow = np.linalg.pinv(design[0], rcond=1e-9) @ observed[0]
        np.testing.assert_allclose(mean[0], slow, rtol=1e-7, atol=1e-7)


@given(seed=seeds, contracts=sizes, meetings=sizes)
def test_posterior_covariance_is_symmetric_and_never_above_the_prior(seed, contracts, meetings):
    given_problem = problem(seed, 1, contracts, meetings)
    _, covariance = gaussian_posterior(*given_problem)
    assert (covariance[0] == covariance[0].T).all()
    gained = np.diag(1.0 / given_problem[-1][0]) - covariance[0]
    assert np.linalg.eigvalsh(gained).min() > -SOLVED * np.trace(covariance[0])
    assert np.linalg.eigvalsh(covariance[0]).min() > 0.0


@given(seed=seeds, dates=sizes, contracts=sizes, meetings=sizes, directions=sizes)
def test_directions_outside_the_rows_are_found_by_rank(
    seed, dates, contracts, meetings, directions
):
    """Half of the directions are combinations of rows, half are drawn at random."""
    rng = np.random.default_rng(seed)
    rank = rng.integers(0, min(contracts, meetings) + 1)
    left = rng.normal(size=(dates, contracts, rank))
    design = left @ rng.normal(size=(dates, rank, meetings))
    target = rng.normal(size=(dates, directions, meetings))
    combined = rng.normal(size=(dates, directions, contracts)) @ design
    target = np.where(rng.uniform(size=(dates, directions, 1)) < 0.5, combined, target)
    share = outside_row_space(design, target)
    for t in range(dates):
        singular = np.linalg.svd(design[t], compute_uv=False)
        if singular[singular > 1e-10].min(initial=1.0) < 0.05:
            continue  # rows of calendar shares are never this close to dependent by accident
        for f in range(directions):
            with_direction = np.vstack([design[t], target[t, f]])
            spanned = np.linalg.matrix_rank(with_direction, 1e-8) == np.linalg.matrix_rank(
                design[t], 1e-8
            )
            # A nearly spanned random direction decides nothing: its share is known exactly.
            _, s, rows = np.linalg.svd(design[t])
            basis = rows[: (s > 1e-10).sum()]
            rest = target[t, f] - basis.T @ (basis @ target[t, f])
            exact = rest @ rest / max(target[t, f] @ target[t, f], 1e-300)
            assert share[t, f] == pytest.approx(exact, rel=1e-4, abs=SPANNED)
            if spanned:
                assert share[t, f] < SPANNED
            elif exact > CLEARLY_OUTSIDE:
                assert share[t, f] > SPANNED


def test_a_zero_direction_is_spanned_by_anything():
    assert outside_row_space(np.zeros((1, 2, 3)), np.zeros((1, 1, 3)))[0, 0] == 0.0


def test_no_rows_span_nothing():
    share = outside_row_space(np.zeros((1, 2, 3)), np.eye(3)[None])
    np.testing.assert_allclose(share, 1.0, rtol=ROUNDING, atol=0.0)


@given(seed=seeds, dates=sizes, directions=sizes, size=sizes)
def test_quadratic_forms_one_by_one(seed, dates, directions, size):
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(dates, directions, size))
    matrix = rng.normal(size=(dates, size, size))
    value = quadratic_form(target, matrix)
    for t, f in np.ndindex(dates, directions):
        slow = sum(
            target[t, f, i] * matrix[t, i, j] * target[t, f, j]
            for i in range(size)
            for j in range(size)
        )
        assert value[t, f] == pytest.approx(slow, rel=ROUNDING, abs=ROUNDING * size**2 * 10)

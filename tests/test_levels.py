"""Systems in levels against slow twins: dense in moves, and exact in fractions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratemodel.banded import factor, inverse_band
from ratemodel.levels import (
    band_of,
    move_variances,
    normal_band,
    posterior,
    state_covariance,
)
from ratemodel.linear import NULL_SPACE_RIDGE, gaussian_posterior, outside_row_space, quadratic_form
from ratemodel.rows import LevelRows, fitted, fitted_variance, level_rows

RTOL, ATOL = 1e-9, 1e-9
"""Against the dense twin, in bp or bp squared: it inverts matrices of condition up to 1e7."""
EXACT_RTOL, EXACT_ATOL = 1e-10, 1e-12
"""Where hardly anything is rounded."""
LOST_PER_CONDITION, LOST_BP_PER_CONDITION = 1e-15, 1e-13
"""Against fractions, times the ratio of the marks' precision to the prior's: what a normal matrix
loses. Covariances are measured in standard deviations, means in bp."""
OUTSIDE_RTOL, OUTSIDE_ATOL = 1e-5, 1e-7
"""Shares outside the rows: the ridge of 1e-9 keeps seven digits; the threshold used is 1e-5."""

MONTH_DAYS = 30
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)


@dataclass
class Problem:
    """Dates with contracts and meetings, packed as the path packs them."""

    share: np.ndarray
    contracts: np.ndarray
    meetings: np.ndarray
    current_weight: np.ndarray
    precision: np.ndarray
    observed: np.ndarray
    prior_mean: np.ndarray
    prior_precision: np.ndarray

    @property
    def held(self) -> np.ndarray:
        now = np.ones((len(self.meetings), 1), dtype=bool)
        return np.concatenate([now, self.meetings >= 0], axis=1)

    @property
    def cells(self) -> tuple[np.ndarray, np.ndarray]:
        return np.nonzero(self.contracts >= 0)

    @property
    def rows(self) -> LevelRows:
        date, slot = self.cells
        return level_rows(
            self.share,
            date,
            self.contracts[date, slot],
            self.meetings,
            self.current_weight[date, slot],
        )

    @property
    def design(self) -> np.ndarray:
        """In moves: weight of r_0, then shares of days after each meeting."""
        padded = np.pad(self.share, ((0, 1), (0, 1)))
        moves = padded[self.contracts[:, :, None], self.meetings[:, None, :]]
        return np.concatenate([self.current_weight[:, :, None], moves], axis=2)


def problem(seed, dates, months, meetings, noise_bp=(0.3, 3.0)) -> Problem:
    """Meetings on any days, several a month too; some unknown, some contracts absent.

    Every third date has no contract. The first month has begun: part of it is past.
    """
    rng = np.random.default_rng(seed)
    passed = rng.integers(0, MONTH_DAYS)
    days = np.sort(rng.choice(np.arange(passed, MONTH_DAYS * months + 5), meetings, replace=False))
    left = MONTH_DAYS * (1 + np.arange(months))[:, None] - days[None, :]
    share = np.clip(left, 0, MONTH_DAYS) / MONTH_DAYS
    contracts = packed(rng.uniform(size=(dates, months)) < 0.7, empty=np.arange(dates) % 3 == 2)
    known = packed(rng.uniform(size=(dates, meetings)) < 0.8)
    weight = np.where(contracts == 0, (MONTH_DAYS - passed) / MONTH_DAYS, 1.0)
    there = contracts >= 0
    precision = rng.uniform(*noise_bp, contracts.shape) ** -2.0
    precision *= there & (rng.uniform(size=contracts.shape) < 0.8)
    size = known.shape[1] + 1
    sd = np.where(rng.uniform(size=(dates, size)) < 0.2, 3.0, 25.0)
    sd[:, 0] = rng.uniform(0.5, 10.0, dates)
    mean = np.where(sd == 3.0, rng.choice([-25.0, 0.0, 25.0], (dates, size)), 0.0)
    mean[:, 0] = rng.uniform(0.0, 600.0, dates)
    held = np.concatenate([np.ones((dates, 1), dtype=bool), known >= 0], axis=1)
    return Problem(
        share=share,
        contracts=contracts,
        meetings=known,
        current_weight=np.where(there, weight, 0.0),
        precision=precision,
        observed=np.where(there, mean[:, :1] * weight + rng.normal(0.0, 30.0, there.shape), 0.0),
        prior_mean=mean * held,
        prior_precision=sd**-2.0,
    )


def packed(mask: np.ndarray, empty: np.ndarray | None = None) -> np.ndarray:
    """True positions of each row to the left, padded with −1."""
    found = np.full(mask.shape, -1)
    for t, row in enumerate(mask):
        if empty is None or not empty[t]:
            positions = np.flatnonzero(row)
            found[t, : len(positions)] = positions
    return found


def in_levels(given_problem: Problem):
    """Mean and covariance of the state, covariance of levels, rows, as the path finds them."""
    held, rows = given_problem.held.T, given_problem.rows
    precision = given_problem.precision[given_problem.cells]
    tied = np.where(held, given_problem.prior_precision.T, 0.0)
    expected = np.cumsum(given_problem.prior_mean.T, axis=0)
    news = given_problem.observed[given_problem.cells] - fitted(rows, expected)
    revised, levels = posterior(rows, precision, news, tied, held)
    both = held.T[:, :, None] & held.T[:, None, :]
    mean = given_problem.prior_mean + np.diff(revised, axis=0, prepend=0.0).T
    return mean * held.T, state_covariance(levels) * both, levels, rows


def dense(given_problem: Problem):
    """The same by the general kernel, in moves."""
    held = given_problem.held
    tied = np.where(held, given_problem.prior_precision, 1.0)
    mean, covariance = gaussian_posterior(
        given_problem.design,
        given_problem.precision,
        given_problem.observed,
        given_problem.prior_mean,
        tied,
    )
    return mean * held, covariance * (held[:, :, None] & held[:, None, :])


@given(seed=seeds, dates=sizes, months=sizes, meetings=sizes)
def test_state_equals_the_dense_one(seed, dates, months, meetings):
    given_problem = problem(seed, dates, months, meetings)
    mean, covariance, _, _ = in_levels(given_problem)
    slow_mean, slow_covariance = dense(given_problem)
    assert (covariance == covariance.transpose(0, 2, 1)).all()
    np.testing.assert_allclose(mean, slow_mean, rtol=RTOL, atol=ATOL)
    np.testing.assert_allclose(covariance, slow_covariance, rtol=RTOL, atol=ATOL)


@given(seed=seeds, dates=sizes, months=sizes, meetings=sizes)
def test_fits_and_leverages_equal_the_dense_ones(seed, dates, months, meetings):
    given_problem = problem(seed, dates, months, meetings)
    _, _, levels, rows = in_levels(given_problem)
    slow_mean, slow_covariance = dense(given_problem)
    cells = given_problem.cells
    value = fitted(rows, np.cumsum(slow_mean.T, axis=0))
    slow_value = np.einsum("tck,tk->tc", given_problem.design, slow_mean)[cells]
    np.testing.assert_allclose(value, slow_value, rtol=RTOL, atol=ATOL)
    slow_variance = quadratic_form(given_problem.design, slow_covariance)[cells]
    band = band_of(levels, len(rows.weight))
    np.testing.assert_allclose(fitted_variance(rows, band), slow_variance, rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize("known", [True, False])
@given(seed=seeds, dates=sizes, months=sizes, meetings=sizes, wide=st.integers(9, 12))
def test_marks_of_many_levels_are_solved_densely(known, seed, dates, months, meetings, wide):
    """The same marks, said to be wider than a band: zero weights make no difference."""
    given_problem = problem(seed, dates, months, meetings)
    rows, held = given_problem.rows, given_problem.held.T
    precision = given_problem.precision[given_problem.cells]
    news = np.random.default_rng(seed).normal(0.0, 10.0, len(precision))
    tied = given_problem.prior_precision.T.copy()
    tied[0] = np.inf if known else tied[0]
    padding = np.zeros((wide - len(rows.weight), len(precision)))
    widened = LevelRows(rows.date, rows.first, np.concatenate([rows.weight, padding]))
    narrow = posterior(rows, precision, news, tied, held)
    for found, expected in zip(
        posterior(widened, precision, news, tied, held), narrow, strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=RTOL, atol=ATOL)
        assert (found[0] == 0.0).all() or not known


@given(seed=seeds, dates=sizes, months=sizes, meetings=sizes)
def test_variances_are_read_off_the_band(seed, dates, months, meetings):
    given_problem = problem(seed, dates, months, meetings)
    _, covariance = dense(given_problem)
    precision = given_problem.precision[given_problem.cells]
    tied, rows = given_problem.prior_precision.T, given_problem.rows
    band = inverse_band(*factor(normal_band(rows, precision, tied, given_problem.held.T)))
    held, size = given_problem.held, given_problem.held.shape[1]
    levels = np.broadcast_to(np.tril(np.ones((size, size))), covariance.shape)
    slow_levels = quadratic_form(levels, covariance)
    slow_moves = np.diagonal(covariance, axis1=1, axis2=2)
    np.testing.assert_allclose(band[0].T[held], slow_levels[held], rtol=RTOL, atol=ATOL)
    found = move_variances(band).T[held]
    np.testing.assert_allclose(found, slow_moves[held], rtol=RTOL, atol=ATOL)


def exact_posterior(given_problem: Problem, t: int):
    """One date in moves, every float taken for the fraction it is: no rounding at all."""
    k = int(given_problem.held[t].sum())
    used = np.flatnonzero(given_problem.precision[t] > 0)
    g = [[Fraction(float(x)) for x in given_problem.design[t, c, :k]] for c in used]
    w = [Fraction(float(given_problem.precision[t, c])) for c in used]
    y = [Fraction(float(given_problem.observed[t, c])) for c in used]
    p = [Fraction(float(x)) for x in given_problem.prior_precision[t, :k]]
    mean = [Fraction(float(x)) for x in given_problem.prior_mean[t, :k]]
    marks = range(len(used))
    normal = [
        [sum(w[c] * g[c][i] * g[c][j] for c in marks) + (p[i] if i == j else 0) for j in range(k)]
        for i in range(k)
    ]
    moment = [sum(w[c] * g[c][i] * y[c] for c in marks) + p[i] * mean[i] for i in range(k)]
    inverted = exact_inverse(normal)
    value = [sum(inverted[i][j] * moment[j] for j in range(k)) for i in range(k)]
    return np.array(value, dtype=float), np.array(inverted, dtype=float)


def exact_inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss and Jordan, with fractions."""
    n = len(matrix)
    table = [[*row, *(Fraction(i == j) for j in range(n))] for i, row in enumerate(matrix)]
    for i in range(n):
        table[i] = [x / table[i][i] for x in table[i]]
        for j in range(n):
            if j != i:
                table[j] = [x - table[j][i] * y for x, y in zip(table[j], table[i], strict=True)]
    return [row[n:] for row in table]


@settings(max_examples=60)
@given(seed=seeds, months=sizes, meetings=st.integers(1, 4))
@pytest.mark.parametrize("noise_bp", [1e-3, 1e-2, 1.0])
def test_tiny_noise_against_fractions(noise_bp, seed, months, meetings):
    given_problem = problem(seed, 2, months, meetings, (noise_bp, noise_bp))
    mean, covariance, _, _ = in_levels(given_problem)
    condition = (25.0 / noise_bp) ** 2
    for t in range(2):
        k = int(given_problem.held[t].sum())
        slow_mean, slow_covariance = exact_posterior(given_problem, t)
        sd = np.sqrt(np.diag(slow_covariance))
        lost = LOST_BP_PER_CONDITION * condition
        np.testing.assert_allclose(mean[t, :k], slow_mean, rtol=EXACT_RTOL, atol=EXACT_ATOL + lost)
        scaled = np.abs(covariance[t, :k, :k] - slow_covariance) / np.outer(sd, sd)
        assert scaled.max() < LOST_PER_CONDITION * condition + EXACT_ATOL


@given(seed=seeds, dates=sizes, months=sizes, meetings=sizes)
def test_directions_outside_the_rows_are_those_of_the_dense_kernel(seed, dates, months, meetings):
    given_problem = problem(seed, dates, months, meetings)
    held, size = given_problem.held, given_problem.held.shape[1]
    news = given_problem.precision > 0
    tied = np.random.default_rng(seed).uniform(size=held.shape) < 0.3
    targets = np.concatenate([np.tril(np.ones((size, size))), np.eye(size)])[None]
    rows = np.concatenate(
        [given_problem.design * news[:, :, None], tied[:, :, None] * np.eye(size)], axis=1
    )
    slow = outside_row_space(rows, targets * held[:, None, :]).reshape(dates, 2, size)
    weighted = news[given_problem.cells].astype(float)
    ridge = np.where(tied, 1.0, 0.0) + NULL_SPACE_RIDGE
    factors = factor(normal_band(given_problem.rows, weighted, ridge.T, held.T))
    band = inverse_band(*factors)
    levels = NULL_SPACE_RIDGE * band[0] / np.arange(1, size + 1)[:, None]
    moves = NULL_SPACE_RIDGE * move_variances(band)
    for found, expected in ((levels.T, slow[:, 0]), (moves.T, slow[:, 1])):
        np.testing.assert_allclose(
            found[held], expected[held], rtol=OUTSIDE_RTOL, atol=OUTSIDE_ATOL
        )


@given(seed=seeds, dates=sizes, months=sizes, meetings=sizes)
def test_rows_add_up_to_the_design_in_moves(seed, dates, months, meetings):
    given_problem = problem(seed, dates, months, meetings)
    rows, cells = given_problem.rows, given_problem.cells
    size = given_problem.held.shape[1]
    for i, (t, slot) in enumerate(zip(*cells, strict=True)):
        levels = np.zeros(size + len(rows.weight))
        levels[rows.first[i] : rows.first[i] + len(rows.weight)] = rows.weight[:, i]
        assert (levels[size:] == 0.0).all()
        # The weight of a move is that of all levels after it.
        moves = np.cumsum(levels[:size][::-1])[::-1]
        np.testing.assert_allclose(
            moves, given_problem.design[t, slot], rtol=EXACT_RTOL, atol=EXACT_ATOL
        )


@given(seed=seeds, dates=st.integers(2, 6), months=sizes, meetings=sizes)
def test_part_of_the_dates_is_solved_as_the_whole(seed, dates, months, meetings):
    given_problem = problem(seed, dates, months, meetings)
    rows, held = given_problem.rows, given_problem.held.T
    precision = given_problem.precision[given_problem.cells]
    tied = given_problem.prior_precision.T
    whole = inverse_band(*factor(normal_band(rows, precision, tied, held)))
    part = rows.between(1, dates)
    of = np.flatnonzero(rows.date >= 1)
    found = inverse_band(*factor(normal_band(part, precision[of], tied[:, 1:], held[:, 1:])))
    shared = min(len(whole), len(found))
    np.testing.assert_allclose(
        found[:shared], whole[:shared, :, 1:], rtol=EXACT_RTOL, atol=EXACT_ATOL
    )
    np.testing.assert_array_equal(part.date, rows.date[of] - 1)


def test_a_date_without_contracts_keeps_its_prior():
    given_problem = problem(0, 3, 4, 3)
    mean, covariance, _, _ = in_levels(given_problem)
    held = given_problem.held[2]
    np.testing.assert_array_equal(mean[2], given_problem.prior_mean[2])
    expected = np.diag(np.where(held, 1.0 / given_problem.prior_precision[2], 0.0))
    np.testing.assert_allclose(covariance[2], expected, rtol=EXACT_RTOL, atol=EXACT_RTOL)

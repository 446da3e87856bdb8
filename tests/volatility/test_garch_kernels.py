"""Likelihoods and their derivatives against a day-by-day twin and finite differences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import polygamma, psi
from volatility_worlds import slow_likelihood

from ratemodel.volatility import density_kernels, garch_kernels, step_kernels
from ratemodel.volatility.engine import Problem

SEED = 20260130
TWIN = {"rtol": 1e-11, "atol": 1e-9}
"""The same sums in another order."""
STEP = 1e-6
DIFFERENCES = {"rtol": 1e-5, "atol": 1e-5}
"""Central differences of sums of a few hundred terms: half of sixteen digits."""
FORMS = list(itertools.product([False, True], [False, True], ["sum", "product"], [False, True]))
START = 1.3


class Case:
    """A small problem and a θ well inside its bounds."""

    def __init__(self, asym: bool, student: bool, form: str, sample: bool) -> None:
        rng = np.random.default_rng(SEED)
        self.y = rng.standard_t(6, size=300)
        X = np.array([np.ones(300), rng.standard_normal(300)])
        A = np.abs(rng.standard_normal((2, 300)))
        self.problem = Problem.of(X, A, asym=asym, student=student, sample=sample, form=form)
        self.raw = X, A
        volatility = [0.1, 0.07, *([0.12] * asym), 0.8]
        mean, delta = [0.1, 0.05], [0.03, 0.02]
        parts = [*mean, *delta, *volatility] if form == "product" else [*mean, *volatility, *delta]
        self.theta = np.array([*parts, *([1.0 / 6.0] * student)])
        p, w = self.problem.size, self.problem.moving
        self.work = np.zeros((13 + w + 2 * p, 300))
        self.args = (
            *(self.y, self.problem.X, self.problem.A, START),
            *(*self.problem.flags, self.work),
        )

    def value(self, theta: np.ndarray) -> float:
        return garch_kernels.value(theta, *self.args)

    def derivatives(self, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
        p = len(theta)
        grad, opg, hess = np.zeros(p), np.zeros((p, p)), np.zeros((p, p))
        value = garch_kernels.derivatives(theta, *self.args, True, True, grad, opg, hess)
        return value, grad, opg, hess


def differences(function, theta: np.ndarray) -> np.ndarray:
    rows = []
    for step in STEP * np.eye(len(theta)):
        rows.append((np.asarray(function(theta + step)) - function(theta - step)) / (2.0 * STEP))
    return np.array(rows)


@pytest.fixture(params=FORMS, ids=lambda form: "-".join(map(str, form)))
def case(request) -> Case:
    return Case(*request.param)


def test_the_likelihood_is_that_of_the_definition(case):
    problem = case.problem
    names = problem.names(["mu", "x"], ["one", "two"])
    estimates, _ = problem.to_arch(case.theta, 1.0)
    params = dict(zip(names, estimates, strict=True))
    twin = slow_likelihood(
        *(case.y, case.raw[0].T, case.raw[1].T, params),
        np.array([params["delta[one]"], params["delta[two]"]]),
        estimates[:2],
        start=None if problem.sample else START,
        form=problem.form,
    )
    np.testing.assert_allclose(case.value(case.theta), twin, **TWIN)
    np.testing.assert_allclose(case.derivatives(case.theta)[0], twin, **TWIN)


def test_scores_and_hessian_are_the_slopes_of_the_likelihood(case):
    _, grad, opg, hess = case.derivatives(case.theta)
    np.testing.assert_allclose(grad, differences(case.value, case.theta), **DIFFERENCES)
    slopes = differences(lambda theta: case.derivatives(theta)[1], case.theta)
    np.testing.assert_allclose(-hess, slopes, **DIFFERENCES)
    case.derivatives(case.theta)
    scores = case.work[13 + case.problem.moving + case.problem.size :]
    np.testing.assert_allclose(scores.sum(axis=1), grad, **TWIN)
    np.testing.assert_allclose(scores @ scores.T, opg, **TWIN)


@given(st.floats(0.05, 400.0))
def test_derivatives_of_ln_gamma(x):
    first, second = density_kernels.psi(x)
    assert first == pytest.approx(psi(x), rel=1e-12, abs=1e-12)
    assert second == pytest.approx(polygamma(1, x), rel=1e-12, abs=0.0)


# --- the step ------------------------------------------------------------------------------------


@given(st.integers(0, 10_000))
def test_the_best_step_is_the_solution_of_the_quadratic_programme(seed):
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((4, 4))
    M = half @ half.T + 0.1 * np.eye(4)
    grad = 3.0 * rng.standard_normal(4)
    C = np.vstack([np.eye(4), rng.standard_normal((1, 4))])
    slack = np.abs(rng.standard_normal(5)) * (rng.random(5) < 0.7)
    d, active = np.zeros(4), np.zeros(5, dtype=bool)
    bread, definite = step_kernels.inverse(M)
    assert definite
    gain = step_kernels.best_step(grad, bread, C, slack, active, d)
    assert (C @ d >= -slack - 1e-9).all()
    assert gain == pytest.approx(grad @ d, rel=1e-12, abs=1e-12)
    # Optimal: what is left of the gradient is a combination of active constraints, none pulling.
    rest = grad - M @ d
    prices = np.linalg.lstsq(C[active].T, -rest, rcond=None)[0] if active.any() else np.zeros(0)
    np.testing.assert_allclose(rest + C[active].T @ prices, 0.0, rtol=0.0, atol=1e-7)
    assert (prices >= -1e-7).all()
    twin = minimize(
        lambda x: x @ M @ x / 2.0 - grad @ x,
        np.zeros(4),
        constraints={"type": "ineq", "fun": lambda x: C @ x + slack},
        method="SLSQP",
        options={"ftol": 1e-14},
    )
    assert grad @ d - d @ M @ d / 2.0 >= -twin.fun - 1e-7


def test_an_inverse_is_one_or_says_that_there_is_none():
    rng = np.random.default_rng(SEED)
    half = rng.standard_normal((6, 6))
    matrix = half @ half.T
    inverse, definite = step_kernels.inverse(matrix)
    assert definite
    np.testing.assert_allclose(inverse @ matrix, np.eye(6), rtol=0.0, atol=1e-9)
    assert not step_kernels.inverse(matrix - 20.0 * np.eye(6))[1]
    assert not step_kernels.inverse(np.ones((3, 3)))[1]


@pytest.mark.parametrize("size", [1, 7, 8, 9, 64, 100])
def test_eight_running_sums_are_one_sum(size):
    rng = np.random.default_rng(SEED)
    a, b = rng.standard_normal((2, size))
    assert step_kernels.dot(a, b) == pytest.approx(a @ b, rel=1e-12, abs=1e-12)

"""Recursions run forward against steps worked out on paper and simulated means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.recursions import Recursion, draw_news

SEED = 20260130
NO_SIZES = np.zeros((4, 0))
PLAIN = Recursion(0.1, 0.2, 0.3, 0.4, np.zeros(0))
SHOCKED = Recursion(0.1, 0.2, 0.3, 0.4, np.array([0.5, 2.0]))


def test_one_step_by_hand():
    assert PLAIN.after(np.array(2.0), np.array(3.0)) == pytest.approx(0.1 + 0.2 * 9.0 + 0.8)
    assert PLAIN.after(np.array(2.0), np.array(-3.0)) == pytest.approx(0.1 + 0.5 * 9.0 + 0.8)
    size = np.array([1.0, 3.0])
    assert SHOCKED.level(np.array(2.0), size) == pytest.approx(2.0 + 0.5 + 6.0)
    assert SHOCKED.multiple(size) == 1.0
    product = Recursion(0.1, 0.2, 0.3, 0.4, np.array([0.5, 2.0]), form="product")
    assert product.level(np.array(2.0), size) == 2.0
    assert product.multiple(size) == pytest.approx(np.exp(6.5))


def test_one_exponential_step_by_hand():
    egarch = Recursion(0.1, 0.2, -0.3, 0.9, np.zeros(0), exponential=True)
    z = -1.5
    log_next = 0.1 + 0.2 * (1.5 - np.sqrt(2.0 / np.pi)) + 0.45 + 0.9 * np.log(4.0)
    assert egarch.after(np.array(4.0), np.array(2.0 * z)) == pytest.approx(np.exp(log_next))


def test_expected_variances_by_hand():
    sizes = np.array([[1.0, 0.0], [0.0, 2.0]])
    first = 1.0 + 0.5
    second = 0.1 + (0.2 + 0.15 + 0.4) * first + 4.0
    np.testing.assert_allclose(SHOCKED.expected(1.0, sizes), [first, second], rtol=1e-14)


@given(st.floats(0.05, 0.5), st.floats(-0.3, 0.3), st.floats(0.0, 0.98), st.floats(0.2, 4.0))
def test_an_exponential_mean_is_the_integral_over_the_news_between(alpha, gamma, beta, base):
    """Two steps ahead there is one piece of news: integrate it out."""
    egarch = Recursion(0.05, alpha, gamma, beta, np.zeros(0), exponential=True)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    total = 0.0
    for low, high in ((-9.0, 0.0), (0.0, 9.0)):
        z = (high - low) / 2.0 * nodes + (high + low) / 2.0
        density = np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi)
        values = egarch.after(np.full(400, base), np.sqrt(base) * z)
        total += (high - low) / 2.0 * np.sum(weights * density * values)
    expected = egarch.expected(base, np.zeros((2, 0)))
    np.testing.assert_allclose(expected, [base, total], rtol=1e-9, atol=0.0)


def test_paths_have_the_expected_variances():
    rng = np.random.default_rng(SEED)
    drawn = PLAIN.paths(np.full(300_000, 2.0), rng.standard_normal((4, 300_000)), NO_SIZES)
    squares = drawn**2
    error = squares.std(axis=1) / np.sqrt(squares.shape[1])
    assert (np.abs(squares.mean(axis=1) - PLAIN.expected(2.0, NO_SIZES)) < 4.0 * error).all()


@pytest.mark.parametrize("shape", [[], [5.0], [6.0, -0.5], [40.0, 0.8]])
def test_news_has_no_mean_and_unit_variance(shape):
    news = draw_news(shape, (400_000,), np.random.default_rng(SEED))
    assert abs(news.mean()) < 4.0 / np.sqrt(len(news))
    assert abs(news.var() - 1.0) < 4.0 * (news**2).std() / np.sqrt(len(news))
    skew = np.mean(news**3)
    assert np.sign(round(skew, 1)) == (np.sign(shape[1]) if len(shape) == 2 else 0.0)


def test_a_draw_each_its_own_parameters():
    """Arrays in place of numbers: each draw walks its own recursion."""
    many = Recursion(*np.array([[0.1, 0.2], [0.2, 0.1], [0.3, 0.0], [0.4, 0.8]]), np.zeros((0, 2)))
    stepped = many.after(np.array([2.0, 2.0]), np.array([-1.0, -1.0]))
    np.testing.assert_allclose(stepped, [0.1 + 0.5 + 0.8, 0.2 + 0.1 + 1.6], rtol=1e-14)

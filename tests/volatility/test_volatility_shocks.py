"""Shocks in the variance: known truth recovered, bounds, units, forecasts with a future path."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from volatility_worlds import DELTA, TRUE, garch_returns, shocked_returns

from ratemodel.errors import DataError, StudyError
from ratemodel.volatility import fit_volatility, simulate_residuals

SEED = 20260130
ERRORS_ALLOWED = 3.0
SCALE_FREE = {"rtol": 1e-6, "atol": 0.0}
KEY = "delta[path_bp]"
REPLICATIONS, COVER_LOW, COVER_HIGH = 60, 0.80, 0.98
"""Of 60 intervals of 90 %, 48 to 59 hold the truth with a probability above 0.995."""


@pytest.fixture(scope="module", params=["sum", "product"])
def form(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def sample(form) -> tuple[pd.Series, pd.DataFrame]:
    return shocked_returns(3000, SEED, form=form)


@pytest.fixture(scope="module")
def fit(sample, form):
    return fit_volatility(sample[0], variance_shocks=sample[1], variance_form=form)


def test_known_shocks_in_the_variance_are_recovered(fit, form):
    error = fit.std_errors()
    assert fit.converged
    assert fit.label == {"sum": "gjr-x-t", "product": "gjr-xm-t"}[form]
    for name, value in {**TRUE, KEY: DELTA}.items():
        assert abs(fit.params[name] - value) < ERRORS_ALLOWED * error[name], name
    assert fit.params[KEY] > 3.0 * error[KEY]
    test = fit.shock_tests().iloc[0]
    assert test["p"] == pytest.approx(norm.sf(test["t"]), rel=1e-9, abs=0.0)
    assert test["p"] < 0.001


@pytest.mark.slow
def test_intervals_of_delta_cover_it(form):
    """The full count, 1,000 replications, is a benchmark: see benchmarks/volatility.py."""
    held = 0
    for seed in range(REPLICATIONS):
        returns, shocks = shocked_returns(1500, seed, form=form)
        interval = fit_volatility(returns, variance_shocks=shocks, variance_form=form).conf_int(
            0.90
        )
        held += bool(interval.loc[KEY, "low"] <= DELTA <= interval.loc[KEY, "high"])
    assert COVER_LOW <= held / REPLICATIONS <= COVER_HIGH


@pytest.mark.parametrize("unit", [0.01, 100.0])
def test_units_of_returns_and_of_shocks_do_not_matter(sample, fit, form, unit):
    returns, shocks = sample
    other = fit_volatility(unit * returns, variance_shocks=10.0 * shocks, variance_form=form)
    power = pd.Series(0.0, index=fit.params.index)
    power["mu"], power["omega"], power[KEY] = 1.0, 2.0, 2.0 if form == "sum" else 0.0
    factor = unit**power
    factor[KEY] /= 10.0
    np.testing.assert_allclose(other.params / factor, fit.params, **SCALE_FREE)
    for kind in ("robust", "hessian", "opg"):
        ours = other.std_errors(kind) / factor
        np.testing.assert_allclose(ours, fit.std_errors(kind), **SCALE_FREE)
    np.testing.assert_allclose(
        other.standardised_residuals, fit.standardised_residuals, rtol=1e-6, atol=1e-8
    )


def test_the_sign_of_a_shock_does_not_matter(sample, fit, form):
    returns, shocks = sample
    again = fit_volatility(returns, variance_shocks=shocks.abs(), variance_form=form)
    np.testing.assert_array_equal(again.params, fit.params)


def test_shocks_that_do_nothing_leave_the_garch_there_was():
    """With δ on its bound of zero the fit is that without shocks, and there is nothing to test."""
    for seed in range(20):
        returns, shocks = shocked_returns(1000, seed, delta=0.0)
        fit = fit_volatility(returns, variance_shocks=shocks)
        if fit.params[KEY] == 0.0:
            break
    else:
        raise AssertionError("half of the estimates should be zero")
    plain = fit_volatility(returns)
    np.testing.assert_allclose(fit.params.drop(KEY), plain.params, rtol=1e-5, atol=1e-8)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-11, abs=0.0)
    assert np.isnan(fit.std_errors()[KEY])
    assert fit.shock_tests()["p"].tolist() == [1.0]
    assert fit.to_frame().set_index("parameter").loc[KEY, "p"] == 1.0
    assert f"without standard error: {KEY}" in fit.note


def test_shocks_may_calm_in_the_product_form_only():
    returns, shocks = shocked_returns(3000, SEED, delta=-0.3, form="product")
    free = fit_volatility(returns, variance_shocks=shocks, variance_form="product")
    assert abs(free.params[KEY] + 0.3) < ERRORS_ALLOWED * free.std_errors()[KEY]
    assert free.shock_tests()["p"].iloc[0] > 0.99
    assert fit_volatility(returns, variance_shocks=shocks).params[KEY] == 0.0


def test_another_start_finds_nothing_better(sample, fit, form):
    """No climb from anywhere near or far ends higher: the maximum is one, and is verified."""
    from scipy.optimize import minimize

    from ratemodel.volatility import garch_kernels
    from ratemodel.volatility.bootstrap import problem_of

    problem = problem_of(fit)
    y = sample[0].to_numpy()
    scale = float(np.sqrt(np.mean((y - y.mean()) ** 2)))
    weights = 0.94 ** np.arange(75)
    start = float(weights @ ((y - y.mean())[:75] / scale) ** 2 / weights.sum())
    work = np.zeros((13 + problem.moving + 2 * problem.size, len(y)))
    args = (y / scale, problem.X, problem.A, start, *problem.flags, work)
    C, low = problem.constraints()
    found = fit.log_likelihood + len(y) * np.log(scale)
    rng = np.random.default_rng(SEED)
    for begin in problem.starts() * rng.uniform(0.5, 1.0, (len(problem.starts()), problem.size)):
        other = minimize(
            lambda theta: -garch_kernels.value(theta, *args),
            np.maximum(begin, 0.003),
            constraints={"type": "ineq", "fun": lambda theta: C @ theta - low},
            method="SLSQP",
        )
        if np.isfinite(other.fun) and (C @ other.x >= low - 1e-6).all():
            assert -other.fun < found + 1e-5


# --- forecasts and simulations -------------------------------------------------------------------


def test_forecasts_with_a_future_path_walk_the_recursion(fit, form):
    """Worked out step by step, the news of each day replaced by what is expected of it."""
    p, path = fit.params, np.array([[0.0], [8.0], [-8.0], [1.0]])
    sizes = np.abs(path[:, 0])
    residual, sigma2 = fit.residuals_pp[-1], fit.sigmas_pp[-1] ** 2
    m = np.exp(p[KEY] * fit.shock_sizes[-1, 0]) if form == "product" else 1.0
    u, h = residual / np.sqrt(m), sigma2 / m
    h = p["omega"] + (p["alpha[1]"] + p["gamma[1]"] * (u < 0.0)) * u**2 + p["beta[1]"] * h
    persistence = p["alpha[1]"] + p["gamma[1]"] / 2.0 + p["beta[1]"]
    expected = []
    for size in sizes:
        h = h + p[KEY] * size if form == "sum" else h
        expected.append(h * (np.exp(p[KEY] * size) if form == "product" else 1.0))
        h = p["omega"] + persistence * h
    np.testing.assert_allclose(fit.forecast(4, shocks=path), expected, rtol=1e-10, atol=0.0)
    frame = pd.DataFrame(path, columns=["path_bp"])
    np.testing.assert_array_equal(fit.forecast(4, shocks=frame), fit.forecast(4, shocks=path))


def test_without_a_path_shocks_are_of_usual_size(fit, form):
    usual = fit.forecast(1).iloc[0]
    sizes = fit.shock_sizes[:, 0]
    each = [fit.forecast(1, shocks=[[size]]).iloc[0] for size in sizes[:400]]
    whole = [fit.forecast(1, shocks=[[size]]).iloc[0] for size in sizes[::10]]
    assert min(each) < usual < max(each)
    assert usual == pytest.approx(np.mean(whole), rel=0.05, abs=0.0)
    assert fit.next_sigma_pp == np.sqrt(usual)


def test_simulated_variances_are_the_forecasts(fit):
    path = np.array([[0.5], [6.0], [0.0]])
    expected = fit.forecast(3, shocks=path).to_numpy()
    rng = np.random.default_rng(SEED)
    for drawn in (
        fit.simulate(3, rng, draws=400_000, shocks=path),
        simulate_residuals(fit, 3, 400_000, rng, shocks=path),
    ):
        squares = drawn**2
        error = squares.std(axis=0) / np.sqrt(len(drawn))
        assert (np.abs(squares.mean(axis=0) - expected) < 4.0 * error + 0.01 * expected).all()


# --- what is refused -----------------------------------------------------------------------------


def test_what_cannot_be_told_is_refused(sample):
    returns, shocks = sample
    with pytest.raises(DataError, match="size of the shock flat never varies"):
        fit_volatility(returns, variance_shocks=shocks.assign(flat=2.0))
    with pytest.raises(DataError, match="collinear"):
        fit_volatility(returns, variance_shocks=shocks.assign(twice=2.0 * shocks["path_bp"]))
    with pytest.raises(DataError, match="finite"):
        fit_volatility(returns, variance_shocks=shocks.where(shocks > 0.0))
    with pytest.raises(DataError, match="variance must have the index"):
        fit_volatility(returns, variance_shocks=shocks.iloc[::-1])
    with pytest.raises(DataError, match="mean are collinear"):
        fit_volatility(returns, shocks.assign(flat=2.0))
    for model, dist in (("egarch", "t"), ("gjr", "skewt")):
        with pytest.raises(StudyError, match=f"not with {model}-{dist}"):
            fit_volatility(returns, variance_shocks=shocks, model=model, dist=dist)
        with pytest.raises(StudyError, match="startup 'sample'"):
            fit_volatility(returns, model=model, dist=dist, startup="sample")


def test_a_path_of_another_shape_is_refused(fit):
    with pytest.raises(StudyError, match="2 dates of 1 shocks, got 3 of 1"):
        fit.forecast(2, shocks=np.zeros((3, 1)))
    with pytest.raises(StudyError, match="at least one date"):
        fit.forecast(0)
    with pytest.raises(StudyError, match="of 0 shocks"):
        fit_volatility(garch_returns(300, SEED)).forecast(1, shocks=[[1.0]])

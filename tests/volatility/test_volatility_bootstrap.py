"""The residual bootstrap: persistence kept, draws by number, any backend; and rolling fits."""

from __future__ import annotations

import importlib.util

import joblib
import numpy as np
import pandas as pd
import pytest
from volatility_worlds import garch_returns, shocked_returns

from ratemodel.errors import CoverageError, StudyError
from ratemodel.volatility import bootstrap_volatility, fit_volatility, rolling_volatility

SEED = 20260130
PERSISTENCE_KEPT = 0.03
GARCH = {"omega": 0.04, "alpha[1]": 0.07, "beta[1]": 0.89, "nu": 7.0}


@pytest.fixture(scope="module")
def fit():
    return fit_volatility(garch_returns(1000, SEED, GARCH), model="garch")


@pytest.fixture(scope="module")
def draws(fit):
    return bootstrap_volatility(fit, 250, SEED)


@pytest.mark.parametrize("model", ["garch", "gjr"])
def test_persistence_is_that_of_the_fit(model):
    for seed in range(3):
        fit = fit_volatility(garch_returns(1000, seed, GARCH), model=model)
        drawn = bootstrap_volatility(fit, 200, SEED)
        assert abs(drawn.persistence.mean() - fit.persistence) < PERSISTENCE_KEPT
        assert drawn.converged.mean() > 0.97


def test_intervals_hold_the_fit(fit, draws):
    interval = draws.conf_int(0.90)
    assert (interval["low"] < fit.params).all()
    assert (interval["high"] > fit.params).all()
    low, high = np.quantile(draws.next_sigma_pp, [0.05, 0.95])
    assert low < fit.next_sigma_pp < high
    assert str(draws).startswith("250 bootstrap draws")
    assert all(name in draws.summary() for name in fit.params.index)
    frame = draws.to_frame()
    np.testing.assert_allclose(frame["persistence"], frame["alpha[1]"] + frame["beta[1]"])


def test_the_spread_of_draws_is_of_the_size_of_the_errors(fit, draws):
    """Of the middle nine tenths: a draw without clustering may have any β."""
    low, high = (draws.params.quantile(share) for share in (0.05, 0.95))
    ratio = (high - low) / 3.29 / fit.std_errors("hessian")
    assert ratio.between(0.5, 2.0).all()


def test_forecasts_are_of_the_sample_with_other_parameters(fit, draws):
    """Walked by hand for one draw: the sample's returns, that draw's parameters."""
    p = draws.params.iloc[7]
    residuals = garch_returns(1000, SEED, GARCH).to_numpy() - p["mu"]
    variance = fit.sigmas_pp[0] ** 2
    for residual in residuals:
        variance = p["omega"] + p["alpha[1]"] * residual**2 + p["beta[1]"] * variance
    assert draws.next_sigma_pp[7] == pytest.approx(np.sqrt(variance), rel=1e-10, abs=0.0)


def test_shocks_stay_where_they_were():
    for form in ("sum", "product"):
        returns, shocks = shocked_returns(1500, SEED, form=form)
        fit = fit_volatility(returns, shocks, shocks, variance_form=form)
        drawn = bootstrap_volatility(fit, 100, SEED)
        key = "delta[path_bp]"
        spread = drawn.params[key].std()
        assert abs(drawn.params[key].mean() - fit.params[key]) < spread
        assert 0.4 < spread / fit.std_errors()[key] < 2.5
        assert drawn.params["path_bp"].std() < 3.0 * fit.std_errors()["path_bp"]


def test_draws_have_their_own_streams(fit, draws):
    """The k-th draw is the same in a longer run, on more processes, under any backend."""
    short = bootstrap_volatility(fit, 30, SEED)
    np.testing.assert_array_equal(short.params, draws.params.iloc[:30])
    two = bootstrap_volatility(fit, 250, SEED, n_jobs=2)
    np.testing.assert_array_equal(two.params, draws.params)
    np.testing.assert_array_equal(two.next_sigma_pp, draws.next_sigma_pp)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        np.testing.assert_array_equal(bootstrap_volatility(fit, 250, SEED).params, draws.params)
    assert (bootstrap_volatility(fit, 30, SEED + 1).params != short.params).any(axis=None)


def test_dask_gives_the_same_draws(fit, draws):
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("the extra `dask` is not installed")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        np.testing.assert_array_equal(bootstrap_volatility(fit, 250, SEED).params, draws.params)


def test_ray_gives_the_same_draws(fit, draws):
    if importlib.util.find_spec("ray") is None:
        pytest.skip("the extra `ray` is not installed")
    import ray
    from ray.util.joblib import register_ray

    register_ray()
    ray.init(num_cpus=1, include_dashboard=False, configure_logging=False)
    try:
        with joblib.parallel_config(backend="ray"):
            np.testing.assert_array_equal(bootstrap_volatility(fit, 250, SEED).params, draws.params)
    finally:
        ray.shutdown()


def test_models_without_kernels_are_refused(fit):
    egarch = fit_volatility(garch_returns(300, SEED), model="egarch")
    with pytest.raises(StudyError, match="not egarch-t"):
        bootstrap_volatility(egarch, 10, SEED)


# --- rolling fits --------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "dist"), [("garch", "t"), ("gjr", "normal")])
def test_each_window_is_a_fit_of_its_own(model, dist):
    returns = garch_returns(700, SEED, GARCH)
    table = rolling_volatility(returns, 400, step=100, model=model, dist=dist)
    assert table["end"].tolist() == returns.index[[399, 499, 599, 699]].tolist()
    for row, last in zip(table.to_dict("records"), (400, 500, 600, 700), strict=True):
        alone = fit_volatility(returns[last - 400 : last], model=model, dist=dist)
        if alone.model != model:
            continue
        for name, value in alone.params.items():
            assert row[name] == pytest.approx(value, rel=1e-6, abs=1e-9)
        error = alone.std_errors()
        for name in error.index:
            assert row[f"std_err {name}"] == pytest.approx(error[name], rel=1e-5, nan_ok=True)
        assert row["log_likelihood"] == pytest.approx(alone.log_likelihood, rel=1e-11, abs=0.0)
        assert row["converged"] == alone.converged


def test_windows_that_cannot_be_are_refused():
    returns = garch_returns(300, SEED)
    with pytest.raises(CoverageError, match="100 to 300 returns, got 301"):
        rolling_volatility(returns, 301)
    with pytest.raises(CoverageError, match="got 99"):
        rolling_volatility(returns, 99)
    with pytest.raises(StudyError, match="step"):
        rolling_volatility(returns, 200, step=0)
    with pytest.raises(StudyError, match="not egarch-t"):
        rolling_volatility(returns, 200, model="egarch")
    with pytest.raises(CoverageError, match="never moves"):
        rolling_volatility(pd.Series(np.zeros(300)), 200)

"""Days of a window in draws: they sum to the window, and so do their errors of measurement."""

from __future__ import annotations

import numpy as np
import pytest
from design_samples import rows_of, sample_of

from ratemodel.loadings import LoadingFit, fit_loading, read_days, shock_error_covariance
from ratemodel.loadings.bootstrap import FitDraws

DRAWS = 40_000
SAMPLING = {"rtol": 0.035, "atol": 0.0}
"""Variances of 40,000 normal draws: a standard error of .7 %, five of them."""
ADDS_UP = {"rtol": 1e-12, "atol": 1e-12}
SIZE, WINDOW = 200, 3


def repeated(fit: LoadingFit, draws: int) -> FitDraws:
    """The estimate itself in every draw: what varies then is error of measurement alone."""
    return FitDraws(
        params=np.tile(fit.returns.params, (draws, 1)),
        projection=np.tile(fit.projection, (draws, 1)),
        covariance=np.tile(fit.covariance, (draws, 1, 1)),
    )


@pytest.fixture(scope="module", params=[1, 2], ids=["inside", "start and end"])
def days(request):
    rng = np.random.default_rng(4)
    shocks = rng.standard_normal((SIZE, request.param)) * 4.0
    dollar = rng.standard_normal(SIZE)
    returns = 0.05 - 0.04 * shocks.sum(axis=1) - 1.5 * dollar + rng.standard_normal(SIZE)
    fit = fit_loading(sample_of(returns, shocks, dollar))
    mask = np.arange(SIZE) >= SIZE - WINDOW
    rows = rows_of(returns, shocks, dollar).take(mask)
    errors = {"path_bp": rng.uniform(0.2, 2.0, SIZE)}
    same = repeated(fit, DRAWS)
    return fit, rows, errors, read_days(fit, same, rows, errors, np.random.default_rng(9))


def test_the_estimate_comes_first_and_adds_up_to_the_fit(days):
    fit, rows, _, found = days
    explained = found.drift_pp[0] + found.rates_pp[:, 0] + found.dollar_pp[:, 0]
    np.testing.assert_allclose(rows.returns_pp - explained, fit.residuals_of(rows), **ADDS_UP)


def test_errors_of_consecutive_days_cancel_but_for_the_ends(days):
    fit, rows, errors, found = days
    slopes = fit.returns.params[fit.shock_slots["path_bp"]]
    covariance = shock_error_covariance(rows.runs, rows.columns, errors)
    summed = found.rates_pp[:, 1:].sum(axis=0)
    np.testing.assert_allclose(summed.var(), slopes @ covariance @ slopes, **SAMPLING)
    for day in range(WINDOW):
        own = shock_error_covariance(rows.runs[[day]], rows.columns, errors)
        drawn = found.rates_pp[day, 1:].var()
        np.testing.assert_allclose(drawn, slopes @ own @ slopes, **SAMPLING)
    assert summed.var() < found.rates_pp[:, 1:].var(axis=1).sum()


def test_exact_shocks_have_no_error(days):
    fit, rows, errors, _ = days
    exact = {name: np.full_like(sizes, np.nan) for name, sizes in errors.items()}
    few = repeated(fit, 5)
    again = read_days(fit, few, rows, exact, np.random.default_rng(9))
    np.testing.assert_allclose(again.rates_pp, again.rates_pp[:, :1] * np.ones(6), **ADDS_UP)

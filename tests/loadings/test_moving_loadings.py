"""Rolling windows against a loop; the random walk against least squares and known truth."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from method_worlds import plain_world

from ratemodel.config import LoadingOptions
from ratemodel.estimators import estimate_loadings
from ratemodel.loadings.covariance import hac_lags
from ratemodel.loadings.kalman import likeliest_drift, smooth, turn_to_sums
from ratemodel.loadings.rolling import roll

SEED = 20260130
LOOP = {"rtol": 1e-10, "atol": 1e-13}
"""Normal equations of scaled columns against an orthogonal decomposition."""


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    z = rng.normal(scale=4.0, size=(260, 2))
    x = np.column_stack([np.ones(260), z, 0.01 * rng.normal(size=260)])
    return x @ [0.1, -0.02, -0.05, -150.0] + rng.normal(size=260), x


@pytest.mark.parametrize("cov", ["HAC", "HC1"])
def test_windows_equal_a_statsmodels_loop(rows, cov):
    y, x = rows
    combination = np.array([0.0, 1.0, 1.0, 0.0])
    estimate, error = roll(y, x, combination, 100, cov)
    kwds = {"maxlags": hac_lags(100), "use_correction": False} if cov == "HAC" else {}
    for start in range(161):
        window = slice(start, start + 100)
        fit = sm.OLS(y[window], x[window]).fit(cov_type=cov, cov_kwds=kwds or None)
        np.testing.assert_allclose(estimate[start], combination @ fit.params, **LOOP)
        theirs = np.sqrt(combination @ fit.cov_params() @ combination)
        np.testing.assert_allclose(error[start], theirs, **LOOP)


def test_a_window_without_news_is_missing_and_the_others_are_not(rows):
    y, x = rows
    quiet = x.copy()
    quiet[:120, 1] = 0.0
    estimate, _ = roll(y, quiet, np.array([0.0, 1.0, 1.0, 0.0]), 100, "HAC")
    assert np.isnan(estimate[:21]).all()
    assert np.isfinite(estimate[21:]).all()


def test_turned_regressors_give_sums_as_coefficients(rows):
    y, x = rows
    turned = turn_to_sums(x, [[1, 2], [3]])
    plain, sums = (np.linalg.lstsq(matrix, y, rcond=None)[0] for matrix in (x, turned))
    np.testing.assert_allclose(sums[:2], [plain[1] + plain[2], plain[3]], rtol=1e-9, atol=1e-12)


def test_a_loading_that_does_not_move_is_least_squares_on_every_date(rows):
    y, x = rows
    states, errors = smooth(y, turn_to_sums(x, [[1, 2], [3]]), 2, 0.0)
    fit = sm.OLS(y, x).fit()
    sums = np.array([fit.params[1] + fit.params[2], fit.params[3]])
    weights = np.array([[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    theirs = np.sqrt(np.diag(weights @ fit.cov_params() @ weights.T))  # by n less p, as ours
    np.testing.assert_allclose(states, np.tile(sums, (260, 1)), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(errors, np.tile(theirs, (260, 1)), rtol=1e-6, atol=0.0)


def test_a_moving_loading_is_recovered_with_honest_bands():
    rng = np.random.default_rng(SEED)
    errors, inside = [], []
    for _ in range(12):
        beta = -0.05 + np.cumsum(rng.normal(scale=0.008, size=799))
        returns, shocks, dates = plain_world(800, rng, beta)
        table = estimate_loadings(returns, shocks, dates[-1], method="kalman")
        path = table.paths
        truth = beta[: len(path)]
        errors.append(np.corrcoef(path["estimate_pp_per_bp"], truth)[0, 1])
        inside.append(((path["ci_low"] < truth) & (truth < path["ci_high"])).mean())
        row = table.row("A", method="kalman")
        assert row["estimate_pp_per_bp"] == path["estimate_pp_per_bp"].iloc[-1]
    assert np.median(errors) > 0.9
    assert 0.80 <= np.mean(inside) <= 0.97


def test_quiet_rows_at_the_start_do_not_disturb_the_random_walk():
    """The start stays unknown until news comes; the quiet rows still tell the noise."""
    rng = np.random.default_rng(SEED)
    z = np.where(np.arange(400) < 150, 0.0, rng.normal(scale=4.0, size=400))
    x = np.column_stack([z, np.ones(400)])
    y = -0.08 * z + rng.normal(size=400)
    states, errors = smooth(y, x, 1, likeliest_drift(y, x, 1))
    assert np.isfinite(states).all()
    assert np.isfinite(errors).all()
    assert abs(states[-1, 0] + 0.08) < 4.0 * errors[-1, 0]


def test_the_row_of_rolling_is_its_last_window():
    returns, shocks, dates = plain_world(400, np.random.default_rng(SEED))
    table = estimate_loadings(
        returns, shocks, dates[-1], method="rolling", options=LoadingOptions(rolling_rows=90)
    )
    row, path = table.row("A", method="rolling"), table.paths
    assert row["n"] == 90
    assert row["end"] == path["date"].iloc[-1]
    assert row["estimate_pp_per_bp"] == path["estimate_pp_per_bp"].iloc[-1]
    alone = estimate_loadings(returns, shocks, dates[-1], after=shocks.dates[-92])
    assert alone.row("A")["n"] == 90
    assert row["estimate_pp_per_bp"] == pytest.approx(alone.estimate("A"), rel=1e-10, abs=1e-13)
    assert row["std_err"] == pytest.approx(alone.row("A")["std_err"], rel=1e-10, abs=0.0)


def test_too_short_a_sample_gives_the_reason():
    returns, shocks, dates = plain_world(150, np.random.default_rng(SEED))
    row = estimate_loadings(returns, shocks, dates[-1], method="rolling").row("A", method="rolling")
    assert row["reason"].endswith("two windows of 120 are needed to see a change")

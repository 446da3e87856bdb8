"""Volatility fits against arch called directly, published numbers and simulated truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from arch.univariate import EGARCH, GARCH, LS, ConstantMean, Normal, StudentsT, ZeroMean

from ratemodel.errors import CoverageError, DataError, StudyError
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility import fit_volatility

SEED = 20260130
SAME_NUMBERS = {"rtol": 1e-10, "atol": 1e-12}
"""The same library on the same numbers."""
PUBLISHED = {"mu": -0.00619041, "omega": 0.0107613, "alpha[1]": 0.153134, "beta[1]": 0.805974}
"""Bollerslev and Ghysels' returns, as computed by Fiorentini, Calzolari and Panattoni (1996)."""
PUBLISHED_ERRORS = {
    "mu": 0.00918935,
    "omega": 0.00649319,
    "alpha[1]": 0.0535317,
    "beta[1]": 0.0724614,
}
OTHER_PUBLISHED_ERRORS = {
    "hessian": [0.00846212, 0.00285271, 0.0265228, 0.0335527],
    "opg": [0.00843359, 0.00132298, 0.0139737, 0.0165604],
}
"""Robust; Brooks, Burke and Persand (2001)."""
STARTUP_SHARE = 0.25
"""Of a standard error, and of its size: the published run starts at the sample variance, ours at
a backcast."""
OPTIMISER = {"ftol": 1e-12, "maxiter": 2000}
"""What arch is asked for: its own tolerance leaves the sixth digit open."""
ERRORS_ALLOWED = 3.0
TRUE = {"omega": 0.04, "alpha[1]": 0.05, "gamma[1]": 0.10, "beta[1]": 0.87, "nu": 7.0}


def student(rng: np.random.Generator, size: int, nu: float) -> np.ndarray:
    return rng.standard_t(nu, size=size) * np.sqrt((nu - 2.0) / nu)


def simulate(
    params: dict[str, float], size: int, *, good_news_only: bool = False, seed: int = SEED
) -> pd.Series:
    """Walk the recursion one day at a time; 500 days are walked before the first kept."""
    rng = np.random.default_rng(seed)
    z = student(rng, size + 500, params["nu"])
    variance, kept = 1.0, []
    for draw in z:
        residual = np.sqrt(variance) * draw
        kept.append(residual)
        reaction = params["alpha[1]"] + params["gamma[1]"] * (residual < 0.0)
        if good_news_only:
            reaction = params["alpha[1]"] * (residual > 0.0)
        variance = params["omega"] + reaction * residual**2 + params["beta[1]"] * variance
    dates = pd.bdate_range("2010-01-04", periods=size)
    return pd.Series(kept[500:], index=dates, name="A")


@pytest.fixture(scope="module")
def returns() -> pd.Series:
    return simulate(TRUE, 3000)


@pytest.fixture(scope="module")
def shocks(returns: pd.Series) -> pd.DataFrame:
    rng = np.random.default_rng(SEED + 1)
    return pd.DataFrame({"path_bp": rng.normal(scale=4.0, size=len(returns))}, index=returns.index)


@pytest.fixture(scope="module")
def gjr(returns: pd.Series) -> VolatilityFit:
    return fit_volatility(returns)


# --- arch, called directly -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "volatility", "distribution"),
    [
        ({"model": "garch", "dist": "normal"}, GARCH(1, 0, 1), Normal()),
        ({"model": "gjr", "dist": "t"}, GARCH(1, 1, 1), StudentsT()),
        ({"model": "egarch", "dist": "t"}, EGARCH(1, 1, 1), StudentsT()),
    ],
    ids=["garch", "gjr", "egarch"],
)
def test_a_fit_is_what_arch_says(returns, options, volatility, distribution):
    ours = fit_volatility(returns[:800], **options)
    model = ConstantMean(
        returns[:800], volatility=volatility, distribution=distribution, rescale=False
    )
    theirs = model.fit(disp="off", options=OPTIMISER)
    assert list(ours.params.index) == list(theirs.params.index)
    np.testing.assert_allclose(ours.params, theirs.params, **SAME_NUMBERS)
    np.testing.assert_allclose(ours.sigma_pp, theirs.conditional_volatility, **SAME_NUMBERS)
    np.testing.assert_allclose(ours.std_errors(), theirs.std_err, **SAME_NUMBERS)
    assert ours.log_likelihood == pytest.approx(theirs.loglikelihood, rel=1e-12, abs=0.0)
    tomorrow = theirs.forecast(horizon=1).variance.iloc[-1, 0]
    assert ours.next_sigma_pp == pytest.approx(np.sqrt(tomorrow), rel=1e-9, abs=0.0)


def test_shocks_in_the_mean_are_regressors_and_are_not_dropped(returns, shocks):
    moved = (returns - 0.05 * shocks["path_bp"]).rename("A")[:800]
    ours = fit_volatility(moved, shocks[:800])
    theirs = LS(
        moved,
        shocks[:800],
        volatility=GARCH(1, 1, 1),
        distribution=StudentsT(),
        rescale=False,
    ).fit(disp="off", options=OPTIMISER)
    assert list(ours.params.index[:2]) == ["Const", "path_bp"]
    np.testing.assert_allclose(ours.params, theirs.params, **SAME_NUMBERS)
    error = ours.std_errors()["path_bp"]
    assert abs(ours.params["path_bp"] + 0.05) < ERRORS_ALLOWED * error < 0.05


def test_residuals_of_a_regression_need_no_mean(returns):
    ours = fit_volatility(returns[:800], mean=False)
    theirs = ZeroMean(
        returns[:800], volatility=GARCH(1, 1, 1), distribution=StudentsT(), rescale=False
    ).fit(disp="off", options=OPTIMISER)
    assert "mu" not in ours.params.index
    np.testing.assert_allclose(ours.params, theirs.params, **SAME_NUMBERS)


def test_parameters_are_in_the_units_of_the_returns(returns):
    """arch would rescale small numbers and report parameters in other units."""
    small = fit_volatility(returns[:1500] / 10.0, model="garch", dist="normal")
    large = fit_volatility(returns[:1500], model="garch", dist="normal")
    assert small.params["omega"] == pytest.approx(large.params["omega"] / 100.0, rel=0.02, abs=0.0)
    assert small.next_sigma_pp == pytest.approx(large.next_sigma_pp / 10.0, rel=0.02, abs=0.0)


# --- published and simulated truth ---------------------------------------------------------------


def test_the_mark_and_the_pound(shared_reference: Path):
    pound = pd.read_csv(shared_reference / "dem2gbp.csv.gz").iloc[:, 0].astype(float)
    fit = fit_volatility(pound, model="garch", dist="normal")
    assert (len(pound), fit.n, fit.converged) == (1974, 1974, True)
    for name, value in PUBLISHED.items():
        assert abs(fit.params[name] - value) < STARTUP_SHARE * PUBLISHED_ERRORS[name], name
    for name, error in PUBLISHED_ERRORS.items():
        assert fit.std_errors()[name] == pytest.approx(error, rel=STARTUP_SHARE, abs=0.0)
    for kind, published in OTHER_PUBLISHED_ERRORS.items():
        errors = fit.std_errors(kind)[list(PUBLISHED)]
        np.testing.assert_allclose(errors, published, rtol=STARTUP_SHARE, atol=0.0)


def test_known_parameters_are_recovered(gjr):
    error = gjr.std_errors()
    assert gjr.converged
    for name, value in TRUE.items():
        assert abs(gjr.params[name] - value) < ERRORS_ALLOWED * error[name], name
    assert gjr.note == ""


def test_known_shocks_and_known_volatility_are_recovered_together(returns, shocks):
    moved = (0.1 - 0.05 * shocks["path_bp"] + returns).rename("A")
    fit = fit_volatility(moved, shocks)
    error = fit.std_errors()
    truth = {**TRUE, "Const": 0.1, "path_bp": -0.05}
    for name, value in truth.items():
        assert abs(fit.params[name] - value) < ERRORS_ALLOWED * error[name], name


def test_sigma_follows_the_recursion_from_its_own_first_value(gjr, returns):
    p, sigma = gjr.params, gjr.sigma_pp.to_numpy()
    residual = returns.to_numpy() - p["mu"]
    np.testing.assert_allclose(gjr.standardised_residuals, residual / sigma, rtol=1e-10, atol=1e-12)
    variance = sigma[0] ** 2
    walked = []
    for value in residual:
        walked.append(np.sqrt(variance))
        reaction = p["alpha[1]"] + p["gamma[1]"] * (value < 0.0)
        variance = p["omega"] + reaction * value**2 + p["beta[1]"] * variance
    np.testing.assert_allclose(sigma, walked, rtol=1e-8, atol=1e-10)
    assert gjr.next_sigma_pp == pytest.approx(np.sqrt(variance), rel=1e-8, abs=0.0)


def test_a_gjr_that_does_not_react_to_bad_news_becomes_a_garch_and_says_so():
    good = simulate({**TRUE, "alpha[1]": 0.15, "gamma[1]": 0.0}, 2000, good_news_only=True)
    fit = fit_volatility(good)
    assert fit.model == "garch"
    assert "gamma[1]" not in fit.params.index
    assert "GJR at alpha + gamma = 0" in fit.note
    assert fit.note in fit.summary()
    assert set(fit.to_frame()["note"]) == {fit.note}
    again = fit_volatility(good, model="garch")
    np.testing.assert_allclose(fit.params, again.params, **SAME_NUMBERS)


# --- what is refused -----------------------------------------------------------------------------


def test_options_are_a_closed_set(returns):
    with pytest.raises(StudyError, match=r"model must be one of garch, gjr, egarch, got 'arch'"):
        fit_volatility(returns, model="arch")
    with pytest.raises(StudyError, match=r"dist must be one of normal, t, skewt, got 'cauchy'"):
        fit_volatility(returns, dist="cauchy")


def test_what_cannot_be_fitted_is_refused_with_the_reason(returns, shocks):
    with pytest.raises(CoverageError, match=r"A: 99 observations, .* 100"):
        fit_volatility(returns[:99])
    with pytest.raises(DataError, match="finite"):
        fit_volatility(returns[:300].where(returns[:300] > 0.0))
    with pytest.raises(DataError, match="index"):
        fit_volatility(returns[:300], shocks[1:301])
    with pytest.raises(StudyError, match="need a mean"):
        fit_volatility(returns, shocks, mean=False)


# --- the result ----------------------------------------------------------------------------------


def test_every_view_of_a_fit_shows_the_same_numbers(gjr, returns):
    frame = gjr.to_frame()
    np.testing.assert_array_equal(frame["estimate"], gjr.params)
    np.testing.assert_array_equal(frame["std_err"], gjr.std_errors("robust"))
    assert (frame["start"].iloc[0], frame["end"].iloc[0]) == (returns.index[0], returns.index[-1])
    np.testing.assert_allclose(frame["t"] * frame["std_err"], gjr.params, **SAME_NUMBERS)
    assert frame["p"].between(0.0, 1.0).all()
    interval = gjr.conf_int(0.90)
    np.testing.assert_allclose(interval.mean(axis=1), gjr.params, **SAME_NUMBERS)
    path = gjr.path_frame()
    np.testing.assert_array_equal(path["sigma_pp"], gjr.sigma_pp)
    assert gjr.label == "gjr-t"
    assert str(gjr).startswith("gjr-t of A, n 3000")
    assert all(name in gjr.summary() for name in gjr.params.index)
    assert (gjr.std_errors("hessian") > 0.0).all()
    with pytest.raises(StudyError, match="kind must be one of"):
        gjr.std_errors("guess")

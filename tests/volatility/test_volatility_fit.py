"""Volatility fits against arch called directly, published numbers and simulated truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from arch.univariate import (
    EGARCH,
    GARCH,
    LS,
    ConstantMean,
    Normal,
    SkewStudent,
    StudentsT,
    ZeroMean,
)

from ratemodel.errors import CoverageError, DataError, StudyError
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility import fit_volatility

SEED = 20260130
SAME_NUMBERS = {"rtol": 1e-10, "atol": 1e-12}
"""The same library on the same numbers."""
OPTIMISER_NOISE = {"rtol": 5e-4, "atol": 1e-6}
"""arch stops where its log-likelihood is flat in the twelfth digit: half of that in parameters."""
DIFFERENCE_NOISE = {"rtol": 0.02, "atol": 0.0}
"""arch's standard errors come from numerical differences, and it takes the mean off its scores."""
LIKELIHOOD_NOISE = 1e-6
SCALE_FREE = {"rtol": 1e-6, "atol": 0.0}
PUBLISHED = {"mu": -0.00619041, "omega": 0.0107613, "alpha[1]": 0.153134, "beta[1]": 0.805974}
"""Bollerslev and Ghysels' returns, as computed by Fiorentini, Calzolari and Panattoni (1996)."""
PUBLISHED_ERRORS = {
    "hessian": (0.00846212, 0.00285271, 0.0265228, 0.0335527),
    "opg": (0.00843359, 0.00132298, 0.0139737, 0.0165604),
    "robust": (0.00918935, 0.00649319, 0.0535317, 0.0724614),
}
"""The same, and Brooks, Burke and Persand (2001)."""
PUBLISHED_LIKELIHOOD, LIKELIHOOD_DIGITS = -1106.60785, 1e-4
PRINTED = {"rtol": 1e-5, "atol": 0.0}
"""Six digits are printed, one of them cut off and not rounded."""
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
    same = options["model"] == "egarch"
    numbers = SAME_NUMBERS if same else OPTIMISER_NOISE
    np.testing.assert_allclose(ours.params, theirs.params, **numbers)
    np.testing.assert_allclose(ours.sigma_pp, theirs.conditional_volatility, **numbers)
    errors = SAME_NUMBERS if same else DIFFERENCE_NOISE
    np.testing.assert_allclose(ours.std_errors(), theirs.std_err, **errors)
    assert abs(ours.log_likelihood - theirs.loglikelihood) < LIKELIHOOD_NOISE
    tomorrow = theirs.forecast(horizon=1).variance.iloc[-1, 0]
    assert ours.next_sigma_pp == pytest.approx(np.sqrt(tomorrow), rel=1e-4, abs=0.0)


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
    np.testing.assert_allclose(ours.params, theirs.params, **OPTIMISER_NOISE)
    error = ours.std_errors()["path_bp"]
    assert abs(ours.params["path_bp"] + 0.05) < ERRORS_ALLOWED * error < 0.05


def test_residuals_of_a_regression_need_no_mean(returns):
    ours = fit_volatility(returns[:800], mean=False)
    theirs = ZeroMean(
        returns[:800], volatility=GARCH(1, 1, 1), distribution=StudentsT(), rescale=False
    ).fit(disp="off", options=OPTIMISER)
    assert "mu" not in ours.params.index
    np.testing.assert_allclose(ours.params, theirs.params, **OPTIMISER_NOISE)


@pytest.mark.parametrize("unit", [0.01, 100.0])
@pytest.mark.parametrize("startup", ["backcast", "sample"])
def test_fractions_percent_and_basis_points_give_one_answer(returns, shocks, unit, startup):
    ours, theirs = (
        fit_volatility(scale * returns[:900], shocks[:900], startup=startup)
        for scale in (1.0, unit)
    )
    power = pd.Series(0.0, index=ours.params.index)
    power[["Const", "path_bp"]], power["omega"] = 1.0, 2.0
    np.testing.assert_allclose(theirs.params / unit**power, ours.params, **SCALE_FREE)
    for kind in ("robust", "hessian", "opg"):
        np.testing.assert_allclose(
            theirs.std_errors(kind) / unit**power, ours.std_errors(kind), **SCALE_FREE
        )
    assert theirs.log_likelihood + 900 * np.log(unit) == pytest.approx(
        ours.log_likelihood, rel=1e-10, abs=0.0
    )
    assert theirs.scale_pp == pytest.approx(unit * ours.scale_pp, rel=1e-12, abs=0.0)


# --- published and simulated truth ---------------------------------------------------------------


def test_the_mark_and_the_pound(shared_reference: Path):
    pound = pd.read_csv(shared_reference / "dem2gbp.csv.gz").iloc[:, 0].astype(float)
    fit = fit_volatility(pound, model="garch", dist="normal", startup="sample")
    assert (len(pound), fit.n, fit.converged) == (1974, 1974, True)
    np.testing.assert_allclose(fit.params, pd.Series(PUBLISHED), **PRINTED)
    for kind, published in PUBLISHED_ERRORS.items():
        np.testing.assert_allclose(fit.std_errors(kind), published, **PRINTED)
    assert abs(fit.log_likelihood - PUBLISHED_LIKELIHOOD) < LIKELIHOOD_DIGITS


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


# --- fifty random series -------------------------------------------------------------------------


def likeliest_of_arch(series: pd.Series, asym: int, distribution) -> float:
    """What arch finds by itself, if it says that it converged and kept its constraints."""
    result = ConstantMean(
        series, volatility=GARCH(1, asym, 1), distribution=distribution, rescale=False
    ).fit(disp="off", show_warning=False, options=OPTIMISER)
    p = result.params
    persistence = p["alpha[1]"] + p["beta[1]"] + p.get("gamma[1]", 0.0) / 2.0
    kept = result.convergence_flag == 0 and persistence <= 1.0
    return float(result.loglikelihood) if kept else -np.inf


@pytest.mark.parametrize("seed", range(50))
def test_never_less_likely_than_arch(seed):
    """Strong news, so that the maximum is one: then the same, else ours may be the higher."""
    rng = np.random.default_rng([SEED, seed])
    params = {
        "omega": rng.uniform(0.01, 0.5),
        "alpha[1]": rng.uniform(0.05, 0.15),
        "gamma[1]": rng.uniform(0.0, 0.15),
        "beta[1]": rng.uniform(0.6, 0.8),
        "nu": rng.uniform(3.0, 12.0),
    }
    series = simulate(params, int(rng.integers(800, 2500)), seed=seed)
    for model, asym in (("garch", 0), ("gjr", 1)):
        for dist, distribution in (("t", StudentsT()), ("normal", Normal())):
            fit = fit_volatility(series, model=model, dist=dist)
            assert fit.converged
            if not fit.note:
                arch = likeliest_of_arch(series, asym, distribution)
                assert fit.log_likelihood > arch - LIKELIHOOD_NOISE


def test_the_same_likelihood_as_arch_at_the_same_parameters(returns):
    for model, asym in (("garch", 0), ("gjr", 1)):
        for dist, distribution in (("t", StudentsT()), ("normal", Normal())):
            fit = fit_volatility(returns[:1000], model=model, dist=dist)
            arch = ConstantMean(
                returns[:1000], volatility=GARCH(1, asym, 1), distribution=distribution
            ).fix(fit.params.to_numpy())
            assert abs(fit.log_likelihood - arch.loglikelihood) < LIKELIHOOD_NOISE
            np.testing.assert_allclose(fit.sigma_pp, arch.conditional_volatility, rtol=1e-9)


# --- bounds and hard cases -----------------------------------------------------------------------


def assert_is_a_maximum(fit: VolatilityFit, series: pd.Series) -> None:
    """No small move that the bounds allow is more likely, by arch's own likelihood."""
    rng = np.random.default_rng(SEED)
    asym, dist = int(fit.model == "gjr"), StudentsT() if "nu" in fit.params else Normal()
    model = ConstantMean(series, volatility=GARCH(1, asym, 1), distribution=dist, rescale=False)
    spread = fit.std_errors("hessian").fillna(0.0).to_numpy()
    assert fit.converged
    here = model.fix(fit.params.to_numpy()).loglikelihood
    for _ in range(200):
        p = fit.params + 0.02 * spread * rng.standard_normal(len(spread))
        gamma = p.get("gamma[1]", 0.0)
        inside = p["omega"] > 0.0 and p["alpha[1]"] >= 0.0 and p["alpha[1]"] + gamma >= 0.0
        inside &= p["beta[1]"] >= 0.0 and p["alpha[1]"] + gamma / 2.0 + p["beta[1]"] <= 1.0
        if inside and 2.05 <= p.get("nu", 3.0) <= 500.0:
            assert model.fix(p.to_numpy()).loglikelihood < here + 1e-6


def test_no_memory_lies_on_a_bound():
    """An ARCH(1): β is zero or next to it."""
    bounded = 0
    for seed in range(6):
        series = simulate(
            {**TRUE, "alpha[1]": 0.3, "gamma[1]": 0.0, "beta[1]": 0.0}, 1000, seed=seed
        )
        fit = fit_volatility(series, model="garch")
        assert_is_a_maximum(fit, series)
        if fit.params["beta[1]"] == 0.0:
            bounded += 1
            assert np.isnan(fit.std_errors()["beta[1]"])
            assert "without standard error: beta[1]" in fit.note
            assert np.isfinite(fit.std_errors()[["omega", "alpha[1]"]]).all()
    assert 0 < bounded < 6


def test_a_persistence_of_one_is_kept_and_said():
    series = simulate(
        {**TRUE, "alpha[1]": 0.2, "gamma[1]": 0.0, "beta[1]": 0.8, "omega": 0.01}, 700
    )
    fit = fit_volatility(series * np.linspace(1.0, 3.0, 700), model="garch")
    assert fit.persistence == pytest.approx(1.0, rel=0.0, abs=1e-12)
    assert "persistence is on its bound of 1" in fit.note
    error = fit.std_errors()
    assert error["alpha[1]"] == pytest.approx(error["beta[1]"], rel=1e-6, abs=0.0)
    assert_is_a_maximum(fit, series * np.linspace(1.0, 3.0, 700))


def test_normal_news_takes_nu_to_its_bound():
    rng = np.random.default_rng(SEED)
    for _ in range(20):
        series = pd.Series(rng.standard_normal(600))
        fit = fit_volatility(series, model="garch")
        if fit.params["nu"] == pytest.approx(500.0, rel=1e-9, abs=0.0):
            break
    else:
        raise AssertionError("half of the estimates should be at the bound")
    assert np.isnan(fit.std_errors()["nu"])
    assert fit.log_likelihood == pytest.approx(
        fit_volatility(series, model="garch", dist="normal").log_likelihood, rel=1e-3, abs=0.0
    )


def test_very_fat_tails_take_nu_to_its_other_bound():
    rng = np.random.default_rng(SEED)
    fit = fit_volatility(pd.Series(rng.standard_t(1.2, size=500)), model="garch")
    assert fit.params["nu"] == pytest.approx(2.05, rel=1e-9, abs=0.0)
    assert "nu" in fit.note


def test_no_news_at_all_is_fitted_and_flat_directions_are_not_hidden():
    """White noise has no unique GARCH: whatever is said to have converged is a maximum."""
    rng = np.random.default_rng(SEED)
    for size in (100, 250, 1000):
        series = pd.Series(rng.standard_t(5, size=size))
        fit = fit_volatility(series, model="garch")
        if fit.converged:
            assert_is_a_maximum(fit, series)


@pytest.mark.parametrize("size", [100, 1000])
def test_three_outliers_do_not_stop_it(size):
    series = simulate(TRUE, size)
    series.iloc[[size // 4, size // 2, 3 * size // 4]] = [40.0, -60.0, 50.0]
    for dist in ("t", "normal"):
        fit = fit_volatility(series, model="garch", dist=dist)
        assert np.isfinite(fit.params).all()
        assert (fit.sigma_pp > 0.0).all()
        if fit.converged:
            assert_is_a_maximum(fit, series)


def test_a_price_that_never_moves_is_refused():
    for value in (0.0, 0.1, -3.0):
        with pytest.raises(CoverageError, match="never moves"):
            fit_volatility(pd.Series(np.full(200, value)))


# --- arch's own models ---------------------------------------------------------------------------


def test_scores_of_arch_fits_are_those_of_its_likelihood(returns):
    """At a maximum scores sum to nothing, and outer products estimate the same information."""
    for model, dist in (("egarch", "normal"), ("gjr", "skewt")):
        fit = fit_volatility(returns, model=model, dist=dist)
        error = fit.std_errors("hessian")
        assert (np.abs(fit.scores.sum(axis=0)) * error < 0.05).all()
        np.testing.assert_allclose(fit.std_errors("opg"), error, rtol=0.35, atol=0.0)


def test_skewed_news_is_drawn_as_arch_has_it(returns):
    fit = fit_volatility(returns, model="garch", dist="skewt")
    from scipy.stats import kstest

    from ratemodel.recursions import draw_news

    shape = fit.params[["eta", "lambda"]].to_numpy()
    drawn = draw_news([4.0, -0.6], (20_000,), np.random.default_rng(SEED))
    assert kstest(drawn, lambda x: SkewStudent().cdf(x, np.array([4.0, -0.6]))).pvalue > 0.01
    share = SkewStudent().partial_moment(2, 0.0, shape)
    assert fit.bad_share == pytest.approx(share, rel=1e-12, abs=0.0)


def test_an_egarch_forecasts_its_mean_variance_where_there_is_one(returns):
    fit = fit_volatility(returns, model="egarch", dist="normal")
    drawn = fit.simulate(5, np.random.default_rng(SEED), draws=400_000) ** 2
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - fit.forecast(5)) < 4.0 * error).all()
    fat = fit_volatility(returns, model="egarch", dist="t")
    assert fat.forecast(1).iloc[0] == pytest.approx(fat.next_sigma_pp**2, rel=1e-12, abs=0.0)
    with pytest.raises(StudyError, match="no mean variance beyond one step"):
        fat.forecast(2)


def test_forecasts_of_a_gjr_are_archs(gjr, returns):
    theirs = ConstantMean(
        returns, volatility=GARCH(1, 1, 1), distribution=StudentsT(), rescale=False
    ).forecast(gjr.params.to_numpy(), horizon=10)
    np.testing.assert_allclose(gjr.forecast(10), theirs.variance.iloc[-1], rtol=1e-9, atol=0.0)


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

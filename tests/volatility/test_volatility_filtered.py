"""Filtered historical simulation against the recursion, walked by hand and solved by algebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ratemodel.errors import StudyError
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility import filter_forward, simulate_residuals, time_exponent

SEED = 20260130
DRAWS = 200_000
GJR = {"omega": 0.05, "alpha[1]": 0.06, "gamma[1]": 0.08, "beta[1]": 0.85, "nu": 8.0}
ERRORS_ALLOWED = 4.0
"""Standard errors of a simulated mean."""


def fit_with(sigma_pp: float, **changed: float) -> VolatilityFit:
    """A fit by decree: parameters, skewed standardised residuals and tomorrow's volatility."""
    rng = np.random.default_rng(SEED)
    residuals = rng.gamma(4.0, size=400) - 4.3
    dates = pd.bdate_range("2024-01-02", periods=400)
    params = pd.Series({**GJR, **changed})
    square = pd.DataFrame(np.eye(len(params)), index=params.index, columns=params.index)
    return VolatilityFit(
        name="A",
        model="gjr",
        distribution="t",
        params=params,
        covariance_robust=square,
        covariance_hessian=square,
        sigma_pp=pd.Series(1.0, index=dates),
        standardised_residuals=pd.Series(residuals, index=dates),
        next_sigma_pp=sigma_pp,
        log_likelihood=0.0,
        converged=True,
        n=400,
    )


def paths(
    fit: VolatilityFit, steps: int, draws: int = DRAWS, sigma_pp: float | None = None
) -> np.ndarray:
    return simulate_residuals(fit, steps, draws, np.random.default_rng(SEED), sigma_pp=sigma_pp)


def unit_residuals(fit: VolatilityFit) -> np.ndarray:
    z = fit.standardised_residuals.to_numpy()
    return (z - z.mean()) / np.sqrt(np.mean((z - z.mean()) ** 2))


def expected_variances(fit: VolatilityFit, steps: int) -> np.ndarray:
    """E sigma^2 by horizon: it closes in on its long-run mean at the rate of persistence."""
    z, p = unit_residuals(fit), fit.params
    persistence = p["alpha[1]"] + p["gamma[1]"] * np.mean(z**2 * (z < 0.0)) + p["beta[1]"]
    mean = p["omega"] / (1.0 - persistence)
    return mean + (fit.next_sigma_pp**2 - mean) * persistence ** np.arange(steps)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0])
def test_variances_are_the_multi_step_forecasts_of_the_model(sigma):
    fit = fit_with(sigma)
    simulated = paths(fit, 8)
    squares = simulated**2
    error = squares.std(axis=0) / np.sqrt(DRAWS)
    assert (
        np.abs(squares.mean(axis=0) - expected_variances(fit, 8)) < ERRORS_ALLOWED * error
    ).all()


def test_residuals_have_no_mean_and_no_autocorrelation():
    simulated = paths(fit_with(1.0), 6)
    error = simulated.std(axis=0) / np.sqrt(DRAWS)
    assert (np.abs(simulated.mean(axis=0)) < ERRORS_ALLOWED * error).all()
    correlation = np.corrcoef(simulated.T) - np.eye(6)
    assert np.abs(correlation).max() < ERRORS_ALLOWED / np.sqrt(DRAWS) * 2.0


def test_bad_news_raises_the_volatility_of_the_next_day():
    simulated = paths(fit_with(1.0), 2)
    fell = simulated[:, 0] < 0.0
    p, z = GJR, unit_residuals(fit_with(1.0))
    for happened, reaction, side in (
        (fell, p["alpha[1]"] + p["gamma[1]"], z[z < 0.0]),
        (~fell, p["alpha[1]"], z[z >= 0.0]),
    ):
        expected = p["omega"] + reaction * np.mean(side**2) + p["beta[1]"]
        assert np.mean(simulated[happened, 1] ** 2) == pytest.approx(expected, rel=0.02, abs=0.0)


def test_each_draw_walks_the_recursion_with_residuals_of_the_sample():
    fit = fit_with(1.3)
    z, p = unit_residuals(fit), fit.params
    for draw in paths(fit, 5, draws=20):
        variance = 1.3**2
        for residual in draw:
            nearest = np.abs(z - residual / np.sqrt(variance)).min()
            assert nearest < 1e-12
            reaction = p["alpha[1]"] + p["gamma[1]"] * (residual < 0.0)
            variance = p["omega"] + reaction * residual**2 + p["beta[1]"] * variance


@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.0])
def test_a_stated_volatility_takes_the_place_of_the_forecast(sigma):
    fit = fit_with(0.8)
    stated = paths(fit, 4, draws=500, sigma_pp=sigma)
    np.testing.assert_array_equal(stated, paths(fit_with(sigma), 4, draws=500))
    assert (stated != paths(fit, 4, draws=500)).all()


def test_only_volatility_known_before_the_window_counts():
    """The path of sigma in the sample does not matter, its last forecast does."""
    fit = fit_with(1.0)
    wild = replace(fit, sigma_pp=fit.sigma_pp * 9.0)
    np.testing.assert_array_equal(paths(fit, 3, draws=100), paths(wild, 3, draws=100))
    tense = replace(fit, next_sigma_pp=2.0)
    np.testing.assert_allclose(
        paths(tense, 1, draws=100), 2.0 * paths(fit, 1, draws=100), rtol=1e-12, atol=1e-14
    )


def test_a_garch_is_a_gjr_without_gamma():
    gjr = fit_with(1.0, **{"gamma[1]": 0.0})
    garch = replace(gjr, model="garch", params=gjr.params.drop("gamma[1]"))
    np.testing.assert_array_equal(paths(gjr, 4, draws=200), paths(garch, 4, draws=200))


def test_an_egarch_is_refused():
    with pytest.raises(StudyError, match="not egarch"):
        paths(replace(fit_with(1.0), model="egarch"), 2)
    with pytest.raises(StudyError, match="not egarch"):
        filter_forward(replace(fit_with(1.0), model="egarch"), np.zeros(2))


# --- volatility run up to the event --------------------------------------------------------------


def test_later_residuals_walk_the_recursion_one_by_one():
    """Worked out on paper: a quiet day, a fall, a rise."""
    fit = fit_with(2.0)
    first = 0.05 + 0.85 * 4.0
    second = 0.05 + (0.06 + 0.08) * 9.0 + 0.85 * first
    third = 0.05 + 0.06 * 1.0 + 0.85 * second
    for residuals, variance in (
        ([], 4.0),
        ([0.0], first),
        ([0.0, -3.0], second),
        ([0.0, -3.0, 1.0], third),
    ):
        forecast = filter_forward(fit, np.array(residuals))
        assert forecast == pytest.approx(np.sqrt(variance), rel=1e-12, abs=0.0)


def test_a_garch_filters_rises_and_falls_alike():
    gjr = fit_with(1.0)
    garch = replace(gjr, model="garch", params=gjr.params.drop("gamma[1]"))
    fall, rise = (filter_forward(garch, np.array([x])) for x in (-3.0, 3.0))
    assert fall == rise == filter_forward(gjr, np.array([3.0]))
    assert filter_forward(gjr, np.array([-3.0])) > fall


@pytest.mark.parametrize("cut", [1, 60, 299])
def test_filtering_forward_goes_on_where_the_sample_ends(cut):
    """A fit on the first days, run through the rest, forecasts what the whole path forecasts."""
    rng = np.random.default_rng(SEED)
    residuals = rng.standard_t(6, size=300)
    whole = filter_forward(fit_with(1.0), residuals)
    halfway = filter_forward(fit_with(1.0), residuals[:cut])
    assert filter_forward(fit_with(halfway), residuals[cut:]) == pytest.approx(
        whole, rel=1e-12, abs=0.0
    )


# --- how noise grows with time -------------------------------------------------------------------

MANY = 20_000


def over_days(exponent: float, weekends: int, long_days: float, quiet: int = MANY) -> tuple:
    rng = np.random.default_rng(SEED)
    days = np.where(np.arange(quiet + weekends) < quiet, 1.0, long_days)
    days = rng.permutation(days)
    return rng.standard_t(5, size=len(days)) * days ** (exponent / 2.0), days


@pytest.mark.parametrize("exponent", [0.3, 1.0, 1.5])
@pytest.mark.parametrize("long_days", [2.0, 3.0, 4.0])
def test_the_exponent_that_made_the_noise_is_recovered(exponent, long_days):
    residuals, days = over_days(exponent, MANY, long_days)
    # ln of a ratio of two means, each with a coefficient of variation of about 0.9
    error = 2.0 * 0.9 * np.sqrt(2.0 / MANY) / np.log(long_days)
    assert abs(time_exponent(residuals, days) - exponent) < ERRORS_ALLOWED * error


def test_the_exponent_does_not_depend_on_the_unit_of_returns():
    residuals, days = over_days(1.0, 500, 3.0, 2000)
    assert time_exponent(7.0 * residuals, days) == pytest.approx(
        time_exponent(residuals, days), rel=1e-10, abs=0.0
    )


def test_noise_that_shrinks_over_a_weekend_counts_as_noise_that_does_not_grow():
    residuals, days = over_days(-1.0, MANY, 3.0)
    assert time_exponent(residuals, days) == 0.0


@pytest.mark.parametrize(
    ("quiet", "weekends", "measured"),
    [(200, 19, False), (19, 200, False), (200, 20, True), (20, 200, True), (200, 0, False)],
)
def test_too_few_returns_of_either_length_say_nothing_of_time(quiet, weekends, measured):
    residuals = np.append(np.ones(quiet), np.full(weekends, 3.0))
    days = np.append(np.ones(quiet), np.full(weekends, 3.0))
    expected = 2.0 if measured else 0.0  # three times as large over three days
    assert time_exponent(residuals, days) == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_an_hour_more_or_less_is_still_one_day():
    """Clocks change twice a year; a day off is a return of two."""
    days = np.append(np.tile([23.0 / 24.0, 1.0, 25.0 / 24.0], 20), np.full(25, 2.0))
    residuals = np.append(np.ones(60), np.full(25, np.sqrt(2.0)))
    assert time_exponent(residuals, days) == pytest.approx(1.0, rel=1e-12, abs=0.0)

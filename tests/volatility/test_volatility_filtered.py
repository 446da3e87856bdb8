"""Filtered historical simulation against the recursion, walked by hand and solved by algebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ratemodel.errors import CoverageError
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility import (
    filter_forward,
    simulate_residuals,
    simulate_vectors,
    time_exponent,
)

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
    return VolatilityFit(
        name="A",
        model="gjr",
        distribution="t",
        names=tuple(params.index),
        estimates=params.to_numpy(),
        covariances=dict.fromkeys(("robust", "hessian", "opg"), np.eye(len(params))),
        dates=dates,
        residuals_pp=residuals,
        sigmas_pp=np.ones(400),
        scores=np.zeros((400, len(params))),
        news_slopes=np.zeros((400, len(params))),
        next_base=sigma_pp**2,
        log_likelihood=0.0,
        converged=True,
        n=400,
        shock_sizes=np.zeros((400, 0)),
    )


def without_gamma(gjr: VolatilityFit) -> VolatilityFit:
    kept = gjr.params.drop("gamma[1]")
    return replace(gjr, model="garch", names=tuple(kept.index), estimates=kept.to_numpy())


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
    wild = replace(fit, sigmas_pp=fit.sigmas_pp * 8.0, residuals_pp=fit.residuals_pp * 8.0)
    np.testing.assert_array_equal(paths(fit, 3, draws=100), paths(wild, 3, draws=100))
    tense = replace(fit, next_base=4.0)
    np.testing.assert_allclose(
        paths(tense, 1, draws=100), 2.0 * paths(fit, 1, draws=100), rtol=1e-12, atol=1e-14
    )


def test_a_garch_is_a_gjr_without_gamma():
    gjr = fit_with(1.0, **{"gamma[1]": 0.0})
    garch = without_gamma(gjr)
    np.testing.assert_array_equal(paths(gjr, 4, draws=200), paths(garch, 4, draws=200))


def test_an_egarch_walks_its_own_recursion():
    egarch = replace(fit_with(1.3, omega=0.02, **{"beta[1]": 0.9}), model="egarch")
    p = egarch.params
    for draw in paths(egarch, 5, draws=20):
        log_variance = np.log(1.3**2)
        for residual in draw:
            z = residual / np.exp(log_variance / 2.0)
            assert np.abs(unit_residuals(egarch) - z).min() < 1e-12
            news = p["alpha[1]"] * (abs(z) - np.sqrt(2.0 / np.pi)) + p["gamma[1]"] * z
            log_variance = p["omega"] + news + p["beta[1]"] * log_variance


# --- several assets together ---------------------------------------------------------------------


def shifted(fit: VolatilityFit, days: int, name: str) -> VolatilityFit:
    return replace(fit, dates=fit.dates + pd.offsets.BDay(days), name=name)


def test_assets_get_the_residuals_of_one_past_date():
    """B is what A is, two business days later: every vector is a pair of A's residuals."""
    a = fit_with(1.0)
    both = simulate_vectors([a, shifted(a, 2, "B")], 1, 500, np.random.default_rng(SEED))
    raw = a.standardised_residuals.to_numpy()
    ours, theirs = raw[2:], raw[:-2]
    pairs = np.column_stack([(x - x.mean()) / x.std() for x in (ours, theirs)])
    distance = np.abs(both[:, 0, None, :] - pairs[None]).max(axis=2).min(axis=1)
    assert distance.max() < 1e-12


def test_assets_drawn_together_walk_their_own_recursions():
    a, b = fit_with(1.0), fit_with(3.0, **{"alpha[1]": 0.2, "gamma[1]": 0.0, "beta[1]": 0.5})
    drawn = simulate_vectors([a, b], 6, 50_000, np.random.default_rng(SEED))
    for place, fit in enumerate((a, b)):
        squares = drawn[:, :, place] ** 2
        error = squares.std(axis=0) / np.sqrt(len(drawn))
        assert (
            np.abs(squares.mean(axis=0) - expected_variances(fit, 6)) < ERRORS_ALLOWED * error
        ).all()


def test_vectors_need_common_dates():
    a = fit_with(1.0)
    with pytest.raises(CoverageError, match="A, B: 50 common dates, 100 are needed"):
        simulate_vectors([a, shifted(a, 350, "B")], 1, 10, np.random.default_rng(SEED))


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
    garch = without_gamma(gjr)
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

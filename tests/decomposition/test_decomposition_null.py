"""The null: residuals per day, and volatility run up to the strike at which the event begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from arch.univariate import GARCH, StudentsT, ZeroMean
from split_markets import DOLLAR, EVENT, World, build_world

from ratemodel.config import Sample
from ratemodel.decomposition import decompose, one_asset
from ratemodel.decomposition.null import NOISE_DRAWS, NullModel, null_model
from ratemodel.loadings import LoadingFit, build_design, estimation_sample, fit_loading
from ratemodel.returns import log_returns
from ratemodel.types.loadings import DesignRows

SEED = 20260130
OPTIMISER_NOISE = {"rtol": 5e-4, "atol": 1e-6}
"""arch stops where its log-likelihood is flat in the twelfth digit: half of that in parameters."""
OPTIMISER = {"ftol": 1e-12, "maxiter": 2000}
LONG = 1.5
"""Days: above it a weekend or a holiday."""


@dataclass(frozen=True)
class Case:
    fit: LoadingFit
    design: DesignRows
    null: NullModel


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(SEED)


def case_of(world: World, asset: str, exponent: float = 0.0, days_before: int = 0) -> Case:
    """Returns of an asset, those over a weekend d^(exponent / 2) times as large."""
    returns = log_returns(world.market, [asset, DOLLAR])
    design = build_design(returns, asset, world.shocks, dollar=DOLLAR)
    design = replace(design, returns_pp=design.returns_pp * design.elapsed_days ** (exponent / 2.0))
    first = world.dates[world.event.start - days_before]
    fit = fit_loading(estimation_sample(design, world.dates[20], first))
    return Case(fit, design, null_model(fit, design))


def exponent_by_hand(case: Case) -> float:
    size = np.abs(case.fit.returns.residuals)
    days = case.fit.sample.rows.elapsed_days
    ratio = size[days > LONG].mean() / size[days <= LONG].mean()
    return max(0.0, 2.0 * np.log(ratio) / np.log(days[days > LONG].mean()))


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_volatility_is_fitted_to_residuals_per_day(world, exponent):
    case = case_of(world, "GLD", exponent)
    kappa = exponent_by_hand(case)
    rows = case.fit.sample.rows
    scaled = pd.Series(
        case.fit.returns.residuals / rows.elapsed_days ** (kappa / 2.0), index=rows.dates
    )
    theirs = ZeroMean(
        scaled, volatility=GARCH(1, 1, 1), distribution=StudentsT(), rescale=False
    ).fit(disp="off", options=OPTIMISER)
    assert case.null.time_exponent == pytest.approx(kappa, rel=1e-12, abs=0.0)
    assert case.null.fit.model == "gjr"
    np.testing.assert_allclose(case.null.fit.params, theirs.params, **OPTIMISER_NOISE)
    np.testing.assert_allclose(
        case.null.fit.sigma_pp, theirs.conditional_volatility, **OPTIMISER_NOISE
    )
    assert f"divided by d^{kappa / 2.0:.3f}" in case.null.fit.note


def test_noise_that_grows_with_time_is_seen_to(world):
    """About 65 weekends: ln of a ratio of means is known to 0.13, the exponent to 0.25."""
    for exponent in (1.0, 2.0):
        assert case_of(world, "GLD", exponent).null.time_exponent == pytest.approx(
            exponent, rel=0.0, abs=0.5
        )


def test_a_return_is_stretched_by_the_days_it_covers(world):
    null = case_of(world, "GLD", 1.0).null
    days = np.array([1.0, 2.0, 3.0, 4.0])
    expected = [d ** (null.time_exponent / 2.0) for d in days]
    np.testing.assert_allclose(null.stretch(days), expected, rtol=1e-12, atol=0.0)
    assert null.stretch(days)[0] == 1.0
    assert (replace(null, time_exponent=0.0).stretch(days) == 1.0).all()


@pytest.mark.parametrize("exponent", [0.0, 1.0])
@pytest.mark.parametrize("days_before", [0, 1, 2, 3, 4])
@pytest.mark.parametrize(("asset", "later"), [("FUT", 0), ("GC", 1), ("GLD", 1), ("BTC", 1)])
def test_volatility_is_known_up_to_the_strike_before_the_event(
    world, asset, later, days_before, exponent
):
    """The last shock of gold's or a fund's last row ends in the event: not in the sample."""
    case = case_of(world, asset, exponent, days_before)
    rows, null = case.fit.sample.rows, case.null
    begins = case.fit.sample.before_utc
    known = [
        k
        for k, date in enumerate(case.design.dates)
        if date > rows.dates[-1] and case.design.strike_utc[k] <= begins
    ]
    assert len(known) == later
    p, variance = null.fit.params, null.fit.next_sigma_pp**2
    for k in known:
        residual = case.design.returns_pp[k] - case.fit.returns.params[0]
        residual /= case.design.elapsed_days[k] ** (null.time_exponent / 2.0)
        reaction = p["alpha[1]"] + p["gamma[1]"] * (residual < 0.0)
        variance = p["omega"] + reaction * residual**2 + p["beta[1]"] * variance
    assert null.sigma_pp == pytest.approx(np.sqrt(variance), rel=1e-12, abs=0.0)


@pytest.mark.parametrize("asset", ["GC", "GLD", "BTC", "FUT"])
def test_returns_of_the_event_do_not_touch_the_null(world, asset):
    case = case_of(world, asset)
    inside = case.design.strike_utc > case.fit.sample.before_utc
    returns = np.where(inside, 40.0, case.design.returns_pp)
    spoilt = null_model(case.fit, replace(case.design, returns_pp=returns))
    assert spoilt.sigma_pp == case.null.sigma_pp
    assert spoilt.time_exponent == case.null.time_exponent
    np.testing.assert_array_equal(spoilt.fit.params, case.null.fit.params)


# --- the null in a split -------------------------------------------------------------------------


@pytest.mark.parametrize(("least", "draws"), [(NOISE_DRAWS, 20_000), (60, 100)])
def test_noise_is_drawn_often_enough_from_volatility_at_the_event(world, monkeypatch, least, draws):
    asked = {}

    def spy(fit, steps, draws, rng, *, sigma_pp=None):
        asked.update(fit=fit, steps=steps, draws=draws, sigma_pp=sigma_pp)
        return simulate(fit, steps, draws, rng, sigma_pp=sigma_pp)

    simulate = one_asset.simulate_residuals
    monkeypatch.setattr(one_asset, "simulate_residuals", spy)
    monkeypatch.setattr(one_asset, "NOISE_DRAWS", least)
    found = decompose(
        world.market,
        world.shocks,
        event=EVENT,
        dollar=DOLLAR,
        draws=100,
        sample=Sample(pre_days=300),
        assets=["GLD"],
    )
    window = found.windows.iloc[0]
    assert asked["fit"] is found.volatility[EVENT, "GLD"]
    assert (asked["steps"], asked["draws"]) == (window["rows"], draws)
    assert asked["sigma_pp"] == window["sigma_pre_pp"]

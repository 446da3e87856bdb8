"""Dynamic conditional correlations against a slow twin, known truth and their own definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from volatility_worlds import shocked_returns

import ratemodel as rm
from ratemodel.errors import CoverageError, StudyError
from ratemodel.types.correlations import CorrelationFit
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility import dcc_kernels, fit_dcc, fit_volatility

SEED = 20260130
TWIN = {"rtol": 1e-10, "atol": 1e-10}
STEP = 1e-6
DIFFERENCES = {"rtol": 2e-6, "atol": 1e-6}
"""Central differences of a sum of a few hundred terms."""
ERRORS_ALLOWED = 3.0
A, B = 0.05, 0.90


def correlated_returns(
    size: int, assets: int, seed: int, a: float = A, b: float = B, g: float = 0.0
) -> pd.DataFrame:
    """GARCH(1,1) returns whose news has dynamic correlations around one half."""
    rng = np.random.default_rng(seed)
    S = 0.5 * (np.eye(assets) + 1.0)
    bad_mean = S * 0.0
    if g:
        bad = np.minimum(rng.standard_normal((200_000, assets)) @ np.linalg.cholesky(S).T, 0.0)
        bad_mean = bad.T @ bad / len(bad)
    Q, h, returns = S.copy(), np.ones(assets), []
    for _ in range(size + 300):
        root = np.sqrt(np.diag(Q))
        z = np.linalg.cholesky(Q / np.outer(root, root)) @ rng.standard_normal(assets)
        returns.append(np.sqrt(h) * z)
        h = 0.05 + 0.06 * returns[-1] ** 2 + 0.89 * h
        fell = np.minimum(z, 0.0)
        Q = (1 - a - b) * S - g * bad_mean + a * np.outer(z, z) + g * np.outer(fell, fell) + b * Q
    index = pd.bdate_range("2010-01-04", periods=size)
    return pd.DataFrame(returns[300:], index=index, columns=[f"A{i}" for i in range(assets)])


def margins_of(returns: pd.DataFrame) -> list[VolatilityFit]:
    return [fit_volatility(returns[c], model="garch", dist="normal") for c in returns]


def slow_twin(
    Z: np.ndarray, S: np.ndarray, N: np.ndarray, a: float, b: float, g: float
) -> tuple[float, np.ndarray]:
    """Log-likelihood and correlations, one date at a time, from the definition."""
    Q, total, path = S.copy(), 0.0, []
    for t, z in enumerate(Z):
        if t:
            last, fell = Z[t - 1], np.minimum(Z[t - 1], 0.0)
            Q = (
                (1 - a - b) * S
                - g * N
                + a * np.outer(last, last)
                + g * np.outer(fell, fell)
                + b * Q
            )
        root = np.sqrt(np.diag(Q))
        R = Q / np.outer(root, root)
        total -= 0.5 * (np.linalg.slogdet(R)[1] + z @ np.linalg.inv(R) @ z - z @ z)
        path.append(R)
    return total, np.array(path)


def targets(Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    fell = np.minimum(Z, 0.0)
    return Z.T @ Z / len(Z), fell.T @ fell / len(Z)


@pytest.fixture(scope="module")
def margins() -> list[VolatilityFit]:
    return margins_of(correlated_returns(1500, 3, SEED))


@pytest.fixture(scope="module")
def fit(margins) -> CorrelationFit:
    return fit_dcc(margins)


# --- the twin ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [100, 128, 129, 337])
@pytest.mark.parametrize("phi", [{"a": 0.03, "b": 0.95}, {"a": 0.05, "b": 0.8, "g": 0.04}])
def test_at_given_parameters_it_is_the_slow_twin(size, phi):
    margins = margins_of(correlated_returns(size, 4, SEED))
    found = fit_dcc(margins, "adcc" if "g" in phi else "dcc", params=phi)
    Z = np.column_stack([fit.standardised_residuals for fit in margins])
    total, path = slow_twin(Z, *targets(Z), phi["a"], phi["b"], phi.get("g", 0.0))
    np.testing.assert_allclose(found.log_likelihood, total, **TWIN)
    np.testing.assert_allclose(found.correlations, path, **TWIN)
    assert found.params.to_dict() == phi
    assert np.isnan(found.std_errors()).all()


@pytest.mark.parametrize("size", [63, 64, 65, 130])
def test_scores_and_adjoints_are_the_slopes_of_the_twin(size):
    rng = np.random.default_rng(SEED)
    Z = rng.standard_normal((size, 3)) @ np.linalg.cholesky(0.5 * (np.eye(3) + 1.0)).T
    S, N = targets(Z)
    phi = np.array([0.05, 0.85, 0.03])
    scores, by_q, by_z = np.zeros((size, 3)), np.zeros((size, 3, 3)), np.zeros((size, 3))
    by_s, by_n = np.zeros((3, 3)), np.zeros((3, 3))
    value = dcc_kernels.likelihood(phi, Z, S, N, True, scores, by_q, by_z)
    dcc_kernels.adjoint(phi, Z, S, N, by_q, by_z, by_s, by_n)
    np.testing.assert_allclose(value, slow_twin(Z, S, N, *phi)[0], **TWIN)

    def slope(move) -> float:
        return (move(STEP) - move(-STEP)) / (2.0 * STEP)

    for k in range(3):
        by_phi = slope(lambda e, k=k: slow_twin(Z, S, N, *(phi + e * np.eye(3)[k]))[0])
        np.testing.assert_allclose(scores[:, k].sum(), by_phi, **DIFFERENCES)
    for t, i in ((0, 0), (1, 2), (size // 2, 1), (size - 1, 0)):
        unit = np.zeros_like(Z)
        unit[t, i] = 1.0
        by_news = slope(lambda e, unit=unit: slow_twin(Z + e * unit, S, N, *phi)[0])
        np.testing.assert_allclose(by_z[t, i], by_news, **DIFFERENCES)
    for i, j in ((0, 0), (2, 1), (2, 0)):
        unit = np.zeros((3, 3))
        unit[i, j] = unit[j, i] = 1.0
        count = 1.0 if i == j else 2.0
        by_target = slope(lambda e, unit=unit: slow_twin(Z, S + e * unit, N, *phi)[0])
        np.testing.assert_allclose(count * by_s[i, j], by_target, **DIFFERENCES)
        by_target = slope(lambda e, unit=unit: slow_twin(Z, S, N + e * unit, *phi)[0])
        np.testing.assert_allclose(count * by_n[i, j], by_target, **DIFFERENCES)


# --- known truth ---------------------------------------------------------------------------------


def test_known_dynamics_are_recovered(fit):
    error = fit.std_errors()
    assert fit.converged
    for name, value in {"a": A, "b": B}.items():
        assert abs(fit.params[name] - value) < ERRORS_ALLOWED * error[name], name


def test_asymmetry_is_recovered_and_told_from_none():
    margins = margins_of(correlated_returns(4000, 4, SEED, a=0.02, b=0.90, g=0.06))
    found = fit_dcc(margins, "adcc")
    error = found.std_errors()
    for name, value in {"a": 0.02, "b": 0.90, "g": 0.06}.items():
        assert abs(found.params[name] - value) < ERRORS_ALLOWED * error[name], name
    assert found.params["g"] > 3.0 * error["g"]
    assert found.log_likelihood > fit_dcc(margins).log_likelihood + 5.0


def test_no_point_nearby_is_likelier(margins, fit):
    rng = np.random.default_rng(SEED)
    for _ in range(50):
        a, b = fit.params + 0.1 * fit.std_errors() * rng.standard_normal(2)
        if a >= 0.0 and b >= 0.0 and a + b < 1.0:
            other = fit_dcc(margins, params={"a": a, "b": b})
            assert other.log_likelihood < fit.log_likelihood + 1e-7


def test_an_asymmetry_of_zero_lies_on_its_bound(margins, fit):
    for seed in range(10):
        margins = margins_of(correlated_returns(800, 2, seed))
        asymmetric, plain = fit_dcc(margins, "adcc"), fit_dcc(margins)
        assert asymmetric.log_likelihood > plain.log_likelihood - 1e-7
        if asymmetric.params["g"] == 0.0:
            break
    else:
        raise AssertionError("half of the estimates should be zero")
    assert np.isnan(asymmetric.std_errors()["g"])
    assert "without standard error: g" in asymmetric.note
    np.testing.assert_allclose(asymmetric.params[["a", "b"]], plain.params, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_errors_of_both_steps_are_the_spread_of_estimates():
    """120 samples: the spread is known to 7 %, and the error of a sample is an estimate too."""
    fits = [fit_dcc(margins_of(correlated_returns(1000, 2, seed))) for seed in range(120)]
    estimates = np.array([fit.params for fit in fits])
    errors = np.array([fit.std_errors() for fit in fits])
    spread = np.median(np.abs(estimates - np.median(estimates, axis=0)), axis=0) / 0.6745
    np.testing.assert_allclose(np.nanmedian(errors, axis=0), spread, rtol=0.35, atol=0.0)


def test_errors_of_known_margins_are_those_of_one_step(margins):
    """Scores of margins that are nothing (their parameters known) add nothing."""
    known = [replace(fit, scores=0.0 * fit.scores) for fit in margins]
    one, both = fit_dcc(known), fit_dcc(margins)
    np.testing.assert_array_equal(one.params, both.params)
    assert (one.std_errors() != both.std_errors()).all()
    np.testing.assert_allclose(one.std_errors(), one.std_errors("hessian"), rtol=0.5, atol=0.0)
    np.testing.assert_allclose(one.std_errors("opg"), one.std_errors("hessian"), rtol=0.3, atol=0.0)


def test_the_influence_of_a_margin_is_what_refitting_shows():
    """Weights on dates move margins, then correlations: their slope is the influence."""
    returns = correlated_returns(1500, 2, SEED)
    margins = margins_of(returns)
    base = fit_dcc(margins)
    moved = []
    for sign in (1.0, -1.0):
        # A parameter of one margin moved: residuals move by its slopes.
        other = margins[0]
        step = sign * 1e-4
        z = other.standardised_residuals.to_numpy() + step * other.news_slopes[:, 2]
        changed = replace(other, residuals_pp=z * other.sigmas_pp)
        moved.append(fit_dcc([changed, margins[1]]).params)
    by_refit = (moved[0] - moved[1]) / 2e-4
    # One date's score says that its margin's parameter moves by the inverse Hessian times it.
    bread = margins[0].covariances["hessian"]
    score = np.linalg.solve(bread, np.eye(4)[2])
    alone = [replace(m, scores=0.0 * m.scores) for m in margins]
    one_score = alone[0].scores.copy()
    one_score[300] = 1e6 * score
    jump = fit_dcc([replace(alone[0], scores=one_score), alone[1]])
    np.testing.assert_allclose(jump.std_errors() / 1e6, by_refit.abs(), rtol=2e-3, atol=0.0)
    assert base.converged


# --- margins of any kind, on any dates -----------------------------------------------------------


def test_margins_may_be_of_any_kind():
    returns = correlated_returns(700, 3, SEED)
    shocks = pd.DataFrame({"path_bp": np.random.default_rng(1).standard_normal(700)}, returns.index)
    margins = [
        fit_volatility(returns["A0"], variance_shocks=shocks),
        fit_volatility(returns["A1"], model="egarch"),
        fit_volatility(returns["A2"], model="garch", dist="skewt"),
    ]
    found = fit_dcc(margins)
    assert found.converged
    assert (found.std_errors() > 0.0).all()
    Z = np.column_stack([m.standardised_residuals for m in margins])
    total, _ = slow_twin(Z, *targets(Z), *found.params, 0.0)
    np.testing.assert_allclose(found.log_likelihood, total, **TWIN)


def test_dates_that_are_not_common_are_dropped_and_counted():
    returns = correlated_returns(700, 2, SEED)
    first = fit_volatility(returns["A0"].drop(returns.index[[5, 6, 7]]), model="garch")
    second = fit_volatility(returns["A1"].iloc[10:], model="garch")
    found = fit_dcc([first, second])
    assert found.n == 690
    assert "7 dates without a residual of every asset dropped" in found.note
    assert found.dates.equals(returns.index[10:])


def test_a_margin_that_did_not_converge_is_not_hidden(margins):
    assert not fit_dcc([replace(margins[0], converged=False), *margins[1:]]).converged


def test_the_order_of_margins_does_not_matter(margins, fit):
    other = fit_dcc(margins[::-1])
    np.testing.assert_allclose(other.params, fit.params, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(
        other.correlation("A2", "A0"), fit.correlation("A0", "A2"), rtol=1e-4, atol=1e-7
    )


def test_what_cannot_be_correlated_is_refused(margins):
    with pytest.raises(StudyError, match="two margins"):
        fit_dcc(margins[:1])
    with pytest.raises(StudyError, match="different names"):
        fit_dcc([margins[0], margins[0]])
    with pytest.raises(StudyError, match="model must be one of dcc, adcc, got 'ccc'"):
        fit_dcc(margins, "ccc")
    with pytest.raises(StudyError, match="params must be a, b, got a"):
        fit_dcc(margins, params={"a": 0.1})
    with pytest.raises(StudyError, match="out of bounds"):
        fit_dcc(margins, params={"a": 0.2, "b": 0.9})
    with pytest.raises(CoverageError, match="cannot be told apart"):
        fit_dcc([margins[0], replace(margins[0], name="same")])
    with pytest.raises(CoverageError, match="0 common dates"):
        fit_dcc([margins[0], replace(margins[1], dates=margins[1].dates + pd.Timedelta("9999D"))])


# --- the result ----------------------------------------------------------------------------------


def test_every_view_shows_the_same_numbers(fit):
    frame = fit.to_frame()
    assert list(frame.columns) == ["date", "asset_a", "asset_b", "model", "correlation"]
    assert len(frame) == 3 * fit.n
    pair = frame.query("asset_a == 'A0' and asset_b == 'A2'").set_index("date")["correlation"]
    np.testing.assert_array_equal(pair, fit.correlation("A0", "A2"))
    np.testing.assert_array_equal(pair, fit.correlation("A2", "A0"))
    assert frame["correlation"].between(-1.0, 1.0).all()
    model = fit.model_frame().set_index("parameter")
    np.testing.assert_array_equal(model["std_err"], fit.std_errors("robust"))
    np.testing.assert_allclose(fit.conf_int(0.9).mean(axis=1), fit.params, rtol=1e-12)
    assert "dcc of A0, A1, A2, n 1500" in str(fit)
    assert all(name in fit.summary() for name in fit.params.index)
    with pytest.raises(StudyError, match="kind must be one of"):
        fit.std_errors("guess")
    with pytest.raises(CoverageError, match="no asset X"):
        fit.correlation("A0", "X")
    assert rm.fit_dcc is fit_dcc


def test_shocks_in_a_variance_come_with_the_margin():
    returns, shocks = shocked_returns(600, SEED)
    other = shocked_returns(600, SEED + 1)[0].rename("B")
    found = fit_dcc([fit_volatility(returns, variance_shocks=shocks), fit_volatility(other)])
    assert found.assets == ("A", "B")

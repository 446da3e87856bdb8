"""Least squares with HAC errors against statsmodels, against loops, and against known truth."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from clock_worlds import (
    COMEX,
    ETF,
    NOON,
    daily_shocks,
    returns_of,
    returns_table,
    trading_days,
)
from design_samples import persistent_noise, sample_of
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.errors import CoverageError, StudyError
from ratemodel.estimators import estimate_loadings
from ratemodel.loadings import (
    Window,
    bootstrap_fit,
    build_design,
    estimation_sample,
    fit_loading,
    least_squares_loadings,
    read_window,
    window_rows,
)
from ratemodel.loadings.covariance import hac_lags
from ratemodel.loadings.regression import attenuation

SEED = 20260130
SAME_NUMBERS = {"rtol": 1e-12, "atol": 1e-14}
"""The same arithmetic, done by the same library."""
SLOW_TWIN = {"rtol": 1e-10, "atol": 1e-13}
"""The same arithmetic in another order: rounding of a few hundred sums."""


def regression(size: int = 340) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    x = rng.normal(scale=4.0, size=size)
    y = 0.1 - 0.05 * x + persistent_noise(rng, size, x)
    return y, np.column_stack([np.ones(size), x, rng.normal(size=size)])


def test_covariance_equals_statsmodels():
    y, x = regression()
    ours = fit_loading(sample_of(y, x[:, 1:]))
    theirs = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": False})
    np.testing.assert_allclose(ours.returns.params, theirs.params, **SAME_NUMBERS)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), **SAME_NUMBERS)


def bartlett_by_hand(rows: list[np.ndarray]) -> np.ndarray:
    """Every pair of rows, weighted by how far they are apart."""
    lags = hac_lags(len(rows))
    total = np.zeros((len(rows[0]), len(rows[0])))
    for t, one in enumerate(rows):
        for s, other in enumerate(rows):
            distance = abs(t - s)
            if distance <= lags:
                total += (1.0 - distance / (lags + 1.0)) * np.outer(one, other)
    return total


@pytest.mark.parametrize("size", [60, 100, 340, 1000])
def test_covariance_equals_newey_and_west_written_out(size):
    y, x = regression(size)
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    middle = bartlett_by_hand([x[t] * (y[t] - x[t] @ beta) for t in range(size)])
    bread = np.linalg.inv(sum(np.outer(row, row) for row in x))
    fit = fit_loading(sample_of(y, x[:, 1:]))
    np.testing.assert_allclose(fit.returns.params, beta, **SLOW_TWIN)
    np.testing.assert_allclose(fit.covariance, bread @ middle @ bread, **SLOW_TWIN)


def with_dollar(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns, shocks of the asset, dollar moves, and shocks of the dollar's own intervals."""
    rng = np.random.default_rng(SEED)
    z, own = rng.normal(scale=4.0, size=(2, size, 2))
    dollar = 0.02 + own @ [0.01, 0.03] + rng.normal(scale=0.3, size=size)
    y = 0.1 + z @ [-0.02, -0.05] - 1.5 * dollar + persistent_noise(rng, size, own[:, 0])
    return y, z, dollar, own


@pytest.mark.parametrize("size", [60, 340])
def test_joint_covariance_of_loadings_and_cleared_dollar_written_out(size):
    y, z, dollar, own = with_dollar(size)
    d = np.column_stack([np.ones(size), own])
    projection = np.linalg.lstsq(d, dollar, rcond=None)[0]
    v = dollar - d @ projection
    x = np.column_stack([np.ones(size), z, v])
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    e = y - x @ beta
    inverse_x, inverse_d = np.linalg.inv(x.T @ x), np.linalg.inv(d.T @ d)
    influence = []
    for t in range(size):
        of_dollar = inverse_d @ d[t] * v[t]
        of_returns = inverse_x @ (x[t] * e[t] + beta[-1] * (x.T @ (d @ of_dollar)))
        influence.append(np.append(of_returns, of_dollar))
    fit = fit_loading(sample_of(y, z, dollar, own))
    np.testing.assert_allclose(fit.returns.params, beta, **SLOW_TWIN)
    np.testing.assert_allclose(fit.projection, projection, **SLOW_TWIN)
    np.testing.assert_allclose(fit.covariance, bartlett_by_hand(influence), **SLOW_TWIN)


def test_influences_are_what_a_little_more_weight_on_a_row_does_to_the_estimates():
    """The formula of the joint covariance against the two regressions, run with other weights.

    Exact where the dollar is cleared of the very shocks of the design; elsewhere the formula
    leaves out D'e, whose expectation is zero.
    """
    y, z, dollar, _ = with_dollar(60)
    d = np.column_stack([np.ones(60), z])

    def estimates(weight: np.ndarray) -> np.ndarray:
        projection = np.linalg.solve((d.T * weight) @ d, (d.T * weight) @ dollar)
        x = np.column_stack([np.ones(60), z, dollar - d @ projection])
        beta = np.linalg.solve((x.T * weight) @ x, (x.T * weight) @ y)
        return np.append(beta, projection)

    step = 1e-5
    moved = [step * (np.arange(60) == t) for t in range(60)]
    slopes = [(estimates(1.0 + m) - estimates(1.0 - m)) / (2.0 * step) for m in moved]
    fit = fit_loading(sample_of(y, z, dollar, z))
    expected = bartlett_by_hand(slopes)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(fit.covariance / scale, expected / scale, rtol=0.0, atol=1e-6)


def test_a_dollar_that_does_not_move_the_asset_adds_no_error_to_its_loading():
    """The error of the cleared dollar reaches the loadings in proportion to gamma only."""
    y, z, dollar, _ = with_dollar(340)
    fit = fit_loading(sample_of(y, z, dollar, z))
    x = fit.returns.regressors
    without = fit_loading(sample_of(y - fit.returns.params[-1] * x[:, -1], z, dollar, z))
    plain = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": False})
    assert without.returns.params[-1] == pytest.approx(0.0, rel=0.0, abs=1e-12)
    np.testing.assert_allclose(without.covariance[:4, :4], plain.cov_params(), **SLOW_TWIN)
    assert fit.loading("path_bp")[1] > 1.02 * without.loading("path_bp")[1]


@pytest.mark.parametrize("rows", [60, 99, 100, 101, 250, 334, 340, 500, 1000, 2513, 9000])
def test_lags_are_the_largest_whole_number_the_rule_allows(rows):
    """L <= 4 (T/100)^(2/9) is L^9 100^2 <= 4^9 T^2: whole numbers, no rounding."""
    lags = hac_lags(rows)
    assert lags**9 * 100**2 <= 4**9 * rows**2 < (lags + 1) ** 9 * 100**2


def test_the_loading_adds_both_sides_with_the_error_of_their_sum():
    rng = np.random.default_rng(SEED)
    z = rng.normal(size=(200, 2))
    fit = fit_loading(sample_of(0.1 + z @ [0.2, -0.5] + rng.normal(size=200), z))
    shifted = fit_loading(
        sample_of(fit.sample.rows.returns_pp, np.column_stack([z[:, 0] - z[:, 1], z[:, 1]]))
    )
    estimate, error = fit.loading("path_bp")
    assert estimate == pytest.approx(shifted.returns.params[2], rel=1e-10, abs=1e-13)
    assert error == pytest.approx(np.sqrt(shifted.covariance[2, 2]), rel=1e-8, abs=0.0)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda z, dollar: (z * [1.0, 0.0], dollar),
        lambda z, dollar: (z[:, [0, 0]], dollar),
        lambda z, dollar: (np.column_stack([z[:, 0], -2.0 * z[:, 0] + 1.0]), dollar),
        lambda z, dollar: (z, z @ [0.3, -0.2] + 0.1),
    ],
    ids=["never moves", "twice", "a multiple", "a dollar that shocks explain whole"],
)
def test_regressors_that_cannot_be_told_apart_are_refused(spoil):
    y, z, dollar, _ = with_dollar(120)
    shocks, moves = spoil(z, dollar)
    with pytest.raises(CoverageError, match="A: the sample cannot tell its regressors apart"):
        fit_loading(sample_of(y, shocks, moves, z))


@given(spread=st.floats(0.5, 8.0), error=st.floats(0.01, 0.4))
def test_attenuation_is_the_share_of_variance_that_is_news(spread, error):
    news = np.array([-spread, spread] * 4)
    factor = attenuation(news, np.full(8, error))
    assert factor * np.var(news) == pytest.approx(np.var(news) - error**2, rel=1e-9, abs=1e-12)


def test_attenuation_is_what_errors_in_a_shock_do_to_its_loading():
    rng = np.random.default_rng(SEED)
    true = rng.normal(scale=4.0, size=20_000)
    seen = true + rng.normal(scale=2.0, size=20_000)
    slope = np.polyfit(seen, -0.05 * true, 1)[0]
    assert slope == pytest.approx(-0.05 * attenuation(seen, np.full(20_000, 2.0)), rel=0.02, abs=0)


# --- the dollar: rates plus dollar is what one long regression says ----------------------------


@pytest.fixture(scope="module")
def gold() -> tuple:
    """COMEX gold and a noon dollar: both start in yesterday's shock and end in today's."""
    rng = np.random.default_rng(SEED)
    dates = trading_days("2024-01-02", 300)
    s = rng.normal(scale=4.0, size=299)
    dollar = 0.02 * s + rng.normal(scale=0.3, size=299)
    gold = 0.05 - 0.04 * s - 1.5 * dollar + rng.normal(size=299)
    returns = returns_of(
        returns_table("GC", dates, COMEX, gold), returns_table("D", dates, NOON, dollar)
    )
    design = build_design(returns, "GC", daily_shocks(dates, s), dollar="D")
    fit = fit_loading(estimation_sample(design, dates[0], dates[280]))
    return design, fit, window_rows(design, dates[280], dates[282])


def test_the_shocks_of_the_dollar_are_those_of_comex_gold(gold):
    design, _, _ = gold
    np.testing.assert_array_equal(design.dollar_terms[:, 1:][1:-1], design.shocks_bp[1:-1])


def test_rates_and_dollar_together_are_the_long_regression(gold):
    _, fit, event = gold
    rows = fit.sample.rows
    long = np.column_stack([np.ones(len(rows)), rows.shocks_bp, rows.dollar_pct])
    theta = np.linalg.lstsq(long, rows.returns_pp, rcond=None)[0]
    np.testing.assert_allclose(rows.returns_pp - long @ theta, fit.returns.residuals, **SLOW_TWIN)
    window = Window.of(event, np.zeros((2, 2)))
    rng = np.random.default_rng(SEED)
    read = read_window(fit, bootstrap_fit(fit, 100, rng), window, rng)
    said = np.array([len(event), *event.shocks_bp.sum(axis=0), event.dollar_pct.sum()]) @ theta
    parts = read.estimate
    ours = parts["drift"] + parts["rate_premium"] + parts["dollar"]
    assert ours == pytest.approx(said, rel=1e-10, abs=1e-12)
    assert parts["unexplained"] == pytest.approx(
        event.returns_pp.sum() - said, rel=1e-10, abs=1e-12
    )


def test_the_loading_on_rates_is_the_same_with_and_without_the_cleared_dollar(gold):
    """Cleared of the very shocks of the design, the dollar cannot change their loading."""
    _, fit, _ = gold
    alone = fit_loading(sample_of(fit.sample.rows.returns_pp, fit.sample.rows.shocks_bp))
    assert fit.loading("path_bp")[0] == pytest.approx(
        alone.loading("path_bp")[0], rel=1e-9, abs=1e-12
    )


# --- the table of loadings ---------------------------------------------------------------------


def test_the_table_says_sample_errors_and_interval():
    rng = np.random.default_rng(SEED)
    dates = trading_days("2024-01-02", 150)
    shocks = daily_shocks(dates, rng.normal(scale=4.0, size=149), errors_bp=0.4)
    returns = returns_of(
        returns_table("GLD", dates, ETF, rng.normal(size=149)),
        returns_table("D", dates, NOON, rng.normal(size=149)),
        returns_table("NEW", dates[-20:], ETF, rng.normal(size=19)),
    )
    table = estimate_loadings(returns, shocks, before=dates[140], controls="D", level=0.9)
    row = table.row("GLD")
    assert row["cov_type"] == f"HAC Bartlett {hac_lags(row['n'])}"
    assert row["end"] == dates[138]
    reach = (row["ci_high"] - row["ci_low"]) / 2.0
    assert reach / row["std_err"] == pytest.approx(1.6448536269514722, rel=1e-9, abs=0.0)
    assert 0.9 < row["attenuation"] < 1.0
    assert table.row("NEW")["reason"].startswith("NEW: ")
    assert np.isnan(table.estimate("NEW"))
    assert list(table.to_frame().query("asset == 'GLD'")["shock"]) == ["path_bp", "dollar"]
    assert "NEW: " in table.summary()


def test_an_unknown_method_is_refused_with_those_there_are():
    dates = trading_days("2024-01-02", 150)
    returns = returns_of(returns_table("GLD", dates, ETF))
    with pytest.raises(StudyError, match=r"method must be one of ols.*'kalman-ish'"):
        estimate_loadings(
            returns, daily_shocks(dates, np.zeros(149)), dates[140], method="kalman-ish"
        )


REPLICATIONS = 300
FEWEST, MOST = 0.86, 0.94
"""Nominal 90 % at n = 340; two standard errors of 300 replications are 3.5 points."""


def interval_coverage(gamma: float) -> float:
    """How often the table's interval covers the loading, the dollar being in the design."""
    rng = np.random.default_rng(SEED)
    shocks = daily_shocks(trading_days("2024-01-02", 3), np.zeros(2))
    covered = 0
    for _ in range(REPLICATIONS):
        z = rng.normal(scale=4.0, size=340)
        own = rng.normal(scale=0.35, size=340)
        y = 0.05 - 0.03 * z + gamma * own + rng.normal(size=340)
        fit = fit_loading(sample_of(y, z, 0.03 * z + own))
        found = least_squares_loadings(fit, shocks, 0.90)[0]
        covered += found.low < -0.03 < found.high
    return covered / REPLICATIONS


def test_the_interval_of_a_loading_covers_the_truth():
    assert FEWEST <= interval_coverage(gamma=0.0) <= MOST


def test_the_interval_of_a_loading_covers_the_truth_whatever_the_dollar_does():
    assert FEWEST <= interval_coverage(gamma=-2.5) <= MOST

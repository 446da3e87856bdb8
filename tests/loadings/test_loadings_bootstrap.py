"""The block bootstrap against loops, against brute force, and against known truth."""

from __future__ import annotations

import numpy as np
import pytest
from clock_worlds import COMEX, CRYPTO, ETF, daily_shocks, returns_of, returns_table, trading_days
from design_samples import persistent_noise, rows_of, sample_of
from hypothesis import given, settings
from hypothesis import strategies as st

from ratemodel.errors import CoverageError
from ratemodel.loadings import (
    FitDraws,
    LoadingFit,
    Window,
    bootstrap_fit,
    build_design,
    fit_loading,
    read_window,
    shock_error_covariance,
    window_rows,
)
from ratemodel.loadings.bootstrap import (
    block_length,
    block_starts,
    normal_quantile,
)

SEED = 20260130
SLOW_TWIN = {"rtol": 1e-10, "atol": 1e-12}
"""The same arithmetic in another order: rounding of a few hundred sums."""
PARTS = ("drift", "rate_premium", "dollar", "unexplained")


def generator() -> np.random.Generator:
    return np.random.default_rng(SEED)


# --- blocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "length"), [(60, 5), (125, 5), (126, 6), (216, 6), (217, 7), (340, 7), (1000, 10)]
)
def test_a_block_is_as_long_as_the_cube_root_of_the_sample_and_at_least_five(rows, length):
    assert block_length(rows) == length
    assert length == 5 or (length - 1) ** 3 < rows <= length**3


@given(rows=st.integers(60, 400), seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_every_block_lies_inside_the_sample_and_blocks_fill_it(rows, seed):
    starts = block_starts(rows, 50, np.random.default_rng(seed))
    length = block_length(rows)
    assert starts.min() >= 0
    assert starts.max() + length <= rows
    assert (starts.shape[1] - 1) * length < rows <= starts.shape[1] * length


def test_every_block_is_drawn_alike():
    starts = block_starts(60, 20_000, generator())
    counts = np.bincount(starts.ravel(), minlength=56)
    expected = starts.size / 56
    assert len(counts) == 56
    assert np.abs(counts - expected).max() < 5.0 * np.sqrt(expected)


# --- a slow twin -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fit() -> LoadingFit:
    rng = generator()
    z = rng.normal(scale=4.0, size=(123, 2))
    own = rng.normal(scale=4.0, size=(123, 2))
    dollar = own @ [0.01, 0.03] + rng.normal(scale=0.3, size=123)
    y = 0.1 + z @ [-0.02, -0.05] - 1.5 * dollar + persistent_noise(rng, 123, z[:, 0])
    return fit_loading(sample_of(y, z, dollar, own))


def least_squares_by_hand(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    return beta, y - x @ beta


def block_squares_by_hand(influence: list[np.ndarray], length: int) -> np.ndarray:
    """Rows of one block go together, blocks are independent."""
    total = np.zeros((len(influence[0]), len(influence[0])))
    for first in range(0, len(influence), length):
        block = sum(influence[first : first + length])
        total += np.outer(block, block)
    return total


def resample_by_hand(fit: LoadingFit, starts: np.ndarray) -> tuple[np.ndarray, ...]:
    """Coefficients, projection, and their joint covariance in one draw, row by row."""
    rows, size = fit.sample.rows, len(fit.sample.rows)
    length = block_length(size)
    index = [start + step for start in starts for step in range(length)][:size]
    d, dollar = rows.dollar_terms[index], rows.dollar_pct[index]
    projection, v = least_squares_by_hand(dollar, d)
    x = np.column_stack([np.ones(size), rows.shocks_bp[index], v])
    params, e = least_squares_by_hand(rows.returns_pp[index], x)
    inverse_d, inverse_x = np.linalg.inv(d.T @ d), np.linalg.inv(x.T @ x)
    influence = []
    for t in range(size):
        of_dollar = inverse_d @ d[t] * v[t]
        of_returns = inverse_x @ (x[t] * e[t] + params[-1] * (x.T @ (d @ of_dollar)))
        influence.append(np.append(of_returns, of_dollar))
    return params, projection, block_squares_by_hand(influence, length)


def test_resamples_equal_a_loop_over_blocks(fit):
    draws = bootstrap_fit(fit, 6, generator())
    starts = block_starts(len(fit.sample.rows), 6, generator())
    for draw in range(6):
        params, projection, covariance = resample_by_hand(fit, starts[draw])
        np.testing.assert_allclose(draws.params[draw], params, **SLOW_TWIN)
        np.testing.assert_allclose(draws.covariance[draw], covariance, **SLOW_TWIN)
        np.testing.assert_allclose(draws.projection[draw], projection, **SLOW_TWIN)


def test_without_a_dollar_resamples_are_plain_least_squares(fit):
    rows = fit.sample.rows
    size, length = len(rows), block_length(len(rows))
    draws = bootstrap_fit(fit_loading(sample_of(rows.returns_pp, rows.shocks_bp)), 4, generator())
    assert draws.projection.shape == (4, 0)
    for draw, starts in enumerate(block_starts(size, 4, generator())):
        index = [start + step for start in starts for step in range(length)][:size]
        x = np.column_stack([np.ones(size), rows.shocks_bp[index]])
        params, e = least_squares_by_hand(rows.returns_pp[index], x)
        bread = np.linalg.inv(x.T @ x)
        covariance = block_squares_by_hand([bread @ x[t] * e[t] for t in range(size)], length)
        np.testing.assert_allclose(draws.params[draw], params, **SLOW_TWIN)
        np.testing.assert_allclose(draws.covariance[draw], covariance, **SLOW_TWIN)


WINDOW = Window(
    total_pp=-12.0,
    intervals=2.0,
    shocks_bp=np.array([-4.5, 5.0]),
    dollar_pct=0.8,
    dollar_terms=np.array([2.0, -4.0, 6.0]),
    shock_error_bp2=np.zeros((2, 2)),
)


def window_by_hand(params, projection, covariance) -> tuple[np.ndarray, np.ndarray]:
    """Components and their errors from what each is, one at a time."""
    drift = 2.0 * params[0]
    rate = -4.5 * params[1] + 5.0 * params[2]
    cleared = 0.8 - (2.0 * projection[0] - 4.0 * projection[1] + 6.0 * projection[2])
    dollar = params[3] * cleared
    rest = -12.0 - drift - rate - dollar
    gamma = params[3]
    of_drift = np.array([2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    of_rate = np.array([0.0, -4.5, 5.0, 0.0, 0.0, 0.0, 0.0])
    of_dollar = np.array([0.0, 0.0, 0.0, cleared, -2.0 * gamma, 4.0 * gamma, -6.0 * gamma])
    of_rest = -(of_drift + of_rate + of_dollar)
    slopes = [of_drift, of_rate, of_dollar, of_rest]
    variances = [slope @ covariance @ slope for slope in slopes]
    return np.array([drift, rate, dollar, rest]), np.sqrt(variances)


def test_a_window_is_read_as_by_hand(fit):
    draws = bootstrap_fit(fit, 6, generator())
    read = read_window(fit, draws, WINDOW, generator())
    centre, centre_error = window_by_hand(fit.returns.params, fit.projection, fit.covariance)
    for position, part in enumerate(PARTS):
        assert read.estimate[part] == pytest.approx(centre[position], rel=1e-10, abs=1e-12)
        assert read.std_err[part] == pytest.approx(centre_error[position], rel=1e-10, abs=1e-12)
    for draw in range(6):
        value, error = window_by_hand(
            draws.params[draw], draws.projection[draw], draws.covariance[draw]
        )
        for position, part in enumerate(PARTS):
            t = (value[position] - centre[position]) / error[position]
            assert read.draws[part][draw] == pytest.approx(value[position], rel=1e-10, abs=1e-12)
            assert read.studentised[part][draw] == pytest.approx(t, rel=1e-8, abs=1e-10)


def test_an_interval_holds_the_stated_share_of_studentised_draws(fit):
    read = read_window(fit, bootstrap_fit(fit, 999, generator()), WINDOW, generator())
    for part in PARTS:
        low, high = read.interval(part, 0.90)
        assert (low + high) / 2.0 == pytest.approx(read.estimate[part], rel=1e-9, abs=1e-12)
        reach = (high - low) / 2.0 / read.std_err[part]
        inside = np.mean(np.abs(read.studentised[part]) <= reach)
        assert inside == pytest.approx(0.90, rel=0.0, abs=2e-3)


def test_a_window_without_shocks_has_no_rate_premium_and_no_doubt_about_it(fit):
    quiet = Window(-12.0, 2.0, np.zeros(2), 0.0, np.zeros(3), np.zeros((2, 2)))
    read = read_window(fit, bootstrap_fit(fit, 50, generator()), quiet, generator())
    assert read.interval("rate_premium", 0.90) == (0.0, 0.0)
    assert read.interval("dollar", 0.90) == (0.0, 0.0)


def test_measurement_error_of_the_window_widens_the_rate_premium_and_nothing_else(fit):
    covariance = np.array([[0.5, -0.2], [-0.2, 0.5]])
    noisy = Window(-12.0, 2.0, WINDOW.shocks_bp, 0.8, WINDOW.dollar_terms, covariance)
    draws = FitDraws(  # a fit known exactly: what is left is the error of the shocks
        params=np.repeat(fit.returns.params[None], 100_000, axis=0),
        projection=np.repeat(fit.projection[None], 100_000, axis=0),
        covariance=np.zeros((100_000, 7, 7)),
    )
    read = read_window(fit, draws, noisy, generator())
    slopes = fit.returns.params[1:3]
    expected = slopes @ covariance @ slopes
    for part in ("rate_premium", "unexplained"):
        assert np.var(read.draws[part]) == pytest.approx(expected, rel=0.02, abs=0.0)
    exact = read_window(fit, draws, WINDOW, generator())
    gain = read.std_err["rate_premium"] ** 2 - exact.std_err["rate_premium"] ** 2
    # Beside the estimate the loading is not known either: E[β β'] is its square and its variance.
    second = np.outer(slopes, slopes) + fit.covariance[1:3, 1:3]
    assert gain == pytest.approx(float((second * covariance).sum()), rel=1e-9, abs=0.0)
    assert read.std_err["dollar"] == exact.std_err["dollar"]
    assert np.ptp(read.draws["drift"]) == 0.0


# --- the error of a window's shocks ------------------------------------------------------------


@pytest.mark.parametrize("clock", [COMEX, ETF, CRYPTO])
def test_errors_of_shocks_are_differences_of_errors_of_levels(clock):
    """Draw an error for the level at every strike, difference, and match like any shock."""
    rng = generator()
    dates = trading_days("2025-01-02", 12)
    level_sd = rng.uniform(0.2, 0.8, size=len(dates))
    level_sd[0] = level_sd[1]
    draws = 40_000
    levels = rng.standard_normal((draws, len(dates))) * level_sd
    shock_errors = np.diff(levels, axis=1)
    returns = returns_of(returns_table("A", dates, clock))
    shocks = daily_shocks(dates, np.zeros(11))
    rows = window_rows(build_design(returns, "A", shocks), dates[5], dates[7])
    summed = np.zeros((draws, 2))
    for low_start, high_start, low_end, high_end in rows.runs:
        summed[:, 0] += shock_errors[:, low_start:high_start].sum(axis=1)
        summed[:, 1] += shock_errors[:, low_end:high_end].sum(axis=1)
    ours = shock_error_covariance(rows.runs, rows.columns, {"path_bp": np.sqrt(2.0) * level_sd[1:]})
    theirs = np.cov(summed.T)
    scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
    np.testing.assert_allclose(ours / scale, theirs / scale, rtol=0.0, atol=0.03)


def test_errors_of_a_shock_in_one_column_are_those_of_half_of_each_side():
    rng = generator()
    errors = {"path_bp": rng.uniform(0.2, 0.8, size=20)}
    runs = np.array([[3, 4, 4, 5], [4, 6, 5, 7], [6, 6, 7, 8]])
    both = shock_error_covariance(runs, (("path_bp", "start"), ("path_bp", "end")), errors)
    one = shock_error_covariance(runs, (("path_bp", "inside"),), errors)
    np.testing.assert_allclose(one, [[both.sum() / 4.0]], rtol=1e-12, atol=1e-15)


def test_over_consecutive_days_all_errors_but_the_ends_cancel():
    runs = np.array([[k, k + 1, k, k + 1] for k in range(3, 13)])
    ours = shock_error_covariance(runs, (("path_bp", "inside"),), {"path_bp": np.full(20, 0.4)})
    np.testing.assert_allclose(ours, [[0.4**2]], rtol=1e-12, atol=1e-15)
    unknown = {"path_bp": np.full(20, np.nan)}
    assert shock_error_covariance(runs, (("path_bp", "inside"),), unknown) == 0.0


def test_errors_of_two_shocks_are_independent():
    runs = np.array([[3, 4, 4, 5]])
    columns = (("a", "start"), ("a", "end"), ("b", "start"), ("b", "end"))
    errors = {"a": np.full(9, 0.4), "b": np.full(9, 0.8)}
    ours = shock_error_covariance(runs, columns, errors)
    np.testing.assert_array_equal(ours[:2, 2:], 0.0)
    np.testing.assert_allclose(ours[2:, 2:], 4.0 * ours[:2, :2], rtol=1e-12, atol=1e-15)
    alone = shock_error_covariance(runs, columns[:2], {"a": errors["a"]})
    np.testing.assert_array_equal(ours[:2, :2], alone)


# --- coverage --------------------------------------------------------------------------------

REPLICATIONS, DRAWS, ROWS = 400, 400, 340
FEWEST, MOST = 0.86, 0.94
"""Nominal 90 %; two standard errors of 400 replications are 3 points."""


def coverage(*, dollar: bool) -> dict[str, float]:
    """How often 90 % intervals hold the truth, noise being persistent and larger with news."""
    rng = generator()
    news = np.array([-4.5, 5.0])
    truth = {"drift": 0.1, "rate_premium": -0.02 * -4.5 - 0.04 * 5.0}
    hits = dict.fromkeys((*truth, "unexplained"), 0)
    for _ in range(REPLICATIONS):
        z = rng.standard_t(6, size=(ROWS, 2)) * 3.0
        noise = persistent_noise(rng, ROWS, z.sum(axis=1))
        own = rng.normal(scale=0.35, size=ROWS)
        y = 0.05 + z @ [-0.02, -0.04] + noise - 1.5 * own * dollar
        rows = (y, z, z @ [0.01, 0.02] + own, z) if dollar else (y, z)
        fit = fit_loading(sample_of(*rows))
        own_move = 0.7
        moved = 2.0 if dollar else 0.0
        window = Window(
            total_pp=0.0,
            intervals=2.0,
            shocks_bp=news,
            dollar_pct=news @ [0.01, 0.02] + own_move if dollar else 0.0,
            dollar_terms=np.array([moved, *news])[: 3 * dollar],
            shock_error_bp2=np.zeros((2, 2)),
        )
        truth["dollar"] = -1.5 * own_move * dollar
        truth["unexplained"] = -truth["drift"] - truth["rate_premium"] - truth["dollar"]
        read = read_window(fit, bootstrap_fit(fit, DRAWS, rng), window, rng)
        for part in hits:
            low, high = read.interval(part, 0.90)
            hits[part] += low < truth[part] < high
    return {part: count / REPLICATIONS for part, count in hits.items()}


@pytest.mark.parametrize("dollar", [False, True], ids=["rates alone", "with the dollar"])
def test_studentised_intervals_cover_the_truth(dollar):
    found = coverage(dollar=dollar)
    assert FEWEST <= found["rate_premium"] <= MOST, found
    assert FEWEST <= found["unexplained"] <= MOST, found


# --- the same draws whoever asks ---------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(fit):
    first, second = (bootstrap_fit(fit, 20, generator()) for _ in range(2))
    np.testing.assert_array_equal(first.params, second.params)
    other = bootstrap_fit(fit, 20, np.random.default_rng(1))
    assert (first.params != other.params).any()


def test_critical_values_are_the_normal_ones():
    assert normal_quantile(0.90) == pytest.approx(1.6448536269514722, rel=1e-12, abs=0.0)
    assert normal_quantile(0.95) == pytest.approx(1.959963984540054, rel=1e-12, abs=0.0)


# --- degenerate samples ------------------------------------------------------------------------


def surprises(days: list[int], size: int = 120) -> LoadingFit:
    rng = generator()
    z = np.zeros(size)
    z[days] = rng.normal(scale=4.0, size=len(days))
    return fit_loading(sample_of(-0.05 * z + rng.normal(size=size), z))


@pytest.mark.parametrize("days", [[20, 61, 102], list(range(0, 116, 4))], ids=["three", "29"])
def test_surprises_too_rare_to_resample_are_refused_with_their_number(days):
    """Three statements in 120 days: some resamples would hold none of them."""
    with pytest.raises(CoverageError, match=f"A: a shock moves on {len(days)} rows .* needs 30"):
        bootstrap_fit(surprises(days), 500, generator())


def test_the_rarest_of_several_shocks_decides():
    rng = generator()
    z = rng.normal(scale=4.0, size=(120, 2))
    z[29:, 1] = 0.0
    fit = fit_loading(sample_of(z @ [-0.02, -0.05] + rng.normal(size=120), z))
    with pytest.raises(CoverageError, match="moves on 29 rows"):
        bootstrap_fit(fit, 500, generator())


def assert_resampled(fit: LoadingFit) -> None:
    draws = bootstrap_fit(fit, 2000, generator())
    window = Window.of(rows_of(np.zeros(2), np.array([5.0, 0.0])), np.zeros((1, 1)))
    low, high = read_window(fit, draws, window, generator()).interval("rate_premium", 0.90)
    assert np.isfinite(draws.params).all()
    assert np.isfinite([low, high]).all()


def test_thirty_surprises_apart_do_not_break_the_bootstrap():
    assert_resampled(surprises(list(range(0, 120, 4))))


def test_thirty_surprises_at_once_do_not_break_the_bootstrap():
    """A refusal would do as well."""
    try:
        assert_resampled(surprises(list(range(100, 130)), 340))
    except CoverageError:
        return

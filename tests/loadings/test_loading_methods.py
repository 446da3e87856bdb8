"""Every method on one asset: against the library behind it, against what must not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from clock_worlds import COMEX, FUTURES, daily_shocks, returns_of, returns_table, trading_days
from method_worlds import announcements, plain_world

from ratemodel.config import LoadingOptions
from ratemodel.errors import CoverageError, StudyError
from ratemodel.estimators import METHODS, estimate_loadings
from ratemodel.types.returns import Returns
from ratemodel.volatility import fit_volatility

SEED = 20260130
SAME_NUMBERS = {"rel": 1e-12, "abs": 1e-14}
"""The same arithmetic, done by the same library."""
ITERATED = {"rtol": 2e-3, "atol": 1e-5}
"""Found by iteration: each run stops where its own steps are small."""
ITERATED_ONE = {"rel": 2e-3, "abs": 1e-5}
EXACT = {"rtol": 1e-8, "atol": 1e-11}
MOVED = ("estimate_pp_per_bp", "std_err", "ci_low", "ci_high")
DATA_ALONE = [method for method in METHODS if method != "shrinkage"]


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(SEED)
    dates = trading_days("2012-01-03", 501)
    s = rng.normal(scale=4.0, size=500) * np.where(np.arange(1, 501) % 10 == 0, 4.0, 1.0)
    moves = {
        "A": -0.08 * s + rng.normal(size=500),
        "B": -0.02 * np.r_[0.0, s[:-1]] - 0.03 * s + rng.standard_t(4, size=500),
    }
    tables = [
        returns_table("A", dates, FUTURES, moves["A"]),
        returns_table("B", dates, COMEX, moves["B"]),
    ]
    return returns_of(*tables), daily_shocks(dates, s), announcements(dates[10::10]), dates


def row_of(world, method: str, asset: str = "A", returns=None, shocks=None, **more) -> pd.Series:
    held, news, said, dates = world
    table = estimate_loadings(
        returns or held,
        shocks or news,
        dates[-2],
        method=method,
        assets=[asset],
        announcements=said,
        **more,
    )
    return table.row(asset, method=method)


def plain_design(world) -> tuple[np.ndarray, np.ndarray]:
    """Asset A is struck with the shocks: its rows need no matching."""
    returns, shocks, _, dates = world
    y = returns.of("A")["log_return_pp"].to_numpy()
    inside = returns.of("A")["date"] < dates[-2]
    inside &= returns.of("A")["date"] > dates[1]  # rows wholly after the first shock's date
    x = sm.add_constant(shocks.of().to_numpy())
    return y[inside], x[inside]


def test_least_squares_is_statsmodels(world):
    y, x = plain_design(world)
    for cov, kwds in (("HAC", {"maxlags": 5, "use_correction": False}), ("HC1", None)):
        fit, row = sm.OLS(y, x).fit(cov_type=cov, cov_kwds=kwds), row_of(world, "ols", cov=cov)
        assert row["n"] == len(y)
        assert row["estimate_pp_per_bp"] == pytest.approx(fit.params[1], **SAME_NUMBERS)
        assert row["std_err"] == pytest.approx(fit.bse[1], **SAME_NUMBERS)


@pytest.mark.parametrize("quantile", [0.5, 0.1])
def test_the_quantile_is_statsmodels(world, quantile):
    y, x = plain_design(world)
    fit = sm.QuantReg(y, x).fit(q=quantile)
    row = row_of(world, "quantile", options=LoadingOptions(quantile=quantile))
    assert row["estimate_pp_per_bp"] == pytest.approx(fit.params[1], **SAME_NUMBERS)
    assert row["std_err"] == pytest.approx(fit.bse[1], **SAME_NUMBERS)
    assert row["note"] == f"quantile {quantile:g}"


def test_the_robust_is_statsmodels(world):
    y, x = plain_design(world)
    fit = sm.RLM(y, x, M=sm.robust.norms.HuberT()).fit(maxiter=200)
    row = row_of(world, "robust")
    assert row["estimate_pp_per_bp"] == pytest.approx(fit.params[1], **SAME_NUMBERS)
    assert row["std_err"] == pytest.approx(fit.bse[1], **SAME_NUMBERS)
    assert row["note"] == f"{int((fit.weights < 1.0).sum())} days held back"


def test_the_likelihood_is_that_of_fit_volatility(world):
    y, x = plain_design(world)
    index = pd.RangeIndex(len(y))
    fit = fit_volatility(pd.Series(y, index=index), pd.DataFrame({"s": x[:, 1]}, index=index))
    row = row_of(world, "garch")
    assert row["estimate_pp_per_bp"] == pytest.approx(fit.params["s"], **ITERATED_ONE)
    assert row["std_err"] == pytest.approx(fit.std_errors()["s"], **ITERATED_ONE)
    assert row["converged"] == fit.converged
    assert row["note"].startswith(fit.label)


def test_large_days_move_least_squares_and_hardly_the_methods_against_them(world):
    returns, shocks, _, _dates = world
    table = returns.table.copy()
    place = int(np.argmax(np.abs(shocks.of().to_numpy()[100:200]))) + 100
    hit = (table["asset"] == "A") & (table["date"] == shocks.dates[place])
    table.loc[hit, "log_return_pp"] += 30.0 * np.sign(shocks.of().iloc[place])
    for method, least, most in (("ols", 0.02, 1.0), ("quantile", 0.0, 0.01), ("robust", 0.0, 0.01)):
        before = row_of(world, method)["estimate_pp_per_bp"]
        after = row_of(world, method, returns=Returns(table))
        assert least <= after["estimate_pp_per_bp"] - before <= most, method
        assert after["largest_day"] == row_of(world, "ols")["largest_day"]


@pytest.mark.parametrize("asset", ["A", "B"])
@pytest.mark.parametrize("method", DATA_ALONE)
def test_scaling_and_turning_the_shock_does_the_inverse_to_the_loading(world, method, asset):
    _, shocks, _, dates = world
    plain = row_of(world, method, asset)
    turned = row_of(world, method, asset, shocks=daily_shocks(dates, -2.5 * shocks.of().to_numpy()))
    expected = -plain[list(MOVED)].to_numpy(float) / 2.5
    expected[1] *= -1.0
    expected[[2, 3]] = expected[[3, 2]]
    close = ITERATED if method in ("garch", "quantile", "robust", "kalman") else EXACT
    np.testing.assert_allclose(turned[list(MOVED)].to_numpy(float), expected, **close)
    weights = [row["largest_day_weight"] for row in (plain, turned)]
    assert weights[0] == pytest.approx(weights[1], rel=1e-9, abs=0.0)
    assert plain["break_statistic"] == pytest.approx(turned["break_statistic"], rel=1e-6, abs=0.0)


@pytest.mark.parametrize("asset", ["A", "B"])
@pytest.mark.parametrize("method", METHODS)
def test_a_constant_in_returns_moves_no_loading(world, method, asset):
    anchors = pd.DataFrame(
        {
            "asset": [asset],
            "shock": ["path, by somebody"],
            "estimate_pct_per_bp": [-0.05],
            "se_pct_per_bp": [0.01],
            "sample": ["to 1999"],
        }
    )
    raised = world[0].table.assign(log_return_pp=world[0].table["log_return_pp"] + 0.7)
    plain = row_of(world, method, asset, anchors=anchors)
    moved = row_of(world, method, asset, returns=Returns(raised), anchors=anchors)
    close = ITERATED if method in ("garch", "quantile", "robust", "kalman") else EXACT
    np.testing.assert_allclose(
        moved[list(MOVED)].to_numpy(float), plain[list(MOVED)].to_numpy(float), **close
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_assets_changes_nothing(world, method):
    returns, shocks, said, dates = world
    first, second = (
        estimate_loadings(
            returns, shocks, dates[-2], method=method, assets=order, announcements=said
        )
        for order in (["A", "B"], ["B", "A"])
    )
    for name in ("table", "paths"):
        frames = [
            getattr(table, name).sort_values(["asset", "date", "horizon_days"], ignore_index=True)
            if name == "paths"
            else getattr(table, name).sort_values("asset", ignore_index=True)
            for table in (first, second)
        ]
        pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_jobs_change_no_bit(world):
    from ratemodel.estimators import Known, estimate_cases
    from ratemodel.loadings import Case

    returns, shocks, said, dates = world
    cases = [
        ("e", Case(returns, asset, shocks, ("path_bp",), None, None, dates[-2]))
        for asset in ("A", "B")
    ]
    known = Known.of(said, None)
    methods = ("ols", "rolling", "kalman", "local_projection")
    alone, shared = (estimate_cases(cases, methods, known, jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(alone.table, shared.table, check_exact=True)
    pd.testing.assert_frame_equal(alone.paths, shared.paths, check_exact=True)


@pytest.mark.parametrize("method", ["ols", "garch", "quantile", "robust", "events", "kalman"])
def test_the_error_of_the_cleared_dollar_is_in_every_method(method):
    """A dollar that moves gold three for one: its clearing is an estimate, and it shows."""
    rng = np.random.default_rng(SEED)
    covered, count = 0, 40
    for _ in range(count):
        dates = trading_days("2012-01-03", 302)
        s = rng.normal(scale=4.0, size=301)
        own = rng.normal(scale=0.5, size=301)
        gold = -0.03 * s - 3.0 * own + rng.normal(scale=0.3, size=301)
        returns = returns_of(
            returns_table("A", dates, FUTURES, gold),
            returns_table("D", dates, FUTURES, 0.02 * s + own),
        )
        table = estimate_loadings(
            returns, daily_shocks(dates, s), dates[-1], controls="D", method=method
        )
        row = table.row("A", method=method)
        covered += row["ci_low"] < -0.03 < row["ci_high"]
    assert covered / count >= 0.75  # nominal 0.90; without that error it is about 0.3


def test_every_row_says_how_much_hangs_on_one_day(world):
    _returns, _shocks, _said, _dates = world
    for method in DATA_ALONE:
        row = row_of(world, method)
        assert 0.0 < row["largest_day_weight"] < 1.0, method
        assert row["start"] <= row["largest_day"] <= row["end"], method


def test_the_largest_day_is_the_largest_shock(world):
    _y, x = plain_design(world)
    deviation = (x[:, 1] - x[:, 1].mean()) ** 2
    row = row_of(world, "ols")
    assert row["largest_day_weight"] == pytest.approx(
        deviation.max() / deviation.sum(), rel=1e-10, abs=0.0
    )


def test_a_method_that_does_not_apply_says_why_and_raises_nothing(world):
    returns, shocks, _, dates = world
    short = {"after": dates[-70]}
    for method in METHODS:
        table = estimate_loadings(returns, shocks, dates[-2], method=method, assets=["A"], **short)
        row = table.row("A", method=method)
        assert np.isfinite(row["estimate_pp_per_bp"]) or row["reason"], method
        assert str(table)
        assert table.summary()
    empty = estimate_loadings(returns, shocks, dates[30], method="garch", assets=["A"])
    assert "60 are needed" in empty.row("A", method="garch")["reason"]


def test_a_series_by_another_name_is_used_and_one_that_is_not_held_is_refused(world):
    returns, shocks, _, dates = world
    other = daily_shocks(dates, shocks.of().to_numpy())
    renamed = type(other)(
        values_bp=other.values_bp.rename(columns={"path_bp": "DGS2"}),
        errors_bp=other.errors_bp.rename(columns={"path_bp": "DGS2"}),
        identified=other.identified.rename(columns={"path_bp": "DGS2"}),
        start_utc=other.start_utc,
        end_utc=other.end_utc,
        source=other.source,
    )
    row = estimate_loadings(returns, renamed, dates[-2]).row("A", "DGS2")
    assert row["estimate_pp_per_bp"] == row_of(world, "ols")["estimate_pp_per_bp"]
    with pytest.raises(CoverageError, match="no shock path_bp; there are DGS2"):
        estimate_loadings(returns, renamed, dates[-2], names=["path_bp"])
    with pytest.raises(StudyError, match="cov must be one of HAC, HC1, got 'HC3'"):
        estimate_loadings(returns, renamed, dates[-2], cov="HC3")


def test_two_shocks_are_told_apart_by_every_method_that_can():
    rng = np.random.default_rng(SEED)
    returns, shocks, dates = plain_world(500, rng, beta=0.0, noise=0.5)
    s = rng.normal(scale=4.0, size=(499, 2))
    table = returns.table.assign(log_return_pp=returns.table["log_return_pp"] + s @ [-0.05, 0.10])
    both = type(shocks)(
        values_bp=pd.DataFrame(s, index=shocks.dates, columns=["a", "b"]),
        errors_bp=pd.DataFrame(np.nan, index=shocks.dates, columns=["a", "b"]),
        identified=pd.DataFrame(True, index=shocks.dates, columns=["a", "b"]),
        start_utc=shocks.start_utc,
        end_utc=shocks.end_utc,
        source=shocks.source,
    )
    for method in METHODS:
        found = estimate_loadings(Returns(table), both, dates[-1], method=method)
        if method in ("rigobon_sack", "shrinkage"):
            assert (found.table["reason"] != "").all()
            continue
        for name, truth in (("a", -0.05), ("b", 0.10)):
            row = found.row("A", name, method)
            assert abs(row["estimate_pp_per_bp"] - truth) < 4.0 * row["std_err"], method

"""Local projections against a statsmodels loop, and against a response that builds."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from clock_worlds import COMEX, CRYPTO, ETF, daily_shocks, returns_of, returns_table, trading_days

from ratemodel.config import LoadingOptions
from ratemodel.estimators import estimate_loadings
from ratemodel.loadings.case import Case
from ratemodel.loadings.covariance import hac_lags
from ratemodel.loadings.projections import LAGS, lay_out, project

SEED = 20260130
LOOP = {"rtol": 1e-12, "atol": 1e-14}
"""The promise of the specification."""


@pytest.mark.parametrize("cov", ["HAC", "HC1"])
def test_horizons_equal_a_statsmodels_loop(cov):
    rng = np.random.default_rng(SEED)
    x = np.column_stack([np.ones(340), rng.normal(scale=4.0, size=(340, 11))])
    y = np.cumsum(rng.normal(size=(340, 21)), axis=1) + 0.05 * x[:, [1]]
    counts = 340 - np.arange(21)
    wanted = np.eye(12)[1]
    estimate, error, share = project(y, x, counts, wanted, cov)
    for horizon, count in enumerate(counts):
        kwds = {"maxlags": hac_lags(count), "use_correction": False} if cov == "HAC" else None
        fit = sm.OLS(y[:count, horizon], x[:count]).fit(cov_type=cov, cov_kwds=kwds)
        np.testing.assert_allclose(estimate[horizon], fit.params[1], **LOOP)
        np.testing.assert_allclose(error[horizon], fit.bse[1], **LOOP)
    assert share.sum() == pytest.approx(1.0, rel=1e-12, abs=0.0)


def case_of(clock: str, moves: np.ndarray, shocks: np.ndarray) -> tuple[Case, object]:
    dates = trading_days("2015-01-02", len(moves) + 1)
    case = Case(
        returns=returns_of(returns_table("A", dates, clock, moves)),
        asset="A",
        shocks=daily_shocks(dates, shocks),
        names=("path_bp",),
        dollar=None,
        after=dates[0],
        before=dates[-1],
        options=LoadingOptions(horizon_days=3),
    )
    return case, dates


@pytest.mark.parametrize(
    ("clock", "first", "last"),
    [(COMEX, 0, 1), (ETF, -1, 0), (CRYPTO, -1, 0)],
    ids=["settles before", "closes after", "closes after, in UTC"],
)
def test_a_window_runs_from_the_return_a_shock_starts_in(clock, first, last):
    """COMEX gold of 13:30 holds the start of today's shock today, its end tomorrow."""
    rng = np.random.default_rng(SEED)
    moves, shocks = rng.normal(size=120), rng.normal(size=120)
    case, dates = case_of(clock, moves, shocks)
    layout = lay_out(case)
    inside = moves[:-1]  # the last return belongs to the event
    for place in (0, 40, len(layout.dates) - 10):
        row = list(dates[1:]).index(layout.dates[place])
        shock = row - last
        assert layout.regressors[place, 1] == shocks[shock]
        for horizon in range(4):
            total = inside[shock + first : shock + last + horizon + 1].sum()
            assert layout.responses[place, horizon] == pytest.approx(total, rel=1e-9, abs=1e-12)
        lags = layout.regressors[place, 2 : 2 + LAGS]
        np.testing.assert_array_equal(lags, shocks[shock - LAGS : shock][::-1])
        own = layout.regressors[place, 2 + LAGS :]
        np.testing.assert_array_equal(own, inside[shock + first - LAGS : shock + first][::-1])


@pytest.mark.parametrize("clock", [COMEX, ETF])
def test_a_response_that_builds_over_days_is_recovered(clock):
    rng = np.random.default_rng(SEED)
    size = 3000
    s = rng.normal(scale=4.0, size=size)
    share = {COMEX: (0.2, 0.8), ETF: (0.9, 0.1)}[clock]  # of the shock's day in each return
    moves = rng.normal(scale=0.5, size=size)
    later = np.r_[0.0, s[:-1]] if clock == COMEX else s
    earlier = s if clock == COMEX else np.r_[s[1:], 0.0]
    moves += -0.05 * (share[0] * (earlier if clock == COMEX else later))
    moves += -0.05 * (share[1] * (later if clock == COMEX else earlier))
    moves[2:] += -0.01 * (later[:-2])  # two returns on
    case, _ = case_of(clock, moves, s)
    table = estimate_loadings(case.returns, case.shocks, case.before, method="local_projection")
    path = table.paths.set_index("horizon_days")
    truth = np.r_[-0.05, -0.05, np.full(19, -0.06)]
    misses = np.abs(path["estimate_pp_per_bp"] - truth) / path["std_err"]
    assert misses.max() < 4.0
    assert path["std_err"].iloc[0] < 0.005
    row = table.row("A", method="local_projection")
    assert row["estimate_pp_per_bp"] == path["estimate_pp_per_bp"].iloc[0]
    assert path["n"].iloc[0] - path["n"].iloc[-1] == 20


def test_too_few_windows_give_the_reason():
    rng = np.random.default_rng(SEED)
    case, dates = case_of(ETF, rng.normal(size=80), rng.normal(size=80))
    row = estimate_loadings(case.returns, case.shocks, dates[-1], method="local_projection").row(
        "A", method="local_projection"
    )
    assert "with returns up to 20 days later, 60 are needed" in row["reason"]

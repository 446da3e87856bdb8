"""The break test: against a loop, against published critical values, against known breaks."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from design_samples import sample_of

from ratemodel.loadings import fit_loading
from ratemodel.loadings.breaks import largest_break, sup_wald_p, wald_path
from ratemodel.loadings.covariance import hac_lags

SEED = 20260130
LOOP = {"rtol": 1e-9, "atol": 1e-12}
"""Running sums against a decomposition of every part."""


def regression(rng: np.random.Generator, size: int, change: float = 0.0, at: int = 0):
    z = rng.normal(scale=4.0, size=(size, 2))
    slopes = np.where(np.arange(size)[:, None] >= at, [-0.02 + change, -0.05], [-0.02, -0.05])
    return (z * slopes).sum(axis=1) + rng.normal(size=size), np.column_stack([np.ones(size), z])


def test_every_split_equals_two_statsmodels_regressions():
    y, x = regression(np.random.default_rng(SEED), 140)
    wanted = np.array([0.0, 1.0, 1.0])
    splits, wald = wald_path(y, x, wanted)
    assert splits[0] == 21
    assert splits[-1] == 140 - 21
    for split, statistic in zip(splits, wald, strict=True):
        parts = []
        for part in (slice(None, split), slice(split, None)):
            lags = hac_lags(len(y[part]))
            kwds = {"maxlags": lags, "use_correction": False}
            fit = sm.OLS(y[part], x[part]).fit(cov_type="HAC", cov_kwds=kwds)
            parts.append((wanted @ fit.params, wanted @ fit.cov_params() @ wanted))
        apart = (parts[0][0] - parts[1][0]) ** 2 / (parts[0][1] + parts[1][1])
        np.testing.assert_allclose(statistic, apart, **LOOP)


@pytest.mark.parametrize(("critical", "level"), [(7.12, 0.10), (8.68, 0.05), (12.16, 0.01)])
def test_p_values_are_those_of_the_published_critical_values(critical, level):
    """Andrews (2003), Econometrica 71(1), 395-397, corrected table: one coefficient, trim 0.15."""
    assert sup_wald_p(critical) == pytest.approx(level, rel=0.06, abs=0.0)


def test_a_break_is_found_where_it_is():
    rng = np.random.default_rng(SEED)
    wanted = np.array([0.0, 1.0, 1.0])
    rows = [largest_break(*regression(rng, 600, 0.3, 380), wanted) for _ in range(20)]
    assert all(p < 0.01 for _, _, p in rows)
    assert np.median([abs(row - 380) for row, _, _ in rows]) < 15


def test_without_a_break_few_are_found():
    rng = np.random.default_rng(SEED)
    found = [
        largest_break(*regression(rng, 340), np.array([0.0, 1.0, 1.0]))[2] < 0.05
        for _ in range(300)
    ]
    assert np.mean(found) < 0.12  # 5 % nominal; HAC in short regimes rejects somewhat too often


def test_a_short_sample_is_not_split():
    y, x = regression(np.random.default_rng(SEED), 29)
    assert largest_break(y, x, np.array([0.0, 1.0, 1.0])) is None


def test_regimes_without_news_are_left_out():
    y, x = regression(np.random.default_rng(SEED), 200)
    x[:90, 1] = 0.0
    splits, wald = wald_path(y, x, np.array([0.0, 1.0, 1.0]))
    np.testing.assert_array_equal(np.isnan(wald), splits <= 90)


def test_the_table_names_the_first_row_of_the_later_regime():
    y, x = regression(np.random.default_rng(SEED), 400, 0.3, 250)
    fit = fit_loading(sample_of(y, x[:, 1:]))
    broken = fit.stability["path_bp"]
    row = list(fit.sample.rows.dates).index(broken.date)
    assert abs(row - 250) < 15
    assert broken.p < 0.001
    assert broken.statistic == pytest.approx(
        np.nanmax(wald_path(y, x, np.array([0.0, 1.0, 1.0]))[1]), rel=1e-9, abs=0.0
    )

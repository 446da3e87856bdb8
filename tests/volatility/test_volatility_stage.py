"""What a study says of volatility: shocks in the variance, correlations, reasons for neither."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import ratemodel as rm
from ratemodel.config import AssetSpec, Bands, Study
from ratemodel.decomposition import null
from ratemodel.errors import CoverageError
from ratemodel.stages import Stages
from ratemodel.volatility import fit_volatility

ASSETS = (AssetSpec("GC", "Gold"), AssetSpec("GLD", "Gold fund"), AssetSpec("BTC", "Bitcoin"))
STUDY = Study(name="small", assets=ASSETS, bands=Bands(draws=100))
KEY = "delta[path_bp]"


@pytest.fixture(scope="module")
def stages() -> Stages:
    return Stages(STUDY)


def test_each_asset_has_the_path_shock_in_its_variance(stages):
    table = stages.table("volatility_models")
    rows = table[table["parameter"] == KEY].set_index("asset")
    assert list(rows.index) == ["GC", "GLD", "BTC"]
    assert rows["model"].str.contains("-x-").all()
    assert (rows["estimate"] >= 0.0).all()
    zero = rows["estimate"] == 0.0
    assert (rows.loc[zero, "p"] == 1.0).all()
    assert (rows.loc[~zero, "p"] < 0.5).all()
    likelihood = table.groupby(["asset", table["model"].str.contains("-x-")])[
        "log_likelihood"
    ].max()
    for asset in rows.index:
        same = table.loc[table["asset"] == asset, "model"].str.replace("-x-", "-").nunique() == 1
        assert not same or likelihood[asset, True] > likelihood[asset, False] - 1e-6


def test_the_size_of_a_shock_is_shared_by_the_returns_it_reaches(stages):
    """GLD closes an hour after the shock's own strike: each return holds a part of two shocks."""
    found = stages.split.shock_volatility["metals-2026", "GLD"]
    plain = stages.split.volatility["metals-2026", "GLD"]
    shocks = stages.split.shocks["metals-2026"]
    values = shocks.values_bp["path_bp"].abs()
    dates = pd.DatetimeIndex(shocks.dates)
    sizes = pd.Series(values.to_numpy(), index=dates)
    scaled = pd.Series(plain.residuals_pp, index=plain.dates, name="GLD")
    position = dates.get_indexer(scaled.index)
    halves = (sizes.to_numpy()[position] + sizes.to_numpy()[position + 1]) / 2.0
    frame = pd.DataFrame({"path_bp": halves}, index=scaled.index)
    plain_days = np.array([len(pd.bdate_range(a, b)) == 2 for a, b in _pairs(dates, position)])
    assert plain_days.sum() > 200
    np.testing.assert_allclose(
        found.shock_sizes[plain_days, 0], frame["path_bp"].to_numpy()[plain_days], rtol=1e-12
    )
    again = fit_volatility(
        scaled,
        variance_shocks=pd.DataFrame(found.shock_sizes, scaled.index, ["path_bp"]),
        mean=False,
    )
    np.testing.assert_allclose(found.params, again.params, rtol=1e-6, atol=1e-9)


def _pairs(dates: pd.DatetimeIndex, position: np.ndarray) -> list[tuple]:
    return [(dates[i - 1], dates[i]) for i in position]


def test_correlations_are_of_the_sample_before_the_event(stages):
    table, models = stages.table("correlations"), stages.table("correlation_models")
    start = stages.market.events.set_index("event").loc["metals-2026", "start"]
    assert (table["date"] < start).all()
    assert set(zip(table["asset_a"], table["asset_b"], strict=True)) == {
        ("GC", "GLD"),
        ("GC", "BTC"),
        ("GLD", "BTC"),
    }
    assert models["parameter"].tolist() == ["a", "b"]
    assert len(table) == 3 * models["n"].iloc[0]
    fits = [stages.split.volatility["metals-2026", asset] for asset in ("GC", "GLD", "BTC")]
    again = rm.fit_dcc(fits)
    pair = table.query("asset_a == 'GC' and asset_b == 'GLD'")["correlation"].to_numpy()
    np.testing.assert_array_equal(pair, again.correlation("GC", "GLD"))
    assert pair.mean() > 0.5


def test_what_fails_gives_its_reason(monkeypatch):
    def refuse(returns_pp, **options):
        if "variance_shocks" in options:
            raise CoverageError("no shocks today")
        return fit_volatility(returns_pp, **options)

    monkeypatch.setattr(null, "fit_volatility", refuse)
    said: list[str] = []
    stages = Stages(Study(name="one", assets=ASSETS[:1], bands=Bands(draws=100)), say=said.append)
    row = stages.table("volatility_models").set_index("parameter").loc[KEY]
    assert (row["note"], row["converged"]) == ("no shocks today", False)
    assert np.isnan(row["estimate"])
    models = stages.table("correlation_models")
    assert stages.table("correlations").empty
    assert "correlations need two margins" in models["note"].item()
    assert not models["converged"].item()
    assert any("no correlations before metals-2026" in line for line in said)

"""The public names, and what every result can do."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import ratemodel as rm
from ratemodel.config import Bands, Sample, Study

RESULTS = ("market", "path", "shocks", "returns", "loadings", "fit", "split", "checks")


@pytest.fixture(scope="module")
def results():
    """One of each result, on the replica."""
    market = rm.load_market("replica")
    path = rm.implied_path(
        market.futures, market.fomc, market.rates, engine="joint", effective_lag=1
    )
    shocks = rm.path_shocks(path)
    returns = rm.log_returns(market)
    loadings = rm.estimate_loadings(
        returns,
        shocks,
        before="2026-01-30",
        controls=None,
        method="ols",
        level=0.90,
        seed=20260130,
        assets=["GC", "BTC"],
    )
    gold = returns.of("GC").set_index("date")["log_return_pp"].rename("GC")
    fit = rm.fit_volatility(gold, mean_shocks=None, model="gjr", dist="t")
    split = rm.decompose(
        market,
        shocks,
        event="metals-2026",
        dollar="DTWEXBGS",
        method="flows",
        level=0.90,
        draws=200,
        seed=20260130,
        n_jobs=1,
        assets=["GC"],
    )
    tables = rm.run(Study(bands=Bands(draws=200), assets=Study().assets[:1]))
    return {
        "market": market,
        "path": path,
        "shocks": shocks,
        "returns": returns,
        "loadings": loadings,
        "fit": fit,
        "split": split,
        "checks": tables.checks,
        "tables": tables,
    }


def test_importing_costs_nothing_until_a_name_is_used():
    code = "import sys, ratemodel; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_is_there_and_documented():
    for name in rm.__all__:
        assert inspect.getdoc(getattr(rm, name)), name
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(rm, "no_such_name")  # noqa: B009 - the module's own __getattr__ is what is tested


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_has_its_three_forms(results, name, capsys):
    result = results[name]
    frame, text, line = result.to_frame(), result.summary(), str(result)
    assert isinstance(frame, pd.DataFrame)
    assert len(frame)
    assert isinstance(text, str)
    assert text
    assert line
    assert "\n" not in line
    assert "object at 0x" not in line
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", RESULTS)
def test_every_public_attribute_answers(results, name):
    result = results[name]
    for attribute in dir(result):
        if not attribute.startswith("_"):
            getattr(result, attribute)


def test_a_frame_handed_out_can_be_changed_without_changing_the_result(results):
    for name in ("returns", "loadings", "split"):
        frame = results[name].to_frame()
        before = results[name].to_frame()
        frame.iloc[:, :] = frame.iloc[::-1].to_numpy()
        pd.testing.assert_frame_equal(results[name].to_frame(), before)


def test_returns_by_method_and_by_function_are_the_same(results):
    market = results["market"]
    pd.testing.assert_frame_equal(market.returns().to_frame(), rm.log_returns(market).to_frame())


def test_components_are_looked_up(results):
    split = results["split"]
    estimate, low, high, band = split.component("GC", "dollar")
    assert low <= estimate <= high
    assert band == "confidence"
    with pytest.raises(rm.RateModelError, match="no component rates of GC"):
        split.component("GC", "rates")


def test_the_command_lines_path_and_the_functions_agree(results):
    table = results["tables"]["decomposition"].set_index("component")["estimate_pp"]
    for name in table.index:
        ours = results["split"].component("GC", name).estimate_pp
        np.testing.assert_allclose(table[name], ours, rtol=0, atol=1e-12)


def test_defaults_live_in_the_study():
    defaults = inspect.signature(rm.decompose).parameters
    study = Study()
    assert defaults["event"].default == study.event
    assert defaults["draws"].default == study.bands.draws
    assert defaults["level"].default == study.bands.level
    assert defaults["seed"].default == study.bands.seed
    assert defaults["dollar"].default == study.dollar_series


def test_methods_are_compared_side_by_side(results):
    table = rm.compare({"all": results["loadings"], "again": results["loadings"]})
    assert list(table.columns) == ["all", "again"]
    assert ("GC", "path_bp") in table.index


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        (lambda m, s: rm.implied_path(m.futures, m.fomc, m.rates, engine="spline"), "joint"),
        (lambda m, s: rm.implied_path(m.futures, m.fomc, m.rates, effective_lag=2), "era"),
        (lambda m, s: rm.decompose(m, s, method="guess"), "flows"),
        (lambda m, s: rm.decompose(m, s, event="guess"), "metals-2026"),
        (lambda m, s: rm.estimate_loadings(m.returns(), s, "2026-01-30", method="guess"), "ols"),
        (lambda m, s: rm.shock_series(pd.Series(dtype=float), unit="percent"), "bp"),
        (lambda m, s: rm.fit_volatility(pd.Series([0.0] * 200), model="figarch"), "gjr"),
    ],
)
def test_an_unknown_choice_names_the_known_ones(results, call, allowed):
    with pytest.raises(rm.RateModelError, match=allowed):
        call(results["market"], results["shocks"])


def test_a_sample_by_days_is_that_long(results):
    split = rm.decompose(
        results["market"],
        results["shocks"],
        draws=200,
        assets=["GC"],
        sample=Sample(pre_days=300),
    )
    window = split.windows.iloc[0]
    dates = results["market"].trade_dates
    first = dates[dates < pd.Timestamp("2026-01-30")][-300]
    start = split.loadings.row("GC")["start"]
    assert first < start <= first + pd.Timedelta(days=7)
    assert window["sample_rows"] + window["dropped_rows"] <= 299

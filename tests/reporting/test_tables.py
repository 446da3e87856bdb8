"""Tables on disk: promised columns, exact numbers, a description that fits."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from frictionless import Package

import ratemodel as rm
from ratemodel.config import AssetSpec, Bands
from ratemodel.reporting.tables import OUTPUT_TABLES, TableError, csv_text, finish_table

PROMISED = {
    "rate_path": "trade_date meeting effective_date rate_pct rate_se_bp change_bp change_se_bp "
    "identified",
    "path_horizons": "trade_date horizon_months expected_rate_pct priced_change_bp se_bp "
    "identified",
    "meeting_probabilities": "trade_date meeting target_lower_pct target_upper_pct probability "
    "engine",
    "shocks": "trade_date target_bp path_bp slope_bp target_se_bp path_se_bp slope_se_bp "
    "path_identified is_fomc source",
    "returns": "date asset log_return_pp days",
    "volatility_models": "event asset model parameter estimate std_err t p converged "
    "log_likelihood n start end",
    "correlations": "event date asset_a asset_b model correlation",
    "volatility": "date asset model sigma_pp standardised_residual",
    "loadings": "event asset shock method estimate_pp_per_bp std_err ci_low ci_high ci_level n "
    "start end cov_type converged reason",
    "decomposition": "event asset component method estimate_pp low_pp high_pp level band note",
    "decomposition_daily": "event asset component method estimate_pp low_pp high_pp level band "
    "note trade_date",
    "checks": "check value operator threshold passed fatal",
}
"""Columns promised to users, typed from the promise."""


@pytest.fixture(scope="module")
def tables():
    """A small run on the replica."""
    assets = (AssetSpec("GC", "Gold"), AssetSpec("SOL", "Solana"))
    return rm.run(rm.Study(name="small", assets=assets, bands=Bands(draws=200)))


@pytest.fixture(scope="module")
def folder(tables, tmp_path_factory) -> Path:
    """The same run on disk."""
    out = tmp_path_factory.mktemp("run") / "out"
    tables.write(out)
    return out


@pytest.mark.parametrize("name", PROMISED)
def test_promised_columns_are_there(tables, name):
    assert {*PROMISED[name].split(), "study", "data_kind"} <= set(tables[name].columns)


def test_components_are_one_row_a_key_and_add_up(tables):
    table = tables["decomposition"]
    assert not table.duplicated(["event", "asset", "component", "method"]).any()
    wide = table.pivot(index="asset", columns="component", values="estimate_pp")
    parts = wide[["drift", "rate_premium", "dollar", "leverage", "residual"]].sum(axis=1)
    np.testing.assert_allclose(parts, wide["total"], rtol=0, atol=1e-10)
    simple = table.pivot(index="asset", columns="component", values="simple_pct")
    linked = simple[["drift", "rate_premium", "dollar", "leverage", "residual"]].sum(axis=1)
    np.testing.assert_allclose(linked, 100 * np.expm1(wide["total"] / 100), rtol=1e-12, atol=0)


def test_every_interval_holds_its_estimate_and_says_its_kind(tables):
    table = tables["decomposition"].set_index(["asset", "component"])
    assert (table["low_pp"] <= table["estimate_pp"]).all()
    assert (table["estimate_pp"] <= table["high_pp"]).all()
    kinds = table["band"].groupby("component").unique().map(list)
    assert kinds["total"] == ["exact"]
    assert kinds["leverage_ceiling"] == ["predictive"]
    assert kinds["rate_premium"] == ["confidence"]
    assert "no flow of SOL was measured" in table.loc[("SOL", "leverage"), "note"]


def test_shares_are_of_the_total_with_the_parts_own_ends(tables):
    table = tables["decomposition"].set_index(["asset", "component"])
    for asset in table.index.unique("asset"):
        rows = table.loc[asset]
        total = rows.loc["total", "estimate_pp"]
        shared = rows["share_pct"].notna()
        assert shared.all() or not shared.any()
        ends = 100.0 * rows.loc[shared, ["low_pp", "high_pp"]] / total
        for column, want in (
            ("share_low_pct", ends.min(axis=1)),
            ("share_high_pct", ends.max(axis=1)),
        ):
            np.testing.assert_allclose(rows.loc[shared, column], want, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(
            rows.loc[shared, "share_pct"],
            100.0 * rows.loc[shared, "estimate_pp"] / total,
            rtol=1e-12,
            atol=1e-12,
        )


def test_files_hold_the_very_numbers(tables, folder):
    for name, table in tables.items():
        with (folder / "tables" / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(table), name
        for column in OUTPUT_TABLES[name].columns:
            if column.type != "number":
                continue
            read = [float(row[column.name]) if row[column.name] else np.nan for row in rows]
            np.testing.assert_array_equal(read, table[column.name].to_numpy(float))


def test_the_data_package_describes_what_is_there(folder):
    package = folder / "tables" / "datapackage.json"
    report = Package(str(package)).validate()
    assert report.valid, report.flatten(["title", "rowNumber", "fieldName", "note"])
    described = json.loads(package.read_text())
    for resource in described["resources"]:
        header = (folder / "tables" / resource["path"]).read_text().split("\n", 1)[0]
        fields = resource["schema"]["fields"]
        assert header.split(",") == [field["name"] for field in fields]
        assert all(field["description"] for field in fields)
        for field in fields:
            if field["name"].endswith(("_bp", "_pct", "_pp", "_usd")):
                assert field["unit"], field["name"]


def test_text_form_of_cells():
    frame = pd.DataFrame(
        {
            "check": ["a"],
            "value": [0.1 + 0.2],
            "operator": ["info"],
            "threshold": [np.nan],
            "passed": [True],
            "fatal": [False],
            "note": [""],
        }
    )
    text = csv_text("checks", finish_table("checks", frame, "s", "market"))
    assert text.splitlines()[1] == "s,market,a,0.30000000000000004,info,,true,false,"


def test_a_table_that_breaks_its_promise_is_not_written():
    good = {"check": ["a", "b"], "value": 1.0, "operator": "info", "threshold": 1.0}
    good |= {"passed": True, "fatal": False, "note": ""}
    frame = pd.DataFrame(good)
    finish_table("checks", frame, "s", "market")
    with pytest.raises(TableError, match="fatal"):
        finish_table("checks", frame.drop(columns="fatal"), "s", "market")
    with pytest.raises(TableError, match="repeats"):
        finish_table("checks", frame.assign(check="a"), "s", "market")
    with pytest.raises(TableError, match="operator is empty"):
        finish_table("checks", frame.assign(operator=[None, "info"]), "s", "market")


def test_an_input_with_a_space_in_its_name_is_escaped_for_make(tables, tmp_path):
    from ratemodel.reporting.write import complete_run

    complete_run(tmp_path, ["headline.txt"], [Path("my data/a#b$c.csv")], {}, "out")
    first, second = (tmp_path / "inputs.d").read_text().splitlines()
    assert first == r"out/run.json: my\ data/a\#b$$c.csv"
    assert second == r"my\ data/a\#b$$c.csv:"

"""`ratemodel surprises`: tables and figure out, or one sentence and nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from frictionless import Package

import ratemodel as rm
from ratemodel.cli import main

DRAWS = ("--draws", "20")
TABLES = {
    "surprises",
    "surprise_components",
    "surprise_influence",
    "surprise_comparison",
    "surprise_calls",
    "surprise_assets",
}
EXACT = 1e-15
"""Shortest exact floats read back as they were."""


def call(capsys, *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exit_:
        main([str(word) for word in words])
    out, err = capsys.readouterr()
    return int(exit_.value.code or 0), out, err


def changes(count: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    times = pd.date_range("2005-02-02 14:15", periods=count, freq="45D")
    names = [*(f"FF{k}" for k in range(1, 7)), *(f"ED{k}" for k in range(1, 5))]
    names += ["UST2Y", "UST5Y", "UST10Y", "SP500"]
    level = rng.normal(size=(count, 1))
    table = pd.DataFrame(0.05 * (level + rng.normal(size=(count, len(names)))), columns=names)
    return table.round(5).assign(date_time=times.strftime("%Y-%m-%d %H:%M:%S"))


@pytest.fixture
def table(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "statements.csv"
    changes().to_csv(path, index=False)
    return path


def rows(folder: str, name: str) -> list[dict[str, str]]:
    with (Path(folder) / "tables" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_all_series_are_written_with_what_describes_them(table, capsys):
    status, out, err = call(capsys, "surprises", table, "--out", "out", *DRAWS)
    assert status == 0, err
    assert {path.stem for path in Path("out/tables").glob("*.csv")} == TABLES
    assert Path("out/figures/surprises.png").read_bytes()[:4] == b"\x89PNG"
    found = rows("out", "surprises")
    promised = ["announced", "series", "value", "unit", "sample", "scaling"]
    assert list(found[0])[:8] == ["study", "data_kind", *promised]
    assert {(row["study"], row["data_kind"]) for row in found} == {("statements", "market")}
    assert {row["series"] for row in found} == {
        *("mp1", "mp2", "target", "path", "jk_pc1", "mp_poor_man", "cbi_poor_man", "mp_median"),
        *("cbi_median", "bs_mps", "swanson_ffr", "swanson_fg", "swanson_lsap"),
    }
    assert "news           left out" in out
    assert "bs_mps_orth    left out" in out
    expected = rm.policy_surprises(changes(), ["path"]).series("path")
    ours = [float(row["value"]) for row in found if row["series"] == "path"]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=EXACT)
    first = next(row for row in found if row["series"] == "path")
    assert (first["announced"], first["date"]) == ("2005-02-02T19:15:00Z", "2005-02-02")
    assert all(row["std_err"] for row in found if row["series"] == "path")
    assert not any(row["std_err"] for row in found if row["series"] == "mp1")


def test_tables_are_what_their_package_says(table, capsys):
    call(capsys, "surprises", table, "--out", "out", *DRAWS)
    report = Package("out/tables/datapackage.json").validate()
    assert report.valid, report.flatten(["type", "note"])
    package = json.loads(Path("out/tables/datapackage.json").read_text())
    assert {entry["name"] for entry in package["resources"]} == TABLES
    for entry in package["resources"]:
        assert all(field["description"] for field in entry["schema"]["fields"])


def test_the_same_bytes_again_and_other_bands_for_another_seed(table, capsys):
    for out in ("one", "two"):
        assert call(capsys, "surprises", table, "--out", out, *DRAWS)[0] == 0
    for path in Path("one").rglob("*.*"):
        assert path.read_bytes() == (Path("two") / path.relative_to("one")).read_bytes(), path
    call(capsys, "surprises", table, "--out", "three", *DRAWS, "--seed", 1)
    assert rows("one", "surprise_components") != rows("three", "surprise_components")


def test_series_by_name_with_files_beside(table, capsys):
    given = changes()
    beside = given[["date_time"]].assign(
        jobs=np.linspace(-1.0, 1.0, len(given)), stocks=np.sin(np.arange(len(given)))
    )
    beside.to_csv("predictors.csv", index=False)
    given[["date_time"]].assign(UST1Y=given["UST2Y"]).to_csv("yields.csv", index=False)
    words = ("--series", "bs_mps_orth, news,target_expanding")
    files = ("--predictors", "predictors.csv", "--scale-to", "yields.csv")
    status, _, err = call(capsys, "surprises", table, "--out", "out", *words, *files, *DRAWS)
    assert status == 0, err
    expected = rm.policy_surprises(
        given, ["bs_mps_orth", "news", "target_expanding"], predictors=beside, scale_to="UST2Y"
    ).to_frame()
    found = rows("out", "surprises")
    assert [row["series"] for row in found] == expected["series"].tolist()
    np.testing.assert_allclose(
        [float(row["value"]) for row in found], expected["value"], rtol=0, atol=EXACT
    )


def test_another_calendar_and_cancelled_meetings(table, capsys):
    Path("fomc.csv").write_text(
        "announced,time_et,kind,target_lower_before_pct,target_upper_before_pct,"
        "target_lower_after_pct,target_upper_after_pct,known_since,cancelled_on\n"
        "2005-03-09,14:15,cancelled,2.5,2.5,,,2005-01-01,2005-02-20\n"
        "2005-04-12,14:15,scheduled,2.5,2.5,2.5,2.5,,\n"
    )
    values = []
    for how in ("skip", "keep"):
        words = ("--series", "mp2", "--fomc", "fomc.csv", "--cancelled", how)
        status, _, err = call(capsys, "surprises", table, "--out", how, *words, *DRAWS)
        assert status == 0, err
        values.append(float(rows(how, "surprises")[0]["value"]))
    first = changes().iloc[0]
    mp1 = first["FF1"] * 28 / 26
    assert values[0] == pytest.approx((first["FF3"] - 12 / 30 * mp1) * 30 / 18, abs=1e-12)
    assert values[1] == pytest.approx((first["FF2"] - 9 / 31 * mp1) * 31 / 22, abs=1e-12)


def test_prices_add_how_assets_load(table, capsys):
    later = changes().assign(
        date_time=pd.date_range("2024-10-02 14:00", periods=60, freq="8D").strftime(
            "%Y-%m-%d %H:%M"
        )
    )
    later.to_csv(table, index=False)
    words = ("--series", "target,path", "--data", "replica")
    status, _, err = call(capsys, "surprises", table, "--out", "out", *words, *DRAWS)
    assert status == 0, err
    found = rows("out", "surprise_assets")
    assert {row["asset"] for row in found} == {"GC", "SI", "BTC"}
    assert {row["data_kind"] for row in found} == {"replica"}
    assert all(row["estimate"] or row["reason"] for row in found)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--series", "mp3"), "no series 'mp3'"),
        (("--series", "news"), "statements.csv: news cannot be built: it needs changes of the one"),
        (("--series", ""), "at least one"),
        (("--cancelled", "drop"), "drop"),
        (("--predictors", "none.csv"), "none.csv: cannot be read"),
        (("--fomc", "statements.csv"), "statements.csv, row 1: missing columns announced, time_et"),
        (("--scale-to", "bad.csv"), "bad.csv, row 3: UST1Y must be a number, got 'x'"),
        (("--data", "nowhere"), "nowhere"),
    ],
)
def test_bad_words_are_one_sentence_and_leave_nothing(table, capsys, words, said):
    Path("bad.csv").write_text("date_time,UST1Y\n2005-02-02,0.1\n2005-03-19,x\n")
    status, out, err = call(capsys, "surprises", table, "--out", "out", *words, *DRAWS)
    assert status == 2
    assert out == ""
    assert said in err
    assert err.startswith("ratemodel: ")
    assert err.count("\n") == 1
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2005-03-19 14:15:00", "", "row 3: date_time is empty"),
        ("2005-03-19 14:15:00", "19.3.2005", "row 3: date_time must be a date or an instant"),
        ("2005-03-19 14:15:00", "2005-02-02 14:15:00", "row 3: date_time 2005-02-02 14:15 repeats"),
        ("date_time", "when", "no time of the announcements"),
    ],
)
def test_bad_tables_are_refused_with_file_row_and_value(table, capsys, old, new, said):
    table.write_text(table.read_text().replace(old, new))
    status, _, err = call(capsys, "surprises", table, "--out", "out", *DRAWS)
    assert (status, Path("out").exists()) == (2, False)
    assert f"{table}" in err
    assert said in err


def test_a_file_that_is_no_table_is_refused(table, capsys):
    assert call(capsys, "surprises", "none.csv", "--out", "out")[0] == 2
    Path("notes.txt").write_text("x")
    status, _, err = call(capsys, "surprises", "notes.txt", "--out", "out")
    assert status == 2
    assert "ends in none of .csv" in err


def test_another_tables_folder_is_left_alone(table, capsys):
    assert call(capsys, "surprises", table, "--out", "out", "--series", "mp1", *DRAWS)[0] == 0
    other = table.rename("other.csv")
    status, _, err = call(capsys, "surprises", other, "--out", "out", "--series", "mp1", *DRAWS)
    assert status == 2
    assert "belongs to the study 'statements'" in err
    assert call(capsys, "surprises", other, "--out", "out", "--force", "--quiet", *DRAWS) == (
        0,
        "",
        "",
    )


def test_published_surprises_come_out_of_the_command(capsys, tmp_path, shared_reference):
    source = shared_reference / "usmpd_statements.csv"
    out = tmp_path / "out"
    assert call(capsys, "surprises", source, "--out", out, "--series", "mp1,mp2", *DRAWS)[0] == 0
    table = pd.read_csv(out / "tables" / "surprises.csv").pivot(
        index="announced", columns="series", values="value"
    )
    theirs = pd.read_csv(source)
    for name in ("mp1", "mp2"):
        np.testing.assert_allclose(table[name], theirs[name.upper()], rtol=0, atol=1e-10)

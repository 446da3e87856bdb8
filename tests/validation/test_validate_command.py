"""`ratemodel validate` and `ratemodel placebo`: tables and figures out, or one sentence."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from frictionless import Package

from ratemodel.cli import main

STUDY = """
name = "small"
[assets]
GC = { name = "Gold", class = "metal", struck_at = "13:30 America/New_York" }
[sample]
pre_days = 250
[bands]
draws = 200
"""
PLACEBO = (
    "asset window_start window_end residual_pp low_pp high_pp covered sigma_pre_pp state "
    "study data_kind"
)
"""Columns promised to users, typed from the promise."""
SMALL = ("--replications", "2", "--draws", "100")


def call(capsys, *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    streams = capsys.readouterr()
    return int(left.value.code or 0), streams.out, streams.err


def rows(folder: str, name: str) -> list[dict[str, str]]:
    with (Path(folder) / "tables" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(STUDY)
    return tmp_path


def test_validate_writes_a_table_a_figure_and_says_what_was_covered(here, capsys):
    status, out, err = call(capsys, "validate", *SMALL, "--out", "out")
    assert status == 0, err
    assert "leverage only" in out
    assert out.startswith("90 % bands of 21 parts with known truth")
    assert len(rows("out", "validation")) == 21
    assert Package("out/tables/datapackage.json").validate().valid
    listed = set(Path("out/outputs.txt").read_text().splitlines())
    assert {"figures/validation.png", "figures/validation.svg"} <= listed
    assert all((Path("out") / name).exists() for name in listed)
    assert b"REPLICA" in Path("out/tables/validation.csv").read_bytes().upper()
    again = Path("out/tables/validation.csv").read_bytes()
    assert call(capsys, "validate", *SMALL, "--out", "out", "--quiet") == (0, "", "")
    assert Path("out/tables/validation.csv").read_bytes() == again


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--replications", "1"), "--replications"),
        (("--replications", "many"), "--replications"),
        (("--level", "1.0"), "--level"),
        (("--jobs", "0"), "--jobs"),
        (("--draws", "5"), "--draws"),
        (("--out", " "), "--out"),
        (("study.toml",), "study.toml"),
    ],
)
def test_bad_use_of_validate_is_one_sentence_and_writes_nothing(here, capsys, words, named):
    status, out, err = call(capsys, "validate", *words)
    assert (status, out) == (2, "")
    assert named in err
    assert len(err.splitlines()) == 1
    assert not Path("output").exists()


def test_validate_does_not_write_into_a_study(here, capsys):
    assert call(capsys, "shocks", "small.toml", "--out", "out", "--quiet")[0] == 0
    status, _, err = call(capsys, "validate", *SMALL, "--out", "out")
    assert status == 2
    assert "belongs to the study 'small'" in err


def test_placebo_writes_its_table_and_figure_and_says_what_was_covered(here, capsys):
    status, out, err = call(capsys, "placebo", "small.toml", "--out", "out")
    assert status == 0, err
    assert "windows without an event cover" in out
    assert "not counted" in out
    table = rows("out", "placebo")
    assert set(PLACEBO.split()) <= set(table[0])
    assert Package("out/tables/datapackage.json").validate().valid
    assert {"placebo.png", "placebo.svg"} == {p.name for p in Path("out/figures").iterdir()}
    counted = [row for row in table if not row["reason"]]
    for row in counted:
        inside = float(row["low_pp"]) <= float(row["residual_pp"]) <= float(row["high_pp"])
        assert row["covered"] == ("true" if inside else "false")
    assert all(row["covered"] == "" and row["state"] == "" for row in table if row["reason"])


def test_placebo_leaves_a_complete_run_complete(here, capsys):
    """It is no table of a run: writing it beside one makes nothing stale."""
    out = Path("out")
    assert call(capsys, "shocks", "small.toml", "--out", out, "--quiet")[0] == 0
    (out / "run.json").write_text(json.dumps({"study": "small"}))
    assert call(capsys, "placebo", "small.toml", "--out", out, "--quiet") == (0, "", "")
    assert (out / "run.json").exists()
    assert call(capsys, "shocks", "small.toml", "--out", out, "--quiet")[0] == 0
    assert not (out / "run.json").exists()


def test_an_asset_without_a_long_enough_past_is_said_to_have_none(here, capsys):
    Path("long.toml").write_text(STUDY.replace("pre_days = 250", "pre_days = 4000"))
    status, out, err = call(capsys, "placebo", "long.toml", "--out", "out")
    assert (status, out) == (2, "")
    assert "4000 complete rows" in err.splitlines()[-1]
    assert not Path("out").exists()

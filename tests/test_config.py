"""A study file: what it may say, what it defaults to, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ratemodel.config import Study, parse_study, read_study, write_study
from ratemodel.errors import ClockError, StudyError

PROJECT = Path(__file__).resolve().parents[1]


def parse(text: str, tmp_path: Path) -> Study:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return read_study(path)


def test_the_study_shipped_says_what_the_defaults_say():
    shipped, default = read_study(PROJECT / "study.toml"), Study()
    for name in (
        "name",
        "data",
        "event",
        "assets",
        "shock_series",
        "dollar_series",
        "bands",
        "path_options",
    ):
        assert getattr(shipped, name) == getattr(default, name), name
    assert (shipped.sample.start, shipped.sample.end) == (default.sample.start, default.sample.end)


def test_an_empty_study_is_the_default_under_the_name_of_its_file(tmp_path):
    study = parse("", tmp_path)
    assert study.name == "mine"
    assert study.event == "metals-2026"


def test_a_relative_folder_is_meant_from_the_study_file(tmp_path):
    assert parse('data = "tables"', tmp_path).data == str(tmp_path / "tables")
    assert parse('data = "replica"', tmp_path).data == "replica"
    assert parse('data = "/somewhere"', tmp_path).data == "/somewhere"


def test_pre_days_takes_the_place_of_a_start(tmp_path):
    sample = parse("[sample]\npre_days = 340", tmp_path).sample
    assert sample.start is None
    assert sample.pre_days == 340


def test_an_asset_may_bring_its_clock(tmp_path):
    study = parse('[assets]\nX = { struck_at = "17:30 Europe/Zurich" }', tmp_path)
    assert str(study.clocks["X"]) == "17:30 Europe/Zurich"
    assert study.asset_names == {"X": "X"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("evnt = 'x'", ["unknown key 'evnt'", "event"]),
        ("[path]\nprobabilities = 'some'", ["probabilities", "window", "all", "some"]),
        ("[path]\npremium = 'yes'", ["[path] premium", "true or false", "yes"]),
        ("[path]\npremium = true\n[shock]\nsource = 'yields'", ["[path] premium", "yields"]),
        ("[path]\nlag = 1", ["[path]", "'lag'", "premium"]),
        ("[sample]\nbegin = '2024-01-01'", ["[sample]", "'begin'", "start"]),
        ("[sample]\nstart = '2024-13-01'", ["start", "2024-13-01"]),
        ("[sample]\nstart = '16 Sep 2024'", ["start", "YYYY-MM-DD", "16 Sep 2024"]),
        ("[sample]\nstart = 20240916", ["start", "YYYY-MM-DD"]),
        ("[sample]\nstart = 2024-09-16T10:00:00", ["start", "YYYY-MM-DD"]),
        ("[sample]\nstart = '2024-09-16'\npre_days = 340", ["start or pre_days"]),
        ("[sample]\nstart = '2026-09-16'\nend = '2026-01-01'", ["ends", "before it starts"]),
        ("[shock]\nsource = 'swaps'", ["source", "futures", "yields", "swaps"]),
        ("[shock]\nseries = []", ["series"]),
        ("[shock]\nseries = 'path_bp'", ["series", "list"]),
        ("[loadings]\nquantile = 1", ["quantile", "1"]),
        ("[loadings]\nrolling_rows = 5", ["rolling_rows", "30"]),
        ("[loadings]\nmethod = 'ols'", ["loadings", "unknown key 'method'"]),
        ("[bands]\nlevel = 90", ["level", "90"]),
        ("[bands]\nlevel = true", ["level"]),
        ("[bands]\ndraws = 10", ["draws", "100"]),
        ("[bands]\ndraws = 2000.5", ["draws", "2000.5"]),
        ("[bands]\nseed = -1", ["seed", "-1"]),
        ("[assets]", ["assets", "empty"]),
        ("[assets]\nGC = { clock = 'x' }", ["'clock'", "struck_at"]),
        ("[assets]\nGC = 'gold'", ["GC", "table"]),
        ("data = 3", ["data", "3"]),
        ("name = ''", ["name"]),
        ("name = ", ["TOML"]),
    ],
)
def test_what_a_study_cannot_say_is_named(tmp_path, text, words):
    with pytest.raises(StudyError) as caught:
        parse(text, tmp_path)
    for word in ["mine.toml", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize("clock", ["13:30", "25:00 UTC", "13:61 UTC", "13:30 Mars/Base"])
def test_a_clock_that_cannot_be_read_is_refused(clock):
    with pytest.raises(ClockError, match=r"s\.toml: \[assets\] X: .*clock"):
        parse_study({"assets": {"X": {"struck_at": clock}}}, source="s.toml")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"nowhere\.toml"):
        read_study(tmp_path / "nowhere.toml")


def test_dates_may_be_toml_dates_or_texts(tmp_path):
    for text in ("2025-01-02", "'2025-01-02'"):
        study = parse(f"[sample]\nstart = {text}", tmp_path)
        assert study.sample.start == pd.Timestamp("2025-01-02")


def test_the_template_is_the_default_study_and_the_project_s_own(tmp_path):
    path = tmp_path / "study.toml"
    write_study(path)
    ours = PROJECT / "study.toml"
    assert path.read_bytes() == ours.read_bytes()
    assert replace(read_study(path), path=None) == Study()


def test_a_study_that_is_there_is_left_as_it_is(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("name = 'years of work'")
    with pytest.raises(StudyError, match="is there already"):
        write_study(path)
    assert path.read_text() == "name = 'years of work'"
    with pytest.raises(StudyError, match="cannot be written"):
        write_study(tmp_path / "no" / "such" / "study.toml")


def test_what_estimators_are_told(tmp_path):
    options = parse("[loadings]\nquantile = 0.1\nhorizon_days = 5", tmp_path).loading_options
    assert (options.quantile, options.rolling_rows, options.horizon_days) == (0.1, 120, 5)

"""The command line as a user meets it: words, files, exit status."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ratemodel import cli
from ratemodel.market.export import export_replica
from ratemodel.reporting.tables import OUTPUT_TABLES, STAGE_TABLES

STUDY = """
name = "small"
[sample]
start = "2024-09-16"
[assets]
GC = { name = "Gold", class = "metal", struck_at = "13:30 America/New_York" }
BTC = { name = "Bitcoin", class = "crypto", struck_at = "24:00 UTC" }
[bands]
draws = 200
"""


@pytest.fixture
def study(tmp_path, monkeypatch) -> Path:
    """A small study on the replica, and an empty working folder."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    path = tmp_path / "small.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="session")
def replica_folder(tmp_path_factory) -> Path:
    """The replica as a folder of tables."""
    folder = tmp_path_factory.mktemp("replica") / "tables"
    export_replica(folder)
    return folder


@pytest.fixture
def tables(replica_folder, tmp_path) -> Path:
    """A copy of the replica's folder that a test may spoil."""
    return Path(shutil.copytree(replica_folder, tmp_path / "tables"))


def call(capsys, *words: object) -> tuple[int, str, str]:
    """Run the command line: exit status, stdout, stderr."""
    with pytest.raises(SystemExit) as left:
        cli.main([str(word) for word in words])
    streams = capsys.readouterr()
    return int(left.value.code or 0), streams.out, streams.err


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def table_file(folder: Path, name: str) -> Path:
    return next(folder.glob(f"{name}.csv*"))


def edit(path: Path, change) -> None:
    """Change the lines of a table file."""
    packed = path.suffix == ".gz"
    text = gzip.decompress(path.read_bytes()).decode() if packed else path.read_text()
    lines = change(text.splitlines())
    data = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(data) if packed else data)


def test_a_run_writes_everything_and_says_the_answer(study, capsys):
    status, out, err = call(capsys, "run", study, "--out", "out")
    folder = Path("out")
    assert status == 0, err
    assert err.splitlines()[0] == f"study {study}"
    assert "prices replica" in err
    assert "events built-in" in err
    assert out == (folder / "headline.txt").read_text()
    assert out.startswith("REPLICA")
    assert "Gold, 30 Jan – 2 Feb 2026: " in out
    assert {path.stem for path in (folder / "tables").glob("*.csv")} == set(OUTPUT_TABLES)
    listed = (folder / "outputs.txt").read_text().split()
    assert all((folder / name).exists() for name in listed)
    promised = {"headline.txt", "report.html", "tables/datapackage.json", "figures/waterfall.png"}
    assert promised <= set(listed)
    assert "Gold: −" in (folder / "report.html").read_text()
    rules = (folder / "inputs.d").read_text().splitlines()
    assert rules[0] == f"out/run.json: {study}"
    record = json.loads((folder / "run.json").read_text())
    assert record["seed"] == 20260130
    assert record["failed_checks"] == []
    assert {row["data_kind"] for row in rows(folder, "decomposition")} == {"replica"}
    assert {row["study"] for row in rows(folder, "checks")} == {"small"}


def test_report_is_a_run_that_names_its_page(study, capsys):
    status, out, err = call(capsys, "report", study, "--out", "out")
    assert status == 0, err
    assert err.splitlines()[-1].endswith("the report is out/report.html")
    assert out == Path("out/headline.txt").read_text()
    assert {path.stem for path in Path("out/tables").glob("*.csv")} == set(OUTPUT_TABLES)
    assert Path("out/run.json").exists()
    first = Path("out/report.html").read_bytes()
    assert call(capsys, "report", study, "--out", "again", "--jobs", "2")[0] == 0
    assert Path("again/report.html").read_bytes() == first


def test_bytes_do_not_depend_on_jobs(study, capsys):
    for jobs in (1, 2):
        assert call(capsys, "run", study, "--out", f"out{jobs}", "--jobs", jobs)[0] == 0
    for one in sorted(Path("out1/tables").iterdir()):
        assert one.read_bytes() == (Path("out2/tables") / one.name).read_bytes(), one.name


def test_bands_depend_on_the_seed_and_estimates_do_not(study, capsys):
    for seed in (1, 2):
        call(capsys, "decompose", study, "--out", f"out{seed}", "--seed", seed)
    first, second = (rows(Path(f"out{seed}"), "decomposition") for seed in (1, 2))
    assert [row["estimate_pp"] for row in first] == [row["estimate_pp"] for row in second]
    assert [row["low_pp"] for row in first] != [row["low_pp"] for row in second]


@pytest.mark.parametrize("stage", ["path", "shocks", "loadings"])
def test_a_stage_writes_its_own_tables_only(study, capsys, stage):
    status, out, _ = call(capsys, stage, study, "--out", "out")
    assert (status, out) == (0, "")
    assert {p.stem for p in Path("out/tables").glob("*.csv")} == set(STAGE_TABLES[stage])
    package = json.loads(Path("out/tables/datapackage.json").read_text())
    assert {entry["name"] for entry in package["resources"]} == set(STAGE_TABLES[stage])
    assert not Path("out/run.json").exists()
    written = {str(path.relative_to("out")) for path in Path("out/tables").iterdir()}
    assert set(Path("out/outputs.txt").read_text().splitlines()) == written


def test_quiet_says_nothing_but_errors(study, capsys):
    assert call(capsys, "shocks", study, "--out", "out", "--quiet") == (0, "", "")
    status, out, err = call(capsys, "shocks", "no.toml", "--quiet")
    assert (status, out) == (2, "")
    assert "no.toml" in err


def test_without_a_study_the_first_line_says_which(study, capsys):
    _, _, err = call(capsys, "path", "--out", "out")
    assert err.splitlines()[0].startswith("study built-in")
    shutil.copy(study, "study.toml")
    _, _, err = call(capsys, "path", "--out", "out2")
    assert err.splitlines()[0] == "study study.toml"


def test_a_folder_belongs_to_one_study(study, capsys):
    assert call(capsys, "shocks", study, "--out", "out")[0] == 0
    study.write_text(STUDY.replace('"small"', '"other"'))
    before = sorted(Path("out").rglob("*"))
    status, _, err = call(capsys, "shocks", study, "--out", "out")
    assert status == 2
    assert "'small'" in err
    assert "--force" in err
    assert sorted(Path("out").rglob("*")) == before
    assert call(capsys, "shocks", study, "--out", "out", "--force")[0] == 0


def test_a_folder_of_other_data_is_refused_before_anything_is_computed(
    study, capsys, tables, monkeypatch
):
    assert call(capsys, "shocks", study, "--out", "out")[0] == 0
    (tables / "replica.txt").unlink()
    monkeypatch.setattr("ratemodel.pipeline.compute", lambda *_: pytest.fail("computed"))
    status, _, err = call(capsys, "shocks", study, "--data", tables, "--out", "out")
    assert status == 2
    assert "out holds replica data, not market data" in err


def test_a_folder_of_something_else_is_left_alone(study, capsys):
    Path("out").mkdir()
    Path("out/thesis.tex").write_text("years of work")
    status, _, err = call(capsys, "run", study, "--out", "out")
    assert status == 2
    assert "out" in err
    assert [path.name for path in Path("out").iterdir()] == ["thesis.tex"]


def test_an_exported_replica_runs_unchanged_and_keeps_its_name(study, capsys, tables):
    status, out, err = call(capsys, "run", study, "--data", tables, "--out", "folder")
    assert status == 0, err
    assert out.startswith("REPLICA")
    assert call(capsys, "run", study, "--out", "embedded")[0] == 0
    for name in OUTPUT_TABLES:
        ours, theirs = (Path(d) / "tables" / f"{name}.csv" for d in ("folder", "embedded"))
        assert ours.read_bytes() == theirs.read_bytes(), name
    inputs = Path("folder/inputs.d").read_text().splitlines()[0]
    assert str(table_file(tables, "futures")) in inputs


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "no.toml"], ["no.toml"]),
        (["run", "--event", "nine-eleven"], ["nine-eleven", "metals-2026"]),
        (["run", "--data", "nowhere"], ["nowhere"]),
        (["run", "--jobs", "0"], ["jobs", "0"]),
        (["run", "--sead", "1"], ["--sead"]),
        (["rum"], ["rum"]),
        (["replica"], ["--out"]),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_2(study, capsys, words, said):
    status, out, err = call(capsys, *words)
    assert (status, out) == (2, "")
    complaint = [line for line in err.splitlines() if line.startswith("ratemodel: ")]
    assert len(complaint) == 1
    assert all(word in complaint[0] for word in said)
    assert "Traceback" not in err
    assert not Path("output").exists()


def test_a_spoilt_cell_is_named_by_file_row_and_value(study, capsys, tables):
    path = table_file(tables, "prices")

    def spoil(lines):
        cells = lines[100].split(",")
        cells[lines[0].split(",").index("close")] = "-5"
        return [*lines[:100], ",".join(cells), *lines[101:]]

    edit(path, spoil)
    status, _, err = call(capsys, "run", study, "--data", tables, "--out", "out")
    assert status == 2
    assert f"{path.name}, row 101:" in err
    assert "-5" in err
    assert not Path("out").exists()


def test_a_calendar_that_contradicts_the_target_is_fatal_and_written(study, capsys, tables):
    source = table_file(tables, "rates")

    def drift(lines):
        return [
            line.replace(",4.5", ",4.75", 1) if ",DFEDTARU," in line and "2025-03" in line else line
            for line in lines
        ]

    edit(source, drift)
    status, out, err = call(capsys, "run", study, "--data", tables, "--out", "out")
    assert status == 1
    assert "calendar_target_disagreements" in err
    assert out
    checks = {row["check"]: row for row in rows(Path("out"), "checks")}
    failed = checks["calendar_target_disagreements"]
    assert (failed["passed"], failed["fatal"]) == ("false", "true")
    assert float(failed["value"]) > 0


def test_missing_parts_are_switched_off_with_a_line(study, capsys, tables):
    rates = table_file(tables, "rates")
    edit(rates, lambda lines: [line for line in lines if "DTWEXBGS" not in line])
    prices = table_file(tables, "prices")
    edit(prices, lambda lines: [line for line in lines if ",BTC," not in line])
    status, _, err = call(capsys, "run", study, "--data", tables, "--out", "out")
    assert status == 0
    assert "DTWEXBGS" in err
    assert "no prices of BTC" in err
    split = {(r["asset"], r["component"]): r for r in rows(Path("out"), "decomposition")}
    assert float(split["GC", "dollar"]["estimate_pp"]) == 0.0
    assert ("BTC", "total") not in split


def test_an_event_that_the_data_do_not_reach_is_refused(study, capsys):
    status, _, err = call(capsys, "run", study, "--event", "gold-2013", "--out", "out")
    assert status == 2
    assert "2013" in err
    assert not Path("out").exists()


def test_all_events_are_split_or_named(study, capsys):
    status, _, err = call(capsys, "run", study, "--event", "all", "--out", "out")
    assert status == 0
    split = {row["event"] for row in rows(Path("out"), "decomposition")}
    assert {"metals-2026", "metals-2026-extended"} <= split
    omitted = {
        r["check"].split(":")[1] for r in rows(Path("out"), "checks") if "omitted" in r["check"]
    }
    assert "gold-2013" in omitted
    assert "left out: gold-2013" in err


def test_a_defect_is_exit_3_and_shows_its_traceback_only_on_demand(study, capsys, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setattr("ratemodel.pipeline.prepare", broken)
    status, _, err = call(capsys, "run", study)
    assert status == 3
    assert "no such luck" in err
    assert "--debug" in err
    assert "Traceback" not in err
    status, _, err = call(capsys, "run", study, "--debug")
    assert status == 3
    assert "Traceback" in err


def test_an_interrupt_is_130(study, capsys, monkeypatch):
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ratemodel.pipeline.prepare", stopped)
    status, _, err = call(capsys, "run", study)
    assert status == 130
    assert err.endswith("ratemodel: interrupted\n")


def test_a_run_that_fails_leaves_an_earlier_one_whole(study, capsys, tables):
    assert call(capsys, "run", study, "--data", tables, "--out", "out")[0] == 0
    before = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    edit(table_file(tables, "futures"), lambda lines: [*lines, lines[-1]])
    assert call(capsys, "run", study, "--data", tables, "--out", "out")[0] == 2
    after = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    assert before == after


def test_a_folder_without_futures_runs_on_yields_and_else_is_refused(study, capsys, tables):
    table_file(tables, "futures").unlink()
    status, _, err = call(capsys, "run", study, "--data", tables, "--out", "out")
    assert status == 2
    assert err.splitlines()[-1].startswith(f"ratemodel: {tables}: no futures table")
    assert not Path("out").exists()
    study.write_text(STUDY + '[shock]\nsource = "yields"\n')
    status, _, err = call(capsys, "run", study, "--data", tables, "--out", "out")
    assert status == 0, err
    shocks = rows(Path("out"), "shocks")
    assert {row["source"].split(":")[0] for row in shocks} == {"", "yields"}
    held = {row["trade_date"] for row in rows(Path("out"), "rate_path")}
    assert {row["trade_date"] for row in shocks} == held
    assert {row["band"] for row in rows(Path("out"), "path_horizons")} == {"", "predictive"}


def test_yields_are_missed_where_there_are_none(study, capsys, tables):
    table_file(tables, "futures").unlink()
    edit(table_file(tables, "rates"), lambda lines: [w for w in lines if ",DGS" not in w])
    study.write_text(STUDY + '[shock]\nsource = "yields"\n')
    status, _, err = call(capsys, "run", study, "--data", tables, "--out", "out")
    assert status == 2
    assert "no Treasury yield" in err.splitlines()[-1]


def test_help_lists_the_stages_that_exist(capsys):
    status, out, _ = call(capsys, "--help")
    assert status == 0
    assert all(stage in out for stage in STAGE_TABLES)


def test_the_console_script_answers_without_loading_pandas():
    code = "import sys, ratemodel.cli; sys.exit('pandas' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0


def test_an_unknown_event_is_refused_before_anything_is_computed(study, capsys):
    status, out, err = call(capsys, "run", study, "--event", "boom", "--out", "out")
    assert (status, out) == (2, "")
    assert "unknown event 'boom'; the events table has" in err
    assert "rate path" not in err
    assert not Path("out").exists()


def test_flows_of_one_day_and_channel_are_all_listed(study, capsys, tables):
    """A venue reports liquidated longs and shorts, and venues are several."""

    def more(lines: list[str]) -> list[str]:
        long = next(line for line in lines if "liquidation,long_usd,BTC" in line)
        return [*lines, long.replace("long_usd", "short_usd"), long]

    edit(table_file(tables, "forced_flows"), more)
    assert call(capsys, "leverage", study, "--data", tables, "--out", "out")[0] == 0
    bitcoin = [row for row in rows(Path("out"), "measured_flows") if row["asset"] == "BTC"]
    assert [row["flow"] for row in bitcoin] == ["1", "2", "3"]
    assert [float(row["central_usd"]) < 0.0 for row in bitcoin] == [True, False, True]


def test_a_dollar_published_late_is_left_out_with_a_line(study, capsys, tables):
    def late(lines: list[str]) -> list[str]:
        return [line for line in lines if "DTWEXBGS" not in line or line < "2026-01-30"]

    edit(table_file(tables, "rates"), late)
    status, out, err = call(capsys, "run", study, "--data", tables, "--out", "out")
    assert status == 0
    assert "metals-2026 GC: DTWEXBGS is left out" in err
    assert out.count("dollar not measured") == 2
    checks = {row["check"]: row for row in rows(Path("out"), "checks")}
    assert checks["dollar_left_out"]["value"] == "2.0"
    assert checks["dollar_left_out"]["note"] == "metals-2026 GC; metals-2026 BTC"


def test_an_asset_that_is_not_split_is_in_the_headline(study, capsys, tables):
    def late(lines: list[str]) -> list[str]:
        return [line for line in lines if ",BTC," not in line or line > "2025-12-20"]

    edit(table_file(tables, "prices"), late)
    _, out, _ = call(capsys, "run", study, "--data", tables, "--out", "out")
    (line,) = [line for line in out.splitlines() if line.startswith("Bitcoin")]
    assert line.startswith("Bitcoin: not split (")
    assert "60 are needed" in line


def test_an_empty_folder_name_is_refused(study, capsys):
    status, _, err = call(capsys, "shocks", study, "--out", "")
    assert status == 2
    assert "names no folder" in err


def test_rows_of_a_misspelt_channel_are_counted(study, capsys, tables):
    flows = Path(cli.__file__).parent / "market" / "reference" / "forced_flows.csv"
    text = flows.read_text().replace(",levered_etf,", ",leveraged_etf,")
    (tables / "forced_flows.csv").write_text(text)
    status, _, err = call(capsys, "leverage", study, "--data", tables, "--out", "out")
    assert status == 0, err
    assert "4 rows of the unknown channel 'leveraged_etf' are not used" in err


def test_a_move_that_began_before_the_window_is_said(study, capsys, tables):
    """Without its price of 29 January, gold's first return holds two days' moves."""
    edit(
        table_file(tables, "prices"),
        lambda lines: [line for line in lines if not line.startswith("2026-01-29,GC,")],
    )
    status, out, err = call(capsys, "run", study, "--data", tables, "--out", "out")
    assert status == 0, err
    gold = next(line for line in out.splitlines() if line.startswith("Gold"))
    assert " pp (from 2026-01-28 on: no price on 2026-01-29). Not explained" in gold
    assert "no price on" not in next(line for line in out.splitlines() if "Bitcoin" in line)
    notes = {(r["asset"], r["component"]): r["note"] for r in rows(Path("out"), "decomposition")}
    assert notes["GC", "total"] == "from 2026-01-28 on: no price on 2026-01-29"

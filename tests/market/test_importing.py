"""Files of vendors into a store: nothing of one file is lost to another without a word."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pandas as pd
import pytest
from store_worlds import NOON, store

from ratemodel.errors import DataError, RateModelError, StudyError
from ratemodel.market.importing import import_files
from ratemodel.market.snapshots import SnapshotStore
from ratemodel.market.sources import Request

DAYS = [f"{day:%Y-%m-%d}" for day in pd.bdate_range("2026-01-05", periods=15)]


def settlements(folder: Path, name: str, symbol: str, days: list[str], settle: float) -> str:
    folder.mkdir(exist_ok=True)
    rows = "".join(f"{symbol},{day},{settle + k / 1000:.3f}\n" for k, day in enumerate(days))
    (folder / name).write_text(f"Symbol,Date,Settle\n{rows}")
    return str(folder / name)


def take(into: SnapshotStore, *files: str, **said: str) -> list[str]:
    lines = list(import_files(into, files, said))
    return [*lines, *into.build()]


def held(into: SnapshotStore) -> dict[str, dict[str, float]]:
    table = pd.read_csv(into.folder / "futures.csv")
    return {
        str(contract): dict(zip(group["trade_date"], group["settle"], strict=True))
        for contract, group in table.groupby("contract")
    }


@pytest.fixture
def into(tmp_path) -> SnapshotStore:
    return store(tmp_path / "raw")


def test_two_files_of_one_name_are_two_files(into, tmp_path):
    one = settlements(tmp_path / "a", "download.csv", "ZQV26", DAYS, 96.37)
    other = settlements(tmp_path / "b", "download.csv", "ZQX26", DAYS, 96.4)
    take(into, one)
    take(into, other)
    assert {name: len(rows) for name, rows in held(into).items()} == {"2026-10": 15, "2026-11": 15}


def test_a_newer_file_without_an_expired_contract_takes_nothing_back(into, tmp_path):
    first = settlements(tmp_path / "a", "all.csv", "ZQF26", DAYS, 96.3)
    take(into, first)
    take(into, settlements(tmp_path / "b", "all.csv", "ZQV26", DAYS, 96.37))
    assert sorted(held(into)) == ["2026-01", "2026-10"]


def test_a_weekly_file_keeps_the_days_between(into, tmp_path):
    take(into, settlements(tmp_path / "a", "daily.csv", "ZQV26", DAYS, 96.37))
    notes = take(into, settlements(tmp_path / "b", "weekly.csv", "ZQV26", DAYS[::5], 96.1))
    table = held(into)["2026-10"]
    assert len(table) == 15
    assert table[DAYS[5]] == pytest.approx(96.101, rel=0.0, abs=1e-9)
    assert table[DAYS[6]] == pytest.approx(96.376, rel=0.0, abs=1e-9)
    assert any(
        f"3 rows revised; the first, 2026-10 on {DAYS[0]}: 96.37 (import), now 96.1" in note
        for note in notes
    )


def test_a_settlement_holds_before_a_price_last_recorded(into, tmp_path):
    take(into, settlements(tmp_path / "a", "zqv26.csv", "ZQV26", DAYS, 96.37))
    later = [f"{day},96.{k:02d}" for k, day in enumerate([*DAYS, "2026-01-26"], start=11)]
    last = tmp_path / "zqv26_daily.csv"
    last.write_text("Date,Last\n" + "\n".join(later) + "\n")
    notes = take(into, str(last), table="futures", contract="2026-10")
    table = held(into)["2026-10"]
    assert table[DAYS[0]] == pytest.approx(96.37, rel=0.0, abs=1e-9)
    assert table["2026-01-26"] == pytest.approx(96.26, rel=0.0, abs=1e-9)
    assert any("15 rows last recorded beside a settlement and left out" in note for note in notes)


def test_a_file_that_cannot_be_read_keeps_all_out(into, tmp_path):
    good = settlements(tmp_path / "a", "good.csv", "ZQV26", DAYS, 96.37)
    bad = settlements(tmp_path / "a", "bad.csv", "ZQX26", DAYS, 60.37)
    with pytest.raises(DataError, match=r"bad\.csv"):
        take(into, good, bad)
    assert not into.folder.exists()


@pytest.mark.parametrize(
    ("roll", "told"),
    [
        (b"first_date,contract\n2026-01-01,2026-01\n2026-02-01,f\xe9v\n", "row 3: must be"),
        (b"date,contract\n", "row 1: a roll calendar has the columns"),
        (b"first_date,contract\n", "has rows, in order"),
        (b"first_date,contract\n2026-02-01,2026-02\n2026-01-01,2026-01\n", "in order"),
    ],
)
def test_a_roll_calendar_that_is_none_is_refused(into, tmp_path, roll, told):
    (tmp_path / "roll.csv").write_bytes(roll)
    file = settlements(tmp_path / "a", "ff1.csv", "FF1", DAYS, 96.37)
    with pytest.raises(RateModelError, match=told):
        list(import_files(into, [file], {}, roll=str(tmp_path / "roll.csv")))


def test_a_roll_calendar_makes_a_generic_ticker_its_contracts(into, tmp_path):
    roll = tmp_path / "roll.csv"
    roll.write_text(f"first_date,contract\n{DAYS[0]},2026-01\n{DAYS[5]},2026-02\n")
    file = settlements(tmp_path / "a", "ff1.csv", "FF1", DAYS, 96.37)
    list(import_files(into, [file], {}, roll=str(roll)))
    into.build()
    assert {name: len(rows) for name, rows in held(into).items()} == {"2026-01": 5, "2026-02": 10}
    assert into.verify() == ([], [])


def test_a_file_name_that_cannot_be_written_down_is_refused(into, tmp_path):
    file = settlements(tmp_path / "a", "zq\nv26.csv", "ZQV26", DAYS, 96.37)
    with pytest.raises(DataError, match="printable"):
        take(into, file)
    assert not into.folder.exists()


def test_a_kept_file_reads_again_as_it_was(into, tmp_path):
    take(into, settlements(tmp_path / "a", "zqv26.part", "ZQV26", DAYS, 96.37))
    assert into.verify() == ([], [])
    (snapshot,) = into.manifest()
    assert snapshot.asked["file"] == "zqv26.part"


def test_a_fetched_last_price_does_not_overrule_a_file_of_settlements(into, tmp_path):
    """As Yahoo has them: a whole download, yet of another provider and not of settlements."""
    take(into, settlements(tmp_path / "a", "zqv26.csv", "ZQV26", DAYS, 96.37))
    rows = [(day, "2026-10", "96.11") for day in DAYS[::2]]
    frame = pd.DataFrame(rows, columns=["trade_date", "contract", "settle"], dtype="str")
    readers = {**into.parsers, "yahoo": lambda body, query: frame}
    other = SnapshotStore(into.folder, readers)
    other.put(Request("yahoo", "futures", (("contract", "2026-10"),), "", "json"), b"{}", NOON)
    notes = other.build()
    assert held(other)["2026-10"][DAYS[0]] == pytest.approx(96.37, rel=0.0, abs=1e-9)
    assert len(held(other)["2026-10"]) == 15
    assert "8 rows last recorded beside a settlement" in notes[0]


def test_settlements_of_days_that_have_not_been_are_refused(into, tmp_path):
    file = tmp_path / "zq.csv"
    rows = "2026-01-30,2026-10,96.37\n2099-01-30,2099-10,96\n"
    file.write_text(f"trade_date,contract,settle\n{rows}")
    said = "row 3: trade_date must not lie in the future, got 2099-01-30"
    with pytest.raises(DataError, match=said):
        take(into, str(file))
    assert not into.folder.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    file = settlements(tmp_path / "a", "zqv26.csv", "ZQV26", DAYS, 96.37)
    with pytest.raises(StudyError, match=r"file/raw: cannot be written \(Not a directory\)"):
        take(store(tmp_path / "file" / "raw"), file)


def test_a_full_disk_loses_nothing_and_is_named(into, tmp_path, monkeypatch):
    take(into, settlements(tmp_path / "a", "zqv26.csv", "ZQV26", DAYS, 96.37))
    before = held(into)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", _no_space)
        with pytest.raises(StudyError, match=r"cannot be written [(]No space left on device[)]"):
            take(into, settlements(tmp_path / "b", "zqx26.csv", "ZQX26", DAYS, 96.4))
    assert into.verify()[0] == []
    assert held(into) == before
    take(into, settlements(tmp_path / "b", "zqx26.csv", "ZQX26", DAYS, 96.4))
    assert sorted(held(into)) == ["2026-10", "2026-11"]


def _no_space(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

"""The store: nothing is lost, doubled or invented, and damage is told."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_worlds import NOON, graph, held, put, request, store

from ratemodel.errors import DataError

JANUARY = {"2026-01-28": 3.64, "2026-01-29": 3.64, "2026-01-30": 3.62}
CHILD = Path(__file__).parent / "fetching_child.py"


def test_what_is_put_is_listed_and_made_into_tables(tmp_path):
    into = store(tmp_path / "raw")
    snapshot = put(into, "DFF", JANUARY)
    assert (snapshot.rows, snapshot.first, snapshot.last) == (3, "2026-01-28", "2026-01-30")
    assert (into.folder / snapshot.path).read_bytes() == graph("DFF", JANUARY)
    assert into.manifest() == [snapshot]
    assert not into.is_built()
    assert into.build() == []
    assert into.is_built()
    assert held(into.folder) == {"DFF": JANUARY}
    assert into.verify() == ([], [])


def test_equal_bytes_are_kept_once_and_listed_twice(tmp_path):
    into = store(tmp_path)
    first, second = (put(into, "DFF", JANUARY, days) for days in (0, 1))
    assert first.sha256 == second.sha256
    assert [row.retrieved[:10] for row in into.manifest()] == ["2026-03-04", "2026-03-05"]
    assert len(list(tmp_path.glob("snapshots/*/*"))) == 1


def test_a_revision_rules_its_dates_and_leaves_the_others(tmp_path):
    into = store(tmp_path)
    put(into, "DFF", JANUARY)
    later = {"2026-01-29": 3.65, "2026-02-02": 3.6}
    into.put(request("DFF", "2026-01-29"), graph("DFF", later), NOON)
    notes = into.build()
    assert held(tmp_path) == {"DFF": {"2026-01-28": 3.64, **later}}
    assert notes == [
        "rates: 1 row revised; "
        "the first, DFF on 2026-01-29: 3.64 (fredgraph), now 3.65 (fredgraph)",
        "rates: 1 row that a later download of its provider no longer has; "
        "the first, DFF on 2026-01-30: 3.62 (fredgraph)",
    ]


def test_a_shorter_window_takes_nothing_back(tmp_path):
    into = store(tmp_path)
    put(into, "DFF", JANUARY)
    put(into, "DFF", {"2026-01-30": 3.62, "2026-02-02": 3.6})
    assert into.build() == []
    assert held(tmp_path) == {"DFF": {**JANUARY, "2026-02-02": 3.6}}


def test_a_reply_that_shrank_within_its_dates_is_told(tmp_path):
    into = store(tmp_path)
    put(into, "DFF", JANUARY)
    put(into, "DFF", {"2026-01-28": 3.64, "2026-01-30": 3.62}, days=1)
    assert "3 rows on 2026-03-04, 2 on 2026-03-05" in into.build()[0]


dates = st.sampled_from([f"{day:%Y-%m-%d}" for day in pd.date_range("2026-01-01", periods=40)])
downloads = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.dictionaries(dates, st.integers(0, 9).map(float), min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
)


@given(downloads)
def test_tables_are_what_a_reader_of_all_downloads_would_write(tmp_path_factory, downloads):
    """The slow, obvious way: go through the downloads, clear the span, write it anew."""
    into = store(tmp_path_factory.mktemp("raw"))
    truth: dict[str, dict[str, float]] = {}
    for series, values in downloads:
        put(into, series, dict(sorted(values.items())))
        old = truth.get(series, {})
        outside = {d: v for d, v in old.items() if not min(values) <= d <= max(values)}
        truth[series] = {**outside, **values}
    into.build()
    assert held(into.folder) == truth
    assert into.verify() == ([], [])


@pytest.mark.parametrize(
    ("body", "told"),
    [(b"<html>", "no table of it"), (b"DATE,DFF\n2026-13-40,1\n", "row 2: date")],
)
def test_a_reply_that_is_none_leaves_no_trace(tmp_path, body, told):
    into = store(tmp_path / "raw")
    with pytest.raises(DataError, match=told):
        into.put(request("DFF"), body, NOON)
    assert not into.folder.exists()


# --- Damage -----------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path):
    into = store(tmp_path)
    put(into, "DFF", JANUARY)
    put(into, "DGS2", JANUARY)
    into.build()
    return into


def test_a_changed_snapshot_is_found(built):
    path = built.folder / built.manifest()[0].path
    path.write_bytes(path.read_bytes().replace(b"3.64", b"3.46"))
    damage, _ = built.verify()
    assert damage == [f"fredgraph DFF 2026-01-01: {built.manifest()[0].path} was changed"]


def test_a_lost_snapshot_is_found(built):
    (built.folder / built.manifest()[1].path).unlink()
    assert [line for line in built.verify()[0] if "DGS2" in line and "is gone" in line]


def test_a_table_changed_by_hand_is_found_and_not_overwritten(built):
    table = built.folder / "rates.csv"
    table.write_text(table.read_text().replace("3.62", "9.99"))
    assert built.verify()[0] == ["rates.csv is not what the store wrote"]
    before = built.manifest()
    with pytest.raises(DataError, match=r"rates.csv: not as the store wrote it"):
        put(built, "DGS5", JANUARY)
    assert "9.99" in table.read_text()
    assert built.manifest() == before


def test_a_table_of_the_user_s_is_not_overwritten(tmp_path):
    (tmp_path / "rates.parquet").write_bytes(b"mine")
    into = store(tmp_path)
    with pytest.raises(DataError, match=r"rates.parquet: not as the store wrote it"):
        put(into, "DFF", JANUARY)
    assert sorted(p.name for p in tmp_path.glob("[!.]*")) == ["rates.parquet"]
    assert (tmp_path / "rates.parquet").read_bytes() == b"mine"


def test_files_of_others_in_the_folder_are_left_alone(tmp_path):
    for name in ("film.part", ".lock", "notes.txt"):
        (tmp_path / name).write_text("years of work")
    into = store(tmp_path)
    put(into, "DFF", JANUARY)
    into.build()
    for name in ("film.part", ".lock", "notes.txt"):
        assert (tmp_path / name).read_text() == "years of work"


def test_a_table_that_is_gone_is_made_anew_and_a_snapshot_without_a_row_is_no_damage(built):
    before = held(built.folder)
    (built.folder / "rates.csv").unlink()
    stray = built.folder / "snapshots" / "00" / f"{'0' * 64}.csv"
    stray.parent.mkdir()
    stray.write_text("x")
    damage, remarks = built.verify()
    assert damage == []
    assert remarks == [
        f"1 snapshots that no row names: {stray.name}",
        "rates.csv is gone",
        "the tables lag behind the manifest",
    ]
    built.build()
    assert held(built.folder) == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: "x\n" + text, "row 1: not the columns"),
        (lambda text: text + "half a row", "row 4: no row of a manifest"),
        (lambda text: text.replace("rates", "nix", 1), "row 2: no row of a manifest"),
        (lambda text: text.replace(",3,", ",²,", 1), "row 2: no row of a manifest"),
        (lambda text: text.replace('""series""', "series", 1), "row 2: no row of a manifest"),
        (lambda text: text.replace("2026-03-04T", "yesterday", 1), "row 2: no row of a manifest"),
    ],
)
def test_a_broken_manifest_is_refused_with_its_row(built, change, told):
    path = built.folder / "MANIFEST.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=told):
        built.manifest()


@pytest.mark.parametrize("text", ["{", "[]", '{"manifest": ""}', '{"manifest": "", "tables": 3}'])
def test_a_broken_record_of_the_tables_is_refused(built, text):
    (built.folder / "TABLES.json").write_text(text)
    with pytest.raises(DataError, match=r"TABLES\.json: damaged"):
        built.build()


# --- Two at once, and killed ------------------------------------------------------------------


def test_threads_and_stores_lose_nothing(tmp_path):
    names = [f"S{number}" for number in range(24)]

    def work(mine: list[str]) -> None:
        own = store(tmp_path)
        for name in mine:
            put(own, name, JANUARY)
            own.build()

    threads = [threading.Thread(target=work, args=(names[k::4],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(held(tmp_path)) == sorted(names)
    assert store(tmp_path).verify() == ([], [])
    assert len(store(tmp_path).manifest()) == 24


class Nursery:
    """A process that has loaded everything and makes children on demand: they start at once."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, CHILD, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.read()

    def read(self) -> str:
        return self.process.stdout.readline().strip()

    def write(self, text: str) -> None:
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def start(self) -> int:
        self.write("go")
        return int(self.read())

    def wait(self) -> int:
        return int(self.read())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.mark.slow
def test_a_fetch_killed_at_fifty_moments_loses_and_doubles_nothing(tmp_path):
    """SIGKILL anywhere between the first request and the last table."""
    folder = tmp_path / "raw"
    nursery = Nursery(folder)
    try:
        for _ in range(2):
            began = time.monotonic()
            nursery.start()
            assert nursery.wait() == 0
            whole_s = time.monotonic() - began
        moments = random.Random(20260130)
        killed, sizes = 0, []
        for _ in range(200):
            if killed == 50:
                break
            child = nursery.start()
            time.sleep(moments.uniform(0.0, whole_s))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            killed += nursery.wait() == -signal.SIGKILL
            into = store(folder)
            assert into.verify()[0] == []
            sizes.append(len(into.manifest()))
        assert killed == 50
        assert sizes == sorted(sizes)
        assert len(set(sizes)) > 10
        nursery.start()
        assert nursery.wait() == 0
    finally:
        nursery.close()
    into = store(folder)
    assert into.verify()[0] == []
    assert into.is_built()
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert held(folder) == truth
    with (folder / "rates.csv").open() as file:
        keys = [(row["date"], row["series"]) for row in csv.DictReader(file)]
    assert len(keys) == len(set(keys)) == sum(map(len, truth.values()))

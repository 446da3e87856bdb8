"""The market that comes out: types, order, sources, notes, clocks."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from border_tables import LEGAL, as_csv, cells, load, read

from ratemodel.calendars import BUILT_IN_CLOCKS
from ratemodel.errors import DataError
from ratemodel.market import load_market
from ratemodel.market.facts import builtin_table
from ratemodel.market.schema import BUILT_IN, INPUT_TABLES, OPTIONAL, empty_table, validate
from ratemodel.types.clock import Clock
from ratemodel.types.market import Market

DTYPES = {
    "date": "datetime64[us]",
    "month": "period[M]",
    "datetime": "datetime64[us, UTC]",
    "number": "float64",
    "time": "str",
    "clock": "str",
    "symbols": "str",
    "text": "str",
}


@pytest.mark.parametrize("table", LEGAL)
def test_columns_have_the_specs_names_order_and_types(table):
    for frame in (read(table, LEGAL[table]), empty_table(INPUT_TABLES[table])):
        assert list(frame.columns) == list(INPUT_TABLES[table].names)
        assert isinstance(frame.index, pd.RangeIndex)
        for column in INPUT_TABLES[table].columns:
            assert str(frame[column.name].dtype) == DTYPES[column.type], column.name


@pytest.mark.parametrize("table", [name for name in LEGAL if INPUT_TABLES[name].key])
def test_rows_come_out_sorted_whatever_their_order(table):
    header, *rows = cells(LEGAL[table])
    expected = read(table, LEGAL[table])
    keys = expected.loc[:, list(INPUT_TABLES[table].key)]
    assert keys.apply(tuple, axis=1).is_monotonic_increasing
    pd.testing.assert_frame_equal(read(table, as_csv([header, *rows[::-1]])), expected)


@pytest.mark.parametrize("table", [name for name in LEGAL if not INPUT_TABLES[name].key])
def test_tables_without_a_key_keep_the_order_of_the_file(table):
    header, *rows = cells(LEGAL[table])
    forwards, backwards = read(table, LEGAL[table]), read(table, as_csv([header, *rows[::-1]]))
    pd.testing.assert_frame_equal(backwards[::-1].reset_index(drop=True), forwards)


@pytest.mark.parametrize("table", LEGAL)
def test_the_order_of_columns_does_not_matter(table):
    turned = as_csv([row[::-1] for row in cells(LEGAL[table])])
    pd.testing.assert_frame_equal(read(table, turned), read(table, LEGAL[table]))


def test_missing_is_nan_nat_or_empty_text_and_zero_stays(tmp_path):
    market = load(tmp_path)
    assert market.futures["volume"].tolist()[:2] == [1200.0, 800.0]
    assert np.isnan(market.futures["volume"].iloc[2])
    assert market.futures["volume"].iloc[3] == 0.0
    assert market.prices["struck_at"].tolist() == [
        "24:00 UTC",
        "13:30 America/New_York",
        "",
        "",
    ]
    assert market.events.set_index("event").loc["crash", "assets"] == ""
    assert market.fomc["known_since"].isna().tolist() == [False, True, True, True]


def test_the_callers_frame_is_not_changed():
    frame = pd.DataFrame(cells(LEGAL["prices"])[1:], columns=cells(LEGAL["prices"])[0])
    frame.index = frame.index + 100
    before = frame.copy(deep=True)
    out = validate(frame, INPUT_TABLES["prices"], "frame")
    out["close"] = 0.0
    pd.testing.assert_frame_equal(frame, before)


def test_a_validated_table_is_legal_and_stays_what_it_is():
    for table, text in LEGAL.items():
        once = read(table, text)
        pd.testing.assert_frame_equal(validate(once, INPUT_TABLES[table], "again"), once)


def test_sources_say_file_or_built_in(tmp_path):
    market = load(tmp_path, fomc=None, events=None, forced_flows=None, leverage=None)
    for table in LEGAL:
        if table in ("fomc", "events", "forced_flows"):
            assert market.sources[table] == "built-in"
            pd.testing.assert_frame_equal(getattr(market, table), builtin_table(table))
        elif table == "leverage":
            assert table not in market.sources
        else:
            assert market.sources[table] == f"{table}.csv"


@pytest.mark.parametrize("table", sorted(set(BUILT_IN) - {"events"}))
def test_a_table_of_the_folder_replaces_the_built_in_one_whole(tmp_path, table):
    assert len(getattr(load(tmp_path), table)) == len(cells(LEGAL[table])) - 1


@pytest.mark.parametrize("table", OPTIONAL)
def test_an_absent_optional_table_is_empty_and_switched_off(tmp_path, table):
    market = load(tmp_path, **{table: None})
    pd.testing.assert_frame_equal(getattr(market, table), empty_table(INPUT_TABLES[table]))
    (note,) = [note for note in market.notes if note.startswith(f"{table}: ")]
    assert "not in the folder" in note
    assert "switched off" in note


def test_a_full_folder_has_nothing_to_say(tmp_path):
    assert load(tmp_path).notes == ()


def test_the_smallest_folder(tmp_path):
    only = {"prices": LEGAL["prices"], "futures": LEGAL["futures"]}
    for name, text in only.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    market = load_market(tmp_path)
    assert market.data_kind == "market"
    assert len(market.notes) == 1 + len(OPTIONAL)
    assert list(market.trade_dates) == list(
        pd.to_datetime(["2026-01-29", "2026-01-30", "2026-02-02"])
    )


def test_clocks_are_the_built_in_ones_and_the_studys(tmp_path):
    mine = {"GC": Clock.parse("17:00 UTC"), "COPPER": Clock.parse("13:00 America/New_York")}
    assert load(tmp_path).clocks == BUILT_IN_CLOCKS
    assert load_market(tmp_path, clocks=mine).clocks == {**BUILT_IN_CLOCKS, **mine}
    assert str(BUILT_IN_CLOCKS["GC"]).startswith("13:30")


def test_the_word_replica_asks_for_the_replica_and_a_path_for_a_folder(tmp_path, monkeypatch):
    made = replace(load(tmp_path / "replica"), data_kind="replica")
    seeds = []

    def build_replica(seed: int = 1) -> Market:
        seeds.append(seed)
        return made

    stub = ModuleType("ratemodel.market.replica")
    stub.build_replica = build_replica
    monkeypatch.setitem(sys.modules, "ratemodel.market.replica", stub)
    monkeypatch.chdir(tmp_path)
    mine = {"COPPER": Clock.parse("13:00 America/New_York")}
    assert load_market().data_kind == "replica"
    market = load_market("replica", clocks=mine, seed=7)
    assert market.clocks == {**BUILT_IN_CLOCKS, **mine}
    assert "COPPER" not in made.clocks
    assert seeds == [1, 7]
    assert load_market("./replica").data_kind == "market"
    assert load_market(Path("replica")).data_kind == "market"
    assert seeds == [1, 7]


def test_a_path_and_its_text_are_one_folder(tmp_path):
    load(tmp_path)
    assert str(load_market(str(tmp_path))) == str(load_market(Path(tmp_path)))


def test_the_market_lists_its_tables(tmp_path):
    market = load(tmp_path, leverage=None)
    listed = market.to_frame().set_index("table")
    assert list(listed.index) == sorted(INPUT_TABLES, key=list(listed.index).index)
    assert set(listed.index) == set(INPUT_TABLES)
    assert listed.loc["prices", "rows"] == 4
    assert listed.loc["leverage", "rows"] == 0
    assert market.notes[0] in market.summary()
    assert str(market) == "market data, 2 assets, 2026-01-29..2026-02-02"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_table_is_legal(name):
    assert not builtin_table(name).empty


def test_built_in_facts_are_read_exactly():
    fomc = builtin_table("fomc")
    assert len(fomc) == 395
    cancelled = fomc.loc[fomc["kind"] == "cancelled"].squeeze()
    assert cancelled["announced"] == pd.Timestamp("2020-03-18")
    assert cancelled["cancelled_on"] == pd.Timestamp("2020-03-15")
    assert np.isnan(cancelled["target_upper_after_pct"])
    margins = builtin_table("margins")
    assert margins["announced"].isna().sum() == 1
    claims = builtin_table("claims").set_index("id")
    assert claims.loc["gold-16", "stated_value"] == "-16"
    flows = builtin_table("forced_flows")
    assert set(flows["event"]) <= {"all", *builtin_table("events")["event"]}


def test_a_built_in_table_is_nobodys_to_change():
    events = builtin_table("events")
    events["event"] = "gone"
    assert "metals-2026" in set(builtin_table("events")["event"])


def test_there_is_no_other_built_in_table():
    with pytest.raises(DataError, match="no built-in table 'prices'; there are fomc, events"):
        builtin_table("prices")

"""What one cell may hold: every refusal names the file, the row, the column and the value."""

from __future__ import annotations

import pytest
from border_tables import (
    LEGAL,
    cells,
    file_rows,
    load,
    read,
    spoil,
    table_refusal,
    without,
)

from ratemodel.market.schema import INPUT_TABLES

NOT_A_DATE = ["30.01.2026", "2026-1-30", "20260130", "2026-02-30", "2026-13-01", "0206-01-30"]
TIMES_OF_DAY = ["2026-01-30 00:00:00", "2026-01-30T16:00:00", "2026-01-30T00:00:00Z"]
CONTINUOUS = ["ZQ=F", "FF1", "FFc1", "ZQ1!", "continuous", "front", "FF_c2", "1", "ZQH26"]
NOT_A_MONTH = ["2026-13", "2026-00", "2026-3", "202603", "2026-03-01", "26-03", "03/2026"]
NOT_A_NUMBER = ["abc", "98,5", "1_000", "nan", "inf", "-inf", "0x10", "5 %", "--", "1e999", "True"]

REFUSED: list[tuple[str, str, str, str]] = [
    *(("futures", "trade_date", value, "date") for value in NOT_A_DATE + TIMES_OF_DAY),
    *(("prices", "date", value, "date") for value in TIMES_OF_DAY),
    *(("rates", "date", value, "date") for value in TIMES_OF_DAY),
    *(("futures", "contract", value, "continuous") for value in CONTINUOUS + NOT_A_MONTH),
    *(("futures", "settle", value, "number") for value in NOT_A_NUMBER),
    *(("futures", "settle", v, "75 to 105") for v in ("74.999", "105.001", "3.625", "0", "-1")),
    ("futures", "volume", "-1", "at least 0"),
    ("futures", "open_interest", "-0.5", "at least 0"),
    ("futures", "volume", "unknown", "number"),
    *(("rates", "value", value, "number") for value in ("n/a", "nan", "inf", "..", "ND")),
    *(("prices", "close", value, "above 0") for value in ("0", "-4745.1", "0.0", "-1e-9")),
    *(("prices", "close", value, "number") for value in ("inf", "nan", "1e400", "4,745.10")),
    *(("prices", name, "0", "above 0") for name in ("open", "high", "low")),
    ("prices", "volume", "-1", "at least 0"),
    *(
        ("prices", "struck_at", value, "strike clock")
        for value in ("13:30", "25:00 UTC", "24:01 UTC", "13:60 UTC", "13:30 Mars/Base", "noon UTC")
    ),
    *(("fomc", "time_et", value, "HH:MM") for value in ("24:00", "2pm", "14:00:00", "9:45")),
    *(("fomc", "kind", value, "must be one of") for value in ("Scheduled", "meeting")),
    ("fomc", "known_since", "May 2019", "date"),
    ("fomc", "cancelled_on", "2020-03-15 10:00", "no time of day"),
    ("fomc", "target_upper_before_pct", "3 3/4", "number"),
    ("events", "start", "soon", "date"),
    ("events", "end", "2026-02-30", "calendar"),
    *(("events", "assets", value, "';'") for value in ("GC,SI", "GC SI", "GC;;SI", "GC;", ";")),
    ("margins", "announced", "unknown", "date"),
    ("margins", "new", "8 %", "number"),
    ("margins", "old", "-6", "at least 0"),
    *(("forced_flows", "unit", value, "must be one of") for value in ("USD", "eur", "percent")),
    *(("forced_flows", "grade", value, "must be one of") for value in ("D", "a", "guess")),
    ("forced_flows", "asset", "SI,SLV", "';'"),
    ("forced_flows", "central", "about 3e9", "number"),
    ("leverage", "value", "inf", "number"),
    ("prices_1h", "close", "0", "above 0"),
    *(
        ("prices_1h", "time_utc", value, "instant")
        for value in ("2026-01-30", "1769781600000", "14:00", "2026-01-30T25:00:00Z")
    ),
    *(("odds", "probability", value, "0 to 1") for value in ("-0.01", "1.01", "36.5")),
    ("anchors", "se_pct_per_bp", "-0.1", "at least 0"),
    ("quotes", "value", "4745.10 usd", "number"),
]


@pytest.mark.parametrize(("table", "column", "value", "what"), REFUSED)
def test_an_illegal_cell_is_refused_with_its_row(table, column, value, what):
    for row in file_rows(table):
        text = table_refusal(table, spoil(table, row, {column: value}))
        assert text.startswith(f"{table}.csv, row {row}: {column} ")
        assert what in text
        assert text.endswith(f", got {value!r}")


EMPTY_IS_LEGAL = {
    "futures": {"volume", "open_interest"},
    "rates": {"value"},
    "prices": {"open", "high", "low", "volume", "struck_at"},
    "fomc": {"known_since", "cancelled_on"},
    "events": {"assets", "trigger", "rate_news", "margin_news", "note"},
    "margins": {"announced", "effective_after_close", "grade", "source"},
    "forced_flows": {"date", "underlying", "source"},
    "leverage": {"source"},
    "prices_1h": set(),
    "odds": set(),
    "releases": set(),
    "claims": {"asset", "unit", "source_grade", "suggested_measures"},
    "anchors": {"se_pct_per_bp", "sample", "source", "note"},
    "quotes": {"grade", "note"},
}
TARGETS = {f"target_{a}_{b}_pct" for a in ("lower", "upper") for b in ("before", "after")}
ALL_COLUMNS = [(table, column) for table, text in LEGAL.items() for column in cells(text)[0]]


@pytest.mark.parametrize(("table", "column"), [c for c in ALL_COLUMNS if c[1] not in TARGETS])
@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_cell_is_refused_where_a_value_is_needed(table, column, blank):
    for row in file_rows(table):
        changed = spoil(table, row, {column: blank})
        if column in EMPTY_IS_LEGAL[table]:
            read(table, changed)
        else:
            assert table_refusal(table, changed) == f"{table}.csv, row {row}: {column} is empty"


@pytest.mark.parametrize(("table", "column"), ALL_COLUMNS)
def test_a_missing_column_is_named_with_what_was_found(table, column):
    changed = without(table, column)
    if column not in INPUT_TABLES[table].required_names:
        frame = read(table, changed)
        assert (frame[column].isna() | (frame[column].astype(str) == "")).all()
        assert frame.dtypes.equals(read(table, LEGAL[table]).dtypes)
        return
    text = table_refusal(table, changed)
    assert text.startswith(f"{table}.csv, row 1: missing column {column}; found ")
    for name in cells(LEGAL[table])[0]:
        assert name == column or name in text.partition("found")[2]


def test_exactly_the_columns_in_brackets_are_optional():
    optional = {
        name: {c.name for c in spec.columns if not c.required}
        for name, spec in INPUT_TABLES.items()
    }
    assert optional["futures"] == {"volume", "open_interest"}
    assert optional["rates"] == set()
    assert optional["prices"] == {"open", "high", "low", "volume", "struck_at"}
    assert optional["fomc"] == {"known_since", "cancelled_on"}
    assert optional["events"] == {"assets", "trigger", "rate_news", "margin_news", "note"}
    for table in ("margins", "forced_flows", "leverage", "prices_1h", "odds", "releases"):
        assert optional[table] == set()


def test_all_missing_columns_are_named_at_once():
    text = table_refusal("prices", "date;asset;close\n2026-01-30;GC;4745\n")
    assert "row 1: missing columns date, asset, close; found date;asset;close" in text


@pytest.mark.parametrize(
    ("table", "column", "value", "expected"),
    [
        ("futures", "settle", "75", 75.0),
        ("futures", "settle", "105", 105.0),
        ("futures", "settle", "100.065", 100.065),
        ("futures", "settle", "+9.6375e1", 96.375),
        ("futures", "settle", " 96.375 ", 96.375),
        ("futures", "settle", "96.", 96.0),
        ("futures", "volume", "0", 0.0),
        ("rates", "value", "-2.41", -2.41),
        ("prices", "volume", "0", 0.0),
        ("prices", "struck_at", "24:00 UTC", "24:00 UTC"),
        ("prices", "struck_at", "9:45 Europe/London", "09:45 Europe/London"),
        ("fomc", "time_et", "09:45", "09:45"),
        ("fomc", "kind", "other_statement", "other_statement"),
        ("events", "assets", "GC; SI", "GC;SI"),
        ("forced_flows", "grade", "assumption", "assumption"),
        ("claims", "stated_value", "5600 -> 4600..4900", "5600 -> 4600..4900"),
        ("claims", "stated_value", "007", "007"),
        ("odds", "probability", "0", 0.0),
    ],
)
def test_a_legal_cell_is_read_as_written(table, column, value, expected):
    assert expected in read(table, spoil(table, 2, {column: value}))[column].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-30T14:30:00Z",
        "2026-01-30T14:30:00+00:00",
        "2026-01-30 14:30:00",
        "2026-01-30T14:30Z",
        "2026-01-30T15:30:00+01:00",
        "2026-01-30T09:30:00.000-0500",
    ],
)
def test_every_spelling_of_an_instant_is_the_same_instant(text):
    frame = read("prices_1h", spoil("prices_1h", 2, {"time_utc": text}))
    assert frame["time_utc"].iloc[0].isoformat() == "2026-01-30T14:30:00+00:00"


def test_the_first_offending_row_is_named_whatever_its_column():
    rows = cells(LEGAL["prices"])
    rows[2][2] = "0"  # row 3, close
    rows[3][0] = "soon"  # row 4, date: an earlier column, a later row
    rows[4][1] = ""
    text = "\n".join(",".join(row) for row in rows)
    assert "row 3: close must be above 0" in table_refusal("prices", text)


def test_no_observation_is_left_out_and_counted(tmp_path):
    for mark in (".", "", " . "):
        market = load(tmp_path, rates=spoil("rates", 3, {"value": mark}))
        assert len(market.rates) == 3
        assert market.rate("DGS2").tolist() == [3.53]
        assert "rates.csv: 1 row without an observation left out" in market.notes


def test_a_row_without_an_observation_still_needs_a_date():
    text = spoil("rates", 3, {"value": ".", "date": "?"})
    assert "rates.csv, row 3: date must be a date" in table_refusal("rates", text)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("prices", "close"),
        ("prices", "volume"),
        ("futures", "settle"),
        ("futures", "volume"),
        ("fomc", "target_upper_after_pct"),
        ("anchors", "se_pct_per_bp"),
    ],
)
def test_the_mark_of_no_observation_is_freds_only(table, column):
    text = table_refusal(table, spoil(table, 3, {column: "."}))
    assert f"row 3: {column} must be a number, got '.'" in text


def test_a_refusal_is_one_line_and_quotes_no_novel():
    text = table_refusal("futures", spoil("futures", 3, {"settle": "x\n" * 5000}))
    assert len(text) < 300
    text = table_refusal("prices", '"a\nb",close\n1,2\n')
    assert text == "prices.csv, row 1: missing columns date, asset; found a b, close"

"""One table of invented settlements, written as every vendor would, reads back the same."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_files import (
    BARCHART_FOOTER,
    DIALECT_OF,
    WRITERS,
    Style,
    barchart,
    barchart_one,
    bloomberg,
    bloomberg_wide,
    cells,
    cme,
    databento,
    days,
    expected,
    generic,
    lseg,
    native,
    outcome,
    read,
    refusal,
    settlements,
)

from ratemodel.market.schema import validate
from ratemodel.market.tables import INPUT_TABLES

DATES = ("iso", "midnight", "us", "us_short", "european", "slashes", "named", "american")
ORDER = {"us": "mdy", "us_short": "mdy", "european": "dmy", "slashes": "dmy"}


@st.composite
def tables(draw: Any) -> list[Any]:
    first = draw(st.dates(pd.Timestamp("2001-01-01").date(), pd.Timestamp("2029-12-31").date()))
    trade_dates = days(first.isoformat(), draw(st.integers(1, 25)))
    last = pd.Period(trade_dates[-1], "M")
    ahead = draw(st.lists(st.integers(0, 55), min_size=1, max_size=4, unique=True))
    rows = []
    for day in trade_dates:
        for month in ahead:
            steps = draw(st.integers(0, 10_800))
            settle = Decimal(75) + steps * Decimal("0.0025")
            rows.append((day, str(last + month), settle, str(steps), str(7 * steps)))
    return rows


STYLES = st.builds(
    Style,
    quote=st.sampled_from(["price", "rate"]),
    newest_first=st.booleans(),
    decimal=st.sampled_from([".", ","]),
    dates=st.sampled_from([*DATES, "compact", "serial"]),
    year_digits=st.sampled_from([1, 2, 4]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    thousands=st.booleans(),
)


@pytest.mark.parametrize("writer", WRITERS)
@given(rows=tables(), style=STYLES)
@settings(max_examples=60)
def test_every_dialect_reads_back_the_same_rows(writer, rows, style):
    # Databento sends what the exchange quotes, which is the price.
    style = replace(style, quote="price") if writer == "databento" else style
    data, name = WRITERS[writer](rows, style)
    imported = outcome(lambda: read(data, name))
    if isinstance(imported, str):
        assert "say --dates" in imported
        imported = read(data, name, dates=ORDER[style.dates])
    assert cells(imported) == expected(rows, writer)
    assert imported.dialect == DIALECT_OF[writer]
    again = read(data, name, **imported.decided)
    pd.testing.assert_frame_equal(again.frame, imported.frame)
    assert again.rows.tolist() == imported.rows.tolist()
    assert again.decided == imported.decided


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("dates", DATES)
def test_the_border_takes_what_was_read_and_rows_point_into_the_file(writer, dates):
    style = Style(dates=dates, newest_first=True, decimal=",", delimiter=";")
    data, name = WRITERS[writer](settlements(), style)
    imported = read(data, name)
    validate(imported.frame, INPUT_TABLES["futures"], name, rows=imported.rows)
    lines = list(csv.reader(io.StringIO(data.decode()), delimiter=";"))
    for row, day in zip(imported.rows, imported.frame["trade_date"], strict=True):
        written = str(day) if writer == "databento" else style.date(pd.Timestamp(day).date())
        assert any(written in cell for cell in lines[row - 1])


@pytest.mark.parametrize(
    "coded",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\n\n").encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: ("sep=;\n" + text).encode(),
        lambda text: ("\n\n" + text + ";;;;\n\n").encode(),
    ],
)
def test_encodings_blank_lines_and_line_ends_do_not_matter(coded):
    data, name = generic(settlements(), Style(delimiter=";", decimal=","))
    assert cells(read(coded(data.decode()), name)) == expected(settlements())


def test_a_row_is_counted_from_the_first_line_of_the_file():
    imported = read("Prices of ZQV26\n\nDate,Settle\n\n2026-01-30,96.37\n")
    assert imported.rows.tolist() == [5]
    assert "1 line above the column names skipped" in imported.found


# --- Prices and rates ----------------------------------------------------------------------------


def test_a_rate_becomes_a_price_in_decimals():
    imported = read("Date,Contract,Rate\n2026-01-30,2026-10,3.6375\n")
    assert imported.frame["settle"].tolist() == ["96.3625"]
    assert "values are rates: settle = 100 - rate" in imported.found
    assert (
        "values are from column Rate, whose name does not say whether they settle" in imported.found
    )


def test_a_settlement_goes_before_a_last_price():
    text = "Date,Contract,Last,Settle\n2026-01-30,ZQV26,96.30,96.37\n"
    imported = read(text)
    assert imported.frame["settle"].tolist() == ["96.37"]
    assert "settlements are from column Settle" in imported.found
    assert read(text, field="last").frame["settle"].tolist() == ["96.3"]


def test_a_last_price_is_called_one():
    found = read("Date,Contract,Last\n2026-01-30,ZQV26,96.30\n").found
    assert "there is no settlement: values are the last recorded price (Last)" in found


def test_a_missing_settlement_is_left_out_and_counted_not_filled():
    text = "Date,Ticker,PX_SETTLE,PX_LAST\n2026-01-30,FFV6 Comdty,96.37,96.3\n"
    imported = read(text + "2026-02-02,FFV6 Comdty,#N/A N/A,96.3\n2026-02-03,FFV6 Comdty,,\n")
    assert imported.frame["trade_date"].tolist() == ["2026-01-30"]
    assert (
        "2 rows without a settlement left out, 1 of them with a last price, which is none"
        in imported.found
    )


def test_any_column_can_be_taken_by_its_name():
    text = "Date,Contract,Mid point,Settle\n2026-01-30,ZQV26,96.30,96.37\n"
    assert read(text, field="Mid Point").frame["settle"].tolist() == ["96.3"]


# --- Each vendor's ways --------------------------------------------------------------------------


def test_barchart_footers_are_counted_wherever_they_stand():
    data, name = barchart_one(settlements(), Style(newest_first=True))
    twice = read(data + data.decode().encode(), name)
    assert cells(twice) == expected(settlements(), "barchart_one")
    assert "2 footer lines skipped" in twice.found
    assert "1 repeated header skipped" in twice.found
    assert "12 repeated rows merged" in twice.found
    assert "newest first" in twice.found


def test_barchart_names_its_contracts_in_brackets_and_lists_the_cash_rate():
    text = "Contract,Latest,Change,%Change,Volume,Time\n"
    text += "ZQY00 (Cash),96.36,0,0%,0,01/30/26\nZQG26 (Feb '26),96.37,0,0%,5,01/30/26\n"
    imported = read(text + BARCHART_FOOTER)
    assert imported.frame["contract"].tolist() == ["2026-02"]
    assert "1 row of the cash rate left out" in imported.found


def test_bloomberg_sheets_may_have_dates_for_each_contract():
    text = "FFH6 Comdty,,,FFV6 Comdty,\nDate,PX_SETTLE,,Date,PX_SETTLE\n"
    text += "2026-01-29,96.36,,2026-01-30,96.72\n2026-01-30,96.37,,,\n"
    assert cells(read(text)) == [
        ["2026-01-29", "2026-03", "96.36", "", ""],
        ["2026-01-30", "2026-03", "96.37", "", ""],
        ["2026-01-30", "2026-10", "96.72", "", ""],
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Date,FFH6 Comdty,FFV6 Comdty",
        "Dates,2026-03,2026-10",
        ",PX_SETTLE,PX_SETTLE\nDate,FFH6 Comdty,FFV6 Comdty",
        ",FFH6 Comdty,FFV6 Comdty\n,PX_SETTLE,PX_SETTLE\ndate,,",
    ],
)
def test_wide_sheets_may_have_one_header_row_or_two_in_either_order(header):
    imported = read(header + "\n2026-01-30,96.37,#N/A N/A\n2026-02-02,96.38,96.71\n")
    assert [row[:3] for row in cells(imported)] == [
        ["2026-01-30", "2026-03", "96.37"],
        ["2026-02-02", "2026-03", "96.38"],
        ["2026-02-02", "2026-10", "96.71"],
    ]
    again = read(
        header + "\n2026-01-30,96.37,#N/A N/A\n2026-02-02,96.38,96.71\n", **imported.decided
    )
    pd.testing.assert_frame_equal(again.frame, imported.frame)


def test_wide_contracts_without_a_settlement_column_are_named():
    text = ",FFH6 Comdty,FFV6 Comdty\nDates,PX_SETTLE,PX_LAST\n2026-01-30,96.37,96.72\n"
    imported = read(text)
    assert [row[:3] for row in cells(imported)] == [["2026-01-30", "2026-03", "96.37"]]
    assert "1 contract without column PX_SETTLE left out: FFV6 Comdty" in imported.found
    assert [row[1] for row in cells(read(text, field="PX_LAST"))] == ["2026-10"]


def test_weekends_are_told():
    found = read("Date,Contract,Settle\n2026-01-31,2026-10,96.37\n").found
    assert "1 row dated on a weekend, kept" in found


def test_wide_blanks_are_counted():
    rows = [row for row in settlements() if row[1] == "2026-03" or row[0].day > 22]
    imported = read(*bloomberg_wide(rows, Style()))
    assert cells(imported) == expected(rows)
    assert "6 rows without a settlement left out" in imported.found


def statistics(*messages: str) -> str:
    head = "ts_recv,ts_event,ts_ref,price,quantity,stat_type,update_action,symbol\n"
    return head + "\n".join(messages) + "\n"


DAY, NEXT = "2026-01-30T00:00:00.000000000Z", "2026-02-02T00:00:00.000000000Z"


def at(clock: str, day: str = "2026-01-30") -> str:
    return f"{day}T{clock}:00.000000000Z"


def test_databento_corrections_win_in_the_order_they_were_sent():
    imported = read(
        statistics(
            f"{at('23:00')},{at('23:00')},{DAY},96.380000000,,3,1,ZQV6",
            f"{at('20:00')},{at('20:00')},{DAY},96.370000000,,3,1,ZQV6",
            f"{at('20:00')},{at('20:00')},{DAY},,1200,6,1,ZQV6",
            f"{at('14:00', '2026-02-02')},{at('14:00', '2026-02-02')},{DAY},,54000,9,1,ZQV6",
            f"{at('20:00')},{at('20:00')},{DAY},96.100000000,,1,1,ZQV6",
            f"{at('20:00')},{at('20:00')},{DAY},0.010000000,,3,1,ZQV6-ZQX6",
            f"{at('20:00')},{at('20:00')},{DAY},4745.1,,3,1,GCJ6",
        )
    )
    assert cells(imported) == [["2026-01-30", "2026-10", "96.38", "1200", "54000"]]
    assert "1 settlement replaced by a later message" in imported.found
    assert "1 message with other statistics left out" in imported.found
    assert "1 row of spreads left out" in imported.found
    assert "1 row of other products left out" in imported.found


def test_databento_deleted_and_undefined_settlements_are_none():
    imported = read(
        statistics(
            f"{at('20:00')},{at('20:00')},{DAY},96370000000,,3,1,ZQV6",
            f"{at('21:00')},{at('21:00')},{DAY},96370000000,,3,2,ZQV6",
            f"{at('20:00')},{at('20:00')},{DAY},9223372036854775807,,3,1,ZQX6",
            f"{at('20:00')},{at('20:00')},{DAY},96380000000,,3,1,ZQZ6",
        )
    )
    assert [row[:3] for row in cells(imported)] == [["2026-01-30", "2026-12", "96.38"]]
    assert "2 rows without a settlement left out" in imported.found
    assert "prices are whole billionths" in imported.found


def test_databento_times_may_be_whole_nanoseconds_and_lack_a_reference():
    evening = 1_769_817_600_000_000_000  # 31 January, 00:00 UTC: still the 30th in Chicago
    undefined = 18446744073709551615
    imported = read(statistics(f"{evening},{evening},{undefined},96.37,,3,1,ZQV6"))
    assert imported.frame["trade_date"].tolist() == ["2026-01-30"]
    assert "1 message without ts_ref dated by ts_event in Chicago" in imported.found


def test_databento_daily_bars_close_at_a_last_price_and_sundays_are_left_out():
    text = "ts_event,rtype,open,high,low,close,volume,symbol\n"
    for day in ("2026-01-30", "2026-02-01", "2026-02-02"):
        text += f"{day}T00:00:00.000000000Z,35,96.3,96.4,96.3,96.37,100,ZQV6\n"
    imported = read(text)
    assert imported.frame["trade_date"].tolist() == ["2026-01-30", "2026-02-02"]
    assert "1 bar of Sundays, an hour of Monday's session, left out" in imported.found
    assert "there is no settlement: values are the last recorded price (close)" in imported.found


def test_cme_options_and_other_products_are_left_out_and_counted():
    data, name = cme(settlements(), Style())
    more = b"2026-01-30,ZQ,41,96.5,OOF,202603,,,CBT,,0.01,1,1\n"
    more += b"2026-01-30,ZN,21,,FUT,202603,,,CBT,,112.5,1,1\n"
    imported = read(data + more, name)
    assert cells(imported) == expected(settlements(), "cme")
    assert "1 row of other products left out" in imported.found
    assert "1 row of options and other instruments that are no futures left out" in imported.found


def test_cme_volumes_without_a_certain_day_are_left_out_and_counted():
    data, name = cme(settlements(), Style())
    lines = data.decode().splitlines(keepends=True)
    lines = [line for line in lines if not line.startswith("2026-01-22")]
    imported = read("".join(lines), name)
    said = "volume of the day before put on that day, where the file has it; 2 values left out"
    assert said in imported.found


def test_products_beside_a_contract_column_are_told_apart():
    text = "Date,Contract,Symbol,Settle\n2026-01-30,2026-10,ZQ,96.37\n2026-01-30,2026-10,GC,96.1\n"
    imported = read(text)
    assert imported.frame["settle"].tolist() == ["96.37"]
    assert "1 row of other products left out" in imported.found


def test_a_root_beside_the_file_s_name_is_one_contract():
    text = "Date,Symbol,Settle\n2026-01-30,ZQ,96.37\n"
    assert read(text, "zqv26.csv").frame["contract"].tolist() == ["2026-10"]


def test_columns_that_are_not_read_are_named():
    found = read(*barchart(settlements(), Style())).found
    assert "2 columns not read: Change, %Change" in found


@pytest.mark.parametrize("writer", [native, generic, lseg, bloomberg, databento])
def test_repeated_rows_are_merged_and_counted(writer):
    data, name = writer(settlements(), Style())
    head, _, body = data.partition(b"\n")
    imported = read(head + b"\n" + body + body, name)
    assert cells(imported) == expected(settlements())
    assert any(
        "24 repeated rows merged" in s or "24 settlements replaced" in s for s in imported.found
    )


# --- Prices and rates of other things ------------------------------------------------------------


def test_prices_of_one_asset():
    text = "Date;Open;High;Low;Close;Volume\n30.01.2026;4.100,5;4.200;4.000;4.150,25;1.200\n"
    imported = read(text, symbol="GC")
    assert imported.table == "prices"
    assert imported.frame.iloc[0].tolist() == [
        *("2026-01-30", "GC", "4150.25", "4100.5", "4200", "4000", "1200", ""),
    ]
    assert imported.decided["decimal"] == ","
    again = read(text, **imported.decided)
    pd.testing.assert_frame_equal(again.frame, imported.frame)
    validate(imported.frame, INPUT_TABLES["prices"], "x.csv", rows=imported.rows)


def test_prices_of_several_assets_in_our_own_format_keep_their_clocks():
    text = "date,asset,close,struck_at\n2026-01-31,BTC,84000,24:00 UTC\n2026-01-30,GC,4150.5,\n"
    imported = read(text)
    assert imported.table == "prices"
    assert imported.frame["asset"].tolist() == ["GC", "BTC"]
    assert imported.frame["struck_at"].tolist() == ["", "24:00 UTC"]


def test_rates_of_fred_are_named_by_their_column():
    text = "observation_date,DGS2,DGS10\n2026-01-29,3.61,4.11\n2026-01-30,.,4.12\n"
    imported = read(text)
    assert imported.table == "rates"
    assert cells(imported) == [
        ["2026-01-29", "DGS10", "4.11"],
        ["2026-01-29", "DGS2", "3.61"],
        ["2026-01-30", "DGS10", "4.12"],
    ]
    assert "1 row without a value left out" in imported.found
    again = read(text, **imported.decided)
    pd.testing.assert_frame_equal(again.frame, imported.frame)


def test_rates_in_long_form():
    imported = read("date,series,value\n2026-01-30,DGS2,-0.25\n")
    assert (imported.table, cells(imported)) == ("rates", [["2026-01-30", "DGS2", "-0.25"]])


def test_nothing_is_told_twice_and_everything_is_one_line():
    for writer in WRITERS.values():
        found = read(*writer(settlements(), Style())).found
        assert len(set(found)) == len(found)
        assert not any("\n" in sentence for sentence in found)


def test_a_row_of_other_width_is_refused():
    assert refusal("Date,Contract,Settle\n30.01.2026,2026-10,96,37\n") == (
        "DataError: x.csv, row 2: the header has 3 cells, got 4: '30.01.2026', …"
    )


# --- Forms met in the wild ---------------------------------------------------------------------


def test_barchart_marks_settlements_by_a_letter():
    head = "Contract,Last,Change,Previous,Volume,Open Int,Time\n"
    g, h = '"ZQG26 (Feb \'26)"', '"ZQH26 (Mar \'26)"'
    tail = ",+0.0025,96.36,1,2,2026-02-04\n"
    settled = read(f"{head}{g},96.3625s{tail}{h},96.37s{tail}", "barchart.csv")
    assert settled.frame["settle"].tolist() == ["96.3625", "96.37"]
    assert "settlements are from column Last" in settled.found
    mixed = read(f"{head}{g},96.3625s{tail}{h},96.37{tail}", "barchart.csv")
    assert "there is no settlement: values are the last recorded price (Last)" in mixed.found
    assert "1 value marked s, as settled" in mixed.found


@pytest.mark.parametrize(
    ("text", "months"),
    [
        (
            "Date;FFV6 Comdty - Last Price;FFX6 Comdty - Last Price\n30.01.2026;96,365;96,4\n",
            ["2026-10", "2026-11"],
        ),
        (
            "Date,FFV6 Comdty - PX_SETTLE,FFV6 Comdty - PX_LAST\n01/30/2026,96.365,96.4\n",
            ["2026-10"],
        ),
    ],
)
def test_bloomberg_charts_name_contract_and_field_in_one_cell(text, months):
    imported = read(text)
    assert imported.dialect == "bloomberg"
    assert imported.frame["contract"].tolist() == months
    assert imported.frame["settle"].tolist()[0] == "96.365"


def test_lseg_tick_history_has_a_number_sign_and_times():
    text = "#RIC,Domain,Date-Time,GMT Offset,Type,Open,Last,Volume,Settlement Price\n"
    text += (
        "FFV6,Market Price,2026-02-04T00:00:00.000000000Z,-6,Intraday 1Day,96.36,96.36,9,96.365\n"
    )
    imported = read(text)
    assert imported.dialect == "lseg"
    assert cells(imported) == [["2026-02-04", "2026-10", "96.365", "9", ""]]


CME_PAGE = {
    "settlements": [
        {"month": "FEB 26", "settle": "96.3625", "volume": "12,345", "openInterest": "123,456"},
        {"month": "MAR 26", "settle": "-", "volume": "0", "openInterest": "0"},
        {"month": "Total", "settle": "", "volume": "1", "openInterest": "1"},
    ],
    "reportType": "Final",
    "tradeDate": "02/04/2026",
    "empty": False,
}


def test_a_page_of_cme_s_is_read_as_saved():
    imported = read(json.dumps(CME_PAGE), "Settlements.json")
    assert cells(imported) == [["2026-02-04", "2026-02", "96.3625", "12345", "123456"]]
    assert "1 contracts without a settlement left out" in imported.found
    again = read(json.dumps(CME_PAGE), "Settlements.json", **imported.decided)
    assert cells(again) == cells(imported)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps(CME_PAGE)[:90], "cut off or no JSON"),
        ('{"tradeDate": 3}', "its tradeDate is 3"),
        (json.dumps({**CME_PAGE, "reportType": "Preliminary"}), "not final"),
        (
            json.dumps({**CME_PAGE, "empty": True, "settlements": []}),
            "no settlements of 2026-02-04",
        ),
    ],
)
def test_what_is_no_page_of_cme_s_is_refused(text, said):
    assert said in refusal(text, "Settlements.json")


@pytest.mark.parametrize("column", ["SETTLE", "Open Interest"])
def test_a_nameless_file_with_settlements_may_be_a_contract(column):
    head = f"Date,Open,High,Low,Last,{column}"
    text = f"{head}\n2026-02-04,96.36,96.37,96.36,96.36,96.365\n"
    assert "--table futures with --contract" in refusal(text)


def test_a_nameless_file_of_prices_is_asked_about_both():
    text = "Date,Open,High,Low,Close\n2026-02-04,96.36,96.37,96.36,96.36\n"
    assert "say --symbol NAME, or --contract YYYY-MM" in refusal(text)

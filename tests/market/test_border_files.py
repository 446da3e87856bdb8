"""Files: what a folder may hold, in which formats, and how a broken file is refused."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from border_tables import LEGAL, cells, load, read, refusal, table_refusal, write_folder

from ratemodel.errors import DataError
from ratemodel.market import load_market


def folder_refusal(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_market(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def put(folder: Path, name: str, data: bytes) -> Path:
    """The legal folder with one file of these bytes in place of the table's own."""
    write_folder(folder, **{name.partition(".")[0]: None})
    (folder / name).write_bytes(data)
    return folder


PRICES = LEGAL["prices"].encode()


# --- The folder -------------------------------------------------------------------------------


def test_a_folder_that_is_not_there(tmp_path):
    assert folder_refusal(tmp_path / "nowhere").endswith("nowhere: no such folder")


def test_a_file_is_no_folder(tmp_path):
    file = tmp_path / "prices.csv"
    file.write_bytes(PRICES)
    assert "prices.csv: not a folder of tables" in folder_refusal(file)


def test_an_empty_folder(tmp_path):
    assert "the folder is empty" in folder_refusal(tmp_path)


def test_prices_are_needed(tmp_path):
    assert "no prices table (prices.csv, prices.csv.gz, prices.parquet)" in refusal(
        tmp_path, prices=None
    )


def test_futures_or_rates_are_needed(tmp_path):
    text = refusal(tmp_path, futures=None, rates=None)
    assert "neither a futures nor a rates table" in text


@pytest.mark.parametrize("missing", ["futures", "rates"])
def test_one_of_futures_and_rates_is_enough(tmp_path, missing):
    market = load(tmp_path, **{missing: None})
    assert getattr(market, missing).empty
    assert any(note.startswith(f"{missing}: not in the folder") for note in market.notes)


@pytest.mark.parametrize("other", ["prices.csv.gz", "prices.parquet"])
def test_two_files_for_one_table_are_both_named(tmp_path, other):
    write_folder(tmp_path)
    (tmp_path / other).write_bytes(b"whatever")
    text = folder_refusal(tmp_path)
    assert "prices.csv" in text
    assert other in text
    assert "two files for the table prices" in text


def test_unknown_files_are_listed_once_and_ignored(tmp_path):
    write_folder(tmp_path)
    for name in ("README.md", "truth.csv", "prices.csv.bak", "Prices.csv", "prices.txt"):
        (tmp_path / name).write_bytes(b"\xff\xfe nothing anyone reads")
    (tmp_path / "raw").mkdir()
    market = load_market(tmp_path)
    (note,) = [note for note in market.notes if "ignored" in note]
    assert note == (
        "ignored, not input tables: Prices.csv, README.md, prices.csv.bak, prices.txt, raw, "
        "truth.csv"
    )


def test_a_folder_named_like_a_table_is_no_table(tmp_path):
    write_folder(tmp_path, prices=None)
    (tmp_path / "prices.parquet").mkdir()
    assert "no prices table" in folder_refusal(tmp_path)


@pytest.mark.parametrize("name", ["prices.csv", "futures.csv.gz", "odds.parquet"])
def test_a_file_that_cannot_be_opened(tmp_path, name):
    write_folder(tmp_path, **{name.partition(".")[0]: None})
    (tmp_path / name).symlink_to(tmp_path / "gone")
    text = folder_refusal(tmp_path)
    assert f"{name}: cannot be read (No such file or directory)" in text


# --- Formats ----------------------------------------------------------------------------------


def as_text_frame(table: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(LEGAL[table]), dtype=str, keep_default_na=False)


def as_typed_frame(table: str) -> pd.DataFrame:
    """What a user's own pandas would hold: dates, floats, missing values."""
    frame = pd.read_csv(io.StringIO(LEGAL[table]))
    for name in ("trade_date", "date", "announced", "start", "end", "known_since", "cancelled_on"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    if "effective_after_close" in frame:
        frame["effective_after_close"] = pd.to_datetime(frame["effective_after_close"])
    if "time_utc" in frame:
        frame["time_utc"] = pd.to_datetime(frame["time_utc"])
    return frame


def parquet(frame: pd.DataFrame, **options: object) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out, **options)
    return out.getvalue()


@pytest.mark.parametrize("table", LEGAL)
@pytest.mark.parametrize("typed", [as_text_frame, as_typed_frame])
def test_every_format_reads_the_same_table(tmp_path, table, typed):
    expected = read(table, LEGAL[table])
    zipped = load_market(
        put(tmp_path / "zipped", f"{table}.csv.gz", gzip.compress(LEGAL[table].encode()))
    )
    stored = load_market(put(tmp_path / "stored", f"{table}.parquet", parquet(typed(table))))
    pd.testing.assert_frame_equal(getattr(zipped, table), expected)
    pd.testing.assert_frame_equal(getattr(stored, table), expected)
    assert zipped.sources[table] == f"{table}.csv.gz"
    assert stored.sources[table] == f"{table}.parquet"


def test_parquet_dates_months_and_categories_are_read_as_they_are(tmp_path):
    frame = as_typed_frame("futures")
    frame["trade_date"] = frame["trade_date"].dt.date
    frame["contract"] = pd.PeriodIndex(frame["contract"], freq="M")
    market = load_market(put(tmp_path, "futures.parquet", parquet(frame)))
    pd.testing.assert_frame_equal(market.futures, read("futures", LEGAL["futures"]))
    prices = as_typed_frame("prices").astype({"asset": "category", "volume": "Int64"})
    market = load_market(put(tmp_path / "b", "prices.parquet", parquet(prices)))
    pd.testing.assert_frame_equal(market.prices, read("prices", LEGAL["prices"]))


def test_a_named_parquet_index_is_columns(tmp_path):
    frame = as_typed_frame("prices").set_index(["date", "asset"])
    market = load_market(put(tmp_path, "prices.parquet", parquet(frame)))
    pd.testing.assert_frame_equal(market.prices, read("prices", LEGAL["prices"]))


@pytest.mark.parametrize("value", [0.0, float("inf"), float("nan"), None])
@pytest.mark.parametrize("row", [2, 3, 4, 5])
def test_parquet_rows_are_counted_like_csv_rows(tmp_path, value, row):
    frame = as_typed_frame("prices")
    frame.loc[row - 2, ["close", "high", "low"]] = [value, None, None]
    text = folder_refusal(put(tmp_path, "prices.parquet", parquet(frame)))
    assert f"prices.parquet, row {row}: close " in text


def test_a_time_of_day_in_parquet_is_refused(tmp_path):
    frame = as_typed_frame("prices")
    frame.loc[1, "date"] += pd.Timedelta(hours=16)
    text = folder_refusal(put(tmp_path, "prices.parquet", parquet(frame)))
    assert "prices.parquet, row 3: date must be a date YYYY-MM-DD: a date has no time" in text


def test_a_parquet_column_of_lists_is_refused(tmp_path):
    table = pa.table({"date": ["2026-01-30"], "asset": [["GC", "SI"]], "close": [[1.0]]})
    out = io.BytesIO()
    pq.write_table(table, out)
    assert "row 2: close must be a number" in folder_refusal(
        put(tmp_path, "prices.parquet", out.getvalue())
    )


@pytest.mark.parametrize("data", [b"PAR1", b"date,asset,close\n", b"PAR1" + bytes(50) + b"PAR1"])
def test_what_is_no_parquet_is_refused(tmp_path, data):
    text = folder_refusal(put(tmp_path, "prices.parquet", data))
    assert "prices.parquet: not a readable parquet file" in text


@pytest.mark.parametrize(
    "data",
    [
        PRICES,
        gzip.compress(PRICES, mtime=0)[:-12],
        gzip.compress(PRICES, mtime=0)[:40],
        b"\x1f\x8b",
        b"\x1f\x8b\x08abc",
    ],
)
def test_malformed_gzip_is_refused(tmp_path, data):
    text = folder_refusal(put(tmp_path, "prices.csv.gz", data))
    assert "prices.csv.gz: not a readable gzip file" in text


def test_gzip_under_the_name_of_plain_text_is_refused(tmp_path):
    text = folder_refusal(put(tmp_path, "prices.csv", gzip.compress(PRICES)))
    assert "prices.csv, row 1: the file is not UTF-8 text" in text


# --- Text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.removesuffix("\n"),
        lambda text: text + "\n\n",
        lambda text: text + ",,,,,,,\n",
        lambda text: text.replace(",", " , "),
        lambda text: "\n".join(",".join(f'"{c}"' for c in row) for row in cells(text)),
    ],
    ids=["BOM", "CRLF", "BOM+CRLF", "CR", "no end", "blank end", "commas", "spaces", "quotes"],
)
@pytest.mark.parametrize("table", ["prices", "futures"])
def test_what_spreadsheets_write_is_accepted(table, change):
    text = LEGAL[table]
    if change(text).endswith(",,,,,,,\n") and table == "futures":
        text_changed = text + ",,,,\n"
    else:
        text_changed = change(text)
    pd.testing.assert_frame_equal(read(table, text_changed), read(table, text))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blank_lines_hold_nothing_but_count(end):
    rows = LEGAL["futures"].splitlines()
    rows[3] = rows[3].replace("96.38", "9638")  # row 4 before, row 6 after
    text = end.join([rows[0], "", *rows[1:3], "", *rows[3:], ""])
    assert table_refusal("futures", text).startswith("futures.csv, row 6: settle must lie")


def test_a_line_break_within_quotes_is_one_row():
    text = LEGAL["events"].replace("a nomination, a", "a nomination,\na")
    assert "\n" in read("events", text)["trigger"].iloc[0]
    broken = text.replace("weekend,2026-01-31", "weekend,2026-02-31")
    assert table_refusal("events", broken).startswith("events.csv, row 4: start is no day")


@pytest.mark.parametrize("row", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("cut", "count"), [(lambda line: line.rpartition(",")[0], 4), (lambda line: line + ",", 6)]
)
def test_a_ragged_row_is_named(row, cut, count):
    rows = LEGAL["futures"].splitlines()
    rows[row - 1] = cut(rows[row - 1])
    text = table_refusal("futures", "\n".join(rows))
    assert text.startswith(f"futures.csv, row {row}: the header has 5 cells, got {count}: ")


@pytest.mark.parametrize("row", [1, 2, 4])
@pytest.mark.parametrize("broken", [b"\xff", b"\xe9t\xe9", b"\xc3"])
def test_undecodable_bytes_are_named_by_row(tmp_path, row, broken):
    lines = PRICES.splitlines(keepends=True)
    lines[row - 1] = lines[row - 1][:4] + broken + lines[row - 1][4:]
    text = folder_refusal(put(tmp_path, "prices.csv", b"".join(lines)))
    assert f"prices.csv, row {row}: the file is not UTF-8 text, got byte 0x" in text


def test_utf_16_is_refused(tmp_path):
    text = folder_refusal(put(tmp_path, "prices.csv", LEGAL["prices"].encode("utf-16")))
    assert "prices.csv, row 1: the file is not UTF-8 text" in text


def test_zero_bytes_are_refused(tmp_path):
    data = PRICES.replace(b"GC,4745.1", b"GC\0,4745.1")
    text = folder_refusal(put(tmp_path, "prices.csv", data))
    assert "prices.csv, row 3: the file is not text, got a zero byte" in text


@pytest.mark.parametrize("row", [2, 4, 5])
def test_a_quotation_mark_that_is_never_closed_is_named(row):
    rows = LEGAL["futures"].splitlines()
    rows[row - 1] = rows[row - 1].rpartition(",")[0] + ',"54000'
    text = table_refusal("futures", "\n".join(rows))
    assert text == f"futures.csv, row {row}: a quotation mark is never closed"


def test_a_lone_inch_mark_is_text():
    text = LEGAL["quotes"].replace("about", 'a 5" screen')
    assert 'a 5" screen' in read("quotes", text)["note"].tolist()


@pytest.mark.parametrize("data", [b"", b"\n", b"  \r\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("table", LEGAL)
def test_an_empty_file_is_refused(tmp_path, table, data):
    text = folder_refusal(put(tmp_path, f"{table}.csv", data))
    assert f"{table}.csv: the file is empty: not even column names" in text


def test_an_empty_gzip_or_parquet_file_is_refused(tmp_path):
    assert "the file is empty" in folder_refusal(put(tmp_path, "prices.csv.gz", gzip.compress(b"")))
    (tmp_path / "prices.csv.gz").unlink()
    assert "the file is empty" in folder_refusal(put(tmp_path, "prices.parquet", b""))


def test_names_are_in_the_first_row():
    text = table_refusal("prices", "\n" + LEGAL["prices"])
    assert text == "prices.csv, row 1: the first row must hold the column names, got none"


@pytest.mark.parametrize("twice", ["close", "note"])
def test_a_name_given_twice_is_refused(tmp_path, twice):
    rows = [[*row, *row[2:3], "x", "y"] for row in cells(LEGAL["prices"])]
    rows[0][-3:] = [twice, "note", "other"]
    if twice == "close":
        rows[0][-2] = "more"
    text = table_refusal("prices", "\n".join(",".join(row) for row in rows))
    assert text == f"prices.csv, row 1: two columns have one name, got '{twice}' twice"


def header_only(table: str) -> str:
    return LEGAL[table].partition("\n")[0].replace("\\", "") + "\n"


def test_prices_need_rows(tmp_path):
    text = refusal(tmp_path, prices=header_only("prices"))
    assert "prices, and futures or rates, must have rows below the header" in text


def test_futures_or_rates_need_rows(tmp_path):
    headers = {name: header_only(name) for name in ("futures", "rates")}
    assert "must have rows" in refusal(tmp_path, **headers)
    assert load(tmp_path / "one", futures=headers["futures"]).futures.empty


@pytest.mark.parametrize("table", sorted(set(LEGAL) - {"prices", "futures", "rates", "events"}))
def test_a_header_alone_is_an_empty_table(tmp_path, table):
    market = load(tmp_path, **{table: header_only(table)})
    frame = getattr(market, table)
    assert frame.empty
    assert frame.dtypes.equals(read(table, LEGAL[table]).dtypes)
    assert any(note.startswith(f"{table}.csv: no rows") for note in market.notes)


def test_extra_columns_are_listed_and_ignored(tmp_path):
    rows = [[*row, "x", ""] for row in cells(LEGAL["futures"])]
    rows[0][-2:] = ["ticker", ""]
    market = load(tmp_path, futures="\n".join(",".join(row) for row in rows))
    pd.testing.assert_frame_equal(market.futures, read("futures", LEGAL["futures"]))
    assert "futures.csv: columns not read: ticker, (unnamed)" in market.notes

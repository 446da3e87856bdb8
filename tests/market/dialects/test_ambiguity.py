"""Every refusal and every question, by its text; and the answers to the questions."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_files import WRITERS, Style, cells, outcome, read, refusal
from vendor_files import settlements as invented

from ratemodel.errors import StudyError
from ratemodel.market.dialects import Imported, ImportOptions

ONE = "Date,Contract,Settle\n2026-01-30,2026-10,96.37\n"


# --- Questions: the sentence names the option, and the option answers -----------------------------


@pytest.mark.parametrize(
    ("text", "question", "answers"),
    [
        (
            "Date,Contract,Settle\n03/04/2026,2026-10,96.37\n",
            "the dates could be day first or month first (03/04/2026); "
            "say --dates dmy or --dates mdy",
            [{"dates": "dmy"}, {"dates": "mdy"}],
        ),
        (
            "Date,Settle\n2026-01-30,96.37\n",
            "the file does not say which table it belongs to; say --table futures with --contract "
            "YYYY-MM, --table prices or --table rates with --symbol NAME",
            [
                {"table": "futures", "contract": "2026-10"},
                {"contract": "2026-10"},
                {"table": "prices", "symbol": "GC"},
                {"table": "rates", "symbol": "DFF"},
            ],
        ),
        (
            "Date,Symbol,Close\n2026-01-30,GC,4150\n",
            "the file does not say which table it belongs to; say --table prices or --table rates",
            [{"table": "prices"}, {"table": "rates"}],
        ),
        (
            "Date,Open,High,Low,Close\n2026-01-30,1,2,1,2\n",
            "nothing says which asset this is; say --symbol NAME, "
            "or --contract YYYY-MM if it is a fed funds future",
            [{"symbol": "GC"}],
        ),
        (
            "Contracts ZQV26 and ZQX26\n\nDate,Settle\n2026-01-30,96.37\n",
            "the rows name no contract and the file speaks of ZQV26 and ZQX26; "
            "say --contract YYYY-MM",
            [{"contract": "2026-10"}],
        ),
        (
            "Date,Contract,Close,Last\n2026-01-30,ZQV26,96.37,96.36\n",
            "the values could be those of Close or Last; say --field Close or --field Last",
            [{"field": "Close"}, {"field": "Last"}],
        ),
        (
            "Date,Contract,Price,Implied Rate\n2026-01-30,ZQV26,96.37,3.63\n",
            "the values could be those of Price or Implied Rate; "
            'say --field Price or --field "Implied Rate"',
            [{"field": "Price"}, {"field": "implied rate"}],
        ),
        (
            'date,asset,close\n2026-01-30,BTC,"84,000"\n',
            "the decimals could follow a point or a comma (84,000 is 84000 or 84.000); "
            "say --decimal . or --decimal ,",
            [{"decimal": "."}, {"decimal": ","}],
        ),
    ],
)
def test_a_question_is_asked_and_its_option_answers(text, question, answers):
    assert refusal(text) == f"StudyError: x.csv: {question}"
    for answer in answers:
        assert len(read(text, **answer).frame) == 1


def test_a_table_that_is_said_still_needs_its_contract():
    text = "Date,Settle\n2026-01-30,96.37\n"
    assert refusal(text, table="futures") == (
        "StudyError: x.csv: nothing says which contract this is; say --contract YYYY-MM"
    )


def test_a_file_s_name_and_its_preamble_may_not_differ():
    text = "Security,FFX6 Comdty\nDate,PX_SETTLE\n2026-01-30,96.37\n"
    assert "speaks of FFX6 Comdty and zqv26; say --contract" in refusal(text, "zqv26.csv")
    assert read(text, "zqx26.csv").frame["contract"].tolist() == ["2026-11"]


def test_what_the_user_says_must_fit_the_file():
    assert refusal(ONE, contract="2026-11") == (
        "StudyError: x.csv: --contract says 2026-11, but row 2 is of 2026-10"
    )
    text = "Date,Settle\n2026-01-30,96.37\n"
    assert refusal(text, "zqv26.csv", contract="2026-11") == (
        "StudyError: zqv26.csv: --contract says 2026-11, but row 2 is of zqv26"
    )
    prices = "date,asset,close\n2026-01-30,GC,4150.5\n"
    assert refusal(prices, symbol="SI") == (
        "StudyError: x.csv: --symbol says SI, but row 2 is of GC"
    )
    assert refusal(ONE, field="Mid") == (
        "StudyError: x.csv: no column is called 'Mid'; there are Date, Contract, Settle"
    )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"table": "odds"}, "--table must be one of futures, prices, rates, got 'odds'"),
        ({"quote": "yield"}, "--quote must be one of price, rate, got 'yield'"),
        ({"dates": "eu"}, "--dates must be one of ymd, mdy, dmy, got 'eu'"),
        ({"decimal": ";"}, "--decimal must be one of ., ,, got ';'"),
        ({"contract": "ZQV6"}, "--contract must be a month YYYY-MM, got 'ZQV6'"),
    ],
)
def test_options_that_do_not_exist_are_refused(said, sentence):
    with pytest.raises(StudyError) as caught:
        ImportOptions(**said)
    assert str(caught.value) == sentence


# --- Continuous series ---------------------------------------------------------------------------

ROLLS = (
    "is a continuous series: at each month end it changes contract, and the roll looks like a "
    "shock; take the contracts themselves, or give a roll calendar (--roll FILE)"
)
ROLL = pd.DataFrame(
    {"first_date": ["2026-02-02", "2026-01-02"], "contract": ["2026-02", "2026-01"]}
)


@pytest.mark.parametrize("ticker", ["FF1 Comdty", "FFc1", "ZQ=F", "ZQ1!", "@FF", "ZQ*0", "front"])
def test_a_continuous_series_is_refused_with_the_reason(ticker):
    text = f"Date,Ticker,Settle\n2026-01-30,{ticker},96.37\n"
    assert refusal(text) == f"DataError: x.csv, row 2: {ticker!r} {ROLLS}"
    assert ROLLS in refusal(text, contract="2026-10")


@pytest.mark.parametrize(
    ("text", "name", "ticker"),
    [
        ("Security,FF1 Comdty\nDate,PX_SETTLE\n2026-01-30,96.37\n", "x.csv", "FF1 Comdty"),
        ("Date,Settle\n2026-01-30,96.37\n", "ffc1.csv", "ffc1"),
        ("Date,FF1 Comdty,FF2 Comdty\n2026-01-30,96.37,96.4\n", "x.csv", "FF1 Comdty"),
    ],
)
def test_a_continuous_series_is_refused_wherever_it_is_named(text, name, ticker):
    assert f"{ticker!r} {ROLLS}" in refusal(text, name)


def test_a_roll_calendar_makes_a_continuous_series_legal():
    text = "Date,Ticker,Settle\n2026-01-30,FF1 Comdty,96.37\n2026-02-02,FF1 Comdty,96.38\n"
    imported = read(text, roll=ROLL)
    assert imported.frame["contract"].tolist() == ["2026-01", "2026-02"]
    again = read(text, roll=ROLL, **imported.decided)
    pd.testing.assert_frame_equal(again.frame, imported.frame)
    early = text.replace("2026-01-30", "2026-01-01")
    assert refusal(early, roll=ROLL) == (
        "DataError: x.csv, row 2: the roll calendar begins on 2026-01-02, got 2026-01-01"
    )


def test_a_roll_calendar_serves_one_series_and_leaves_contracts_alone():
    text = "Date,Ticker,Settle\n2026-01-30,FF1 Comdty,96.37\n2026-01-30,FFV6 Comdty,96.72\n"
    assert read(text, roll=ROLL).frame["contract"].tolist() == ["2026-01", "2026-10"]
    two = text.replace("FFV6", "FF2")
    assert refusal(two, roll=ROLL) == (
        "StudyError: x.csv: a roll calendar is one series', and the file has "
        "FF1 COMDTY and FF2 COMDTY"
    )


@pytest.mark.parametrize(
    ("roll", "sentence"),
    [
        (ROLL.drop(columns="contract"), "the roll calendar lacks contract"),
        (ROLL.assign(contract="FF1"), "the roll calendar: 'FF1' is a continuous series"),
        (ROLL.assign(first_date="soon"), "the roll calendar: "),
        (ROLL.assign(first_date="2026-01-02"), "two contracts on one first_date"),
        (ROLL.iloc[:0], "the roll calendar is empty, got 2026-01-30"),
    ],
)
def test_a_broken_roll_calendar_is_refused(roll, sentence):
    text = "Date,Ticker,Settle\n2026-01-30,FF1 Comdty,96.37\n"
    assert sentence in refusal(text, roll=roll)


# --- Broken content ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Date,Contract,Settle\n2026-01-29,2026-10,96.37\n2026-01-30,2026-10,3.63\n"
            "2026-02-02,2026-10,96.38\n",
            "row 3: settle must be a price (75 to 105), as most other rows are, got 3.63",
        ),
        (
            "Date,Contract,Settle\n2026-01-29,2026-10,3.62\n2026-01-30,2026-10,96.38\n"
            "2026-02-02,2026-10,3.63\n",
            "row 3: settle must be a rate (-2 to 25 percent), as most other rows are, got 96.38",
        ),
        (
            "Date,Contract,Settle\n2026-01-29,2026-10,50\n",
            "row 2: settle must be a price (75 to 105) or a rate (-2 to 25 percent), got 50",
        ),
        (
            "Date,Contract,Settle\n2026-01-29,2026-10,about 96\n",
            "row 2: settle must be a number, got 'about 96'",
        ),
        (
            "Date,Contract,Settle,Volume\n2026-01-29,2026-10,96.37,many\n",
            "row 2: volume must be a number, got 'many'",
        ),
        (
            "Date,Contract,Settle,Volume\n2026-01-29,2026-10,96.37,1.234\n",
            "row 2: volume must be a whole number of contracts, got 1.234",
        ),
        (
            "Date,Contract,Settle\n2026-01-29,,96.37\n2026-01-29,2026-10,96.37\n",
            "row 2: the contract is empty",
        ),
        (
            "Date,Contract,Settle\n2026-01-29,October,96.37\n2026-01-29,2026-10,96.37\n",
            "row 2: 'October' is no contract: expected such as ZQV26, FFV6 Comdty, Oct 2026 or "
            "2026-10",
        ),
        (
            "Date,Contract,Settle\n2026-02-08,ZQF6,96.37\n",
            "row 2: on 2026-02-08 a year that ends in 6 means 2036-01, which is more than 5 years "
            "ahead; write the year with two or four digits",
        ),
        (
            ONE + "2026-01-30,ZQV26,96.38\n",
            "row 3: trade_date 2026-01-30, contract 2026-10 repeats row 2 with another settle, "
            "got 96.38 after 96.37",
        ),
        (
            "date,asset,close\n2026-01-30,GC,4150\n2026-01-30,GC,4151\n",
            "row 3: date 2026-01-30, asset GC repeats row 2 with another close, "
            "got 4151 after 4150",
        ),
        (
            ONE + "2026-01-31,2026-10,96,38\n",
            "row 3: the header has 3 cells, got 4: '2026-01-31', …",
        ),
        (ONE + "total,2026-10,96.38\n", "row 3: must be a date, got 'total'"),
        (ONE + "2026-02-30,2026-10,96.38\n", "row 3: is no day of the calendar, got '2026-02-30'"),
        (
            "Date,Contract,Settle,settle\n2026-01-30,2026-10,96.37,96.37\n",
            "row 1: two columns have one name, got 'Settle' twice",
        ),
        (
            "Date,FFV6,FFV6\n2026-01-30,96.37,96.37\n",
            "row 1: two columns hold the values of FFV6",
        ),
        (
            "ts_event,ts_recv,ts_ref,price,stat_type,symbol\nsoon,soon,soon,96.37,3,ZQV6\n",
            "row 2: must be a time, got 'soon'",
        ),
        (
            "ts_event,open,high,low,close,symbol\n2026-01-30T14:00:00Z,96,96,96,96,ZQV6\n",
            "row 2: the table is daily, got a bar that begins at 2026-01-30T14:00:00",
        ),
        (
            'Date,Contract,Settle\n2026-01-30,"2026-10,96.37\n',
            "row 2: unreadable row (unexpected end of data)",
        ),
    ],
)
def test_a_broken_row_is_named(text, sentence):
    assert refusal(text) == f"DataError: x.csv, {sentence}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (
            b"PK\x03\x04rest",
            "this is an Excel workbook or a zip archive; save the sheet as CSV, or",
        ),
        (
            b"PAR1rest",
            "this is a parquet file; a table in this project's own format needs no import",
        ),
        (b"\x1f\x8bbroken", "not a readable gzip file"),
        (
            b"hello\n",
            "none of the first rows holds column names: a date and a settlement, price or",
        ),
        (b"Date,Contract,Settle\n", "there is no row below the column names"),
        (b"date,asset,close\n", "there is no row below the column names"),
        (
            b"Date,Contract,Settle\n2026-01-30,GCZ6,96.37\n2026-01-30,GCG7,96.37\n",
            "no row is of a 30-day fed funds contract (ZQ, FF): 2 rows of other products",
        ),
        (
            b"Date,Contract,Settle,Last\n2026-01-30,2026-10,,96.37\n",
            "no row has a settlement in column Settle; another column can be taken with --field",
        ),
    ],
)
def test_a_file_without_a_table_is_refused(text, sentence):
    if b"GCZ6" in text:
        assert refusal(text, table="futures").startswith(f"DataError: x.csv: {sentence}")
    else:
        assert refusal(text).startswith(f"DataError: x.csv: {sentence}")


def test_what_is_no_text_is_refused_with_its_row():
    assert refusal(b"Date,Settle\n2026-01-30,\xff\n") == (
        "DataError: x.csv, row 2: the file is not UTF-8 text; save it as UTF-8"
    )
    assert refusal(b"Date,Settle\n2026-01-30,\0\n") == (
        "DataError: x.csv, row 2: the file is not text, got a zero byte"
    )


def test_the_user_overrides_only_within_what_is_possible():
    assert refusal(ONE, quote="rate") == (
        "DataError: x.csv, row 2: settle must be a rate (-2 to 25 percent), as was said, got 96.37"
    )
    assert refusal(ONE, decimal=",") == (
        "DataError: x.csv, row 2: settle must be a number with a decimal comma, got '96.37'"
    )
    european = "Date,Contract,Settle\n30/01/2026,2026-10,96.37\n"
    assert refusal(european, dates="mdy") == (
        "DataError: x.csv, row 2: is no day of the calendar month first, got '30/01/2026'"
    )


# --- Nothing else can happen ---------------------------------------------------------------------

JUNK = st.one_of(
    st.text(max_size=10),
    st.sampled_from(
        ["", ",", "\n", '"', "Date", "ZQV6", "FF1 Comdty", "03/04/2026", "96,37", "#N/A", "-", "\0"]
    ),
)


@given(
    writer=st.sampled_from(sorted(WRITERS)),
    place=st.floats(0, 1),
    cut=st.integers(0, 30),
    junk=JUNK,
)
@settings(max_examples=300)
def test_a_spoilt_file_is_read_or_refused_in_one_sentence(writer, place, cut, junk):
    data, name = WRITERS[writer](invented(number=3), Style())
    text = data.decode()
    at = int(place * len(text))
    spoilt = (text[:at] + junk + text[at + cut :]).encode("utf-8", "surrogatepass")
    read_or_refused = outcome(lambda: read(spoilt, name))
    if isinstance(read_or_refused, str):
        assert read_or_refused.startswith(name)
        assert "\n" not in read_or_refused
    else:
        assert isinstance(read_or_refused, Imported)
        assert len(cells(read_or_refused)) == len(read_or_refused.rows)


def by_contract(*dates: str) -> str:
    """Write a file that is sorted by contract: its dates start again at the second."""
    rows = [f"{date},{contract},96.37" for contract in ("2026-10", "2026-11") for date in dates]
    return "\n".join(["Date,Contract,Settle", *rows]) + "\n"


@pytest.mark.parametrize("weekend", ["02/05/2026", "03/05/2026"])
def test_trade_dates_are_no_weekends_but_prices_may_be(weekend):
    """2 and 3 May 2026 are a Saturday and a Sunday; 5 February and 5 March are weekdays."""
    assert read(by_contract(weekend)).decided["dates"] == "mdy"
    prices = f"date,asset,close\n{weekend},BTC,84000.5\n"
    assert "say --dates dmy or --dates mdy" in refusal(prices)


def test_a_file_sorted_by_contract_has_its_order_settled_within_each():
    imported = read(by_contract("05/01/2026", "06/01/2026", "03/02/2026"))
    assert imported.decided["dates"] == "dmy"
    assert any("would make the dates run back and forth" in line for line in imported.found)

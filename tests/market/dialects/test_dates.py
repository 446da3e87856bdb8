"""Dates in every form; an order is settled by what speaks against the others."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendor_files import outcome

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects.dates import ORDERS, read_dates


def dates(*texts: str, **said: object):
    return read_dates(texts, range(2, len(texts) + 2), "x.csv", **said)  # type: ignore[arg-type]


JANUARY_30 = dt.date(2026, 1, 30)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-01-30", "2026/01/30", "2026.01.30", "2026-1-30", "20260130", "46052", "46052.0"),
        *("30-Jan-2026", "30-JAN-26", "30 January 2026", "Jan 30, 2026", "January 30 2026"),
        *("Fri 30 Jan 2026", "Friday, Jan 30, 2026", "30Jan2026"),
        *("2026-01-30 00:00:00", "2026-01-30T00:00:00Z", "2026-01-30T00:00:00.000000000Z"),
        *("2026-01-30 00:00", "2026-01-30 00:00:00+00:00", "01/30/2026 12:00:00 AM"),
        *("1/30/2026", "01/30/26", "30.01.2026", "30/1/26", "30-01-2026"),
    ],
)
def test_a_day_has_many_forms(text):
    assert dates(text).values == (JANUARY_30,)


@given(st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2069, 12, 31)), min_size=1, max_size=20))
def test_an_order_that_is_said_is_followed(days):
    for order, form in (("mdy", "%m/%d/%Y"), ("dmy", "%d/%m/%Y"), ("ymd", "%y/%m/%d")):
        assert dates(*(f"{day:{form}}" for day in days), order=order).values == tuple(days)


@given(
    days=st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2069, 12, 31)), min_size=1, max_size=20),
    form=st.sampled_from(["%m/%d/%Y", "%d/%m/%Y", "%d.%m.%y"]),
    newest_first=st.booleans(),
)
def test_dates_in_order_are_read_right_or_asked_about(days, form, newest_first):
    texts = [f"{day:{form}}" for day in sorted(days, reverse=newest_first)]
    read = outcome(lambda: dates(*texts))
    if isinstance(read, str):
        assert "say --dates" in read
    else:
        assert list(read.values) == sorted(days, reverse=newest_first)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("30/01/2026", "02/02/2026"), "dates are day first: 30/01/2026 in row 2 cannot be month"),
        (("01/29/2026", "02/03/2026"), "dates are month first: 01/29/2026 in row 2 cannot be day"),
        (
            ("02/03/2026", "03/03/2026", "04/03/2026", "01/04/2026"),
            "dates are day first: month first would make the dates run back and forth at "
            "01/04/2026 in row 5",
        ),
    ],
)
def test_what_settled_the_order_is_said(texts, said):
    assert dates(*texts).said.startswith(said)


def test_a_weekend_settles_the_order_of_trade_dates_only():
    # 1 February 2026 is a Sunday, 2 January a Friday.
    read = dates("02/01/2026", weekdays_only=True)
    assert read.values == (dt.date(2026, 1, 2),)
    assert read.said == ("dates are day first: month first would make 02/01/2026 in row 2 a Sunday")
    with pytest.raises(StudyError, match="say --dates dmy or --dates mdy"):
        dates("02/01/2026")


def test_dates_run_in_order_within_each_contract():
    texts = ("02/03/2026", "03/03/2026", "04/03/2026", "01/04/2026", "02/03/2026", "03/03/2026")
    with pytest.raises(StudyError):
        dates(*texts)
    assert dates(*texts, groups=("a",) * 4 + ("b",) * 2).order == "dmy"


def test_an_impossible_day_outweighs_disorder():
    assert dates("30/01/2026", "02/03/2026", "01/02/2026").order == "dmy"


def test_readings_that_are_the_same_are_no_question():
    assert dates("05/05/2026", "06/06/2026").values == (dt.date(2026, 5, 5), dt.date(2026, 6, 6))


@pytest.mark.parametrize(
    ("texts", "question"),
    [
        (
            ("03/04/2026",),
            "x.csv: the dates could be day first or month first (03/04/2026); "
            "say --dates dmy or --dates mdy",
        ),
        (
            ("05/05/2026", "03/04/2026", "05/06/2026"),
            "x.csv: the dates could be day first or month first (03/04/2026); "
            "say --dates dmy or --dates mdy",
        ),
        (
            ("03/04/05",),
            "x.csv: the dates could be day first or month first or year first (03/04/05); "
            "say --dates dmy or --dates mdy or --dates ymd",
        ),
    ],
)
def test_two_readings_are_a_question(texts, question):
    with pytest.raises(StudyError) as caught:
        dates(*texts)
    assert str(caught.value) == question


@pytest.mark.parametrize(
    ("texts", "order", "problem"),
    [
        (("2026-02-30",), "", "row 2: is no day of the calendar, got '2026-02-30'"),
        (("31-Feb-2026",), "", "row 2: is no day of the calendar, got '31-Feb-2026'"),
        (("2026-01-30", "2026-13-01"), "", "row 3: is no day of the calendar, got '2026-13-01'"),
        (("31/31/2026",), "", "row 2: dates fit no one order, got '31/31/2026'"),
        (("30/01/2026", "01/30/2026"), "", "row 2: dates fit no one order, got '30/01/2026'"),
        (("30/01/2026",), "mdy", "row 2: is no day of the calendar month first, got '30/01/2026'"),
        (("30/01/2026",), "ymd", "row 2: is no day of the calendar year first, got '30/01/2026'"),
        (("",), "", "row 2: must be a date, got ''"),
        (("soon",), "", "row 2: must be a date, got 'soon'"),
        (
            ("2026-01-30 16:00:00",),
            "",
            "row 2: the table is daily, got a time of day other than midnight: "
            "'2026-01-30 16:00:00'",
        ),
        (
            ("13/02/2026", "2026-03-02"),
            "",
            "row 3: the dates are of two forms, got '2026-03-02' after '13/02/2026': a spreadsheet "
            "may have turned some of them round; take the file as the vendor sent it",
        ),
        (
            ("2026-01-30", "46053"),
            "",
            "row 3: the dates are of two forms, got '46053' after '2026-01-30': a spreadsheet "
            "may have turned some of them round; take the file as the vendor sent it",
        ),
    ],
)
def test_what_is_no_date_is_refused_with_its_row(texts, order, problem):
    with pytest.raises(DataError) as caught:
        dates(*texts, order=order)
    assert str(caught.value) == f"x.csv, {problem}"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.sampled_from(["", *ORDERS]))
def test_any_texts_are_dates_or_refused(texts, order):
    read = outcome(lambda: dates(*texts, order=order))
    if isinstance(read, str):
        assert read.startswith("x.csv")
    else:
        assert len(read.values) == len(texts)

"""CME's page of settlements: months, commas and letters, which day, which state."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_server import Reply, serving

from ratemodel.errors import SourceError
from ratemodel.market.schema import INPUT_TABLES, validate
from ratemodel.market.sources import cme
from ratemodel.market.sources.base import Wanted
from ratemodel.market.sources.http import Client, Limit, Limiter, Patience

QUERY = {"product": "305", "trade_date": "2026-01-30", "end": "2026-01-30"}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JLY", "AUG", "SEP", "OCT", "NOV", "DEC")


def line(month: str, settle: str = "96.355", **changes: object) -> dict[str, object]:
    return {
        "month": month,
        "open": "96.350",
        "high": "96.360B",
        "low": "96.345A",
        "last": "96.355A",
        "change": "+.005",
        "settle": settle,
        "volume": "12,345",
        "openInterest": "154,321",
        **changes,
    }


TOTAL = line("Total", "", volume="24,690", openInterest="308,642")


def page(*lines: object, **changes: object) -> bytes:
    fields = {
        "settlements": list(lines),
        "updateTime": "Saturday, 31 Jan 2026 12:00 AM",
        "dsHeader": "",
        "reportType": "Final",
        "tradeDate": "01/30/2026",
        "empty": False,
        **changes,
    }
    return json.dumps(fields).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        cme.parse(data, QUERY)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("cme ZQ")
    assert "2026-01-30" in str(caught.value)
    return str(caught.value)


def asked_dates(start: dt.date, end: dt.date) -> list[str]:
    requests = cme.requests(Wanted((), ("ZQ",), start, end))
    return [dict(request.query)["trade_date"] for request in requests]


def test_asks_for_the_five_weekdays_that_are_kept():
    assert asked_dates(dt.date(2026, 1, 1), dt.date(2026, 2, 1)) == [
        f"2026-01-{day}" for day in (26, 27, 28, 29, 30)
    ]
    assert asked_dates(dt.date(2026, 1, 29), dt.date(2026, 1, 30)) == ["2026-01-29", "2026-01-30"]


@given(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)))
def test_always_five_weekdays_none_after_the_end(end):
    dates = [dt.date.fromisoformat(date) for date in asked_dates(dt.date(2019, 1, 1), end)]
    assert len(dates) == 5
    assert dates == sorted(set(dates))
    assert all(date.weekday() < 5 and date <= end for date in dates)


def test_asks_as_the_page_does_and_only_where_fed_funds_are_wanted():
    (request,) = cme.requests(Wanted((), ("ZQ",), dt.date(2026, 1, 30), dt.date(2026, 1, 30)))
    assert request.url == (
        "https://www.cmegroup.com/CmeWS/mvc/Settlements/Futures/Settlements/305/FUT"
        "?strategy=DEFAULT&tradeDate=01/30/2026&pageSize=500"
    )
    assert dict(request.query) == QUERY
    assert cme.requests(Wanted(("DFF",), ("GC",), dt.date(2026, 1, 1), dt.date(2026, 2, 1))) == []


def test_reads_months_commas_and_letters():
    lines = [line("JLY 26", "96.355A"), line("FEB 26", "96.1"), line("JUL 27", "96.40B"), TOTAL]
    frame = cme.parse(page(*lines), QUERY)
    assert frame.to_numpy().tolist() == [
        ["2026-01-30", "2026-02", "96.1", "12345", "154321"],
        ["2026-01-30", "2026-07", "96.355", "12345", "154321"],
        ["2026-01-30", "2027-07", "96.40", "12345", "154321"],
    ]
    assert frame.attrs == {"dropped": {}, "report_type": "Final"}
    validate(frame, INPUT_TABLES["futures"], "x")


def test_takes_numbers_that_are_not_quoted_too():
    data = page(line("FEB 26", volume=12, openInterest=0)).replace(b'"96.355"', b"96.3550")
    assert cme.parse(data, QUERY).iloc[0].tolist()[2:] == ["96.3550", "12", "0"]


def test_counts_contracts_without_a_settlement_and_keeps_unknown_volumes_empty():
    frame = cme.parse(
        page(line("FEB 26", volume="-", openInterest="-"), line("MAR 30", "-")), QUERY
    )
    assert frame["contract"].tolist() == ["2026-02"]
    assert frame[["volume", "open_interest"]].to_numpy().tolist() == [["", ""]]
    assert frame.attrs["dropped"] == {"contracts without a settlement": 1}


def test_says_where_the_page_does_not_state_its_type():
    data = json.loads(page(line("FEB 26")))
    del data["reportType"]
    frame = cme.parse(json.dumps(data).encode(), QUERY)
    assert frame.attrs["report_type"] == "not stated"


@pytest.mark.parametrize("data", [page(empty=True), page(), page(tradeDate=None, empty=True)])
def test_an_empty_page_is_one_that_is_kept_no_more(data):
    expected = "cme ZQ has no settlements of 2026-01-30: CME's free page keeps five days"
    assert refusal(data) == expected


@pytest.mark.parametrize(
    "mark",
    [
        {"reportType": "Preliminary"},
        {"reportType": "PRELIMINARY"},
        {"reportType": "Something new"},
        {"reportType": "", "dsHeader": "Preliminary Settlements"},
        {"updateTime": "Preliminary, 30 Jan 2026 05:00 PM"},
    ],
)
def test_a_page_that_is_not_final_is_refused(mark):
    assert "not final" in refusal(page(line("FEB 26"), **mark))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no JSON"),
        (b"<html><body>This IP address is blocked</body></html>", "no JSON"),
        (b"[]", "no page of settlements"),
        (b'{"settlements": null}', "no page of settlements"),
        (page(line("FEB 26"), tradeDate="01/29/2026"), "of '01/29/2026', not of 01/30/2026"),
        (page(line("FEB 26"), tradeDate=None), "of None"),
        (page(line("FEB 26"), line("FEB 26")), "FEB 26 came twice"),
        (page(line("JUL 26"), line("JLY 26")), "JLY 26 came twice"),
        (page(line("FBR 26")), "'FBR 26' is no delivery month"),
        (page(line("2026-02")), "no delivery month"),
        (page(line("FEB 26", "96'16")), 'settle "96\'16"'),
        (page(line("FEB 26", "UNCH")), "settle 'UNCH'"),
        (page(line("FEB 26", volume="12.5")), "volume '12.5'"),
        (page(line("FEB 26", volume=None)), "a line has no"),
        (page("FEB 26"), "a line has no"),
        (page(TOTAL), "no contract has a settlement"),
        (page(line("FEB 26", "-")), "no contract has a settlement (1 without)"),
    ],
)
def test_names_what_is_no_page(data, said):
    assert said in refusal(data)


def test_a_page_cut_off_anywhere_is_refused():
    data = page(line("FEB 26"), TOTAL)
    for length in range(0, len(data), 5):
        refusal(data[:length])


@given(st.lists(st.integers(1, 120), min_size=1, max_size=60, unique=True))
def test_any_contracts_come_out_once_and_sorted(months):
    names = [f"{MONTHS[m % 12]} {26 + m // 12}" for m in months]
    frame = cme.parse(page(*map(line, names), TOTAL), QUERY)
    assert frame["contract"].tolist() == [
        f"20{26 + m // 12}-{m % 12 + 1:02d}" for m in sorted(months)
    ]


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_give_anything_but_a_sentence(data):
    refusal(data)


def test_round_trip():
    with serving(lambda asked: Reply(page(line("FEB 26", "96.365"), TOTAL))) as server:
        wanted = Wanted((), ("ZQ",), dt.date(2026, 1, 30), dt.date(2026, 1, 30))
        (request,) = cme.requests(wanted, server.url)
        data = Client(Limiter([Limit(10, 1.0)])).get(request.url)
        assert server.asked[0].params["tradeDate"] == "01/30/2026"
    table = validate(cme.parse(data, dict(request.query)), INPUT_TABLES["futures"], "x")
    assert table[["settle", "volume"]].to_numpy().tolist() == [[96.365, 12345]]


def test_a_block_is_a_named_failure_and_not_asked_again():
    with serving(lambda asked: Reply("<html>blocked</html>", 403)) as server:
        client = Client(Limiter([Limit(10, 1.0)]), Patience(attempts=3))
        with pytest.raises(SourceError, match="403"):
            client.get(server.url)
        assert len(server.asked) == 1

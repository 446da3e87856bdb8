"""Yahoo's bars: which day, which close, which are finished, and what is no reply."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_server import Reply, serving

from ratemodel.errors import SourceError
from ratemodel.market.schema import INPUT_TABLES, validate
from ratemodel.market.sources import yahoo
from ratemodel.market.sources.base import Wanted
from ratemodel.market.sources.http import Client, Limit, Limiter, Patience

NEW_YORK = "America/New_York"
GOLD = {"symbol": "GC=F", "asset": "GC", "start": "2026-01-01"}
COIN = {"symbol": "BTC-USD", "asset": "BTC", "start": "2026-01-01"}
FUND = {"symbol": "GLD", "asset": "GLD", "start": "2026-01-01"}
CONTRACT = {"symbol": "ZQV26.CBT", "contract": "2026-10", "start": "2026-01-01"}
WANTED = Wanted((), ("GC", "SPX", "XAU"), dt.date(2026, 1, 2), dt.date(2026, 3, 4))


def at(text: str, zone: str = NEW_YORK) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def reply(
    symbol: str,
    bars: list[tuple[str, object]],
    /,
    *,
    last: str,
    session: tuple[str, str],
    zone: str = NEW_YORK,
    **meta: object,
) -> dict:
    """A chart reply in Yahoo's shape; a bar's other prices are its close, its volume is 7."""
    closes = [close for _, close in bars]
    quote = {name: closes for name in ("open", "high", "low", "close")}
    return {
        "chart": {
            "result": [
                {
                    "meta": {
                        "currency": "USD",
                        "symbol": symbol,
                        "instrumentType": "FUTURE",
                        "regularMarketTime": at(last, zone),
                        "gmtoffset": -18000,
                        "timezone": "EST",
                        "exchangeTimezoneName": zone,
                        "currentTradingPeriod": {
                            "regular": {
                                "timezone": "EST",
                                "start": at(session[0], zone),
                                "end": at(session[1], zone),
                            }
                        },
                        "dataGranularity": "1d",
                        "range": "",
                        **meta,
                    },
                    "timestamp": [at(when, zone) for when, _ in bars],
                    "indicators": {
                        "quote": [
                            {**quote, "volume": [7 if c is not None else None for c in closes]}
                        ],
                        "adjclose": [{"adjclose": [1.5 for _ in closes]}],
                    },
                }
            ],
            "error": None,
        }
    }


def gold(*bars: tuple[str, object], last: str = "2026-02-03T10:00:00", **meta: object) -> dict:
    day = last[:10]
    session = (f"{day}T00:00:00", f"{day}T23:59:00")
    return reply("GC=F", list(bars), last=last, session=session, **meta)


def fund(*bars: tuple[str, object], last: str, day: str) -> dict:
    session = (f"{day}T09:30:00", f"{day}T16:00:00")
    return reply("GLD", list(bars), last=last, session=session)


def body(tree: object) -> bytes:
    return json.dumps(tree).encode()


def prices(tree: dict, query: dict[str, str] = GOLD) -> dict[str, str]:
    """Closes by date, after the border's checks."""
    frame = yahoo.parse(body(tree), query)
    assert list(frame.columns) == list(INPUT_TABLES["prices"].names)
    validate(frame, INPUT_TABLES["prices"], "x")
    return dict(zip(frame["date"], frame["close"], strict=True))


def refusal(data: bytes | dict, query: dict[str, str] = GOLD) -> str:
    with pytest.raises(SourceError) as caught:
        yahoo.parse(data if isinstance(data, bytes) else body(data), query)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"yahoo {query['symbol']}")
    return str(caught.value)


def test_asks_by_its_own_symbols_for_the_days_wanted():
    first, second = yahoo.requests(WANTED)
    assert first.query == (("symbol", "GC=F"), ("asset", "GC"), ("start", "2026-01-02"))
    assert first.table == second.table == "prices"
    assert first.url == (
        "https://query1.finance.yahoo.com/v8/finance/chart/GC%3DF"
        "?period1=1767312000&period2=1772668800&interval=1d"
    )
    assert "/%5EGSPC?" in second.url


def test_has_nothing_of_what_it_does_not_know():
    assert yahoo.requests(Wanted(("DFF",), ("XAU",), WANTED.start, WANTED.end)) == []


def test_lists_fed_funds_by_contract_from_the_month_of_the_end_on():
    listed = yahoo.requests(Wanted((), ("ZQ",), WANTED.start, dt.date(2026, 11, 3)))
    assert len(listed) == yahoo.CONTRACTS_AHEAD
    assert {request.table for request in listed} == {"futures"}
    symbols = [dict(request.query)["symbol"] for request in listed]
    assert symbols[:3] == ["ZQX26.CBT", "ZQZ26.CBT", "ZQF27.CBT"]


def test_refuses_the_continuous_fed_funds_series_asked_for_or_sent():
    with pytest.raises(SourceError, match="roll looks like a shock"):
        yahoo.requests(Wanted((), ("ZQ=F",), WANTED.start, WANTED.end))
    assert "roll looks like a shock" in refusal(b"{}", {**CONTRACT, "symbol": "ZQ=F"})


def test_takes_the_day_from_the_exchange_s_own_zone():
    # 05:00 UTC in winter, 04:00 in summer: midnight in New York both times.
    winter, summer = ("2026-01-30T00:00:00", 10.5), ("2026-07-30T00:00:00", 11.5)
    tree = gold(winter, summer, last="2026-08-03T10:00:00")
    assert prices(tree) == {"2026-01-30": "10.5", "2026-07-30": "11.5"}


def test_takes_coins_by_utc_day():
    bars = [("2026-01-31T00:00:00", 3), ("2026-02-01T00:00:00", 4), ("2026-02-02T21:14:00", 5)]
    session = ("2026-02-02T00:00:00", "2026-02-02T23:59:00")
    tree = reply("BTC-USD", bars, last="2026-02-02T21:14:00", session=session, zone="UTC")
    assert prices(tree, COIN) == {"2026-01-31": "3", "2026-02-01": "4"}


def test_keeps_every_digit_and_never_reads_the_adjusted_close():
    sent = body(gold(("2026-01-30T00:00:00", 0.5)))
    data = sent.replace(b'"close": [0.5]', b'"close": [4745.10009765625000000001]')
    frame = yahoo.parse(data, GOLD)
    assert frame["close"].tolist() == ["4745.10009765625000000001"]
    assert "1.5" not in frame.to_csv()


def test_drops_and_counts_days_without_a_close():
    tree = gold(("2026-01-29T00:00:00", 9), ("2026-01-30T00:00:00", None))
    frame = yahoo.parse(body(tree), GOLD)
    assert frame["date"].tolist() == ["2026-01-29"]
    assert frame.attrs["dropped"] == {"null closes": 1}


FRIDAY = ("2026-01-30T09:30:00", 1.25)
MONDAY = ("2026-02-02T09:30:00", 2.5)


@pytest.mark.parametrize(
    ("last", "day", "monday_is_finished"),
    [
        ("2026-02-02T11:00:00", "2026-02-02", False),  # it trades
        ("2026-02-02T15:59:59", "2026-02-02", False),  # a second before the end
        ("2026-02-02T16:00:00", "2026-02-02", True),  # the closing price itself
        ("2026-02-02T16:00:01", "2026-02-02", True),  # just over
        ("2026-02-02T16:00:01", "2026-02-03", True),  # the next session is announced
        ("2026-02-02T15:59:58", "2026-02-03", True),  # an early last trade, a day later
        ("2026-02-03T09:31:00", "2026-02-03", True),  # the next day trades
    ],
)
def test_leaves_out_the_session_that_still_runs(last, day, monday_is_finished):
    frame = yahoo.parse(body(fund(FRIDAY, MONDAY, last=last, day=day)), FUND)
    assert frame["date"].tolist() == ["2026-01-30", "2026-02-02"][: 1 + monday_is_finished]
    assert frame.attrs["dropped"] == ({} if monday_is_finished else {"unfinished bars": 1})


def test_a_day_that_trades_is_not_finished_because_the_session_named_is_over():
    tuesday = ("2026-02-03T09:30:00", 3.5)
    tree = fund(FRIDAY, MONDAY, tuesday, last="2026-02-03T09:31:00", day="2026-02-02")
    assert list(prices(tree, FUND)) == ["2026-01-30", "2026-02-02"]


def test_a_future_s_bar_is_finished_on_the_next_day_only():
    bar = ("2026-02-02T00:00:00", 8)
    before = ("2026-01-30T00:00:00", 7)
    assert list(prices(gold(before, bar, last="2026-02-02T16:59:00"))) == ["2026-01-30"]
    assert list(prices(gold(before, bar, last="2026-02-03T00:01:00")))[-1] == "2026-02-02"


def test_keeps_the_later_of_two_bars_of_one_day():
    # After the close Yahoo repeats the day as a bar of its own at the time of the last trade.
    again = ("2026-02-02T16:00:01", 2.75)
    tree = fund(FRIDAY, MONDAY, again, last="2026-02-02T16:00:01", day="2026-02-02")
    assert prices(tree, FUND) == {"2026-01-30": "1.25", "2026-02-02": "2.75"}
    assert yahoo.parse(body(tree), FUND).attrs["dropped"] == {"repeated days": 1}


def test_empties_a_range_that_its_settlement_lies_outside_of():
    tree = gold(("2026-01-29T00:00:00", 9), ("2026-01-30T00:00:00", 9))
    tree["chart"]["result"][0]["indicators"]["quote"][0]["close"] = [9, 9.5]
    frame = yahoo.parse(body(tree), GOLD)
    assert frame[["close", "high", "volume"]].to_numpy().tolist() == [
        ["9", "9", "7"],
        ["9.5", "", "7"],
    ]
    assert frame.attrs["dropped"] == {"ranges that miss their close": 1}
    validate(frame, INPUT_TABLES["prices"], "x")


def test_reads_a_contract_as_last_recorded_settlements():
    bars = [("2026-01-29T00:00:00", 96.355), ("2026-01-30T00:00:00", 96.36)]
    session = ("2026-02-02T00:00:00", "2026-02-02T23:59:00")
    tree = reply("ZQV26.CBT", bars, last="2026-01-30T16:59:59", session=session)
    frame = yahoo.parse(body(tree), CONTRACT)
    table = validate(frame, INPUT_TABLES["futures"], "x")
    assert table["settle"].tolist() == [96.355, 96.36]
    assert table["contract"].astype(str).tolist() == ["2026-10"] * 2
    assert frame.attrs["settle"] == "last recorded"
    assert "is not the contract 2026-11" in refusal(tree, {**CONTRACT, "contract": "2026-11"})


GOOD = gold(("2026-01-30T00:00:00", 9.5))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Too Many Requests\r\n", "'Too Many Requests'"),
        (b"<html><body>Will be right back</body></html>", "no JSON"),
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "no chart.result.0"),
        (b"null", "no chart.result.0"),
        (b'{"chart": {"result": null, "error": null}}', "no chart.result.0"),
        (b'{"chart": {"result": [], "error": null}}', "no chart.result.0"),
        (
            b'{"chart":{"result":null,"error":{"code":"Not Found",'
            b'"description":"No data found, symbol may be delisted"}}}',
            "Not Found: No data found",
        ),
        (
            b'{"finance":{"result":null,"error":{"code":"Unauthorized",'
            b'"description":"Invalid Crumb"}}}',
            "Unauthorized",
        ),
    ],
)
def test_names_what_is_no_reply(data, said):
    assert said in refusal(data)


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"symbol": "SI=F"}, "symbol 'SI=F' instead of 'GC=F'"),
        ({"dataGranularity": "1mo"}, "dataGranularity '1mo'"),
        ({"currency": "GBp"}, "currency 'GBp'"),
        ({"exchangeTimezoneName": "Mars/Base"}, "unknown time zone"),
        ({"exchangeTimezoneName": None}, "unknown time zone"),
        ({"regularMarketTime": 1770066000000}, "none in seconds"),
        ({"regularMarketTime": "noon"}, "none in seconds"),
        ({"currentTradingPeriod": {}}, "no meta.currentTradingPeriod.regular"),
    ],
)
def test_refuses_a_reply_about_something_else(meta, said):
    assert said in refusal(gold(("2026-01-30T00:00:00", 9.5), **meta))


def test_refuses_columns_of_two_lengths_and_prices_that_are_none():
    tree = gold(("2026-01-29T00:00:00", 9), ("2026-01-30T00:00:00", 9))
    (quote,) = tree["chart"]["result"][0]["indicators"]["quote"]
    quote["close"] = [9]
    assert "not of one length" in refusal(tree)
    quote["close"] = [9, "n/a"]
    assert "no number" in refusal(tree)
    quote["close"] = [9, float("nan")]
    assert "no number" in refusal(tree)
    del quote["close"]
    assert "no indicators.quote.0.close" in refusal(tree)


def test_never_gives_an_empty_table():
    assert "no finished bar from 2026-01-01 on (none came)" in refusal(gold())
    tree = gold(("2026-02-03T00:00:00", 9), last="2026-02-03T10:00:00")
    assert "(1 unfinished bars)" in refusal(tree)
    old = gold(("2025-01-30T00:00:00", 9))
    assert "(1 bars before the start)" in refusal(old)


def test_a_reply_cut_off_anywhere_is_refused():
    data = body(GOOD)
    for length in range(0, len(data), 7):
        refusal(data[:length])


days = st.dates(dt.date(2026, 1, 1), dt.date(2026, 6, 30))
closes = st.none() | st.decimals("0.01", "9999", places=4).map(float)


@given(st.lists(st.tuples(days, closes), min_size=1, max_size=30))
def test_the_days_that_have_a_close_come_out_sorted_and_once(bars):
    kept = sorted({day.isoformat() for day, close in bars if close is not None})
    tree = gold(*((f"{day}T00:00:00", c) for day, c in bars), last="2026-07-02T10:00:00")
    if not kept:
        assert "null closes" in refusal(tree)
        return
    frame = yahoo.parse(body(tree), GOLD)
    assert frame["date"].tolist() == kept
    assert len(frame) + sum(frame.attrs["dropped"].values()) == len(bars)
    last = {day.isoformat(): close for day, close in bars if close is not None}
    assert all(
        Decimal(c) == Decimal(repr(last[d]))
        for d, c in zip(frame["date"], frame["close"], strict=True)
    )


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_give_anything_but_a_sentence(data):
    refusal(data)


def test_round_trip():
    with serving(lambda asked: Reply(body(GOOD))) as server:
        (request,) = yahoo.requests(Wanted((), ("GC",), WANTED.start, WANTED.end), server.url)
        data = Client(Limiter([Limit(10, 1.0)])).get(request.url)
        assert server.asked[0].path == "/v8/finance/chart/GC%3DF"
        assert server.asked[0].params["interval"] == "1d"
    table = validate(yahoo.parse(data, dict(request.query)), INPUT_TABLES["prices"], "x")
    assert table[["asset", "close"]].to_numpy().tolist() == [["GC", 9.5]]


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (
            404,
            '{"chart":{"error":{"description":"symbol may be delisted"}}}',
            "404 Not Found: symbol",
        ),
        (429, "Too Many Requests", "429"),
    ],
)
def test_an_expired_contract_and_impatience_are_named_failures(status, text, said):
    patience = Patience(attempts=1)
    with serving(lambda asked: Reply(text, status)) as server:
        client = Client(Limiter([Limit(10, 1.0)]), patience)
        with pytest.raises(SourceError, match=said):
            client.get(f"{server.url}/v8/finance/chart/ZQF20.CBT")

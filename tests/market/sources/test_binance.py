"""Binance's dumps and its REST endpoint: units of time, finished bars, funding, open interest."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_server import Reply, serving

from ratemodel.errors import SourceError
from ratemodel.market.schema import INPUT_TABLES, validate
from ratemodel.market.sources import binance, binance_rest
from ratemodel.market.sources.base import Wanted
from ratemodel.market.sources.http import Client, Limit, Limiter

HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)
FUNDING_HEADER = "calc_time,funding_interval_hours,last_funding_rate"
METRICS_HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,"
    "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
    "count_long_short_ratio,sum_taker_long_short_vol_ratio"
)
MILLI, MICRO = 1000, 1_000_000
DAY, HOUR = 86_400, 3_600

MONTH = {"kind": "klines", "symbol": "BTCUSDT", "asset": "BTC", "interval": "1d"}
MONTH |= {"period": "2026-01", "end": "2026-01-31"}
FUNDING = {"kind": "fundingRate", "symbol": "BTCUSDT", "asset": "BTC", "period": "2026-01"}
METRICS = {"kind": "metrics", "symbol": "BTCUSDT", "asset": "BTC", "period": "2026-01-30"}
PAGE = {"symbol": "BTCUSDT", "asset": "BTC", "interval": "1d"}
PAGE |= {"start": "2026-01-28", "end": "2026-01-30"}


def seconds(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp())


def bar(opened: str, close: str, *, lasts: int = DAY, unit: int = MICRO) -> list[object]:
    """A bar as the endpoint sends it; the files hold the same cells as text."""
    start = seconds(opened) * unit
    end = start + lasts * unit - 1
    return [start, close, close, close, close, "12.50000000", end, "9.0", 3, "1.0", "2.0", "0"]


def line(cells: Sequence[object]) -> str:
    return ",".join(map(str, cells))


def packed(lines: Sequence[str], query: dict[str, str], name: str = "") -> bytes:
    stem = f"{query['symbol']}-{query.get('interval', query['kind'])}-{query['period']}"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name or f"{stem}.csv", "".join(f"{text}\n" for text in lines))
    return data.getvalue()


def dump(*bars: list[object], query: dict[str, str] = MONTH, header: str = "") -> bytes:
    return packed([*filter(None, [header]), *map(line, bars)], query)


def refusal(data: bytes, query: dict[str, str], source=binance) -> str:
    with pytest.raises(SourceError) as caught:
        source.parse(data, query)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{source.NAME} BTCUSDT")
    return str(caught.value)


def urls(wanted: Wanted, *parts: str) -> list[str]:
    found = [request.url for request in binance.requests(wanted, "")]
    return [url for url in found if all(part in url for part in parts)]


# Which files


def test_takes_bars_by_month_and_by_day_where_the_month_may_not_be_published():
    # January's file appears on Monday 2 February: on that very day it may not be there yet.
    wanted = Wanted((), ("BTC",), dt.date(2025, 12, 30), dt.date(2026, 2, 2))
    files = [url.rsplit("/")[-1] for url in urls(wanted, "/1d/")]
    assert files[0] == "BTCUSDT-1d-2025-12.zip"
    assert files[1] == "BTCUSDT-1d-2026-01-01.zip"
    assert files[-1] == "BTCUSDT-1d-2026-02-02.zip"
    assert len(files) == 1 + 31 + 2
    later = urls(Wanted((), ("BTC",), wanted.start, dt.date(2026, 2, 3)), "/1d/")
    assert later == [
        "/data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2025-12.zip",
        "/data/spot/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2026-01.zip",
        *(f"/data/spot/daily/klines/BTCUSDT/1d/BTCUSDT-1d-2026-02-0{n}.zip" for n in (1, 2, 3)),
    ]


def test_lists_hours_funding_and_open_interest_beside_the_days():
    wanted = Wanted((), ("SOL", "GC"), dt.date(2025, 12, 30), dt.date(2025, 12, 31))
    requests = binance.requests(wanted)
    assert [request.table for request in requests] == [
        *(["prices"] * 2),
        *(["prices_1h"] * 2),
        *(["leverage"] * 3),
    ]
    funding, *metrics = requests[-3:]
    assert funding.url.endswith(
        "/data/futures/um/monthly/fundingRate/SOLUSDT/SOLUSDT-fundingRate-2025-12.zip"
    )
    assert metrics[0].url.endswith(
        "/data/futures/um/daily/metrics/SOLUSDT/SOLUSDT-metrics-2025-12-30.zip"
    )
    assert dict(funding.query)["measure"] == "funding_rate_binance"
    assert dict(metrics[0].query)["measure"] == "open_interest"
    assert [dict(request.query)["end"] for request in requests[-3:]] == [
        *("2025-12-31", "2025-12-30", "2025-12-31")
    ]


def test_asks_for_nothing_before_a_coin_traded_and_nothing_it_does_not_have():
    old = Wanted((), ("SOL", "XAUT"), dt.date(2015, 1, 1), dt.date(2020, 8, 31))
    assert urls(old, "/1d/")[0].endswith("SOLUSDT-1d-2020-08.zip")
    assert binance.requests(Wanted((), ("SOL",), dt.date(2015, 1, 1), dt.date(2016, 1, 1))) == []
    assert binance_rest.requests(Wanted((), ("GC",), old.start, old.end)) == []
    assert binance_rest.requests(Wanted((), ("SOL",), old.start, dt.date(2016, 1, 1))) == []


@given(st.dates(dt.date(2021, 4, 1), dt.date(2025, 12, 31)), st.integers(0, 200))
def test_every_day_wanted_is_in_exactly_one_file(start, length):
    end = start + dt.timedelta(days=length)
    periods = [
        dict(request.query)["period"]
        for request in binance.requests(Wanted((), ("BTC",), start, end))
        if request.table == "prices"
    ]
    wanted = [(start + dt.timedelta(days=n)).isoformat() for n in range(length + 1)]
    assert all(sum(day.startswith(period) for period in periods) == 1 for day in wanted)


@given(st.dates(dt.date(2018, 1, 1), dt.date(2025, 12, 31)), st.integers(0, 2500))
def test_every_day_wanted_is_on_exactly_one_page(start, length):
    end = start + dt.timedelta(days=length)
    for table, most in (("prices", 999), ("prices_1h", 41)):
        pages = [
            (dict(request.query)["start"], dict(request.query)["end"])
            for request in binance_rest.requests(Wanted((), ("BTC",), start, end))
            if request.table == table
        ]
        spans = [tuple(map(dt.date.fromisoformat, page)) for page in pages]
        assert spans[0][0] == start
        assert spans[-1][1] == end
        assert all((last - first).days < most for first, last in spans)
        following = [last + dt.timedelta(days=1) for _, last in spans[:-1]]
        assert following == [first for first, _ in spans[1:]]


# Bars


@pytest.mark.parametrize("header", ["", HEADER])
@pytest.mark.parametrize("unit", [MILLI, MICRO])
def test_reads_days_in_either_unit_with_and_without_a_header(unit, header):
    bars = [bar("2026-01-30", "101.10000000", unit=unit), bar("2026-01-31", "99.00", unit=unit)]
    frame = binance.parse(dump(*bars, header=header), MONTH)
    assert list(frame.columns) == list(INPUT_TABLES["prices"].names)
    assert frame[["date", "asset", "close", "volume"]].to_numpy().tolist() == [
        ["2026-01-30", "BTC", "101.10000000", "12.50000000"],
        ["2026-01-31", "BTC", "99.00", "12.50000000"],
    ]
    validate(frame, INPUT_TABLES["prices"], "x")


def test_both_units_may_meet_at_the_new_year():
    query = MONTH | {"period": "2024-12"}
    old = binance.parse(dump(bar("2024-12-31", "5", unit=MILLI), query=query), query)
    query = MONTH | {"period": "2025-01"}
    new = binance.parse(dump(bar("2025-01-01", "6"), query=query), query)
    assert [*old["date"], *new["date"]] == ["2024-12-31", "2025-01-01"]


def test_times_an_hour_s_close_by_its_end():
    query = MONTH | {"interval": "1h", "period": "2026-01-31"}
    hours = [f"2026-01-31T{hour:02d}:00:00" for hour in (14, 23)]
    frame = binance.parse(dump(*(bar(h, "7.5", lasts=HOUR) for h in hours), query=query), query)
    assert frame["time_utc"].tolist() == ["2026-01-31T15:00:00Z", "2026-02-01T00:00:00Z"]
    validate(frame, INPUT_TABLES["prices_1h"], "x")


@given(st.sets(st.integers(1, 31), min_size=1), st.randoms(), st.sampled_from([MILLI, MICRO]))
def test_any_bars_of_a_month_come_out_once_and_sorted(days, shuffled, unit):
    order = sorted(days)
    shuffled.shuffle(order)
    bars = [bar(f"2026-01-{day:02d}", str(day), unit=unit) for day in order]
    frame = binance.parse(dump(*bars), MONTH)
    assert frame["date"].tolist() == [f"2026-01-{day:02d}" for day in sorted(days)]
    assert frame["close"].tolist() == [str(day) for day in sorted(days)]


NOT_FOUND = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'
GOOD = dump(bar("2026-01-30", "101.5"), bar("2026-01-31", "99.5"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (NOT_FOUND, "no zip"),
        (b"<html></html>", "no zip"),
        (b"", "no zip"),
        (packed([line(bar("2026-01-30", "1"))], MONTH, "ETHUSDT-1d-2026-01.csv"), "ETHUSDT"),
        (packed([], MONTH), "empty"),
        (packed([HEADER], MONTH), "empty"),
        (packed([FUNDING_HEADER, "1769731200000,8,0.1"], MONTH), "unknown columns 'calc_time"),
        (packed(["1769731200000,1,2"], MONTH), "3 cells"),
        (packed([line([*bar("2026-01-30", "1"), 0])], MONTH), "13 cells, not 12"),
        (dump(bar("2026-02-01", "1")), "row of 2026-02-01"),
        (dump(bar("2026-01-30", "1"), bar("2026-01-30", "1")), "2026-01-30 came twice"),
        (dump(bar("2026-01-30", "1", lasts=HOUR * 48)), "another length"),
        (dump(bar("2026-01-30T01:00:00", "1")), "another length"),
        (dump(bar("2026-01-30", "1", unit=1)), "no time in milliseconds"),
    ],
)
def test_names_what_is_no_dump(data, said):
    assert said in refusal(data, MONTH)


def test_a_dump_cut_off_anywhere_is_refused():
    for length in range(len(GOOD)):
        refusal(GOOD[:length], MONTH)


@given(st.data())
def test_a_damaged_dump_is_refused_or_says_the_same(data):
    position = data.draw(st.integers(0, len(GOOD) - 1))
    damaged = bytearray(GOOD)
    damaged[position] ^= data.draw(st.integers(1, 255))
    try:
        frame = binance.parse(bytes(damaged), MONTH)
    except SourceError:
        return
    assert frame.equals(binance.parse(GOOD, MONTH))


# Funding and open interest


def test_funding_is_the_mean_of_a_day_s_settlements_in_the_project_s_unit():
    rates = ["0.00010000", "-0.00004000", "0.00003000"]
    lines = [
        f"{seconds('2026-01-30') * MILLI + n * 8 * HOUR * MILLI + 7},8,{rate}"
        for n, rate in enumerate(rates)
    ]
    frame = binance.parse(packed([FUNDING_HEADER, *lines], FUNDING), FUNDING)
    assert frame.iloc[0].tolist() == [
        *("2026-01-30", "BTC", "funding_rate_binance", "3e-05"),
        *("fraction per 8h, daily mean", "binance_perp"),
    ]
    validate(frame, INPUT_TABLES["leverage"], "x")
    assert binance.parse(packed(lines, FUNDING), FUNDING).equals(frame)


def test_a_rate_paid_every_four_hours_counts_per_eight():
    lines = [f"{(seconds('2026-01-30') + n * 4 * HOUR) * MILLI},4,0.0001" for n in range(6)]
    frame = binance.parse(packed([FUNDING_HEADER, *lines], FUNDING), FUNDING)
    assert frame["value"].tolist() == ["0.0002"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1769731200000,0,0.0001", "no funding rate"),
        ("1769731200000,8,", "no funding rate"),
        ("1769731200000,8,NaN", "no funding rate"),
        ("1767139200000,8,0.0001", "row of 2025-12-31"),
    ],
)
def test_names_what_is_no_funding(text, said):
    assert said in refusal(packed([FUNDING_HEADER, text], FUNDING), FUNDING)


def record(when: str, value: str, symbol: str = "BTCUSDT") -> str:
    return f"{when},{symbol},1000.5,{value},1.1,1.2,1.3,0.9"


def test_open_interest_is_the_day_s_last_record():
    lines = [
        record("2026-01-30 23:55:00", "8200000.50"),
        record("2026-01-30 00:05:00", "9100000.25"),
        record("2026-01-31 00:00:00", "0.0"),
        record("2026-01-30 23:50:00", ""),
    ]
    frame = binance.parse(packed([METRICS_HEADER, *lines], METRICS), METRICS)
    assert frame.iloc[0].tolist() == [
        *("2026-01-30", "BTC", "open_interest", "8200000.50", "USD, 1 venue", "binance_perp")
    ]
    assert sum(frame.attrs["dropped"].values()) == 2
    validate(frame, INPUT_TABLES["leverage"], "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (record("2026-01-30 14:00:00", "5.5"), "the last is of 2026-01-30 14:00:00"),
        (record("2026-01-30 23:55:00", ""), "the last is of none"),
        (record("2026-01-30 23:55:00", "5.5", "ETHUSDT"), "'ETHUSDT'"),
        (record("2026-01-29 23:55:00", "5.5"), "row of 2026-01-29"),
        (record("2026-01-30T23:55:00", "5.5"), "at '2026-01-30T23:55:00'"),
    ],
)
def test_names_what_is_no_open_interest(text, said):
    assert said in refusal(packed([METRICS_HEADER, text], METRICS), METRICS)


# REST


def page(*bars: list[object]) -> bytes:
    return json.dumps(bars).encode()


def rest_bar(day: str, close: str = "5.10") -> list[object]:
    return bar(day, close, unit=MILLI)


def test_a_page_asks_for_one_bar_more_than_it_is_about():
    day, hours = binance_rest.requests(
        Wanted((), ("BTC",), dt.date(2026, 1, 28), dt.date(2026, 1, 30)), "http://x"
    )
    assert day.url == (
        "http://x/api/v3/klines?symbol=BTCUSDT&interval=1d"
        f"&startTime={seconds('2026-01-28') * MILLI}&endTime={seconds('2026-01-31') * MILLI}"
        "&limit=1000"
    )
    assert dict(day.query) == PAGE
    assert hours.table == "prices_1h"


def test_a_bar_is_finished_when_a_later_one_came():
    days = ["2026-01-28", "2026-01-29", "2026-01-30", "2026-01-31"]
    whole = binance_rest.parse(page(*map(rest_bar, days)), PAGE)
    assert whole["date"].tolist() == days[:3]
    assert whole.attrs["dropped"] == {}
    running = binance_rest.parse(page(*map(rest_bar, days[:3])), PAGE)
    assert running["date"].tolist() == days[:2]
    assert running.attrs["dropped"] == {"unfinished bars": 1}
    validate(whole, INPUT_TABLES["prices"], "x")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"code":-1121,"msg":"Invalid symbol."}', "-1121: Invalid symbol."),
        (b"<html><body>451</body></html>", "no JSON"),
        (b"[]", "no finished bar"),
        (b"[1]", "no list of bars"),
        (b"[[]]", "no time"),
        (b"{}", "no list of bars"),
        (page(rest_bar("2026-01-28")), "no finished bar"),
        (page(rest_bar("2026-01-27"), rest_bar("2026-01-28")), "bar of 2026-01-27, before"),
        (page(rest_bar("2026-01-28")[:7], rest_bar("2026-01-29")), "7 cells"),
    ],
)
def test_names_what_is_no_page(data, said):
    assert said in refusal(data, PAGE, binance_rest)


def test_a_page_cut_off_anywhere_is_refused():
    data = page(rest_bar("2026-01-28"), rest_bar("2026-01-29"))
    for length in range(0, len(data), 5):
        refusal(data[:length], PAGE, binance_rest)


@given(st.binary(max_size=60))
def test_no_bytes_give_anything_but_a_sentence(data):
    refusal(data, MONTH)
    refusal(data, PAGE, binance_rest)


# Round trips


def test_round_trip_of_a_dump():
    wanted = Wanted((), ("BTC",), dt.date(2026, 1, 30), dt.date(2026, 2, 28))
    with serving(lambda asked: Reply(GOOD)) as server:
        request = binance.requests(wanted, server.url)[0]
        data = Client(Limiter([Limit(10, 1.0)])).get(request.url)
        assert server.asked[0].path.endswith("/monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2026-01.zip")
    table = validate(binance.parse(data, dict(request.query)), INPUT_TABLES["prices"], "x")
    assert table["close"].tolist() == [101.5, 99.5]


def test_round_trip_of_a_page():
    wanted = Wanted((), ("BTC",), dt.date(2026, 1, 28), dt.date(2026, 1, 30))
    data = page(*(rest_bar(f"2026-01-{day}") for day in (28, 29, 30, 31)))
    with serving(lambda asked: Reply(data)) as server:
        request = binance_rest.requests(wanted, server.url)[0]
        got = Client(Limiter([Limit(10, 1.0)])).get(request.url)
        assert server.asked[0].params["limit"] == "1000"
    table = validate(binance_rest.parse(got, dict(request.query)), INPUT_TABLES["prices"], "x")
    assert len(table) == 3

"""Binance's public dumps: bars of coins, funding of perpetual futures, open interest.

Each file is one month or one day of one symbol, zipped, and never changes. A month's file appears
on the first Monday after the month, a day's on the next day: what is asked for sooner is a 404. A
file that is there is of days that are over, so all its bars are finished.

Prices are in USDT, not in dollars, and so is the open interest: see `binance_rest`.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

from ratemodel.errors import SourceError
from ratemodel.market.sources.base import Query, Request, Wanted, text_rows
from ratemodel.market.sources.binance_rest import (
    INTERVALS,
    SINCE,
    SYMBOLS,
    TABLES,
    bar_table,
    instant,
)
from ratemodel.market.sources.http import Limit
from ratemodel.market.tables import INPUT_TABLES

NAME = "binance"
BASE_URL = "https://data.binance.vision"
LIMITS = (Limit(5, 1.0),)

FUNDING = "funding_rate_binance"
OPEN_INTEREST = "open_interest"
VENUE = "binance_perp"

FUNDING_SINCE = {
    **dict.fromkeys(("BTC", "ETH"), dt.date(2020, 1, 1)),
    **{"SOL": dt.date(2020, 9, 14), "PAXG": dt.date(2025, 3, 27)},
}
METRICS_SINCE = {
    **{"BTC": dt.date(2020, 9, 1), "PAXG": dt.date(2025, 3, 27)},
    **dict.fromkeys(("ETH", "SOL"), dt.date(2021, 12, 1)),
}
"""First days of the dumps."""

DAILY_FILES_SINCE = dt.date(2021, 3, 1)
LAST_HOUR = " 23:00:00"
"""A day whose last record of open interest is older than this is not told to its end."""

_HEADERS = {
    "klines": ("open_time", "open", "high", "low", "close", "volume", "close_time"),
    "fundingRate": ("calc_time", "funding_interval_hours", "last_funding_rate"),
    "metrics": ("create_time", "symbol", "sum_open_interest", "sum_open_interest_value"),
}
_NUMBER = re.compile(r"-?\d+([.]\d+)?(E-?\d+)?", re.ASCII | re.IGNORECASE)
_SECOND = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_DAY = dt.timedelta(days=1)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
"""What unpacking a damaged zip may raise."""


def requests(wanted: Wanted, base_url: str = BASE_URL) -> list[Request]:
    """List the files: bars by month, and by day where the month's may not be there yet.

    Bars are daily and hourly, funding comes by month, open interest by day: one download a day
    and asset.

    Examples
    --------
    >>> wanted = Wanted((), ("BTC", "GC"), dt.date(2026, 1, 30), dt.date(2026, 2, 3))
    >>> for request in requests(wanted)[:4]:
    ...     print(request)
    binance klines BTCUSDT BTC 1d 2026-01 2026-01-31
    binance klines BTCUSDT BTC 1d 2026-02-01 2026-02-01
    binance klines BTCUSDT BTC 1d 2026-02-02 2026-02-02
    binance klines BTCUSDT BTC 1d 2026-02-03 2026-02-03
    """
    listed: list[Request] = []
    for asset in (asset for asset in wanted.assets if asset in SYMBOLS):
        start = max(wanted.start, SINCE[asset])
        for interval in INTERVALS:
            for period in _bar_files(start, wanted.end):
                listed.append(_file(base_url, "klines", asset, ("interval", interval), period))
        start = max(wanted.start, FUNDING_SINCE[asset])
        for period in _months(start, wanted.end):
            listed.append(_file(base_url, "fundingRate", asset, ("measure", FUNDING), period))
        start = max(wanted.start, METRICS_SINCE[asset])
        for period in _days(start, wanted.end):
            listed.append(_file(base_url, "metrics", asset, ("measure", OPEN_INTEREST), period))
    return listed


def _bar_files(start: dt.date, end: dt.date) -> list[str]:
    files: list[str] = []
    for month in _months(start, end):
        after = dt.date.fromisoformat(f"{month}-01") + pd.DateOffset(months=1)
        published = (after + pd.offsets.Week(n=0, weekday=0)).date()
        first = max(start, dt.date.fromisoformat(f"{month}-01"))
        last = min(end, (after - _DAY).date())
        by_day = published >= end and first >= DAILY_FILES_SINCE
        files += _days(first, last) if by_day else [month]
    return files


def _months(start: dt.date, end: dt.date) -> list[str]:
    return [str(month) for month in pd.period_range(start, end, freq="M")] if start <= end else []


def _days(start: dt.date, end: dt.date) -> list[str]:
    return [(start + n * _DAY).isoformat() for n in range((end - start).days + 1)]


def _file(base_url: str, kind: str, asset: str, detail: tuple[str, str], period: str) -> Request:
    symbol, by = SYMBOLS[asset], "daily" if len(period) == len("2026-01-30") else "monthly"
    end = period if by == "daily" else str(pd.Period(period, "M").end_time.date())
    query = (
        *(("kind", kind), ("symbol", symbol), ("asset", asset), detail),
        *(("period", period), ("end", end)),
    )
    market, folder = (
        ("spot", f"{symbol}/{detail[1]}") if kind == "klines" else ("futures/um", symbol)
    )
    return Request(
        provider=NAME,
        table=TABLES[detail[1]] if kind == "klines" else "leverage",
        query=query,
        url=f"{base_url}/data/{market}/{by}/{kind}/{folder}/{_stem(dict(query))}.zip",
        suffix="zip",
    )


def _stem(query: Query) -> str:
    return f"{query['symbol']}-{query.get('interval', query['kind'])}-{query['period']}"


def parse(body: bytes, query: Query) -> pd.DataFrame:
    r"""Read one file.

    Returns
    -------
    DataFrame
        Bars: rows of `prices` or `prices_1h`, as `binance_rest.bar_table` makes them. Funding:
        the mean of the rates settled on a UTC day, each as a fraction per 8 hours (a rate that is
        paid every 4 hours counts twice as much). Open interest: in USDT, the last record of the
        day; of one venue, so a lower bound of the market's.

    Raises
    ------
    SourceError
        If the file is no zip, cut off, of another symbol or period, has unknown columns or no row.

    Examples
    --------
    >>> packed = io.BytesIO()
    >>> text = "1769731200000,8,0.0001\n1769760000000,8,0.0003\n"
    >>> with zipfile.ZipFile(packed, "w") as archive:
    ...     archive.writestr("BTCUSDT-fundingRate-2026-01.csv", text)
    >>> query = {"kind": "fundingRate", "symbol": "BTCUSDT", "asset": "BTC", "period": "2026-01"}
    >>> parse(packed.getvalue(), query)[["date", "value", "unit"]].iloc[0].tolist()
    ['2026-01-30', '0.0002', 'fraction per 8h, daily mean']
    """
    what = f"{NAME} {_stem(query)}"
    lines = _lines(body, query, what)
    if query["kind"] == "klines":
        for line in lines:
            _inside(f"{instant(line[0], what):%Y-%m-%d}", query, what)
        return bar_table(lines, query, what)
    if query["kind"] == "fundingRate":
        return _funding(lines, query, what)
    return _open_interest(lines, query, what)


def _lines(body: bytes, query: Query, what: str) -> list[list[str]]:
    """Unpack the file's one table, without its header if it has one."""
    name, header = f"{_stem(query)}.csv", _HEADERS[query["kind"]]
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if archive.namelist() != [name]:
                held = ", ".join(archive.namelist()) or "nothing"
                raise SourceError(f"{what}: the zip holds {held[:80]}, not {name}")
            text = archive.read(name).decode("utf-8-sig", errors="replace")
    except _DAMAGE:
        raise SourceError(f"{what}: the reply is cut off or no zip") from None
    lines = [line.split(",") for line in text.splitlines() if line]
    if lines and not lines[0][0][:1].isdigit():
        if tuple(lines[0][: len(header)]) != header:
            raise SourceError(f"{what}: unknown columns {', '.join(lines[0])[:80]!r}")
        lines = lines[1:]
    short = next((line for line in lines if len(line) < len(header)), None)
    if short is not None:
        raise SourceError(f"{what}: a line has {len(short)} cells, not {len(header)} or more")
    if not lines:
        raise SourceError(f"{what}: the table is empty")
    return lines


def _inside(day: str, query: Query, what: str) -> str:
    if not day.startswith(query["period"]):
        raise SourceError(f"{what}: the file has a row of {day}")
    return day


def _leverage(rows: Sequence[Sequence[str]], dropped: dict[str, int]) -> pd.DataFrame:
    frame = text_rows(INPUT_TABLES["leverage"].names, rows)
    frame.attrs["dropped"] = dropped
    return frame


def _funding(lines: Sequence[Sequence[str]], query: Query, what: str) -> pd.DataFrame:
    per_8h: dict[str, list[Decimal]] = defaultdict(list)
    for stamp, hours, rate, *_ in lines:
        if not (hours.isdigit() and int(hours) and _NUMBER.fullmatch(rate)):
            raise SourceError(f"{what}: {rate!r} every {hours!r} hours is no funding rate")
        day = _inside(f"{instant(stamp, what):%Y-%m-%d}", query, what)
        per_8h[day].append(Decimal(rate) * 8 / int(hours))
    unit = "fraction per 8h, daily mean"
    rows = [
        (day, query["asset"], FUNDING, repr(float(sum(rates) / len(rates))), unit, VENUE)
        for day, rates in sorted(per_8h.items())
    ]
    return _leverage(rows, {})


def _open_interest(lines: Sequence[Sequence[str]], query: Query, what: str) -> pd.DataFrame:
    midnight = f"{dt.date.fromisoformat(query['period']) + _DAY} 00:00:00"
    known: dict[str, str] = {}
    for when, symbol, _, value, *_ in lines:
        if symbol != query["symbol"] or not _SECOND.fullmatch(when):
            raise SourceError(f"{what}: the file has a row of {symbol!r} at {when!r}")
        if when != midnight:
            _inside(when, query, what)
        if _NUMBER.fullmatch(value) and Decimal(value) > 0:
            known[when] = value
    last = max(known, default="")
    if last < query["period"] + LAST_HOUR:
        raise SourceError(
            f"{what}: no open interest in the last hour of the day, the last is of {last or 'none'}"
        )
    row = (query["period"], query["asset"], OPEN_INTEREST, known[last], "USD, 1 venue", VENUE)
    others = len(lines) - len(known)
    return _leverage([row], {"records without a value, or repeated": others} if others else {})

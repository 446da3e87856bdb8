"""Binance's bars from its REST endpoint: days that the dumps do not have yet.

*A USDT price is not a USD price.* It counts tethers, which are worth a dollar on quiet days and
have left it by percents on the days this project is about. Nothing is converted here.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import pandas as pd

from ratemodel.errors import SourceError
from ratemodel.market.sources.base import Query, Request, Wanted, text_rows
from ratemodel.market.sources.http import Limit
from ratemodel.market.tables import INPUT_TABLES

NAME = "binance_rest"
BASE_URL = "https://api.binance.com"
LIMITS = (Limit(5, 1.0),)
"""Binance counts weights, 6,000 a minute; a page of bars weighs 2."""

SYMBOLS = {asset: f"{asset}USDT" for asset in ("BTC", "ETH", "SOL", "PAXG")}
INTERVALS = {"1d": dt.timedelta(days=1), "1h": dt.timedelta(hours=1)}
TABLES = {"1d": "prices", "1h": "prices_1h"}

SINCE = {
    **dict.fromkeys(("BTC", "ETH"), dt.date(2017, 8, 17)),
    "SOL": dt.date(2020, 8, 11),
    "PAXG": dt.date(2020, 8, 28),
}
"""First day of spot trading: there is nothing to ask for before."""

FIELDS = 12
"""Of a bar: open time, open, high, low, close, volume, close time and five more."""

_LIMIT = 1000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STAMP = re.compile(r"\d{12,16}", re.ASCII)
_MICROSECONDS_FROM = 10**14
"""In milliseconds this is the year 5138, in microseconds 1973: Binance was not there yet."""


def requests(wanted: Wanted, base_url: str = BASE_URL) -> list[Request]:
    """List one download a page of days, for daily and for hourly bars.

    Each page asks for one bar more than its days have: see `parse`.

    Examples
    --------
    >>> wanted = Wanted((), ("BTC", "GC"), dt.date(2026, 1, 1), dt.date(2026, 2, 11))
    >>> for request in requests(wanted):
    ...     print(request)
    binance_rest BTCUSDT BTC 1d 2026-01-01 2026-02-11
    binance_rest BTCUSDT BTC 1h 2026-01-01 2026-02-10
    binance_rest BTCUSDT BTC 1h 2026-02-11 2026-02-11
    """
    return [
        _page(asset, interval, first, last, base_url)
        for asset in wanted.assets
        if asset in SYMBOLS
        for interval in INTERVALS
        for first, last in _pages(max(wanted.start, SINCE[asset]), wanted.end, interval)
    ]


def _pages(start: dt.date, end: dt.date, interval: str) -> list[tuple[dt.date, dt.date]]:
    days = (_LIMIT - 1) // (INTERVALS["1d"] // INTERVALS[interval])
    firsts = [start + dt.timedelta(days=n) for n in range(0, (end - start).days + 1, days)]
    return [(first, min(first + dt.timedelta(days=days - 1), end)) for first in firsts]


def _page(asset: str, interval: str, first: dt.date, last: dt.date, base_url: str) -> Request:
    following = dt.datetime.combine(last, dt.time(), dt.UTC) + INTERVALS["1d"]
    asked = {
        "symbol": SYMBOLS[asset],
        "interval": interval,
        "startTime": _milliseconds(dt.datetime.combine(first, dt.time(), dt.UTC)),
        "endTime": _milliseconds(following),
        "limit": _LIMIT,
    }
    return Request(
        provider=NAME,
        table=TABLES[interval],
        query=(
            *(("symbol", SYMBOLS[asset]), ("asset", asset), ("interval", interval)),
            *(("start", first.isoformat()), ("end", last.isoformat())),
        ),
        url=f"{base_url}/api/v3/klines?{urlencode(asked)}",
        suffix="json",
    )


def _milliseconds(instant: dt.datetime) -> int:
    return (instant - _EPOCH) // dt.timedelta(milliseconds=1)


def parse(body: bytes, query: Query) -> pd.DataFrame:
    """Read the finished bars of one page.

    The last bar of a reply may still be running, and nothing in it says so. But every page was
    asked for one bar more than it is about: a bar is finished when a later one came. So the last
    bar is left out, whichever day it is of, and a day that is over loses nothing.

    Returns
    -------
    DataFrame
        Rows as `bar_table` makes them; ``attrs["dropped"]`` counts the unfinished bar.

    Raises
    ------
    SourceError
        If the reply is an error, cut off, about other dates, or has no finished bar.

    Examples
    --------
    >>> day = 86_400_000
    >>> bars = [
    ...     [n * day, "1.0", "2.0", "0.5", price, "9", n * day + day - 1, "9", 1, "4", "4", "0"]
    ...     for n, price in [(20483, "84000.10"), (20484, "83000.00")]
    ... ]
    >>> query = {"symbol": "BTCUSDT", "asset": "BTC", "interval": "1d"}
    >>> query |= {"start": "2026-01-30", "end": "2026-01-31"}
    >>> parse(json.dumps(bars).encode(), query)[["date", "close"]].values.tolist()
    [['2026-01-30', '84000.10']]
    """
    what = " ".join([NAME, *(query[key] for key in ("symbol", "interval", "start", "end"))])
    try:
        reply = json.loads(body, parse_float=str)
    except ValueError:
        start = " ".join(body[:60].decode("utf-8", errors="replace").split())
        raise SourceError(f"{what}: the reply is cut off or no JSON, it starts {start!r}") from None
    if isinstance(reply, dict) and "msg" in reply:
        said = " ".join(str(reply["msg"]).split())
        raise SourceError(f"{what}: the reply is an error, {reply.get('code')}: {said}")
    if not isinstance(reply, list) or not all(isinstance(bar, list) for bar in reply):
        raise SourceError(f"{what}: the reply is no list of bars")
    bars = [[str(cell) for cell in bar] for bar in reply]
    opened = [f"{instant(bar[0] if bar else '', what):%Y-%m-%d}" for bar in bars]
    if any(day < query["start"] for day in opened):
        raise SourceError(f"{what}: the reply has a bar of {min(opened)}, before what was asked")
    inside = [bar for bar, day in zip(bars, opened, strict=True) if day <= query["end"]]
    unfinished = len(inside) == len(bars)
    frame = bar_table(inside[:-1] if unfinished else inside, query, what)
    if unfinished:
        frame.attrs["dropped"] = {"unfinished bars": 1}
    return frame


def bar_table(bars: Sequence[Sequence[str]], query: Mapping[str, str], what: str) -> pd.DataFrame:
    """Make rows of finished bars, from the endpoint or from a dump.

    Parameters
    ----------
    bars : sequence of sequence of str
        Cells as Binance sends them, `FIELDS` a bar.
    query : mapping of str to str
        ``asset`` and ``interval``.
    what : str
        How errors call the download.

    Returns
    -------
    DataFrame
        ``1d``: rows of `prices`, dated by the UTC day that the bar covers, closing at its last
        midnight; volume in coins. ``1h``: rows of `prices_1h`, timed by the *end* of the hour,
        for that is the instant of the close: the bar that opens at 14:00 gives the price at 15:00.

    Raises
    ------
    SourceError
        If there is none, or one has another form or length, or comes twice.
    """
    interval = INTERVALS[query["interval"]]
    if not bars:
        raise SourceError(f"{what}: no finished bar")
    rows: dict[str, tuple[str | None, ...]] = {}
    for bar in bars:
        if len(bar) != FIELDS:
            raise SourceError(f"{what}: a bar has {len(bar)} cells, not {FIELDS}")
        opened, closed = instant(bar[0], what), instant(bar[6], what)
        if (opened - _EPOCH) % interval or not opened < closed < opened + interval:
            raise SourceError(
                f"{what}: the bar at {opened:%Y-%m-%dT%H:%M:%SZ} is of another length"
            )
        daily = query["interval"] == "1d"
        when = f"{opened:%Y-%m-%d}" if daily else f"{opened + interval:%Y-%m-%dT%H:%M:%SZ}"
        if when in rows:
            raise SourceError(f"{what}: the bar of {when} came twice")
        _, open_, high, low, close, volume = bar[:6]
        rows[when] = (when, query["asset"], close)
        if daily:
            rows[when] += (open_, high, low, volume, None)
    names = INPUT_TABLES[TABLES[query["interval"]]].names
    frame = text_rows(names, [rows[when] for when in sorted(rows)])
    frame.attrs["dropped"] = {}
    return frame


def instant(stamp: str, what: str) -> dt.datetime:
    """Read a time in milliseconds or microseconds, told apart by its size.

    Spot dumps have milliseconds up to the end of 2024 and microseconds from 2025 on; all else has
    milliseconds.

    Examples
    --------
    >>> instant("1769731200000", "x") == instant("1769731200000000", "x")
    True
    """
    if not _STAMP.fullmatch(stamp):
        raise SourceError(f"{what}: {stamp[:40]!r} is no time in milliseconds or microseconds")
    units = 1 if int(stamp) >= _MICROSECONDS_FROM else 1000
    return _EPOCH + dt.timedelta(microseconds=int(stamp) * units)

"""Yahoo's daily bars: prices of metals, coins, funds and indices, and single fed funds contracts.

The endpoint is the one behind Yahoo's own charts, undocumented; its prices are for one's own
research and not to be passed on.

*Never the adjusted close.* Yahoo rewrites it at every dividend, back to the first day: a return
of it contains the dividend, and the same day has another price next year.

*Continuous series.* Gold and silver are Yahoo's front month, as in the project's own tables. Fed
funds are asked contract by contract: at each roll of ``ZQ=F`` another month's rate takes over,
which looks like a shock and is none.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from ratemodel.errors import SourceError
from ratemodel.market.sources.base import Query, Request, Wanted, text_rows
from ratemodel.market.sources.http import Limit
from ratemodel.market.sources.yahoo_session import ask_as_browser
from ratemodel.market.tables import INPUT_TABLES

NAME = "yahoo"
BASE_URL = "https://query1.finance.yahoo.com"
LIMITS = (Limit(1, 1.0),)
"""Yahoo states none, and answers 429 to the impatient."""
ASK = ask_as_browser

SYMBOLS = {
    **{"GC": "GC=F", "SI": "SI=F", "SPX": "^GSPC", "NDX": "^NDX"},
    **{asset: f"{asset}-USD" for asset in ("BTC", "ETH", "SOL", "XAUT", "PAXG")},
    **{fund: fund for fund in ("GLD", "SLV", "TIP", "TLT", "IEF", "HYG", "UUP")},
}
"""Yahoo's symbol of each asset."""

FED_FUNDS = "ZQ"
"""Wanted under this name: every fed funds contract that Yahoo still has."""

CONTINUOUS = "ZQ=F"
CONTRACTS_AHEAD = 24  # delivery months; further ones hardly trade
_MONTH_CODES = "FGHJKMNQUVXZ"
_FIELDS = ("open", "high", "low", "close", "volume")
_CELLS = (int, Decimal, type(None))
_FAR = 10**10  # no time in seconds is this large; one in milliseconds is


def requests(wanted: Wanted, base_url: str = BASE_URL) -> list[Request]:
    """List one download an asset, and for ``ZQ`` one a contract.

    Contracts run from the delivery month of `wanted.end`: Yahoo drops those that have expired (a
    404, should one be asked for).

    Raises
    ------
    SourceError
        If the continuous series is wanted.

    Examples
    --------
    >>> wanted = Wanted((), ("GC", "ZQ"), dt.date(2026, 1, 2), dt.date(2026, 10, 5))
    >>> [str(request) for request in requests(wanted)[:2]]
    ['yahoo GC=F GC 2026-01-02', 'yahoo ZQV26.CBT 2026-10 2026-01-02']
    """
    if CONTINUOUS in wanted.assets:
        raise _refused(CONTINUOUS, "every roll looks like a shock: ask for ZQ, its contracts")
    listed = [
        ("prices", SYMBOLS[asset], ("asset", asset)) for asset in wanted.assets if asset in SYMBOLS
    ]
    if FED_FUNDS in wanted.assets:
        months = pd.period_range(wanted.end, periods=CONTRACTS_AHEAD, freq="M")
        listed += [("futures", contract_symbol(str(m)), ("contract", str(m))) for m in months]
    # Bars bear the time their session starts: between these midnights in New York as in UTC.
    first, after = _midnight(wanted.start), _midnight(wanted.end + dt.timedelta(days=1))
    span = urlencode({"period1": first, "period2": after, "interval": "1d"})
    return [
        Request(
            provider=NAME,
            table=table,
            query=(("symbol", symbol), subject, ("start", f"{wanted.start:%Y-%m-%d}")),
            url=f"{base_url}/v8/finance/chart/{quote(symbol, safe='')}?{span}",
            suffix="json",
        )
        for table, symbol, subject in listed
    ]


def contract_symbol(contract: str) -> str:
    """Name a fed funds contract as Yahoo does: ``ZQV26.CBT`` is that of ``2026-10``."""
    year, month = contract.split("-")
    return f"{FED_FUNDS}{_MONTH_CODES[int(month) - 1]}{year[-2:]}.CBT"


def parse(body: bytes, query: Query) -> pd.DataFrame:
    """Read the finished daily bars of one symbol.

    A bar's date is that of its time in the exchange's own zone, which the reply names (UTC for
    coins). Yahoo ends a reply with the running session, whose "close" is only the last trade. No
    clock is needed to tell, for the reply says when the symbol last traded
    (``regularMarketTime``) and when its current session is (``currentTradingPeriod``): a bar is
    finished when a later day has traded or is the current session's, or when the last trade came
    at that session's end. A future's session lasts to midnight there: its bar waits for next day.

    The query holds ``symbol``, ``start``, and ``asset`` (prices) or ``contract`` (futures).

    Returns
    -------
    DataFrame
        Rows of `prices` (US dollars), or of `futures`: there the close stands as the settlement,
        which is the price last recorded and not always the exchange's own figure
        (``attrs["settle"]``). ``attrs["dropped"]`` counts what was left out: bars without a close
        (holidays), unfinished ones, days that came twice (the later bar is kept), and ranges that
        miss their close: a settlement may lie outside of what was traded.

    Raises
    ------
    SourceError
        If the reply is an error, cut off, about another symbol, interval or currency, or has no
        finished bar.

    Examples
    --------
    >>> meta = {"symbol": "GC=F", "currency": "USD", "dataGranularity": "1d"}
    >>> meta |= {"exchangeTimezoneName": "America/New_York", "regularMarketTime": 1770066000}
    >>> meta["currentTradingPeriod"] = {"regular": {"start": 1770008400, "end": 1770094740}}
    >>> price = dict.fromkeys(("open", "high", "low", "close", "volume"), [4745.1])
    >>> bars = {"meta": meta, "timestamp": [1769749200], "indicators": {"quote": [price]}}
    >>> body = json.dumps({"chart": {"result": [bars], "error": None}}).encode()
    >>> query = {"symbol": "GC=F", "asset": "GC", "start": "2026-01-30"}
    >>> parse(body, query)[["date", "close"]].iloc[0].tolist()
    ['2026-01-30', '4745.1']
    """
    symbol = query["symbol"]
    if symbol == CONTINUOUS:
        raise _refused(symbol, "a continuous series is no contract: every roll looks like a shock")
    bars, dropped = _finished_bars(_result(body, symbol), symbol, query["start"])
    if not bars:
        why = ", ".join(f"{count} {what}" for what, count in dropped.items()) or "none came"
        raise _refused(symbol, f"no finished bar from {query['start']} on ({why})")
    if "contract" in query:
        if contract_symbol(query["contract"]) != symbol:
            raise _refused(symbol, f"is not the contract {query['contract']}")
        settles = [(day, query["contract"], bar[3], bar[4], None) for day, bar in bars]
        frame = text_rows(INPUT_TABLES["futures"].names, settles)
        frame.attrs["settle"] = "last recorded"
    else:
        prices = [_price_row(day, query["asset"], bar, dropped) for day, bar in bars]
        frame = text_rows(INPUT_TABLES["prices"].names, prices)
    frame.attrs["dropped"] = dict(dropped)
    return frame


def _midnight(date: dt.date) -> int:
    return int(dt.datetime.combine(date, dt.time(), dt.UTC).timestamp())


def _refused(symbol: str, problem: str) -> SourceError:
    return SourceError(f"{NAME} {symbol}: {problem}")


def _result(body: bytes, symbol: str) -> Any:
    """Find the bars in a reply, or say why there are none; decimals keep their digits."""
    try:
        reply = json.loads(body, parse_float=Decimal)
    except ValueError:
        start = " ".join(body[:60].decode("utf-8", errors="replace").split())
        raise _refused(symbol, f"the reply is cut off or is no JSON, it starts {start!r}") from None
    chart = reply.get("chart", reply.get("finance")) if isinstance(reply, dict) else None
    error = chart.get("error") if isinstance(chart, dict) else None
    if isinstance(error, dict):
        said = f"{error.get('code')}: {error.get('description')}"
        raise _refused(symbol, f"the reply is an error, {' '.join(said.split())}")
    result = _at(reply, symbol, "chart", "result", 0)
    for key, must in (("symbol", symbol), ("dataGranularity", "1d"), ("currency", "USD")):
        got = _at(result, symbol, "meta", key)
        if got != must:
            raise _refused(symbol, f"the reply has {key} {got!r} instead of {must!r}")
    return result


def _finished_bars(
    result: Any, symbol: str, start: str
) -> tuple[list[tuple[str, tuple[Any, ...]]], Counter[str]]:
    """Date the bars, ascending: open, high, low, close, volume of each; and count the others."""
    dropped: Counter[str] = Counter()
    if not result.get("timestamp"):
        return [], dropped
    name = _at(result, symbol, "meta", "exchangeTimezoneName")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise _refused(symbol, f"the reply is in an unknown time zone, {name!r}") from None
    last = _at(result, symbol, "meta", "regularMarketTime")
    regular = _at(result, symbol, "meta", "currentTradingPeriod", "regular")
    session = [_at(regular, symbol, edge) for edge in ("start", "end")]
    stamps = result["timestamp"]
    columns = [_at(result, symbol, "indicators", "quote", 0, field) for field in _FIELDS]
    if any(type(cells) is not list or len(cells) != len(stamps) for cells in (stamps, *columns)):
        raise _refused(symbol, "the columns of the reply are not of one length")
    if any(type(moment) is not int or abs(moment) > _FAR for moment in (*stamps, last, *session)):
        raise _refused(symbol, "the reply has a time that is none in seconds")
    if any(type(cell) not in _CELLS for cells in columns for cell in cells):
        raise _refused(symbol, "the reply has a price or volume that is no number")
    traded, opened = (_day(moment, zone) for moment in (last, session[0]))
    # Bars from this day on are not finished; four nines are later than any day.
    running = "9999" if last >= session[1] and traded == opened else max(traded, opened)
    bars: dict[str, tuple[Any, ...]] = {}
    for stamp, *bar in zip(stamps, *columns, strict=True):
        day = _day(stamp, zone)
        if day < start:
            dropped["bars before the start"] += 1
        elif bar[3] is None:
            dropped["null closes"] += 1
        elif day >= running:
            dropped["unfinished bars"] += 1
        else:
            dropped["repeated days"] += day in bars
            bars[day] = tuple(bar)
    return sorted(bars.items()), +dropped


def _day(moment: int, zone: ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(moment, zone).date().isoformat()


def _price_row(
    day: str, asset: str, bar: tuple[Any, ...], dropped: Counter[str]
) -> tuple[Any, ...]:
    open_, high, low, close, volume = bar
    if (high is not None and close > high) or (low is not None and close < low):
        dropped["ranges that miss their close"] += 1
        open_ = high = low = None
    return (day, asset, close, open_, high, low, volume, None)


def _at(tree: Any, symbol: str, *path: str | int) -> Any:
    """Follow a path into the reply."""
    for step in path:
        known = isinstance(tree, list if isinstance(step, int) else dict)
        if not known or (len(tree) <= step if isinstance(step, int) else step not in tree):
            raise _refused(symbol, f"the reply has no {'.'.join(map(str, path))}")
        tree = tree[step]
    return tree

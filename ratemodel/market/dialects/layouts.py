"""The layouts of the vendors, side by side: what each calls its columns, and what gives it away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

Role = Literal[
    "date",
    "contract",
    "symbol",
    "product",
    "kind",
    "year",
    "month",
    "settle",
    "unnamed",
    "last",
    "open",
    "high",
    "low",
    "volume",
    "open_interest",
    "struck_at",
    "previous_volume",
    "previous_open_interest",
    "recorded",
    "reference",
    "statistic",
    "quantity",
    "action",
]
"""What a column holds. ``unnamed`` are values whose name does not say whether they are
settlements; ``previous_…`` belong to the trade date before the row's."""

VALUES: tuple[Role, ...] = ("settle", "unnamed", "last")
"""Columns a settlement may be taken from, the better first."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one vendor's files look.

    Attributes
    ----------
    dialect : str
    columns : mapping of Role to tuple of str
        Names of columns as `normal` writes them, the better first.
    signs : tuple of frozenset of str
        Sets of column names, plain or in small letters; a header with all of one is the vendor's.
    marks : Pattern
        What gives the vendor away in the file's name, before the header or after the data.
    products : frozenset of str
        What the product column holds for 30-day fed funds.
    """

    dialect: str
    columns: Mapping[Role, tuple[str, ...]]
    signs: tuple[frozenset[str], ...] = ()
    marks: re.Pattern[str] = re.compile(r"(?!)")
    products: frozenset[str] = field(default_factory=lambda: frozenset({"ZQ", "FF"}))


def _signs(*headers: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(header.split(",")) for header in headers)


GENERIC = Layout(
    "generic",
    {
        "date": (
            *("trade date", "tradedate", "trading date", "trading day", "date", "dates"),
            *("observation date", "business date", "day", "datum", "timestamp", "datetime", "time"),
        ),
        "contract": (
            *("contract", "contract month", "contractmonth", "delivery month", "delivery"),
            *(
                "expiry month",
                "expiration month",
                "maturity month",
                "month",
                "expiry",
                "expiration",
            ),
        ),
        "symbol": (
            *("symbol", "ticker", "ric", "instrument", "security", "contract code", "code"),
            *("asset", "series", "series id", "name"),
        ),
        "product": ("product", "product code", "root"),
        "settle": (
            *("settle", "settlement", "settlement price", "settle price", "settlementprice"),
            *("settleprice", "daily settlement", "daily settlement price", "sett", "settl"),
        ),
        "unnamed": ("price", "value", "rate", "implied rate", "yield"),
        "last": ("close", "last", "last price", "close price", "closing price", "latest"),
        "open": ("open", "open price", "opening price"),
        "high": ("high", "high price"),
        "low": ("low", "low price"),
        "volume": ("volume", "vol", "total volume"),
        "open_interest": ("open interest", "openinterest", "open int", "openint", "oi"),
        "struck_at": ("struck at",),
    },
)

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "native",
        {
            "date": ("trade date", "date"),
            "contract": ("contract",),
            "symbol": ("asset", "series"),
            "settle": ("settle",),
            "unnamed": ("value",),
            "last": ("close",),
        },
        _signs("trade_date,contract,settle", "date,asset,close", "date,series,value"),
    ),
    Layout(
        "databento",
        {
            "date": ("ts event",),
            "reference": ("ts ref",),
            "recorded": ("ts recv",),
            "symbol": ("symbol", "raw symbol"),
            "statistic": ("stat type",),
            "action": ("update action",),
            "quantity": ("quantity",),
            "settle": ("price",),
            "last": ("close",),
            "volume": ("volume",),
        },
        _signs("ts event,stat type,price", "ts event,open,high,low,close"),
    ),
    Layout(
        "cme",
        {
            "date": ("bizdt", "trade date", "tradedate"),
            "contract": ("mmy",),
            "product": ("sym", "product code", "productcode"),
            "symbol": ("id", "clearing code"),
            "kind": ("sectyp", "product type"),
            "year": ("contract year",),
            "month": ("contract month",),
            "settle": ("settleprice", "settlement", "settlement price", "settle"),
            "previous_volume": ("prevdayvol",),
            "previous_open_interest": ("prevdayoi",),
            "volume": ("total volume",),
            "open_interest": ("open interest",),
        },
        _signs(
            "bizdt,sym,mmy,settleprice",
            "trade date,product code,contract year,contract month,settlement",
        ),
        products=frozenset({"ZQ", "FF", "41"}),
    ),
    Layout(
        "barchart",
        {"last": ("latest", "last"), "date": ("time", "date"), "symbol": ("symbol", "contract")},
        _signs(
            "latest,change,%change", "last,change,%chg", "latest,%change", "last,change,open int"
        ),
        re.compile(
            r"barchart|_(?:daily|price)[-_]historical-?data|_price-history-|_daily_historical", re.I
        ),
    ),
    Layout(
        "bloomberg",
        {
            "date": ("dates", "date"),
            "symbol": ("security", "ticker"),
            "settle": ("px settle",),
            "last": ("px last", "last price", "last px"),
            "open": ("px open", "open"),
            "high": ("px high", "high"),
            "low": ("px low", "low"),
            "volume": ("px volume", "volume"),
            "open_interest": ("open int", "open interest"),
        },
        _signs("px settle", "px last"),
        re.compile(r"\bcomdty\b|\bbloomberg\b|[A-Z]\d?:COM\b", re.I),
    ),
    Layout(
        "lseg",
        {
            "date": ("date", "trade date", "timestamp", "date time"),
            "symbol": ("ric", "instrument", "identifier"),
            "settle": ("settle", "settlement price", "settlement prc"),
            "last": (
                "trdprc 1",
                "trade close",
                "close",
                "close price",
                "last",
                "universal close price",
            ),
            "open": ("open prc", "trade open", "open"),
            "high": ("high 1", "trade high", "high"),
            "low": ("low 1", "trade low", "low"),
            "volume": ("acvol uns", "acvol 1", "volume", "accumulated volume"),
            "open_interest": ("opint 1", "oi", "open interest"),
        },
        _signs("trdprc 1", "ric", "trade close", "acvol uns", "opint 1", "universal close price"),
        re.compile(r"refinitiv|\blseg\b|thomson reuters|\beikon\b|[FGHJKMNQUVXZ]\d{1,2}\^\d"),
    ),
    GENERIC,
)
"""Every layout, the surest signs first; what a vendor does not name is read generically."""


def layout_of(dialect: str) -> Layout:
    """Look a layout up by its dialect."""
    return next(layout for layout in LAYOUTS if layout.dialect == dialect)


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """Write a column's name without capitals, brackets, underscores.

    Examples
    --------
    >>> normal("PX_SETTLE"), normal("%Chg"), normal("Open Int"), normal("Settlement Price (USD)")
    ('px settle', '%chg', 'open int', 'settlement price')
    """
    plain = re.sub(r"\([^)]*\)", "", name.lower())
    return " ".join(re.sub(r"[^0-9a-z%]+", " ", plain).split())


def names_of(layout: Layout) -> dict[str, Role]:
    """Map every column name a layout knows to what it holds; its own names before general ones.

    Examples
    --------
    >>> names_of(layout_of("barchart"))["latest"]
    'last'
    """
    names: dict[str, Role] = {}
    for columns in (layout.columns, GENERIC.columns):
        for role, synonyms in columns.items():
            for name in synonyms:
                names.setdefault(name, role)
    return names


def rank(layout: Layout, role: Role, name: str) -> int:
    """Place a column's name among those the layout knows for a role; the best is 0."""
    known = (*layout.columns.get(role, ()), *GENERIC.columns.get(role, ()))
    return known.index(name) if name in known else len(known)

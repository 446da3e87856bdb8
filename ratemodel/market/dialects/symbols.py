"""Read what vendors call a fed funds contract: exchange codes, tickers, RICs, names of months."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ratemodel.market.rules import FINAL_SETTLEMENT_DAYS

Kind = Literal["contract", "generic", "spread", "cash", "product", "other", "unknown"]

MONTH_CODES = "FGHJKMNQUVXZ"
"""Delivery months January to December, as every futures exchange abbreviates them."""

MOST_MONTHS_AHEAD = 60
"""The exchange lists no contract further ahead; a one-digit year that needs one is misread."""

_CENTURY_TURNS = 70
"""Two-digit years from here on are of the last century; fed funds futures began in 1988."""

_ROOT = r"(?P<root>ZQ|FF)"
_CODE = rf"(?P<code>[{MONTH_CODES}])"
MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            *("JANUARY JAN", "FEBRUARY FEB", "MARCH MAR", "APRIL APR", "MAY", "JUNE JUN"),
            *("JULY JUL JLY", "AUGUST AUG", "SEPTEMBER SEP SEPT", "OCTOBER OCT"),
            *("NOVEMBER NOV", "DECEMBER DEC"),
        ),
        start=1,
    )
    for name in names.split()
}
"""Months by their English names, whatever language the machine speaks."""

_NAME = rf"(?P<name>{'|'.join(sorted(MONTH_NAMES, key=len, reverse=True))})"

# Vendors wrap the code: CBOT:ZQV2026, /ZQV26, ZQV26.CBT, FFV6 Comdty, FFV6 COMB Comdty, FFV6:COM.
_BEFORE = r"(?:(?:CBOT|CBT|CME|XCBT|ECBOT)[:/_])?/?"
_AFTER = r"(?:(?: [A-Z]{3,4})? COMDTY|:COM|\.(?:CBT|CBOT|XCBT))?"
_WORDS = re.compile(r"^(?:30[- ]?DAY )?FED(?:ERAL|\.)? ?FUNDS?(?: (?:RATE )?FUTURES?)?[ ,]*")

_CONTRACTS = (
    re.compile(
        rf"{_BEFORE}{_ROOT}[ _]?{_CODE} ?(?P<year>\d{{4}}|\d\d?)(?:\^(?P<decade>\d))?{_AFTER}"
    ),
    re.compile(rf"{_CODE}(?P<year>\d{{4}}|\d\d?)"),
    re.compile(rf"(?:{_ROOT}[ _-]*)?{_NAME}[ ,'’/_-]*(?P<year>\d{{4}}|\d\d)"),
    re.compile(rf"(?:{_ROOT}[ _-]*)?(?P<year>(?:19|20)\d\d)[-/_. ]?(?P<number>0[1-9]|1[0-2])"),
    re.compile(r"(?P<number>0?[1-9]|1[0-2])[/-](?P<year>(?:19|20)\d\d)"),
    # A whole date, such as the last trade date, lies in the delivery month.
    re.compile(r"(?P<year>(?:19|20)\d\d)(?P<dash>-?)(?P<number>0[1-9]|1[0-2])(?P=dash)\d\d"),
)
_LEG = rf"(?:[A-Z0-9]{{1,3}})?[{MONTH_CODES}]\d{{1,2}}"
_SPREAD = re.compile(
    rf"{_BEFORE}(?:{_LEG} ?[-/+:] ?{_LEG}.*|(?:ZQ|FF):[A-Z0-9]{{2}}\b.*|(?:{_LEG}){{2,}}"
    rf"|UD:.*){_AFTER}"
)
_GENERIC = re.compile(
    rf"{_BEFORE}(?:@(?:ZQ|FF).*|(?:ZQ|FF)=.*|(?:ZQ|FF)[*#!].*|(?:ZQ|FF) ?\d{{1,2}}!?{_AFTER}"
    rf"|(?:ZQ|FF|FFCOM) ?CV?\d{{1,2}}|(?:ZQ|FF)A{_AFTER}|(?:ZQ|FF)\.[CNV]\.\d+"
    r"|(?:CHRIS/)?CME_(?:ZQ|FF)\d{1,2}"
    r"|(?:FRONT|NEAR(?:EST|BY)?|CONTINUOUS|CONTINUATION|ROLLING|GENERIC|FIRST|SECOND|1ST|2ND)\b.*)"
)
_KINDS: dict[Kind, re.Pattern[str]] = {
    "generic": _GENERIC,
    "spread": _SPREAD,
    "cash": re.compile(r"(?:ZQ|FF)Y\d\d|CASH"),
    "product": re.compile(rf"{_BEFORE}(?:ZQ|FF)(?:\.FUT)?{_AFTER}"),
    "other": re.compile(
        rf"{_BEFORE}(?!ZQ|FF)[A-Z0-9]{{1,4}} ?[{MONTH_CODES}] ?(?:\d{{4}}|\d\d?)(?:\^\d)?{_AFTER}"
    ),
}
_ROOTED = re.compile(rf"(?:{_BEFORE}@?|(?:CHRIS/)?CME_)(?:ZQ|FF)")


@dataclass(frozen=True, slots=True)
class Symbol:
    """What one text stands for.

    Attributes
    ----------
    kind : Kind
        ``contract`` has a delivery month; ``generic`` rolls from one to the next; ``product`` is
        the bare root; ``other`` is another product; ``unknown`` is nothing a vendor writes.
    month : int
        Delivery month, 1 to 12; 0 where there is none.
    year : int
        As written: 6, 26 or 2026.
    digits : int
        With how many digits.
    rooted : bool
        Whether the text names the product: ``V6``, ``Oct 2026`` and ``front`` do not.
    """

    kind: Kind
    month: int = 0
    year: int = 0
    digits: int = 0
    rooted: bool = False

    def delivery(self, on: dt.date) -> str:
        """Say the delivery month YYYY-MM, as one reads the symbol on a trade date.

        A one-digit year is the first such year whose contract has not settled for good: its
        delivery month ends no more than seven days before the trade date.

        Raises
        ------
        ValueError
            If that year is further ahead than the exchange lists contracts.
        """
        if self.digits == 4:
            year = self.year
        elif self.digits == 2:
            year = self.year + (1900 if self.year >= _CENTURY_TURNS else 2000)
        else:
            year = on.year - 1
            year += (self.year - year) % 10
            if _settled(year, self.month) < on:
                year += 10
            ahead = 12 * (year - on.year) + self.month - on.month
            if ahead > MOST_MONTHS_AHEAD:
                raise ValueError(
                    f"on {on} a year that ends in {self.year} means {year}-{self.month:02d}, "
                    "which is more than 5 years ahead; write the year with two or four digits"
                )
        return f"{year:04d}-{self.month:02d}"


def _settled(year: int, month: int) -> dt.date:
    last = dt.date(year, month, calendar.monthrange(year, month)[1])
    return last + dt.timedelta(days=FINAL_SETTLEMENT_DAYS)


def tidy(text: str) -> str:
    """Put a symbol into capitals with single blanks, without a remark in brackets.

    Examples
    --------
    >>> tidy(" zqv26  (Oct '26)")
    'ZQV26'
    """
    return " ".join(re.sub(r"\([^)]*\)\s*$", "", text).split()).upper()


@lru_cache(maxsize=4096)
def classify(text: str) -> Symbol:
    """Say what kind of thing a vendor's symbol is.

    Examples
    --------
    >>> classify("FFV6 Comdty")
    Symbol(kind='contract', month=10, year=6, digits=1, rooted=True)
    >>> [classify(text).kind for text in ("FF1 Comdty", "FFc1", "ZQV6-ZQX6", "ZQ", "GCZ6")]
    ['generic', 'generic', 'spread', 'product', 'other']
    """
    symbol = tidy(text)
    named = _WORDS.match(symbol)
    if named:
        symbol = symbol[named.end() :]
        if not symbol:
            return Symbol("product", rooted=True)
    for pattern in _CONTRACTS:
        found = pattern.fullmatch(symbol)
        if found:
            return _contract(found.groupdict(), rooted=named is not None)
    for kind, pattern in _KINDS.items():
        if pattern.fullmatch(symbol):
            return Symbol(kind, rooted=kind != "other" and _ROOTED.match(symbol) is not None)
    return Symbol("unknown")


def _contract(parts: dict[str, str | None], *, rooted: bool) -> Symbol:
    code, name, year = parts.get("code"), parts.get("name"), parts["year"] or ""
    month = int(parts.get("number") or 0)
    if code:
        month = MONTH_CODES.index(code) + 1
    elif name:
        month = MONTH_NAMES[name]
    rooted = rooted or bool(parts.get("root"))
    decade = parts.get("decade")
    if decade is None:
        return Symbol("contract", month, int(year), len(year), rooted)
    # Once expired, a RIC tells its decade after a caret: FFV5^2 is of the 2020s.
    full = (
        10 * int(decade) + (1900 if int(decade) >= _CENTURY_TURNS // 10 else 2000) + int(year[-1])
    )
    if full % 10 ** len(year) != int(year):
        return Symbol("unknown")
    return Symbol("contract", month, full, 4, rooted)


ROLLS = (
    "is a continuous series: at each month end it changes contract, and the roll looks like a "
    "shock; take the contracts themselves, or give a roll calendar (--roll FILE)"
)
"""Why a generic ticker is refused."""


def parse_contract(text: str, on: dt.date) -> str:
    """Read the delivery month that a vendor's symbol means on a trade date.

    Parameters
    ----------
    text : str
        ``ZQV6``, ``FFV26 Comdty``, ``FFV5^2``, ``Oct 2026``, ``202610`` and their like.
    on : date
        Trade date: a one-digit year means the first contract not yet settled then.

    Returns
    -------
    str
        ``YYYY-MM``.

    Raises
    ------
    ValueError
        If it is a continuous series, a spread, another product, or unreadable.

    Examples
    --------
    >>> parse_contract("ZQV6", dt.date(2026, 1, 30)), parse_contract("FFV5^2", dt.date(2024, 1, 2))
    ('2026-10', '2025-10')
    >>> parse_contract("FF1 Comdty", dt.date(2026, 1, 30))
    Traceback (most recent call last):
    ValueError: 'FF1 Comdty' is a continuous series: ...
    """
    symbol = classify(text)
    if symbol.kind == "contract":
        return symbol.delivery(on)
    raise ValueError(f"{text!r} {_REFUSALS[symbol.kind]}")


_REFUSALS: dict[Kind, str] = {
    "generic": ROLLS,
    "spread": "is a spread, not one contract",
    "cash": "is the cash rate, not a contract",
    "product": "names no delivery month",
    "other": "is no 30-day fed funds contract (ZQ, FF)",
    "unknown": "is no contract: expected such as ZQV26, FFV6 Comdty, Oct 2026 or 2026-10",
}

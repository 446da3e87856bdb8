"""CME's own settlements of fed funds futures (product 305), one trade date a page.

*Mind the terms.* CME's website terms do not let scripts read its pages, and it answers those it
takes for one with 403. Whoever has no permission can save the page's JSON from a browser and
import it: the reader below needs the bytes only. Nothing here pretends to be a browser.

The page keeps five business days: what is not taken in time is to be bought. Settlements of a day
appear after midnight Chicago.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from ratemodel.errors import SourceError
from ratemodel.market.sources.base import Query, Request, Wanted, text_rows
from ratemodel.market.sources.http import Limit
from ratemodel.market.tables import INPUT_TABLES

NAME = "cme"
BASE_URL = "https://www.cmegroup.com"
LIMITS = (Limit(1, 1.0),)

FED_FUNDS = "ZQ"
PRODUCT = "305"
DAYS_KEPT = 5

_MONTHS = {
    **dict(zip(("JAN", "FEB", "MAR", "APR", "MAY", "JUN"), range(1, 7), strict=True)),
    **dict(zip(("JLY", "AUG", "SEP", "OCT", "NOV", "DEC"), range(7, 13), strict=True)),
    "JUL": 7,
}
"""CME's spelling of the months, July's both ways."""

_PRICE = re.compile(r"(\d[\d,]*[.]?\d*|[.]\d+)[AB]?", re.ASCII)
"""A: the best offer stood for a trade, B: the best bid did."""
_COUNT = re.compile(r"\d[\d,]*", re.ASCII)
_CONTRACT = re.compile(r"([A-Z]{3}) (\d\d)", re.ASCII)
_NONE = ("", "-")
_FIELDS = ("month", "settle", "volume", "openInterest")


def requests(wanted: Wanted, base_url: str = BASE_URL) -> list[Request]:
    """List one download a trade date, where ``ZQ`` is wanted: the last five weekdays.

    A holiday among them is a page without settlements, which `parse` refuses.

    Examples
    --------
    >>> wanted = Wanted((), ("ZQ",), dt.date(2026, 1, 1), dt.date(2026, 2, 2))
    >>> [str(request) for request in requests(wanted)][-2:]
    ['cme 305 2026-01-30 2026-01-30', 'cme 305 2026-02-02 2026-02-02']
    """
    if FED_FUNDS not in wanted.assets:
        return []
    week = [wanted.end - dt.timedelta(days=n) for n in range(DAYS_KEPT + 2)]
    kept = [date for date in reversed(week) if date.weekday() < 5]
    return [
        Request(
            provider=NAME,
            table="futures",
            query=(
                *(("product", PRODUCT), ("trade_date", date.isoformat())),
                ("end", date.isoformat()),
            ),
            url=f"{base_url}/CmeWS/mvc/Settlements/Futures/Settlements/{PRODUCT}/FUT?{_asked(date)}",
            suffix="json",
        )
        for date in kept
        if date >= wanted.start
    ]


def _asked(date: dt.date) -> str:
    asked = {"strategy": "DEFAULT", "tradeDate": f"{date:%m/%d/%Y}", "pageSize": 500}
    return urlencode(asked, safe="/")


def parse(body: bytes, query: Query) -> pd.DataFrame:
    """Read the final settlements of one trade date.

    Prices are 100 minus percent a year. ``attrs["dropped"]`` counts contracts without a
    settlement; ``attrs["report_type"]`` is the page's own word, or ``not stated``.

    Raises
    ------
    SourceError
        If the page is an error, cut off, of another date, preliminary, or has no settlements.

    Examples
    --------
    >>> row = {"month": "JLY 26", "settle": "96.355", "volume": "1,200", "openInterest": "54,000"}
    >>> page = {"settlements": [row], "tradeDate": "01/30/2026", "reportType": "Final"}
    >>> body = json.dumps(page | {"empty": False}).encode()
    >>> parse(body, {"product": "305", "trade_date": "2026-01-30"}).iloc[0].tolist()
    ['2026-01-30', '2026-07', '96.355', '1200', '54000']
    """
    date = query["trade_date"]
    page = _page(body, date)
    rows: dict[str, tuple[str | None, ...]] = {}
    without = 0
    for line in page["settlements"]:
        if not isinstance(line, dict) or not all(isinstance(line.get(k), str) for k in _FIELDS):
            raise _refused(date, f"a line has no {', '.join(_FIELDS)}")
        if line["month"].strip().upper() == "TOTAL":
            continue
        contract = _contract(line["month"], date)
        if contract in rows:
            raise _refused(date, f"{line['month']} came twice")
        settle = _number(line, "settle", _PRICE, date)
        volume, interest = (_number(line, name, _COUNT, date) for name in _FIELDS[2:])
        if settle is None:
            without += 1
        else:
            rows[contract] = (date, contract, settle, volume, interest)
    if not rows:
        raise _refused(date, f"no contract has a settlement ({without} without)")
    frame = text_rows(INPUT_TABLES["futures"].names, [rows[contract] for contract in sorted(rows)])
    frame.attrs["dropped"] = {"contracts without a settlement": without} if without else {}
    frame.attrs["report_type"] = page.get("reportType") or "not stated"
    return frame


def _refused(date: str, problem: str) -> SourceError:
    return SourceError(f"{NAME} {FED_FUNDS} {date}: {problem}")


def _page(body: bytes, date: str) -> dict[str, Any]:
    try:
        page = json.loads(body, parse_float=str, parse_int=str)
    except ValueError:
        start = " ".join(body[:60].decode("utf-8", errors="replace").split())
        raise _refused(date, f"the reply is cut off or no JSON, it starts {start!r}") from None
    if not isinstance(page, dict) or not isinstance(page.get("settlements"), list):
        raise _refused(date, "the reply is no page of settlements")
    if page.get("empty") is True or not page["settlements"]:
        raise SourceError(
            f"{NAME} {FED_FUNDS} has no settlements of {date}: CME's free page keeps five days"
        )
    asked = f"{dt.date.fromisoformat(date):%m/%d/%Y}"
    if page.get("tradeDate") != asked:
        raise _refused(date, f"the page is of {page.get('tradeDate')!r}, not of {asked}")
    # The state is the report's type; elsewhere on the site it stands in a heading.
    state = " ".join(str(page.get(key, "")) for key in ("reportType", "dsHeader", "updateTime"))
    if "prelim" in state.lower() or str(page.get("reportType") or "final").lower() != "final":
        raise _refused(date, f"the page is not final: {' '.join(state.split())}")
    return page


def _contract(month: str, date: str) -> str:
    match = _CONTRACT.fullmatch(month.strip().upper())
    if match is None or match[1] not in _MONTHS:
        raise _refused(date, f"{month!r} is no delivery month")
    return f"20{match[2]}-{_MONTHS[match[1]]:02d}"


def _number(line: dict[str, str], field: str, form: re.Pattern[str], date: str) -> str | None:
    """Take a number out of its commas and letters; None where there is none."""
    text = line[field].strip()
    if text in _NONE:
        return None
    if not form.fullmatch(text):
        raise _refused(date, f"{line['month']} has the {field} {text!r}")
    return text.replace(",", "").rstrip("AB")

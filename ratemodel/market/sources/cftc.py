"""Commitments of Traders: who is long and short in gold, silver and bitcoin futures, by week.

From the *legacy* report, futures only, of the CFTC's public reporting site. A row is dated by the
*report date*, normally a Tuesday, whose evening positions it tells. It is published on the Friday
after at 15:30 New York, later in weeks with a holiday: nobody knew it before. The date is not
shifted, for the positions are those of Tuesday; whoever studies reactions has to wait for Friday.
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

NAME = "cftc"
BASE_URL = "https://publicreporting.cftc.gov"
LIMITS = (Limit(2, 1.0),)
"""The site states none for the anonymous, who share what is there: modest by choice."""

CODES = {"GC": "088691", "SI": "084691", "BTC": "133741"}
"""CFTC code of each contract: COMEX gold and silver of 100 and 5,000 ounces, CME bitcoin."""

DATASET = "6dca-aqww"
SOURCE = "cftc legacy"
PUBLISHED_AFTER = dt.timedelta(days=3)
"""From Tuesday to Friday, where no holiday intervenes."""

_CODE, _DATE, _KIND = (
    "cftc_contract_market_code",
    "report_date_as_yyyy_mm_dd",
    "futonly_or_combined",
)
_LONG, _SHORT = "noncomm_positions_long_all", "noncomm_positions_short_all"
_COMMERCIAL_LONG = "comm_positions_long_all"
_LIMIT = 5000
_COUNT = re.compile(r"\d+([.]0*)?", re.ASCII)
_UNIT = "contracts, Tuesday report date"


def requests(wanted: Wanted, base_url: str = BASE_URL) -> list[Request]:
    """List one download a contract: about 52 rows a year fit one page for a century.

    With `wanted.as_of`, only reports published by then, as far as the normal three days tell.

    Examples
    --------
    >>> wanted = Wanted((), ("GC", "ETH"), dt.date(2026, 1, 1), dt.date(2026, 3, 4))
    >>> [str(request) for request in requests(wanted)]
    ['cftc GC 088691 cot 2026-01-01']
    """
    end = wanted.end if wanted.as_of is None else min(wanted.end, wanted.as_of - PUBLISHED_AFTER)
    return [
        Request(
            provider=NAME,
            table="leverage",
            query=(
                *(("asset", asset), ("code", CODES[asset]), ("measure", "cot")),
                ("start", wanted.start.isoformat()),
                ("as_of", wanted.as_of.isoformat() if wanted.as_of else ""),
            ),
            url=f"{base_url}/resource/{DATASET}.json?{_asked(CODES[asset], wanted.start, end)}",
            suffix="json",
        )
        for asset in wanted.assets
        if asset in CODES
    ]


def _asked(code: str, start: dt.date, end: dt.date) -> str:
    between = f"between '{start}T00:00:00.000' and '{end}T23:59:59.000'"
    return urlencode(
        {
            "$select": ",".join((_DATE, _CODE, _KIND, _LONG, _SHORT, _COMMERCIAL_LONG)),
            "$where": f"{_CODE}='{code}' AND {_DATE} {between}",
            "$order": _DATE,
            "$limit": _LIMIT,
        }
    )


def parse(body: bytes, query: Query) -> pd.DataFrame:
    """Read the reports of one contract: three measures a week, in contracts.

    The third, all reportable longs, is the sum of non-commercial and commercial longs: spreads,
    which are long and short at once, are in neither and stay out.

    Raises
    ------
    SourceError
        If the reply is an error, cut off, of another contract or report, or has no row.

    Examples
    --------
    >>> week = {_DATE: "2026-01-27T00:00:00.000", _CODE: "088691", _KIND: "FutOnly"}
    >>> week |= {_LONG: "200", _SHORT: "50", _COMMERCIAL_LONG: "30"}
    >>> query = {"asset": "GC", "code": "088691", "measure": "cot", "start": "2026-01-01"}
    >>> parse(json.dumps([week]).encode(), query)[["measure", "value"]].values.tolist()
    [['cot_noncommercial_long', '200'], ['cot_noncommercial_short', '50'],
     ['cot_open_interest_reportable_long', '230']]
    """
    what = f"{NAME} {query['asset']} ({query['code']})"
    rows: list[tuple[str, ...]] = []
    dates: set[str] = set()
    for report in _reports(body, what, query["start"]):
        date = _date(report, query, what)
        if date in dates:
            raise SourceError(f"{what}: the report of {date} came twice")
        dates.add(date)
        long, short, commercial = (
            _count(report, field, date, what) for field in (_LONG, _SHORT, _COMMERCIAL_LONG)
        )
        both = str(int(float(long)) + int(float(commercial)))
        rows += [
            (date, query["asset"], "cot_noncommercial_long", long, _UNIT, SOURCE),
            (date, query["asset"], "cot_noncommercial_short", short, _UNIT, SOURCE),
            (
                *(date, query["asset"], "cot_open_interest_reportable_long", both),
                *("contracts, spreading excluded", SOURCE),
            ),
        ]
    frame = text_rows(INPUT_TABLES["leverage"].names, sorted(rows))
    frame.attrs["dropped"] = {}
    return frame


def _reports(body: bytes, what: str, start: str) -> list[dict[str, Any]]:
    try:
        reply = json.loads(body, parse_float=str)
    except ValueError:
        begins = " ".join(body[:60].decode("utf-8", errors="replace").split())
        raise SourceError(
            f"{what}: the reply is cut off or no JSON, it starts {begins!r}"
        ) from None
    if isinstance(reply, dict):
        said = " ".join(str(reply.get("message", "not said which")).split())
        raise SourceError(f"{what}: the reply is an error, {said}")
    if not isinstance(reply, list) or not all(isinstance(report, dict) for report in reply):
        raise SourceError(f"{what}: the reply is no list of reports")
    if not reply:
        raise SourceError(f"{what}: no reports from {start} on")
    if len(reply) >= _LIMIT:
        raise SourceError(f"{what}: the reply stops at {_LIMIT:,} reports and may have more")
    return reply


def _date(report: dict[str, Any], query: Query, what: str) -> str:
    for field, must in ((_CODE, query["code"]), (_KIND, "FutOnly")):
        if report.get(field) != must:
            raise SourceError(f"{what}: a report has {field} {report.get(field)!r}, not {must!r}")
    date = str(report.get(_DATE))[:10]
    try:
        dt.date.fromisoformat(date)
    except ValueError:
        raise SourceError(f"{what}: a report has the date {date!r}") from None
    if date < query["start"]:
        raise SourceError(f"{what}: a report is of {date}, before {query['start']}")
    return date


def _count(report: dict[str, Any], field: str, date: str, what: str) -> str:
    # A cell that is empty on the site is left out of its JSON.
    text = str(report.get(field, "nothing"))
    if not _COUNT.fullmatch(text):
        raise SourceError(f"{what}: the report of {date} has {field} {text!r}, no count")
    return text

"""Databento's record of CME: settlements of every fed funds contract, back to 2010; it is paid for.

Asked month by month: messages of the schema ``statistics`` for all instruments of the product, of
which the settlements of outright contracts are kept, and volume and open interest beside them. A
month's last figures come in the days after: some more days are asked for, and of these nothing
else is used. A month that is over is asked for once.

The last day before today is left out: Databento licenses it apart.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

import pandas as pd

from ratemodel.errors import DataError, SourceError
from ratemodel.market.dialects import ImportOptions, read_vendor_file
from ratemodel.market.sources.base import Query, Request, Wanted
from ratemodel.market.sources.http import Limit, post_with_key

NAME = "databento"
BASE_URL = "https://hist.databento.com"
LIMITS = (Limit(5, 1.0),)
ASK = post_with_key

FED_FUNDS = "ZQ"
FIRST = dt.date(2010, 6, 6)
"""The record begins here."""
AFTER = dt.timedelta(days=5)
"""Open interest of a month's last trade date comes on the next one, over a long weekend."""
LICENSED_APART = dt.timedelta(days=1)


def requests(wanted: Wanted, base_url: str = BASE_URL) -> list[Request]:
    """List one download a month, where ``ZQ`` is wanted.

    Examples
    --------
    >>> wanted = Wanted((), ("GC", "ZQ"), dt.date(2025, 12, 31), dt.date(2026, 1, 5))
    >>> [str(request) for request in requests(wanted)]
    ['databento ZQ.FUT 2025-12 2026-01-05', 'databento ZQ.FUT 2026-01 2026-02-05']
    """
    first = max(wanted.start, FIRST)
    last = wanted.end - LICENSED_APART
    if FED_FUNDS not in wanted.assets or last <= first:
        return []
    months = pd.period_range(first, last - dt.timedelta(days=1), freq="M")
    return [_month(month, last, base_url) for month in months]


def _month(month: pd.Period, last: dt.date, base_url: str) -> Request:
    start = max(month.start_time.date(), FIRST)
    told = month.end_time.date() + AFTER
    form = {
        "dataset": "GLBX.MDP3",
        "schema": "statistics",
        "symbols": f"{FED_FUNDS}.FUT",
        "stype_in": "parent",
        "stype_out": "instrument_id",
        "start": start.isoformat(),
        # The end is not part of the span.
        "end": min(told + dt.timedelta(days=1), last).isoformat(),
        "encoding": "dbn",
        "compression": "zstd",
    }
    return Request(
        provider=NAME,
        table="futures",
        query=(("symbols", form["symbols"]), ("month", str(month)), ("end", told.isoformat())),
        url=f"{base_url}/v0/timeseries.get_range?{urlencode(form)}",
        suffix="zst",
    )


def parse(body: bytes, query: Query) -> pd.DataFrame:
    """Read one month's settlements.

    ``attrs["dropped"]`` counts settlements of other months, which the days after it have too.

    Raises
    ------
    SourceError
        If the reply is none, is cut off, or holds no settlement of the month.
    DataError
        If the package that reads Databento's files is not installed.
    """
    what = f"{NAME} {query['month']}"
    options = ImportOptions(table="futures", dialect="databento", dates="ymd")
    try:
        frame = read_vendor_file(body, what, options).frame
    except SourceError:
        raise
    except DataError as error:
        raise SourceError(str(error)) from None
    own = frame["trade_date"].str.startswith(query["month"])
    if not own.any():
        raise SourceError(f"{what}: no settlements of the month")
    kept = frame.loc[own].reset_index(drop=True)
    kept.attrs["dropped"] = {"settlements of other months": int((~own).sum())}
    return kept

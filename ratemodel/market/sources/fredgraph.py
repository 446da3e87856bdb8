"""FRED without a key: the CSV behind its graphs. Latest data only; no vintages."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlencode

import pandas as pd

from ratemodel.errors import SourceError
from ratemodel.market.sources.base import Query, Request, Wanted, text_rows
from ratemodel.market.sources.fred import check_id
from ratemodel.market.sources.http import Limit

NAME = "fredgraph"
BASE_URL = "https://fred.stlouisfed.org/graph/fredgraph.csv"
LIMITS = (Limit(1, 1.0),)


def requests(wanted: Wanted, base_url: str = BASE_URL) -> list[Request]:
    """List one download a series; none where a vintage is wanted.

    Examples
    --------
    >>> import datetime as dt
    >>> wanted = Wanted(("DFF",), (), dt.date(2024, 1, 1), dt.date(2026, 3, 4))
    >>> requests(wanted)[0].url
    'https://fred.stlouisfed.org/graph/fredgraph.csv?id=DFF&cosd=2024-01-01&coed=2026-03-04'
    """
    if wanted.as_of is not None:
        return []
    start, end = f"{wanted.start:%Y-%m-%d}", f"{wanted.end:%Y-%m-%d}"
    return [
        Request(
            provider=NAME,
            table="rates",
            query=(
                ("series", series),
                ("start", start),
                *(() if wanted.open_ended else (("end", end),)),
            ),
            url=f"{base_url}?{urlencode({'id': check_id(series), 'cosd': start, 'coed': end})}",
            suffix="csv",
        )
        for series in wanted.series
    ]


def parse(body: bytes, query: Query) -> pd.DataFrame:
    r"""Read a date column, whatever it is called, and the column of the series.

    The date column was DATE and became observation_date: it is read by its place.

    Raises
    ------
    SourceError
        If the reply is cut off, is no such table, or holds no observation.

    Examples
    --------
    >>> parse(b"observation_date,DFF\n2026-01-30,3.64\n", {"series": "DFF"}).iloc[0].tolist()
    ['2026-01-30', 'DFF', '3.64']
    """
    series = query["series"]
    text = body.decode("utf-8-sig", errors="replace")
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise SourceError(f"fredgraph {series}: the reply is no table of it ({error})") from None
    if not lines or len(lines[0]) != 2 or lines[0][1].strip() != series:
        shown = text[:40].splitlines()[0] if text.strip() else "nothing"
        raise SourceError(f"fredgraph {series}: the reply is no table of it, got {shown!r}")
    if not text.endswith("\n"):
        raise SourceError(f"fredgraph {series}: the reply is cut off in its last line")
    rows = [line for line in lines[1:] if line]
    ragged = next((number for number, row in enumerate(rows) if len(row) != 2), None)
    if ragged is not None:
        raise SourceError(f"fredgraph {series}: line {ragged + 2} has {len(rows[ragged])} cells")
    if not any(value.strip() not in ("", ".") for _, value in rows):
        raise SourceError(f"fredgraph {series}: no observations in the dates asked for")
    return text_rows(
        ("date", "series", "value"), [(date, series, value.strip()) for date, value in rows]
    )

"""FRED through fredapi: its addresses and its reading of replies, over our own transport.

fredapi by itself asks with no timeout, limit or retry, and quotes the address, key and all, where
an id is malformed. Its one private method that reaches the network is replaced here: once by one
that notes the address, once by one that hands over a stored reply.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pandas as pd

from ratemodel.errors import SourceError, StudyError
from ratemodel.market.sources.base import Query, Request, Wanted, text_rows
from ratemodel.market.sources.http import Limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from fredapi import Fred

NAME = "fred"
BASE_URL = "https://api.stlouisfed.org/fred"
LIMITS = (Limit(2, 1.0), Limit(120, 60.0))
"""Two a second and 120 a minute: what the provider allows a key."""

_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_VALUE = re.compile(r"[.]|[+-]?(\d+[.]?\d*|[.]\d+)([eE][+-]?\d+)?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)


def requests(wanted: Wanted, base_url: str = BASE_URL) -> list[Request]:
    """List one download a series: its whole history from `wanted.start` on.

    With `wanted.as_of`, what was published up to that date (a vintage), else what is known now.

    Raises
    ------
    StudyError
        If an id is none.

    Examples
    --------
    >>> import datetime as dt
    >>> wanted = Wanted(("DFF",), (), dt.date(2024, 1, 1), dt.date(2026, 3, 4))
    >>> requests(wanted)[0].url
    'https://api.stlouisfed.org/fred/series/observations?series_id=DFF&observation_start=2024-01-01'
    """
    return [
        Request(
            provider=NAME,
            table="rates",
            query=(
                ("series", series),
                ("start", f"{wanted.start:%Y-%m-%d}"),
                ("as_of", f"{wanted.as_of:%Y-%m-%d}" if wanted.as_of else ""),
                *(() if wanted.open_ended else (("end", f"{wanted.end:%Y-%m-%d}"),)),
            ),
            url=_address(check_id(series), wanted, base_url),
            suffix="xml",
        )
        for series in wanted.series
    ]


def check_id(series: str) -> str:
    """Refuse what cannot be a FRED id before it becomes part of an address."""
    if not _ID.fullmatch(series):
        raise StudyError(f"{series!r} is no FRED id: letters, digits and _ only")
    return series


def parse(body: bytes, query: Query) -> pd.DataFrame:
    """Read the observations of one series, from XML or JSON; ``.`` becomes an empty cell.

    Raises
    ------
    SourceError
        If the reply is cut off, is an error, or holds no observation or only part of them.

    Examples
    --------
    >>> body = (
    ...     b'<observations count="1"><observation date="2026-01-30" value="3.64"/></observations>'
    ... )
    >>> parse(body, {"series": "DFF"}).iloc[0].tolist()
    ['2026-01-30', 'DFF', '3.64']
    """
    series = query["series"]
    root = _root(body, series)
    promised = root.get("count", "")
    if _COUNT.fullmatch(promised) and int(promised) != len(root):
        raise SourceError(f"fred {series}: {len(root):,} of {int(promised):,} observations came")
    for number, entry in enumerate(root, start=1):
        date, value = entry.get("date", ""), entry.get("value", "")
        if not (_DATE.fullmatch(date) and _VALUE.fullmatch(value)):
            shown = f"{date[:20]!r} {value[:20]!r}"
            raise SourceError(f"fred {series}: observation {number:,} cannot be read: {shown}")
    try:
        values = _fredapi(lambda _: root).get_series(series)
    except ValueError as error:
        raise SourceError(f"fred {series}: an observation cannot be read ({error})") from None
    if len(values) != len(root):
        raise SourceError(f"fred {series}: {len(root) - len(values):,} dates came twice")
    if values.notna().sum() == 0:
        raise SourceError(f"fred {series}: no observations in the dates asked for")
    rows = [
        (f"{date:%Y-%m-%d}", series, None if pd.isna(value) else repr(float(value)))
        for date, value in values.items()
    ]
    return text_rows(("date", "series", "value"), rows)


def _root(body: bytes, series: str) -> ET.Element:
    try:
        root = _from_json(body) if body.lstrip().startswith(b"{") else ET.fromstring(body)
    except (ET.ParseError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
        raise SourceError(f"fred {series}: the reply is cut off or is no XML or JSON") from None
    if root.tag != "observations":
        said = root.get("message") or f"<{root.tag}>"
        raise SourceError(f"fred {series}: no observations in the reply: {said}")
    return root


def _from_json(body: bytes) -> ET.Element:
    """Read FRED's JSON as the XML that says the same."""
    reply = json.loads(body)
    if "error_message" in reply:
        return ET.Element("error", message=str(reply["error_message"]))
    root = ET.Element("observations", count=str(reply.get("count", "")))
    for entry in reply["observations"]:
        ET.SubElement(root, "observation", date=entry["date"], value=entry["value"])
    return root


def _address(series: str, wanted: Wanted, base_url: str) -> str:
    noted: list[str] = []

    def note(url: str) -> ET.Element:
        noted.append(url)
        return ET.Element("observations")

    day = f"{wanted.as_of:%Y-%m-%d}" if wanted.as_of else ""
    vintage = {"realtime_start": day, "realtime_end": day} if day else {}
    _fredapi(note, base_url).get_series(
        series,
        observation_start=f"{wanted.start:%Y-%m-%d}",
        observation_end=None if wanted.open_ended else f"{wanted.end:%Y-%m-%d}",
        **vintage,
    )
    return noted[0]


def _fredapi(fetch: Callable[[str], ET.Element], base_url: str = BASE_URL) -> Fred:
    """Make a fredapi client that asks `fetch`, not the network."""
    from fredapi import Fred

    class Adapter(Fred):  # type: ignore[misc] # fredapi is untyped
        # Its own initialiser reads the key from the environment and, where a proxy is set,
        # installs an opener for the whole process: neither is wanted.
        def __init__(self) -> None:
            self.root_url = base_url

        def _Fred__fetch_data(self, url: str) -> ET.Element:  # noqa: N802
            return fetch(url)

    return Adapter()

"""What every provider shares: what is wanted, what is asked, and what a reply must be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from ratemodel.market.sources.http import Limit

Query = Mapping[str, str]
"""What identifies a download, as text: the same query asked later gives newer data of one thing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a fetch is for: series and assets by our names, and the dates.

    Attributes
    ----------
    series : tuple of str
        FRED ids.
    assets : tuple of str
        Symbols of the prices table.
    start, end : date
        Inclusive. Nobody but the caller reads the clock: `end` is today where that is meant.
    as_of : date, optional
        Vintage: only what was published up to then.
    open_ended : bool
        Whether `end` is no more than today: asked tomorrow, the same query goes on to tomorrow.
    """

    series: tuple[str, ...]
    assets: tuple[str, ...]
    start: dt.date
    end: dt.date
    as_of: dt.date | None = None
    open_ended: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """One download, described before it is made; a key is never part of it.

    Attributes
    ----------
    provider : str
    table : str
        Input table that its rows go into.
    query : tuple of (str, str)
        What identifies it; `parse` gets these as a mapping, and nothing else but the bytes.
    url : str
        With parameters, without a key.
    suffix : str
        How the snapshot's file name ends: ``json``, ``xml``, ``csv``, ``zip``.

    Examples
    --------
    >>> request = Request("fred", "rates", (("series", "DFF"),), "https://host/x", "xml")
    >>> print(request)
    fred DFF
    """

    provider: str
    table: str
    query: tuple[tuple[str, str], ...]
    url: str
    suffix: str

    def __str__(self) -> str:
        return " ".join([self.provider, *(value for _, value in self.query if value)])


class Source(Protocol):
    """A provider: a module with these names, and ``ASK`` where a plain GET will not do."""

    NAME: str
    BASE_URL: str
    LIMITS: tuple[Limit, ...]

    def requests(self, wanted: Wanted, base_url: str = ...) -> list[Request]:
        """List the downloads that give what is wanted; none where the provider has none of it."""
        ...

    def parse(self, body: bytes, query: Query) -> pd.DataFrame:
        """Turn a reply into rows of its input table; SourceError where it is no such reply."""
        ...


def text_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Make a table of text cells, as a CSV file would hold them; None is an empty cell.

    Numbers keep every digit: what a provider sent is what the border checks and stores.

    Examples
    --------
    >>> text_rows(("date", "close"), [("2026-01-30", 4745.1), ("2026-02-02", None)])
             date   close
    0  2026-01-30  4745.1
    1  2026-02-02
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return pd.DataFrame(cells, columns=list(columns), dtype="str")

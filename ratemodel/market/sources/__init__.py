"""Providers, one a file: request (pure) -> download -> parse (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import cast

from ratemodel.errors import StudyError
from ratemodel.market.sources.base import Query, Request, Source, Wanted
from ratemodel.market.sources.http import (
    PATIENCE,
    Client,
    Patience,
    get_with_key,
    process_limiter,
)
from ratemodel.market.sources.secret import Secret

__all__ = ["PROVIDERS", "Query", "Request", "Source", "Wanted", "client_of", "plan", "provider"]

PROVIDERS: dict[str, str] = {
    "fred": "rates; needs FRED_API_KEY; vintages",
    "fredgraph": "rates, latest data, without a key",
    "yahoo": "prices; single fed funds contracts (ZQ), last recorded",
    "binance": "coins in USDT by day and hour, funding, open interest: monthly and daily dumps",
    "binance_rest": "coins in USDT by day and hour: the latest days",
    "cftc": "commitments of traders",
    "cme": "settlements of fed funds futures (ZQ), the last five days",
    "databento": "settlements of fed funds futures (ZQ) since 2010; needs DATABENTO_API_KEY; paid",
}
"""Every provider and what it has. A new one is a module of that name and a line here."""


def provider(name: str) -> Source:
    """Look up a provider's module.

    Raises
    ------
    StudyError
        If there is none of that name.
    """
    if name not in PROVIDERS:
        raise StudyError(f"no provider {name!r}; there are {', '.join(PROVIDERS)}")
    return cast("Source", import_module(f"{__name__}.{name}"))


def client_of(name: str, keys: Mapping[str, Secret], patience: Patience = PATIENCE) -> Client:
    """Make a provider's client: its limits, kept by the whole process, its key, its way to ask.

    Parameters
    ----------
    name : str
    keys : mapping of str to Secret
        By provider.
    patience : Patience, optional
    """
    source = provider(name)
    return Client(
        process_limiter(name, source.LIMITS),
        patience,
        secret=keys.get(name),
        ask=getattr(source, "ASK", get_with_key),
    )


def plan(
    wanted: Wanted, names: Sequence[str], base_urls: dict[str, str] | None = None
) -> list[Request]:
    """List all downloads, each series from the first of `names` that has it.

    Parameters
    ----------
    wanted : Wanted
    names : sequence of str
        Providers, in order of preference.
    base_urls : dict of str to str, optional
        Where a provider is to be asked instead of at home: a mirror.
    """
    requests: list[Request] = []
    taken: set[tuple[str, str]] = set()
    for name in names:
        source, elsewhere = provider(name), (base_urls or {}).get(name)
        mine = source.requests(wanted, *filter(None, [elsewhere]))
        fresh = [request for request in mine if _subject(request) not in taken]
        taken |= {_subject(request) for request in fresh}
        requests += fresh
    return requests


def _subject(request: Request) -> tuple[str, str]:
    """Say what a download is about: pages of one series share it, other providers' ones clash."""
    query = dict(request.query)
    what = query.get("series") or query.get("asset") or query.get("contract") or request.provider
    return request.table, what if "measure" not in query else f"{what} {query['measure']}"

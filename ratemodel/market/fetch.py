"""Download what a study needs into a store: each series ends fetched, fresh or named as failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from ratemodel.config import Study
from ratemodel.errors import DataError, StudyError
from ratemodel.market.manifest import Snapshot, query_text
from ratemodel.market.snapshots import SnapshotStore
from ratemodel.market.sources import Request, Wanted, client_of, plan
from ratemodel.market.sources.http import PATIENCE, Patience
from ratemodel.market.sources.secret import KEY_NAMES, Secret

RATE_SERIES = (
    *("DFF", "DFEDTAR", "DFEDTARL", "DFEDTARU", "SOFR"),
    *("DGS3MO", "DGS6MO", "DGS1", "DGS2", "DGS5", "DGS10", "DFII5", "DFII10", "T10YIE"),
    "DTWEXBGS",
)
"""Series the methods read: the funds rate and its target, yields, the dollar."""

WITH_KEY = ("fred", "yahoo", "cftc")
WITHOUT_KEY = ("fredgraph", "yahoo", "cftc")
"""Providers asked unless others are named. Not Binance, whose open interest is one file a day and
coin, not CME, whose terms forbid scripts, and not Databento, which sends a bill: whoever names
one of them answers for that."""

OF_FRED = ("fred", "fredgraph")
"""Providers of one and the same data, of which only the first has vintages."""

FED_FUNDS = "ZQ"
"""How fed funds contracts are asked for among the assets."""

LOOK_BACK = pd.DateOffset(years=2)
"""Fetched before a sample's start: the anchor looks back one year, volatility settles in."""

FIRST_DATE = pd.Timestamp("1989-01-01")
SETTLED = pd.Timedelta(days=3)
"""A download whose last date was this long ago when it was made will not change any more."""

_KEY_REFUSED = re.compile(r"\bapi_key\b|: 401 ")
"""How a provider says that it does not take the key: no use in asking on."""

Status = Literal["fetched", "fresh", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one download ended.

    Attributes
    ----------
    request : Request
    status : {"fetched", "fresh", "failed"}
        ``fresh``: the store has it already, young enough.
    snapshot : Snapshot or None
        What the store holds of it.
    reason : str
        Why it failed.
    """

    request: Request
    status: Status
    snapshot: Snapshot | None = None
    reason: str = ""


def wanted_by(study: Study, today: pd.Timestamp) -> Wanted:
    """Say what a study needs: its assets, its dollar, and the rates every method reads."""
    symbols = tuple(spec.symbol for spec in study.assets)
    dollar = () if study.dollar_series in symbols else (study.dollar_series,)
    start = FIRST_DATE if study.sample.start is None else study.sample.start - LOOK_BACK
    return Wanted(
        series=tuple(dict.fromkeys((*RATE_SERIES, *dollar))),
        assets=(*symbols, FED_FUNDS),
        start=start.date(),
        end=today.date(),
    )


def plan_fetch(
    wanted: Wanted,
    *,
    keys: Mapping[str, Secret],
    providers: Sequence[str] = (),
    base_urls: Mapping[str, str] | None = None,
) -> list[Request]:
    """List the downloads; without `providers`, those that the keys allow.

    Parameters
    ----------
    wanted : Wanted
    keys : mapping of str to Secret
        By provider.
    providers : sequence of str, optional
        In order of preference.
    base_urls : mapping of str to str, optional
        Mirrors, by provider.

    Raises
    ------
    StudyError
        If a provider is unknown, needs a key that is not there, or if a series or asset is wanted
        that none of them has.
    """
    names = tuple(providers) or (WITH_KEY if "fred" in keys else WITHOUT_KEY)
    for name in names:
        if name in KEY_NAMES and name not in keys:
            else_ = "; fredgraph does without" if name == "fred" else ""
            raise StudyError(f"{name} needs a key in {KEY_NAMES[name]}{else_}")
    if wanted.as_of is not None:
        if "fred" not in keys:
            raise StudyError("vintages (--as-of) come from fred, which needs FRED_API_KEY")
        wanted = replace(wanted, end=min(wanted.end, wanted.as_of))
    if not (wanted.series or wanted.assets):
        raise StudyError("nothing is asked for: neither series nor assets")
    requests = plan(wanted, names, dict(base_urls or {}))
    missing = nobody_has(wanted, requests)
    if missing:
        raise StudyError(
            f"{', '.join(names)}: none has {', '.join(missing)}; name others with --from, or ask "
            "for less with --series and --assets"
        )
    return requests


def nobody_has(wanted: Wanted, requests: Sequence[Request]) -> list[str]:
    """List the series and assets wanted that no download is about."""
    about = {value for request in requests for _, value in request.query}
    settlements = any(request.table == "futures" for request in requests)
    return [
        name
        for name in (*wanted.series, *wanted.assets)
        if name not in about and not (name == FED_FUNDS and settlements)
    ]


def fetch(
    store: SnapshotStore,
    requests: Sequence[Request],
    *,
    keys: Mapping[str, Secret],
    now: Callable[[], pd.Timestamp],
    max_age: pd.Timedelta,
    patience: Patience = PATIENCE,
) -> Iterator[Outcome]:
    """Make the downloads one by one; each is safe in the store before the next begins.

    Parameters
    ----------
    store : SnapshotStore
    requests : sequence of Request
    keys : mapping of str to Secret
        By provider.
    now : callable
        The time, UTC.
    max_age : Timedelta
        What the store has and is younger is not asked for again: an interrupted fetch goes on
        where it was. Zero asks for everything.
    patience : Patience

    Yields
    ------
    Outcome
        One a request, in order.

    Raises
    ------
    StudyError
        If the store holds another vintage than is asked for.
    """
    held = {(row.provider, row.query): row for row in store.manifest()}
    _refuse_other_vintage(held.values(), requests)
    refused: dict[str, str] = {}
    for request in requests:
        known = held.get((request.provider, query_text(request.query)))
        if known is not None and _is_fresh(known, request, now(), max_age):
            yield Outcome(request, "fresh", known)
        elif request.provider in refused:
            yield Outcome(request, "failed", reason=f"not asked: {refused[request.provider]}")
        else:
            outcome = _fetch_one(store, request, keys, now, patience)
            if _KEY_REFUSED.search(outcome.reason):
                refused[request.provider] = outcome.reason
            yield outcome


def _fetch_one(
    store: SnapshotStore,
    request: Request,
    keys: Mapping[str, Secret],
    now: Callable[[], pd.Timestamp],
    patience: Patience,
) -> Outcome:
    client = client_of(request.provider, keys, patience)
    try:
        body = client.get(request.url)
        return Outcome(request, "fetched", store.put(request, body, now()))
    except DataError as error:
        reason = str(error)
        for key in keys.values():
            reason = key.hide(reason)
        return Outcome(request, "failed", reason=reason)


def _is_fresh(known: Snapshot, request: Request, now: pd.Timestamp, max_age: pd.Timedelta) -> bool:
    retrieved = pd.Timestamp(known.retrieved)
    if not max_age:
        return False
    if now - retrieved < max_age:
        return True
    end = dict(request.query).get("end")
    return end is not None and retrieved > pd.Timestamp(end, tz="UTC") + SETTLED


def _refuse_other_vintage(held: Iterable[Snapshot], requests: Sequence[Request]) -> None:
    """One store, one vintage: its tables would otherwise mix what was known when."""
    vintages = {row.asked.get("as_of", "") for row in held if row.provider in OF_FRED}
    for request in requests:
        as_of = dict(request.query).get("as_of", "")
        if request.provider in OF_FRED and vintages - {as_of}:
            (other,) = sorted(vintages - {as_of})[:1]
            raise StudyError(
                f"the store holds {_vintage(other)}, and {_vintage(as_of)} is asked for: "
                "use a store of its own"
            )


def _vintage(as_of: str) -> str:
    return f"data as of {as_of}" if as_of else "the latest data"

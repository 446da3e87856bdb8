"""Databento as it answers: binary records of statistics, packed by zstd; errors as JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from types import SimpleNamespace

import pyarrow as pa
from databento_dbn import Metadata, Schema, StatMsg, StatType, StatUpdateAction, SType

UNDEFINED_PRICE = 2**63 - 1
UNDEFINED_QUANTITY = 2**63 - 1
YEARS = (dt.date(2025, 1, 1), dt.date(2027, 1, 1))


def nanoseconds(moment: str) -> int:
    return int(dt.datetime.fromisoformat(f"{moment}+00:00").timestamp()) * 10**9


def settled(
    symbol: str,
    day: str,
    price: str | None,
    at: str = "19:05:00",
    *,
    on: str = "",
    kind: int = StatType.SETTLEMENT_PRICE,
    quantity: int = UNDEFINED_QUANTITY,
    deleted: bool = False,
) -> tuple[str, dict]:
    """One message; `on` is the day it was sent, if not `day`."""
    moment = nanoseconds(f"{on or day}T{at}")
    billionths = UNDEFINED_PRICE if price is None else int(price.replace(".", "").ljust(11, "0"))
    action = StatUpdateAction.DELETE if deleted else StatUpdateAction.NEW
    return symbol, {
        "publisher_id": 1,
        "ts_event": moment,
        "ts_recv": moment,
        "ts_ref": nanoseconds(f"{day}T00:00:00"),
        "price": billionths,
        "quantity": quantity,
        "stat_type": kind,
        "update_action": action,
    }


def dbn(messages: Sequence[tuple[str, dict]], *, packed: bool = True) -> bytes:
    """Write messages as a file, instruments numbered in the order in which they come."""
    numbers = {symbol: 100 + i for i, symbol in enumerate(dict.fromkeys(s for s, _ in messages))}
    start, end = YEARS
    mappings = [
        SimpleNamespace(
            raw_symbol=symbol,
            intervals=[SimpleNamespace(start_date=start, end_date=end, symbol=str(number))],
        )
        for symbol, number in numbers.items()
    ]
    head = Metadata(
        dataset="GLBX.MDP3",
        start=nanoseconds(f"{start}T00:00:00"),
        end=nanoseconds(f"{end}T00:00:00"),
        stype_in=SType.PARENT,
        stype_out=SType.INSTRUMENT_ID,
        schema=Schema.STATISTICS,
        symbols=["ZQ.FUT"],
        mappings=mappings,
    )
    data = head.encode() + b"".join(
        bytes(StatMsg(instrument_id=numbers[symbol], **fields)) for symbol, fields in messages
    )
    return pa.compress(data, codec="zstd", asbytes=True) if packed else data


def refusal(case: str, message: str) -> str:
    detail = {"case": case, "message": message, "status_code": 400, "docs": None, "payload": None}
    return json.dumps({"detail": detail})

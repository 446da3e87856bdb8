"""Read a page of CME's settlements that was saved from a browser, as JSON."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np

from ratemodel.errors import DataError
from ratemodel.market.dialects.options import Imported
from ratemodel.market.sources import cme


def read_cme_page(data: bytes, name: str) -> Imported:
    """Read the settlements of one trade date, which the page itself names.

    Raises
    ------
    DataError
        If it is no page of settlements, or one that is not final.
    """
    try:
        page = json.loads(data)
    except ValueError:
        raise DataError(f"{name}: the file is cut off or no JSON") from None
    asked = page.get("tradeDate") if isinstance(page, dict) else None
    try:
        day = dt.datetime.strptime(str(asked), "%m/%d/%Y").date().isoformat()
    except ValueError:
        raise DataError(
            f"{name}: the JSON is no page of settlements of CME's: its tradeDate is {asked!r}"
        ) from None
    frame = cme.parse(data, {"trade_date": day})
    without = frame.attrs["dropped"].values()
    return Imported(
        table="futures",
        frame=frame,
        rows=np.ones(len(frame), dtype=np.int64),
        dialect="cme",
        found=(
            "layout: cme, a page of settlements as JSON",
            f"final settlements of {day}",
            *(f"{number} contracts without a settlement left out" for number in without),
        ),
        decided={"table": "futures", "dialect": "cme"},
    )

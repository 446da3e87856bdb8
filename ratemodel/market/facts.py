"""The tables the package carries: hand-kept facts, validated like anybody's."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

from ratemodel.errors import DataError
from ratemodel.market.parse import parse_table
from ratemodel.market.schema import BUILT_IN, INPUT_TABLES, validate


def builtin_table(name: str) -> pd.DataFrame:
    """Read one of the built-in tables.

    Parameters
    ----------
    name : str
        fomc, events, margins, forced_flows, claims, anchors or quotes.

    Raises
    ------
    DataError
        If the package carries no such table.

    Examples
    --------
    >>> events = builtin_table("events").set_index("event")
    >>> print(events.loc["metals-2026", "end"].date())
    2026-02-02
    """
    if name not in BUILT_IN:
        raise DataError(f"no built-in table {name!r}; there are {', '.join(BUILT_IN)}")
    data = files("ratemodel.market").joinpath("reference", f"{name}.csv").read_bytes()
    source = f"built-in {name}.csv"
    raw = parse_table(data, ".csv", source)
    return validate(raw.frame, INPUT_TABLES[name], source, rows=raw.rows)

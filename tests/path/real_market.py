"""Real settlements and what is computed from them, once a process: path and shocks share it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from ratemodel.market.facts import builtin_table
from ratemodel.path import implied_path
from ratemodel.shocks import path_shocks
from ratemodel.types.path import RatePath
from ratemodel.types.shocks import ShockSeries


@cache
def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Futures, fomc and the effective rate."""
    futures = pd.read_csv(folder / "futures.csv.gz", usecols=["trade_date", "contract", "settle"])
    futures["trade_date"] = pd.to_datetime(futures["trade_date"])
    rates = pd.read_csv(folder / "rates.csv.gz")
    rates = rates.loc[rates["series"].isin(["DFF", "EFFR"])]
    rates = rates.assign(date=pd.to_datetime(rates["date"]))
    return futures, builtin_table("fomc"), rates


@cache
def real_path(folder: Path) -> RatePath:
    return implied_path(*tables(folder))


@cache
def real_shocks(folder: Path) -> ShockSeries:
    return path_shocks(real_path(folder))

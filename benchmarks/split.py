"""Time the split of five assets with 2,000 joint draws of loadings and of leverage, on one core.

    .venv/bin/python benchmarks/split.py [--data DIR] [--draws N] [--repeat N]

Prints one line a case: CPU seconds of a whole `decompose` (best of the runs), its limit, the ratio
to a split without forced flows, and how many values of the ranges of leverage were kept. DIR is
a folder of input tables, by default that of the tests: RATEMODEL_SHARED or ../shared/data; where
there is none, the replica is timed. *As known*: the built-in table of forced flows. *All channels*:
funds, margin calls, liquidations and volatility targets in every asset, none of them refuted:
128 coalitions a draw and day. *No flow*: the regression, bootstrap and bands alone.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

import ratemodel as rm
from ratemodel.config import Sample
from ratemodel.market.schema import INPUT_TABLES
from ratemodel.types.market import Market

LIMIT_S = 10.0
ASSETS = ["GC", "SI", "BTC", "ETH", "SOL"]
EVENT = "metals-2026"
SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def main() -> None:
    """Time every case and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("RATEMODEL_SHARED", str(SHARED)))
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    market = rm.load_market(options.data if Path(options.data).is_dir() else "replica")
    shocks = rm.path_shocks(rm.implied_path(market.futures, market.fomc, market.rates))
    cases = {
        "no flow": market.forced_flows.iloc[:0],
        "as known": market.forced_flows,
        "all channels": every_channel(market),
    }
    print(f"{market.data_kind}: {', '.join(ASSETS)}; {options.draws:,} joint draws")
    print(f"{'':<14} {'CPU s':>7} {'limit':>6} {'ratio':>6}  values kept")
    best(replace(market, forced_flows=cases["no flow"]), shocks, 100, 1)
    base = 0.0
    with threadpool_limits(1):
        for name, flows in cases.items():
            of_case = replace(market, forced_flows=flows)
            seconds, split = best(of_case, shocks, options.draws, options.repeat)
            base = base or seconds
            windows = split.windows[["asset", "draws_admissible", "draws_unstable"]]
            shown = ", ".join(f"{a} {n - u}" for a, n, u in windows.itertuples(index=False))
            print(f"{name:<14} {seconds:>7.2f} {LIMIT_S:>6.0f} {seconds / base:>6.1f}  {shown}")


def best(
    market: Market, shocks: rm.ShockSeries, draws: int, repeat: int
) -> tuple[float, rm.CrashDecomposition]:
    """CPU seconds of the fastest of some splits, and the last."""
    seconds = []
    for _ in range(repeat):
        began = time.process_time()
        split = rm.decompose(
            market,
            shocks,
            event=EVENT,
            assets=ASSETS,
            draws=draws,
            sample=Sample(start=pd.Timestamp("2024-09-16")),
        )
        seconds.append(time.process_time() - began)
    return min(seconds), split


def every_channel(market: Market) -> pd.DataFrame:
    """Make forced traders of every kind in every asset, small enough for quiet days to allow."""
    parameters = [
        ("levered_etf", "leverage", (2.0, 2.0, 3.0), "ratio"),
        ("levered_etf", "aum_before", (1e8, 2e8, 3e8), "usd"),
        ("margin_call", "maintenance_before", (10.0, 11.0, 12.0), "pct_of_notional"),
        ("margin_call", "open_interest", (4e2, 5e2, 6e2), "contracts"),
        ("margin_call", "buffer_mean", (1.0, 1.5, 4.0), "multiple_of_margin"),
        ("margin_call", "cash_met_share", (0.8, 0.9, 0.95), "fraction"),
        ("liquidation", "open_interest", (1e8, 2e8, 3e8), "usd"),
        ("liquidation", "leverage", (2.0, 3.0, 5.0), "ratio"),
        ("volatility_target", "exposure", (1e7, 2e7, 3e7), "usd"),
        ("impact", "adv", (3e10, 5e10, 9e10), "usd_per_day"),
        ("impact", "y_square_root", (0.5, 0.8, 1.0), "ratio"),
        ("impact", "q_linear_below", (1e-2, 1e-2, 1e-2), "fraction"),
        ("contract", "size", (100.0, 100.0, 100.0), "troy_oz"),
    ]
    rows = [
        (EVENT, pd.NaT, channel, name, asset, asset, *ends, unit, "C", "made for this benchmark")
        for asset in ASSETS
        for channel, name, ends, unit in parameters
    ]
    return pd.DataFrame(rows, columns=list(INPUT_TABLES["forced_flows"].names))


if __name__ == "__main__":
    main()

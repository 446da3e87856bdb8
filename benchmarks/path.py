"""Time the rate path and the daily shocks on one core, all in one run.

    .venv/bin/python benchmarks/path.py [--data DIR] [--repeat N]

Prints one line a measurement: the best of the runs in milliseconds a trade date, the limit it is
meant to keep, and the ratio to the whole history with covariance. DIR is a folder of input tables,
by default that of the tests: RATEMODEL_SHARED or ../shared/data; where there is none, the replica
is timed. Milliseconds are this machine's; trust the ratios.

Peers are timed where they are installed (`pip install --group bench`): cme-fedwatch is handed each
date's settlements and meetings, ready made, and gives odds without errors. rateslib is not timed
here: its licence, https://rateslib.com/licence, leaves out professional use, trials included.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

from threadpoolctl import threadpool_limits

import ratemodel as rm
from ratemodel.odds import expected_moves, learn_dispersion
from ratemodel.path import implied, systems
from ratemodel.path.joint import solve_joint
from ratemodel.types.market import Market
from ratemodel.types.path import RatePath

HISTORY_LIMIT_MS, SHOCKS_LIMIT_S = 0.05, 5.0
SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
PEER_DATES = 20
"""Every so many dates a peer is handed one."""


def main() -> None:
    """Time every line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("RATEMODEL_SHARED", str(SHARED)))
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    market = rm.load_market(options.data if Path(options.data).is_dir() else "replica")
    with threadpool_limits(1):
        history, dates = joint_lines(market, options.repeat)
        other_lines(market, options.repeat, history, dates)
        peer_line(market, options.repeat, history)


def joint_lines(market: Market, repeat: int) -> tuple[float, int]:
    """Print the lines of the joint path and of the shocks: milliseconds a date, number of dates."""
    path = joint(market)
    dates = len(path.trade_dates)
    print(f"{dates:,} trade dates, best of {repeat} runs, one core")
    print(f"{'':<34} {'ms a date':>10} {'limit':>7} {'ratio':>7}")
    history = best(lambda: joint(market), repeat) / dates
    line("whole history, with covariance", history, history, HISTORY_LIMIT_MS)
    system = equations(market)
    solving = best(lambda: solve_joint(*system), repeat) / dates
    line("  of it, solving alone", solving, history)
    # A prior this firm does not exist: every date is solved in moves, by dense matrices.
    with mock.patch.object(systems, "FREE_SD_BP", 1e-9):
        line("dense matrices, whole history", best(lambda: joint(market), repeat) / dates, history)
        solving = best(lambda: solve_joint(*system), repeat) / dates
        line("  of it, solving alone", solving, history)
    one = last_date(market)
    line("one date alone", best(lambda: joint(one), repeat), history)
    alone = equations(one)
    line("  of it, solving alone", best(lambda: solve_joint(*alone), repeat), history)
    shocks = best(lambda: rm.path_shocks(path), repeat) / dates
    line("daily shocks, whole history", shocks, history, 1000.0 * SHOCKS_LIMIT_S / dates)
    return history, dates


def other_lines(market: Market, repeat: int, history: float, dates: int) -> None:
    """Print the lines of further engines, and of odds."""
    tables = (market.futures, market.fomc, market.rates)
    by_month = best(lambda: rm.implied_path(*tables, engine="fedwatch"), repeat) / dates
    line("fedwatch engine, no covariance", by_month, history)
    yields = rm.implied_path(*tables, engine="yields")
    alone = best(lambda: rm.implied_path(*tables, engine="yields"), repeat)
    line("yields engine, with covariance", alone / len(yields.trade_dates), history)
    path = joint(market)
    moves = expected_moves(path)
    line(
        "odds: learning, whole history",
        best(lambda: learn_dispersion(path, moves), 1) / dates,
        history,
    )


def peer_line(market: Market, repeat: int, history: float) -> None:
    """Print the line of cme-fedwatch, or that it is not installed."""
    if importlib.util.find_spec("cme_fedwatch") is None:
        print(f"{'cme-fedwatch, no covariance':<34} not measured: not installed")
        return
    peer = importlib.import_module("cme_fedwatch.calc")
    path = rm.implied_path(market.futures, market.fomc, market.rates, engine="fedwatch")
    announced = path.calendar["announced"].dt.date.tolist()
    tasks = []
    for row in range(0, len(path.trade_dates), PEER_DATES):
        quotes = path.curve.rates_pct.iloc[row].dropna()
        settlements = [
            {"month": peer._month_key(month.year, month.month), "settle": 100.0 - rate}
            for month, rate in quotes.items()
        ]
        meetings = [announced[number] for number in path.meetings[row] if number >= 0]
        target = float(path.anchor["target_pct"].iloc[row])
        tasks.append((settlements, meetings, (target - 0.125, target + 0.125)))

    def every() -> list[object]:
        return [peer.calculate(*task, schedule=announced) for task in tasks]

    answered = sum(map(bool, every()))
    ms = best(every, repeat) / len(tasks)
    line("cme-fedwatch, no covariance", ms, history)
    print(f"  (it answers on {answered:,} of {len(tasks):,} dates)")


def joint(market: Market) -> RatePath:
    """Read the path by the joint engine."""
    return rm.implied_path(market.futures, market.fomc, market.rates)


def equations(market: Market) -> tuple[object, ...]:
    """Hold what `implied_path` hands to the solver."""
    with mock.patch.object(implied, "solve_joint", wraps=solve_joint) as solver:
        joint(market)
    return tuple(solver.call_args.args)


def last_date(market: Market) -> Market:
    """Keep the futures of the last trade date alone."""
    futures = market.futures
    return replace(market, futures=futures[futures["trade_date"] == futures["trade_date"].max()])


def best(work: Callable[[], object], repeat: int) -> float:
    """Best time of some runs, milliseconds of this process: neighbours on the core do not count."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        times.append(1000.0 * (time.process_time() - start))
    return min(times)


def line(name: str, ms: float, history: float, limit: float | None = None) -> None:
    """Print one line."""
    kept = "" if limit is None else f"{limit:.3f}"
    print(f"{name:<34} {ms:>10.4f} {kept:>7} {ms / history:>7.2f}")


if __name__ == "__main__":
    main()

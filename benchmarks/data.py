"""Time the import of a large vendor file and the status of a large folder, as whole commands.

    .venv/bin/python benchmarks/data.py [--repeat N]

Prints one line a command: the best wall and processor time of the runs, the limit it is meant to
keep, and the ratio of processor time to a process that only reads the same file with pandas. The
tables are invented: 200,000 settlements of 48 contracts on their ticks, 250,000 rows of rates in 15
series. Seconds are this machine's; trust the ratios.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

IMPORT_LIMIT_S, STATUS_LIMIT_S = 3.0, 2.0
SETTLEMENTS, OBSERVATIONS = 200_000, 250_000
CONTRACTS, SERIES, TICK = 48, 15, 0.0025
MONTH_CODES = np.array(list("FGHJKMNQUVXZ"))


def main() -> None:
    """Make the tables, time the commands and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        native, vendor, rates = settlements(folder), bars(folder), observations(folder)
        print(f"{'command':<34} {'wall s':>7} {'cpu s':>7} {'limit s':>8} {'of pandas':>10}")
        for name, file in (("import, own format", native), ("import, a vendor's bars", vendor)):
            words = ["data", "import", str(file), "--store", str(folder / "store")]
            line(f"{name}, {SETTLEMENTS:,} rows", words, file, IMPORT_LIMIT_S, repeat)
        words = ["data", "status", "--store", str(rates.parent)]
        line(f"status, {OBSERVATIONS:,} rows", words, rates, STATUS_LIMIT_S, repeat)


def curve() -> pd.DataFrame:
    """Invent settlements: every contract of the next 48 months, each day."""
    days = pd.bdate_range("2010-01-04", periods=-(-SETTLEMENTS // CONTRACTS))
    table = pd.DataFrame(
        {
            "day": np.repeat(days, CONTRACTS)[:SETTLEMENTS],
            "ahead": np.tile(np.arange(CONTRACTS), len(days))[:SETTLEMENTS],
        }
    )
    months = table["day"].dt.year * 12 + table["day"].dt.month - 1 + table["ahead"]
    ticks = np.random.default_rng(0).integers(0, 1200, SETTLEMENTS)
    return table.assign(year=months // 12, month=months % 12 + 1, settle=95.0 + TICK * ticks)


def settlements(folder: Path) -> Path:
    """Write them in the project's own format."""
    table = curve()
    contract = table["year"].astype(str) + "-" + table["month"].astype(str).str.zfill(2)
    own = pd.DataFrame(
        {"trade_date": table["day"], "contract": contract, "settle": table["settle"]}
    )
    return _written(own, folder / "own.csv")


def bars(folder: Path) -> Path:
    """Write them as a vendor would: month first, letters for months, prices beside."""
    table = curve()
    codes = MONTH_CODES[table["month"] - 1]
    prices = dict.fromkeys(("Open", "High", "Low", "Settle"), table["settle"])
    vendor = pd.DataFrame(
        {
            "Symbol": "ZQ" + pd.Series(codes) + (table["year"] % 100).astype(str).str.zfill(2),
            "Date": table["day"].dt.strftime("%m/%d/%Y"),
            **prices,
            "Volume": table["ahead"] * 100,
            "Open Interest": table["ahead"] * 1000,
        }
    )
    return _written(vendor, folder / "vendor.csv")


def observations(folder: Path) -> Path:
    """Write a folder with a table of rates."""
    days = pd.bdate_range("1954-07-01", periods=-(-OBSERVATIONS // SERIES))
    values = np.random.default_rng(0).integers(0, 2000, OBSERVATIONS) / 100.0
    table = pd.DataFrame(
        {
            "date": np.tile(days, SERIES)[:OBSERVATIONS],
            "series": np.repeat([f"S{k}" for k in range(SERIES)], len(days))[:OBSERVATIONS],
            "value": values,
        }
    )
    (folder / "rates").mkdir()
    return _written(table, folder / "rates" / "rates.csv")


def _written(table: pd.DataFrame, file: Path) -> Path:
    table.to_csv(file, index=False)
    return file


def line(name: str, words: list[str], file: Path, limit_s: float, repeat: int) -> None:
    """Time one command and the peer, and print the line."""
    program = str(Path(sys.executable).with_name("ratemodel"))
    peer = [sys.executable, "-c", f"import pandas; pandas.read_csv({str(file)!r})"]
    once([program, *words], file.parent)
    wall_s, cpu_s = best([program, *words], file.parent, repeat)
    _, peer_s = best(peer, file.parent, repeat)
    print(f"{name:<34} {wall_s:>7.2f} {cpu_s:>7.2f} {limit_s:>8.1f} {cpu_s / peer_s:>10.1f}")


def best(command: list[str], folder: Path, repeat: int) -> tuple[float, float]:
    """Run a command several times: the least wall and processor seconds."""
    walls, cpus = zip(*(once(command, folder) for _ in range(repeat)), strict=True)
    return min(walls), min(cpus)


def once(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command on an empty store: wall and processor seconds."""
    shutil.rmtree(folder / "store", ignore_errors=True)
    # Modules are compiled once, as for any user, whatever this environment says.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, cpu_s


if __name__ == "__main__":
    main()

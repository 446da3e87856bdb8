"""Time whole commands: help, a run on the replica, a run on real tables.

    .venv/bin/python benchmarks/run.py [--data DIR] [--repeat N]

Prints one line a command: the median wall time of the runs, the largest memory of one process,
and the limit each is meant to keep. DIR is a folder of input tables, by default that of the tests:
RATEMODEL_SHARED or ../shared/data. Where there is none, the line on real tables says so.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELP_LIMIT_S, REPLICA_LIMIT_S, REAL_LIMIT_S = 0.5, 30.0, 40.0
MEMORY_LIMIT_MB = 1024.0
PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared" / "data"


def main() -> None:
    """Time the commands and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("RATEMODEL_SHARED", str(SHARED)))
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    program = str(Path(sys.executable).with_name("ratemodel"))
    study = str(PROJECT / "study.toml")
    print(f"{'command':<26} {'median s':>9} {'limit s':>8} {'peak MB':>8} {'limit MB':>9}")
    line("ratemodel --help", [program, "--help"], HELP_LIMIT_S, options.repeat)
    line("ratemodel run (replica)", [program, "run", study], REPLICA_LIMIT_S, options.repeat)
    if Path(options.data).is_dir():
        command = [program, "run", study, "--data", str(Path(options.data).resolve())]
        line("ratemodel run (real)", command, REAL_LIMIT_S, options.repeat)
    else:
        print("ratemodel run (real)       not run: no folder of real tables")


def line(name: str, command: list[str], limit_s: float, repeat: int) -> None:
    """Time one command and print its line."""
    seconds, memory = zip(*(once(command) for _ in range(repeat)), strict=True)
    print(
        f"{name:<26} {statistics.median(seconds):>9.2f} {limit_s:>8.1f} "
        f"{max(memory):>8.0f} {MEMORY_LIMIT_MB:>9.0f}"
    )


def once(command: list[str]) -> tuple[float, float]:
    """Run a command in a fresh folder: wall seconds and peak memory of the largest process."""
    folder = tempfile.mkdtemp()
    words = [*command, "--out", f"{folder}/out"] if "run" in command else command
    start = time.perf_counter()
    process = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    _, complaint = process.communicate()
    seconds = time.perf_counter() - start
    shutil.rmtree(folder)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(words)} failed: {complaint.strip().splitlines()[-1]}")
    peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, peak_kb / 1024.0


if __name__ == "__main__":
    main()

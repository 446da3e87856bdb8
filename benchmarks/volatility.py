"""Time volatility fits, errors included, against what others need for the same, all in one run.

    .venv/bin/python benchmarks/volatility.py [--repeat N] [--peers PYTHON] [--coverage N]

Prints one line a claim: milliseconds of processor time on one core for ours and the peer's, their
ratio, the ratio meant to be kept. arch is a dependency; gjr-garch-x and multiarch are optional: a
peer that is not installed is a line that says so. PYTHON is an interpreter that has them
(pip install arch gjr-garch-x multiarch), by default this one. Processor time, because other work on
a machine does not count in it; compilation by numba, ours and theirs, is done before.

--coverage N adds the share of N samples whose 90 % interval of a known δ holds it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

SEED = 20260130
LONG, WINDOW, WINDOWS, SHOCKED, DATES, ASSETS = 2500, 1000, 250, 1500, 2500, 30
DELTA = 0.25


def main() -> None:
    """Time every line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--coverage", type=int, default=0)
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(PEERS[options.peer](options.repeat))
        return
    if os.environ | ONE_CORE != dict(os.environ):  # before any library counts the cores
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_CORE)
    print(f"milliseconds of processor time, best of {options.repeat}, errors included")
    print(f"{'':<44} {'ours':>9} {'peer':>10} {'ratio':>7} {'meant':>6}")
    for name, ours, peer, meant in CLAIMS:
        mine = ours(options.repeat)
        theirs = ask(options.peers, peer, options.repeat)
        if theirs is None:
            print(f"{name:<44} {mine:>9.3f} {peer:>10} is not installed")
        else:
            print(f"{name:<44} {mine:>9.3f} {theirs:>10.2f} {theirs / mine:>7.1f} {meant:>6}")
    if options.coverage:
        for form in ("sum", "product"):
            print(f"coverage of δ, {form:<33} {coverage(form, options.coverage):>7.3f}  0.86-0.94")


def ask(python: str, peer: str, repeat: int) -> float | None:
    """Time a peer in a process of its own; None where it is not installed."""
    command = [python, str(Path(__file__).resolve()), "--peer", peer, "--repeat", str(repeat)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | ONE_CORE
    )
    if done.returncode and "ModuleNotFoundError" in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(done.stdout.split()[-1])


def best(work: Callable[[], object], repeat: int) -> float:
    """Least processor time of some runs, milliseconds; one run before is not counted."""
    work()
    times = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        times.append(1000.0 * (time.process_time() - start))
    return min(times)


# --- data ----------------------------------------------------------------------------------------


def returns_of(size: int, delta: float = 0.0, seed: int = SEED) -> tuple[pd.Series, pd.DataFrame]:
    """Make returns of a GJR-t or (with δ) GARCH-X, and the sizes of shocks."""
    rng = np.random.default_rng(seed)
    news = rng.standard_t(7, size=size + 500) * np.sqrt(5.0 / 7.0)
    sizes = np.abs(rng.standard_normal(size + 500)) * (1.0 + 2.0 * (rng.random(size + 500) < 0.06))
    h, u, out = 1.0, 0.0, []
    for z, s in zip(news, sizes, strict=True):
        h = 0.05 + (0.05 + 0.05 * (u < 0.0)) * u**2 + (0.87 - 0.07 * (delta > 0.0)) * h + delta * s
        u = np.sqrt(h) * z
        out.append(u)
    return pd.Series(out[500:], name="A"), pd.DataFrame({"s": sizes[500:]})


def panel() -> pd.DataFrame:
    """Make returns of thirty assets, GARCH(1,1) with dynamic correlations around one half."""
    rng = np.random.default_rng(SEED)
    S = 0.5 * (np.eye(ASSETS) + 1.0)
    Q, h, out = S.copy(), np.ones(ASSETS), []
    for _ in range(DATES + 300):
        root = np.sqrt(np.diag(Q))
        z = np.linalg.cholesky(Q / np.outer(root, root)) @ rng.standard_normal(ASSETS)
        out.append(np.sqrt(h) * z)
        h = 0.05 + 0.06 * out[-1] ** 2 + 0.89 * h
        Q = 0.03 * S + 0.02 * np.outer(z, z) + 0.95 * Q
    return pd.DataFrame(out[300:], columns=[f"A{i}" for i in range(ASSETS)])


# --- ours ----------------------------------------------------------------------------------------


def one(repeat: int) -> float:
    """Time one GARCH-t."""
    from ratemodel.volatility import fit_volatility

    y = returns_of(LONG)[0]
    return best(lambda: fit_volatility(y, model="garch").std_errors(), repeat)


def windows(repeat: int) -> float:
    """Time rolling windows."""
    from ratemodel.volatility import rolling_volatility

    y = returns_of(WINDOW + WINDOWS - 1)[0]
    return best(lambda: rolling_volatility(y, WINDOW, model="garch"), repeat)


def shocked(repeat: int) -> float:
    """Time one GARCH-X."""
    from ratemodel.volatility import fit_volatility

    y, s = returns_of(SHOCKED, DELTA)
    return best(lambda: fit_volatility(y, variance_shocks=s).std_errors(), repeat)


def correlations(repeat: int) -> float:
    """Time margins and correlations of thirty assets."""
    from ratemodel.volatility import fit_dcc, fit_volatility

    X = panel()

    def work() -> object:
        margins = [fit_volatility(X[c], model="garch", dist="normal") for c in X]
        return fit_dcc(margins).std_errors()

    return best(work, min(repeat, 5))


def coverage(form: str, count: int) -> float:
    """Measure the share of samples whose 90 % interval holds δ."""
    from ratemodel.volatility import fit_volatility

    held = 0
    for seed in range(count):
        y, s = returns_of(SHOCKED, DELTA if form == "sum" else 0.0, seed)
        if form == "product":
            y = y * np.exp(DELTA * s["s"] / 2.0)
        row = (
            fit_volatility(y, variance_shocks=s, variance_form=form).conf_int(0.90).loc["delta[s]"]
        )
        held += bool(row["low"] <= DELTA <= row["high"])
    return held / count


# --- peers ---------------------------------------------------------------------------------------


def arch_one(repeat: int) -> float:
    """Time one GARCH-t by arch."""
    from arch.univariate import GARCH, ConstantMean, StudentsT

    def work(y: pd.Series) -> object:
        model = ConstantMean(y, volatility=GARCH(1, 0, 1), distribution=StudentsT(), rescale=False)
        return model.fit(disp="off", show_warning=False).std_err

    y = returns_of(LONG)[0]
    return best(lambda: work(y), repeat)


def arch_windows(repeat: int) -> float:
    """Time rolling windows by arch, every tenth of them."""
    from arch.univariate import GARCH, ConstantMean, StudentsT

    def work(y: pd.Series) -> object:
        model = ConstantMean(y, volatility=GARCH(1, 0, 1), distribution=StudentsT(), rescale=False)
        return model.fit(disp="off", show_warning=False).std_err

    y = returns_of(WINDOW + WINDOWS - 1)[0]
    parts = [y[i : i + WINDOW] for i in range(0, WINDOWS, 10)]
    return WINDOWS / len(parts) * best(lambda: [work(part) for part in parts], min(repeat, 3))


def gjr_garch_x(repeat: int) -> float:
    """Time one GARCH-X by gjr-garch-x."""
    from gjr_garch_x import estimate_gjr_garch_x

    y, s = returns_of(SHOCKED, DELTA)
    return best(lambda: estimate_gjr_garch_x(y, s), repeat)


def multiarch(_: int) -> float:
    """Time thirty assets by multiarch's defaults; once, after a small one that compiles."""
    import multiarch as ma

    X = panel()
    ma.DCC(X.iloc[:200, :2]).fit()
    start = time.process_time()
    ma.DCC(X).fit()
    return 1000.0 * (time.process_time() - start)


PEERS: dict[str, Callable[[int], float]] = {
    "arch": arch_one,
    "arch-windows": arch_windows,
    "gjr-garch-x": gjr_garch_x,
    "multiarch": multiarch,
}
CLAIMS: tuple[tuple[str, Callable[[int], float], str, int], ...] = (
    (f"GARCH-t, {LONG:,} returns", one, "arch", 20),
    (f"GARCH-t, {WINDOWS} windows of {WINDOW:,}", windows, "arch-windows", 60),
    (f"GARCH-X, {SHOCKED:,} returns", shocked, "gjr-garch-x", 30),
    (f"DCC of {ASSETS} assets, {DATES:,} dates", correlations, "multiarch", 50),
)


if __name__ == "__main__":
    main()

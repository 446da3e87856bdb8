"""Estimation samples made by hand: numbers in, design rows out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from clock_worlds import strikes

from ratemodel.types.loadings import DesignRows, EstimationSample


def rows_of(
    returns_pp: np.ndarray,
    shocks_bp: np.ndarray,
    dollar_pct: np.ndarray | None = None,
    dollar_shocks_bp: np.ndarray | None = None,
) -> DesignRows:
    """Rows a day apart; two shock columns are start and end, one is inside."""
    size = len(returns_pp)
    dates = pd.bdate_range("2010-01-04", periods=size)
    struck = strikes(dates, "15:00 UTC")
    shocks = np.asarray(shocks_bp, dtype=float).reshape(size, -1)
    names = ("inside",) if shocks.shape[1] == 1 else ("start", "end")
    terms = np.zeros((size, 0))
    if dollar_pct is not None:
        own = shocks if dollar_shocks_bp is None else dollar_shocks_bp
        terms = np.column_stack([np.ones(size), own])
    position = np.arange(size)
    return DesignRows(
        asset="A",
        dates=dates,
        returns_pp=np.asarray(returns_pp, dtype=float),
        shocks_bp=shocks,
        columns=tuple(("path_bp", side) for side in names),
        runs=np.column_stack([position, position + 1, position, position + 1]),
        dollar_pct=np.zeros(size) if dollar_pct is None else dollar_pct,
        dollar_terms=terms,
        start_utc=struck,
        end_utc=struck,
        strike_utc=struck,
        elapsed_days=np.ones(size),
        dollar_days=np.full(size, float(terms.shape[1] > 0)),
        straddled=np.zeros((size, 2)),
        dollar_gap_days=np.zeros((size, 2)),
        dollar_straddled=np.zeros((size, 2)),
        covered=np.zeros(size, dtype=bool),
        complete=np.ones(size, dtype=bool),
    )


def sample_of(*arrays: np.ndarray | None) -> EstimationSample:
    rows = rows_of(*arrays)
    return EstimationSample(rows, rows.end_utc[-1], 0)


def persistent_noise(rng: np.random.Generator, size: int, driver: np.ndarray) -> np.ndarray:
    """Autocorrelated, and larger on days of large shocks."""
    innovation = rng.standard_normal(size + 50)
    noise = np.zeros(size + 50)
    for t in range(1, size + 50):
        noise[t] = 0.3 * noise[t - 1] + innovation[t]
    return noise[50:] * np.sqrt(0.5 + 0.5 * (driver / driver.std()) ** 2)

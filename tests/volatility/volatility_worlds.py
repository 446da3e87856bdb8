"""Invented returns whose volatility is known, and the recursion walked one day at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student_t

BURN_IN = 500
TRUE = {"omega": 0.05, "alpha[1]": 0.05, "gamma[1]": 0.05, "beta[1]": 0.80, "nu": 7.0}
DELTA = 0.25


def student(rng: np.random.Generator, size: int, nu: float) -> np.ndarray:
    return rng.standard_t(nu, size=size) * np.sqrt((nu - 2.0) / nu)


def shocked_returns(
    size: int,
    seed: int,
    params: dict[str, float] = TRUE,
    delta: float = DELTA,
    form: str = "sum",
) -> tuple[pd.Series, pd.DataFrame]:
    """Returns whose variance takes the size of a shock: some days' are three times as large."""
    rng = np.random.default_rng(seed)
    shocks = rng.standard_normal(size + BURN_IN) * (1.0 + 2.0 * (rng.random(size + BURN_IN) < 0.06))
    news = student(rng, size + BURN_IN, params["nu"])
    h, u, returns = 1.0, 0.0, []
    for z, shock in zip(news, np.abs(shocks), strict=True):
        reaction = params["alpha[1]"] + params.get("gamma[1]", 0.0) * (u < 0.0)
        h = params["omega"] + reaction * u**2 + params["beta[1]"] * h
        h += delta * shock if form == "sum" else 0.0
        u = np.sqrt(h) * z
        returns.append(u if form == "sum" else u * np.exp(delta * shock / 2.0))
    dates = pd.bdate_range("2015-01-01", periods=size)
    return (
        pd.Series(returns[BURN_IN:], index=dates, name="A"),
        pd.DataFrame({"path_bp": shocks[BURN_IN:]}, index=dates),
    )


def garch_returns(size: int, seed: int, params: dict[str, float] = TRUE) -> pd.Series:
    return shocked_returns(size, seed, params, 0.0)[0]


def slow_likelihood(
    y: np.ndarray,
    X: np.ndarray,
    sizes: np.ndarray,
    params: dict[str, float],
    delta: np.ndarray,
    mean: np.ndarray,
    *,
    start: float | None,
    form: str = "sum",
) -> float:
    """Log-likelihood day by day from its definition, densities by scipy; start None = sample's."""
    multiples = np.exp(sizes @ delta) if form == "product" else np.ones(len(y))
    residuals = y - X @ mean
    u = residuals / np.sqrt(multiples)
    start = float(np.mean(u**2)) if start is None else start
    gamma = params.get("gamma[1]", 0.0)
    h: list[float] = []
    for t in range(len(y)):
        past = start if t == 0 else u[t - 1] ** 2
        reaction = params["alpha[1]"] + (gamma / 2.0 if t == 0 else gamma * (u[t - 1] < 0.0))
        memory = params["beta[1]"] * (start if t == 0 else h[-1])
        h.append(params["omega"] + reaction * past + memory)
        if form == "sum":
            h[-1] += sizes[t] @ delta
    sigma = np.sqrt(np.array(h) * multiples)
    if "nu" not in params:
        return float(norm.logpdf(residuals, scale=sigma).sum())
    spread = np.sqrt((params["nu"] - 2.0) / params["nu"])
    return float(student_t.logpdf(residuals, params["nu"], scale=sigma * spread).sum())

"""How abnormal an event was: three p-values from what the days before it knew."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TAIL_SHARE = 0.10
"""Share of blocks that a generalised Pareto tail is fitted to."""
MIN_TAIL = 20
"""Blocks in the tail: with fewer its shape is anybody's guess."""


def abnormality_rows(
    standardised: Floats, window: Floats, simulated_pp: Floats, residual_pp: float
) -> list[dict[str, Any]]:
    r"""Ask whether quiet days make such a move: by rank, by simulation, by an extrapolated tail.

    *conformal*: with parameters and multi-step volatility from before the event,
    :math:`S = |\sum_W \varepsilon_t/\sigma_t|` among the same sum over every cyclic shift of the
    days before; :math:`p \ge 1/(n+1)` is all that n days can say. An approximate, out-of-sample
    variant of Chernozhukov, Wüthrich and Zhu (2021). *fhs*: the share of simulated windows as
    large as :math:`|\sum_W \varepsilon_t|`. *evt*: a generalised Pareto tail on the largest tenth
    of the pre-event sums, read at S (McNeil and Frey 2000).

    Parameters
    ----------
    standardised : array, shape (n,)
        ε/σ of the days before the event.
    window : array, shape (w,)
        ε/σ of the event's returns, σ forecast before it.
    simulated_pp : array, shape (N,)
        Sums over simulated windows.
    residual_pp : float
        The event's own sum of ε.

    Returns
    -------
    list of dict
        measure, p_value, p_floor, statistic, note; `p_floor` is the smallest p the method can
        give, and a p equal to it is a bound.

    References
    ----------
    Chernozhukov, V., K. Wüthrich and Y. Zhu (2021), "An exact and robust conformal inference
    method for counterfactual and synthetic controls", Journal of the American Statistical
    Association 116(536), 1849-1864. McNeil, A. J. and R. Frey (2000), "Estimation of tail-related
    risk measures for heteroscedastic financial time series", Journal of Empirical Finance 7.

    Examples
    --------
    >>> quiet = np.tile([1.0, -1.0], 50)
    >>> rows = abnormality_rows(quiet, np.array([5.0]), np.tile([2.0, -2.0], 50), 9.0)
    >>> [round(row["p_value"], 4) for row in rows[:2]]
    [0.0099, 0.0099]
    """
    sums = block_sums(standardised, len(window))
    statistic = float(abs(window.sum()))
    beyond = statistic > sums.max()
    far = f"beyond the largest of {len(sums)} blocks before the event" if beyond else ""
    ranked, simulated = np.abs(sums), np.abs(simulated_pp)
    rank = (1.0 + (ranked >= statistic).sum()) / (len(sums) + 1.0)
    share = (1.0 + (simulated >= abs(residual_pp)).sum()) / (len(simulated) + 1.0)
    tail, tail_note = _pareto_tail(ranked, statistic)
    bound = "a bound: no smaller p can be told from so many"
    return [
        _row("conformal", rank, 1.0 / (len(sums) + 1.0), statistic, bound if beyond else ""),
        _row(
            "fhs",
            share,
            1.0 / (len(simulated) + 1.0),
            abs(residual_pp),
            bound if share <= 1.0 / (len(simulated) + 1.0) else "",
        ),
        _row("evt", tail, 0.0, statistic, "; ".join(filter(None, [tail_note, far]))),
    ]


def block_sums(values: Floats, length: int) -> Floats:
    """Absolute sums over every cyclic block of a length.

    Examples
    --------
    >>> block_sums(np.array([1.0, 2.0, -5.0]), 2)
    array([3., 3., 4.])
    """
    around = np.concatenate([values, values[: length - 1]])
    sums = np.convolve(around, np.ones(length), mode="valid")
    return np.asarray(np.abs(sums), dtype=float)


def _pareto_tail(sums: Floats, statistic: float) -> tuple[float, str]:
    from scipy.stats import genpareto

    threshold = float(np.quantile(sums, 1.0 - TAIL_SHARE))
    excess = sums[sums > threshold] - threshold
    if len(excess) < MIN_TAIL:
        return float("nan"), f"not fitted: {len(excess)} blocks in the tail, {MIN_TAIL} needed"
    if statistic <= threshold:
        return float((sums >= statistic).mean()), "inside the sample: its own share"
    shape, _, scale = genpareto.fit(excess, floc=0.0)
    over = float(genpareto.sf(statistic - threshold, shape, scale=scale))
    note = f"tail of {len(excess)} blocks, shape {shape:+.2f}, extrapolated"
    if over == 0.0:
        note += "; beyond the end of the fitted tail, which is no proof that there is one"
    return len(excess) / len(sums) * over, note


def _row(
    measure: str, p_value: float, p_floor: float, statistic: float, note: str
) -> dict[str, Any]:
    return {
        "measure": measure,
        "p_value": float(p_value),
        "p_floor": p_floor,
        "statistic": statistic,
        "note": note,
    }

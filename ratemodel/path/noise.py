"""How exact a settlement is: the tick it is rounded to and the misfit beyond it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ratemodel.types.futures import FuturesCurve

Floats = npt.NDArray[np.float64]

TICKS_BP = (1.0, 0.5, 0.25)
TICK_WINDOW = 60
TICK_SHARE = 0.97
"""A grid is in force if at least this share of the trailing window's prices lie on it."""
ON_GRID_BP = 1e-4
"""Distance from a grid point that still counts as on it: rounding of a float."""

MISFIT_FLOOR_BP = 0.3
MISFIT_WINDOW = 250
MISFIT_MARKS = 100
"""Past residuals needed before the misfit is estimated rather than set to its floor: so many tell
it to a sixth, and in the early 1990s it is seven times the floor."""
TRADED_MONTHS = 6
"""The misfit is read from contracts this near: farther ones may be carried, not traded."""
FAR_MONTHS = ((12, 1.6), (24, 2.8))
"""Beyond these months ahead the misfit is larger by these factors."""
CHI2_MEDIAN = 0.45493642311957283
"""Median of a squared standard normal: a few bad marks must not set the scale."""


def tick_bp(curve: FuturesCurve) -> Floats:
    """Read the minimum price step in force from the prices themselves.

    The exchange has used 1, 0.5 and 0.25 basis points, and the nearest contract got the finer
    step first. The step in force is the coarsest grid on which 97 % of the trailing 60 dates'
    prices lie; once finer, never coarser again.

    Parameters
    ----------
    curve : FuturesCurve

    Returns
    -------
    array, shape (T, C)
        Basis points; the nearest quoted contract has its own series, the others share one.
    """
    date, contract = np.nonzero(curve.quoted)
    rates_bp = 100.0 * curve.rates_pct.to_numpy(float)[date, contract]
    dates, months = curve.rates_pct.shape
    nearest = np.diff(date, prepend=-1) > 0
    step = np.tile(_step(date[~nearest], rates_bp[~nearest], dates)[:, None], (1, months))
    near = _step(date[nearest], rates_bp[nearest], dates)
    step[date[nearest], contract[nearest]] = near[date[nearest]]
    return step


def _step(date: npt.NDArray[np.int64], rates_bp: Floats, dates: int) -> Floats:
    marks = _trailing_sum(np.bincount(date, minlength=dates), TICK_WINDOW)
    step = np.full(dates, TICKS_BP[-1])
    for tick in reversed(TICKS_BP[:-1]):
        lies = np.abs(rates_bp - tick * np.round(rates_bp / tick)) < ON_GRID_BP
        on_grid = _trailing_sum(np.bincount(date[lies], minlength=dates), TICK_WINDOW)
        step = np.where(on_grid >= TICK_SHARE * marks, tick, step)
    finest: Floats = np.minimum.accumulate(step)
    return finest


def _trailing_sum(values: npt.NDArray[np.int64], window: int) -> npt.NDArray[np.int64]:
    total = np.concatenate([[0], np.cumsum(values)])
    start = np.maximum(np.arange(len(values)) + 1 - window, 0)
    summed: npt.NDArray[np.int64] = total[1:] - total[start]
    return summed


def months_ahead(
    curve: FuturesCurve, date: npt.NDArray[np.int64], contract: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Count months from trade dates to delivery months, both given by position, shape (n,)."""
    today = curve.trade_dates.to_period("M").asi8
    ahead: npt.NDArray[np.int64] = curve.months.asi8[contract] - today[date]
    return ahead


def misfit_factor(curve: FuturesCurve) -> Floats:
    """Say how much larger the misfit of far contracts is, shape (T, C)."""
    today, of = np.unique(curve.trade_dates.to_period("M").asi8, return_inverse=True)
    ahead = curve.months.asi8[None, :] - today[:, None]
    factor = np.ones(ahead.shape)
    for months, scale in FAR_MONTHS:
        factor[ahead > months] = scale
    # All dates of a month have the same row.
    rows: Floats = factor[of]
    return rows


def misfit_bp(noise_estimates_bp2: Floats, tick_variance_bp2: Floats) -> float:
    r"""Estimate the misfit η from past leave-one-out residuals.

    With leverage h of a mark, its leave-one-out residual :math:`e/(1-h)` has variance
    :math:`v/(1-h)`, so :math:`e^2/(1-h)` estimates :math:`v = \text{tick}^2/12 + \eta^2`. The
    median over past marks, scaled for a squared normal, keeps single bad marks out.

    Parameters
    ----------
    noise_estimates_bp2 : array, shape (n,)
        :math:`e^2/(1-h)` of past marks.
    tick_variance_bp2 : array, shape (n,)
        tick²/12 of the same marks.

    Returns
    -------
    float
        Basis points, at least 0.3.

    Examples
    --------
    >>> misfit_bp(np.array([]), np.array([]))
    0.3
    """
    if len(noise_estimates_bp2) < MISFIT_MARKS:
        return MISFIT_FLOOR_BP
    variance = np.median(noise_estimates_bp2) / CHI2_MEDIAN - np.median(tick_variance_bp2)
    return float(np.sqrt(max(variance, MISFIT_FLOOR_BP**2)))

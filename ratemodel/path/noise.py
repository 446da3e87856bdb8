"""How exact a settlement is: the tick it is rounded to and the misfit beyond it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ratemodel.types.futures import FuturesCurve

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

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
OWN_DATES = 20
OWN_ERRORS = 2.0
"""The largest of twenty normal errors is about two standard errors, if each is news: a contract
whose largest recent residual is no larger is given no more noise than the others."""
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
    array, shape (n,)
        Basis points, of each settlement (``curve.cells``); the nearest quoted contract has its own
        series, the others share one.
    """
    date, contract = curve.cells
    rates_bp = 100.0 * curve.rates_pct.to_numpy(float)[date, contract]
    dates = len(curve.trade_dates)
    nearest = np.diff(date, prepend=-1) > 0
    others = _step(date[~nearest], rates_bp[~nearest], dates)
    near = _step(date[nearest], rates_bp[nearest], dates)
    return np.where(nearest, near[date], others[date])


def _step(date: Ints, rates_bp: Floats, dates: int) -> Floats:
    marks = _trailing_sum(np.bincount(date, minlength=dates), TICK_WINDOW)
    step = np.full(dates, TICKS_BP[-1])
    for tick in reversed(TICKS_BP[:-1]):
        lies = np.abs(rates_bp - tick * np.round(rates_bp / tick)) < ON_GRID_BP
        on_grid = _trailing_sum(np.bincount(date[lies], minlength=dates), TICK_WINDOW)
        step = np.where(on_grid >= TICK_SHARE * marks, tick, step)
    finest: Floats = np.minimum.accumulate(step)
    return finest


def _trailing_sum(values: Ints, window: int) -> Ints:
    total = np.concatenate([[0], np.cumsum(values)])
    start = np.maximum(np.arange(len(values)) + 1 - window, 0)
    summed: Ints = total[1:] - total[start]
    return summed


def months_ahead(curve: FuturesCurve, date: Ints, contract: Ints) -> Ints:
    """Count months from trade dates to delivery months, both given by position, shape (n,)."""
    today = curve.trade_dates.to_period("M").asi8
    ahead: Ints = curve.months.asi8[contract] - today[date]
    return ahead


def misfit_factor(months: Ints) -> Floats:
    """Say how much larger the misfit of contracts some months ahead is.

    Examples
    --------
    >>> misfit_factor(np.array([12, 13, 25]))
    array([1. , 1.6, 2.8])
    """
    factor = np.ones(len(months))
    for beyond, scale in FAR_MONTHS:
        factor[months > beyond] = scale
    return factor


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
    variance = _median(noise_estimates_bp2) / CHI2_MEDIAN - _median(tick_variance_bp2)
    return float(np.sqrt(max(variance, MISFIT_FLOOR_BP**2)))


def _median(values: Floats) -> float:
    """Take the median, without what NumPy's does besides: it is taken of every quarter's marks."""
    middle = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, middle)[middle])
    return float(np.partition(values, [middle - 1, middle])[middle - 1 : middle + 1].mean())


def own_variance_bp2(
    noise_estimates_bp2: Floats, contract: Ints, common_variance_bp2: Floats
) -> Floats:
    r"""Measure how much less exact than the others a contract has been of late.

    .. math:: \max\Big(0, \max\big(\tfrac14 \max_{20} \hat v_c, \tfrac1{20} \textstyle\sum_{20}
              \hat v_c\big) - v\Big)

    over the contract's twenty marks before, with :math:`\hat v_c = e^2/(1-h)` from leave-one-out
    residuals. A few contracts are off for weeks; a misfit common to all says nothing of them. The
    largest tells of a slip. An offset that lasts is one error seen twenty times, not the largest
    of twenty, and only the mean gives it its full size.

    Parameters
    ----------
    noise_estimates_bp2 : array, shape (n,)
        Of each mark, by date; 0 where it says nothing.
    contract : array, shape (n,)
    common_variance_bp2 : array, shape (n,)
        v: tick and misfit.

    Returns
    -------
    array, shape (n,)
        Basis points squared. A mark's own residual is not among those it is judged by.

    Examples
    --------
    >>> own_variance_bp2(np.array([36.0, 1.0, 1.0]), np.array([0, 0, 1]), np.ones(3))
    array([0., 8., 0.])
    """
    # Numbers of sixteen bits are sorted by counting.
    order = np.argsort(contract.astype(np.uint16), kind="stable")
    # Contract after contract, with a gap before each that a window does not reach across.
    place = np.arange(len(order)) + OWN_DATES * (1 + contract[order])
    shown = np.zeros(int(place.max(initial=0)) + 1)
    shown[place] = noise_estimates_bp2[order]
    largest, total = np.zeros(len(shown)), np.zeros(len(shown))
    for back in range(1, OWN_DATES + 1):
        np.maximum(largest[back:], shown[:-back], out=largest[back:])
        total[back:] += shown[:-back]
    own = np.empty(len(order))
    own[order] = np.maximum(largest / OWN_ERRORS**2, total / OWN_DATES)[place]
    return np.maximum(own - common_variance_bp2, 0.0)

"""How well contracts agree with the path read from them, and how much hangs on one of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import days_share_from
from ratemodel.path.noise import months_ahead, tick_bp
from ratemodel.rows import fitted, level_rows
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]

SENSITIVITY_MONTHS = 12


def contract_residuals_bp(path: RatePath) -> pd.DataFrame:
    """List how far each settlement used lies from the path: fit minus observed.

    Parameters
    ----------
    path : RatePath

    Returns
    -------
    DataFrame
        trade_date, contract, residual_bp, noise_bp (its standard deviation); flagged marks, and
        those that no equation was made of, are left out.
    """
    use = _used(path)
    rows, columns = (of[use] for of in path.curve.cells)
    return pd.DataFrame(
        {
            "trade_date": path.trade_dates[rows],
            "contract": path.curve.months[columns],
            "residual_bp": path.marks.residual_bp[use],
            "noise_bp": path.marks.total_bp[use],
        }
    )


def tick_sensitivity_bp(path: RatePath, months: int = SENSITIVITY_MONTHS) -> pd.Series[float]:
    r"""Measure how far the rate expected some months ahead moves if one contract moves by a tick.

    .. math:: \max_c \left| \frac{\partial E_t[r_H]}{\partial y_c} \right| \text{tick}_c
              = \max_c \frac{|f'\Sigma g_c|}{\operatorname{Var} e_c}\,\text{tick}_c

    A path that rests on one contract moves by more than a tick; one that rests on many by less.

    Parameters
    ----------
    path : RatePath
        Of contracts.
    months : int
        Distance of H from the trade date.

    Returns
    -------
    Series
        Basis points by trade date, the largest over contracts after the running month; NaN where
        there is none.
    """
    dates, curve = path.trade_dates, path.curve
    when = (dates + pd.DateOffset(months=months)).to_numpy()[:, None]
    effective = path.calendar["effective"].to_numpy()[path.meetings]
    by_then = (path.meetings >= 0) & (effective <= when)
    target = np.pad(by_then.astype(float), ((0, 0), (1, 0)), constant_values=1.0)
    moved = np.einsum("tjk,tk->tj", path.covariance_bp2, target)
    use = _used(path) & (months_ahead(curve, *curve.cells) > 0)
    rows, columns = (of[use] for of in curve.cells)
    share = days_share_from(path.calendar["effective"].to_numpy(), curve.months)
    marks = level_rows(share, rows, columns, path.meetings, np.ones(len(rows)))
    # A contract weighs the state by g: in levels, running sums of what each part of it moved.
    slope = fitted(marks, np.cumsum(moved, axis=1).T) / path.marks.total_bp[use] ** 2
    step = np.abs(slope) * tick_bp(curve)[use]
    largest = pd.Series(step).groupby(rows).max()
    return pd.Series(largest.reindex(np.arange(len(dates))).to_numpy(float), index=dates)


def _used(path: RatePath) -> npt.NDArray[np.bool_]:
    """Settlements of which an equation was made, and that weigh."""
    return np.isfinite(path.marks.residual_bp) & path.curve.is_news(*path.curve.cells)

"""Risk premia in futures: what rates implied by contracts have been above what came, on average."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.path.equations import PathEquations
from ratemodel.path.noise import months_ahead
from ratemodel.types.futures import FuturesCurve

Floats = npt.NDArray[np.float64]

FEWEST_MONTHS = 36
"""Delivered contracts needed before their excess is taken for a premium."""
FITTED_MONTHS = 12
"""Farther contracts were listed late: their premium is taken for that of twelve months."""


def excess_rates(curve: FuturesCurve, fixings_pct: pd.Series[float]) -> pd.DataFrame:
    r"""Compare contracts on the last trade date of each month with the rates that came.

    .. math:: x_{t,n} = 100\,(y_{t,c} - A_c), \qquad n = c - \text{month}(t) \ge 1

    with :math:`A_c` the mean effective rate over c's calendar days: the excess return of having
    bought the contract and held it. One observation a month and distance.

    Parameters
    ----------
    curve : FuturesCurve
        Flagged marks are left out.
    fixings_pct : Series
        Effective rate by calendar day; months with a day missing are left out.

    Returns
    -------
    DataFrame
        trade_date, contract, months_ahead, excess_bp, known_from (first day on which it could be
        computed: the day after the delivery month).

    References
    ----------
    Piazzesi, M. and Swanson, E. T. (2008), "Futures prices as risk-adjusted forecasts of monetary
    policy", Journal of Monetary Economics 55(4), 677-691.
    """
    fixings = fixings_pct.dropna()
    days = pd.DatetimeIndex(fixings.index).to_period("M")
    by_month = fixings.groupby(days).agg(["mean", "size"])
    whole = by_month["size"] == pd.PeriodIndex(by_month.index).days_in_month
    realised = by_month.loc[whole, "mean"]
    months = curve.trade_dates.to_period("M")
    last = np.append(months[1:] != months[:-1], True)
    rows, columns = np.nonzero(curve.unflagged & last[:, None])
    later = months_ahead(curve, rows, columns) >= 1
    rows, columns = rows[later], columns[later]
    contract = curve.months[columns]
    came = realised.reindex(contract).to_numpy(float)
    table = pd.DataFrame(
        {
            "trade_date": curve.trade_dates[rows],
            "contract": contract,
            "months_ahead": months_ahead(curve, rows, columns),
            "excess_bp": 100.0 * (curve.rates_pct.to_numpy(float)[rows, columns] - came),
            "known_from": contract.end_time.normalize() + pd.Timedelta(days=1),
        }
    )
    return table.dropna(subset=["excess_bp"]).reset_index(drop=True)


def expanding_premium_bp(curve: FuturesCurve, fixings_pct: pd.Series[float]) -> Floats:
    r"""Fit past excess rates by a line through zero, as known on each trade date.

    .. math:: \hat\kappa_t = \sum n\,x_n \Big/ \sum n^2, \qquad
              \text{premium}_{t,n} = \hat\kappa_t \min(n, 12)

    over distances n up to twelve months of contracts delivered before t. Means by distance would
    each rest on another sample, and their differences would look like moves at meetings; they rise
    by about the same each month.

    Parameters
    ----------
    curve : FuturesCurve
    fixings_pct : Series

    Returns
    -------
    array, shape (T, N + 1)
        Basis points, by months ahead from 0 to the farthest quoted; 0 until contracts of 36 months
        have been delivered. Nothing later than a trade date is used on it.
    """
    table = excess_rates(curve, fixings_pct).sort_values(["known_from", "trade_date"])
    table = table.loc[table["months_ahead"] <= FITTED_MONTHS]
    distance = table["months_ahead"].to_numpy(float)
    product = np.append(0.0, np.cumsum(distance * table["excess_bp"].to_numpy(float)))
    square = np.append(0.0, np.cumsum(distance**2))
    delivered = np.append(0, np.cumsum(~table.duplicated("contract").to_numpy()))
    dates = curve.trade_dates.to_numpy()
    count = np.searchsorted(table["known_from"].to_numpy(), dates, side="right")
    enough = delivered[count] >= FEWEST_MONTHS
    slope = np.where(enough, product[count] / np.maximum(square[count], 1.0), 0.0)
    farthest = int(months_ahead(curve, *np.nonzero(curve.quoted)).max())
    premium: Floats = slope[:, None] * np.minimum(np.arange(farthest + 1), FITTED_MONTHS)
    return premium


def without_premium(system: PathEquations, premium_bp: Floats) -> PathEquations:
    """Take the premium of its distance off each contract, before the path is read from them.

    Parameters
    ----------
    system : PathEquations
    premium_bp : array, shape (T, N + 1)
        By months ahead (`expanding_premium_bp`).

    Returns
    -------
    PathEquations
    """
    rows, slots = np.nonzero(system.contracts >= 0)
    ahead = months_ahead(system.curve, rows, system.contracts[rows, slots])
    observed = system.observed_bp.copy()
    observed[rows, slots] -= premium_bp[rows, ahead]
    return replace(system, observed_bp=observed)

"""Local projections: what a shock has done to the price some days later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.loadings.case import Case
from ratemodel.loadings.covariance import Covariance, covariance_label, hac_variance
from ratemodel.loadings.design import MIN_ROWS, window_start
from ratemodel.loadings.estimate import loading_of, path_frame
from ratemodel.types.loadings import Loading

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LAGS = 5
"""Trade dates of returns and shocks before the window that are controlled for: a week."""


def projected_loadings(case: Case) -> tuple[list[Loading], pd.DataFrame]:
    r"""Estimate the response of the price to a shock over 0 to so many trade dates.

    .. math:: \sum_{k=i_0}^{i_1+h} r_k = a_h + \beta_h s_j + \sum_{l=1}^{5}
              (c_{hl} s_{j-l} + d_{hl} r_{i_0-l}) + u

    where i_0 is the return in which shock j starts and i_1 the one in which it ends, as the strikes
    have it: each response holds the whole shock. The lags make the score of β_h free of
    autocorrelation (Montiel Olea and Plagborg-Møller 2021), so that ``cov="HC1"`` does as well.
    The row of the table is h = 0. The dollar does not enter: β is the total effect.

    Parameters
    ----------
    case : Case

    Returns
    -------
    loadings : list of Loading
    paths : DataFrame
        shock, horizon_days, estimate_pp_per_bp, std_err, ci_low, ci_high, n.

    Raises
    ------
    CoverageError
        If fewer than 60 windows reach the last horizon.

    References
    ----------
    Jordà, Ò. (2005), "Estimation and inference of impulse responses by local projections", American
    Economic Review 95(1), 161-182.

    Montiel Olea, J. L. and M. Plagborg-Møller (2021), "Local projection inference is simpler and
    more robust than you think", Econometrica 89(4), 1789-1823.
    """
    layout = lay_out(case)
    if layout.counts[-1] < MIN_ROWS:
        raise CoverageError(
            f"{case.asset}: {layout.counts[-1]} shocks with returns up to "
            f"{case.options.horizon_days} days later, {MIN_ROWS} are needed"
        )
    if np.linalg.matrix_rank(layout.regressors[: layout.counts[-1]]) < layout.regressors.shape[1]:
        raise CoverageError(f"{case.asset}: the sample cannot tell a shock from its lags")
    found, paths = [], []
    for place, name in enumerate(case.names, start=1):
        wanted = np.zeros(layout.regressors.shape[1])
        wanted[place] = 1.0
        estimate, error, share = project(
            layout.responses, layout.regressors, layout.counts, wanted, case.cov
        )
        found.append(
            loading_of(
                case.fit,
                case.shocks,
                name,
                estimate[0],
                error[0],
                case.level,
                covariance_label(case.cov, int(layout.counts[0])),
                n=int(layout.counts[0]),
                start=layout.dates[0],
                end=layout.dates[layout.counts[0] - 1],
                largest_day=layout.dates[int(np.argmax(share))],
                largest_day_weight=float(share.max()),
                note="horizon 0",
            )
        )
        horizons = np.arange(len(estimate))
        paths.append(
            path_frame(name, estimate, error, case.level, n=layout.counts, horizon_days=horizons)
        )
    return found, pd.concat(paths)


@dataclass(frozen=True, eq=False)
class Layout:
    """Windows of returns by shock, and what they are regressed on.

    Attributes
    ----------
    dates : DatetimeIndex, length n
        Of the return in which each shock ends.
    responses : array, shape (n, H + 1)
        Sums of returns; zero beyond the sample.
    regressors : array, shape (n, p)
        Constant, shocks, lags.
    counts : array, shape (H + 1,)
        Windows, from the first on, that lie in the sample at each horizon.
    """

    dates: pd.DatetimeIndex
    responses: Floats
    regressors: Floats
    counts: Ints


def lay_out(case: Case) -> Layout:
    """Sum returns from the one in which each shock starts, and set lags beside it."""
    design, names = case.design, list(case.names)
    inside = design.strike_utc <= window_start(design, case.before)
    inside &= design.start_utc >= np.datetime64(case.first, "s")
    rows = design.take(inside)
    first_row, last_row = _rows_of_shocks(rows.runs, len(case.shocks.dates))
    known = case.shocks.identified[names]
    values = case.shocks.values_bp[names].where(known).to_numpy(float)
    lagged = [_shifted(values, lag) for lag in range(1, LAGS + 1)]
    usable = (first_row >= LAGS) & (last_row >= first_row)
    usable &= np.isfinite(np.hstack([values, *lagged])).all(axis=1)
    first_row, last_row = first_row[usable], last_row[usable]
    returns = rows.returns_pp
    before = [returns[first_row - lag][:, None] for lag in range(1, LAGS + 1)]
    constant = np.ones((len(first_row), 1))
    total = np.append(0.0, np.cumsum(returns))
    ends = last_row[:, None] + np.arange(case.options.horizon_days + 1)
    there = ends < len(returns)
    sums = total[np.where(there, ends + 1, 0)] - total[first_row][:, None]
    return Layout(
        dates=rows.dates[last_row],
        responses=np.where(there, sums, 0.0),
        regressors=np.hstack(
            [constant, values[usable], *(part[usable] for part in lagged), *before]
        ),
        counts=there.sum(axis=0),
    )


def _rows_of_shocks(runs: Ints, shocks: int) -> tuple[Ints, Ints]:
    """Rows in which each shock starts and ends; -1 where none does."""
    found = []
    for columns in ((2, 3), (0, 1)):
        low, high = runs[:, columns[0]], runs[:, columns[1]]
        place = np.full(shocks, -1)
        row = np.repeat(np.arange(len(runs)), high - low)
        offset = np.arange(len(row)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
        place[low[row] + offset] = row
        found.append(place)
    return found[0], found[1]


def _shifted(values: Floats, lag: int) -> Floats:
    """Values of some dates before; missing at the start."""
    moved = np.full_like(values, np.nan)
    moved[lag:] = values[:-lag]
    return moved


def project(
    responses: Floats, regressors: Floats, counts: Ints, combination: Floats, cov: Covariance
) -> tuple[Floats, Floats, Floats]:
    """Regress each horizon's response on the same regressors, by taking rows off their moments.

    A horizon loses the last rows of the one before, so that its X'X is that of all rows less
    theirs; the error of one combination needs one series of influences, not a matrix of them.

    Parameters
    ----------
    responses : array, shape (n, H + 1)
    regressors : array, shape (n, p)
    counts : array, shape (H + 1,)
        Rows of each horizon, never more than of the one before.
    combination : array, shape (p,)
    cov : {"HAC", "HC1"}

    Returns
    -------
    estimate, std_err : array, shape (H + 1,)
    leverage : array, shape (counts[0],)
        Share of each row in what identifies the first.
    """
    scale = np.sqrt(np.mean(regressors**2, axis=0))
    scale[scale == 0.0] = 1.0
    x = regressors / scale
    wanted = combination / scale
    size, horizons = x.shape[1], responses.shape[1]
    estimate, error = np.empty(horizons), np.empty(horizons)
    gram, rows = x.T @ x, len(x)
    leverage = np.empty(0)
    for horizon, count in enumerate(counts):
        lost = x[count:rows]
        gram, rows = gram - lost.T @ lost, int(count)
        pull = np.linalg.solve(gram, wanted)
        used, response = x[:rows], responses[:rows, horizon]
        params = np.linalg.solve(gram, used.T @ response)
        weights = used @ pull
        influence = weights * (response - used @ params)
        estimate[horizon] = params @ wanted
        if cov == "HAC":
            error[horizon] = np.sqrt(hac_variance(influence))
        else:
            error[horizon] = np.sqrt(influence @ influence * rows / (rows - size))
        if horizon == 0:
            leverage = weights**2 / (weights @ weights)
    return estimate, error, leverage

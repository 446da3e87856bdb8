"""What a fit's resamples say about each return of a window, with one draw for the whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.loadings.bootstrap import FitDraws, column_runs
from ratemodel.loadings.regression import LoadingFit
from ratemodel.loadings.timing import draw_timing
from ratemodel.types.loadings import DesignRows

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DayDraws:
    """Drift, rate premium and dollar of each return of a window, in the resamples of a fit.

    Attributes
    ----------
    drift_pp : array, shape (1 + B,)
        Per return; the estimate first.
    rates_pp, dollar_pp : array, shape (days, 1 + B)
    """

    drift_pp: Floats
    rates_pp: Floats
    dollar_pp: Floats


def read_days(
    fit: LoadingFit,
    draws: FitDraws,
    rows: DesignRows,
    errors_bp: Mapping[str, Floats],
    rng: np.random.Generator,
) -> DayDraws:
    """Split each return of a window in every resample.

    Errors of measurement are those of levels at strikes, drawn once a resample: what one return's
    shock has too much, the next one's has too little. So it is with what came when.

    Parameters
    ----------
    fit : LoadingFit
    draws : FitDraws
        B resamples.
    rows : DesignRows
        The window.
    errors_bp : mapping of str to array, shape (T,)
        Standard errors of the shocks, by name; NaN counts as exact.
    rng : numpy.random.Generator

    Returns
    -------
    DayDraws
    """
    count, shocks = len(draws.params), rows.shocks_bp.shape[1]
    error = np.zeros((count, len(rows), shocks))
    for name, sizes in errors_bp.items():
        weights = _level_weights(rows, name, len(sizes))
        known = np.where(np.isfinite(sizes), sizes, 0.0) / np.sqrt(2.0)
        levels = np.append(known[:1], known)
        used = np.flatnonzero(np.abs(weights).sum(axis=(0, 1)) * levels)
        drawn = rng.standard_normal((count, len(used))) * levels[used]
        error += np.einsum("bt,dpt->bdp", drawn, weights[:, :, used])
    slopes = np.vstack([fit.returns.params, draws.params])[:, 1 : 1 + shocks]
    misplaced, missed = draw_timing(fit, rows, count, rng)
    error += misplaced
    shock = rows.shocks_bp + np.concatenate([np.zeros((1, *error.shape[1:])), error])
    params = np.vstack([fit.returns.params, draws.params])
    dollar = np.zeros((len(rows), 1 + count))
    if rows.has_dollar:
        projection = np.vstack([fit.projection, draws.projection])
        cleared = rows.dollar_pct[:, None] - rows.dollar_terms @ projection.T
        cleared[:, 1:] += missed.T
        dollar = params[:, -1] * cleared
    return DayDraws(
        drift_pp=params[:, 0],
        rates_pp=np.einsum("bp,bdp->db", slopes, shock),
        dollar_pp=dollar,
    )


def _level_weights(rows: DesignRows, name: str, length: int) -> Floats:
    """Weight of each level error (T + 1) in each shock column of each return: (days, P, T + 1)."""
    counts = np.zeros((len(rows), len(rows.columns), length + 1))
    for column, (shock, side) in enumerate(rows.columns):
        if shock != name:
            continue
        for day in range(len(rows)):
            for first, stop, share in column_runs(rows.runs[[day]], side):
                counts[day, column, first + 1 : stop + 1] += share
    later = np.concatenate([counts[:, :, 1:], np.zeros((*counts.shape[:2], 1))], axis=2)
    return np.asarray(counts - later, dtype=float)

"""The null: how large a move the noise of the days before could have made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError, DataError
from ratemodel.loadings import LoadingFit
from ratemodel.types.loadings import DesignRows
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility import filter_forward, fit_volatility, time_exponent

Floats = npt.NDArray[np.float64]

NOISE_DRAWS = 20_000
"""Simulated windows at least: with 2,000 the ends of the leverage set move by 0.3 pp."""
NOT_FITTED = "shocks in the variance were not asked for"


@dataclass(frozen=True, eq=False)
class NullModel:
    """What an asset does without an event: volatility per day, known when the event began.

    Attributes
    ----------
    fit : VolatilityFit
        Of the loading regression's residuals, each divided by d^(κ/2).
    sigma_pp : float
        Volatility of a day's return, forecast when the event began.
    time_exponent : float
        κ: the noise of d days is d^(κ/2) times a day's.
    with_shocks : VolatilityFit or str
        The same with the size of the sample's shocks in the variance; a text says why not.
    """

    fit: VolatilityFit
    sigma_pp: float
    time_exponent: float
    with_shocks: VolatilityFit | str

    def stretch(self, elapsed_days: Floats) -> Floats:
        """Size of a return over some days, relative to one over a day."""
        factor: Floats = elapsed_days ** (self.time_exponent / 2.0)
        return factor


def null_model(fit: LoadingFit, design: DesignRows, *, shocks: bool = True) -> NullModel:
    """Fit the sample's residuals, each per day, and run volatility up to the event.

    The rows after the sample's last whose own returns end before the event are known then, though
    their shocks reach into it: they enter as returns less drift.

    Parameters
    ----------
    fit : LoadingFit
    design : DesignRows
        All rows of the asset.
    shocks : bool
        Whether to fit shocks in the variance beside it, which no band uses.

    Returns
    -------
    NullModel
    """
    rows = fit.sample.rows
    residuals = fit.returns.residuals
    exponent = time_exponent(residuals, rows.elapsed_days)
    scaled = pd.Series(
        residuals / rows.elapsed_days ** (exponent / 2.0), index=rows.dates, name=rows.asset
    )
    note = f"residuals over d days are divided by d^{exponent / 2.0:.3f}"
    model = fit_volatility(scaled, mean=False).with_note(note)
    later = (design.dates > rows.dates[-1]) & (design.strike_utc <= fit.sample.before_utc)
    known = (design.returns_pp[later] - fit.returns.params[0]) / design.elapsed_days[later] ** (
        exponent / 2.0
    )
    with_shocks = _with_shocks(scaled, rows, note) if shocks else NOT_FITTED
    return NullModel(model, filter_forward(model, known), exponent, with_shocks)


def _with_shocks(scaled: pd.Series[float], rows: DesignRows, note: str) -> VolatilityFit | str:
    """Fit the same residuals with shocks in the variance.

    A shock's size in a row is the mean of its columns' there: of one that reaches over a strike
    half belongs to either return.
    """
    names = [name for name, _ in rows.columns]
    columns = pd.DataFrame(np.abs(rows.shocks_bp).T, index=names, columns=scaled.index)
    sizes = columns.groupby(level=0, sort=False).mean().T
    try:
        return fit_volatility(scaled, variance_shocks=sizes, mean=False).with_note(note)
    except (CoverageError, DataError) as error:
        return str(error)
